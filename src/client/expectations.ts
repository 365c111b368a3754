/**
 * What a controller has asked for and its cache has not shown yet (controller.ControllerExpectations): until the
 * watch has brought every creation and deletion, or five minutes have passed, the controller makes no more, so that a
 * late cache never leads to a pod made twice.
 */
import { type Clock, systemClock } from './clock.ts'

export interface Expectations {
  /** Everything expected has been seen, or nothing was, or it was too long ago. */
  satisfied(key: string): boolean
  expectCreations(key: string, count: number): void
  /** Deletions are told apart by what is deleted: an update that marks it and the removal count once. */
  expectDeletions(key: string, deleted: readonly string[]): void
  creationObserved(key: string): void
  deletionObserved(key: string, deleted: string): void
  /** How long until the wait is given up; 0 when nothing is expected. */
  remainingMs(key: string): number
  forget(key: string): void
}

const timeoutMs = 5 * 60_000

export function createExpectations(clock: Clock = systemClock): Expectations {
  const entries = new Map<string, { creations: number; deletions: Set<string>; at: number }>()
  const entry = (key: string) => {
    let have = entries.get(key)
    if (!have || clock.now() - have.at > timeoutMs) {
      have = { creations: 0, deletions: new Set(), at: 0 }
      entries.set(key, have)
    }
    have.at = clock.now()
    return have
  }
  const settle = (key: string, have: { creations: number; deletions: Set<string> }) => {
    if (have.creations <= 0 && have.deletions.size === 0) entries.delete(key)
  }
  return {
    satisfied(key) {
      const have = entries.get(key)
      return !have || clock.now() - have.at > timeoutMs
    },
    expectCreations(key, count) {
      if (count > 0) entry(key).creations += count
    },
    expectDeletions(key, deleted) {
      if (deleted.length === 0) return
      const { deletions } = entry(key)
      for (const one of deleted) deletions.add(one)
    },
    creationObserved(key) {
      const have = entries.get(key)
      if (!have || have.creations <= 0) return
      have.creations--
      settle(key, have)
    },
    deletionObserved(key, deleted) {
      const have = entries.get(key)
      if (have?.deletions.delete(deleted)) settle(key, have)
    },
    remainingMs(key) {
      const have = entries.get(key)
      return have ? Math.max(0, timeoutMs - (clock.now() - have.at)) : 0
    },
    forget: (key) => void entries.delete(key),
  }
}

/**
 * Compaction. The promise not to read below a revision is written first and holds from then on; what it frees is swept
 * from the log in small commits between other writes. Only the revisions newly covered are looked at: each record names
 * the one it replaced. A deletion at exactly the compacted revision stays until the next time, because a watch may still
 * begin there.
 */
import { CompactedError, FutureRevisionError } from '../store.ts'
import type { Commits } from './commits.ts'
import { decodeNumber, decodePosition, decodeRecord, encodeNumber, logKey, type Position, positionOfLogKey, type Tables } from './tables.ts'

export interface Compaction {
  /** Reads below this revision are refused. */
  readonly revision: number
  compact(revision: number): Promise<void>
  /** Goes on with a sweep that a crash or close broke off. */
  resume(): void
  close(): Promise<void>
}

const piece = 500

export function createCompaction(tables: Tables, commits: Commits): Compaction {
  let compacted = decodeNumber(tables.meta.get('compacted'))
  let swept = decodeNumber(tables.meta.get('swept'))
  let sweeping: Promise<void> | undefined
  let closed = false

  /** Frees what the revisions in (swept, upTo] replaced, and the deletions in [swept, upTo). */
  const sweep = async (upTo: number) => {
    let from: Position = { main: swept, sub: 0 }
    while (!closed) {
      const freed: Position[] = []
      const gone: [key: string, at: Position][] = []
      let read = 0
      let next: Position | undefined
      const snapshot = commits.snapshot()
      const options = { start: logKey(from), end: logKey({ main: upTo + 1, sub: 0 }), limit: piece + 1, transaction: snapshot.transaction }
      for (const { key, value } of tables.log.getRange(options as object)) {
        const position = positionOfLogKey(key)
        if (++read > piece) {
          next = position
          break
        }
        const record = decodeRecord(Buffer.from(value.buffer, value.byteOffset, value.length), position, 0, false)
        if (position.main > swept && record.before.main !== 0) freed.push(record.before)
        if (record.deleted && position.main < upTo) gone.push([record.key, position])
      }
      const done = next === undefined
      await commits.write((context) => {
        context.raw((change) => {
          for (const position of freed) change.remove(tables.log, logKey(position))
          for (const [key, at] of gone) {
            change.remove(tables.log, logKey(at))
            // The key may have lived and died again since.
            const death = tables.dead.getBinary(key)
            if (death && samePosition(decodePosition(Buffer.from(death)), at)) change.remove(tables.dead, key)
          }
          if (done) change.put(tables.meta, 'swept', encodeNumber(upTo))
        })
      })
      if (done) {
        swept = upTo
        return
      }
      from = next as Position
    }
  }

  const start = (): Promise<void> => {
    sweeping ??= sweep(compacted).finally(() => {
      sweeping = undefined
    })
    return sweeping
  }

  return {
    get revision() {
      return compacted
    },
    async compact(revision) {
      if (revision > commits.revision) throw new FutureRevisionError()
      if (revision <= compacted) throw new CompactedError(compacted)
      await commits.write((context) => context.raw((change) => change.put(tables.meta, 'compacted', encodeNumber(revision))))
      if (revision > compacted) compacted = revision
      while (swept < compacted && !closed) await start()
    },
    resume() {
      // What a failed sweep leaves is swept with the next compaction.
      if (swept < compacted) start().catch(() => {})
    },
    async close() {
      closed = true
      await sweeping?.catch(() => {})
    },
  }
}

const samePosition = (a: Position, b: Position): boolean => a.main === b.main && a.sub === b.sub

/**
 * How simulated pods and nodes behave: told by annotations on them, so that a Deployment's or Job's template can say it.
 * docs/simulated-nodes.md is this table for users.
 */
import type { Node, Pod } from '../api/types/core-v1.ts'

export interface PodRule {
  /** From assignment to Running. */
  readonly startMs: number
  /** From Running to Ready. */
  readonly readyMs: number
  /** From Running to the end; undefined for pods that run on. */
  readonly runMs: number | undefined
  readonly exitCode: number
  /** How many runs end with `exitCode`, before one that ends with 0; undefined for all. */
  readonly failures: number | undefined
  /** The pause before the second restart, doubled with each later one up to thirty times as much. */
  readonly backoffMs: number
  /** From the request to leave to being gone. */
  readonly stopMs: number
}

const prefix = 'simulation.kijabi.dev/'
const mostSeconds = 86_400

/** A number that cannot be read counts as not given. */
export function ruleOf(pod: Pod): PodRule {
  const number = (name: string) => {
    const text = pod.metadata.annotations?.[prefix + name]
    const value = text ? Number(text) : Number.NaN
    return Number.isFinite(value) && value >= 0 ? value : undefined
  }
  const seconds = (name: string) => {
    const value = number(name)
    return value === undefined ? undefined : Math.min(value, mostSeconds) * 1000
  }
  const failures = number('failures')
  return {
    startMs: seconds('start-seconds') ?? 0,
    readyMs: seconds('ready-seconds') ?? 0,
    runMs: seconds('run-seconds'),
    exitCode: Math.min(Math.floor(number('exit-code') ?? (failures === undefined ? 0 : 1)), 255),
    failures,
    backoffMs: Math.max(seconds('backoff-seconds') ?? 10_000, 100),
    stopMs: seconds('stop-seconds') ?? 0,
  }
}

/** A node that says nothing: no heartbeat, no word about its pods. */
export const isSilent = (node: Node): boolean => node.metadata.annotations?.[`${prefix}silent`] === 'true'

/** How a run ends, after `restarts` earlier ones. */
export const exitCodeOf = ({ exitCode, failures }: PodRule, restarts: number): number =>
  failures !== undefined && restarts >= failures ? 0 : exitCode

/** Whether the containers start again, as the kubelet reads the policy. */
export const restarts = (pod: Pod, exitCode: number): boolean =>
  pod.spec.restartPolicy === 'OnFailure' ? exitCode !== 0 : pod.spec.restartPolicy !== 'Never'

/** The first restart is at once, the second after the back-off, and so on (the kubelet's 10 s to 300 s). */
export const restartDelayMs = ({ backoffMs }: PodRule, before: number): number =>
  before === 0 ? 0 : Math.min(backoffMs * 2 ** (before - 1), backoffMs * 30)

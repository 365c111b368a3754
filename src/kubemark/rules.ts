/** How a simulated pod behaves: told by annotations on it, so that a Deployment's or Job's template can say it. */
import type { Pod } from '../api/types/core-v1.ts'

export interface PodRule {
  /** From assignment to Running and Ready. */
  readonly startMs: number
  /** From Running to the end; undefined for pods that run on. */
  readonly runMs: number | undefined
  readonly exitCode: number
  /** From the request to leave to being gone. */
  readonly stopMs: number
}

const prefix = 'simulation.kijabi.dev/'

/** `start-seconds`, `run-seconds`, `exit-code`, `stop-seconds`; a number that cannot be read counts as not given. */
export function ruleOf(pod: Pod): PodRule {
  const number = (name: string) => {
    const value = Number(pod.metadata.annotations?.[prefix + name] ?? Number.NaN)
    return Number.isFinite(value) && value >= 0 ? value : undefined
  }
  const seconds = (name: string) => {
    const value = number(name)
    return value === undefined ? undefined : Math.min(value, 86_400) * 1000
  }
  return {
    startMs: seconds('start-seconds') ?? 0,
    runMs: seconds('run-seconds'),
    exitCode: number('exit-code') ?? 0,
    stopMs: seconds('stop-seconds') ?? 0,
  }
}

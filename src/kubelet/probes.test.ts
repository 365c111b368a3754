/** When probes look and what their verdicts are, with a clock that is moved by hand. */
import { expect, test } from 'vitest'
import type { Container, Pod, Probe } from '../api/types/core-v1.ts'
import { createFakeClock } from '../client/clock.ts'
import type { Cri } from './cri.ts'
import { container, podOf } from './pods/testing.ts'
import { createProbeManager } from './probes.ts'
import type { RuntimePod } from './runtime-pods.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))
const exec = (command: string, more: Partial<Probe> = {}): Probe => ({ exec: { command: [command] }, ...more }) as Probe

/** Seconds at which each command was run; `answers` are by command, in order, the last for ever. */
async function probe(probes: Partial<Container>, answers: Record<string, readonly boolean[]>, seconds: number) {
  const clock = createFakeClock()
  const began = clock.now()
  const looks: string[] = []
  const changes: number[] = []
  const events: string[] = []
  const at = () => (clock.now() - began) / 1000
  const cri = {
    runtime: {
      async ExecSync({ cmd: [command = ''] = [] }: { cmd?: string[] }) {
        const all = answers[command] ?? [true]
        const answer = all[looks.filter((l) => l.startsWith(command)).length] ?? all.at(-1)
        looks.push(`${command} ${at()}`)
        return { exitCode: answer ? 0 : 1, stdout: Buffer.from(answer ? '' : 'no') }
      },
    },
  } as unknown as Cri
  const manager = createProbeManager({
    cri,
    clock,
    userAgent: 'test',
    random: () => 0.5,
    changed: () => changes.push(at()),
    event: (_pod: Pod, _container, type, reason, message) => events.push(`${type} ${reason} ${message}`),
  })
  const main = container('main', probes)
  const runtime = { sandboxes: [], containers: [{ id: 'x', name: 'main', state: 'running', startedAt: began }] } as unknown as RuntimePod
  manager.sync(podOf({ containers: [main] }), runtime)
  await settle()
  for (let i = 0; i < seconds; i++) {
    clock.advance(i === 0 ? 0 : 1000)
    await settle()
  }
  return {
    looks,
    changes,
    events,
    verdicts: {
      ready: manager.passes('readiness', main, 'x'),
      started: manager.startedUp(main, 'x'),
      dead: manager.failed('liveness', main, 'x') || manager.failed('startup', main, 'x'),
    },
    counts: [...manager.counts()].filter(([, count]) => count > 0).map(([[type, result], count]) => `${type} ${result} ${count}`),
  }
}

const fine = { ready: true, started: true, dead: false }
test.each<[string, Partial<Container>, Record<string, readonly boolean[]>, number, string[], typeof fine]>([
  ['at once, and then each period', { readinessProbe: exec('r', { periodSeconds: 3 }) }, {}, 8, ['r 0', 'r 3', 'r 6'], fine],
  ['every ten seconds by default', { livenessProbe: exec('l') }, {}, 21, ['l 0', 'l 10', 'l 20'], fine],
  ['after the initial delay', { readinessProbe: exec('r', { initialDelaySeconds: 2, periodSeconds: 2 }) }, {}, 5, ['r 2', 'r 4'], fine],
  ['not ready before the first success', { readinessProbe: exec('r', { initialDelaySeconds: 5 }) }, {}, 3, [], { ...fine, ready: false }],
  [
    'ready only after so many successes',
    { readinessProbe: exec('r', { periodSeconds: 1, successThreshold: 3 }) },
    { r: [true, false, true, true] },
    4,
    ['r 0', 'r 1', 'r 2', 'r 3'],
    { ...fine, ready: false },
  ],
  [
    'no longer ready after so many failures',
    { readinessProbe: exec('r', { periodSeconds: 1, failureThreshold: 2 }) },
    { r: [true, false, false] },
    3,
    ['r 0', 'r 1', 'r 2'],
    { ...fine, ready: false },
  ],
  [
    'alive after one failure too few',
    { livenessProbe: exec('l', { periodSeconds: 1 }) },
    { l: [false, false, true] },
    3,
    ['l 0', 'l 1', 'l 2'],
    fine,
  ],
  [
    'dead after three failures, and not asked again',
    { livenessProbe: exec('l', { periodSeconds: 1 }) },
    { l: [false] },
    6,
    ['l 0', 'l 1', 'l 2'],
    { ...fine, dead: true },
  ],
  [
    'a startup probe holds the others back, and is asked until it succeeds',
    { startupProbe: exec('s', { periodSeconds: 1, failureThreshold: 9 }), readinessProbe: exec('r', { periodSeconds: 5 }) },
    { s: [false, false, true] },
    8,
    ['s 0', 's 1', 's 2', 'r 2', 'r 7'],
    fine,
  ],
  [
    'one that never starts up is dead',
    { startupProbe: exec('s', { periodSeconds: 1, failureThreshold: 2 }), livenessProbe: exec('l') },
    { s: [false] },
    6,
    ['s 0', 's 1'],
    { ready: true, started: false, dead: true },
  ],
])('%s', async (_, probes, answers, seconds, looks, verdicts) => {
  const found = await probe(probes, answers, seconds)
  expect(found.looks).toEqual(looks)
  expect(found.verdicts).toEqual(verdicts)
})

test('only a change of the verdict wakes the pod; each failure is an event, and all looks are counted', async () => {
  const { changes, events, counts } = await probe(
    { readinessProbe: exec('r', { periodSeconds: 1, failureThreshold: 1 }) },
    { r: [true, true, false, false, true] },
    5,
  )
  expect(changes).toEqual([0, 2, 4])
  expect(events).toEqual(['Warning Unhealthy Readiness probe failed: no', 'Warning Unhealthy Readiness probe failed: no'])
  expect(counts).toEqual(['Readiness successful 3', 'Readiness failed 2'])
})

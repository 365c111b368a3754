import { expect, test } from 'vitest'
import { createFakeClock } from '../client/clock.ts'
import { noLog } from '../log/log.ts'
import { configurationOf, type KubeletConfiguration } from './configuration.ts'
import { prepareForShutdown } from './logind.ts'
import { groupPods, shutdownGroups, startNodeShutdown } from './node-shutdown.ts'
import { podOf } from './pods/testing.ts'

const pod = (name: string, priority?: number, terminationGracePeriodSeconds = 30) =>
  podOf({ terminationGracePeriodSeconds, ...(priority === undefined ? {} : { priority }) }, { name, uid: name })

test.each<[string, Partial<KubeletConfiguration>, [number, number][]]>([
  ['nothing', {}, []],
  [
    'two periods',
    { shutdownGracePeriod: 30_000, shutdownGracePeriodCriticalPods: 10_000 },
    [
      [0, 20],
      [2_000_000_000, 10],
    ],
  ],
  [
    'a table, in any order',
    {
      shutdownGracePeriodByPodPriority: [
        { priority: 1000, shutdownGracePeriodSeconds: 60 },
        { priority: 0, shutdownGracePeriodSeconds: 5 },
      ],
    },
    [
      [0, 5],
      [1000, 60],
    ],
  ],
])('groups of a configuration with %s', (_, configuration, expected) =>
  expect(shutdownGroups(configurationOf(configuration)).map((g) => [g.priority, g.shutdownGracePeriodSeconds])).toEqual(expected),
)

test('each pod is in the group of the highest priority that it reaches, and those below all in the lowest', () => {
  const groups = [10, 100].map((priority) => ({ priority, shutdownGracePeriodSeconds: 1 }))
  const pods = [pod('none'), pod('ten', 10), pod('ninety', 90), pod('hundred', 100), pod('more', 101)]
  expect(groupPods(groups, pods).map((g) => g.pods.map((p) => p.metadata.name))).toEqual([
    ['none', 'ten', 'ninety'],
    ['hundred', 'more'],
  ])
})

/** A logind that goes down when it is told to. */
async function lab(held: readonly string[]) {
  const clock = createFakeClock()
  const said: string[] = []
  let tell = (_going: boolean) => {}
  const stuck = new Set(held)
  const shutdown = await startNodeShutdown(
    {
      clock,
      log: noLog,
      shutdowns: {
        maxDelayMs: async () => 30_000,
        inhibit() {
          said.push('inhibit')
          return () => said.push('release')
        },
        watch(told) {
          tell = told
          return () => {}
        },
      },
      pods: () => [pod('critical', 2_000_000_000), pod('slow', 0, 60), pod('quick', 0, 3)],
      evict: (uid, { reason }, grace) => {
        said.push(`${reason} ${uid} ${grace}`)
        return stuck.has(uid) ? new Promise(() => {}) : Promise.resolve()
      },
      changed: () => said.push('changed'),
    },
    shutdownGroups(configurationOf({ shutdownGracePeriod: 30_000, shutdownGracePeriodCriticalPods: 10_000 })),
  )
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return {
    clock,
    said,
    shutdown,
    settle,
    async tell(going: boolean) {
      tell(going)
      await settle()
    },
  }
}

test('pods end by priority, each within its group’s time, and then the machine may go', async () => {
  const { said, shutdown, tell } = await lab([])
  await tell(true)
  expect(shutdown.isShuttingDown).toBe(true)
  expect(said).toEqual(['inhibit', 'changed', 'Terminated slow 20', 'Terminated quick 3', 'Terminated critical 10', 'release'])
})

test('a pod that does not end holds its group up no longer than its time', async () => {
  const { clock, said, settle, tell } = await lab(['slow'])
  await tell(true)
  expect(said.at(-1)).toBe('Terminated quick 3')
  clock.advance(20_000)
  await settle()
  expect(said.slice(-2)).toEqual(['Terminated critical 10', 'release'])
})

test('a shutdown that is called off is waited for anew', async () => {
  const { said, shutdown, tell } = await lab([])
  await tell(true)
  await tell(false)
  expect(shutdown.isShuttingDown).toBe(false)
  expect(said.slice(-3)).toEqual(['changed', 'release', 'inhibit'])
})

test.each<[string, boolean | undefined]>([
  ['{"type":"signal","member":"PrepareForShutdown","payload":{"type":"b","data":[true]}}', true],
  ['{"type":"signal","member":"PrepareForShutdown","payload":{"type":"b","data":[false]}}', false],
  ['{"type":"signal","member":"SessionNew","payload":{"type":"so","data":["1","/x"]}}', undefined],
  ['Monitoring bus message stream.', undefined],
])('%s tells of a shutdown: %s', (line, expected) => expect(prepareForShutdown(line)).toBe(expected))

import { afterEach, expect, test } from 'vitest'
import { createClient } from '../client/client.ts'
import { createFakeClock } from '../client/clock.ts'
import { createMemoryTransport } from '../client/memory-transport.ts'
import { parseFlags } from '../flags/flags.ts'
import { flags, optionsOf } from './command.ts'
import { chooseControllers, createControllerManager } from './manager.ts'
import { defaultOptions } from './options.ts'
import { registry } from './registry.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

test.each([
  [['*'], (names: string[]) => names.includes('job-controller') && !names.includes('token-cleaner-controller')],
  [['*', '-job-controller'], (names: string[]) => !names.includes('job-controller') && names.includes('deployment-controller')],
  [['*', 'token-cleaner-controller'], (names: string[]) => names.includes('token-cleaner-controller')],
  [['job-controller'], (names: string[]) => names.length === 1],
  [['-job-controller'], (names: string[]) => names.length === 0],
])('--controllers=%j', (given, good) => {
  expect(good(chooseControllers(given))).toBe(true)
})
test('an unknown controller is refused', () => {
  expect(() => chooseControllers(['nonsense'])).toThrow('"nonsense" is not in the list of known controllers')
})

test('flags and options have the same defaults', () => {
  const parsed = parseFlags(flags, [])
  const { rootCa: _, serviceAccountPrivateKey: __, ...options } = optionsOf(parsed)
  expect({ ...defaultOptions, ...options }).toEqual(defaultOptions)
  expect(
    optionsOf(parseFlags(flags, ['--node-monitor-grace-period=7s', '--concurrent-job-syncs=2', '--cluster-cidr=10.0.0.0/8'])),
  ).toMatchObject({
    nodeMonitorGracePeriodMs: 7000,
    clusterCidrs: ['10.0.0.0/8'],
    concurrent: { job: 2, deployment: 5 },
  })
})

test('each controller is called as the registry names it', () => {
  const clock = createFakeClock()
  const manager = createControllerManager({ transport: createMemoryTransport({ clock }), clock, controllers: ['*'] })
  stops.push(() => manager.stop())
  void manager.start()
  for (const name of manager.queues.keys()) expect(name in registry).toBe(true)
  expect(manager.metrics.render()).toContain('workqueue_depth{name="deployment-controller"} 0')
})

test('of two managers one works, and the other takes over when it ends', async () => {
  const clock = createFakeClock()
  const transport = createMemoryTransport({ clock })
  const make = (identity: string) =>
    createControllerManager({
      transport,
      clock,
      random: () => 0,
      controllers: ['serviceaccount-controller'],
      leaderElection: { namespace: 'kube-system', name: 'kube-controller-manager', identity },
    })
  const settle = async (ms: number) => {
    for (let i = 0; i < 10; i++) {
      clock.advance(ms / 10)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const [a, b] = [make('a'), make('b')]
  await a.start()
  await settle(0)
  await b.start()
  await settle(5000)
  expect([a.leading, b.leading]).toEqual([true, false])
  await a.stop()
  await settle(5000)
  expect([a.leading, b.leading]).toEqual([false, true])
  await createClient(transport).create('namespaces', { metadata: { name: 'x' } })
  await settle(100)
  expect(transport.objects<{ metadata: { namespace: string } }>('/api/v1/serviceaccounts').map((s) => s.metadata.namespace)).toEqual(['x'])
  stops.push(() => b.stop())
})

import { describe, expect, test } from 'vitest'
import type { Pod } from '../api/types/core-v1.ts'
import { createFakeClock } from '../client/clock.ts'
import { noLog } from '../log/log.ts'
import { configurationOf, type KubeletConfiguration } from './configuration.ts'
import {
  createEvictionManager,
  crossed,
  evictionMessage,
  localStorageExcess,
  type Observations,
  type PodUsage,
  type PressureCondition,
  pressureRefusal,
  rankForEviction,
  type Threshold,
  thresholdsOf,
} from './eviction.ts'
import { container, podOf } from './pods/testing.ts'

const mib = 1 << 20
const pod = (uid: string, requests: Record<string, string> = {}, spec: Partial<Pod['spec']> = {}): Pod =>
  podOf({ containers: [container('c', { resources: { requests } })], ...spec }, { uid, name: uid })
const usage = (memoryMib: number, diskMib = 0, processes = 0): PodUsage => ({
  memoryBytes: memoryMib * mib,
  diskBytes: diskMib * mib,
  processes,
  containers: [{ name: 'c', memoryBytes: memoryMib * mib, diskBytes: diskMib * mib }],
})

describe('thresholds', () => {
  test.each<[string, Partial<KubeletConfiguration>, string[]]>([
    [
      'by default',
      {},
      ['memory.available 104857600', 'nodefs.available 10%', 'nodefs.inodesFree 5%', 'imagefs.available 15%', 'imagefs.inodesFree 5%'],
    ],
    ['replace the defaults', { evictionHard: { 'pid.available': '10%' } }, ['pid.available 10%']],
    ['of 0% and 100% are off', { evictionHard: { 'nodefs.available': '0%', 'imagefs.available': '100%' } }, []],
    [
      'soft ones have a grace period',
      { evictionHard: {}, evictionSoft: { 'memory.available': '1Gi' }, evictionSoftGracePeriod: { 'memory.available': '1m30s' } },
      ['memory.available 1073741824 after 90000'],
    ],
  ])('%s', (_, configuration, expected) => {
    const text = ({ signal, value, graceMs }: Threshold) =>
      `${signal} ${typeof value === 'number' ? value : `${value.share * 100}%`}${graceMs ? ` after ${graceMs}` : ''}`
    expect(thresholdsOf(configurationOf(configuration)).map(text)).toEqual(expected)
  })
  test.each<[Record<string, string>, string]>([
    [{ 'disk.available': '1Gi' }, 'unknown eviction signal disk.available'],
    [{ 'nodefs.available': '110%' }, 'eviction percentage threshold 110% must be between 0% and 100%'],
  ])('%j is refused: %s', (evictionHard, message) => expect(() => thresholdsOf(configurationOf({ evictionHard }))).toThrow(message))

  const memory = (available: number): Observations => new Map([['memory.available', { available, capacity: 1000 }]])
  const [threshold] = thresholdsOf(
    configurationOf({ evictionHard: { 'memory.available': '10%' }, evictionMinimumReclaim: { 'memory.available': '50' } }),
  ) as [Threshold]
  test.each<[number, boolean, boolean]>([
    [100, false, false],
    [99, false, true],
    [149, false, false],
    [149, true, true],
    [150, true, false],
  ])('%d of 1000 left, crossed before: %s, crossed now: %s', (available, before, expected) =>
    expect(crossed([threshold], memory(available), new Set(before ? [threshold] : [])).length > 0).toBe(expected),
  )
})

describe('who goes first', () => {
  const low = pod('low', {}, { priority: -1 })
  const modest = pod('modest', { memory: '200Mi' })
  const greedy = pod('greedy', { memory: '10Mi' })
  const idle = pod('idle')
  const critical = pod('critical', {}, { priority: 2_000_000_000 })
  const used = new Map([
    ['low', usage(1, 500, 3)],
    ['modest', usage(150, 1, 90)],
    ['greedy', usage(100, 2, 5)],
    ['idle', usage(0, 0, 1)],
    ['critical', usage(900, 900, 900)],
  ])
  test.each<[string, string[]]>([
    ['memory', ['low', 'greedy', 'idle', 'modest']],
    ['ephemeral-storage', ['low', 'greedy', 'modest', 'idle']],
    ['pids', ['low', 'modest', 'greedy', 'idle']],
  ])('for want of %s', (resource, expected) =>
    expect(rankForEviction([critical, idle, modest, greedy, low], used, resource).map((p) => p.metadata.uid)).toEqual(expected),
  )
})

test('a message says what was low and who used it', () => {
  const [threshold] = thresholdsOf(configurationOf({ evictionHard: { 'memory.available': '100Mi' } })) as [Threshold]
  const seen = { available: 80 * mib, capacity: 1000 * mib }
  expect(evictionMessage(pod('p', { memory: '10Mi' }), threshold, seen, usage(90))).toBe(
    'The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. Container c was using 90Mi, request is 10Mi, has larger consumption of memory. ',
  )
  expect(evictionMessage(pod('p', { memory: '1Gi' }), threshold, seen, usage(90))).toBe(
    'The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. ',
  )
})

test.each<[string, Pod, PressureCondition[], string | undefined]>([
  ['nothing is wrong', pod('p'), [], undefined],
  ['memory is short and it asked for none', pod('p'), ['MemoryPressure'], 'The node had condition: [MemoryPressure]. '],
  ['memory is short and it asked for some', pod('p', { memory: '1Mi' }), ['MemoryPressure'], undefined],
  [
    'memory is short and it tolerates that',
    pod('p', {}, { tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' }] }),
    ['MemoryPressure'],
    undefined,
  ],
  ['the disk is short', pod('p', { memory: '1Mi' }), ['DiskPressure'], 'The node had condition: [DiskPressure]. '],
  ['the disk is short and it is critical', pod('p', {}, { priority: 2_000_000_000 }), ['DiskPressure'], undefined],
])('a pod comes while %s', (_, comer, conditions, message) => expect(pressureRefusal(comer, conditions)?.message).toBe(message))

const limited = (limit: string) => container('c', { resources: { limits: { 'ephemeral-storage': limit } } })
test.each<[string, Partial<Pod['spec']>, PodUsage, Record<string, number>, string | undefined]>([
  ['keeps to its limits', { containers: [limited('10Mi')] }, usage(0, 9), {}, undefined],
  [
    'writes too much',
    { containers: [limited('10Mi')] },
    usage(0, 11),
    {},
    'Container c exceeded its local ephemeral storage limit "10Mi". ',
  ],
  [
    'fills a volume',
    { volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }] },
    usage(0),
    { v: 2 * mib },
    'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ',
  ],
  [
    'exceeds the sum with its volumes',
    { containers: [limited('10Mi')], volumes: [{ name: 'v', emptyDir: {} }] },
    usage(0, 9),
    { v: 2 * mib },
    'Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ',
  ],
  [
    'has a container without limit',
    { containers: [container('c')], volumes: [{ name: 'v', emptyDir: {} }] },
    usage(0, 900),
    { v: mib },
    undefined,
  ],
])('a pod that %s', (_, spec, used, volumes, expected) =>
  expect(localStorageExcess(podOf(spec), used, new Map(Object.entries(volumes)))).toBe(expected),
)

describe('the manager', () => {
  function lab(configuration: Partial<KubeletConfiguration>) {
    const clock = createFakeClock()
    const c = configurationOf(configuration)
    const evicted: [string, number][] = []
    let left: Record<string, number> = {}
    let reclaimed = 0
    const manager = createEvictionManager(
      {
        clock,
        log: noLog,
        pods: () => [pod('small'), pod('large')],
        usage: async () =>
          new Map([
            ['small', usage(1, 1)],
            ['large', usage(9, 9)],
          ]),
        emptyDirs: async () => new Map(),
        observe: () => new Map(Object.entries(left).map(([signal, available]) => [signal, { available, capacity: 1000 }])),
        reclaimDisk: async () => {
          reclaimed++
          left = { ...left, 'nodefs.available': (left['nodefs.available'] ?? 0) + 50 }
        },
        evict: async ({ metadata }, _message, grace) => void evicted.push([metadata.uid, grace]),
        changed: () => {},
      },
      { thresholds: thresholdsOf(c), transitionMs: c.evictionPressureTransitionPeriod, maxPodGraceSeconds: c.evictionMaxPodGracePeriod },
    )
    return {
      clock,
      manager,
      evicted,
      reclaims: () => reclaimed,
      async see(now: Record<string, number>) {
        left = now
        await manager.look()
      },
    }
  }

  test('a hard threshold evicts at once, and its condition stays for a while', async () => {
    const { clock, manager, evicted, see } = lab({ evictionHard: { 'memory.available': '100' } })
    await see({ 'memory.available': 99 })
    expect(evicted).toEqual([['large', 1]])
    await see({ 'memory.available': 500 })
    expect(manager.conditions()).toEqual(['MemoryPressure'])
    clock.advance(300_000)
    expect(manager.conditions()).toEqual([])
  })

  test('a soft threshold evicts after its grace period, and gives pods time', async () => {
    const { clock, manager, evicted, see } = lab({
      evictionHard: {},
      evictionSoft: { 'memory.available': '100' },
      evictionSoftGracePeriod: { 'memory.available': '30s' },
      evictionMaxPodGracePeriod: 5,
    })
    await see({ 'memory.available': 99 })
    expect(evicted).toEqual([])
    expect(manager.conditions()).toEqual(['MemoryPressure'])
    clock.advance(29_999)
    await see({ 'memory.available': 99 })
    expect(evicted).toEqual([])
    clock.advance(1)
    await see({ 'memory.available': 99 })
    expect(evicted).toEqual([['large', 5]])
  })

  test('images go before pods', async () => {
    const { evicted, reclaims, see } = lab({ evictionHard: { 'nodefs.available': '100' } })
    await see({ 'nodefs.available': 60 })
    expect([reclaims(), evicted]).toEqual([1, []])
    await see({ 'nodefs.available': 10 })
    expect([reclaims(), evicted]).toEqual([2, [['large', 1]]])
  })
})

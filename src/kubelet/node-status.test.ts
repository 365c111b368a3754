/** What the kubelet tells of its node, and when it tells it again. */
import { expect, test } from 'vitest'
import type { Node, NodeStatus } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import { createFakeClock } from '../client/clock.ts'
import { noLog } from '../log/log.ts'
import type { Cri } from './cri.ts'
import type { PressureCondition } from './eviction.ts'
import { createNodeReporter } from './node-status.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

/** A kubelet's reporter over a node object that stands for the API server's. */
async function startReporter(signal: AbortSignal) {
  const clock = createFakeClock()
  let node: Node | undefined
  /** What the cache shows, while it is behind. */
  let shown: Node | undefined
  let patches = 0
  const events: string[] = []
  const client = {
    create: async (_resource: string, created: Node) => {
      node = created
    },
    patch: async (resource: string, _at: object, body: { status: NodeStatus }) => {
      if (resource !== 'nodes') return
      patches++
      const addresses = body.status.addresses?.filter((address) => address.type) // without the patch's directive
      const { metadata } = node as Node
      node = {
        ...(node as Node),
        metadata: { ...metadata, resourceVersion: String(Number(metadata.resourceVersion ?? 0) + 1) },
        status: { ...body.status, ...(addresses ? { addresses } : {}) },
      }
      return node
    },
  } as unknown as Client
  const cri = {
    runtime: { Version: async () => ({ runtimeName: 'test', runtimeVersion: '1' }), Status: async () => ({ status: { conditions: [] } }) },
    images: { ListImages: async () => ({ images: [] }) },
  } as unknown as Cri
  const pressure = new Set<PressureCondition>()
  const reporter = createNodeReporter(
    {
      client,
      cri,
      clock,
      log: noLog,
      node: () => shown ?? node,
      pressure: () => [...pressure],
      devices: () => ({ capacity: {}, allocatable: {} }),
      healthy: () => undefined,
      event: (reason) => events.push(reason),
    },
    {
      nodeName: 'n',
      addresses: ['10.0.0.1'],
      labels: {},
      taints: [],
      maxPods: 110,
      reserved: {},
      rootFolder: '/',
      kubeletPort: 10250,
      leaseSeconds: 40,
      statusEveryMs: 10_000,
      reportEveryMs: 300_000,
      maxImages: 50,
      providerID: '',
      evictionHard: [],
    },
  )
  void reporter.run(signal)
  await settle()
  const ready = () => node?.status.conditions?.find((c) => c.type === 'Ready')
  return {
    events,
    pressure,
    ready,
    condition: (type: string) => node?.status.conditions?.find((c) => c.type === type)?.status,
    reporter,
    holdCache() {
      shown = node
    },
    /** As the node lifecycle controller does with a node that was silent. */
    markUnknown() {
      const conditions = node?.status.conditions?.map((c) => ({ ...c, status: 'Unknown', reason: 'NodeStatusUnknown' }))
      node = { ...node, status: { ...node?.status, conditions } } as Node
    },
    async patchesWithin(seconds: number) {
      const before = patches
      for (let i = 0; i < seconds; i++) {
        clock.advance(1000)
        await settle()
      }
      return patches - before
    },
  }
}

test('a node whose status stands still is told every five minutes, one that changes within ten seconds', async () => {
  const stop = new AbortController()
  const kubelet = await startReporter(stop.signal)
  await kubelet.patchesWithin(20)
  expect(await kubelet.patchesWithin(600)).toBe(2)
  kubelet.pressure.add('DiskPressure')
  expect(await kubelet.patchesWithin(10)).toBe(1)
  expect(kubelet.condition('DiskPressure')).toBe('True')
  expect(kubelet.events).toEqual([
    'Starting',
    'NodeHasSufficientMemory',
    'NodeHasNoDiskPressure',
    'NodeHasSufficientPID',
    'NodeHasDiskPressure',
  ])
  stop.abort()
})

test('a node that was marked unknown while its kubelet was silent is ready again within ten seconds of its coming back', async () => {
  const stop = new AbortController()
  const kubelet = await startReporter(stop.signal)
  await kubelet.patchesWithin(20)
  kubelet.markUnknown()
  expect(await kubelet.patchesWithin(10)).toBe(1)
  expect(kubelet.ready()).toMatchObject({ status: 'True', reason: 'KubeletReady' })
  expect(kubelet.events.at(-1)).toBe('NodeReady')
  stop.abort()
})

test('what the cache does not show yet was said, so that what is over again is told, too', async () => {
  const stop = new AbortController()
  const kubelet = await startReporter(stop.signal)
  kubelet.holdCache()
  kubelet.pressure.add('DiskPressure')
  expect(await kubelet.patchesWithin(10)).toBe(1)
  kubelet.pressure.delete('DiskPressure')
  kubelet.reporter.refresh()
  await settle()
  expect(kubelet.condition('DiskPressure')).toBe('False')
  stop.abort()
})

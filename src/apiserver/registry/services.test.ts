import { describe, expect, test } from 'vitest'
import { newAlreadyExists } from '../../api/errors.ts'
import type { Service } from '../../api/types/core-v1.ts'
import type { Transport } from '../../client/transport.ts'
import { createMemoryStore } from '../memory-store.ts'
import type { WriteAttributes } from '../request.ts'
import { createNodePorts } from './node-ports.ts'
import { firstServiceIP } from './service-ips.ts'
import { createServiceStrategy } from './services.ts'

const attributes = { dryRun: false } as WriteAttributes

/** What the strategy asks of the API: services as they are stored, and addresses by name. */
function cluster(services: Service[] = []) {
  const addresses = new Set<string>()
  const transport = {
    async request({ method, path, body }: { method: string; path: string; body?: unknown }) {
      if (method === 'GET') {
        if (path.endsWith('/services')) return { items: services }
        return {
          items: path.endsWith('/ipaddresses')
            ? [...addresses].map((name) => ({ metadata: { name, labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } } }))
            : [],
        }
      }
      if (method === 'DELETE') return addresses.delete(decodeURIComponent(path.split('/').at(-1) as string))
      const { name } = (body as { metadata: { name: string } }).metadata
      if (addresses.has(name)) throw newAlreadyExists({ group: 'networking.k8s.io', resource: 'ipaddresses' }, name)
      addresses.add(name)
      return body
    },
  } as unknown as Transport
  const store = createMemoryStore()
  return { addresses, strategy: () => createServiceStrategy({ serviceClusterIPRanges: ['10.7.0.0/28'], store, api: () => transport }) }
}
const service = (name: string, spec: Partial<Service['spec']> = {}): Service =>
  ({
    metadata: { name, namespace: 'n' },
    spec: { type: 'ClusterIP', ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }], sessionAffinity: 'None', ...spec },
    status: { loadBalancer: {} },
  }) as Service
const message = (promise: Promise<unknown> | undefined) =>
  Promise.resolve(promise).then(
    () => 'nothing',
    (error: Error) => error.message,
  )

describe('cluster IPs', () => {
  test('concurrent services get addresses of their own until the range is full', async () => {
    const { strategy, addresses } = cluster()
    const { allocate } = strategy()
    const made = await Promise.all(Array.from({ length: 14 }, (_, i) => allocate?.(service(`s${i}`), undefined, attributes)))
    const ips = made.map((m) => m?.object.spec.clusterIP)
    expect(new Set(ips).size).toBe(14)
    expect(addresses.size).toBe(14)
    expect(await message(allocate?.(service('more'), undefined, attributes))).toContain('range is full')
  })

  test('a taken one is refused, also after a restart', async () => {
    const stored: Service[] = []
    const { strategy } = cluster(stored)
    const first = await strategy().allocate?.(service('a', { clusterIP: '10.7.0.5' }), undefined, attributes)
    stored.push(first?.object as Service)
    expect(await message(strategy().allocate?.(service('b', { clusterIP: '10.7.0.5' }), undefined, attributes))).toBe(
      'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.7.0.5"]: failed to allocate IP 10.7.0.5: provided IP is already allocated',
    )
  })

  test('an address that lost its service is free again after a restart', async () => {
    const { strategy, addresses } = cluster()
    addresses.add('10.7.0.9')
    const made = await strategy().allocate?.(service('a', { clusterIP: '10.7.0.9' }), undefined, attributes)
    expect(made?.object.spec.clusterIPs).toEqual(['10.7.0.9'])
  })

  test('undo gives back what was taken', async () => {
    const { strategy, addresses } = cluster()
    const made = await strategy().allocate?.(service('a'), undefined, attributes)
    made?.undo()
    await new Promise((done) => setImmediate(done))
    expect(addresses.size).toBe(0)
  })

  test.each([
    [
      'headless',
      { clusterIP: 'None', selector: { a: 'b' } },
      { clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
    ],
    ['headless without a selector', { clusterIP: 'None' }, { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' }],
    ['of an external name', { type: 'ExternalName', externalName: 'a.b' }, { externalName: 'a.b' }],
  ] as const)('a service %s has no address', async (_, spec, want) => {
    const { strategy, addresses } = cluster()
    const made = await strategy().allocate?.(service('a', spec as never), undefined, attributes)
    expect(made?.object.spec).toMatchObject(want)
    expect(addresses.size).toBe(0)
  })

  test.each([
    [{ ipFamilies: ['IPv6'] }, 'Service "a" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    [
      { ipFamilyPolicy: 'RequireDualStack' },
      'Service "a" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
  ] as const)('on one stack %o is refused', async (spec, want) => {
    expect(
      await message(
        cluster()
          .strategy()
          .allocate?.(service('a', spec as never), undefined, attributes),
      ),
    ).toBe(want)
  })

  test('the first address is the API server’s own', () => {
    expect(firstServiceIP('10.96.0.0/12')).toBe('10.96.0.1')
    expect(firstServiceIP('fd00::/112')).toBe('fd00::1')
  })
})

describe('node ports', () => {
  test('a requested one is refused when taken, and free again after a change of type', async () => {
    const { strategy } = cluster()
    const { allocate, prepareForUpdate } = strategy()
    const spec = { type: 'NodePort' as const, ports: [{ port: 80, protocol: 'TCP' as const, nodePort: 30100 }] }
    const a = (await allocate?.(service('a', spec), undefined, attributes))?.object as Service
    expect(await message(allocate?.(service('b', spec), undefined, attributes))).toBe(
      'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30100: provided port is already allocated',
    )
    const inner = prepareForUpdate?.({ ...a, spec: { ...a.spec, type: 'ClusterIP' } }, a, attributes) as Service
    expect(inner.spec.ports?.[0]).toEqual({ port: 80, protocol: 'TCP' })
    const done = await allocate?.(inner, a, attributes)
    done?.commit?.()
    await new Promise((resolve) => setImmediate(resolve))
    expect((await allocate?.(service('b', spec), undefined, attributes))?.object.spec.ports?.[0]?.nodePort).toBe(30100)
  })

  test('an update that leaves ports and addresses out keeps them', () => {
    const { prepareForUpdate } = cluster().strategy()
    const old = service('a', {
      type: 'NodePort',
      clusterIP: '10.7.0.3',
      clusterIPs: ['10.7.0.3'],
      ports: [{ port: 80, protocol: 'TCP', nodePort: 30001 }],
    })
    const made = prepareForUpdate?.(service('a', { type: 'NodePort' }), old, attributes) as Service
    expect(made.spec).toMatchObject({ clusterIP: '10.7.0.3', clusterIPs: ['10.7.0.3'], ports: [{ nodePort: 30001 }] })
  })

  test('free ones come from above the band that requests use, then from it', async () => {
    const ports = createNodePorts(createMemoryStore(), { first: 100, last: 131 }, () => 0)
    expect(await ports.takeNext(false)).toBe(116)
    expect(await ports.takeNext(true, new Set([117]))).toBe(118)
    for (let i = 0; i < 15; i++) await ports.takeNext(false)
    expect(await ports.takeNext(false)).toBe(100)
    expect(await ports.take(99, false)).toBe('provided port is not in the valid range. The range of valid ports is 100-131')
  })

  test('two servers over one store never hand out the same', async () => {
    const store = createMemoryStore()
    const servers = [createNodePorts(store, { first: 100, last: 163 }), createNodePorts(store, { first: 100, last: 163 })]
    const made = await Promise.all(Array.from({ length: 64 }, (_, i) => servers[i % 2]?.takeNext(false)))
    expect(new Set(made).size).toBe(64)
    expect(await servers[0]?.takeNext(false)).toBeUndefined()
    await servers[1]?.release([120], false)
    expect(await servers[0]?.take(120, false)).toBeUndefined()
    expect(await servers[1]?.take(120, false)).toBe('provided port is already allocated')
  })

  test('what no service holds is given back at the third repair, and what one holds is taken', async () => {
    const ports = createNodePorts(createMemoryStore(), { first: 100, last: 131 })
    await ports.take(101, false)
    const held = new Set([102])
    await ports.repair(held, false)
    expect(await ports.take(102, false)).toBe('provided port is already allocated')
    await ports.repair(held, false)
    expect(await ports.take(101, true)).toBe('provided port is already allocated')
    await ports.repair(held, false)
    expect(await ports.take(101, true)).toBeUndefined()
  })
})

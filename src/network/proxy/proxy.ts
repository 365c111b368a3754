/**
 * kube-proxy: watches Services, EndpointSlices and its own Node, and keeps the kernel's rules as they say. An event
 * marks its service as changed; one sync soon after recomputes the changed services and hands everything to the
 * backend, which sends the difference. Nothing runs while nothing changes.
 */
import type { Node, Service } from '../../api/types/core-v1.ts'
import type { EndpointSlice } from '../../api/types/discovery-v1.ts'
import type { Informers } from '../../client/informer.ts'
import type { Logger } from '../../log/log.ts'
import { createHealthCheckServers } from './health.ts'
import type { ProxyBackend } from './nftables.ts'
import { type Family, isProxied, type ProxyPort, proxyPorts, sliceService } from './services.ts'

export interface ProxyDeps {
  readonly informers: Informers
  /** Made when the first service of the family appears. */
  readonly backend: (family: Family) => ProxyBackend
  readonly log: Logger
}
export interface ProxyOptions {
  readonly nodeName: string
  /** How long after a first event others are waited for, so that a burst is one sync. Default 5 ms. */
  readonly collectMs?: number
}

export interface ServiceProxy {
  /** Resolves when the rules stand for everything the first lists told. */
  started(): Promise<void>
  status(): ProxyStatus
  stop(): Promise<void>
}
export interface ProxyStatus {
  readonly syncs: number
  readonly failures: number
  readonly lastSync: number
  readonly lastSyncMs: number
  /** When the oldest change not yet in the kernel was seen; undefined when all is in. */
  readonly pendingSince: number | undefined
  readonly nodeEligible: boolean
}

const slicesByService = 'service'
const families: readonly Family[] = ['IPv4', 'IPv6']
/** Taint that the autoscaler puts on a node it will remove: load balancers should turn away from it. */
const toBeDeletedTaint = 'ToBeDeletedByClusterAutoscaler'

export function createProxy(deps: ProxyDeps, options: ProxyOptions): ServiceProxy {
  const { informers, log } = deps
  const { nodeName, collectMs = 5 } = options
  const services = informers.of('services')
  const slices = informers.of('endpointslices.discovery.k8s.io')
  const nodes = informers.of('nodes', { fieldSelector: `metadata.name=${nodeName}` })
  slices.addIndex(slicesByService, (slice: EndpointSlice) => {
    const key = sliceService(slice)
    return key ? [key] : []
  })

  const backends = new Map<Family, ProxyBackend>()
  const ports = new Map<Family, Map<string, readonly ProxyPort[]>>(families.map((family) => [family, new Map()]))
  const healthChecks = createHealthCheckServers(log)
  const changed = new Set<string>()
  let zone: string | undefined
  let nodeEligible = true
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let stopped = false
  let pendingSince: number | undefined
  let status = { syncs: 0, failures: 0, lastSync: 0, lastSyncMs: 0 }
  const firstSync = Promise.withResolvers<void>()

  const touch = (key: string | undefined) => {
    if (!key) return
    changed.add(key)
    schedule(collectMs)
  }
  const touchService = (service: Service) => touch(`${service.metadata.namespace}/${service.metadata.name}`)
  const touchSlice = (slice: EndpointSlice) => touch(sliceService(slice))
  const seeNode = (node: Node) => {
    nodeEligible = !node.metadata.deletionTimestamp && !node.spec.taints?.some((t) => t.key === toBeDeletedTaint)
    const now = node.metadata.labels?.['topology.kubernetes.io/zone']
    if (now === zone) return
    zone = now
    for (const service of services.list()) touchService(service)
  }
  const unsubscribe = [
    services.addHandler({ added: touchService, updated: touchService, deleted: touchService }),
    slices.addHandler({
      added: touchSlice,
      updated(slice: EndpointSlice, before: EndpointSlice) {
        touchSlice(before)
        touchSlice(slice)
      },
      deleted: touchSlice,
    }),
    nodes.addHandler({ added: seeNode, updated: seeNode }),
  ]
  // Half a picture would take away the rules of services that an earlier proxy set up.
  const ready = Promise.all([services.whenSynced(), slices.whenSynced(), nodes.whenSynced()]).then(() => schedule(0))

  function schedule(delayMs: number): void {
    pendingSince ??= Date.now()
    if (stopped || running || timer) return
    timer = setTimeout(() => {
      timer = undefined
      if (services.synced && slices.synced && nodes.synced) {
        running = sync().finally(() => {
          running = undefined
          if (changed.size > 0) schedule(status.failures > 0 ? Math.min(1000 * 2 ** (status.failures - 1), 30_000) : collectMs)
        })
      }
    }, delayMs)
  }

  async function sync(): Promise<void> {
    const began = performance.now()
    const keys = [...changed]
    changed.clear()
    const since = pendingSince
    pendingSince = undefined
    for (const key of keys) recompute(key)
    try {
      for (const family of families) {
        const of = ports.get(family) as Map<string, readonly ProxyPort[]>
        if (of.size === 0 && !backends.has(family) && family === 'IPv6') continue
        let backend = backends.get(family)
        if (!backend) {
          backend = deps.backend(family)
          backends.set(family, backend)
        }
        await backend.sync([...of.values()].flat())
      }
      healthChecks.sync([...(ports.get('IPv4') as Map<string, readonly ProxyPort[]>).values()].flat())
      status = { syncs: status.syncs + 1, failures: 0, lastSync: Date.now(), lastSyncMs: performance.now() - began }
      firstSync.resolve()
    } catch (error) {
      for (const key of keys) changed.add(key)
      // A sync with nothing changed must be tried again as well.
      changed.add('')
      pendingSince = since ?? Date.now()
      status = { ...status, failures: status.failures + 1 }
      log.error('could not write the rules, will try again', { error, failures: status.failures })
    }
  }

  function recompute(key: string): void {
    const [namespace, name] = key.split('/') as [string, string | undefined]
    const service = name === undefined ? undefined : services.get(namespace, name)
    for (const family of families) {
      const of = ports.get(family) as Map<string, readonly ProxyPort[]>
      const found =
        service && isProxied(service) ? proxyPorts(service, slices.byIndex(slicesByService, key), { nodeName, zone }, family) : []
      if (found.length > 0) of.set(key, found)
      else of.delete(key)
    }
  }

  return {
    async started() {
      await ready
      await firstSync.promise
    },
    status: () => ({ ...status, pendingSince, nodeEligible }),
    async stop() {
      stopped = true
      clearTimeout(timer)
      for (const off of unsubscribe) off()
      await running
      healthChecks.close()
    },
  }
}

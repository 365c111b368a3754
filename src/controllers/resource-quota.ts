/**
 * Counts what quotas limit (pkg/controller/resourcequota): admission raises the figures as objects are made, this brings
 * them down as objects go, and counts everything when a quota is new.
 */
import { isNotFound } from '../api/errors.ts'
import { objectKey, splitKey } from '../api/meta.ts'
import { addQuantity, compareQuantity, formatQuantity, newQuantity, parseQuantity, type Quantity, zeroQuantity } from '../api/quantity.ts'
import { claimInScope, claimUsage, isCountedByOldName, podInScope, podUsage, scopesOf, serviceUsage, type Usage } from '../api/quota.ts'
import type { Pod, ResourceQuota } from '../api/types/core-v1.ts'
import type { DiscoveredResource } from '../client/discovery.ts'
import { apiResources, refOf } from './api-resources.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'
import { isPodFinished } from './pods.ts'

const resource = 'resourcequotas'

export function createResourceQuotaController(deps: ControllerDeps): Controller {
  const { client, informers, options } = deps
  const quotas = informers.of(resource)
  const pods = informers.of('pods')
  const claims = informers.of('persistentvolumeclaims')
  const services = informers.of('services')
  const api = apiResources(deps)
  /** Resources counted by number only, and watched because some quota names them. */
  const counted = new Map<string, DiscoveredResource>()
  let queue: Queue

  function wake(given: Queue) {
    queue = given
    const enqueue = (quota: ResourceQuota) => queue.add(objectKey(quota))
    quotas.addHandler({
      added: enqueue,
      updated: (now, before) => JSON.stringify(now.spec) !== JSON.stringify(before.spec) && enqueue(now),
    })
    const wakeAll = (namespace: string) => {
      for (const quota of quotas.list(namespace)) enqueue(quota)
    }
    const podEnded = (pod: Pod, before: Pod) =>
      isPodFinished(pod) !== isPodFinished(before) ||
      (pod.metadata.deletionTimestamp !== undefined && before.metadata.deletionTimestamp === undefined) ||
      pod.spec !== before.spec
    pods.addHandler({
      updated: (pod, before) => podEnded(pod, before) && wakeAll(pod.metadata.namespace),
      deleted: (pod) => wakeAll(pod.metadata.namespace),
    })
    services.addHandler({
      updated: (now, before) => now.spec !== before.spec && wakeAll(now.metadata.namespace),
      deleted: (service) => wakeAll(service.metadata.namespace),
    })
    claims.addHandler({
      updated: (now, before) => (now.spec !== before.spec || now.status !== before.status) && wakeAll(now.metadata.namespace),
      deleted: (claim) => wakeAll(claim.metadata.namespace),
    })
    return [quotas, pods, services, claims]
  }

  /** `count/deployments.apps`, or one of the old names such as `configmaps`, is a number of objects. */
  async function countOf(name: string, { metadata: { namespace }, status }: ResourceQuota): Promise<Quantity | undefined> {
    const what = name.startsWith('count/') ? name.slice('count/'.length) : isCountedByOldName(name) ? name : undefined
    if (what === undefined) return undefined
    const { resources } = await api.current()
    const dot = what.indexOf('.')
    const [plural, group] = dot < 0 ? [what, ''] : [what.slice(0, dot), what.slice(dot + 1)]
    const found = resources.find((r) => r.resource === plural && r.group === group)
    if (!found?.verbs.includes('watch')) return undefined
    const informer = informers.metadata(refOf(found))
    if (!counted.has(what)) {
      counted.set(what, found)
      informer.addHandler({
        deleted(object) {
          for (const quota of quotas.list(object.metadata.namespace)) queue.add(objectKey(quota))
        },
      })
      void informer.whenSynced().then(() => {
        for (const quota of quotas.list()) if (name in (quota.spec.hard ?? {})) queue.add(objectKey(quota))
      })
    }
    // The server that has them may be one that is down: nothing else waits for it.
    if (!informer.synced) return parseQuantity(status.used?.[name] ?? zeroQuantity)
    return newQuantity(informer.list(namespace).length)
  }

  async function reconcile(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key)
    const quota = quotas.get(namespace, name)
    if (!quota) return undefined
    const hard = quota.spec.hard ?? {}
    const scopes = scopesOf(quota)
    const total: Usage = {}
    const add = (usage: Usage) => {
      for (const [k, q] of Object.entries(usage)) total[k] = total[k] ? addQuantity(total[k], q) : q
    }
    for (const pod of pods.list(namespace)) if (!isPodFinished(pod) && scopes.every((s) => podInScope(pod, s))) add(podUsage(pod))
    for (const claim of claims.list(namespace)) if (scopes.every((s) => claimInScope(claim, s))) add(claimUsage(claim))
    if (scopes.length === 0) for (const service of services.list(namespace)) add(serviceUsage(service))
    const used: Record<string, string> = {}
    for (const k of Object.keys(hard)) {
      const quantity = total[k] ?? (scopes.length === 0 ? await countOf(k, quota) : undefined) ?? zeroQuantity
      used[k] = formatQuantity(quantity)
    }
    const sameMap = (a: Record<string, string> | undefined, b: Record<string, string>) =>
      Object.keys(a ?? {}).length === Object.keys(b).length &&
      Object.entries(b).every(([k, v]) => a?.[k] !== undefined && compareQuantity(a[k], v) === 0)
    if (!sameMap(quota.status.hard, hard) || !sameMap(quota.status.used, used))
      try {
        await client.updateStatus(resource, { ...quota, status: { hard, used } })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    // What no event tells, such as a count that admission raised for a write that then failed, is put right in time.
    return options.resourceQuotaSyncPeriodMs
  }

  return { name: 'resourcequota-controller', workers: options.concurrent.resourceQuota, wake, reconcile }
}

/**
 * Empties namespaces that are being deleted, then lets them go (pkg/controller/namespace): pods first, then everything
 * else that the server serves, and what cannot be deleted is told in conditions.
 */
import { isConflict, isNotFound, StatusError } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import type { Namespace, NamespaceCondition, Pod } from '../api/types/core-v1.ts'
import type { DiscoveredResource } from '../client/discovery.ts'
import type { KubernetesObject } from '../client/resources.ts'
import { apiResources, refOf } from './api-resources.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'

/** How long what has finalizers is given before it is looked at again, if no event says sooner that it went. */
const finalizerEstimateMs = 15_000
const parallel = 8

interface Remaining {
  readonly resource: DiscoveredResource
  readonly items: readonly KubernetesObject[]
}

export function createNamespaceController(deps: ControllerDeps): Controller {
  const { client, informers, clock, options } = deps
  const namespaces = informers.of('namespaces')
  const pods = informers.of('pods')
  const api = apiResources(deps)
  const followed = new Set<string>()
  /** The last try failed: the next asks anew what is served. */
  let mistrust = false
  let queue: Queue

  /** Wakes a namespace when an object of a resource that held it up is gone. */
  function follow(resource: DiscoveredResource): void {
    const id = `${resource.resource}.${resource.group}`
    if (followed.has(id) || !resource.verbs.includes('watch')) return
    followed.add(id)
    informers.metadata(refOf(resource)).addHandler({
      deleted({ metadata }) {
        if (namespaces.get(undefined, metadata.namespace)?.metadata.deletionTimestamp) queue.add(metadata.namespace)
      },
    })
  }

  async function reconcile(name: string): Promise<number | undefined> {
    const namespace = namespaces.get(undefined, name)
    if (!namespace?.metadata.deletionTimestamp) return undefined
    if (!namespace.spec.finalizers?.includes('kubernetes')) return undefined
    const found = await (mistrust ? api.refresh() : api.current()).catch((error: Error) => error)
    mistrust = false
    if (found instanceof Error) {
      await writeConditions(namespace, [condition('NamespaceDeletionDiscoveryFailure', 'DiscoveryFailed', found.message)])
      throw found
    }
    const { resources, failures } = found
    const conditions: NamespaceCondition[] = []
    if (failures.size > 0)
      conditions.push(
        condition(
          'NamespaceDeletionDiscoveryFailure',
          'DiscoveryFailed',
          `Discovery failed for some groups, ${failures.size} failing: unable to retrieve the complete list of server APIs: ${[...failures].map(([group, error]) => `${group}: ${error.message}`).join(', ')}`,
        ),
      )
    const deletable = resources.filter((r) => r.namespaced && r.verbs.includes('delete') && r.verbs.includes('list'))
    const errors: Error[] = []
    const isPods = (r: DiscoveredResource) => r.resource === 'pods' && r.group === ''
    // What other objects guard (network policies, secrets) outlives the pods that need it.
    let remaining = await empty(name, deletable.filter(isPods), errors)
    if (remaining.length === 0)
      remaining = await empty(
        name,
        deletable.filter((r) => !isPods(r)),
        errors,
      )

    if (errors.length > 0)
      conditions.push(
        condition(
          'NamespaceDeletionContentFailure',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${errors.length} remaining: ${errors.map((e) => e.message).join(', ')}`,
        ),
      )
    if (remaining.length > 0) {
      const counts = remaining.map(
        ({ resource, items }) =>
          `${resource.group ? `${resource.resource}.${resource.group}` : `${resource.resource}.`} has ${items.length} resource instances`,
      )
      conditions.push(
        condition('NamespaceContentRemaining', 'SomeResourcesRemain', `Some resources are remaining: ${counts.sort().join(', ')}`),
      )
      const finalizers = new Map<string, number>()
      for (const { items } of remaining)
        for (const item of items) for (const f of item.metadata.finalizers ?? []) finalizers.set(f, (finalizers.get(f) ?? 0) + 1)
      if (finalizers.size > 0) {
        const texts = [...finalizers].map(([f, count]) => `${f} in ${count} resource instances`).sort()
        conditions.push(
          condition(
            'NamespaceFinalizersRemaining',
            'SomeFinalizersRemain',
            `Some content in the namespace has finalizers remaining: ${texts.join(', ')}`,
          ),
        )
      }
    }
    const current = await writeConditions(namespace, conditions)
    if (errors.length > 0 || failures.size > 0) {
      mistrust = true
      throw errors[0] ?? [...failures.values()][0]
    }
    if (remaining.length > 0) {
      for (const { resource } of remaining) follow(resource)
      return Math.max(...remaining.map(({ items }) => estimateMs(items))) / 2 + 1000
    }
    const finalizers = (current.spec.finalizers ?? []).filter((f) => f !== 'kubernetes')
    await client
      .update('namespaces', { ...current, spec: { ...current.spec, finalizers } }, { subresource: 'finalize' })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    return undefined
  }

  /** Deletes everything of these resources; what is still there afterwards. */
  async function empty(namespace: string, resources: readonly DiscoveredResource[], errors: Error[]): Promise<Remaining[]> {
    const left: Remaining[] = []
    const todo = [...resources]
    const listOf = async (resource: DiscoveredResource) =>
      (await client.listAll(resource, { namespace, metadataOnly: true })).items as readonly KubernetesObject[]
    const work = async () => {
      for (let resource = todo.shift(); resource; resource = todo.shift())
        try {
          const before = await listOf(resource)
          if (before.length === 0) continue
          await removeAll(namespace, resource, before)
          const items = await listOf(resource)
          if (items.length > 0) left.push({ resource, items })
        } catch (error) {
          // The resource itself may have been removed meanwhile, or takes no such request.
          if (error instanceof StatusError && (error.code === 404 || error.code === 405)) continue
          errors.push(error as Error)
        }
    }
    await Promise.all(Array.from({ length: parallel }, work))
    return left
  }
  async function removeAll(namespace: string, resource: DiscoveredResource, items: readonly KubernetesObject[]): Promise<void> {
    if (items.every((item) => item.metadata.deletionTimestamp)) return
    if (resource.verbs.includes('deletecollection')) {
      await client.deleteCollection(resource, { namespace, delete: { propagationPolicy: 'Background' } })
      return
    }
    for (const { metadata } of items)
      await client.delete(resource, { namespace, name: metadata.name }, { propagationPolicy: 'Background' }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
  }
  /** Pods end when their grace is over, the rest when its finalizers' owners are done. */
  function estimateMs(items: readonly KubernetesObject[]): number {
    const grace = items.map((item) => {
      const pod = pods.get(item.metadata.namespace, item.metadata.name) as Pod | undefined
      return pod?.metadata.uid === item.metadata.uid ? (item.metadata.deletionGracePeriodSeconds ?? 0) * 1000 : finalizerEstimateMs
    })
    return Math.max(1000, ...grace)
  }

  // ---- conditions

  const settled: Readonly<Record<string, [reason: string, message: string]>> = {
    NamespaceDeletionDiscoveryFailure: ['ResourcesDiscovered', 'All resources successfully discovered'],
    NamespaceDeletionGroupVersionParsingFailure: ['ParsedGroupVersions', 'All legacy kube types successfully parsed'],
    NamespaceDeletionContentFailure: ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
    NamespaceContentRemaining: ['ContentRemoved', 'All content successfully removed'],
    NamespaceFinalizersRemaining: ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
  }
  function condition(type: string, reason: string, message: string, status = 'True'): NamespaceCondition {
    return { type, status, reason, message, lastTransitionTime: formatTime(clock.now()) } as NamespaceCondition
  }
  async function writeConditions(namespace: Namespace, failing: readonly NamespaceCondition[]): Promise<Namespace> {
    const before = namespace.status.conditions ?? []
    const wanted = Object.entries(settled).map(
      ([type, [reason, message]]) => failing.find((c) => c.type === type) ?? condition(type, reason, message, 'False'),
    )
    const merged = wanted.map((next) => {
      const have = before.find((c) => c.type === next.type)
      if (have?.status !== next.status) return next
      return have.reason === next.reason && have.message === next.message ? have : { ...next, lastTransitionTime: have.lastTransitionTime }
    })
    const others = before.filter((c) => !(c.type in settled))
    const same = merged.every((c) => before.includes(c)) && namespace.status.phase === 'Terminating'
    if (same) return namespace
    try {
      return await client.updateStatus('namespaces', {
        ...namespace,
        status: { ...namespace.status, phase: 'Terminating', conditions: [...others, ...merged] },
      })
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) throw error
      throw new Error(`failed to update the conditions of namespace ${namespace.metadata.name}`, { cause: error })
    }
  }

  return {
    name: 'namespace-controller',
    workers: options.concurrent.namespace,
    wake(given) {
      queue = given
      const wakeIfDeleted = (ns: Namespace) => ns.metadata.deletionTimestamp && queue.add(ns.metadata.name)
      namespaces.addHandler({ added: wakeIfDeleted, updated: wakeIfDeleted })
      pods.addHandler({
        deleted(pod) {
          if (namespaces.get(undefined, pod.metadata.namespace)?.metadata.deletionTimestamp) queue.add(pod.metadata.namespace)
        },
      })
      // A server that could not be asked may be back, or nobody's any more.
      api.onChange(() => namespaces.list().forEach(wakeIfDeleted))
      return [namespaces, pods]
    },
    reconcile,
  }
}

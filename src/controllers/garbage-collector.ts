/**
 * Deletes what no owner holds any more (pkg/controller/garbagecollector): a graph of all objects and their owner
 * references, kept by metadata watches of every resource, says what an event touches, so that nothing is ever scanned.
 * Background, foreground and orphaning deletion; owners that never were, and owners in another namespace.
 */
import { isConflict, isNotFound } from '../api/errors.ts'
import { hasFinalizer, parseGroupVersion } from '../api/meta.ts'
import type { OwnerReference } from '../api/types/meta-v1.ts'
import { sleep } from '../client/clock.ts'
import type { DiscoveredResource } from '../client/discovery.ts'
import type { KubernetesObject, ResourceRef } from '../client/resources.ts'
import { apiResources, refOf } from './api-resources.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'

interface Node {
  readonly uid: string
  resource: DiscoveredResource
  /** The object as last seen; undefined for an owner that only references speak of. */
  object: KubernetesObject | undefined
  /** How a reference names it: what to ask for while it has not been seen. */
  reference: { apiVersion: string; kind: string; name: string; namespace: string }
  readonly dependents: Set<Node>
}

const foreground = 'foregroundDeletion'
const orphan = 'orphan'
/** Events come and go by the thousand, own nothing and have no owners. */
const ignored: ReadonlySet<string> = new Set(['events.', 'events.events.k8s.io'])
/** A resource that does not list in this time, such as one of a broken aggregated server, holds nobody up. */
const firstSyncMs = 30_000
const discoveryRetryMs = 5_000

export function createGarbageCollector(deps: ControllerDeps): Controller {
  const { client, informers, clock, log, options } = deps
  const recorder = deps.recorder('garbage-collector-controller')
  const api = apiResources(deps)
  const nodes = new Map<string, Node>()
  /** Where nothing is any more: what an event or a live answer said of an owner. The oldest are forgotten. */
  const absent = new Set<string>()
  const watched = new Map<string, { resource: DiscoveredResource; ref: ResourceRef; stop: () => void }>()
  let queue: Queue

  // ---- the graph

  const ownersOf = (node: Node): readonly OwnerReference[] => node.object?.metadata.ownerReferences ?? []
  const isDeletingDependents = (node: Node) =>
    node.object?.metadata.deletionTimestamp !== undefined && hasFinalizer(node.object, foreground)
  const tryDelete = (node: Node) => queue.add(`delete/${node.uid}`)
  const tryOrphan = (node: Node) => queue.add(`orphan/${node.uid}`)

  function addToOwners(node: Node, owners: readonly OwnerReference[]): void {
    for (const owner of owners) {
      let found = nodes.get(owner.uid)
      if (!found) {
        // Nobody has seen it yet: its event is on the way, or it never existed. A live question will tell.
        found = {
          uid: owner.uid,
          resource: node.resource,
          object: undefined,
          reference: { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name, namespace: node.object?.metadata.namespace ?? '' },
          dependents: new Set(),
        }
        nodes.set(owner.uid, found)
        tryDelete(found)
      } else if (found.object && !isSame(found, owner, node)) {
        // The reference has the right uid and the wrong place: the object itself must be looked at.
        tryDelete(node)
      }
      found.dependents.add(node)
    }
  }
  /** Whether a node is what an object's reference says, not merely of the same uid. */
  function isSame(owner: Node, reference: OwnerReference, dependent: Node): boolean {
    const { metadata } = owner.object as KubernetesObject
    return (
      metadata.name === reference.name &&
      owner.resource.kind === reference.kind &&
      owner.resource.group === parseGroupVersion(reference.apiVersion).group &&
      (!metadata.namespace || metadata.namespace === dependent.object?.metadata.namespace)
    )
  }
  function removeFromOwners(node: Node, owners: readonly OwnerReference[]): void {
    for (const { uid } of owners) {
      const owner = nodes.get(uid)
      if (!owner?.dependents.delete(node)) continue
      if (isDeletingDependents(owner)) tryDelete(owner)
      if (!owner.object && owner.dependents.size === 0) nodes.delete(uid)
    }
  }

  function seen(resource: DiscoveredResource, object: KubernetesObject, before?: KubernetesObject): void {
    const { uid, name, namespace = '', deletionTimestamp } = object.metadata
    let node = nodes.get(uid)
    const known = node?.object
    if (!node) {
      node = { uid, resource, object, reference: { apiVersion: '', kind: resource.kind, name, namespace }, dependents: new Set() }
      nodes.set(uid, node)
    }
    const first = known === undefined
    node.resource = resource
    node.object = object
    absent.delete(placeOf(uid, identityOf(resource, object)))
    const previous = before?.metadata.ownerReferences ?? known?.metadata.ownerReferences ?? []
    const owners = object.metadata.ownerReferences ?? []
    if (first) {
      addToOwners(node, owners)
      // Dependents that were told of another kind, name or namespace under this uid have no owner in truth.
      for (const dependent of node.dependents)
        for (const reference of ownersOf(dependent)) if (reference.uid === uid && !isSame(node, reference, dependent)) tryDelete(dependent)
    } else if (previous !== owners && JSON.stringify(previous) !== JSON.stringify(owners)) {
      addToOwners(
        node,
        owners.filter((o) => !previous.some((p) => p.uid === o.uid)),
      )
      removeFromOwners(
        node,
        previous.filter((p) => !owners.some((o) => o.uid === p.uid)),
      )
      for (const reference of owners) {
        const owner = nodes.get(reference.uid)
        const blocked = previous.find((p) => p.uid === reference.uid)?.blockOwnerDeletion
        if (owner && blocked && !reference.blockOwnerDeletion && isDeletingDependents(owner)) tryDelete(owner)
      }
    }
    if (deletionTimestamp === undefined) return
    const started = known?.metadata.deletionTimestamp === undefined
    if (hasFinalizer(object, orphan) && (started || !known || !hasFinalizer(known, orphan))) tryOrphan(node)
    if (hasFinalizer(object, foreground) && (started || !known || !hasFinalizer(known, foreground))) {
      for (const dependent of node.dependents) tryDelete(dependent)
      tryDelete(node)
    }
  }

  function rememberAbsent(id: string): void {
    absent.add(id)
    if (absent.size > 500) absent.delete(absent.values().next().value as string)
  }
  /** A uid that was not found where a reference pointed may yet exist elsewhere. */
  const placeOf = (uid: string, { apiVersion, kind, name, namespace }: Node['reference']) =>
    [uid, apiVersion, kind, namespace, name].join(' ')
  const identityOf = ({ group, version, kind }: DiscoveredResource, { metadata: { name, namespace = '' } }: KubernetesObject) => ({
    apiVersion: group ? `${group}/${version}` : version,
    kind,
    name,
    namespace,
  })

  function gone(uid: string): void {
    const node = nodes.get(uid)
    if (!node) return
    nodes.delete(uid)
    if (node.object && node.dependents.size > 0) rememberAbsent(placeOf(uid, identityOf(node.resource, node.object)))
    removeFromOwners(node, ownersOf(node))
    for (const dependent of node.dependents) tryDelete(dependent)
  }

  // ---- which resources are watched

  /** Watches what is served and no longer what is not; the informers that are new. */
  async function watchResources(): Promise<{ whenSynced(): Promise<void> }[]> {
    const { resources, failures } = await api.refresh()
    const wanted = new Map(
      resources
        .filter((r) => ['delete', 'list', 'watch'].every((verb) => r.verbs.includes(verb)) && !ignored.has(`${r.resource}.${r.group}`))
        .map((r) => [`${r.resource}.${r.group}`, r]),
    )
    for (const [id, { resource, ref, stop }] of watched) {
      // A group that did not answer is not a group that is gone.
      const group = resource.group ? `${resource.group}/${resource.version}` : resource.version
      if (wanted.get(id)?.version === resource.version || (!wanted.has(id) && failures.has(group))) continue
      stop()
      informers.drop(ref)
      watched.delete(id)
      for (const node of [...nodes.values()]) if (node.object && node.resource === resource) gone(node.uid)
    }
    const fresh: { whenSynced(): Promise<void> }[] = []
    for (const [id, resource] of wanted) {
      if (watched.has(id)) continue
      const ref = refOf(resource)
      const informer = informers.metadata(ref)
      const stop = informer.addHandler({
        added: (object) => seen(resource, object),
        updated(object, before) {
          // Another object under the same name: the deletion of the first was missed.
          if (object.metadata.uid !== before.metadata.uid) gone(before.metadata.uid)
          seen(resource, object, before.metadata.uid === object.metadata.uid ? before : undefined)
        },
        deleted: (object) => gone(object.metadata.uid),
      })
      watched.set(id, { resource, ref, stop })
      fresh.push(informer)
    }
    return fresh
  }

  function wake(given: Queue) {
    queue = given
    api.onChange(() => {
      queue.add('resources')
      // A server may begin to serve a new resource a moment after it says so.
      queue.addAfter('resources/again', discoveryRetryMs)
    })
    const began = (async () => {
      for (;;)
        try {
          return await watchResources()
        } catch (error) {
          log.warn('discovery failed, will retry', { error: (error as Error).message })
          await sleep(clock, discoveryRetryMs)
        }
    })()
    const synced = began.then((fresh) =>
      Promise.race([Promise.all(fresh.map((informer) => informer.whenSynced())), sleep(clock, firstSyncMs)]),
    )
    return [{ whenSynced: () => synced.then(() => {}) }]
  }

  // ---- work

  async function reconcile(key: string): Promise<undefined> {
    if (key.startsWith('resources')) {
      await watchResources()
      return
    }
    const node = nodes.get(key.slice(key.indexOf('/') + 1))
    if (!node) return
    if (key.startsWith('orphan/')) await orphanDependents(node)
    else if (!node.object) await lookForUnseen(node)
    else await attemptToDelete(node, node.object)
  }

  /** Asks the server about an owner that only references know. What it says is remembered as if an event had said it. */
  async function lookForUnseen(node: Node): Promise<void> {
    const { apiVersion, kind, namespace } = node.reference
    // What has no namespace names an owner that would have one: there is nowhere to look, and nothing to conclude.
    if (!namespace && api.ofKind(apiVersion, kind)?.namespaced) return
    if (await exists(node.reference, node.uid)) return // its event will come
    rememberAbsent(placeOf(node.uid, node.reference))
    if (node.object) return
    for (const dependent of node.dependents) tryDelete(dependent)
  }

  async function exists(reference: Node['reference'], uid: string): Promise<boolean> {
    const { apiVersion, kind, name, namespace } = reference
    const resource = api.ofKind(apiVersion, kind)
    if (!resource) throw new Error(`no resource serves owners of kind ${apiVersion} ${kind}`)
    try {
      const at = { name, ...(resource.namespaced ? { namespace } : {}) }
      return (await client.get(refOf(resource), at)).metadata.uid === uid
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }

  async function attemptToDelete(node: Node, object: KubernetesObject): Promise<void> {
    const { metadata } = object
    if (isDeletingDependents(node)) return finishForeground(node, object)
    if (metadata.deletionTimestamp) return
    const owners = metadata.ownerReferences ?? []
    if (owners.length === 0) return
    const solid: OwnerReference[] = []
    const dangling: OwnerReference[] = []
    const waiting: OwnerReference[] = []
    for (const owner of owners) {
      const found = nodes.get(owner.uid)
      if (found?.object && isSame(found, owner, node)) (isDeletingDependents(found) ? waiting : solid).push(owner)
      else if (
        !found?.object &&
        ['', metadata.namespace ?? ''].some((namespace) => absent.has(placeOf(owner.uid, { ...owner, namespace })))
      )
        dangling.push(owner)
      else (await isPresent(owner, node)) ? solid.push(owner) : dangling.push(owner)
    }
    if (solid.length > 0) {
      if (dangling.length + waiting.length === 0) return
      await patchOwners(node, object, solid)
      return
    }
    if (waiting.length > 0 && node.dependents.size > 0) {
      // A circle of owners that wait for each other would wait for ever: it is broken by no longer blocking.
      if ([...node.dependents].some(isDeletingDependents))
        await patchOwners(
          node,
          object,
          owners.map((o) => ({ ...o, blockOwnerDeletion: false })),
          true,
        )
      await remove(node, object, 'Foreground')
      return
    }
    await remove(node, object, hasFinalizer(object, orphan) ? 'Orphan' : hasFinalizer(object, foreground) ? 'Foreground' : 'Background')
  }

  async function isPresent(owner: OwnerReference, node: Node): Promise<boolean> {
    const namespace = node.object?.metadata.namespace ?? ''
    const resource = api.ofKind(owner.apiVersion, owner.kind)
    if (resource?.namespaced && !namespace) {
      // Nothing namespaced can own what is cluster-scoped; upstream leaves such an object alone, and says so.
      warnOfNamespace(owner, node)
      return true
    }
    const present = await exists({ ...owner, namespace }, owner.uid)
    if (!present && nodes.get(owner.uid)?.object) warnOfNamespace(owner, node)
    return present
  }
  function warnOfNamespace(owner: OwnerReference, node: Node): void {
    const { kind, resource, group, version } = node.resource
    const { name, namespace, uid } = (node.object as KubernetesObject).metadata
    log.warn('owner reference names an object of another namespace', { resource, namespace, name, owner: owner.name })
    recorder.event(
      { kind, apiVersion: group ? `${group}/${version}` : version, name, namespace, uid },
      'Warning',
      'OwnerRefInvalidNamespace',
      `ownerRef [${owner.apiVersion}/${owner.kind}, namespace: ${namespace ?? ''}, name: ${owner.name}, uid: ${owner.uid}] does not exist in namespace "${namespace ?? ''}"`,
    )
  }

  /** The finalizer goes when no dependent blocks any more; until then each is asked to go. */
  async function finishForeground(node: Node, object: KubernetesObject): Promise<void> {
    const blocking = [...node.dependents].filter((d) => ownersOf(d).some((o) => o.uid === node.uid && o.blockOwnerDeletion))
    if (blocking.length === 0) return removeFinalizer(node, object, foreground)
    for (const dependent of blocking) if (!isDeletingDependents(dependent)) tryDelete(dependent)
  }

  async function orphanDependents(node: Node): Promise<void> {
    const { object } = node
    if (!object || !hasFinalizer(object, orphan)) return
    await Promise.all(
      [...node.dependents].map(async (dependent) => {
        const held = dependent.object
        if (held)
          await patchOwners(
            dependent,
            held,
            ownersOf(dependent).filter((o) => o.uid !== node.uid),
          )
      }),
    )
    await removeFinalizer(node, object, orphan)
  }

  const keyOf = ({ metadata: { name, namespace } }: KubernetesObject) => ({ name, ...(namespace ? { namespace } : {}) })

  async function patchOwners(
    node: Node,
    object: KubernetesObject,
    ownerReferences: readonly OwnerReference[],
    unblockOnly = false,
  ): Promise<void> {
    const { uid, resourceVersion } = object.metadata
    if (unblockOnly && !object.metadata.ownerReferences?.some((o) => o.blockOwnerDeletion)) return
    await patchMetadata(node, object, { uid, resourceVersion, ownerReferences: ownerReferences.length > 0 ? ownerReferences : null })
  }
  async function removeFinalizer(node: Node, object: KubernetesObject, finalizer: string): Promise<void> {
    const { uid, resourceVersion, finalizers = [] } = object.metadata
    await patchMetadata(node, object, { uid, resourceVersion, finalizers: finalizers.filter((f) => f !== finalizer) })
  }
  async function patchMetadata(node: Node, object: KubernetesObject, metadata: Record<string, unknown>): Promise<void> {
    try {
      await client.patch(refOf(node.resource), keyOf(object), { metadata }, { type: 'merge' })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  async function remove(node: Node, object: KubernetesObject, propagationPolicy: string): Promise<void> {
    const { uid, resourceVersion } = object.metadata
    try {
      // With the version, so that an object that just found another owner is looked at again.
      await client.delete(refOf(node.resource), keyOf(object), { propagationPolicy, preconditions: { uid, resourceVersion } })
    } catch (error) {
      if (isNotFound(error)) return
      if (isConflict(error) && node.object !== object) {
        tryDelete(node)
        return
      }
      throw error
    }
  }

  return { name: 'garbage-collector-controller', workers: options.concurrent.gc, wake, reconcile }
}

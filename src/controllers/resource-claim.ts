/**
 * Resource claims of pods (pkg/controller/resourceclaim): made from templates, reserved while the pod may run, released
 * and removed after it.
 */
import { isNotFound } from '../api/errors.ts'
import { controllerOf, hasFinalizer, isBeingDeleted, objectKey, splitKey } from '../api/meta.ts'
import type { Pod, PodResourceClaim } from '../api/types/core-v1.ts'
import type { ResourceClaim, ResourceClaimConsumerReference } from '../api/types/resource-v1.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { ownerReference } from './ownership.ts'
import { isPodFinished } from './pods.ts'

const resource = 'resourceclaims.resource.k8s.io'
const podClaimName = 'resource.kubernetes.io/pod-claim-name'
const ownerIndex = 'pod'
const claimFinalizer = 'resource.kubernetes.io/delete-protection'

export function createResourceClaimController({ client, informers, options, recorder: recorders }: ControllerDeps): Controller {
  const pods = informers.of('pods')
  const claims = informers.of(resource)
  const templates = informers.of('resourceclaimtemplates.resource.k8s.io')
  const recorder = recorders('resource_claim')
  claims.addIndex(ownerIndex, (claim) => [idOf(controllerOf(claim)?.uid, claim.metadata.annotations?.[podClaimName])])
  /** Claims that were made and are not in the cache yet, by pod and what the pod calls them: none is made twice. */
  const made = new Map<string, string>()

  const idOf = (pod: string | undefined, podClaim: string | undefined) => `${pod}/${podClaim}`
  /** A pod that will not run any more: finished, or deleted before it was bound. */
  const isDone = (pod: Pod | undefined, uid?: string) =>
    !pod ||
    (uid !== undefined && pod.metadata.uid !== uid) ||
    isPodFinished(pod) ||
    (pod.metadata.deletionTimestamp !== undefined && !pod.spec.nodeName)
  const claimOf = (pod: Pod, podClaim: PodResourceClaim): string | undefined =>
    podClaim.resourceClaimName ?? pod.status.resourceClaimStatuses?.find((s) => s.name === podClaim.name)?.resourceClaimName

  /** Every claim that the pod uses, the one that the scheduler made for its extended resources among them. */
  const claimsOf = (pod: Pod): string[] =>
    [
      ...(pod.spec.resourceClaims ?? []).map((podClaim) => claimOf(pod, podClaim)),
      pod.status.extendedResourceClaimStatus?.resourceClaimName,
    ].filter((name) => name !== undefined)

  async function ensureClaim(pod: Pod, podClaim: PodResourceClaim): Promise<string | undefined> {
    const { namespace, name } = pod.metadata
    const id = idOf(pod.metadata.uid, podClaim.name)
    const known = claims.byIndex(ownerIndex, id).find((c) => !c.metadata.deletionTimestamp)?.metadata.name ?? made.get(id)
    if (known) return known
    const template = templates.get(namespace, podClaim.resourceClaimTemplateName as string)
    if (!template) throw new Error(`resource claim template "${podClaim.resourceClaimTemplateName}": not found`)
    const { labels, annotations } = template.spec.metadata ?? {}
    const { metadata } = await client.create(resource, {
      metadata: {
        generateName: `${name.slice(0, 63)}-${podClaim.name.slice(0, 63)}-`,
        namespace,
        labels,
        annotations: { ...annotations, [podClaimName]: podClaim.name },
        ownerReferences: [ownerReference('pods', pod)],
      },
      spec: template.spec.spec,
    })
    if (!claims.get(namespace, metadata.name)) made.set(id, metadata.name)
    return metadata.name
  }

  async function syncPod(pod: Pod): Promise<void> {
    if (pod.metadata.deletionTimestamp || isPodFinished(pod)) return
    const { namespace, name } = pod.metadata
    const statuses = [...(pod.status.resourceClaimStatuses ?? [])]
    for (const podClaim of pod.spec.resourceClaims ?? []) {
      if (!podClaim.resourceClaimTemplateName || statuses.some((s) => s.name === podClaim.name)) continue
      try {
        const claim = await ensureClaim(pod, podClaim)
        statuses.push({ name: podClaim.name, resourceClaimName: claim })
      } catch (error) {
        recorder.event(
          referenceTo('pods', pod),
          'Warning',
          'FailedResourceClaimCreation',
          `PodResourceClaim ${podClaim.name}: ${(error as Error).message}`,
        )
        throw error
      }
    }
    if (statuses.length !== (pod.status.resourceClaimStatuses?.length ?? 0))
      await client.patch(
        'pods',
        { namespace, name },
        { metadata: { uid: pod.metadata.uid }, status: { resourceClaimStatuses: statuses } },
        { subresource: 'status' },
      )
    // A pod that was bound without the scheduler reserves its allocated claims itself.
    if (!pod.spec.nodeName) return
    for (const podClaim of pod.spec.resourceClaims ?? []) {
      const claim = claims.get(namespace, claimOf(pod, podClaim) ?? '')
      if (!claim?.status?.allocation || claim.status.reservedFor?.some((r) => r.uid === pod.metadata.uid)) continue
      const reservedFor = [...(claim.status.reservedFor ?? []), { resource: 'pods', name, uid: pod.metadata.uid }]
      await client.updateStatus(resource, { ...claim, status: { ...claim.status, reservedFor } })
    }
  }

  async function syncClaim(claim: ResourceClaim): Promise<void> {
    const { namespace, name } = claim.metadata
    const reserved = claim.status?.reservedFor ?? []
    const valid = reserved.filter((r) => r.apiGroup || r.resource !== 'pods' || !isDone(pods.get(namespace, r.name), r.uid))
    // The scheduler sets the finalizer before it allocates: one without an allocation may be its claim in the making.
    if (valid.length < reserved.length || (valid.length === 0 && isBeingDeleted(claim))) await release(claim, valid)
    const owner = controllerOf(claim)
    if (owner?.kind === 'Pod' && !isBeingDeleted(claim) && isDone(pods.get(namespace, owner.name), owner.uid))
      await client.delete(resource, { namespace, name }, { preconditions: { uid: claim.metadata.uid } }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
  }
  /** Leaves these reservations; with none of them, what the claim holds is free again, and it may go. */
  async function release(claim: ResourceClaim, valid: readonly ResourceClaimConsumerReference[]): Promise<void> {
    let current = claim
    if (claim.status?.allocation || valid.length < (claim.status?.reservedFor?.length ?? 0)) {
      const { allocation, devices, ...rest } = claim.status ?? {}
      const held = valid.length === 0 ? {} : { ...(allocation ? { allocation } : {}), ...(devices ? { devices } : {}) }
      current = await client.updateStatus(resource, { ...claim, status: { ...rest, ...held, reservedFor: [...valid] } })
    }
    if (valid.length > 0 || !hasFinalizer(current, claimFinalizer)) return
    const finalizers = current.metadata.finalizers?.filter((f) => f !== claimFinalizer)
    await client.update(resource, { ...current, metadata: { ...current.metadata, finalizers } })
  }

  return {
    name: 'resourceclaim-controller',
    workers: options.concurrent.resourceClaim,
    wake(queue) {
      const wakePod = (pod: Pod) => {
        if (pod.spec.resourceClaims?.length) queue.add(`pod/${objectKey(pod)}`)
        if (isDone(pod)) wakeClaims(pod)
      }
      const wakeClaims = (pod: Pod) => {
        for (const claim of claimsOf(pod)) queue.add(`claim/${pod.metadata.namespace}/${claim}`)
      }
      pods.addHandler({
        added: wakePod,
        updated: wakePod,
        deleted: wakeClaims,
      })
      const wakeClaim = (claim: ResourceClaim) => {
        queue.add(`claim/${objectKey(claim)}`)
        const owner = controllerOf(claim)
        if (owner?.kind === 'Pod') queue.add(`pod/${claim.metadata.namespace}/${owner.name}`)
      }
      claims.addHandler({
        added: (claim) => void made.delete(idOf(controllerOf(claim)?.uid, claim.metadata.annotations?.[podClaimName])),
      })
      claims.addHandler({ added: wakeClaim, updated: wakeClaim, deleted: wakeClaim })
      templates.addHandler({
        added(template) {
          for (const pod of pods.list(template.metadata.namespace))
            if (pod.spec.resourceClaims?.some((c) => c.resourceClaimTemplateName === template.metadata.name)) wakePod(pod)
        },
      })
      return [pods, claims, templates]
    },
    async reconcile(key) {
      const rest = key.slice(key.indexOf('/') + 1)
      const { namespace, name } = splitKey(rest)
      if (key.startsWith('pod/')) {
        const pod = pods.get(namespace, name)
        if (pod) await syncPod(pod)
        return
      }
      const claim = claims.get(namespace, name)
      if (claim) await syncClaim(claim)
    },
  }
}

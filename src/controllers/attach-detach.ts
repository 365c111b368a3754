/**
 * Attaches the volumes of CSI drivers to the nodes whose pods use them (pkg/controller/volume/attachdetach): it makes and
 * removes VolumeAttachments, which each driver's attacher fulfils, and tells nodes what is attached to them.
 */
import { createHash } from 'node:crypto'
import { isAlreadyExists, isNotFound } from '../api/errors.ts'
import { isBeingDeleted, objectKey } from '../api/meta.ts'
import type { Node, PersistentVolume, Pod } from '../api/types/core-v1.ts'
import type { VolumeAttachment } from '../api/types/storage-v1.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { semanticEqual } from './equal.ts'
import { indexByNode, isPodFinished, nodeIndex } from './pods.ts'
import { taintKeys } from './taints.ts'
import { claimIndex, claimsOf, indexByClaim } from './volume-protection.ts'

const resource = 'volumeattachments.storage.k8s.io'
const attachmentNode = 'node'
const attachmentVolume = 'volume'
/** How long a volume that a silent node may still use is left attached. */
const maxWaitForUnmountMs = 6 * 60_000

const isHealthy = (node: Node) => node.status.conditions?.find((c) => c.type === 'Ready')?.status === 'True'

/** The name is made of what is attached where, so that it is never attached twice. */
export const attachmentName = (handle: string, driver: string, node: string): string =>
  `csi-${createHash('sha256').update(`${handle}${driver}${node}`).digest('hex')}`

export function createAttachDetachController({
  client,
  informers,
  clock,
  metrics,
  options,
  recorder: recorders,
}: ControllerDeps): Controller {
  const forced = metrics.counter('attachdetach_controller_forced_detaches', 'Volumes taken from nodes that had not let them go.', [
    'reason',
  ])
  const pods = indexByClaim(indexByNode(informers.of('pods')))
  const nodes = informers.of('nodes')
  const claims = informers.of('persistentvolumeclaims')
  const volumes = informers.of('persistentvolumes')
  const drivers = informers.of('csidrivers.storage.k8s.io')
  const attachments = informers.of(resource)
  attachments.addIndex(attachmentNode, (a) => [a.spec.nodeName])
  attachments.addIndex(attachmentVolume, (a) => [a.spec.source.persistentVolumeName ?? ''])
  const recorder = recorders('attachdetach-controller')
  /** Since when an attachment is no longer wanted and its node still says that the volume is in use. */
  const unwantedSince = new Map<string, number>()
  /** By node, the attachments that another node's stands in the way of, once that has been told. */
  const toldOfOther = new Map<string, Set<string>>()

  interface Wanted {
    readonly volume: PersistentVolume
    readonly driver: string
    readonly handle: string
    readonly pod: Pod
  }
  function wantedOn(node: string): Map<string, Wanted> {
    const wanted = new Map<string, Wanted>()
    for (const pod of pods.byIndex(nodeIndex, node)) {
      if (isPodFinished(pod)) continue
      for (const name of claimsOf(pod)) {
        const claim = claims.get(pod.metadata.namespace, name)
        const volume = claim?.spec.volumeName ? volumes.get(undefined, claim.spec.volumeName) : undefined
        const csi = volume?.spec.csi
        if (!volume || !csi || volume.spec.claimRef?.uid !== claim?.metadata.uid) continue
        if (drivers.get(undefined, csi.driver)?.spec.attachRequired === false) continue
        wanted.set(attachmentName(csi.volumeHandle, csi.driver, node), { volume, driver: csi.driver, handle: csi.volumeHandle, pod })
      }
    }
    return wanted
  }
  const uniqueName = (driver: string, handle: string) => `kubernetes.io/csi/${driver}^${handle}`

  async function attach(name: string, { volume, driver, pod }: Wanted, nodeName: string): Promise<void> {
    const modes = volume.spec.accessModes ?? []
    const shared = modes.some((m) => m === 'ReadWriteMany' || m === 'ReadOnlyMany')
    const elsewhere = attachments.byIndex(attachmentVolume, volume.metadata.name).some((a) => a.spec.nodeName !== nodeName)
    if (!shared && elsewhere) {
      const told = toldOfOther.get(nodeName) ?? new Set()
      if (told.has(name)) return
      toldOfOther.set(nodeName, told.add(name))
      const users = podsUsing(volume).flatMap(({ metadata, spec }) => (spec.nodeName && spec.nodeName !== nodeName ? [metadata.name] : []))
      const why =
        users.length > 0
          ? `Volume is already used by pod(s) ${users.join(', ')}`
          : "Volume is already exclusively attached to one node and can't be attached to another"
      recorder.event(
        referenceTo('pods', pod),
        'Warning',
        'FailedAttachVolume',
        `Multi-Attach error for volume "${volume.metadata.name}" ${why}`,
      )
      return
    }
    toldOfOther.get(nodeName)?.delete(name)
    try {
      await client.create(resource, {
        metadata: { name },
        spec: { attacher: driver, nodeName, source: { persistentVolumeName: volume.metadata.name } },
      })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }

  const podsUsing = ({ spec: { claimRef } }: PersistentVolume) =>
    claimRef ? pods.byIndex(claimIndex, `${claimRef.namespace}/${claimRef.name}`).filter((pod) => !isPodFinished(pod)) : []

  /** Pods hear what the attacher says of their volume. */
  function tellPods({ spec, status }: VolumeAttachment, before: VolumeAttachment): void {
    const attached = status?.attached === true && !before.status?.attached
    const failed = status?.attachError?.time !== before.status?.attachError?.time && status?.attachError
    const volume = volumes.get(undefined, spec.source.persistentVolumeName ?? '')
    if (!volume || !(attached || failed)) return
    for (const pod of podsUsing(volume)) {
      if (pod.spec.nodeName !== spec.nodeName) continue
      const [about, name] = [referenceTo('pods', pod), volume.metadata.name]
      if (attached) recorder.event(about, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for volume "${name}" `)
      else if (failed)
        recorder.event(about, 'Warning', 'FailedAttachVolume', `AttachVolume.Attach failed for volume "${name}" : ${failed.message}`)
    }
  }

  const isOutOfService = (node: Node) => (node.spec.taints ?? []).some((t) => t.key === taintKeys.outOfService)

  /** Whether a volume may be taken from a node: the kubelet has let it go, or will never say so. */
  function mayDetach(attachment: VolumeAttachment, node: Node | undefined, inUseName: string | undefined): number {
    const { name } = attachment.metadata
    if (!node || !inUseName || !node.status.volumesInUse?.includes(inUseName)) {
      unwantedSince.delete(name)
      return 0
    }
    const since = unwantedSince.get(name) ?? clock.now()
    unwantedSince.set(name, since)
    if (isOutOfService(node)) return 0
    return isHealthy(node) || options.disableForceDetachOnTimeout ? Infinity : Math.max(0, since + maxWaitForUnmountMs - clock.now())
  }

  async function tellNode(node: Node): Promise<void> {
    const attached = attachments
      .byIndex(attachmentNode, node.metadata.name)
      .filter((a) => a.status?.attached && !isBeingDeleted(a))
      .flatMap((a) => {
        const csi = volumes.get(undefined, a.spec.source.persistentVolumeName ?? '')?.spec.csi
        return csi ? [{ name: uniqueName(csi.driver, csi.volumeHandle), devicePath: '' }] : []
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    const before = [...(node.status.volumesAttached ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1))
    if (semanticEqual(before, attached)) return
    await client.patch(
      'nodes',
      { name: node.metadata.name },
      { status: { volumesAttached: attached.length ? attached : null } },
      { type: 'merge', subresource: 'status' },
    )
  }

  return {
    name: 'persistentvolume-attach-detach-controller',
    workers: 4,
    wake(queue) {
      const wakePod = (pod: Pod) => {
        if (pod.spec.nodeName && claimsOf(pod).length > 0) queue.add(pod.spec.nodeName)
      }
      pods.addHandler({
        added: wakePod,
        updated(pod, before) {
          if (pod.spec.nodeName !== before.spec.nodeName || isPodFinished(pod) !== isPodFinished(before)) wakePod(pod)
        },
        deleted: wakePod,
      })
      claims.addHandler({
        updated(claim, before) {
          if (claim.spec.volumeName === before.spec.volumeName) return
          for (const pod of pods.byIndex(claimIndex, objectKey(claim))) wakePod(pod)
        },
      })
      const wakeNode = (a: VolumeAttachment) => queue.add(a.spec.nodeName)
      attachments.addHandler({
        added: wakeNode,
        updated(a, before) {
          tellPods(a, before)
          wakeNode(a)
        },
        deleted(a) {
          unwantedSince.delete(a.metadata.name)
          wakeNode(a)
          // Others may have waited for it.
          const volume = volumes.get(undefined, a.spec.source.persistentVolumeName ?? '')
          if (volume) for (const pod of podsUsing(volume)) wakePod(pod)
        },
      })
      nodes.addHandler({
        added: (node) => attachments.byIndex(attachmentNode, node.metadata.name).length > 0 && queue.add(node.metadata.name),
        updated(node, before) {
          if (
            node.status.volumesInUse !== before.status.volumesInUse ||
            node.spec.taints !== before.spec.taints ||
            isHealthy(node) !== isHealthy(before)
          )
            if (attachments.byIndex(attachmentNode, node.metadata.name).length > 0) queue.add(node.metadata.name)
        },
        deleted: (node) => queue.add(node.metadata.name),
      })
      return [pods, nodes, claims, volumes, drivers, attachments]
    },
    async reconcile(nodeName) {
      const node = nodes.get(undefined, nodeName)
      const wanted = wantedOn(nodeName)
      const here = attachments.byIndex(attachmentNode, nodeName)
      for (const name of toldOfOther.get(nodeName) ?? []) if (!wanted.has(name)) toldOfOther.get(nodeName)?.delete(name)
      let wait: number | undefined
      for (const [name, want] of wanted) if (node && !here.some((a) => a.metadata.name === name)) await attach(name, want, nodeName)
      for (const attachment of here) {
        const { name, uid } = attachment.metadata
        if (wanted.has(name)) {
          unwantedSince.delete(name)
          continue
        }
        if (isBeingDeleted(attachment)) continue
        const csi = volumes.get(undefined, attachment.spec.source.persistentVolumeName ?? '')?.spec.csi
        const held = mayDetach(attachment, node, csi && uniqueName(csi.driver, csi.volumeHandle))
        if (held > 0) {
          if (held !== Infinity) wait = Math.min(wait ?? Infinity, held)
          continue
        }
        const isHeld = csi !== undefined && node?.status.volumesInUse?.includes(uniqueName(csi.driver, csi.volumeHandle)) === true
        try {
          await client.delete(resource, { name }, { preconditions: { uid } })
          if (isHeld) forced.add([isOutOfService(node) ? 'out-of-service' : 'timeout'])
        } catch (error) {
          if (!isNotFound(error)) throw error
        }
      }
      if (node) await tellNode(node)
      return wait
    },
  }
}

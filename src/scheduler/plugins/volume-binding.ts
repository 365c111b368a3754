/**
 * Claims and nodes: a bound volume must be reachable from the node; an unbound claim of a class that waits for its
 * first consumer gets a volume, or a promise of one, on the node that is chosen (pkg/scheduler/framework/plugins/volumebinding).
 */
import { labelSelectorAsSelector } from '../../api/labels.ts'
import { compareQuantity } from '../../api/quantity.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types/core-v1.ts'
import type { StorageClass } from '../../api/types/storage-v1.ts'
import type { Plugin, PluginDeps, Rejection } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { compileNodeSelectorTerm } from '../node-selector.ts'
import type { PodInfo } from '../pod-info.ts'
import { claimNames, isBound } from '../volumes.ts'
import { until } from './until.ts'

export interface VolumeBindingArgs {
  readonly bindTimeoutSeconds?: number
}

const name = 'VolumeBinding'
const reject = (reason: string): { reject: Rejection } => ({ reject: because(reason) })
const because = (reason: string): Rejection => ({ plugin: name, reasons: [reason], unresolvable: true })
const nodeConflict = because("node(s) didn't match PersistentVolume's node affinity")
const nothingToBind = because("node(s) didn't find available persistent volumes to bind")
const noSuchVolume = because('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)')
const notEnoughSpace = because('node(s) did not have enough free storage')
const selectedNode = 'volume.kubernetes.io/selected-node'

/** What is to be done for a pod on a node: volumes to bind to claims, and claims to have provisioned there. */
interface Plan {
  readonly bind: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[]
  readonly provision: readonly PersistentVolumeClaim[]
}

export function createVolumeBinding(
  { client, informers, clock }: Pick<PluginDeps, 'client' | 'informers' | 'clock'>,
  args: VolumeBindingArgs = {},
): Plugin {
  const claims = informers.of('persistentvolumeclaims')
  const volumes = informers.of('persistentvolumes')
  const classes = informers.of('storageclasses.storage.k8s.io')
  const drivers = informers.of('csidrivers.storage.k8s.io')
  const capacities = informers.of('csistoragecapacities.storage.k8s.io')
  const timeoutMs = (args.bindTimeoutSeconds ?? 600) * 1000
  /** Volumes promised to a claim by a cycle whose binding is not seen yet. */
  const assumed = new Map<string, string>()
  const plans = new Map<string, Plan>()

  function planFor(pod: PodInfo, waiting: readonly PersistentVolumeClaim[], node: NodeInfo): Plan | Rejection {
    const bind: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = []
    const provision: PersistentVolumeClaim[] = []
    const taken = new Set<string>()
    // A node was chosen for it before, and whoever makes volumes may be at work there.
    const elsewhere = waiting.some(({ metadata }) => (metadata.annotations?.[selectedNode] ?? node.name) !== node.name)
    if (elsewhere) return nothingToBind
    for (const claim of waiting) {
      const isSelected = claim.metadata.annotations?.[selectedNode] !== undefined
      const volume = isSelected ? undefined : smallestMatch(pod, claim, node.node, taken)
      if (volume) {
        taken.add(volume.metadata.name)
        bind.push({ claim, volume })
        continue
      }
      const storageClass = classes.get(undefined, claim.spec.storageClassName ?? '')
      if (!storageClass || storageClass.provisioner === 'kubernetes.io/no-provisioner') return nothingToBind
      const topologies = storageClass.allowedTopologies ?? []
      const allowed =
        topologies.length === 0 ||
        topologies.some((term) => (term.matchLabelExpressions ?? []).every((e) => e.values.includes(node.labels[e.key] as string)))
      if (!allowed) return nothingToBind
      if (!hasEnoughCapacity(storageClass, claim, node)) return notEnoughSpace
      provision.push(claim)
    }
    return { bind, provision }
  }

  /** A driver that publishes its free capacity is believed, in the same words as to what a node can reach. */
  function hasEnoughCapacity({ metadata, provisioner }: StorageClass, claim: PersistentVolumeClaim, node: NodeInfo): boolean {
    const wanted = claim.spec.resources?.requests?.['storage']
    if (wanted === undefined || !drivers.get(undefined, provisioner)?.spec.storageCapacity) return true
    return capacities.list().some(({ storageClassName, capacity, maximumVolumeSize, nodeTopology }) => {
      const limit = maximumVolumeSize ?? capacity
      return (
        storageClassName === metadata.name &&
        limit !== undefined &&
        compareQuantity(limit, wanted) >= 0 &&
        nodeTopology !== undefined &&
        labelSelectorAsSelector(nodeTopology).matches(node.labels)
      )
    })
  }

  function smallestMatch(pod: PodInfo, claim: PersistentVolumeClaim, node: Node, taken: ReadonlySet<string>): PersistentVolume | undefined {
    const key = `${pod.namespace}/${claim.metadata.name}`
    const wanted = claim.spec.resources?.requests?.['storage'] ?? '0'
    const selector = claim.spec.selector ? labelSelectorAsSelector(claim.spec.selector) : undefined
    let best: PersistentVolume | undefined
    for (const volume of volumes.list()) {
      const { spec, metadata } = volume
      if (taken.has(metadata.name) || metadata.deletionTimestamp) continue
      if (assumed.has(metadata.name) && assumed.get(metadata.name) !== key) continue
      const holder = spec.claimRef
      if (holder) {
        if (holder.namespace === pod.namespace && holder.name === claim.metadata.name && reaches(volume, node)) return volume
        continue
      }
      if (volume.status.phase !== 'Available') continue
      if ((spec.storageClassName ?? '') !== (claim.spec.storageClassName ?? '')) continue
      if ((spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) continue
      if (!(claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode))) continue
      if (selector && !selector.matches(metadata.labels ?? {})) continue
      if (compareQuantity(spec.capacity?.['storage'] ?? '0', wanted) < 0 || !reaches(volume, node)) continue
      if (!best || compareQuantity(spec.capacity?.['storage'] ?? '0', best.spec.capacity?.['storage'] ?? '0') < 0) best = volume
    }
    return best
  }

  return {
    name,
    preFilter(pod, cycle) {
      const names = claimNames(pod.pod)
      if (names.length === 0) return undefined
      const bound: (PersistentVolume | undefined)[] = []
      const waiting: PersistentVolumeClaim[] = []
      for (const claimName of names) {
        const claim = claims.get(pod.namespace, claimName)
        if (!claim) {
          const ephemeral = pod.pod.spec.volumes?.some((v) => v.ephemeral && `${pod.pod.metadata.name}-${v.name}` === claimName)
          return reject(
            ephemeral
              ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${claimName}"`
              : `persistentvolumeclaim "${claimName}" not found`,
          )
        }
        if (claim.metadata.deletionTimestamp) return reject(`persistentvolumeclaim "${claimName}" is being deleted`)
        if (claim.status.phase === 'Lost')
          return reject(`persistentvolumeclaim "${claimName}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`)
        if (isBound(claim)) {
          bound.push(volumes.get(undefined, claim.spec.volumeName as string))
          continue
        }
        const waits = classes.get(undefined, claim.spec.storageClassName ?? '')?.volumeBindingMode === 'WaitForFirstConsumer'
        if (!waits || claim.spec.volumeName) return reject('pod has unbound immediate PersistentVolumeClaims')
        waiting.push(claim)
      }
      cycle.data.set(name, waiting)
      return {
        filter(node) {
          const isGone = bound.some((volume) => !volume)
          const isAway = !isGone && !bound.every((volume) => volume && reaches(volume, node.node))
          const plan = waiting.length ? planFor(pod, waiting, node) : undefined
          const found = [isAway && nodeConflict, plan && 'reasons' in plan && plan, isGone && noSuchVolume].filter(
            (r) => r !== false && r !== undefined,
          )
          return found.length > 1 ? { ...nodeConflict, reasons: found.flatMap(({ reasons }) => reasons) } : found[0]
        },
      }
    },
    reserve(pod, node, cycle) {
      const waiting = cycle.data.get(name) as PersistentVolumeClaim[] | undefined
      if (!waiting?.length) return undefined
      const plan = planFor(pod, waiting, node)
      if ('reasons' in plan) return plan
      for (const { claim, volume } of plan.bind) assumed.set(volume.metadata.name, `${pod.namespace}/${claim.metadata.name}`)
      plans.set(pod.key, plan)
      return undefined
    },
    unreserve(pod) {
      for (const { volume } of plans.get(pod.key)?.bind ?? []) assumed.delete(volume.metadata.name)
      plans.delete(pod.key)
    },
    preBindPreFlight: (pod) => plans.has(pod.key),
    async preBind(pod, node) {
      const plan = plans.get(pod.key)
      if (!plan) return
      for (const { claim, volume } of plan.bind) {
        const { namespace, name: claimName, uid, resourceVersion } = claim.metadata
        await client.update('persistentvolumes', {
          ...volume,
          metadata: { ...volume.metadata, annotations: { ...volume.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' } },
          spec: {
            ...volume.spec,
            claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claimName, uid, resourceVersion },
          },
        })
      }
      for (const claim of plan.provision)
        await client.update('persistentvolumeclaims', {
          ...claim,
          metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, [selectedNode]: node.name } },
        })
      await untilBound([...plan.bind.map((b) => b.claim), ...plan.provision])
      for (const { volume } of plan.bind) assumed.delete(volume.metadata.name)
      plans.delete(pod.key)
    },
    wakes: ({ pod, namespace }, event) =>
      (event.kind === 'storage' && storageMatters(pod, namespace, event)) ||
      event.kind === 'node-added' ||
      (event.kind === 'node-updated' && event.changed.has('labels')),
  }

  /** The volume controller completes what was begun; the informer tells. */
  function untilBound(wanted: readonly PersistentVolumeClaim[]): Promise<void> {
    const isDone = ({ metadata: { namespace, name: claimName, uid } }: PersistentVolumeClaim) => {
      const claim = claims.get(namespace, claimName)
      if (claim?.metadata.uid !== uid) throw new Error(`persistentvolumeclaim "${claimName}" was deleted`)
      return isBound(claim)
    }
    return until([claims], () => wanted.every(isDone), { clock, timeoutMs, late: 'binding volumes: context deadline exceeded' })
  }
}

function reaches(volume: PersistentVolume, node: Node): boolean {
  const terms = volume.spec.nodeAffinity?.required?.nodeSelectorTerms
  return !terms || terms.some((term) => compileNodeSelectorTerm(term)(node))
}

/** A claim matters to the pods that name it; volumes and classes may serve any. */
function storageMatters(pod: Pod, namespace: string, { resource, object }: { resource: string; object: unknown }): boolean {
  if (resource !== 'persistentvolumeclaims') return true
  const { metadata } = object as PersistentVolumeClaim
  return metadata.namespace === namespace && claimNames(pod).includes(metadata.name)
}

/** A CSI driver says in CSINode how many volumes it can attach to a node; those that are to be, or still are, count too. */
import type { Pod } from '../../api/types/core-v1.ts'
import type { Informers } from '../../client/informer.ts'
import type { Plugin, Rejection } from '../framework.ts'
import { claimNames } from '../volumes.ts'

const rejection: Rejection = { plugin: 'NodeVolumeLimits', reasons: ['node(s) exceed max volume count'], unresolvable: false }

/** Volumes by driver, each by a name that no other has. */
type Volumes = ReadonlyMap<string, ReadonlySet<string>>

export function createNodeVolumeLimits(informers: Informers): Plugin {
  const claims = informers.of('persistentvolumeclaims')
  const volumes = informers.of('persistentvolumes')
  const classes = informers.of('storageclasses.storage.k8s.io')
  const csiNodes = informers.of('csinodes.storage.k8s.io')
  const attachments = informers.of('volumeattachments.storage.k8s.io')
  attachments.addIndex('node', ({ spec }) => [spec.nodeName])

  /** What the pod will have attached: bound volumes, and the ones that are to be made for its claims. */
  function volumesOf(pod: Pod): Volumes {
    const { namespace } = pod.metadata
    const found = new Map<string, Set<string>>()
    for (const name of claimNames(pod)) {
      const claim = claims.get(namespace, name)
      const csi = claim?.spec.volumeName ? volumes.get(undefined, claim.spec.volumeName)?.spec.csi : undefined
      const driver = csi?.driver ?? classes.get(undefined, claim?.spec.storageClassName ?? '')?.provisioner
      if (driver) add(found, driver, csi?.volumeHandle ?? `${namespace}/${name}`)
    }
    return found
  }
  /** What is attached to a node, of pods that have left it too. */
  function attachedTo(node: string): Volumes {
    const found = new Map<string, Set<string>>()
    for (const { spec } of attachments.byIndex('node', node)) {
      const csi = spec.source.persistentVolumeName ? volumes.get(undefined, spec.source.persistentVolumeName)?.spec.csi : undefined
      if (csi) add(found, csi.driver, csi.volumeHandle)
    }
    return found
  }

  return {
    name: 'NodeVolumeLimits',
    preFilter({ pod }) {
      const wanted = volumesOf(pod)
      if (wanted.size === 0) return undefined
      return {
        filter(node) {
          const drivers = csiNodes.get(undefined, node.name)?.spec.drivers ?? []
          const limits = drivers.filter(({ name, allocatable }) => wanted.has(name) && allocatable?.count !== undefined)
          if (limits.length === 0) return undefined
          const present = [attachedTo(node.name), ...[...node.pods.values()].map((other) => volumesOf(other.pod))]
          for (const { name, allocatable } of limits) {
            const there = new Set(present.flatMap((volumes) => [...(volumes.get(name) ?? [])]))
            const added = [...(wanted.get(name) ?? [])].filter((volume) => !there.has(volume))
            if (added.length && there.size + added.length > (allocatable?.count as number)) return rejection
          }
          return undefined
        },
      }
    },
    wakes: (_, event) => event.kind === 'storage' || event.kind === 'pod-deleted' || event.kind === 'node-added',
  }
}

function add(volumes: Map<string, Set<string>>, driver: string, name: string): void {
  const known = volumes.get(driver)
  if (known) known.add(name)
  else volumes.set(driver, new Set([name]))
}

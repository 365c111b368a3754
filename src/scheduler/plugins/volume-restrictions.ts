/** A ReadWriteOncePod claim is for one pod in the whole cluster. */
import type { Informers } from '../../client/informer.ts'
import type { Plugin, Rejection } from '../framework.ts'
import { claimNames } from '../volumes.ts'

const rejection: Rejection = {
  plugin: 'VolumeRestrictions',
  reasons: ['node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'],
  unresolvable: false,
}

export function createVolumeRestrictions(informers: Informers): Plugin {
  const claims = informers.of('persistentvolumeclaims')
  return {
    name: 'VolumeRestrictions',
    preFilter({ pod, namespace }, { cluster }) {
      const exclusive = claimNames(pod).filter((name) => claims.get(namespace, name)?.spec?.accessModes?.includes('ReadWriteOncePod'))
      if (exclusive.length === 0) return undefined
      const wanted = new Set(exclusive)
      const users = cluster.matching(
        `claims ${namespace}/${exclusive.join(',')}`,
        (other) => other.namespace === namespace && claimNames(other.pod).some((name) => wanted.has(name)),
      )
      const usedOn = cluster.nodes.filter((node) => users[node.index])
      if (usedOn.length === 0) return undefined
      // Used anywhere, no other node will do; on the node itself a preemption would help.
      return { filter: () => rejection }
    },
    wakes: (pod, event) => event.kind === 'storage' || (event.kind === 'pod-deleted' && event.pod.metadata.namespace === pod.namespace),
  }
}

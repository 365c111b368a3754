/** Some volumes are for one pod at a time: disks of old that only one node can write to, and ReadWriteOncePod claims in the whole cluster. */
import type { Pod, Volume } from '../../api/types/core-v1.ts'
import type { Informers } from '../../client/informer.ts'
import type { Plugin, Rejection } from '../framework.ts'
import { claimNames } from '../volumes.ts'

const because = (reason: string): Rejection => ({ plugin: 'VolumeRestrictions', reasons: [reason], unresolvable: false })
const diskConflict = because('node(s) had no available disk')
const claimInUse = because('node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode')

export function createVolumeRestrictions(informers: Informers): Plugin {
  const claims = informers.of('persistentvolumeclaims')
  return {
    name: 'VolumeRestrictions',
    preFilter({ pod, namespace }, { cluster }) {
      const exclusive = claimNames(pod).filter((name) => claims.get(namespace, name)?.spec?.accessModes?.includes('ReadWriteOncePod'))
      const disks = disksOf(pod)
      if (exclusive.length === 0 && disks.length === 0) return undefined
      const wanted = new Set(exclusive)
      const { perNode: users } = cluster.matching(
        `claims ${namespace}/${exclusive.join(',')}`,
        (other) => other.namespace === namespace && claimNames(other.pod).some((name) => wanted.has(name)),
      )
      // Used anywhere, no other node will do; on the node itself a preemption would help.
      if (exclusive.length && cluster.nodes.some((node) => users[node.index])) return { filter: () => claimInUse }
      if (disks.length === 0) return undefined
      return {
        filter(node) {
          for (const other of node.pods.values())
            if (disksOf(other.pod).some((theirs) => disks.some((own) => conflict(own, theirs)))) return diskConflict
          return undefined
        },
      }
    },
    wakes: (pod, event) => event.kind === 'storage' || (event.kind === 'pod-deleted' && event.pod.metadata.namespace === pod.namespace),
  }
}

const disksOf = ({ spec }: Pod): Volume[] =>
  (spec.volumes ?? []).filter((v) => v.gcePersistentDisk || v.awsElasticBlockStore || v.iscsi || v.rbd)

function conflict(a: Volume, b: Volume): boolean {
  const bothRead = (x: { readOnly?: boolean }, y: { readOnly?: boolean }) => x.readOnly === true && y.readOnly === true
  if (a.gcePersistentDisk && b.gcePersistentDisk)
    return a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName && !bothRead(a.gcePersistentDisk, b.gcePersistentDisk)
  if (a.awsElasticBlockStore && b.awsElasticBlockStore) return a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID
  if (a.iscsi && b.iscsi) return a.iscsi.iqn === b.iscsi.iqn && !bothRead(a.iscsi, b.iscsi)
  if (a.rbd && b.rbd)
    return (
      a.rbd.monitors.some((monitor) => b.rbd?.monitors.includes(monitor)) &&
      (a.rbd.pool ?? 'rbd') === (b.rbd.pool ?? 'rbd') &&
      a.rbd.image === b.rbd.image &&
      !bothRead(a.rbd, b.rbd)
    )
  return false
}

/** A CSI driver says in CSINode how many volumes it can attach to a node. */

import type { Pod } from '../../api/types/core-v1.ts'
import type { Informers } from '../../client/informer.ts'
import type { Plugin, Rejection } from '../framework.ts'
import { boundVolumes } from '../volumes.ts'

const rejection: Rejection = { plugin: 'NodeVolumeLimits', reasons: ['node(s) exceed max volume count'], unresolvable: false }

export function createNodeVolumeLimits(informers: Informers): Plugin {
  const claims = informers.of('persistentvolumeclaims')
  const volumes = informers.of('persistentvolumes')
  const csiNodes = informers.of('csinodes.storage.k8s.io')
  const handlesByDriver = (pod: Pod) => {
    const handles = new Map<string, Set<string>>()
    for (const volume of boundVolumes(pod, claims, volumes)) {
      const csi = volume.spec.csi
      if (!csi) continue
      const known = handles.get(csi.driver) ?? new Set()
      known.add(csi.volumeHandle)
      handles.set(csi.driver, known)
    }
    return handles
  }
  return {
    name: 'NodeVolumeLimits',
    preFilter({ pod }) {
      const wanted = handlesByDriver(pod)
      if (wanted.size === 0) return undefined
      return {
        filter(node) {
          const drivers = csiNodes.get(undefined, node.name)?.spec.drivers ?? []
          for (const [driver, handles] of wanted) {
            const limit = drivers.find((d) => d.name === driver)?.allocatable?.count
            if (limit === undefined) continue
            const attached = new Set(handles)
            for (const other of node.pods.values()) for (const handle of handlesByDriver(other.pod).get(driver) ?? []) attached.add(handle)
            if (attached.size > limit) return rejection
          }
          return undefined
        },
      }
    },
    wakes: (_, event) => event.kind === 'storage' || event.kind === 'pod-deleted' || event.kind === 'node-added',
  }
}

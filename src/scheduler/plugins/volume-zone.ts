/** A bound volume that says its zone or region in labels wants its pod there. */
import type { Informers } from '../../client/informer.ts'
import type { Plugin, Rejection } from '../framework.ts'
import { boundVolumes } from '../volumes.ts'

const keys = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
]
const rejection: Rejection = { plugin: 'VolumeZone', reasons: ['node(s) had no available volume zone'], unresolvable: true }

export function createVolumeZone(informers: Informers): Plugin {
  const claims = informers.of('persistentvolumeclaims')
  const volumes = informers.of('persistentvolumes')
  return {
    name: 'VolumeZone',
    preFilter({ pod }) {
      const wanted = boundVolumes(pod, claims, volumes).flatMap((volume) =>
        keys.flatMap((key) => {
          const value = volume.metadata.labels?.[key]
          return value === undefined ? [] : [{ key, values: value.split('__') }]
        }),
      )
      if (wanted.length === 0) return undefined
      return { filter: ({ labels }) => (wanted.every(({ key, values }) => values.includes(labels[key] as string)) ? undefined : rejection) }
    },
    wakes: (_, event) =>
      event.kind === 'storage' || event.kind === 'node-added' || (event.kind === 'node-updated' && event.changed.has('labels')),
  }
}

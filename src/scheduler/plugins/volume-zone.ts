/** A bound volume that says its zone or region in labels wants its pod there. */
import type { Informers } from '../../client/informer.ts'
import type { Plugin, Rejection } from '../framework.ts'
import { boundVolumes } from '../volumes.ts'

/** The labels of today by those of old, which volumes may still carry where nodes no longer do. */
const current: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
}
const keys = [...Object.keys(current), ...Object.values(current)]
const rejection: Rejection = { plugin: 'VolumeZone', reasons: ['node(s) had no available volume zone'], unresolvable: true }

export function createVolumeZone(informers: Informers): Plugin {
  const claims = informers.of('persistentvolumeclaims')
  const volumes = informers.of('persistentvolumes')
  return {
    name: 'VolumeZone',
    preFilter({ pod }) {
      const wanted = boundVolumes(pod, claims, volumes).flatMap(({ metadata }) =>
        keys.flatMap((key) => {
          const value = metadata.labels?.[key]
          return value === undefined ? [] : [{ key, values: value.split('__') }]
        }),
      )
      if (wanted.length === 0) return undefined
      return {
        filter({ labels }) {
          // A node that says nothing of zones is no reason against it.
          if (!keys.some((key) => key in labels)) return undefined
          const fits = wanted.every(({ key, values }) => values.includes(labels[key] ?? labels[current[key] as string] ?? ''))
          return fits ? undefined : rejection
        },
      }
    },
    wakes: (_, event) =>
      event.kind === 'storage' || event.kind === 'node-added' || (event.kind === 'node-updated' && event.changed.has('labels')),
  }
}

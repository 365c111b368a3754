/** Makes the claims of pods' generic ephemeral volumes (pkg/controller/volume/ephemeral); they go with their pod. */
import { isAlreadyExists } from '../api/errors.ts'
import { isControlledBy, objectKey, splitKey } from '../api/meta.ts'
import type { PersistentVolumeClaim, Pod } from '../api/types/core-v1.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { ownerReference } from './ownership.ts'

export function createEphemeralVolumeController({ client, informers, metrics, options, recorder: recorders }: ControllerDeps): Controller {
  const pods = informers.of('pods')
  const claims = informers.of('persistentvolumeclaims')
  const recorder = recorders('ephemeral_volume')
  const creations = metrics.counter('ephemeral_volume_controller_create_total', 'Claims that were to be made.')
  const failures = metrics.counter('ephemeral_volume_controller_create_failures_total', 'Those that could not be.')
  return {
    name: 'ephemeral-volume-controller',
    workers: options.concurrent.ephemeralvolume,
    wake(queue) {
      const wake = (pod: Pod) => {
        if (!pod.metadata.deletionTimestamp && pod.spec.volumes?.some((v) => v.ephemeral)) queue.add(objectKey(pod))
      }
      pods.addHandler({ added: wake })
      claims.addHandler({
        deleted(claim: PersistentVolumeClaim) {
          const owner = claim.metadata.ownerReferences?.find((o) => o.controller && o.kind === 'Pod')
          const pod = owner && pods.get(claim.metadata.namespace, owner.name)
          if (pod) wake(pod)
        },
      })
      return [pods, claims]
    },
    async reconcile(key) {
      const { namespace, name } = splitKey(key)
      const pod = pods.get(namespace, name)
      if (!pod || pod.metadata.deletionTimestamp) return
      for (const volume of pod.spec.volumes ?? []) {
        const template = volume.ephemeral?.volumeClaimTemplate
        if (!template) continue
        const claimName = `${name}-${volume.name}`
        const have = claims.get(namespace, claimName)
        if (have) {
          if (isControlledBy(have, pod)) continue
          throw new Error(`PVC ${namespace}/${claimName} was not created for pod ${namespace}/${name} (pod is not owner)`)
        }
        const { labels, annotations } = template.metadata ?? {}
        creations.add()
        try {
          await client.create('persistentvolumeclaims', {
            metadata: { name: claimName, namespace, labels, annotations, ownerReferences: [ownerReference('pods', pod)] },
            spec: template.spec,
          })
        } catch (error) {
          failures.add()
          if (isAlreadyExists(error)) continue
          recorder.event(
            referenceTo('pods', pod),
            'Warning',
            'ErrorCreatingPVC',
            `ephemeral volume controller: creating PVC ${claimName} failed: ${(error as Error).message}`,
          )
          throw error
        }
      }
    },
  }
}

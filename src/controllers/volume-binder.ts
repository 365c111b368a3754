/**
 * Binds claims to volumes and sees to volumes whose claim is gone (pkg/controller/volume/persistentvolume). A binding is
 * written on the volume first and on the claim second, so that a crash between the two is finished by the next look.
 */
import { isNotFound } from '../api/errors.ts'
import { labelSelectorAsSelector } from '../api/labels.ts'
import { hasFinalizer, isBeingDeleted, objectKey, splitKey } from '../api/meta.ts'
import { compareQuantity } from '../api/quantity.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../api/types/core-v1.ts'
import type { StorageClass } from '../api/types/storage-v1.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'
import { semanticEqual } from './equal.ts'
import { isPodFinished } from './pods.ts'
import { claimsOf, indexByClaim, claimIndex as podsByClaim } from './volume-protection.ts'

const claimResource = 'persistentvolumeclaims'
const volumeResource = 'persistentvolumes'
const claimIndex = 'claim'
/** How long a pod may look for a node before its claims say that they wait for it. */
const consumerGraceMs = 15_000
const volumeIndex = 'volume'
export const annotation = {
  bindCompleted: 'pv.kubernetes.io/bind-completed',
  boundByController: 'pv.kubernetes.io/bound-by-controller',
  provisionedBy: 'pv.kubernetes.io/provisioned-by',
  storageProvisioner: 'volume.kubernetes.io/storage-provisioner',
  betaStorageProvisioner: 'volume.beta.kubernetes.io/storage-provisioner',
  selectedNode: 'volume.kubernetes.io/selected-node',
  defaultClass: 'storageclass.kubernetes.io/is-default-class',
} as const

const classOf = (o: { metadata: { annotations?: Record<string, string> }; spec: { storageClassName?: string } }): string =>
  o.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? o.spec.storageClassName ?? ''

export function createVolumeBinder(deps: ControllerDeps): Controller {
  const { client, informers } = deps
  const claims = informers.of(claimResource)
  const volumes = informers.of(volumeResource)
  const classes = informers.of('storageclasses.storage.k8s.io')
  const pods = indexByClaim(informers.of('pods'))
  const recorder = deps.recorder('persistentvolume-controller')
  volumes.addIndex(claimIndex, (v) => (v.spec.claimRef ? [`${v.spec.claimRef.namespace}/${v.spec.claimRef.name}`] : []))
  claims.addIndex(volumeIndex, (claim) => [claim.spec.volumeName ?? ''])

  function wake(queue: Queue) {
    const wakeClaim = (claim: PersistentVolumeClaim) => {
      queue.add(`claim/${objectKey(claim)}`)
      if (claim.spec.volumeName) queue.add(`volume/${claim.spec.volumeName}`)
    }
    claims.addHandler({
      added: wakeClaim,
      updated: wakeClaim,
      deleted(claim) {
        for (const volume of volumes.byIndex(claimIndex, objectKey(claim))) queue.add(`volume/${volume.metadata.name}`)
      },
    })
    const wakeNaming = (volume: string) => {
      for (const claim of claims.byIndex(volumeIndex, volume)) queue.add(`claim/${objectKey(claim)}`)
    }
    const wakePending = () => wakeNaming('')
    const wakeVolume = (volume: PersistentVolume) => {
      queue.add(`volume/${volume.metadata.name}`)
      const ref = volume.spec.claimRef
      if (ref) queue.add(`claim/${ref.namespace}/${ref.name}`)
      else {
        wakePending()
        wakeNaming(volume.metadata.name)
      }
    }
    volumes.addHandler({
      added: wakeVolume,
      updated: wakeVolume,
      deleted(volume) {
        const ref = volume.spec.claimRef
        if (ref) queue.add(`claim/${ref.namespace}/${ref.name}`)
      },
    })
    classes.addHandler({ added: wakePending, updated: wakePending })
    // A consumer that has come and finds no node is told of.
    pods.addHandler({
      added(pod) {
        if (pod.spec.nodeName) return
        for (const name of claimsOf(pod)) {
          const claim = claims.get(pod.metadata.namespace, name)
          if (claim && !claim.spec.volumeName) queue.addAfter(`claim/${objectKey(claim)}`, consumerGraceMs)
        }
      },
    })
    return [claims, volumes, classes, pods]
  }

  async function reconcile(key: string): Promise<undefined> {
    const slash = key.indexOf('/')
    const rest = key.slice(slash + 1)
    if (key.startsWith('volume/')) {
      const volume = volumes.get(undefined, rest)
      if (volume) await syncVolume(volume)
      return
    }
    const { namespace, name } = splitKey(rest)
    const claim = claims.get(namespace, name)
    if (!claim) return
    if (claim.metadata.annotations?.[annotation.bindCompleted]) await syncBoundClaim(claim)
    else await syncUnboundClaim(claim)
  }

  // ---- claims

  async function syncUnboundClaim(claim: PersistentVolumeClaim): Promise<void> {
    const about = referenceTo(claimResource, claim)
    if (claim.spec.volumeName) {
      const volume = volumes.get(undefined, claim.spec.volumeName)
      if (!volume) return claimPhase(claim, 'Pending')
      const ref = volume.spec.claimRef
      if (ref && !isFor(volume, claim)) {
        // It belongs to another: the user asked for what cannot be had.
        return claimPhase(claim, 'Pending')
      }
      const why = unfit(volume, claim)
      if (!ref && why) {
        recorder.event(about, 'Warning', 'VolumeMismatch', `Cannot bind to requested volume "${volume.metadata.name}": ${why}`)
        return claimPhase(claim, 'Pending')
      }
      return bind(volume, claim)
    }
    if (isBeingDeleted(claim)) return
    const defaulted = await withDefaultClass(claim)
    const storageClass = classes.get(undefined, classOf(defaulted))
    const delayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !defaulted.metadata.annotations?.[annotation.selectedNode]
    const volume = findVolume(defaulted, delayed)
    if (volume) return bind(volume, defaulted)
    if (delayed) recorder.event(about, 'Normal', ...whyDelayed(defaulted))
    else if (storageClass?.provisioner.startsWith('kubernetes.io/'))
      recorder.event(about, 'Warning', 'ProvisioningFailed', `no volume plugin matched name: ${storageClass.provisioner}`)
    else if (storageClass) return askProvisioner(defaulted, storageClass)
    else if (classOf(defaulted) === '')
      recorder.event(about, 'Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set')
    else recorder.event(about, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${classOf(defaulted)}" not found`)
    await claimPhase(defaulted, 'Pending')
  }

  function whyDelayed(claim: PersistentVolumeClaim): [reason: string, message: string] {
    const consumers = pods.byIndex(podsByClaim, objectKey(claim)).filter((pod) => !isPodFinished(pod) && !pod.spec.nodeName)
    if (consumers.length === 0) return ['WaitForFirstConsumer', 'waiting for first consumer to be created before binding']
    const names = consumers.map(({ metadata }) => metadata.name).sort()
    return ['WaitForPodScheduled', `waiting for pod${names.length > 1 ? 's' : ''} ${names.join(',')} to be scheduled`]
  }

  /** A claim that names no class gets the default one as soon as there is one. */
  async function withDefaultClass(claim: PersistentVolumeClaim): Promise<PersistentVolumeClaim> {
    if (claim.spec.storageClassName !== undefined || claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined)
      return claim
    const defaults = classes.list().filter((c) => c.metadata.annotations?.[annotation.defaultClass] === 'true')
    defaults.sort((a, b) => (a.metadata.creationTimestamp > b.metadata.creationTimestamp ? -1 : 1))
    const chosen = defaults[0]
    if (!chosen) return claim
    return client.update(claimResource, { ...claim, spec: { ...claim.spec, storageClassName: chosen.metadata.name } })
  }

  /** Out-of-tree provisioners watch for this annotation; there are no others any more. */
  async function askProvisioner(claim: PersistentVolumeClaim, storageClass: StorageClass): Promise<void> {
    const { provisioner } = storageClass
    let current = claim
    if (claim.metadata.annotations?.[annotation.storageProvisioner] !== provisioner) {
      const annotations = {
        ...claim.metadata.annotations,
        [annotation.storageProvisioner]: provisioner,
        [annotation.betaStorageProvisioner]: provisioner,
      }
      current = await client.update(claimResource, { ...claim, metadata: { ...claim.metadata, annotations } })
    }
    recorder.event(
      referenceTo(claimResource, current),
      'Normal',
      'ExternalProvisioning',
      `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
    )
    await claimPhase(current, 'Pending')
  }

  async function syncBoundClaim(claim: PersistentVolumeClaim): Promise<void> {
    const { volumeName } = claim.spec
    const volume = volumeName ? volumes.get(undefined, volumeName) : undefined
    if (!volume) {
      return lose(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
    }
    if (!volume.spec.claimRef || (isFor(volume, claim) && !volume.spec.claimRef.uid)) return bind(volume, claim)
    if (volume.spec.claimRef.uid !== claim.metadata.uid)
      return lose(claim, 'ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
    await bind(volume, claim)
  }
  async function lose(claim: PersistentVolumeClaim, reason: string, message: string): Promise<void> {
    if (claim.status.phase !== 'Lost') recorder.event(referenceTo(claimResource, claim), 'Warning', reason, message)
    await claimPhase(claim, 'Lost')
  }

  async function claimPhase(claim: PersistentVolumeClaim, phase: 'Pending' | 'Lost' | 'Bound', volume?: PersistentVolume): Promise<void> {
    const capacity = volume?.spec.capacity?.storage
    const { allocatedResources: _, ...rest } = claim.status
    const status =
      phase === 'Bound'
        ? {
            ...claim.status,
            phase,
            accessModes: volume?.spec.accessModes,
            capacity:
              claim.status.capacity?.storage && claim.status.phase === 'Bound'
                ? claim.status.capacity
                : { ...claim.status.capacity, ...(capacity ? { storage: capacity } : {}) },
            ...(volume?.spec.volumeAttributesClassName ? { currentVolumeAttributesClassName: volume.spec.volumeAttributesClassName } : {}),
          }
        : { ...rest, phase, accessModes: undefined, capacity: undefined }
    if (semanticEqual(JSON.parse(JSON.stringify(status)), claim.status)) return
    await client.updateStatus(claimResource, { ...claim, status }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }

  const isFor = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean => {
    const ref = volume.spec.claimRef
    return ref?.namespace === claim.metadata.namespace && ref.name === claim.metadata.name && (!ref.uid || ref.uid === claim.metadata.uid)
  }

  /** Why a volume that was asked for by name cannot be had. */
  const unfit = (volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined =>
    classOf(volume) !== classOf(claim) ? 'storageClassName does not match' : unsuitable(volume, claim)

  function unsuitable(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
    const asked = claim.spec.resources?.requests?.storage
    if (asked && compareQuantity(volume.spec.capacity?.storage ?? '0', asked) < 0) return 'requested PV is too small'
    if ((volume.spec.volumeAttributesClassName ?? '') !== (claim.spec.volumeAttributesClassName ?? ''))
      return 'volumeAttributesClassName does not match'
    if ((volume.spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) return 'incompatible volumeMode'
    if (!(claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode))) return 'incompatible accessMode'
    return undefined
  }

  /** The smallest free volume that fits; one that was made for this claim before all others. */
  function findVolume(claim: PersistentVolumeClaim, delayed: boolean): PersistentVolume | undefined {
    const selector = claim.spec.selector ? labelSelectorAsSelector(claim.spec.selector) : undefined
    let best: PersistentVolume | undefined
    for (const volume of volumes.list()) {
      const { claimRef } = volume.spec
      if (claimRef) {
        // Kept for this claim: then its class does not matter, nor do the claim's selector and the class's binding mode.
        if (isFor(volume, claim) && !unsuitable(volume, claim)) return volume
        continue
      }
      if (delayed || isBeingDeleted(volume) || volume.status.phase === 'Released' || volume.status.phase === 'Failed') continue
      if (unfit(volume, claim) || (selector && !selector.matches(volume.metadata.labels))) continue
      if (!best || compareQuantity(volume.spec.capacity?.storage ?? '0', best.spec.capacity?.storage ?? '0') < 0) best = volume
    }
    return best
  }

  async function bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
    let pv = volume
    const { uid, namespace, name, resourceVersion } = claim.metadata
    if (pv.spec.claimRef?.uid !== uid) {
      // Bound beforehand by a user: then releasing it must not take the reference away.
      const annotations = pv.spec.claimRef ? pv.metadata.annotations : { ...pv.metadata.annotations, [annotation.boundByController]: 'yes' }
      const claimRef = { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion }
      pv = await client.update(volumeResource, { ...pv, metadata: { ...pv.metadata, annotations }, spec: { ...pv.spec, claimRef } })
    }
    pv = await volumePhase(pv, 'Bound')
    let pvc = claim
    const annotations = pvc.metadata.annotations ?? {}
    if (pvc.spec.volumeName !== pv.metadata.name || !annotations[annotation.bindCompleted]) {
      const byUs = pvc.spec.volumeName ? {} : { [annotation.boundByController]: 'yes' }
      pvc = await client.update(claimResource, {
        ...pvc,
        metadata: { ...pvc.metadata, annotations: { ...annotations, ...byUs, [annotation.bindCompleted]: 'yes' } },
        spec: { ...pvc.spec, volumeName: pv.metadata.name },
      })
    }
    await claimPhase(pvc, 'Bound', pv)
  }

  // ---- volumes

  async function syncVolume(volume: PersistentVolume): Promise<void> {
    const ref = volume.spec.claimRef
    if (!ref) return void (await volumePhase(volume, 'Available'))
    if (!ref.uid) return void (await volumePhase(volume, 'Available')) // kept for a claim that is not there yet
    let claim = claims.get(ref.namespace, ref.name as string)
    if (!claim)
      // The cache may be late, and what follows may delete data.
      claim = await client.get(claimResource, { namespace: ref.namespace, name: ref.name as string }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      })
    if (claim?.metadata.uid === ref.uid) {
      if (claim.spec.volumeName === volume.metadata.name) return void (await volumePhase(volume, 'Bound'))
      if (!claim.spec.volumeName) return // its own look binds it
      // The claim took another volume: this one is free again, or goes if it was made for it.
      if (volume.metadata.annotations?.[annotation.provisionedBy] && volume.spec.persistentVolumeReclaimPolicy === 'Delete')
        return reclaim(volume)
      return unbind(volume)
    }
    const released = volume.status.phase === 'Failed' ? volume : await volumePhase(volume, 'Released')
    await reclaim(released)
  }

  async function unbind(volume: PersistentVolume): Promise<void> {
    const byController = volume.metadata.annotations?.[annotation.boundByController]
    const { [annotation.boundByController]: _, ...annotations } = volume.metadata.annotations ?? {}
    const { claimRef, ...spec } = volume.spec
    const kept = byController
      ? spec
      : { ...spec, claimRef: { kind: claimRef?.kind, namespace: claimRef?.namespace, name: claimRef?.name, apiVersion: 'v1' } }
    const updated = await client.update(volumeResource, {
      ...volume,
      metadata: { ...volume.metadata, annotations },
      spec: kept as PersistentVolume['spec'],
    })
    await volumePhase(updated, 'Available')
  }

  async function reclaim(volume: PersistentVolume): Promise<void> {
    switch (volume.spec.persistentVolumeReclaimPolicy ?? 'Retain') {
      case 'Retain':
        return
      case 'Recycle':
        return failVolume(volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!')
      case 'Delete':
        // What a provisioner made, it deletes; no plugin of the tree can.
        if (volume.metadata.annotations?.[annotation.provisionedBy]) return
        return failVolume(
          volume,
          'VolumeFailedDelete',
          `error getting deleter volume plugin for volume ${JSON.stringify(volume.metadata.name)}: no deletable volume plugin matched`,
        )
    }
  }
  async function failVolume(volume: PersistentVolume, reason: string, message: string): Promise<void> {
    if (volume.status.phase === 'Failed') return
    await client.updateStatus(volumeResource, { ...volume, status: { ...volume.status, phase: 'Failed', message } })
    recorder.event(referenceTo(volumeResource, volume), 'Warning', reason, message)
  }
  async function volumePhase(volume: PersistentVolume, phase: 'Available' | 'Bound' | 'Released'): Promise<PersistentVolume> {
    if (volume.status.phase === phase || (isBeingDeleted(volume) && !hasFinalizer(volume, 'kubernetes.io/pv-protection'))) return volume
    return client.updateStatus(volumeResource, { ...volume, status: { phase } })
  }

  return { name: 'persistentvolume-binder-controller', wake, reconcile }
}

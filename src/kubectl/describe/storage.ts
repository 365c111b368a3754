/** `kubectl describe` of persistent volumes, claims and storage classes. */
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types/core-v1.ts'
import type { StorageClass } from '../../api/types/storage-v1.ts'
import type { DescribeContext } from './index.ts'
import { type DescribeWriter, timeText, writeAnnotations, writeEvents, writeLabels } from './writer.ts'

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}
const modesText = (modes: readonly string[] | undefined): string =>
  [...new Set(modes ?? [])].map((mode) => shortModes[mode] ?? mode).join(',')

export function describeVolume(volume: PersistentVolume, w: DescribeWriter, { events }: DescribeContext): void {
  const { metadata, spec, status } = volume
  w.line(0, `Name:\t${metadata.name}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  w.line(0, `Finalizers:\t[${(metadata.finalizers ?? []).join(' ')}]`)
  w.line(0, `StorageClass:\t${spec?.storageClassName ?? ''}`)
  w.line(0, `Status:\t${metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')}`)
  w.line(0, `Claim:\t${spec?.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : ''}`)
  w.line(0, `Reclaim Policy:\t${spec?.persistentVolumeReclaimPolicy ?? ''}`)
  w.line(0, `Access Modes:\t${modesText(spec?.accessModes)}`)
  if (spec?.volumeMode) w.line(0, `VolumeMode:\t${spec.volumeMode}`)
  w.line(0, `Capacity:\t${spec?.capacity?.storage ?? ''}`)
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms
  if (!spec?.nodeAffinity) w.line(0, 'Node Affinity:\t<none>')
  else {
    w.line(0, 'Node Affinity:')
    w.line(1, 'Required Terms:\t')
    terms?.forEach((term, i) => {
      const lines = (term.matchExpressions ?? []).map(
        (e) => `${e.key} ${(e.operator ?? '').toLowerCase()} [${(e.values ?? []).join(', ')}]`,
      )
      w.line(2, `Term ${i}:\t${lines[0] ?? '<none>'}`)
      for (const line of lines.slice(1)) w.line(2, `\t${line}`)
    })
  }
  w.line(0, `Message:\t${status?.message ?? ''}`)
  w.line(0, 'Source:')
  const rows: [string, unknown][] = spec?.hostPath
    ? [
        ['Type', 'HostPath (bare host directory volume)'],
        ['Path', spec.hostPath.path],
        ['HostPathType', spec.hostPath.type ?? ''],
      ]
    : spec?.local
      ? [
          ['Type', 'LocalVolume (a persistent volume backed by local storage on a node)'],
          ['Path', spec.local.path],
        ]
      : spec?.nfs
        ? [
            ['Type', 'NFS (an NFS mount that lasts the lifetime of a pod)'],
            ['Server', spec.nfs.server],
            ['Path', spec.nfs.path],
            ['ReadOnly', spec.nfs.readOnly ?? false],
          ]
        : spec?.csi
          ? [
              ['Type', 'CSI (a Container Storage Interface (CSI) volume source)'],
              ['Driver', spec.csi.driver],
              ['FSType', spec.csi.fsType ?? ''],
              ['VolumeHandle', spec.csi.volumeHandle],
              ['ReadOnly', spec.csi.readOnly ?? false],
            ]
          : [['Type', '<unknown>']]
  for (const [label, value] of rows) w.line(2, `${label}:\t${value}`)
  writeEvents(w, events)
}

export async function describeClaim(claim: PersistentVolumeClaim, w: DescribeWriter, context: DescribeContext): Promise<void> {
  const { metadata, spec, status } = claim
  const pods = await context.list<Pod>(`/api/v1/namespaces/${metadata.namespace}/pods`)
  const users = pods.filter((pod) =>
    pod.spec?.volumes?.some(
      (v) => v.persistentVolumeClaim?.claimName === metadata.name || (v.ephemeral && `${pod.metadata.name}-${v.name}` === metadata.name),
    ),
  )
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  w.line(0, `StorageClass:\t${spec?.storageClassName ?? ''}`)
  w.line(
    0,
    metadata.deletionTimestamp ? `Status:\tTerminating (since ${timeText(metadata.deletionTimestamp)})` : `Status:\t${status?.phase ?? ''}`,
  )
  w.line(0, `Volume:\t${spec?.volumeName ?? ''}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  w.line(0, `Finalizers:\t[${(metadata.finalizers ?? []).join(' ')}]`)
  w.line(0, `Capacity:\t${spec?.volumeName ? (status?.capacity?.storage ?? '') : ''}`)
  w.line(0, `Access Modes:\t${spec?.volumeName ? modesText(status?.accessModes) : ''}`)
  if (spec?.volumeMode) w.line(0, `VolumeMode:\t${spec.volumeMode}`)
  if (spec?.dataSource) {
    w.line(0, 'DataSource:')
    if (spec.dataSource.apiGroup) w.line(1, `APIGroup:\t${spec.dataSource.apiGroup}`)
    w.line(1, `Kind:\t${spec.dataSource.kind}`)
    w.line(1, `Name:\t${spec.dataSource.name}`)
  }
  w.column(
    'Used By',
    users.map((pod) => pod.metadata.name as string),
  )
  if (status?.conditions?.length) {
    w.line(0, 'Conditions:')
    w.line(1, 'Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage')
    w.line(1, '----\t------\t-----------------\t------------------\t------\t-------')
    for (const c of status.conditions)
      w.line(
        1,
        `${c.type} \t${c.status} \t${timeText(c.lastProbeTime)} \t${timeText(c.lastTransitionTime)} \t${c.reason ?? ''} \t${c.message ?? ''}`,
      )
  }
  writeEvents(w, context.events)
}

export function describeStorageClass(storage: StorageClass, w: DescribeWriter, { events }: DescribeContext): void {
  const { metadata } = storage
  const pairs = (map: Readonly<Record<string, string>> | undefined) =>
    Object.entries(map ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`)
      .join(',') || '<none>'
  const isDefault = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'].some(
    (key) => metadata.annotations?.[key] === 'true',
  )
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `IsDefaultClass:\t${isDefault ? 'Yes' : 'No'}`)
  w.line(0, `Annotations:\t${pairs(metadata.annotations)}`)
  w.line(0, `Provisioner:\t${storage.provisioner}`)
  w.line(0, `Parameters:\t${pairs(storage.parameters)}`)
  w.line(
    0,
    `AllowVolumeExpansion:\t${storage.allowVolumeExpansion === undefined ? '<unset>' : storage.allowVolumeExpansion ? 'True' : 'False'}`,
  )
  w.line(0, storage.mountOptions?.length ? 'MountOptions:' : 'MountOptions:\t<none>')
  for (const option of storage.mountOptions ?? []) w.line(1, option)
  w.line(0, `ReclaimPolicy:\t${storage.reclaimPolicy ?? ''}`)
  w.line(0, `VolumeBindingMode:\t${storage.volumeBindingMode ?? ''}`)
  writeEvents(w, events)
}

/** The smaller kinds of the core group (registry/core). */
import type {
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  ResourceQuota,
  Secret,
  ServiceAccount,
} from '../../api/types/core-v1.ts'
import * as core from '../../api/validation/core.ts'
import { validateEvent, validateEventUpdate, validateNewEvent, validateNewEventUpdate } from '../../api/validation/event.ts'
import * as volumes from '../../api/validation/persistent-volumes.ts'
import { validateEndpoints, validateEndpointsUpdate } from '../../api/validation/service.ts'
import type { Strategy } from './strategy.ts'

export const configMaps: Strategy<ConfigMap> = { validate: core.validateConfigMap, validateUpdate: core.validateConfigMapUpdate }

export const secrets: Strategy<Secret> = {
  // Without a type in the update, the old one stays.
  prepareForUpdate: (secret, old) => (secret.type ? secret : { ...secret, type: old.type }),
  validate: core.validateSecret,
  validateUpdate: core.validateSecretUpdate,
  selectableFieldNames: ['type'],
  selectableFields: ({ type }) => ({ type: type ?? '' }),
}

export const serviceAccounts: Strategy<ServiceAccount> = {
  prepareForCreate: (account) => account,
  validate: core.validateServiceAccount,
  validateUpdate: core.validateServiceAccountUpdate,
  warnings: ({ metadata }, old) =>
    metadata.annotations?.['kubernetes.io/enforce-mountable-secrets'] !== undefined &&
    metadata.annotations['kubernetes.io/enforce-mountable-secrets'] !==
      old?.metadata.annotations?.['kubernetes.io/enforce-mountable-secrets']
      ? [
          'metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets',
        ]
      : [],
}

export const limitRanges: Strategy<LimitRange> = { validate: core.validateLimitRange, validateUpdate: core.validateLimitRangeUpdate }

export const resourceQuotas: Strategy<ResourceQuota> = {
  validate: core.validateResourceQuota,
  validateUpdate: core.validateResourceQuotaUpdate,
  generation: false,
  subresources: { status: { validateUpdate: core.validateResourceQuotaStatusUpdate } },
}

export const namespaces: Strategy<Namespace> = {
  prepareForCreate(namespace) {
    const finalizers = namespace.spec.finalizers ?? []
    return {
      ...namespace,
      // No namespace goes away before the content deleter has let it.
      spec: finalizers.includes('kubernetes') ? namespace.spec : { ...namespace.spec, finalizers: [...finalizers, 'kubernetes'] },
      status: { phase: 'Active' },
    }
  },
  prepareForUpdate: (namespace, old) => ({
    ...namespace,
    spec: { ...namespace.spec, finalizers: old.spec.finalizers },
    status: old.status,
  }),
  validate: core.validateNamespace,
  validateUpdate: core.validateNamespaceUpdate,
  generation: false,
  warnings: ({ metadata }, old) =>
    !old && metadata.name.includes('.')
      ? ["metadata.name: this is used in the namespace's label and DNS names; a name without dots is recommended"]
      : [],
  selectableFieldNames: ['status.phase'],
  selectableFields: ({ status }) => ({ 'status.phase': status.phase ?? '' }),
  subresources: {
    status: { validateUpdate: core.validateNamespaceStatusUpdate },
    finalize: {
      prepareForUpdate: (namespace, old) => ({ ...namespace, status: old.status }),
      validateUpdate: core.validateNamespaceFinalizeUpdate,
    },
  },
}

export const nodes: Strategy<Node> = {
  // The kubelet registers itself with its status.
  prepareForCreate: (node) => node,
  prepareForUpdate: (node, old) => ({ ...node, status: old.status }),
  validate: core.validateNode,
  validateUpdate: (node, old) => [...core.validateNode(node), ...core.validateNodeUpdate(node, old)],
  generation: false,
  warnings: ({ spec }, old) => [
    ...(spec.configSource ? ['spec.configSource: the feature is no longer supported'] : []),
    ...(spec.externalID && spec.externalID !== old?.spec.externalID ? ['spec.externalID: deprecated in v1.11, this field is unused'] : []),
  ],
  selectableFieldNames: ['spec.unschedulable'],
  selectableFields: ({ spec }) => ({ 'spec.unschedulable': String(spec.unschedulable ?? false) }),
  subresources: { status: { validateUpdate: core.validateNodeUpdate } },
}

export const endpoints: Strategy<Endpoints> = {
  validate: validateEndpoints,
  validateUpdate: validateEndpointsUpdate,
}

const eventFields = [
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'involvedObject.resourceVersion',
  'involvedObject.fieldPath',
  'reason',
  'reportingComponent',
  'source',
  'type',
]
export const events: Strategy<Event> = {
  allowCreateOnUpdate: true,
  validate: validateEvent,
  validateUpdate: validateEventUpdate,
  selectableFieldNames: eventFields,
  selectableFields: (event) => ({
    ...Object.fromEntries(
      (['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const).map((field) => [
        `involvedObject.${field}`,
        event.involvedObject?.[field] ?? '',
      ]),
    ),
    reason: event.reason ?? '',
    reportingComponent: event.reportingComponent ?? '',
    source: event.source?.component || event.reportingComponent || '',
    type: event.type ?? '',
  }),
}

/** The newer group takes its own names of the fields and the core's. */
const newEventField = (name: string): string =>
  name === 'reportingComponent' ? 'reportingController' : name.replace(/^involvedObject\./, 'regarding.')
const newEventFields = [...new Set([...eventFields, ...eventFields.map(newEventField)])]
/** Stored as events of the core group, which is also the form upstream validates. */
export const newEvents: Strategy<Event> = {
  allowCreateOnUpdate: true,
  validate: validateNewEvent,
  validateUpdate: validateNewEventUpdate,
  selectableFieldNames: newEventFields,
  selectableFields(event) {
    const fields = Object.entries(events.selectableFields?.(event) ?? {})
    return Object.fromEntries([...fields, ...fields.map(([name, value]) => [newEventField(name), value])])
  },
}

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z')

export const persistentVolumes: Strategy<PersistentVolume> = {
  prepareForCreate: (volume) => ({ ...volume, status: { phase: 'Pending', lastPhaseTransitionTime: now() } }),
  prepareForUpdate: (volume, old) => ({ ...volume, status: old.status }),
  validate: volumes.validatePersistentVolume,
  validateUpdate: volumes.validatePersistentVolumeUpdate,
  generation: false,
  warnings: ({ metadata, spec }) => [
    ...(metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined
      ? ['metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead']
      : []),
    ...(metadata.annotations?.['volume.beta.kubernetes.io/mount-options'] !== undefined
      ? ['metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use "mountOptions" attribute instead']
      : []),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...deprecatedSources.flatMap(([field, text]) => (spec[field] ? [`spec.${field}: ${text}`] : [])),
  ],
  subresources: {
    status: {
      prepareForUpdate(volume, old) {
        const status = { ...volume.status }
        if (status.phase !== old.status.phase && !status.lastPhaseTransitionTime) status.lastPhaseTransitionTime = now()
        return { ...old, metadata: volume.metadata, status }
      },
      validateUpdate: volumes.validatePersistentVolumeStatusUpdate,
    },
  },
}
const deprecatedSources = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const

export const persistentVolumeClaims: Strategy<PersistentVolumeClaim> = {
  prepareForCreate: (claim) => ({ ...claim, spec: normalizeDataSource(claim.spec), status: { phase: 'Pending' } }),
  prepareForUpdate: (claim, old) => ({ ...claim, spec: normalizeDataSource(claim.spec), status: old.status }),
  validate: volumes.validatePersistentVolumeClaim,
  validateUpdate: volumes.validatePersistentVolumeClaimUpdate,
  generation: false,
  subresources: { status: { validateUpdate: volumes.validatePersistentVolumeClaimStatusUpdate } },
}
/** dataSource and dataSourceRef mirror each other, unless the source is of another namespace; an empty group is no group. */
function normalizeDataSource(spec: PersistentVolumeClaim['spec']): PersistentVolumeClaim['spec'] {
  const { dataSource, dataSourceRef } = spec
  // The older field knows claims and snapshots only; others were dropped ever since, without a word.
  const known =
    (!dataSource?.apiGroup && dataSource?.kind === 'PersistentVolumeClaim') ||
    (dataSource?.apiGroup === 'snapshot.storage.k8s.io' && dataSource.kind === 'VolumeSnapshot')
  if (dataSource && !dataSourceRef && !known) {
    const { dataSource: _, ...rest } = spec
    return rest
  }
  if (dataSource && !dataSourceRef) return { ...spec, dataSourceRef: { ...dataSource } }
  if (!dataSource && dataSourceRef && !dataSourceRef.namespace) {
    const { namespace: _, ...rest } = dataSourceRef
    return { ...spec, dataSource: rest }
  }
  return spec
}

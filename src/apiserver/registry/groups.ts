/** Strategies of the small groups: policy, discovery, coordination, RBAC, scheduling, storage, node, certificates, aggregation. */
import type { APIService } from '../../api/types/apiregistration-v1.ts'
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.ts'
import type { Lease } from '../../api/types/coordination-v1.ts'
import type { EndpointSlice } from '../../api/types/discovery-v1.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types/flowcontrol-v1.ts'
import type { RuntimeClass } from '../../api/types/node-v1.ts'
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../../api/types/rbac-v1.ts'
import type { DeviceClass, ResourceClaim, ResourceClaimTemplate } from '../../api/types/resource-v1.ts'
import type { PriorityClass } from '../../api/types/scheduling-v1.ts'
import type { CSIDriver, CSINode, StorageClass, VolumeAttachment, VolumeAttributesClass } from '../../api/types/storage-v1.ts'
import * as flowcontrol from '../../api/validation/flowcontrol.ts'
import * as v from '../../api/validation/groups.ts'
import * as claims from '../../api/validation/resource-claims.ts'
import type { Strategy } from './strategy.ts'

export const podDisruptionBudgets: Strategy<PodDisruptionBudget> = {
  allowUnconditionalUpdate: false,
  validate: v.validatePodDisruptionBudget,
  validateUpdate: v.validatePodDisruptionBudgetUpdate,
  subresources: { status: { validateUpdate: v.validatePodDisruptionBudgetStatusUpdate } },
}
export const endpointSlices: Strategy<EndpointSlice> = {
  generation: true,
  validate: v.validateEndpointSlice,
  validateUpdate: v.validateEndpointSliceUpdate,
  warnings: ({ addressType }) => (addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
}
/** Coordinated leader election is behind a feature gate that is off: its fields are dropped. */
function withoutElection(lease: Lease): Lease {
  if (!lease.spec?.strategy && !lease.spec?.preferredHolder) return lease
  const { strategy: _s, preferredHolder: _p, ...spec } = lease.spec
  return { ...lease, spec }
}
export const leases: Strategy<Lease> = {
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  prepareForCreate: withoutElection,
  prepareForUpdate: (lease, old) => (old.spec?.strategy || old.spec?.preferredHolder ? lease : withoutElection(lease)),
  validate: v.validateLease,
  validateUpdate: v.validateLeaseUpdate,
}

export const roles: Strategy<Role> = { allowCreateOnUpdate: true, validate: v.validateRole, validateUpdate: v.validateRoleUpdate }
export const clusterRoles: Strategy<ClusterRole> = {
  allowCreateOnUpdate: true,
  validate: v.validateClusterRole,
  validateUpdate: v.validateClusterRoleUpdate,
}
export const roleBindings: Strategy<RoleBinding> = {
  allowCreateOnUpdate: true,
  validate: (binding) => v.validateBindings(binding, true),
  validateUpdate: (binding, old) => v.validateBindingsUpdate(binding, old, true),
}
export const clusterRoleBindings: Strategy<ClusterRoleBinding> = {
  allowCreateOnUpdate: true,
  validate: (binding) => v.validateBindings(binding, false),
  validateUpdate: (binding, old) => v.validateBindingsUpdate(binding, old, false),
}

export const priorityClasses: Strategy<PriorityClass> = {
  generation: true,
  validate: v.validatePriorityClass,
  validateUpdate: v.validatePriorityClassUpdate,
}
export const storageClasses: Strategy<StorageClass> = { validate: v.validateStorageClass, validateUpdate: v.validateStorageClassUpdate }
export const csiDrivers: Strategy<CSIDriver> = { validate: v.validateCSIDriver, validateUpdate: v.validateCSIDriverUpdate }
export const csiNodes: Strategy<CSINode> = { validate: v.validateCSINode, validateUpdate: v.validateCSINodeUpdate }
export const volumeAttachments: Strategy<VolumeAttachment> = {
  generation: false,
  validate: v.validateVolumeAttachment,
  validateUpdate: v.validateVolumeAttachmentUpdate,
}
export const volumeAttributesClasses: Strategy<VolumeAttributesClass> = {
  validate: v.validateVolumeAttributesClass,
  validateUpdate: v.validateVolumeAttributesClassUpdate,
}
export const runtimeClasses: Strategy<RuntimeClass> = { validate: v.validateRuntimeClass, validateUpdate: v.validateRuntimeClassUpdate }
/** A version that this server serves itself needs nobody to find that out. */
export const localAvailable = () => ({
  type: 'Available',
  status: 'True',
  lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  reason: 'Local',
  message: 'Local APIServices are always available',
})
export const apiServices: Strategy<APIService> = {
  generation: false,
  prepareForCreate: (service) => ({ ...service, status: service.spec.service ? {} : { conditions: [localAvailable()] } }),
  validate: v.validateAPIService,
  validateUpdate: v.validateAPIServiceUpdate,
}

export const flowSchemas: Strategy<FlowSchema> = {
  validate: flowcontrol.validateFlowSchema,
  validateUpdate: flowcontrol.validateFlowSchemaUpdate,
  subresources: { status: { validateUpdate: flowcontrol.validateFlowSchemaStatusUpdate } },
}
export const priorityLevels: Strategy<PriorityLevelConfiguration> = {
  validate: flowcontrol.validatePriorityLevel,
  validateUpdate: flowcontrol.validatePriorityLevelUpdate,
  subresources: { status: { validateUpdate: flowcontrol.validatePriorityLevelStatusUpdate } },
}

export const resourceClaims: Strategy<ResourceClaim> = {
  generation: false,
  validate: claims.validateResourceClaim,
  validateUpdate: claims.validateResourceClaimUpdate,
  subresources: { status: { validateUpdate: claims.validateResourceClaimStatusUpdate } },
}
export const deviceClasses: Strategy<DeviceClass> = {
  generation: true,
  validate: claims.validateDeviceClass,
  validateUpdate: claims.validateDeviceClassUpdate,
}
export const resourceClaimTemplates: Strategy<ResourceClaimTemplate> = {
  validate: claims.validateResourceClaimTemplate,
  validateUpdate: claims.validateResourceClaimTemplateUpdate,
}

export const certificateSigningRequests: Strategy<CertificateSigningRequest> = {
  generation: false,
  resetFields: ['spec', 'status'],
  prepareForCreate(request, { user }) {
    // Who asks is what the server knows of them, whatever the body says.
    const spec = { ...request.spec, username: user.name }
    for (const field of ['uid', 'groups', 'extra'] as const) delete spec[field]
    if (user.uid) spec.uid = user.uid
    if (user.groups.length > 0) spec.groups = [...user.groups]
    if (user.extra && Object.keys(user.extra).length > 0)
      spec.extra = Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) as NonNullable<
        typeof spec.extra
      >
    return { ...request, spec, status: {} }
  },
  prepareForUpdate: (request, old) => ({ ...request, spec: old.spec, status: old.status }),
  validate: v.validateCertificateSigningRequest,
  selectableFieldNames: ['spec.signerName'],
  selectableFields: ({ spec }) => ({ 'spec.signerName': spec.signerName ?? '' }),
  subresources: {
    status: {
      prepareForUpdate: (request, old) => ({ ...request, spec: old.spec, status: withTimes(request, old) }),
      validateUpdate: (request, old) => v.validateCertificateUpdate(request, old, true),
    },
    approval: {
      prepareForUpdate: (request, old) => ({
        ...request,
        spec: old.spec,
        status: { ...old.status, conditions: withTimes(request, old)?.conditions },
      }),
      validateUpdate: (request, old) => v.validateCertificateUpdate(request, old, false),
    },
  },
}
/** Conditions get the times that their writers left out. */
function withTimes(request: CertificateSigningRequest, old: CertificateSigningRequest): CertificateSigningRequest['status'] {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const conditions = request.status?.conditions?.map((condition) => {
    const before = old.status?.conditions?.find((c) => c.type === condition.type)
    const kept = before && before.status === condition.status ? before.lastTransitionTime : now
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? now,
      lastTransitionTime: condition.lastTransitionTime ?? kept ?? now,
    }
  })
  return { ...request.status, ...(conditions ? { conditions } : {}) }
}

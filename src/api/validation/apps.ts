/** The apps group and replication controllers (apps/validation, core/validation). */
import { selectorFromMap } from '../labels.ts'
import type {
  ControllerRevision,
  DaemonSet,
  DaemonSetSpec,
  Deployment,
  DeploymentSpec,
  ReplicaSet,
  ReplicaSetSpec,
  StatefulSet,
  StatefulSetSpec,
} from '../types/apps-v1.ts'
import type { PodTemplate, PodTemplateSpec, ReplicationController, ReplicationControllerSpec } from '../types/core-v1.ts'
import { check, immutable, isEmptySelector, notNegative, optionalOneOf, semanticEqual, validateLabelSelector } from './checks.ts'
import { type FieldError, forbidden, invalid, notSupported, required } from './field-error.ts'
import { internalValue } from './internal.ts'
import { isDNS1123Label, nameIsDNSLabel, nameIsDNSSubdomain } from './names.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'
import { validatePodTemplateSpec } from './pod-spec.ts'
import {
  isZeroIntOrPercent,
  notMoreThan100Percent,
  positiveIntOrPercent,
  selectorOf,
  templateLabelsError,
  validateCounts,
  validateLastingPods,
  validateLastingTemplate,
  validateNotDecremented,
  validateNotGreater,
  validateWorkloadSelector,
} from './workload.ts'

const invalidSelector = (selector: unknown) => invalid('spec.selector', selector, 'invalid label selector')

// ---- deployments

function deploymentSpec(spec: DeploymentSpec, old?: DeploymentSpec): FieldError[] {
  const errors = [...notNegative(spec.replicas, 'spec.replicas'), ...validateWorkloadSelector(spec.selector, 'spec.selector', 'deployment')]
  const selector = selectorOf(spec.selector)
  if (!selector) errors.push(invalidSelector(spec.selector))
  else errors.push(...validateLastingTemplate(spec.template, selector, 'spec.template', 'ReplicaSet', old?.template))
  const { type, rollingUpdate } = spec.strategy ?? {}
  const path = 'spec.strategy.rollingUpdate'
  if (type === 'Recreate') {
    if (rollingUpdate) errors.push(forbidden(path, "may not be specified when strategy `type` is 'Recreate'"))
  } else if (type !== 'RollingUpdate') errors.push(notSupported('spec.strategy.type', type ?? '', ['Recreate', 'RollingUpdate']))
  else if (!rollingUpdate) errors.push(required(path, 'this should be defaulted and never be nil'))
  else {
    const { maxUnavailable, maxSurge } = rollingUpdate
    errors.push(...positiveIntOrPercent(maxUnavailable, `${path}.maxUnavailable`), ...positiveIntOrPercent(maxSurge, `${path}.maxSurge`))
    if (isZeroIntOrPercent(maxUnavailable) && isZeroIntOrPercent(maxSurge))
      errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
    errors.push(...notMoreThan100Percent(maxUnavailable, `${path}.maxUnavailable`))
  }
  errors.push(...notNegative(spec.minReadySeconds, 'spec.minReadySeconds'))
  errors.push(...notNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'))
  const deadline = spec.progressDeadlineSeconds
  errors.push(...notNegative(deadline, 'spec.progressDeadlineSeconds'))
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0))
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
  return errors
}
export const validateDeployment = ({ metadata, spec }: Deployment): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
  ...deploymentSpec(spec),
]
export const validateDeploymentUpdate = (deployment: Deployment, old: Deployment): FieldError[] => [
  ...validateObjectMetaUpdate(deployment.metadata, old.metadata),
  ...deploymentSpec(deployment.spec, old.spec),
  ...immutable(deployment.spec.selector, old.spec.selector, 'spec.selector'),
]
export const validateDeploymentStatusUpdate = (deployment: Deployment, old: Deployment): FieldError[] => [
  ...validateObjectMetaUpdate(deployment.metadata, old.metadata),
  ...validateCounts(deployment.status, [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
    'terminatingReplicas',
    'collisionCount',
  ]),
  ...validateNotGreater(deployment.status, [
    ['updatedReplicas', 'replicas', 'status.replicas'],
    ['readyReplicas', 'replicas', 'status.replicas'],
    ['availableReplicas', 'replicas', 'status.replicas'],
    ['availableReplicas', 'readyReplicas', 'readyReplicas'],
  ]),
  ...validateNotDecremented(deployment.status.collisionCount, old.status.collisionCount, 'status.collisionCount'),
]

// ---- replica sets and replication controllers

function replicaSetSpec(spec: ReplicaSetSpec, old?: ReplicaSetSpec): FieldError[] {
  const errors = [
    ...notNegative(spec.replicas, 'spec.replicas'),
    ...notNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    // Upstream's message says deployment here too.
    ...validateWorkloadSelector(spec.selector, 'spec.selector', 'deployment'),
  ]
  const selector = selectorOf(spec.selector)
  if (!selector) errors.push(invalidSelector(spec.selector))
  else errors.push(...validateLastingTemplate(spec.template, selector, 'spec.template', 'ReplicaSet', old?.template))
  return errors
}
export const validateReplicaSet = ({ metadata, spec }: ReplicaSet): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
  ...replicaSetSpec(spec),
]
export const validateReplicaSetUpdate = (set: ReplicaSet, old: ReplicaSet): FieldError[] => [
  ...validateObjectMetaUpdate(set.metadata, old.metadata),
  ...replicaSetSpec(set.spec, old.spec),
  ...immutable(set.spec.selector, old.spec.selector, 'spec.selector'),
]
/** Of replica sets and of replication controllers. */
export const validateReplicasStatusUpdate = (
  object: ReplicaSet | ReplicationController,
  old: ReplicaSet | ReplicationController,
): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...validateCounts(object.status, [
    'replicas',
    'fullyLabeledReplicas',
    'readyReplicas',
    'availableReplicas',
    'terminatingReplicas',
    'observedGeneration',
  ]),
  ...validateNotGreater(object.status, [
    ['fullyLabeledReplicas', 'replicas', 'status.replicas'],
    ['readyReplicas', 'replicas', 'status.replicas'],
    ['availableReplicas', 'replicas', 'status.replicas'],
    ['availableReplicas', 'readyReplicas', 'readyReplicas'],
  ]),
]

function controllerSpec(spec: ReplicationControllerSpec): FieldError[] {
  const errors = [...notNegative(spec.minReadySeconds, 'spec.minReadySeconds')]
  if (Object.keys(spec.selector ?? {}).length === 0) errors.push(required('spec.selector'))
  errors.push(...notNegative(spec.replicas, 'spec.replicas'))
  if (!spec.template) errors.push(required('spec.template'))
  else errors.push(...validateLastingTemplate(spec.template, selectorFromMap(spec.selector), 'spec.template', 'ReplicationController'))
  return errors
}
export const validateReplicationController = ({ metadata, spec }: ReplicationController): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
  ...controllerSpec(spec),
]
export const validateReplicationControllerUpdate = (controller: ReplicationController, old: ReplicationController): FieldError[] => [
  ...validateObjectMetaUpdate(controller.metadata, old.metadata),
  ...controllerSpec(controller.spec),
]

export const validatePodTemplate = ({ metadata, template }: PodTemplate): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
  ...validatePodTemplateSpec(template, 'template'),
]
export const validatePodTemplateUpdate = ({ metadata, template }: PodTemplate, old: PodTemplate): FieldError[] => [
  ...validateObjectMetaUpdate(metadata, old.metadata),
  ...validatePodTemplateSpec(template, 'template'),
]

// ---- daemon sets

function daemonSetSpec(spec: DaemonSetSpec): FieldError[] {
  const errors = [...validateLabelSelector(spec.selector, 'spec.selector')]
  const selector = selectorOf(spec.selector)
  if (selector && !selector.matches(spec.template.metadata?.labels ?? {})) errors.push(templateLabelsError(spec.template, 'spec.template'))
  if (spec.selector && isEmptySelector(spec.selector))
    errors.push(invalid('spec.selector', spec.selector, 'empty selector is invalid for daemonset'))
  errors.push(...validatePodTemplateSpec(spec.template, 'spec.template'))
  errors.push(...validateLastingPods(spec.template, 'spec.template', 'DaemonSet'))
  errors.push(...notNegative(spec.minReadySeconds, 'spec.minReadySeconds'))
  const { type, rollingUpdate } = spec.updateStrategy ?? {}
  const path = 'spec.updateStrategy.rollingUpdate'
  if (type === 'RollingUpdate') {
    if (!rollingUpdate) errors.push(required(path))
    else {
      const { maxUnavailable, maxSurge } = rollingUpdate
      errors.push(...positiveIntOrPercent(maxUnavailable, `${path}.maxUnavailable`), ...positiveIntOrPercent(maxSurge, `${path}.maxSurge`))
      errors.push(
        ...notMoreThan100Percent(maxUnavailable, `${path}.maxUnavailable`),
        ...notMoreThan100Percent(maxSurge, `${path}.maxSurge`),
      )
      const [unavailable, surge] = [!isZeroIntOrPercent(maxUnavailable), !isZeroIntOrPercent(maxSurge)]
      if (unavailable && surge) errors.push(invalid(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'))
      if (!unavailable && !surge) errors.push(required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
    }
  } else if (type !== 'OnDelete')
    errors.push(
      notSupported('spec.updateStrategy', internalValue('DaemonSetUpdateStrategy', spec.updateStrategy ?? {}), [
        'RollingUpdate',
        'OnDelete',
      ]),
    )
  errors.push(...notNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'))
  return errors
}
export const validateDaemonSet = ({ metadata, spec }: DaemonSet): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
  ...daemonSetSpec(spec),
]
export const validateDaemonSetUpdate = (set: DaemonSet, old: DaemonSet): FieldError[] => [
  ...validateObjectMetaUpdate(set.metadata, old.metadata),
  ...daemonSetSpec(set.spec),
  ...immutable(set.spec.selector, old.spec.selector, 'spec.selector'),
]
export const validateDaemonSetStatusUpdate = (set: DaemonSet, old: DaemonSet): FieldError[] => [
  ...validateObjectMetaUpdate(set.metadata, old.metadata),
  ...validateCounts(set.status, [
    'currentNumberScheduled',
    'numberMisscheduled',
    'desiredNumberScheduled',
    'numberReady',
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
    'collisionCount',
  ]),
  ...validateNotDecremented(set.status.collisionCount, old.status.collisionCount, 'status.collisionCount'),
]

// ---- stateful sets

function statefulSetSpec(spec: StatefulSetSpec): FieldError[] {
  const errors: FieldError[] = []
  const management = spec.podManagementPolicy
  if (!management) errors.push(required('spec.podManagementPolicy'))
  else if (management !== 'OrderedReady' && management !== 'Parallel')
    errors.push(invalid('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'"))
  const { type, rollingUpdate } = spec.updateStrategy ?? {}
  if (!type) errors.push(required('spec.updateStrategy'))
  else if (type === 'OnDelete') {
    if (rollingUpdate)
      errors.push(
        invalid(
          'spec.updateStrategy.rollingUpdate',
          internalValue('StatefulSetRollingUpdate', rollingUpdate),
          "only allowed for updateStrategy 'RollingUpdate'",
        ),
      )
  } else if (type === 'RollingUpdate') {
    if (rollingUpdate) errors.push(...notNegative(rollingUpdate.partition, 'spec.updateStrategy.rollingUpdate.partition'))
  } else
    errors.push(
      invalid(
        'spec.updateStrategy',
        internalValue('StatefulSetUpdateStrategy', spec.updateStrategy),
        "must be 'RollingUpdate' or 'OnDelete'",
      ),
    )
  const retention = spec.persistentVolumeClaimRetentionPolicy
  if (retention)
    for (const field of ['whenDeleted', 'whenScaled'] as const)
      errors.push(...optionalOneOf(retention[field] ?? '', `spec.persistentVolumeClaimRetentionPolicy.${field}`, ['Retain', 'Delete']))
  errors.push(...notNegative(spec.replicas, 'spec.replicas'))
  errors.push(...notNegative(spec.minReadySeconds, 'spec.minReadySeconds'))
  errors.push(...notNegative(spec.ordinals?.start, 'spec.ordinals.start'))
  errors.push(...validateWorkloadSelector(spec.selector, 'spec.selector', 'statefulset'))
  if (spec.serviceName) errors.push(...check(spec.serviceName, 'spec.serviceName', isDNS1123Label))
  const selector = selectorOf(spec.selector)
  if (!selector) errors.push(invalid('spec.selector', spec.selector, ''))
  else {
    if (!selector.everything && !selector.matches(spec.template.metadata?.labels ?? {}))
      errors.push(templateLabelsError(spec.template, 'spec.template'))
    errors.push(...validatePodTemplateSpec(withClaimVolumes(spec), 'spec.template'))
  }
  return [...errors, ...validateLastingPods(spec.template, 'spec.template', 'StatefulSet')]
}
/** Its pods may mount what the claim templates make: those volumes come before them. */
function withClaimVolumes({ template, volumeClaimTemplates }: StatefulSetSpec): PodTemplateSpec {
  if (!volumeClaimTemplates?.length) return template
  const names = new Set(volumeClaimTemplates.map((c) => c.metadata.name))
  const volumes = [
    ...(template.spec.volumes ?? []).filter((v) => !names.has(v.name)),
    ...[...names].map((name) => ({ name: name ?? '', persistentVolumeClaim: { claimName: name ?? '' } })),
  ]
  return { ...template, spec: { ...template.spec, volumes } }
}
export const validateStatefulSet = ({ metadata, spec }: StatefulSet): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSLabel),
  ...statefulSetSpec(spec),
]
const mutableInStatefulSet = {
  replicas: undefined,
  ordinals: undefined,
  template: undefined,
  updateStrategy: undefined,
  revisionHistoryLimit: undefined,
  persistentVolumeClaimRetentionPolicy: undefined,
  minReadySeconds: undefined,
}
export function validateStatefulSetUpdate(set: StatefulSet, old: StatefulSet): FieldError[] {
  const errors = [...validateObjectMetaUpdate(set.metadata, old.metadata), ...statefulSetSpec(set.spec)]
  if (!semanticEqual({ ...set.spec, ...mutableInStatefulSet }, { ...old.spec, ...mutableInStatefulSet }))
    errors.push(
      forbidden(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    )
  return errors
}
export const validateStatefulSetStatusUpdate = (set: StatefulSet, old: StatefulSet): FieldError[] => [
  ...validateObjectMetaUpdate(set.metadata, old.metadata),
  ...validateCounts(set.status, [
    'replicas',
    'readyReplicas',
    'currentReplicas',
    'updatedReplicas',
    'availableReplicas',
    'observedGeneration',
    'collisionCount',
  ]),
  ...validateNotGreater(set.status, [
    ['readyReplicas', 'replicas', 'status.replicas'],
    ['currentReplicas', 'replicas', 'status.replicas'],
    ['updatedReplicas', 'replicas', 'status.replicas'],
    ['availableReplicas', 'replicas', 'status.replicas'],
    ['availableReplicas', 'readyReplicas', 'status.readyReplicas'],
  ]),
  ...validateNotDecremented(set.status.collisionCount, old.status.collisionCount, 'status.collisionCount'),
]

// ---- controller revisions

export const validateControllerRevision = ({ metadata, data, revision }: ControllerRevision): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
  ...(data === undefined || data === null ? [required('data', 'data is mandatory')] : []),
  ...notNegative(revision, 'revision'),
]
export const validateControllerRevisionUpdate = (revision: ControllerRevision, old: ControllerRevision): FieldError[] => [
  ...validateObjectMetaUpdate(revision.metadata, old.metadata),
  ...validateControllerRevision(revision),
  ...immutable(revision.data, old.data, 'data'),
]

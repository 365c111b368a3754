/** The apps group, replication controllers and pod templates (registry/apps, registry/core). */
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../api/types/apps-v1.ts'
import type { PodTemplate, ReplicationController } from '../../api/types/core-v1.ts'
import * as apps from '../../api/validation/apps.ts'
import { semanticEqual } from '../../api/validation/checks.ts'
import { podTemplateWarnings } from '../../api/validation/pod-warnings.ts'
import type { Strategy } from './strategy.ts'

export const deployments: Strategy<Deployment> = {
  validate: apps.validateDeployment,
  validateUpdate: apps.validateDeploymentUpdate,
  warnings: (deployment, old) =>
    changed(deployment.spec.template, old?.spec.template) ? podTemplateWarnings(deployment.spec.template, 'spec.template') : [],
  subresources: {
    status: {
      // The one status that cannot change labels.
      prepareForUpdate(deployment, old) {
        const { labels: _, ...metadata } = deployment.metadata
        const { labels } = old.metadata
        return { ...deployment, metadata: { ...metadata, ...(labels ? { labels } : {}) }, spec: old.spec }
      },
      validateUpdate: apps.validateDeploymentStatusUpdate,
      resetFields: ['spec', 'metadata.labels'],
    },
  },
}

const replicas = {
  selectableFieldNames: ['status.replicas'],
  selectableFields: (object: ReplicaSet | ReplicationController) => ({ 'status.replicas': String(object.status.replicas ?? 0) }),
}

export const replicaSets: Strategy<ReplicaSet> = {
  validate: apps.validateReplicaSet,
  validateUpdate: apps.validateReplicaSetUpdate,
  warnings: (set, old) => (changed(set.spec.template, old?.spec.template) ? podTemplateWarnings(set.spec.template, 'spec.template') : []),
  subresources: { status: { validateUpdate: apps.validateReplicasStatusUpdate } },
}

export const replicationControllers: Strategy<ReplicationController> = {
  ...replicas,
  defaultGarbageCollection: 'orphan',
  validate: apps.validateReplicationController,
  validateUpdate: apps.validateReplicationControllerUpdate,
  warnings: (controller, old) =>
    changed(controller.spec.template, old?.spec.template) ? podTemplateWarnings(controller.spec.template, 'spec.template') : [],
  subresources: { status: { validateUpdate: apps.validateReplicasStatusUpdate } },
}

export const podTemplates: Strategy<PodTemplate> = {
  generation: true,
  validate: apps.validatePodTemplate,
  validateUpdate: apps.validatePodTemplateUpdate,
  warnings: (template, old) => (changed(template.template, old?.template) ? podTemplateWarnings(template.template, 'template') : []),
}

/** Internally a field of the spec; on the wire of apps/v1 it is kept in this annotation. */
const templateGeneration = 'deprecated.daemonset.template.generation'
const withTemplateGeneration = (set: DaemonSet, generation: string): DaemonSet => ({
  ...set,
  metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, [templateGeneration]: generation } },
})

export const daemonSets: Strategy<DaemonSet> = {
  internalAnnotations: [templateGeneration],
  converted: (set) => (set.metadata.annotations?.[templateGeneration] === undefined ? withTemplateGeneration(set, '0') : set),
  prepareForCreate(set) {
    const given = Number(set.metadata.annotations?.[templateGeneration] ?? 0)
    const { status: _, ...rest } = set
    return withTemplateGeneration({ ...rest, status: emptyDaemonSetStatus } as DaemonSet, String(Math.max(given, 1)))
  },
  prepareForUpdate(set, old) {
    const before = old.metadata.annotations?.[templateGeneration] ?? '0'
    const bump = !semanticEqual(set.spec.template, old.spec.template)
    return withTemplateGeneration({ ...set, status: old.status }, bump ? String(Number(before) + 1) : before)
  },
  validate: apps.validateDaemonSet,
  validateUpdate: apps.validateDaemonSetUpdate,
  warnings: (set, old) => (changed(set.spec.template, old?.spec.template) ? podTemplateWarnings(set.spec.template, 'spec.template') : []),
  subresources: {
    status: {
      prepareForUpdate: (set, old) =>
        withTemplateGeneration({ ...set, spec: old.spec }, old.metadata.annotations?.[templateGeneration] ?? '0'),
      validateUpdate: apps.validateDaemonSetStatusUpdate,
    },
  },
}
const emptyDaemonSetStatus = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }

export const statefulSets: Strategy<StatefulSet> = {
  validate: apps.validateStatefulSet,
  validateUpdate: apps.validateStatefulSetUpdate,
  warnings(set, old) {
    const warnings = changed(set.spec.template, old?.spec.template) ? podTemplateWarnings(set.spec.template, 'spec.template') : []
    if ((set.spec.revisionHistoryLimit ?? 0) < 0)
      warnings.push('spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended')
    return warnings
  },
  subresources: { status: { validateUpdate: apps.validateStatefulSetStatusUpdate } },
}

export const controllerRevisions: Strategy<ControllerRevision> = {
  validate: apps.validateControllerRevision,
  validateUpdate: apps.validateControllerRevisionUpdate,
}

/** Templates are warned about when they come and when they change. */
const changed = (template: unknown, old: unknown): boolean => old === undefined || !semanticEqual(template, old)

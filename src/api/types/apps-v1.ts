// Written by scripts/generate-types.ts from src/api/tables/apps-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

export interface ControllerRevision {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  data?: Record<string, unknown> | null
  revision: number
}

export interface ControllerRevisionList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: ControllerRevision[]
}

export interface DaemonSet {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: DaemonSetSpec
  status: DaemonSetStatus
}

export interface DaemonSetCondition {
  type: string
  status: string
  lastTransitionTime?: string | null
  reason?: string
  message?: string
}

export interface DaemonSetList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: DaemonSet[]
}

export interface DaemonSetSpec {
  selector: meta_v1.LabelSelector
  template: core_v1.PodTemplateSpec
  updateStrategy: DaemonSetUpdateStrategy
  minReadySeconds?: number
  revisionHistoryLimit: number
}

export interface DaemonSetStatus {
  currentNumberScheduled: number
  numberMisscheduled: number
  desiredNumberScheduled: number
  numberReady: number
  observedGeneration?: number
  updatedNumberScheduled?: number
  numberAvailable?: number
  numberUnavailable?: number
  collisionCount?: number
  conditions?: DaemonSetCondition[]
}

export interface DaemonSetUpdateStrategy {
  type: 'OnDelete' | 'RollingUpdate'
  rollingUpdate?: RollingUpdateDaemonSet
}

export interface Deployment {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: DeploymentSpec
  status: DeploymentStatus
}

export interface DeploymentCondition {
  type: string
  status: string
  reason?: string
  message?: string
  lastUpdateTime?: string | null
  lastTransitionTime?: string | null
}

export interface DeploymentList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: Deployment[]
}

export interface DeploymentSpec {
  replicas: number
  selector: meta_v1.LabelSelector
  template: core_v1.PodTemplateSpec
  strategy: DeploymentStrategy
  minReadySeconds?: number
  revisionHistoryLimit: number
  paused?: boolean
  progressDeadlineSeconds: number
}

export interface DeploymentStatus {
  observedGeneration?: number
  replicas?: number
  updatedReplicas?: number
  availableReplicas?: number
  unavailableReplicas?: number
  conditions?: DeploymentCondition[]
  readyReplicas?: number
  collisionCount?: number
  terminatingReplicas?: number
}

export interface DeploymentStrategy {
  type: 'Recreate' | 'RollingUpdate'
  rollingUpdate?: RollingUpdateDeployment
}

export interface ReplicaSet {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: ReplicaSetSpec
  status: ReplicaSetStatus
}

export interface ReplicaSetCondition {
  type: string
  status: string
  lastTransitionTime?: string | null
  reason?: string
  message?: string
}

export interface ReplicaSetList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: ReplicaSet[]
}

export interface ReplicaSetSpec {
  replicas: number
  selector: meta_v1.LabelSelector
  template: core_v1.PodTemplateSpec
  minReadySeconds?: number
}

export interface ReplicaSetStatus {
  replicas: number
  fullyLabeledReplicas?: number
  observedGeneration?: number
  readyReplicas?: number
  availableReplicas?: number
  conditions?: ReplicaSetCondition[]
  terminatingReplicas?: number
}

export interface RollingUpdateDaemonSet {
  maxUnavailable: number | string
  maxSurge: number | string
}

export interface RollingUpdateDeployment {
  maxUnavailable: number | string
  maxSurge: number | string
}

export interface RollingUpdateStatefulSetStrategy {
  partition?: number
  maxUnavailable?: number | string
}

export interface StatefulSet {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: StatefulSetSpec
  status: StatefulSetStatus
}

export interface StatefulSetCondition {
  type: string
  status: string
  lastTransitionTime?: string | null
  reason?: string
  message?: string
}

export interface StatefulSetList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: StatefulSet[]
}

export interface StatefulSetOrdinals {
  start: number
}

export interface StatefulSetPersistentVolumeClaimRetentionPolicy {
  whenDeleted: string
  whenScaled: string
}

export interface StatefulSetSpec {
  replicas: number
  selector: meta_v1.LabelSelector
  template: core_v1.PodTemplateSpec
  volumeClaimTemplates?: core_v1.PersistentVolumeClaim[]
  serviceName: string
  podManagementPolicy: 'OrderedReady' | 'Parallel'
  updateStrategy: StatefulSetUpdateStrategy
  revisionHistoryLimit: number
  minReadySeconds?: number
  persistentVolumeClaimRetentionPolicy: StatefulSetPersistentVolumeClaimRetentionPolicy
  ordinals?: StatefulSetOrdinals
}

export interface StatefulSetStatus {
  observedGeneration?: number
  replicas: number
  readyReplicas?: number
  currentReplicas?: number
  updatedReplicas?: number
  currentRevision?: string
  updateRevision?: string
  collisionCount?: number
  conditions?: StatefulSetCondition[]
  availableReplicas: number
}

export interface StatefulSetUpdateStrategy {
  type: 'OnDelete' | 'RollingUpdate'
  rollingUpdate?: RollingUpdateStatefulSetStrategy
}

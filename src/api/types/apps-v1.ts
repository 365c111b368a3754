// Written by scripts/generate-types.ts from src/api/tables/apps-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

/** A snapshot of a template, to roll back to. */
export interface ControllerRevision {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** The content, by key or as raw document. */
  data?: Record<string, unknown> | null
  /** Number of the revision. */
  revision: number
}

/** A page of ControllerRevision objects, with the revision it was read at. */
export interface ControllerRevisionList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ControllerRevision[]
}

/** Runs one pod on each node that suits. */
export interface DaemonSet {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: DaemonSetSpec
  /** What was last observed of the object; written by the system. */
  status: DaemonSetStatus
}

/** One observation of the state of a DaemonSet. */
export interface DaemonSetCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** A page of DaemonSet objects, with the revision it was read at. */
export interface DaemonSetList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: DaemonSet[]
}

/** What is wanted of a DaemonSet. */
export interface DaemonSetSpec {
  /** Which objects are meant, by their labels. */
  selector: meta_v1.LabelSelector
  /** What the pods made from this object look like. */
  template: core_v1.PodTemplateSpec
  /** How running pods are replaced when the template changes. */
  updateStrategy: DaemonSetUpdateStrategy
  /** Seconds a new pod must stay ready before it counts as available. */
  minReadySeconds?: number
  /** How many old revisions are kept to roll back to. */
  revisionHistoryLimit: number
}

/** What was last observed of a DaemonSet. */
export interface DaemonSetStatus {
  /** Nodes that run the pod and should. */
  currentNumberScheduled: number
  /** Nodes that run the pod and should not. */
  numberMisscheduled: number
  /** Nodes that should run the pod. */
  desiredNumberScheduled: number
  /** Nodes where the pod is ready. */
  numberReady: number
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
  /** Nodes whose pod follows the newest template. */
  updatedNumberScheduled?: number
  /** Nodes where the pod has been ready long enough. */
  numberAvailable?: number
  /** Nodes where the pod should be available and is not. */
  numberUnavailable?: number
  /** Counts clashes of name hashes, so that a new name can be made. */
  collisionCount?: number
  /** Observations of the current state, at most one of each type. */
  conditions?: DaemonSetCondition[]
}

/** how a daemon set moves its pods to a new template */
export interface DaemonSetUpdateStrategy {
  /** Which of the known sorts this is. */
  type: 'OnDelete' | 'RollingUpdate'
  /** How far a rolling update may go at a time. */
  rollingUpdate?: RollingUpdateDaemonSet
}

/** Rolls out replica sets, so that pods are replaced step by step. */
export interface Deployment {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: DeploymentSpec
  /** What was last observed of the object; written by the system. */
  status: DeploymentStatus
}

/** One observation of the state of a Deployment. */
export interface DeploymentCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
  /** When the condition was last written. */
  lastUpdateTime?: string | null
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
}

/** A page of Deployment objects, with the revision it was read at. */
export interface DeploymentList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Deployment[]
}

/** What is wanted of a Deployment. */
export interface DeploymentSpec {
  /** How many pods are wanted, or were counted in a status. */
  replicas: number
  /** Which objects are meant, by their labels. */
  selector: meta_v1.LabelSelector
  /** What the pods made from this object look like. */
  template: core_v1.PodTemplateSpec
  /** How the old is replaced by the new. */
  strategy: DeploymentStrategy
  /** Seconds a new pod must stay ready before it counts as available. */
  minReadySeconds?: number
  /** How many old revisions are kept to roll back to. */
  revisionHistoryLimit: number
  /** Whether rolling out is halted. */
  paused?: boolean
  /** Seconds without progress after which the rollout counts as failed. */
  progressDeadlineSeconds: number
}

/** What was last observed of a Deployment. */
export interface DeploymentStatus {
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
  /** How many pods are wanted, or were counted in a status. */
  replicas?: number
  /** How many pods already follow the newest template. */
  updatedReplicas?: number
  /** How many pods have been ready for at least minReadySeconds. */
  availableReplicas?: number
  /** How many pods are missing until the wanted number is available. */
  unavailableReplicas?: number
  /** Observations of the current state, at most one of each type. */
  conditions?: DeploymentCondition[]
  /** How many of the pods are ready. */
  readyReplicas?: number
  /** Counts clashes of name hashes, so that a new name can be made. */
  collisionCount?: number
  /** How many pods are being deleted and not gone yet. */
  terminatingReplicas?: number
}

/** How old pods are replaced by new ones. */
export interface DeploymentStrategy {
  /** Which of the known sorts this is. */
  type: 'Recreate' | 'RollingUpdate'
  /** How far a rolling update may go at a time. */
  rollingUpdate?: RollingUpdateDeployment
}

/** Keeps a number of equal pods running. */
export interface ReplicaSet {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: ReplicaSetSpec
  /** What was last observed of the object; written by the system. */
  status: ReplicaSetStatus
}

/** One observation of the state of a ReplicaSet. */
export interface ReplicaSetCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** A page of ReplicaSet objects, with the revision it was read at. */
export interface ReplicaSetList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ReplicaSet[]
}

/** What is wanted of a ReplicaSet. */
export interface ReplicaSetSpec {
  /** How many pods are wanted, or were counted in a status. */
  replicas: number
  /** Which objects are meant, by their labels. */
  selector: meta_v1.LabelSelector
  /** What the pods made from this object look like. */
  template: core_v1.PodTemplateSpec
  /** Seconds a new pod must stay ready before it counts as available. */
  minReadySeconds?: number
}

/** What was last observed of a ReplicaSet. */
export interface ReplicaSetStatus {
  /** How many pods are wanted, or were counted in a status. */
  replicas: number
  /** How many pods carry all labels of the template. */
  fullyLabeledReplicas?: number
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
  /** How many of the pods are ready. */
  readyReplicas?: number
  /** How many pods have been ready for at least minReadySeconds. */
  availableReplicas?: number
  /** Observations of the current state, at most one of each type. */
  conditions?: ReplicaSetCondition[]
  /** How many pods are being deleted and not gone yet. */
  terminatingReplicas?: number
}

/** how many nodes may be without their daemon, or have two, during an update */
export interface RollingUpdateDaemonSet {
  /** How many may be unavailable during an update, as number or percentage. */
  maxUnavailable: number | string
  /** How many may exist above the wanted number during an update. */
  maxSurge: number | string
}

/** how far a rolling update may go below and above the wanted number */
export interface RollingUpdateDeployment {
  /** How many may be unavailable during an update, as number or percentage. */
  maxUnavailable: number | string
  /** How many may exist above the wanted number during an update. */
  maxSurge: number | string
}

/** which ordinals a rolling update reaches, and how many at once */
export interface RollingUpdateStatefulSetStrategy {
  /** Number where the part begins, or the disk's partition. */
  partition?: number
  /** How many may be unavailable during an update, as number or percentage. */
  maxUnavailable?: number | string
}

/** Runs pods with stable names, order and storage. */
export interface StatefulSet {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: StatefulSetSpec
  /** What was last observed of the object; written by the system. */
  status: StatefulSetStatus
}

/** One observation of the state of a StatefulSet. */
export interface StatefulSetCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** A page of StatefulSet objects, with the revision it was read at. */
export interface StatefulSetList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: StatefulSet[]
}

/** where the numbers of the pods begin */
export interface StatefulSetOrdinals {
  /** The first number. */
  start: number
}

/** what becomes of claims when the set is deleted or scaled down */
export interface StatefulSetPersistentVolumeClaimRetentionPolicy {
  /** What becomes of claims when the set is deleted. */
  whenDeleted: string
  /** What becomes of claims when the set shrinks. */
  whenScaled: string
}

/** What is wanted of a StatefulSet. */
export interface StatefulSetSpec {
  /** How many pods are wanted, or were counted in a status. */
  replicas: number
  /** Which objects are meant, by their labels. */
  selector: meta_v1.LabelSelector
  /** What the pods made from this object look like. */
  template: core_v1.PodTemplateSpec
  /** Claims that each pod gets for itself. */
  volumeClaimTemplates?: core_v1.PersistentVolumeClaim[]
  /** Service that gives the pods their names. */
  serviceName: string
  /** Whether pods are made in order or all at once. */
  podManagementPolicy: 'OrderedReady' | 'Parallel'
  /** How running pods are replaced when the template changes. */
  updateStrategy: StatefulSetUpdateStrategy
  /** How many old revisions are kept to roll back to. */
  revisionHistoryLimit: number
  /** Seconds a new pod must stay ready before it counts as available. */
  minReadySeconds?: number
  /** What becomes of the claims when pods go. */
  persistentVolumeClaimRetentionPolicy: StatefulSetPersistentVolumeClaimRetentionPolicy
  /** Where the numbers of the pods begin. */
  ordinals?: StatefulSetOrdinals
}

/** What was last observed of a StatefulSet. */
export interface StatefulSetStatus {
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
  /** How many pods are wanted, or were counted in a status. */
  replicas: number
  /** How many of the pods are ready. */
  readyReplicas?: number
  /** How many pods there are now, or are of the current revision. */
  currentReplicas?: number
  /** How many pods already follow the newest template. */
  updatedReplicas?: number
  /** Revision that pods had before the update. */
  currentRevision?: string
  /** Revision that pods get by the update. */
  updateRevision?: string
  /** Counts clashes of name hashes, so that a new name can be made. */
  collisionCount?: number
  /** Observations of the current state, at most one of each type. */
  conditions?: StatefulSetCondition[]
  /** How many pods have been ready for at least minReadySeconds. */
  availableReplicas: number
}

/** how a stateful set moves its pods to a new template */
export interface StatefulSetUpdateStrategy {
  /** Which of the known sorts this is. */
  type: 'OnDelete' | 'RollingUpdate'
  /** How far a rolling update may go at a time. */
  rollingUpdate?: RollingUpdateStatefulSetStrategy
}

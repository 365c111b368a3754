// Written by scripts/generate-types.ts from src/api/tables/flowcontrol-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

export interface ExemptPriorityLevelConfiguration {
  nominalConcurrencyShares: number
  lendablePercent: number
}

export interface FlowDistinguisherMethod {
  /** Which of the known sorts this is. */
  type: string
}

/** Assigns requests to a priority level. */
export interface FlowSchema {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: FlowSchemaSpec
  /** What was last observed of the object; written by the system. */
  status: FlowSchemaStatus
}

/** One observation of the state of a FlowSchema. */
export interface FlowSchemaCondition {
  /** Which of the known sorts this is. */
  type?: string
  /** What was last observed of the object; written by the system. */
  status?: string
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** A page of FlowSchema objects, with the revision it was read at. */
export interface FlowSchemaList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: FlowSchema[]
}

/** What is wanted of a FlowSchema. */
export interface FlowSchemaSpec {
  priorityLevelConfiguration: PriorityLevelConfigurationReference
  matchingPrecedence: number
  distinguisherMethod?: FlowDistinguisherMethod
  /** Rules of which any may match. */
  rules?: PolicyRulesWithSubjects[]
}

/** What was last observed of a FlowSchema. */
export interface FlowSchemaStatus {
  /** Observations of the current state, at most one of each type. */
  conditions?: FlowSchemaCondition[]
}

export interface GroupSubject {
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

export interface LimitResponse {
  /** Which of the known sorts this is. */
  type: string
  queuing?: QueuingConfiguration
}

export interface LimitedPriorityLevelConfiguration {
  nominalConcurrencyShares: number
  limitResponse: LimitResponse
  lendablePercent: number
  borrowingLimitPercent?: number
}

export interface NonResourcePolicyRule {
  /** Verbs that are matched or allowed; * is every one. */
  verbs: string[]
  /** Paths outside the resources that are matched. */
  nonResourceURLs: string[]
}

export interface PolicyRulesWithSubjects {
  /** Who is meant. */
  subjects: Subject[]
  /** Resources that are matched or allowed. */
  resourceRules?: ResourcePolicyRule[]
  /** Paths that are matched or allowed. */
  nonResourceRules?: NonResourcePolicyRule[]
}

/** How many requests of a level run at a time and how others wait. */
export interface PriorityLevelConfiguration {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: PriorityLevelConfigurationSpec
  /** What was last observed of the object; written by the system. */
  status: PriorityLevelConfigurationStatus
}

/** One observation of the state of a PriorityLevelConfiguration. */
export interface PriorityLevelConfigurationCondition {
  /** Which of the known sorts this is. */
  type?: string
  /** What was last observed of the object; written by the system. */
  status?: string
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** A page of PriorityLevelConfiguration objects, with the revision it was read at. */
export interface PriorityLevelConfigurationList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: PriorityLevelConfiguration[]
}

export interface PriorityLevelConfigurationReference {
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

/** What is wanted of a PriorityLevelConfiguration. */
export interface PriorityLevelConfigurationSpec {
  /** Which of the known sorts this is. */
  type: string
  limited?: LimitedPriorityLevelConfiguration
  exempt?: ExemptPriorityLevelConfiguration
}

/** What was last observed of a PriorityLevelConfiguration. */
export interface PriorityLevelConfigurationStatus {
  /** Observations of the current state, at most one of each type. */
  conditions?: PriorityLevelConfigurationCondition[]
}

export interface QueuingConfiguration {
  queues: number
  handSize: number
  queueLengthLimit: number
}

export interface ResourcePolicyRule {
  /** Verbs that are matched or allowed; * is every one. */
  verbs: string[]
  /** API groups that are matched; * is every one. */
  apiGroups: string[]
  /** Compute resources that are asked for and limited. */
  resources: string[]
  clusterScope?: boolean
  /** Namespaces that are meant. */
  namespaces?: string[]
}

export interface ServiceAccountSubject {
  /** Namespace that the object meant lives in. */
  namespace: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

/** Who is meant: a user, a group or a service account. */
export interface Subject {
  /** Kind of the object that is referred to. */
  kind: string
  /** User to act as. */
  user?: UserSubject
  /** API group, or group of users, that is meant. */
  group?: GroupSubject
  /** Old name of serviceAccountName. */
  serviceAccount?: ServiceAccountSubject
}

export interface UserSubject {
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

// Written by scripts/generate-types.ts from src/api/tables/flowcontrol-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** the share of a level whose requests never wait */
export interface ExemptPriorityLevelConfiguration {
  /** the level's weight when the server's seats are divided */
  nominalConcurrencyShares: number
  /** the part of its seats that others may use */
  lendablePercent: number
}

/** by what requests of a schema are told apart into flows */
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
  /** the level that matching requests go to */
  priorityLevelConfiguration: PriorityLevelConfigurationReference
  /** schemas with a lower number are asked first */
  matchingPrecedence: number
  /** how flows are told apart; absent, all is one flow */
  distinguisherMethod?: FlowDistinguisherMethod
  /** Rules of which any may match. */
  rules?: PolicyRulesWithSubjects[]
}

/** What was last observed of a FlowSchema. */
export interface FlowSchemaStatus {
  /** Observations of the current state, at most one of each type. */
  conditions?: FlowSchemaCondition[]
}

/** users of a group */
export interface GroupSubject {
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

/** what happens to a request that finds no seat */
export interface LimitResponse {
  /** Which of the known sorts this is. */
  type: string
  /** the queues, for type Queue */
  queuing?: QueuingConfiguration
}

/** how many requests of a level may be under way, and what the others do */
export interface LimitedPriorityLevelConfiguration {
  /** the level's weight when the server's seats are divided */
  nominalConcurrencyShares: number
  /** whether requests wait or are refused */
  limitResponse: LimitResponse
  /** the part of its seats that others may borrow */
  lendablePercent: number
  /** how much it may borrow, in percent of its own */
  borrowingLimitPercent?: number
}

/** verbs and paths of requests that are no resource's */
export interface NonResourcePolicyRule {
  /** Verbs that are matched or allowed; * is every one. */
  verbs: string[]
  /** Paths outside the resources that are matched. */
  nonResourceURLs: string[]
}

/** who asks, and for what */
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

/** names a priority level */
export interface PriorityLevelConfigurationReference {
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

/** What is wanted of a PriorityLevelConfiguration. */
export interface PriorityLevelConfigurationSpec {
  /** Which of the known sorts this is. */
  type: string
  /** the limits of a level of type Limited */
  limited?: LimitedPriorityLevelConfiguration
  /** the share of a level of type Exempt */
  exempt?: ExemptPriorityLevelConfiguration
}

/** What was last observed of a PriorityLevelConfiguration. */
export interface PriorityLevelConfigurationStatus {
  /** Observations of the current state, at most one of each type. */
  conditions?: PriorityLevelConfigurationCondition[]
}

/** how requests wait for a seat */
export interface QueuingConfiguration {
  /** how many queues there are */
  queues: number
  /** from how many queues a flow picks the shortest */
  handSize: number
  /** how many may wait in one queue */
  queueLengthLimit: number
}

/** verbs and resources of requests */
export interface ResourcePolicyRule {
  /** Verbs that are matched or allowed; * is every one. */
  verbs: string[]
  /** API groups that are matched; * is every one. */
  apiGroups: string[]
  /** Compute resources that are asked for and limited. */
  resources: string[]
  /** matches requests that have no namespace */
  clusterScope?: boolean
  /** Namespaces that are meant. */
  namespaces?: string[]
}

/** a service account, or all of a namespace */
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

/** a user by name */
export interface UserSubject {
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

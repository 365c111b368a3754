// Written by scripts/generate-types.ts from src/api/tables/authorization-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** The values of one extra fact. */
export type ExtraValue = string[]

/** the field selector of the request that is asked about */
export interface FieldSelectorAttributes {
  /** the selector as it stood in the query */
  rawSelector?: string
  /** the selector in its parts; all must hold */
  requirements?: meta_v1.FieldSelectorRequirement[]
}

/** the label selector of the request that is asked about */
export interface LabelSelectorAttributes {
  /** the selector as it stood in the query */
  rawSelector?: string
  /** the selector in its parts; all must hold */
  requirements?: meta_v1.LabelSelectorRequirement[]
}

/** Asks whether someone may do something in a namespace. */
export interface LocalSubjectAccessReview {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: SubjectAccessReviewSpec
  /** What was last observed of the object; written by the system. */
  status: SubjectAccessReviewStatus
}

/** a path that is no resource, and what is done to it */
export interface NonResourceAttributes {
  /** Path of the file, folder or request meant. */
  path?: string
  /** the HTTP method in lower case */
  verb?: string
}

/** verbs allowed on paths that are no resource */
export interface NonResourceRule {
  /** Verbs that are matched or allowed; * is every one. */
  verbs: string[]
  /** Paths outside the resources that are matched. */
  nonResourceURLs?: string[]
}

/** a resource request: verb, group, resource, namespace and name */
export interface ResourceAttributes {
  /** Namespace that the object meant lives in. */
  namespace?: string
  /** get, list, watch, create, update, patch, delete, deletecollection, or * for all */
  verb?: string
  /** API group, or group of users, that is meant. */
  group?: string
  /** Version that is meant. */
  version?: string
  /** Resource that is meant, in the plural. */
  resource?: string
  /** status, scale, log and the like; empty for the object itself */
  subresource?: string
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** narrows lists, watches and collections to fields */
  fieldSelector?: FieldSelectorAttributes
  /** Which objects are meant, by their labels. */
  labelSelector?: LabelSelectorAttributes
}

/** verbs allowed on resources */
export interface ResourceRule {
  /** Verbs that are matched or allowed; * is every one. */
  verbs: string[]
  /** API groups that are matched; * is every one. */
  apiGroups?: string[]
  /** Compute resources that are asked for and limited. */
  resources?: string[]
  /** Names that are matched; all when empty. */
  resourceNames?: string[]
}

/** Asks whether the caller may do something. */
export interface SelfSubjectAccessReview {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: SelfSubjectAccessReviewSpec
  /** What was last observed of the object; written by the system. */
  status: SubjectAccessReviewStatus
}

/** What is wanted of a SelfSubjectAccessReview. */
export interface SelfSubjectAccessReviewSpec {
  /** asks about a resource request */
  resourceAttributes?: ResourceAttributes
  /** asks about another path */
  nonResourceAttributes?: NonResourceAttributes
}

/** Asks for what the caller may do in a namespace. */
export interface SelfSubjectRulesReview {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: SelfSubjectRulesReviewSpec
  /** What was last observed of the object; written by the system. */
  status: SubjectRulesReviewStatus
}

/** What is wanted of a SelfSubjectRulesReview. */
export interface SelfSubjectRulesReviewSpec {
  /** Namespace that the object meant lives in. */
  namespace?: string
}

/** Asks whether someone may do something. */
export interface SubjectAccessReview {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: SubjectAccessReviewSpec
  /** What was last observed of the object; written by the system. */
  status: SubjectAccessReviewStatus
}

/** What is wanted of a SubjectAccessReview. */
export interface SubjectAccessReviewSpec {
  /** asks about a resource request */
  resourceAttributes?: ResourceAttributes
  /** asks about another path */
  nonResourceAttributes?: NonResourceAttributes
  /** User to act as. */
  user?: string
  /** Groups that the user belongs to. */
  groups?: string[]
  /** Further facts about the user from the authenticator. */
  extra?: Record<string, ExtraValue>
  /** Unique identifier of the object, never used for another one. */
  uid?: string
}

/** What was last observed of a SubjectAccessReview. */
export interface SubjectAccessReviewStatus {
  /** true when the request would be let through */
  allowed: boolean
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** what went wrong while deciding; a decision may stand all the same */
  evaluationError?: string
  /** true when an authorizer said no outright */
  denied?: boolean
}

/** What was last observed of a SubjectRulesReview. */
export interface SubjectRulesReviewStatus {
  /** Resources that are matched or allowed. */
  resourceRules: ResourceRule[]
  /** Paths that are matched or allowed. */
  nonResourceRules: NonResourceRule[]
  /** true when some authorizer cannot list its rules */
  incomplete: boolean
  /** what went wrong while the rules were gathered */
  evaluationError?: string
}

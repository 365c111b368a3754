// Written by scripts/generate-types.ts from src/api/tables/authorization-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** The values of one extra fact. */
export type ExtraValue = string[]

export interface FieldSelectorAttributes {
  rawSelector?: string
  requirements?: meta_v1.FieldSelectorRequirement[]
}

export interface LabelSelectorAttributes {
  rawSelector?: string
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

export interface NonResourceAttributes {
  /** Path of the file, folder or request meant. */
  path?: string
  verb?: string
}

export interface NonResourceRule {
  /** Verbs that are matched or allowed; * is every one. */
  verbs: string[]
  /** Paths outside the resources that are matched. */
  nonResourceURLs?: string[]
}

export interface ResourceAttributes {
  /** Namespace that the object meant lives in. */
  namespace?: string
  verb?: string
  /** API group, or group of users, that is meant. */
  group?: string
  /** Version that is meant. */
  version?: string
  /** Resource that is meant, in the plural. */
  resource?: string
  subresource?: string
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  fieldSelector?: FieldSelectorAttributes
  /** Which objects are meant, by their labels. */
  labelSelector?: LabelSelectorAttributes
}

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
  resourceAttributes?: ResourceAttributes
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
  resourceAttributes?: ResourceAttributes
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
  allowed: boolean
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  evaluationError?: string
  denied?: boolean
}

/** What was last observed of a SubjectRulesReview. */
export interface SubjectRulesReviewStatus {
  /** Resources that are matched or allowed. */
  resourceRules: ResourceRule[]
  /** Paths that are matched or allowed. */
  nonResourceRules: NonResourceRule[]
  incomplete: boolean
  evaluationError?: string
}

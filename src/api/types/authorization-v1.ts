// Written by scripts/generate-types.ts from src/api/tables/authorization-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

export type ExtraValue = string[]

export interface FieldSelectorAttributes {
  rawSelector?: string
  requirements?: meta_v1.FieldSelectorRequirement[]
}

export interface LabelSelectorAttributes {
  rawSelector?: string
  requirements?: meta_v1.LabelSelectorRequirement[]
}

export interface LocalSubjectAccessReview {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: SubjectAccessReviewSpec
  status: SubjectAccessReviewStatus
}

export interface NonResourceAttributes {
  path?: string
  verb?: string
}

export interface NonResourceRule {
  verbs: string[]
  nonResourceURLs?: string[]
}

export interface ResourceAttributes {
  namespace?: string
  verb?: string
  group?: string
  version?: string
  resource?: string
  subresource?: string
  name?: string
  fieldSelector?: FieldSelectorAttributes
  labelSelector?: LabelSelectorAttributes
}

export interface ResourceRule {
  verbs: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
}

export interface SelfSubjectAccessReview {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: SelfSubjectAccessReviewSpec
  status: SubjectAccessReviewStatus
}

export interface SelfSubjectAccessReviewSpec {
  resourceAttributes?: ResourceAttributes
  nonResourceAttributes?: NonResourceAttributes
}

export interface SelfSubjectRulesReview {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: SelfSubjectRulesReviewSpec
  status: SubjectRulesReviewStatus
}

export interface SelfSubjectRulesReviewSpec {
  namespace?: string
}

export interface SubjectAccessReview {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: SubjectAccessReviewSpec
  status: SubjectAccessReviewStatus
}

export interface SubjectAccessReviewSpec {
  resourceAttributes?: ResourceAttributes
  nonResourceAttributes?: NonResourceAttributes
  user?: string
  groups?: string[]
  extra?: Record<string, ExtraValue>
  uid?: string
}

export interface SubjectAccessReviewStatus {
  allowed: boolean
  reason?: string
  evaluationError?: string
  denied?: boolean
}

export interface SubjectRulesReviewStatus {
  resourceRules: ResourceRule[]
  nonResourceRules: NonResourceRule[]
  incomplete: boolean
  evaluationError?: string
}

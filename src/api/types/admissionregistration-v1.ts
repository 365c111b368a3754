// Written by scripts/generate-types.ts from src/api/tables/admissionregistration-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

export interface ApplyConfiguration {
  expression?: string
}

export interface AuditAnnotation {
  key: string
  valueExpression: string
}

export interface ExpressionWarning {
  fieldRef: string
  warning: string
}

export interface JSONPatch {
  expression?: string
}

export interface MatchCondition {
  name: string
  expression: string
}

export interface MatchResources {
  namespaceSelector: meta_v1.LabelSelector
  objectSelector: meta_v1.LabelSelector
  resourceRules?: NamedRuleWithOperations[]
  excludeResourceRules?: NamedRuleWithOperations[]
  matchPolicy: 'Equivalent' | 'Exact'
}

export interface MutatingAdmissionPolicy {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: MutatingAdmissionPolicySpec
}

export interface MutatingAdmissionPolicyBinding {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: MutatingAdmissionPolicyBindingSpec
}

export interface MutatingAdmissionPolicyBindingList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: MutatingAdmissionPolicyBinding[]
}

export interface MutatingAdmissionPolicyBindingSpec {
  policyName?: string
  paramRef?: ParamRef
  matchResources?: MatchResources
}

export interface MutatingAdmissionPolicyList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: MutatingAdmissionPolicy[]
}

export interface MutatingAdmissionPolicySpec {
  paramKind?: ParamKind
  matchConstraints?: MatchResources
  variables?: Variable[]
  mutations?: Mutation[]
  failurePolicy: 'Fail' | 'Ignore'
  matchConditions?: MatchCondition[]
  reinvocationPolicy?: 'IfNeeded' | 'Never'
}

export interface MutatingWebhook {
  name: string
  clientConfig: WebhookClientConfig
  rules?: RuleWithOperations[]
  failurePolicy: 'Fail' | 'Ignore'
  namespaceSelector: meta_v1.LabelSelector
  sideEffects: 'None' | 'NoneOnDryRun' | 'Some' | 'Unknown'
  timeoutSeconds: number
  admissionReviewVersions: string[]
  matchPolicy: 'Equivalent' | 'Exact'
  reinvocationPolicy: 'IfNeeded' | 'Never'
  objectSelector: meta_v1.LabelSelector
  matchConditions?: MatchCondition[]
}

export interface MutatingWebhookConfiguration {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  webhooks?: MutatingWebhook[]
}

export interface MutatingWebhookConfigurationList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: MutatingWebhookConfiguration[]
}

export interface Mutation {
  patchType: 'ApplyConfiguration' | 'JSONPatch'
  applyConfiguration?: ApplyConfiguration
  jsonPatch?: JSONPatch
}

export interface NamedRuleWithOperations {
  resourceNames?: string[]
  operations?: ('*' | 'CONNECT' | 'CREATE' | 'DELETE' | 'UPDATE')[]
  apiGroups?: string[]
  apiVersions?: string[]
  resources?: string[]
  scope: '*' | 'Cluster' | 'Namespaced'
}

export interface ParamKind {
  apiVersion?: string
  kind?: string
}

export interface ParamRef {
  name?: string
  namespace?: string
  selector?: meta_v1.LabelSelector
  parameterNotFoundAction?: string
}

export interface Rule {
  apiGroups?: string[]
  apiVersions?: string[]
  resources?: string[]
  scope: '*' | 'Cluster' | 'Namespaced'
}

export interface RuleWithOperations {
  operations?: ('*' | 'CONNECT' | 'CREATE' | 'DELETE' | 'UPDATE')[]
  apiGroups?: string[]
  apiVersions?: string[]
  resources?: string[]
  scope: '*' | 'Cluster' | 'Namespaced'
}

export interface ServiceReference {
  namespace: string
  name: string
  path?: string
  port: number
}

export interface TypeChecking {
  expressionWarnings?: ExpressionWarning[]
}

export interface ValidatingAdmissionPolicy {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: ValidatingAdmissionPolicySpec
  status: ValidatingAdmissionPolicyStatus
}

export interface ValidatingAdmissionPolicyBinding {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: ValidatingAdmissionPolicyBindingSpec
}

export interface ValidatingAdmissionPolicyBindingList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: ValidatingAdmissionPolicyBinding[]
}

export interface ValidatingAdmissionPolicyBindingSpec {
  policyName: string
  paramRef?: ParamRef
  matchResources?: MatchResources
  validationActions: ('Audit' | 'Deny' | 'Warn')[]
}

export interface ValidatingAdmissionPolicyList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: ValidatingAdmissionPolicy[]
}

export interface ValidatingAdmissionPolicySpec {
  paramKind?: ParamKind
  matchConstraints?: MatchResources
  validations?: Validation[]
  failurePolicy: 'Fail' | 'Ignore'
  auditAnnotations?: AuditAnnotation[]
  matchConditions?: MatchCondition[]
  variables?: Variable[]
}

export interface ValidatingAdmissionPolicyStatus {
  observedGeneration?: number
  typeChecking?: TypeChecking
  conditions?: meta_v1.Condition[]
}

export interface ValidatingWebhook {
  name: string
  clientConfig: WebhookClientConfig
  rules?: RuleWithOperations[]
  failurePolicy: 'Fail' | 'Ignore'
  namespaceSelector: meta_v1.LabelSelector
  sideEffects: 'None' | 'NoneOnDryRun' | 'Some' | 'Unknown'
  timeoutSeconds: number
  admissionReviewVersions: string[]
  matchPolicy: 'Equivalent' | 'Exact'
  objectSelector: meta_v1.LabelSelector
  matchConditions?: MatchCondition[]
}

export interface ValidatingWebhookConfiguration {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  webhooks?: ValidatingWebhook[]
}

export interface ValidatingWebhookConfigurationList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: ValidatingWebhookConfiguration[]
}

export interface Validation {
  expression: string
  message?: string
  reason?: string
  messageExpression?: string
}

export interface Variable {
  name: string
  expression: string
}

export interface WebhookClientConfig {
  service?: ServiceReference
  caBundle?: string
  url?: string
}

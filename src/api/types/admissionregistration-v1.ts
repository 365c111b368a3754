// Written by scripts/generate-types.ts from src/api/tables/admissionregistration-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** a CEL expression whose result is applied to the object as server-side apply would */
export interface ApplyConfiguration {
  /** Expression in CEL. */
  expression?: string
}

/** an annotation that a policy writes into the audit event */
export interface AuditAnnotation {
  /** Key that is looked up or matched. */
  key: string
  /** CEL for the annotation's text; null leaves the annotation out */
  valueExpression: string
}

/** what type checking found odd in one expression */
export interface ExpressionWarning {
  /** A field of the pod itself. */
  fieldRef: string
  /** the checker's message, one line for each resource type */
  warning: string
}

/** a CEL expression that yields the operations of a JSON patch */
export interface JSONPatch {
  /** Expression in CEL. */
  expression?: string
}

/** One observation of the state of a Match. */
export interface MatchCondition {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Expression in CEL. */
  expression: string
}

/** which requests a policy or a binding is about */
export interface MatchResources {
  /** Which namespaces are meant, by their labels. */
  namespaceSelector: meta_v1.LabelSelector
  /** Which objects are looked at, by their own labels. */
  objectSelector: meta_v1.LabelSelector
  /** Resources that are matched or allowed. */
  resourceRules?: NamedRuleWithOperations[]
  /** requests that are left out even where resourceRules name them */
  excludeResourceRules?: NamedRuleWithOperations[]
  /** Whether requests for other versions of the resource match too. */
  matchPolicy: 'Equivalent' | 'Exact'
}

/** Rules in CEL that alter objects on their way in. */
export interface MutatingAdmissionPolicy {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: MutatingAdmissionPolicySpec
}

/** Puts a mutating policy to work. */
export interface MutatingAdmissionPolicyBinding {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: MutatingAdmissionPolicyBindingSpec
}

/** A page of MutatingAdmissionPolicyBinding objects, with the revision it was read at. */
export interface MutatingAdmissionPolicyBindingList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: MutatingAdmissionPolicyBinding[]
}

/** What is wanted of a MutatingAdmissionPolicyBinding. */
export interface MutatingAdmissionPolicyBindingSpec {
  /** the policy that is put to work */
  policyName?: string
  /** Which parameter objects to use. */
  paramRef?: ParamRef
  /** Which requests this applies to. */
  matchResources?: MatchResources
}

/** A page of MutatingAdmissionPolicy objects, with the revision it was read at. */
export interface MutatingAdmissionPolicyList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: MutatingAdmissionPolicy[]
}

/** What is wanted of a MutatingAdmissionPolicy. */
export interface MutatingAdmissionPolicySpec {
  /** Kind of the objects that hold parameters. */
  paramKind?: ParamKind
  /** Which requests this looks at. */
  matchConstraints?: MatchResources
  /** Named expressions that others can use. */
  variables?: Variable[]
  /** the changes to make, in order */
  mutations?: Mutation[]
  /** What happens when the call or the expression fails. */
  failurePolicy: 'Fail' | 'Ignore'
  /** Expressions that must all hold for the request to be looked at. */
  matchConditions?: MatchCondition[]
  /** Whether it is called again after others changed the object. */
  reinvocationPolicy?: 'IfNeeded' | 'Never'
}

/** a service that is asked to change objects before they are stored */
export interface MutatingWebhook {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** How the webhook is reached. */
  clientConfig: WebhookClientConfig
  /** Rules of which any may match. */
  rules?: RuleWithOperations[]
  /** What happens when the call or the expression fails. */
  failurePolicy: 'Fail' | 'Ignore'
  /** Which namespaces are meant, by their labels. */
  namespaceSelector: meta_v1.LabelSelector
  /** Whether calling the webhook changes something outside. */
  sideEffects: 'None' | 'NoneOnDryRun' | 'Some' | 'Unknown'
  /** Seconds to wait for an answer. */
  timeoutSeconds: number
  /** Versions of AdmissionReview that the webhook understands, best first. */
  admissionReviewVersions: string[]
  /** Whether requests for other versions of the resource match too. */
  matchPolicy: 'Equivalent' | 'Exact'
  /** Whether it is called again after others changed the object. */
  reinvocationPolicy: 'IfNeeded' | 'Never'
  /** Which objects are looked at, by their own labels. */
  objectSelector: meta_v1.LabelSelector
  /** Expressions that must all hold for the request to be looked at. */
  matchConditions?: MatchCondition[]
}

/** Webhooks that may alter objects on their way in. */
export interface MutatingWebhookConfiguration {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** Webhooks with what they look at. */
  webhooks?: MutatingWebhook[]
}

/** A page of MutatingWebhookConfiguration objects, with the revision it was read at. */
export interface MutatingWebhookConfigurationList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: MutatingWebhookConfiguration[]
}

/** one change that a policy makes to an object */
export interface Mutation {
  /** which of the two fields below holds the change */
  patchType: 'ApplyConfiguration' | 'JSONPatch'
  /** the change as an applied configuration */
  applyConfiguration?: ApplyConfiguration
  /** the change as a JSON patch */
  jsonPatch?: JSONPatch
}

/** operations on resources, narrowed to objects of certain names */
export interface NamedRuleWithOperations {
  /** Names that are matched; all when empty. */
  resourceNames?: string[]
  /** Operations that are matched; * is every one. */
  operations?: ('*' | 'CONNECT' | 'CREATE' | 'DELETE' | 'UPDATE')[]
  /** API groups that are matched; * is every one. */
  apiGroups?: string[]
  /** API versions that are matched; * is every one. */
  apiVersions?: string[]
  /** Compute resources that are asked for and limited. */
  resources?: string[]
  /** Whether cluster-wide or namespaced things are meant. */
  scope: '*' | 'Cluster' | 'Namespaced'
}

/** the kind of object that a policy takes its parameters from */
export interface ParamKind {
  /** API group and version of the object that is referred to. */
  apiVersion?: string
  /** Kind of the object that is referred to. */
  kind?: string
}

/** where a binding finds the policy's parameters */
export interface ParamRef {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Namespace that the object meant lives in. */
  namespace?: string
  /** Which objects are meant, by their labels. */
  selector?: meta_v1.LabelSelector
  /** whether a binding without parameters allows or denies */
  parameterNotFoundAction?: string
}

/** groups, versions and resources that are spoken of */
export interface Rule {
  /** API groups that are matched; * is every one. */
  apiGroups?: string[]
  /** API versions that are matched; * is every one. */
  apiVersions?: string[]
  /** Compute resources that are asked for and limited. */
  resources?: string[]
  /** Whether cluster-wide or namespaced things are meant. */
  scope: '*' | 'Cluster' | 'Namespaced'
}

/** operations on groups, versions and resources */
export interface RuleWithOperations {
  /** Operations that are matched; * is every one. */
  operations?: ('*' | 'CONNECT' | 'CREATE' | 'DELETE' | 'UPDATE')[]
  /** API groups that are matched; * is every one. */
  apiGroups?: string[]
  /** API versions that are matched; * is every one. */
  apiVersions?: string[]
  /** Compute resources that are asked for and limited. */
  resources?: string[]
  /** Whether cluster-wide or namespaced things are meant. */
  scope: '*' | 'Cluster' | 'Namespaced'
}

/** Points to a service that is called. */
export interface ServiceReference {
  /** Namespace that the object meant lives in. */
  namespace: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Path of the file, folder or request meant. */
  path?: string
  /** Number of the port, or its name where text is allowed. */
  port: number
}

/** what checking a policy's expressions against types found */
export interface TypeChecking {
  /** one warning for each expression that may fail */
  expressionWarnings?: ExpressionWarning[]
}

/** Rules in CEL that may refuse changes. */
export interface ValidatingAdmissionPolicy {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: ValidatingAdmissionPolicySpec
  /** What was last observed of the object; written by the system. */
  status: ValidatingAdmissionPolicyStatus
}

/** Puts a validating policy to work. */
export interface ValidatingAdmissionPolicyBinding {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: ValidatingAdmissionPolicyBindingSpec
}

/** A page of ValidatingAdmissionPolicyBinding objects, with the revision it was read at. */
export interface ValidatingAdmissionPolicyBindingList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ValidatingAdmissionPolicyBinding[]
}

/** What is wanted of a ValidatingAdmissionPolicyBinding. */
export interface ValidatingAdmissionPolicyBindingSpec {
  /** the policy that is put to work */
  policyName: string
  /** Which parameter objects to use. */
  paramRef?: ParamRef
  /** Which requests this applies to. */
  matchResources?: MatchResources
  /** What to do when a validation fails. */
  validationActions: ('Audit' | 'Deny' | 'Warn')[]
}

/** A page of ValidatingAdmissionPolicy objects, with the revision it was read at. */
export interface ValidatingAdmissionPolicyList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ValidatingAdmissionPolicy[]
}

/** What is wanted of a ValidatingAdmissionPolicy. */
export interface ValidatingAdmissionPolicySpec {
  /** Kind of the objects that hold parameters. */
  paramKind?: ParamKind
  /** Which requests this looks at. */
  matchConstraints?: MatchResources
  /** expressions that must all be true */
  validations?: Validation[]
  /** What happens when the call or the expression fails. */
  failurePolicy: 'Fail' | 'Ignore'
  /** annotations for the audit event of each request */
  auditAnnotations?: AuditAnnotation[]
  /** Expressions that must all hold for the request to be looked at. */
  matchConditions?: MatchCondition[]
  /** Named expressions that others can use. */
  variables?: Variable[]
}

/** What was last observed of a ValidatingAdmissionPolicy. */
export interface ValidatingAdmissionPolicyStatus {
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
  /** what was found when the expressions were checked */
  typeChecking?: TypeChecking
  /** Observations of the current state, at most one of each type. */
  conditions?: meta_v1.Condition[]
}

/** a service that is asked whether a request may go on */
export interface ValidatingWebhook {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** How the webhook is reached. */
  clientConfig: WebhookClientConfig
  /** Rules of which any may match. */
  rules?: RuleWithOperations[]
  /** What happens when the call or the expression fails. */
  failurePolicy: 'Fail' | 'Ignore'
  /** Which namespaces are meant, by their labels. */
  namespaceSelector: meta_v1.LabelSelector
  /** Whether calling the webhook changes something outside. */
  sideEffects: 'None' | 'NoneOnDryRun' | 'Some' | 'Unknown'
  /** Seconds to wait for an answer. */
  timeoutSeconds: number
  /** Versions of AdmissionReview that the webhook understands, best first. */
  admissionReviewVersions: string[]
  /** Whether requests for other versions of the resource match too. */
  matchPolicy: 'Equivalent' | 'Exact'
  /** Which objects are looked at, by their own labels. */
  objectSelector: meta_v1.LabelSelector
  /** Expressions that must all hold for the request to be looked at. */
  matchConditions?: MatchCondition[]
}

/** Webhooks that may refuse changes. */
export interface ValidatingWebhookConfiguration {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** Webhooks with what they look at. */
  webhooks?: ValidatingWebhook[]
}

/** A page of ValidatingWebhookConfiguration objects, with the revision it was read at. */
export interface ValidatingWebhookConfigurationList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ValidatingWebhookConfiguration[]
}

/** one expression that must be true of the request */
export interface Validation {
  /** Expression in CEL. */
  expression: string
  /** A sentence for people that explains the state. */
  message?: string
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** CEL expression that makes the message. */
  messageExpression?: string
}

/** a named expression that others may use as variables.NAME */
export interface Variable {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Expression in CEL. */
  expression: string
}

/** How a webhook is reached. */
export interface WebhookClientConfig {
  /** Service inside the cluster to call or send to. */
  service?: ServiceReference
  /** Certificates in PEM that the server's certificate is checked against. */
  caBundle?: string
  /** Full URL to call. */
  url?: string
}

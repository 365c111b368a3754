export default `
group "admissionregistration.k8s.io" version v1

resource mutatingadmissionpolicies mutatingadmissionpolicy MutatingAdmissionPolicy cluster in=api-extensions: *
resource mutatingadmissionpolicybindings mutatingadmissionpolicybinding MutatingAdmissionPolicyBinding cluster in=api-extensions: *
resource mutatingwebhookconfigurations mutatingwebhookconfiguration MutatingWebhookConfiguration cluster in=api-extensions: *
resource validatingadmissionpolicies validatingadmissionpolicy ValidatingAdmissionPolicy cluster in=api-extensions: *
  /status ValidatingAdmissionPolicy: get patch update
resource validatingadmissionpolicybindings validatingadmissionpolicybinding ValidatingAdmissionPolicyBinding cluster in=api-extensions: *
resource validatingwebhookconfigurations validatingwebhookconfiguration ValidatingWebhookConfiguration cluster in=api-extensions: *

type ApplyConfiguration | a CEL expression whose result is applied to the object as server-side apply would
   1 expression string | Expression in CEL.

type AuditAnnotation | an annotation that a policy writes into the audit event
   1 key             string! ="" | Key that is looked up or matched.
   2 valueExpression string! ="" | CEL for the annotation's text; null leaves the annotation out

type ExpressionWarning | what type checking found odd in one expression
   2 fieldRef string! ="" | A field of the pod itself.
   3 warning  string! ="" | the checker's message, one line for each resource type

type JSONPatch | a CEL expression that yields the operations of a JSON patch
   1 expression string | Expression in CEL.

type MatchCondition | One observation of the state of a Match.
   1 name       string! ="" | Name of the thing meant, as its owner knows it.
   2 expression string! ="" | Expression in CEL.

type MatchResources atomic | which requests a policy or a binding is about
   1 namespaceSelector    meta.v1.LabelSelector?    ={} | Which namespaces are meant, by their labels.
   2 objectSelector       meta.v1.LabelSelector?    ={} | Which objects are looked at, by their own labels.
   3 resourceRules        []NamedRuleWithOperations atomic | Resources that are matched or allowed.
   4 excludeResourceRules []NamedRuleWithOperations atomic | requests that are left out even where resourceRules name them
   7 matchPolicy          string(Equivalent|Exact)? ="Equivalent" | Whether requests for other versions of the resource match too.

object MutatingAdmissionPolicy | Rules in CEL that alter objects on their way in.
   1 metadata meta.v1.ObjectMeta          ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     MutatingAdmissionPolicySpec ={} | What is wanted of the object.

object MutatingAdmissionPolicyBinding | Puts a mutating policy to work.
   1 metadata meta.v1.ObjectMeta                 ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     MutatingAdmissionPolicyBindingSpec ={} | What is wanted of the object.

object MutatingAdmissionPolicyBindingList | A page of MutatingAdmissionPolicyBinding objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta                  ={} | Revision of the page and how to ask for the next.
   2 items    []MutatingAdmissionPolicyBinding! =[] | The objects of this page.

type MutatingAdmissionPolicyBindingSpec | What is wanted of a MutatingAdmissionPolicyBinding.
   1 policyName     string | the policy that is put to work
   2 paramRef       ParamRef | Which parameter objects to use.
   3 matchResources MatchResources | Which requests this applies to.

object MutatingAdmissionPolicyList | A page of MutatingAdmissionPolicy objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta           ={} | Revision of the page and how to ask for the next.
   2 items    []MutatingAdmissionPolicy! =[] | The objects of this page.

type MutatingAdmissionPolicySpec | What is wanted of a MutatingAdmissionPolicy.
   1 paramKind          ParamKind | Kind of the objects that hold parameters.
   2 matchConstraints   MatchResources | Which requests this looks at.
   3 variables          []Variable             atomic | Named expressions that others can use.
   4 mutations          []Mutation             atomic | the changes to make, in order
   5 failurePolicy      string(Fail|Ignore)?   ="Fail" | What happens when the call or the expression fails.
   6 matchConditions    []MatchCondition       map(name) merge(name) | Expressions that must all hold for the request to be looked at.
   7 reinvocationPolicy string(IfNeeded|Never) | Whether it is called again after others changed the object.

type MutatingWebhook | a service that is asked to change objects before they are stored
   1 name                    string!                                 ="" | Name of the thing meant, as its owner knows it.
   2 clientConfig            WebhookClientConfig!                    ={} | How the webhook is reached.
   3 rules                   []RuleWithOperations                    atomic | Rules of which any may match.
   4 failurePolicy           string(Fail|Ignore)?                    ="Fail" | What happens when the call or the expression fails.
   5 namespaceSelector       meta.v1.LabelSelector?                  ={} | Which namespaces are meant, by their labels.
   6 sideEffects             string(None|NoneOnDryRun|Some|Unknown)! | Whether calling the webhook changes something outside.
   7 timeoutSeconds          int32?                                  =10 | Seconds to wait for an answer.
   8 admissionReviewVersions []string!                               =null atomic | Versions of AdmissionReview that the webhook understands, best first.
   9 matchPolicy             string(Equivalent|Exact)?               ="Equivalent" | Whether requests for other versions of the resource match too.
  10 reinvocationPolicy      string(IfNeeded|Never)?                 ="Never" | Whether it is called again after others changed the object.
  11 objectSelector          meta.v1.LabelSelector?                  ={} | Which objects are looked at, by their own labels.
  12 matchConditions         []MatchCondition                        map(name) merge(name) | Expressions that must all hold for the request to be looked at.

object MutatingWebhookConfiguration | Webhooks that may alter objects on their way in.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 webhooks []MutatingWebhook  map(name) merge(name) | Webhooks with what they look at.

object MutatingWebhookConfigurationList | A page of MutatingWebhookConfiguration objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta                ={} | Revision of the page and how to ask for the next.
   2 items    []MutatingWebhookConfiguration! =[] | The objects of this page.

type Mutation | one change that a policy makes to an object
   2 patchType          string(ApplyConfiguration|JSONPatch)! ="" | which of the two fields below holds the change
   3 applyConfiguration ApplyConfiguration | the change as an applied configuration
   4 jsonPatch          JSONPatch | the change as a JSON patch

type NamedRuleWithOperations atomic | operations on resources, narrowed to objects of certain names
   1 resourceNames      []string           atomic | Names that are matched; all when empty.
   2 ruleWithOperations RuleWithOperations inline | the operations and resources

type ParamKind atomic | the kind of object that a policy takes its parameters from
   1 apiVersion string | API group and version of the object that is referred to.
   2 kind       string | Kind of the object that is referred to.

type ParamRef atomic | where a binding finds the policy's parameters
   1 name                    string | Name of the thing meant, as its owner knows it.
   2 namespace               string | Namespace that the object meant lives in.
   3 selector                meta.v1.LabelSelector | Which objects are meant, by their labels.
   4 parameterNotFoundAction string? | whether a binding without parameters allows or denies

type Rule | groups, versions and resources that are spoken of
   1 apiGroups   []string                      atomic | API groups that are matched; * is every one.
   2 apiVersions []string                      atomic | API versions that are matched; * is every one.
   3 resources   []string                      atomic | Compute resources that are asked for and limited.
   4 scope       string(*|Cluster|Namespaced)? ="*" | Whether cluster-wide or namespaced things are meant.

type RuleWithOperations | operations on groups, versions and resources
   1 operations []string(*|CONNECT|CREATE|DELETE|UPDATE) atomic | Operations that are matched; * is every one.
   2 rule       Rule                                     inline | The rule itself.

type ServiceReference | Points to a service that is called.
   1 namespace string! ="" | Namespace that the object meant lives in.
   2 name      string! ="" | Name of the thing meant, as its owner knows it.
   3 path      string? | Path of the file, folder or request meant.
   4 port      int32?  =443 | Number of the port, or its name where text is allowed.

type TypeChecking | what checking a policy's expressions against types found
   1 expressionWarnings []ExpressionWarning atomic | one warning for each expression that may fail

object ValidatingAdmissionPolicy | Rules in CEL that may refuse changes.
   1 metadata meta.v1.ObjectMeta              ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     ValidatingAdmissionPolicySpec   ={} | What is wanted of the object.
   3 status   ValidatingAdmissionPolicyStatus ={} | What was last observed of the object; written by the system.

object ValidatingAdmissionPolicyBinding | Puts a validating policy to work.
   1 metadata meta.v1.ObjectMeta                    ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     ValidatingAdmissionPolicyBindingSpec! ={} | What is wanted of the object.

object ValidatingAdmissionPolicyBindingList | A page of ValidatingAdmissionPolicyBinding objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta                    ={} | Revision of the page and how to ask for the next.
   2 items    []ValidatingAdmissionPolicyBinding! =[] | The objects of this page.

type ValidatingAdmissionPolicyBindingSpec | What is wanted of a ValidatingAdmissionPolicyBinding.
   1 policyName        string! | the policy that is put to work
   2 paramRef          ParamRef | Which parameter objects to use.
   3 matchResources    MatchResources | Which requests this applies to.
   4 validationActions []string(Audit|Deny|Warn)! set | What to do when a validation fails.

object ValidatingAdmissionPolicyList | A page of ValidatingAdmissionPolicy objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta             ={} | Revision of the page and how to ask for the next.
   2 items    []ValidatingAdmissionPolicy! =[] | The objects of this page.

type ValidatingAdmissionPolicySpec | What is wanted of a ValidatingAdmissionPolicy.
   1 paramKind        ParamKind | Kind of the objects that hold parameters.
   2 matchConstraints MatchResources | Which requests this looks at.
   3 validations      []Validation         atomic | expressions that must all be true
   4 failurePolicy    string(Fail|Ignore)? ="Fail" | What happens when the call or the expression fails.
   5 auditAnnotations []AuditAnnotation    atomic | annotations for the audit event of each request
   6 matchConditions  []MatchCondition     map(name) merge(name) | Expressions that must all hold for the request to be looked at.
   7 variables        []Variable           map(name) merge(name) | Named expressions that others can use.

type ValidatingAdmissionPolicyStatus | What was last observed of a ValidatingAdmissionPolicy.
   1 observedGeneration int64 | The generation of the spec that this status was made from.
   2 typeChecking       TypeChecking | what was found when the expressions were checked
   3 conditions         []meta.v1.Condition map(type) | Observations of the current state, at most one of each type.

type ValidatingWebhook | a service that is asked whether a request may go on
   1 name                    string!                                 ="" | Name of the thing meant, as its owner knows it.
   2 clientConfig            WebhookClientConfig!                    ={} | How the webhook is reached.
   3 rules                   []RuleWithOperations                    atomic | Rules of which any may match.
   4 failurePolicy           string(Fail|Ignore)?                    ="Fail" | What happens when the call or the expression fails.
   5 namespaceSelector       meta.v1.LabelSelector?                  ={} | Which namespaces are meant, by their labels.
   6 sideEffects             string(None|NoneOnDryRun|Some|Unknown)! | Whether calling the webhook changes something outside.
   7 timeoutSeconds          int32?                                  =10 | Seconds to wait for an answer.
   8 admissionReviewVersions []string!                               =null atomic | Versions of AdmissionReview that the webhook understands, best first.
   9 matchPolicy             string(Equivalent|Exact)?               ="Equivalent" | Whether requests for other versions of the resource match too.
  10 objectSelector          meta.v1.LabelSelector?                  ={} | Which objects are looked at, by their own labels.
  11 matchConditions         []MatchCondition                        map(name) merge(name) | Expressions that must all hold for the request to be looked at.

object ValidatingWebhookConfiguration | Webhooks that may refuse changes.
   1 metadata meta.v1.ObjectMeta  ={} | Name, labels, annotations and bookkeeping of the object.
   2 webhooks []ValidatingWebhook map(name) merge(name) | Webhooks with what they look at.

object ValidatingWebhookConfigurationList | A page of ValidatingWebhookConfiguration objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta                  ={} | Revision of the page and how to ask for the next.
   2 items    []ValidatingWebhookConfiguration! =[] | The objects of this page.

type Validation | one expression that must be true of the request
   1 expression        string! ="" | Expression in CEL.
   2 message           string | A sentence for people that explains the state.
   3 reason            string? | One word in CamelCase that says why, for programs to read.
   4 messageExpression string | CEL expression that makes the message.

type Variable atomic | a named expression that others may use as variables.NAME
   1 name       string! ="" | Name of the thing meant, as its owner knows it.
   2 expression string! ="" | Expression in CEL.

type WebhookClientConfig | How a webhook is reached.
   1 service  ServiceReference | Service inside the cluster to call or send to.
   2 caBundle bytes | Certificates in PEM that the server's certificate is checked against.
   3 url      string? | Full URL to call.
`

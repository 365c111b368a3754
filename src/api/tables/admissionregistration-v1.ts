export default `
group "admissionregistration.k8s.io" version v1

resource mutatingadmissionpolicies mutatingadmissionpolicy MutatingAdmissionPolicy cluster in=api-extensions: *
resource mutatingadmissionpolicybindings mutatingadmissionpolicybinding MutatingAdmissionPolicyBinding cluster in=api-extensions: *
resource mutatingwebhookconfigurations mutatingwebhookconfiguration MutatingWebhookConfiguration cluster in=api-extensions: *
resource validatingadmissionpolicies validatingadmissionpolicy ValidatingAdmissionPolicy cluster in=api-extensions: *
  /status ValidatingAdmissionPolicy: get patch update
resource validatingadmissionpolicybindings validatingadmissionpolicybinding ValidatingAdmissionPolicyBinding cluster in=api-extensions: *
resource validatingwebhookconfigurations validatingwebhookconfiguration ValidatingWebhookConfiguration cluster in=api-extensions: *

type ApplyConfiguration
   1 expression string | Expression in CEL.

type AuditAnnotation
   1 key             string! ="" | Key that is looked up or matched.
   2 valueExpression string! =""

type ExpressionWarning
   2 fieldRef string! ="" | A field of the pod itself.
   3 warning  string! =""

type JSONPatch
   1 expression string | Expression in CEL.

type MatchCondition | One observation of the state of a Match.
   1 name       string! ="" | Name of the thing meant, as its owner knows it.
   2 expression string! ="" | Expression in CEL.

type MatchResources atomic
   1 namespaceSelector    meta.v1.LabelSelector?    ={} | Which namespaces are meant, by their labels.
   2 objectSelector       meta.v1.LabelSelector?    ={} | Which objects are looked at, by their own labels.
   3 resourceRules        []NamedRuleWithOperations atomic | Resources that are matched or allowed.
   4 excludeResourceRules []NamedRuleWithOperations atomic
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
   1 policyName     string
   2 paramRef       ParamRef | Which parameter objects to use.
   3 matchResources MatchResources | Which requests this applies to.

object MutatingAdmissionPolicyList | A page of MutatingAdmissionPolicy objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta           ={} | Revision of the page and how to ask for the next.
   2 items    []MutatingAdmissionPolicy! =[] | The objects of this page.

type MutatingAdmissionPolicySpec | What is wanted of a MutatingAdmissionPolicy.
   1 paramKind          ParamKind | Kind of the objects that hold parameters.
   2 matchConstraints   MatchResources | Which requests this looks at.
   3 variables          []Variable             atomic | Named expressions that others can use.
   4 mutations          []Mutation             atomic
   5 failurePolicy      string(Fail|Ignore)?   ="Fail" | What happens when the call or the expression fails.
   6 matchConditions    []MatchCondition       map(name) merge(name) | Expressions that must all hold for the request to be looked at.
   7 reinvocationPolicy string(IfNeeded|Never) | Whether it is called again after others changed the object.

type MutatingWebhook
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

type Mutation
   2 patchType          string(ApplyConfiguration|JSONPatch)! =""
   3 applyConfiguration ApplyConfiguration
   4 jsonPatch          JSONPatch

type NamedRuleWithOperations atomic
   1 resourceNames      []string           atomic | Names that are matched; all when empty.
   2 ruleWithOperations RuleWithOperations inline

type ParamKind atomic
   1 apiVersion string | API group and version of the object that is referred to.
   2 kind       string | Kind of the object that is referred to.

type ParamRef atomic
   1 name                    string | Name of the thing meant, as its owner knows it.
   2 namespace               string | Namespace that the object meant lives in.
   3 selector                meta.v1.LabelSelector | Which objects are meant, by their labels.
   4 parameterNotFoundAction string?

type Rule
   1 apiGroups   []string                      atomic | API groups that are matched; * is every one.
   2 apiVersions []string                      atomic | API versions that are matched; * is every one.
   3 resources   []string                      atomic | Compute resources that are asked for and limited.
   4 scope       string(*|Cluster|Namespaced)? ="*" | Whether cluster-wide or namespaced things are meant.

type RuleWithOperations
   1 operations []string(*|CONNECT|CREATE|DELETE|UPDATE) atomic | Operations that are matched; * is every one.
   2 rule       Rule                                     inline | The rule itself.

type ServiceReference | Points to a service that is called.
   1 namespace string! ="" | Namespace that the object meant lives in.
   2 name      string! ="" | Name of the thing meant, as its owner knows it.
   3 path      string? | Path of the file, folder or request meant.
   4 port      int32?  =443 | Number of the port, or its name where text is allowed.

type TypeChecking
   1 expressionWarnings []ExpressionWarning atomic

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
   1 policyName        string!
   2 paramRef          ParamRef | Which parameter objects to use.
   3 matchResources    MatchResources | Which requests this applies to.
   4 validationActions []string(Audit|Deny|Warn)! set | What to do when a validation fails.

object ValidatingAdmissionPolicyList | A page of ValidatingAdmissionPolicy objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta             ={} | Revision of the page and how to ask for the next.
   2 items    []ValidatingAdmissionPolicy! =[] | The objects of this page.

type ValidatingAdmissionPolicySpec | What is wanted of a ValidatingAdmissionPolicy.
   1 paramKind        ParamKind | Kind of the objects that hold parameters.
   2 matchConstraints MatchResources | Which requests this looks at.
   3 validations      []Validation         atomic
   4 failurePolicy    string(Fail|Ignore)? ="Fail" | What happens when the call or the expression fails.
   5 auditAnnotations []AuditAnnotation    atomic
   6 matchConditions  []MatchCondition     map(name) merge(name) | Expressions that must all hold for the request to be looked at.
   7 variables        []Variable           map(name) merge(name) | Named expressions that others can use.

type ValidatingAdmissionPolicyStatus | What was last observed of a ValidatingAdmissionPolicy.
   1 observedGeneration int64 | The generation of the spec that this status was made from.
   2 typeChecking       TypeChecking
   3 conditions         []meta.v1.Condition map(type) | Observations of the current state, at most one of each type.

type ValidatingWebhook
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

type Validation
   1 expression        string! ="" | Expression in CEL.
   2 message           string | A sentence for people that explains the state.
   3 reason            string? | One word in CamelCase that says why, for programs to read.
   4 messageExpression string | CEL expression that makes the message.

type Variable atomic
   1 name       string! ="" | Name of the thing meant, as its owner knows it.
   2 expression string! ="" | Expression in CEL.

type WebhookClientConfig | How a webhook is reached.
   1 service  ServiceReference | Service inside the cluster to call or send to.
   2 caBundle bytes | Certificates in PEM that the server's certificate is checked against.
   3 url      string? | Full URL to call.
`

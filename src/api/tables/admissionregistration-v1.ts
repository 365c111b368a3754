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
   1 expression string

type AuditAnnotation
   1 key             string! =""
   2 valueExpression string! =""

type ExpressionWarning
   2 fieldRef string! =""
   3 warning  string! =""

type JSONPatch
   1 expression string

type MatchCondition
   1 name       string! =""
   2 expression string! =""

type MatchResources atomic
   1 namespaceSelector    meta.v1.LabelSelector?    ={}
   2 objectSelector       meta.v1.LabelSelector?    ={}
   3 resourceRules        []NamedRuleWithOperations atomic
   4 excludeResourceRules []NamedRuleWithOperations atomic
   7 matchPolicy          string(Equivalent|Exact)? ="Equivalent"

object MutatingAdmissionPolicy
   1 metadata meta.v1.ObjectMeta          ={}
   2 spec     MutatingAdmissionPolicySpec ={}

object MutatingAdmissionPolicyBinding
   1 metadata meta.v1.ObjectMeta                 ={}
   2 spec     MutatingAdmissionPolicyBindingSpec ={}

object MutatingAdmissionPolicyBindingList
   1 metadata meta.v1.ListMeta                  ={}
   2 items    []MutatingAdmissionPolicyBinding! =[]

type MutatingAdmissionPolicyBindingSpec
   1 policyName     string
   2 paramRef       ParamRef
   3 matchResources MatchResources

object MutatingAdmissionPolicyList
   1 metadata meta.v1.ListMeta           ={}
   2 items    []MutatingAdmissionPolicy! =[]

type MutatingAdmissionPolicySpec
   1 paramKind          ParamKind
   2 matchConstraints   MatchResources
   3 variables          []Variable             atomic
   4 mutations          []Mutation             atomic
   5 failurePolicy      string(Fail|Ignore)?   ="Fail"
   6 matchConditions    []MatchCondition       map(name) merge(name)
   7 reinvocationPolicy string(IfNeeded|Never)

type MutatingWebhook
   1 name                    string!                                 =""
   2 clientConfig            WebhookClientConfig!                    ={}
   3 rules                   []RuleWithOperations                    atomic
   4 failurePolicy           string(Fail|Ignore)?                    ="Fail"
   5 namespaceSelector       meta.v1.LabelSelector?                  ={}
   6 sideEffects             string(None|NoneOnDryRun|Some|Unknown)!
   7 timeoutSeconds          int32?                                  =10
   8 admissionReviewVersions []string!                               =null atomic
   9 matchPolicy             string(Equivalent|Exact)?               ="Equivalent"
  10 reinvocationPolicy      string(IfNeeded|Never)?                 ="Never"
  11 objectSelector          meta.v1.LabelSelector?                  ={}
  12 matchConditions         []MatchCondition                        map(name) merge(name)

object MutatingWebhookConfiguration
   1 metadata meta.v1.ObjectMeta ={}
   2 webhooks []MutatingWebhook  map(name) merge(name)

object MutatingWebhookConfigurationList
   1 metadata meta.v1.ListMeta                ={}
   2 items    []MutatingWebhookConfiguration! =[]

type Mutation
   2 patchType          string(ApplyConfiguration|JSONPatch)! =""
   3 applyConfiguration ApplyConfiguration
   4 jsonPatch          JSONPatch

type NamedRuleWithOperations atomic
   1 resourceNames      []string           atomic
   2 ruleWithOperations RuleWithOperations inline

type ParamKind atomic
   1 apiVersion string
   2 kind       string

type ParamRef atomic
   1 name                    string
   2 namespace               string
   3 selector                meta.v1.LabelSelector
   4 parameterNotFoundAction string?

type Rule
   1 apiGroups   []string                      atomic
   2 apiVersions []string                      atomic
   3 resources   []string                      atomic
   4 scope       string(*|Cluster|Namespaced)? ="*"

type RuleWithOperations
   1 operations []string(*|CONNECT|CREATE|DELETE|UPDATE) atomic
   2 rule       Rule                                     inline

type ServiceReference
   1 namespace string! =""
   2 name      string! =""
   3 path      string?
   4 port      int32?  =443

type TypeChecking
   1 expressionWarnings []ExpressionWarning atomic

object ValidatingAdmissionPolicy
   1 metadata meta.v1.ObjectMeta              ={}
   2 spec     ValidatingAdmissionPolicySpec   ={}
   3 status   ValidatingAdmissionPolicyStatus ={}

object ValidatingAdmissionPolicyBinding
   1 metadata meta.v1.ObjectMeta                    ={}
   2 spec     ValidatingAdmissionPolicyBindingSpec! ={}

object ValidatingAdmissionPolicyBindingList
   1 metadata meta.v1.ListMeta                    ={}
   2 items    []ValidatingAdmissionPolicyBinding! =[]

type ValidatingAdmissionPolicyBindingSpec
   1 policyName        string!
   2 paramRef          ParamRef
   3 matchResources    MatchResources
   4 validationActions []string(Audit|Deny|Warn)! set

object ValidatingAdmissionPolicyList
   1 metadata meta.v1.ListMeta             ={}
   2 items    []ValidatingAdmissionPolicy! =[]

type ValidatingAdmissionPolicySpec
   1 paramKind        ParamKind
   2 matchConstraints MatchResources
   3 validations      []Validation         atomic
   4 failurePolicy    string(Fail|Ignore)? ="Fail"
   5 auditAnnotations []AuditAnnotation    atomic
   6 matchConditions  []MatchCondition     map(name) merge(name)
   7 variables        []Variable           map(name) merge(name)

type ValidatingAdmissionPolicyStatus
   1 observedGeneration int64
   2 typeChecking       TypeChecking
   3 conditions         []meta.v1.Condition map(type)

type ValidatingWebhook
   1 name                    string!                                 =""
   2 clientConfig            WebhookClientConfig!                    ={}
   3 rules                   []RuleWithOperations                    atomic
   4 failurePolicy           string(Fail|Ignore)?                    ="Fail"
   5 namespaceSelector       meta.v1.LabelSelector?                  ={}
   6 sideEffects             string(None|NoneOnDryRun|Some|Unknown)!
   7 timeoutSeconds          int32?                                  =10
   8 admissionReviewVersions []string!                               =null atomic
   9 matchPolicy             string(Equivalent|Exact)?               ="Equivalent"
  10 objectSelector          meta.v1.LabelSelector?                  ={}
  11 matchConditions         []MatchCondition                        map(name) merge(name)

object ValidatingWebhookConfiguration
   1 metadata meta.v1.ObjectMeta  ={}
   2 webhooks []ValidatingWebhook map(name) merge(name)

object ValidatingWebhookConfigurationList
   1 metadata meta.v1.ListMeta                  ={}
   2 items    []ValidatingWebhookConfiguration! =[]

type Validation
   1 expression        string! =""
   2 message           string
   3 reason            string?
   4 messageExpression string

type Variable atomic
   1 name       string! =""
   2 expression string! =""

type WebhookClientConfig
   1 service  ServiceReference
   2 caBundle bytes
   3 url      string?
`

export default `
group "flowcontrol.apiserver.k8s.io" version v1

resource flowschemas flowschema FlowSchema cluster: *
  /status FlowSchema: get patch update
resource prioritylevelconfigurations prioritylevelconfiguration PriorityLevelConfiguration cluster: *
  /status PriorityLevelConfiguration: get patch update

type ExemptPriorityLevelConfiguration
   1 nominalConcurrencyShares int32? =0
   2 lendablePercent          int32? =0

type FlowDistinguisherMethod
   1 type string! =""

object FlowSchema
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     FlowSchemaSpec     ={}
   3 status   FlowSchemaStatus   ={}

type FlowSchemaCondition
   1 type               string
   2 status             string
   3 lastTransitionTime Time   =null
   4 reason             string
   5 message            string

object FlowSchemaList
   1 metadata meta.v1.ListMeta ={}
   2 items    []FlowSchema!    =[]

type FlowSchemaSpec
   1 priorityLevelConfiguration PriorityLevelConfigurationReference! ={}
   2 matchingPrecedence         int32                                =1000
   3 distinguisherMethod        FlowDistinguisherMethod
   4 rules                      []PolicyRulesWithSubjects            atomic

type FlowSchemaStatus
   1 conditions []FlowSchemaCondition map(type) merge(type)

type GroupSubject
   1 name string! =""

type LimitResponse
   1 type    string!              =""
   2 queuing QueuingConfiguration

type LimitedPriorityLevelConfiguration
   1 nominalConcurrencyShares int32?        =30
   2 limitResponse            LimitResponse ={}
   3 lendablePercent          int32?        =0
   4 borrowingLimitPercent    int32?

type NonResourcePolicyRule
   1 verbs           []string! =null set
   6 nonResourceURLs []string! =null set

type PolicyRulesWithSubjects
   1 subjects         []Subject!              =null atomic
   2 resourceRules    []ResourcePolicyRule    atomic
   3 nonResourceRules []NonResourcePolicyRule atomic

object PriorityLevelConfiguration
   1 metadata meta.v1.ObjectMeta               ={}
   2 spec     PriorityLevelConfigurationSpec   ={}
   3 status   PriorityLevelConfigurationStatus ={}

type PriorityLevelConfigurationCondition
   1 type               string
   2 status             string
   3 lastTransitionTime Time   =null
   4 reason             string
   5 message            string

object PriorityLevelConfigurationList
   1 metadata meta.v1.ListMeta              ={}
   2 items    []PriorityLevelConfiguration! =[]

type PriorityLevelConfigurationReference
   1 name string! =""

type PriorityLevelConfigurationSpec
   1 type    string!                           =""
   2 limited LimitedPriorityLevelConfiguration
   3 exempt  ExemptPriorityLevelConfiguration

type PriorityLevelConfigurationStatus
   1 conditions []PriorityLevelConfigurationCondition map(type) merge(type)

type QueuingConfiguration
   1 queues           int32 =64
   2 handSize         int32 =8
   3 queueLengthLimit int32 =50

type ResourcePolicyRule
   1 verbs        []string! =null set
   2 apiGroups    []string! =null set
   3 resources    []string! =null set
   4 clusterScope bool
   5 namespaces   []string  set

type ServiceAccountSubject
   1 namespace string! =""
   2 name      string! =""

type Subject
   1 kind           string!               =""
   2 user           UserSubject
   3 group          GroupSubject
   4 serviceAccount ServiceAccountSubject

type UserSubject
   1 name string! =""
`

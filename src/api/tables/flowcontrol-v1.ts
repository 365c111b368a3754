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
   1 type string! ="" | Which of the known sorts this is.

object FlowSchema | Assigns requests to a priority level.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     FlowSchemaSpec     ={} | What is wanted of the object.
   3 status   FlowSchemaStatus   ={} | What was last observed of the object; written by the system.

type FlowSchemaCondition | One observation of the state of a FlowSchema.
   1 type               string | Which of the known sorts this is.
   2 status             string | What was last observed of the object; written by the system.
   3 lastTransitionTime Time   =null | When the condition last changed from one status to another.
   4 reason             string | One word in CamelCase that says why, for programs to read.
   5 message            string | A sentence for people that explains the state.

object FlowSchemaList | A page of FlowSchema objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []FlowSchema!    =[] | The objects of this page.

type FlowSchemaSpec | What is wanted of a FlowSchema.
   1 priorityLevelConfiguration PriorityLevelConfigurationReference! ={}
   2 matchingPrecedence         int32                                =1000
   3 distinguisherMethod        FlowDistinguisherMethod
   4 rules                      []PolicyRulesWithSubjects            atomic | Rules of which any may match.

type FlowSchemaStatus | What was last observed of a FlowSchema.
   1 conditions []FlowSchemaCondition map(type) merge(type) | Observations of the current state, at most one of each type.

type GroupSubject
   1 name string! ="" | Name of the thing meant, as its owner knows it.

type LimitResponse
   1 type    string!              ="" | Which of the known sorts this is.
   2 queuing QueuingConfiguration

type LimitedPriorityLevelConfiguration
   1 nominalConcurrencyShares int32?        =30
   2 limitResponse            LimitResponse ={}
   3 lendablePercent          int32?        =0
   4 borrowingLimitPercent    int32?

type NonResourcePolicyRule
   1 verbs           []string! =null set | Verbs that are matched or allowed; * is every one.
   6 nonResourceURLs []string! =null set | Paths outside the resources that are matched.

type PolicyRulesWithSubjects
   1 subjects         []Subject!              =null atomic | Who is meant.
   2 resourceRules    []ResourcePolicyRule    atomic | Resources that are matched or allowed.
   3 nonResourceRules []NonResourcePolicyRule atomic | Paths that are matched or allowed.

object PriorityLevelConfiguration | How many requests of a level run at a time and how others wait.
   1 metadata meta.v1.ObjectMeta               ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     PriorityLevelConfigurationSpec   ={} | What is wanted of the object.
   3 status   PriorityLevelConfigurationStatus ={} | What was last observed of the object; written by the system.

type PriorityLevelConfigurationCondition | One observation of the state of a PriorityLevelConfiguration.
   1 type               string | Which of the known sorts this is.
   2 status             string | What was last observed of the object; written by the system.
   3 lastTransitionTime Time   =null | When the condition last changed from one status to another.
   4 reason             string | One word in CamelCase that says why, for programs to read.
   5 message            string | A sentence for people that explains the state.

object PriorityLevelConfigurationList | A page of PriorityLevelConfiguration objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta              ={} | Revision of the page and how to ask for the next.
   2 items    []PriorityLevelConfiguration! =[] | The objects of this page.

type PriorityLevelConfigurationReference
   1 name string! ="" | Name of the thing meant, as its owner knows it.

type PriorityLevelConfigurationSpec | What is wanted of a PriorityLevelConfiguration.
   1 type    string!                           ="" | Which of the known sorts this is.
   2 limited LimitedPriorityLevelConfiguration
   3 exempt  ExemptPriorityLevelConfiguration

type PriorityLevelConfigurationStatus | What was last observed of a PriorityLevelConfiguration.
   1 conditions []PriorityLevelConfigurationCondition map(type) merge(type) | Observations of the current state, at most one of each type.

type QueuingConfiguration
   1 queues           int32 =64
   2 handSize         int32 =8
   3 queueLengthLimit int32 =50

type ResourcePolicyRule
   1 verbs        []string! =null set | Verbs that are matched or allowed; * is every one.
   2 apiGroups    []string! =null set | API groups that are matched; * is every one.
   3 resources    []string! =null set | Compute resources that are asked for and limited.
   4 clusterScope bool
   5 namespaces   []string  set | Namespaces that are meant.

type ServiceAccountSubject
   1 namespace string! ="" | Namespace that the object meant lives in.
   2 name      string! ="" | Name of the thing meant, as its owner knows it.

type Subject | Who is meant: a user, a group or a service account.
   1 kind           string!               ="" | Kind of the object that is referred to.
   2 user           UserSubject | User to act as.
   3 group          GroupSubject | API group, or group of users, that is meant.
   4 serviceAccount ServiceAccountSubject | Old name of serviceAccountName.

type UserSubject
   1 name string! ="" | Name of the thing meant, as its owner knows it.
`

export default `
group "flowcontrol.apiserver.k8s.io" version v1

resource flowschemas flowschema FlowSchema cluster: *
  /status FlowSchema: get patch update
resource prioritylevelconfigurations prioritylevelconfiguration PriorityLevelConfiguration cluster: *
  /status PriorityLevelConfiguration: get patch update

type ExemptPriorityLevelConfiguration | the share of a level whose requests never wait
   1 nominalConcurrencyShares int32? =0 | the level's weight when the server's seats are divided
   2 lendablePercent          int32? =0 | the part of its seats that others may use

type FlowDistinguisherMethod | by what requests of a schema are told apart into flows
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
   1 priorityLevelConfiguration PriorityLevelConfigurationReference! ={} | the level that matching requests go to
   2 matchingPrecedence         int32                                =1000 | schemas with a lower number are asked first
   3 distinguisherMethod        FlowDistinguisherMethod | how flows are told apart; absent, all is one flow
   4 rules                      []PolicyRulesWithSubjects            atomic | Rules of which any may match.

type FlowSchemaStatus | What was last observed of a FlowSchema.
   1 conditions []FlowSchemaCondition map(type) merge(type) | Observations of the current state, at most one of each type.

type GroupSubject | users of a group
   1 name string! ="" | Name of the thing meant, as its owner knows it.

type LimitResponse | what happens to a request that finds no seat
   1 type    string!              ="" | Which of the known sorts this is.
   2 queuing QueuingConfiguration | the queues, for type Queue

type LimitedPriorityLevelConfiguration | how many requests of a level may be under way, and what the others do
   1 nominalConcurrencyShares int32?        =30 | the level's weight when the server's seats are divided
   2 limitResponse            LimitResponse ={} | whether requests wait or are refused
   3 lendablePercent          int32?        =0 | the part of its seats that others may borrow
   4 borrowingLimitPercent    int32? | how much it may borrow, in percent of its own

type NonResourcePolicyRule | verbs and paths of requests that are no resource's
   1 verbs           []string! =null set | Verbs that are matched or allowed; * is every one.
   6 nonResourceURLs []string! =null set | Paths outside the resources that are matched.

type PolicyRulesWithSubjects | who asks, and for what
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

type PriorityLevelConfigurationReference | names a priority level
   1 name string! ="" | Name of the thing meant, as its owner knows it.

type PriorityLevelConfigurationSpec | What is wanted of a PriorityLevelConfiguration.
   1 type    string!                           ="" | Which of the known sorts this is.
   2 limited LimitedPriorityLevelConfiguration | the limits of a level of type Limited
   3 exempt  ExemptPriorityLevelConfiguration | the share of a level of type Exempt

type PriorityLevelConfigurationStatus | What was last observed of a PriorityLevelConfiguration.
   1 conditions []PriorityLevelConfigurationCondition map(type) merge(type) | Observations of the current state, at most one of each type.

type QueuingConfiguration | how requests wait for a seat
   1 queues           int32 =64 | how many queues there are
   2 handSize         int32 =8 | from how many queues a flow picks the shortest
   3 queueLengthLimit int32 =50 | how many may wait in one queue

type ResourcePolicyRule | verbs and resources of requests
   1 verbs        []string! =null set | Verbs that are matched or allowed; * is every one.
   2 apiGroups    []string! =null set | API groups that are matched; * is every one.
   3 resources    []string! =null set | Compute resources that are asked for and limited.
   4 clusterScope bool | matches requests that have no namespace
   5 namespaces   []string  set | Namespaces that are meant.

type ServiceAccountSubject | a service account, or all of a namespace
   1 namespace string! ="" | Namespace that the object meant lives in.
   2 name      string! ="" | Name of the thing meant, as its owner knows it.

type Subject | Who is meant: a user, a group or a service account.
   1 kind           string!               ="" | Kind of the object that is referred to.
   2 user           UserSubject | User to act as.
   3 group          GroupSubject | API group, or group of users, that is meant.
   4 serviceAccount ServiceAccountSubject | Old name of serviceAccountName.

type UserSubject | a user by name
   1 name string! ="" | Name of the thing meant, as its owner knows it.
`

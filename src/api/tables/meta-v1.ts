export default `
group "meta.k8s.io" version v1


object APIGroup | A group that the server serves, with its versions.
   1 name                       string!                     ="" | Name of the thing meant, as its owner knows it.
   2 versions                   []GroupVersionForDiscovery! =null atomic | Versions that are served or known.
   3 preferredVersion           GroupVersionForDiscovery    ={}
   4 serverAddressByClientCIDRs []ServerAddressByClientCIDR atomic

object APIGroupList | A page of APIGroup objects, with the revision it was read at.
   1 groups []APIGroup! =null atomic | Groups that the user belongs to.

type APIResource | A resource that the server serves.
   1 name               string!  ="" | Name of the thing meant, as its owner knows it.
   2 namespaced         bool!    =false
   3 kind               string!  ="" | Kind of the object that is referred to.
   4 verbs              Verbs!   =null | Verbs that are matched or allowed; * is every one.
   5 shortNames         []string atomic | Abbreviations that clients accept.
   6 singularName       string!  =""
   7 categories         []string atomic | Groups of resources such as all.
   8 group              string | API group, or group of users, that is meant.
   9 version            string | Version that is meant.
  10 storageVersionHash string

object APIResourceList | A page of APIResource objects, with the revision it was read at.
   1 groupVersion string!        =""
   2 resources    []APIResource! =null atomic | Compute resources that are asked for and limited.

object APIVersions
   1 versions                   []string!                    =null atomic | Versions that are served or known.
   2 serverAddressByClientCIDRs []ServerAddressByClientCIDR! =null atomic

type Condition | One observation of an object's state.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 observedGeneration int64 | The generation of the spec that this status was made from.
   4 lastTransitionTime Time!   =null | When the condition last changed from one status to another.
   5 reason             string! ="" | One word in CamelCase that says why, for programs to read.
   6 message            string! ="" | A sentence for people that explains the state.

object DeleteOptions | How a deletion is carried out.
   1 gracePeriodSeconds                               int64?
   2 preconditions                                    Preconditions
   3 orphanDependents                                 bool?
   4 propagationPolicy                                string?
   5 dryRun                                           []string      atomic
   6 ignoreStoreReadErrorWithClusterBreakingPotential bool?

type FieldSelectorRequirement
   1 key      string!  ="" | Key that is looked up or matched.
   2 operator string!  ="" | How the key relates to the values.
   3 values   []string atomic | Values that the operator compares with.

type GroupVersionForDiscovery
   1 groupVersion string! =""
   2 version      string! ="" | Version that is meant.

type LabelSelector atomic | Selects objects by labels; empty means all.
   1 matchLabels      map[string]string | Labels that must have these values.
   2 matchExpressions []LabelSelectorRequirement atomic | Comparisons that must all hold.

type LabelSelectorRequirement | Compares one label with values.
   1 key      string!  ="" | Key that is looked up or matched.
   2 operator string!  ="" | How the key relates to the values.
   3 values   []string atomic | Values that the operator compares with.

type ListMeta | Revision and continuation of a list.
   1 selfLink           string
   2 resourceVersion    string | Revision of the object, to notice that it changed meanwhile.
   3 continue           string
   4 remainingItemCount int64?
   5 shardInfo          ShardInfo

type ManagedFieldsEntry | The fields that one manager set last.
   1 manager     string
   2 operation   string
   3 apiVersion  string | API group and version of the object that is referred to.
   4 time        Time
   6 fieldsType  string
   7 fieldsV1    FieldsV1
   8 subresource string

type ObjectMeta | Name, labels and bookkeeping that every stored object has.
   1 name                       string               stored | Unique within namespace and resource; cannot be changed.
   2 generateName               string | Beginning of a name that the server completes.
   3 namespace                  string               stored | Namespace that the object lives in.
   4 selfLink                   string | No longer filled in.
   5 uid                        string               stored | Unique identifier of the object, never used for another one.
   6 resourceVersion            string               stored | Revision of the object, to notice that it changed meanwhile.
   7 generation                 int64 | Counts changes of what is wanted.
   8 creationTimestamp          Time                 stored | When the server created the object.
   9 deletionTimestamp          Time | When the object will be gone; set once deletion was asked for.
  10 deletionGracePeriodSeconds int64? | Seconds the object was given to end.
  11 labels                     map[string]string | Keys and values that selectors look at.
  12 annotations                map[string]string | Keys and values for tools, not for selection.
  13 ownerReferences            []OwnerReference     map(uid) merge(uid) | Owners; without any of them the object is deleted.
  14 finalizers                 []string             set merge | Who must finish work before the object can go.
  17 managedFields              []ManagedFieldsEntry atomic | Which manager set which fields.

type OwnerReference atomic | Names an owner, with which the object is deleted.
   1 kind               string! ="" | Kind of the object that is referred to.
   3 name               string! ="" | Name of the thing meant, as its owner knows it.
   4 uid                string! ="" | Unique identifier of the object, never used for another one.
   5 apiVersion         string! ="" | API group and version of the object that is referred to.
   6 controller         bool? | Whether this owner manages the object, or which one does.
   7 blockOwnerDeletion bool? | Whether the owner waits for this object to go first.

type Patch

type Preconditions | What must hold before the operation is carried out.
   1 uid             string? | Unique identifier of the object, never used for another one.
   2 resourceVersion string? | Revision of the object, to notice that it changed meanwhile.

type ServerAddressByClientCIDR
   1 clientCIDR    string! =""
   2 serverAddress string! =""

type ShardInfo
   1 selector string! ="" | Which objects are meant, by their labels.

object Status | The outcome of a request that answers with no object.
   1 metadata ListMeta      ={} | Name, labels, annotations and bookkeeping of the object.
   2 status   string | What was last observed of the object; written by the system.
   3 message  string | A sentence for people that explains the state.
   4 reason   string | One word in CamelCase that says why, for programs to read.
   5 details  StatusDetails
   6 code     int32

type StatusCause | One of the causes of a failure.
   1 reason  string | One word in CamelCase that says why, for programs to read.
   2 message string | A sentence for people that explains the state.
   3 field   string

type StatusDetails | Machine readable facts about a failure.
   1 name              string | Name of the thing meant, as its owner knows it.
   2 group             string | API group, or group of users, that is meant.
   3 kind              string | Kind of the object that is referred to.
   4 causes            []StatusCause atomic
   5 retryAfterSeconds int32
   6 uid               string | Unique identifier of the object, never used for another one.

type Verbs union
   1 items []string | Keys to take and the file names to give them; all when empty.

type WatchEvent | A change that a watch reports.
   1 type   string!       ="" | Which of the known sorts this is.
   2 object RawExtension!
`

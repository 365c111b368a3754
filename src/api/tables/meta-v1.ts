export default `
group "meta.k8s.io" version v1


object APIGroup | A group that the server serves, with its versions.
   1 name                       string!                     ="" | Name of the thing meant, as its owner knows it.
   2 versions                   []GroupVersionForDiscovery! =null atomic | Versions that are served or known.
   3 preferredVersion           GroupVersionForDiscovery    ={} | the version that clients should use
   4 serverAddressByClientCIDRs []ServerAddressByClientCIDR atomic | where clients of certain networks find the server

object APIGroupList | A page of APIGroup objects, with the revision it was read at.
   1 groups []APIGroup! =null atomic | Groups that the user belongs to.

type APIResource | A resource that the server serves.
   1 name               string!  ="" | Name of the thing meant, as its owner knows it.
   2 namespaced         bool!    =false | whether objects live in namespaces
   3 kind               string!  ="" | Kind of the object that is referred to.
   4 verbs              Verbs!   =null | Verbs that are matched or allowed; * is every one.
   5 shortNames         []string atomic | Abbreviations that clients accept.
   6 singularName       string!  ="" | the name of one object in lower case
   7 categories         []string atomic | Groups of resources such as all.
   8 group              string | API group, or group of users, that is meant.
   9 version            string | Version that is meant.
  10 storageVersionHash string | changes when the stored version does

object APIResourceList | A page of APIResource objects, with the revision it was read at.
   1 groupVersion string!        ="" | the group and version that the resources are of
   2 resources    []APIResource! =null atomic | Compute resources that are asked for and limited.

object APIVersions | the versions of the core group
   1 versions                   []string!                    =null atomic | Versions that are served or known.
   2 serverAddressByClientCIDRs []ServerAddressByClientCIDR! =null atomic | where clients of certain networks find the server

type Condition | One observation of an object's state.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 observedGeneration int64 | The generation of the spec that this status was made from.
   4 lastTransitionTime Time!   =null | When the condition last changed from one status to another.
   5 reason             string! ="" | One word in CamelCase that says why, for programs to read.
   6 message            string! ="" | A sentence for people that explains the state.

object DeleteOptions | How a deletion is carried out.
   1 gracePeriodSeconds                               int64? | how long the object may take to end; 0 is at once
   2 preconditions                                    Preconditions | what must be true for the deletion to happen
   3 orphanDependents                                 bool? | older form of propagationPolicy Orphan
   4 propagationPolicy                                string? | what becomes of dependents: Orphan, Background or Foreground
   5 dryRun                                           []string      atomic | All does everything but store it
   6 ignoreStoreReadErrorWithClusterBreakingPotential bool? | removes an object that cannot be read, whatever depends on it

type FieldSelectorRequirement | one part of a field selector
   1 key      string!  ="" | Key that is looked up or matched.
   2 operator string!  ="" | How the key relates to the values.
   3 values   []string atomic | Values that the operator compares with.

type GroupVersionForDiscovery | a version of a group, as discovery tells it
   1 groupVersion string! ="" | the group and version as one word, apps/v1
   2 version      string! ="" | Version that is meant.

type LabelSelector atomic | Selects objects by labels; empty means all.
   1 matchLabels      map[string]string | Labels that must have these values.
   2 matchExpressions []LabelSelectorRequirement atomic | Comparisons that must all hold.

type LabelSelectorRequirement | Compares one label with values.
   1 key      string!  ="" | Key that is looked up or matched.
   2 operator string!  ="" | How the key relates to the values.
   3 values   []string atomic | Values that the operator compares with.

type ListMeta | Revision and continuation of a list.
   1 selfLink           string | no longer set
   2 resourceVersion    string | Revision of the object, to notice that it changed meanwhile.
   3 continue           string | hand it back to get the next page
   4 remainingItemCount int64? | about how many items follow this page
   5 shardInfo          ShardInfo | which part of a sharded list this is

type ManagedFieldsEntry | The fields that one manager set last.
   1 manager     string | who owns the fields
   2 operation   string | Apply or Update: how the fields were set
   3 apiVersion  string | API group and version of the object that is referred to.
   4 time        Time | when the entry last changed
   6 fieldsType  string | the format of the field set: FieldsV1
   7 fieldsV1    FieldsV1 | the fields owned, as a tree of keys
   8 subresource string | the subresource through which they were set

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

type Patch | the body of a PATCH request

type Preconditions | What must hold before the operation is carried out.
   1 uid             string? | Unique identifier of the object, never used for another one.
   2 resourceVersion string? | Revision of the object, to notice that it changed meanwhile.

type ServerAddressByClientCIDR | where clients of a network find the server
   1 clientCIDR    string! ="" | the network of the client
   2 serverAddress string! ="" | host and port for it

type ShardInfo | which part of a sharded list this is
   1 selector string! ="" | Which objects are meant, by their labels.

object Status | The outcome of a request that answers with no object.
   1 metadata ListMeta      ={} | Name, labels, annotations and bookkeeping of the object.
   2 status   string | What was last observed of the object; written by the system.
   3 message  string | A sentence for people that explains the state.
   4 reason   string | One word in CamelCase that says why, for programs to read.
   5 details  StatusDetails | more about the error, for programs
   6 code     int32 | the HTTP status

type StatusCause | One of the causes of a failure.
   1 reason  string | One word in CamelCase that says why, for programs to read.
   2 message string | A sentence for people that explains the state.
   3 field   string | the path of the field that is wrong

type StatusDetails | Machine readable facts about a failure.
   1 name              string | Name of the thing meant, as its owner knows it.
   2 group             string | API group, or group of users, that is meant.
   3 kind              string | Kind of the object that is referred to.
   4 causes            []StatusCause atomic | what is wrong, one by one
   5 retryAfterSeconds int32 | when to try again
   6 uid               string | Unique identifier of the object, never used for another one.

type Verbs union | what can be done to a resource
   1 items []string | Keys to take and the file names to give them; all when empty.

type WatchEvent | A change that a watch reports.
   1 type   string!       ="" | Which of the known sorts this is.
   2 object RawExtension! | the object as it is, or was when deleted; a Status for errors
`

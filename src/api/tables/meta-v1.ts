export default `
group "meta.k8s.io" version v1


object APIGroup
   1 name                       string!                     =""
   2 versions                   []GroupVersionForDiscovery! =null atomic
   3 preferredVersion           GroupVersionForDiscovery    ={}
   4 serverAddressByClientCIDRs []ServerAddressByClientCIDR atomic

object APIGroupList
   1 groups []APIGroup! =null atomic

type APIResource
   1 name               string!  =""
   2 namespaced         bool!    =false
   3 kind               string!  =""
   4 verbs              Verbs!   =null
   5 shortNames         []string atomic
   6 singularName       string!  =""
   7 categories         []string atomic
   8 group              string
   9 version            string
  10 storageVersionHash string

object APIResourceList
   1 groupVersion string!        =""
   2 resources    []APIResource! =null atomic

object APIVersions
   1 versions                   []string!                    =null atomic
   2 serverAddressByClientCIDRs []ServerAddressByClientCIDR! =null atomic

type Condition
   1 type               string! =""
   2 status             string! =""
   3 observedGeneration int64
   4 lastTransitionTime Time!   =null
   5 reason             string! =""
   6 message            string! =""

object DeleteOptions
   1 gracePeriodSeconds                               int64?
   2 preconditions                                    Preconditions
   3 orphanDependents                                 bool?
   4 propagationPolicy                                string?
   5 dryRun                                           []string      atomic
   6 ignoreStoreReadErrorWithClusterBreakingPotential bool?

type FieldSelectorRequirement
   1 key      string!  =""
   2 operator string!  =""
   3 values   []string atomic

type GroupVersionForDiscovery
   1 groupVersion string! =""
   2 version      string! =""

type LabelSelector atomic
   1 matchLabels      map[string]string
   2 matchExpressions []LabelSelectorRequirement atomic

type LabelSelectorRequirement
   1 key      string!  =""
   2 operator string!  =""
   3 values   []string atomic

type ListMeta
   1 selfLink           string
   2 resourceVersion    string
   3 continue           string
   4 remainingItemCount int64?
   5 shardInfo          ShardInfo

type ManagedFieldsEntry
   1 manager     string
   2 operation   string
   3 apiVersion  string
   4 time        Time
   6 fieldsType  string
   7 fieldsV1    FieldsV1
   8 subresource string

type ObjectMeta
   1 name                       string               stored
   2 generateName               string
   3 namespace                  string               stored
   4 selfLink                   string
   5 uid                        string               stored
   6 resourceVersion            string               stored
   7 generation                 int64
   8 creationTimestamp          Time                 stored
   9 deletionTimestamp          Time
  10 deletionGracePeriodSeconds int64?
  11 labels                     map[string]string
  12 annotations                map[string]string
  13 ownerReferences            []OwnerReference     map(uid) merge(uid)
  14 finalizers                 []string             set merge
  17 managedFields              []ManagedFieldsEntry atomic

type OwnerReference atomic
   1 kind               string! =""
   3 name               string! =""
   4 uid                string! =""
   5 apiVersion         string! =""
   6 controller         bool?
   7 blockOwnerDeletion bool?

type Patch

type Preconditions
   1 uid             string?
   2 resourceVersion string?

type ServerAddressByClientCIDR
   1 clientCIDR    string! =""
   2 serverAddress string! =""

type ShardInfo
   1 selector string! =""

object Status
   1 metadata ListMeta      ={}
   2 status   string
   3 message  string
   4 reason   string
   5 details  StatusDetails
   6 code     int32

type StatusCause
   1 reason  string
   2 message string
   3 field   string

type StatusDetails
   1 name              string
   2 group             string
   3 kind              string
   4 causes            []StatusCause atomic
   5 retryAfterSeconds int32
   6 uid               string

type Verbs union
   1 items []string

type WatchEvent
   1 type   string!       =""
   2 object RawExtension!
`

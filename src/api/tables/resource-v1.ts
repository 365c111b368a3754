export default `
group "resource.k8s.io" version v1

resource deviceclasses deviceclass DeviceClass cluster: *
resource resourceclaims resourceclaim ResourceClaim namespaced: *
  /status ResourceClaim: get patch update
resource resourceclaimtemplates resourceclaimtemplate ResourceClaimTemplate namespaced: *
resource resourceslices resourceslice ResourceSlice cluster: *

type AllocatedDeviceStatus
   1 driver      string!             =""
   2 pool        string!             =""
   3 device      string!             =""
   4 conditions  []meta.v1.Condition map(type)
   5 data        RawExtension
   6 networkData NetworkDeviceData
   7 shareID     string?

type AllocationResult
   1 devices             DeviceAllocationResult ={}
   3 nodeSelector        core.v1.NodeSelector
   5 allocationTimestamp Time

type CELDeviceSelector
   1 expression string! =""

type CapacityRequestPolicy
   1 default     Quantity
   3 validValues []Quantity                 atomic
   4 validRange  CapacityRequestPolicyRange

type CapacityRequestPolicyRange
   1 min  Quantity!
   2 max  Quantity
   3 step Quantity

type CapacityRequirements
   1 requests map[string]Quantity

type Counter
   1 value Quantity! ="0"

type CounterSet
   1 name     string!             =""
   2 counters map[string]Counter!

type Device
   1 name                            string!                                   =""
   2 attributes                      map[string]DeviceAttribute
   3 capacity                        map[string]DeviceCapacity
   4 consumesCounters                []DeviceCounterConsumption                atomic
   5 nodeName                        string?
   6 nodeSelector                    core.v1.NodeSelector
   7 allNodes                        bool?
   8 taints                          []DeviceTaint                             atomic
   9 bindsToNode                     bool?
  10 bindingConditions               []string                                  atomic
  11 bindingFailureConditions        []string                                  atomic
  12 allowMultipleAllocations        bool?
  13 nodeAllocatableResourceMappings map[string]NodeAllocatableResourceMapping

type DeviceAllocationConfiguration
   1 source              string(FromClaim|FromClass)! =""
   2 requests            []string                     atomic
   3 deviceConfiguration DeviceConfiguration          inline

type DeviceAllocationResult
   1 results []DeviceRequestAllocationResult atomic
   2 config  []DeviceAllocationConfiguration atomic

type DeviceAttribute
   2 int      int64?
   3 bool     bool?
   4 string   string?
   5 version  string?
   6 ints     []int64  atomic
   7 bools    []bool   atomic
   8 strings  []string atomic
   9 versions []string atomic

type DeviceCapacity
   1 value         Quantity!             ="0"
   2 requestPolicy CapacityRequestPolicy

type DeviceClaim
   1 requests    []DeviceRequest            =null atomic
   2 constraints []DeviceConstraint         atomic
   3 config      []DeviceClaimConfiguration atomic

type DeviceClaimConfiguration
   1 requests            []string            atomic
   2 deviceConfiguration DeviceConfiguration inline

object DeviceClass
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     DeviceClassSpec!   ={}

type DeviceClassConfiguration
   1 deviceConfiguration DeviceConfiguration inline

object DeviceClassList
   1 metadata meta.v1.ListMeta ={}
   2 items    []DeviceClass!   =[]

type DeviceClassSpec
   1 selectors            []DeviceSelector           atomic
   2 config               []DeviceClassConfiguration atomic
   4 extendedResourceName string?

type DeviceConfiguration
   1 opaque OpaqueDeviceConfiguration

type DeviceConstraint
   1 requests          []string atomic
   2 matchAttribute    string?
   3 distinctAttribute string?

type DeviceCounterConsumption
   1 counterSet string!             =""
   2 counters   map[string]Counter!

type DeviceRequest
   1 name           string!            =""
   2 exactly        ExactDeviceRequest
   3 firstAvailable []DeviceSubRequest atomic

type DeviceRequestAllocationResult
   1 request                  string!             =""
   2 driver                   string!             =""
   3 pool                     string!             =""
   4 device                   string!             =""
   5 adminAccess              bool?
   6 tolerations              []DeviceToleration  atomic
   7 bindingConditions        []string            atomic
   8 bindingFailureConditions []string            atomic
   9 shareID                  string?
  10 consumedCapacity         map[string]Quantity

type DeviceSelector
   1 cel CELDeviceSelector

type DeviceSubRequest
   1 name            string!                =""
   2 deviceClassName string!                =""
   3 selectors       []DeviceSelector       atomic
   4 allocationMode  string(All|ExactCount) ="ExactCount"
   5 count           int64
   6 tolerations     []DeviceToleration     atomic
   7 capacity        CapacityRequirements

type DeviceTaint
   1 key       string!                            =""
   2 value     string
   3 effect    string(NoExecute|NoSchedule|None)! =""
   4 timeAdded Time

type DeviceToleration
   1 key               string
   2 operator          string(Equal|Exists)              ="Equal"
   3 value             string
   4 effect            string(NoExecute|NoSchedule|None)
   5 tolerationSeconds int64?

type ExactDeviceRequest
   1 deviceClassName string!                =""
   2 selectors       []DeviceSelector       atomic
   3 allocationMode  string(All|ExactCount) ="ExactCount"
   4 count           int64
   5 adminAccess     bool?
   6 tolerations     []DeviceToleration     atomic
   7 capacity        CapacityRequirements

type NetworkDeviceData
   1 interfaceName   string
   2 ips             []string atomic
   3 hardwareAddress string

type NodeAllocatableResourceMapping
   1 capacityKey          string?
   2 allocationMultiplier Quantity

type OpaqueDeviceConfiguration
   1 driver     string!       =""
   2 parameters RawExtension! =null

object ResourceClaim
   1 metadata meta.v1.ObjectMeta  ={}
   2 spec     ResourceClaimSpec!  ={}
   3 status   ResourceClaimStatus ={}

type ResourceClaimConsumerReference
   1 apiGroup string
   3 resource string! =""
   4 name     string! =""
   5 uid      string! =""

object ResourceClaimList
   1 metadata meta.v1.ListMeta ={}
   2 items    []ResourceClaim! =[]

type ResourceClaimSpec
   1 devices DeviceClaim ={}

type ResourceClaimStatus
   1 allocation  AllocationResult
   2 reservedFor []ResourceClaimConsumerReference map(uid) merge(uid)
   4 devices     []AllocatedDeviceStatus          map(driver,device,pool,shareID)

object ResourceClaimTemplate
   1 metadata meta.v1.ObjectMeta         ={}
   2 spec     ResourceClaimTemplateSpec! ={}

object ResourceClaimTemplateList
   1 metadata meta.v1.ListMeta         ={}
   2 items    []ResourceClaimTemplate! =[]

type ResourceClaimTemplateSpec
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     ResourceClaimSpec! ={}

type ResourcePool
   1 name               string! =""
   2 generation         int64!  =0
   3 resourceSliceCount int64!  =0

object ResourceSlice
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     ResourceSliceSpec! ={}

object ResourceSliceList
   1 metadata meta.v1.ListMeta ={}
   2 items    []ResourceSlice! =[]

type ResourceSliceSpec
   1 driver                 string!              =""
   2 pool                   ResourcePool!        ={}
   3 nodeName               string?
   4 nodeSelector           core.v1.NodeSelector
   5 allNodes               bool?
   6 devices                []Device             atomic
   7 perDeviceNodeSelection bool?
   8 sharedCounters         []CounterSet         atomic
`

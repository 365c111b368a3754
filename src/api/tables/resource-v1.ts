export default `
group "resource.k8s.io" version v1

resource deviceclasses deviceclass DeviceClass cluster: *
resource resourceclaims resourceclaim ResourceClaim namespaced: *
  /status ResourceClaim: get patch update
resource resourceclaimtemplates resourceclaimtemplate ResourceClaimTemplate namespaced: *
resource resourceslices resourceslice ResourceSlice cluster: *

type AllocatedDeviceStatus | What was last observed of a AllocatedDevice.
   1 driver      string!             ="" | Name of the driver that is responsible.
   2 pool        string!             ="" | Pool that the device or image belongs to.
   3 device      string!             ="" | the device's name in its pool
   4 conditions  []meta.v1.Condition map(type) | Observations of the current state, at most one of each type.
   5 data        RawExtension | The content, by key or as raw document.
   6 networkData NetworkDeviceData | what a network device is like
   7 shareID     string? | Identifies one of several shares of the device.

type AllocationResult | what a claim got, and where it can be used
   1 devices             DeviceAllocationResult ={} | Devices that are asked for, allocated or reported.
   3 nodeSelector        core.v1.NodeSelector | Labels that a node must carry.
   5 allocationTimestamp Time | when it was allocated

type CELDeviceSelector | a CEL expression that a device must satisfy
   1 expression string! ="" | Expression in CEL.

type CapacityRequestPolicy | which amounts of a shared capacity may be asked for
   1 default     Quantity | Value that an absent one gets.
   3 validValues []Quantity                 atomic | the amounts allowed, in rising order
   4 validRange  CapacityRequestPolicyRange | the range of amounts allowed

type CapacityRequestPolicyRange | a range of amounts
   1 min  Quantity! | the smallest amount
   2 max  Quantity | the largest amount
   3 step Quantity | amounts grow from the smallest in such steps

type CapacityRequirements | how much of a device's capacity is asked for
   1 requests map[string]Quantity | What is asked for or set aside of each resource.

type Counter | an amount that devices draw on together
   1 value Quantity! ="0" | The value itself.

type CounterSet | amounts that devices draw on together
   1 name     string!             ="" | Name of the thing meant, as its owner knows it.
   2 counters map[string]Counter! | Amounts by counter name.

type Device | one device of a pool
   1 name                            string!                                   ="" | Name of the thing meant, as its owner knows it.
   2 attributes                      map[string]DeviceAttribute | Properties of the device by name.
   3 capacity                        map[string]DeviceCapacity | Total amount of each resource.
   4 consumesCounters                []DeviceCounterConsumption                atomic | what it draws from the pool's shared counters
   5 nodeName                        string? | Name of the node meant.
   6 nodeSelector                    core.v1.NodeSelector | Labels that a node must carry.
   7 allNodes                        bool? | reachable from every node
   8 taints                          []DeviceTaint                             atomic | Marks that keep pods away which do not tolerate them.
   9 bindsToNode                     bool? | using it ties the claim to the node
  10 bindingConditions               []string                                  atomic | Conditions that must be true before the pod is bound.
  11 bindingFailureConditions        []string                                  atomic | Conditions that say binding failed for good.
  12 allowMultipleAllocations        bool? | several claims may share it
  13 nodeAllocatableResourceMappings map[string]NodeAllocatableResourceMapping | node resources that using it takes

type DeviceAllocationConfiguration | settings for allocated devices, from the claim or its class
   1 source              string(FromClaim|FromClass)! ="" | Where it comes from.
   2 requests            []string                     atomic | What is asked for or set aside of each resource.
   3 deviceConfiguration DeviceConfiguration          inline | the settings

type DeviceAllocationResult | the devices that a claim got
   1 results []DeviceRequestAllocationResult atomic | the devices, request by request
   2 config  []DeviceAllocationConfiguration atomic | Configuration handed to the drivers.

type DeviceAttribute | a property of a device; one of the fields is set
   2 int      int64? | a whole number
   3 bool     bool? | yes or no
   4 string   string? | a text
   5 version  string? | Version that is meant.
   6 ints     []int64  atomic | whole numbers
   7 bools    []bool   atomic | several yes or no
   8 strings  []string atomic | texts
   9 versions []string atomic | Versions that are served or known.

type DeviceCapacity | how much of something a device has
   1 value         Quantity!             ="0" | The value itself.
   2 requestPolicy CapacityRequestPolicy | which amounts may be asked for when it is shared

type DeviceClaim | the devices that are asked for
   1 requests    []DeviceRequest            =null atomic | What is asked for or set aside of each resource.
   2 constraints []DeviceConstraint         atomic | what must hold between the devices
   3 config      []DeviceClaimConfiguration atomic | Configuration handed to the drivers.

type DeviceClaimConfiguration | settings for the devices of a claim
   1 requests            []string            atomic | What is asked for or set aside of each resource.
   2 deviceConfiguration DeviceConfiguration inline | the settings

object DeviceClass | A kind of device, by selectors and configuration.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     DeviceClassSpec!   ={} | What is wanted of the object.

type DeviceClassConfiguration | settings for the devices of a class
   1 deviceConfiguration DeviceConfiguration inline | the settings

object DeviceClassList | A page of DeviceClass objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []DeviceClass!   =[] | The objects of this page.

type DeviceClassSpec | What is wanted of a DeviceClass.
   1 selectors            []DeviceSelector           atomic | Expressions that a device must all satisfy.
   2 config               []DeviceClassConfiguration atomic | Configuration handed to the drivers.
   4 extendedResourceName string? | lets pods ask for the class as an extended resource

type DeviceConfiguration | settings for devices
   1 opaque OpaqueDeviceConfiguration | settings that only the driver understands

type DeviceConstraint | what must hold between allocated devices
   1 requests          []string atomic | What is asked for or set aside of each resource.
   2 matchAttribute    string? | the devices have the same value of this attribute
   3 distinctAttribute string? | each device has another value of this attribute

type DeviceCounterConsumption | what a device draws from a counter set
   1 counterSet string!             ="" | the set that is drawn on
   2 counters   map[string]Counter! | Amounts by counter name.

type DeviceRequest | a request for devices
   1 name           string!            ="" | Name of the thing meant, as its owner knows it.
   2 exactly        ExactDeviceRequest | just these devices
   3 firstAvailable []DeviceSubRequest atomic | alternatives, the first that can be had

type DeviceRequestAllocationResult | a device that a request got
   1 request                  string!             ="" | Name of the request that this answers.
   2 driver                   string!             ="" | Name of the driver that is responsible.
   3 pool                     string!             ="" | Pool that the device or image belongs to.
   4 device                   string!             ="" | the device's name in its pool
   5 adminAccess              bool? | Whether to share devices that others use, for administration.
   6 tolerations              []DeviceToleration  atomic | Taints that are tolerated.
   7 bindingConditions        []string            atomic | Conditions that must be true before the pod is bound.
   8 bindingFailureConditions []string            atomic | Conditions that say binding failed for good.
   9 shareID                  string? | Identifies one of several shares of the device.
  10 consumedCapacity         map[string]Quantity | how much of it, where it is shared

type DeviceSelector | what a device must be like
   1 cel CELDeviceSelector | a CEL expression

type DeviceSubRequest | one alternative of a request
   1 name            string!                ="" | Name of the thing meant, as its owner knows it.
   2 deviceClassName string!                ="" | Class that the device must belong to.
   3 selectors       []DeviceSelector       atomic | Expressions that a device must all satisfy.
   4 allocationMode  string(All|ExactCount) ="ExactCount" | Whether a number of devices or all that match are wanted.
   5 count           int64 | How many there are or are wanted.
   6 tolerations     []DeviceToleration     atomic | Taints that are tolerated.
   7 capacity        CapacityRequirements | Total amount of each resource.

type DeviceTaint | keeps claims that do not tolerate it off a device
   1 key       string!                            ="" | Key that is looked up or matched.
   2 value     string | The value itself.
   3 effect    string(NoExecute|NoSchedule|None)! ="" | What happens to pods that do not tolerate the taint.
   4 timeAdded Time | When the taint was added.

type DeviceToleration | lets a claim have a tainted device
   1 key               string | Key that is looked up or matched.
   2 operator          string(Equal|Exists)              ="Equal" | How the key relates to the values.
   3 value             string | The value itself.
   4 effect            string(NoExecute|NoSchedule|None) | What happens to pods that do not tolerate the taint.
   5 tolerationSeconds int64? | Seconds that a NoExecute taint is tolerated before eviction.

type ExactDeviceRequest | how many devices of which class, and what they must be like
   1 deviceClassName string!                ="" | Class that the device must belong to.
   2 selectors       []DeviceSelector       atomic | Expressions that a device must all satisfy.
   3 allocationMode  string(All|ExactCount) ="ExactCount" | Whether a number of devices or all that match are wanted.
   4 count           int64 | How many there are or are wanted.
   5 adminAccess     bool? | Whether to share devices that others use, for administration.
   6 tolerations     []DeviceToleration     atomic | Taints that are tolerated.
   7 capacity        CapacityRequirements | Total amount of each resource.

type NetworkDeviceData | what a network device is like on the node
   1 interfaceName   string | the interface in the pod
   2 ips             []string atomic | its addresses with their prefixes
   3 hardwareAddress string | its MAC address

type NodeAllocatableResourceMapping | how a device's capacity counts against the node
   1 capacityKey          string? | the capacity that counts
   2 allocationMultiplier Quantity | how much of the node's resource one unit takes

type OpaqueDeviceConfiguration | settings that only the driver understands
   1 driver     string!       ="" | Name of the driver that is responsible.
   2 parameters RawExtension! =null | Settings that the driver understands.

object ResourceClaim | Asks for devices, and records which were given.
   1 metadata meta.v1.ObjectMeta  ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     ResourceClaimSpec!  ={} | What is wanted of the object.
   3 status   ResourceClaimStatus ={} | What was last observed of the object; written by the system.

type ResourceClaimConsumerReference | who may use a claim
   1 apiGroup string | API group of the object that is referred to; empty means core.
   3 resource string! ="" | Resource that is meant, in the plural.
   4 name     string! ="" | Name of the thing meant, as its owner knows it.
   5 uid      string! ="" | Unique identifier of the object, never used for another one.

object ResourceClaimList | A page of ResourceClaim objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []ResourceClaim! =[] | The objects of this page.

type ResourceClaimSpec | What is wanted of a ResourceClaim.
   1 devices DeviceClaim ={} | Devices that are asked for, allocated or reported.

type ResourceClaimStatus | What was last observed of a ResourceClaim.
   1 allocation  AllocationResult | what the claim got
   2 reservedFor []ResourceClaimConsumerReference map(uid) merge(uid) | who may use it now
   4 devices     []AllocatedDeviceStatus          map(driver,device,pool,shareID) | Devices that are asked for, allocated or reported.

object ResourceClaimTemplate | A claim for devices that is made for each pod.
   1 metadata meta.v1.ObjectMeta         ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     ResourceClaimTemplateSpec! ={} | What is wanted of the object.

object ResourceClaimTemplateList | A page of ResourceClaimTemplate objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta         ={} | Revision of the page and how to ask for the next.
   2 items    []ResourceClaimTemplate! =[] | The objects of this page.

type ResourceClaimTemplateSpec | What is wanted of a ResourceClaimTemplate.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     ResourceClaimSpec! ={} | What is wanted of the object.

type ResourcePool | the pool that a slice's devices belong to
   1 name               string! ="" | Name of the thing meant, as its owner knows it.
   2 generation         int64!  =0 | raised with each change of the pool; older slices are ignored
   3 resourceSliceCount int64!  =0 | how many slices the pool has at this generation

object ResourceSlice | Devices that a driver offers.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     ResourceSliceSpec! ={} | What is wanted of the object.

object ResourceSliceList | A page of ResourceSlice objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []ResourceSlice! =[] | The objects of this page.

type ResourceSliceSpec | What is wanted of a ResourceSlice.
   1 driver                 string!              ="" | Name of the driver that is responsible.
   2 pool                   ResourcePool!        ={} | Pool that the device or image belongs to.
   3 nodeName               string? | Name of the node meant.
   4 nodeSelector           core.v1.NodeSelector | Labels that a node must carry.
   5 allNodes               bool? | every node can reach the devices
   6 devices                []Device             atomic | Devices that are asked for, allocated or reported.
   7 perDeviceNodeSelection bool? | each device says for itself which nodes can reach it
   8 sharedCounters         []CounterSet         atomic | amounts that the devices draw on together
`

// Written by scripts/generate-types.ts from src/api/tables/resource-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

/** What was last observed of a AllocatedDevice. */
export interface AllocatedDeviceStatus {
  /** Name of the driver that is responsible. */
  driver: string
  /** Pool that the device or image belongs to. */
  pool: string
  /** the device's name in its pool */
  device: string
  /** Observations of the current state, at most one of each type. */
  conditions?: meta_v1.Condition[]
  /** The content, by key or as raw document. */
  data?: Record<string, unknown>
  /** what a network device is like */
  networkData?: NetworkDeviceData
  /** Identifies one of several shares of the device. */
  shareID?: string
}

/** what a claim got, and where it can be used */
export interface AllocationResult {
  /** Devices that are asked for, allocated or reported. */
  devices: DeviceAllocationResult
  /** Labels that a node must carry. */
  nodeSelector?: core_v1.NodeSelector
  /** when it was allocated */
  allocationTimestamp?: string
}

/** a CEL expression that a device must satisfy */
export interface CELDeviceSelector {
  /** Expression in CEL. */
  expression: string
}

/** which amounts of a shared capacity may be asked for */
export interface CapacityRequestPolicy {
  /** Value that an absent one gets. */
  default?: string
  /** the amounts allowed, in rising order */
  validValues?: string[]
  /** the range of amounts allowed */
  validRange?: CapacityRequestPolicyRange
}

/** a range of amounts */
export interface CapacityRequestPolicyRange {
  /** the smallest amount */
  min: string
  /** the largest amount */
  max?: string
  /** amounts grow from the smallest in such steps */
  step?: string
}

/** how much of a device's capacity is asked for */
export interface CapacityRequirements {
  /** What is asked for or set aside of each resource. */
  requests?: Record<string, string>
}

/** an amount that devices draw on together */
export interface Counter {
  /** The value itself. */
  value: string
}

/** amounts that devices draw on together */
export interface CounterSet {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Amounts by counter name. */
  counters: Record<string, Counter>
}

/** one device of a pool */
export interface Device {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Properties of the device by name. */
  attributes?: Record<string, DeviceAttribute>
  /** Total amount of each resource. */
  capacity?: Record<string, DeviceCapacity>
  /** what it draws from the pool's shared counters */
  consumesCounters?: DeviceCounterConsumption[]
  /** Name of the node meant. */
  nodeName?: string
  /** Labels that a node must carry. */
  nodeSelector?: core_v1.NodeSelector
  /** reachable from every node */
  allNodes?: boolean
  /** Marks that keep pods away which do not tolerate them. */
  taints?: DeviceTaint[]
  /** using it ties the claim to the node */
  bindsToNode?: boolean
  /** Conditions that must be true before the pod is bound. */
  bindingConditions?: string[]
  /** Conditions that say binding failed for good. */
  bindingFailureConditions?: string[]
  /** several claims may share it */
  allowMultipleAllocations?: boolean
  /** node resources that using it takes */
  nodeAllocatableResourceMappings?: Record<string, NodeAllocatableResourceMapping>
}

/** settings for allocated devices, from the claim or its class */
export interface DeviceAllocationConfiguration {
  /** Where it comes from. */
  source: 'FromClaim' | 'FromClass'
  /** What is asked for or set aside of each resource. */
  requests?: string[]
  /** settings that only the driver understands */
  opaque?: OpaqueDeviceConfiguration
}

/** the devices that a claim got */
export interface DeviceAllocationResult {
  /** the devices, request by request */
  results?: DeviceRequestAllocationResult[]
  /** Configuration handed to the drivers. */
  config?: DeviceAllocationConfiguration[]
}

/** a property of a device; one of the fields is set */
export interface DeviceAttribute {
  /** a whole number */
  int?: number
  /** yes or no */
  bool?: boolean
  /** a text */
  string?: string
  /** Version that is meant. */
  version?: string
  /** whole numbers */
  ints?: number[]
  /** several yes or no */
  bools?: boolean[]
  /** texts */
  strings?: string[]
  /** Versions that are served or known. */
  versions?: string[]
}

/** how much of something a device has */
export interface DeviceCapacity {
  /** The value itself. */
  value: string
  /** which amounts may be asked for when it is shared */
  requestPolicy?: CapacityRequestPolicy
}

/** the devices that are asked for */
export interface DeviceClaim {
  /** What is asked for or set aside of each resource. */
  requests?: DeviceRequest[] | null
  /** what must hold between the devices */
  constraints?: DeviceConstraint[]
  /** Configuration handed to the drivers. */
  config?: DeviceClaimConfiguration[]
}

/** settings for the devices of a claim */
export interface DeviceClaimConfiguration {
  /** What is asked for or set aside of each resource. */
  requests?: string[]
  /** settings that only the driver understands */
  opaque?: OpaqueDeviceConfiguration
}

/** A kind of device, by selectors and configuration. */
export interface DeviceClass {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: DeviceClassSpec
}

/** settings for the devices of a class */
export interface DeviceClassConfiguration {
  /** settings that only the driver understands */
  opaque?: OpaqueDeviceConfiguration
}

/** A page of DeviceClass objects, with the revision it was read at. */
export interface DeviceClassList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: DeviceClass[]
}

/** What is wanted of a DeviceClass. */
export interface DeviceClassSpec {
  /** Expressions that a device must all satisfy. */
  selectors?: DeviceSelector[]
  /** Configuration handed to the drivers. */
  config?: DeviceClassConfiguration[]
  /** lets pods ask for the class as an extended resource */
  extendedResourceName?: string
}

/** settings for devices */
export interface DeviceConfiguration {
  /** settings that only the driver understands */
  opaque?: OpaqueDeviceConfiguration
}

/** what must hold between allocated devices */
export interface DeviceConstraint {
  /** What is asked for or set aside of each resource. */
  requests?: string[]
  /** the devices have the same value of this attribute */
  matchAttribute?: string
  /** each device has another value of this attribute */
  distinctAttribute?: string
}

/** what a device draws from a counter set */
export interface DeviceCounterConsumption {
  /** the set that is drawn on */
  counterSet: string
  /** Amounts by counter name. */
  counters: Record<string, Counter>
}

/** a request for devices */
export interface DeviceRequest {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** just these devices */
  exactly?: ExactDeviceRequest
  /** alternatives, the first that can be had */
  firstAvailable?: DeviceSubRequest[]
}

/** a device that a request got */
export interface DeviceRequestAllocationResult {
  /** Name of the request that this answers. */
  request: string
  /** Name of the driver that is responsible. */
  driver: string
  /** Pool that the device or image belongs to. */
  pool: string
  /** the device's name in its pool */
  device: string
  /** Whether to share devices that others use, for administration. */
  adminAccess?: boolean
  /** Taints that are tolerated. */
  tolerations?: DeviceToleration[]
  /** Conditions that must be true before the pod is bound. */
  bindingConditions?: string[]
  /** Conditions that say binding failed for good. */
  bindingFailureConditions?: string[]
  /** Identifies one of several shares of the device. */
  shareID?: string
  /** how much of it, where it is shared */
  consumedCapacity?: Record<string, string>
}

/** what a device must be like */
export interface DeviceSelector {
  /** a CEL expression */
  cel?: CELDeviceSelector
}

/** one alternative of a request */
export interface DeviceSubRequest {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Class that the device must belong to. */
  deviceClassName: string
  /** Expressions that a device must all satisfy. */
  selectors?: DeviceSelector[]
  /** Whether a number of devices or all that match are wanted. */
  allocationMode: 'All' | 'ExactCount'
  /** How many there are or are wanted. */
  count?: number
  /** Taints that are tolerated. */
  tolerations?: DeviceToleration[]
  /** Total amount of each resource. */
  capacity?: CapacityRequirements
}

/** keeps claims that do not tolerate it off a device */
export interface DeviceTaint {
  /** Key that is looked up or matched. */
  key: string
  /** The value itself. */
  value?: string
  /** What happens to pods that do not tolerate the taint. */
  effect: 'NoExecute' | 'NoSchedule' | 'None'
  /** When the taint was added. */
  timeAdded?: string
}

/** lets a claim have a tainted device */
export interface DeviceToleration {
  /** Key that is looked up or matched. */
  key?: string
  /** How the key relates to the values. */
  operator: 'Equal' | 'Exists'
  /** The value itself. */
  value?: string
  /** What happens to pods that do not tolerate the taint. */
  effect?: 'NoExecute' | 'NoSchedule' | 'None'
  /** Seconds that a NoExecute taint is tolerated before eviction. */
  tolerationSeconds?: number
}

/** how many devices of which class, and what they must be like */
export interface ExactDeviceRequest {
  /** Class that the device must belong to. */
  deviceClassName: string
  /** Expressions that a device must all satisfy. */
  selectors?: DeviceSelector[]
  /** Whether a number of devices or all that match are wanted. */
  allocationMode: 'All' | 'ExactCount'
  /** How many there are or are wanted. */
  count?: number
  /** Whether to share devices that others use, for administration. */
  adminAccess?: boolean
  /** Taints that are tolerated. */
  tolerations?: DeviceToleration[]
  /** Total amount of each resource. */
  capacity?: CapacityRequirements
}

/** what a network device is like on the node */
export interface NetworkDeviceData {
  /** the interface in the pod */
  interfaceName?: string
  /** its addresses with their prefixes */
  ips?: string[]
  /** its MAC address */
  hardwareAddress?: string
}

/** how a device's capacity counts against the node */
export interface NodeAllocatableResourceMapping {
  /** the capacity that counts */
  capacityKey?: string
  /** how much of the node's resource one unit takes */
  allocationMultiplier?: string
}

/** settings that only the driver understands */
export interface OpaqueDeviceConfiguration {
  /** Name of the driver that is responsible. */
  driver: string
  /** Settings that the driver understands. */
  parameters: Record<string, unknown>
}

/** Asks for devices, and records which were given. */
export interface ResourceClaim {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: ResourceClaimSpec
  /** What was last observed of the object; written by the system. */
  status: ResourceClaimStatus
}

/** who may use a claim */
export interface ResourceClaimConsumerReference {
  /** API group of the object that is referred to; empty means core. */
  apiGroup?: string
  /** Resource that is meant, in the plural. */
  resource: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Unique identifier of the object, never used for another one. */
  uid: string
}

/** A page of ResourceClaim objects, with the revision it was read at. */
export interface ResourceClaimList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ResourceClaim[]
}

/** What is wanted of a ResourceClaim. */
export interface ResourceClaimSpec {
  /** Devices that are asked for, allocated or reported. */
  devices: DeviceClaim
}

/** What was last observed of a ResourceClaim. */
export interface ResourceClaimStatus {
  /** what the claim got */
  allocation?: AllocationResult
  /** who may use it now */
  reservedFor?: ResourceClaimConsumerReference[]
  /** Devices that are asked for, allocated or reported. */
  devices?: AllocatedDeviceStatus[]
}

/** A claim for devices that is made for each pod. */
export interface ResourceClaimTemplate {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: ResourceClaimTemplateSpec
}

/** A page of ResourceClaimTemplate objects, with the revision it was read at. */
export interface ResourceClaimTemplateList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ResourceClaimTemplate[]
}

/** What is wanted of a ResourceClaimTemplate. */
export interface ResourceClaimTemplateSpec {
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: ResourceClaimSpec
}

/** the pool that a slice's devices belong to */
export interface ResourcePool {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** raised with each change of the pool; older slices are ignored */
  generation: number
  /** how many slices the pool has at this generation */
  resourceSliceCount: number
}

/** Devices that a driver offers. */
export interface ResourceSlice {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: ResourceSliceSpec
}

/** A page of ResourceSlice objects, with the revision it was read at. */
export interface ResourceSliceList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ResourceSlice[]
}

/** What is wanted of a ResourceSlice. */
export interface ResourceSliceSpec {
  /** Name of the driver that is responsible. */
  driver: string
  /** Pool that the device or image belongs to. */
  pool: ResourcePool
  /** Name of the node meant. */
  nodeName?: string
  /** Labels that a node must carry. */
  nodeSelector?: core_v1.NodeSelector
  /** every node can reach the devices */
  allNodes?: boolean
  /** Devices that are asked for, allocated or reported. */
  devices?: Device[]
  /** each device says for itself which nodes can reach it */
  perDeviceNodeSelection?: boolean
  /** amounts that the devices draw on together */
  sharedCounters?: CounterSet[]
}

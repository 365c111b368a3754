// Written by scripts/generate-types.ts from src/api/tables/resource-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

/** What was last observed of a AllocatedDevice. */
export interface AllocatedDeviceStatus {
  /** Name of the driver that is responsible. */
  driver: string
  /** Pool that the device or image belongs to. */
  pool: string
  device: string
  /** Observations of the current state, at most one of each type. */
  conditions?: meta_v1.Condition[]
  /** The content, by key or as raw document. */
  data?: Record<string, unknown>
  networkData?: NetworkDeviceData
  /** Identifies one of several shares of the device. */
  shareID?: string
}

export interface AllocationResult {
  /** Devices that are asked for, allocated or reported. */
  devices: DeviceAllocationResult
  /** Labels that a node must carry. */
  nodeSelector?: core_v1.NodeSelector
  allocationTimestamp?: string
}

export interface CELDeviceSelector {
  /** Expression in CEL. */
  expression: string
}

export interface CapacityRequestPolicy {
  /** Value that an absent one gets. */
  default?: string
  validValues?: string[]
  validRange?: CapacityRequestPolicyRange
}

export interface CapacityRequestPolicyRange {
  min: string
  max?: string
  step?: string
}

export interface CapacityRequirements {
  /** What is asked for or set aside of each resource. */
  requests?: Record<string, string>
}

export interface Counter {
  /** The value itself. */
  value: string
}

export interface CounterSet {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Amounts by counter name. */
  counters: Record<string, Counter>
}

export interface Device {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Properties of the device by name. */
  attributes?: Record<string, DeviceAttribute>
  /** Total amount of each resource. */
  capacity?: Record<string, DeviceCapacity>
  consumesCounters?: DeviceCounterConsumption[]
  /** Name of the node meant. */
  nodeName?: string
  /** Labels that a node must carry. */
  nodeSelector?: core_v1.NodeSelector
  allNodes?: boolean
  /** Marks that keep pods away which do not tolerate them. */
  taints?: DeviceTaint[]
  bindsToNode?: boolean
  /** Conditions that must be true before the pod is bound. */
  bindingConditions?: string[]
  /** Conditions that say binding failed for good. */
  bindingFailureConditions?: string[]
  allowMultipleAllocations?: boolean
  nodeAllocatableResourceMappings?: Record<string, NodeAllocatableResourceMapping>
}

export interface DeviceAllocationConfiguration {
  /** Where it comes from. */
  source: 'FromClaim' | 'FromClass'
  /** What is asked for or set aside of each resource. */
  requests?: string[]
  opaque?: OpaqueDeviceConfiguration
}

export interface DeviceAllocationResult {
  results?: DeviceRequestAllocationResult[]
  /** Configuration handed to the drivers. */
  config?: DeviceAllocationConfiguration[]
}

export interface DeviceAttribute {
  int?: number
  bool?: boolean
  string?: string
  /** Version that is meant. */
  version?: string
  ints?: number[]
  bools?: boolean[]
  strings?: string[]
  /** Versions that are served or known. */
  versions?: string[]
}

export interface DeviceCapacity {
  /** The value itself. */
  value: string
  requestPolicy?: CapacityRequestPolicy
}

export interface DeviceClaim {
  /** What is asked for or set aside of each resource. */
  requests?: DeviceRequest[] | null
  constraints?: DeviceConstraint[]
  /** Configuration handed to the drivers. */
  config?: DeviceClaimConfiguration[]
}

export interface DeviceClaimConfiguration {
  /** What is asked for or set aside of each resource. */
  requests?: string[]
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

export interface DeviceClassConfiguration {
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
  extendedResourceName?: string
}

export interface DeviceConfiguration {
  opaque?: OpaqueDeviceConfiguration
}

export interface DeviceConstraint {
  /** What is asked for or set aside of each resource. */
  requests?: string[]
  matchAttribute?: string
  distinctAttribute?: string
}

export interface DeviceCounterConsumption {
  counterSet: string
  /** Amounts by counter name. */
  counters: Record<string, Counter>
}

export interface DeviceRequest {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  exactly?: ExactDeviceRequest
  firstAvailable?: DeviceSubRequest[]
}

export interface DeviceRequestAllocationResult {
  /** Name of the request that this answers. */
  request: string
  /** Name of the driver that is responsible. */
  driver: string
  /** Pool that the device or image belongs to. */
  pool: string
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
  consumedCapacity?: Record<string, string>
}

export interface DeviceSelector {
  cel?: CELDeviceSelector
}

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

export interface NetworkDeviceData {
  interfaceName?: string
  ips?: string[]
  hardwareAddress?: string
}

export interface NodeAllocatableResourceMapping {
  capacityKey?: string
  allocationMultiplier?: string
}

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
  allocation?: AllocationResult
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

export interface ResourcePool {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  generation: number
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
  allNodes?: boolean
  /** Devices that are asked for, allocated or reported. */
  devices?: Device[]
  perDeviceNodeSelection?: boolean
  sharedCounters?: CounterSet[]
}

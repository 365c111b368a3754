// Written by scripts/generate-types.ts from src/api/tables/resource-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

export interface AllocatedDeviceStatus {
  driver: string
  pool: string
  device: string
  conditions?: meta_v1.Condition[]
  data?: Record<string, unknown>
  networkData?: NetworkDeviceData
  shareID?: string
}

export interface AllocationResult {
  devices: DeviceAllocationResult
  nodeSelector?: core_v1.NodeSelector
  allocationTimestamp?: string
}

export interface CELDeviceSelector {
  expression: string
}

export interface CapacityRequestPolicy {
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
  requests?: Record<string, string>
}

export interface Counter {
  value: string
}

export interface CounterSet {
  name: string
  counters: Record<string, Counter>
}

export interface Device {
  name: string
  attributes?: Record<string, DeviceAttribute>
  capacity?: Record<string, DeviceCapacity>
  consumesCounters?: DeviceCounterConsumption[]
  nodeName?: string
  nodeSelector?: core_v1.NodeSelector
  allNodes?: boolean
  taints?: DeviceTaint[]
  bindsToNode?: boolean
  bindingConditions?: string[]
  bindingFailureConditions?: string[]
  allowMultipleAllocations?: boolean
  nodeAllocatableResourceMappings?: Record<string, NodeAllocatableResourceMapping>
}

export interface DeviceAllocationConfiguration {
  source: 'FromClaim' | 'FromClass'
  requests?: string[]
  opaque?: OpaqueDeviceConfiguration
}

export interface DeviceAllocationResult {
  results?: DeviceRequestAllocationResult[]
  config?: DeviceAllocationConfiguration[]
}

export interface DeviceAttribute {
  int?: number
  bool?: boolean
  string?: string
  version?: string
  ints?: number[]
  bools?: boolean[]
  strings?: string[]
  versions?: string[]
}

export interface DeviceCapacity {
  value: string
  requestPolicy?: CapacityRequestPolicy
}

export interface DeviceClaim {
  requests?: DeviceRequest[] | null
  constraints?: DeviceConstraint[]
  config?: DeviceClaimConfiguration[]
}

export interface DeviceClaimConfiguration {
  requests?: string[]
  opaque?: OpaqueDeviceConfiguration
}

export interface DeviceClass {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: DeviceClassSpec
}

export interface DeviceClassConfiguration {
  opaque?: OpaqueDeviceConfiguration
}

export interface DeviceClassList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: DeviceClass[]
}

export interface DeviceClassSpec {
  selectors?: DeviceSelector[]
  config?: DeviceClassConfiguration[]
  extendedResourceName?: string
}

export interface DeviceConfiguration {
  opaque?: OpaqueDeviceConfiguration
}

export interface DeviceConstraint {
  requests?: string[]
  matchAttribute?: string
  distinctAttribute?: string
}

export interface DeviceCounterConsumption {
  counterSet: string
  counters: Record<string, Counter>
}

export interface DeviceRequest {
  name: string
  exactly?: ExactDeviceRequest
  firstAvailable?: DeviceSubRequest[]
}

export interface DeviceRequestAllocationResult {
  request: string
  driver: string
  pool: string
  device: string
  adminAccess?: boolean
  tolerations?: DeviceToleration[]
  bindingConditions?: string[]
  bindingFailureConditions?: string[]
  shareID?: string
  consumedCapacity?: Record<string, string>
}

export interface DeviceSelector {
  cel?: CELDeviceSelector
}

export interface DeviceSubRequest {
  name: string
  deviceClassName: string
  selectors?: DeviceSelector[]
  allocationMode: 'All' | 'ExactCount'
  count?: number
  tolerations?: DeviceToleration[]
  capacity?: CapacityRequirements
}

export interface DeviceTaint {
  key: string
  value?: string
  effect: 'NoExecute' | 'NoSchedule' | 'None'
  timeAdded?: string
}

export interface DeviceToleration {
  key?: string
  operator: 'Equal' | 'Exists'
  value?: string
  effect?: 'NoExecute' | 'NoSchedule' | 'None'
  tolerationSeconds?: number
}

export interface ExactDeviceRequest {
  deviceClassName: string
  selectors?: DeviceSelector[]
  allocationMode: 'All' | 'ExactCount'
  count?: number
  adminAccess?: boolean
  tolerations?: DeviceToleration[]
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
  driver: string
  parameters: Record<string, unknown>
}

export interface ResourceClaim {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: ResourceClaimSpec
  status: ResourceClaimStatus
}

export interface ResourceClaimConsumerReference {
  apiGroup?: string
  resource: string
  name: string
  uid: string
}

export interface ResourceClaimList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: ResourceClaim[]
}

export interface ResourceClaimSpec {
  devices: DeviceClaim
}

export interface ResourceClaimStatus {
  allocation?: AllocationResult
  reservedFor?: ResourceClaimConsumerReference[]
  devices?: AllocatedDeviceStatus[]
}

export interface ResourceClaimTemplate {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: ResourceClaimTemplateSpec
}

export interface ResourceClaimTemplateList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: ResourceClaimTemplate[]
}

export interface ResourceClaimTemplateSpec {
  metadata: meta_v1.ObjectMeta
  spec: ResourceClaimSpec
}

export interface ResourcePool {
  name: string
  generation: number
  resourceSliceCount: number
}

export interface ResourceSlice {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: ResourceSliceSpec
}

export interface ResourceSliceList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: ResourceSlice[]
}

export interface ResourceSliceSpec {
  driver: string
  pool: ResourcePool
  nodeName?: string
  nodeSelector?: core_v1.NodeSelector
  allNodes?: boolean
  devices?: Device[]
  perDeviceNodeSelection?: boolean
  sharedCounters?: CounterSet[]
}

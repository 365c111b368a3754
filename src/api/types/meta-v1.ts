// Written by scripts/generate-types.ts from src/api/tables/meta-v1.ts: edit that, not this.

export interface APIGroup {
  apiVersion?: string
  kind?: string
  name: string
  versions: GroupVersionForDiscovery[]
  preferredVersion: GroupVersionForDiscovery
  serverAddressByClientCIDRs?: ServerAddressByClientCIDR[]
}

export interface APIGroupList {
  apiVersion?: string
  kind?: string
  groups: APIGroup[]
}

export interface APIResource {
  name: string
  namespaced: boolean
  kind: string
  verbs: Verbs
  shortNames?: string[]
  singularName: string
  categories?: string[]
  group?: string
  version?: string
  storageVersionHash?: string
}

export interface APIResourceList {
  apiVersion?: string
  kind?: string
  groupVersion: string
  resources: APIResource[]
}

export interface APIVersions {
  apiVersion?: string
  kind?: string
  versions: string[]
  serverAddressByClientCIDRs: ServerAddressByClientCIDR[]
}

export interface Condition {
  type: string
  status: string
  observedGeneration?: number
  lastTransitionTime: string
  reason: string
  message: string
}

export interface DeleteOptions {
  apiVersion?: string
  kind?: string
  gracePeriodSeconds?: number
  preconditions?: Preconditions
  orphanDependents?: boolean
  propagationPolicy?: string
  dryRun?: string[]
  ignoreStoreReadErrorWithClusterBreakingPotential?: boolean
}

export interface FieldSelectorRequirement {
  key: string
  operator: string
  values?: string[]
}

export interface GroupVersionForDiscovery {
  groupVersion: string
  version: string
}

export interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: LabelSelectorRequirement[]
}

export interface LabelSelectorRequirement {
  key: string
  operator: string
  values?: string[]
}

export interface ListMeta {
  selfLink?: string
  resourceVersion?: string
  continue?: string
  remainingItemCount?: number
  shardInfo?: ShardInfo
}

export interface ManagedFieldsEntry {
  manager?: string
  operation?: string
  apiVersion?: string
  time?: string
  fieldsType?: string
  fieldsV1?: Record<string, unknown>
  subresource?: string
}

export interface ObjectMeta {
  name: string
  generateName?: string
  namespace: string
  selfLink?: string
  uid: string
  resourceVersion: string
  generation?: number
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  managedFields?: ManagedFieldsEntry[]
}

export interface OwnerReference {
  kind: string
  name: string
  uid: string
  apiVersion: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface Patch {

}

export interface Preconditions {
  uid?: string
  resourceVersion?: string
}

export interface ServerAddressByClientCIDR {
  clientCIDR: string
  serverAddress: string
}

export interface ShardInfo {
  selector: string
}

export interface Status {
  apiVersion?: string
  kind?: string
  metadata: ListMeta
  status?: string
  message?: string
  reason?: string
  details?: StatusDetails
  code?: number
}

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
  uid?: string
}

export type Verbs = string[]

export interface WatchEvent {
  type: string
  object: Record<string, unknown>
}

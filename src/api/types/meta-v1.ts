// Written by scripts/generate-types.ts from src/api/tables/meta-v1.ts: edit that, not this.

/** A group that the server serves, with its versions. */
export interface APIGroup {
  apiVersion?: string
  kind?: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Versions that are served or known. */
  versions: GroupVersionForDiscovery[]
  /** the version that clients should use */
  preferredVersion: GroupVersionForDiscovery
  /** where clients of certain networks find the server */
  serverAddressByClientCIDRs?: ServerAddressByClientCIDR[]
}

/** A page of APIGroup objects, with the revision it was read at. */
export interface APIGroupList {
  apiVersion?: string
  kind?: string
  /** Groups that the user belongs to. */
  groups: APIGroup[]
}

/** A resource that the server serves. */
export interface APIResource {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** whether objects live in namespaces */
  namespaced: boolean
  /** Kind of the object that is referred to. */
  kind: string
  /** Verbs that are matched or allowed; * is every one. */
  verbs: Verbs
  /** Abbreviations that clients accept. */
  shortNames?: string[]
  /** the name of one object in lower case */
  singularName: string
  /** Groups of resources such as all. */
  categories?: string[]
  /** API group, or group of users, that is meant. */
  group?: string
  /** Version that is meant. */
  version?: string
  /** changes when the stored version does */
  storageVersionHash?: string
}

/** A page of APIResource objects, with the revision it was read at. */
export interface APIResourceList {
  apiVersion?: string
  kind?: string
  /** the group and version that the resources are of */
  groupVersion: string
  /** Compute resources that are asked for and limited. */
  resources: APIResource[]
}

/** the versions of the core group */
export interface APIVersions {
  apiVersion?: string
  kind?: string
  /** Versions that are served or known. */
  versions: string[]
  /** where clients of certain networks find the server */
  serverAddressByClientCIDRs: ServerAddressByClientCIDR[]
}

/** One observation of an object's state. */
export interface Condition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
  /** When the condition last changed from one status to another. */
  lastTransitionTime: string
  /** One word in CamelCase that says why, for programs to read. */
  reason: string
  /** A sentence for people that explains the state. */
  message: string
}

/** How a deletion is carried out. */
export interface DeleteOptions {
  apiVersion?: string
  kind?: string
  /** how long the object may take to end; 0 is at once */
  gracePeriodSeconds?: number
  /** what must be true for the deletion to happen */
  preconditions?: Preconditions
  /** older form of propagationPolicy Orphan */
  orphanDependents?: boolean
  /** what becomes of dependents: Orphan, Background or Foreground */
  propagationPolicy?: string
  /** All does everything but store it */
  dryRun?: string[]
  /** removes an object that cannot be read, whatever depends on it */
  ignoreStoreReadErrorWithClusterBreakingPotential?: boolean
}

/** one part of a field selector */
export interface FieldSelectorRequirement {
  /** Key that is looked up or matched. */
  key: string
  /** How the key relates to the values. */
  operator: string
  /** Values that the operator compares with. */
  values?: string[]
}

/** a version of a group, as discovery tells it */
export interface GroupVersionForDiscovery {
  /** the group and version as one word, apps/v1 */
  groupVersion: string
  /** Version that is meant. */
  version: string
}

/** Selects objects by labels; empty means all. */
export interface LabelSelector {
  /** Labels that must have these values. */
  matchLabels?: Record<string, string>
  /** Comparisons that must all hold. */
  matchExpressions?: LabelSelectorRequirement[]
}

/** Compares one label with values. */
export interface LabelSelectorRequirement {
  /** Key that is looked up or matched. */
  key: string
  /** How the key relates to the values. */
  operator: string
  /** Values that the operator compares with. */
  values?: string[]
}

/** Revision and continuation of a list. */
export interface ListMeta {
  /** no longer set */
  selfLink?: string
  /** Revision of the object, to notice that it changed meanwhile. */
  resourceVersion?: string
  /** hand it back to get the next page */
  continue?: string
  /** about how many items follow this page */
  remainingItemCount?: number
  /** which part of a sharded list this is */
  shardInfo?: ShardInfo
}

/** The fields that one manager set last. */
export interface ManagedFieldsEntry {
  /** who owns the fields */
  manager?: string
  /** Apply or Update: how the fields were set */
  operation?: string
  /** API group and version of the object that is referred to. */
  apiVersion?: string
  /** when the entry last changed */
  time?: string
  /** the format of the field set: FieldsV1 */
  fieldsType?: string
  /** the fields owned, as a tree of keys */
  fieldsV1?: Record<string, unknown>
  /** the subresource through which they were set */
  subresource?: string
}

/** Name, labels and bookkeeping that every stored object has. */
export interface ObjectMeta {
  /** Unique within namespace and resource; cannot be changed. */
  name: string
  /** Beginning of a name that the server completes. */
  generateName?: string
  /** Namespace that the object lives in. */
  namespace: string
  /** No longer filled in. */
  selfLink?: string
  /** Unique identifier of the object, never used for another one. */
  uid: string
  /** Revision of the object, to notice that it changed meanwhile. */
  resourceVersion: string
  /** Counts changes of what is wanted. */
  generation?: number
  /** When the server created the object. */
  creationTimestamp: string
  /** When the object will be gone; set once deletion was asked for. */
  deletionTimestamp?: string
  /** Seconds the object was given to end. */
  deletionGracePeriodSeconds?: number
  /** Keys and values that selectors look at. */
  labels?: Record<string, string>
  /** Keys and values for tools, not for selection. */
  annotations?: Record<string, string>
  /** Owners; without any of them the object is deleted. */
  ownerReferences?: OwnerReference[]
  /** Who must finish work before the object can go. */
  finalizers?: string[]
  /** Which manager set which fields. */
  managedFields?: ManagedFieldsEntry[]
}

/** Names an owner, with which the object is deleted. */
export interface OwnerReference {
  /** Kind of the object that is referred to. */
  kind: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Unique identifier of the object, never used for another one. */
  uid: string
  /** API group and version of the object that is referred to. */
  apiVersion: string
  /** Whether this owner manages the object, or which one does. */
  controller?: boolean
  /** Whether the owner waits for this object to go first. */
  blockOwnerDeletion?: boolean
}

/** the body of a PATCH request */
export interface Patch {

}

/** What must hold before the operation is carried out. */
export interface Preconditions {
  /** Unique identifier of the object, never used for another one. */
  uid?: string
  /** Revision of the object, to notice that it changed meanwhile. */
  resourceVersion?: string
}

/** where clients of a network find the server */
export interface ServerAddressByClientCIDR {
  /** the network of the client */
  clientCIDR: string
  /** host and port for it */
  serverAddress: string
}

/** which part of a sharded list this is */
export interface ShardInfo {
  /** Which objects are meant, by their labels. */
  selector: string
}

/** The outcome of a request that answers with no object. */
export interface Status {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: ListMeta
  /** What was last observed of the object; written by the system. */
  status?: string
  /** A sentence for people that explains the state. */
  message?: string
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** more about the error, for programs */
  details?: StatusDetails
  /** the HTTP status */
  code?: number
}

/** One of the causes of a failure. */
export interface StatusCause {
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
  /** the path of the field that is wrong */
  field?: string
}

/** Machine readable facts about a failure. */
export interface StatusDetails {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** API group, or group of users, that is meant. */
  group?: string
  /** Kind of the object that is referred to. */
  kind?: string
  /** what is wrong, one by one */
  causes?: StatusCause[]
  /** when to try again */
  retryAfterSeconds?: number
  /** Unique identifier of the object, never used for another one. */
  uid?: string
}

/** what can be done to a resource */
export type Verbs = string[]

/** A change that a watch reports. */
export interface WatchEvent {
  /** Which of the known sorts this is. */
  type: string
  /** the object as it is, or was when deleted; a Status for errors */
  object: Record<string, unknown>
}

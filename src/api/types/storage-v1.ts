// Written by scripts/generate-types.ts from src/api/tables/storage-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

/** What a storage driver can do and needs. */
export interface CSIDriver {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: CSIDriverSpec
}

/** A page of CSIDriver objects, with the revision it was read at. */
export interface CSIDriverList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: CSIDriver[]
}

/** What is wanted of a CSIDriver. */
export interface CSIDriverSpec {
  /** whether volumes must be attached before they are mounted */
  attachRequired: boolean
  /** whether the driver is told of the pod when it mounts */
  podInfoOnMount: boolean
  /** Persistent, Ephemeral or both */
  volumeLifecycleModes: string[]
  /** whether scheduling looks at the capacity that is published */
  storageCapacity: boolean
  /** whether volumes change owner for a pod's fsGroup */
  fsGroupPolicy: string
  /** service account tokens that the driver gets when it mounts */
  tokenRequests?: TokenRequest[]
  /** mount is called again from time to time */
  requiresRepublish: boolean
  /** the driver mounts with a SELinux context itself */
  seLinuxMount: boolean
  /** how often the node's volume limit is read anew */
  nodeAllocatableUpdatePeriodSeconds?: number
  /** tokens come as secrets rather than in the volume's context */
  serviceAccountTokenInSecrets?: boolean
  /** pods wait for nodes where the driver is installed */
  preventPodSchedulingIfMissing?: boolean
}

/** The storage drivers of a node. */
export interface CSINode {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: CSINodeSpec
}

/** a CSI driver on a node */
export interface CSINodeDriver {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** what the driver calls the node */
  nodeID: string
  /** node labels that tell where volumes are reachable */
  topologyKeys?: string[] | null
  /** What pods may use of each resource. */
  allocatable?: VolumeNodeResources
}

/** A page of CSINode objects, with the revision it was read at. */
export interface CSINodeList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: CSINode[]
}

/** What is wanted of a CSINode. */
export interface CSINodeSpec {
  /** the drivers installed on the node */
  drivers: CSINodeDriver[]
}

/** Free storage in a part of the cluster. */
export interface CSIStorageCapacity {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** the nodes that can use the capacity */
  nodeTopology?: meta_v1.LabelSelector
  /** Class that the volume belongs to or is wanted of. */
  storageClassName: string
  /** Total amount of each resource. */
  capacity?: string
  /** the largest single volume */
  maximumVolumeSize?: string
}

/** A page of CSIStorageCapacity objects, with the revision it was read at. */
export interface CSIStorageCapacityList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: CSIStorageCapacity[]
}

/** A kind of storage that volumes can be made of. */
export interface StorageClass {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** Who makes the volumes. */
  provisioner: string
  /** Settings that the driver understands. */
  parameters?: Record<string, string>
  /** What becomes of the volume when it is released. */
  reclaimPolicy: 'Delete' | 'Recycle' | 'Retain'
  /** Options passed to mount. */
  mountOptions?: string[]
  /** Whether volumes can grow. */
  allowVolumeExpansion?: boolean
  /** Whether volumes wait for the first pod. */
  volumeBindingMode: 'Immediate' | 'WaitForFirstConsumer'
  /** where volumes may be made; empty for anywhere */
  allowedTopologies?: core_v1.TopologySelectorTerm[]
}

/** A page of StorageClass objects, with the revision it was read at. */
export interface StorageClassList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: StorageClass[]
}

/** Asks for a token of a service account. */
export interface TokenRequest {
  /** Who the token is meant for. */
  audience: string
  /** Seconds that the token or certificate should last. */
  expirationSeconds?: number
}

/** The wish to attach a volume to a node. */
export interface VolumeAttachment {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: VolumeAttachmentSpec
  /** What was last observed of the object; written by the system. */
  status: VolumeAttachmentStatus
}

/** A page of VolumeAttachment objects, with the revision it was read at. */
export interface VolumeAttachmentList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: VolumeAttachment[]
}

/** the volume to attach */
export interface VolumeAttachmentSource {
  /** a persistent volume by name */
  persistentVolumeName?: string
  /** a volume that a pod describes itself */
  inlineVolumeSpec?: core_v1.PersistentVolumeSpec
}

/** What is wanted of a VolumeAttachment. */
export interface VolumeAttachmentSpec {
  /** the driver that attaches */
  attacher: string
  /** Where it comes from. */
  source: VolumeAttachmentSource
  /** Name of the node meant. */
  nodeName: string
}

/** What was last observed of a VolumeAttachment. */
export interface VolumeAttachmentStatus {
  /** whether it is attached */
  attached: boolean
  /** what the driver wants to know again when it mounts */
  attachmentMetadata?: Record<string, string>
  /** why attaching failed last */
  attachError?: VolumeError
  /** why detaching failed last */
  detachError?: VolumeError
}

/** Adjustable attributes of volumes. */
export interface VolumeAttributesClass {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** the CSI driver */
  driverName: string
  /** Settings that the driver understands. */
  parameters?: Record<string, string>
}

/** A page of VolumeAttributesClass objects, with the revision it was read at. */
export interface VolumeAttributesClassList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: VolumeAttributesClass[]
}

/** a failure of attaching or detaching */
export interface VolumeError {
  /** when it happened */
  time?: string | null
  /** A sentence for people that explains the state. */
  message?: string
  /** the driver's gRPC code */
  errorCode?: number
}

/** how many volumes of a driver a node can have */
export interface VolumeNodeResources {
  /** How many there are or are wanted. */
  count?: number
}

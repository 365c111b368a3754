export default `
group "storage.k8s.io" version v1

resource csidrivers csidriver CSIDriver cluster: *
resource csinodes csinode CSINode cluster: *
resource csistoragecapacities csistoragecapacity CSIStorageCapacity namespaced: *
resource storageclasses storageclass StorageClass cluster short=sc: *
resource volumeattachments volumeattachment VolumeAttachment cluster: *
  /status VolumeAttachment: get patch update
resource volumeattributesclasses volumeattributesclass VolumeAttributesClass cluster short=vac: *

object CSIDriver | What a storage driver can do and needs.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     CSIDriverSpec!     ={} | What is wanted of the object.

object CSIDriverList | A page of CSIDriver objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []CSIDriver!     =[] | The objects of this page.

type CSIDriverSpec | What is wanted of a CSIDriver.
   1 attachRequired                     bool?          =true | whether volumes must be attached before they are mounted
   2 podInfoOnMount                     bool?          =false | whether the driver is told of the pod when it mounts
   3 volumeLifecycleModes               []string       =["Persistent"] set | Persistent, Ephemeral or both
   4 storageCapacity                    bool?          =false | whether scheduling looks at the capacity that is published
   5 fsGroupPolicy                      string?        ="ReadWriteOnceWithFSType" | whether volumes change owner for a pod's fsGroup
   6 tokenRequests                      []TokenRequest atomic | service account tokens that the driver gets when it mounts
   7 requiresRepublish                  bool?          =false | mount is called again from time to time
   8 seLinuxMount                       bool?          =false | the driver mounts with a SELinux context itself
   9 nodeAllocatableUpdatePeriodSeconds int64? | how often the node's volume limit is read anew
  10 serviceAccountTokenInSecrets       bool? | tokens come as secrets rather than in the volume's context
  11 preventPodSchedulingIfMissing      bool? | pods wait for nodes where the driver is installed

object CSINode | The storage drivers of a node.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     CSINodeSpec!       ={} | What is wanted of the object.

type CSINodeDriver | a CSI driver on a node
   1 name         string!             ="" | Name of the thing meant, as its owner knows it.
   2 nodeID       string!             ="" | what the driver calls the node
   3 topologyKeys []string            =null atomic | node labels that tell where volumes are reachable
   4 allocatable  VolumeNodeResources | What pods may use of each resource.

object CSINodeList | A page of CSINode objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []CSINode!       =[] | The objects of this page.

type CSINodeSpec | What is wanted of a CSINode.
   1 drivers []CSINodeDriver! =null map(name) merge(name) | the drivers installed on the node

object CSIStorageCapacity | Free storage in a part of the cluster.
   1 metadata          meta.v1.ObjectMeta    ={} | Name, labels, annotations and bookkeeping of the object.
   2 nodeTopology      meta.v1.LabelSelector | the nodes that can use the capacity
   3 storageClassName  string!               ="" | Class that the volume belongs to or is wanted of.
   4 capacity          Quantity | Total amount of each resource.
   5 maximumVolumeSize Quantity | the largest single volume

object CSIStorageCapacityList | A page of CSIStorageCapacity objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta      ={} | Revision of the page and how to ask for the next.
   2 items    []CSIStorageCapacity! =[] | The objects of this page.

object StorageClass | A kind of storage that volumes can be made of.
   1 metadata             meta.v1.ObjectMeta                      ={} | Name, labels, annotations and bookkeeping of the object.
   2 provisioner          string!                                 ="" | Who makes the volumes.
   3 parameters           map[string]string | Settings that the driver understands.
   4 reclaimPolicy        string(Delete|Recycle|Retain)?          ="Delete" | What becomes of the volume when it is released.
   5 mountOptions         []string                                atomic | Options passed to mount.
   6 allowVolumeExpansion bool? | Whether volumes can grow.
   7 volumeBindingMode    string(Immediate|WaitForFirstConsumer)? ="Immediate" | Whether volumes wait for the first pod.
   8 allowedTopologies    []core.v1.TopologySelectorTerm          atomic | where volumes may be made; empty for anywhere

object StorageClassList | A page of StorageClass objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []StorageClass!  =[] | The objects of this page.

type TokenRequest | Asks for a token of a service account.
   1 audience          string! ="" | Who the token is meant for.
   2 expirationSeconds int64? | Seconds that the token or certificate should last.

object VolumeAttachment | The wish to attach a volume to a node.
   1 metadata meta.v1.ObjectMeta     ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     VolumeAttachmentSpec!  ={} | What is wanted of the object.
   3 status   VolumeAttachmentStatus ={} | What was last observed of the object; written by the system.

object VolumeAttachmentList | A page of VolumeAttachment objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta    ={} | Revision of the page and how to ask for the next.
   2 items    []VolumeAttachment! =[] | The objects of this page.

type VolumeAttachmentSource | the volume to attach
   1 persistentVolumeName string? | a persistent volume by name
   2 inlineVolumeSpec     core.v1.PersistentVolumeSpec | a volume that a pod describes itself

type VolumeAttachmentSpec | What is wanted of a VolumeAttachment.
   1 attacher string!                 ="" | the driver that attaches
   2 source   VolumeAttachmentSource! ={} | Where it comes from.
   3 nodeName string!                 ="" | Name of the node meant.

type VolumeAttachmentStatus | What was last observed of a VolumeAttachment.
   1 attached           bool!             =false | whether it is attached
   2 attachmentMetadata map[string]string | what the driver wants to know again when it mounts
   3 attachError        VolumeError | why attaching failed last
   4 detachError        VolumeError | why detaching failed last

object VolumeAttributesClass | Adjustable attributes of volumes.
   1 metadata   meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 driverName string!            ="" | the CSI driver
   3 parameters map[string]string | Settings that the driver understands.

object VolumeAttributesClassList | A page of VolumeAttributesClass objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta         ={} | Revision of the page and how to ask for the next.
   2 items    []VolumeAttributesClass! =[] | The objects of this page.

type VolumeError | a failure of attaching or detaching
   1 time      Time   =null | when it happened
   2 message   string | A sentence for people that explains the state.
   3 errorCode int32? | the driver's gRPC code

type VolumeNodeResources | how many volumes of a driver a node can have
   1 count int32? | How many there are or are wanted.
`

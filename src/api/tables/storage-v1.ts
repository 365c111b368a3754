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
   1 attachRequired                     bool?          =true
   2 podInfoOnMount                     bool?          =false
   3 volumeLifecycleModes               []string       =["Persistent"] set
   4 storageCapacity                    bool?          =false
   5 fsGroupPolicy                      string?        ="ReadWriteOnceWithFSType"
   6 tokenRequests                      []TokenRequest atomic
   7 requiresRepublish                  bool?          =false
   8 seLinuxMount                       bool?          =false
   9 nodeAllocatableUpdatePeriodSeconds int64?
  10 serviceAccountTokenInSecrets       bool?
  11 preventPodSchedulingIfMissing      bool?

object CSINode | The storage drivers of a node.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     CSINodeSpec!       ={} | What is wanted of the object.

type CSINodeDriver
   1 name         string!             ="" | Name of the thing meant, as its owner knows it.
   2 nodeID       string!             =""
   3 topologyKeys []string            =null atomic
   4 allocatable  VolumeNodeResources | What pods may use of each resource.

object CSINodeList | A page of CSINode objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []CSINode!       =[] | The objects of this page.

type CSINodeSpec | What is wanted of a CSINode.
   1 drivers []CSINodeDriver! =null map(name) merge(name)

object CSIStorageCapacity | Free storage in a part of the cluster.
   1 metadata          meta.v1.ObjectMeta    ={} | Name, labels, annotations and bookkeeping of the object.
   2 nodeTopology      meta.v1.LabelSelector
   3 storageClassName  string!               ="" | Class that the volume belongs to or is wanted of.
   4 capacity          Quantity | Total amount of each resource.
   5 maximumVolumeSize Quantity

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
   8 allowedTopologies    []core.v1.TopologySelectorTerm          atomic

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

type VolumeAttachmentSource
   1 persistentVolumeName string?
   2 inlineVolumeSpec     core.v1.PersistentVolumeSpec

type VolumeAttachmentSpec | What is wanted of a VolumeAttachment.
   1 attacher string!                 =""
   2 source   VolumeAttachmentSource! ={} | Where it comes from.
   3 nodeName string!                 ="" | Name of the node meant.

type VolumeAttachmentStatus | What was last observed of a VolumeAttachment.
   1 attached           bool!             =false
   2 attachmentMetadata map[string]string
   3 attachError        VolumeError
   4 detachError        VolumeError

object VolumeAttributesClass | Adjustable attributes of volumes.
   1 metadata   meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 driverName string!            =""
   3 parameters map[string]string | Settings that the driver understands.

object VolumeAttributesClassList | A page of VolumeAttributesClass objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta         ={} | Revision of the page and how to ask for the next.
   2 items    []VolumeAttributesClass! =[] | The objects of this page.

type VolumeError
   1 time      Time   =null
   2 message   string | A sentence for people that explains the state.
   3 errorCode int32?

type VolumeNodeResources
   1 count int32? | How many there are or are wanted.
`

export default `
group "storage.k8s.io" version v1

resource csidrivers csidriver CSIDriver cluster: *
resource csinodes csinode CSINode cluster: *
resource csistoragecapacities csistoragecapacity CSIStorageCapacity namespaced: *
resource storageclasses storageclass StorageClass cluster short=sc: *
resource volumeattachments volumeattachment VolumeAttachment cluster: *
  /status VolumeAttachment: get patch update
resource volumeattributesclasses volumeattributesclass VolumeAttributesClass cluster short=vac: *

object CSIDriver
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     CSIDriverSpec!     ={}

object CSIDriverList
   1 metadata meta.v1.ListMeta ={}
   2 items    []CSIDriver!     =[]

type CSIDriverSpec
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

object CSINode
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     CSINodeSpec!       ={}

type CSINodeDriver
   1 name         string!             =""
   2 nodeID       string!             =""
   3 topologyKeys []string            =null atomic
   4 allocatable  VolumeNodeResources

object CSINodeList
   1 metadata meta.v1.ListMeta ={}
   2 items    []CSINode!       =[]

type CSINodeSpec
   1 drivers []CSINodeDriver! =null map(name) merge(name)

object CSIStorageCapacity
   1 metadata          meta.v1.ObjectMeta    ={}
   2 nodeTopology      meta.v1.LabelSelector
   3 storageClassName  string!               =""
   4 capacity          Quantity
   5 maximumVolumeSize Quantity

object CSIStorageCapacityList
   1 metadata meta.v1.ListMeta      ={}
   2 items    []CSIStorageCapacity! =[]

object StorageClass
   1 metadata             meta.v1.ObjectMeta                      ={}
   2 provisioner          string!                                 =""
   3 parameters           map[string]string
   4 reclaimPolicy        string(Delete|Recycle|Retain)?          ="Delete"
   5 mountOptions         []string                                atomic
   6 allowVolumeExpansion bool?
   7 volumeBindingMode    string(Immediate|WaitForFirstConsumer)? ="Immediate"
   8 allowedTopologies    []core.v1.TopologySelectorTerm          atomic

object StorageClassList
   1 metadata meta.v1.ListMeta ={}
   2 items    []StorageClass!  =[]

type TokenRequest
   1 audience          string! =""
   2 expirationSeconds int64?

object VolumeAttachment
   1 metadata meta.v1.ObjectMeta     ={}
   2 spec     VolumeAttachmentSpec!  ={}
   3 status   VolumeAttachmentStatus ={}

object VolumeAttachmentList
   1 metadata meta.v1.ListMeta    ={}
   2 items    []VolumeAttachment! =[]

type VolumeAttachmentSource
   1 persistentVolumeName string?
   2 inlineVolumeSpec     core.v1.PersistentVolumeSpec

type VolumeAttachmentSpec
   1 attacher string!                 =""
   2 source   VolumeAttachmentSource! ={}
   3 nodeName string!                 =""

type VolumeAttachmentStatus
   1 attached           bool!             =false
   2 attachmentMetadata map[string]string
   3 attachError        VolumeError
   4 detachError        VolumeError

object VolumeAttributesClass
   1 metadata   meta.v1.ObjectMeta ={}
   2 driverName string!            =""
   3 parameters map[string]string

object VolumeAttributesClassList
   1 metadata meta.v1.ListMeta         ={}
   2 items    []VolumeAttributesClass! =[]

type VolumeError
   1 time      Time   =null
   2 message   string
   3 errorCode int32?

type VolumeNodeResources
   1 count int32?
`

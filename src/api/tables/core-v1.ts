export default `
group "" version v1

resource bindings binding Binding namespaced: create
resource componentstatuses componentstatus ComponentStatus cluster short=cs: get list
resource configmaps configmap ConfigMap namespaced short=cm: *
resource endpoints endpoints Endpoints namespaced short=ep: *
resource events event Event namespaced short=ev: *
resource limitranges limitrange LimitRange namespaced short=limits: *
resource namespaces namespace Namespace cluster short=ns: create delete get list patch update watch
  /finalize Namespace: update
  /status Namespace: get patch update
resource nodes node Node cluster short=no: *
  /proxy NodeProxyOptions: create delete get patch update
  /status Node: get patch update
resource persistentvolumeclaims persistentvolumeclaim PersistentVolumeClaim namespaced short=pvc: *
  /status PersistentVolumeClaim: get patch update
resource persistentvolumes persistentvolume PersistentVolume cluster short=pv: *
  /status PersistentVolume: get patch update
resource pods pod Pod namespaced short=po in=all: *
  /attach PodAttachOptions: create get
  /binding Binding: create
  /ephemeralcontainers Pod: get patch update
  /eviction policy/v1/Eviction: create
  /exec PodExecOptions: create get
  /log Pod: get
  /portforward PodPortForwardOptions: create get
  /proxy PodProxyOptions: create delete get patch update
  /resize Pod: get patch update
  /status Pod: get patch update
resource podtemplates podtemplate PodTemplate namespaced: *
resource replicationcontrollers replicationcontroller ReplicationController namespaced short=rc in=all: *
  /scale autoscaling/v1/Scale: get patch update
  /status ReplicationController: get patch update
resource resourcequotas resourcequota ResourceQuota namespaced short=quota: *
  /status ResourceQuota: get patch update
resource secrets secret Secret namespaced: *
resource serviceaccounts serviceaccount ServiceAccount namespaced short=sa: *
  /token authentication.k8s.io/v1/TokenRequest: create
resource services service Service namespaced short=svc in=all: *
  /proxy ServiceProxyOptions: create delete get patch update
  /status Service: get patch update

type AWSElasticBlockStoreVolumeSource
   1 volumeID  string! =""
   2 fsType    string
   3 partition int32
   4 readOnly  bool

type Affinity
   1 nodeAffinity    NodeAffinity
   2 podAffinity     PodAffinity
   3 podAntiAffinity PodAntiAffinity

type AppArmorProfile
   1 type             string(Localhost|RuntimeDefault|Unconfined)! =""
   2 localhostProfile string?

type AttachedVolume
   1 name       string! =""
   2 devicePath string! =""

type AzureDiskVolumeSource
   1 diskName    string!                           =""
   2 diskURI     string!                           =""
   3 cachingMode string(None|ReadOnly|ReadWrite)?  ="ReadWrite"
   4 fsType      string?                           ="ext4"
   5 readOnly    bool?                             =false
   6 kind        string(Dedicated|Managed|Shared)? ="Shared"

type AzureFilePersistentVolumeSource
   1 secretName      string! =""
   2 shareName       string! =""
   3 readOnly        bool
   4 secretNamespace string?

type AzureFileVolumeSource
   1 secretName string! =""
   2 shareName  string! =""
   3 readOnly   bool

object Binding
   1 metadata meta.v1.ObjectMeta ={}
   2 target   ObjectReference!   ={}

type CSIPersistentVolumeSource
   1 driver                     string!           =""
   2 volumeHandle               string!           =""
   3 readOnly                   bool
   4 fsType                     string
   5 volumeAttributes           map[string]string
   6 controllerPublishSecretRef SecretReference
   7 nodeStageSecretRef         SecretReference
   8 nodePublishSecretRef       SecretReference
   9 controllerExpandSecretRef  SecretReference
  10 nodeExpandSecretRef        SecretReference

type CSIVolumeSource
   1 driver               string!              =""
   2 readOnly             bool?
   3 fsType               string?
   4 volumeAttributes     map[string]string
   5 nodePublishSecretRef LocalObjectReference

type Capabilities
   1 add  []string atomic
   2 drop []string atomic

type CephFSPersistentVolumeSource
   1 monitors   []string!       =null atomic
   2 path       string
   3 user       string
   4 secretFile string
   5 secretRef  SecretReference
   6 readOnly   bool

type CephFSVolumeSource
   1 monitors   []string!            =null atomic
   2 path       string
   3 user       string
   4 secretFile string
   5 secretRef  LocalObjectReference
   6 readOnly   bool

type CinderPersistentVolumeSource
   1 volumeID  string!         =""
   2 fsType    string
   3 readOnly  bool
   4 secretRef SecretReference

type CinderVolumeSource
   1 volumeID  string!              =""
   2 fsType    string
   3 readOnly  bool
   4 secretRef LocalObjectReference

type ClientIPConfig
   1 timeoutSeconds int32?

type ClusterTrustBundleProjection
   1 name          string?
   2 signerName    string?
   3 labelSelector meta.v1.LabelSelector
   4 path          string!               =""
   5 optional      bool?

type ComponentCondition
   1 type    string! =""
   2 status  string! =""
   3 message string
   4 error   string

object ComponentStatus
   1 metadata   meta.v1.ObjectMeta   ={}
   2 conditions []ComponentCondition map(type) merge(type)

object ComponentStatusList
   1 metadata meta.v1.ListMeta   ={}
   2 items    []ComponentStatus! =[]

object ConfigMap
   1 metadata   meta.v1.ObjectMeta ={}
   2 data       map[string]string
   3 binaryData map[string]bytes
   4 immutable  bool?

type ConfigMapEnvSource
   1 localObjectReference LocalObjectReference inline
   2 optional             bool?

type ConfigMapKeySelector atomic
   1 localObjectReference LocalObjectReference inline
   2 key                  string!              =""
   3 optional             bool?

object ConfigMapList
   1 metadata meta.v1.ListMeta ={}
   2 items    []ConfigMap!     =[]

type ConfigMapNodeConfigSource
   1 namespace        string! =""
   2 name             string! =""
   3 uid              string
   4 resourceVersion  string
   5 kubeletConfigKey string! =""

type ConfigMapProjection
   1 localObjectReference LocalObjectReference inline
   2 items                []KeyToPath          atomic
   4 optional             bool?

type ConfigMapVolumeSource
   1 localObjectReference LocalObjectReference inline
   2 items                []KeyToPath          atomic
   3 defaultMode          int32?               =420
   4 optional             bool?

type Container
   1 name                     string!                            =""
   2 image                    string
   3 command                  []string                           atomic
   4 args                     []string                           atomic
   5 workingDir               string
   6 ports                    []ContainerPort                    map(containerPort,protocol) merge(containerPort)
   7 env                      []EnvVar                           map(name) merge(name)
   8 resources                ResourceRequirements               ={}
   9 volumeMounts             []VolumeMount                      map(mountPath) merge(mountPath)
  10 livenessProbe            Probe
  11 readinessProbe           Probe
  12 lifecycle                Lifecycle
  13 terminationMessagePath   string                             ="/dev/termination-log"
  14 imagePullPolicy          string(Always|IfNotPresent|Never)
  15 securityContext          SecurityContext
  16 stdin                    bool
  17 stdinOnce                bool
  18 tty                      bool
  19 envFrom                  []EnvFromSource                    atomic
  20 terminationMessagePolicy string(FallbackToLogsOnError|File) ="File"
  21 volumeDevices            []VolumeDevice                     map(devicePath) merge(devicePath)
  22 startupProbe             Probe
  23 resizePolicy             []ContainerResizePolicy            atomic
  24 restartPolicy            string?
  25 restartPolicyRules       []ContainerRestartRule             atomic

type ContainerExtendedResourceRequest
   1 containerName string! =""
   2 resourceName  string! =""
   3 requestName   string! =""

type ContainerImage
   1 names     []string =null atomic
   2 sizeBytes int64

type ContainerPort
   1 name          string
   2 hostPort      int32
   3 containerPort int32!               =0
   4 protocol      string(SCTP|TCP|UDP) ="TCP"
   5 hostIP        string

type ContainerResizePolicy
   1 resourceName  string! =""
   2 restartPolicy string! =""

type ContainerRestartRule
   1 action    string!
   2 exitCodes ContainerRestartRuleOnExitCodes

type ContainerRestartRuleOnExitCodes
   1 operator string!
   2 values   []int32 set

type ContainerState
   1 waiting    ContainerStateWaiting
   2 running    ContainerStateRunning
   3 terminated ContainerStateTerminated

type ContainerStateRunning
   1 startedAt Time =null

type ContainerStateTerminated
   1 exitCode    int32! =0
   2 signal      int32
   3 reason      string
   4 message     string
   5 startedAt   Time   =null
   6 finishedAt  Time   =null
   7 containerID string

type ContainerStateWaiting
   1 reason  string
   2 message string

type ContainerStatus
   1 name                     string!              =""
   2 state                    ContainerState       ={}
   3 lastState                ContainerState       ={}
   4 ready                    bool!                =false
   5 restartCount             int32!               =0
   6 image                    string!              =""
   7 imageID                  string!              =""
   8 containerID              string
   9 started                  bool?
  10 allocatedResources       map[string]Quantity
  11 resources                ResourceRequirements
  12 volumeMounts             []VolumeMountStatus  map(mountPath) merge(mountPath)
  13 user                     ContainerUser
  14 allocatedResourcesStatus []ResourceStatus     map(name) merge(name)
  15 stopSignal               string(SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ)?

type ContainerUser
   1 linux LinuxContainerUser

type DaemonEndpoint
   1 Port int32! =0

type DownwardAPIProjection
   1 items []DownwardAPIVolumeFile atomic

type DownwardAPIVolumeFile
   1 path             string!               =""
   2 fieldRef         ObjectFieldSelector
   3 resourceFieldRef ResourceFieldSelector
   4 mode             int32?

type DownwardAPIVolumeSource
   1 items       []DownwardAPIVolumeFile atomic
   2 defaultMode int32?                  =420

type EmptyDirVolumeSource
   1 medium    string
   2 sizeLimit Quantity

type EndpointAddress atomic
   1 ip        string!         =""
   2 targetRef ObjectReference
   3 hostname  string
   4 nodeName  string?

type EndpointPort atomic
   1 name        string
   2 port        int32!               =0
   3 protocol    string(SCTP|TCP|UDP) ="TCP"
   4 appProtocol string?

type EndpointSubset
   1 addresses         []EndpointAddress atomic
   2 notReadyAddresses []EndpointAddress atomic
   3 ports             []EndpointPort    atomic

object Endpoints
   1 metadata meta.v1.ObjectMeta ={}
   2 subsets  []EndpointSubset   atomic

object EndpointsList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Endpoints!     =[]

type EnvFromSource
   1 prefix       string
   2 configMapRef ConfigMapEnvSource
   3 secretRef    SecretEnvSource

type EnvVar
   1 name      string!      =""
   2 value     string
   3 valueFrom EnvVarSource

type EnvVarSource
   1 fieldRef         ObjectFieldSelector
   2 resourceFieldRef ResourceFieldSelector
   3 configMapKeyRef  ConfigMapKeySelector
   4 secretKeyRef     SecretKeySelector
   5 fileKeyRef       FileKeySelector

type EphemeralContainer
   1 ephemeralContainerCommon EphemeralContainerCommon inline
   2 targetContainerName      string

type EphemeralContainerCommon
   1 name                     string!                            =""
   2 image                    string
   3 command                  []string                           atomic
   4 args                     []string                           atomic
   5 workingDir               string
   6 ports                    []ContainerPort                    map(containerPort,protocol) merge(containerPort)
   7 env                      []EnvVar                           map(name) merge(name)
   8 resources                ResourceRequirements               ={}
   9 volumeMounts             []VolumeMount                      map(mountPath) merge(mountPath)
  10 livenessProbe            Probe
  11 readinessProbe           Probe
  12 lifecycle                Lifecycle
  13 terminationMessagePath   string                             ="/dev/termination-log"
  14 imagePullPolicy          string(Always|IfNotPresent|Never)
  15 securityContext          SecurityContext
  16 stdin                    bool
  17 stdinOnce                bool
  18 tty                      bool
  19 envFrom                  []EnvFromSource                    atomic
  20 terminationMessagePolicy string(FallbackToLogsOnError|File) ="File"
  21 volumeDevices            []VolumeDevice                     map(devicePath) merge(devicePath)
  22 startupProbe             Probe
  23 resizePolicy             []ContainerResizePolicy            atomic
  24 restartPolicy            string?
  25 restartPolicyRules       []ContainerRestartRule             atomic

type EphemeralVolumeSource
   1 volumeClaimTemplate PersistentVolumeClaimTemplate

object Event
   1 metadata           meta.v1.ObjectMeta! ={}
   2 involvedObject     ObjectReference!    ={}
   3 reason             string
   4 message            string
   5 source             EventSource         ={}
   6 firstTimestamp     Time                =null
   7 lastTimestamp      Time                =null
   8 count              int32
   9 type               string
  10 eventTime          MicroTime           =null
  11 series             EventSeries
  12 action             string
  13 related            ObjectReference
  14 reportingComponent string              =""
  15 reportingInstance  string              =""

object EventList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Event!         =[]

type EventSeries
   1 count            int32
   2 lastObservedTime MicroTime =null

type EventSource
   1 component string
   2 host      string

type ExecAction
   1 command []string atomic

type FCVolumeSource
   1 targetWWNs []string atomic
   2 lun        int32?
   3 fsType     string
   4 readOnly   bool
   5 wwids      []string atomic

type FileKeySelector atomic
   1 volumeName string! =""
   2 path       string! =""
   3 key        string! =""
   4 optional   bool?   =false

type FlexPersistentVolumeSource
   1 driver    string!           =""
   2 fsType    string
   3 secretRef SecretReference
   4 readOnly  bool
   5 options   map[string]string

type FlexVolumeSource
   1 driver    string!              =""
   2 fsType    string
   3 secretRef LocalObjectReference
   4 readOnly  bool
   5 options   map[string]string

type FlockerVolumeSource
   1 datasetName string
   2 datasetUUID string

type GCEPersistentDiskVolumeSource
   1 pdName    string! =""
   2 fsType    string
   3 partition int32
   4 readOnly  bool

type GRPCAction
   1 port    int32!  =0
   2 service string? =""

type GitRepoVolumeSource
   1 repository string! =""
   2 revision   string
   3 directory  string

type GlusterfsPersistentVolumeSource
   1 endpoints          string! =""
   2 path               string! =""
   3 readOnly           bool
   4 endpointsNamespace string?

type GlusterfsVolumeSource
   1 endpoints string! =""
   2 path      string! =""
   3 readOnly  bool

type HTTPGetAction
   1 path        string             ="/"
   2 port        IntOrString!       =0
   3 host        string
   4 scheme      string(HTTP|HTTPS) ="HTTP"
   5 httpHeaders []HTTPHeader       atomic

type HTTPHeader
   1 name  string! =""
   2 value string! =""

type HostAlias
   1 ip        string!  =""
   2 hostnames []string atomic

type HostIP
   1 ip string! =""

type HostPathVolumeSource
   1 path string! =""
   2 type string(|BlockDevice|CharDevice|Directory|DirectoryOrCreate|File|FileOrCreate|Socket)? =""

type ISCSIPersistentVolumeSource
   1 targetPortal      string!         =""
   2 iqn               string!         =""
   3 lun               int32!          =0
   4 iscsiInterface    string          ="default"
   5 fsType            string
   6 readOnly          bool
   7 portals           []string        atomic
   8 chapAuthDiscovery bool
  10 secretRef         SecretReference
  11 chapAuthSession   bool
  12 initiatorName     string?

type ISCSIVolumeSource
   1 targetPortal      string!              =""
   2 iqn               string!              =""
   3 lun               int32!               =0
   4 iscsiInterface    string               ="default"
   5 fsType            string
   6 readOnly          bool
   7 portals           []string             atomic
   8 chapAuthDiscovery bool
  10 secretRef         LocalObjectReference
  11 chapAuthSession   bool
  12 initiatorName     string?

type ImageVolumeSource
   1 reference  string
   2 pullPolicy string(Always|IfNotPresent|Never)

type ImageVolumeStatus
   1 imageRef string!

type KeyToPath
   1 key  string! =""
   2 path string! =""
   3 mode int32?

type Lifecycle
   1 postStart  LifecycleHandler
   2 preStop    LifecycleHandler
   3 stopSignal string(SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ)?

type LifecycleHandler
   1 exec      ExecAction
   2 httpGet   HTTPGetAction
   3 tcpSocket TCPSocketAction
   4 sleep     SleepAction

object LimitRange
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     LimitRangeSpec     ={}

type LimitRangeItem
   1 type                 string!             =""
   2 max                  map[string]Quantity
   3 min                  map[string]Quantity
   4 default              map[string]Quantity
   5 defaultRequest       map[string]Quantity
   6 maxLimitRequestRatio map[string]Quantity

object LimitRangeList
   1 metadata meta.v1.ListMeta ={}
   2 items    []LimitRange!    =[]

type LimitRangeSpec
   1 limits []LimitRangeItem! =null atomic

type LinuxContainerUser
   1 uid                int64!  =0
   2 gid                int64!  =0
   3 supplementalGroups []int64 atomic

type LoadBalancerIngress
   1 ip       string
   2 hostname string
   3 ipMode   string?
   4 ports    []PortStatus atomic

type LoadBalancerStatus
   1 ingress []LoadBalancerIngress atomic

type LocalObjectReference atomic
   1 name string

type LocalVolumeSource
   1 path   string! =""
   2 fsType string?

type ModifyVolumeStatus
   1 targetVolumeAttributesClassName string
   2 status                          string(InProgress|Infeasible|Pending)! =""

type NFSVolumeSource
   1 server   string! =""
   2 path     string! =""
   3 readOnly bool

object Namespace
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     NamespaceSpec      ={}
   3 status   NamespaceStatus    ={}

type NamespaceCondition
   1 type               string! =""
   2 status             string! =""
   4 lastTransitionTime Time    =null
   5 reason             string
   6 message            string

object NamespaceList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Namespace!     =[]

type NamespaceSpec
   1 finalizers []string atomic

type NamespaceStatus
   1 phase      string(Active|Terminating) ="Active"
   2 conditions []NamespaceCondition       map(type) merge(type)

object Node
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     NodeSpec           ={}
   3 status   NodeStatus         ={}

type NodeAddress
   1 type    string! =""
   2 address string! =""

type NodeAffinity
   1 requiredDuringSchedulingIgnoredDuringExecution  NodeSelector
   2 preferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm atomic

type NodeAllocatableResourceClaimStatus
   1 resourceClaimName string!              =""
   2 containers        []string             set
   3 resources         map[string]Quantity!

type NodeCondition
   1 type               string! =""
   2 status             string! =""
   3 lastHeartbeatTime  Time    =null
   4 lastTransitionTime Time    =null
   5 reason             string
   6 message            string

type NodeConfigSource
   2 configMap ConfigMapNodeConfigSource

type NodeConfigStatus
   1 assigned      NodeConfigSource
   2 active        NodeConfigSource
   3 lastKnownGood NodeConfigSource
   4 error         string

type NodeDaemonEndpoints
   1 kubeletEndpoint DaemonEndpoint ={}

type NodeFeatures
   1 supplementalGroupsPolicy bool?

object NodeList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Node!          =[]

type NodeRuntimeHandler
   1 name     string                     =""
   2 features NodeRuntimeHandlerFeatures

type NodeRuntimeHandlerFeatures
   1 recursiveReadOnlyMounts bool?
   2 userNamespaces          bool?

type NodeSelector atomic
   1 nodeSelectorTerms []NodeSelectorTerm! =null atomic

type NodeSelectorRequirement
   1 key      string!                                     =""
   2 operator string(DoesNotExist|Exists|Gt|In|Lt|NotIn)! =""
   3 values   []string                                    atomic

type NodeSelectorTerm atomic
   1 matchExpressions []NodeSelectorRequirement atomic
   2 matchFields      []NodeSelectorRequirement atomic

type NodeSpec
   1 podCIDR       string
   2 externalID    string
   3 providerID    string
   4 unschedulable bool
   5 taints        []Taint          atomic
   6 configSource  NodeConfigSource
   7 podCIDRs      []string         set merge

type NodeStatus
   1 capacity         map[string]Quantity
   2 allocatable      map[string]Quantity
   3 phase            string(Pending|Running|Terminated)
   4 conditions       []NodeCondition                    map(type) merge(type)
   5 addresses        []NodeAddress                      map(type) merge(type)
   6 daemonEndpoints  NodeDaemonEndpoints                ={}
   7 nodeInfo         NodeSystemInfo                     ={}
   8 images           []ContainerImage                   atomic
   9 volumesInUse     []string                           atomic
  10 volumesAttached  []AttachedVolume                   atomic
  11 config           NodeConfigStatus
  12 runtimeHandlers  []NodeRuntimeHandler               atomic
  13 features         NodeFeatures
  14 declaredFeatures []string                           atomic

type NodeSwapStatus
   1 capacity int64?

type NodeSystemInfo
   1 machineID               string!        =""
   2 systemUUID              string!        =""
   3 bootID                  string!        =""
   4 kernelVersion           string!        =""
   5 osImage                 string!        =""
   6 containerRuntimeVersion string!        =""
   7 kubeletVersion          string!        =""
   8 kubeProxyVersion        string!        =""
   9 operatingSystem         string!        =""
  10 architecture            string!        =""
  11 swap                    NodeSwapStatus

type ObjectFieldSelector atomic
   1 apiVersion string  ="v1"
   2 fieldPath  string! =""

type ObjectReference atomic
   1 kind            string
   2 namespace       string
   3 name            string
   4 uid             string
   5 apiVersion      string
   6 resourceVersion string
   7 fieldPath       string

object PersistentVolume
   1 metadata meta.v1.ObjectMeta     ={}
   2 spec     PersistentVolumeSpec   ={}
   3 status   PersistentVolumeStatus ={}

object PersistentVolumeClaim
   1 metadata meta.v1.ObjectMeta          ={}
   2 spec     PersistentVolumeClaimSpec   ={}
   3 status   PersistentVolumeClaimStatus ={}

type PersistentVolumeClaimCondition
   1 type               string! =""
   2 status             string! =""
   3 lastProbeTime      Time    =null
   4 lastTransitionTime Time    =null
   5 reason             string
   6 message            string

object PersistentVolumeClaimList
   1 metadata meta.v1.ListMeta         ={}
   2 items    []PersistentVolumeClaim! =[]

type PersistentVolumeClaimSpec
   1 accessModes               []string(ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod) atomic
   2 resources                 VolumeResourceRequirements ={}
   3 volumeName                string
   4 selector                  meta.v1.LabelSelector
   5 storageClassName          string?
   6 volumeMode                string(Block|Filesystem)?  ="Filesystem"
   7 dataSource                TypedLocalObjectReference
   8 dataSourceRef             TypedObjectReference
   9 volumeAttributesClassName string?

type PersistentVolumeClaimStatus
   1 phase                            string(Bound|Lost|Pending)       ="Pending"
   2 accessModes                      []string(ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod) atomic
   3 capacity                         map[string]Quantity
   4 conditions                       []PersistentVolumeClaimCondition map(type) merge(type)
   5 allocatedResources               map[string]Quantity
   7 allocatedResourceStatuses        map[string]string                granular
   8 currentVolumeAttributesClassName string?
   9 modifyVolumeStatus               ModifyVolumeStatus

type PersistentVolumeClaimTemplate
   1 metadata meta.v1.ObjectMeta         ={}
   2 spec     PersistentVolumeClaimSpec! ={}

type PersistentVolumeClaimVolumeSource
   1 claimName string! =""
   2 readOnly  bool

object PersistentVolumeList
   1 metadata meta.v1.ListMeta    ={}
   2 items    []PersistentVolume! =[]

type PersistentVolumeSource
   1 gcePersistentDisk    GCEPersistentDiskVolumeSource
   2 awsElasticBlockStore AWSElasticBlockStoreVolumeSource
   3 hostPath             HostPathVolumeSource
   4 glusterfs            GlusterfsPersistentVolumeSource
   5 nfs                  NFSVolumeSource
   6 rbd                  RBDPersistentVolumeSource
   7 iscsi                ISCSIPersistentVolumeSource
   8 cinder               CinderPersistentVolumeSource
   9 cephfs               CephFSPersistentVolumeSource
  10 fc                   FCVolumeSource
  11 flocker              FlockerVolumeSource
  12 flexVolume           FlexPersistentVolumeSource
  13 azureFile            AzureFilePersistentVolumeSource
  14 vsphereVolume        VsphereVirtualDiskVolumeSource
  15 quobyte              QuobyteVolumeSource
  16 azureDisk            AzureDiskVolumeSource
  17 photonPersistentDisk PhotonPersistentDiskVolumeSource
  18 portworxVolume       PortworxVolumeSource
  19 scaleIO              ScaleIOPersistentVolumeSource
  20 local                LocalVolumeSource
  21 storageos            StorageOSPersistentVolumeSource
  22 csi                  CSIPersistentVolumeSource

type PersistentVolumeSpec
   1 capacity                      map[string]Quantity
   2 persistentVolumeSource        PersistentVolumeSource        inline
   3 accessModes                   []string(ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod) atomic
   4 claimRef                      ObjectReference               granular
   5 persistentVolumeReclaimPolicy string(Delete|Recycle|Retain) ="Retain"
   6 storageClassName              string
   7 mountOptions                  []string                      atomic
   8 volumeMode                    string(Block|Filesystem)?     ="Filesystem"
   9 nodeAffinity                  VolumeNodeAffinity
  10 volumeAttributesClassName     string?

type PersistentVolumeStatus
   1 phase                   string(Available|Bound|Failed|Pending|Released) ="Pending"
   2 message                 string
   3 reason                  string
   4 lastPhaseTransitionTime Time

type PhotonPersistentDiskVolumeSource
   1 pdID   string! =""
   2 fsType string

object Pod
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     PodSpec            ={}
   3 status   PodStatus          ={}

type PodAffinity
   1 requiredDuringSchedulingIgnoredDuringExecution  []PodAffinityTerm         atomic
   2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm atomic

type PodAffinityTerm
   1 labelSelector     meta.v1.LabelSelector
   2 namespaces        []string              atomic
   3 topologyKey       string!               =""
   4 namespaceSelector meta.v1.LabelSelector
   5 matchLabelKeys    []string              atomic
   6 mismatchLabelKeys []string              atomic

type PodAntiAffinity
   1 requiredDuringSchedulingIgnoredDuringExecution  []PodAffinityTerm         atomic
   2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm atomic

type PodCertificateProjection
   1 signerName           string!
   2 keyType              string!
   3 maxExpirationSeconds int32?            =86400
   4 credentialBundlePath string
   5 keyPath              string
   6 certificateChainPath string
   7 userAnnotations      map[string]string

type PodCondition
   1 type               string! =""
   2 status             string! =""
   3 lastProbeTime      Time    =null
   4 lastTransitionTime Time    =null
   5 reason             string
   6 message            string
   7 observedGeneration int64

type PodDNSConfig
   1 nameservers []string             atomic
   2 searches    []string             atomic
   3 options     []PodDNSConfigOption atomic

type PodDNSConfigOption
   1 name  string
   2 value string?

type PodExtendedResourceClaimStatus
   1 requestMappings   []ContainerExtendedResourceRequest! =null atomic
   2 resourceClaimName string!                             =""

type PodIP
   1 ip string! =""

object PodList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Pod!           =[]

type PodOS
   1 name string! =""

type PodReadinessGate
   1 conditionType string! =""

type PodResourceClaim
   1 name                      string! =""
   3 resourceClaimName         string?
   4 resourceClaimTemplateName string?

type PodResourceClaimStatus
   1 name              string! =""
   2 resourceClaimName string?

type PodSchedulingGate
   1 name string! =""

type PodSchedulingGroup
   1 podGroupName string?

type PodSecurityContext
   1 seLinuxOptions           SELinuxOptions
   2 runAsUser                int64?
   3 runAsNonRoot             bool?
   4 supplementalGroups       []int64                        atomic
   5 fsGroup                  int64?
   6 runAsGroup               int64?
   7 sysctls                  []Sysctl                       atomic
   8 windowsOptions           WindowsSecurityContextOptions
   9 fsGroupChangePolicy      string(Always|OnRootMismatch)?
  10 seccompProfile           SeccompProfile
  11 appArmorProfile          AppArmorProfile
  12 supplementalGroupsPolicy string(Merge|Strict)?
  13 seLinuxChangePolicy      string?

type PodSpec
   1 volumes                       []Volume                            map(name) merge(name) retainKeys
   2 containers                    []Container!                        =null map(name) merge(name)
   3 restartPolicy                 string(Always|Never|OnFailure)      ="Always"
   4 terminationGracePeriodSeconds int64?                              =30
   5 activeDeadlineSeconds         int64?
   6 dnsPolicy                     string(ClusterFirst|ClusterFirstWithHostNet|Default|None) ="ClusterFirst"
   7 nodeSelector                  map[string]string                   atomic
   8 serviceAccountName            string
   9 serviceAccount                string
  10 nodeName                      string
  11 hostNetwork                   bool
  12 hostPID                       bool
  13 hostIPC                       bool
  14 securityContext               PodSecurityContext?                 ={}
  15 imagePullSecrets              []LocalObjectReference              map(name) merge(name)
  16 hostname                      string
  17 subdomain                     string
  18 affinity                      Affinity
  19 schedulerName                 string                              ="default-scheduler"
  20 initContainers                []Container                         map(name) merge(name)
  21 automountServiceAccountToken  bool?
  22 tolerations                   []Toleration                        atomic
  23 hostAliases                   []HostAlias                         map(ip) merge(ip)
  24 priorityClassName             string
  25 priority                      int32?
  26 dnsConfig                     PodDNSConfig
  27 shareProcessNamespace         bool?
  28 readinessGates                []PodReadinessGate                  atomic
  29 runtimeClassName              string?
  30 enableServiceLinks            bool?
  31 preemptionPolicy              string(Never|PreemptLowerPriority)?
  32 overhead                      map[string]Quantity
  33 topologySpreadConstraints     []TopologySpreadConstraint          map(topologyKey,whenUnsatisfiable) merge(topologyKey)
  34 ephemeralContainers           []EphemeralContainer                map(name) merge(name)
  35 setHostnameAsFQDN             bool?
  36 os                            PodOS
  37 hostUsers                     bool?
  38 schedulingGates               []PodSchedulingGate                 map(name) merge(name)
  39 resourceClaims                []PodResourceClaim                  map(name) merge(name) retainKeys
  40 resources                     ResourceRequirements
  41 hostnameOverride              string?
  43 schedulingGroup               PodSchedulingGroup

type PodStatus
   1 phase                                string(Failed|Pending|Running|Succeeded|Unknown)
   2 conditions                           []PodCondition                                   map(type) merge(type)
   3 message                              string
   4 reason                               string
   5 hostIP                               string
   6 podIP                                string
   7 startTime                            Time
   8 containerStatuses                    []ContainerStatus                                atomic
   9 qosClass                             string(BestEffort|Burstable|Guaranteed)
  10 initContainerStatuses                []ContainerStatus                                atomic
  11 nominatedNodeName                    string
  12 podIPs                               []PodIP                                          map(ip) merge(ip)
  13 ephemeralContainerStatuses           []ContainerStatus                                atomic
  14 resize                               string
  15 resourceClaimStatuses                []PodResourceClaimStatus                         map(name) merge(name) retainKeys
  16 hostIPs                              []HostIP                                         atomic merge(ip)
  17 observedGeneration                   int64
  18 extendedResourceClaimStatus          PodExtendedResourceClaimStatus
  19 allocatedResources                   map[string]Quantity
  20 resources                            ResourceRequirements
  21 nodeAllocatableResourceClaimStatuses []NodeAllocatableResourceClaimStatus             atomic

object PodTemplate
   1 metadata meta.v1.ObjectMeta ={}
   2 template PodTemplateSpec    ={}

object PodTemplateList
   1 metadata meta.v1.ListMeta ={}
   2 items    []PodTemplate!   =[]

type PodTemplateSpec
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     PodSpec            ={}

type PortStatus
   1 port     int32!                =0
   2 protocol string(SCTP|TCP|UDP)! =""
   3 error    string?

type PortworxVolumeSource
   1 volumeID string! =""
   2 fsType   string
   3 readOnly bool

type PreferredSchedulingTerm
   1 weight     int32!            =0
   2 preference NodeSelectorTerm! ={}

type Probe
   1 handler                       ProbeHandler inline
   2 initialDelaySeconds           int32
   3 timeoutSeconds                int32        =1
   4 periodSeconds                 int32        =10
   5 successThreshold              int32        =1
   6 failureThreshold              int32        =3
   7 terminationGracePeriodSeconds int64?

type ProbeHandler
   1 exec      ExecAction
   2 httpGet   HTTPGetAction
   3 tcpSocket TCPSocketAction
   4 grpc      GRPCAction

type ProjectedVolumeSource
   1 sources     []VolumeProjection atomic
   2 defaultMode int32?             =420

type QuobyteVolumeSource
   1 registry string! =""
   2 volume   string! =""
   3 readOnly bool
   4 user     string
   5 group    string
   6 tenant   string

type RBDPersistentVolumeSource
   1 monitors  []string!       =null atomic
   2 image     string!         =""
   3 fsType    string
   4 pool      string          ="rbd"
   5 user      string          ="admin"
   6 keyring   string          ="/etc/ceph/keyring"
   7 secretRef SecretReference
   8 readOnly  bool

type RBDVolumeSource
   1 monitors  []string!            =null atomic
   2 image     string!              =""
   3 fsType    string
   4 pool      string               ="rbd"
   5 user      string               ="admin"
   6 keyring   string               ="/etc/ceph/keyring"
   7 secretRef LocalObjectReference
   8 readOnly  bool

object ReplicationController
   1 metadata meta.v1.ObjectMeta          ={}
   2 spec     ReplicationControllerSpec   ={}
   3 status   ReplicationControllerStatus ={}

type ReplicationControllerCondition
   1 type               string! =""
   2 status             string! =""
   3 lastTransitionTime Time    =null
   4 reason             string
   5 message            string

object ReplicationControllerList
   1 metadata meta.v1.ListMeta         ={}
   2 items    []ReplicationController! =[]

type ReplicationControllerSpec
   1 replicas        int32?            =1
   2 selector        map[string]string atomic
   3 template        PodTemplateSpec
   4 minReadySeconds int32

type ReplicationControllerStatus
   1 replicas             int32!                           =0
   2 fullyLabeledReplicas int32
   3 observedGeneration   int64
   4 readyReplicas        int32
   5 availableReplicas    int32
   6 conditions           []ReplicationControllerCondition map(type) merge(type)

type ResourceClaim
   1 name    string! =""
   2 request string

type ResourceFieldSelector atomic
   1 containerName string
   2 resource      string!  =""
   3 divisor       Quantity ="0"

type ResourceHealth
   1 resourceID string! =""
   2 health     string
   6 message    string?

object ResourceQuota
   1 metadata meta.v1.ObjectMeta  ={}
   2 spec     ResourceQuotaSpec   ={}
   3 status   ResourceQuotaStatus ={}

object ResourceQuotaList
   1 metadata meta.v1.ListMeta ={}
   2 items    []ResourceQuota! =[]

type ResourceQuotaSpec
   1 hard          map[string]Quantity
   2 scopes        []string(BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass) atomic
   3 scopeSelector ScopeSelector

type ResourceQuotaStatus
   1 hard map[string]Quantity
   2 used map[string]Quantity

type ResourceRequirements
   1 limits   map[string]Quantity
   2 requests map[string]Quantity
   3 claims   []ResourceClaim     map(name)

type ResourceStatus
   1 name      string!          =""
   2 resources []ResourceHealth map(resourceID)

type SELinuxOptions
   1 user  string
   2 role  string
   3 type  string
   4 level string

type ScaleIOPersistentVolumeSource
   1 gateway          string!          =""
   2 system           string!          =""
   3 secretRef        SecretReference!
   4 sslEnabled       bool
   5 protectionDomain string
   6 storagePool      string
   7 storageMode      string           ="ThinProvisioned"
   8 volumeName       string
   9 fsType           string           ="xfs"
  10 readOnly         bool

type ScaleIOVolumeSource
   1 gateway          string!               =""
   2 system           string!               =""
   3 secretRef        LocalObjectReference!
   4 sslEnabled       bool
   5 protectionDomain string
   6 storagePool      string
   7 storageMode      string                ="ThinProvisioned"
   8 volumeName       string
   9 fsType           string                ="xfs"
  10 readOnly         bool

type ScopeSelector atomic
   1 matchExpressions []ScopedResourceSelectorRequirement atomic

type ScopedResourceSelectorRequirement
   1 scopeName string(BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass)! =""
   2 operator  string(DoesNotExist|Exists|In|NotIn)! =""
   3 values    []string                              atomic

type SeccompProfile
   1 type             string(Localhost|RuntimeDefault|Unconfined)! =""
   2 localhostProfile string?

object Secret
   1 metadata   meta.v1.ObjectMeta ={}
   2 data       map[string]bytes
   3 type       string             ="Opaque"
   4 stringData map[string]string
   5 immutable  bool?

type SecretEnvSource
   1 localObjectReference LocalObjectReference inline
   2 optional             bool?

type SecretKeySelector atomic
   1 localObjectReference LocalObjectReference inline
   2 key                  string!              =""
   3 optional             bool?

object SecretList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Secret!        =[]

type SecretProjection
   1 localObjectReference LocalObjectReference inline
   2 items                []KeyToPath          atomic
   4 optional             bool?

type SecretReference atomic
   1 name      string
   2 namespace string

type SecretVolumeSource
   1 secretName  string
   2 items       []KeyToPath atomic
   3 defaultMode int32?      =420
   4 optional    bool?

type SecurityContext
   1 capabilities             Capabilities
   2 privileged               bool?
   3 seLinuxOptions           SELinuxOptions
   4 runAsUser                int64?
   5 runAsNonRoot             bool?
   6 readOnlyRootFilesystem   bool?
   7 allowPrivilegeEscalation bool?
   8 runAsGroup               int64?
   9 procMount                string(Default|Unmasked)?
  10 windowsOptions           WindowsSecurityContextOptions
  11 seccompProfile           SeccompProfile
  12 appArmorProfile          AppArmorProfile

object Service
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     ServiceSpec        ={}
   3 status   ServiceStatus      ={}

object ServiceAccount
   1 metadata                     meta.v1.ObjectMeta     ={}
   2 secrets                      []ObjectReference      map(name) merge(name)
   3 imagePullSecrets             []LocalObjectReference atomic
   4 automountServiceAccountToken bool?

object ServiceAccountList
   1 metadata meta.v1.ListMeta  ={}
   2 items    []ServiceAccount! =[]

type ServiceAccountTokenProjection
   1 audience          string
   2 expirationSeconds int64?  =3600
   3 path              string! =""

object ServiceList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Service!       =[]

type ServicePort
   1 name        string
   2 protocol    string(SCTP|TCP|UDP) ="TCP"
   3 port        int32!               =0
   4 targetPort  IntOrString
   5 nodePort    int32
   6 appProtocol string?

type ServiceSpec
   1 ports                         []ServicePort          map(port,protocol) merge(port)
   2 selector                      map[string]string      atomic
   3 clusterIP                     string
   4 type                          string(ClusterIP|ExternalName|LoadBalancer|NodePort) ="ClusterIP"
   5 externalIPs                   []string               atomic
   7 sessionAffinity               string(ClientIP|None)  ="None"
   8 loadBalancerIP                string
   9 loadBalancerSourceRanges      []string               atomic
  10 externalName                  string
  11 externalTrafficPolicy         string(Cluster|Local)
  12 healthCheckNodePort           int32
  13 publishNotReadyAddresses      bool
  14 sessionAffinityConfig         SessionAffinityConfig
  17 ipFamilyPolicy                string(PreferDualStack|RequireDualStack|SingleStack)?
  18 clusterIPs                    []string               atomic
  19 ipFamilies                    []string(|IPv4|IPv6)   atomic
  20 allocateLoadBalancerNodePorts bool?
  21 loadBalancerClass             string?
  22 internalTrafficPolicy         string(Cluster|Local)?
  23 trafficDistribution           string?

type ServiceStatus
   1 loadBalancer LoadBalancerStatus  ={}
   2 conditions   []meta.v1.Condition map(type) merge(type)

type SessionAffinityConfig
   1 clientIP ClientIPConfig

type SleepAction
   1 seconds int64! =0

type StorageOSPersistentVolumeSource
   1 volumeName      string
   2 volumeNamespace string
   3 fsType          string
   4 readOnly        bool
   5 secretRef       ObjectReference

type StorageOSVolumeSource
   1 volumeName      string
   2 volumeNamespace string
   3 fsType          string
   4 readOnly        bool
   5 secretRef       LocalObjectReference

type Sysctl
   1 name  string! =""
   2 value string! =""

type TCPSocketAction
   1 port IntOrString! =0
   2 host string

type Taint
   1 key       string!                                        =""
   2 value     string
   3 effect    string(NoExecute|NoSchedule|PreferNoSchedule)! =""
   4 timeAdded Time

type Toleration
   1 key               string
   2 operator          string(Equal|Exists|Gt|Lt)
   3 value             string
   4 effect            string(NoExecute|NoSchedule|PreferNoSchedule)
   5 tolerationSeconds int64?

type TopologySelectorLabelRequirement
   1 key    string!   =""
   2 values []string! =null atomic

type TopologySelectorTerm atomic
   1 matchLabelExpressions []TopologySelectorLabelRequirement atomic

type TopologySpreadConstraint
   1 maxSkew            int32!                                =0
   2 topologyKey        string!                               =""
   3 whenUnsatisfiable  string(DoNotSchedule|ScheduleAnyway)! =""
   4 labelSelector      meta.v1.LabelSelector
   5 minDomains         int32?
   6 nodeAffinityPolicy string(Honor|Ignore)?
   7 nodeTaintsPolicy   string(Honor|Ignore)?
   8 matchLabelKeys     []string                              atomic

type TypedLocalObjectReference atomic
   1 apiGroup string? =null
   2 kind     string! =""
   3 name     string! =""

type TypedObjectReference
   1 apiGroup  string? =null
   2 kind      string! =""
   3 name      string! =""
   4 namespace string?

type Volume
   1 name         string!      =""
   2 volumeSource VolumeSource inline

type VolumeDevice
   1 name       string! =""
   2 devicePath string! =""

type VolumeMount
   1 name              string!                                     =""
   2 readOnly          bool
   3 mountPath         string!                                     =""
   4 subPath           string
   5 mountPropagation  string(Bidirectional|HostToContainer|None)?
   6 subPathExpr       string
   7 recursiveReadOnly string?

type VolumeMountStatus
   1 name              string!      =""
   2 mountPath         string!      =""
   3 readOnly          bool
   4 recursiveReadOnly string?
   5 volumeStatus      VolumeStatus

type VolumeNodeAffinity
   1 required NodeSelector

type VolumeProjection
   1 secret              SecretProjection
   2 downwardAPI         DownwardAPIProjection
   3 configMap           ConfigMapProjection
   4 serviceAccountToken ServiceAccountTokenProjection
   5 clusterTrustBundle  ClusterTrustBundleProjection
   6 podCertificate      PodCertificateProjection

type VolumeResourceRequirements
   1 limits   map[string]Quantity
   2 requests map[string]Quantity

type VolumeSource
   1 hostPath              HostPathVolumeSource
   2 emptyDir              EmptyDirVolumeSource
   3 gcePersistentDisk     GCEPersistentDiskVolumeSource
   4 awsElasticBlockStore  AWSElasticBlockStoreVolumeSource
   5 gitRepo               GitRepoVolumeSource
   6 secret                SecretVolumeSource
   7 nfs                   NFSVolumeSource
   8 iscsi                 ISCSIVolumeSource
   9 glusterfs             GlusterfsVolumeSource
  10 persistentVolumeClaim PersistentVolumeClaimVolumeSource
  11 rbd                   RBDVolumeSource
  12 flexVolume            FlexVolumeSource
  13 cinder                CinderVolumeSource
  14 cephfs                CephFSVolumeSource
  15 flocker               FlockerVolumeSource
  16 downwardAPI           DownwardAPIVolumeSource
  17 fc                    FCVolumeSource
  18 azureFile             AzureFileVolumeSource
  19 configMap             ConfigMapVolumeSource
  20 vsphereVolume         VsphereVirtualDiskVolumeSource
  21 quobyte               QuobyteVolumeSource
  22 azureDisk             AzureDiskVolumeSource
  23 photonPersistentDisk  PhotonPersistentDiskVolumeSource
  24 portworxVolume        PortworxVolumeSource
  25 scaleIO               ScaleIOVolumeSource
  26 projected             ProjectedVolumeSource
  27 storageos             StorageOSVolumeSource
  28 csi                   CSIVolumeSource
  29 ephemeral             EphemeralVolumeSource
  30 image                 ImageVolumeSource

type VolumeStatus
   1 image ImageVolumeStatus

type VsphereVirtualDiskVolumeSource
   1 volumePath        string! =""
   2 fsType            string
   3 storagePolicyName string
   4 storagePolicyID   string

type WeightedPodAffinityTerm
   1 weight          int32!           =0
   2 podAffinityTerm PodAffinityTerm! ={}

type WindowsSecurityContextOptions
   1 gmsaCredentialSpecName string?
   2 gmsaCredentialSpec     string?
   3 runAsUserName          string?
   4 hostProcess            bool?
`

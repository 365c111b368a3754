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

type AWSElasticBlockStoreVolumeSource | A volume of the sort AWSElasticBlockStore.
   1 volumeID  string! ="" | Identifier of the volume in the storage system.
   2 fsType    string | File system to mount the volume with; the plugin chooses when empty.
   3 partition int32 | Number where the part begins, or the disk's partition.
   4 readOnly  bool | Mount or attach the volume so that nothing can be written.

type Affinity | Rules for where the pod is scheduled.
   1 nodeAffinity    NodeAffinity | Which nodes suit, by labels and fields.
   2 podAffinity     PodAffinity | Rules that draw the pod near to others.
   3 podAntiAffinity PodAntiAffinity | Rules that keep the pod away from others.

type AppArmorProfile | the AppArmor profile that confines a container
   1 type             string(Localhost|RuntimeDefault|Unconfined)! ="" | Which of the known sorts this is.
   2 localhostProfile string? | Profile on the node, when the type is Localhost.

type AttachedVolume | a volume that is attached to a node
   1 name       string! ="" | Name of the thing meant, as its owner knows it.
   2 devicePath string! ="" | Path of the device.

type AzureDiskVolumeSource | A volume of the sort AzureDisk.
   1 diskName    string!                           ="" | the disk's name
   2 diskURI     string!                           ="" | the disk's URI
   3 cachingMode string(None|ReadOnly|ReadWrite)?  ="ReadWrite" | None, ReadOnly or ReadWrite
   4 fsType      string?                           ="ext4" | File system to mount the volume with; the plugin chooses when empty.
   5 readOnly    bool?                             =false | Mount or attach the volume so that nothing can be written.
   6 kind        string(Dedicated|Managed|Shared)? ="Shared" | Kind of the object that is referred to.

type AzureFilePersistentVolumeSource | A volume of the sort AzureFilePersistent.
   1 secretName      string! ="" | Secret that holds what is needed, in the same namespace.
   2 shareName       string! ="" | the share's name
   3 readOnly        bool | Mount or attach the volume so that nothing can be written.
   4 secretNamespace string? | the namespace of the secret with the key

type AzureFileVolumeSource | A volume of the sort AzureFile.
   1 secretName string! ="" | Secret that holds what is needed, in the same namespace.
   2 shareName  string! ="" | the share's name
   3 readOnly   bool | Mount or attach the volume so that nothing can be written.

object Binding | Assigns a pod to a node.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 target   ObjectReference!   ={} | What is aimed at.

type CSIPersistentVolumeSource | A volume of the sort CSIPersistent.
   1 driver                     string!           ="" | Name of the driver that is responsible.
   2 volumeHandle               string!           ="" | Identifier of the volume at its driver.
   3 readOnly                   bool | Mount or attach the volume so that nothing can be written.
   4 fsType                     string | File system to mount the volume with; the plugin chooses when empty.
   5 volumeAttributes           map[string]string | What the driver said about the volume.
   6 controllerPublishSecretRef SecretReference | secret for attaching
   7 nodeStageSecretRef         SecretReference | secret for staging on the node
   8 nodePublishSecretRef       SecretReference | secret for mounting
   9 controllerExpandSecretRef  SecretReference | secret for growing the volume
  10 nodeExpandSecretRef        SecretReference | secret for growing the file system on the node

type CSIVolumeSource | A volume of the sort CSI.
   1 driver               string!              ="" | Name of the driver that is responsible.
   2 readOnly             bool? | Mount or attach the volume so that nothing can be written.
   3 fsType               string? | File system to mount the volume with; the plugin chooses when empty.
   4 volumeAttributes     map[string]string | What the driver said about the volume.
   5 nodePublishSecretRef LocalObjectReference | secret for mounting

type Capabilities | Linux capabilities to add and to drop
   1 add  []string atomic | capabilities that the container gets besides the default ones
   2 drop []string atomic | capabilities that it loses; ALL stands for every one

type CephFSPersistentVolumeSource | A volume of the sort CephFSPersistent.
   1 monitors   []string!       =null atomic | Addresses of the Ceph monitors.
   2 path       string | Path of the file, folder or request meant.
   3 user       string | User to act as.
   4 secretFile string | Path of the file with the user's key.
   5 secretRef  SecretReference | Secret that holds what is needed to log in.
   6 readOnly   bool | Mount or attach the volume so that nothing can be written.

type CephFSVolumeSource | A volume of the sort CephFS.
   1 monitors   []string!            =null atomic | Addresses of the Ceph monitors.
   2 path       string | Path of the file, folder or request meant.
   3 user       string | User to act as.
   4 secretFile string | Path of the file with the user's key.
   5 secretRef  LocalObjectReference | Secret that holds what is needed to log in.
   6 readOnly   bool | Mount or attach the volume so that nothing can be written.

type CinderPersistentVolumeSource | A volume of the sort CinderPersistent.
   1 volumeID  string!         ="" | Identifier of the volume in the storage system.
   2 fsType    string | File system to mount the volume with; the plugin chooses when empty.
   3 readOnly  bool | Mount or attach the volume so that nothing can be written.
   4 secretRef SecretReference | Secret that holds what is needed to log in.

type CinderVolumeSource | A volume of the sort Cinder.
   1 volumeID  string!              ="" | Identifier of the volume in the storage system.
   2 fsType    string | File system to mount the volume with; the plugin chooses when empty.
   3 readOnly  bool | Mount or attach the volume so that nothing can be written.
   4 secretRef LocalObjectReference | Secret that holds what is needed to log in.

type ClientIPConfig | affinity by the client's address
   1 timeoutSeconds int32? | Seconds to wait for an answer.

type ClusterTrustBundleProjection | certificates that the cluster trusts, as a file
   1 name          string? | Name of the thing meant, as its owner knows it.
   2 signerName    string? | Who is asked to sign.
   3 labelSelector meta.v1.LabelSelector | Which objects are meant, by their labels.
   4 path          string!               ="" | Path of the file, folder or request meant.
   5 optional      bool? | Whether the thing or its key may be missing.

type ComponentCondition | One observation of the state of a Component.
   1 type    string! ="" | Which of the known sorts this is.
   2 status  string! ="" | What was last observed of the object; written by the system.
   3 message string | A sentence for people that explains the state.
   4 error   string | What went wrong, where something did.

object ComponentStatus | Health of a control plane component; deprecated.
   1 metadata   meta.v1.ObjectMeta   ={} | Name, labels, annotations and bookkeeping of the object.
   2 conditions []ComponentCondition map(type) merge(type) | Observations of the current state, at most one of each type.

object ComponentStatusList | A page of ComponentStatus objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta   ={} | Revision of the page and how to ask for the next.
   2 items    []ComponentStatus! =[] | The objects of this page.

object ConfigMap | Configuration as keys with text or bytes.
   1 metadata   meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 data       map[string]string | The content, by key or as raw document.
   3 binaryData map[string]bytes | values that are no UTF-8 text
   4 immutable  bool? | Whether the content can never change again.

type ConfigMapEnvSource | each entry of a config map as a variable
   1 localObjectReference LocalObjectReference inline | The object meant, in the same namespace.
   2 optional             bool? | Whether the thing or its key may be missing.

type ConfigMapKeySelector atomic | one entry of a config map
   1 localObjectReference LocalObjectReference inline | The object meant, in the same namespace.
   2 key                  string!              ="" | Key that is looked up or matched.
   3 optional             bool? | Whether the thing or its key may be missing.

object ConfigMapList | A page of ConfigMap objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []ConfigMap!     =[] | The objects of this page.

type ConfigMapNodeConfigSource | a kubelet's configuration in a config map; no longer used
   1 namespace        string! ="" | Namespace that the object meant lives in.
   2 name             string! ="" | Name of the thing meant, as its owner knows it.
   3 uid              string | Unique identifier of the object, never used for another one.
   4 resourceVersion  string | Revision of the object, to notice that it changed meanwhile.
   5 kubeletConfigKey string! ="" | the entry that holds it

type ConfigMapProjection | entries of a config map as files
   1 localObjectReference LocalObjectReference inline | The object meant, in the same namespace.
   2 items                []KeyToPath          atomic | Keys to take and the file names to give them; all when empty.
   4 optional             bool? | Whether the thing or its key may be missing.

type ConfigMapVolumeSource | A volume of the sort ConfigMap.
   1 localObjectReference LocalObjectReference inline | The object meant, in the same namespace.
   2 items                []KeyToPath          atomic | Keys to take and the file names to give them; all when empty.
   3 defaultMode          int32?               =420 | Permission bits of files that set none of their own.
   4 optional             bool? | Whether the thing or its key may be missing.

type Container | One container of a pod: image, command, resources, probes.
   1 name                     string!                            ="" | Name of the container, unique in the pod.
   2 image                    string | Image that is meant.
   3 command                  []string                           atomic | What is run instead of the image's entrypoint.
   4 args                     []string                           atomic | Arguments of the command, instead of the image's.
   5 workingDir               string | Folder that the command starts in.
   6 ports                    []ContainerPort                    map(containerPort,protocol) merge(containerPort) | Ports that are opened, exposed or matched.
   7 env                      []EnvVar                           map(name) merge(name) | Variables of the container's environment.
   8 resources                ResourceRequirements               ={} | Compute resources that are asked for and limited.
   9 volumeMounts             []VolumeMount                      map(mountPath) merge(mountPath) | Where volumes appear in the container's file system.
  10 livenessProbe            Probe | When this fails, the container is started again.
  11 readinessProbe           Probe | While this fails, services send nothing here.
  12 lifecycle                Lifecycle | What is run around the start and the end of the container.
  13 terminationMessagePath   string                             ="/dev/termination-log" | File in the container whose content becomes the final message.
  14 imagePullPolicy          string(Always|IfNotPresent|Never) | When the image is pulled.
  15 securityContext          SecurityContext | Privileges and identities to run with.
  16 stdin                    bool | Whether standard input is kept open.
  17 stdinOnce                bool | Whether standard input closes after the first client.
  18 tty                      bool | Whether a terminal is allocated.
  19 envFrom                  []EnvFromSource                    atomic | Sources of which every key becomes a variable.
  20 terminationMessagePolicy string(FallbackToLogsOnError|File) ="File" | Whether logs fill in for an empty final message.
  21 volumeDevices            []VolumeDevice                     map(devicePath) merge(devicePath) | Raw block volumes that the container gets.
  22 startupProbe             Probe | Until this succeeds, the other probes wait.
  23 resizePolicy             []ContainerResizePolicy            atomic | Whether changed resources need a restart.
  24 restartPolicy            string? | When ended containers are started again.
  25 restartPolicyRules       []ContainerRestartRule             atomic | Exceptions from the restart policy by exit code.

type ContainerExtendedResourceRequest | which claim request stands for a container's extended resource
   1 containerName string! ="" | Name of the container meant.
   2 resourceName  string! ="" | the extended resource
   3 requestName   string! ="" | the request in the claim

type ContainerImage | an image that the node has
   1 names     []string =null atomic | its names, with tags and digests
   2 sizeBytes int64 | its size on disk

type ContainerPort | A port that the container listens on.
   1 name          string | Name of the thing meant, as its owner knows it.
   2 hostPort      int32 | Port of the node that leads to the container.
   3 containerPort int32!               =0 | Port that the container listens on.
   4 protocol      string(SCTP|TCP|UDP) ="TCP" | Transport protocol: TCP, UDP or SCTP.
   5 hostIP        string | Address of the node that is used.

type ContainerResizePolicy | whether changing a resource needs a restart
   1 resourceName  string! ="" | cpu or memory
   2 restartPolicy string! ="" | When ended containers are started again.

type ContainerRestartRule | what to do on certain exits of the container
   1 action    string! | What is done when it matches, or was done.
   2 exitCodes ContainerRestartRuleOnExitCodes | Exit codes that the rule is about.

type ContainerRestartRuleOnExitCodes | the exit codes that the rule is about
   1 operator string! | How the key relates to the values.
   2 values   []int32 set | Values that the operator compares with.

type ContainerState | What the container is doing; exactly one is set.
   1 waiting    ContainerStateWaiting | Set while the container has not started.
   2 running    ContainerStateRunning | Set while the container runs.
   3 terminated ContainerStateTerminated | Set when the container has ended.

type ContainerStateRunning | The container runs.
   1 startedAt Time =null | When it started.

type ContainerStateTerminated | The container has ended.
   1 exitCode    int32! =0 | Exit code of the process.
   2 signal      int32 | Signal that ended the process.
   3 reason      string | One word in CamelCase that says why, for programs to read.
   4 message     string | A sentence for people that explains the state.
   5 startedAt   Time   =null | When it started.
   6 finishedAt  Time   =null | When it ended.
   7 containerID string | Identifier at the runtime.

type ContainerStateWaiting | The container has not started yet.
   1 reason  string | One word in CamelCase that says why, for programs to read.
   2 message string | A sentence for people that explains the state.

type ContainerStatus | What was last observed of a Container.
   1 name                     string!              ="" | Name of the thing meant, as its owner knows it.
   2 state                    ContainerState       ={} | What the container is doing.
   3 lastState                ContainerState       ={} | How the container ended before it was started again.
   4 ready                    bool!                =false | Whether it can serve.
   5 restartCount             int32!               =0 | How often the container was started again.
   6 image                    string!              ="" | Image that is meant.
   7 imageID                  string!              ="" | Identifier of the image that runs.
   8 containerID              string | Identifier at the runtime.
   9 started                  bool? | Whether the startup probe has succeeded.
  10 allocatedResources       map[string]Quantity | What has been set aside of each resource.
  11 resources                ResourceRequirements | Compute resources that are asked for and limited.
  12 volumeMounts             []VolumeMountStatus  map(mountPath) merge(mountPath) | Where volumes appear in the container's file system.
  13 user                     ContainerUser | User to act as.
  14 allocatedResourcesStatus []ResourceStatus     map(name) merge(name) | how well the devices given to the container are
  15 stopSignal               string(SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ)? | Signal that tells the container to stop.

type ContainerUser | whom the first process runs as
   1 linux LinuxContainerUser | the ids on Linux

type DaemonEndpoint | where a node's daemon listens
   1 Port int32! =0 | the port

type DownwardAPIProjection | facts about the pod as files
   1 items []DownwardAPIVolumeFile atomic | Keys to take and the file names to give them; all when empty.

type DownwardAPIVolumeFile | a fact about the pod as a file
   1 path             string!               ="" | Path of the file, folder or request meant.
   2 fieldRef         ObjectFieldSelector | A field of the pod itself.
   3 resourceFieldRef ResourceFieldSelector | A request or limit of a container.
   4 mode             int32? | Permission bits of this file.

type DownwardAPIVolumeSource | A volume of the sort DownwardAPI.
   1 items       []DownwardAPIVolumeFile atomic | Keys to take and the file names to give them; all when empty.
   2 defaultMode int32?                  =420 | Permission bits of files that set none of their own.

type EmptyDirVolumeSource | A volume of the sort EmptyDir.
   1 medium    string | Memory, huge pages or, when empty, the node's disk.
   2 sizeLimit Quantity | How much the folder may hold.

type EndpointAddress atomic | an address of a backend
   1 ip        string!         ="" | IP address.
   2 targetRef ObjectReference | Object behind this address.
   3 hostname  string | Name of the host.
   4 nodeName  string? | Name of the node meant.

type EndpointPort atomic | a port that the addresses have
   1 name        string | Name of the thing meant, as its owner knows it.
   2 port        int32!               =0 | Number of the port, or its name where text is allowed.
   3 protocol    string(SCTP|TCP|UDP) ="TCP" | Transport protocol: TCP, UDP or SCTP.
   4 appProtocol string? | Application protocol spoken on the port, as a hint.

type EndpointSubset | addresses that share the same ports
   1 addresses         []EndpointAddress atomic | Addresses at which it is reached.
   2 notReadyAddresses []EndpointAddress atomic | Addresses that are not ready yet.
   3 ports             []EndpointPort    atomic | Ports that are opened, exposed or matched.

object Endpoints | Addresses behind a service; the forerunner of EndpointSlice.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 subsets  []EndpointSubset   atomic | the addresses, grouped by their ports

object EndpointsList | A page of Endpoints objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Endpoints!     =[] | The objects of this page.

type EnvFromSource | Makes variables of all keys of a config map or secret.
   1 prefix       string | Put before each variable's name.
   2 configMapRef ConfigMapEnvSource | The config map to take from.
   3 secretRef    SecretEnvSource | Secret that holds what is needed to log in.

type EnvVar | One environment variable.
   1 name      string!      ="" | Name of the thing meant, as its owner knows it.
   2 value     string | The value itself.
   3 valueFrom EnvVarSource | where the value comes from, instead of value

type EnvVarSource | Where the value of a variable comes from.
   1 fieldRef         ObjectFieldSelector | A field of the pod itself.
   2 resourceFieldRef ResourceFieldSelector | A request or limit of a container.
   3 configMapKeyRef  ConfigMapKeySelector | A key of a config map.
   4 secretKeyRef     SecretKeySelector | A key of a secret.
   5 fileKeyRef       FileKeySelector | A key of a file on a volume that an init container wrote.

type EphemeralContainer | A container added to a running pod for looking into it.
   1 ephemeralContainerCommon EphemeralContainerCommon inline | all that an ordinary container has
   2 targetContainerName      string | the container whose processes it sees

type EphemeralContainerCommon | what an ephemeral container shares with an ordinary one
   1 name                     string!                            ="" | Name of the container, unique in the pod.
   2 image                    string | Image that is meant.
   3 command                  []string                           atomic | What is run instead of the image's entrypoint.
   4 args                     []string                           atomic | Arguments of the command, instead of the image's.
   5 workingDir               string | Folder that the command starts in.
   6 ports                    []ContainerPort                    map(containerPort,protocol) merge(containerPort) | Ports that are opened, exposed or matched.
   7 env                      []EnvVar                           map(name) merge(name) | Variables of the container's environment.
   8 resources                ResourceRequirements               ={} | Compute resources that are asked for and limited.
   9 volumeMounts             []VolumeMount                      map(mountPath) merge(mountPath) | Where volumes appear in the container's file system.
  10 livenessProbe            Probe | When this fails, the container is started again.
  11 readinessProbe           Probe | While this fails, services send nothing here.
  12 lifecycle                Lifecycle | What is run around the start and the end of the container.
  13 terminationMessagePath   string                             ="/dev/termination-log" | File in the container whose content becomes the final message.
  14 imagePullPolicy          string(Always|IfNotPresent|Never) | When the image is pulled.
  15 securityContext          SecurityContext | Privileges and identities to run with.
  16 stdin                    bool | Whether standard input is kept open.
  17 stdinOnce                bool | Whether standard input closes after the first client.
  18 tty                      bool | Whether a terminal is allocated.
  19 envFrom                  []EnvFromSource                    atomic | Sources of which every key becomes a variable.
  20 terminationMessagePolicy string(FallbackToLogsOnError|File) ="File" | Whether logs fill in for an empty final message.
  21 volumeDevices            []VolumeDevice                     map(devicePath) merge(devicePath) | Raw block volumes that the container gets.
  22 startupProbe             Probe | Until this succeeds, the other probes wait.
  23 resizePolicy             []ContainerResizePolicy            atomic | Whether changed resources need a restart.
  24 restartPolicy            string? | When ended containers are started again.
  25 restartPolicyRules       []ContainerRestartRule             atomic | Exceptions from the restart policy by exit code.

type EphemeralVolumeSource | A volume of the sort Ephemeral.
   1 volumeClaimTemplate PersistentVolumeClaimTemplate | What the claim looks like.

object Event | A note that something happened to an object.
   1 metadata           meta.v1.ObjectMeta! ={} | Name, labels, annotations and bookkeeping of the object.
   2 involvedObject     ObjectReference!    ={} | the object the event is about
   3 reason             string | One word in CamelCase that says why, for programs to read.
   4 message            string | A sentence for people that explains the state.
   5 source             EventSource         ={} | Where it comes from.
   6 firstTimestamp     Time                =null | when it happened first
   7 lastTimestamp      Time                =null | when it happened last
   8 count              int32 | How many there are or are wanted.
   9 type               string | Which of the known sorts this is.
  10 eventTime          MicroTime           =null | When it was first seen.
  11 series             EventSeries | set when the event goes on happening
  12 action             string | What is done when it matches, or was done.
  13 related            ObjectReference | a second object that has to do with it
  14 reportingComponent string              ="" | who reports, such as kubernetes.io/kubelet
  15 reportingInstance  string              ="" | which instance reports, such as a node's name

object EventList | A page of Event objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Event!         =[] | The objects of this page.

type EventSeries | How often an event was repeated, and when last.
   1 count            int32 | How many there are or are wanted.
   2 lastObservedTime MicroTime =null | when the series was last seen

type EventSource | Which component reported the event.
   1 component string | the component that reports
   2 host      string | Host name or address to connect to.

type ExecAction | Runs a command inside the container.
   1 command []string atomic | What is run instead of the image's entrypoint.

type FCVolumeSource | A volume of the sort FC.
   1 targetWWNs []string atomic | world wide names of the targets
   2 lun        int32? | Number of the logical unit on the target.
   3 fsType     string | File system to mount the volume with; the plugin chooses when empty.
   4 readOnly   bool | Mount or attach the volume so that nothing can be written.
   5 wwids      []string atomic | world wide ids of the volume, instead of targets and lun

type FileKeySelector atomic | a variable in a file of an emptyDir volume
   1 volumeName string! ="" | Name of the volume meant.
   2 path       string! ="" | Path of the file, folder or request meant.
   3 key        string! ="" | Key that is looked up or matched.
   4 optional   bool?   =false | Whether the thing or its key may be missing.

type FlexPersistentVolumeSource | A volume of the sort FlexPersistent.
   1 driver    string!           ="" | Name of the driver that is responsible.
   2 fsType    string | File system to mount the volume with; the plugin chooses when empty.
   3 secretRef SecretReference | Secret that holds what is needed to log in.
   4 readOnly  bool | Mount or attach the volume so that nothing can be written.
   5 options   map[string]string | Further settings for the driver.

type FlexVolumeSource | A volume of the sort Flex.
   1 driver    string!              ="" | Name of the driver that is responsible.
   2 fsType    string | File system to mount the volume with; the plugin chooses when empty.
   3 secretRef LocalObjectReference | Secret that holds what is needed to log in.
   4 readOnly  bool | Mount or attach the volume so that nothing can be written.
   5 options   map[string]string | Further settings for the driver.

type FlockerVolumeSource | A volume of the sort Flocker.
   1 datasetName string | the dataset's name; no longer used
   2 datasetUUID string | the dataset's id

type GCEPersistentDiskVolumeSource | A volume of the sort GCEPersistentDisk.
   1 pdName    string! ="" | the disk's name
   2 fsType    string | File system to mount the volume with; the plugin chooses when empty.
   3 partition int32 | Number where the part begins, or the disk's partition.
   4 readOnly  bool | Mount or attach the volume so that nothing can be written.

type GRPCAction | Asks the gRPC health service.
   1 port    int32!  =0 | Number of the port, or its name where text is allowed.
   2 service string? ="" | Service inside the cluster to call or send to.

type GitRepoVolumeSource | A volume of the sort GitRepo.
   1 repository string! ="" | the repository's URL; such volumes are refused today
   2 revision   string | Number of the revision.
   3 directory  string | the folder that it is cloned into

type GlusterfsPersistentVolumeSource | A volume of the sort GlusterfsPersistent.
   1 endpoints          string! ="" | The addresses with what is known of them, or the object that names them.
   2 path               string! ="" | Path of the file, folder or request meant.
   3 readOnly           bool | Mount or attach the volume so that nothing can be written.
   4 endpointsNamespace string? | the namespace of the endpoints

type GlusterfsVolumeSource | A volume of the sort Glusterfs.
   1 endpoints string! ="" | The addresses with what is known of them, or the object that names them.
   2 path      string! ="" | Path of the file, folder or request meant.
   3 readOnly  bool | Mount or attach the volume so that nothing can be written.

type HTTPGetAction | Makes an HTTP request to the container.
   1 path        string             ="/" | Path of the file, folder or request meant.
   2 port        IntOrString!       =0 | Number of the port, or its name where text is allowed.
   3 host        string | Host name or address to connect to.
   4 scheme      string(HTTP|HTTPS) ="HTTP" | HTTP or HTTPS.
   5 httpHeaders []HTTPHeader       atomic | Headers sent with the request.

type HTTPHeader | a header that a probe sends
   1 name  string! ="" | Name of the thing meant, as its owner knows it.
   2 value string! ="" | The value itself.

type HostAlias | names for an address in the pod's /etc/hosts
   1 ip        string!  ="" | IP address.
   2 hostnames []string atomic | the names

type HostIP | an address of the node
   1 ip string! ="" | IP address.

type HostPathVolumeSource | A volume of the sort HostPath.
   1 path string! ="" | Path of the file, folder or request meant.
   2 type string(|BlockDevice|CharDevice|Directory|DirectoryOrCreate|File|FileOrCreate|Socket)? ="" | Which of the known sorts this is.

type ISCSIPersistentVolumeSource | A volume of the sort ISCSIPersistent.
   1 targetPortal      string!         ="" | Address and port of the iSCSI target.
   2 iqn               string!         ="" | Qualified name of the iSCSI target.
   3 lun               int32!          =0 | Number of the logical unit on the target.
   4 iscsiInterface    string          ="default" | Name of the iSCSI interface to use.
   5 fsType            string | File system to mount the volume with; the plugin chooses when empty.
   6 readOnly          bool | Mount or attach the volume so that nothing can be written.
   7 portals           []string        atomic | Further portals of the target.
   8 chapAuthDiscovery bool | Whether discovery uses CHAP authentication.
  10 secretRef         SecretReference | Secret that holds what is needed to log in.
  11 chapAuthSession   bool | Whether the session uses CHAP authentication.
  12 initiatorName     string? | Name that the initiator presents itself with.

type ISCSIVolumeSource | A volume of the sort ISCSI.
   1 targetPortal      string!              ="" | Address and port of the iSCSI target.
   2 iqn               string!              ="" | Qualified name of the iSCSI target.
   3 lun               int32!               =0 | Number of the logical unit on the target.
   4 iscsiInterface    string               ="default" | Name of the iSCSI interface to use.
   5 fsType            string | File system to mount the volume with; the plugin chooses when empty.
   6 readOnly          bool | Mount or attach the volume so that nothing can be written.
   7 portals           []string             atomic | Further portals of the target.
   8 chapAuthDiscovery bool | Whether discovery uses CHAP authentication.
  10 secretRef         LocalObjectReference | Secret that holds what is needed to log in.
  11 chapAuthSession   bool | Whether the session uses CHAP authentication.
  12 initiatorName     string? | Name that the initiator presents itself with.

type ImageVolumeSource | A volume of the sort Image.
   1 reference  string | the image or artifact, by name
   2 pullPolicy string(Always|IfNotPresent|Never) | when it is pulled

type ImageVolumeStatus | What was last observed of a ImageVolume.
   1 imageRef string! | the digest that is mounted

type KeyToPath | Puts one key into a file of another name.
   1 key  string! ="" | Key that is looked up or matched.
   2 path string! ="" | Path of the file, folder or request meant.
   3 mode int32? | Permission bits of this file.

type Lifecycle | What is run at the start and before the end of a container.
   1 postStart  LifecycleHandler | Runs right after the container was made.
   2 preStop    LifecycleHandler | Runs before the container is told to stop.
   3 stopSignal string(SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ)? | Signal that tells the container to stop.

type LifecycleHandler | What one lifecycle hook does.
   1 exec      ExecAction | Run a command inside the container.
   2 httpGet   HTTPGetAction | Make an HTTP request.
   3 tcpSocket TCPSocketAction | Open a TCP connection.
   4 sleep     SleepAction | Wait for some seconds.

object LimitRange | Bounds and defaults for single pods, containers and claims of a namespace.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     LimitRangeSpec     ={} | What is wanted of the object.

type LimitRangeItem | Bounds for one sort of object.
   1 type                 string!             ="" | Which of the known sorts this is.
   2 max                  map[string]Quantity | no more than this
   3 min                  map[string]Quantity | no less than this
   4 default              map[string]Quantity | Value that an absent one gets.
   5 defaultRequest       map[string]Quantity | the request of a container that has none
   6 maxLimitRequestRatio map[string]Quantity | how many times its request a limit may be

object LimitRangeList | A page of LimitRange objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []LimitRange!    =[] | The objects of this page.

type LimitRangeSpec | What is wanted of a LimitRange.
   1 limits []LimitRangeItem! =null atomic | The most that may be used of each resource.

type LinuxContainerUser | user and groups of a container's first process
   1 uid                int64!  =0 | Unique identifier of the object, never used for another one.
   2 gid                int64!  =0 | the group
   3 supplementalGroups []int64 atomic | Further groups of the process.

type LoadBalancerIngress | an address at which the load balancer is reached
   1 ip       string | IP address.
   2 hostname string | Name of the host.
   3 ipMode   string? | Whether traffic to the address keeps it as destination or reaches a proxy.
   4 ports    []PortStatus atomic | Ports that are opened, exposed or matched.

type LoadBalancerStatus | What was last observed of a LoadBalancer.
   1 ingress []LoadBalancerIngress atomic | Points where traffic enters, or rules for what may come in.

type LocalObjectReference atomic | Points to an object of the same namespace by name.
   1 name string | Name of the thing meant, as its owner knows it.

type LocalVolumeSource | A volume of the sort Local.
   1 path   string! ="" | Path of the file, folder or request meant.
   2 fsType string? | File system to mount the volume with; the plugin chooses when empty.

type ModifyVolumeStatus | What was last observed of a ModifyVolume.
   1 targetVolumeAttributesClassName string | the class that the volume is being brought to
   2 status                          string(InProgress|Infeasible|Pending)! ="" | What was last observed of the object; written by the system.

type NFSVolumeSource | A volume of the sort NFS.
   1 server   string! ="" | Name or address of the server.
   2 path     string! ="" | Path of the file, folder or request meant.
   3 readOnly bool | Mount or attach the volume so that nothing can be written.

object Namespace | A room of names; most objects live in one.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     NamespaceSpec      ={} | What is wanted of the object.
   3 status   NamespaceStatus    ={} | What was last observed of the object; written by the system.

type NamespaceCondition | One observation of the state of a Namespace.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   4 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   5 reason             string | One word in CamelCase that says why, for programs to read.
   6 message            string | A sentence for people that explains the state.

object NamespaceList | A page of Namespace objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Namespace!     =[] | The objects of this page.

type NamespaceSpec | What is wanted of a Namespace.
   1 finalizers []string atomic | Who must finish work before the object can go.

type NamespaceStatus | What was last observed of a Namespace.
   1 phase      string(Active|Terminating) ="Active" | One word for where the object is in its life.
   2 conditions []NamespaceCondition       map(type) merge(type) | Observations of the current state, at most one of each type.

object Node | A machine that runs pods.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     NodeSpec           ={} | What is wanted of the object.
   3 status   NodeStatus         ={} | What was last observed of the object; written by the system.

type NodeAddress | an address of the node and what sort it is
   1 type    string! ="" | Which of the known sorts this is.
   2 address string! ="" | the address or name

type NodeAffinity | Rules on labels and fields of nodes.
   1 requiredDuringSchedulingIgnoredDuringExecution  NodeSelector | Must hold when the pod is scheduled.
   2 preferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm atomic | Should hold when the pod is scheduled, by weight.

type NodeAllocatableResourceClaimStatus | What was last observed of a NodeAllocatableResourceClaim.
   1 resourceClaimName string!              ="" | Name of the claim, in the pod's namespace.
   2 containers        []string             set | Containers that run in the pod.
   3 resources         map[string]Quantity! | Compute resources that are asked for and limited.

type NodeCondition | One observation of the state of a Node.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 lastHeartbeatTime  Time    =null | When the node last reported this condition.
   4 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   5 reason             string | One word in CamelCase that says why, for programs to read.
   6 message            string | A sentence for people that explains the state.

type NodeConfigSource | where a kubelet's configuration is; no longer used
   2 configMap ConfigMapNodeConfigSource | Files made of a config map.

type NodeConfigStatus | What was last observed of a NodeConfig.
   1 assigned      NodeConfigSource | the configuration that was assigned
   2 active        NodeConfigSource | What is running at this time.
   3 lastKnownGood NodeConfigSource | the one that is fallen back to
   4 error         string | What went wrong, where something did.

type NodeDaemonEndpoints | where the node's daemons listen
   1 kubeletEndpoint DaemonEndpoint ={} | where the kubelet listens

type NodeFeatures | what the runtime can do for any handler
   1 supplementalGroupsPolicy bool? | Whether groups in the image count too.

object NodeList | A page of Node objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Node!          =[] | The objects of this page.

type NodeRuntimeHandler | a way of running pods that the node has
   1 name     string                     ="" | Name of the thing meant, as its owner knows it.
   2 features NodeRuntimeHandlerFeatures | what it can do

type NodeRuntimeHandlerFeatures | what a runtime handler can do
   1 recursiveReadOnlyMounts bool? | mounts that are read-only all the way down
   2 userNamespaces          bool? | user namespaces of their own

type NodeSelector atomic | Terms of which a node must match one.
   1 nodeSelectorTerms []NodeSelectorTerm! =null atomic | alternatives, one of which must hold

type NodeSelectorRequirement | Compares one label or field of a node with values.
   1 key      string!                                     ="" | Key that is looked up or matched.
   2 operator string(DoesNotExist|Exists|Gt|In|Lt|NotIn)! ="" | How the key relates to the values.
   3 values   []string                                    atomic | Values that the operator compares with.

type NodeSelectorTerm atomic | Requirements that must all hold.
   1 matchExpressions []NodeSelectorRequirement atomic | Comparisons that must all hold.
   2 matchFields      []NodeSelectorRequirement atomic | Comparisons with fields of the node.

type NodeSpec | What is wanted of a Node.
   1 podCIDR       string | Addresses of the node's pods.
   2 externalID    string | no longer used
   3 providerID    string | The node's identifier at the cloud.
   4 unschedulable bool | Whether new pods are kept away.
   5 taints        []Taint          atomic | Marks that keep pods away which do not tolerate them.
   6 configSource  NodeConfigSource | no longer used
   7 podCIDRs      []string         set merge | Addresses of the node's pods, one block a family.

type NodeStatus | What was last observed of a Node.
   1 capacity         map[string]Quantity | Total amount of each resource.
   2 allocatable      map[string]Quantity | What pods may use of each resource.
   3 phase            string(Pending|Running|Terminated) | One word for where the object is in its life.
   4 conditions       []NodeCondition                    map(type) merge(type) | Observations of the current state, at most one of each type.
   5 addresses        []NodeAddress                      map(type) merge(type) | Addresses at which it is reached.
   6 daemonEndpoints  NodeDaemonEndpoints                ={} | Ports of the node's agents.
   7 nodeInfo         NodeSystemInfo                     ={} | Versions and identifiers of the node.
   8 images           []ContainerImage                   atomic | Images that the node has.
   9 volumesInUse     []string                           atomic | volumes that must not be detached yet
  10 volumesAttached  []AttachedVolume                   atomic | volumes that are attached
  11 config           NodeConfigStatus | Configuration handed to the drivers.
  12 runtimeHandlers  []NodeRuntimeHandler               atomic | the ways of running pods that the node has
  13 features         NodeFeatures | what the runtime can do for any handler
  14 declaredFeatures []string                           atomic | features that the kubelet says it has

type NodeSwapStatus | What was last observed of a NodeSwap.
   1 capacity int64? | Total amount of each resource.

type NodeSystemInfo | the machine and the versions of what runs on it
   1 machineID               string!        ="" | the machine's id, from /etc/machine-id
   2 systemUUID              string!        ="" | the id that the firmware tells
   3 bootID                  string!        ="" | changes with each boot
   4 kernelVersion           string!        ="" | the kernel's version
   5 osImage                 string!        ="" | the name of the system
   6 containerRuntimeVersion string!        ="" | the runtime and its version, as containerd://1.7
   7 kubeletVersion          string!        ="" | the kubelet's version
   8 kubeProxyVersion        string!        ="" | no longer told
   9 operatingSystem         string!        ="" | linux or windows
  10 architecture            string!        ="" | amd64, arm64 and so on
  11 swap                    NodeSwapStatus | how much swap there is

type ObjectFieldSelector atomic | a field of the pod
   1 apiVersion string  ="v1" | API group and version of the object that is referred to.
   2 fieldPath  string! ="" | Path of the field inside the object.

type ObjectReference atomic | Points to an object, or into it.
   1 kind            string | Kind of the object that is referred to.
   2 namespace       string | Namespace that the object meant lives in.
   3 name            string | Name of the thing meant, as its owner knows it.
   4 uid             string | Unique identifier of the object, never used for another one.
   5 apiVersion      string | API group and version of the object that is referred to.
   6 resourceVersion string | Revision of the object, to notice that it changed meanwhile.
   7 fieldPath       string | Path of the field inside the object.

object PersistentVolume | A piece of storage in the cluster.
   1 metadata meta.v1.ObjectMeta     ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     PersistentVolumeSpec   ={} | What is wanted of the object.
   3 status   PersistentVolumeStatus ={} | What was last observed of the object; written by the system.

object PersistentVolumeClaim | A wish for storage, bound to a volume that fulfils it.
   1 metadata meta.v1.ObjectMeta          ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     PersistentVolumeClaimSpec   ={} | What is wanted of the object.
   3 status   PersistentVolumeClaimStatus ={} | What was last observed of the object; written by the system.

type PersistentVolumeClaimCondition | One observation of the state of a PersistentVolumeClaim.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 lastProbeTime      Time    =null | When the condition was last looked at.
   4 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   5 reason             string | One word in CamelCase that says why, for programs to read.
   6 message            string | A sentence for people that explains the state.

object PersistentVolumeClaimList | A page of PersistentVolumeClaim objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta         ={} | Revision of the page and how to ask for the next.
   2 items    []PersistentVolumeClaim! =[] | The objects of this page.

type PersistentVolumeClaimSpec | What is wanted of a PersistentVolumeClaim.
   1 accessModes               []string(ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod) atomic | Ways in which the volume can be mounted.
   2 resources                 VolumeResourceRequirements ={} | Compute resources that are asked for and limited.
   3 volumeName                string | Name of the volume meant.
   4 selector                  meta.v1.LabelSelector | Which objects are meant, by their labels.
   5 storageClassName          string? | Class that the volume belongs to or is wanted of.
   6 volumeMode                string(Block|Filesystem)?  ="Filesystem" | Whether the volume is a file system or a raw block device.
   7 dataSource                TypedLocalObjectReference | Object to fill the new volume from.
   8 dataSourceRef             TypedObjectReference | what the volume is filled from, of any kind
   9 volumeAttributesClassName string? | Class of adjustable attributes that the volume has or should have.

type PersistentVolumeClaimStatus | What was last observed of a PersistentVolumeClaim.
   1 phase                            string(Bound|Lost|Pending)       ="Pending" | One word for where the object is in its life.
   2 accessModes                      []string(ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod) atomic | Ways in which the volume can be mounted.
   3 capacity                         map[string]Quantity | Total amount of each resource.
   4 conditions                       []PersistentVolumeClaimCondition map(type) merge(type) | Observations of the current state, at most one of each type.
   5 allocatedResources               map[string]Quantity | What has been set aside of each resource.
   7 allocatedResourceStatuses        map[string]string                granular | Where the resizing of each resource stands.
   8 currentVolumeAttributesClassName string? | the attributes class that the volume has
   9 modifyVolumeStatus               ModifyVolumeStatus | how far a change of class has come

type PersistentVolumeClaimTemplate | A claim that is made for each pod.
   1 metadata meta.v1.ObjectMeta         ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     PersistentVolumeClaimSpec! ={} | What is wanted of the object.

type PersistentVolumeClaimVolumeSource | A volume of the sort PersistentVolumeClaim.
   1 claimName string! ="" | Name of the claim.
   2 readOnly  bool | Mount or attach the volume so that nothing can be written.

object PersistentVolumeList | A page of PersistentVolume objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta    ={} | Revision of the page and how to ask for the next.
   2 items    []PersistentVolume! =[] | The objects of this page.

type PersistentVolumeSource | A volume of the sort Persistent.
   1 gcePersistentDisk    GCEPersistentDiskVolumeSource | A disk of Google's cloud.
   2 awsElasticBlockStore AWSElasticBlockStoreVolumeSource | A disk of Amazon's cloud.
   3 hostPath             HostPathVolumeSource | A path of the node itself.
   4 glusterfs            GlusterfsPersistentVolumeSource | A Gluster volume.
   5 nfs                  NFSVolumeSource | A share of an NFS server.
   6 rbd                  RBDPersistentVolumeSource | A Ceph block device.
   7 iscsi                ISCSIPersistentVolumeSource | A disk of an iSCSI target.
   8 cinder               CinderPersistentVolumeSource | A disk of OpenStack.
   9 cephfs               CephFSPersistentVolumeSource | A Ceph file system.
  10 fc                   FCVolumeSource | A disk of a Fibre Channel network.
  11 flocker              FlockerVolumeSource | A Flocker dataset; no longer supported.
  12 flexVolume           FlexPersistentVolumeSource | Storage of a driver run as a program; deprecated.
  13 azureFile            AzureFilePersistentVolumeSource | A file share of Microsoft's cloud.
  14 vsphereVolume        VsphereVirtualDiskVolumeSource | A disk of vSphere.
  15 quobyte              QuobyteVolumeSource | A Quobyte volume; no longer supported.
  16 azureDisk            AzureDiskVolumeSource | A disk of Microsoft's cloud.
  17 photonPersistentDisk PhotonPersistentDiskVolumeSource | A Photon disk; no longer supported.
  18 portworxVolume       PortworxVolumeSource | A Portworx volume.
  19 scaleIO              ScaleIOPersistentVolumeSource | A ScaleIO volume; no longer supported.
  20 local                LocalVolumeSource | A disk of one node.
  21 storageos            StorageOSPersistentVolumeSource | A StorageOS volume; no longer supported.
  22 csi                  CSIPersistentVolumeSource | Storage of a CSI driver.

type PersistentVolumeSpec | What is wanted of a PersistentVolume.
   1 capacity                      map[string]Quantity | Total amount of each resource.
   2 persistentVolumeSource        PersistentVolumeSource        inline | where the data is: one of the kinds
   3 accessModes                   []string(ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod) atomic | Ways in which the volume can be mounted.
   4 claimRef                      ObjectReference               granular | The claim that the volume is bound to.
   5 persistentVolumeReclaimPolicy string(Delete|Recycle|Retain) ="Retain" | What becomes of the volume when its claim is gone.
   6 storageClassName              string | Class that the volume belongs to or is wanted of.
   7 mountOptions                  []string                      atomic | Options passed to mount.
   8 volumeMode                    string(Block|Filesystem)?     ="Filesystem" | Whether the volume is a file system or a raw block device.
   9 nodeAffinity                  VolumeNodeAffinity | Which nodes suit, by labels and fields.
  10 volumeAttributesClassName     string? | Class of adjustable attributes that the volume has or should have.

type PersistentVolumeStatus | What was last observed of a PersistentVolume.
   1 phase                   string(Available|Bound|Failed|Pending|Released) ="Pending" | One word for where the object is in its life.
   2 message                 string | A sentence for people that explains the state.
   3 reason                  string | One word in CamelCase that says why, for programs to read.
   4 lastPhaseTransitionTime Time | when the phase last changed

type PhotonPersistentDiskVolumeSource | A volume of the sort PhotonPersistentDisk.
   1 pdID   string! ="" | the disk's id; no longer used
   2 fsType string | File system to mount the volume with; the plugin chooses when empty.

object Pod | Containers that are scheduled to one node together and share network and volumes.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     PodSpec            ={} | What is wanted of the object.
   3 status   PodStatus          ={} | What was last observed of the object; written by the system.

type PodAffinity | Rules that draw the pod near to others.
   1 requiredDuringSchedulingIgnoredDuringExecution  []PodAffinityTerm         atomic | Must hold when the pod is scheduled.
   2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm atomic | Should hold when the pod is scheduled, by weight.

type PodAffinityTerm | Which pods are meant, and how near counts as together.
   1 labelSelector     meta.v1.LabelSelector | Which objects are meant, by their labels.
   2 namespaces        []string              atomic | Namespaces that are meant.
   3 topologyKey       string!               ="" | Label of nodes whose equal value means the same place.
   4 namespaceSelector meta.v1.LabelSelector | Which namespaces are meant, by their labels.
   5 matchLabelKeys    []string              atomic | Labels of the pod whose values are added to the selector.
   6 mismatchLabelKeys []string              atomic | Labels of the pod whose values are excluded by the selector.

type PodAntiAffinity | Rules that keep the pod away from others.
   1 requiredDuringSchedulingIgnoredDuringExecution  []PodAffinityTerm         atomic | Must hold when the pod is scheduled.
   2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm atomic | Should hold when the pod is scheduled, by weight.

type PodCertificateProjection | a key and a certificate for the pod, as files
   1 signerName           string! | Who is asked to sign.
   2 keyType              string! | the key to make, such as ED25519 or ECDSAP256
   3 maxExpirationSeconds int32?            =86400 | how long the certificate may last
   4 credentialBundlePath string | the file for key and certificates together
   5 keyPath              string | the file for the key
   6 certificateChainPath string | the file for the certificates
   7 userAnnotations      map[string]string | told to the signer with the request

type PodCondition | One observation of the state of a Pod.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 lastProbeTime      Time    =null | When the condition was last looked at.
   4 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   5 reason             string | One word in CamelCase that says why, for programs to read.
   6 message            string | A sentence for people that explains the state.
   7 observedGeneration int64 | The generation of the spec that this status was made from.

type PodDNSConfig | DNS settings of the pod over those of its policy.
   1 nameservers []string             atomic | name servers besides those of the policy
   2 searches    []string             atomic | search domains besides those of the policy
   3 options     []PodDNSConfigOption atomic | Further settings for the driver.

type PodDNSConfigOption | an option of the resolver
   1 name  string | Name of the thing meant, as its owner knows it.
   2 value string? | The value itself.

type PodExtendedResourceClaimStatus | What was last observed of a PodExtendedResourceClaim.
   1 requestMappings   []ContainerExtendedResourceRequest! =null atomic | which request stands for which container's resource
   2 resourceClaimName string!                             ="" | Name of the claim, in the pod's namespace.

type PodIP | an address of the pod
   1 ip string! ="" | IP address.

object PodList | A page of Pod objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Pod!           =[] | The objects of this page.

type PodOS | the system that the pod's containers need
   1 name string! ="" | Name of the thing meant, as its owner knows it.

type PodReadinessGate | A condition that must also be true before the pod is ready.
   1 conditionType string! ="" | the condition that must be true

type PodResourceClaim | a claim that the pod's containers may use
   1 name                      string! ="" | Name of the thing meant, as its owner knows it.
   3 resourceClaimName         string? | Name of the claim, in the pod's namespace.
   4 resourceClaimTemplateName string? | a claim of its own is made from this template

type PodResourceClaimStatus | What was last observed of a PodResourceClaim.
   1 name              string! ="" | Name of the thing meant, as its owner knows it.
   2 resourceClaimName string? | Name of the claim, in the pod's namespace.

type PodSchedulingGate | Holds the pod back from scheduling until it is removed.
   1 name string! ="" | Name of the thing meant, as its owner knows it.

type PodSchedulingGroup | the group that the pod is placed with
   1 podGroupName string? | the group's name

type PodSecurityContext | Privileges and identities for all containers of the pod.
   1 seLinuxOptions           SELinuxOptions | SELinux label.
   2 runAsUser                int64? | User id of the process.
   3 runAsNonRoot             bool? | Whether running as root is refused.
   4 supplementalGroups       []int64                        atomic | Further groups of the process.
   5 fsGroup                  int64? | Group that owns the volumes.
   6 runAsGroup               int64? | Group id of the process.
   7 sysctls                  []Sysctl                       atomic | Kernel settings of the pod.
   8 windowsOptions           WindowsSecurityContextOptions | Settings for Windows only.
   9 fsGroupChangePolicy      string(Always|OnRootMismatch)? | When the owner of a volume's files is changed.
  10 seccompProfile           SeccompProfile | Which system calls are allowed.
  11 appArmorProfile          AppArmorProfile | Which AppArmor profile is used.
  12 supplementalGroupsPolicy string(Merge|Strict)? | Whether groups in the image count too.
  13 seLinuxChangePolicy      string? | How volumes get the SELinux label.

type PodSpec | What is wanted of a Pod.
   1 volumes                       []Volume                            map(name) merge(name) retainKeys | Volumes that containers can mount.
   2 containers                    []Container!                        =null map(name) merge(name) | Containers that run in the pod.
   3 restartPolicy                 string(Always|Never|OnFailure)      ="Always" | When ended containers are started again.
   4 terminationGracePeriodSeconds int64?                              =30 | Seconds between being told to stop and being killed.
   5 activeDeadlineSeconds         int64? | Seconds that it may run in all before it is stopped.
   6 dnsPolicy                     string(ClusterFirst|ClusterFirstWithHostNet|Default|None) ="ClusterFirst" | Which DNS settings the pod starts from.
   7 nodeSelector                  map[string]string                   atomic | Labels that a node must carry.
   8 serviceAccountName            string | Service account that the pod acts under.
   9 serviceAccount                string | Old name of serviceAccountName.
  10 nodeName                      string | Name of the node meant.
  11 hostNetwork                   bool | Whether the pod uses the node's network.
  12 hostPID                       bool | Whether the pod sees the node's processes.
  13 hostIPC                       bool | Whether the pod shares the node's IPC.
  14 securityContext               PodSecurityContext?                 ={} | Privileges and identities to run with.
  15 imagePullSecrets              []LocalObjectReference              map(name) merge(name) | Secrets with credentials for registries.
  16 hostname                      string | Name of the host.
  17 subdomain                     string | Makes the pod's full host name with its hostname.
  18 affinity                      Affinity | Rules for where the pod is scheduled.
  19 schedulerName                 string                              ="default-scheduler" | Scheduler that places the pod.
  20 initContainers                []Container                         map(name) merge(name) | Containers that run to their end, one after the other, before the rest.
  21 automountServiceAccountToken  bool? | Whether a token is mounted unless the pod says otherwise.
  22 tolerations                   []Toleration                        atomic | Taints that are tolerated.
  23 hostAliases                   []HostAlias                         map(ip) merge(ip) | Lines added to the containers' hosts file.
  24 priorityClassName             string | Class that gives the pod its priority.
  25 priority                      int32? | Number by which what is more important is told.
  26 dnsConfig                     PodDNSConfig | DNS settings over those of the policy.
  27 shareProcessNamespace         bool? | Whether the containers see each other's processes.
  28 readinessGates                []PodReadinessGate                  atomic | Conditions that must also be true before the pod is ready.
  29 runtimeClassName              string? | Runtime class that runs the pod.
  30 enableServiceLinks            bool? | Whether services of the namespace appear as variables.
  31 preemptionPolicy              string(Never|PreemptLowerPriority)? | Whether others may be removed to make room.
  32 overhead                      map[string]Quantity | Resources that running the pod itself takes.
  33 topologySpreadConstraints     []TopologySpreadConstraint          map(topologyKey,whenUnsatisfiable) merge(topologyKey) | How pods are spread over zones, nodes or the like.
  34 ephemeralContainers           []EphemeralContainer                map(name) merge(name) | Containers added later for looking into the pod.
  35 setHostnameAsFQDN             bool? | Whether the full name becomes the kernel's host name.
  36 os                            PodOS | Operating system that the containers are for.
  37 hostUsers                     bool? | Whether the pod uses the node's user ids.
  38 schedulingGates               []PodSchedulingGate                 map(name) merge(name) | While any stands, the pod is not scheduled.
  39 resourceClaims                []PodResourceClaim                  map(name) merge(name) retainKeys | Device claims that containers of the pod can use.
  40 resources                     ResourceRequirements | Compute resources that are asked for and limited.
  41 hostnameOverride              string? | Host name of the pod instead of any other rule.
  43 schedulingGroup               PodSchedulingGroup | Group of pods that are scheduled together.

type PodStatus | What was last observed of a Pod.
   1 phase                                string(Failed|Pending|Running|Succeeded|Unknown) | One word for where the object is in its life.
   2 conditions                           []PodCondition                                   map(type) merge(type) | Observations of the current state, at most one of each type.
   3 message                              string | A sentence for people that explains the state.
   4 reason                               string | One word in CamelCase that says why, for programs to read.
   5 hostIP                               string | Address of the node that is used.
   6 podIP                                string | Address of the pod.
   7 startTime                            Time | When it began.
   8 containerStatuses                    []ContainerStatus                                atomic | What each container is doing.
   9 qosClass                             string(BestEffort|Burstable|Guaranteed) | How well the pod's resources are guaranteed.
  10 initContainerStatuses                []ContainerStatus                                atomic | What each init container is doing.
  11 nominatedNodeName                    string | Node where room is being made for the pod.
  12 podIPs                               []PodIP                                          map(ip) merge(ip) | Addresses of the pod, one a family.
  13 ephemeralContainerStatuses           []ContainerStatus                                atomic | how the ephemeral containers are
  14 resize                               string | how far a resize has come; conditions tell it today
  15 resourceClaimStatuses                []PodResourceClaimStatus                         map(name) merge(name) retainKeys | the claims that were made for the pod
  16 hostIPs                              []HostIP                                         atomic merge(ip) | Addresses of the pod's node.
  17 observedGeneration                   int64 | The generation of the spec that this status was made from.
  18 extendedResourceClaimStatus          PodExtendedResourceClaimStatus | the claim made for its extended resources
  19 allocatedResources                   map[string]Quantity | What has been set aside of each resource.
  20 resources                            ResourceRequirements | Compute resources that are asked for and limited.
  21 nodeAllocatableResourceClaimStatuses []NodeAllocatableResourceClaimStatus             atomic | claims whose devices count against the node

object PodTemplate | A pod's description, kept to make pods from.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 template PodTemplateSpec    ={} | What the pods made from this object look like.

object PodTemplateList | A page of PodTemplate objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []PodTemplate!   =[] | The objects of this page.

type PodTemplateSpec | What pods made from the template look like.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     PodSpec            ={} | What is wanted of the object.

type PortStatus | What was last observed of a Port.
   1 port     int32!                =0 | Number of the port, or its name where text is allowed.
   2 protocol string(SCTP|TCP|UDP)! ="" | Transport protocol: TCP, UDP or SCTP.
   3 error    string? | What went wrong, where something did.

type PortworxVolumeSource | A volume of the sort Portworx.
   1 volumeID string! ="" | Identifier of the volume in the storage system.
   2 fsType   string | File system to mount the volume with; the plugin chooses when empty.
   3 readOnly bool | Mount or attach the volume so that nothing can be written.

type PreferredSchedulingTerm | a wish about nodes, with its weight
   1 weight     int32!            =0 | How much it counts against others, 1 to 100.
   2 preference NodeSelectorTerm! ={} | Term that gives the weight.

type Probe | A health check that is run again and again.
   1 handler                       ProbeHandler inline | what the probe does
   2 initialDelaySeconds           int32 | Seconds after the start before the first probe.
   3 timeoutSeconds                int32        =1 | Seconds to wait for an answer.
   4 periodSeconds                 int32        =10 | Seconds between two runs, or the window a policy looks at.
   5 successThreshold              int32        =1 | Successes in a row that make it good again.
   6 failureThreshold              int32        =3 | Failures in a row that make it bad.
   7 terminationGracePeriodSeconds int64? | Seconds between being told to stop and being killed.

type ProbeHandler | The way in which a probe asks.
   1 exec      ExecAction | Run a command inside the container.
   2 httpGet   HTTPGetAction | Make an HTTP request.
   3 tcpSocket TCPSocketAction | Open a TCP connection.
   4 grpc      GRPCAction | Ask the gRPC health service.

type ProjectedVolumeSource | A volume of the sort Projected.
   1 sources     []VolumeProjection atomic | What the folder is put together from.
   2 defaultMode int32?             =420 | Permission bits of files that set none of their own.

type QuobyteVolumeSource | A volume of the sort Quobyte.
   1 registry string! ="" | the registry's host and port; no longer used
   2 volume   string! ="" | the volume's name
   3 readOnly bool | Mount or attach the volume so that nothing can be written.
   4 user     string | User to act as.
   5 group    string | API group, or group of users, that is meant.
   6 tenant   string | the tenant

type RBDPersistentVolumeSource | A volume of the sort RBDPersistent.
   1 monitors  []string!       =null atomic | Addresses of the Ceph monitors.
   2 image     string!         ="" | Image that is meant.
   3 fsType    string | File system to mount the volume with; the plugin chooses when empty.
   4 pool      string          ="rbd" | Pool that the device or image belongs to.
   5 user      string          ="admin" | User to act as.
   6 keyring   string          ="/etc/ceph/keyring" | Path of the keyring file.
   7 secretRef SecretReference | Secret that holds what is needed to log in.
   8 readOnly  bool | Mount or attach the volume so that nothing can be written.

type RBDVolumeSource | A volume of the sort RBD.
   1 monitors  []string!            =null atomic | Addresses of the Ceph monitors.
   2 image     string!              ="" | Image that is meant.
   3 fsType    string | File system to mount the volume with; the plugin chooses when empty.
   4 pool      string               ="rbd" | Pool that the device or image belongs to.
   5 user      string               ="admin" | User to act as.
   6 keyring   string               ="/etc/ceph/keyring" | Path of the keyring file.
   7 secretRef LocalObjectReference | Secret that holds what is needed to log in.
   8 readOnly  bool | Mount or attach the volume so that nothing can be written.

object RangeAllocation | Which numbers of a range are taken. Kept by the API server for itself: no path serves it.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 range    string!            ="" | the range, as in 30000-32767
   3 data     bytes!             ="" | one bit a number, the lowest last

object ReplicationController | Keeps a number of pods running; the forerunner of ReplicaSet.
   1 metadata meta.v1.ObjectMeta          ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     ReplicationControllerSpec   ={} | What is wanted of the object.
   3 status   ReplicationControllerStatus ={} | What was last observed of the object; written by the system.

type ReplicationControllerCondition | One observation of the state of a ReplicationController.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   4 reason             string | One word in CamelCase that says why, for programs to read.
   5 message            string | A sentence for people that explains the state.

object ReplicationControllerList | A page of ReplicationController objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta         ={} | Revision of the page and how to ask for the next.
   2 items    []ReplicationController! =[] | The objects of this page.

type ReplicationControllerSpec | What is wanted of a ReplicationController.
   1 replicas        int32?            =1 | How many pods are wanted, or were counted in a status.
   2 selector        map[string]string atomic | Which objects are meant, by their labels.
   3 template        PodTemplateSpec | What the pods made from this object look like.
   4 minReadySeconds int32 | Seconds a new pod must stay ready before it counts as available.

type ReplicationControllerStatus | What was last observed of a ReplicationController.
   1 replicas             int32!                           =0 | How many pods are wanted, or were counted in a status.
   2 fullyLabeledReplicas int32 | How many pods carry all labels of the template.
   3 observedGeneration   int64 | The generation of the spec that this status was made from.
   4 readyReplicas        int32 | How many of the pods are ready.
   5 availableReplicas    int32 | How many pods have been ready for at least minReadySeconds.
   6 conditions           []ReplicationControllerCondition map(type) merge(type) | Observations of the current state, at most one of each type.

type ResourceClaim | Asks for devices, and records which were given.
   1 name    string! ="" | Name of the thing meant, as its owner knows it.
   2 request string | Name of the request that this answers.

type ResourceFieldSelector atomic | a container's request or limit
   1 containerName string | Name of the container meant.
   2 resource      string!  ="" | Resource that is meant, in the plural.
   3 divisor       Quantity ="0" | the unit that it is given in

type ResourceHealth | how well a device is
   1 resourceID string! ="" | the device
   2 health     string | Healthy, Unhealthy or Unknown
   6 message    string? | A sentence for people that explains the state.

object ResourceQuota | Bounds what a namespace may use in all.
   1 metadata meta.v1.ObjectMeta  ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     ResourceQuotaSpec   ={} | What is wanted of the object.
   3 status   ResourceQuotaStatus ={} | What was last observed of the object; written by the system.

object ResourceQuotaList | A page of ResourceQuota objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []ResourceQuota! =[] | The objects of this page.

type ResourceQuotaSpec | What is wanted of a ResourceQuota.
   1 hard          map[string]Quantity | The most that may be used.
   2 scopes        []string(BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass) atomic | count only objects that all of these fit
   3 scopeSelector ScopeSelector | count only objects that the selector fits

type ResourceQuotaStatus | What was last observed of a ResourceQuota.
   1 hard map[string]Quantity | The most that may be used.
   2 used map[string]Quantity | What is used now.

type ResourceRequirements | Compute resources that are asked for and limited.
   1 limits   map[string]Quantity | The most that may be used of each resource.
   2 requests map[string]Quantity | What is asked for or set aside of each resource.
   3 claims   []ResourceClaim     map(name) | Device claims of the pod that the container uses.

type ResourceStatus | What was last observed of a Resource.
   1 name      string!          ="" | Name of the thing meant, as its owner knows it.
   2 resources []ResourceHealth map(resourceID) | Compute resources that are asked for and limited.

type SELinuxOptions | the SELinux label of a container
   1 user  string | User to act as.
   2 role  string | the label's role
   3 type  string | Which of the known sorts this is.
   4 level string | the label's level

type ScaleIOPersistentVolumeSource | A volume of the sort ScaleIOPersistent.
   1 gateway          string!          ="" | the gateway's address; no longer used
   2 system           string!          ="" | the storage system's name
   3 secretRef        SecretReference! | Secret that holds what is needed to log in.
   4 sslEnabled       bool | speak TLS with the gateway
   5 protectionDomain string | the protection domain
   6 storagePool      string | the storage pool
   7 storageMode      string           ="ThinProvisioned" | ThickProvisioned or ThinProvisioned
   8 volumeName       string | Name of the volume meant.
   9 fsType           string           ="xfs" | File system to mount the volume with; the plugin chooses when empty.
  10 readOnly         bool | Mount or attach the volume so that nothing can be written.

type ScaleIOVolumeSource | A volume of the sort ScaleIO.
   1 gateway          string!               ="" | the gateway's address; no longer used
   2 system           string!               ="" | the storage system's name
   3 secretRef        LocalObjectReference! | Secret that holds what is needed to log in.
   4 sslEnabled       bool | speak TLS with the gateway
   5 protectionDomain string | the protection domain
   6 storagePool      string | the storage pool
   7 storageMode      string                ="ThinProvisioned" | ThickProvisioned or ThinProvisioned
   8 volumeName       string | Name of the volume meant.
   9 fsType           string                ="xfs" | File system to mount the volume with; the plugin chooses when empty.
  10 readOnly         bool | Mount or attach the volume so that nothing can be written.

type ScopeSelector atomic | which objects a quota counts
   1 matchExpressions []ScopedResourceSelectorRequirement atomic | Comparisons that must all hold.

type ScopedResourceSelectorRequirement | one condition of a scope selector
   1 scopeName string(BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass)! ="" | the scope that it is about
   2 operator  string(DoesNotExist|Exists|In|NotIn)! ="" | How the key relates to the values.
   3 values    []string                              atomic | Values that the operator compares with.

type SeccompProfile | the system calls that a container may make
   1 type             string(Localhost|RuntimeDefault|Unconfined)! ="" | Which of the known sorts this is.
   2 localhostProfile string? | Profile on the node, when the type is Localhost.

object Secret | Confidential data as keys with bytes.
   1 metadata   meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 data       map[string]bytes | The content, by key or as raw document.
   3 type       string             ="Opaque" | Which of the known sorts this is.
   4 stringData map[string]string | values as plain text; moved into data when written, never read back
   5 immutable  bool? | Whether the content can never change again.

type SecretEnvSource | each entry of a secret as a variable
   1 localObjectReference LocalObjectReference inline | The object meant, in the same namespace.
   2 optional             bool? | Whether the thing or its key may be missing.

type SecretKeySelector atomic | one entry of a secret
   1 localObjectReference LocalObjectReference inline | The object meant, in the same namespace.
   2 key                  string!              ="" | Key that is looked up or matched.
   3 optional             bool? | Whether the thing or its key may be missing.

object SecretList | A page of Secret objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Secret!        =[] | The objects of this page.

type SecretProjection | entries of a secret as files
   1 localObjectReference LocalObjectReference inline | The object meant, in the same namespace.
   2 items                []KeyToPath          atomic | Keys to take and the file names to give them; all when empty.
   4 optional             bool? | Whether the thing or its key may be missing.

type SecretReference atomic | Points to a secret in any namespace.
   1 name      string | Name of the thing meant, as its owner knows it.
   2 namespace string | Namespace that the object meant lives in.

type SecretVolumeSource | A volume of the sort Secret.
   1 secretName  string | Secret that holds what is needed, in the same namespace.
   2 items       []KeyToPath atomic | Keys to take and the file names to give them; all when empty.
   3 defaultMode int32?      =420 | Permission bits of files that set none of their own.
   4 optional    bool? | Whether the thing or its key may be missing.

type SecurityContext | Privileges and identities that a container runs with.
   1 capabilities             Capabilities | Capabilities that are added or dropped.
   2 privileged               bool? | Whether the container has all powers of the node's root.
   3 seLinuxOptions           SELinuxOptions | SELinux label.
   4 runAsUser                int64? | User id of the process.
   5 runAsNonRoot             bool? | Whether running as root is refused.
   6 readOnlyRootFilesystem   bool? | Whether the image's files cannot be written.
   7 allowPrivilegeEscalation bool? | Whether the process can gain more privileges.
   8 runAsGroup               int64? | Group id of the process.
   9 procMount                string(Default|Unmasked)? | How much of /proc is hidden.
  10 windowsOptions           WindowsSecurityContextOptions | Settings for Windows only.
  11 seccompProfile           SeccompProfile | Which system calls are allowed.
  12 appArmorProfile          AppArmorProfile | Which AppArmor profile is used.

object Service | A stable address in front of the pods that a selector finds.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     ServiceSpec        ={} | What is wanted of the object.
   3 status   ServiceStatus      ={} | What was last observed of the object; written by the system.

object ServiceAccount | An identity that pods act under.
   1 metadata                     meta.v1.ObjectMeta     ={} | Name, labels, annotations and bookkeeping of the object.
   2 secrets                      []ObjectReference      map(name) merge(name) | secrets that its pods may use
   3 imagePullSecrets             []LocalObjectReference atomic | Secrets with credentials for registries.
   4 automountServiceAccountToken bool? | Whether a token is mounted unless the pod says otherwise.

object ServiceAccountList | A page of ServiceAccount objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta  ={} | Revision of the page and how to ask for the next.
   2 items    []ServiceAccount! =[] | The objects of this page.

type ServiceAccountTokenProjection | a token of the pod's service account, as a file
   1 audience          string | Who the token is meant for.
   2 expirationSeconds int64?  =3600 | Seconds that the token or certificate should last.
   3 path              string! ="" | Path of the file, folder or request meant.

object ServiceList | A page of Service objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Service!       =[] | The objects of this page.

type ServicePort | A port of the service and where it leads.
   1 name        string | Name of the thing meant, as its owner knows it.
   2 protocol    string(SCTP|TCP|UDP) ="TCP" | Transport protocol: TCP, UDP or SCTP.
   3 port        int32!               =0 | Number of the port, or its name where text is allowed.
   4 targetPort  IntOrString | Port of the pods, as number or name.
   5 nodePort    int32 | Port on every node.
   6 appProtocol string? | Application protocol spoken on the port, as a hint.

type ServiceSpec | What is wanted of a Service.
   1 ports                         []ServicePort          map(port,protocol) merge(port) | Ports that are opened, exposed or matched.
   2 selector                      map[string]string      atomic | Which objects are meant, by their labels.
   3 clusterIP                     string | Address of the service inside the cluster.
   4 type                          string(ClusterIP|ExternalName|LoadBalancer|NodePort) ="ClusterIP" | Which of the known sorts this is.
   5 externalIPs                   []string               atomic | Addresses outside that nodes accept traffic for.
   7 sessionAffinity               string(ClientIP|None)  ="None" | Whether a client always reaches the same pod.
   8 loadBalancerIP                string | Address asked of the load balancer; deprecated.
   9 loadBalancerSourceRanges      []string               atomic | Clients that the load balancer lets in.
  10 externalName                  string | DNS name that the service stands for.
  11 externalTrafficPolicy         string(Cluster|Local) | Whether outside traffic stays on the node it came to.
  12 healthCheckNodePort           int32 | Port where nodes tell whether they have pods.
  13 publishNotReadyAddresses      bool | Whether pods that are not ready are found too.
  14 sessionAffinityConfig         SessionAffinityConfig | How long a client keeps its pod.
  17 ipFamilyPolicy                string(PreferDualStack|RequireDualStack|SingleStack)? | Whether one or both address families are wanted.
  18 clusterIPs                    []string               atomic | Addresses of the service inside the cluster, one a family.
  19 ipFamilies                    []string(|IPv4|IPv6)   atomic | Address families, the main one first.
  20 allocateLoadBalancerNodePorts bool? | Whether a load balancer also gets node ports.
  21 loadBalancerClass             string? | Which load balancer is responsible.
  22 internalTrafficPolicy         string(Cluster|Local)? | Whether inside traffic stays on its node.
  23 trafficDistribution           string? | Which endpoints are preferred.

type ServiceStatus | What was last observed of a Service.
   1 loadBalancer LoadBalancerStatus  ={} | State of the load balancer.
   2 conditions   []meta.v1.Condition map(type) merge(type) | Observations of the current state, at most one of each type.

type SessionAffinityConfig | how a client is kept with its backend
   1 clientIP ClientIPConfig | affinity by the client's address

type SleepAction | Waits for some seconds.
   1 seconds int64! =0 | How many seconds to wait.

type StorageOSPersistentVolumeSource | A volume of the sort StorageOSPersistent.
   1 volumeName      string | Name of the volume meant.
   2 volumeNamespace string | the volume's namespace; no longer used
   3 fsType          string | File system to mount the volume with; the plugin chooses when empty.
   4 readOnly        bool | Mount or attach the volume so that nothing can be written.
   5 secretRef       ObjectReference | Secret that holds what is needed to log in.

type StorageOSVolumeSource | A volume of the sort StorageOS.
   1 volumeName      string | Name of the volume meant.
   2 volumeNamespace string | the volume's namespace; no longer used
   3 fsType          string | File system to mount the volume with; the plugin chooses when empty.
   4 readOnly        bool | Mount or attach the volume so that nothing can be written.
   5 secretRef       LocalObjectReference | Secret that holds what is needed to log in.

type Sysctl | a kernel setting of the pod
   1 name  string! ="" | Name of the thing meant, as its owner knows it.
   2 value string! ="" | The value itself.

type TCPSocketAction | Opens a TCP connection to the container.
   1 port IntOrString! =0 | Number of the port, or its name where text is allowed.
   2 host string | Host name or address to connect to.

type Taint | Keeps pods away that do not tolerate it.
   1 key       string!                                        ="" | Key that is looked up or matched.
   2 value     string | The value itself.
   3 effect    string(NoExecute|NoSchedule|PreferNoSchedule)! ="" | What happens to pods that do not tolerate the taint.
   4 timeAdded Time | When the taint was added.

type Toleration | Lets the pod onto nodes with matching taints.
   1 key               string | Key that is looked up or matched.
   2 operator          string(Equal|Exists|Gt|Lt) | How the key relates to the values.
   3 value             string | The value itself.
   4 effect            string(NoExecute|NoSchedule|PreferNoSchedule) | What happens to pods that do not tolerate the taint.
   5 tolerationSeconds int64? | Seconds that a NoExecute taint is tolerated before eviction.

type TopologySelectorLabelRequirement | values of a label that a place may have
   1 key    string!   ="" | Key that is looked up or matched.
   2 values []string! =null atomic | Values that the operator compares with.

type TopologySelectorTerm atomic | places, told by labels
   1 matchLabelExpressions []TopologySelectorLabelRequirement atomic | labels that must all fit

type TopologySpreadConstraint | How evenly matching pods are spread over zones, nodes or the like.
   1 maxSkew            int32!                                =0 | How much the numbers of pods in two places may differ.
   2 topologyKey        string!                               ="" | Label of nodes whose equal value means the same place.
   3 whenUnsatisfiable  string(DoNotSchedule|ScheduleAnyway)! ="" | Whether the pod waits or is placed anyway.
   4 labelSelector      meta.v1.LabelSelector | Which objects are meant, by their labels.
   5 minDomains         int32? | How many places there must be at least.
   6 nodeAffinityPolicy string(Honor|Ignore)? | Whether the pod's node rules decide which nodes count.
   7 nodeTaintsPolicy   string(Honor|Ignore)? | Whether taints decide which nodes count.
   8 matchLabelKeys     []string                              atomic | Labels of the pod whose values are added to the selector.

type TypedLocalObjectReference atomic | an object of any kind in the same namespace
   1 apiGroup string? =null | API group of the object that is referred to; empty means core.
   2 kind     string! ="" | Kind of the object that is referred to.
   3 name     string! ="" | Name of the thing meant, as its owner knows it.

type TypedObjectReference | an object of any kind, perhaps in another namespace
   1 apiGroup  string? =null | API group of the object that is referred to; empty means core.
   2 kind      string! ="" | Kind of the object that is referred to.
   3 name      string! ="" | Name of the thing meant, as its owner knows it.
   4 namespace string? | Namespace that the object meant lives in.

type Volume | A named volume that containers of the pod can mount.
   1 name         string!      ="" | Name of the thing meant, as its owner knows it.
   2 volumeSource VolumeSource inline | where the data comes from: one of the kinds

type VolumeDevice | Where a raw block volume appears inside a container.
   1 name       string! ="" | Name of the thing meant, as its owner knows it.
   2 devicePath string! ="" | Path of the device.

type VolumeMount | Where a volume appears inside a container.
   1 name              string!                                     ="" | Name of the thing meant, as its owner knows it.
   2 readOnly          bool | Mount or attach the volume so that nothing can be written.
   3 mountPath         string!                                     ="" | Where in the container it appears.
   4 subPath           string | Folder or file inside the volume to mount.
   5 mountPropagation  string(Bidirectional|HostToContainer|None)? | Whether mounts pass between node and container.
   6 subPathExpr       string | Like subPath, with variables of the container.
   7 recursiveReadOnly string? | Whether mounts below are read-only too.

type VolumeMountStatus | What was last observed of a VolumeMount.
   1 name              string!      ="" | Name of the thing meant, as its owner knows it.
   2 mountPath         string!      ="" | Where in the container it appears.
   3 readOnly          bool | Mount or attach the volume so that nothing can be written.
   4 recursiveReadOnly string? | Whether mounts below are read-only too.
   5 volumeStatus      VolumeStatus | more about the mounted volume

type VolumeNodeAffinity | the nodes from which a volume is reached
   1 required NodeSelector | What must be there.

type VolumeProjection | one source of a projected volume
   1 secret              SecretProjection | Files made of a secret.
   2 downwardAPI         DownwardAPIProjection | Files made of fields of the pod.
   3 configMap           ConfigMapProjection | Files made of a config map.
   4 serviceAccountToken ServiceAccountTokenProjection | A token for the pod's service account.
   5 clusterTrustBundle  ClusterTrustBundleProjection | Trusted certificates of the cluster.
   6 podCertificate      PodCertificateProjection | A certificate made for the pod.

type VolumeResourceRequirements | how much storage a claim asks for
   1 limits   map[string]Quantity | The most that may be used of each resource.
   2 requests map[string]Quantity | What is asked for or set aside of each resource.

type VolumeSource | Where the volume's content comes from; exactly one is set.
   1 hostPath              HostPathVolumeSource | A path of the node itself.
   2 emptyDir              EmptyDirVolumeSource | An empty folder that lives as long as the pod.
   3 gcePersistentDisk     GCEPersistentDiskVolumeSource | A disk of Google's cloud.
   4 awsElasticBlockStore  AWSElasticBlockStoreVolumeSource | A disk of Amazon's cloud.
   5 gitRepo               GitRepoVolumeSource | A git repository; no longer supported.
   6 secret                SecretVolumeSource | Files made of a secret.
   7 nfs                   NFSVolumeSource | A share of an NFS server.
   8 iscsi                 ISCSIVolumeSource | A disk of an iSCSI target.
   9 glusterfs             GlusterfsVolumeSource | A Gluster volume.
  10 persistentVolumeClaim PersistentVolumeClaimVolumeSource | Storage that a claim of the namespace is bound to.
  11 rbd                   RBDVolumeSource | A Ceph block device.
  12 flexVolume            FlexVolumeSource | Storage of a driver run as a program; deprecated.
  13 cinder                CinderVolumeSource | A disk of OpenStack.
  14 cephfs                CephFSVolumeSource | A Ceph file system.
  15 flocker               FlockerVolumeSource | A Flocker dataset; no longer supported.
  16 downwardAPI           DownwardAPIVolumeSource | Files made of fields of the pod.
  17 fc                    FCVolumeSource | A disk of a Fibre Channel network.
  18 azureFile             AzureFileVolumeSource | A file share of Microsoft's cloud.
  19 configMap             ConfigMapVolumeSource | Files made of a config map.
  20 vsphereVolume         VsphereVirtualDiskVolumeSource | A disk of vSphere.
  21 quobyte               QuobyteVolumeSource | A Quobyte volume; no longer supported.
  22 azureDisk             AzureDiskVolumeSource | A disk of Microsoft's cloud.
  23 photonPersistentDisk  PhotonPersistentDiskVolumeSource | A Photon disk; no longer supported.
  24 portworxVolume        PortworxVolumeSource | A Portworx volume.
  25 scaleIO               ScaleIOVolumeSource | A ScaleIO volume; no longer supported.
  26 projected             ProjectedVolumeSource | Several sources in one folder.
  27 storageos             StorageOSVolumeSource | A StorageOS volume; no longer supported.
  28 csi                   CSIVolumeSource | Storage of a CSI driver.
  29 ephemeral             EphemeralVolumeSource | Storage of a claim that is made for this pod.
  30 image                 ImageVolumeSource | Image that is meant.

type VolumeStatus | What was last observed of a Volume.
   1 image ImageVolumeStatus | Image that is meant.

type VsphereVirtualDiskVolumeSource | A volume of the sort VsphereVirtualDisk.
   1 volumePath        string! ="" | the path of the disk file
   2 fsType            string | File system to mount the volume with; the plugin chooses when empty.
   3 storagePolicyName string | the storage policy's name
   4 storagePolicyID   string | the storage policy's id

type WeightedPodAffinityTerm | a wish about other pods, with its weight
   1 weight          int32!           =0 | How much it counts against others, 1 to 100.
   2 podAffinityTerm PodAffinityTerm! ={} | Which pods are meant, with a weight.

type WindowsSecurityContextOptions | settings of containers on Windows
   1 gmsaCredentialSpecName string? | the name of the managed account's credential spec
   2 gmsaCredentialSpec     string? | the credential spec itself
   3 runAsUserName          string? | the user to run as
   4 hostProcess            bool? | runs as a process of the host
`

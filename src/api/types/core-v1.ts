// Written by scripts/generate-types.ts from src/api/tables/core-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** A volume of the sort AWSElasticBlockStore. */
export interface AWSElasticBlockStoreVolumeSource {
  /** Identifier of the volume in the storage system. */
  volumeID: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Number where the part begins, or the disk's partition. */
  partition?: number
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** Rules for where the pod is scheduled. */
export interface Affinity {
  /** Which nodes suit, by labels and fields. */
  nodeAffinity?: NodeAffinity
  /** Rules that draw the pod near to others. */
  podAffinity?: PodAffinity
  /** Rules that keep the pod away from others. */
  podAntiAffinity?: PodAntiAffinity
}

/** the AppArmor profile that confines a container */
export interface AppArmorProfile {
  /** Which of the known sorts this is. */
  type: 'Localhost' | 'RuntimeDefault' | 'Unconfined'
  /** Profile on the node, when the type is Localhost. */
  localhostProfile?: string
}

/** a volume that is attached to a node */
export interface AttachedVolume {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Path of the device. */
  devicePath: string
}

/** A volume of the sort AzureDisk. */
export interface AzureDiskVolumeSource {
  /** the disk's name */
  diskName: string
  /** the disk's URI */
  diskURI: string
  /** None, ReadOnly or ReadWrite */
  cachingMode: 'None' | 'ReadOnly' | 'ReadWrite'
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly: boolean
  /** Kind of the object that is referred to. */
  kind: 'Dedicated' | 'Managed' | 'Shared'
}

/** A volume of the sort AzureFilePersistent. */
export interface AzureFilePersistentVolumeSource {
  /** Secret that holds what is needed, in the same namespace. */
  secretName: string
  /** the share's name */
  shareName: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** the namespace of the secret with the key */
  secretNamespace?: string
}

/** A volume of the sort AzureFile. */
export interface AzureFileVolumeSource {
  /** Secret that holds what is needed, in the same namespace. */
  secretName: string
  /** the share's name */
  shareName: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** Assigns a pod to a node. */
export interface Binding {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is aimed at. */
  target: ObjectReference
}

/** A volume of the sort CSIPersistent. */
export interface CSIPersistentVolumeSource {
  /** Name of the driver that is responsible. */
  driver: string
  /** Identifier of the volume at its driver. */
  volumeHandle: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** What the driver said about the volume. */
  volumeAttributes?: Record<string, string>
  /** secret for attaching */
  controllerPublishSecretRef?: SecretReference
  /** secret for staging on the node */
  nodeStageSecretRef?: SecretReference
  /** secret for mounting */
  nodePublishSecretRef?: SecretReference
  /** secret for growing the volume */
  controllerExpandSecretRef?: SecretReference
  /** secret for growing the file system on the node */
  nodeExpandSecretRef?: SecretReference
}

/** A volume of the sort CSI. */
export interface CSIVolumeSource {
  /** Name of the driver that is responsible. */
  driver: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** What the driver said about the volume. */
  volumeAttributes?: Record<string, string>
  /** secret for mounting */
  nodePublishSecretRef?: LocalObjectReference
}

/** Linux capabilities to add and to drop */
export interface Capabilities {
  /** capabilities that the container gets besides the default ones */
  add?: string[]
  /** capabilities that it loses; ALL stands for every one */
  drop?: string[]
}

/** A volume of the sort CephFSPersistent. */
export interface CephFSPersistentVolumeSource {
  /** Addresses of the Ceph monitors. */
  monitors: string[]
  /** Path of the file, folder or request meant. */
  path?: string
  /** User to act as. */
  user?: string
  /** Path of the file with the user's key. */
  secretFile?: string
  /** Secret that holds what is needed to log in. */
  secretRef?: SecretReference
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** A volume of the sort CephFS. */
export interface CephFSVolumeSource {
  /** Addresses of the Ceph monitors. */
  monitors: string[]
  /** Path of the file, folder or request meant. */
  path?: string
  /** User to act as. */
  user?: string
  /** Path of the file with the user's key. */
  secretFile?: string
  /** Secret that holds what is needed to log in. */
  secretRef?: LocalObjectReference
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** A volume of the sort CinderPersistent. */
export interface CinderPersistentVolumeSource {
  /** Identifier of the volume in the storage system. */
  volumeID: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** Secret that holds what is needed to log in. */
  secretRef?: SecretReference
}

/** A volume of the sort Cinder. */
export interface CinderVolumeSource {
  /** Identifier of the volume in the storage system. */
  volumeID: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** Secret that holds what is needed to log in. */
  secretRef?: LocalObjectReference
}

/** affinity by the client's address */
export interface ClientIPConfig {
  /** Seconds to wait for an answer. */
  timeoutSeconds?: number
}

/** certificates that the cluster trusts, as a file */
export interface ClusterTrustBundleProjection {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Who is asked to sign. */
  signerName?: string
  /** Which objects are meant, by their labels. */
  labelSelector?: meta_v1.LabelSelector
  /** Path of the file, folder or request meant. */
  path: string
  /** Whether the thing or its key may be missing. */
  optional?: boolean
}

/** One observation of the state of a Component. */
export interface ComponentCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** A sentence for people that explains the state. */
  message?: string
  /** What went wrong, where something did. */
  error?: string
}

/** Health of a control plane component; deprecated. */
export interface ComponentStatus {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** Observations of the current state, at most one of each type. */
  conditions?: ComponentCondition[]
}

/** A page of ComponentStatus objects, with the revision it was read at. */
export interface ComponentStatusList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ComponentStatus[]
}

/** Configuration as keys with text or bytes. */
export interface ConfigMap {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** The content, by key or as raw document. */
  data?: Record<string, string>
  /** values that are no UTF-8 text */
  binaryData?: Record<string, string>
  /** Whether the content can never change again. */
  immutable?: boolean
}

/** each entry of a config map as a variable */
export interface ConfigMapEnvSource {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Whether the thing or its key may be missing. */
  optional?: boolean
}

/** one entry of a config map */
export interface ConfigMapKeySelector {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Key that is looked up or matched. */
  key: string
  /** Whether the thing or its key may be missing. */
  optional?: boolean
}

/** A page of ConfigMap objects, with the revision it was read at. */
export interface ConfigMapList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ConfigMap[]
}

/** a kubelet's configuration in a config map; no longer used */
export interface ConfigMapNodeConfigSource {
  /** Namespace that the object meant lives in. */
  namespace: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Unique identifier of the object, never used for another one. */
  uid?: string
  /** Revision of the object, to notice that it changed meanwhile. */
  resourceVersion?: string
  /** the entry that holds it */
  kubeletConfigKey: string
}

/** entries of a config map as files */
export interface ConfigMapProjection {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Keys to take and the file names to give them; all when empty. */
  items?: KeyToPath[]
  /** Whether the thing or its key may be missing. */
  optional?: boolean
}

/** A volume of the sort ConfigMap. */
export interface ConfigMapVolumeSource {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Keys to take and the file names to give them; all when empty. */
  items?: KeyToPath[]
  /** Permission bits of files that set none of their own. */
  defaultMode: number
  /** Whether the thing or its key may be missing. */
  optional?: boolean
}

/** One container of a pod: image, command, resources, probes. */
export interface Container {
  /** Name of the container, unique in the pod. */
  name: string
  /** Image that is meant. */
  image?: string
  /** What is run instead of the image's entrypoint. */
  command?: string[]
  /** Arguments of the command, instead of the image's. */
  args?: string[]
  /** Folder that the command starts in. */
  workingDir?: string
  /** Ports that are opened, exposed or matched. */
  ports?: ContainerPort[]
  /** Variables of the container's environment. */
  env?: EnvVar[]
  /** Compute resources that are asked for and limited. */
  resources: ResourceRequirements
  /** Where volumes appear in the container's file system. */
  volumeMounts?: VolumeMount[]
  /** When this fails, the container is started again. */
  livenessProbe?: Probe
  /** While this fails, services send nothing here. */
  readinessProbe?: Probe
  /** What is run around the start and the end of the container. */
  lifecycle?: Lifecycle
  /** File in the container whose content becomes the final message. */
  terminationMessagePath: string
  /** When the image is pulled. */
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  /** Privileges and identities to run with. */
  securityContext?: SecurityContext
  /** Whether standard input is kept open. */
  stdin?: boolean
  /** Whether standard input closes after the first client. */
  stdinOnce?: boolean
  /** Whether a terminal is allocated. */
  tty?: boolean
  /** Sources of which every key becomes a variable. */
  envFrom?: EnvFromSource[]
  /** Whether logs fill in for an empty final message. */
  terminationMessagePolicy: 'FallbackToLogsOnError' | 'File'
  /** Raw block volumes that the container gets. */
  volumeDevices?: VolumeDevice[]
  /** Until this succeeds, the other probes wait. */
  startupProbe?: Probe
  /** Whether changed resources need a restart. */
  resizePolicy?: ContainerResizePolicy[]
  /** When ended containers are started again. */
  restartPolicy?: string
  /** Exceptions from the restart policy by exit code. */
  restartPolicyRules?: ContainerRestartRule[]
}

/** which claim request stands for a container's extended resource */
export interface ContainerExtendedResourceRequest {
  /** Name of the container meant. */
  containerName: string
  /** the extended resource */
  resourceName: string
  /** the request in the claim */
  requestName: string
}

/** an image that the node has */
export interface ContainerImage {
  /** its names, with tags and digests */
  names?: string[] | null
  /** its size on disk */
  sizeBytes?: number
}

/** A port that the container listens on. */
export interface ContainerPort {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Port of the node that leads to the container. */
  hostPort?: number
  /** Port that the container listens on. */
  containerPort: number
  /** Transport protocol: TCP, UDP or SCTP. */
  protocol: 'SCTP' | 'TCP' | 'UDP'
  /** Address of the node that is used. */
  hostIP?: string
}

/** whether changing a resource needs a restart */
export interface ContainerResizePolicy {
  /** cpu or memory */
  resourceName: string
  /** When ended containers are started again. */
  restartPolicy: string
}

/** what to do on certain exits of the container */
export interface ContainerRestartRule {
  /** What is done when it matches, or was done. */
  action: string
  /** Exit codes that the rule is about. */
  exitCodes?: ContainerRestartRuleOnExitCodes
}

/** the exit codes that the rule is about */
export interface ContainerRestartRuleOnExitCodes {
  /** How the key relates to the values. */
  operator: string
  /** Values that the operator compares with. */
  values?: number[]
}

/** What the container is doing; exactly one is set. */
export interface ContainerState {
  /** Set while the container has not started. */
  waiting?: ContainerStateWaiting
  /** Set while the container runs. */
  running?: ContainerStateRunning
  /** Set when the container has ended. */
  terminated?: ContainerStateTerminated
}

/** The container runs. */
export interface ContainerStateRunning {
  /** When it started. */
  startedAt?: string | null
}

/** The container has ended. */
export interface ContainerStateTerminated {
  /** Exit code of the process. */
  exitCode: number
  /** Signal that ended the process. */
  signal?: number
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
  /** When it started. */
  startedAt?: string | null
  /** When it ended. */
  finishedAt?: string | null
  /** Identifier at the runtime. */
  containerID?: string
}

/** The container has not started yet. */
export interface ContainerStateWaiting {
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** What was last observed of a Container. */
export interface ContainerStatus {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** What the container is doing. */
  state: ContainerState
  /** How the container ended before it was started again. */
  lastState: ContainerState
  /** Whether it can serve. */
  ready: boolean
  /** How often the container was started again. */
  restartCount: number
  /** Image that is meant. */
  image: string
  /** Identifier of the image that runs. */
  imageID: string
  /** Identifier at the runtime. */
  containerID?: string
  /** Whether the startup probe has succeeded. */
  started?: boolean
  /** What has been set aside of each resource. */
  allocatedResources?: Record<string, string>
  /** Compute resources that are asked for and limited. */
  resources?: ResourceRequirements
  /** Where volumes appear in the container's file system. */
  volumeMounts?: VolumeMountStatus[]
  /** User to act as. */
  user?: ContainerUser
  /** how well the devices given to the container are */
  allocatedResourcesStatus?: ResourceStatus[]
  /** Signal that tells the container to stop. */
  stopSignal?: 'SIGABRT' | 'SIGALRM' | 'SIGBUS' | 'SIGCHLD' | 'SIGCLD' | 'SIGCONT' | 'SIGFPE' | 'SIGHUP' | 'SIGILL' | 'SIGINT' | 'SIGIO' | 'SIGIOT' | 'SIGKILL' | 'SIGPIPE' | 'SIGPOLL' | 'SIGPROF' | 'SIGPWR' | 'SIGQUIT' | 'SIGRTMAX' | 'SIGRTMAX-1' | 'SIGRTMAX-10' | 'SIGRTMAX-11' | 'SIGRTMAX-12' | 'SIGRTMAX-13' | 'SIGRTMAX-14' | 'SIGRTMAX-2' | 'SIGRTMAX-3' | 'SIGRTMAX-4' | 'SIGRTMAX-5' | 'SIGRTMAX-6' | 'SIGRTMAX-7' | 'SIGRTMAX-8' | 'SIGRTMAX-9' | 'SIGRTMIN' | 'SIGRTMIN+1' | 'SIGRTMIN+10' | 'SIGRTMIN+11' | 'SIGRTMIN+12' | 'SIGRTMIN+13' | 'SIGRTMIN+14' | 'SIGRTMIN+15' | 'SIGRTMIN+2' | 'SIGRTMIN+3' | 'SIGRTMIN+4' | 'SIGRTMIN+5' | 'SIGRTMIN+6' | 'SIGRTMIN+7' | 'SIGRTMIN+8' | 'SIGRTMIN+9' | 'SIGSEGV' | 'SIGSTKFLT' | 'SIGSTOP' | 'SIGSYS' | 'SIGTERM' | 'SIGTRAP' | 'SIGTSTP' | 'SIGTTIN' | 'SIGTTOU' | 'SIGURG' | 'SIGUSR1' | 'SIGUSR2' | 'SIGVTALRM' | 'SIGWINCH' | 'SIGXCPU' | 'SIGXFSZ'
}

/** whom the first process runs as */
export interface ContainerUser {
  /** the ids on Linux */
  linux?: LinuxContainerUser
}

/** where a node's daemon listens */
export interface DaemonEndpoint {
  /** the port */
  Port: number
}

/** facts about the pod as files */
export interface DownwardAPIProjection {
  /** Keys to take and the file names to give them; all when empty. */
  items?: DownwardAPIVolumeFile[]
}

/** a fact about the pod as a file */
export interface DownwardAPIVolumeFile {
  /** Path of the file, folder or request meant. */
  path: string
  /** A field of the pod itself. */
  fieldRef?: ObjectFieldSelector
  /** A request or limit of a container. */
  resourceFieldRef?: ResourceFieldSelector
  /** Permission bits of this file. */
  mode?: number
}

/** A volume of the sort DownwardAPI. */
export interface DownwardAPIVolumeSource {
  /** Keys to take and the file names to give them; all when empty. */
  items?: DownwardAPIVolumeFile[]
  /** Permission bits of files that set none of their own. */
  defaultMode: number
}

/** A volume of the sort EmptyDir. */
export interface EmptyDirVolumeSource {
  /** Memory, huge pages or, when empty, the node's disk. */
  medium?: string
  /** How much the folder may hold. */
  sizeLimit?: string
}

/** an address of a backend */
export interface EndpointAddress {
  /** IP address. */
  ip: string
  /** Object behind this address. */
  targetRef?: ObjectReference
  /** Name of the host. */
  hostname?: string
  /** Name of the node meant. */
  nodeName?: string
}

/** a port that the addresses have */
export interface EndpointPort {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Number of the port, or its name where text is allowed. */
  port: number
  /** Transport protocol: TCP, UDP or SCTP. */
  protocol: 'SCTP' | 'TCP' | 'UDP'
  /** Application protocol spoken on the port, as a hint. */
  appProtocol?: string
}

/** addresses that share the same ports */
export interface EndpointSubset {
  /** Addresses at which it is reached. */
  addresses?: EndpointAddress[]
  /** Addresses that are not ready yet. */
  notReadyAddresses?: EndpointAddress[]
  /** Ports that are opened, exposed or matched. */
  ports?: EndpointPort[]
}

/** Addresses behind a service; the forerunner of EndpointSlice. */
export interface Endpoints {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** the addresses, grouped by their ports */
  subsets?: EndpointSubset[]
}

/** A page of Endpoints objects, with the revision it was read at. */
export interface EndpointsList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Endpoints[]
}

/** Makes variables of all keys of a config map or secret. */
export interface EnvFromSource {
  /** Put before each variable's name. */
  prefix?: string
  /** The config map to take from. */
  configMapRef?: ConfigMapEnvSource
  /** Secret that holds what is needed to log in. */
  secretRef?: SecretEnvSource
}

/** One environment variable. */
export interface EnvVar {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** The value itself. */
  value?: string
  /** where the value comes from, instead of value */
  valueFrom?: EnvVarSource
}

/** Where the value of a variable comes from. */
export interface EnvVarSource {
  /** A field of the pod itself. */
  fieldRef?: ObjectFieldSelector
  /** A request or limit of a container. */
  resourceFieldRef?: ResourceFieldSelector
  /** A key of a config map. */
  configMapKeyRef?: ConfigMapKeySelector
  /** A key of a secret. */
  secretKeyRef?: SecretKeySelector
  /** A key of a file on a volume that an init container wrote. */
  fileKeyRef?: FileKeySelector
}

/** A container added to a running pod for looking into it. */
export interface EphemeralContainer {
  /** Name of the container, unique in the pod. */
  name: string
  /** Image that is meant. */
  image?: string
  /** What is run instead of the image's entrypoint. */
  command?: string[]
  /** Arguments of the command, instead of the image's. */
  args?: string[]
  /** Folder that the command starts in. */
  workingDir?: string
  /** Ports that are opened, exposed or matched. */
  ports?: ContainerPort[]
  /** Variables of the container's environment. */
  env?: EnvVar[]
  /** Compute resources that are asked for and limited. */
  resources: ResourceRequirements
  /** Where volumes appear in the container's file system. */
  volumeMounts?: VolumeMount[]
  /** When this fails, the container is started again. */
  livenessProbe?: Probe
  /** While this fails, services send nothing here. */
  readinessProbe?: Probe
  /** What is run around the start and the end of the container. */
  lifecycle?: Lifecycle
  /** File in the container whose content becomes the final message. */
  terminationMessagePath: string
  /** When the image is pulled. */
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  /** Privileges and identities to run with. */
  securityContext?: SecurityContext
  /** Whether standard input is kept open. */
  stdin?: boolean
  /** Whether standard input closes after the first client. */
  stdinOnce?: boolean
  /** Whether a terminal is allocated. */
  tty?: boolean
  /** Sources of which every key becomes a variable. */
  envFrom?: EnvFromSource[]
  /** Whether logs fill in for an empty final message. */
  terminationMessagePolicy: 'FallbackToLogsOnError' | 'File'
  /** Raw block volumes that the container gets. */
  volumeDevices?: VolumeDevice[]
  /** Until this succeeds, the other probes wait. */
  startupProbe?: Probe
  /** Whether changed resources need a restart. */
  resizePolicy?: ContainerResizePolicy[]
  /** When ended containers are started again. */
  restartPolicy?: string
  /** Exceptions from the restart policy by exit code. */
  restartPolicyRules?: ContainerRestartRule[]
  /** the container whose processes it sees */
  targetContainerName?: string
}

/** what an ephemeral container shares with an ordinary one */
export interface EphemeralContainerCommon {
  /** Name of the container, unique in the pod. */
  name: string
  /** Image that is meant. */
  image?: string
  /** What is run instead of the image's entrypoint. */
  command?: string[]
  /** Arguments of the command, instead of the image's. */
  args?: string[]
  /** Folder that the command starts in. */
  workingDir?: string
  /** Ports that are opened, exposed or matched. */
  ports?: ContainerPort[]
  /** Variables of the container's environment. */
  env?: EnvVar[]
  /** Compute resources that are asked for and limited. */
  resources: ResourceRequirements
  /** Where volumes appear in the container's file system. */
  volumeMounts?: VolumeMount[]
  /** When this fails, the container is started again. */
  livenessProbe?: Probe
  /** While this fails, services send nothing here. */
  readinessProbe?: Probe
  /** What is run around the start and the end of the container. */
  lifecycle?: Lifecycle
  /** File in the container whose content becomes the final message. */
  terminationMessagePath: string
  /** When the image is pulled. */
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  /** Privileges and identities to run with. */
  securityContext?: SecurityContext
  /** Whether standard input is kept open. */
  stdin?: boolean
  /** Whether standard input closes after the first client. */
  stdinOnce?: boolean
  /** Whether a terminal is allocated. */
  tty?: boolean
  /** Sources of which every key becomes a variable. */
  envFrom?: EnvFromSource[]
  /** Whether logs fill in for an empty final message. */
  terminationMessagePolicy: 'FallbackToLogsOnError' | 'File'
  /** Raw block volumes that the container gets. */
  volumeDevices?: VolumeDevice[]
  /** Until this succeeds, the other probes wait. */
  startupProbe?: Probe
  /** Whether changed resources need a restart. */
  resizePolicy?: ContainerResizePolicy[]
  /** When ended containers are started again. */
  restartPolicy?: string
  /** Exceptions from the restart policy by exit code. */
  restartPolicyRules?: ContainerRestartRule[]
}

/** A volume of the sort Ephemeral. */
export interface EphemeralVolumeSource {
  /** What the claim looks like. */
  volumeClaimTemplate?: PersistentVolumeClaimTemplate
}

/** A note that something happened to an object. */
export interface Event {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** the object the event is about */
  involvedObject: ObjectReference
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
  /** Where it comes from. */
  source: EventSource
  /** when it happened first */
  firstTimestamp?: string | null
  /** when it happened last */
  lastTimestamp?: string | null
  /** How many there are or are wanted. */
  count?: number
  /** Which of the known sorts this is. */
  type?: string
  /** When it was first seen. */
  eventTime?: string | null
  /** set when the event goes on happening */
  series?: EventSeries
  /** What is done when it matches, or was done. */
  action?: string
  /** a second object that has to do with it */
  related?: ObjectReference
  /** who reports, such as kubernetes.io/kubelet */
  reportingComponent: string
  /** which instance reports, such as a node's name */
  reportingInstance: string
}

/** A page of Event objects, with the revision it was read at. */
export interface EventList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Event[]
}

/** How often an event was repeated, and when last. */
export interface EventSeries {
  /** How many there are or are wanted. */
  count?: number
  /** when the series was last seen */
  lastObservedTime?: string | null
}

/** Which component reported the event. */
export interface EventSource {
  /** the component that reports */
  component?: string
  /** Host name or address to connect to. */
  host?: string
}

/** Runs a command inside the container. */
export interface ExecAction {
  /** What is run instead of the image's entrypoint. */
  command?: string[]
}

/** A volume of the sort FC. */
export interface FCVolumeSource {
  /** world wide names of the targets */
  targetWWNs?: string[]
  /** Number of the logical unit on the target. */
  lun?: number
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** world wide ids of the volume, instead of targets and lun */
  wwids?: string[]
}

/** a variable in a file of an emptyDir volume */
export interface FileKeySelector {
  /** Name of the volume meant. */
  volumeName: string
  /** Path of the file, folder or request meant. */
  path: string
  /** Key that is looked up or matched. */
  key: string
  /** Whether the thing or its key may be missing. */
  optional: boolean
}

/** A volume of the sort FlexPersistent. */
export interface FlexPersistentVolumeSource {
  /** Name of the driver that is responsible. */
  driver: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Secret that holds what is needed to log in. */
  secretRef?: SecretReference
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** Further settings for the driver. */
  options?: Record<string, string>
}

/** A volume of the sort Flex. */
export interface FlexVolumeSource {
  /** Name of the driver that is responsible. */
  driver: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Secret that holds what is needed to log in. */
  secretRef?: LocalObjectReference
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** Further settings for the driver. */
  options?: Record<string, string>
}

/** A volume of the sort Flocker. */
export interface FlockerVolumeSource {
  /** the dataset's name; no longer used */
  datasetName?: string
  /** the dataset's id */
  datasetUUID?: string
}

/** A volume of the sort GCEPersistentDisk. */
export interface GCEPersistentDiskVolumeSource {
  /** the disk's name */
  pdName: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Number where the part begins, or the disk's partition. */
  partition?: number
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** Asks the gRPC health service. */
export interface GRPCAction {
  /** Number of the port, or its name where text is allowed. */
  port: number
  /** Service inside the cluster to call or send to. */
  service: string
}

/** A volume of the sort GitRepo. */
export interface GitRepoVolumeSource {
  /** the repository's URL; such volumes are refused today */
  repository: string
  /** Number of the revision. */
  revision?: string
  /** the folder that it is cloned into */
  directory?: string
}

/** A volume of the sort GlusterfsPersistent. */
export interface GlusterfsPersistentVolumeSource {
  /** The addresses with what is known of them, or the object that names them. */
  endpoints: string
  /** Path of the file, folder or request meant. */
  path: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** the namespace of the endpoints */
  endpointsNamespace?: string
}

/** A volume of the sort Glusterfs. */
export interface GlusterfsVolumeSource {
  /** The addresses with what is known of them, or the object that names them. */
  endpoints: string
  /** Path of the file, folder or request meant. */
  path: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** Makes an HTTP request to the container. */
export interface HTTPGetAction {
  /** Path of the file, folder or request meant. */
  path: string
  /** Number of the port, or its name where text is allowed. */
  port: number | string
  /** Host name or address to connect to. */
  host?: string
  /** HTTP or HTTPS. */
  scheme: 'HTTP' | 'HTTPS'
  /** Headers sent with the request. */
  httpHeaders?: HTTPHeader[]
}

/** a header that a probe sends */
export interface HTTPHeader {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** The value itself. */
  value: string
}

/** names for an address in the pod's /etc/hosts */
export interface HostAlias {
  /** IP address. */
  ip: string
  /** the names */
  hostnames?: string[]
}

/** an address of the node */
export interface HostIP {
  /** IP address. */
  ip: string
}

/** A volume of the sort HostPath. */
export interface HostPathVolumeSource {
  /** Path of the file, folder or request meant. */
  path: string
  /** Which of the known sorts this is. */
  type: '' | 'BlockDevice' | 'CharDevice' | 'Directory' | 'DirectoryOrCreate' | 'File' | 'FileOrCreate' | 'Socket'
}

/** A volume of the sort ISCSIPersistent. */
export interface ISCSIPersistentVolumeSource {
  /** Address and port of the iSCSI target. */
  targetPortal: string
  /** Qualified name of the iSCSI target. */
  iqn: string
  /** Number of the logical unit on the target. */
  lun: number
  /** Name of the iSCSI interface to use. */
  iscsiInterface: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** Further portals of the target. */
  portals?: string[]
  /** Whether discovery uses CHAP authentication. */
  chapAuthDiscovery?: boolean
  /** Secret that holds what is needed to log in. */
  secretRef?: SecretReference
  /** Whether the session uses CHAP authentication. */
  chapAuthSession?: boolean
  /** Name that the initiator presents itself with. */
  initiatorName?: string
}

/** A volume of the sort ISCSI. */
export interface ISCSIVolumeSource {
  /** Address and port of the iSCSI target. */
  targetPortal: string
  /** Qualified name of the iSCSI target. */
  iqn: string
  /** Number of the logical unit on the target. */
  lun: number
  /** Name of the iSCSI interface to use. */
  iscsiInterface: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** Further portals of the target. */
  portals?: string[]
  /** Whether discovery uses CHAP authentication. */
  chapAuthDiscovery?: boolean
  /** Secret that holds what is needed to log in. */
  secretRef?: LocalObjectReference
  /** Whether the session uses CHAP authentication. */
  chapAuthSession?: boolean
  /** Name that the initiator presents itself with. */
  initiatorName?: string
}

/** A volume of the sort Image. */
export interface ImageVolumeSource {
  /** the image or artifact, by name */
  reference?: string
  /** when it is pulled */
  pullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
}

/** What was last observed of a ImageVolume. */
export interface ImageVolumeStatus {
  /** the digest that is mounted */
  imageRef: string
}

/** Puts one key into a file of another name. */
export interface KeyToPath {
  /** Key that is looked up or matched. */
  key: string
  /** Path of the file, folder or request meant. */
  path: string
  /** Permission bits of this file. */
  mode?: number
}

/** What is run at the start and before the end of a container. */
export interface Lifecycle {
  /** Runs right after the container was made. */
  postStart?: LifecycleHandler
  /** Runs before the container is told to stop. */
  preStop?: LifecycleHandler
  /** Signal that tells the container to stop. */
  stopSignal?: 'SIGABRT' | 'SIGALRM' | 'SIGBUS' | 'SIGCHLD' | 'SIGCLD' | 'SIGCONT' | 'SIGFPE' | 'SIGHUP' | 'SIGILL' | 'SIGINT' | 'SIGIO' | 'SIGIOT' | 'SIGKILL' | 'SIGPIPE' | 'SIGPOLL' | 'SIGPROF' | 'SIGPWR' | 'SIGQUIT' | 'SIGRTMAX' | 'SIGRTMAX-1' | 'SIGRTMAX-10' | 'SIGRTMAX-11' | 'SIGRTMAX-12' | 'SIGRTMAX-13' | 'SIGRTMAX-14' | 'SIGRTMAX-2' | 'SIGRTMAX-3' | 'SIGRTMAX-4' | 'SIGRTMAX-5' | 'SIGRTMAX-6' | 'SIGRTMAX-7' | 'SIGRTMAX-8' | 'SIGRTMAX-9' | 'SIGRTMIN' | 'SIGRTMIN+1' | 'SIGRTMIN+10' | 'SIGRTMIN+11' | 'SIGRTMIN+12' | 'SIGRTMIN+13' | 'SIGRTMIN+14' | 'SIGRTMIN+15' | 'SIGRTMIN+2' | 'SIGRTMIN+3' | 'SIGRTMIN+4' | 'SIGRTMIN+5' | 'SIGRTMIN+6' | 'SIGRTMIN+7' | 'SIGRTMIN+8' | 'SIGRTMIN+9' | 'SIGSEGV' | 'SIGSTKFLT' | 'SIGSTOP' | 'SIGSYS' | 'SIGTERM' | 'SIGTRAP' | 'SIGTSTP' | 'SIGTTIN' | 'SIGTTOU' | 'SIGURG' | 'SIGUSR1' | 'SIGUSR2' | 'SIGVTALRM' | 'SIGWINCH' | 'SIGXCPU' | 'SIGXFSZ'
}

/** What one lifecycle hook does. */
export interface LifecycleHandler {
  /** Run a command inside the container. */
  exec?: ExecAction
  /** Make an HTTP request. */
  httpGet?: HTTPGetAction
  /** Open a TCP connection. */
  tcpSocket?: TCPSocketAction
  /** Wait for some seconds. */
  sleep?: SleepAction
}

/** Bounds and defaults for single pods, containers and claims of a namespace. */
export interface LimitRange {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: LimitRangeSpec
}

/** Bounds for one sort of object. */
export interface LimitRangeItem {
  /** Which of the known sorts this is. */
  type: string
  /** no more than this */
  max?: Record<string, string>
  /** no less than this */
  min?: Record<string, string>
  /** Value that an absent one gets. */
  default?: Record<string, string>
  /** the request of a container that has none */
  defaultRequest?: Record<string, string>
  /** how many times its request a limit may be */
  maxLimitRequestRatio?: Record<string, string>
}

/** A page of LimitRange objects, with the revision it was read at. */
export interface LimitRangeList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: LimitRange[]
}

/** What is wanted of a LimitRange. */
export interface LimitRangeSpec {
  /** The most that may be used of each resource. */
  limits: LimitRangeItem[]
}

/** user and groups of a container's first process */
export interface LinuxContainerUser {
  /** Unique identifier of the object, never used for another one. */
  uid: number
  /** the group */
  gid: number
  /** Further groups of the process. */
  supplementalGroups?: number[]
}

/** an address at which the load balancer is reached */
export interface LoadBalancerIngress {
  /** IP address. */
  ip?: string
  /** Name of the host. */
  hostname?: string
  /** Whether traffic to the address keeps it as destination or reaches a proxy. */
  ipMode?: string
  /** Ports that are opened, exposed or matched. */
  ports?: PortStatus[]
}

/** What was last observed of a LoadBalancer. */
export interface LoadBalancerStatus {
  /** Points where traffic enters, or rules for what may come in. */
  ingress?: LoadBalancerIngress[]
}

/** Points to an object of the same namespace by name. */
export interface LocalObjectReference {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
}

/** A volume of the sort Local. */
export interface LocalVolumeSource {
  /** Path of the file, folder or request meant. */
  path: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
}

/** What was last observed of a ModifyVolume. */
export interface ModifyVolumeStatus {
  /** the class that the volume is being brought to */
  targetVolumeAttributesClassName?: string
  /** What was last observed of the object; written by the system. */
  status: 'InProgress' | 'Infeasible' | 'Pending'
}

/** A volume of the sort NFS. */
export interface NFSVolumeSource {
  /** Name or address of the server. */
  server: string
  /** Path of the file, folder or request meant. */
  path: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** A room of names; most objects live in one. */
export interface Namespace {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: NamespaceSpec
  /** What was last observed of the object; written by the system. */
  status: NamespaceStatus
}

/** One observation of the state of a Namespace. */
export interface NamespaceCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** A page of Namespace objects, with the revision it was read at. */
export interface NamespaceList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Namespace[]
}

/** What is wanted of a Namespace. */
export interface NamespaceSpec {
  /** Who must finish work before the object can go. */
  finalizers?: string[]
}

/** What was last observed of a Namespace. */
export interface NamespaceStatus {
  /** One word for where the object is in its life. */
  phase: 'Active' | 'Terminating'
  /** Observations of the current state, at most one of each type. */
  conditions?: NamespaceCondition[]
}

/** A machine that runs pods. */
export interface Node {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: NodeSpec
  /** What was last observed of the object; written by the system. */
  status: NodeStatus
}

/** an address of the node and what sort it is */
export interface NodeAddress {
  /** Which of the known sorts this is. */
  type: string
  /** the address or name */
  address: string
}

/** Rules on labels and fields of nodes. */
export interface NodeAffinity {
  /** Must hold when the pod is scheduled. */
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector
  /** Should hold when the pod is scheduled, by weight. */
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[]
}

/** What was last observed of a NodeAllocatableResourceClaim. */
export interface NodeAllocatableResourceClaimStatus {
  /** Name of the claim, in the pod's namespace. */
  resourceClaimName: string
  /** Containers that run in the pod. */
  containers?: string[]
  /** Compute resources that are asked for and limited. */
  resources: Record<string, string>
}

/** One observation of the state of a Node. */
export interface NodeCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** When the node last reported this condition. */
  lastHeartbeatTime?: string | null
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** where a kubelet's configuration is; no longer used */
export interface NodeConfigSource {
  /** Files made of a config map. */
  configMap?: ConfigMapNodeConfigSource
}

/** What was last observed of a NodeConfig. */
export interface NodeConfigStatus {
  /** the configuration that was assigned */
  assigned?: NodeConfigSource
  /** What is running at this time. */
  active?: NodeConfigSource
  /** the one that is fallen back to */
  lastKnownGood?: NodeConfigSource
  /** What went wrong, where something did. */
  error?: string
}

/** where the node's daemons listen */
export interface NodeDaemonEndpoints {
  /** where the kubelet listens */
  kubeletEndpoint: DaemonEndpoint
}

/** what the runtime can do for any handler */
export interface NodeFeatures {
  /** Whether groups in the image count too. */
  supplementalGroupsPolicy?: boolean
}

/** A page of Node objects, with the revision it was read at. */
export interface NodeList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Node[]
}

/** a way of running pods that the node has */
export interface NodeRuntimeHandler {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** what it can do */
  features?: NodeRuntimeHandlerFeatures
}

/** what a runtime handler can do */
export interface NodeRuntimeHandlerFeatures {
  /** mounts that are read-only all the way down */
  recursiveReadOnlyMounts?: boolean
  /** user namespaces of their own */
  userNamespaces?: boolean
}

/** Terms of which a node must match one. */
export interface NodeSelector {
  /** alternatives, one of which must hold */
  nodeSelectorTerms: NodeSelectorTerm[]
}

/** Compares one label or field of a node with values. */
export interface NodeSelectorRequirement {
  /** Key that is looked up or matched. */
  key: string
  /** How the key relates to the values. */
  operator: 'DoesNotExist' | 'Exists' | 'Gt' | 'In' | 'Lt' | 'NotIn'
  /** Values that the operator compares with. */
  values?: string[]
}

/** Requirements that must all hold. */
export interface NodeSelectorTerm {
  /** Comparisons that must all hold. */
  matchExpressions?: NodeSelectorRequirement[]
  /** Comparisons with fields of the node. */
  matchFields?: NodeSelectorRequirement[]
}

/** What is wanted of a Node. */
export interface NodeSpec {
  /** Addresses of the node's pods. */
  podCIDR?: string
  /** no longer used */
  externalID?: string
  /** The node's identifier at the cloud. */
  providerID?: string
  /** Whether new pods are kept away. */
  unschedulable?: boolean
  /** Marks that keep pods away which do not tolerate them. */
  taints?: Taint[]
  /** no longer used */
  configSource?: NodeConfigSource
  /** Addresses of the node's pods, one block a family. */
  podCIDRs?: string[]
}

/** What was last observed of a Node. */
export interface NodeStatus {
  /** Total amount of each resource. */
  capacity?: Record<string, string>
  /** What pods may use of each resource. */
  allocatable?: Record<string, string>
  /** One word for where the object is in its life. */
  phase?: 'Pending' | 'Running' | 'Terminated'
  /** Observations of the current state, at most one of each type. */
  conditions?: NodeCondition[]
  /** Addresses at which it is reached. */
  addresses?: NodeAddress[]
  /** Ports of the node's agents. */
  daemonEndpoints: NodeDaemonEndpoints
  /** Versions and identifiers of the node. */
  nodeInfo: NodeSystemInfo
  /** Images that the node has. */
  images?: ContainerImage[]
  /** volumes that must not be detached yet */
  volumesInUse?: string[]
  /** volumes that are attached */
  volumesAttached?: AttachedVolume[]
  /** Configuration handed to the drivers. */
  config?: NodeConfigStatus
  /** the ways of running pods that the node has */
  runtimeHandlers?: NodeRuntimeHandler[]
  /** what the runtime can do for any handler */
  features?: NodeFeatures
  /** features that the kubelet says it has */
  declaredFeatures?: string[]
}

/** What was last observed of a NodeSwap. */
export interface NodeSwapStatus {
  /** Total amount of each resource. */
  capacity?: number
}

/** the machine and the versions of what runs on it */
export interface NodeSystemInfo {
  /** the machine's id, from /etc/machine-id */
  machineID: string
  /** the id that the firmware tells */
  systemUUID: string
  /** changes with each boot */
  bootID: string
  /** the kernel's version */
  kernelVersion: string
  /** the name of the system */
  osImage: string
  /** the runtime and its version, as containerd://1.7 */
  containerRuntimeVersion: string
  /** the kubelet's version */
  kubeletVersion: string
  /** no longer told */
  kubeProxyVersion: string
  /** linux or windows */
  operatingSystem: string
  /** amd64, arm64 and so on */
  architecture: string
  /** how much swap there is */
  swap?: NodeSwapStatus
}

/** a field of the pod */
export interface ObjectFieldSelector {
  /** API group and version of the object that is referred to. */
  apiVersion: string
  /** Path of the field inside the object. */
  fieldPath: string
}

/** Points to an object, or into it. */
export interface ObjectReference {
  /** Kind of the object that is referred to. */
  kind?: string
  /** Namespace that the object meant lives in. */
  namespace?: string
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Unique identifier of the object, never used for another one. */
  uid?: string
  /** API group and version of the object that is referred to. */
  apiVersion?: string
  /** Revision of the object, to notice that it changed meanwhile. */
  resourceVersion?: string
  /** Path of the field inside the object. */
  fieldPath?: string
}

/** A piece of storage in the cluster. */
export interface PersistentVolume {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: PersistentVolumeSpec
  /** What was last observed of the object; written by the system. */
  status: PersistentVolumeStatus
}

/** A wish for storage, bound to a volume that fulfils it. */
export interface PersistentVolumeClaim {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: PersistentVolumeClaimSpec
  /** What was last observed of the object; written by the system. */
  status: PersistentVolumeClaimStatus
}

/** One observation of the state of a PersistentVolumeClaim. */
export interface PersistentVolumeClaimCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** When the condition was last looked at. */
  lastProbeTime?: string | null
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** A page of PersistentVolumeClaim objects, with the revision it was read at. */
export interface PersistentVolumeClaimList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: PersistentVolumeClaim[]
}

/** What is wanted of a PersistentVolumeClaim. */
export interface PersistentVolumeClaimSpec {
  /** Ways in which the volume can be mounted. */
  accessModes?: ('ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOnce' | 'ReadWriteOncePod')[]
  /** Compute resources that are asked for and limited. */
  resources: VolumeResourceRequirements
  /** Name of the volume meant. */
  volumeName?: string
  /** Which objects are meant, by their labels. */
  selector?: meta_v1.LabelSelector
  /** Class that the volume belongs to or is wanted of. */
  storageClassName?: string
  /** Whether the volume is a file system or a raw block device. */
  volumeMode: 'Block' | 'Filesystem'
  /** Object to fill the new volume from. */
  dataSource?: TypedLocalObjectReference
  /** what the volume is filled from, of any kind */
  dataSourceRef?: TypedObjectReference
  /** Class of adjustable attributes that the volume has or should have. */
  volumeAttributesClassName?: string
}

/** What was last observed of a PersistentVolumeClaim. */
export interface PersistentVolumeClaimStatus {
  /** One word for where the object is in its life. */
  phase: 'Bound' | 'Lost' | 'Pending'
  /** Ways in which the volume can be mounted. */
  accessModes?: ('ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOnce' | 'ReadWriteOncePod')[]
  /** Total amount of each resource. */
  capacity?: Record<string, string>
  /** Observations of the current state, at most one of each type. */
  conditions?: PersistentVolumeClaimCondition[]
  /** What has been set aside of each resource. */
  allocatedResources?: Record<string, string>
  /** Where the resizing of each resource stands. */
  allocatedResourceStatuses?: Record<string, string>
  /** the attributes class that the volume has */
  currentVolumeAttributesClassName?: string
  /** how far a change of class has come */
  modifyVolumeStatus?: ModifyVolumeStatus
}

/** A claim that is made for each pod. */
export interface PersistentVolumeClaimTemplate {
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: PersistentVolumeClaimSpec
}

/** A volume of the sort PersistentVolumeClaim. */
export interface PersistentVolumeClaimVolumeSource {
  /** Name of the claim. */
  claimName: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** A page of PersistentVolume objects, with the revision it was read at. */
export interface PersistentVolumeList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: PersistentVolume[]
}

/** A volume of the sort Persistent. */
export interface PersistentVolumeSource {
  /** A disk of Google's cloud. */
  gcePersistentDisk?: GCEPersistentDiskVolumeSource
  /** A disk of Amazon's cloud. */
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource
  /** A path of the node itself. */
  hostPath?: HostPathVolumeSource
  /** A Gluster volume. */
  glusterfs?: GlusterfsPersistentVolumeSource
  /** A share of an NFS server. */
  nfs?: NFSVolumeSource
  /** A Ceph block device. */
  rbd?: RBDPersistentVolumeSource
  /** A disk of an iSCSI target. */
  iscsi?: ISCSIPersistentVolumeSource
  /** A disk of OpenStack. */
  cinder?: CinderPersistentVolumeSource
  /** A Ceph file system. */
  cephfs?: CephFSPersistentVolumeSource
  /** A disk of a Fibre Channel network. */
  fc?: FCVolumeSource
  /** A Flocker dataset; no longer supported. */
  flocker?: FlockerVolumeSource
  /** Storage of a driver run as a program; deprecated. */
  flexVolume?: FlexPersistentVolumeSource
  /** A file share of Microsoft's cloud. */
  azureFile?: AzureFilePersistentVolumeSource
  /** A disk of vSphere. */
  vsphereVolume?: VsphereVirtualDiskVolumeSource
  /** A Quobyte volume; no longer supported. */
  quobyte?: QuobyteVolumeSource
  /** A disk of Microsoft's cloud. */
  azureDisk?: AzureDiskVolumeSource
  /** A Photon disk; no longer supported. */
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource
  /** A Portworx volume. */
  portworxVolume?: PortworxVolumeSource
  /** A ScaleIO volume; no longer supported. */
  scaleIO?: ScaleIOPersistentVolumeSource
  /** A disk of one node. */
  local?: LocalVolumeSource
  /** A StorageOS volume; no longer supported. */
  storageos?: StorageOSPersistentVolumeSource
  /** Storage of a CSI driver. */
  csi?: CSIPersistentVolumeSource
}

/** What is wanted of a PersistentVolume. */
export interface PersistentVolumeSpec {
  /** Total amount of each resource. */
  capacity?: Record<string, string>
  /** A disk of Google's cloud. */
  gcePersistentDisk?: GCEPersistentDiskVolumeSource
  /** A disk of Amazon's cloud. */
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource
  /** A path of the node itself. */
  hostPath?: HostPathVolumeSource
  /** A Gluster volume. */
  glusterfs?: GlusterfsPersistentVolumeSource
  /** A share of an NFS server. */
  nfs?: NFSVolumeSource
  /** A Ceph block device. */
  rbd?: RBDPersistentVolumeSource
  /** A disk of an iSCSI target. */
  iscsi?: ISCSIPersistentVolumeSource
  /** A disk of OpenStack. */
  cinder?: CinderPersistentVolumeSource
  /** A Ceph file system. */
  cephfs?: CephFSPersistentVolumeSource
  /** A disk of a Fibre Channel network. */
  fc?: FCVolumeSource
  /** A Flocker dataset; no longer supported. */
  flocker?: FlockerVolumeSource
  /** Storage of a driver run as a program; deprecated. */
  flexVolume?: FlexPersistentVolumeSource
  /** A file share of Microsoft's cloud. */
  azureFile?: AzureFilePersistentVolumeSource
  /** A disk of vSphere. */
  vsphereVolume?: VsphereVirtualDiskVolumeSource
  /** A Quobyte volume; no longer supported. */
  quobyte?: QuobyteVolumeSource
  /** A disk of Microsoft's cloud. */
  azureDisk?: AzureDiskVolumeSource
  /** A Photon disk; no longer supported. */
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource
  /** A Portworx volume. */
  portworxVolume?: PortworxVolumeSource
  /** A ScaleIO volume; no longer supported. */
  scaleIO?: ScaleIOPersistentVolumeSource
  /** A disk of one node. */
  local?: LocalVolumeSource
  /** A StorageOS volume; no longer supported. */
  storageos?: StorageOSPersistentVolumeSource
  /** Storage of a CSI driver. */
  csi?: CSIPersistentVolumeSource
  /** Ways in which the volume can be mounted. */
  accessModes?: ('ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOnce' | 'ReadWriteOncePod')[]
  /** The claim that the volume is bound to. */
  claimRef?: ObjectReference
  /** What becomes of the volume when its claim is gone. */
  persistentVolumeReclaimPolicy: 'Delete' | 'Recycle' | 'Retain'
  /** Class that the volume belongs to or is wanted of. */
  storageClassName?: string
  /** Options passed to mount. */
  mountOptions?: string[]
  /** Whether the volume is a file system or a raw block device. */
  volumeMode: 'Block' | 'Filesystem'
  /** Which nodes suit, by labels and fields. */
  nodeAffinity?: VolumeNodeAffinity
  /** Class of adjustable attributes that the volume has or should have. */
  volumeAttributesClassName?: string
}

/** What was last observed of a PersistentVolume. */
export interface PersistentVolumeStatus {
  /** One word for where the object is in its life. */
  phase: 'Available' | 'Bound' | 'Failed' | 'Pending' | 'Released'
  /** A sentence for people that explains the state. */
  message?: string
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** when the phase last changed */
  lastPhaseTransitionTime?: string
}

/** A volume of the sort PhotonPersistentDisk. */
export interface PhotonPersistentDiskVolumeSource {
  /** the disk's id; no longer used */
  pdID: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
}

/** Containers that are scheduled to one node together and share network and volumes. */
export interface Pod {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: PodSpec
  /** What was last observed of the object; written by the system. */
  status: PodStatus
}

/** Rules that draw the pod near to others. */
export interface PodAffinity {
  /** Must hold when the pod is scheduled. */
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[]
  /** Should hold when the pod is scheduled, by weight. */
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[]
}

/** Which pods are meant, and how near counts as together. */
export interface PodAffinityTerm {
  /** Which objects are meant, by their labels. */
  labelSelector?: meta_v1.LabelSelector
  /** Namespaces that are meant. */
  namespaces?: string[]
  /** Label of nodes whose equal value means the same place. */
  topologyKey: string
  /** Which namespaces are meant, by their labels. */
  namespaceSelector?: meta_v1.LabelSelector
  /** Labels of the pod whose values are added to the selector. */
  matchLabelKeys?: string[]
  /** Labels of the pod whose values are excluded by the selector. */
  mismatchLabelKeys?: string[]
}

/** Rules that keep the pod away from others. */
export interface PodAntiAffinity {
  /** Must hold when the pod is scheduled. */
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[]
  /** Should hold when the pod is scheduled, by weight. */
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[]
}

/** a key and a certificate for the pod, as files */
export interface PodCertificateProjection {
  /** Who is asked to sign. */
  signerName: string
  /** the key to make, such as ED25519 or ECDSAP256 */
  keyType: string
  /** how long the certificate may last */
  maxExpirationSeconds: number
  /** the file for key and certificates together */
  credentialBundlePath?: string
  /** the file for the key */
  keyPath?: string
  /** the file for the certificates */
  certificateChainPath?: string
  /** told to the signer with the request */
  userAnnotations?: Record<string, string>
}

/** One observation of the state of a Pod. */
export interface PodCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** When the condition was last looked at. */
  lastProbeTime?: string | null
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
}

/** DNS settings of the pod over those of its policy. */
export interface PodDNSConfig {
  /** name servers besides those of the policy */
  nameservers?: string[]
  /** search domains besides those of the policy */
  searches?: string[]
  /** Further settings for the driver. */
  options?: PodDNSConfigOption[]
}

/** an option of the resolver */
export interface PodDNSConfigOption {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** The value itself. */
  value?: string
}

/** What was last observed of a PodExtendedResourceClaim. */
export interface PodExtendedResourceClaimStatus {
  /** which request stands for which container's resource */
  requestMappings: ContainerExtendedResourceRequest[]
  /** Name of the claim, in the pod's namespace. */
  resourceClaimName: string
}

/** an address of the pod */
export interface PodIP {
  /** IP address. */
  ip: string
}

/** A page of Pod objects, with the revision it was read at. */
export interface PodList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Pod[]
}

/** the system that the pod's containers need */
export interface PodOS {
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

/** A condition that must also be true before the pod is ready. */
export interface PodReadinessGate {
  /** the condition that must be true */
  conditionType: string
}

/** a claim that the pod's containers may use */
export interface PodResourceClaim {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Name of the claim, in the pod's namespace. */
  resourceClaimName?: string
  /** a claim of its own is made from this template */
  resourceClaimTemplateName?: string
}

/** What was last observed of a PodResourceClaim. */
export interface PodResourceClaimStatus {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Name of the claim, in the pod's namespace. */
  resourceClaimName?: string
}

/** Holds the pod back from scheduling until it is removed. */
export interface PodSchedulingGate {
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

/** the group that the pod is placed with */
export interface PodSchedulingGroup {
  /** the group's name */
  podGroupName?: string
}

/** Privileges and identities for all containers of the pod. */
export interface PodSecurityContext {
  /** SELinux label. */
  seLinuxOptions?: SELinuxOptions
  /** User id of the process. */
  runAsUser?: number
  /** Whether running as root is refused. */
  runAsNonRoot?: boolean
  /** Further groups of the process. */
  supplementalGroups?: number[]
  /** Group that owns the volumes. */
  fsGroup?: number
  /** Group id of the process. */
  runAsGroup?: number
  /** Kernel settings of the pod. */
  sysctls?: Sysctl[]
  /** Settings for Windows only. */
  windowsOptions?: WindowsSecurityContextOptions
  /** When the owner of a volume's files is changed. */
  fsGroupChangePolicy?: 'Always' | 'OnRootMismatch'
  /** Which system calls are allowed. */
  seccompProfile?: SeccompProfile
  /** Which AppArmor profile is used. */
  appArmorProfile?: AppArmorProfile
  /** Whether groups in the image count too. */
  supplementalGroupsPolicy?: 'Merge' | 'Strict'
  /** How volumes get the SELinux label. */
  seLinuxChangePolicy?: string
}

/** What is wanted of a Pod. */
export interface PodSpec {
  /** Volumes that containers can mount. */
  volumes?: Volume[]
  /** Containers that run in the pod. */
  containers: Container[]
  /** When ended containers are started again. */
  restartPolicy: 'Always' | 'Never' | 'OnFailure'
  /** Seconds between being told to stop and being killed. */
  terminationGracePeriodSeconds: number
  /** Seconds that it may run in all before it is stopped. */
  activeDeadlineSeconds?: number
  /** Which DNS settings the pod starts from. */
  dnsPolicy: 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None'
  /** Labels that a node must carry. */
  nodeSelector?: Record<string, string>
  /** Service account that the pod acts under. */
  serviceAccountName?: string
  /** Old name of serviceAccountName. */
  serviceAccount?: string
  /** Name of the node meant. */
  nodeName?: string
  /** Whether the pod uses the node's network. */
  hostNetwork?: boolean
  /** Whether the pod sees the node's processes. */
  hostPID?: boolean
  /** Whether the pod shares the node's IPC. */
  hostIPC?: boolean
  /** Privileges and identities to run with. */
  securityContext: PodSecurityContext
  /** Secrets with credentials for registries. */
  imagePullSecrets?: LocalObjectReference[]
  /** Name of the host. */
  hostname?: string
  /** Makes the pod's full host name with its hostname. */
  subdomain?: string
  /** Rules for where the pod is scheduled. */
  affinity?: Affinity
  /** Scheduler that places the pod. */
  schedulerName: string
  /** Containers that run to their end, one after the other, before the rest. */
  initContainers?: Container[]
  /** Whether a token is mounted unless the pod says otherwise. */
  automountServiceAccountToken?: boolean
  /** Taints that are tolerated. */
  tolerations?: Toleration[]
  /** Lines added to the containers' hosts file. */
  hostAliases?: HostAlias[]
  /** Class that gives the pod its priority. */
  priorityClassName?: string
  /** Number by which what is more important is told. */
  priority?: number
  /** DNS settings over those of the policy. */
  dnsConfig?: PodDNSConfig
  /** Whether the containers see each other's processes. */
  shareProcessNamespace?: boolean
  /** Conditions that must also be true before the pod is ready. */
  readinessGates?: PodReadinessGate[]
  /** Runtime class that runs the pod. */
  runtimeClassName?: string
  /** Whether services of the namespace appear as variables. */
  enableServiceLinks?: boolean
  /** Whether others may be removed to make room. */
  preemptionPolicy?: 'Never' | 'PreemptLowerPriority'
  /** Resources that running the pod itself takes. */
  overhead?: Record<string, string>
  /** How pods are spread over zones, nodes or the like. */
  topologySpreadConstraints?: TopologySpreadConstraint[]
  /** Containers added later for looking into the pod. */
  ephemeralContainers?: EphemeralContainer[]
  /** Whether the full name becomes the kernel's host name. */
  setHostnameAsFQDN?: boolean
  /** Operating system that the containers are for. */
  os?: PodOS
  /** Whether the pod uses the node's user ids. */
  hostUsers?: boolean
  /** While any stands, the pod is not scheduled. */
  schedulingGates?: PodSchedulingGate[]
  /** Device claims that containers of the pod can use. */
  resourceClaims?: PodResourceClaim[]
  /** Compute resources that are asked for and limited. */
  resources?: ResourceRequirements
  /** Host name of the pod instead of any other rule. */
  hostnameOverride?: string
  /** Group of pods that are scheduled together. */
  schedulingGroup?: PodSchedulingGroup
}

/** What was last observed of a Pod. */
export interface PodStatus {
  /** One word for where the object is in its life. */
  phase?: 'Failed' | 'Pending' | 'Running' | 'Succeeded' | 'Unknown'
  /** Observations of the current state, at most one of each type. */
  conditions?: PodCondition[]
  /** A sentence for people that explains the state. */
  message?: string
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** Address of the node that is used. */
  hostIP?: string
  /** Address of the pod. */
  podIP?: string
  /** When it began. */
  startTime?: string
  /** What each container is doing. */
  containerStatuses?: ContainerStatus[]
  /** How well the pod's resources are guaranteed. */
  qosClass?: 'BestEffort' | 'Burstable' | 'Guaranteed'
  /** What each init container is doing. */
  initContainerStatuses?: ContainerStatus[]
  /** Node where room is being made for the pod. */
  nominatedNodeName?: string
  /** Addresses of the pod, one a family. */
  podIPs?: PodIP[]
  /** how the ephemeral containers are */
  ephemeralContainerStatuses?: ContainerStatus[]
  /** how far a resize has come; conditions tell it today */
  resize?: string
  /** the claims that were made for the pod */
  resourceClaimStatuses?: PodResourceClaimStatus[]
  /** Addresses of the pod's node. */
  hostIPs?: HostIP[]
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
  /** the claim made for its extended resources */
  extendedResourceClaimStatus?: PodExtendedResourceClaimStatus
  /** What has been set aside of each resource. */
  allocatedResources?: Record<string, string>
  /** Compute resources that are asked for and limited. */
  resources?: ResourceRequirements
  /** claims whose devices count against the node */
  nodeAllocatableResourceClaimStatuses?: NodeAllocatableResourceClaimStatus[]
}

/** A pod's description, kept to make pods from. */
export interface PodTemplate {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What the pods made from this object look like. */
  template: PodTemplateSpec
}

/** A page of PodTemplate objects, with the revision it was read at. */
export interface PodTemplateList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: PodTemplate[]
}

/** What pods made from the template look like. */
export interface PodTemplateSpec {
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: PodSpec
}

/** What was last observed of a Port. */
export interface PortStatus {
  /** Number of the port, or its name where text is allowed. */
  port: number
  /** Transport protocol: TCP, UDP or SCTP. */
  protocol: 'SCTP' | 'TCP' | 'UDP'
  /** What went wrong, where something did. */
  error?: string
}

/** A volume of the sort Portworx. */
export interface PortworxVolumeSource {
  /** Identifier of the volume in the storage system. */
  volumeID: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** a wish about nodes, with its weight */
export interface PreferredSchedulingTerm {
  /** How much it counts against others, 1 to 100. */
  weight: number
  /** Term that gives the weight. */
  preference: NodeSelectorTerm
}

/** A health check that is run again and again. */
export interface Probe {
  /** Run a command inside the container. */
  exec?: ExecAction
  /** Make an HTTP request. */
  httpGet?: HTTPGetAction
  /** Open a TCP connection. */
  tcpSocket?: TCPSocketAction
  /** Ask the gRPC health service. */
  grpc?: GRPCAction
  /** Seconds after the start before the first probe. */
  initialDelaySeconds?: number
  /** Seconds to wait for an answer. */
  timeoutSeconds: number
  /** Seconds between two runs, or the window a policy looks at. */
  periodSeconds: number
  /** Successes in a row that make it good again. */
  successThreshold: number
  /** Failures in a row that make it bad. */
  failureThreshold: number
  /** Seconds between being told to stop and being killed. */
  terminationGracePeriodSeconds?: number
}

/** The way in which a probe asks. */
export interface ProbeHandler {
  /** Run a command inside the container. */
  exec?: ExecAction
  /** Make an HTTP request. */
  httpGet?: HTTPGetAction
  /** Open a TCP connection. */
  tcpSocket?: TCPSocketAction
  /** Ask the gRPC health service. */
  grpc?: GRPCAction
}

/** A volume of the sort Projected. */
export interface ProjectedVolumeSource {
  /** What the folder is put together from. */
  sources?: VolumeProjection[]
  /** Permission bits of files that set none of their own. */
  defaultMode: number
}

/** A volume of the sort Quobyte. */
export interface QuobyteVolumeSource {
  /** the registry's host and port; no longer used */
  registry: string
  /** the volume's name */
  volume: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** User to act as. */
  user?: string
  /** API group, or group of users, that is meant. */
  group?: string
  /** the tenant */
  tenant?: string
}

/** A volume of the sort RBDPersistent. */
export interface RBDPersistentVolumeSource {
  /** Addresses of the Ceph monitors. */
  monitors: string[]
  /** Image that is meant. */
  image: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Pool that the device or image belongs to. */
  pool: string
  /** User to act as. */
  user: string
  /** Path of the keyring file. */
  keyring: string
  /** Secret that holds what is needed to log in. */
  secretRef?: SecretReference
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** A volume of the sort RBD. */
export interface RBDVolumeSource {
  /** Addresses of the Ceph monitors. */
  monitors: string[]
  /** Image that is meant. */
  image: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Pool that the device or image belongs to. */
  pool: string
  /** User to act as. */
  user: string
  /** Path of the keyring file. */
  keyring: string
  /** Secret that holds what is needed to log in. */
  secretRef?: LocalObjectReference
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** Which numbers of a range are taken. Kept by the API server for itself: no path serves it. */
export interface RangeAllocation {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** the range, as in 30000-32767 */
  range: string
  /** one bit a number, the lowest last */
  data: string
}

/** Keeps a number of pods running; the forerunner of ReplicaSet. */
export interface ReplicationController {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: ReplicationControllerSpec
  /** What was last observed of the object; written by the system. */
  status: ReplicationControllerStatus
}

/** One observation of the state of a ReplicationController. */
export interface ReplicationControllerCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** A page of ReplicationController objects, with the revision it was read at. */
export interface ReplicationControllerList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ReplicationController[]
}

/** What is wanted of a ReplicationController. */
export interface ReplicationControllerSpec {
  /** How many pods are wanted, or were counted in a status. */
  replicas: number
  /** Which objects are meant, by their labels. */
  selector?: Record<string, string>
  /** What the pods made from this object look like. */
  template?: PodTemplateSpec
  /** Seconds a new pod must stay ready before it counts as available. */
  minReadySeconds?: number
}

/** What was last observed of a ReplicationController. */
export interface ReplicationControllerStatus {
  /** How many pods are wanted, or were counted in a status. */
  replicas: number
  /** How many pods carry all labels of the template. */
  fullyLabeledReplicas?: number
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
  /** How many of the pods are ready. */
  readyReplicas?: number
  /** How many pods have been ready for at least minReadySeconds. */
  availableReplicas?: number
  /** Observations of the current state, at most one of each type. */
  conditions?: ReplicationControllerCondition[]
}

/** Asks for devices, and records which were given. */
export interface ResourceClaim {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Name of the request that this answers. */
  request?: string
}

/** a container's request or limit */
export interface ResourceFieldSelector {
  /** Name of the container meant. */
  containerName?: string
  /** Resource that is meant, in the plural. */
  resource: string
  /** the unit that it is given in */
  divisor: string
}

/** how well a device is */
export interface ResourceHealth {
  /** the device */
  resourceID: string
  /** Healthy, Unhealthy or Unknown */
  health?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** Bounds what a namespace may use in all. */
export interface ResourceQuota {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: ResourceQuotaSpec
  /** What was last observed of the object; written by the system. */
  status: ResourceQuotaStatus
}

/** A page of ResourceQuota objects, with the revision it was read at. */
export interface ResourceQuotaList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ResourceQuota[]
}

/** What is wanted of a ResourceQuota. */
export interface ResourceQuotaSpec {
  /** The most that may be used. */
  hard?: Record<string, string>
  /** count only objects that all of these fit */
  scopes?: ('BestEffort' | 'CrossNamespacePodAffinity' | 'NotBestEffort' | 'NotTerminating' | 'PriorityClass' | 'Terminating' | 'VolumeAttributesClass')[]
  /** count only objects that the selector fits */
  scopeSelector?: ScopeSelector
}

/** What was last observed of a ResourceQuota. */
export interface ResourceQuotaStatus {
  /** The most that may be used. */
  hard?: Record<string, string>
  /** What is used now. */
  used?: Record<string, string>
}

/** Compute resources that are asked for and limited. */
export interface ResourceRequirements {
  /** The most that may be used of each resource. */
  limits?: Record<string, string>
  /** What is asked for or set aside of each resource. */
  requests?: Record<string, string>
  /** Device claims of the pod that the container uses. */
  claims?: ResourceClaim[]
}

/** What was last observed of a Resource. */
export interface ResourceStatus {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Compute resources that are asked for and limited. */
  resources?: ResourceHealth[]
}

/** the SELinux label of a container */
export interface SELinuxOptions {
  /** User to act as. */
  user?: string
  /** the label's role */
  role?: string
  /** Which of the known sorts this is. */
  type?: string
  /** the label's level */
  level?: string
}

/** A volume of the sort ScaleIOPersistent. */
export interface ScaleIOPersistentVolumeSource {
  /** the gateway's address; no longer used */
  gateway: string
  /** the storage system's name */
  system: string
  /** Secret that holds what is needed to log in. */
  secretRef: SecretReference
  /** speak TLS with the gateway */
  sslEnabled?: boolean
  /** the protection domain */
  protectionDomain?: string
  /** the storage pool */
  storagePool?: string
  /** ThickProvisioned or ThinProvisioned */
  storageMode: string
  /** Name of the volume meant. */
  volumeName?: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** A volume of the sort ScaleIO. */
export interface ScaleIOVolumeSource {
  /** the gateway's address; no longer used */
  gateway: string
  /** the storage system's name */
  system: string
  /** Secret that holds what is needed to log in. */
  secretRef: LocalObjectReference
  /** speak TLS with the gateway */
  sslEnabled?: boolean
  /** the protection domain */
  protectionDomain?: string
  /** the storage pool */
  storagePool?: string
  /** ThickProvisioned or ThinProvisioned */
  storageMode: string
  /** Name of the volume meant. */
  volumeName?: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** which objects a quota counts */
export interface ScopeSelector {
  /** Comparisons that must all hold. */
  matchExpressions?: ScopedResourceSelectorRequirement[]
}

/** one condition of a scope selector */
export interface ScopedResourceSelectorRequirement {
  /** the scope that it is about */
  scopeName: 'BestEffort' | 'CrossNamespacePodAffinity' | 'NotBestEffort' | 'NotTerminating' | 'PriorityClass' | 'Terminating' | 'VolumeAttributesClass'
  /** How the key relates to the values. */
  operator: 'DoesNotExist' | 'Exists' | 'In' | 'NotIn'
  /** Values that the operator compares with. */
  values?: string[]
}

/** the system calls that a container may make */
export interface SeccompProfile {
  /** Which of the known sorts this is. */
  type: 'Localhost' | 'RuntimeDefault' | 'Unconfined'
  /** Profile on the node, when the type is Localhost. */
  localhostProfile?: string
}

/** Confidential data as keys with bytes. */
export interface Secret {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** The content, by key or as raw document. */
  data?: Record<string, string>
  /** Which of the known sorts this is. */
  type: string
  /** values as plain text; moved into data when written, never read back */
  stringData?: Record<string, string>
  /** Whether the content can never change again. */
  immutable?: boolean
}

/** each entry of a secret as a variable */
export interface SecretEnvSource {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Whether the thing or its key may be missing. */
  optional?: boolean
}

/** one entry of a secret */
export interface SecretKeySelector {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Key that is looked up or matched. */
  key: string
  /** Whether the thing or its key may be missing. */
  optional?: boolean
}

/** A page of Secret objects, with the revision it was read at. */
export interface SecretList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Secret[]
}

/** entries of a secret as files */
export interface SecretProjection {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Keys to take and the file names to give them; all when empty. */
  items?: KeyToPath[]
  /** Whether the thing or its key may be missing. */
  optional?: boolean
}

/** Points to a secret in any namespace. */
export interface SecretReference {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Namespace that the object meant lives in. */
  namespace?: string
}

/** A volume of the sort Secret. */
export interface SecretVolumeSource {
  /** Secret that holds what is needed, in the same namespace. */
  secretName?: string
  /** Keys to take and the file names to give them; all when empty. */
  items?: KeyToPath[]
  /** Permission bits of files that set none of their own. */
  defaultMode: number
  /** Whether the thing or its key may be missing. */
  optional?: boolean
}

/** Privileges and identities that a container runs with. */
export interface SecurityContext {
  /** Capabilities that are added or dropped. */
  capabilities?: Capabilities
  /** Whether the container has all powers of the node's root. */
  privileged?: boolean
  /** SELinux label. */
  seLinuxOptions?: SELinuxOptions
  /** User id of the process. */
  runAsUser?: number
  /** Whether running as root is refused. */
  runAsNonRoot?: boolean
  /** Whether the image's files cannot be written. */
  readOnlyRootFilesystem?: boolean
  /** Whether the process can gain more privileges. */
  allowPrivilegeEscalation?: boolean
  /** Group id of the process. */
  runAsGroup?: number
  /** How much of /proc is hidden. */
  procMount?: 'Default' | 'Unmasked'
  /** Settings for Windows only. */
  windowsOptions?: WindowsSecurityContextOptions
  /** Which system calls are allowed. */
  seccompProfile?: SeccompProfile
  /** Which AppArmor profile is used. */
  appArmorProfile?: AppArmorProfile
}

/** A stable address in front of the pods that a selector finds. */
export interface Service {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: ServiceSpec
  /** What was last observed of the object; written by the system. */
  status: ServiceStatus
}

/** An identity that pods act under. */
export interface ServiceAccount {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** secrets that its pods may use */
  secrets?: ObjectReference[]
  /** Secrets with credentials for registries. */
  imagePullSecrets?: LocalObjectReference[]
  /** Whether a token is mounted unless the pod says otherwise. */
  automountServiceAccountToken?: boolean
}

/** A page of ServiceAccount objects, with the revision it was read at. */
export interface ServiceAccountList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ServiceAccount[]
}

/** a token of the pod's service account, as a file */
export interface ServiceAccountTokenProjection {
  /** Who the token is meant for. */
  audience?: string
  /** Seconds that the token or certificate should last. */
  expirationSeconds: number
  /** Path of the file, folder or request meant. */
  path: string
}

/** A page of Service objects, with the revision it was read at. */
export interface ServiceList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Service[]
}

/** A port of the service and where it leads. */
export interface ServicePort {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Transport protocol: TCP, UDP or SCTP. */
  protocol: 'SCTP' | 'TCP' | 'UDP'
  /** Number of the port, or its name where text is allowed. */
  port: number
  /** Port of the pods, as number or name. */
  targetPort?: number | string
  /** Port on every node. */
  nodePort?: number
  /** Application protocol spoken on the port, as a hint. */
  appProtocol?: string
}

/** What is wanted of a Service. */
export interface ServiceSpec {
  /** Ports that are opened, exposed or matched. */
  ports?: ServicePort[]
  /** Which objects are meant, by their labels. */
  selector?: Record<string, string>
  /** Address of the service inside the cluster. */
  clusterIP?: string
  /** Which of the known sorts this is. */
  type: 'ClusterIP' | 'ExternalName' | 'LoadBalancer' | 'NodePort'
  /** Addresses outside that nodes accept traffic for. */
  externalIPs?: string[]
  /** Whether a client always reaches the same pod. */
  sessionAffinity: 'ClientIP' | 'None'
  /** Address asked of the load balancer; deprecated. */
  loadBalancerIP?: string
  /** Clients that the load balancer lets in. */
  loadBalancerSourceRanges?: string[]
  /** DNS name that the service stands for. */
  externalName?: string
  /** Whether outside traffic stays on the node it came to. */
  externalTrafficPolicy?: 'Cluster' | 'Local'
  /** Port where nodes tell whether they have pods. */
  healthCheckNodePort?: number
  /** Whether pods that are not ready are found too. */
  publishNotReadyAddresses?: boolean
  /** How long a client keeps its pod. */
  sessionAffinityConfig?: SessionAffinityConfig
  /** Whether one or both address families are wanted. */
  ipFamilyPolicy?: 'PreferDualStack' | 'RequireDualStack' | 'SingleStack'
  /** Addresses of the service inside the cluster, one a family. */
  clusterIPs?: string[]
  /** Address families, the main one first. */
  ipFamilies?: ('' | 'IPv4' | 'IPv6')[]
  /** Whether a load balancer also gets node ports. */
  allocateLoadBalancerNodePorts?: boolean
  /** Which load balancer is responsible. */
  loadBalancerClass?: string
  /** Whether inside traffic stays on its node. */
  internalTrafficPolicy?: 'Cluster' | 'Local'
  /** Which endpoints are preferred. */
  trafficDistribution?: string
}

/** What was last observed of a Service. */
export interface ServiceStatus {
  /** State of the load balancer. */
  loadBalancer: LoadBalancerStatus
  /** Observations of the current state, at most one of each type. */
  conditions?: meta_v1.Condition[]
}

/** how a client is kept with its backend */
export interface SessionAffinityConfig {
  /** affinity by the client's address */
  clientIP?: ClientIPConfig
}

/** Waits for some seconds. */
export interface SleepAction {
  /** How many seconds to wait. */
  seconds: number
}

/** A volume of the sort StorageOSPersistent. */
export interface StorageOSPersistentVolumeSource {
  /** Name of the volume meant. */
  volumeName?: string
  /** the volume's namespace; no longer used */
  volumeNamespace?: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** Secret that holds what is needed to log in. */
  secretRef?: ObjectReference
}

/** A volume of the sort StorageOS. */
export interface StorageOSVolumeSource {
  /** Name of the volume meant. */
  volumeName?: string
  /** the volume's namespace; no longer used */
  volumeNamespace?: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** Secret that holds what is needed to log in. */
  secretRef?: LocalObjectReference
}

/** a kernel setting of the pod */
export interface Sysctl {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** The value itself. */
  value: string
}

/** Opens a TCP connection to the container. */
export interface TCPSocketAction {
  /** Number of the port, or its name where text is allowed. */
  port: number | string
  /** Host name or address to connect to. */
  host?: string
}

/** Keeps pods away that do not tolerate it. */
export interface Taint {
  /** Key that is looked up or matched. */
  key: string
  /** The value itself. */
  value?: string
  /** What happens to pods that do not tolerate the taint. */
  effect: 'NoExecute' | 'NoSchedule' | 'PreferNoSchedule'
  /** When the taint was added. */
  timeAdded?: string
}

/** Lets the pod onto nodes with matching taints. */
export interface Toleration {
  /** Key that is looked up or matched. */
  key?: string
  /** How the key relates to the values. */
  operator?: 'Equal' | 'Exists' | 'Gt' | 'Lt'
  /** The value itself. */
  value?: string
  /** What happens to pods that do not tolerate the taint. */
  effect?: 'NoExecute' | 'NoSchedule' | 'PreferNoSchedule'
  /** Seconds that a NoExecute taint is tolerated before eviction. */
  tolerationSeconds?: number
}

/** values of a label that a place may have */
export interface TopologySelectorLabelRequirement {
  /** Key that is looked up or matched. */
  key: string
  /** Values that the operator compares with. */
  values: string[]
}

/** places, told by labels */
export interface TopologySelectorTerm {
  /** labels that must all fit */
  matchLabelExpressions?: TopologySelectorLabelRequirement[]
}

/** How evenly matching pods are spread over zones, nodes or the like. */
export interface TopologySpreadConstraint {
  /** How much the numbers of pods in two places may differ. */
  maxSkew: number
  /** Label of nodes whose equal value means the same place. */
  topologyKey: string
  /** Whether the pod waits or is placed anyway. */
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'
  /** Which objects are meant, by their labels. */
  labelSelector?: meta_v1.LabelSelector
  /** How many places there must be at least. */
  minDomains?: number
  /** Whether the pod's node rules decide which nodes count. */
  nodeAffinityPolicy?: 'Honor' | 'Ignore'
  /** Whether taints decide which nodes count. */
  nodeTaintsPolicy?: 'Honor' | 'Ignore'
  /** Labels of the pod whose values are added to the selector. */
  matchLabelKeys?: string[]
}

/** an object of any kind in the same namespace */
export interface TypedLocalObjectReference {
  /** API group of the object that is referred to; empty means core. */
  apiGroup?: string | null
  /** Kind of the object that is referred to. */
  kind: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

/** an object of any kind, perhaps in another namespace */
export interface TypedObjectReference {
  /** API group of the object that is referred to; empty means core. */
  apiGroup?: string | null
  /** Kind of the object that is referred to. */
  kind: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Namespace that the object meant lives in. */
  namespace?: string
}

/** A named volume that containers of the pod can mount. */
export interface Volume {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** A path of the node itself. */
  hostPath?: HostPathVolumeSource
  /** An empty folder that lives as long as the pod. */
  emptyDir?: EmptyDirVolumeSource
  /** A disk of Google's cloud. */
  gcePersistentDisk?: GCEPersistentDiskVolumeSource
  /** A disk of Amazon's cloud. */
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource
  /** A git repository; no longer supported. */
  gitRepo?: GitRepoVolumeSource
  /** Files made of a secret. */
  secret?: SecretVolumeSource
  /** A share of an NFS server. */
  nfs?: NFSVolumeSource
  /** A disk of an iSCSI target. */
  iscsi?: ISCSIVolumeSource
  /** A Gluster volume. */
  glusterfs?: GlusterfsVolumeSource
  /** Storage that a claim of the namespace is bound to. */
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource
  /** A Ceph block device. */
  rbd?: RBDVolumeSource
  /** Storage of a driver run as a program; deprecated. */
  flexVolume?: FlexVolumeSource
  /** A disk of OpenStack. */
  cinder?: CinderVolumeSource
  /** A Ceph file system. */
  cephfs?: CephFSVolumeSource
  /** A Flocker dataset; no longer supported. */
  flocker?: FlockerVolumeSource
  /** Files made of fields of the pod. */
  downwardAPI?: DownwardAPIVolumeSource
  /** A disk of a Fibre Channel network. */
  fc?: FCVolumeSource
  /** A file share of Microsoft's cloud. */
  azureFile?: AzureFileVolumeSource
  /** Files made of a config map. */
  configMap?: ConfigMapVolumeSource
  /** A disk of vSphere. */
  vsphereVolume?: VsphereVirtualDiskVolumeSource
  /** A Quobyte volume; no longer supported. */
  quobyte?: QuobyteVolumeSource
  /** A disk of Microsoft's cloud. */
  azureDisk?: AzureDiskVolumeSource
  /** A Photon disk; no longer supported. */
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource
  /** A Portworx volume. */
  portworxVolume?: PortworxVolumeSource
  /** A ScaleIO volume; no longer supported. */
  scaleIO?: ScaleIOVolumeSource
  /** Several sources in one folder. */
  projected?: ProjectedVolumeSource
  /** A StorageOS volume; no longer supported. */
  storageos?: StorageOSVolumeSource
  /** Storage of a CSI driver. */
  csi?: CSIVolumeSource
  /** Storage of a claim that is made for this pod. */
  ephemeral?: EphemeralVolumeSource
  /** Image that is meant. */
  image?: ImageVolumeSource
}

/** Where a raw block volume appears inside a container. */
export interface VolumeDevice {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Path of the device. */
  devicePath: string
}

/** Where a volume appears inside a container. */
export interface VolumeMount {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** Where in the container it appears. */
  mountPath: string
  /** Folder or file inside the volume to mount. */
  subPath?: string
  /** Whether mounts pass between node and container. */
  mountPropagation?: 'Bidirectional' | 'HostToContainer' | 'None'
  /** Like subPath, with variables of the container. */
  subPathExpr?: string
  /** Whether mounts below are read-only too. */
  recursiveReadOnly?: string
}

/** What was last observed of a VolumeMount. */
export interface VolumeMountStatus {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Where in the container it appears. */
  mountPath: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** Whether mounts below are read-only too. */
  recursiveReadOnly?: string
  /** more about the mounted volume */
  volumeStatus?: VolumeStatus
}

/** the nodes from which a volume is reached */
export interface VolumeNodeAffinity {
  /** What must be there. */
  required?: NodeSelector
}

/** one source of a projected volume */
export interface VolumeProjection {
  /** Files made of a secret. */
  secret?: SecretProjection
  /** Files made of fields of the pod. */
  downwardAPI?: DownwardAPIProjection
  /** Files made of a config map. */
  configMap?: ConfigMapProjection
  /** A token for the pod's service account. */
  serviceAccountToken?: ServiceAccountTokenProjection
  /** Trusted certificates of the cluster. */
  clusterTrustBundle?: ClusterTrustBundleProjection
  /** A certificate made for the pod. */
  podCertificate?: PodCertificateProjection
}

/** how much storage a claim asks for */
export interface VolumeResourceRequirements {
  /** The most that may be used of each resource. */
  limits?: Record<string, string>
  /** What is asked for or set aside of each resource. */
  requests?: Record<string, string>
}

/** Where the volume's content comes from; exactly one is set. */
export interface VolumeSource {
  /** A path of the node itself. */
  hostPath?: HostPathVolumeSource
  /** An empty folder that lives as long as the pod. */
  emptyDir?: EmptyDirVolumeSource
  /** A disk of Google's cloud. */
  gcePersistentDisk?: GCEPersistentDiskVolumeSource
  /** A disk of Amazon's cloud. */
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource
  /** A git repository; no longer supported. */
  gitRepo?: GitRepoVolumeSource
  /** Files made of a secret. */
  secret?: SecretVolumeSource
  /** A share of an NFS server. */
  nfs?: NFSVolumeSource
  /** A disk of an iSCSI target. */
  iscsi?: ISCSIVolumeSource
  /** A Gluster volume. */
  glusterfs?: GlusterfsVolumeSource
  /** Storage that a claim of the namespace is bound to. */
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource
  /** A Ceph block device. */
  rbd?: RBDVolumeSource
  /** Storage of a driver run as a program; deprecated. */
  flexVolume?: FlexVolumeSource
  /** A disk of OpenStack. */
  cinder?: CinderVolumeSource
  /** A Ceph file system. */
  cephfs?: CephFSVolumeSource
  /** A Flocker dataset; no longer supported. */
  flocker?: FlockerVolumeSource
  /** Files made of fields of the pod. */
  downwardAPI?: DownwardAPIVolumeSource
  /** A disk of a Fibre Channel network. */
  fc?: FCVolumeSource
  /** A file share of Microsoft's cloud. */
  azureFile?: AzureFileVolumeSource
  /** Files made of a config map. */
  configMap?: ConfigMapVolumeSource
  /** A disk of vSphere. */
  vsphereVolume?: VsphereVirtualDiskVolumeSource
  /** A Quobyte volume; no longer supported. */
  quobyte?: QuobyteVolumeSource
  /** A disk of Microsoft's cloud. */
  azureDisk?: AzureDiskVolumeSource
  /** A Photon disk; no longer supported. */
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource
  /** A Portworx volume. */
  portworxVolume?: PortworxVolumeSource
  /** A ScaleIO volume; no longer supported. */
  scaleIO?: ScaleIOVolumeSource
  /** Several sources in one folder. */
  projected?: ProjectedVolumeSource
  /** A StorageOS volume; no longer supported. */
  storageos?: StorageOSVolumeSource
  /** Storage of a CSI driver. */
  csi?: CSIVolumeSource
  /** Storage of a claim that is made for this pod. */
  ephemeral?: EphemeralVolumeSource
  /** Image that is meant. */
  image?: ImageVolumeSource
}

/** What was last observed of a Volume. */
export interface VolumeStatus {
  /** Image that is meant. */
  image?: ImageVolumeStatus
}

/** A volume of the sort VsphereVirtualDisk. */
export interface VsphereVirtualDiskVolumeSource {
  /** the path of the disk file */
  volumePath: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** the storage policy's name */
  storagePolicyName?: string
  /** the storage policy's id */
  storagePolicyID?: string
}

/** a wish about other pods, with its weight */
export interface WeightedPodAffinityTerm {
  /** How much it counts against others, 1 to 100. */
  weight: number
  /** Which pods are meant, with a weight. */
  podAffinityTerm: PodAffinityTerm
}

/** settings of containers on Windows */
export interface WindowsSecurityContextOptions {
  /** the name of the managed account's credential spec */
  gmsaCredentialSpecName?: string
  /** the credential spec itself */
  gmsaCredentialSpec?: string
  /** the user to run as */
  runAsUserName?: string
  /** runs as a process of the host */
  hostProcess?: boolean
}

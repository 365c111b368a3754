// Written by scripts/generate-types.ts from src/api/tables/core-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** A volume of the sort AWSElasticBlockStore. */
export interface AWSElasticBlockStoreVolumeSource {
  /** Identifier of the volume in the storage system. */
  volumeID: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  partition?: number
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** Rules for where the pod is scheduled. */
export interface Affinity {
  /** Which nodes suit, by labels and fields. */
  nodeAffinity?: NodeAffinity
  podAffinity?: PodAffinity
  podAntiAffinity?: PodAntiAffinity
}

export interface AppArmorProfile {
  /** Which of the known sorts this is. */
  type: 'Localhost' | 'RuntimeDefault' | 'Unconfined'
  localhostProfile?: string
}

export interface AttachedVolume {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  devicePath: string
}

/** A volume of the sort AzureDisk. */
export interface AzureDiskVolumeSource {
  diskName: string
  diskURI: string
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
  secretName: string
  shareName: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  secretNamespace?: string
}

/** A volume of the sort AzureFile. */
export interface AzureFileVolumeSource {
  secretName: string
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
  volumeHandle: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  volumeAttributes?: Record<string, string>
  controllerPublishSecretRef?: SecretReference
  nodeStageSecretRef?: SecretReference
  nodePublishSecretRef?: SecretReference
  controllerExpandSecretRef?: SecretReference
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
  volumeAttributes?: Record<string, string>
  nodePublishSecretRef?: LocalObjectReference
}

export interface Capabilities {
  add?: string[]
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

export interface ClientIPConfig {
  /** Seconds to wait for an answer. */
  timeoutSeconds?: number
}

export interface ClusterTrustBundleProjection {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
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
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
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
  binaryData?: Record<string, string>
  /** Whether the content can never change again. */
  immutable?: boolean
}

export interface ConfigMapEnvSource {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Whether the thing or its key may be missing. */
  optional?: boolean
}

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
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: ConfigMap[]
}

export interface ConfigMapNodeConfigSource {
  /** Namespace that the object meant lives in. */
  namespace: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Unique identifier of the object, never used for another one. */
  uid?: string
  /** Revision of the object, to notice that it changed meanwhile. */
  resourceVersion?: string
  kubeletConfigKey: string
}

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
  command?: string[]
  args?: string[]
  workingDir?: string
  /** Ports that are opened, exposed or matched. */
  ports?: ContainerPort[]
  env?: EnvVar[]
  /** Compute resources that are asked for and limited. */
  resources: ResourceRequirements
  volumeMounts?: VolumeMount[]
  livenessProbe?: Probe
  readinessProbe?: Probe
  lifecycle?: Lifecycle
  terminationMessagePath: string
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  securityContext?: SecurityContext
  stdin?: boolean
  stdinOnce?: boolean
  tty?: boolean
  envFrom?: EnvFromSource[]
  terminationMessagePolicy: 'FallbackToLogsOnError' | 'File'
  volumeDevices?: VolumeDevice[]
  startupProbe?: Probe
  resizePolicy?: ContainerResizePolicy[]
  restartPolicy?: string
  restartPolicyRules?: ContainerRestartRule[]
}

export interface ContainerExtendedResourceRequest {
  /** Name of the container meant. */
  containerName: string
  resourceName: string
  requestName: string
}

export interface ContainerImage {
  names?: string[] | null
  sizeBytes?: number
}

/** A port that the container listens on. */
export interface ContainerPort {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  hostPort?: number
  containerPort: number
  /** Transport protocol: TCP, UDP or SCTP. */
  protocol: 'SCTP' | 'TCP' | 'UDP'
  hostIP?: string
}

export interface ContainerResizePolicy {
  resourceName: string
  restartPolicy: string
}

export interface ContainerRestartRule {
  action: string
  exitCodes?: ContainerRestartRuleOnExitCodes
}

export interface ContainerRestartRuleOnExitCodes {
  /** How the key relates to the values. */
  operator: string
  /** Values that the operator compares with. */
  values?: number[]
}

/** What the container is doing; exactly one is set. */
export interface ContainerState {
  waiting?: ContainerStateWaiting
  running?: ContainerStateRunning
  terminated?: ContainerStateTerminated
}

/** The container runs. */
export interface ContainerStateRunning {
  startedAt?: string | null
}

/** The container has ended. */
export interface ContainerStateTerminated {
  exitCode: number
  signal?: number
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
  startedAt?: string | null
  finishedAt?: string | null
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
  state: ContainerState
  lastState: ContainerState
  /** Whether it can serve. */
  ready: boolean
  restartCount: number
  /** Image that is meant. */
  image: string
  imageID: string
  containerID?: string
  started?: boolean
  /** What has been set aside of each resource. */
  allocatedResources?: Record<string, string>
  /** Compute resources that are asked for and limited. */
  resources?: ResourceRequirements
  volumeMounts?: VolumeMountStatus[]
  /** User to act as. */
  user?: ContainerUser
  allocatedResourcesStatus?: ResourceStatus[]
  stopSignal?: 'SIGABRT' | 'SIGALRM' | 'SIGBUS' | 'SIGCHLD' | 'SIGCLD' | 'SIGCONT' | 'SIGFPE' | 'SIGHUP' | 'SIGILL' | 'SIGINT' | 'SIGIO' | 'SIGIOT' | 'SIGKILL' | 'SIGPIPE' | 'SIGPOLL' | 'SIGPROF' | 'SIGPWR' | 'SIGQUIT' | 'SIGRTMAX' | 'SIGRTMAX-1' | 'SIGRTMAX-10' | 'SIGRTMAX-11' | 'SIGRTMAX-12' | 'SIGRTMAX-13' | 'SIGRTMAX-14' | 'SIGRTMAX-2' | 'SIGRTMAX-3' | 'SIGRTMAX-4' | 'SIGRTMAX-5' | 'SIGRTMAX-6' | 'SIGRTMAX-7' | 'SIGRTMAX-8' | 'SIGRTMAX-9' | 'SIGRTMIN' | 'SIGRTMIN+1' | 'SIGRTMIN+10' | 'SIGRTMIN+11' | 'SIGRTMIN+12' | 'SIGRTMIN+13' | 'SIGRTMIN+14' | 'SIGRTMIN+15' | 'SIGRTMIN+2' | 'SIGRTMIN+3' | 'SIGRTMIN+4' | 'SIGRTMIN+5' | 'SIGRTMIN+6' | 'SIGRTMIN+7' | 'SIGRTMIN+8' | 'SIGRTMIN+9' | 'SIGSEGV' | 'SIGSTKFLT' | 'SIGSTOP' | 'SIGSYS' | 'SIGTERM' | 'SIGTRAP' | 'SIGTSTP' | 'SIGTTIN' | 'SIGTTOU' | 'SIGURG' | 'SIGUSR1' | 'SIGUSR2' | 'SIGVTALRM' | 'SIGWINCH' | 'SIGXCPU' | 'SIGXFSZ'
}

export interface ContainerUser {
  linux?: LinuxContainerUser
}

export interface DaemonEndpoint {
  Port: number
}

export interface DownwardAPIProjection {
  /** Keys to take and the file names to give them; all when empty. */
  items?: DownwardAPIVolumeFile[]
}

export interface DownwardAPIVolumeFile {
  /** Path of the file, folder or request meant. */
  path: string
  fieldRef?: ObjectFieldSelector
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
  medium?: string
  sizeLimit?: string
}

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

export interface EndpointSubset {
  addresses?: EndpointAddress[]
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
  subsets?: EndpointSubset[]
}

/** A page of Endpoints objects, with the revision it was read at. */
export interface EndpointsList {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: Endpoints[]
}

/** Makes variables of all keys of a config map or secret. */
export interface EnvFromSource {
  prefix?: string
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
  valueFrom?: EnvVarSource
}

/** Where the value of a variable comes from. */
export interface EnvVarSource {
  fieldRef?: ObjectFieldSelector
  resourceFieldRef?: ResourceFieldSelector
  configMapKeyRef?: ConfigMapKeySelector
  secretKeyRef?: SecretKeySelector
  fileKeyRef?: FileKeySelector
}

/** A container added to a running pod for looking into it. */
export interface EphemeralContainer {
  /** Name of the container, unique in the pod. */
  name: string
  /** Image that is meant. */
  image?: string
  command?: string[]
  args?: string[]
  workingDir?: string
  /** Ports that are opened, exposed or matched. */
  ports?: ContainerPort[]
  env?: EnvVar[]
  /** Compute resources that are asked for and limited. */
  resources: ResourceRequirements
  volumeMounts?: VolumeMount[]
  livenessProbe?: Probe
  readinessProbe?: Probe
  lifecycle?: Lifecycle
  terminationMessagePath: string
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  securityContext?: SecurityContext
  stdin?: boolean
  stdinOnce?: boolean
  tty?: boolean
  envFrom?: EnvFromSource[]
  terminationMessagePolicy: 'FallbackToLogsOnError' | 'File'
  volumeDevices?: VolumeDevice[]
  startupProbe?: Probe
  resizePolicy?: ContainerResizePolicy[]
  restartPolicy?: string
  restartPolicyRules?: ContainerRestartRule[]
  targetContainerName?: string
}

export interface EphemeralContainerCommon {
  /** Name of the container, unique in the pod. */
  name: string
  /** Image that is meant. */
  image?: string
  command?: string[]
  args?: string[]
  workingDir?: string
  /** Ports that are opened, exposed or matched. */
  ports?: ContainerPort[]
  env?: EnvVar[]
  /** Compute resources that are asked for and limited. */
  resources: ResourceRequirements
  volumeMounts?: VolumeMount[]
  livenessProbe?: Probe
  readinessProbe?: Probe
  lifecycle?: Lifecycle
  terminationMessagePath: string
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  securityContext?: SecurityContext
  stdin?: boolean
  stdinOnce?: boolean
  tty?: boolean
  envFrom?: EnvFromSource[]
  terminationMessagePolicy: 'FallbackToLogsOnError' | 'File'
  volumeDevices?: VolumeDevice[]
  startupProbe?: Probe
  resizePolicy?: ContainerResizePolicy[]
  restartPolicy?: string
  restartPolicyRules?: ContainerRestartRule[]
}

/** A volume of the sort Ephemeral. */
export interface EphemeralVolumeSource {
  volumeClaimTemplate?: PersistentVolumeClaimTemplate
}

/** A note that something happened to an object. */
export interface Event {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  involvedObject: ObjectReference
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
  source: EventSource
  firstTimestamp?: string | null
  lastTimestamp?: string | null
  /** How many there are or are wanted. */
  count?: number
  /** Which of the known sorts this is. */
  type?: string
  eventTime?: string | null
  series?: EventSeries
  action?: string
  related?: ObjectReference
  reportingComponent: string
  reportingInstance: string
}

/** A page of Event objects, with the revision it was read at. */
export interface EventList {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: Event[]
}

/** How often an event was repeated, and when last. */
export interface EventSeries {
  /** How many there are or are wanted. */
  count?: number
  lastObservedTime?: string | null
}

/** Which component reported the event. */
export interface EventSource {
  component?: string
  /** Host name or address to connect to. */
  host?: string
}

/** Runs a command inside the container. */
export interface ExecAction {
  command?: string[]
}

/** A volume of the sort FC. */
export interface FCVolumeSource {
  targetWWNs?: string[]
  /** Number of the logical unit on the target. */
  lun?: number
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  wwids?: string[]
}

export interface FileKeySelector {
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
  options?: Record<string, string>
}

/** A volume of the sort Flocker. */
export interface FlockerVolumeSource {
  datasetName?: string
  datasetUUID?: string
}

/** A volume of the sort GCEPersistentDisk. */
export interface GCEPersistentDiskVolumeSource {
  pdName: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
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
  repository: string
  revision?: string
  directory?: string
}

/** A volume of the sort GlusterfsPersistent. */
export interface GlusterfsPersistentVolumeSource {
  endpoints: string
  /** Path of the file, folder or request meant. */
  path: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  endpointsNamespace?: string
}

/** A volume of the sort Glusterfs. */
export interface GlusterfsVolumeSource {
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
  scheme: 'HTTP' | 'HTTPS'
  httpHeaders?: HTTPHeader[]
}

export interface HTTPHeader {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** The value itself. */
  value: string
}

export interface HostAlias {
  /** IP address. */
  ip: string
  hostnames?: string[]
}

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
  reference?: string
  pullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
}

/** What was last observed of a ImageVolume. */
export interface ImageVolumeStatus {
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
  postStart?: LifecycleHandler
  preStop?: LifecycleHandler
  stopSignal?: 'SIGABRT' | 'SIGALRM' | 'SIGBUS' | 'SIGCHLD' | 'SIGCLD' | 'SIGCONT' | 'SIGFPE' | 'SIGHUP' | 'SIGILL' | 'SIGINT' | 'SIGIO' | 'SIGIOT' | 'SIGKILL' | 'SIGPIPE' | 'SIGPOLL' | 'SIGPROF' | 'SIGPWR' | 'SIGQUIT' | 'SIGRTMAX' | 'SIGRTMAX-1' | 'SIGRTMAX-10' | 'SIGRTMAX-11' | 'SIGRTMAX-12' | 'SIGRTMAX-13' | 'SIGRTMAX-14' | 'SIGRTMAX-2' | 'SIGRTMAX-3' | 'SIGRTMAX-4' | 'SIGRTMAX-5' | 'SIGRTMAX-6' | 'SIGRTMAX-7' | 'SIGRTMAX-8' | 'SIGRTMAX-9' | 'SIGRTMIN' | 'SIGRTMIN+1' | 'SIGRTMIN+10' | 'SIGRTMIN+11' | 'SIGRTMIN+12' | 'SIGRTMIN+13' | 'SIGRTMIN+14' | 'SIGRTMIN+15' | 'SIGRTMIN+2' | 'SIGRTMIN+3' | 'SIGRTMIN+4' | 'SIGRTMIN+5' | 'SIGRTMIN+6' | 'SIGRTMIN+7' | 'SIGRTMIN+8' | 'SIGRTMIN+9' | 'SIGSEGV' | 'SIGSTKFLT' | 'SIGSTOP' | 'SIGSYS' | 'SIGTERM' | 'SIGTRAP' | 'SIGTSTP' | 'SIGTTIN' | 'SIGTTOU' | 'SIGURG' | 'SIGUSR1' | 'SIGUSR2' | 'SIGVTALRM' | 'SIGWINCH' | 'SIGXCPU' | 'SIGXFSZ'
}

/** What one lifecycle hook does. */
export interface LifecycleHandler {
  exec?: ExecAction
  httpGet?: HTTPGetAction
  tcpSocket?: TCPSocketAction
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
  max?: Record<string, string>
  min?: Record<string, string>
  default?: Record<string, string>
  defaultRequest?: Record<string, string>
  maxLimitRequestRatio?: Record<string, string>
}

/** A page of LimitRange objects, with the revision it was read at. */
export interface LimitRangeList {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: LimitRange[]
}

/** What is wanted of a LimitRange. */
export interface LimitRangeSpec {
  /** The most that may be used of each resource. */
  limits: LimitRangeItem[]
}

export interface LinuxContainerUser {
  /** Unique identifier of the object, never used for another one. */
  uid: number
  gid: number
  supplementalGroups?: number[]
}

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
  targetVolumeAttributesClassName?: string
  /** What was last observed of the object; written by the system. */
  status: 'InProgress' | 'Infeasible' | 'Pending'
}

/** A volume of the sort NFS. */
export interface NFSVolumeSource {
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
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: Namespace[]
}

/** What is wanted of a Namespace. */
export interface NamespaceSpec {
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

export interface NodeAddress {
  /** Which of the known sorts this is. */
  type: string
  address: string
}

/** Rules on labels and fields of nodes. */
export interface NodeAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[]
}

/** What was last observed of a NodeAllocatableResourceClaim. */
export interface NodeAllocatableResourceClaimStatus {
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

export interface NodeConfigSource {
  configMap?: ConfigMapNodeConfigSource
}

/** What was last observed of a NodeConfig. */
export interface NodeConfigStatus {
  assigned?: NodeConfigSource
  /** What is running at this time. */
  active?: NodeConfigSource
  lastKnownGood?: NodeConfigSource
  /** What went wrong, where something did. */
  error?: string
}

export interface NodeDaemonEndpoints {
  kubeletEndpoint: DaemonEndpoint
}

export interface NodeFeatures {
  supplementalGroupsPolicy?: boolean
}

/** A page of Node objects, with the revision it was read at. */
export interface NodeList {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: Node[]
}

export interface NodeRuntimeHandler {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  features?: NodeRuntimeHandlerFeatures
}

export interface NodeRuntimeHandlerFeatures {
  recursiveReadOnlyMounts?: boolean
  userNamespaces?: boolean
}

/** Terms of which a node must match one. */
export interface NodeSelector {
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
  matchExpressions?: NodeSelectorRequirement[]
  matchFields?: NodeSelectorRequirement[]
}

/** What is wanted of a Node. */
export interface NodeSpec {
  podCIDR?: string
  externalID?: string
  providerID?: string
  unschedulable?: boolean
  /** Marks that keep pods away which do not tolerate them. */
  taints?: Taint[]
  configSource?: NodeConfigSource
  podCIDRs?: string[]
}

/** What was last observed of a Node. */
export interface NodeStatus {
  /** Total amount of each resource. */
  capacity?: Record<string, string>
  allocatable?: Record<string, string>
  /** One word for where the object is in its life. */
  phase?: 'Pending' | 'Running' | 'Terminated'
  /** Observations of the current state, at most one of each type. */
  conditions?: NodeCondition[]
  addresses?: NodeAddress[]
  daemonEndpoints: NodeDaemonEndpoints
  nodeInfo: NodeSystemInfo
  images?: ContainerImage[]
  volumesInUse?: string[]
  volumesAttached?: AttachedVolume[]
  /** Configuration handed to the drivers. */
  config?: NodeConfigStatus
  runtimeHandlers?: NodeRuntimeHandler[]
  features?: NodeFeatures
  declaredFeatures?: string[]
}

/** What was last observed of a NodeSwap. */
export interface NodeSwapStatus {
  /** Total amount of each resource. */
  capacity?: number
}

export interface NodeSystemInfo {
  machineID: string
  systemUUID: string
  bootID: string
  kernelVersion: string
  osImage: string
  containerRuntimeVersion: string
  kubeletVersion: string
  kubeProxyVersion: string
  operatingSystem: string
  architecture: string
  swap?: NodeSwapStatus
}

export interface ObjectFieldSelector {
  /** API group and version of the object that is referred to. */
  apiVersion: string
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
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: PersistentVolumeClaim[]
}

/** What is wanted of a PersistentVolumeClaim. */
export interface PersistentVolumeClaimSpec {
  /** Ways in which the volume can be mounted. */
  accessModes?: ('ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOnce' | 'ReadWriteOncePod')[]
  /** Compute resources that are asked for and limited. */
  resources: VolumeResourceRequirements
  volumeName?: string
  /** Which objects are meant, by their labels. */
  selector?: meta_v1.LabelSelector
  /** Class that the volume belongs to or is wanted of. */
  storageClassName?: string
  /** Whether the volume is a file system or a raw block device. */
  volumeMode: 'Block' | 'Filesystem'
  /** Object to fill the new volume from. */
  dataSource?: TypedLocalObjectReference
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
  allocatedResourceStatuses?: Record<string, string>
  currentVolumeAttributesClassName?: string
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
  claimName: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** A page of PersistentVolume objects, with the revision it was read at. */
export interface PersistentVolumeList {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: PersistentVolume[]
}

/** A volume of the sort Persistent. */
export interface PersistentVolumeSource {
  gcePersistentDisk?: GCEPersistentDiskVolumeSource
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource
  hostPath?: HostPathVolumeSource
  glusterfs?: GlusterfsPersistentVolumeSource
  nfs?: NFSVolumeSource
  rbd?: RBDPersistentVolumeSource
  iscsi?: ISCSIPersistentVolumeSource
  cinder?: CinderPersistentVolumeSource
  cephfs?: CephFSPersistentVolumeSource
  fc?: FCVolumeSource
  flocker?: FlockerVolumeSource
  flexVolume?: FlexPersistentVolumeSource
  azureFile?: AzureFilePersistentVolumeSource
  vsphereVolume?: VsphereVirtualDiskVolumeSource
  quobyte?: QuobyteVolumeSource
  azureDisk?: AzureDiskVolumeSource
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource
  portworxVolume?: PortworxVolumeSource
  scaleIO?: ScaleIOPersistentVolumeSource
  local?: LocalVolumeSource
  storageos?: StorageOSPersistentVolumeSource
  csi?: CSIPersistentVolumeSource
}

/** What is wanted of a PersistentVolume. */
export interface PersistentVolumeSpec {
  /** Total amount of each resource. */
  capacity?: Record<string, string>
  gcePersistentDisk?: GCEPersistentDiskVolumeSource
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource
  hostPath?: HostPathVolumeSource
  glusterfs?: GlusterfsPersistentVolumeSource
  nfs?: NFSVolumeSource
  rbd?: RBDPersistentVolumeSource
  iscsi?: ISCSIPersistentVolumeSource
  cinder?: CinderPersistentVolumeSource
  cephfs?: CephFSPersistentVolumeSource
  fc?: FCVolumeSource
  flocker?: FlockerVolumeSource
  flexVolume?: FlexPersistentVolumeSource
  azureFile?: AzureFilePersistentVolumeSource
  vsphereVolume?: VsphereVirtualDiskVolumeSource
  quobyte?: QuobyteVolumeSource
  azureDisk?: AzureDiskVolumeSource
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource
  portworxVolume?: PortworxVolumeSource
  scaleIO?: ScaleIOPersistentVolumeSource
  local?: LocalVolumeSource
  storageos?: StorageOSPersistentVolumeSource
  csi?: CSIPersistentVolumeSource
  /** Ways in which the volume can be mounted. */
  accessModes?: ('ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOnce' | 'ReadWriteOncePod')[]
  claimRef?: ObjectReference
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
  lastPhaseTransitionTime?: string
}

/** A volume of the sort PhotonPersistentDisk. */
export interface PhotonPersistentDiskVolumeSource {
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
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[]
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[]
}

/** Which pods are meant, and how near counts as together. */
export interface PodAffinityTerm {
  /** Which objects are meant, by their labels. */
  labelSelector?: meta_v1.LabelSelector
  namespaces?: string[]
  topologyKey: string
  /** Which namespaces are meant, by their labels. */
  namespaceSelector?: meta_v1.LabelSelector
  matchLabelKeys?: string[]
  mismatchLabelKeys?: string[]
}

/** Rules that keep the pod away from others. */
export interface PodAntiAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[]
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[]
}

export interface PodCertificateProjection {
  signerName: string
  keyType: string
  maxExpirationSeconds: number
  credentialBundlePath?: string
  keyPath?: string
  certificateChainPath?: string
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
  nameservers?: string[]
  searches?: string[]
  options?: PodDNSConfigOption[]
}

export interface PodDNSConfigOption {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** The value itself. */
  value?: string
}

/** What was last observed of a PodExtendedResourceClaim. */
export interface PodExtendedResourceClaimStatus {
  requestMappings: ContainerExtendedResourceRequest[]
  resourceClaimName: string
}

export interface PodIP {
  /** IP address. */
  ip: string
}

/** A page of Pod objects, with the revision it was read at. */
export interface PodList {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: Pod[]
}

export interface PodOS {
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

/** A condition that must also be true before the pod is ready. */
export interface PodReadinessGate {
  conditionType: string
}

export interface PodResourceClaim {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  resourceClaimName?: string
  resourceClaimTemplateName?: string
}

/** What was last observed of a PodResourceClaim. */
export interface PodResourceClaimStatus {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  resourceClaimName?: string
}

/** Holds the pod back from scheduling until it is removed. */
export interface PodSchedulingGate {
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

export interface PodSchedulingGroup {
  podGroupName?: string
}

/** Privileges and identities for all containers of the pod. */
export interface PodSecurityContext {
  seLinuxOptions?: SELinuxOptions
  runAsUser?: number
  runAsNonRoot?: boolean
  supplementalGroups?: number[]
  fsGroup?: number
  runAsGroup?: number
  sysctls?: Sysctl[]
  windowsOptions?: WindowsSecurityContextOptions
  fsGroupChangePolicy?: 'Always' | 'OnRootMismatch'
  seccompProfile?: SeccompProfile
  appArmorProfile?: AppArmorProfile
  supplementalGroupsPolicy?: 'Merge' | 'Strict'
  seLinuxChangePolicy?: string
}

/** What is wanted of a Pod. */
export interface PodSpec {
  volumes?: Volume[]
  /** Containers that run in the pod. */
  containers: Container[]
  restartPolicy: 'Always' | 'Never' | 'OnFailure'
  terminationGracePeriodSeconds: number
  activeDeadlineSeconds?: number
  dnsPolicy: 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None'
  /** Labels that a node must carry. */
  nodeSelector?: Record<string, string>
  serviceAccountName?: string
  serviceAccount?: string
  /** Name of the node meant. */
  nodeName?: string
  hostNetwork?: boolean
  hostPID?: boolean
  hostIPC?: boolean
  securityContext: PodSecurityContext
  imagePullSecrets?: LocalObjectReference[]
  /** Name of the host. */
  hostname?: string
  subdomain?: string
  affinity?: Affinity
  schedulerName: string
  initContainers?: Container[]
  automountServiceAccountToken?: boolean
  /** Taints that are tolerated. */
  tolerations?: Toleration[]
  hostAliases?: HostAlias[]
  priorityClassName?: string
  priority?: number
  dnsConfig?: PodDNSConfig
  shareProcessNamespace?: boolean
  readinessGates?: PodReadinessGate[]
  runtimeClassName?: string
  enableServiceLinks?: boolean
  preemptionPolicy?: 'Never' | 'PreemptLowerPriority'
  overhead?: Record<string, string>
  topologySpreadConstraints?: TopologySpreadConstraint[]
  ephemeralContainers?: EphemeralContainer[]
  setHostnameAsFQDN?: boolean
  os?: PodOS
  hostUsers?: boolean
  schedulingGates?: PodSchedulingGate[]
  resourceClaims?: PodResourceClaim[]
  /** Compute resources that are asked for and limited. */
  resources?: ResourceRequirements
  hostnameOverride?: string
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
  hostIP?: string
  podIP?: string
  startTime?: string
  containerStatuses?: ContainerStatus[]
  qosClass?: 'BestEffort' | 'Burstable' | 'Guaranteed'
  initContainerStatuses?: ContainerStatus[]
  nominatedNodeName?: string
  podIPs?: PodIP[]
  ephemeralContainerStatuses?: ContainerStatus[]
  resize?: string
  resourceClaimStatuses?: PodResourceClaimStatus[]
  hostIPs?: HostIP[]
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
  extendedResourceClaimStatus?: PodExtendedResourceClaimStatus
  /** What has been set aside of each resource. */
  allocatedResources?: Record<string, string>
  /** Compute resources that are asked for and limited. */
  resources?: ResourceRequirements
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
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
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

export interface PreferredSchedulingTerm {
  weight: number
  preference: NodeSelectorTerm
}

/** A health check that is run again and again. */
export interface Probe {
  exec?: ExecAction
  httpGet?: HTTPGetAction
  tcpSocket?: TCPSocketAction
  grpc?: GRPCAction
  initialDelaySeconds?: number
  /** Seconds to wait for an answer. */
  timeoutSeconds: number
  /** Seconds between two runs, or the window a policy looks at. */
  periodSeconds: number
  successThreshold: number
  failureThreshold: number
  terminationGracePeriodSeconds?: number
}

/** The way in which a probe asks. */
export interface ProbeHandler {
  exec?: ExecAction
  httpGet?: HTTPGetAction
  tcpSocket?: TCPSocketAction
  grpc?: GRPCAction
}

/** A volume of the sort Projected. */
export interface ProjectedVolumeSource {
  sources?: VolumeProjection[]
  /** Permission bits of files that set none of their own. */
  defaultMode: number
}

/** A volume of the sort Quobyte. */
export interface QuobyteVolumeSource {
  registry: string
  volume: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** User to act as. */
  user?: string
  group?: string
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
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
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

export interface ResourceFieldSelector {
  /** Name of the container meant. */
  containerName?: string
  resource: string
  divisor: string
}

export interface ResourceHealth {
  resourceID: string
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
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: ResourceQuota[]
}

/** What is wanted of a ResourceQuota. */
export interface ResourceQuotaSpec {
  hard?: Record<string, string>
  scopes?: ('BestEffort' | 'CrossNamespacePodAffinity' | 'NotBestEffort' | 'NotTerminating' | 'PriorityClass' | 'Terminating' | 'VolumeAttributesClass')[]
  scopeSelector?: ScopeSelector
}

/** What was last observed of a ResourceQuota. */
export interface ResourceQuotaStatus {
  hard?: Record<string, string>
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

export interface SELinuxOptions {
  /** User to act as. */
  user?: string
  role?: string
  /** Which of the known sorts this is. */
  type?: string
  level?: string
}

/** A volume of the sort ScaleIOPersistent. */
export interface ScaleIOPersistentVolumeSource {
  gateway: string
  system: string
  /** Secret that holds what is needed to log in. */
  secretRef: SecretReference
  sslEnabled?: boolean
  protectionDomain?: string
  storagePool?: string
  storageMode: string
  volumeName?: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

/** A volume of the sort ScaleIO. */
export interface ScaleIOVolumeSource {
  gateway: string
  system: string
  /** Secret that holds what is needed to log in. */
  secretRef: LocalObjectReference
  sslEnabled?: boolean
  protectionDomain?: string
  storagePool?: string
  storageMode: string
  volumeName?: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
}

export interface ScopeSelector {
  matchExpressions?: ScopedResourceSelectorRequirement[]
}

export interface ScopedResourceSelectorRequirement {
  scopeName: 'BestEffort' | 'CrossNamespacePodAffinity' | 'NotBestEffort' | 'NotTerminating' | 'PriorityClass' | 'Terminating' | 'VolumeAttributesClass'
  /** How the key relates to the values. */
  operator: 'DoesNotExist' | 'Exists' | 'In' | 'NotIn'
  /** Values that the operator compares with. */
  values?: string[]
}

export interface SeccompProfile {
  /** Which of the known sorts this is. */
  type: 'Localhost' | 'RuntimeDefault' | 'Unconfined'
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
  stringData?: Record<string, string>
  /** Whether the content can never change again. */
  immutable?: boolean
}

export interface SecretEnvSource {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Whether the thing or its key may be missing. */
  optional?: boolean
}

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
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: Secret[]
}

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
  capabilities?: Capabilities
  privileged?: boolean
  seLinuxOptions?: SELinuxOptions
  runAsUser?: number
  runAsNonRoot?: boolean
  readOnlyRootFilesystem?: boolean
  allowPrivilegeEscalation?: boolean
  runAsGroup?: number
  procMount?: 'Default' | 'Unmasked'
  windowsOptions?: WindowsSecurityContextOptions
  seccompProfile?: SeccompProfile
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
  secrets?: ObjectReference[]
  imagePullSecrets?: LocalObjectReference[]
  automountServiceAccountToken?: boolean
}

/** A page of ServiceAccount objects, with the revision it was read at. */
export interface ServiceAccountList {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: ServiceAccount[]
}

export interface ServiceAccountTokenProjection {
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
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
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
  targetPort?: number | string
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
  clusterIP?: string
  /** Which of the known sorts this is. */
  type: 'ClusterIP' | 'ExternalName' | 'LoadBalancer' | 'NodePort'
  externalIPs?: string[]
  sessionAffinity: 'ClientIP' | 'None'
  loadBalancerIP?: string
  loadBalancerSourceRanges?: string[]
  externalName?: string
  externalTrafficPolicy?: 'Cluster' | 'Local'
  healthCheckNodePort?: number
  publishNotReadyAddresses?: boolean
  sessionAffinityConfig?: SessionAffinityConfig
  ipFamilyPolicy?: 'PreferDualStack' | 'RequireDualStack' | 'SingleStack'
  clusterIPs?: string[]
  ipFamilies?: ('' | 'IPv4' | 'IPv6')[]
  allocateLoadBalancerNodePorts?: boolean
  loadBalancerClass?: string
  internalTrafficPolicy?: 'Cluster' | 'Local'
  trafficDistribution?: string
}

/** What was last observed of a Service. */
export interface ServiceStatus {
  /** State of the load balancer. */
  loadBalancer: LoadBalancerStatus
  /** Observations of the current state, at most one of each type. */
  conditions?: meta_v1.Condition[]
}

export interface SessionAffinityConfig {
  clientIP?: ClientIPConfig
}

/** Waits for some seconds. */
export interface SleepAction {
  seconds: number
}

/** A volume of the sort StorageOSPersistent. */
export interface StorageOSPersistentVolumeSource {
  volumeName?: string
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
  volumeName?: string
  volumeNamespace?: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  /** Secret that holds what is needed to log in. */
  secretRef?: LocalObjectReference
}

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

export interface TopologySelectorLabelRequirement {
  /** Key that is looked up or matched. */
  key: string
  /** Values that the operator compares with. */
  values: string[]
}

export interface TopologySelectorTerm {
  matchLabelExpressions?: TopologySelectorLabelRequirement[]
}

/** How evenly matching pods are spread over zones, nodes or the like. */
export interface TopologySpreadConstraint {
  maxSkew: number
  topologyKey: string
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'
  /** Which objects are meant, by their labels. */
  labelSelector?: meta_v1.LabelSelector
  minDomains?: number
  nodeAffinityPolicy?: 'Honor' | 'Ignore'
  nodeTaintsPolicy?: 'Honor' | 'Ignore'
  matchLabelKeys?: string[]
}

export interface TypedLocalObjectReference {
  /** API group of the object that is referred to; empty means core. */
  apiGroup?: string | null
  /** Kind of the object that is referred to. */
  kind: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

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
  hostPath?: HostPathVolumeSource
  emptyDir?: EmptyDirVolumeSource
  gcePersistentDisk?: GCEPersistentDiskVolumeSource
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource
  gitRepo?: GitRepoVolumeSource
  secret?: SecretVolumeSource
  nfs?: NFSVolumeSource
  iscsi?: ISCSIVolumeSource
  glusterfs?: GlusterfsVolumeSource
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource
  rbd?: RBDVolumeSource
  flexVolume?: FlexVolumeSource
  cinder?: CinderVolumeSource
  cephfs?: CephFSVolumeSource
  flocker?: FlockerVolumeSource
  downwardAPI?: DownwardAPIVolumeSource
  fc?: FCVolumeSource
  azureFile?: AzureFileVolumeSource
  configMap?: ConfigMapVolumeSource
  vsphereVolume?: VsphereVirtualDiskVolumeSource
  quobyte?: QuobyteVolumeSource
  azureDisk?: AzureDiskVolumeSource
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource
  portworxVolume?: PortworxVolumeSource
  scaleIO?: ScaleIOVolumeSource
  projected?: ProjectedVolumeSource
  storageos?: StorageOSVolumeSource
  csi?: CSIVolumeSource
  ephemeral?: EphemeralVolumeSource
  /** Image that is meant. */
  image?: ImageVolumeSource
}

/** Where a raw block volume appears inside a container. */
export interface VolumeDevice {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  devicePath: string
}

/** Where a volume appears inside a container. */
export interface VolumeMount {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  mountPath: string
  subPath?: string
  mountPropagation?: 'Bidirectional' | 'HostToContainer' | 'None'
  subPathExpr?: string
  recursiveReadOnly?: string
}

/** What was last observed of a VolumeMount. */
export interface VolumeMountStatus {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  mountPath: string
  /** Mount or attach the volume so that nothing can be written. */
  readOnly?: boolean
  recursiveReadOnly?: string
  volumeStatus?: VolumeStatus
}

export interface VolumeNodeAffinity {
  required?: NodeSelector
}

export interface VolumeProjection {
  secret?: SecretProjection
  downwardAPI?: DownwardAPIProjection
  configMap?: ConfigMapProjection
  serviceAccountToken?: ServiceAccountTokenProjection
  clusterTrustBundle?: ClusterTrustBundleProjection
  podCertificate?: PodCertificateProjection
}

export interface VolumeResourceRequirements {
  /** The most that may be used of each resource. */
  limits?: Record<string, string>
  /** What is asked for or set aside of each resource. */
  requests?: Record<string, string>
}

/** Where the volume's content comes from; exactly one is set. */
export interface VolumeSource {
  hostPath?: HostPathVolumeSource
  emptyDir?: EmptyDirVolumeSource
  gcePersistentDisk?: GCEPersistentDiskVolumeSource
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource
  gitRepo?: GitRepoVolumeSource
  secret?: SecretVolumeSource
  nfs?: NFSVolumeSource
  iscsi?: ISCSIVolumeSource
  glusterfs?: GlusterfsVolumeSource
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource
  rbd?: RBDVolumeSource
  flexVolume?: FlexVolumeSource
  cinder?: CinderVolumeSource
  cephfs?: CephFSVolumeSource
  flocker?: FlockerVolumeSource
  downwardAPI?: DownwardAPIVolumeSource
  fc?: FCVolumeSource
  azureFile?: AzureFileVolumeSource
  configMap?: ConfigMapVolumeSource
  vsphereVolume?: VsphereVirtualDiskVolumeSource
  quobyte?: QuobyteVolumeSource
  azureDisk?: AzureDiskVolumeSource
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource
  portworxVolume?: PortworxVolumeSource
  scaleIO?: ScaleIOVolumeSource
  projected?: ProjectedVolumeSource
  storageos?: StorageOSVolumeSource
  csi?: CSIVolumeSource
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
  volumePath: string
  /** File system to mount the volume with; the plugin chooses when empty. */
  fsType?: string
  storagePolicyName?: string
  storagePolicyID?: string
}

export interface WeightedPodAffinityTerm {
  weight: number
  podAffinityTerm: PodAffinityTerm
}

export interface WindowsSecurityContextOptions {
  gmsaCredentialSpecName?: string
  gmsaCredentialSpec?: string
  runAsUserName?: string
  hostProcess?: boolean
}

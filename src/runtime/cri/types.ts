// Written by scripts/generate-types.ts from src/runtime/cri/api.ts: edit that, not this.
import type { CallOptions } from '../../grpc/client.ts'

export interface VersionRequest {
  version?: string
}

export interface VersionResponse {
  version?: string
  runtimeName?: string
  runtimeVersion?: string
  runtimeApiVersion?: string
}

export interface DNSConfig {
  servers?: string[]
  searches?: string[]
  options?: string[]
}

export interface PortMapping {
  /** Protocol */
  protocol?: number
  containerPort?: number
  /** 0: none */
  hostPort?: number
  hostIp?: string
}

export interface Mount {
  containerPath?: string
  hostPath?: string
  readonly?: boolean
  selinuxRelabel?: boolean
  /** MountPropagation */
  propagation?: number
  uidMappings?: IDMapping[]
  gidMappings?: IDMapping[]
  recursiveReadOnly?: boolean
  /** an image mounted read-only in place of a host path (KEP-4639) */
  image?: ImageSpec
  imageSubPath?: string
}

export interface IDMapping {
  hostId?: number
  containerId?: number
  length?: number
}

export interface UserNamespace {
  /** NamespaceMode, POD or NODE */
  mode?: number
  uids?: IDMapping[]
  gids?: IDMapping[]
}

export interface NamespaceOption {
  /** NamespaceMode */
  network?: number
  /** NamespaceMode */
  pid?: number
  /** NamespaceMode */
  ipc?: number
  /** the container whose PID namespace is joined, with mode TARGET */
  targetId?: string
  usernsOptions?: UserNamespace
}

export interface Int64Value {
  value?: number | bigint
}

export interface UInt64Value {
  value?: number | bigint
}

export interface LinuxSandboxSecurityContext {
  namespaceOptions?: NamespaceOption
  selinuxOptions?: SELinuxOption
  runAsUser?: Int64Value
  readonlyRootfs?: boolean
  supplementalGroups?: (number | bigint)[]
  privileged?: boolean
  seccompProfilePath?: string
  runAsGroup?: Int64Value
  seccomp?: SecurityProfile
  apparmor?: SecurityProfile
  /** SupplementalGroupsPolicy */
  supplementalGroupsPolicy?: number
}

export interface SecurityProfile {
  /** ProfileType */
  profileType?: number
  localhostRef?: string
}

export interface LinuxPodSandboxConfig {
  cgroupParent?: string
  securityContext?: LinuxSandboxSecurityContext
  sysctls?: Record<string, string>
  overhead?: LinuxContainerResources
  resources?: LinuxContainerResources
}

export interface PodSandboxMetadata {
  name?: string
  uid?: string
  namespace?: string
  attempt?: number
}

export interface PodSandboxConfig {
  metadata?: PodSandboxMetadata
  hostname?: string
  logDirectory?: string
  dnsConfig?: DNSConfig
  portMappings?: PortMapping[]
  labels?: Record<string, string>
  annotations?: Record<string, string>
  linux?: LinuxPodSandboxConfig
}

export interface RunPodSandboxRequest {
  config?: PodSandboxConfig
  runtimeHandler?: string
}

export interface RunPodSandboxResponse {
  podSandboxId?: string
}

export interface StopPodSandboxRequest {
  podSandboxId?: string
}

export interface StopPodSandboxResponse {}

export interface RemovePodSandboxRequest {
  podSandboxId?: string
}

export interface RemovePodSandboxResponse {}

export interface PodSandboxStatusRequest {
  podSandboxId?: string
  verbose?: boolean
}

export interface PodIP {
  ip?: string
}

export interface PodSandboxNetworkStatus {
  ip?: string
  additionalIps?: PodIP[]
}

export interface Namespace {
  options?: NamespaceOption
}

export interface LinuxPodSandboxStatus {
  namespaces?: Namespace
}

export interface PodSandboxStatus {
  id?: string
  metadata?: PodSandboxMetadata
  /** PodSandboxState */
  state?: number
  /** nanoseconds */
  createdAt?: number | bigint
  network?: PodSandboxNetworkStatus
  linux?: LinuxPodSandboxStatus
  labels?: Record<string, string>
  annotations?: Record<string, string>
  runtimeHandler?: string
}

export interface PodSandboxStatusResponse {
  status?: PodSandboxStatus
  info?: Record<string, string>
  containersStatuses?: ContainerStatus[]
  timestamp?: number | bigint
}

export interface PodSandboxStateValue {
  /** PodSandboxState */
  state?: number
}

export interface PodSandboxFilter {
  id?: string
  state?: PodSandboxStateValue
  labelSelector?: Record<string, string>
}

export interface ListPodSandboxRequest {
  filter?: PodSandboxFilter
}

export interface PodSandbox {
  id?: string
  metadata?: PodSandboxMetadata
  /** PodSandboxState */
  state?: number
  createdAt?: number | bigint
  labels?: Record<string, string>
  annotations?: Record<string, string>
  runtimeHandler?: string
}

export interface ListPodSandboxResponse {
  items?: PodSandbox[]
}

export interface StreamPodSandboxesRequest {
  filter?: PodSandboxFilter
}

export interface StreamPodSandboxesResponse {
  podSandboxes?: PodSandbox[]
}

export interface PodSandboxStatsRequest {
  podSandboxId?: string
}

export interface PodSandboxStatsResponse {
  stats?: PodSandboxStats
}

export interface PodSandboxStatsFilter {
  id?: string
  labelSelector?: Record<string, string>
}

export interface ListPodSandboxStatsRequest {
  filter?: PodSandboxStatsFilter
}

export interface ListPodSandboxStatsResponse {
  stats?: PodSandboxStats[]
}

export interface StreamPodSandboxStatsRequest {
  filter?: PodSandboxStatsFilter
}

export interface StreamPodSandboxStatsResponse {
  podSandboxStats?: PodSandboxStats[]
}

export interface PodSandboxAttributes {
  id?: string
  metadata?: PodSandboxMetadata
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

export interface PodSandboxStats {
  attributes?: PodSandboxAttributes
  linux?: LinuxPodSandboxStats
}

export interface LinuxPodSandboxStats {
  cpu?: CpuUsage
  memory?: MemoryUsage
  network?: NetworkUsage
  process?: ProcessUsage
  containers?: ContainerStats[]
  io?: IoUsage
}

export interface NetworkUsage {
  timestamp?: number | bigint
  defaultInterface?: NetworkInterfaceUsage
  interfaces?: NetworkInterfaceUsage[]
}

export interface NetworkInterfaceUsage {
  name?: string
  rxBytes?: UInt64Value
  rxErrors?: UInt64Value
  txBytes?: UInt64Value
  txErrors?: UInt64Value
}

export interface ProcessUsage {
  timestamp?: number | bigint
  processCount?: UInt64Value
}

export interface ImageSpec {
  image?: string
  annotations?: Record<string, string>
  userSpecifiedImage?: string
  runtimeHandler?: string
  imageRef?: string
}

export interface KeyValue {
  key?: string
  value?: string
}

export interface LinuxContainerResources {
  cpuPeriod?: number | bigint
  cpuQuota?: number | bigint
  cpuShares?: number | bigint
  memoryLimitInBytes?: number | bigint
  oomScoreAdj?: number | bigint
  cpusetCpus?: string
  cpusetMems?: string
  hugepageLimits?: HugepageLimit[]
  unified?: Record<string, string>
  memorySwapLimitInBytes?: number | bigint
}

export interface HugepageLimit {
  pageSize?: string
  limit?: number | bigint
}

export interface SELinuxOption {
  user?: string
  role?: string
  type?: string
  level?: string
}

export interface Capability {
  addCapabilities?: string[]
  dropCapabilities?: string[]
  addAmbientCapabilities?: string[]
}

export interface LinuxContainerSecurityContext {
  capabilities?: Capability
  privileged?: boolean
  namespaceOptions?: NamespaceOption
  selinuxOptions?: SELinuxOption
  runAsUser?: Int64Value
  runAsUsername?: string
  readonlyRootfs?: boolean
  supplementalGroups?: (number | bigint)[]
  apparmorProfile?: string
  seccompProfilePath?: string
  noNewPrivs?: boolean
  runAsGroup?: Int64Value
  maskedPaths?: string[]
  readonlyPaths?: string[]
  seccomp?: SecurityProfile
  apparmor?: SecurityProfile
  /** SupplementalGroupsPolicy */
  supplementalGroupsPolicy?: number
}

export interface LinuxContainerConfig {
  resources?: LinuxContainerResources
  securityContext?: LinuxContainerSecurityContext
}

export interface LinuxContainerUser {
  uid?: number | bigint
  gid?: number | bigint
  supplementalGroups?: (number | bigint)[]
}

export interface ContainerMetadata {
  name?: string
  attempt?: number
}

export interface Device {
  containerPath?: string
  hostPath?: string
  permissions?: string
}

export interface CDIDevice {
  name?: string
}

export interface ContainerConfig {
  metadata?: ContainerMetadata
  image?: ImageSpec
  command?: string[]
  args?: string[]
  workingDir?: string
  envs?: KeyValue[]
  mounts?: Mount[]
  devices?: Device[]
  labels?: Record<string, string>
  annotations?: Record<string, string>
  logPath?: string
  stdin?: boolean
  stdinOnce?: boolean
  tty?: boolean
  linux?: LinuxContainerConfig
  CDIDevices?: CDIDevice[]
  /** Signal */
  stopSignal?: number
}

export interface CreateContainerRequest {
  podSandboxId?: string
  config?: ContainerConfig
  sandboxConfig?: PodSandboxConfig
}

export interface CreateContainerResponse {
  containerId?: string
}

export interface StartContainerRequest {
  containerId?: string
}

export interface StartContainerResponse {}

export interface StopContainerRequest {
  containerId?: string
  timeout?: number | bigint
}

export interface StopContainerResponse {}

export interface RemoveContainerRequest {
  containerId?: string
}

export interface RemoveContainerResponse {}

export interface ContainerStateValue {
  /** ContainerState */
  state?: number
}

export interface ContainerFilter {
  id?: string
  state?: ContainerStateValue
  podSandboxId?: string
  labelSelector?: Record<string, string>
}

export interface ListContainersRequest {
  filter?: ContainerFilter
}

export interface Container {
  id?: string
  podSandboxId?: string
  metadata?: ContainerMetadata
  image?: ImageSpec
  imageRef?: string
  /** ContainerState */
  state?: number
  createdAt?: number | bigint
  labels?: Record<string, string>
  annotations?: Record<string, string>
  imageId?: string
}

export interface ListContainersResponse {
  containers?: Container[]
}

export interface StreamContainersRequest {
  filter?: ContainerFilter
}

export interface StreamContainersResponse {
  containers?: Container[]
}

export interface ContainerStatusRequest {
  containerId?: string
  verbose?: boolean
}

export interface ContainerStatus {
  id?: string
  metadata?: ContainerMetadata
  /** ContainerState */
  state?: number
  createdAt?: number | bigint
  startedAt?: number | bigint
  finishedAt?: number | bigint
  exitCode?: number
  image?: ImageSpec
  imageRef?: string
  reason?: string
  message?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  mounts?: Mount[]
  logPath?: string
  resources?: ContainerResources
  imageId?: string
  user?: ContainerUser
  /** Signal */
  stopSignal?: number
}

export interface ContainerStatusResponse {
  status?: ContainerStatus
  info?: Record<string, string>
}

export interface ContainerResources {
  linux?: LinuxContainerResources
}

export interface ContainerUser {
  linux?: LinuxContainerUser
}

export interface UpdateContainerResourcesRequest {
  containerId?: string
  linux?: LinuxContainerResources
  annotations?: Record<string, string>
}

export interface UpdateContainerResourcesResponse {}

export interface ExecSyncRequest {
  containerId?: string
  cmd?: string[]
  timeout?: number | bigint
}

export interface ExecSyncResponse {
  stdout?: Uint8Array
  stderr?: Uint8Array
  exitCode?: number
}

export interface ExecRequest {
  containerId?: string
  cmd?: string[]
  tty?: boolean
  stdin?: boolean
  stdout?: boolean
  stderr?: boolean
  auditRequestId?: string
}

export interface ExecResponse {
  url?: string
}

export interface AttachRequest {
  containerId?: string
  stdin?: boolean
  tty?: boolean
  stdout?: boolean
  stderr?: boolean
  auditRequestId?: string
}

export interface AttachResponse {
  url?: string
}

export interface PortForwardRequest {
  podSandboxId?: string
  port?: number[]
}

export interface PortForwardResponse {
  url?: string
}

export interface ImageFilter {
  image?: ImageSpec
}

export interface ListImagesRequest {
  filter?: ImageFilter
}

export interface Image {
  id?: string
  repoTags?: string[]
  repoDigests?: string[]
  size?: number | bigint
  uid?: Int64Value
  username?: string
  spec?: ImageSpec
  pinned?: boolean
}

export interface ListImagesResponse {
  images?: Image[]
}

export interface StreamImagesRequest {
  filter?: ImageFilter
}

export interface StreamImagesResponse {
  images?: Image[]
}

export interface ImageStatusRequest {
  image?: ImageSpec
  verbose?: boolean
}

export interface ImageStatusResponse {
  image?: Image
  info?: Record<string, string>
}

export interface AuthConfig {
  username?: string
  password?: string
  auth?: string
  serverAddress?: string
  identityToken?: string
  registryToken?: string
}

export interface PullImageRequest {
  image?: ImageSpec
  auth?: AuthConfig
  sandboxConfig?: PodSandboxConfig
}

export interface PullImageResponse {
  imageRef?: string
}

export interface RemoveImageRequest {
  image?: ImageSpec
}

export interface RemoveImageResponse {}

export interface NetworkConfig {
  podCidr?: string
}

export interface RuntimeConfig {
  networkConfig?: NetworkConfig
}

export interface UpdateRuntimeConfigRequest {
  runtimeConfig?: RuntimeConfig
}

export interface UpdateRuntimeConfigResponse {}

export interface RuntimeCondition {
  type?: string
  status?: boolean
  reason?: string
  message?: string
}

export interface RuntimeStatus {
  conditions?: RuntimeCondition[]
}

export interface StatusRequest {
  verbose?: boolean
}

export interface RuntimeHandlerFeatures {
  recursiveReadOnlyMounts?: boolean
  userNamespaces?: boolean
}

export interface RuntimeHandler {
  name?: string
  features?: RuntimeHandlerFeatures
}

export interface RuntimeFeatures {
  supplementalGroupsPolicy?: boolean
  userNamespacesHostNetwork?: boolean
}

export interface StatusResponse {
  status?: RuntimeStatus
  info?: Record<string, string>
  runtimeHandlers?: RuntimeHandler[]
  features?: RuntimeFeatures
}

export interface ImageFsInfoRequest {}

export interface FilesystemIdentifier {
  mountpoint?: string
}

export interface FilesystemUsage {
  timestamp?: number | bigint
  fsId?: FilesystemIdentifier
  usedBytes?: UInt64Value
  inodesUsed?: UInt64Value
}

export interface ImageFsInfoResponse {
  imageFilesystems?: FilesystemUsage[]
  containerFilesystems?: FilesystemUsage[]
}

export interface ContainerStatsRequest {
  containerId?: string
}

export interface ContainerStatsResponse {
  stats?: ContainerStats
}

export interface ContainerStatsFilter {
  id?: string
  podSandboxId?: string
  labelSelector?: Record<string, string>
}

export interface ListContainerStatsRequest {
  filter?: ContainerStatsFilter
}

export interface ListContainerStatsResponse {
  stats?: ContainerStats[]
}

export interface StreamContainerStatsRequest {
  filter?: ContainerStatsFilter
}

export interface StreamContainerStatsResponse {
  containerStats?: ContainerStats[]
}

export interface ContainerAttributes {
  id?: string
  metadata?: ContainerMetadata
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

export interface ContainerStats {
  attributes?: ContainerAttributes
  cpu?: CpuUsage
  memory?: MemoryUsage
  writableLayer?: FilesystemUsage
  swap?: SwapUsage
  io?: IoUsage
}

export interface PsiStats {
  Full?: PsiData
  Some?: PsiData
}

export interface PsiData {
  /** nanoseconds */
  Total?: number | bigint
  Avg10?: number
  Avg60?: number
  Avg300?: number
}

export interface CpuUsage {
  timestamp?: number | bigint
  usageCoreNanoSeconds?: UInt64Value
  usageNanoCores?: UInt64Value
  psi?: PsiStats
}

export interface MemoryUsage {
  timestamp?: number | bigint
  workingSetBytes?: UInt64Value
  availableBytes?: UInt64Value
  usageBytes?: UInt64Value
  rssBytes?: UInt64Value
  pageFaults?: UInt64Value
  majorPageFaults?: UInt64Value
  psi?: PsiStats
}

export interface IoUsage {
  timestamp?: number | bigint
  psi?: PsiStats
}

export interface SwapUsage {
  timestamp?: number | bigint
  swapAvailableBytes?: UInt64Value
  swapUsageBytes?: UInt64Value
}

export interface ReopenContainerLogRequest {
  containerId?: string
}

export interface ReopenContainerLogResponse {}

export interface CheckpointContainerRequest {
  containerId?: string
  location?: string
  timeout?: number | bigint
}

export interface CheckpointContainerResponse {}

export interface GetEventsRequest {}

export interface ContainerEventResponse {
  containerId?: string
  /** ContainerEventType */
  containerEventType?: number
  createdAt?: number | bigint
  podSandboxStatus?: PodSandboxStatus
  containersStatuses?: ContainerStatus[]
}

export interface ListMetricDescriptorsRequest {}

export interface ListMetricDescriptorsResponse {
  descriptors?: MetricDescriptor[]
}

export interface MetricDescriptor {
  name?: string
  help?: string
  labelKeys?: string[]
}

export interface ListPodSandboxMetricsRequest {}

export interface ListPodSandboxMetricsResponse {
  podMetrics?: PodSandboxMetrics[]
}

export interface StreamPodSandboxMetricsRequest {}

export interface StreamPodSandboxMetricsResponse {
  podSandboxMetrics?: PodSandboxMetrics[]
}

export interface PodSandboxMetrics {
  podSandboxId?: string
  metrics?: Metric[]
  containerMetrics?: ContainerMetrics[]
}

export interface ContainerMetrics {
  containerId?: string
  metrics?: Metric[]
}

export interface Metric {
  name?: string
  timestamp?: number | bigint
  /** MetricType */
  metricType?: number
  labelValues?: string[]
  value?: UInt64Value
}

export interface RuntimeConfigRequest {}

export interface RuntimeConfigResponse {
  linux?: LinuxRuntimeConfiguration
}

export interface LinuxRuntimeConfiguration {
  /** CgroupDriver */
  cgroupDriver?: number
}

export interface UpdatePodSandboxResourcesRequest {
  podSandboxId?: string
  overhead?: LinuxContainerResources
  resources?: LinuxContainerResources
}

export interface UpdatePodSandboxResourcesResponse {}

/** What serves and what calls the service: a gRPC client, or the runtime itself in one process. */
export interface RuntimeService {
  Version(request: VersionRequest, options?: CallOptions): Promise<VersionResponse>
  RunPodSandbox(request: RunPodSandboxRequest, options?: CallOptions): Promise<RunPodSandboxResponse>
  StopPodSandbox(request: StopPodSandboxRequest, options?: CallOptions): Promise<StopPodSandboxResponse>
  RemovePodSandbox(request: RemovePodSandboxRequest, options?: CallOptions): Promise<RemovePodSandboxResponse>
  PodSandboxStatus(request: PodSandboxStatusRequest, options?: CallOptions): Promise<PodSandboxStatusResponse>
  ListPodSandbox(request: ListPodSandboxRequest, options?: CallOptions): Promise<ListPodSandboxResponse>
  StreamPodSandboxes(request: StreamPodSandboxesRequest, options?: CallOptions): AsyncIterable<StreamPodSandboxesResponse>
  CreateContainer(request: CreateContainerRequest, options?: CallOptions): Promise<CreateContainerResponse>
  StartContainer(request: StartContainerRequest, options?: CallOptions): Promise<StartContainerResponse>
  StopContainer(request: StopContainerRequest, options?: CallOptions): Promise<StopContainerResponse>
  RemoveContainer(request: RemoveContainerRequest, options?: CallOptions): Promise<RemoveContainerResponse>
  ListContainers(request: ListContainersRequest, options?: CallOptions): Promise<ListContainersResponse>
  StreamContainers(request: StreamContainersRequest, options?: CallOptions): AsyncIterable<StreamContainersResponse>
  ContainerStatus(request: ContainerStatusRequest, options?: CallOptions): Promise<ContainerStatusResponse>
  UpdateContainerResources(request: UpdateContainerResourcesRequest, options?: CallOptions): Promise<UpdateContainerResourcesResponse>
  ReopenContainerLog(request: ReopenContainerLogRequest, options?: CallOptions): Promise<ReopenContainerLogResponse>
  ExecSync(request: ExecSyncRequest, options?: CallOptions): Promise<ExecSyncResponse>
  Exec(request: ExecRequest, options?: CallOptions): Promise<ExecResponse>
  Attach(request: AttachRequest, options?: CallOptions): Promise<AttachResponse>
  PortForward(request: PortForwardRequest, options?: CallOptions): Promise<PortForwardResponse>
  ContainerStats(request: ContainerStatsRequest, options?: CallOptions): Promise<ContainerStatsResponse>
  ListContainerStats(request: ListContainerStatsRequest, options?: CallOptions): Promise<ListContainerStatsResponse>
  StreamContainerStats(request: StreamContainerStatsRequest, options?: CallOptions): AsyncIterable<StreamContainerStatsResponse>
  PodSandboxStats(request: PodSandboxStatsRequest, options?: CallOptions): Promise<PodSandboxStatsResponse>
  ListPodSandboxStats(request: ListPodSandboxStatsRequest, options?: CallOptions): Promise<ListPodSandboxStatsResponse>
  StreamPodSandboxStats(request: StreamPodSandboxStatsRequest, options?: CallOptions): AsyncIterable<StreamPodSandboxStatsResponse>
  UpdateRuntimeConfig(request: UpdateRuntimeConfigRequest, options?: CallOptions): Promise<UpdateRuntimeConfigResponse>
  Status(request: StatusRequest, options?: CallOptions): Promise<StatusResponse>
  CheckpointContainer(request: CheckpointContainerRequest, options?: CallOptions): Promise<CheckpointContainerResponse>
  GetContainerEvents(request: GetEventsRequest, options?: CallOptions): AsyncIterable<ContainerEventResponse>
  ListMetricDescriptors(request: ListMetricDescriptorsRequest, options?: CallOptions): Promise<ListMetricDescriptorsResponse>
  ListPodSandboxMetrics(request: ListPodSandboxMetricsRequest, options?: CallOptions): Promise<ListPodSandboxMetricsResponse>
  StreamPodSandboxMetrics(request: StreamPodSandboxMetricsRequest, options?: CallOptions): AsyncIterable<StreamPodSandboxMetricsResponse>
  RuntimeConfig(request: RuntimeConfigRequest, options?: CallOptions): Promise<RuntimeConfigResponse>
  UpdatePodSandboxResources(request: UpdatePodSandboxResourcesRequest, options?: CallOptions): Promise<UpdatePodSandboxResourcesResponse>
}

/** What serves and what calls the service: a gRPC client, or the runtime itself in one process. */
export interface ImageService {
  ListImages(request: ListImagesRequest, options?: CallOptions): Promise<ListImagesResponse>
  StreamImages(request: StreamImagesRequest, options?: CallOptions): AsyncIterable<StreamImagesResponse>
  ImageStatus(request: ImageStatusRequest, options?: CallOptions): Promise<ImageStatusResponse>
  PullImage(request: PullImageRequest, options?: CallOptions): Promise<PullImageResponse>
  RemoveImage(request: RemoveImageRequest, options?: CallOptions): Promise<RemoveImageResponse>
  ImageFsInfo(request: ImageFsInfoRequest, options?: CallOptions): Promise<ImageFsInfoResponse>
}

/**
 * The container runtime interface, version 1, as Kubernetes 1.36 has it (k8s.io/cri-api, runtime/v1/api.proto), in the
 * table language. Field names are the JSON names that crictl prints; enums travel as numbers, and their names stand
 * below the table. The messages for Windows are left out: a decoder skips what it does not know.
 */
import { parseTable } from '../../schema/schema.ts'

export const criTable = parseTable(
  'runtime.v1',
  `
package runtime.v1

service RuntimeService
  Version VersionRequest VersionResponse
  RunPodSandbox RunPodSandboxRequest RunPodSandboxResponse
  StopPodSandbox StopPodSandboxRequest StopPodSandboxResponse
  RemovePodSandbox RemovePodSandboxRequest RemovePodSandboxResponse
  PodSandboxStatus PodSandboxStatusRequest PodSandboxStatusResponse
  ListPodSandbox ListPodSandboxRequest ListPodSandboxResponse
  StreamPodSandboxes StreamPodSandboxesRequest stream StreamPodSandboxesResponse
  CreateContainer CreateContainerRequest CreateContainerResponse
  StartContainer StartContainerRequest StartContainerResponse
  StopContainer StopContainerRequest StopContainerResponse
  RemoveContainer RemoveContainerRequest RemoveContainerResponse
  ListContainers ListContainersRequest ListContainersResponse
  StreamContainers StreamContainersRequest stream StreamContainersResponse
  ContainerStatus ContainerStatusRequest ContainerStatusResponse
  UpdateContainerResources UpdateContainerResourcesRequest UpdateContainerResourcesResponse
  ReopenContainerLog ReopenContainerLogRequest ReopenContainerLogResponse
  ExecSync ExecSyncRequest ExecSyncResponse
  Exec ExecRequest ExecResponse
  Attach AttachRequest AttachResponse
  PortForward PortForwardRequest PortForwardResponse
  ContainerStats ContainerStatsRequest ContainerStatsResponse
  ListContainerStats ListContainerStatsRequest ListContainerStatsResponse
  StreamContainerStats StreamContainerStatsRequest stream StreamContainerStatsResponse
  PodSandboxStats PodSandboxStatsRequest PodSandboxStatsResponse
  ListPodSandboxStats ListPodSandboxStatsRequest ListPodSandboxStatsResponse
  StreamPodSandboxStats StreamPodSandboxStatsRequest stream StreamPodSandboxStatsResponse
  UpdateRuntimeConfig UpdateRuntimeConfigRequest UpdateRuntimeConfigResponse
  Status StatusRequest StatusResponse
  CheckpointContainer CheckpointContainerRequest CheckpointContainerResponse
  GetContainerEvents GetEventsRequest stream ContainerEventResponse
  ListMetricDescriptors ListMetricDescriptorsRequest ListMetricDescriptorsResponse
  ListPodSandboxMetrics ListPodSandboxMetricsRequest ListPodSandboxMetricsResponse
  StreamPodSandboxMetrics StreamPodSandboxMetricsRequest stream StreamPodSandboxMetricsResponse
  RuntimeConfig RuntimeConfigRequest RuntimeConfigResponse
  UpdatePodSandboxResources UpdatePodSandboxResourcesRequest UpdatePodSandboxResourcesResponse

service ImageService
  ListImages ListImagesRequest ListImagesResponse
  StreamImages StreamImagesRequest stream StreamImagesResponse
  ImageStatus ImageStatusRequest ImageStatusResponse
  PullImage PullImageRequest PullImageResponse
  RemoveImage RemoveImageRequest RemoveImageResponse
  ImageFsInfo ImageFsInfoRequest ImageFsInfoResponse

type VersionRequest
  1 version string
type VersionResponse
  1 version           string
  2 runtimeName       string
  3 runtimeVersion    string
  4 runtimeApiVersion string

type DNSConfig
  1 servers  []string
  2 searches []string
  3 options  []string
type PortMapping
  1 protocol      int32 | Protocol
  2 containerPort int32
  3 hostPort      int32 | 0: none
  4 hostIp        string
type Mount
  1 containerPath     string
  2 hostPath          string
  3 readonly          bool
  4 selinuxRelabel    bool
  5 propagation       int32 | MountPropagation
  6 uidMappings       []IDMapping
  7 gidMappings       []IDMapping
  8 recursiveReadOnly bool
  9 image             ImageSpec | an image mounted read-only in place of a host path (KEP-4639)
  10 imageSubPath     string
type IDMapping
  1 hostId      uint32
  2 containerId uint32
  3 length      uint32
type UserNamespace
  1 mode int32 | NamespaceMode, POD or NODE
  2 uids []IDMapping
  3 gids []IDMapping
type NamespaceOption
  1 network       int32 | NamespaceMode
  2 pid           int32 | NamespaceMode
  3 ipc           int32 | NamespaceMode
  4 targetId      string | the container whose PID namespace is joined, with mode TARGET
  5 usernsOptions UserNamespace
type Int64Value
  1 value int64
type UInt64Value
  1 value uint64
type LinuxSandboxSecurityContext
  1 namespaceOptions         NamespaceOption
  2 selinuxOptions           SELinuxOption
  3 runAsUser                Int64Value
  4 readonlyRootfs           bool
  5 supplementalGroups       []int64
  6 privileged               bool
  7 seccompProfilePath       string
  8 runAsGroup               Int64Value
  9 seccomp                  SecurityProfile
  10 apparmor                SecurityProfile
  11 supplementalGroupsPolicy int32 | SupplementalGroupsPolicy
type SecurityProfile
  1 profileType  int32 | ProfileType
  2 localhostRef string
type LinuxPodSandboxConfig
  1 cgroupParent    string
  2 securityContext LinuxSandboxSecurityContext
  3 sysctls         map[string]string
  4 overhead        LinuxContainerResources
  5 resources       LinuxContainerResources
type PodSandboxMetadata
  1 name      string
  2 uid       string
  3 namespace string
  4 attempt   uint32
type PodSandboxConfig
  1 metadata     PodSandboxMetadata
  2 hostname     string
  3 logDirectory string
  4 dnsConfig    DNSConfig
  5 portMappings []PortMapping
  6 labels       map[string]string
  7 annotations  map[string]string
  8 linux        LinuxPodSandboxConfig
type RunPodSandboxRequest
  1 config         PodSandboxConfig
  2 runtimeHandler string
type RunPodSandboxResponse
  1 podSandboxId string
type StopPodSandboxRequest
  1 podSandboxId string
type StopPodSandboxResponse
type RemovePodSandboxRequest
  1 podSandboxId string
type RemovePodSandboxResponse
type PodSandboxStatusRequest
  1 podSandboxId string
  2 verbose      bool
type PodIP
  1 ip string
type PodSandboxNetworkStatus
  1 ip            string
  2 additionalIps []PodIP
type Namespace
  2 options NamespaceOption
type LinuxPodSandboxStatus
  1 namespaces Namespace
type PodSandboxStatus
  1 id             string
  2 metadata       PodSandboxMetadata
  3 state          int32 | PodSandboxState
  4 createdAt      int64 | nanoseconds
  5 network        PodSandboxNetworkStatus
  6 linux          LinuxPodSandboxStatus
  7 labels         map[string]string
  8 annotations    map[string]string
  9 runtimeHandler string
type PodSandboxStatusResponse
  1 status             PodSandboxStatus
  2 info               map[string]string
  3 containersStatuses []ContainerStatus
  4 timestamp          int64
type PodSandboxStateValue
  1 state int32 | PodSandboxState
type PodSandboxFilter
  1 id            string
  2 state         PodSandboxStateValue
  3 labelSelector map[string]string
type ListPodSandboxRequest
  1 filter PodSandboxFilter
type PodSandbox
  1 id             string
  2 metadata       PodSandboxMetadata
  3 state          int32 | PodSandboxState
  4 createdAt      int64
  5 labels         map[string]string
  6 annotations    map[string]string
  7 runtimeHandler string
type ListPodSandboxResponse
  1 items []PodSandbox
type StreamPodSandboxesRequest
  1 filter PodSandboxFilter
type StreamPodSandboxesResponse
  1 podSandboxes []PodSandbox

type PodSandboxStatsRequest
  1 podSandboxId string
type PodSandboxStatsResponse
  1 stats PodSandboxStats
type PodSandboxStatsFilter
  1 id            string
  2 labelSelector map[string]string
type ListPodSandboxStatsRequest
  1 filter PodSandboxStatsFilter
type ListPodSandboxStatsResponse
  1 stats []PodSandboxStats
type StreamPodSandboxStatsRequest
  1 filter PodSandboxStatsFilter
type StreamPodSandboxStatsResponse
  1 podSandboxStats []PodSandboxStats
type PodSandboxAttributes
  1 id          string
  2 metadata    PodSandboxMetadata
  3 labels      map[string]string
  4 annotations map[string]string
type PodSandboxStats
  1 attributes PodSandboxAttributes
  2 linux      LinuxPodSandboxStats
type LinuxPodSandboxStats
  1 cpu        CpuUsage
  2 memory     MemoryUsage
  3 network    NetworkUsage
  4 process    ProcessUsage
  5 containers []ContainerStats
  6 io         IoUsage
type NetworkUsage
  1 timestamp        int64
  2 defaultInterface NetworkInterfaceUsage
  3 interfaces       []NetworkInterfaceUsage
type NetworkInterfaceUsage
  1 name     string
  2 rxBytes  UInt64Value
  3 rxErrors UInt64Value
  4 txBytes  UInt64Value
  5 txErrors UInt64Value
type ProcessUsage
  1 timestamp    int64
  2 processCount UInt64Value

type ImageSpec
  1 image               string
  2 annotations         map[string]string
  18 userSpecifiedImage string
  19 runtimeHandler     string
  20 imageRef           string
type KeyValue
  1 key   string
  2 value string
type LinuxContainerResources
  1 cpuPeriod              int64
  2 cpuQuota               int64
  3 cpuShares              int64
  4 memoryLimitInBytes     int64
  5 oomScoreAdj            int64
  6 cpusetCpus             string
  7 cpusetMems             string
  8 hugepageLimits         []HugepageLimit
  9 unified                map[string]string
  10 memorySwapLimitInBytes int64
type HugepageLimit
  1 pageSize string
  2 limit    uint64
type SELinuxOption
  1 user  string
  2 role  string
  3 type  string
  4 level string
type Capability
  1 addCapabilities        []string
  2 dropCapabilities       []string
  3 addAmbientCapabilities []string
type LinuxContainerSecurityContext
  1 capabilities              Capability
  2 privileged                bool
  3 namespaceOptions          NamespaceOption
  4 selinuxOptions            SELinuxOption
  5 runAsUser                 Int64Value
  6 runAsUsername             string
  7 readonlyRootfs            bool
  8 supplementalGroups        []int64
  9 apparmorProfile           string
  10 seccompProfilePath       string
  11 noNewPrivs               bool
  12 runAsGroup               Int64Value
  13 maskedPaths              []string
  14 readonlyPaths            []string
  15 seccomp                  SecurityProfile
  16 apparmor                 SecurityProfile
  17 supplementalGroupsPolicy int32 | SupplementalGroupsPolicy
type LinuxContainerConfig
  1 resources       LinuxContainerResources
  2 securityContext LinuxContainerSecurityContext
type LinuxContainerUser
  1 uid                int64
  2 gid                int64
  3 supplementalGroups []int64
type ContainerMetadata
  1 name    string
  2 attempt uint32
type Device
  1 containerPath string
  2 hostPath      string
  3 permissions   string
type CDIDevice
  1 name string
type ContainerConfig
  1 metadata    ContainerMetadata
  2 image       ImageSpec
  3 command     []string
  4 args        []string
  5 workingDir  string
  6 envs        []KeyValue
  7 mounts      []Mount
  8 devices     []Device
  9 labels      map[string]string
  10 annotations map[string]string
  11 logPath    string
  12 stdin      bool
  13 stdinOnce  bool
  14 tty        bool
  15 linux      LinuxContainerConfig
  17 CDIDevices []CDIDevice
  18 stopSignal int32 | Signal
type CreateContainerRequest
  1 podSandboxId  string
  2 config        ContainerConfig
  3 sandboxConfig PodSandboxConfig
type CreateContainerResponse
  1 containerId string
type StartContainerRequest
  1 containerId string
type StartContainerResponse
type StopContainerRequest
  1 containerId string
  2 timeout     int64
type StopContainerResponse
type RemoveContainerRequest
  1 containerId string
type RemoveContainerResponse
type ContainerStateValue
  1 state int32 | ContainerState
type ContainerFilter
  1 id            string
  2 state         ContainerStateValue
  3 podSandboxId  string
  4 labelSelector map[string]string
type ListContainersRequest
  1 filter ContainerFilter
type Container
  1 id           string
  2 podSandboxId string
  3 metadata     ContainerMetadata
  4 image        ImageSpec
  5 imageRef     string
  6 state        int32 | ContainerState
  7 createdAt    int64
  8 labels       map[string]string
  9 annotations  map[string]string
  10 imageId     string
type ListContainersResponse
  1 containers []Container
type StreamContainersRequest
  1 filter ContainerFilter
type StreamContainersResponse
  1 containers []Container
type ContainerStatusRequest
  1 containerId string
  2 verbose     bool
type ContainerStatus
  1 id           string
  2 metadata     ContainerMetadata
  3 state        int32 | ContainerState
  4 createdAt    int64
  5 startedAt    int64
  6 finishedAt   int64
  7 exitCode     int32
  8 image        ImageSpec
  9 imageRef     string
  10 reason      string
  11 message     string
  12 labels      map[string]string
  13 annotations map[string]string
  14 mounts      []Mount
  15 logPath     string
  16 resources   ContainerResources
  17 imageId     string
  18 user        ContainerUser
  19 stopSignal  int32 | Signal
type ContainerStatusResponse
  1 status ContainerStatus
  2 info   map[string]string
type ContainerResources
  1 linux LinuxContainerResources
type ContainerUser
  1 linux LinuxContainerUser
type UpdateContainerResourcesRequest
  1 containerId string
  2 linux       LinuxContainerResources
  4 annotations map[string]string
type UpdateContainerResourcesResponse
type ExecSyncRequest
  1 containerId string
  2 cmd         []string
  3 timeout     int64
type ExecSyncResponse
  1 stdout   bytes
  2 stderr   bytes
  3 exitCode int32
type ExecRequest
  1 containerId    string
  2 cmd            []string
  3 tty            bool
  4 stdin          bool
  5 stdout         bool
  6 stderr         bool
  7 auditRequestId string
type ExecResponse
  1 url string
type AttachRequest
  1 containerId    string
  2 stdin          bool
  3 tty            bool
  4 stdout         bool
  5 stderr         bool
  6 auditRequestId string
type AttachResponse
  1 url string
type PortForwardRequest
  1 podSandboxId string
  2 port         []int32
type PortForwardResponse
  1 url string

type ImageFilter
  1 image ImageSpec
type ListImagesRequest
  1 filter ImageFilter
type Image
  1 id          string
  2 repoTags    []string
  3 repoDigests []string
  4 size        uint64
  5 uid         Int64Value
  6 username    string
  7 spec        ImageSpec
  8 pinned      bool
type ListImagesResponse
  1 images []Image
type StreamImagesRequest
  1 filter ImageFilter
type StreamImagesResponse
  1 images []Image
type ImageStatusRequest
  1 image   ImageSpec
  2 verbose bool
type ImageStatusResponse
  1 image Image
  2 info  map[string]string
type AuthConfig
  1 username      string
  2 password      string
  3 auth          string
  4 serverAddress string
  5 identityToken string
  6 registryToken string
type PullImageRequest
  1 image         ImageSpec
  2 auth          AuthConfig
  3 sandboxConfig PodSandboxConfig
type PullImageResponse
  1 imageRef string
type RemoveImageRequest
  1 image ImageSpec
type RemoveImageResponse

type NetworkConfig
  1 podCidr string
type RuntimeConfig
  1 networkConfig NetworkConfig
type UpdateRuntimeConfigRequest
  1 runtimeConfig RuntimeConfig
type UpdateRuntimeConfigResponse
type RuntimeCondition
  1 type    string
  2 status  bool
  3 reason  string
  4 message string
type RuntimeStatus
  1 conditions []RuntimeCondition
type StatusRequest
  1 verbose bool
type RuntimeHandlerFeatures
  1 recursiveReadOnlyMounts bool
  2 userNamespaces          bool
type RuntimeHandler
  1 name     string
  2 features RuntimeHandlerFeatures
type RuntimeFeatures
  1 supplementalGroupsPolicy  bool
  2 userNamespacesHostNetwork bool
type StatusResponse
  1 status          RuntimeStatus
  2 info            map[string]string
  3 runtimeHandlers []RuntimeHandler
  4 features        RuntimeFeatures

type ImageFsInfoRequest
type FilesystemIdentifier
  1 mountpoint string
type FilesystemUsage
  1 timestamp  int64
  2 fsId       FilesystemIdentifier
  3 usedBytes  UInt64Value
  4 inodesUsed UInt64Value
type ImageFsInfoResponse
  1 imageFilesystems     []FilesystemUsage
  2 containerFilesystems []FilesystemUsage

type ContainerStatsRequest
  1 containerId string
type ContainerStatsResponse
  1 stats ContainerStats
type ContainerStatsFilter
  1 id            string
  2 podSandboxId  string
  3 labelSelector map[string]string
type ListContainerStatsRequest
  1 filter ContainerStatsFilter
type ListContainerStatsResponse
  1 stats []ContainerStats
type StreamContainerStatsRequest
  1 filter ContainerStatsFilter
type StreamContainerStatsResponse
  1 containerStats []ContainerStats
type ContainerAttributes
  1 id          string
  2 metadata    ContainerMetadata
  3 labels      map[string]string
  4 annotations map[string]string
type ContainerStats
  1 attributes    ContainerAttributes
  2 cpu           CpuUsage
  3 memory        MemoryUsage
  4 writableLayer FilesystemUsage
  5 swap          SwapUsage
  6 io            IoUsage
type PsiStats
  1 Full PsiData
  2 Some PsiData
type PsiData
  1 Total  uint64 | nanoseconds
  2 Avg10  double
  3 Avg60  double
  4 Avg300 double
type CpuUsage
  1 timestamp            int64
  2 usageCoreNanoSeconds UInt64Value
  3 usageNanoCores       UInt64Value
  4 psi                  PsiStats
type MemoryUsage
  1 timestamp       int64
  2 workingSetBytes UInt64Value
  3 availableBytes  UInt64Value
  4 usageBytes      UInt64Value
  5 rssBytes        UInt64Value
  6 pageFaults      UInt64Value
  7 majorPageFaults UInt64Value
  8 psi             PsiStats
type IoUsage
  1 timestamp int64
  2 psi       PsiStats
type SwapUsage
  1 timestamp          int64
  2 swapAvailableBytes UInt64Value
  3 swapUsageBytes     UInt64Value

type ReopenContainerLogRequest
  1 containerId string
type ReopenContainerLogResponse
type CheckpointContainerRequest
  1 containerId string
  2 location    string
  3 timeout     int64
type CheckpointContainerResponse
type GetEventsRequest
type ContainerEventResponse
  1 containerId        string
  2 containerEventType int32 | ContainerEventType
  3 createdAt          int64
  4 podSandboxStatus   PodSandboxStatus
  5 containersStatuses []ContainerStatus

type ListMetricDescriptorsRequest
type ListMetricDescriptorsResponse
  1 descriptors []MetricDescriptor
type MetricDescriptor
  1 name      string
  2 help      string
  3 labelKeys []string
type ListPodSandboxMetricsRequest
type ListPodSandboxMetricsResponse
  1 podMetrics []PodSandboxMetrics
type StreamPodSandboxMetricsRequest
type StreamPodSandboxMetricsResponse
  1 podSandboxMetrics []PodSandboxMetrics
type PodSandboxMetrics
  1 podSandboxId     string
  2 metrics          []Metric
  3 containerMetrics []ContainerMetrics
type ContainerMetrics
  1 containerId string
  2 metrics     []Metric
type Metric
  1 name        string
  2 timestamp   int64
  3 metricType  int32 | MetricType
  4 labelValues []string
  5 value       UInt64Value

type RuntimeConfigRequest
type RuntimeConfigResponse
  1 linux LinuxRuntimeConfiguration
type LinuxRuntimeConfiguration
  1 cgroupDriver int32 | CgroupDriver
type UpdatePodSandboxResourcesRequest
  1 podSandboxId string
  2 overhead     LinuxContainerResources
  3 resources    LinuxContainerResources
type UpdatePodSandboxResourcesResponse
`,
)

export const Protocol = { TCP: 0, UDP: 1, SCTP: 2 } as const
export const MountPropagation = { PROPAGATION_PRIVATE: 0, PROPAGATION_HOST_TO_CONTAINER: 1, PROPAGATION_BIDIRECTIONAL: 2 } as const
export const NamespaceMode = { POD: 0, CONTAINER: 1, NODE: 2, TARGET: 3 } as const
export const SupplementalGroupsPolicy = { Merge: 0, Strict: 1 } as const
export const ProfileType = { RuntimeDefault: 0, Unconfined: 1, Localhost: 2 } as const
export const PodSandboxState = { SANDBOX_READY: 0, SANDBOX_NOTREADY: 1 } as const
export const ContainerState = { CONTAINER_CREATED: 0, CONTAINER_RUNNING: 1, CONTAINER_EXITED: 2, CONTAINER_UNKNOWN: 3 } as const
export const ContainerEventType = {
  CONTAINER_CREATED_EVENT: 0,
  CONTAINER_STARTED_EVENT: 1,
  CONTAINER_STOPPED_EVENT: 2,
  CONTAINER_DELETED_EVENT: 3,
} as const
export const MetricType = { COUNTER: 0, GAUGE: 1 } as const
export const CgroupDriver = { SYSTEMD: 0, CGROUPFS: 1 } as const

/** The Signal enum: its number is the place in this list. */
export const signals =
  'RUNTIME_DEFAULT SIGABRT SIGALRM SIGBUS SIGCHLD SIGCLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGIOT SIGKILL SIGPIPE SIGPOLL SIGPROF SIGPWR SIGQUIT SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ SIGRTMIN SIGRTMINPLUS1 SIGRTMINPLUS2 SIGRTMINPLUS3 SIGRTMINPLUS4 SIGRTMINPLUS5 SIGRTMINPLUS6 SIGRTMINPLUS7 SIGRTMINPLUS8 SIGRTMINPLUS9 SIGRTMINPLUS10 SIGRTMINPLUS11 SIGRTMINPLUS12 SIGRTMINPLUS13 SIGRTMINPLUS14 SIGRTMINPLUS15 SIGRTMAXMINUS14 SIGRTMAXMINUS13 SIGRTMAXMINUS12 SIGRTMAXMINUS11 SIGRTMAXMINUS10 SIGRTMAXMINUS9 SIGRTMAXMINUS8 SIGRTMAXMINUS7 SIGRTMAXMINUS6 SIGRTMAXMINUS5 SIGRTMAXMINUS4 SIGRTMAXMINUS3 SIGRTMAXMINUS2 SIGRTMAXMINUS1 SIGRTMAX'.split(
    ' ',
  )

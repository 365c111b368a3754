/**
 * API values as upstream's internal types print them. Some messages show a whole value or the difference of two, and
 * upstream prints its internal Go structs as JSON: Go's field names and order, nothing left out. The table lists the
 * fields of the types that messages show. Kinds of a field: `s` string, `i` number, `b` bool, `q` quantity, `*` a pointer
 * to a scalar, `v` a value printed as it stands on the wire, `[]T` a list, `T` a struct, `*T` a pointer to one, `+T` an
 * embedded one. `=name` gives the wire's name where it is not the Go name in camel case.
 */

const text = `
PodSpec Volumes:[]Volume InitContainers:[]Container Containers:[]Container EphemeralContainers:[]EphemeralContainer RestartPolicy:s TerminationGracePeriodSeconds:* ActiveDeadlineSeconds:* DNSPolicy:s NodeSelector:v ServiceAccountName:s AutomountServiceAccountToken:* NodeName:s SecurityContext:*PodSecurityContext ImagePullSecrets:[]LocalObjectReference Hostname:s Subdomain:s SetHostnameAsFQDN:* Affinity:*Affinity SchedulerName:s Tolerations:[]Toleration HostAliases:[]HostAlias PriorityClassName:s Priority:* PreemptionPolicy:* DNSConfig:*PodDNSConfig ReadinessGates:[]PodReadinessGate RuntimeClassName:* Overhead:v EnableServiceLinks:* TopologySpreadConstraints:[]TopologySpreadConstraint OS:*PodOS SchedulingGates:[]PodSchedulingGate ResourceClaims:[]PodResourceClaim Resources:*ResourceRequirements HostnameOverride:* SchedulingGroup:*PodSchedulingGroup
PodSecurityContext HostNetwork:b HostPID:b HostIPC:b ShareProcessNamespace:* HostUsers:* SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsSecurityContextOptions RunAsUser:* RunAsGroup:* RunAsNonRoot:* SupplementalGroups:v SupplementalGroupsPolicy:* FSGroup:* FSGroupChangePolicy:* Sysctls:[]Sysctl SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile SELinuxChangePolicy:*
Sysctl Name:s Value:s
Container Name:s Image:s Command:v Args:v WorkingDir:s Ports:[]ContainerPort EnvFrom:[]EnvFromSource Env:[]EnvVar Resources:ResourceRequirements ResizePolicy:[]ContainerResizePolicy RestartPolicy:* RestartPolicyRules:[]ContainerRestartRule VolumeMounts:[]VolumeMount VolumeDevices:[]VolumeDevice LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath:s TerminationMessagePolicy:s ImagePullPolicy:s SecurityContext:*SecurityContext Stdin:b StdinOnce:b TTY:b
EphemeralContainer EphemeralContainerCommon:+Container TargetContainerName:s
ContainerPort Name:s HostPort:i ContainerPort:i Protocol:s HostIP:s
EnvFromSource Prefix:s ConfigMapRef:*EnvSource SecretRef:*EnvSource
EnvSource Name:s Optional:*
EnvVar Name:s Value:s ValueFrom:*EnvVarSource
EnvVarSource FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector ConfigMapKeyRef:*KeySelector SecretKeyRef:*KeySelector FileKeyRef:*FileKeySelector
ObjectFieldSelector APIVersion:s FieldPath:s
ResourceFieldSelector ContainerName:s Resource:s Divisor:q
KeySelector Name:s Key:s Optional:*
FileKeySelector VolumeName:s Path:s Key:s Optional:*
ResourceRequirements Limits:v Requests:v Claims:[]ResourceClaim
ResourceClaim Name:s Request:s
ContainerResizePolicy ResourceName:s RestartPolicy:s
ContainerRestartRule Action:s ExitCodes:*ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes Operator:s Values:v
VolumeMount Name:s ReadOnly:b RecursiveReadOnly:* MountPath:s SubPath:s MountPropagation:* SubPathExpr:s
VolumeDevice Name:s DevicePath:s
Probe Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction GRPC:*GRPCAction InitialDelaySeconds:i TimeoutSeconds:i PeriodSeconds:i SuccessThreshold:i FailureThreshold:i TerminationGracePeriodSeconds:*
ExecAction Command:v
HTTPGetAction Path:s Port:v Host:s Scheme:s HTTPHeaders:[]HTTPHeader
HTTPHeader Name:s Value:s
TCPSocketAction Port:v Host:s
GRPCAction Port:i Service:*
Lifecycle PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:*
LifecycleHandler Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction Sleep:*SleepAction
SleepAction Seconds:i
SecurityContext Capabilities:*Capabilities Privileged:* SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsSecurityContextOptions RunAsUser:* RunAsGroup:* RunAsNonRoot:* ReadOnlyRootFilesystem:* AllowPrivilegeEscalation:* ProcMount:* SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile
Capabilities Add:v Drop:v
SELinuxOptions User:s Role:s Type:s Level:s
WindowsSecurityContextOptions GMSACredentialSpecName:* GMSACredentialSpec:* RunAsUserName:* HostProcess:*
SeccompProfile Type:s LocalhostProfile:*
AppArmorProfile Type:s LocalhostProfile:*
LocalObjectReference Name:s
Affinity NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAffinity
NodeAffinity RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector PreferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm
NodeSelector NodeSelectorTerms:[]NodeSelectorTerm
NodeSelectorTerm MatchExpressions:[]NodeSelectorRequirement MatchFields:[]NodeSelectorRequirement
NodeSelectorRequirement Key:s Operator:s Values:v
PreferredSchedulingTerm Weight:i Preference:NodeSelectorTerm
PodAffinity RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
PodAffinityTerm LabelSelector:v Namespaces:v TopologyKey:s NamespaceSelector:v MatchLabelKeys:v MismatchLabelKeys:v
WeightedPodAffinityTerm Weight:i PodAffinityTerm:PodAffinityTerm
Toleration Key:s Operator:s Value:s Effect:s TolerationSeconds:*
Taint Key:s Value:s Effect:s TimeAdded:*
HostAlias IP:s Hostnames:v
PodDNSConfig Nameservers:v Searches:v Options:[]PodDNSConfigOption
PodDNSConfigOption Name:s Value:*
PodReadinessGate ConditionType:s
TopologySpreadConstraint MaxSkew:i TopologyKey:s WhenUnsatisfiable:s LabelSelector:v MinDomains:* NodeAffinityPolicy:* NodeTaintsPolicy:* MatchLabelKeys:v
PodOS Name:s
PodSchedulingGate Name:s
PodSchedulingGroup PodGroupName:*
PodResourceClaim Name:s ResourceClaimName:* ResourceClaimTemplateName:*
PodIP IP:s
Volume Name:s VolumeSource:+VolumeSource
VolumeSource HostPath:*HostPath EmptyDir:*EmptyDir GCEPersistentDisk:*GCEPersistentDisk AWSElasticBlockStore:*AWSElasticBlockStore GitRepo:*GitRepo Secret:*SecretVolume NFS:*NFS ISCSI:*ISCSI Glusterfs:*Glusterfs PersistentVolumeClaim:*ClaimVolume RBD:*RBD Quobyte:*Quobyte FlexVolume:*FlexVolume Cinder:*Cinder CephFS=cephfs:*CephFS Flocker:*Flocker DownwardAPI:*DownwardAPIVolume FC:*FC AzureFile:*AzureFile ConfigMap:*ConfigMapVolume VsphereVolume:*VsphereVolume AzureDisk:*AzureDisk PhotonPersistentDisk:*PhotonPersistentDisk Projected:*Projected PortworxVolume:*PortworxVolume ScaleIO:*ScaleIO StorageOS=storageos:*StorageOS CSI:*CSIVolume Ephemeral:*Ephemeral Image:*ImageVolume
HostPath Path:s Type:*
EmptyDir Medium:s SizeLimit:*
GCEPersistentDisk PDName:s FSType:s Partition:i ReadOnly:b
AWSElasticBlockStore VolumeID:s FSType:s Partition:i ReadOnly:b
GitRepo Repository:s Revision:s Directory:s
SecretVolume SecretName:s Items:[]KeyToPath DefaultMode:* Optional:*
KeyToPath Key:s Path:s Mode:*
NFS Server:s Path:s ReadOnly:b
ISCSI TargetPortal:s IQN:s Lun:i ISCSIInterface:s FSType:s ReadOnly:b Portals:v DiscoveryCHAPAuth=chapAuthDiscovery:b SessionCHAPAuth=chapAuthSession:b SecretRef:*LocalObjectReference InitiatorName:*
Glusterfs EndpointsName=endpoints:s Path:s ReadOnly:b
ClaimVolume ClaimName:s ReadOnly:b
RBD CephMonitors=monitors:v RBDImage=image:s FSType:s RBDPool=pool:s RadosUser=user:s Keyring:s SecretRef:*LocalObjectReference ReadOnly:b
Quobyte Registry:s Volume:s ReadOnly:b User:s Group:s Tenant:s
FlexVolume Driver:s FSType:s SecretRef:*LocalObjectReference ReadOnly:b Options:v
Cinder VolumeID:s FSType:s ReadOnly:b SecretRef:*LocalObjectReference
CephFS Monitors:v Path:s User:s SecretFile:s SecretRef:*LocalObjectReference ReadOnly:b
Flocker DatasetName:s DatasetUUID:s
DownwardAPIVolume Items:[]DownwardAPIVolumeFile DefaultMode:*
DownwardAPIVolumeFile Path:s FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:*
FC TargetWWNs:v Lun:* FSType:s ReadOnly:b WWIDs:v
AzureFile SecretName:s ShareName:s ReadOnly:b
ConfigMapVolume Name:s Items:[]KeyToPath DefaultMode:* Optional:*
VsphereVolume VolumePath:s FSType:s StoragePolicyName:s StoragePolicyID:s
AzureDisk DiskName:s DataDiskURI=diskURI:s CachingMode:* FSType:* ReadOnly:* Kind:*
PhotonPersistentDisk PdID:s FSType:s
Projected Sources:[]VolumeProjection DefaultMode:*
VolumeProjection Secret:*ProjectedKeys DownwardAPI:*DownwardAPIProjection ConfigMap:*ProjectedKeys ServiceAccountToken:*ServiceAccountTokenProjection ClusterTrustBundle:*ClusterTrustBundleProjection PodCertificate:*PodCertificateProjection
ProjectedKeys Name:s Items:[]KeyToPath Optional:*
DownwardAPIProjection Items:[]DownwardAPIVolumeFile
ServiceAccountTokenProjection Audience:s ExpirationSeconds:i Path:s
ClusterTrustBundleProjection Name:* SignerName:* LabelSelector:v Optional:* Path:s
PodCertificateProjection SignerName:s KeyType:s MaxExpirationSeconds:* CredentialBundlePath:s KeyPath:s CertificateChainPath:s UserAnnotations:v
PortworxVolume VolumeID:s FSType:s ReadOnly:b
ScaleIO Gateway:s System:s SecretRef:*LocalObjectReference SSLEnabled:b ProtectionDomain:s StoragePool:s StorageMode:s VolumeName:s FSType:s ReadOnly:b
StorageOS VolumeName:s VolumeNamespace:s FSType:s ReadOnly:b SecretRef:*LocalObjectReference
CSIVolume Driver:s ReadOnly:* FSType:* VolumeAttributes:v NodePublishSecretRef:*LocalObjectReference
Ephemeral VolumeClaimTemplate:*ClaimTemplate
ClaimTemplate Metadata:+Meta Spec:PersistentVolumeClaimSpec
ImageVolume Reference:s PullPolicy:s
PersistentVolumeClaimSpec AccessModes:v Selector:v Resources:VolumeResourceRequirements VolumeName:s StorageClassName:* VolumeMode:* DataSource:*TypedLocalObjectReference DataSourceRef:*TypedObjectReference VolumeAttributesClassName:*
VolumeResourceRequirements Limits:v Requests:v
TypedLocalObjectReference APIGroup:* Kind:s Name:s
TypedObjectReference APIGroup:* Kind:s Name:s Namespace:*
PersistentVolumeSource GCEPersistentDisk:*GCEPersistentDisk AWSElasticBlockStore:*AWSElasticBlockStore HostPath:*HostPath Glusterfs:*GlusterfsPersistent NFS:*NFS RBD:*RBDPersistent Quobyte:*Quobyte ISCSI:*ISCSIPersistent FlexVolume:*FlexPersistent Cinder:*CinderPersistent CephFS=cephfs:*CephFSPersistent FC:*FC Flocker:*Flocker AzureFile:*AzureFilePersistent VsphereVolume:*VsphereVolume AzureDisk:*AzureDisk PhotonPersistentDisk:*PhotonPersistentDisk PortworxVolume:*PortworxVolume ScaleIO:*ScaleIOPersistent Local:*LocalVolume StorageOS=storageos:*StorageOSPersistent CSI:*CSIPersistent
SecretReference Name:s Namespace:s
GlusterfsPersistent EndpointsName=endpoints:s Path:s ReadOnly:b EndpointsNamespace:*
RBDPersistent CephMonitors=monitors:v RBDImage=image:s FSType:s RBDPool=pool:s RadosUser=user:s Keyring:s SecretRef:*SecretReference ReadOnly:b
ISCSIPersistent TargetPortal:s IQN:s Lun:i ISCSIInterface:s FSType:s ReadOnly:b Portals:v DiscoveryCHAPAuth=chapAuthDiscovery:b SessionCHAPAuth=chapAuthSession:b SecretRef:*SecretReference InitiatorName:*
FlexPersistent Driver:s FSType:s SecretRef:*SecretReference ReadOnly:b Options:v
CinderPersistent VolumeID:s FSType:s ReadOnly:b SecretRef:*SecretReference
CephFSPersistent Monitors:v Path:s User:s SecretFile:s SecretRef:*SecretReference ReadOnly:b
AzureFilePersistent SecretName:s ShareName:s ReadOnly:b SecretNamespace:*
ScaleIOPersistent Gateway:s System:s SecretRef:*SecretReference SSLEnabled:b ProtectionDomain:s StoragePool:s StorageMode:s VolumeName:s FSType:s ReadOnly:b
LocalVolume Path:s FSType:*
StorageOSPersistent VolumeName:s VolumeNamespace:s FSType:s ReadOnly:b SecretRef:*ObjectReference
ObjectReference Kind:s Namespace:s Name:s UID:s APIVersion:s ResourceVersion:s FieldPath:s
CSIPersistent Driver:s VolumeHandle:s ReadOnly:b FSType:s VolumeAttributes:v ControllerPublishSecretRef:*SecretReference NodeStageSecretRef:*SecretReference NodePublishSecretRef:*SecretReference ControllerExpandSecretRef:*SecretReference NodeExpandSecretRef:*SecretReference
VolumeNodeAffinity Required:*NodeSelector
PodTemplateSpec Metadata:+Meta Spec:PodSpec
StatefulSetUpdateStrategy Type:s RollingUpdate:*StatefulSetRollingUpdate
StatefulSetRollingUpdate Partition:i MaxUnavailable:v
DaemonSetUpdateStrategy Type:s RollingUpdate:*DaemonSetRollingUpdate
DaemonSetRollingUpdate MaxUnavailable:v MaxSurge:v
SuccessPolicy Rules:[]SuccessPolicyRule
SuccessPolicyRule SucceededIndexes:* SucceededCount:*
PodFailurePolicy Rules:[]PodFailurePolicyRule
PodFailurePolicyRule Action:s OnExitCodes:*PodFailurePolicyOnExitCodes OnPodConditions:[]PodFailurePolicyOnPodCondition
PodFailurePolicyOnExitCodes ContainerName:* Operator:s Values:v
PodFailurePolicyOnPodCondition Type:s Status:s
ResourceClaimSpec Devices:DeviceClaim
DeviceClaim Requests:[]DeviceRequest Constraints:v Config:v
DeviceRequest Name:s Exactly:*ExactDeviceRequest FirstAvailable:v
ExactDeviceRequest DeviceClassName:s Selectors:v AllocationMode:s Count:i AdminAccess:* Tolerations:v Capacity:v
ServicePort Name:s Protocol:s AppProtocol:* Port:i TargetPort:v NodePort:i
FlowSchemaSpec PriorityLevelConfiguration:LocalObjectReference MatchingPrecedence:i DistinguisherMethod:*FlowDistinguisherMethod Rules:[]PolicyRulesWithSubjects
FlowDistinguisherMethod Type:s
PolicyRulesWithSubjects Subjects:[]FlowSubject ResourceRules:[]ResourcePolicyRule NonResourceRules:[]NonResourcePolicyRule
FlowSubject Kind:s User:*LocalObjectReference Group:*LocalObjectReference ServiceAccount:*ServiceAccountSubject
ServiceAccountSubject Namespace:s Name:s
ResourcePolicyRule Verbs:v APIGroups:v Resources:v ClusterScope:b Namespaces:v
NonResourcePolicyRule Verbs:v NonResourceURLs:v
PriorityLevelConfigurationSpec Type:s Limited:*LimitedPriorityLevelConfiguration Exempt:*ExemptPriorityLevelConfiguration
LimitedPriorityLevelConfiguration NominalConcurrencyShares:i LimitResponse:LimitResponse LendablePercent:* BorrowingLimitPercent:*
ExemptPriorityLevelConfiguration NominalConcurrencyShares:* LendablePercent:*
LimitResponse Type:s Queuing:*QueuingConfiguration
QueuingConfiguration Queues:i HandSize:i QueueLengthLimit:i
`

interface InternalField {
  readonly name: string
  readonly wire: string
  readonly kind: string
}
let types: Map<string, InternalField[]> | undefined

function table(): Map<string, InternalField[]> {
  types ??= new Map(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const [type, ...fields] = line.split(' ') as [string, ...string[]]
        return [
          type,
          fields.map((field) => {
            const [, name, wire, kind] = /^(\w+)(?:=(\w+))?:(.+)$/.exec(field) as unknown as [string, string, string | undefined, string]
            return { name, wire: wire ?? wireName(name), kind }
          }),
        ] as const
      }),
  )
  return types
}
/** `DNSPolicy` is dnsPolicy, `HostIP` hostIP, `TTY` tty: the capitals at the front become small, up to the next word. */
const wireName = (name: string) => name.replace(/^[A-Z]+(?=[A-Z][a-z]|$)|^[A-Z]/, (capitals) => capitals.toLowerCase())

type Value = Readonly<Record<string, unknown>>

/** The wire value of a type as upstream's internal struct of that type prints. */
export function internalValue(type: string, value: object): Record<string, unknown> {
  const from = (type === 'PodSpec' ? withHostFields(value as Value) : value) as Value
  const made: Record<string, unknown> = {}
  for (const { name, wire, kind } of table().get(type) ?? []) {
    if (kind === '+Meta') Object.assign(made, withoutEmpty((from.metadata ?? {}) as Value))
    else if (kind.startsWith('+')) Object.assign(made, internalValue(kind.slice(1), from))
    else made[name] = internalField(kind, from[wire])
  }
  return made
}
function internalField(kind: string, value: unknown): unknown {
  switch (kind) {
    case 's':
      return value ?? ''
    case 'i':
      return value ?? 0
    case 'b':
      return value ?? false
    case 'q':
      return value ?? '0'
    case '*':
      return value ?? null
    case 'v':
      return value === undefined || value === null ? null : sorted(value)
    default:
      if (kind.startsWith('[]')) return value ? (value as object[]).map((v) => internalValue(kind.slice(2), v)) : null
      if (kind.startsWith('*')) return value ? internalValue(kind.slice(1), value as object) : null
      return internalValue(kind, (value ?? {}) as object)
  }
}
/** Internally a pod's host namespaces are part of its security context. */
const withHostFields = (spec: Value): Value => ({
  ...spec,
  securityContext: {
    ...(spec.securityContext as Value | undefined),
    hostNetwork: spec.hostNetwork,
    hostPID: spec.hostPID,
    hostIPC: spec.hostIPC,
    shareProcessNamespace: spec.shareProcessNamespace,
    hostUsers: spec.hostUsers,
  },
})
const withoutEmpty = (value: Value) => Object.fromEntries(Object.entries(value).filter(([, v]) => v !== '' && v !== undefined))
/** Go prints maps by key. Label selectors are structs of the wire: labels stand first there. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  if ('matchExpressions' in value || 'matchLabels' in value) {
    const { matchLabels, matchExpressions } = value as Value
    return { ...(matchLabels ? { matchLabels: sorted(matchLabels) } : {}), ...(matchExpressions ? { matchExpressions } : {}) }
  }
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Whether upstream takes two values of a type for the same (equality.Semantic): an empty list is none. */
export function internalEqual(type: string, a: object, b: object): boolean {
  const text = (value: object) => JSON.stringify(internalValue(type, value), (_key, v) => (Array.isArray(v) && v.length === 0 ? null : v))
  return text(a) === text(b)
}

/** The difference of two values of a type, as upstream shows it: unified, of their internal forms as indented JSON. */
export function internalDiff(type: string, old: object, value: object): string {
  const lines = (v: object) => JSON.stringify(internalValue(type, v), null, 1).replace(/[<>&]/g, escapeHTML).split('\n')
  return unifiedDiff(lines(old), lines(value))
}
const escapeHTML = (c: string) => `\\u00${c.charCodeAt(0).toString(16)}`

const context = 3
/** Unified diff without file names. The texts share most lines, so what lies between the first and the last difference is compared line by line. */
export function unifiedDiff(a: readonly string[], b: readonly string[]): string {
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const edits = [
    ...a.slice(0, head).map((line) => ` ${line}`),
    ...compare(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map((line) => ` ${line}`),
  ]
  let out = ''
  let [lineA, lineB, i] = [1, 1, 0]
  while (i < edits.length) {
    if ((edits[i] as string).startsWith(' ')) {
      lineA++
      lineB++
      i++
      continue
    }
    const start = Math.max(0, i - context)
    let end = i
    let last = i
    for (; end < edits.length && end - last <= 2 * context; end++) if (!(edits[end] as string).startsWith(' ')) last = end
    end = Math.min(edits.length, last + context + 1)
    const hunk = edits.slice(start, end)
    const [fromA, fromB] = [lineA - (i - start), lineB - (i - start)]
    const countA = hunk.filter((l) => !l.startsWith('+')).length
    const countB = hunk.filter((l) => !l.startsWith('-')).length
    out += `@@ -${range(fromA, countA)} +${range(fromB, countB)} @@\n${hunk.join('\n')}\n`
    lineA = fromA + countA
    lineB = fromB + countB
    i = end
  }
  return out
}
const range = (start: number, count: number) => (count === 1 ? `${start}` : `${count === 0 ? start - 1 : start},${count}`)

/** Longest common subsequence; above a bound on its cost everything counts as changed. */
function compare(a: readonly string[], b: readonly string[]): string[] {
  const all = [...a.map((l) => `-${l}`), ...b.map((l) => `+${l}`)]
  if (a.length === 0 || b.length === 0 || a.length * b.length > 4_000_000) return all
  const width = b.length + 1
  const lengths = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        a[i] === b[j]
          ? (lengths[(i + 1) * width + j + 1] as number) + 1
          : Math.max(lengths[(i + 1) * width + j] as number, lengths[i * width + j + 1] as number)
  const out: string[] = []
  let [i, j] = [0, 0]
  let added: string[] = []
  const flush = () => {
    out.push(...added)
    added = []
  }
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      flush()
      out.push(` ${a[i]}`)
      i++
      j++
    } else if (j >= b.length || (i < a.length && (lengths[(i + 1) * width + j] as number) >= (lengths[i * width + j + 1] as number))) {
      out.push(`-${a[i++]}`)
    } else added.push(`+${b[j++]}`)
  }
  flush()
  return out
}

/**
 * KubeletConfiguration (kubelet.config.k8s.io/v1beta1) in one table, which the flags of the same settings, `/configz` and
 * the type come from. A field is acted on, or takes only what this kubelet does anyway (`only`), or has no effect here,
 * which the log says at start (`noEffect`); none is passed over in silence.
 */
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { load as loadYaml } from 'js-yaml'
import { quantityValue } from '../api/quantity.ts'
import type { Taint } from '../api/types/core-v1.ts'
import { type FlagSpec, type FlagTable, type ParsedFlags, parseDuration } from '../flags/flags.ts'
import type { Logger } from '../log/log.ts'

interface Field<T> {
  readonly type: 'string' | 'bool' | 'int' | 'duration' | 'list' | 'map' | 'thresholds' | 'json'
  readonly default: T
  readonly flag?: string
  readonly doc?: string
  /** The values that are taken. */
  readonly only?: readonly T[]
  /** Why another value than the default changes nothing. */
  readonly noEffect?: string
  /** Zero is as good as absent. */
  readonly zeroIsUnset?: boolean
}
type More<T> = Omit<Field<T>, 'type' | 'default'>
const flag = (name: string, doc: string) => ({ flag: name, doc })
const text = (value: string, more: More<string> = {}): Field<string> => ({ type: 'string', default: value, zeroIsUnset: true, ...more })
const bool = (value: boolean, more: More<boolean> = {}): Field<boolean> => ({ type: 'bool', default: value, ...more })
const int = (value: number, more: More<number> = {}): Field<number> => ({ type: 'int', default: value, ...more })
/** In milliseconds. */
const duration = (value: number, more: More<number> = {}): Field<number> => ({
  type: 'duration',
  default: value,
  zeroIsUnset: true,
  ...more,
})
const list = (value: readonly string[], more: More<readonly string[]> = {}): Field<readonly string[]> => ({
  type: 'list',
  default: value,
  ...more,
})
type TextMap = Readonly<Record<string, string>>
const map = (value: TextMap, more: More<TextMap> = {}): Field<TextMap> => ({ type: 'map', default: value, ...more })
/** What must be left of a resource; a flag writes `memory.available<100Mi`. */
const thresholds = (value: TextMap, more: More<TextMap> = {}): Field<TextMap> => ({ type: 'thresholds', default: value, ...more })
const json = <T>(value: T, more: More<T> = {}): Field<T> => ({ type: 'json', default: value, ...more })

const second = 1000
const minute = 60 * second
const events = { noEffect: 'changes are told by events, nothing is looked at from time to time' }
const oneProcess = { noEffect: 'the kubelet shares its process with other components' }
const noLimit = { noEffect: 'requests are not counted' }

const defaultEvictionHard = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
}

const fields = {
  enableServer: bool(true),
  address: text('0.0.0.0', flag('address', 'The address to serve on.')),
  port: int(10_250, { ...flag('port', 'The port to serve on.'), zeroIsUnset: true }),
  readOnlyPort: int(0, { only: [0] }),
  healthzBindAddress: text('127.0.0.1', flag('healthz-bind-address', 'Where health is asked without TLS.')),
  healthzPort: int(10_248, flag('healthz-port', 'The port for that; 0 for none.')),
  tlsCertFile: text('', flag('tls-cert-file', 'The certificate to serve with.')),
  tlsPrivateKeyFile: text('', flag('tls-private-key-file', 'The key of --tls-cert-file.')),
  tlsMinVersion: text('', { only: ['', 'VersionTLS12'] }),
  tlsCipherSuites: list([], { only: [[]] }),
  tlsCurvePreferences: json<readonly number[]>([], { only: [[]] }),
  rotateCertificates: bool(false, { noEffect: 'the certificate of the kubeconfig is used as it is' }),
  serverTLSBootstrap: bool(false, { only: [false] }),
  'authentication.x509.clientCAFile': text('', flag('client-ca-file', 'Clients with a certificate of this authority are who it says.')),
  'authentication.webhook.enabled': bool(true, flag('authentication-token-webhook', 'Ask the API server whose a bearer token is.')),
  'authentication.webhook.cacheTTL': duration(2 * minute),
  'authentication.anonymous.enabled': bool(false, flag('anonymous-auth', 'Requests without credentials are made as system:anonymous.')),
  'authorization.mode': text('Webhook', {
    ...flag('authorization-mode', 'AlwaysAllow, or Webhook to ask the API server.'),
    only: ['AlwaysAllow', 'Webhook'],
  }),
  'authorization.webhook.cacheAuthorizedTTL': duration(5 * minute),
  'authorization.webhook.cacheUnauthorizedTTL': duration(30 * second),
  enableDebuggingHandlers: bool(true),
  enableSystemLogHandler: bool(true),
  enableSystemLogQuery: bool(false, { only: [false] }),
  enableContentionProfiling: bool(false, { only: [false] }),
  enableProfilingHandler: bool(true, { noEffect: 'there is no profiling handler' }),
  enableDebugFlagsHandler: bool(true, { noEffect: 'there is no handler that changes flags' }),
  streamingConnectionIdleTimeout: duration(240 * minute, { noEffect: 'the runtime ends streams' }),
  showHiddenMetricsForVersion: text('', { only: [''] }),
  tracing: json<unknown>(null, { only: [null] }),

  containerRuntimeEndpoint: text('unix:///run/containerd/containerd.sock', flag('container-runtime-endpoint', 'The CRI socket.')),
  imageServiceEndpoint: text('', flag('image-service-endpoint', 'The CRI socket for images, where it is another.')),
  runtimeRequestTimeout: duration(2 * minute, { noEffect: 'a call to the runtime ends when the runtime answers or is gone' }),
  staticPodPath: text('', flag('pod-manifest-path', 'The folder of static pods’ manifests.')),
  staticPodURL: text('', flag('manifest-url', 'Where static pods’ manifests are fetched from.')),
  staticPodURLHeader: json<Readonly<Record<string, readonly string[]>>>({}),
  httpCheckFrequency: duration(20 * second, flag('http-check-frequency', 'How often --manifest-url is fetched.')),
  fileCheckFrequency: duration(20 * second, events),
  syncFrequency: duration(minute, events),
  podLogsDir: text('/var/log/pods', flag('pod-logs-dir', 'The folder of containers’ logs.')),
  clusterDNS: list([], flag('cluster-dns', 'The name servers of pods.')),
  clusterDomain: text('cluster.local', flag('cluster-domain', 'The domain of the cluster’s names.')),
  resolvConf: text('/etc/resolv.conf', flag('resolv-conf', 'The resolver settings of pods that do not use the cluster’s.')),
  hairpinMode: text('promiscuous-bridge', { noEffect: 'the network’s own setting' }),
  podCIDR: text('', flag('pod-cidr', 'The pods’ addresses, where the API does not give them.')),

  registerNode: bool(true, flag('register-node', 'Register the node with the API server.')),
  registerWithTaints: json<readonly Taint[]>([]),
  providerID: text('', flag('provider-id', 'What the cloud calls this machine: the node’s spec.providerID.')),
  nodeStatusUpdateFrequency: duration(10 * second, flag('node-status-update-frequency', 'How often the node’s status is looked at.')),
  nodeStatusReportFrequency: duration(5 * minute),
  nodeLeaseDurationSeconds: int(40, { zeroIsUnset: true }),
  nodeStatusMaxImages: int(50, flag('node-status-max-images', 'How many images the node’s status tells of; -1 for all.')),
  maxPods: int(110, { ...flag('max-pods', 'How many pods the node takes.'), zeroIsUnset: true }),
  podsPerCore: int(0, flag('pods-per-core', 'How many pods the node takes for each core; 0 for any number.')),
  podPidsLimit: int(-1, flag('pod-max-pids', 'How many processes a pod may have; below 1 any number.')),
  kubeReserved: map({}, flag('kube-reserved', 'Resources kept for Kubernetes: cpu=200m,memory=500Mi.')),
  systemReserved: map({}, flag('system-reserved', 'Resources kept for the system.')),
  reservedSystemCPUs: text('', { only: [''] }),
  kubeReservedCgroup: text('', { only: [''] }),
  systemReservedCgroup: text('', { only: [''] }),
  enforceNodeAllocatable: list(['pods'], { only: [['pods']] }),
  allowedUnsafeSysctls: list(
    [],
    flag('allowed-unsafe-sysctls', 'Further sysctls that pods may set; `net.ipv4.*` stands for all that begin so.'),
  ),
  seccompDefault: bool(false, flag('seccomp-default', 'Containers without a seccomp profile get the runtime’s default.')),
  failSwapOn: bool(true, flag('fail-swap-on', 'Do not start on a machine that swaps.')),
  failCgroupV1: bool(false, flag('fail-cgroupv1', 'Do not start on a machine with cgroups of version 1.')),
  'memorySwap.swapBehavior': text('', { only: ['', 'NoSwap'] }),
  'userNamespaces.idsPerPod': int(65_536, { only: [65_536] }),
  cgroupRoot: text('', flag('cgroup-root', 'The cgroup below which pods are.')),
  cgroupsPerQOS: bool(true, { only: [true] }),
  cgroupDriver: text('cgroupfs', { only: ['cgroupfs'] }),
  kubeletCgroups: text('', { only: [''] }),
  systemCgroups: text('', { only: [''] }),
  cpuCFSQuota: bool(true, { only: [true] }),
  cpuCFSQuotaPeriod: duration(100, { only: [100] }),
  qosReserved: map({}, { only: [{}] }),
  cpuManagerPolicy: text('none', { only: ['none'] }),
  cpuManagerPolicyOptions: map({}, { only: [{}] }),
  cpuManagerReconcilePeriod: duration(10 * second, { noEffect: 'the CPU manager’s policy is none' }),
  memoryManagerPolicy: text('None', { only: ['None'] }),
  reservedMemory: json<readonly unknown[]>([], { only: [[]] }),
  topologyManagerPolicy: text('none', { only: ['none'] }),
  topologyManagerScope: text('container', { only: ['container'] }),
  topologyManagerPolicyOptions: map({}, { only: [{}] }),
  singleProcessOOMKill: json<boolean | null>(null, { noEffect: 'the runtime decides' }),
  memoryThrottlingFactor: json(0.9, { noEffect: 'memory is limited, not throttled' }),
  protectKernelDefaults: bool(false, { only: [false] }),
  makeIPTablesUtilChains: bool(true, { noEffect: 'there are no iptables chains' }),
  iptablesMasqueradeBit: int(14, { noEffect: 'there are no iptables chains' }),
  iptablesDropBit: int(15, { noEffect: 'there are no iptables chains' }),
  maxOpenFiles: int(1_000_000, oneProcess),
  oomScoreAdj: int(-999, oneProcess),
  kernelMemcgNotification: bool(false, { only: [false] }),

  containerLogMaxSize: text('10Mi', flag('container-log-max-size', 'How large a container’s log grows before it is rotated.')),
  containerLogMaxFiles: int(5, flag('container-log-max-files', 'How many files of a container’s log are kept.')),
  containerLogMaxWorkers: int(1, { noEffect: 'one log is rotated at a time' }),
  containerLogMonitorInterval: duration(10 * second),
  'crashLoopBackOff.maxContainerRestartPeriod': duration(5 * minute),
  serializeImagePulls: bool(false, flag('serialize-image-pulls', 'Pull one image at a time.')),
  maxParallelImagePulls: json<number | null>(null),
  imagePullCredentialsVerificationPolicy: text('NeverVerify', { only: ['NeverVerify'] }),
  preloadedImagesVerificationAllowlist: list([], { only: [[]] }),
  imageGCHighThresholdPercent: int(85, flag('image-gc-high-threshold', 'The percent of disk usage above which unused images are removed.')),
  imageGCLowThresholdPercent: int(80, flag('image-gc-low-threshold', 'The percent of disk usage down to which they are removed.')),
  imageMinimumGCAge: duration(2 * minute, flag('minimum-image-ttl-duration', 'How old an unused image is at least when it is removed.')),
  imageMaximumGCAge: duration(0),

  evictionHard: thresholds(
    defaultEvictionHard,
    flag('eviction-hard', 'What must be left, or pods are evicted at once: memory.available<100Mi,nodefs.available<10%.'),
  ),
  evictionSoft: thresholds({}, flag('eviction-soft', 'What must be left, or pods are evicted after --eviction-soft-grace-period.')),
  evictionSoftGracePeriod: map({}, flag('eviction-soft-grace-period', 'How long a soft threshold may be crossed: memory.available=30s.')),
  evictionMinimumReclaim: map({}, flag('eviction-minimum-reclaim', 'How much more than the threshold is reclaimed.')),
  evictionPressureTransitionPeriod: duration(
    5 * minute,
    flag('eviction-pressure-transition-period', 'How long a pressure is told after it has gone.'),
  ),
  evictionMaxPodGracePeriod: int(
    0,
    flag('eviction-max-pod-grace-period', 'The most seconds that a pod gets when a soft threshold evicts it; 0 for as many as it asks.'),
  ),
  mergeDefaultEvictionSettings: bool(false),
  localStorageCapacityIsolation: bool(true, { only: [true] }),
  volumeStatsAggPeriod: duration(minute, { noEffect: 'volumes are measured when somebody asks' }),
  volumePluginDir: text('', { only: [''] }),
  enableControllerAttachDetach: bool(true, { only: [true] }),
  configMapAndSecretChangeDetectionStrategy: text('Watch', { only: ['Watch'] }),

  shutdownGracePeriod: duration(0),
  shutdownGracePeriodCriticalPods: duration(0),
  shutdownGracePeriodByPodPriority: json<readonly { priority: number; shutdownGracePeriodSeconds: number }[]>([]),

  registryPullQPS: int(5, noLimit),
  registryBurst: int(10, noLimit),
  eventRecordQPS: int(50, noLimit),
  eventBurst: int(100, noLimit),
  kubeAPIQPS: int(50, noLimit),
  kubeAPIBurst: int(100, noLimit),
  contentType: text('application/json', { noEffect: 'the kubelet speaks JSON' }),
  featureGates: map({}, { only: [{}] }),
  'logging.format': text('text', { ...flag('logging-format', 'How log lines are written: text or json.'), only: ['text', 'json'] }),
  'logging.verbosity': int(0, { noEffect: 'the flag --v sets it' }),
  'logging.flushFrequency': json<unknown>(0, { noEffect: 'lines are written as they come' }),
  'logging.vmodule': json<unknown>([], { only: [[]] }),
  'logging.options': json<unknown>({}, { noEffect: 'there is one stream of log lines' }),
}

export type KubeletConfiguration = { readonly [K in keyof typeof fields]: (typeof fields)[K]['default'] }
const entries = Object.entries(fields) as unknown as [keyof KubeletConfiguration, Field<unknown>][]

/** Without a configuration file upstream's older defaults count: whoever reaches the port is let in. */
const flagDefaults: Partial<KubeletConfiguration> = {
  'authentication.anonymous.enabled': true,
  'authentication.webhook.enabled': false,
  'authorization.mode': 'AlwaysAllow',
}

export const configurationFlags: FlagTable = Object.fromEntries(
  entries.flatMap(([name, { type, default: value, flag, doc }]) =>
    flag && doc && type !== 'json' ? [[flag, flagOf(type, flagDefaults[name] ?? value, doc)]] : [],
  ),
)

function flagOf(type: Exclude<Field<unknown>['type'], 'json'>, value: unknown, doc: string): FlagSpec {
  if (type !== 'thresholds') return { type, default: value, doc }
  return { type: 'list', default: Object.entries(value as TextMap).map(([signal, left]) => `${signal}<${left}`), doc }
}

/** The file's settings, flags before them; throws with all that is wrong. */
export function loadConfiguration(
  path: string | undefined,
  flags: Pick<ParsedFlags, 'values' | 'given'>,
  log: Logger,
): KubeletConfiguration {
  const file = path ? loadYaml(readFileSync(path, 'utf8')) : undefined
  const wrong = (problem: string) => new Error(path ? `failed to load kubelet config file, path: ${path}, error: ${problem}` : problem)
  if (path && (file as { kind?: unknown } | null)?.kind !== 'KubeletConfiguration')
    throw wrong('it is no KubeletConfiguration of kubelet.config.k8s.io/v1beta1')
  const given = new Map(leaves(file))
  const unknown = [...given.keys()].filter((name) => !(name in fields))
  if (unknown.length > 0) throw wrong(`strict decoding error: ${unknown.map((name) => `unknown field "${name}"`).join(', ')}`)

  const problems: string[] = []
  const values = entries.map(([name, field]) => {
    const from = field.flag && flags.given.has(field.flag) ? ofFlag(field, flags.values[field.flag]) : undefined
    const read = given.has(name) ? decode(field, given.get(name)) : undefined
    if (read instanceof Error) problems.push(`${name}: ${read.message}`)
    const value = from ?? (read instanceof Error ? undefined : read) ?? (path ? undefined : flagDefaults[name]) ?? field.default
    if (field.only && !field.only.some((taken) => isDeepStrictEqual(taken, value)))
      problems.push(
        `${name}: ${JSON.stringify(value)} is not supported by this kubelet, only ${field.only.map((v) => JSON.stringify(v)).join(' or ')}`,
      )
    if (field.noEffect && !isDeepStrictEqual(value, field.default))
      log.warn('a setting has no effect here', { setting: name, value, why: field.noEffect })
    return [name, value]
  })
  const configuration = Object.fromEntries(values) as KubeletConfiguration
  problems.push(...inconsistencies(configuration))
  if (problems.length > 0) throw wrong(`invalid configuration: [${problems.join(', ')}]`)
  return configuration
}

const ofFlag = ({ type }: Field<unknown>, value: unknown): unknown =>
  type === 'thresholds' ? Object.fromEntries((value as readonly string[]).map((pair) => pair.split(/<(.*)/s).slice(0, 2))) : value

/** `authentication.anonymous.enabled`, down to what the table has. */
function leaves(value: unknown, prefix = ''): [string, unknown][] {
  return Object.entries((value ?? {}) as object).flatMap(([key, inner]): [string, unknown][] => {
    const name = `${prefix}${key}`
    if (prefix === '' && (key === 'apiVersion' || key === 'kind')) return []
    if (name in fields || typeof inner !== 'object' || Array.isArray(inner)) return [[name, inner]]
    return leaves(inner, `${name}.`)
  })
}

/** Undefined where the field counts as not set. */
function decode({ type, zeroIsUnset }: Field<unknown>, value: unknown): unknown {
  if (value === null || value === undefined) return undefined
  const bad = new Error(`${JSON.stringify(value)} is no ${type}`)
  switch (type) {
    case 'string':
      return typeof value !== 'string' ? bad : value === '' ? undefined : value
    case 'bool':
      return typeof value === 'boolean' ? value : bad
    case 'int':
      return !Number.isInteger(value) ? bad : value === 0 && zeroIsUnset ? undefined : value
    case 'duration': {
      const ms = typeof value === 'string' ? parseDuration(value) : undefined
      return ms === undefined ? bad : ms === 0 ? undefined : ms
    }
    case 'list':
      return Array.isArray(value) && value.every((v) => typeof v === 'string') ? value : bad
    case 'map':
    case 'thresholds':
      return typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, String(v)]))
        : bad
    case 'json':
      return value
  }
}

/** What upstream's validation says of settings that do not fit together. */
function inconsistencies(c: KubeletConfiguration): string[] {
  const found: string[] = []
  const check = (fits: boolean, problem: string) => {
    if (!fits) found.push(problem)
  }
  const percent = (value: number) => value >= 0 && value <= 100
  const high = c.imageGCHighThresholdPercent
  const low = c.imageGCLowThresholdPercent
  check(percent(high), `imageGCHighThresholdPercent (--image-gc-high-threshold) ${high} must be between 0 and 100, inclusive`)
  check(percent(low), `imageGCLowThresholdPercent (--image-gc-low-threshold) ${low} must be between 0 and 100, inclusive`)
  check(
    low < high,
    `imageGCLowThresholdPercent (--image-gc-low-threshold) ${low} must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) ${high}`,
  )
  check(c.containerLogMaxFiles > 1, `containerLogMaxFiles (--container-log-max-files) ${c.containerLogMaxFiles} must be greater than 1`)
  check(
    quantityValue(c.containerLogMaxSize) > 0,
    `containerLogMaxSize (--container-log-max-size) ${c.containerLogMaxSize} must be positive`,
  )
  check(c.podsPerCore >= 0, `podsPerCore (--pods-per-core) ${c.podsPerCore} must not be a negative number`)
  check(
    !c.serializeImagePulls || (c.maxParallelImagePulls ?? 1) === 1,
    `maxParallelImagePulls ${c.maxParallelImagePulls} cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is false`,
  )
  check(
    c.maxParallelImagePulls === null || (Number.isInteger(c.maxParallelImagePulls) && c.maxParallelImagePulls > 0),
    `maxParallelImagePulls ${c.maxParallelImagePulls} must be a positive number`,
  )
  const { shutdownGracePeriod: total, shutdownGracePeriodCriticalPods: critical, shutdownGracePeriodByPodPriority: byPriority } = c
  check(critical <= total, `shutdownGracePeriodCriticalPods ${critical / 1000}s must be <= shutdownGracePeriod ${total / 1000}s`)
  check(
    byPriority.length === 0 || (total === 0 && critical === 0),
    'cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time',
  )
  for (const signal of Object.keys(c.evictionSoft))
    check(signal in c.evictionSoftGracePeriod, `grace period must be specified for the soft eviction threshold ${signal}`)
  return found
}

/** For tests: the defaults of a file, but for these. */
export const configurationOf = (more: Partial<KubeletConfiguration> = {}): KubeletConfiguration =>
  ({ ...Object.fromEntries(entries.map(([name, field]) => [name, field.default])), ...more }) as KubeletConfiguration

/** As the API has it, for `/configz`: nested, durations as text. */
export function configurationObject(configuration: KubeletConfiguration): object {
  const object: Record<string, unknown> = { kind: 'KubeletConfiguration', apiVersion: 'kubelet.config.k8s.io/v1beta1' }
  for (const [name, { type }] of entries) {
    const path = name.split('.')
    const last = path.pop() as string
    let at = object
    for (const part of path) {
      at[part] ??= {}
      at = at[part] as Record<string, unknown>
    }
    at[last] = type === 'duration' ? formatDuration(configuration[name] as number) : configuration[name]
  }
  return object
}

/** `1m30s`, as Go prints it. */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < second) return `${ms}ms`
  const hours = Math.floor(ms / (60 * minute))
  const minutes = Math.floor((ms % (60 * minute)) / minute)
  const rest = `${(ms % minute) / second}s`
  return hours > 0 ? `${hours}h${minutes}m${rest}` : minutes > 0 ? `${minutes}m${rest}` : rest
}

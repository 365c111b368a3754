/** Containers of all three sorts, with their ports, environment, mounts, probes and hooks (core/validation). */
import type {
  Container,
  ContainerPort,
  EnvFromSource,
  EnvVar,
  Lifecycle,
  PodSpec,
  Probe,
  VolumeDevice,
  VolumeMount,
  VolumeSource,
} from '../types/core-v1.ts'
import { check, notNegative, optionalOneOf, portNumberOrName } from './checks.ts'
import { duplicate, type FieldError, forbidden, invalid, notFound, notSupported, required, tooMany } from './field-error.ts'
import { internalValue } from './internal.ts'
import {
  isConfigMapKey,
  isDNS1123Label,
  isDNS1123Subdomain,
  isEnvVarName,
  isHTTPHeaderName,
  isValidPortName,
  isValidPortNum,
  nameIsDNSSubdomain,
} from './names.ts'
import { validateResourceRequirements } from './resources.ts'
import { validateSecurityContext } from './security-context.ts'
import { localDescendingPath, localNonReservedPath, noBacksteps, validateFieldRef, validateResourceFieldRef } from './volumes.ts'

/** What containers refer to in the pod around them. */
export interface PodContext {
  readonly spec: PodSpec
  readonly volumes: ReadonlyMap<string, VolumeSource>
  readonly claims: ReadonlySet<string>
  readonly hostUsers: boolean
}

export const protocols = ['SCTP', 'TCP', 'UDP']

function validatePorts(ports: readonly ContainerPort[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  ports?.forEach((port, i) => {
    const at = `${path}[${i}]`
    if (port.name) {
      const wrong = check(port.name, `${at}.name`, isValidPortName)
      if (wrong.length > 0) errors.push(...wrong)
      else if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name))
      else names.add(port.name)
    }
    if (!port.containerPort) errors.push(required(`${at}.containerPort`))
    else errors.push(...check(port.containerPort, `${at}.containerPort`, isValidPortNum))
    if (port.hostPort) errors.push(...check(port.hostPort, `${at}.hostPort`, isValidPortNum))
    if (!port.protocol) errors.push(required(`${at}.protocol`))
    else errors.push(...optionalOneOf(port.protocol, `${at}.protocol`, protocols))
  })
  return errors
}

function hostPortConflicts(containers: readonly Container[], path: string): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  containers.forEach((container, i) => {
    container.ports?.forEach((port, j) => {
      if (!port.hostPort) return
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`
      if (seen.has(key)) errors.push(duplicate(`${path}[${i}].ports[${j}].hostPort`, key))
      else seen.add(key)
    })
  })
  return errors
}

const envFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
function keySelector(ref: { name?: string; key: string }, path: string): FieldError[] {
  return [
    ...check(ref.name ?? '', `${path}.name`, isDNS1123Subdomain),
    ...(ref.key ? check(ref.key, `${path}.key`, isConfigMapKey) : [required(`${path}.key`)]),
  ]
}
function validateEnv(variables: readonly EnvVar[] | undefined, path: string, pod: PodContext): FieldError[] {
  const errors: FieldError[] = []
  variables?.forEach((variable, i) => {
    const at = `${path}[${i}]`
    if (!variable.name) errors.push(required(`${at}.name`))
    else errors.push(...check(variable.name, `${at}.name`, isEnvVarName))
    const from = variable.valueFrom
    if (!from) return
    const field = `${at}.valueFrom`
    let sources = 0
    if (from.fieldRef) {
      sources++
      errors.push(...validateFieldRef(from.fieldRef, envFieldPaths, `${field}.fieldRef`))
    }
    if (from.resourceFieldRef) {
      sources++
      errors.push(...validateResourceFieldRef(from.resourceFieldRef, `${field}.resourceFieldRef`, false))
    }
    for (const kind of ['configMapKeyRef', 'secretKeyRef'] as const) {
      const ref = from[kind]
      if (!ref) continue
      sources++
      errors.push(...keySelector(ref, `${field}.${kind}`))
    }
    const file = from.fileKeyRef
    if (file) {
      sources++
      const ref = `${field}.fileKeyRef`
      if (!file.key) errors.push(required(`${ref}.key`))
      else errors.push(...check(file.key, `${ref}.key`, isEnvVarName))
      if (!file.volumeName) errors.push(required(`${ref}.volumeName`))
      else {
        const volume = pod.volumes.get(file.volumeName)
        if (!volume) errors.push(notFound(`${ref}.volumeName`, file.volumeName))
        else if (!volume.emptyDir) errors.push(invalid(`${ref}.volumeName`, file.volumeName, 'referenced volume must be of type emptyDir'))
      }
      if (!file.path) errors.push(required(`${ref}.path`))
      else errors.push(...localNonReservedPath(file.path, `${ref}.path`))
    }
    if (sources === 0)
      errors.push(
        invalid(field, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'),
      )
    else if (variable.value) errors.push(invalid(field, '', 'may not be specified when `value` is not empty'))
    else if (sources > 1) errors.push(invalid(field, '', 'may not have more than one field specified at a time'))
  })
  return errors
}
function validateEnvFrom(sources: readonly EnvFromSource[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  sources?.forEach((source, i) => {
    const at = `${path}[${i}]`
    if (source.prefix) errors.push(...check(source.prefix, `${at}.prefix`, isEnvVarName))
    let found = 0
    for (const kind of ['configMapRef', 'secretRef'] as const) {
      const ref = source[kind]
      if (!ref) continue
      found++
      const field = `${at}.${kind}.name`
      errors.push(...(ref.name ? check(ref.name, field, (n) => nameIsDNSSubdomain(n, true)) : [required(field)]))
    }
    if (found === 0) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'))
    else if (found > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
  })
  return errors
}

/** Upstream reports some faults of a mount at `volumeMounts.subPath`, without its index. */
function validateMounts(container: Container, path: string, pod: PodContext): FieldError[] {
  const errors: FieldError[] = []
  const paths = new Set<string>()
  const devices = container.volumeDevices ?? []
  container.volumeMounts?.forEach((mount: VolumeMount, i) => {
    const at = `${path}[${i}]`
    if (!mount.name) errors.push(required(`${at}.name`))
    if (!pod.volumes.has(mount.name)) errors.push(notFound(`${at}.name`, mount.name))
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`))
    if (paths.has(mount.mountPath)) errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'))
    paths.add(mount.mountPath)
    if (devices.some((d) => d.name === mount.name))
      errors.push(invalid(`${at}.name`, mount.name, 'must not already exist in volumeDevices'))
    if (devices.some((d) => d.devicePath === mount.mountPath))
      errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must not already exist as a path in volumeDevices'))
    if (mount.subPath) errors.push(...localDescendingPath(mount.subPath, `${path}.subPath`))
    if (mount.subPathExpr) {
      if (mount.subPath) errors.push(invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
      errors.push(...localDescendingPath(mount.subPathExpr, `${path}.subPathExpr`))
    }
    if (mount.mountPropagation !== undefined) {
      errors.push(...optionalOneOf(mount.mountPropagation, `${path}.mountPropagation`, ['Bidirectional', 'HostToContainer', 'None']))
      if (mount.mountPropagation === 'Bidirectional' && !container.securityContext?.privileged)
        errors.push(forbidden(`${path}.mountPropagation`, 'Bidirectional mount propagation is available only to privileged containers'))
    }
    const recursive = mount.recursiveReadOnly
    if (recursive === 'Enabled' || recursive === 'IfPossible') {
      if (!mount.readOnly) errors.push(forbidden(`${path}.recursiveReadOnly`, 'may only be specified when readOnly is true'))
      if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None')
        errors.push(forbidden(`${path}.recursiveReadOnly`, 'may only be specified when mountPropagation is None or not specified'))
    } else if (recursive !== undefined && recursive !== 'Disabled')
      errors.push(notSupported(`${path}.recursiveReadOnly`, recursive, ['Disabled', 'Enabled', 'IfPossible']))
  })
  return errors
}
function validateDevices(container: Container, path: string, pod: PodContext): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  const paths = new Set<string>()
  const mounts = container.volumeMounts ?? []
  container.volumeDevices?.forEach((device: VolumeDevice, i) => {
    const at = `${path}[${i}]`
    const source = pod.volumes.get(device.name)
    if (!device.name) errors.push(required(`${at}.name`))
    if (names.has(device.name)) errors.push(invalid(`${at}.name`, device.name, 'must be unique'))
    if (source && !source.persistentVolumeClaim && !source.ephemeral)
      errors.push(
        invalid(`${at}.name`, device.name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'),
      )
    if (!source) errors.push(notFound(`${at}.name`, device.name))
    if (!device.devicePath) errors.push(required(`${at}.devicePath`))
    if (paths.has(device.devicePath)) errors.push(invalid(`${at}.devicePath`, device.devicePath, 'must be unique'))
    if (device.devicePath && noBacksteps(device.devicePath, '').length > 0)
      errors.push(invalid(`${at}.devicePath`, device.devicePath, "can not contain backsteps ('..')"))
    else paths.add(device.devicePath)
    if (mounts.some((m) => m.name === device.name))
      errors.push(invalid(`${at}.name`, device.name, 'must not already exist in volumeMounts'))
    if (mounts.some((m) => m.mountPath === device.devicePath))
      errors.push(invalid(`${at}.devicePath`, device.devicePath, 'must not already exist as a path in volumeMounts'))
    if (device.name) names.add(device.name)
  })
  return errors
}

type Handler = Probe & { sleep?: { seconds: number } }
function validateHandler(handler: Handler, gracePeriod: number | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  const one = (kind: string, rule: () => FieldError[]) => {
    if (found++ > 0) errors.push(forbidden(`${path}.${kind}`, 'may not specify more than 1 handler type'))
    else errors.push(...rule())
  }
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  if (exec) one('exec', () => (exec.command?.length ? [] : [required(`${path}.exec.command`)]))
  if (httpGet)
    one('httpGet', () => [
      ...(httpGet.path ? [] : [required(`${path}.httpGet.path`)]),
      ...portNumberOrName(httpGet.port, `${path}.httpGet.port`),
      ...(['HTTP', 'HTTPS'].includes(httpGet.scheme ?? '')
        ? []
        : [notSupported(`${path}.httpGet.scheme`, httpGet.scheme ?? '', ['HTTP', 'HTTPS'])]),
      ...(httpGet.httpHeaders ?? []).flatMap((header) => check(header.name, `${path}.httpGet.httpHeaders`, isHTTPHeaderName)),
    ])
  if (tcpSocket) one('tcpSocket', () => portNumberOrName(tcpSocket.port, `${path}.tcpSocket.port`))
  if (grpc) one('grpc', () => portNumberOrName(grpc.port, `${path}.grpc.port`))
  if (sleep)
    one('sleep', () =>
      gracePeriod !== undefined && (sleep.seconds < 0 || sleep.seconds > gracePeriod)
        ? [invalid(`${path}.sleep`, sleep.seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`)]
        : [],
    )
  if (found === 0) errors.push(required(path, 'must specify a handler type'))
  return errors
}

function validateProbe(probe: Probe | undefined, sort: 'liveness' | 'readiness' | 'startup', path: string): FieldError[] {
  if (!probe) return []
  const at = `${path}.${sort}Probe`
  const errors = validateHandler(probe, undefined, at)
  for (const field of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const)
    errors.push(...notNegative(probe[field], `${at}.${field}`))
  const grace = probe.terminationGracePeriodSeconds
  if (grace !== undefined && grace <= 0) errors.push(invalid(`${at}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'))
  if (sort === 'readiness') {
    if (grace !== undefined) errors.push(invalid(`${at}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'))
  } else if (probe.successThreshold !== 1) errors.push(invalid(`${at}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'))
  return errors
}

function validateLifecycle(lifecycle: Lifecycle | undefined, pod: PodContext, path: string): FieldError[] {
  if (!lifecycle) return []
  const errors: FieldError[] = []
  const grace = pod.spec.terminationGracePeriodSeconds
  if (lifecycle.postStart) errors.push(...validateHandler(lifecycle.postStart as Handler, grace, `${path}.postStart`))
  if (lifecycle.preStop) errors.push(...validateHandler(lifecycle.preStop as Handler, grace, `${path}.preStop`))
  const signal = lifecycle.stopSignal
  if (signal !== undefined) {
    const at = `${path}.stopSignal`
    const os = pod.spec.os?.name
    if (os === undefined) errors.push(forbidden(at, 'may not be set for containers with empty `spec.os.name`'))
    else if (os === 'windows') errors.push(...optionalOneOf(signal, at, ['SIGKILL', 'SIGTERM']))
    else if (os === 'linux') errors.push(...optionalOneOf(signal, at, linuxSignals))
  }
  return errors
}
const range = (name: string, from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${name}${from + i}`)
const linuxSignals = [
  ...'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT RTMAX RTMIN SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'
    .split(' ')
    .map((s) => `SIG${s}`),
  ...range('SIGRTMAX-', 1, 14),
  ...range('SIGRTMIN+', 1, 15),
].sort()

function validateResizePolicy(container: Container, path: string, pod: PodContext): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  container.resizePolicy?.forEach((policy, i) => {
    if (seen.has(policy.resourceName)) errors.push(duplicate(`${path}[${i}]`, policy.resourceName))
    seen.add(policy.resourceName)
    errors.push(...(policy.resourceName ? optionalOneOf(policy.resourceName, path, ['cpu', 'memory']) : [required(path)]))
    errors.push(
      ...(policy.restartPolicy ? optionalOneOf(policy.restartPolicy, path, ['NotRequired', 'RestartContainer']) : [required(path)]),
    )
    if (pod.spec.restartPolicy === 'Never' && policy.restartPolicy !== 'NotRequired')
      errors.push(invalid(path, policy.restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"))
  })
  return errors
}

function validateRestartPolicy(container: Container, path: string): FieldError[] {
  const { restartPolicy, restartPolicyRules: rules } = container
  const errors: FieldError[] = []
  if (restartPolicy === undefined) {
    if (rules?.length) errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'))
  } else errors.push(...optionalOneOf(restartPolicy, `${path}.restartPolicy`, ['Always', 'Never', 'OnFailure']))
  if ((rules?.length ?? 0) > 20) errors.push(tooMany(`${path}.restartPolicyRules`, rules?.length ?? 0, 20))
  rules?.forEach((rule, i) => {
    const at = `${path}.restartPolicyRules[${i}]`
    errors.push(...optionalOneOf(rule.action, `${at}.action`, ['Restart', 'RestartAllContainers']))
    if (!rule.exitCodes) errors.push(required(`${at}.exitCodes`, 'must be specified'))
    else {
      errors.push(...optionalOneOf(rule.exitCodes.operator, `${at}.exitCodes.operator`, ['In', 'NotIn']))
      const count = rule.exitCodes.values?.length ?? 0
      if (count > 255) errors.push(tooMany(`${at}.exitCodes.values`, count, 255))
    }
  })
  return errors
}

function validateContainer(container: Container, path: string, pod: PodContext): FieldError[] {
  const errors: FieldError[] = []
  errors.push(...(container.name ? check(container.name, `${path}.name`, isDNS1123Label) : [required(`${path}.name`)]))
  if (!container.image) errors.push(required(`${path}.image`))
  const termination = container.terminationMessagePolicy
  errors.push(
    ...(termination
      ? optionalOneOf(termination, `${path}.terminationMessagePolicy`, ['File', 'FallbackToLogsOnError'])
      : [required(`${path}.terminationMessagePolicy`)]),
  )
  errors.push(...validatePorts(container.ports, `${path}.ports`))
  errors.push(...validateEnv(container.env, `${path}.env`, pod))
  errors.push(...validateEnvFrom(container.envFrom, `${path}.envFrom`))
  errors.push(...validateMounts(container, `${path}.volumeMounts`, pod))
  errors.push(...validateDevices(container, `${path}.volumeDevices`, pod))
  errors.push(
    ...(container.imagePullPolicy
      ? optionalOneOf(container.imagePullPolicy, `${path}.imagePullPolicy`, ['Always', 'IfNotPresent', 'Never'])
      : [required(`${path}.imagePullPolicy`)]),
  )
  errors.push(...validateResourceRequirements(container.resources, pod.claims, `${path}.resources`))
  errors.push(...validateResizePolicy(container, `${path}.resizePolicy`, pod))
  errors.push(...validateSecurityContext(container.securityContext, `${path}.securityContext`, pod.hostUsers))
  return errors
}

function validateProbes(container: Container, path: string, pod: PodContext): FieldError[] {
  return [
    ...validateLifecycle(container.lifecycle, pod, `${path}.lifecycle`),
    ...validateProbe(container.livenessProbe, 'liveness', path),
    ...validateProbe(container.readinessProbe, 'readiness', path),
    ...validateProbe(container.startupProbe, 'startup', path),
  ]
}

export function validateContainers(pod: PodContext, path: string): FieldError[] {
  const containers = pod.spec.containers
  if (!containers?.length) return [required(path)]
  const errors: FieldError[] = []
  const names = new Set<string>()
  containers.forEach((container, i) => {
    const at = `${path}[${i}]`
    errors.push(...validateContainer(container, at, pod))
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    else names.add(container.name)
    errors.push(...validateProbes(container, at, pod))
    errors.push(...validateRestartPolicy(container, at))
  })
  return [...errors, ...hostPortConflicts(containers, path)]
}

export function validateInitContainers(pod: PodContext, path: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set(pod.spec.containers?.map((c) => c.name))
  pod.spec.initContainers?.forEach((container, i) => {
    const at = `${path}[${i}]`
    errors.push(...validateContainer(container, at, pod))
    errors.push(...validateRestartPolicy(container, at))
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    else if (container.name) names.add(container.name)
    errors.push(...hostPortConflicts([container], path))
    if (container.restartPolicy === 'Always') errors.push(...validateProbes(container, at, pod))
    else {
      for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
        if (container[field]) errors.push(forbidden(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always'))
      if (container.resizePolicy?.length)
        errors.push(
          invalid(
            `${at}.resizePolicy`,
            container.resizePolicy.map((p) => internalValue('ContainerResizePolicy', p)),
            'must not be set for init containers',
          ),
        )
    }
  })
  return errors
}

const forbiddenForEphemeral = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const
export function validateEphemeralContainers(pod: PodContext, path: string): FieldError[] {
  const errors: FieldError[] = []
  const others = new Set([...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])].map((c) => c.name))
  const names = new Set(others)
  pod.spec.ephemeralContainers?.forEach((container, i) => {
    const at = `${path}[${i}]`
    errors.push(...validateContainer(container, at, pod))
    errors.push(...validateImageForPod(container, at))
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    else names.add(container.name)
    if (container.targetContainerName && !others.has(container.targetContainerName))
      errors.push(notFound(`${at}.targetContainerName`, container.targetContainerName))
    for (const field of forbiddenForEphemeral) {
      const value = container[field]
      const set =
        value !== undefined &&
        (typeof value !== 'object' || Object.keys(value).length > 0 || field.endsWith('Probe') || field === 'lifecycle')
      if (set) errors.push(forbidden(`${at}.${field}`, 'cannot be set for an Ephemeral Container'))
    }
    container.volumeMounts?.forEach((mount, j) => {
      for (const field of ['subPath', 'subPathExpr'] as const)
        if (mount[field]) errors.push(forbidden(`${at}.volumeMounts[${j}].${field}`, 'cannot be set for an Ephemeral Container'))
    })
  })
  return errors
}

/** Pods are stricter about images than the templates they come from. */
export function validateImageForPod(container: Container, path: string): FieldError[] {
  const image = container.image ?? ''
  return image.trim() === image ? [] : [invalid(`${path}.image`, image, 'must not have leading or trailing whitespace')]
}

/** Containers, their environment, probes and mounts, and volumes: shared by pods and by the templates of workloads. */
import type { Container, ContainerStatus, Pod, PodSpec, Probe, Volume } from '../../api/types/core-v1.ts'
import { type DescribeWriter, timeText, writeAnnotations, writeLabels } from './writer.ts'

/** `space` is what stands before a container's name: templates indent by one more. */
export function writeContainers(
  w: DescribeWriter,
  title: string,
  containers: readonly Container[],
  statuses: readonly ContainerStatus[] | undefined,
  pod: Pod | undefined,
  space: string,
): void {
  w.line(0, `${space}${containers.length === 0 ? `${title}:\t<none>` : `${title}:`}`)
  for (const container of containers) {
    const status = statuses?.find((s) => s.name === container.name)
    const name = `${space}${pod ? '  ' : ' '}${container.name}:`
    w.line(0, name)
    writeContainer(w, container, status, pod, `${space}${space === '' ? '' : '  '}`)
  }
}

function writeContainer(
  w: DescribeWriter,
  container: Container,
  status: ContainerStatus | undefined,
  pod: Pod | undefined,
  _space: string,
): void {
  const line = (level: number, text: string) => w.line(level, text)
  if (status) line(2, `Container ID:\t${status.containerID ?? ''}`)
  line(2, `Image:\t${container.image ?? ''}`)
  if (status) line(2, `Image ID:\t${status.imageID ?? ''}`)
  const ports = container.ports ?? []
  const many = ports.length > 1 ? 's' : ''
  line(
    2,
    `Port${many}:\t${ports.map((p) => `${p.containerPort}/${p.protocol ?? 'TCP'}${p.name ? ` (${p.name})` : ''}`).join(', ') || '<none>'}`,
  )
  line(
    2,
    `Host Port${many}:\t${ports.map((p) => `${p.hostPort ?? 0}/${p.protocol ?? 'TCP'}${p.name ? ` (${p.name})` : ''}`).join(', ') || '<none>'}`,
  )
  if (container.securityContext?.seccompProfile) {
    line(2, `SeccompProfile:\t${container.securityContext.seccompProfile.type}`)
    if (container.securityContext.seccompProfile.type === 'Localhost')
      line(3, `LocalhostProfile:\t${container.securityContext.seccompProfile.localhostProfile}`)
  }
  writeWords(w, 'Command', container.command)
  writeWords(w, 'Args', container.args)
  if (status) {
    writeState(w, 'State', status.state)
    if (status.lastState?.terminated) writeState(w, 'Last State', status.lastState)
    line(2, `Ready:\t${status.ready ? 'True' : 'False'}`)
    line(2, `Restart Count:\t${status.restartCount ?? 0}`)
  }
  writeResources(w, 'Limits', container.resources?.limits)
  writeResources(w, 'Requests', container.resources?.requests)
  if (container.livenessProbe) line(2, `Liveness:\t${probeText(container.livenessProbe)}`)
  if (container.readinessProbe) line(2, `Readiness:\t${probeText(container.readinessProbe)}`)
  if (container.startupProbe) line(2, `Startup:\t${probeText(container.startupProbe)}`)
  writeEnvironment(w, container, pod)
  const mounts = [...(container.volumeMounts ?? [])].sort((a, b) => ((a.mountPath ?? '') < (b.mountPath ?? '') ? -1 : 1))
  line(2, mounts.length ? 'Mounts:' : 'Mounts:\t<none>')
  for (const mount of mounts) {
    const flags = [mount.readOnly ? 'ro' : 'rw', ...(mount.subPath ? [`path=${JSON.stringify(mount.subPath)}`] : [])]
    line(3, `${mount.mountPath} from ${mount.name} (${flags.join(',')})`)
  }
  if (container.volumeDevices?.length) {
    line(2, 'Devices:')
    for (const device of container.volumeDevices) line(3, `${device.devicePath} from ${device.name}`)
  }
}

function writeWords(w: DescribeWriter, title: string, words: readonly string[] | undefined): void {
  if (!words?.length) return
  w.line(2, `${title}:`)
  for (const word of words) for (const line of word.split('\n')) w.line(3, line)
}

function writeState(w: DescribeWriter, title: string, state: ContainerStatus['state']): void {
  if (state?.running) {
    w.line(2, `${title}:\tRunning`)
    w.line(3, `Started:\t${timeText(state.running.startedAt)}`)
  } else if (state?.terminated) {
    w.line(2, `${title}:\tTerminated`)
    if (state.terminated.reason) w.line(3, `Reason:\t${state.terminated.reason}`)
    if (state.terminated.message) w.line(3, `Message:\t${state.terminated.message}`)
    w.line(3, `Exit Code:\t${state.terminated.exitCode ?? 0}`)
    if (state.terminated.signal) w.line(3, `Signal:\t${state.terminated.signal}`)
    w.line(3, `Started:\t${timeText(state.terminated.startedAt)}`)
    w.line(3, `Finished:\t${timeText(state.terminated.finishedAt)}`)
  } else {
    w.line(2, `${title}:\tWaiting`)
    if (state?.waiting?.reason) w.line(3, `Reason:\t${state.waiting.reason}`)
  }
}

function writeResources(w: DescribeWriter, title: string, resources: Readonly<Record<string, string>> | undefined): void {
  const names = Object.keys(resources ?? {}).sort()
  if (names.length === 0) return
  w.line(2, `${title}:`)
  for (const name of names) w.line(3, `${name}:\t${resources?.[name]}`)
}

export function probeText(probe: Probe): string {
  const attributes = `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 0}s period=${probe.periodSeconds ?? 0}s #success=${probe.successThreshold ?? 0} #failure=${probe.failureThreshold ?? 0}`
  if (probe.exec) return `exec [${(probe.exec.command ?? []).join(' ')}] ${attributes}`
  if (probe.httpGet) {
    const { scheme = 'HTTP', host = '', port, path = '' } = probe.httpGet
    return `http-get ${scheme.toLowerCase()}://${host}:${port}${path.startsWith('/') ? path : `/${path}`} ${attributes}`
  }
  if (probe.tcpSocket) return `tcp-socket ${probe.tcpSocket.host ?? ''}:${probe.tcpSocket.port} ${attributes}`
  if (probe.grpc) return `grpc <pod>:${probe.grpc.port} ${probe.grpc.service ?? ''} ${attributes}`
  return `unknown ${attributes}`
}

const yes = (value: boolean | undefined): string => (value ? 'true' : 'false')

function writeEnvironment(w: DescribeWriter, container: Container, pod: Pod | undefined): void {
  const from = container.envFrom ?? []
  if (from.length > 0) {
    w.line(2, 'Environment Variables from:')
    for (const source of from) {
      const ref = source.configMapRef ?? source.secretRef
      const kind = source.configMapRef ? 'ConfigMap' : 'Secret'
      w.line(3, `${ref?.name ?? ''}\t${kind}${source.prefix ? ` with prefix '${source.prefix}'` : ''}\tOptional: ${yes(ref?.optional)}`)
    }
  }
  const env = container.env ?? []
  w.line(2, env.length ? 'Environment:' : 'Environment:\t<none>')
  for (const { name, value, valueFrom } of env) {
    if (!valueFrom) {
      ;(value ?? '').split('\n').forEach((line, i) => {
        w.line(3, i === 0 ? `${name}:\t${line}` : `\t${line}`)
      })
    } else if (valueFrom.fieldRef)
      w.line(
        3,
        `${name}:\t${pod ? fieldOf(pod, valueFrom.fieldRef.fieldPath ?? '') : ''} (${valueFrom.fieldRef.apiVersion ?? 'v1'}:${valueFrom.fieldRef.fieldPath})`,
      )
    else if (valueFrom.resourceFieldRef) {
      const { resource = '', divisor } = valueFrom.resourceFieldRef
      w.line(3, `${name}:\t${resourceValue(container, resource, divisor)} (${resource})`)
    } else if (valueFrom.secretKeyRef)
      w.line(
        3,
        `${name}:\t<set to the key '${valueFrom.secretKeyRef.key}' in secret '${valueFrom.secretKeyRef.name}'>\tOptional: ${yes(valueFrom.secretKeyRef.optional)}`,
      )
    else if (valueFrom.configMapKeyRef)
      w.line(
        3,
        `${name}:\t<set to the key '${valueFrom.configMapKeyRef.key}' of config map '${valueFrom.configMapKeyRef.name}'>\tOptional: ${yes(valueFrom.configMapKeyRef.optional)}`,
      )
  }
}

/** The downward API's fields, as far as a pod's object tells them. */
function fieldOf(pod: Pod, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path)
  if (keyed) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] as string] ?? ''
  let at: unknown = pod
  for (const part of path.split('.')) at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined
  return typeof at === 'string' ? at : ''
}

/** A container's own limit or request in units of the divisor. */
function resourceValue(container: Container, resource: string, divisor: string | undefined): string {
  const [what, name = ''] = resource.split(/\.(.*)/s) as [string, string?]
  const amount = container.resources?.[what as 'limits' | 'requests']?.[name]
  if (amount === undefined) return '0'
  const sizes: Readonly<Record<string, number>> = {
    n: 1e-9,
    u: 1e-6,
    m: 1e-3,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
  }
  const numberOf = (text: string): number => {
    const [, digits = '0', unit = ''] = /^([\d.]+)(\w*)$/.exec(text) ?? []
    return Number(digits) * (sizes[unit] ?? 1)
  }
  const by = divisor && divisor !== '0' ? numberOf(divisor) : 1
  return String(Math.ceil(numberOf(amount) / by))
}

// ---- volumes

type Row = readonly [label: string, value: string | number | boolean | undefined]

export function writeVolumes(w: DescribeWriter, volumes: readonly Volume[] | undefined, space: string): void {
  if (!volumes?.length) {
    w.line(0, `${space}Volumes:\t<none>`)
    return
  }
  w.line(0, `${space}Volumes:`)
  for (const volume of volumes) {
    w.line(0, `${space}${space === '' ? '  ' : ' '}${volume.name}:`)
    for (const [label, value] of volumeRows(volume)) w.line(2, `${label}:\t${value ?? ''}`)
  }
}

function volumeRows(v: Volume): Row[] {
  if (v.hostPath)
    return [
      ['Type', 'HostPath (bare host directory volume)'],
      ['Path', v.hostPath.path],
      ['HostPathType', v.hostPath.type ?? ''],
    ]
  if (v.emptyDir)
    return [
      ['Type', "EmptyDir (a temporary directory that shares a pod's lifetime)"],
      ['Medium', v.emptyDir.medium],
      ['SizeLimit', v.emptyDir.sizeLimit && v.emptyDir.sizeLimit !== '0' ? v.emptyDir.sizeLimit : '<unset>'],
    ]
  if (v.secret)
    return [
      ['Type', 'Secret (a volume populated by a Secret)'],
      ['SecretName', v.secret.secretName],
      ['Optional', v.secret.optional ?? false],
    ]
  if (v.configMap)
    return [
      ['Type', 'ConfigMap (a volume populated by a ConfigMap)'],
      ['Name', v.configMap.name],
      ['Optional', v.configMap.optional ?? false],
    ]
  if (v.persistentVolumeClaim)
    return [
      ['Type', 'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)'],
      ['ClaimName', v.persistentVolumeClaim.claimName],
      ['ReadOnly', v.persistentVolumeClaim.readOnly ?? false],
    ]
  if (v.projected) {
    const rows: Row[] = [['Type', 'Projected (a volume that contains injected data from multiple sources)']]
    for (const source of v.projected.sources ?? []) {
      if (source.secret)
        rows.push(
          ['SecretName', source.secret.name],
          ['SecretOptionalName', source.secret.optional === undefined ? '<nil>' : source.secret.optional],
        )
      if (source.downwardAPI) rows.push(['DownwardAPI', true])
      if (source.configMap) rows.push(['ConfigMapName', source.configMap.name], ['Optional', source.configMap.optional ?? false])
      if (source.serviceAccountToken) rows.push(['TokenExpirationSeconds', source.serviceAccountToken.expirationSeconds])
    }
    return rows
  }
  if (v.downwardAPI) {
    const rows: Row[] = [
      ['Type', 'DownwardAPI (a volume populated by information about the pod)'],
      ['Items', ''],
    ]
    for (const item of v.downwardAPI.items ?? [])
      rows.push([`  ${item.fieldRef?.fieldPath ?? item.resourceFieldRef?.resource} -> ${item.path}`, ''])
    return rows
  }
  if (v.nfs)
    return [
      ['Type', 'NFS (an NFS mount that lasts the lifetime of a pod)'],
      ['Server', v.nfs.server],
      ['Path', v.nfs.path],
      ['ReadOnly', v.nfs.readOnly ?? false],
    ]
  if (v.csi)
    return [
      ['Type', 'CSI (a Container Storage Interface (CSI) volume source)'],
      ['Driver', v.csi.driver],
      ['FSType', v.csi.fsType],
      ['ReadOnly', v.csi.readOnly ?? false],
    ]
  if (v.ephemeral) {
    const spec = v.ephemeral.volumeClaimTemplate?.spec
    return [
      ['Type', 'EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)'],
      ['StorageClass', spec?.storageClassName],
      ['Volume', spec?.volumeName],
      ['Capacity', spec?.resources?.requests?.storage],
      ['Access Modes', spec?.accessModes?.join(',')],
      ['VolumeMode', spec?.volumeMode],
    ]
  }
  return [['Type', '<unknown>']]
}

/** Node selectors and tolerations, each on lines of its own. */
export function writePlacement(w: DescribeWriter, spec: PodSpec | undefined, indent: string): void {
  writeLabels(w, spec?.nodeSelector, 'Node-Selectors', indent)
  const lines = (spec?.tolerations ?? []).map((t) => {
    const effect = t.effect ? `:${t.effect}` : ''
    const value = t.value ? `=${t.value}` : ''
    const op = t.operator === 'Exists' && !t.value ? (t.key ? ' op=Exists' : 'op=Exists') : ''
    const seconds = t.tolerationSeconds !== undefined ? ` for ${t.tolerationSeconds}s` : ''
    return `${t.key ?? ''}${value}${effect}${op}${seconds}`
  })
  lines.sort()
  w.column('Tolerations', lines, indent)
}

/** `Pod Template:` of a workload. */
export function writePodTemplate(
  w: DescribeWriter,
  template: { metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }; spec?: PodSpec } | undefined,
): void {
  w.line(0, 'Pod Template:')
  if (!template) {
    w.line(1, '<unset>')
    return
  }
  writeLabels(w, template.metadata?.labels, 'Labels', '  ')
  if (Object.keys(template.metadata?.annotations ?? {}).length > 0) writeAnnotations(w, template.metadata?.annotations, 'Annotations', '  ')
  const { spec } = template
  if (spec?.serviceAccountName) w.line(0, `  Service Account:\t${spec.serviceAccountName}`)
  if (spec?.initContainers?.length) writeContainers(w, 'Init Containers', spec.initContainers, undefined, undefined, '  ')
  writeContainers(w, 'Containers', spec?.containers ?? [], undefined, undefined, '  ')
  writeVolumes(w, spec?.volumes, '  ')
  if (spec?.priorityClassName) w.line(0, `  Priority Class Name:\t${spec.priorityClassName}`)
  writePlacement(w, spec, '  ')
}

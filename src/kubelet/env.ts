/** A container's environment (kubelet_pods.go makeEnvironmentVariables): services, envFrom, env, and $(VAR) references, in upstream's order. */
import { parseQuantity } from '../api/quantity.ts'
import type { ConfigMap, Container, Pod, Secret, Service } from '../api/types/core-v1.ts'
import type { KeyValue } from '../runtime/cri/types.ts'

export interface EnvSources {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>
  secret(namespace: string, name: string): Promise<Secret | undefined>
  services(namespace: string): readonly Service[]
}
export interface PodFacts {
  readonly podIPs: readonly string[]
  readonly hostIPs: readonly string[]
  readonly nodeName: string
  /** What an unset limit stands for. */
  readonly allocatable: Readonly<Record<string, string>>
}

/** The container cannot be made from its spec; shown as CreateContainerConfigError. */
export class ConfigError extends Error {}

export async function makeEnvironment(pod: Pod, container: Container, sources: EnvSources, facts: PodFacts): Promise<KeyValue[]> {
  const { namespace } = pod.metadata
  const result = new Map<string, string>()
  for (const from of container.envFrom ?? []) {
    const kind = from.configMapRef ? 'configmap' : 'secret'
    const ref = from.configMapRef ?? from.secretRef
    if (!ref) continue
    const object = from.configMapRef ? await sources.configMap(namespace, ref.name ?? '') : await sources.secret(namespace, ref.name ?? '')
    if (!object) {
      if (ref.optional) continue
      throw new ConfigError(`${kind} "${ref.name}" not found`)
    }
    const data = from.configMapRef ? ((object as ConfigMap).data ?? {}) : decodeSecret(object as Secret)
    for (const [key, value] of Object.entries(data)) result.set(`${from.prefix ?? ''}${key}`, value)
  }
  const serviceEnv = serviceVariables(
    sources.services(namespace),
    namespace === 'default' ? [] : sources.services('default').filter((s) => s.metadata.name === 'kubernetes'),
    pod.spec.enableServiceLinks !== false,
  )

  const expanded = new Map<string, string>()
  const look = (name: string) => expanded.get(name) ?? result.get(name) ?? serviceEnv.get(name)
  for (const variable of container.env ?? []) {
    let value: string | undefined
    if (variable.value !== undefined && variable.value !== '') value = expand(variable.value, look)
    else if (variable.valueFrom) {
      const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom
      if (fieldRef) value = fieldValue(pod, fieldRef.fieldPath, facts)
      else if (resourceFieldRef) {
        const of = resourceFieldRef.containerName
          ? [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])].find((c) => c.name === resourceFieldRef.containerName)
          : container
        if (!of) throw new ConfigError(`container ${resourceFieldRef.containerName} not found`)
        value = resourceValue(of, resourceFieldRef.resource, resourceFieldRef.divisor, facts.allocatable)
      } else if (configMapKeyRef || secretKeyRef) {
        const ref = (configMapKeyRef ?? secretKeyRef) as { name?: string; key: string; optional?: boolean }
        const name = ref.name ?? ''
        const object = configMapKeyRef ? await sources.configMap(namespace, name) : await sources.secret(namespace, name)
        if (!object) {
          if (ref.optional) continue
          throw new ConfigError(`${configMapKeyRef ? 'configmap' : 'secret'} "${name}" not found`)
        }
        const data: Readonly<Record<string, string>> = configMapKeyRef ? ((object as ConfigMap).data ?? {}) : decodeSecret(object as Secret)
        value = data[ref.key]
        if (value === undefined) {
          if (ref.optional) continue
          throw new ConfigError(`couldn't find key ${ref.key} in ${configMapKeyRef ? 'ConfigMap' : 'Secret'} ${namespace}/${name}`)
        }
      } else throw new ConfigError(`environment variable ${variable.name}: its source is not supported by this kubelet`)
    } else value = ''
    expanded.set(variable.name, value ?? '')
  }
  for (const [name, value] of expanded) result.set(name, value)
  for (const [name, value] of serviceEnv) if (!result.has(name)) result.set(name, value)
  return [...result].map(([key, value]) => ({ key, value }))
}

const decodeSecret = (secret: Secret): Record<string, string> =>
  Object.fromEntries(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]))

/** `$(VAR)` becomes its value, `$$(VAR)` a literal `$(VAR)`; what is unknown stays as written (third_party/forked/golang/expansion). */
export function expand(text: string, look: (name: string) => string | undefined): string {
  let out = ''
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '$' || at + 1 === text.length) {
      out += text[at]
      continue
    }
    const next = text[at + 1]
    if (next === '$') {
      out += '$'
      at++
    } else if (next === '(') {
      const end = text.indexOf(')', at + 2)
      if (end < 0) {
        out += '$('
        at++
      } else {
        const name = text.slice(at + 2, end)
        out += look(name) ?? `$(${name})`
        at = end
      }
    } else {
      out += `$${next}`
      at++
    }
  }
  return out
}

/** The downward API's fields (pkg/fieldpath, and what the kubelet adds). */
export function fieldValue(pod: Pod, path: string, facts: PodFacts): string {
  const subscript = /^metadata\.(annotations|labels)\['(.*)'\]$/.exec(path)
  if (subscript) return pod.metadata[subscript[1] as 'annotations' | 'labels']?.[subscript[2] as string] ?? ''
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name
    case 'metadata.namespace':
      return pod.metadata.namespace
    case 'metadata.uid':
      return pod.metadata.uid
    case 'metadata.labels':
      return formatMap(pod.metadata.labels)
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations)
    case 'spec.nodeName':
      return pod.spec.nodeName ?? facts.nodeName
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? ''
    case 'status.hostIP':
      return facts.hostIPs[0] ?? ''
    case 'status.hostIPs':
      return facts.hostIPs.join(',')
    case 'status.podIP':
      return facts.podIPs[0] ?? ''
    case 'status.podIPs':
      return facts.podIPs.join(',')
  }
  throw new ConfigError(`unsupported fieldPath: ${path}`)
}

const formatMap = (map: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n')

/** `limits.cpu` and so on, divided and rounded up; an unset limit is what the node can give. */
export function resourceValue(
  container: Container,
  resource: string,
  divisor: string | undefined,
  allocatable: Readonly<Record<string, string>>,
): string {
  const dot = resource.indexOf('.')
  const list = resource.slice(0, dot) as 'limits' | 'requests'
  const name = resource.slice(dot + 1)
  const value =
    container.resources?.[list]?.[name] ?? (list === 'limits' ? allocatable[name] : (container.resources?.limits?.[name] ?? '0')) ?? '0'
  const by = divisor === undefined || divisor === '' || parseQuantity(divisor).nano === 0n ? 1_000_000_000n : parseQuantity(divisor).nano
  const { nano } = parseQuantity(value)
  return String((nano + by - 1n) / by)
}

/** `NAME_SERVICE_HOST` and its kin, for services with an address (pkg/kubelet/envvars). */
export function serviceVariables(own: readonly Service[], master: readonly Service[], links: boolean): Map<string, string> {
  const found = new Map<string, string>()
  const wanted = [...master, ...own.filter((s) => links || (s.metadata.namespace === 'default' && s.metadata.name === 'kubernetes'))]
  for (const service of wanted) {
    const ip = service.spec.clusterIP
    if (!ip || ip === 'None' || service.spec.type === 'ExternalName') continue
    const ports = service.spec.ports ?? []
    const first = ports[0]
    if (!first) continue
    const prefix = variableName(service.metadata.name)
    const host = ip.includes(':') ? `[${ip}]` : ip
    found.set(`${prefix}_SERVICE_HOST`, ip)
    found.set(`${prefix}_SERVICE_PORT`, String(first.port))
    for (const port of ports) if (port.name) found.set(`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port))
    ports.forEach((port, index) => {
      const protocol = port.protocol ?? 'TCP'
      const url = `${protocol.toLowerCase()}://${host}:${port.port}`
      if (index === 0) found.set(`${prefix}_PORT`, url)
      const base = `${prefix}_PORT_${port.port}_${protocol}`
      found.set(base, url)
      found.set(`${base}_PROTO`, protocol.toLowerCase())
      found.set(`${base}_PORT`, String(port.port))
      found.set(`${base}_ADDR`, ip)
    })
  }
  return found
}
const variableName = (name: string): string => name.toUpperCase().replaceAll('-', '_')

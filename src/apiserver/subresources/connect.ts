/**
 * What goes through to a kubelet, a pod or a service: log, exec, attach, portforward and proxy (registry/core/pod/rest,
 * registry/core/node/rest, registry/core/service/proxy). Here is only found where to; the front joins the connections.
 */
import { newBadRequest, newNotFound, StatusError } from '../../api/errors.ts'
import type { Node, Pod, Service } from '../../api/types/core-v1.ts'
import type { EndpointSlice } from '../../api/types/discovery-v1.ts'
import { type FieldError, forbidden, invalid, newInvalid, notSupported } from '../../api/validation/field-error.ts'
import type { Answer, Call, ProxyTarget } from '../call.ts'
import type { ApiObject } from '../request.ts'
import { attributesOf, type Core, cacheOf, groupResourceOf, keyOf, readEntry } from '../rest/core.ts'
import { type Address, readyAddresses } from '../service-resolver.ts'
import { objectOf } from '../storage/entry.ts'

async function connectAdmission(core: Core, call: Call): Promise<void> {
  const attributes = attributesOf(call, 'CONNECT', call.info.name, {})
  const object = connectOptions(attributes.subresource?.kind ?? '', call.info.query)
  await core.admission.admit(object, undefined, attributes)
  await core.admission.validate(object, undefined, attributes)
}

/** What is asked of the connection, as an object: PodExecOptions and its kin. */
function connectOptions(kind: string, query: URLSearchParams): ApiObject {
  const options: Record<string, unknown> = {}
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name)
    if (name === 'command') options[name] = values
    else if (name === 'ports') options[name] = values.map(Number)
    else if (!['stdin', 'stdout', 'stderr', 'tty'].includes(name)) options[name] = values[0]
    else if (values[0] === 'true' || values[0] === '1') options[name] = true
  }
  return { kind, apiVersion: 'v1', ...options } as unknown as ApiObject
}

async function read<T>(core: Core, call: Call, resource: string, name: string): Promise<T> {
  const endpoint = core.endpoints.get('', 'v1', resource)
  const entry = endpoint && (await readEntry(core, endpoint, keyOf(endpoint, call.info.namespace, name)))
  if (!entry) throw newNotFound(endpoint ? groupResourceOf(endpoint) : { group: '', resource }, name)
  return objectOf(entry) as unknown as T
}

/** The container asked for, or the only one (or the one named by kubectl's annotation, as kubectl itself decides). */
function containerOf(pod: Pod, asked: string): string {
  const { containers, initContainers, ephemeralContainers } = pod.spec
  const name = pod.metadata.name as string
  if (asked === '') {
    if (containers?.length === 1) return containers[0]?.name as string
    const names = [...(initContainers ?? []), ...(containers ?? []), ...(ephemeralContainers ?? [])].map((c) => c.name)
    const init = initContainers?.length ? ` or one of the init containers: [${initContainers.map((c) => c.name).join(' ')}]` : ''
    throw newBadRequest(
      names.length === 0
        ? `a container name must be specified for pod ${name}`
        : `a container name must be specified for pod ${name}, choose one of: [${(containers ?? []).map((c) => c.name).join(' ')}]${init}`,
    )
  }
  const all = [...(containers ?? []), ...(initContainers ?? []), ...(ephemeralContainers ?? [])]
  if (!all.some((c) => c.name === asked)) throw newBadRequest(`container ${asked} is not valid for pod ${name}`)
  return asked
}

async function kubeletOf(core: Core, call: Call, nodeName: string): Promise<Pick<ProxyTarget, 'protocol' | 'host' | 'port' | 'kubelet'>> {
  const node = await read<Node>(core, call, 'nodes', nodeName)
  const addresses = node.status?.addresses ?? []
  for (const type of core.kubeletAddressTypes) {
    const found = addresses.find((a) => a.type === type)
    if (found)
      return { protocol: 'https:', host: found.address, port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port || 10250, kubelet: true }
  }
  throw new StatusError({ code: 500, message: `no preferred addresses found; known addresses: ${JSON.stringify(addresses)}` })
}

async function hostOf(core: Core, call: Call, pod: Pod) {
  if (!pod.spec.nodeName) throw newBadRequest(`pod ${pod.metadata.name} does not have a host assigned`)
  return kubeletOf(core, call, pod.spec.nodeName)
}

const logParameters = ['follow', 'limitBytes', 'previous', 'sinceSeconds', 'sinceTime', 'stream', 'tailLines', 'timestamps']

export async function log(core: Core, call: Call): Promise<Answer> {
  const { info } = call
  const pod = await read<Pod>(core, call, 'pods', info.name)
  const errors = validateLogOptions(info.query)
  if (errors.length > 0) throw newInvalid({ group: '', kind: 'PodLogOptions' }, info.name, errors)
  const container = containerOf(pod, info.query.get('container') ?? '')
  // Nobody has anything to tell of a pod that has no node yet.
  if (!pod.spec.nodeName) return { kind: 'bytes', status: 204, type: 'text/plain', bytes: Buffer.alloc(0) }
  const query = new URLSearchParams()
  for (const name of logParameters) if (info.query.has(name)) query.set(name, info.query.get(name) as string)
  const path = `/containerLogs/${info.namespace}/${info.name}/${container}${query.size > 0 ? `?${query}` : ''}`
  return { kind: 'proxy', proxy: { ...(await kubeletOf(core, call, pod.spec.nodeName)), path, errorsAsStatus: true } }
}

/** core/validation's ValidatePodLogOptions; a parameter that is no number is a bad request before. */
function validateLogOptions(query: URLSearchParams): FieldError[] {
  const numberOf = (name: string): number | undefined => {
    const text = query.get(name)
    if (text === null) return undefined
    if (!/^[+-]?\d+$/.test(text)) throw newBadRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
    return Number(text)
  }
  const [tailLines, limitBytes, sinceSeconds] = ['tailLines', 'limitBytes', 'sinceSeconds'].map(numberOf)
  const stream = query.get('stream') ?? 'All'
  const errors: FieldError[] = []
  const none = '<nil>' // field.NewPath("")
  if (tailLines !== undefined && tailLines < 0) errors.push(invalid('tailLines', tailLines, 'must be greater than or equal to 0'))
  if (limitBytes !== undefined && limitBytes < 1) errors.push(invalid('limitBytes', limitBytes, 'must be greater than 0'))
  if (sinceSeconds !== undefined && query.has('sinceTime'))
    errors.push(forbidden(none, 'at most one of `sinceTime` or `sinceSeconds` may be specified'))
  else if (sinceSeconds !== undefined && sinceSeconds < 1) errors.push(invalid('sinceSeconds', sinceSeconds, 'must be greater than 0'))
  if (!logStreams.includes(stream)) errors.push(notSupported('stream', stream, logStreams))
  if (stream !== 'All' && tailLines !== undefined)
    errors.push(forbidden(none, '`tailLines` and specific `stream` are mutually exclusive for now'))
  return errors
}
const logStreams = ['All', 'Stderr', 'Stdout']

/** The query of exec and attach as kubelets read it. */
function streamQuery({ info }: Call): URLSearchParams {
  const query = new URLSearchParams()
  const flag = (from: string, to: string) => {
    const value = info.query.get(from)
    if (value === 'true' || value === '1') query.set(to, '1')
  }
  flag('stdin', 'input')
  flag('stdout', 'output')
  flag('stderr', 'error')
  flag('tty', 'tty')
  if (!query.has('input') && !query.has('output') && !query.has('error'))
    throw newBadRequest('you must specify at least 1 of stdin, stdout, stderr')
  for (const word of info.query.getAll('command')) query.append('command', word)
  return query
}

const streamInto =
  (place: 'exec' | 'attach') =>
  async (core: Core, call: Call): Promise<Answer> => {
    const { info } = call
    const pod = await read<Pod>(core, call, 'pods', info.name)
    const container = containerOf(pod, info.query.get('container') ?? '')
    await connectAdmission(core, call)
    const path = `/${place}/${info.namespace}/${info.name}/${container}?${streamQuery(call)}`
    return { kind: 'proxy', proxy: { ...(await hostOf(core, call, pod)), path } }
  }
export const exec = streamInto('exec')
export const attach = streamInto('attach')

export async function portForward(core: Core, call: Call): Promise<Answer> {
  const { info } = call
  const pod = await read<Pod>(core, call, 'pods', info.name)
  await connectAdmission(core, call)
  const query = new URLSearchParams()
  for (const port of info.query.getAll('ports')) query.append('port', port)
  const path = `/portForward/${info.namespace}/${info.name}${query.size > 0 ? `?${query}` : ''}`
  return { kind: 'proxy', proxy: { ...(await hostOf(core, call, pod)), path } }
}

/** `[scheme:]name[:port]`, as the names of proxied pods, nodes and services are written. */
function splitName(text: string): { scheme: string; name: string; port: string } {
  const parts = text.split(':')
  if (parts.length === 1) return { scheme: '', name: text, port: '' }
  if (parts.length === 2) return { scheme: '', name: parts[0] as string, port: parts[1] as string }
  if (parts.length === 3 && ['http', 'https', ''].includes(parts[0] as string))
    return { scheme: parts[0] as string, name: parts[1] as string, port: parts[2] as string }
  throw newBadRequest(`invalid proxy request ${JSON.stringify(text)}`)
}

/** What stands behind `…/proxy` in the path, still encoded, with the query. */
function restOf({ request, info }: Call): string {
  const [path = '', ...query] = request.target.split('?')
  const depth = info.namespace ? 8 : 6
  return `/${path.split('/').slice(depth).join('/')}${query.length > 0 ? `?${query.join('?')}` : ''}`
}

const forwardedHeaders = ({ request }: Call): Record<string, string> => ({
  'x-forwarded-uri': (request.target.split('?')[0] as string) || '/',
  ...(request.credentials.remoteAddress ? { 'x-forwarded-for': request.credentials.remoteAddress } : {}),
})

/** No request may be led to the control plane's own machine by an object that somebody wrote. */
function checkAddress(host: string): void {
  if (/^(127\.|169\.254\.|0\.|::1$|fe80:)/i.test(host)) throw newBadRequest(`address not allowed`)
}

export async function podProxy(core: Core, call: Call): Promise<Answer> {
  const { scheme, name, port } = splitName(call.info.name)
  const pod = await read<Pod>(core, call, 'pods', name)
  await connectAdmission(core, call)
  const host = pod.status?.podIP
  if (!host) throw newBadRequest('address not allowed')
  checkAddress(host)
  const ports = pod.spec.containers?.flatMap((c) => c.ports ?? []) ?? []
  const number =
    port === '' ? (ports[0]?.containerPort ?? 80) : /^\d+$/.test(port) ? Number(port) : ports.find((p) => p.name === port)?.containerPort
  if (number === undefined) throw newBadRequest(`no port ${JSON.stringify(port)} in pod ${JSON.stringify(name)}`)
  return toward(call, scheme, host, number)
}

export async function serviceProxy(core: Core, call: Call): Promise<Answer> {
  const { scheme, name, port } = splitName(call.info.name)
  const service = await read<Service>(core, call, 'services', name)
  await connectAdmission(core, call)
  const ports = service.spec?.ports ?? []
  const wanted = port === '' && ports.length === 1 ? ports[0] : ports.find((p) => p.name === port || String(p.port) === port)
  const none = new StatusError({
    code: 503,
    reason: 'ServiceUnavailable',
    message: `no endpoints available for service ${JSON.stringify(call.info.name)}`,
  })
  if (!wanted)
    throw new StatusError({
      ...none.status,
      code: 503,
      message: `no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`,
    })
  const slices = core.endpoints.get('discovery.k8s.io', 'v1', 'endpointslices')
  if (!slices) throw none
  const cache = cacheOf(slices)
  if (!cache.loaded) await cache.load()
  const addresses: Address[] = []
  cache.scan(`${call.info.namespace}/`, (entry) => {
    const slice = objectOf(entry) as ApiObject & EndpointSlice
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== name) return
    addresses.push(...readyAddresses(slice, wanted.name ?? ''))
  })
  const chosen = addresses[Math.floor(Math.random() * addresses.length)]
  if (!chosen) throw none
  // The API's own Service is reached at this machine's address.
  if (name !== 'kubernetes') checkAddress(chosen.host)
  return toward(call, scheme, chosen.host, chosen.port)
}

export async function nodeProxy(core: Core, call: Call): Promise<Answer> {
  const { scheme, name, port } = splitName(call.info.name)
  await connectAdmission(core, call)
  const kubelet = await kubeletOf(core, call, name)
  if (port !== '' && Number(port) !== kubelet.port) {
    if (!/^\d+$/.test(port)) throw newBadRequest(`invalid port ${JSON.stringify(port)}`)
    return toward(call, scheme, kubelet.host, Number(port))
  }
  return { kind: 'proxy', proxy: { ...kubelet, path: restOf(call), headers: forwardedHeaders(call) } }
}

const toward = (call: Call, scheme: string, host: string, port: number): Answer => ({
  kind: 'proxy',
  proxy: {
    protocol: scheme === 'https' ? 'https:' : 'http:',
    host,
    port,
    path: restOf(call),
    headers: forwardedHeaders(call),
    kubelet: false,
  },
})

/** `kijabi kubelet`: the node agent by itself, with upstream's flags and KubeletConfiguration file. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { load as loadYaml } from 'js-yaml'
import { addQuantity, formatQuantity, quantityValue } from '../api/quantity.ts'
import type { Taint } from '../api/types/core-v1.ts'
import { createClient } from '../client/client.ts'
import { createHttpsTransport } from '../client/https-transport.ts'
import { createInformers } from '../client/informer.ts'
import { loadConnection } from '../client/kubeconfig.ts'
import type { Command, Invocation } from '../flags/command.ts'
import { parseDuration } from '../flags/flags.ts'
import { http } from '../http/node-http.ts'
import { readResolvConf } from '../linux/resolv-conf.ts'
import { logFlags, loggerOf } from '../log/flags.ts'
import { createCertificateAuthority, issueCertificate } from '../pki/index.ts'
import { connectCri } from './cri.ts'
import { createKubelet } from './kubelet.ts'
import { createKubeletServer } from './server.ts'

export const command: Command = {
  summary: 'The node agent: runs the pods that are bound to this node.',
  usage: 'kubelet [flags]',
  flags: {
    config: { type: 'string', doc: 'The path to a KubeletConfiguration file; flags override it.' },
    kubeconfig: { type: 'string', doc: 'The path to the kubeconfig file.' },
    'container-runtime-endpoint': { type: 'string', default: 'unix:///run/containerd/containerd.sock', doc: 'The CRI socket.' },
    'image-service-endpoint': { type: 'string', doc: 'The CRI socket for images, where it is another.' },
    'hostname-override': { type: 'string', doc: 'The node’s name, instead of the machine’s.' },
    'node-ip': { type: 'list', default: [], doc: 'The node’s addresses, the primary one first.' },
    'node-labels': { type: 'map', default: {}, doc: 'Labels to register the node with.' },
    'register-node': { type: 'bool', default: true, doc: 'Register the node with the API server.' },
    'register-with-taints': { type: 'list', default: [], doc: 'Taints to register the node with: key=value:effect.' },
    'pod-manifest-path': { type: 'string', doc: 'The folder of static pods’ manifests.' },
    'pod-cidr': { type: 'string', doc: 'The pods’ addresses, where the API does not give them.' },
    'root-dir': { type: 'string', default: '/var/lib/kubelet', doc: 'The folder for state.' },
    'pod-logs-dir': { type: 'string', default: '/var/log/pods', doc: 'The folder of containers’ logs.' },
    'cert-dir': { type: 'string', doc: 'Where a certificate that is not given is made. Default: pki below --root-dir.' },
    'tls-cert-file': { type: 'string', doc: 'The certificate to serve with.' },
    'tls-private-key-file': { type: 'string', doc: 'The key of --tls-cert-file.' },
    'client-ca-file': { type: 'string', doc: 'Clients with a certificate of this authority are who it says.' },
    'anonymous-auth': { type: 'bool', default: true, doc: 'Requests without credentials are made as system:anonymous.' },
    'authentication-token-webhook': { type: 'bool', doc: 'Ask the API server whose a bearer token is.' },
    'authorization-mode': { type: 'string', default: 'AlwaysAllow', value: 'mode', doc: 'AlwaysAllow, or Webhook to ask the API server.' },
    address: { type: 'string', default: '0.0.0.0', doc: 'The address to serve on.' },
    port: { type: 'int', default: 10250, doc: 'The port to serve on.' },
    'healthz-bind-address': { type: 'string', default: '127.0.0.1', doc: 'Where health is asked without TLS.' },
    'healthz-port': { type: 'int', default: 10248, doc: 'The port for that; 0 for none.' },
    'cluster-dns': { type: 'list', default: [], doc: 'The name servers of pods.' },
    'cluster-domain': { type: 'string', default: 'cluster.local', doc: 'The domain of the cluster’s names.' },
    'resolv-conf': { type: 'string', default: '/etc/resolv.conf', doc: 'The resolver settings of pods that do not use the cluster’s.' },
    'max-pods': { type: 'int', default: 110, doc: 'How many pods the node takes.' },
    'pod-max-pids': { type: 'int', default: -1, doc: 'How many processes a pod may have; below 1 any number.' },
    'kube-reserved': { type: 'map', default: {}, doc: 'Resources kept for Kubernetes: cpu=200m,memory=500Mi.' },
    'system-reserved': { type: 'map', default: {}, doc: 'Resources kept for the system.' },
    'container-log-max-size': { type: 'string', default: '10Mi', doc: 'How large a container’s log grows before it is rotated.' },
    'container-log-max-files': { type: 'int', default: 5, doc: 'How many files of a container’s log are kept.' },
    'image-gc-high-threshold': { type: 'int', default: 85, doc: 'The percent of disk usage above which unused images are removed.' },
    'image-gc-low-threshold': { type: 'int', default: 80, doc: 'The percent of disk usage down to which they are removed.' },
    'minimum-image-ttl-duration': { type: 'duration', default: 120_000, doc: 'How old an unused image is at least when it is removed.' },
    ...logFlags,
    'cgroup-root': { type: 'string', doc: 'The cgroup below which pods are.' },
  },
  run,
}

interface KubeletConfiguration {
  readonly staticPodPath?: string
  readonly containerRuntimeEndpoint?: string
  readonly imageServiceEndpoint?: string
  readonly address?: string
  readonly port?: number
  readonly tlsCertFile?: string
  readonly tlsPrivateKeyFile?: string
  readonly authentication?: {
    readonly x509?: { readonly clientCAFile?: string }
    readonly webhook?: { readonly enabled?: boolean }
    readonly anonymous?: { readonly enabled?: boolean }
  }
  readonly authorization?: { readonly mode?: string }
  readonly healthzBindAddress?: string
  readonly healthzPort?: number
  readonly clusterDNS?: string[]
  readonly clusterDomain?: string
  readonly resolvConf?: string
  readonly maxPods?: number
  readonly podPidsLimit?: number
  readonly podCIDR?: string
  readonly kubeReserved?: Record<string, string>
  readonly systemReserved?: Record<string, string>
  readonly cgroupRoot?: string
  readonly podLogsDir?: string
  readonly registerNode?: boolean
  readonly registerWithTaints?: Taint[]
  readonly nodeLeaseDurationSeconds?: number
  readonly containerLogMaxSize?: string
  readonly containerLogMaxFiles?: number
  readonly imageGCHighThresholdPercent?: number
  readonly imageGCLowThresholdPercent?: number
  readonly imageMinimumGCAge?: string
}

async function run(invocation: Invocation): Promise<number> {
  const { values, given, signal } = invocation
  const log = loggerOf('kubelet', invocation)
  const file = values['config'] ? (loadYaml(readFileSync(values['config'] as string, 'utf8')) as KubeletConfiguration) : {}
  const pick = <T>(flag: string, configured: T | undefined): T =>
    given.has(flag) || configured === undefined ? (values[flag] as T) : configured
  const nodeName = ((values['hostname-override'] as string) || hostname()).toLowerCase()
  const nodeIPs = (values['node-ip'] as string[]).length > 0 ? (values['node-ip'] as string[]) : [primaryAddress()]
  const rootFolder = values['root-dir'] as string
  mkdirSync(rootFolder, { recursive: true, mode: 0o750 })

  const transport = createHttpsTransport(loadConnection({ kubeconfig: values['kubeconfig'] as string }), { userAgent: 'kubelet' })
  const client = createClient(transport)
  const informers = createInformers(client, { log })
  const cri = connectCri(
    pick('container-runtime-endpoint', file.containerRuntimeEndpoint),
    pick('image-service-endpoint', file.imageServiceEndpoint) || pick('container-runtime-endpoint', file.containerRuntimeEndpoint),
  )
  const manifestFolder = pick('pod-manifest-path', file.staticPodPath)
  const port = pick('port', file.port)
  const kubelet = await createKubelet(
    { cri, client, informers, log },
    {
      nodeName,
      nodeIPs,
      rootFolder,
      podLogsFolder: pick('pod-logs-dir', file.podLogsDir),
      ...(manifestFolder ? { manifestFolder } : {}),
      clusterDNS: pick('cluster-dns', file.clusterDNS),
      clusterDomain: pick('cluster-domain', file.clusterDomain),
      hostDNS: readResolvConf(pick('resolv-conf', file.resolvConf)),
      labels: values['node-labels'] as Record<string, string>,
      taints: given.has('register-with-taints')
        ? (values['register-with-taints'] as string[]).map(parseTaint)
        : (file.registerWithTaints ?? []),
      maxPods: pick('max-pods', file.maxPods),
      podPidsLimit: pick('pod-max-pids', file.podPidsLimit),
      reserved: sumReserved(pick('kube-reserved', file.kubeReserved), pick('system-reserved', file.systemReserved)),
      port,
      cgroupRoot: pick('cgroup-root', file.cgroupRoot),
      ...(pick('pod-cidr', file.podCIDR) ? { podCIDR: pick('pod-cidr', file.podCIDR) } : {}),
      registerNode: pick('register-node', file.registerNode),
      ...(file.nodeLeaseDurationSeconds === undefined ? {} : { leaseSeconds: file.nodeLeaseDurationSeconds }),
      containerLogs: logRotation(
        pick('container-log-max-size', file.containerLogMaxSize),
        pick('container-log-max-files', file.containerLogMaxFiles),
      ),
      imageGc: imageGc(
        pick('image-gc-high-threshold', file.imageGCHighThresholdPercent),
        pick('image-gc-low-threshold', file.imageGCLowThresholdPercent),
        pick('minimum-image-ttl-duration', duration('imageMinimumGCAge', file.imageMinimumGCAge)),
      ),
    },
  )
  const clientCA = pick('client-ca-file', file.authentication?.x509?.clientCAFile)
  const server = await createKubeletServer(
    { kubelet, cri, client, log },
    {
      address: pick('address', file.address),
      port,
      certificate: servingCertificate(
        pick('tls-cert-file', file.tlsCertFile),
        pick('tls-private-key-file', file.tlsPrivateKeyFile),
        (values['cert-dir'] as string) || join(rootFolder, 'pki'),
        [nodeName, ...nodeIPs],
      ),
      ...(clientCA ? { clientCA: readFileSync(clientCA, 'utf8') } : {}),
      anonymous: pick('anonymous-auth', file.authentication?.anonymous?.enabled),
      tokenWebhook: pick('authentication-token-webhook', file.authentication?.webhook?.enabled),
      authorization: pick('authorization-mode', file.authorization?.mode) === 'Webhook' ? 'Webhook' : 'AlwaysAllow',
    },
  )
  const healthPort = pick('healthz-port', file.healthzPort)
  const health = http.createServer((request, response) => {
    if (request.url === '/healthz') response.end('ok')
    else response.writeHead(404).end('404 page not found\n')
  })
  if (healthPort)
    await new Promise<void>((done, fail) =>
      health.once('error', fail).listen(healthPort, pick('healthz-bind-address', file.healthzBindAddress), done),
    )
  informers.start()
  log.info('started', { nodeName, nodeIPs, port })
  await new Promise<void>((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
  health.close()
  await server.close()
  await kubelet.stop()
  informers.stop()
  cri.close()
  transport.close()
  return 0
}

function logRotation(maxSize: string, maxFiles: number) {
  if (maxFiles <= 1)
    throw new Error(`invalid configuration: containerLogMaxFiles (--container-log-max-files) ${maxFiles} must be greater than 1`)
  return { maxBytes: quantityValue(maxSize), maxFiles }
}

function duration(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms === undefined) throw new Error(`invalid configuration: ${field}: invalid duration ${JSON.stringify(text)}`)
  return ms
}

function imageGc(highPercent: number, lowPercent: number, minimumAgeMs: number) {
  for (const [name, percent] of [
    ['high', highPercent],
    ['low', lowPercent],
  ] as const)
    if (!(percent >= 0 && percent <= 100))
      throw new Error(`invalid configuration: the ${name} threshold of image garbage collection, ${percent}, must be between 0 and 100`)
  if (lowPercent >= highPercent)
    throw new Error(
      `invalid configuration: imageGCLowThresholdPercent (--image-gc-low-threshold) ${lowPercent} must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) ${highPercent}`,
    )
  return { highPercent, lowPercent, minimumAgeMs }
}

/** `key=value:NoSchedule`, `key:NoSchedule`. */
export function parseTaint(text: string): Taint {
  const match = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(text)
  if (!match) throw new Error(`invalid taint spec: ${text}`)
  return { key: match[1] as string, ...(match[2] ? { value: match[2] } : {}), effect: match[3] as Taint['effect'] }
}

/** The address of the interface with the default route, as upstream finds it; loopback on a machine without one. */
function primaryAddress(): string {
  const routes = readFileSync('/proc/net/route', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
  const device = routes.find(([, destination]) => destination === '00000000')?.[0]
  const found = device ? networkInterfaces()[device]?.find((a) => a.family === 'IPv4') : undefined
  return found?.address ?? '127.0.0.1'
}

function sumReserved(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => [
      name,
      a[name] && b[name] ? formatQuantity(addQuantity(a[name], b[name])) : ((a[name] ?? b[name]) as string),
    ]),
  )
}

/** Given, or made and kept: self-signed, as upstream's kubelet does without a signer. */
function servingCertificate(
  certFile: string,
  keyFile: string,
  folder: string,
  hosts: readonly string[],
): { certificate: string; key: string } {
  if (certFile && keyFile) return { certificate: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
  const made = issueCertificate(createCertificateAuthority(`${hosts[0]}-ca@${Math.floor(Date.now() / 1000)}`), {
    commonName: `${hosts[0]}`,
    hosts,
    usages: ['server'],
  })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'kubelet.crt'), made.certificate)
  writeFileSync(join(folder, 'kubelet.key'), made.key, { mode: 0o600 })
  return made
}

/** `kijabi kubelet`: the node agent by itself, with upstream's flags and KubeletConfiguration file. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { Taint } from '../api/types/core-v1.ts'
import { createClient } from '../client/client.ts'
import { createHttpsTransport } from '../client/https-transport.ts'
import { createInformers } from '../client/informer.ts'
import { loadConnection } from '../client/kubeconfig.ts'
import type { Command, Invocation } from '../flags/command.ts'
import { http } from '../http/node-http.ts'
import { readResolvConf } from '../linux/resolv-conf.ts'
import { logFlags, loggerOf } from '../log/flags.ts'
import { createCertificateAuthority, issueCertificate } from '../pki/index.ts'
import { configurationFlags, type KubeletConfiguration, loadConfiguration } from './configuration.ts'
import { connectCri } from './cri.ts'
import { createKubelet } from './kubelet.ts'
import type { ServerDeps } from './server/routes.ts'
import { createKubeletServer, type KubeletServer } from './server/server.ts'

export const command: Command = {
  summary: 'The node agent: runs the pods that are bound to this node.',
  usage: 'kubelet [flags]',
  flags: {
    config: { type: 'string', doc: 'The path to a KubeletConfiguration file; flags override it.' },
    kubeconfig: { type: 'string', doc: 'The path to the kubeconfig file.' },
    'hostname-override': { type: 'string', doc: 'The node’s name, instead of the machine’s.' },
    'node-ip': { type: 'list', default: [], doc: 'The node’s addresses, the primary one first.' },
    'node-labels': { type: 'map', default: {}, doc: 'Labels to register the node with.' },
    'register-with-taints': { type: 'list', default: [], doc: 'Taints to register the node with: key=value:effect.' },
    'root-dir': { type: 'string', default: '/var/lib/kubelet', doc: 'The folder for state.' },
    'cert-dir': { type: 'string', doc: 'Where a certificate that is not given is made. Default: pki below --root-dir.' },
    'process-logs': {
      type: 'map',
      default: {},
      doc: 'The logs of components that run as processes, by name: their pods are asked for them.',
    },
    ...configurationFlags,
    v: logFlags.v,
  },
  run,
}

async function run(invocation: Invocation): Promise<number> {
  const { values, given, signal } = invocation
  const configuration = loadConfiguration((values['config'] as string) || undefined, invocation, loggerOf('kubelet', invocation))
  const log = loggerOf('kubelet', { ...invocation, values: { ...values, 'logging-format': configuration['logging.format'] } })
  refuseMachine(configuration)
  const nodeName = ((values['hostname-override'] as string) || hostname()).toLowerCase()
  const nodeIPs = (values['node-ip'] as string[]).length > 0 ? (values['node-ip'] as string[]) : [primaryAddress()]
  const rootFolder = values['root-dir'] as string
  mkdirSync(rootFolder, { recursive: true, mode: 0o750 })

  const transport = createHttpsTransport(loadConnection({ kubeconfig: values['kubeconfig'] as string }), { userAgent: 'kubelet' })
  const client = createClient(transport)
  const informers = createInformers(client, { log })
  const { containerRuntimeEndpoint, imageServiceEndpoint } = configuration
  const cri = connectCri(containerRuntimeEndpoint, imageServiceEndpoint || containerRuntimeEndpoint)
  const kubelet = await createKubelet(
    { cri, client, informers, log },
    {
      nodeName,
      nodeIPs,
      rootFolder,
      configuration,
      hostDNS: readResolvConf(configuration.resolvConf),
      labels: values['node-labels'] as Record<string, string>,
      ...(given.has('register-with-taints') ? { taints: (values['register-with-taints'] as string[]).map(parseTaint) } : {}),
      processLogs: values['process-logs'] as Record<string, string>,
    },
  )
  const certFolder = (values['cert-dir'] as string) || join(rootFolder, 'pki')
  const server = configuration.enableServer
    ? await serve({ kubelet, cri, client, log, configuration }, certFolder, [nodeName, ...nodeIPs])
    : undefined
  const health = await serveHealth(configuration)
  informers.start()
  log.info('started', { nodeName, nodeIPs, port: configuration.port })
  await new Promise<void>((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
  health?.close()
  await server?.close()
  await kubelet.stop()
  informers.stop()
  cri.close()
  transport.close()
  return 0
}

/** What the configuration says that this kubelet must not run on. */
function refuseMachine({ failSwapOn, failCgroupV1 }: KubeletConfiguration): void {
  const swaps = readFileSync('/proc/swaps', 'utf8').trim().split('\n').slice(1)
  if (failSwapOn && swaps.length > 0)
    throw new Error(
      `running with swap on is not supported, please disable swap or set --fail-swap-on flag to false: ${swaps.map((line) => line.split(/\s/)[0]).join(', ')}`,
    )
  if (failCgroupV1 && !existsSync('/sys/fs/cgroup/cgroup.controllers'))
    throw new Error('kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is in maintenance mode')
}

async function serve(deps: ServerDeps, certFolder: string, hosts: readonly string[]): Promise<KubeletServer> {
  const { configuration: c } = deps
  const clientCA = c['authentication.x509.clientCAFile']
  return createKubeletServer(deps, {
    address: c.address,
    port: c.port,
    certificate: servingCertificate(c.tlsCertFile, c.tlsPrivateKeyFile, certFolder, hosts),
    debugging: c.enableDebuggingHandlers,
    ...(clientCA ? { clientCA: readFileSync(clientCA, 'utf8') } : {}),
    anonymous: c['authentication.anonymous.enabled'],
    tokenWebhook: c['authentication.webhook.enabled'],
    cacheMs: c['authentication.webhook.cacheTTL'],
    authorization: c['authorization.mode'] === 'Webhook' ? 'Webhook' : 'AlwaysAllow',
    allowedCacheMs: c['authorization.webhook.cacheAuthorizedTTL'],
    deniedCacheMs: c['authorization.webhook.cacheUnauthorizedTTL'],
  })
}

/** Health without TLS, for whoever looks after the process. */
async function serveHealth({ healthzPort, healthzBindAddress }: KubeletConfiguration): Promise<Server | undefined> {
  if (healthzPort === 0) return undefined
  const server = http.createServer((request, response) => {
    if (request.url === '/healthz') response.end('ok')
    else response.writeHead(404).end('404 page not found\n')
  })
  await new Promise<void>((done, fail) => server.once('error', fail).listen(healthzPort, healthzBindAddress, done))
  return server
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

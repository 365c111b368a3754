/** `kijabi kube-apiserver`: the server as a program, with upstream's flags. */
import { readFileSync } from 'node:fs'
import type { Command } from '../flags/command.ts'
import { checkFixedFlags } from '../flags/fixed-flags.ts'
import type { FlagValues } from '../flags/flags.ts'
import { giveBackPages } from '../linux/memory.ts'
import { loggerOf } from '../log/flags.ts'
import type { Logger } from '../log/log.ts'
import { createMetrics } from '../metrics/metrics.ts'
import type { Store } from '../store/store.ts'
import { createAccess } from './access.ts'
import { accessOptions } from './access-flags.ts'
import type { AggregatorOptions } from './aggregator/index.ts'
import { type ApiServer, type ApiServerOptions, createApiServer } from './api-server.ts'
import { openEncryption } from './encryption/encryption.ts'
import { createEncryptedStore } from './encryption/store.ts'
import { fixedFlags } from './fixed-flags.ts'
import { flags } from './flags.ts'
import { parseNodePortRange } from './registry/node-ports.ts'
import { machineAddresses, servingCertificate } from './serving-certificates.ts'

type Values = FlagValues<typeof flags>

export const command: Command = {
  summary: 'The API server',
  usage: 'kube-apiserver [flags]',
  flags,
  async run(invocation) {
    const { values, signal } = invocation
    const log = loggerOf('kube-apiserver', invocation)
    const running = await startApiServer(values, log)
    try {
      await running.server.ready
      log.info('ready')
    } catch (error) {
      await running.close()
      throw error
    }
    if (process.platform === 'linux') giveBackPages()
    if (!signal.aborted) await new Promise<void>((stop) => signal.addEventListener('abort', () => stop(), { once: true }))
    log.info('shutting down')
    await running.close()
    return 0
  },
}

export interface RunningApiServer {
  readonly server: ApiServer
  /** As the disk has it: what is encrypted at rest is sealed here. */
  readonly store: Store
  close(): Promise<void>
}

/** The server that the flags describe, listening; `given` are parsed values of `flags`. The control plane's process starts it so too. */
export async function startApiServer(
  given: Readonly<Record<string, unknown>>,
  log: Logger,
  options: Pick<ApiServerOptions, 'componentPorts'> = {},
): Promise<RunningApiServer> {
  const values = given as unknown as Values
  checkFixedFlags(fixedFlags, values)
  const plain = await openStore(values)
  const encryption = values['encryption-provider-config']
  const metrics = createMetrics()
  const reload = values['encryption-provider-config-automatic-reload']
  const sealing = encryption ? await openEncryption(encryption, reload, log, metrics) : undefined
  const store = sealing ? createEncryptedStore(plain, sealing.transformerOf) : plain
  const host = values['bind-address']
  const advertised = values['advertise-address'] || (isLoopbackOrUnspecified(host) ? (machineAddresses()[0] ?? host) : host)
  const pair = servingCertificate({
    certFile: values['tls-cert-file'],
    keyFile: values['tls-private-key-file'],
    certDir: values['cert-dir'],
    hosts: [advertised],
  })
  const access = await accessOptions(values, { host: advertised, port: values['secure-port'] }, log)
  const serviceRanges = values['service-cluster-ip-range'].split(',')
  const server = await createApiServer(
    {
      store,
      log,
      metrics,
      access: (parts) => createAccess(parts, access),
      ...(sealing ? { checks: sealing.checks } : {}),
    },
    {
      listen: {
        host,
        port: values['secure-port'],
        http2: !values['disable-http2-serving'],
        maxStreams: values['http2-max-streams-per-connection'],
        ...pair,
        ...(access.clientCa || access.frontProxy
          ? { clientCa: [access.clientCa, access.frontProxy?.ca].filter((pem) => pem !== undefined) }
          : {}),
        ...kubeletClient(values),
      },
      advertise: { host: advertised, port: values['secure-port'], serviceRanges, nodePort: values['kubernetes-service-node-port'] },
      services: {
        serviceClusterIPRanges: serviceRanges,
        nodePortRange: parseNodePortRange(values['service-node-port-range']),
        eventTtlSeconds: Math.ceil(values['event-ttl'] / 1000),
        allowPrivileged: values['allow-privileged'],
      },
      leaseReuseSeconds: values['lease-reuse-duration-seconds'],
      minRequestTimeoutMs: values['min-request-timeout'] * 1000,
      kubeletAddressTypes: values['kubelet-preferred-address-types'],
      profiling: values.profiling,
      aggregator: { ...proxyClient(values), endpointRouting: values['enable-aggregator-routing'] },
      ...options,
      requestTimeoutMs: values['request-timeout'],
      compactionIntervalMs: values['etcd-compaction-interval'],
    },
  )
  log.info('serving', { address: `${host}:${server.http?.address.port}` })
  return {
    server,
    store: plain,
    async close() {
      await server.close()
      await access.audit?.close()
      sealing?.close()
      await store.close()
    },
  }
}

async function openStore(values: Values): Promise<Store> {
  if (values['etcd-servers'].length === 0) {
    const { openEmbeddedStore } = await import('../store/embedded.ts')
    return openEmbeddedStore({ dataDir: values['data-dir'] })
  }
  const prefix = values['etcd-prefix']
  if (!prefix.endsWith('/registry')) throw new Error('--etcd-prefix must end in /registry')
  const file = (name: 'etcd-cafile' | 'etcd-certfile' | 'etcd-keyfile') => (values[name] ? readFileSync(values[name]) : undefined)
  const [ca, cert, key] = [file('etcd-cafile'), file('etcd-certfile'), file('etcd-keyfile')]
  const { openEtcdStore } = await import('../store/etcd.ts')
  return openEtcdStore({
    endpoints: values['etcd-servers'],
    prefix: prefix.slice(0, -'/registry'.length),
    ...(ca || cert ? { tls: { ...(ca ? { ca } : {}), ...(cert && key ? { cert, key } : {}) } } : {}),
  })
}

const isLoopbackOrUnspecified = (host: string): boolean => /^(0\.0\.0\.0|::|127\..*|::1|localhost)$/.test(host)

function proxyClient(values: Values): Pick<AggregatorOptions, 'proxyClient'> {
  const certificate = values['proxy-client-cert-file']
  const key = values['proxy-client-key-file']
  if (!certificate || !key) return {}
  return { proxyClient: { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') } }
}

function kubeletClient(values: Values): object {
  const certificate = values['kubelet-client-certificate']
  const key = values['kubelet-client-key']
  const ca = values['kubelet-certificate-authority']
  if (!certificate || !key) return {}
  return {
    kubeletClient: {
      certificate: readFileSync(certificate, 'utf8'),
      key: readFileSync(key, 'utf8'),
      ...(ca ? { ca: readFileSync(ca, 'utf8') } : {}),
    },
  }
}

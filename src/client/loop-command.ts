/**
 * What the commands of kube-controller-manager and kube-scheduler have in common: the connection, leader election, and
 * a server for health and metrics beside the loops.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { ConfigMap } from '../api/types/core-v1.ts'
import type { Invocation } from '../flags/command.ts'
import { checkFixedFlags, one } from '../flags/fixed-flags.ts'
import type { FlagTable, ParsedFlags } from '../flags/flags.ts'
import { createComponentServer } from '../http/component-server.ts'
import { type FrontProxyOptions, frontProxyFlags, frontProxyFrom, frontProxyOf } from '../http/front-proxy.ts'
import type { HealthCheck } from '../http/health.ts'
import { logFlags } from '../log/flags.ts'
import type { Logger } from '../log/log.ts'
import { createHealthMetrics } from '../metrics/health.ts'
import { createMetrics, type MetricsRegistry } from '../metrics/metrics.ts'
import { addProcessMetrics } from '../metrics/process.ts'
import { type Client, createClient } from './client.ts'
import { systemClock } from './clock.ts'
import { createAccessGate, createAccessReviews, createCertificateCallers, createTokenReviews, type Trust } from './delegated-access.ts'
import { createHttpsTransport } from './https-transport.ts'
import { createInformers, type Informers } from './informer.ts'
import { type Connection, inClusterConnection, loadConnection } from './kubeconfig.ts'
import { type LeaderElectionOptions, leaseTimes } from './leader-election.ts'
import { createRequestMetrics } from './request-metrics.ts'
import type { Transport } from './transport.ts'

/** The lease that one of several processes works under. */
export type LeaseTerms = Pick<
  LeaderElectionOptions,
  'namespace' | 'name' | 'identity' | 'leaseDurationMs' | 'renewDeadlineMs' | 'retryPeriodMs'
>

/** Loops of a process that may wait for a lease. */
export interface Loops {
  /** Begins: to work, or behind leader election to wait for the lease. */
  start(): Promise<void>
  /** Resolves when the last work has ended. */
  stop(): Promise<void>
  /** Resolves when the lease was lost. Never resolves otherwise. */
  readonly lost: Promise<void>
  readonly metrics: MetricsRegistry
  /** What `/healthz` goes by; absent: who can answer is well. */
  readonly checks?: () => readonly HealthCheck[]
  /** What `/metrics/resources` answers. */
  readonly resourceMetrics?: MetricsRegistry
  /** What `/configz` answers. */
  readonly configz?: () => object
}
export type RunningLoops = Pick<Loops, 'lost' | 'stop'>

/** Those of upstream that hardened clusters give, and that are always so here. */
const fixedFlags: FlagTable = {
  'contention-profiling': one('bool', false, 'one thread contends with nobody'),
  'feature-gates': one('map', {}, 'what is on by default is built in, and nothing else is there'),
  'permit-address-sharing': one('bool', false, 'the port is this process’s own'),
  'permit-port-sharing': one('bool', false, 'the port is this process’s own'),
  profiling: one('bool', false, 'no profiles are served'),
  'show-hidden-metrics-for-version': one('string', '', 'no metric is hidden'),
  'tls-cipher-suites': one('list', [], 'strong suites alone are offered'),
  'tls-min-version': one('string', 'VersionTLS12', 'older ones are broken'),
}

export function loopFlags(name: string, securePort: number): FlagTable {
  return {
    kubeconfig: { type: 'string', doc: 'The kubeconfig of the API server; without one, the pod’s service account.' },
    master: { type: 'string', doc: 'The API server’s address, over what the kubeconfig says.' },
    'leader-elect': { type: 'bool', default: true, doc: 'Wait for the lease before working.' },
    'leader-elect-lease-duration': { type: 'duration', default: 15_000, doc: 'How long a lease that is not renewed is respected.' },
    'leader-elect-renew-deadline': { type: 'duration', default: 10_000, doc: 'How long the leader tries to renew before it gives up.' },
    'leader-elect-retry-period': { type: 'duration', default: 2_000, doc: 'The pause between tries.' },
    'leader-elect-resource-name': { type: 'string', default: name, doc: 'The lease’s name.' },
    'leader-elect-resource-namespace': { type: 'string', default: 'kube-system', doc: 'The lease’s namespace.' },
    'bind-address': { type: 'string', default: '0.0.0.0', doc: 'Where health and metrics are served.' },
    'secure-port': { type: 'int', default: securePort, doc: 'The port for health and metrics; 0 serves none.' },
    'tls-cert-file': { type: 'string', doc: 'The certificate for that port; without one, a certificate is made for each start.' },
    'tls-private-key-file': { type: 'string', doc: 'Its key.' },
    'client-ca-file': { type: 'string', doc: 'The authority whose client certificates name who asks.' },
    ...frontProxyFlags,
    ...withDefault('requestheader-username-headers', 'x-remote-user'),
    ...withDefault('requestheader-group-headers', 'x-remote-group'),
    ...withDefault('requestheader-extra-headers-prefix', 'x-remote-extra-'),
    'authentication-kubeconfig': {
      type: 'string',
      doc: 'The kubeconfig of the API server that knows tokens; without one, and outside of a pod, who has a token is anonymous.',
    },
    'authentication-skip-lookup': {
      type: 'bool',
      default: false,
      doc: 'Do not look in the cluster for the authorities of client certificates and of front proxies.',
    },
    'authentication-token-webhook-cache-ttl': { type: 'duration', default: 10_000, doc: 'How long a token’s user is remembered.' },
    'authorization-kubeconfig': {
      type: 'string',
      doc: 'The kubeconfig of the API server that knows who may; without one, and outside of a pod, all but the open paths is forbidden.',
    },
    'authorization-always-allow-paths': {
      type: 'list',
      default: ['/healthz', '/readyz', '/livez'],
      doc: 'Paths that are open to everybody.',
    },
    'authorization-webhook-cache-authorized-ttl': { type: 'duration', default: 10_000, doc: 'How long a permission is remembered.' },
    'authorization-webhook-cache-unauthorized-ttl': { type: 'duration', default: 10_000, doc: 'How long a refusal is remembered.' },
    ...fixedFlags,
    ...logFlags,
  }
}

const withDefault = (name: keyof typeof frontProxyFlags, value: string): FlagTable => ({
  [name]: { ...frontProxyFlags[name], type: 'list', default: [value] },
})

export function leaseTermsOf(values: ParsedFlags['values']): LeaseTerms {
  return {
    // Not the process's number: two containers of one host may have the same.
    identity: `${hostname()}_${randomUUID()}`,
    namespace: values['leader-elect-resource-namespace'] as string,
    name: values['leader-elect-resource-name'] as string,
    ...leaseTimes({
      leaseDurationMs: values['leader-elect-lease-duration'] as number,
      renewDeadlineMs: values['leader-elect-renew-deadline'] as number,
      retryPeriodMs: values['leader-elect-retry-period'] as number,
    }),
  }
}

/** What a command's loops speak to, and the metrics that know of each request. */
export interface LoopApi {
  readonly transport: Transport
  /** Makes a transport without an identity. */
  readonly anonymous: () => Transport
  readonly connection: Connection
  readonly metrics: MetricsRegistry
}
export function createLoopMetrics(): MetricsRegistry {
  const metrics = createMetrics()
  addProcessMetrics(metrics)
  return metrics
}

/** Runs a command's loops over HTTPS until it is told to end (0) or its lease is lost (1). `kubeconfig` is where its own configuration says. */
export async function runLoops(
  name: string,
  { values, signal }: Pick<Invocation, 'values' | 'signal'>,
  log: Logger,
  start: (api: LoopApi) => Promise<RunningLoops>,
  kubeconfig?: string,
): Promise<number> {
  const file = (values['kubeconfig'] as string) || kubeconfig
  const found = file ? loadConnection({ kubeconfig: file }) : inClusterConnection()
  const connection = values['master'] ? { ...found, server: values['master'] as string } : found
  const metrics = createLoopMetrics()
  const options = { userAgent: name, observe: createRequestMetrics(metrics) }
  const transport = createHttpsTransport(connection, options)
  const anonymous = () => createHttpsTransport({ ...connection, headers: {}, credentials: () => ({}) }, options)
  const loops = await start({ transport, anonymous, connection, metrics })
  const stopped = new Promise<'stopped'>((resolve) => signal.addEventListener('abort', () => resolve('stopped'), { once: true }))
  const why = await Promise.race([stopped, loops.lost])
  await loops.stop()
  transport.close()
  if (why === 'stopped') return 0
  log.error('leader election lost')
  return 1
}

/**
 * Starts the loops with their health and metrics served. `api` is asked who may read them where no flag names another
 * API server; without it the pod's own is, if there is one.
 */
export async function startLoops(
  name: string,
  values: ParsedFlags['values'],
  { log, api }: { log: Logger; api?: Transport | undefined },
  create: () => Loops,
): Promise<RunningLoops> {
  checkFixedFlags(fixedFlags, values)
  const loops = create()
  const server = values['secure-port'] === 0 ? undefined : await serve(name, values, { log, api }, loops)
  await loops.start()
  return {
    lost: loops.lost,
    async stop() {
      await loops.stop()
      await server?.close()
    },
  }
}

/** Health and metrics, to those whom the API server knows and lets (apiserver's DelegatingAuthenticationOptions). */
async function serve(
  name: string,
  values: ParsedFlags['values'],
  { log, api }: { log: Logger; api?: Transport | undefined },
  loops: Pick<Loops, 'metrics' | 'resourceMetrics' | 'checks' | 'configz'>,
): Promise<{ close(): Promise<void> }> {
  const file = (flag: string) => (values[flag] ? readFileSync(values[flag] as string, 'utf8') : undefined)
  const opened = new Map<string, Transport & { close(): void }>()
  const clientOf = (flag: string): Client | undefined => {
    const kubeconfig = values[flag] as string
    if (!kubeconfig && api) return createClient(api)
    if (!kubeconfig && !process.env.KUBERNETES_SERVICE_HOST) return undefined
    const connection = () => (kubeconfig ? loadConnection({ kubeconfig }) : inClusterConnection())
    const transport = opened.get(kubeconfig) ?? createHttpsTransport(connection(), { userAgent: name })
    opened.set(kubeconfig, transport)
    return createClient(transport)
  }
  const { resourceMetrics } = loops
  const measured = createHealthMetrics(loops.metrics)
  const authentication = clientOf('authentication-kubeconfig')
  const authorization = clientOf('authorization-kubeconfig')
  const [certificate, key] = [file('tls-cert-file'), file('tls-private-key-file')]
  const given: Trust = { clientCa: file('client-ca-file'), frontProxy: frontProxyOf(values) }
  let certified = createCertificateCallers(given)
  const server = await createComponentServer({
    address: values['bind-address'] as string,
    port: values['secure-port'] as number,
    tls: certificate && key ? { certificate, key } : 'self-signed',
    metrics: () => loops.metrics.render(),
    resourceMetrics: resourceMetrics && (() => resourceMetrics.render()),
    checks: loops.checks?.(),
    measured,
    configz: loops.configz,
    gate: createAccessGate({
      certified: (request) => certified(request),
      review:
        authentication &&
        createTokenReviews(authentication, { clock: systemClock, cacheMs: values['authentication-token-webhook-cache-ttl'] as number }),
      authorize:
        authorization &&
        createAccessReviews(authorization, {
          clock: systemClock,
          allowedCacheMs: values['authorization-webhook-cache-authorized-ttl'] as number,
          deniedCacheMs: values['authorization-webhook-cache-unauthorized-ttl'] as number,
        }),
      alwaysAllowPaths: values['authorization-always-allow-paths'] as string[],
    }),
  })
  log.info('serving health and metrics', { address: values['bind-address'], port: server.port })
  /** What flags do not say, the cluster does. */
  const trust = (published: Trust) => {
    const trusted = { clientCa: given.clientCa ?? published.clientCa, frontProxy: given.frontProxy ?? published.frontProxy }
    const authorities = [trusted.clientCa, trusted.frontProxy?.ca].filter((ca) => ca !== undefined)
    if (authorities.length === 0) return
    certified = createCertificateCallers(trusted)
    server.trust(authorities.join('\n'))
  }
  trust({})
  const complete = given.clientCa && given.frontProxy
  const lookup =
    authentication && !complete && !values['authentication-skip-lookup'] ? trustClusterAuthorities(authentication, log, trust) : undefined
  return {
    async close() {
      lookup?.stop()
      await server.close()
      for (const transport of opened.values()) transport.close()
    },
  }
}

/** The API servers publish the authorities of their clients and front proxies (controlplane/controller/clusterauthenticationtrust); they may change. */
function trustClusterAuthorities(client: Client, log: Logger, trust: (published: Trust) => void): Informers {
  const informers = createInformers(client, { log })
  const told = ({ data = {} }: ConfigMap) => {
    try {
      trust({ clientCa: data['client-ca-file'], frontProxy: publishedFrontProxy(data) })
      log.info('client certificates count that the cluster trusts')
    } catch (error) {
      log.error('the cluster’s configuration of authentication cannot be read, what was known stays', { error: (error as Error).message })
    }
  }
  informers
    .of('configmaps', { namespace: 'kube-system', fieldSelector: 'metadata.name=extension-apiserver-authentication' })
    .addHandler({ added: told, updated: told })
  informers.start()
  return informers
}

function publishedFrontProxy(data: Readonly<Record<string, string>>): FrontProxyOptions | undefined {
  const ca = data['requestheader-client-ca-file']
  if (!ca) return undefined
  return frontProxyFrom(ca, (name) => {
    const value: unknown = JSON.parse(data[`requestheader-${name}`] || '[]')
    if (!Array.isArray(value) || value.some((v) => typeof v !== 'string')) throw new Error(`requestheader-${name} is not a list of texts`)
    return value as string[]
  })
}

/**
 * What the commands of kube-controller-manager and kube-scheduler have in common: the connection, leader election, and
 * a server for health and metrics beside the loops.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Invocation } from '../flags/command.ts'
import type { FlagTable, ParsedFlags } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import { createComponentServer } from '../http/component-server.ts'
import { logFlags } from '../log/flags.ts'
import type { Logger } from '../log/log.ts'
import type { MetricsRegistry } from '../metrics/metrics.ts'
import { createHttpsTransport } from './https-transport.ts'
import { type Connection, inClusterConnection, loadConnection } from './kubeconfig.ts'
import type { LeaderElectionOptions } from './leader-election.ts'
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
}
export type RunningLoops = Pick<Loops, 'lost' | 'stop'>

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
    'bind-address': { type: 'string', default: '127.0.0.1', doc: 'Where health and metrics are served; loopback only.' },
    'secure-port': { type: 'int', default: securePort, doc: 'The port for health and metrics; 0 serves none.' },
    'tls-cert-file': { type: 'string', doc: 'The certificate for that port.' },
    'tls-private-key-file': { type: 'string', doc: 'Its key.' },
    ...logFlags,
  }
}

export function leaseTermsOf(values: ParsedFlags['values']): LeaseTerms {
  return {
    identity: `${hostname()}_${process.pid}`,
    namespace: values['leader-elect-resource-namespace'] as string,
    name: values['leader-elect-resource-name'] as string,
    leaseDurationMs: values['leader-elect-lease-duration'] as number,
    renewDeadlineMs: values['leader-elect-renew-deadline'] as number,
    retryPeriodMs: values['leader-elect-retry-period'] as number,
  }
}

/** Runs a command's loops over HTTPS until it is told to end (0) or its lease is lost (1). `kubeconfig` is where its own configuration says. */
export async function runLoops(
  name: string,
  { values, signal }: Pick<Invocation, 'values' | 'signal'>,
  log: Logger,
  start: (transport: Transport, connection: Connection) => Promise<RunningLoops>,
  kubeconfig?: string,
): Promise<number> {
  const file = (values['kubeconfig'] as string) || kubeconfig
  const found = file ? loadConnection({ kubeconfig: file }) : inClusterConnection()
  const connection = values['master'] ? { ...found, server: values['master'] as string } : found
  const transport = createHttpsTransport(connection, { userAgent: name })
  const loops = await start(transport, connection)
  const stopped = new Promise<'stopped'>((resolve) => signal.addEventListener('abort', () => resolve('stopped'), { once: true }))
  const why = await Promise.race([stopped, loops.lost])
  await loops.stop()
  transport.close()
  if (why === 'stopped') return 0
  log.error('leader election lost')
  return 1
}

/** Starts the loops with their health and metrics served. */
export async function startLoops(name: string, values: ParsedFlags['values'], create: () => Loops): Promise<RunningLoops> {
  const address = values['bind-address'] as string
  if (!/^(127\.|::1$|localhost$)/.test(address)) throw new ExitError(`${name}: --bind-address must be a loopback address`)
  const file = (flag: string) => readFileSync(values[flag] as string, 'utf8')
  const loops = create()
  const port = values['secure-port'] as number
  const tls = values['tls-cert-file'] ? { certificate: file('tls-cert-file'), key: file('tls-private-key-file') } : 'self-signed'
  const server = port === 0 ? undefined : await createComponentServer({ address, port, tls, metrics: () => loops.metrics.render() })
  await loops.start()
  return {
    lost: loops.lost,
    async stop() {
      await loops.stop()
      await server?.close()
    },
  }
}

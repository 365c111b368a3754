/**
 * Runs controllers (cmd/kube-controller-manager/app): one client, one set of informers, one loop each, behind leader
 * election where that is asked for. The command runs it over HTTPS; the control plane's process over function calls.
 */
import { type Client, createClient } from '../client/client.ts'
import { type Clock, systemClock } from '../client/clock.ts'
import { createEventRecorder, type EventRecorder } from '../client/events.ts'
import { createInformers } from '../client/informer.ts'
import { runAsLeader } from '../client/leader-election.ts'
import type { LeaseTerms, Loops } from '../client/loop-command.ts'
import { createServiceAccountTransport } from '../client/service-account.ts'
import type { Transport } from '../client/transport.ts'
import type { WorkQueue } from '../client/work-queue.ts'
import type { HealthCheck } from '../http/health.ts'
import { type Logger, noLog } from '../log/log.ts'
import { createMetrics, type MetricsRegistry } from '../metrics/metrics.ts'
import { configzOf } from './configz.ts'
import { type ControllerDeps, prepareController } from './controller.ts'
import { type ControllerOptions, defaultOptions } from './options.ts'
import { formerNames, notHere, offByDefault, registry, serviceAccountOf } from './registry.ts'

export interface ControllerManagerOptions {
  readonly transport: Transport
  readonly options?: Partial<ControllerOptions>
  /** As `--controllers`: `*`, `name`, `-name`. Default all that are on by default. */
  readonly controllers?: readonly string[]
  /**
   * A transport that carries no identity: over it each controller acts as its own service account (upstream's
   * `--use-service-account-credentials`). Absent: all act as whom `transport` names. What they watch they share in any case.
   */
  readonly anonymous?: Transport | undefined
  /** Wait for this lease before working. */
  readonly leaderElection?: LeaseTerms
  readonly log?: Logger
  readonly clock?: Clock
  readonly metrics?: MetricsRegistry
  readonly random?: () => number
}

export interface ControllerManager extends Loops {
  /** Resolves when every controller works and its caches are filled. */
  readonly synced: Promise<void>
  readonly leading: boolean
  /** Each running controller's queue, by name. */
  readonly queues: ReadonlyMap<string, WorkQueue>
}

/** How long after its end a lease may be held before the process counts as sick. */
const leaseToleranceMs = 20_000

/** Which controllers a `--controllers` value names. Throws for a name that no controller has, and for one that does not run here. */
export function chooseControllers(given: readonly string[]): (keyof typeof registry)[] {
  const known = Object.keys(registry) as (keyof typeof registry)[]
  const chosen = given.map((name) => {
    const minus = name.startsWith('-') ? '-' : ''
    const called = name.slice(minus.length)
    const now = formerNames[called] ?? called
    if (now !== '*' && !(now in registry) && !(now in notHere))
      throw new Error(`${JSON.stringify(called)} is not in the list of known controllers`)
    if (!minus && now in notHere) throw new Error(`${JSON.stringify(called)} does not run here: ${notHere[now]}`)
    return minus + now
  })
  return known.filter((name) => {
    if (chosen.includes(name)) return true
    if (chosen.includes(`-${name}`)) return false
    return chosen.includes('*') && !offByDefault.has(name)
  })
}

export function createControllerManager(given: ControllerManagerOptions): ControllerManager {
  const { log = noLog, clock = systemClock, random = Math.random, metrics = createMetrics() } = given
  const client: Client = createClient(given.transport)
  const options: ControllerOptions = { ...defaultOptions, ...given.options }
  const names = chooseControllers(given.controllers ?? ['*'])
  const stopping = new AbortController()
  const queues = new Map<string, WorkQueue>()
  const recorders = new Map<string, EventRecorder>()
  const clients = new Map<string, Client>()
  let running: Promise<unknown> = Promise.resolve()
  let election: Promise<unknown> = Promise.resolve()
  let leading = false
  let renewedAt = 0
  let markSynced = () => {}
  const synced = new Promise<void>((resolve) => {
    markSynced = resolve
  })
  let lose = () => {}
  const lost = new Promise<void>((resolve) => {
    lose = resolve
  })

  /** The client of a service account; null for the manager's own. */
  function clientOf(account: string | null): Client {
    if (!given.anonymous || account === null) return client
    const have = clients.get(account)
    if (have) return have
    const at = { namespace: 'kube-system', name: account }
    const made = createClient(
      createServiceAccountTransport(at, { issuer: client, anonymous: given.anonymous, userAgent: 'kube-controller-manager', clock }),
    )
    clients.set(account, made)
    return made
  }
  const recorderOf = (account: string | null) => (component: string) => {
    const id = `${account}/${component}`
    const have = recorders.get(id) ?? createEventRecorder(clientOf(account), { component, clock, log })
    recorders.set(id, have)
    return have
  }

  /** Starts every chosen controller. */
  function lead(signal: AbortSignal): void {
    leading = true
    const informers = createInformers(client, { log, clock, random })
    signal.addEventListener('abort', () => informers.stop(), { once: true })
    const prepared = names.map((name) => {
      const account = serviceAccountOf(name)
      const deps: ControllerDeps = {
        client: clientOf(account),
        recorder: recorderOf(account),
        informers,
        clock,
        log,
        metrics,
        options,
        random,
      }
      const made = prepareController(registry[name](deps), { clock, log, metrics, signal })
      queues.set(name, made.queue)
      return made
    })
    informers.start()
    running = Promise.all(prepared.map((controller) => controller.run()))
    void informers.synced().then(markSynced)
    log.info('controllers started', { controllers: names.length })
  }

  /** As upstream: of the lease, where there is one, and of each loop, which is well while this process can answer. */
  function checks(): HealthCheck[] {
    const { leaderElection: lease } = given
    const election = {
      name: 'leaderElection',
      check() {
        const tolerated = (lease?.leaseDurationMs ?? 0) + leaseToleranceMs
        if (leading && clock.now() - renewedAt > tolerated) return `failed election to renew leadership on lease ${lease?.name}`
        return undefined
      },
    }
    return [...(lease ? [election] : []), ...names.map((name) => ({ name, check: () => undefined }))]
  }

  return {
    async start() {
      if (!given.leaderElection) return lead(stopping.signal)
      const onRenew = () => {
        renewedAt = clock.now()
      }
      const elected = runAsLeader(
        client,
        { ...given.leaderElection, clock, log, random, metrics, recorder: recorderOf(null)('kube-controller-manager'), onRenew },
        stopping.signal,
        lead,
      )
      election = elected.then((ended) => {
        leading = false
        if (!ended) lose()
      })
    },
    async stop() {
      stopping.abort()
      await Promise.all([running, election])
      await Promise.all([...recorders.values()].map((r) => r.flush()))
      given.anonymous?.close()
      leading = false
    },
    synced,
    lost,
    metrics,
    checks,
    configz: () =>
      configzOf({
        options,
        controllers: given.controllers ?? ['*'],
        lease: given.leaderElection,
        useServiceAccountCredentials: given.anonymous !== undefined,
      }),
    get leading() {
      return leading
    },
    queues,
  }
}

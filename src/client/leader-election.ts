/**
 * Leader election over a Lease (client-go's leaderelection): of several that run the same loops, one holds the lease
 * and works. Times are judged by when a change of the lease was seen here, never by another machine's clock.
 */
import { isAlreadyExists, isConflict, isNotFound } from '../api/errors.ts'
import { formatMicroTime } from '../api/meta.ts'
import type { Lease } from '../api/types/coordination-v1.ts'
import { type Logger, noLog } from '../log/log.ts'
import type { MetricsRegistry } from '../metrics/metrics.ts'
import type { Client } from './client.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import { type EventRecorder, referenceTo } from './events.ts'

export interface LeaderElectionOptions {
  readonly namespace: string
  readonly name: string
  readonly identity: string
  readonly leaseDurationMs?: number
  readonly renewDeadlineMs?: number
  readonly retryPeriodMs?: number
  readonly recorder?: EventRecorder
  readonly clock?: Clock
  readonly log?: Logger
  readonly random?: () => number
  readonly metrics?: MetricsRegistry
  /** Told each time that the lease was taken or renewed. */
  readonly onRenew?: () => void
}

/** Who waits tries after one period to 2.2 of them, at random, so that not all try at once. */
const jitterFactor = 1.2

type LeaseTimes = Pick<LeaderElectionOptions, 'leaseDurationMs' | 'renewDeadlineMs' | 'retryPeriodMs'>

/** The times with their defaults; throws where they would let two lead, or nobody. */
export function leaseTimes({
  leaseDurationMs = 15_000,
  renewDeadlineMs = 10_000,
  retryPeriodMs = 2_000,
}: LeaseTimes): Required<LeaseTimes> {
  if (leaseDurationMs <= renewDeadlineMs) throw new Error('leaseDuration must be greater than renewDeadline')
  if (renewDeadlineMs <= retryPeriodMs * jitterFactor) throw new Error('renewDeadline must be greater than retryPeriod*JitterFactor')
  if (retryPeriodMs < 1) throw new Error('retryPeriod must be greater than zero')
  return { leaseDurationMs, renewDeadlineMs, retryPeriodMs }
}

/**
 * Waits for the lease, then runs `lead` with a signal that is aborted when the lease is lost. Resolves to false when
 * it was lost, to true when `signal` ended it; the lease is then given back.
 */
export async function runAsLeader(
  client: Client,
  options: LeaderElectionOptions,
  signal: AbortSignal,
  lead: (signal: AbortSignal) => void,
): Promise<boolean> {
  const { namespace, name, identity, clock = systemClock, random = Math.random } = options
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = leaseTimes(options)
  const log = (options.log ?? noLog).with({ lock: `${namespace}/${name}` })
  const master = options.metrics?.gauge('leader_election_master_status', 'Whether this process holds the lease.', ['name'])
  master?.set(0, [name])
  let observed: Lease | undefined
  let observedAt = 0

  function observe(lease: Lease): void {
    if (observed && JSON.stringify(observed.spec) === JSON.stringify(lease.spec)) {
      observed = lease
      return
    }
    const holder = lease.spec.holderIdentity
    if (holder && holder !== observed?.spec.holderIdentity) log.info('new leader elected', { identity: holder })
    observed = lease
    observedAt = clock.now()
  }

  async function tryAcquireOrRenew(abort: AbortSignal): Promise<boolean> {
    const now = clock.now()
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      acquireTime: formatMicroTime(now),
      renewTime: formatMicroTime(now),
      leaseTransitions: 0,
    }
    // While we hold it nobody else writes it: renew from what we wrote last, and read only when that is refused.
    const held = observed?.spec.holderIdentity === identity && now - observedAt < leaseDurationMs
    if (!held) {
      try {
        observe(await client.get('leases.coordination.k8s.io', { namespace, name }, { signal: abort }))
      } catch (error) {
        if (!isNotFound(error)) throw error
        observe(await client.create('leases.coordination.k8s.io', { metadata: { namespace, name }, spec }, { signal: abort }))
        return true
      }
    }
    const lease = observed as Lease
    const holder = lease.spec.holderIdentity ?? ''
    if (holder !== '' && holder !== identity && observedAt + leaseDurationMs > now) return false
    const mine = holder === identity
    const next = {
      ...lease,
      spec: {
        ...lease.spec,
        ...spec,
        acquireTime: mine ? (lease.spec.acquireTime ?? spec.acquireTime) : spec.acquireTime,
        leaseTransitions: (lease.spec.leaseTransitions ?? 0) + (mine ? 0 : 1),
      },
    }
    try {
      observe(await client.update('leases.coordination.k8s.io', next, { signal: abort }))
      return true
    } catch (error) {
      if (held) observed = undefined
      throw error
    }
  }

  async function attempt(abort: AbortSignal): Promise<boolean> {
    try {
      return await tryAcquireOrRenew(abort)
    } catch (error) {
      if (!abort.aborted && !isConflict(error) && !isAlreadyExists(error))
        log.warn('error retrieving or updating the lease', { error: error instanceof Error ? error.message : String(error) })
      return false
    }
  }

  const jittered = () => retryPeriodMs * (1 + jitterFactor * random())
  while (!(await attempt(signal))) if (!(await sleep(clock, jittered(), signal))) return true
  log.info('successfully acquired lease', { identity })
  const record = (message: string) =>
    observed && options.recorder?.event(referenceTo('leases.coordination.k8s.io', observed), 'Normal', 'LeaderElection', message)
  record(`${identity} became leader`)
  master?.set(1, [name])

  options.onRenew?.()
  const leading = new AbortController()
  lead(AbortSignal.any([signal, leading.signal]))
  let renewedAt = clock.now()
  while (!signal.aborted) {
    if (!(await sleep(clock, retryPeriodMs, signal))) break
    // One attempt may take no longer than what is left of the deadline.
    const attempting = new AbortController()
    const cancel = clock.after(Math.max(0, renewedAt + renewDeadlineMs - clock.now()), () => attempting.abort())
    const renewed = await attempt(AbortSignal.any([signal, attempting.signal]))
    cancel()
    if (renewed) {
      renewedAt = clock.now()
      options.onRenew?.()
    } else if (clock.now() - renewedAt >= renewDeadlineMs) {
      record(`${identity} stopped leading`)
      log.error('lost the lease')
      leading.abort()
      master?.set(0, [name])
      return false
    }
  }
  leading.abort()
  master?.set(0, [name])
  await release()
  return true

  /** Lets another take over at once (ReleaseOnCancel). */
  async function release(): Promise<void> {
    if (observed?.spec.holderIdentity !== identity) return
    const now = formatMicroTime(clock.now())
    const spec = { ...observed.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now }
    await client.update('leases.coordination.k8s.io', { ...observed, spec }).catch((error: unknown) => {
      log.warn('failed to release the lease', { error: error instanceof Error ? error.message : String(error) })
    })
  }
}

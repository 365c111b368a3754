/**
 * One pod's way from the queue to its node (upstream: schedule_one.go). The scheduling cycle runs without a pause and
 * assumes its result, so that the next pod's can begin while this one is bound; it waits only for extenders, and for
 * what plugins do when no node was found.
 */
import { isConflict, isNotFound } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import type { Pod } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import type { Clock } from '../client/clock.ts'
import { referenceTo } from '../client/events.ts'
import type { Logger } from '../log/log.ts'
import type { ClusterState } from './cluster-state.ts'
import { bindByExtenders, type Extender, extenderPlugin, filterByExtenders, scoresOfExtenders } from './extender.ts'
import type { Cycle, Diagnosis, Plugin, PostFiltered, Profile } from './framework.ts'
import type { SchedulerMetrics } from './metrics.ts'
import type { NodeInfo } from './node-info.ts'
import type { Nominator } from './nominator.ts'
import { createPodInfo, type PodInfo } from './pod-info.ts'
import type { QueuedPod, SchedulingQueue } from './queue.ts'
import { diagnosisMessage, type NodeSearch, type Search } from './schedule-pod.ts'

export interface ScheduleOneDeps {
  readonly client: Client
  readonly log: Logger
  readonly metrics: SchedulerMetrics
  readonly clock: Clock
  readonly cluster: ClusterState
  readonly nominator: Nominator
  readonly search: NodeSearch
  readonly queue: SchedulingQueue
  readonly extenders: readonly Extender[]
  /** Told of each binding cycle as it begins. */
  readonly bindingStarted: (ended: Promise<void>) => void
}

/** A pod in its cycle. */
interface Attempt {
  readonly queued: QueuedPod
  readonly pod: PodInfo
  readonly profile: Profile
  readonly began: number
}

/** Returns a promise while the next pod must wait. */
export type ScheduleOne = (queued: QueuedPod, profile: Profile) => Promise<void> | undefined

export function createScheduleOne(deps: ScheduleOneDeps): ScheduleOne {
  const { client, log, metrics, clock, cluster, nominator, search, queue, extenders } = deps
  /** Writes of a pod's status that are under way: the next one and the binding wait, or a late word would stand there on a bound pod. */
  const writing = new Map<string, Promise<void>>()

  return (queued, profile) => {
    const attempt = { queued, pod: createPodInfo(queued.pod), profile, began: performance.now() }
    try {
      return schedulingCycle(attempt)?.catch((error: Error) => failed(attempt, error.message))
    } catch (error) {
      failed(attempt, (error as Error).message)
      return undefined
    }
  }

  function schedulingCycle(attempt: Attempt): Promise<void> | undefined {
    const { pod, profile } = attempt
    const asked = extenders.filter((extender) => (extender.filter || extender.prioritize) && extender.isInterested(pod.pod))
    if (asked.length) return askExtenders(attempt, asked)
    const found = search.findNodesThatFitPod(pod, profile)
    return found.feasible.length ? assume(attempt, search.selectHost(pod, profile, found), found.cycle) : makeRoom(attempt, found)
  }

  /** The cycle of a pod whose extenders have a say between the plugins' filters and scores. */
  async function askExtenders(attempt: Attempt, asked: readonly Extender[]): Promise<void> {
    const { pod, profile } = attempt
    let found = search.findNodesThatFitPod(pod, profile)
    let filtered = await filterByExtenders(asked, pod.pod, found.feasible, log)
    if (found.isPromised && filtered.nodes.length === 0) {
      found = search.findNodesThatFitPod(pod, profile, true)
      filtered = await filterByExtenders(asked, pod.pod, found.feasible, log)
    }
    const { nodes, rejections } = filtered
    const scores = nodes.length > 1 ? await scoresOfExtenders(asked, pod.pod, nodes, log) : undefined
    const diagnosis = { ...found.diagnosis, rejections: new Map([...found.diagnosis.rejections, ...rejections]) }
    // A node may have gone while they were asked.
    const feasible = nodes.filter((node) => cluster.node(node.name) === node)
    const left = { ...found, feasible, diagnosis }
    if (feasible.length === 0) return makeRoom(attempt, left)
    await assume(attempt, search.selectHost(pod, profile, left, scores), left.cycle)
  }

  /** Holds the place on the chosen node, so that the next cycle counts it, and goes on to bind. */
  function assume(attempt: Attempt, node: NodeInfo, cycle: Cycle): undefined {
    const { pod, profile, began } = attempt
    metrics.algorithm((performance.now() - began) / 1000)
    const reserved: Plugin[] = []
    for (const plugin of profile.at.reserve) {
      const rejection = plugin.reserve(pod, node, cycle)
      if (!rejection) {
        reserved.push(plugin)
        continue
      }
      for (const done of reserved.toReversed()) done.unreserve?.(pod, node, cycle)
      // As upstream: the one node that was chosen counts as all there are, and nobody makes room for that.
      unschedulable(attempt, { nodes: 1, rejections: new Map([[node, rejection]]), whole: undefined }, { message: '' })
      return undefined
    }
    const promised = nominator.forget(pod.key)
    cluster.assume(pod, node)
    // The place that it was promised elsewhere is free again.
    if (promised && promised !== node.name) queue.happened({ kind: 'pod-deleted', pod: pod.pod })
    deps.bindingStarted(bindingCycle(attempt, node, cycle))
    return undefined
  }

  async function bindingCycle(attempt: Attempt, node: NodeInfo, cycle: Cycle): Promise<void> {
    const { queued, pod, profile, began } = attempt
    const { namespace, name } = pod.pod.metadata
    const time = metrics.timer(profile.schedulerName)
    try {
      await preBind(pod, node, profile, cycle)
      time('PreBind', 'Success')
      await bind(pod, node, profile)
      time('Bind', 'Success')
      queue.done(queued)
      const now = performance.now()
      metrics.attempt('scheduled', profile.schedulerName, (now - began) / 1000)
      metrics.scheduled(queued.attempts, (clock.now() - (queued.firstSeen as number)) / 1000)
      profile.recorder.event(referenceTo('pods', pod.pod), 'Normal', 'Scheduled', `Successfully assigned ${pod.key} to ${node.name}`)
    } catch (error) {
      for (const plugin of profile.at.reserve.toReversed()) plugin.unreserve?.(pod, node, cycle)
      // Another pod of that name may be there meanwhile.
      if (cluster.isAssumed(pod.key) && cluster.podOn(pod.key)?.pods.get(pod.key) === pod) {
        cluster.removePod(pod.key)
        // What it held is free again, for whom that was missing.
        queue.happened({ kind: 'pod-deleted', pod: pod.pod })
      }
      const cause = error instanceof PluginError ? error.cause : error
      if (isNotFound(cause)) return queue.done(queued) // deleted while it was being bound
      // Bound by somebody else: the informer tells, or has told.
      if (isConflict(cause) && (await client.get('pods', { namespace, name })).spec.nodeName) return queue.done(queued)
      failed(attempt, (error as Error).message)
    }
  }

  async function preBind(pod: PodInfo, node: NodeInfo, profile: Profile, cycle: Cycle): Promise<void> {
    const busy = profile.at.preBind.filter((plugin) => plugin.preBindPreFlight?.(pod, node, cycle) ?? true)
    if (busy.length) await patchStatus(pod.pod, undefined, node.name)
    for (const plugin of busy)
      await plugin.preBind(pod, node, cycle).catch((error: Error) => {
        throw new PluginError('PreBind', plugin.name, error)
      })
  }

  async function bind(pod: PodInfo, node: NodeInfo, profile: Profile): Promise<void> {
    const told = writing.get(pod.key)
    if (told) await told
    if (extenders.length && (await bindByExtenders(extenders, pod.pod, node.name, log))) return
    for (const plugin of profile.at.bind) {
      const isBound = await plugin.bind(pod, node).catch((error: Error) => {
        throw new PluginError('Bind', plugin.name, error)
      })
      if (isBound) return
    }
    throw new Error('no plugin binds pods')
  }

  /** No verdict on the pod but a fault on the way: tried again by itself. */
  function failed({ queued, pod, profile, began }: Attempt, message: string): void {
    log.error('scheduling failed', { pod: queued.key, error: message })
    metrics.attempt('error', profile.schedulerName, (performance.now() - began) / 1000)
    profile.recorder.event(referenceTo('pods', pod.pod), 'Warning', 'FailedScheduling', truncated(message))
    queue.retry(queued)
    // The node that it was to be bound to is tried first the next time (NominatedNodeNameForExpectation).
    const { nominatedNodeName } = queued.pod.status ?? {}
    if (nominatedNodeName) nominator.nominate(pod, nominatedNodeName)
    void patchStatus(queued.pod, { reason: 'SchedulerError', message })
  }

  /** No node was found: lets plugins make room. */
  async function makeRoom(attempt: Attempt, { diagnosis, cycle }: Search): Promise<void> {
    const { pod, profile, began } = attempt
    metrics.algorithm((performance.now() - began) / 1000)
    const made = diagnosis.nodes ? await runPostFilterPlugins(pod, profile, cycle, diagnosis) : { message: '' }
    unschedulable(attempt, diagnosis, made)
  }

  /** Tells why the pod has no node. */
  function unschedulable(attempt: Attempt, diagnosis: Diagnosis, { nominate, message: after }: PostFiltered): void {
    const { queued, pod, profile, began } = attempt
    const rejected = new Set(diagnosis.whole ? [diagnosis.whole.plugin] : [...diagnosis.rejections.values()].map((r) => r.plugin))
    const by = [...profile.at.preFilter, extenderPlugin].filter((plugin) => rejected.has(plugin.name))
    const message = [diagnosisMessage(diagnosis), ...(after ? [after] : [])].join(' ')
    metrics.attempt('unschedulable', profile.schedulerName, (performance.now() - began) / 1000)
    if (nominate) nominator.nominate(pod, nominate.name)
    else if (nominate === null) nominator.forget(pod.key)
    queue.failed(queued, by)
    profile.recorder.event(referenceTo('pods', pod.pod), 'Warning', 'FailedScheduling', truncated(message))
    void patchStatus(queued.pod, { reason: 'Unschedulable', message }, nominate === null ? null : nominate?.name)
  }

  /** The first that finds a node ends it, and so does one that fails; what the others say is told together. */
  async function runPostFilterPlugins(pod: PodInfo, profile: Profile, cycle: Cycle, diagnosis: Diagnosis): Promise<PostFiltered> {
    const time = metrics.timer(profile.schedulerName)
    const messages: string[] = []
    let nominate: null | undefined
    const fits = (node: NodeInfo) => search.fits(pod, profile, node)
    for (const plugin of profile.at.postFilter) {
      try {
        const result = await plugin.postFilter(pod, cycle, { profile, diagnosis, fits })
        if (result.nominate) {
          time('PostFilter', 'Success')
          return result
        }
        if (result.nominate === null) nominate = null
        messages.push(result.message)
      } catch (error) {
        log.error('a plugin failed to make room', { pod: pod.key, plugin: plugin.name, error })
        time('PostFilter', 'Error')
        return { message: (error as Error).message }
      }
    }
    time('PostFilter', 'Unschedulable')
    return { nominate, message: messages.join(', ') }
  }

  /** Writes why the pod is not scheduled, and which node it was promised: null for none any more, undefined for what is there. */
  function patchStatus(pod: Pod, why: { reason: string; message: string } | undefined, nominated?: string | null): Promise<void> {
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`
    const before = writing.get(key)
    const done = (before ?? Promise.resolve())
      .then(() => writeStatus(pod, why, nominated))
      .finally(() => {
        if (writing.get(key) === done) writing.delete(key)
      })
    writing.set(key, done)
    return done
  }
  async function writeStatus(pod: Pod, why: { reason: string; message: string } | undefined, nominated?: string | null): Promise<void> {
    const { namespace, name } = pod.metadata
    const { conditions, nominatedNodeName = '' } = pod.status ?? {}
    const current = conditions?.find((c) => c.type === 'PodScheduled')
    const isTold = !why || (current?.status === 'False' && current.reason === why.reason && current.message === why.message)
    const isNominated = nominated === undefined || (nominated ?? '') === nominatedNodeName
    if (isTold && isNominated) return
    const condition = why && {
      type: 'PodScheduled',
      status: 'False',
      ...why,
      lastProbeTime: null,
      lastTransitionTime: current?.status === 'False' ? current.lastTransitionTime : formatTime(clock.now()),
      observedGeneration: pod.metadata.generation,
    }
    const status = { ...(condition ? { conditions: [condition] } : {}), ...(isNominated ? {} : { nominatedNodeName: nominated }) }
    try {
      await client.patch('pods', { namespace, name }, { status }, { subresource: 'status' })
    } catch (error) {
      if (!isNotFound(error)) log.error('cannot write the status of a pod', { pod: `${namespace}/${name}`, error })
    }
  }
}

/** A plugin that failed on the way to the binding, in upstream's words. */
class PluginError extends Error {
  constructor(point: 'PreBind' | 'Bind', plugin: string, cause: Error) {
    super(`running ${point} plugin ${JSON.stringify(plugin)}: ${cause.message}`, { cause })
  }
}

/** An event's note has 1,024 bytes at most (NoteLengthLimit); the pod's condition has all of it. */
const truncated = (message: string): string => (message.length <= 1024 ? message : `${message.slice(0, 1020)} ...`)

/**
 * The scheduler: pods without a node in, bindings out. A cycle runs without a pause and assumes its result, so that
 * the next one can begin while the binding is on its way to the API server (upstream: schedule_one.go).
 */
import { isConflict, isNotFound } from '../api/errors.ts'
import { labelSelectorAsSelector, type Selector, selectorFromMap } from '../api/labels.ts'
import { controllerOf, formatTime } from '../api/meta.ts'
import type { Node, Pod } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import { type Clock, systemClock } from '../client/clock.ts'
import { type EventRecorder, referenceTo } from '../client/events.ts'
import type { Informers } from '../client/informer.ts'
import type { Logger } from '../log/log.ts'
import { createClusterState } from './cluster-state.ts'
import { createProfiles, type SchedulerConfiguration } from './configuration.ts'
import { createCycles, type Diagnosis, diagnosisMessage, type Outcome, type Profile } from './cycle.ts'
import {
  bindByExtenders,
  createExtenders,
  type Extender,
  extenderPlugin,
  filterByExtenders,
  preemptByExtenders,
  scoresOfExtenders,
} from './extender.ts'
import type { ClusterEvent, Cycle, Plugin } from './framework.ts'
import type { SchedulerMetrics } from './metrics.ts'
import type { NodeInfo } from './node-info.ts'
import { createPodInfo, type PodInfo } from './pod-info.ts'
import { type Candidate, findCandidates, pickCandidate } from './preemption.ts'
import { createSchedulingQueue, type QueuedPod } from './queue.ts'

export interface SchedulerDeps {
  readonly client: Client
  readonly informers: Informers
  readonly recorder: EventRecorder
  readonly log: Logger
  readonly metrics: SchedulerMetrics
  readonly clock?: Clock
  readonly random?: () => number
}

export interface Scheduler {
  /** Schedules until the signal is aborted; resolves when the caches have synced. */
  run(signal: AbortSignal): Promise<void>
}

/** Bindings under way at once; more would only wait in the API server. */
const mostBindings = 64
/** Cycles run this long before other work of the process gets a turn. */
const sliceMs = 5

export function createScheduler(deps: SchedulerDeps, configuration: SchedulerConfiguration = {}): Scheduler {
  const { client, informers, recorder, log, metrics, clock = systemClock, random = Math.random } = deps
  const pods = informers.of('pods')
  const nodes = informers.of('nodes')
  const namespaces = informers.of('namespaces')
  const services = informers.of('services')
  const replicationControllers = informers.of('replicationcontrollers')
  const replicaSets = informers.of('replicasets.apps')
  const statefulSets = informers.of('statefulsets.apps')
  const budgets = informers.of('poddisruptionbudgets.policy')

  const cluster = createClusterState()
  const nominated = new Map<string, Set<PodInfo>>()
  const nominatedNode = new Map<string, string>()
  const profiles = createProfiles(configuration, { client, informers, defaultSelector })
  const cycles = createCycles({
    cluster,
    nominated,
    random,
    namespaceLabels: (name) => namespaces.get(undefined, name)?.metadata.labels ?? {},
  })
  const extenders = createExtenders(configuration.extenders)
  /** A pod's extenders are asked: as upstream, one pod at a time. */
  let asking = false
  let bindings = 0
  let scheduled = false
  let stopped = false
  const queue = createSchedulingQueue({
    clock,
    preEnqueue: [...new Set([...profiles.values()].flatMap((p) => p.plugins.filter((plugin) => plugin.preEnqueue)))],
    wake: schedule,
    initialBackoffMs: (configuration.podInitialBackoffSeconds ?? 1) * 1000,
    maxBackoffMs: (configuration.podMaxBackoffSeconds ?? 10) * 1000,
  })

  /** Runs cycles soon; once, however often it is called. */
  function schedule(): void {
    if (scheduled || stopped || asking) return
    scheduled = true
    setImmediate(runSlice)
  }
  function runSlice(): void {
    scheduled = false
    const until = performance.now() + sliceMs
    while (!stopped && !asking && bindings < mostBindings && performance.now() < until) {
      const queued = queue.pop()
      if (!queued) return
      scheduleOne(queued)
    }
    if (queue.sizes.active > 0 && bindings < mostBindings) schedule()
  }

  function scheduleOne(queued: QueuedPod): void {
    const profile = profiles.get(queued.pod.spec.schedulerName ?? 'default-scheduler')
    if (!profile || queued.pod.metadata.deletionTimestamp) return queue.done(queued)
    const began = performance.now()
    const pod = createPodInfo(queued.pod)
    const interested = extenders.filter((extender) => (extender.filter || extender.prioritize) && extender.isInterested(pod.pod))
    if (interested.length === 0) return assume(queued, pod, profile, cycles.run(pod, profile), began)
    asking = true
    void askExtenders(interested, pod, profile)
      .then(
        (outcome) => stopped || assume(queued, pod, profile, outcome, began),
        (error: Error) => schedulerError(queued, profile, error.message, began),
      )
      .finally(() => {
        asking = false
        schedule()
      })
  }

  /** The cycle of a pod whose extenders have a say between the plugins' filters and scores. */
  async function askExtenders(interested: readonly Extender[], pod: PodInfo, profile: Profile): Promise<Outcome> {
    const search = cycles.find(pod, profile)
    const { nodes, rejections } = await filterByExtenders(interested, pod.pod, search.feasible, log)
    const scores = nodes.length > 1 ? await scoresOfExtenders(interested, pod.pod, nodes, log) : undefined
    const diagnosis = { ...search.diagnosis, rejections: new Map([...search.diagnosis.rejections, ...rejections]) }
    // A node may have gone while they were asked.
    const feasible = nodes.filter((node) => cluster.node(node.name) === node)
    return cycles.conclude(pod, profile, { ...search, feasible, diagnosis }, scores)
  }

  /** Holds the place on the chosen node, so that the next cycle counts it, and binds. */
  function assume(queued: QueuedPod, pod: PodInfo, profile: Profile, outcome: Outcome, began: number): void {
    metrics.algorithm((performance.now() - began) / 1000)
    if (!outcome.node) return unschedulable(queued, pod, profile, outcome)

    const { node, cycle } = outcome
    const reserved: Plugin[] = []
    for (const plugin of profile.plugins) {
      const rejection = plugin.reserve?.(pod, node, cycle)
      if (!rejection) {
        if (plugin.reserve) reserved.push(plugin)
        continue
      }
      for (const done of reserved.toReversed()) done.unreserve?.(pod, node, cycle)
      const diagnosis: Diagnosis = { nodes: cluster.nodes.length, rejections: new Map([[node, rejection]]), whole: undefined }
      return unschedulable(queued, pod, profile, { diagnosis, cycle, evaluated: 1 })
    }
    forgetNomination(pod.key)
    cluster.setPod(queued.pod, node.name, true)
    bindings++
    void bind(queued, pod, node, cycle, profile, began).finally(() => {
      bindings--
      if (queue.sizes.active > 0) schedule()
    })
  }

  async function bind(queued: QueuedPod, pod: PodInfo, node: NodeInfo, cycle: Cycle, profile: Profile, began: number): Promise<void> {
    const { namespace, name, uid } = queued.pod.metadata
    try {
      for (const plugin of profile.plugins) await plugin.preBind?.(pod, node, cycle)
      if (!(await bindByExtenders(extenders, queued.pod, node.name, log)))
        await client.createSubresource('pods', { namespace, name }, 'binding', {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { namespace, name, uid },
          target: { apiVersion: 'v1', kind: 'Node', name: node.name },
        })
      queue.done(queued)
      metrics.attempt('scheduled', profile.schedulerName, (performance.now() - began) / 1000)
      recorder.event(referenceTo('pods', queued.pod), 'Normal', 'Scheduled', `Successfully assigned ${queued.key} to ${node.name}`)
    } catch (error) {
      for (const plugin of profile.plugins.toReversed()) plugin.unreserve?.(pod, node, cycle)
      if (cluster.isAssumed(pod.key)) cluster.removePod(pod.key)
      if (isNotFound(error)) return queue.done(queued) // deleted while it was being bound
      if (isConflict(error) && pods.get(namespace, name)?.spec.nodeName) return queue.done(queued) // bound by somebody else
      schedulerError(queued, profile, `running Bind plugin "DefaultBinder": ${(error as Error).message}`, began)
    }
  }

  /** No verdict on the pod but a fault on the way: tried again by itself. */
  function schedulerError(queued: QueuedPod, profile: Profile, message: string, began: number): void {
    log.error('scheduling failed', { pod: queued.key, error: message })
    metrics.attempt('error', profile.schedulerName, (performance.now() - began) / 1000)
    recorder.event(referenceTo('pods', queued.pod), 'Warning', 'FailedScheduling', message)
    queue.retry(queued)
    void patchStatus(queued.pod, 'SchedulerError', message, queued.pod.status?.nominatedNodeName)
  }

  function unschedulable(queued: QueuedPod, pod: PodInfo, profile: Profile, outcome: Outcome & { node?: undefined }): void {
    metrics.attempt('unschedulable', profile.schedulerName, 0)
    const { diagnosis } = outcome
    const claims = profile.plugins.find((plugin) => plugin.postFilter)
    if (claims?.postFilter && pod.pod.spec.resourceClaims?.length) {
      void claims
        .postFilter(pod, outcome.cycle)
        .catch((error: Error) => error.message)
        .then((said) => giveUp(queued, pod, profile, diagnosis, said))
      return
    }
    giveUp(queued, pod, profile, diagnosis, claims ? 'no new claims to deallocate' : '')
  }

  /** Makes room by preemption where that is possible, and tells why the pod has no node. */
  function giveUp(queued: QueuedPod, pod: PodInfo, profile: Profile, diagnosis: Diagnosis, claims: string): void {
    const rejected = new Set(diagnosis.whole ? [diagnosis.whole.plugin] : [...diagnosis.rejections.values()].map((r) => r.plugin))
    const by = [...profile.plugins, extenderPlugin].filter((plugin) => rejected.has(plugin.name))
    const found = findCandidates(
      { cluster, fits: cycles.fits, random, budgets: (namespace) => budgets.list(namespace) },
      pod,
      profile,
      diagnosis,
    )
    const conclude = (chosen: Candidate | undefined, why: string) => {
      const message = diagnosisMessage(diagnosis) + (chosen ? '' : ` ${claims ? `${claims}, ` : ''}${why}`)
      queue.failed(queued, by)
      recorder.event(referenceTo('pods', queued.pod), 'Warning', 'FailedScheduling', message)
      if (chosen) nominate(pod, chosen.node)
      else forgetNomination(pod.key)
      void patchStatus(queued.pod, 'Unschedulable', message, chosen?.node.name)
      for (const victim of chosen?.victims ?? []) void preempt(pod, victim, (chosen as Candidate).node)
    }
    if (!found.candidates) return conclude(undefined, found.message)
    const preempting = extenders.filter((extender) => extender.preempt && extender.isInterested(pod.pod))
    if (preempting.length === 0) return conclude(pickCandidate(found.candidates), '')
    void preemptByExtenders(preempting, pod.pod, found.candidates, log).then(
      (left) => conclude(left.length ? pickCandidate(left) : undefined, 'preemption: no candidate node for preemption.'),
      (error: Error) => conclude(undefined, `preemption: ${error.message}.`),
    )
  }

  async function patchStatus(
    pod: Pod,
    reason: 'Unschedulable' | 'SchedulerError',
    message: string,
    nominatedNodeName: string | undefined,
  ): Promise<void> {
    const { namespace, name } = pod.metadata
    const current = pod.status?.conditions?.find((c) => c.type === 'PodScheduled')
    const same = current?.status === 'False' && current.reason === reason && current.message === message
    if (same && (nominatedNodeName ?? '') === (pod.status?.nominatedNodeName ?? '')) return
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
      lastProbeTime: null,
      lastTransitionTime: current?.status === 'False' ? current.lastTransitionTime : formatTime(clock.now()),
      observedGeneration: pod.metadata.generation,
    }
    try {
      await client.patch(
        'pods',
        { namespace, name },
        { status: { conditions: [condition], ...(nominatedNodeName ? { nominatedNodeName } : {}) } },
        { subresource: 'status' },
      )
    } catch (error) {
      if (!isNotFound(error)) log.error('cannot write that a pod is unschedulable', { pod: `${namespace}/${name}`, error })
    }
  }

  async function preempt(pod: PodInfo, victim: PodInfo, node: NodeInfo): Promise<void> {
    const { namespace, name, uid } = victim.pod.metadata
    try {
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: `${pod.pod.spec.schedulerName ?? 'default-scheduler'}: preempting to accommodate a higher priority pod`,
        lastTransitionTime: formatTime(clock.now()),
      }
      await client.patch('pods', { namespace, name }, { metadata: { uid }, status: { conditions: [condition] } }, { subresource: 'status' })
      await client.delete('pods', { namespace, name }, { preconditions: { uid } })
      metrics.preempted()
      recorder.event(
        referenceTo('pods', victim.pod),
        'Normal',
        'Preempted',
        `Preempted by pod ${pod.pod.metadata.uid} on node ${node.name}`,
      )
    } catch (error) {
      if (!isNotFound(error)) log.error('preemption failed', { pod: victim.key, error })
    }
  }

  function nominate(pod: PodInfo, node: NodeInfo): void {
    forgetNomination(pod.key)
    nominatedNode.set(pod.key, node.name)
    const promised = nominated.get(node.name) ?? new Set()
    promised.add(pod)
    nominated.set(node.name, promised)
  }
  function forgetNomination(key: string): void {
    const name = nominatedNode.get(key)
    if (name === undefined) return
    nominatedNode.delete(key)
    const promised = nominated.get(name)
    for (const pod of promised ?? []) if (pod.key === key) promised?.delete(pod)
    if (promised?.size === 0) nominated.delete(name)
  }

  /** The pods of the services and of the controller that own a pod (helper.DefaultSelector). */
  function defaultSelector(pod: Pod): Selector | undefined {
    const { namespace, labels } = pod.metadata
    if (!labels) return undefined
    const selectors: Selector[] = []
    for (const service of services.list(namespace)) {
      if (!service.spec.selector) continue
      const selector = selectorFromMap(service.spec.selector)
      if (selector.matches(labels)) selectors.push(selector)
    }
    const owner = controllerOf(pod)
    if (owner?.kind === 'ReplicaSet') selectors.push(labelSelectorAsSelector(replicaSets.get(namespace, owner.name)?.spec.selector))
    if (owner?.kind === 'StatefulSet') selectors.push(labelSelectorAsSelector(statefulSets.get(namespace, owner.name)?.spec.selector))
    if (owner?.kind === 'ReplicationController')
      selectors.push(selectorFromMap(replicationControllers.get(namespace, owner.name)?.spec.selector))
    const usable = selectors.filter((selector) => !selector.nothing)
    if (usable.length === 0) return undefined
    if (usable.length === 1) return usable[0]
    const text = usable.map(String).join(',')
    return {
      ...(usable[0] as Selector),
      requirements: usable.flatMap((s) => s.requirements),
      matches: (l) => usable.every((s) => s.matches(l)),
      toString: () => text,
    }
  }

  const isOver = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'

  function onPod(pod: Pod, before: Pod | undefined): void {
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`
    if (isOver(pod)) {
      if (before && !isOver(before)) onPodGone(pod)
      return
    }
    if (pod.spec.nodeName) {
      const wasUnassigned = !before?.spec.nodeName
      if (wasUnassigned) queue.remove(key)
      forgetNomination(key)
      const event: ClusterEvent = wasUnassigned ? { kind: 'pod-assigned', pod } : { kind: 'pod-updated', pod, before }
      // What cannot matter to any plugin (status, heartbeats of probes) costs nothing here.
      if (!wasUnassigned && before && !schedulingChanged(pod, before)) return
      const wasAssumed = cluster.isAssumed(key)
      cluster.setPod(pod, pod.spec.nodeName)
      if (!wasAssumed || !wasUnassigned) queue.happened(event)
      else queue.happened({ kind: 'pod-assigned', pod })
      return
    }
    if (!profiles.has(pod.spec.schedulerName ?? 'default-scheduler')) return
    if (cluster.isAssumed(key)) return
    if (before) queue.update(pod)
    else {
      if (pod.status?.nominatedNodeName) {
        const node = cluster.node(pod.status.nominatedNodeName)
        if (node) nominate(createPodInfo(pod), node)
      }
      queue.add(pod)
    }
  }
  function onPodGone(pod: Pod): void {
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`
    forgetNomination(key)
    queue.remove(key)
    if (cluster.podOn(key)?.pods.get(key)?.pod.metadata.uid === pod.metadata.uid || pod.spec.nodeName) cluster.removePod(key)
    if (pod.spec.nodeName) queue.happened({ kind: 'pod-deleted', pod })
  }
  function onNode(node: Node, before: Node | undefined): void {
    cluster.setNode(node)
    const info = cluster.node(node.metadata.name) as NodeInfo
    if (!before) return queue.happened({ kind: 'node-added', node: info })
    const changed = nodeChanges(node, before)
    if (changed.size) queue.happened({ kind: 'node-updated', node: info, changed })
  }

  return {
    async run(signal) {
      signal.addEventListener('abort', () => {
        stopped = true
        queue.close()
      })
      nodes.addHandler({
        added: (node) => onNode(node, undefined),
        updated: onNode,
        deleted(node) {
          cluster.removeNode(node.metadata.name)
          queue.happened({ kind: 'node-deleted', name: node.metadata.name })
        },
      })
      pods.addHandler({ added: (pod) => onPod(pod, undefined), updated: onPod, deleted: onPodGone })
      for (const resource of [
        'persistentvolumes',
        'persistentvolumeclaims',
        'storageclasses.storage.k8s.io',
        'csinodes.storage.k8s.io',
      ] as const) {
        const tell = (object: unknown) => queue.happened({ kind: 'storage', resource, object })
        informers.of(resource).addHandler({ added: tell, updated: tell, deleted: tell })
      }
      for (const resource of ['resourceclaims.resource.k8s.io', 'resourceslices.resource.k8s.io', 'deviceclasses.resource.k8s.io'] as const)
        informers.of(resource).addHandler({
          added: (object) => queue.happened({ kind: 'other', resource, object }),
          updated: (object, before) => queue.happened({ kind: 'other', resource, object, before }),
          deleted: (object) => queue.happened({ kind: 'other', resource, object, before: object, deleted: true }),
        })
      namespaces.addHandler({ updated: (object, before) => queue.happened({ kind: 'other', resource: 'namespaces', object, before }) })
      metrics.queue(() => queue.sizes)
      await informers.synced()
      log.info('the scheduler runs', { nodes: cluster.nodes.length, profiles: [...profiles.keys()] })
    },
  }
}

function schedulingChanged(pod: Pod, before: Pod): boolean {
  return (
    pod.spec !== before.spec &&
    (pod.metadata.deletionTimestamp !== before.metadata.deletionTimestamp ||
      JSON.stringify(pod.metadata.labels) !== JSON.stringify(before.metadata.labels) ||
      JSON.stringify(pod.spec) !== JSON.stringify(before.spec))
  )
}

function nodeChanges(node: Node, before: Node): Set<'allocatable' | 'labels' | 'taints' | 'unschedulable' | 'condition'> {
  const changed = new Set<'allocatable' | 'labels' | 'taints' | 'unschedulable' | 'condition'>()
  const differs = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b)
  if (differs(node.status.allocatable, before.status.allocatable)) changed.add('allocatable')
  if (differs(node.metadata.labels, before.metadata.labels)) changed.add('labels')
  if (differs(node.spec.taints, before.spec.taints)) changed.add('taints')
  if (Boolean(node.spec.unschedulable) !== Boolean(before.spec.unschedulable)) changed.add('unschedulable')
  const conditions = (n: Node) => n.status.conditions?.map((c) => [c.type, c.status])
  if (differs(conditions(node), conditions(before))) changed.add('condition')
  return changed
}

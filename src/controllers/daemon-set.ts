/**
 * Keeps one pod on every node that fits (pkg/controller/daemon): the scheduler binds it, by an affinity to the node's
 * name. A rolling update takes old pods away or, with surge, puts the new ones beside them first.
 */
import { scaledValue } from '../api/int-or-string.ts'
import { labelSelectorAsSelector } from '../api/labels.ts'
import { controllerOf, isBeingDeleted, objectKey, splitKey } from '../api/meta.ts'
import type { DaemonSet, DaemonSetStatus } from '../api/types/apps-v1.ts'
import type { Affinity, Node, Pod, PodSpec, Toleration } from '../api/types/core-v1.ts'
import type { Draft } from '../client/client.ts'
import { referenceTo } from '../client/events.ts'
import { createExpectations } from '../client/expectations.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'
import { createRevisionHistory, revisionHashLabel } from './controller-revisions.ts'
import { semanticEqual } from './equal.ts'
import { fitsNode } from './node-affinity.ts'
import { createClaimer, indexByOwner, ownerReference, resolveOwner } from './ownership.ts'
import { createPodControl } from './pod-control.ts'
import { isNamespaceTerminating, isPodAvailable, isPodFinished, isPodReady, nextAvailableMs, podFromTemplate } from './pods.ts'
import { isTolerated, taintKeys } from './taints.ts'

const resource = 'daemonsets.apps'
/** As many pods are made or deleted in one go. */
const burst = 250
/** A node whose daemon pod fails again and again is tried less and less often. */
const failedBackoff = { firstMs: 1000, mostMs: 15 * 60_000 }

/** Daemons run where other pods must not. */
const daemonTolerations: readonly Toleration[] = [
  { key: taintKeys.notReady, operator: 'Exists', effect: 'NoExecute' },
  { key: taintKeys.unreachable, operator: 'Exists', effect: 'NoExecute' },
  { key: taintKeys.diskPressure, operator: 'Exists', effect: 'NoSchedule' },
  { key: taintKeys.memoryPressure, operator: 'Exists', effect: 'NoSchedule' },
  { key: taintKeys.pidPressure, operator: 'Exists', effect: 'NoSchedule' },
  { key: taintKeys.unschedulable, operator: 'Exists', effect: 'NoSchedule' },
]

const tolerationsOf = (spec: PodSpec): Toleration[] => {
  const added: Toleration[] = [
    ...daemonTolerations,
    ...(spec.hostNetwork ? [{ key: taintKeys.networkUnavailable, operator: 'Exists', effect: 'NoSchedule' } as const] : []),
  ]
  const given = (spec.tolerations ?? []).filter(
    (t) => !added.some((a) => a.key === t.key && a.effect === t.effect && a.operator === t.operator),
  )
  return [...given, ...added]
}

/** The node a daemon pod is for, whether it has been bound yet or not. */
function nodeOf(pod: Pod): string | undefined {
  if (pod.spec.nodeName) return pod.spec.nodeName
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  for (const term of terms)
    for (const field of term.matchFields ?? []) if (field.key === 'metadata.name' && field.operator === 'In') return field.values?.[0]
  return undefined
}

/** The template's affinity with the node's name in place of its own terms: that the node fits them has been seen. */
const affinityTo = (node: string, affinity: Affinity | undefined): Affinity => ({
  ...affinity,
  nodeAffinity: {
    ...affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
    },
  },
})

/** A node, and what a set's pod may do on it. */
interface Fit {
  readonly node: string
  readonly shouldRun: boolean
  readonly shouldContinue: boolean
}

/** Bound ones first, then the oldest. */
const byAge = (a: Pod, b: Pod): number =>
  Number(!!b.spec.nodeName) - Number(!!a.spec.nodeName) ||
  compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
  compare(a.metadata.name, b.metadata.name)
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export function createDaemonSetController(deps: ControllerDeps): Controller {
  const { client, clock, informers } = deps
  const sets = informers.of(resource)
  const pods = indexByOwner(informers.of('pods'))
  const nodes = informers.of('nodes')
  const revisions = indexByOwner(informers.of('controllerrevisions.apps'))
  const recorder = deps.recorder('daemonset-controller')
  const expectations = createExpectations(clock)
  const history = createRevisionHistory(client, resource, revisions)
  const claim = createClaimer({ client, ownerResource: resource, resource: 'pods', informer: pods })
  const control = createPodControl(client, recorder)
  /** By the set's uid and the node's name. */
  const failures = new Map<string, Map<string, { count: number; at: number }>>()

  function wake(queue: Queue) {
    const enqueue = (set: DaemonSet | undefined) => set && queue.add(objectKey(set))
    sets.addHandler({
      added: enqueue,
      updated(set, before) {
        if (set.metadata.uid !== before.metadata.uid) expectations.forget(objectKey(before))
        enqueue(set)
      },
      deleted(set) {
        expectations.forget(objectKey(set))
        failures.delete(set.metadata.uid)
      },
    })
    const gone = (pod: Pod) => {
      const set = resolveOwner(sets, 'DaemonSet', pod)
      if (!set) return
      expectations.deletionObserved(objectKey(set), objectKey(pod))
      enqueue(set)
    }
    const wakeForOrphan = (pod: Pod) => {
      for (const set of sets.list(pod.metadata.namespace))
        if (labelSelectorAsSelector(set.spec.selector).matches(pod.metadata.labels)) enqueue(set)
    }
    pods.addHandler({
      added(pod) {
        if (isBeingDeleted(pod)) return gone(pod)
        if (!controllerOf(pod)) return wakeForOrphan(pod)
        const set = resolveOwner(sets, 'DaemonSet', pod)
        if (set) expectations.creationObserved(objectKey(set))
        enqueue(set)
      },
      updated(pod, before) {
        if (isBeingDeleted(pod)) return gone(pod)
        const [owner, formerly] = [controllerOf(pod), controllerOf(before)]
        if (formerly && formerly.uid !== owner?.uid) enqueue(resolveOwner(sets, 'DaemonSet', before))
        if (owner) enqueue(resolveOwner(sets, 'DaemonSet', pod))
        else if (formerly || !semanticEqual(pod.metadata.labels, before.metadata.labels)) wakeForOrphan(pod)
      },
      deleted: gone,
    })
    const all = () => {
      for (const set of sets.list()) enqueue(set)
    }
    nodes.addHandler({
      added: (node) => {
        for (const set of sets.list()) if (fitOf(set, node).shouldRun) enqueue(set)
      },
      updated(node, before) {
        // Heartbeats change nothing that counts here.
        if (semanticEqual(node.spec, before.spec) && semanticEqual(node.metadata.labels, before.metadata.labels)) return
        for (const set of sets.list()) {
          const [now, then] = [fitOf(set, node), fitOf(set, before)]
          if (now.shouldRun !== then.shouldRun || now.shouldContinue !== then.shouldContinue) enqueue(set)
        }
      },
      deleted: all,
    })
    return [sets, pods, nodes, revisions]
  }

  function fitOf(set: DaemonSet, node: Node): { shouldRun: boolean; shouldContinue: boolean } {
    const spec = set.spec.template.spec as PodSpec
    if ((spec.nodeName && spec.nodeName !== node.metadata.name) || !fitsNode(spec, node)) return { shouldRun: false, shouldContinue: false }
    const tolerations = tolerationsOf(spec)
    const repelling = (node.spec.taints ?? []).filter((t) => t.effect !== 'PreferNoSchedule' && !isTolerated(t, tolerations))
    if (repelling.length > 0) return { shouldRun: false, shouldContinue: !repelling.some((t) => t.effect === 'NoExecute') }
    return { shouldRun: true, shouldContinue: true }
  }

  async function reconcile(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key)
    const set = sets.get(namespace, name)
    if (!set) return undefined
    const selector = labelSelectorAsSelector(set.spec.selector)
    if (selector.everything) {
      recorder.event(
        referenceTo(resource, set),
        'Warning',
        'SelectingAll',
        'This daemon set is selecting all pods. A non-empty selector is required.',
      )
      return undefined
    }
    if (isBeingDeleted(set)) return undefined
    const all = await history.list(set)
    const { revision, collisionCount } = await history.sync(set, all)
    const hash = revision.metadata.labels?.[revisionHashLabel] as string
    const fits = nodes.list().map((node) => ({ node: node.metadata.name, ...fitOf(set, node) }))
    // Before the pods are read: one that shows itself meanwhile would else be waited for no more, and be missing.
    const settled = expectations.satisfied(key)
    let owned = await claim(set, selector)
    let wait = settled ? undefined : expectations.remainingMs(key)
    let failure: unknown
    if (settled)
      try {
        wait = await manage(key, set, hash, fits, owned)
        if (set.spec.updateStrategy.type !== 'OnDelete' && expectations.satisfied(key)) {
          owned = await claim(set, selector)
          await rollUpdate(key, set, hash, fits, owned)
        }
        const used = new Set(owned.map((pod) => pod.metadata.labels?.[revisionHashLabel]))
        const live = all.filter((r) => r === revision || used.has(r.metadata.labels?.[revisionHashLabel]))
        await history.truncate(set, all, new Set([revision, ...live].map((r) => r.metadata.name)))
      } catch (error) {
        failure = error
      }
    await updateStatus(set, hash, fits, owned, collisionCount, settled)
    if (failure !== undefined) throw failure
    const soon = nextAvailableMs(owned, set.spec.minReadySeconds ?? 0, clock.now())
    return soon === undefined ? wait : Math.min(soon, wait ?? Infinity)
  }

  function byNode(owned: readonly Pod[]): Map<string, Pod[]> {
    const map = new Map<string, Pod[]>()
    for (const pod of owned) {
      const node = nodeOf(pod)
      if (node === undefined) continue
      const list = map.get(node)
      if (list) list.push(pod)
      else map.set(node, [pod])
    }
    return map
  }
  /** One that has ended and only waits to be removed is in nobody's way. */
  const isLeaving = (pod: Pod) => isBeingDeleted(pod) && isPodFinished(pod)
  const surgeOf = ({ spec: { updateStrategy } }: DaemonSet, fits: readonly Fit[]): number =>
    updateStrategy.type === 'OnDelete' ? 0 : scaledValue(updateStrategy.rollingUpdate?.maxSurge ?? 0, desired(fits), true)
  const desired = (fits: readonly Fit[]) => fits.filter((fit) => fit.shouldRun).length
  const isCurrent = (pod: Pod, set: DaemonSet, hash: string) =>
    pod.metadata.labels?.[revisionHashLabel] === hash ||
    (set.metadata.annotations?.['deprecated.daemonset.template.generation'] !== undefined &&
      pod.metadata.labels?.['pod-template-generation'] === set.metadata.annotations['deprecated.daemonset.template.generation'])
  const available = (pod: Pod, set: DaemonSet) => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, clock.now())

  /** Makes what is missing and removes what is too much; the delay until failed pods are tried again. */
  async function manage(
    key: string,
    set: DaemonSet,
    hash: string,
    fits: readonly Fit[],
    owned: readonly Pod[],
  ): Promise<number | undefined> {
    const placed = byNode(owned.filter((pod) => !isLeaving(pod)))
    const needed: string[] = []
    const surplus: Pod[] = []
    let wait: number | undefined
    const surge = surgeOf(set, fits)
    for (const { node: name, shouldRun, shouldContinue } of fits) {
      const here = placed.get(name) ?? []
      if (shouldRun && here.length === 0) {
        needed.push(name)
        continue
      }
      if (!shouldContinue) {
        for (const pod of here) if (!isBeingDeleted(pod)) surplus.push(pod)
        continue
      }
      const running: Pod[] = []
      for (const pod of here) {
        if (isBeingDeleted(pod)) continue
        if (pod.status.phase === 'Failed' || pod.status.phase === 'Succeeded') {
          const held = pod.status.phase === 'Failed' ? backoffMs(set, name) : 0
          if (held > 0) {
            wait = Math.min(wait ?? Infinity, held)
            continue
          }
          const failed = pod.status.phase === 'Failed'
          recorder.event(
            referenceTo(resource, set),
            failed ? 'Warning' : 'Normal',
            failed ? 'FailedDaemonPod' : 'SucceededDaemonPod',
            `Found ${failed ? 'failed' : 'succeeded'} daemon pod ${objectKey(pod)} on node ${name}, will try to ${failed ? 'kill' : 'delete'} it`,
          )
          surplus.push(pod)
        } else running.push(pod)
      }
      running.sort(byAge)
      if (surge === 0) {
        surplus.push(...running.slice(1))
        continue
      }
      if (running.length <= 1) continue
      const [newest, old] = [running.filter((p) => isCurrent(p, set, hash)), running.filter((p) => !isCurrent(p, set, hash))]
      surplus.push(...newest.slice(1), ...old.slice(1))
      const [current, before] = [newest[0], old[0]]
      // The new pod serves, or the old one does not: nobody misses it.
      if (current && before && (available(current, set) || !isPodReady(before))) surplus.push(before)
    }
    // Pods for nodes that are gone are left to the pod collector once bound; unbound ones would wait for ever.
    for (const [name, here] of placed)
      if (!nodes.get(undefined, name)) surplus.push(...here.filter((pod) => !pod.spec.nodeName && !isBeingDeleted(pod)))
    await apply(key, set, hash, needed, surplus)
    return wait
  }

  function backoffMs({ metadata: { uid } }: DaemonSet, node: string): number {
    const now = clock.now()
    const nodes = failures.get(uid) ?? new Map<string, { count: number; at: number }>()
    failures.set(uid, nodes)
    const have = nodes.get(node)
    if (!have || now - have.at > 2 * failedBackoff.mostMs) {
      nodes.set(node, { count: 1, at: now })
      return 0
    }
    const due = have.at + Math.min(failedBackoff.firstMs * 2 ** (have.count - 1), failedBackoff.mostMs)
    if (now < due) return due - now
    nodes.set(node, { count: have.count + 1, at: now })
    return 0
  }

  async function apply(key: string, set: DaemonSet, hash: string, needed: readonly string[], surplus: readonly Pod[]): Promise<void> {
    const make = needed.slice(0, burst)
    const remove = surplus.slice(0, burst)
    if (make.length + remove.length === 0) return
    expectations.expectCreations(key, make.length)
    expectations.expectDeletions(key, remove.map(objectKey))
    const about = referenceTo(resource, set)
    const base = podFromTemplate(set.spec.template, set.metadata.namespace, ownerReference(resource, set), {
      generateName: `${set.metadata.name}-`,
    }) as Pod
    const generation = set.metadata.annotations?.['deprecated.daemonset.template.generation']
    const labels = { ...base.metadata.labels, [revisionHashLabel]: hash, ...(generation ? { 'pod-template-generation': generation } : {}) }
    const tolerations = tolerationsOf(base.spec)
    const draftOf = (i: number): Draft<Pod> => ({
      ...base,
      metadata: { ...base.metadata, labels },
      spec: { ...base.spec, tolerations, affinity: affinityTo(make[i] as string, base.spec.affinity) },
    })
    const { made, error } = await control.create(about, make.length, draftOf)
    for (let i = made.length; i < make.length; i++) expectations.creationObserved(key)
    const failure = await control.remove(about, remove, (pod) => expectations.deletionObserved(key, objectKey(pod)))
    if (error !== undefined && !isNamespaceTerminating(error)) throw error
    if (failure !== undefined) throw failure
  }

  async function rollUpdate(key: string, set: DaemonSet, hash: string, fits: readonly Fit[], owned: readonly Pod[]): Promise<void> {
    const placed = byNode(owned.filter((pod) => !isLeaving(pod)))
    const total = desired(fits)
    const surge = surgeOf(set, fits)
    let unavailableMost = scaledValue(set.spec.updateStrategy.rollingUpdate?.maxUnavailable ?? 1, total, true)
    // Both nothing would make no progress.
    if (total > 0 && unavailableMost === 0 && surge === 0) unavailableMost = 1
    let unavailable = 0
    let surging = 0
    const free: Pod[] = []
    const candidates: Pod[] = []
    const freeNodes: string[] = []
    const candidateNodes: string[] = []
    for (const { node, shouldRun } of fits) {
      if (!shouldRun) continue
      const here = placed.get(node) ?? []
      const current = here.find((pod) => isCurrent(pod, set, hash) && !isBeingDeleted(pod))
      const olds = here.filter((pod) => !isCurrent(pod, set, hash) && !isBeingDeleted(pod))
      const old = olds[0]
      if (surge > 0) {
        if (!current && old) (available(old, set) ? candidateNodes : freeNodes).push(node)
        else if (current && old && !available(current, set)) surging++
        else if (current && old) free.push(old)
        continue
      }
      if (current) {
        if (!available(current, set)) unavailable++
      } else if (!old) unavailable++
      else if (!available(old, set)) {
        unavailable++
        free.push(old)
      } else candidates.push(old)
    }
    if (surge > 0)
      return apply(key, set, hash, [...freeNodes, ...candidateNodes.slice(0, Math.max(0, surge - surging - freeNodes.length))], free)
    await apply(key, set, hash, [], [...free, ...candidates.slice(0, Math.max(0, unavailableMost - unavailable))])
  }

  /** Of several pods on a node, as a surge has, the oldest is the one that counts: an update is done where it is gone. */
  async function updateStatus(
    set: DaemonSet,
    hash: string,
    fits: readonly Fit[],
    owned: readonly Pod[],
    collisionCount: number | undefined,
    settled: boolean,
  ): Promise<void> {
    const placed = byNode(owned)
    // What has not been acted on has not been observed.
    const observedGeneration = settled ? set.metadata.generation : set.status.observedGeneration
    const status: DaemonSetStatus = {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: desired(fits),
      numberReady: 0,
      updatedNumberScheduled: 0,
      numberAvailable: 0,
      numberUnavailable: 0,
      ...(observedGeneration !== undefined ? { observedGeneration } : {}),
      ...(collisionCount !== undefined ? { collisionCount } : {}),
      ...(set.status.conditions ? { conditions: set.status.conditions } : {}),
    }
    for (const { node, shouldRun } of fits) {
      const [pod] = (placed.get(node) ?? []).sort(byAge)
      if (!pod) continue
      if (!shouldRun) {
        status.numberMisscheduled++
        continue
      }
      status.currentNumberScheduled++
      if (isPodReady(pod)) status.numberReady++
      if (available(pod, set)) status.numberAvailable = (status.numberAvailable ?? 0) + 1
      if (isCurrent(pod, set, hash)) status.updatedNumberScheduled = (status.updatedNumberScheduled ?? 0) + 1
    }
    status.numberUnavailable = status.desiredNumberScheduled - (status.numberAvailable ?? 0)
    const keys = [
      'currentNumberScheduled',
      'numberMisscheduled',
      'desiredNumberScheduled',
      'numberReady',
      'updatedNumberScheduled',
      'numberAvailable',
      'numberUnavailable',
      'observedGeneration',
      'collisionCount',
    ] as const
    if (keys.every((key) => (set.status[key] ?? 0) === (status[key] ?? 0))) return
    await client.updateStatus(resource, { ...set, status })
  }

  return { name: 'daemonset-controller', workers: deps.options.concurrent.daemonset, wake, reconcile }
}

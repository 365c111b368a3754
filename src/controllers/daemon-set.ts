/**
 * Keeps one pod on every node that fits (pkg/controller/daemon): the scheduler binds it, by an affinity to the node's
 * name. A rolling update takes old pods away or, with surge, puts the new ones beside them first.
 */
import { isNotFound } from '../api/errors.ts'
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
import { isNamespaceTerminating, isPodAvailable, isPodReady, nextAvailableMs, podFromTemplate, slowStart } from './pods.ts'
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

/** The template's affinity with the node's name in place of, or beside, its own terms. */
function affinityTo(node: string, affinity: Affinity | undefined): Affinity {
  const matchFields = [{ key: 'metadata.name', operator: 'In' as const, values: [node] }]
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: terms?.length ? terms.map((term) => ({ ...term, matchFields })) : [{ matchFields }],
      },
    },
  } as Affinity
}

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
  const failures = new Map<string, { count: number; at: number }>()

  function wake(queue: Queue) {
    const enqueue = (set: DaemonSet | undefined) => set && queue.add(objectKey(set))
    sets.addHandler({
      added: enqueue,
      updated(set, before) {
        if (set.metadata.uid !== before.metadata.uid) expectations.forget(objectKey(before))
        enqueue(set)
      },
      deleted: (set) => expectations.forget(objectKey(set)),
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
        else if (formerly || pod.metadata.labels !== before.metadata.labels) wakeForOrphan(pod)
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
        if (node.spec === before.spec && node.metadata.labels === before.metadata.labels) return
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
    let owned = await claim(set, selector)
    let wait: number | undefined
    if (expectations.satisfied(key)) {
      const managed = await manage(key, set, hash, owned)
      wait = managed
      if (set.spec.updateStrategy.type !== 'OnDelete' && expectations.satisfied(key)) {
        owned = await claim(set, selector)
        await rollUpdate(key, set, hash, owned)
      }
    } else wait = expectations.remainingMs(key)
    const live = new Set([revision.metadata.name])
    const used = new Set(owned.map((pod) => pod.metadata.labels?.[revisionHashLabel]))
    for (const r of all) if (used.has(r.metadata.labels?.[revisionHashLabel])) live.add(r.metadata.name)
    await history.truncate(set, all, live)
    await updateStatus(set, hash, owned, collisionCount)
    const soon = nextAvailableMs(owned, set.spec.minReadySeconds ?? 0, clock.now())
    return soon === undefined ? wait : wait === undefined ? soon : Math.min(soon, wait)
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
  const surgeOf = (set: DaemonSet): number =>
    set.spec.updateStrategy.type === 'OnDelete' ? 0 : scaledValue(set.spec.updateStrategy.rollingUpdate?.maxSurge ?? 0, desired(set), true)
  const desired = (set: DaemonSet) => nodes.list().filter((node) => fitOf(set, node).shouldRun).length
  const isCurrent = (pod: Pod, set: DaemonSet, hash: string) =>
    pod.metadata.labels?.[revisionHashLabel] === hash ||
    (set.metadata.annotations?.['deprecated.daemonset.template.generation'] !== undefined &&
      pod.metadata.labels?.['pod-template-generation'] === set.metadata.annotations['deprecated.daemonset.template.generation'])
  const available = (pod: Pod, set: DaemonSet) => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, clock.now())

  /** Makes what is missing and removes what is too much; the delay until failed pods are tried again. */
  async function manage(key: string, set: DaemonSet, hash: string, owned: readonly Pod[]): Promise<number | undefined> {
    const placed = byNode(owned)
    const needed: string[] = []
    const surplus: Pod[] = []
    let wait: number | undefined
    const surge = surgeOf(set)
    for (const node of nodes.list()) {
      const name = node.metadata.name
      const { shouldRun, shouldContinue } = fitOf(set, node)
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
          const held = pod.status.phase === 'Failed' ? backoffMs(`${set.metadata.uid}/${name}`) : 0
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
      if (surge === 0) {
        // The oldest stays, and one that is bound before one that is not.
        running.sort(
          (a, b) =>
            Number(!!b.spec.nodeName) - Number(!!a.spec.nodeName) || (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1),
        )
        surplus.push(...running.slice(1))
        continue
      }
      if (running.length <= 1) continue
      const [newest, old] = [running.filter((p) => isCurrent(p, set, hash)), running.filter((p) => !isCurrent(p, set, hash))]
      surplus.push(...newest.slice(1), ...old.slice(1))
      const [current, before] = [newest[0], old[0]]
      // The new pod serves, or the old one does not: nobody misses it.
      if (current && before && (available(current, set) || !available(before, set))) surplus.push(before)
    }
    // Pods for nodes that are gone are left to the pod collector once bound; unbound ones would wait for ever.
    for (const [name, here] of placed)
      if (!nodes.get(undefined, name)) surplus.push(...here.filter((pod) => !pod.spec.nodeName && !isBeingDeleted(pod)))
    await apply(key, set, hash, needed, surplus)
    return wait
  }

  function backoffMs(id: string): number {
    const now = clock.now()
    const have = failures.get(id)
    if (!have || now - have.at > 2 * failedBackoff.mostMs) {
      failures.set(id, { count: 1, at: now })
      return 0
    }
    const due = have.at + Math.min(failedBackoff.firstMs * 2 ** (have.count - 1), failedBackoff.mostMs)
    if (now < due) return due - now
    failures.set(id, { count: have.count + 1, at: now })
    return 0
  }

  async function apply(key: string, set: DaemonSet, hash: string, needed: readonly string[], surplus: readonly Pod[]): Promise<void> {
    const make = needed.slice(0, burst)
    const remove = surplus.slice(0, burst)
    expectations.expectCreations(key, make.length)
    expectations.expectDeletions(key, remove.map(objectKey))
    const about = referenceTo(resource, set)
    const base = podFromTemplate(set.spec.template, set.metadata.namespace, ownerReference(resource, set), {
      generateName: `${set.metadata.name}-`,
    }) as Pod
    const generation = set.metadata.annotations?.['deprecated.daemonset.template.generation']
    const labels = { ...base.metadata.labels, [revisionHashLabel]: hash, ...(generation ? { 'pod-template-generation': generation } : {}) }
    const draftFor = (node: string): Draft<Pod> => ({
      ...base,
      metadata: { ...base.metadata, labels },
      spec: { ...base.spec, tolerations: tolerationsOf(base.spec), affinity: affinityTo(node, base.spec.affinity) },
    })
    const { successes, error } = await slowStart(make.length, async (i) => {
      try {
        const pod = await client.create('pods', draftFor(make[i] as string))
        recorder.event(about, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
      } catch (failure) {
        if (!isNamespaceTerminating(failure))
          recorder.event(about, 'Warning', 'FailedCreate', `Error creating: ${(failure as Error).message}`)
        throw failure
      }
    })
    for (let i = successes; i < make.length; i++) expectations.creationObserved(key)
    let failure = isNamespaceTerminating(error) ? undefined : error
    await Promise.all(
      remove.map(async (pod) => {
        try {
          await client.delete(
            'pods',
            { namespace: pod.metadata.namespace, name: pod.metadata.name },
            { preconditions: { uid: pod.metadata.uid } },
          )
          recorder.event(about, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
        } catch (problem) {
          expectations.deletionObserved(key, objectKey(pod))
          if (!isNotFound(problem)) failure ??= problem
        }
      }),
    )
    if (failure !== undefined) throw failure
  }

  async function rollUpdate(key: string, set: DaemonSet, hash: string, owned: readonly Pod[]): Promise<void> {
    const placed = byNode(owned)
    const targets = nodes.list().filter((node) => fitOf(set, node).shouldRun)
    const total = targets.length
    const surge = surgeOf(set)
    let unavailableMost = scaledValue(set.spec.updateStrategy.rollingUpdate?.maxUnavailable ?? 1, total, true)
    // Both nothing would make no progress.
    if (total > 0 && unavailableMost === 0 && surge === 0) unavailableMost = 1
    let unavailable = 0
    let surging = 0
    const free: Pod[] = []
    const candidates: Pod[] = []
    const freeNodes: string[] = []
    const candidateNodes: string[] = []
    for (const { metadata } of targets) {
      const here = placed.get(metadata.name) ?? []
      const current = here.find((pod) => isCurrent(pod, set, hash) && !isBeingDeleted(pod))
      const olds = here.filter((pod) => !isCurrent(pod, set, hash) && !isBeingDeleted(pod))
      const old = olds[0]
      if (surge > 0) {
        if (!current && old) (available(old, set) ? candidateNodes : freeNodes).push(metadata.name)
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

  async function updateStatus(set: DaemonSet, hash: string, owned: readonly Pod[], collisionCount: number | undefined): Promise<void> {
    const placed = byNode(owned)
    const status: DaemonSetStatus = {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
      updatedNumberScheduled: 0,
      numberAvailable: 0,
      numberUnavailable: 0,
      observedGeneration: set.metadata.generation,
      ...(collisionCount !== undefined ? { collisionCount } : {}),
      ...(set.status.conditions ? { conditions: set.status.conditions } : {}),
    }
    for (const node of nodes.list()) {
      const here = [...(placed.get(node.metadata.name) ?? [])].sort((a, b) =>
        a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1,
      )
      if (!fitOf(set, node).shouldRun) {
        if (here.length > 0) status.numberMisscheduled++
        continue
      }
      status.desiredNumberScheduled++
      if (here.length === 0) continue
      status.currentNumberScheduled++
      const ready = here.filter(isPodReady)
      if (ready.length > 0) status.numberReady++
      if (ready.some((pod) => available(pod, set))) status.numberAvailable = (status.numberAvailable ?? 0) + 1
      if (here.some((pod) => isCurrent(pod, set, hash) && !isBeingDeleted(pod)))
        status.updatedNumberScheduled = (status.updatedNumberScheduled ?? 0) + 1
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

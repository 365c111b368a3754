/**
 * Runs pods to completion (pkg/controller/job). Every pod carries a finalizer until its end is counted: its uid is first
 * written into the status, then the finalizer goes, then the count is raised, so that no crash counts a pod twice or never.
 */
import { isNotFound, StatusError } from '../api/errors.ts'
import { labelSelectorAsSelector } from '../api/labels.ts'
import { controllerOf, hasFinalizer, isBeingDeleted, objectKey, splitKey } from '../api/meta.ts'
import type { Job, JobCondition } from '../api/types/batch-v1.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { createExpectations } from '../client/expectations.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'
import { semanticEqual } from './equal.ts'
import { createJobMetrics } from './job-metrics.ts'
import { tracking } from './job-pods.ts'
import { createJobSync } from './job-sync.ts'
import { createClaimer, indexByOwner, ownerIndex, resolveOwner } from './ownership.ts'
import { createPodControl } from './pod-control.ts'
import { isPodFinished } from './pods.ts'

const resource = 'jobs.batch'
const conditionOf = (job: Job, type: string) => job.status.conditions?.find((c) => c.type === type && c.status === 'True')
export const finishedCondition = (job: Job): JobCondition | undefined => conditionOf(job, 'Complete') ?? conditionOf(job, 'Failed')

const managedElsewhere = ({ spec: { managedBy } }: Job): string | undefined =>
  managedBy === 'kubernetes.io/job-controller' ? undefined : managedBy

export function createJobController(deps: ControllerDeps): Controller {
  const { client, clock, informers } = deps
  const jobs = informers.of(resource)
  const pods = indexByOwner(informers.of('pods'))
  const namespaces = informers.of('namespaces')
  const recorder = deps.recorder('job-controller')
  const metrics = createJobMetrics(deps.metrics)
  const expectations = createExpectations(clock)
  const claim = createClaimer({ client, ownerResource: resource, resource: 'pods', informer: pods, finalizer: tracking })
  /** Pods whose finalizer was taken away and whose event has not come yet. */
  const released = new Set<string>()
  /** The version of each job that this controller wrote last: an older one in the cache does not count what has been counted. */
  const written = new Map<string, string>()

  const tools = {
    client,
    recorder,
    control: createPodControl(client, recorder),
    metrics,
    expectations,
    released,
    release,
    written: ({ metadata }: Job) => void written.set(metadata.uid, metadata.resourceVersion),
  }

  function wake(queue: Queue) {
    const enqueue = (job: Job | undefined) => job && queue.add(objectKey(job))
    jobs.addHandler({
      added(job) {
        const elsewhere = managedElsewhere(job)
        if (elsewhere) metrics.managedElsewhere(elsewhere)
        enqueue(job)
      },
      updated(job, before) {
        if (job.metadata.uid !== before.metadata.uid) expectations.forget(objectKey(before))
        enqueue(job)
      },
      deleted(job) {
        expectations.forget(objectKey(job))
        written.delete(job.metadata.uid)
        for (const pod of pods.byIndex(ownerIndex, job.metadata.uid)) wakeIfOrphaned(pod)
      },
    })
    /** A pod with our finalizer and without a job that would take it away. Which jobs there are is known when the key is worked on. */
    const wakeIfOrphaned = (pod: Pod) => {
      const owner = controllerOf(pod)
      if (hasFinalizer(pod, tracking) && (!owner || owner.kind === 'Job') && !resolveOwner(jobs, 'Job', pod))
        queue.add(`orphan/${objectKey(pod)}`)
    }
    const wakeForOrphan = (pod: Pod) => {
      wakeIfOrphaned(pod)
      for (const job of jobs.list(pod.metadata.namespace))
        if (labelSelectorAsSelector(job.spec.selector).matches(pod.metadata.labels)) enqueue(job)
    }
    const gone = (pod: Pod) => {
      const job = resolveOwner(jobs, 'Job', pod)
      if (job) expectations.deletionObserved(objectKey(job), objectKey(pod))
      else wakeIfOrphaned(pod)
      enqueue(job)
    }
    const isTracked = (pod: Pod) => isPodFinished(pod) && hasFinalizer(pod, tracking)
    pods.addHandler({
      added(pod) {
        if (isTracked(pod)) metrics.finishedPodTracked('add')
        if (isBeingDeleted(pod)) return gone(pod)
        if (!controllerOf(pod)) return wakeForOrphan(pod)
        const job = resolveOwner(jobs, 'Job', pod)
        if (job) expectations.creationObserved(objectKey(job))
        else wakeIfOrphaned(pod)
        enqueue(job)
      },
      updated(pod, before) {
        if (isTracked(pod) !== isTracked(before)) metrics.finishedPodTracked(isTracked(pod) ? 'add' : 'delete')
        if (!hasFinalizer(pod, tracking)) released.delete(pod.metadata.uid)
        const [owner, formerly] = [controllerOf(pod), controllerOf(before)]
        if (formerly && formerly.uid !== owner?.uid) enqueue(resolveOwner(jobs, 'Job', before))
        if (isBeingDeleted(pod)) return gone(pod)
        if (owner) return enqueue(resolveOwner(jobs, 'Job', pod))
        if (formerly || !semanticEqual(pod.metadata.labels, before.metadata.labels)) wakeForOrphan(pod)
      },
      deleted(pod) {
        released.delete(pod.metadata.uid)
        gone(pod)
      },
    })
    namespaces.addHandler({
      updated(now, before) {
        if (isBeingDeleted(now) && !isBeingDeleted(before)) for (const job of jobs.list(now.metadata.name)) enqueue(job)
      },
    })
    return [jobs, pods, namespaces]
  }

  async function reconcile(key: string): Promise<number | undefined> {
    if (key.startsWith('orphan/')) return releaseOrphan(key.slice('orphan/'.length))
    const { namespace, name } = splitKey(key)
    const job = jobs.get(namespace, name)
    if (!job || managedElsewhere(job)) return undefined
    const newest = written.get(job.metadata.uid)
    if (newest !== undefined && BigInt(job.metadata.resourceVersion) < BigInt(newest)) return undefined // its event will come
    written.delete(job.metadata.uid)
    // Before the pods are read: one that shows itself meanwhile would else be waited for no more, and be missing.
    const settled = expectations.satisfied(key)
    const owned = await claim(job, labelSelectorAsSelector(job.spec.selector))
    if (finishedCondition(job)) {
      // What is left of a finished job: pods that ended after it.
      for (const pod of owned) if (hasFinalizer(pod, tracking)) await release(pod)
      return undefined
    }
    const began = performance.now()
    const found = namespaces.get(undefined, namespace)
    const namespaceEnds = found !== undefined && isBeingDeleted(found)
    const sync = createJobSync({ ...tools, now: clock.now(), namespaceEnds }, key, job, owned, settled)
    let result: 'success' | 'error' = 'error'
    try {
      const wait = await sync.run()
      result = 'success'
      return wait
    } finally {
      metrics.synced(job, sync.action, result, (performance.now() - began) / 1000)
    }
  }

  async function releaseOrphan(key: string): Promise<undefined> {
    const { namespace, name } = splitKey(key)
    const pod = pods.get(namespace, name)
    const owner = pod && controllerOf(pod)
    if (pod && (!owner || owner.kind === 'Job') && !resolveOwner(jobs, 'Job', pod)) await release(pod)
  }

  async function release(pod: Pod): Promise<boolean> {
    const { namespace, name, uid } = pod.metadata
    if (!hasFinalizer(pod, tracking) || released.has(uid)) return true
    released.add(uid)
    try {
      await client.patch('pods', { namespace, name }, { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [tracking] } })
      return true
    } catch (error) {
      released.delete(uid)
      if (isNotFound(error) || (error instanceof StatusError && error.code === 409)) return true
      throw error
    }
  }

  return { name: 'job-controller', workers: deps.options.concurrent.job, backoff: { baseMs: 1000, mostMs: 60_000 }, wake, reconcile }
}

/** POST pods/NAME/eviction: a deletion that asks the pod's disruption budget first (registry/core/pod/storage/eviction.go). */
import { newBadRequest, newNotFound, StatusError } from '../../api/errors.ts'
import { labelSelectorAsSelector } from '../../api/labels.ts'
import { formatTime } from '../../api/meta.ts'
import { typeById } from '../../api/registry.ts'
import type { Pod } from '../../api/types/core-v1.ts'
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts'
import type { Answer, Call } from '../call.ts'
import { parseDeleteOptions, parseWriteOptions } from '../options.ts'
import type { ApiObject } from '../request.ts'
import { readObject } from '../rest/body.ts'
import { attributesOf, type Core, cacheOf, groupResourceOf, keyOf, readEntry } from '../rest/core.ts'
import { checkPreconditions, deleteEntry } from '../rest/delete.ts'
import { writeUpdate } from '../rest/update.ts'
import { type Entry, objectOf } from '../storage/entry.ts'
import { created } from './status.ts'

type StoredPod = ApiObject & Pod
type Budget = ApiObject & PodDisruptionBudget

export async function eviction(core: Core, call: Call): Promise<Answer> {
  const { info, endpoint } = call
  const options = parseWriteOptions('CreateOptions', info.query)
  const wanted = (await readObject(
    core,
    call,
    { group: 'policy', version: 'v1', olderVersions: ['v1beta1'], kind: 'Eviction', type: typeById('policy.v1.Eviction') },
    options.fieldValidation,
  )) as ApiObject & {
    deleteOptions?: Record<string, unknown>
  }
  if (wanted.metadata.name && wanted.metadata.name !== info.name) throw newBadRequest('name in URL does not match name in Eviction object')
  const asked = parseDeleteOptions(info.query, wanted.deleteOptions ?? {})
  const deleteOptions = { ...asked, dryRun: asked.dryRun || options.dryRun }
  const attributes = attributesOf(call, 'CREATE', info.name, options)
  await core.admission.admit(wanted, undefined, attributes)
  await core.admission.validate(wanted, undefined, attributes)
  for (;;) {
    const entry = await readEntry(core, endpoint, keyOf(endpoint, info.namespace, info.name))
    if (!entry) throw newNotFound(groupResourceOf(endpoint), info.name)
    const pod = objectOf(entry) as StoredPod
    // A pod that counts for no budget goes at once: finished, not yet running, or on its way out.
    if (!canIgnoreBudget(pod)) {
      const budget = await budgetOf(core, pod)
      if (budget && !unhealthyMayGo(pod, budget)) await takeDisruption(core, call, pod, budget, deleteOptions.dryRun)
    }
    const { preconditions = {} } = deleteOptions
    checkPreconditions(endpoint, pod, deleteOptions)
    const marked = deleteOptions.dryRun ? entry : await markDisrupted(core, call, pod)
    // The pod that the budget was asked for, and no newer one of its name; its version is the one that the mark made.
    const { resourceVersion: _, ...rest } = preconditions
    if (await deleteEntry(core, call, marked, { ...deleteOptions, preconditions: { ...rest, uid: pod.metadata.uid } })) return created
  }
}

/** Says in the pod's own status why it goes. */
async function markDisrupted(core: Core, call: Call, pod: StoredPod): Promise<Entry> {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: formatTime(core.now()),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  }
  const answer = await writeUpdate(core, call, {
    name: pod.metadata.name,
    options: { dryRun: false, fieldManager: '', fieldValidation: 'Ignore' },
    internal: true,
    managedFields: 'keep',
    preconditions: { uid: pod.metadata.uid },
    strategy: { prepareForUpdate: (object) => object },
    transform(existing) {
      const { status } = existing as StoredPod
      const before = status.conditions?.find((c) => c.type === condition.type)
      const others = (status.conditions ?? []).filter((c) => c.type !== condition.type)
      const kept = before?.status === 'True' ? { ...condition, lastTransitionTime: before.lastTransitionTime } : condition
      return { ...existing, status: { ...status, conditions: [...others, kept] } } as unknown as ApiObject
    },
  })
  if (answer.kind !== 'entry') throw new Error('the eviction of a pod that is being deleted')
  return answer.entry
}

function canIgnoreBudget({ metadata, status }: StoredPod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed' || status.phase === 'Pending' || metadata.deletionTimestamp !== undefined
}

async function budgetOf(core: Core, pod: StoredPod): Promise<Budget | undefined> {
  const endpoint = core.endpoints.get('policy', 'v1', 'poddisruptionbudgets')
  if (!endpoint) return undefined
  const cache = cacheOf(endpoint)
  if (!cache.loaded) await cache.load()
  const fresh = core.storage.fresh()
  if (fresh) await fresh
  const found: Budget[] = []
  cache.scan(`${pod.metadata.namespace}/`, (entry) => {
    const budget = objectOf(entry) as Budget
    if (labelSelectorAsSelector(budget.spec.selector).matches(pod.metadata.labels)) found.push(budget)
  })
  if (found.length > 1)
    throw new StatusError({
      code: 500,
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    })
  return found[0]
}

/** Pods that are not ready may go without a disruption, as the budget's unhealthyPodEvictionPolicy says. */
function unhealthyMayGo(pod: StoredPod, { spec, status }: Budget): boolean {
  if (pod.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')) return false
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  return (status.currentHealthy ?? 0) >= (status.desiredHealthy ?? 0) && (status.desiredHealthy ?? 0) > 0
}

const tooMany = (cause: string, retryAfterSeconds?: number): StatusError =>
  new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget', message: cause }], ...(retryAfterSeconds ? { retryAfterSeconds } : {}) },
  })

const maxDisruptedPods = 2000

/** Counts the pod against the budget, in the budget's own status: two evictions cannot take the same disruption. */
async function takeDisruption(core: Core, call: Call, pod: StoredPod, budget: Budget, dryRun: boolean): Promise<void> {
  const endpoint = core.endpoints.get('policy', 'v1', 'poddisruptionbudgets')
  if (!endpoint) return
  await writeUpdate(
    core,
    { ...call, endpoint, info: { ...call.info, resource: endpoint.resource.resource, subresource: 'status', name: budget.metadata.name } },
    {
      name: budget.metadata.name,
      options: { dryRun, fieldManager: 'kube-apiserver', fieldValidation: 'Ignore' },
      internal: true,
      preconditions: { uid: budget.metadata.uid },
      strategy: { prepareForUpdate: (object) => object },
      transform: (existing) => disrupted(core, existing as Budget, pod),
    },
  )
}

function disrupted(core: Core, budget: Budget, pod: StoredPod): ApiObject {
  const { metadata, status } = budget
  const { name } = metadata
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10)
  if ((status.disruptionsAllowed ?? 0) < 0)
    throw new StatusError({
      code: 403,
      reason: 'Forbidden',
      message: `pdb disruptions allowed is negative`,
      details: { name, group: 'policy', kind: 'poddisruptionbudgets' },
    })
  if (Object.keys(status.disruptedPods ?? {}).length > maxDisruptedPods)
    throw tooMany('DisruptedPods map too big - too many evictions not confirmed by PDB controller')
  if ((status.disruptionsAllowed ?? 0) === 0)
    throw tooMany(
      `The disruption budget ${name} needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`,
    )
  const left = (status.disruptionsAllowed ?? 0) - 1
  const now = formatTime(core.now())
  const conditions = (status.conditions ?? []).filter((c) => c.type !== 'DisruptionAllowed')
  const before = status.conditions?.find((c) => c.type === 'DisruptionAllowed')
  const verdict = left > 0 ? 'True' : 'False'
  const condition = {
    type: 'DisruptionAllowed',
    status: verdict,
    observedGeneration: status.observedGeneration,
    lastTransitionTime: before?.status === verdict ? before.lastTransitionTime : now,
    reason: left > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  }
  return {
    ...budget,
    status: {
      ...status,
      disruptedPods: { ...status.disruptedPods, [pod.metadata.name]: now },
      disruptionsAllowed: left,
      conditions: [...conditions, condition],
    },
  } as unknown as ApiObject
}

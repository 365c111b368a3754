/** What `kubectl rollout` knows about workloads: where a rollout stands, and the revisions behind it (k8s.io/kubectl/pkg/polymorphichelpers). */
import { labelSelectorAsSelector } from '../api/labels.ts'
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../api/types/apps-v1.ts'
import type { Factory, KubeObject } from './factory.ts'
import type { Info } from './select.ts'
import { queryOf } from './select.ts'

export const revisionAnnotation = 'deployment.kubernetes.io/revision'
export const changeCause = 'kubernetes.io/change-cause'

export interface RolloutStatus {
  readonly text: string
  readonly done: boolean
}

export function rolloutStatus(object: KubeObject, wantedRevision = 0): RolloutStatus {
  switch (object.kind) {
    case 'Deployment':
      return deploymentStatus(object as unknown as Deployment, wantedRevision)
    case 'DaemonSet':
      return daemonSetStatus(object as unknown as DaemonSet)
    case 'StatefulSet':
      return statefulSetStatus(object as unknown as StatefulSet)
    default:
      throw new Error(`no status viewer has been implemented for ${object.kind}`)
  }
}

const waiting = (text: string): RolloutStatus => ({ text, done: false })
const isObserved = (object: { metadata: { generation?: number }; status?: { observedGeneration?: number } }): boolean =>
  (object.metadata.generation ?? 0) <= (object.status?.observedGeneration ?? 0)

function deploymentStatus(deployment: Deployment, wantedRevision: number): RolloutStatus {
  const { name } = deployment.metadata
  if (wantedRevision > 0) {
    const revision = Number(deployment.metadata.annotations?.[revisionAnnotation] ?? 0)
    if (revision !== wantedRevision)
      throw new Error(`desired revision (${wantedRevision}) is different from the running revision (${revision})`)
  }
  if (!isObserved(deployment)) return waiting('Waiting for deployment spec update to be observed...')
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, conditions } = deployment.status ?? {}
  const wanted = deployment.spec?.replicas ?? 0
  if (conditions?.some((c) => c.type === 'Progressing' && c.reason === 'ProgressDeadlineExceeded'))
    throw new Error(`deployment ${JSON.stringify(name)} exceeded its progress deadline`)
  const head = `Waiting for deployment ${JSON.stringify(name)} rollout to finish:`
  if (updatedReplicas < wanted) return waiting(`${head} ${updatedReplicas} out of ${wanted} new replicas have been updated...`)
  if (replicas > updatedReplicas) return waiting(`${head} ${replicas - updatedReplicas} old replicas are pending termination...`)
  if (availableReplicas < updatedReplicas)
    return waiting(`${head} ${availableReplicas} of ${updatedReplicas} updated replicas are available...`)
  return { text: `deployment ${JSON.stringify(name)} successfully rolled out`, done: true }
}

function daemonSetStatus(set: DaemonSet): RolloutStatus {
  const { name } = set.metadata
  if (set.spec?.updateStrategy?.type !== 'RollingUpdate')
    throw new Error('rollout status is only available for RollingUpdate strategy type')
  if (!isObserved(set)) return waiting('Waiting for daemon set spec update to be observed...')
  const { updatedNumberScheduled = 0, desiredNumberScheduled = 0, numberAvailable = 0 } = set.status ?? {}
  const head = `Waiting for daemon set ${JSON.stringify(name)} rollout to finish:`
  if (updatedNumberScheduled < desiredNumberScheduled)
    return waiting(`${head} ${updatedNumberScheduled} out of ${desiredNumberScheduled} new pods have been updated...`)
  if (numberAvailable < desiredNumberScheduled)
    return waiting(`${head} ${numberAvailable} of ${desiredNumberScheduled} updated pods are available...`)
  return { text: `daemon set ${JSON.stringify(name)} successfully rolled out`, done: true }
}

function statefulSetStatus(set: StatefulSet): RolloutStatus {
  if (set.spec?.updateStrategy?.type !== 'RollingUpdate')
    throw new Error('rollout status is only available for RollingUpdate strategy type')
  if (!set.status?.observedGeneration || !isObserved(set)) return waiting('Waiting for statefulset spec update to be observed...')
  const { readyReplicas = 0, updatedReplicas = 0, currentReplicas = 0, updateRevision, currentRevision } = set.status
  const wanted = set.spec.replicas ?? 0
  if (readyReplicas < wanted) return waiting(`Waiting for ${wanted - readyReplicas} pods to be ready...`)
  const partition = set.spec.updateStrategy.rollingUpdate?.partition ?? 0
  if (partition > 0) {
    if (updatedReplicas < wanted - partition)
      return waiting(
        `Waiting for partitioned roll out to finish: ${updatedReplicas} out of ${wanted - partition} new pods have been updated...`,
      )
    return { text: `partitioned roll out complete: ${updatedReplicas} new pods have been updated...`, done: true }
  }
  if (updateRevision !== currentRevision)
    return waiting(`waiting for statefulset rolling update to complete ${updatedReplicas} pods at revision ${updateRevision}...`)
  return { text: `statefulset rolling update complete ${currentReplicas} pods at revision ${currentRevision}...`, done: true }
}

export interface Revision {
  readonly number: number
  readonly cause: string
  /** The pod template at that revision. */
  readonly template: Record<string, unknown>
  readonly annotations: Readonly<Record<string, string>>
}

/** The revisions that are kept of a workload, oldest first. */
export async function revisionsOf(factory: Factory, { object, namespace }: Info): Promise<Revision[]> {
  const { selector } = (object['spec'] ?? {}) as { selector?: object }
  const query = queryOf({ labelSelector: labelSelectorAsSelector(selector as never).toString() })
  const own = (o: { metadata: { ownerReferences?: readonly { uid?: string }[] } }) =>
    o.metadata.ownerReferences?.some((owner) => owner.uid === object.metadata['uid'])
  const list = async <T>(resource: string): Promise<readonly T[]> =>
    (await factory.request<{ items: T[] }>({ method: 'GET', path: `/apis/apps/v1/namespaces/${namespace}/${resource}${query}` })).items
  const revisions: Revision[] = []
  if (object.kind === 'Deployment') {
    for (const set of (await list<ReplicaSet>('replicasets')).filter(own))
      revisions.push({
        number: Number(set.metadata.annotations?.[revisionAnnotation] ?? 0),
        cause: set.metadata.annotations?.[changeCause] ?? '',
        template: set.spec?.template as never,
        annotations: set.metadata.annotations ?? {},
      })
  } else if (object.kind === 'DaemonSet' || object.kind === 'StatefulSet') {
    interface Kept {
      readonly metadata: { readonly annotations?: Record<string, string>; readonly ownerReferences?: readonly { uid?: string }[] }
      readonly revision: number
      readonly data: { readonly spec: { readonly template: Record<string, unknown> } }
    }
    for (const kept of (await list<Kept>('controllerrevisions')).filter(own)) {
      const { $patch: _, ...template } = kept.data.spec.template
      revisions.push({
        number: kept.revision,
        cause: kept.metadata.annotations?.[changeCause] ?? '',
        template,
        annotations: kept.metadata.annotations ?? {},
      })
    }
  } else throw new Error(`no history viewer has been implemented for ${object.kind}`)
  return revisions.filter((r) => r.number > 0).sort((a, b) => a.number - b.number)
}

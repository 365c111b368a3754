/** `kubectl describe` of deployments, replica sets, replication controllers, stateful sets and daemon sets. */
import { formatLabelSelector, formatLabels, labelSelectorAsSelector } from '../../api/labels.ts'
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../api/types/apps-v1.ts'
import type { Pod, ReplicationController } from '../../api/types/core-v1.ts'
import { queryOf } from '../select.ts'
import { writePodTemplate } from './containers.ts'
import type { DescribeContext } from './index.ts'
import { type DescribeWriter, timeText, writeAnnotations, writeEvents, writeLabels } from './writer.ts'

const revisionOf = (set: ReplicaSet): number => Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0)

export async function describeDeployment(deployment: Deployment, w: DescribeWriter, context: DescribeContext): Promise<void> {
  const { metadata, spec, status } = deployment
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  w.line(0, `CreationTimestamp:\t${timeText(metadata.creationTimestamp)}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  w.line(0, `Selector:\t${formatLabelSelector(spec?.selector)}`)
  w.line(
    0,
    `Replicas:\t${spec?.replicas ?? 0} desired | ${status?.updatedReplicas ?? 0} updated | ${status?.replicas ?? 0} total | ${status?.availableReplicas ?? 0} available | ${status?.unavailableReplicas ?? 0} unavailable`,
  )
  w.line(0, `StrategyType:\t${spec?.strategy?.type ?? ''}`)
  w.line(0, `MinReadySeconds:\t${spec?.minReadySeconds ?? 0}`)
  const rolling = spec?.strategy?.rollingUpdate
  if (rolling) w.line(0, `RollingUpdateStrategy:\t${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`)
  writePodTemplate(w, spec?.template as never)
  if (status?.conditions?.length) {
    w.line(0, 'Conditions:\n  Type\tStatus\tReason')
    w.line(1, '----\t------\t------')
    for (const c of status.conditions) w.line(1, `${c.type} \t${c.status}\t${c.reason ?? ''}`)
  }
  const sets = (
    await context.list<ReplicaSet>(
      `/apis/apps/v1/namespaces/${metadata.namespace}/replicasets${queryOf({ labelSelector: labelSelectorAsSelector(spec?.selector).toString() })}`,
    )
  )
    .filter((set) => set.metadata.ownerReferences?.some((owner) => owner.uid === metadata.uid))
    .sort((a, b) => revisionOf(b) - revisionOf(a))
  const [newest, ...old] = sets
  const shown = (set: ReplicaSet) => `${set.metadata.name} (${set.status?.replicas ?? 0}/${set.spec?.replicas ?? 0} replicas created)`
  if (newest) w.line(0, `OldReplicaSets:\t${old.map(shown).join(', ') || '<none>'}`)
  else w.line(0, 'OldReplicaSets:\t<none>')
  w.line(0, `NewReplicaSet:\t${newest ? shown(newest) : '<none>'}`)
  writeEvents(w, context.events)
}

/** How the pods that a workload owns are. */
async function podsText(context: DescribeContext, namespace: string | undefined, selector: string, uid: unknown): Promise<string> {
  const pods = await context.list<Pod>(`/api/v1/namespaces/${namespace}/pods${queryOf({ labelSelector: selector })}`)
  const own = pods.filter((pod) => pod.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid))
  const count = (phase: string) => own.filter((pod) => pod.status?.phase === phase).length
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`
}

export async function describeReplicaSet(
  set: ReplicaSet & ReplicationController,
  w: DescribeWriter,
  context: DescribeContext,
): Promise<void> {
  const { metadata, spec, status } = set
  const plain = set.kind === 'ReplicationController'
  const selector = plain ? formatLabels(spec?.selector as never) : formatLabelSelector(spec?.selector as never)
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  w.line(0, `Selector:\t${selector}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  const owner = metadata.ownerReferences?.find((o) => o.controller)
  if (owner) w.line(0, `Controlled By:\t${owner.kind}/${owner.name}`)
  w.line(0, `Replicas:\t${status?.replicas ?? 0} current / ${spec?.replicas ?? 0} desired`)
  const text = plain ? selector : labelSelectorAsSelector(spec?.selector as never).toString()
  w.line(0, `Pods Status:\t${await podsText(context, metadata.namespace, text, metadata.uid)}`)
  writePodTemplate(w, spec?.template as never)
  const conditions = status?.conditions ?? []
  if (conditions.length > 0) {
    w.line(0, 'Conditions:\n  Type\tStatus\tReason')
    w.line(1, '----\t------\t------')
    for (const c of conditions) w.line(1, `${c.type} \t${c.status}\t${c.reason ?? ''}`)
  }
  writeEvents(w, context.events)
}

export async function describeStatefulSet(set: StatefulSet, w: DescribeWriter, context: DescribeContext): Promise<void> {
  const { metadata, spec, status } = set
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  w.line(0, `CreationTimestamp:\t${timeText(metadata.creationTimestamp)}`)
  w.line(0, `Selector:\t${labelSelectorAsSelector(spec?.selector).toString()}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  w.line(0, `Replicas:\t${spec?.replicas ?? 0} desired | ${status?.replicas ?? 0} total`)
  w.line(0, `Update Strategy:\t${spec?.updateStrategy?.type ?? ''}`)
  const rolling = spec?.updateStrategy?.rollingUpdate
  if (rolling?.partition !== undefined) w.line(1, `Partition:\t${rolling.partition}`)
  if (rolling?.maxUnavailable !== undefined) w.line(1, `MaxUnavailable:\t${rolling.maxUnavailable}`)
  w.line(
    0,
    `Pods Status:\t${await podsText(context, metadata.namespace, labelSelectorAsSelector(spec?.selector).toString(), metadata.uid)}`,
  )
  writePodTemplate(w, spec?.template as never)
  const claims = spec?.volumeClaimTemplates ?? []
  if (claims.length === 0) w.line(0, 'Volume Claims:\t<none>')
  else {
    w.line(0, 'Volume Claims:')
    for (const claim of claims) {
      w.line(0, `  Name:\t${claim.metadata?.name}`)
      w.line(0, `  StorageClass:\t${claim.spec?.storageClassName ?? ''}`)
      writeLabels(w, claim.metadata?.labels, 'Labels', '  ')
      writeAnnotations(w, claim.metadata?.annotations, 'Annotations', '  ')
      w.line(0, `  Capacity:\t${claim.spec?.resources?.requests?.storage ?? '<default>'}`)
      w.line(0, `  Access Modes:\t[${(claim.spec?.accessModes ?? []).join(' ')}]`)
    }
  }
  writeEvents(w, context.events)
}

export async function describeDaemonSet(set: DaemonSet, w: DescribeWriter, context: DescribeContext): Promise<void> {
  const { metadata, spec, status } = set
  w.line(0, `Name:\t${metadata.name}`)
  // Upstream learned to print the namespace in 1.33.
  w.line(0, `Namespace:\t${metadata.namespace}`)
  w.line(0, `Selector:\t${labelSelectorAsSelector(spec?.selector).toString()}`)
  w.line(0, `Node-Selector:\t${formatLabels(spec?.template?.spec?.nodeSelector)}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  w.line(0, `Desired Number of Nodes Scheduled: ${status?.desiredNumberScheduled ?? 0}`)
  w.line(0, `Current Number of Nodes Scheduled: ${status?.currentNumberScheduled ?? 0}`)
  w.line(0, `Number of Nodes Scheduled with Up-to-date Pods: ${status?.updatedNumberScheduled ?? 0}`)
  w.line(0, `Number of Nodes Scheduled with Available Pods: ${status?.numberAvailable ?? 0}`)
  w.line(0, `Number of Nodes Misscheduled: ${status?.numberMisscheduled ?? 0}`)
  w.line(
    0,
    `Pods Status:\t${await podsText(context, metadata.namespace, labelSelectorAsSelector(spec?.selector).toString(), metadata.uid)}`,
  )
  writePodTemplate(w, spec?.template as never)
  writeEvents(w, context.events)
}

/** Tables of apps, batch, autoscaling and policy. */
import { ageOf, humanDuration } from '../duration.ts'
import { formatLabelSelector, formatLabels } from '../labels.ts'
import { formatQuantity } from '../quantity.ts'
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../types/apps-v1.ts'
import type { HorizontalPodAutoscaler as OldAutoscaler } from '../types/autoscaling-v1.ts'
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../types/autoscaling-v2.ts'
import type { CronJob, Job } from '../types/batch-v1.ts'
import type { PodDisruptionBudget } from '../types/policy-v1.ts'
import { age, containerCells, nameOf, none, type Printer, printer, unset } from './printer.ts'

export const apps: Readonly<Record<string, Printer>> = {
  deployments: printer<Deployment>('Name@name | Ready | Up-to-date | Available | Age | Containers+1 | Images+1 | Selector+1', (d, now) => [
    nameOf(d),
    `${d.status?.readyReplicas ?? 0}/${d.spec?.replicas ?? 0}`,
    d.status?.updatedReplicas ?? 0,
    d.status?.availableReplicas ?? 0,
    age(d, now),
    ...containerCells(d.spec?.template),
    formatLabelSelector(d.spec?.selector),
  ]),
  replicasets: printer<ReplicaSet>(
    'Name@name | Desired:integer | Current:integer | Ready:integer | Age | Containers+1 | Images+1 | Selector+1',
    (r, now) => [
      nameOf(r),
      r.spec?.replicas ?? 0,
      r.status?.replicas ?? 0,
      r.status?.readyReplicas ?? 0,
      age(r, now),
      ...containerCells(r.spec?.template),
      formatLabelSelector(r.spec?.selector),
    ],
  ),
  statefulsets: printer<StatefulSet>('Name@name | Ready | Age | Containers+1 | Images+1', (s, now) => [
    nameOf(s),
    `${s.status?.readyReplicas ?? 0}/${s.spec?.replicas ?? 0}`,
    age(s, now),
    ...containerCells(s.spec?.template),
  ]),
  daemonsets: printer<DaemonSet>(
    'Name@name | Desired:integer | Current:integer | Ready:integer | Up-to-date:integer | Available:integer | Node Selector | Age | Containers+1 | Images+1 | Selector+1',
    (d, now) => [
      nameOf(d),
      d.status?.desiredNumberScheduled ?? 0,
      d.status?.currentNumberScheduled ?? 0,
      d.status?.numberReady ?? 0,
      d.status?.updatedNumberScheduled ?? 0,
      d.status?.numberAvailable ?? 0,
      formatLabels(d.spec?.template?.spec?.nodeSelector),
      age(d, now),
      ...containerCells(d.spec?.template),
      formatLabelSelector(d.spec?.selector),
    ],
  ),
  controllerrevisions: printer<ControllerRevision>('Name@name | Controller | Revision | Age', (c, now) => {
    const owner = c.metadata?.ownerReferences?.find((r) => r.controller)
    const group = owner?.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''
    return [nameOf(c), owner ? `${owner.kind.toLowerCase()}${group}/${owner.name}` : none, c.revision ?? 0, age(c, now)]
  }),
}

export const batch: Readonly<Record<string, Printer>> = {
  jobs: printer<Job>('Name@name | Status | Completions | Duration | Age | Containers+1 | Images+1 | Selector+1', (j, now) => [
    nameOf(j),
    jobStatus(j),
    jobCompletions(j),
    jobDuration(j, now),
    age(j, now),
    ...containerCells(j.spec?.template),
    formatLabelSelector(j.spec?.selector),
  ]),
  cronjobs: printer<CronJob>(
    'Name@name | Schedule | Timezone | Suspend:boolean | Active:integer | Last Schedule | Age | Containers+1 | Images+1 | Selector+1',
    (c, now) => [
      nameOf(c),
      c.spec?.schedule ?? '',
      c.spec?.timeZone ?? none,
      c.spec?.suspend === undefined ? unset : c.spec.suspend ? 'True' : 'False',
      c.status?.active?.length ?? 0,
      c.status?.lastScheduleTime ? ageOf(c.status.lastScheduleTime, now) : none,
      age(c, now),
      ...containerCells(c.spec?.jobTemplate?.spec?.template),
      formatLabelSelector(c.spec?.jobTemplate?.spec?.selector),
    ],
  ),
}

function jobStatus(job: Job): string {
  const has = (type: string) => job.status?.conditions?.some((c) => c.type === type && c.status === 'True') === true
  if (has('Complete')) return 'Complete'
  if (has('Failed')) return 'Failed'
  if (job.metadata?.deletionTimestamp) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running'
}
function jobCompletions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`
  const parallelism = spec?.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}
function jobDuration({ status }: Job, now: number): string {
  if (!status?.startTime) return ''
  return humanDuration((status.completionTime ? Date.parse(status.completionTime) : now) - Date.parse(status.startTime))
}

const autoscalerColumns = 'Name@name | Reference | Targets | MinPods | MaxPods | Replicas | Age'
export const autoscaling: Readonly<Record<string, Printer>> = {
  horizontalpodautoscalers: printer<HorizontalPodAutoscaler>(autoscalerColumns, (h, now) => [
    nameOf(h),
    `${h.spec?.scaleTargetRef?.kind ?? ''}/${h.spec?.scaleTargetRef?.name ?? ''}`,
    metricsText(h.spec?.metrics, h.status?.currentMetrics ?? []),
    h.spec?.minReplicas === undefined ? unset : String(h.spec.minReplicas),
    h.spec?.maxReplicas ?? 0,
    h.status?.currentReplicas ?? 0,
    age(h, now),
  ]),
}
export const oldAutoscaling: Readonly<Record<string, Printer>> = {
  horizontalpodautoscalers: printer<OldAutoscaler>(autoscalerColumns, (h, now) => {
    const target = h.spec?.targetCPUUtilizationPercentage
    const current = h.status?.currentCPUUtilizationPercentage
    return [
      nameOf(h),
      `${h.spec?.scaleTargetRef?.kind ?? ''}/${h.spec?.scaleTargetRef?.name ?? ''}`,
      target === undefined ? none : `cpu: ${current === undefined ? '<unknown>' : `${current}%`}/${target}%`,
      h.spec?.minReplicas === undefined ? unset : String(h.spec.minReplicas),
      h.spec?.maxReplicas ?? 0,
      h.status?.currentReplicas ?? 0,
      age(h, now),
    ]
  }),
}

function metricsText(specs: readonly MetricSpec[] | undefined, statuses: readonly MetricStatus[]): string {
  if (!specs || specs.length === 0) return none
  const shown = specs.slice(0, 2).map((spec, i) => metricText(spec, statuses[i]))
  const more = specs.length - shown.length
  return more > 0 ? `${shown.join(', ')} + ${more} more...` : shown.join(', ')
}
function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return valueText(spec.external?.target, status?.external?.current)
    case 'Object':
      return valueText(spec.object?.target, status?.object?.current)
    case 'Pods':
      return `${quantityOr(status?.pods?.current?.averageValue)}/${quantityOr(spec.pods?.target?.averageValue)}`
    case 'Resource':
      return `${spec.resource?.name}: ${utilizationText(spec.resource?.target, status?.resource?.current)}`
    case 'ContainerResource':
      return `${spec.containerResource?.name}: ${utilizationText(spec.containerResource?.target, status?.containerResource?.current)}`
    default:
      return '<unknown type>'
  }
}
const quantityOr = (value: string | undefined): string => (value === undefined ? '<unknown>' : formatQuantity(value))
function valueText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${quantityOr(current?.averageValue)}/${formatQuantity(target.averageValue)} (avg)`
  return `${quantityOr(current?.value)}/${quantityOr(target?.value)}`
}
function utilizationText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${quantityOr(current?.averageValue)}/${formatQuantity(target.averageValue)}`
  const now = current?.averageUtilization === undefined ? '<unknown>' : `${current.averageUtilization}%`
  return `${now}/${target?.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`}`
}

export const policy: Readonly<Record<string, Printer>> = {
  poddisruptionbudgets: printer<PodDisruptionBudget>(
    'Name@name | Min Available | Max Unavailable | Allowed Disruptions:integer | Age',
    (p, now) => [
      nameOf(p),
      p.spec?.minAvailable === undefined ? 'N/A' : String(p.spec.minAvailable),
      p.spec?.maxUnavailable === undefined ? 'N/A' : String(p.spec.maxUnavailable),
      p.status?.disruptionsAllowed ?? 0,
      age(p, now),
    ],
  ),
}

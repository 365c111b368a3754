/** `kubectl describe hpa`. */
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from '../../api/types/autoscaling-v2.ts'
import type { DescribeContext } from './index.ts'
import { type DescribeWriter, timeText, writeAnnotations, writeEvents, writeLabels } from './writer.ts'

export function describeAutoscaler(hpa: HorizontalPodAutoscaler, w: DescribeWriter, { events }: DescribeContext): void {
  const { metadata, spec, status } = hpa
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  w.line(0, `CreationTimestamp:\t${timeText(metadata.creationTimestamp)}`)
  w.line(0, `Reference:\t${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`)
  w.line(0, 'Metrics:\t( current / target )')
  for (const [i, metric] of (spec?.metrics ?? []).entries()) w.line(1, metricText(metric, status?.currentMetrics?.[i]))
  w.line(0, `Min replicas:\t${spec?.minReplicas ?? '<unset>'}`)
  w.line(0, `Max replicas:\t${spec?.maxReplicas}`)
  w.line(0, `${spec?.scaleTargetRef?.kind} pods:\t${status?.currentReplicas ?? 0} current / ${status?.desiredReplicas ?? 0} desired`)
  if (status?.conditions?.length) {
    w.line(0, 'Conditions:')
    w.line(1, 'Type\tStatus\tReason\tMessage')
    w.line(1, '----\t------\t------\t-------')
    for (const c of status.conditions) w.line(1, `${c.type}\t${c.status}\t${c.reason ?? ''}\t${c.message ?? ''}`)
  }
  writeEvents(w, events)
}

function metricText(metric: MetricSpec, now: MetricStatus | undefined): string {
  const resource = metric.resource ?? metric.containerResource
  if (resource) {
    const current = (now?.resource ?? now?.containerResource)?.current
    const where = metric.containerResource ? ` of container "${metric.containerResource.container}"` : ' on pods'
    if (resource.target?.averageValue !== undefined)
      return `resource ${resource.name}${where}:\t${current?.averageValue ?? '<unknown>'} / ${resource.target.averageValue}`
    const used = current?.averageUtilization === undefined ? '<unknown>' : `${current.averageUtilization}% (${current.averageValue})`
    return `resource ${resource.name}${where}  (as a percentage of request):\t${used} / ${resource.target?.averageUtilization === undefined ? '<auto>' : `${resource.target.averageUtilization}%`}`
  }
  if (metric.pods)
    return `${JSON.stringify(metric.pods.metric?.name)} on pods:\t${now?.pods?.current?.averageValue ?? '<unknown>'} / ${metric.pods.target?.averageValue}`
  if (metric.object) {
    const { describedObject, target } = metric.object
    const averaged = target?.type === 'AverageValue'
    const current = averaged ? now?.object?.current?.averageValue : now?.object?.current?.value
    return `${JSON.stringify(metric.object.metric?.name)} on ${describedObject?.kind}/${describedObject?.name} (target ${averaged ? 'average value' : 'value'}):\t${current ?? '<unknown>'} / ${averaged ? target?.averageValue : target?.value}`
  }
  if (metric.external) {
    const averaged = metric.external.target?.averageValue !== undefined
    const current = averaged ? now?.external?.current?.averageValue : now?.external?.current?.value
    return `${JSON.stringify(metric.external.metric?.name)} (target ${averaged ? 'average value' : 'value'}):\t${current ?? '<unknown>'} / ${averaged ? metric.external.target?.averageValue : metric.external.target?.value}`
  }
  return `<unknown metric type "${metric.type}">`
}

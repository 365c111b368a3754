/** `kubectl describe` of namespaces, quotas, limit ranges, disruption budgets and priority classes. */
import { formatLabelSelector } from '../../api/labels.ts'
import type { LimitRange, Namespace, ResourceQuota } from '../../api/types/core-v1.ts'
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts'
import type { PriorityClass } from '../../api/types/scheduling-v1.ts'
import type { DescribeContext } from './index.ts'
import { type DescribeWriter, writeAnnotations, writeEvents, writeLabels } from './writer.ts'

export async function describeNamespace(namespace: Namespace, w: DescribeWriter, context: DescribeContext): Promise<void> {
  const { metadata, status } = namespace
  const quotas = await context.list<ResourceQuota>(`/api/v1/namespaces/${metadata.name}/resourcequotas`)
  const limits = await context.list<LimitRange>(`/api/v1/namespaces/${metadata.name}/limitranges`)
  w.line(0, `Name:\t${metadata.name}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  w.line(0, `Status:\t${status?.phase ?? ''}`)
  if (status?.conditions?.length) {
    w.line(0, 'Conditions:')
    w.line(1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage')
    w.line(1, '----\t------\t------------------\t------\t-------')
    for (const c of status.conditions)
      w.line(1, `${c.type}\t${c.status}\t${c.lastTransitionTime ?? ''}\t${c.reason ?? ''}\t${c.message ?? ''}`)
  }
  w.raw('\n')
  if (quotas.length === 0) w.line(0, 'No resource quota.')
  else {
    w.line(0, 'Resource Quotas')
    for (const quota of quotas) {
      w.line(0, `  Name:\t${quota.metadata.name}`)
      writeQuotaRows(w, quota, '  ', ['--------', '---', '---'])
    }
  }
  w.raw('\n')
  if (limits.length === 0) w.line(0, 'No LimitRange resource.')
  else {
    w.line(0, 'Resource Limits')
    writeLimitRows(w, limits, ' ')
  }
}

const scopeTexts: Readonly<Record<string, string>> = {
  Terminating:
    ' * Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating:
    ' * Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort: ' * Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort:
    ' * Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
}

function writeQuotaRows(w: DescribeWriter, quota: ResourceQuota, indent: string, rule: readonly string[]): void {
  const { spec, status } = quota
  const scopes = [...(spec?.scopes ?? [])].sort()
  if (scopes.length > 0) {
    w.line(0, `${indent}Scopes:\t${scopes.join(', ')}`)
    for (const scope of scopes) if (scopeTexts[scope]) w.line(0, `${indent}${scopeTexts[scope]}`)
  }
  w.line(0, `${indent}Resource\tUsed\tHard`)
  w.line(0, indent + rule.join('\t'))
  const hard = status?.hard ?? {}
  for (const resource of Object.keys(hard).sort()) w.line(0, `${indent}${resource}\t${status?.used?.[resource] ?? '0'}\t${hard[resource]}`)
}

export function describeQuota(quota: ResourceQuota, w: DescribeWriter): void {
  w.line(0, `Name:\t${quota.metadata.name}`)
  w.line(0, `Namespace:\t${quota.metadata.namespace}`)
  writeQuotaRows(w, quota, '', ['--------', '----', '----'])
}

function writeLimitRows(w: DescribeWriter, ranges: readonly LimitRange[], indent: string): void {
  w.line(0, `${indent}Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio`)
  w.line(0, `${indent}----\t--------\t---\t---\t---------------\t-------------\t-----------------------`)
  for (const { spec } of ranges) {
    for (const item of spec?.limits ?? []) {
      const maps = [item.min, item.max, item.defaultRequest, item.default, item.maxLimitRequestRatio]
      const names = [...new Set(maps.flatMap((map) => Object.keys(map ?? {})))].sort()
      for (const name of names) w.line(0, `${indent}${item.type}\t${name}\t${maps.map((map) => map?.[name] ?? '-').join('\t')}`)
    }
  }
}

export function describeLimitRange(range: LimitRange, w: DescribeWriter): void {
  w.line(0, `Name:\t${range.metadata.name}`)
  w.line(0, `Namespace:\t${range.metadata.namespace}`)
  writeLimitRows(w, [range], '')
}

export function describeBudget(budget: PodDisruptionBudget, w: DescribeWriter, { events }: DescribeContext): void {
  const { metadata, spec, status } = budget
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  if (spec?.minAvailable !== undefined) w.line(0, `Min available:\t${spec.minAvailable}`)
  else if (spec?.maxUnavailable !== undefined) w.line(0, `Max unavailable:\t${spec.maxUnavailable}`)
  w.line(0, spec?.selector ? `Selector:\t${formatLabelSelector(spec.selector)}` : 'Selector:\t<unset>')
  w.line(0, 'Status:')
  w.line(2, `Allowed disruptions:\t${status?.disruptionsAllowed ?? 0}`)
  w.line(2, `Current:\t${status?.currentHealthy ?? 0}`)
  w.line(2, `Desired:\t${status?.desiredHealthy ?? 0}`)
  w.line(2, `Total:\t${status?.expectedPods ?? 0}`)
  writeEvents(w, events)
}

export function describePriorityClass(priority: PriorityClass, w: DescribeWriter, { events }: DescribeContext): void {
  const { metadata } = priority
  const annotations = Object.entries(metadata.annotations ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Value:\t${priority.value ?? 0}`)
  w.line(0, `GlobalDefault:\t${priority.globalDefault ?? false}`)
  w.line(0, `PreemptionPolicy:\t${priority.preemptionPolicy ?? ''}`)
  w.line(0, `Description:\t${priority.description ?? ''}`)
  w.line(0, `Annotations:\t${annotations.join(',') || '<none>'}`)
  writeEvents(w, events)
}

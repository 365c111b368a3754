/** Whether a node takes a pod that was bound to it (pkg/kubelet/lifecycle/predicate.go): what the scheduler may have seen too late. */
import { quantityMilliValue, quantityValue } from '../api/quantity.ts'
import type { Node, Pod, Taint, Toleration } from '../api/types/core-v1.ts'
import { isCritical, podRequestMilli } from './resources.ts'
import { isStatic } from './static-pods.ts'
import { sysctlRefusal } from './sysctls.ts'

export interface Refusal {
  readonly reason: string
  readonly message: string
}

export function admitPod(
  pod: Pod,
  others: readonly Pod[],
  node: Node | undefined,
  allocatable: Readonly<Record<string, string>>,
  allowedUnsafeSysctls: readonly string[] = [],
): Refusal | undefined {
  const active = others.filter((p) => p.status?.phase !== 'Succeeded' && p.status?.phase !== 'Failed')
  return (
    sysctlRefusal(pod, allowedUnsafeSysctls) ??
    selectorRefusal(pod, node) ??
    taintRefusal(pod, node) ??
    portRefusal(pod, active) ??
    resourceRefusal(pod, active, allocatable)
  )
}

function selectorRefusal(pod: Pod, node: Node | undefined): Refusal | undefined {
  if (!node) return undefined
  const nodeLabels = node.metadata.labels ?? {}
  const misfit = Object.entries(pod.spec.nodeSelector ?? {}).some(([key, value]) => nodeLabels[key] !== value)
  return misfit
    ? { reason: 'NodeAffinity', message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector" }
    : undefined
}

/** Upstream looks at NoExecute only: what else a taint keeps away is the scheduler's to know. Static pods tolerate all of them. */
function taintRefusal(pod: Pod, node: Node | undefined): Refusal | undefined {
  if (isStatic(pod)) return undefined
  const tolerations = pod.spec.tolerations ?? []
  const untolerated = node?.spec.taints?.some((taint) => taint.effect === 'NoExecute' && !tolerations.some((t) => tolerates(t, taint)))
  return untolerated
    ? { reason: 'TaintToleration', message: 'Predicate TaintToleration failed: node(s) had untolerated taint(s)' }
    : undefined
}
const tolerates = (t: Toleration, taint: Taint): boolean =>
  (!t.effect || t.effect === taint.effect) &&
  (!t.key || t.key === taint.key) &&
  (t.operator === 'Exists' ? true : Boolean(t.key) && (t.value ?? '') === (taint.value ?? ''))

function portRefusal(pod: Pod, others: readonly Pod[]): Refusal | undefined {
  const taken = others.flatMap(hostPorts)
  const clash = hostPorts(pod).some((mine) =>
    taken.some(
      (t) => t.port === mine.port && t.protocol === mine.protocol && (t.ip === mine.ip || t.ip === '0.0.0.0' || mine.ip === '0.0.0.0'),
    ),
  )
  return clash
    ? { reason: 'NodePorts', message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports" }
    : undefined
}
const hostPorts = (pod: Pod) =>
  [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])].flatMap((c) =>
    (c.ports ?? [])
      .filter((p) => p.hostPort)
      .map((p) => ({ port: p.hostPort as number, protocol: p.protocol ?? 'TCP', ip: p.hostIP || '0.0.0.0' })),
  )

export function resourceRefusal(pod: Pod, others: readonly Pod[], allocatable: Readonly<Record<string, string>>): Refusal | undefined {
  if (isCritical(pod)) return undefined
  const room = allocatable['pods'] === undefined ? Number.POSITIVE_INFINITY : quantityValue(allocatable['pods'])
  if (others.length + 1 > room) return outOf('pods', 1, others.length, room)
  const names = new Set(
    (pod.spec.containers ?? []).concat(pod.spec.initContainers ?? []).flatMap((c) => Object.keys(c.resources?.requests ?? {})),
  )
  for (const name of names) {
    const wanted = podRequestMilli(pod, name)
    const have = allocatable[name] === undefined ? 0 : quantityMilliValue(allocatable[name])
    const used = others.reduce((sum, p) => sum + podRequestMilli(p, name), 0)
    if (wanted === 0 || used + wanted <= have) continue
    // CPU is told in thousandths, everything else in units.
    const unit = (milli: number) => (name === 'cpu' ? milli : Math.ceil(milli / 1000))
    return outOf(name, unit(wanted), unit(used), unit(have))
  }
  return undefined
}

const outOf = (name: string, requested: number, used: number, capacity: number): Refusal => ({
  reason: `OutOf${name}`,
  message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
})

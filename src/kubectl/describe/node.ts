/** `kubectl describe node`: with the pods on it and what they ask for. */

import { ageOf } from '../../api/duration.ts'
import { addQuantity, formatQuantity, type Quantity, quantityMilliValue, zeroQuantity } from '../../api/quantity.ts'
import type { Lease } from '../../api/types/coordination-v1.ts'
import type { Node, Pod } from '../../api/types/core-v1.ts'
import { queryOf } from '../select.ts'
import type { DescribeContext } from './index.ts'
import { type DescribeWriter, timeText, writeAnnotations, writeEvents, writeLabels } from './writer.ts'

const roleLabel = 'node-role.kubernetes.io/'

export async function describeNode(node: Node, w: DescribeWriter, context: DescribeContext): Promise<void> {
  const { metadata, spec, status } = node
  const lease = await context.get<Lease>(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${metadata.name}`)
  const pods = await context.list<Pod>(
    `/api/v1/pods${queryOf({ fieldSelector: `spec.nodeName=${metadata.name},status.phase!=Succeeded,status.phase!=Failed`, limit: 500 })}`,
  )
  const roles = Object.keys(metadata.labels ?? {})
    .filter((key) => key.startsWith(roleLabel) && key.length > roleLabel.length)
    .map((key) => key.slice(roleLabel.length))
    .sort()
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Roles:\t${roles.join(',') || '<none>'}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  w.line(0, `CreationTimestamp:\t${timeText(metadata.creationTimestamp)}`)
  const taints = (spec?.taints ?? []).map((t) => `${t.key}${t.value ? `=${t.value}` : ''}:${t.effect}`)
  w.column('Taints', taints)
  w.line(0, `Unschedulable:\t${spec?.unschedulable ?? false}`)
  w.line(0, 'Lease:')
  w.line(1, `HolderIdentity:\t${lease?.spec?.holderIdentity ?? '<unset>'}`)
  w.line(1, `AcquireTime:\t${timeText(lease?.spec?.acquireTime)}`)
  w.line(1, `RenewTime:\t${timeText(lease?.spec?.renewTime)}`)
  if (status?.conditions?.length) {
    w.line(0, 'Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage')
    w.line(1, '----\t------\t-----------------\t------------------\t------\t-------')
    for (const c of status.conditions)
      w.line(
        1,
        `${c.type} \t${c.status} \t${timeText(c.lastHeartbeatTime)} \t${timeText(c.lastTransitionTime)} \t${c.reason ?? ''} \t${c.message ?? ''}`,
      )
  }
  w.line(0, 'Addresses:')
  for (const { type, address } of status?.addresses ?? []) w.line(1, `${type}:\t${address}`)
  const amounts = (title: string, list: Readonly<Record<string, string>> | undefined) => {
    if (!list) return
    w.line(0, `${title}:`)
    for (const name of Object.keys(list).sort()) w.line(1, `${name}:\t${list[name]}`)
  }
  amounts('Capacity', status?.capacity)
  amounts('Allocatable', status?.allocatable)
  const info = status?.nodeInfo
  w.line(0, 'System Info:')
  w.line(0, `  Machine ID:\t${info?.machineID ?? ''}`)
  w.line(0, `  System UUID:\t${info?.systemUUID ?? ''}`)
  w.line(0, `  Boot ID:\t${info?.bootID ?? ''}`)
  w.line(0, `  Kernel Version:\t${info?.kernelVersion ?? ''}`)
  w.line(0, `  OS Image:\t${info?.osImage ?? ''}`)
  w.line(0, `  Operating System:\t${info?.operatingSystem ?? ''}`)
  w.line(0, `  Architecture:\t${info?.architecture ?? ''}`)
  w.line(0, `  Container Runtime Version:\t${info?.containerRuntimeVersion ?? ''}`)
  w.line(0, `  Kubelet Version:\t${info?.kubeletVersion ?? ''}`)
  // The proxy's version is not printed any more since the field was deprecated (1.33).
  if (spec?.podCIDR) w.line(0, `PodCIDR:\t${spec.podCIDR}`)
  if (spec?.podCIDRs?.length) w.line(0, `PodCIDRs:\t${spec.podCIDRs.join(',')}`)
  if (spec?.providerID) w.line(0, `ProviderID:\t${spec.providerID}`)
  writePods(w, pods, status?.allocatable ?? status?.capacity ?? {})
  writeEvents(w, context.events)
}

type Amounts = Map<string, Quantity>
const add = (to: Amounts, list: Readonly<Record<string, string>> | undefined): void => {
  for (const [name, amount] of Object.entries(list ?? {})) to.set(name, addQuantity(to.get(name) ?? zeroQuantity, amount))
}

/** What a pod asks for: its containers together, or its largest init container, and its overhead. */
function amountsOf(pod: Pod, which: 'requests' | 'limits'): Amounts {
  const total: Amounts = new Map()
  for (const container of pod.spec?.containers ?? []) add(total, container.resources?.[which])
  const restartable: Amounts = new Map()
  for (const container of pod.spec?.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      add(total, container.resources?.[which])
      add(restartable, container.resources?.[which])
      continue
    }
    for (const [name, amount] of Object.entries(container.resources?.[which] ?? {})) {
      const sum = addQuantity(restartable.get(name) ?? zeroQuantity, amount)
      if (quantityMilliValue(sum) > quantityMilliValue(total.get(name) ?? zeroQuantity)) total.set(name, sum)
    }
  }
  add(total, pod.spec?.overhead)
  return total
}

function writePods(w: DescribeWriter, pods: readonly Pod[], allocatable: Readonly<Record<string, string>>): void {
  const percent = (amount: Quantity | undefined, name: string): string => {
    const whole = quantityMilliValue(allocatable[name] ?? '0')
    const part = quantityMilliValue(amount ?? zeroQuantity)
    return `${formatQuantity(amount ?? zeroQuantity)} (${whole === 0 ? 0 : Math.trunc((part / whole) * 100)}%)`
  }
  w.line(0, `Non-terminated Pods:\t(${pods.length} in total)`)
  w.line(1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge')
  w.line(1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---')
  const requests: Amounts = new Map()
  const limits: Amounts = new Map()
  for (const pod of pods) {
    const asked = amountsOf(pod, 'requests')
    const most = amountsOf(pod, 'limits')
    for (const [name, amount] of asked) requests.set(name, addQuantity(requests.get(name) ?? zeroQuantity, amount))
    for (const [name, amount] of most) limits.set(name, addQuantity(limits.get(name) ?? zeroQuantity, amount))
    const cells = [
      percent(asked.get('cpu'), 'cpu'),
      percent(most.get('cpu'), 'cpu'),
      percent(asked.get('memory'), 'memory'),
      percent(most.get('memory'), 'memory'),
    ]
    w.line(
      1,
      `${pod.metadata.namespace}\t${pod.metadata.name}\t\t${cells.join('\t')}\t${ageOf(pod.metadata.creationTimestamp, Date.now())}`,
    )
  }
  w.line(0, 'Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)')
  w.line(1, 'Resource\tRequests\tLimits')
  w.line(1, '--------\t--------\t------')
  const extra = Object.keys(allocatable)
    .filter((name) => !['cpu', 'memory', 'ephemeral-storage', 'pods'].includes(name))
    .sort()
  for (const name of ['cpu', 'memory', 'ephemeral-storage'])
    w.line(1, `${name}\t${percent(requests.get(name), name)}\t${percent(limits.get(name), name)}`)
  for (const name of extra)
    w.line(1, `${name}\t${formatQuantity(requests.get(name) ?? zeroQuantity)}\t${formatQuantity(limits.get(name) ?? zeroQuantity)}`)
}

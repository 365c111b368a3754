/** `kubectl describe pod`. */
import type { Pod } from '../../api/types/core-v1.ts'
import { writeContainers, writePlacement, writeVolumes } from './containers.ts'
import type { DescribeContext } from './index.ts'
import { type DescribeWriter, timeText, writeAnnotations, writeEvents, writeLabels } from './writer.ts'

export function describePod(pod: Pod, w: DescribeWriter, { events }: DescribeContext): void {
  const { metadata, spec, status } = pod
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  if (spec?.priority !== undefined) w.line(0, `Priority:\t${spec.priority}`)
  if (spec?.priorityClassName) w.line(0, `Priority Class Name:\t${spec.priorityClassName}`)
  if (spec?.runtimeClassName) w.line(0, `Runtime Class Name:\t${spec.runtimeClassName}`)
  if (spec?.serviceAccountName) w.line(0, `Service Account:\t${spec.serviceAccountName}`)
  if (spec?.nodeName) w.line(0, `Node:\t${spec.nodeName}/${status?.hostIP ?? ''}`)
  else w.line(0, 'Node:\t<none>')
  if (status?.startTime) w.line(0, `Start Time:\t${timeText(status.startTime)}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  if (metadata.deletionTimestamp && status?.phase !== 'Failed' && status?.phase !== 'Succeeded') {
    const since = Math.max(0, Date.now() - Date.parse(String(metadata.deletionTimestamp)))
    w.line(0, `Status:\tTerminating (lasts ${Math.floor(since / 1000)}s)`)
    w.line(0, `Termination Grace Period:\t${metadata.deletionGracePeriodSeconds ?? 0}s`)
  } else w.line(0, `Status:\t${status?.phase ?? ''}`)
  if (status?.reason) w.line(0, `Reason:\t${status.reason}`)
  if (status?.message) w.line(0, `Message:\t${status.message}`)
  const seccomp = spec?.securityContext?.seccompProfile
  if (seccomp) {
    w.line(0, `SeccompProfile:\t${seccomp.type}`)
    if (seccomp.type === 'Localhost') w.line(0, `LocalhostProfile:\t${seccomp.localhostProfile}`)
  }
  w.line(0, `IP:\t${status?.podIP ?? ''}`)
  const ips = (status?.podIPs ?? []).flatMap(({ ip }) => (ip ? [ip] : []))
  w.line(0, ips.length === 0 ? 'IPs:\t<none>' : 'IPs:')
  for (const ip of ips) w.line(1, `IP:\t${ip}`)
  const owner = metadata.ownerReferences?.find((o) => o.controller)
  if (owner) w.line(0, `Controlled By:\t${owner.kind}/${owner.name}`)
  if (status?.nominatedNodeName) w.line(0, `NominatedNodeName:\t${status.nominatedNodeName}`)
  if (spec?.initContainers?.length) writeContainers(w, 'Init Containers', spec.initContainers, status?.initContainerStatuses, pod, '')
  writeContainers(w, 'Containers', spec?.containers ?? [], status?.containerStatuses, pod, '')
  if (spec?.ephemeralContainers?.length)
    writeContainers(w, 'Ephemeral Containers', spec.ephemeralContainers as never, status?.ephemeralContainerStatuses, pod, '')
  if (spec?.readinessGates?.length) {
    w.line(0, 'Readiness Gates:\n  Type\tStatus')
    for (const gate of spec.readinessGates)
      w.line(1, `${gate.conditionType} \t${status?.conditions?.find((c) => c.type === gate.conditionType)?.status ?? '<none>'} `)
  }
  if (status?.conditions?.length) {
    w.line(0, 'Conditions:\n  Type\tStatus')
    for (const condition of status.conditions) w.line(1, `${condition.type} \t${condition.status} `)
  }
  writeVolumes(w, spec?.volumes, '')
  w.line(0, `QoS Class:\t${status?.qosClass ?? ''}`)
  writePlacement(w, spec, '')
  const spread = (spec?.topologySpreadConstraints ?? []).map(
    (c) => `${c.topologyKey}:${c.whenUnsatisfiable} when max skew ${c.maxSkew} is exceeded`,
  )
  if (spread.length > 0) w.column('Topology Spread Constraints', spread)
  writeEvents(w, events)
}

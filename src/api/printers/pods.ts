/** Pods as a table: what STATUS, READY and RESTARTS say (printPod). */
import { ageOf } from '../duration.ts'
import type { ContainerStatus, Pod } from '../types/core-v1.ts'
import { age, nameOf, none, orNone, printer } from './printer.ts'

export const pods = printer<Pod>(
  'Name@name | Ready | Status | Restarts | Age | IP+1 | Node+1 | Nominated Node+1 | Readiness Gates+1',
  (pod, now) => {
    const { ready, total, reason, restarts, lastRestart } = podSummary(pod)
    return [
      nameOf(pod),
      `${ready}/${total}`,
      reason,
      restarts !== 0 && lastRestart ? `${restarts} (${ageOf(lastRestart, now)} ago)` : String(restarts),
      age(pod, now),
      orNone(pod.status?.podIPs?.[0]?.ip),
      orNone(pod.spec?.nodeName),
      orNone(pod.status?.nominatedNodeName),
      readinessGates(pod),
    ]
  },
  (pod) => {
    if (pod.status?.phase === 'Succeeded')
      return [{ type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' }]
    if (pod.status?.phase === 'Failed') return [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }]
    return undefined
  },
)

/** What `kubectl get pods` says about a pod in a word and some numbers. */
export function podSummary(pod: Pod): { ready: number; total: number; reason: string; restarts: number; lastRestart: string } {
  const status = pod.status ?? {}
  const phase = status.phase ?? ''
  const initContainers = new Map((pod.spec?.initContainers ?? []).map((c) => [c.name, c]))
  const isSidecar = (name: string) => initContainers.get(name)?.restartPolicy === 'Always'
  const condition = (type: string) => status.conditions?.find((c) => c.type === type)
  let total = pod.spec?.containers?.length ?? 0
  for (const name of initContainers.keys()) if (isSidecar(name)) total++
  let ready = 0
  let restarts = 0
  let lastRestart = ''
  let sidecarRestarts = 0
  let sidecarLastRestart = ''
  let reason = status.reason || phase
  if (condition('PodScheduled')?.reason === 'SchedulingGated') reason = 'SchedulingGated'

  let initializing = false
  const inits = status.initContainerStatuses ?? []
  for (const [i, container] of inits.entries()) {
    restarts += container.restartCount ?? 0
    lastRestart = later(lastRestart, container)
    if (isSidecar(container.name)) {
      sidecarRestarts += container.restartCount ?? 0
      sidecarLastRestart = later(sidecarLastRestart, container)
    }
    const { terminated, waiting } = container.state ?? {}
    if (terminated && (terminated.exitCode ?? 0) === 0) continue
    if (isSidecar(container.name) && container.started) {
      if (container.ready) ready++
      continue
    }
    if (terminated) reason = `Init:${terminated.reason || ended(terminated)}`
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') reason = `Init:${waiting.reason}`
    else reason = `Init:${i}/${pod.spec?.initContainers?.length ?? 0}`
    initializing = true
    break
  }

  if (!initializing || condition('Initialized')?.status === 'True') {
    restarts = sidecarRestarts
    lastRestart = sidecarLastRestart
    let hasRunning = false
    for (const container of [...(status.containerStatuses ?? [])].reverse()) {
      restarts += container.restartCount ?? 0
      lastRestart = later(lastRestart, container)
      const { terminated, waiting, running } = container.state ?? {}
      if (waiting?.reason) reason = waiting.reason
      else if (terminated) reason = terminated.reason || ended(terminated)
      else if (container.ready && running) {
        hasRunning = true
        ready++
      }
    }
    if (reason === 'Completed' && hasRunning) reason = condition('Ready')?.status === 'True' ? 'Running' : 'NotReady'
  }

  if (pod.metadata?.deletionTimestamp) {
    if (status.reason === 'NodeLost') reason = 'Unknown'
    else if (phase !== 'Succeeded' && phase !== 'Failed') reason = 'Terminating'
  }
  return { ready, total, reason, restarts, lastRestart }
}

const ended = ({ signal, exitCode }: { signal?: number; exitCode?: number }): string =>
  signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`
function later(time: string, container: ContainerStatus): string {
  const finished = container.lastState?.terminated?.finishedAt ?? ''
  return finished > time ? finished : time
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? []
  if (gates.length === 0) return none
  const passed = gates.filter((g) => pod.status?.conditions?.find((c) => c.type === g.conditionType)?.status === 'True')
  return `${passed.length}/${gates.length}`
}

/** The cgroup of a whole pod and those of the QoS classes (pkg/kubelet/cm pod_container_manager_linux.go, qos_container_manager_linux.go). */
import { podCgroup, qosCgroup } from '../container-config.ts'
import { milliToShares, podCgroupLimits, podRequestMilli, qosClass } from '../resources.ts'
import type { PodDeps, PodWorker } from './pod-worker.ts'

/** Best-effort pods share what is left, burstable ones get what they asked for together, and each pod its own. */
export function limitPodCgroup(deps: PodDeps, worker: PodWorker): void {
  const { settings, cgroups } = deps
  const { pod } = worker
  const { cpuPeriod, ...limits } = podCgroupLimits(pod)
  const qos = qosClass(pod)
  if (qos !== 'Guaranteed') {
    const burstable = [worker, ...deps.others(worker)].map((w) => w.pod).filter((p) => qosClass(p) === 'Burstable')
    const requested = qos === 'Burstable' ? burstable.reduce((sum, p) => sum + podRequestMilli(p, 'cpu'), 0) : 0
    cgroups.limit(qosCgroup(qos, settings), { cpuShares: milliToShares(requested), cpuPeriod })
  }
  const pids = settings.podPidsLimit > 0 ? { pids: settings.podPidsLimit } : {}
  cgroups.limit(podCgroup(pod, settings), { ...limits, cpuPeriod, ...pids })
}

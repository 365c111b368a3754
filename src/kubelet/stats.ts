/** `/stats/summary`: what pods use, as the metrics server and eviction read it (kubelet/pkg/apis/stats/v1alpha1), from the CRI's figures. */
import { cpus, freemem, totalmem } from 'node:os'
import type * as cri from '../runtime/cri/types.ts'
import { type Cri, labels } from './cri.ts'
import type { Kubelet } from './kubelet.ts'

export async function statsSummary(runtime: Cri, kubelet: Kubelet): Promise<unknown> {
  const { stats = [] } = await runtime.runtime.ListContainerStats({})
  const now = new Date().toISOString()
  const byPod = new Map<string, cri.ContainerStats[]>()
  for (const s of stats) {
    const uid = s.attributes?.labels?.[labels.podUid]
    if (uid) byPod.set(uid, [...(byPod.get(uid) ?? []), s])
  }
  const busy = cpus().reduce((sum, c) => sum + c.times.user + c.times.sys + c.times.nice + c.times.irq, 0)
  return {
    node: {
      nodeName: kubelet.settings.nodeName,
      startTime: now,
      cpu: { time: now, usageCoreNanoSeconds: busy * 1e6 },
      memory: { time: now, availableBytes: freemem(), usageBytes: totalmem() - freemem(), workingSetBytes: totalmem() - freemem() },
    },
    pods: kubelet.pods().flatMap((pod) => {
      const found = byPod.get(pod.metadata.uid)
      if (!found) return []
      const containers = found.map((s) => containerStats(s, pod.status?.startTime ?? now))
      const sum = (pick: (c: (typeof containers)[number]) => number) => containers.reduce((total, c) => total + pick(c), 0)
      return [
        {
          podRef: { name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
          startTime: pod.status?.startTime ?? now,
          containers,
          cpu: {
            time: now,
            usageNanoCores: sum((c) => c.cpu.usageNanoCores),
            usageCoreNanoSeconds: sum((c) => c.cpu.usageCoreNanoSeconds),
          },
          memory: {
            time: now,
            usageBytes: sum((c) => c.memory.usageBytes),
            workingSetBytes: sum((c) => c.memory.workingSetBytes),
            rssBytes: sum((c) => c.memory.rssBytes),
          },
        },
      ]
    }),
  }
}

function containerStats(s: cri.ContainerStats, startTime: string) {
  const value = (v: cri.UInt64Value | undefined) => Number(v?.value ?? 0)
  const time = (nanoseconds: number | bigint | undefined) => new Date(Number(nanoseconds ?? 0) / 1e6).toISOString()
  return {
    name: s.attributes?.labels?.[labels.containerName] ?? '',
    startTime,
    cpu: {
      time: time(s.cpu?.timestamp),
      usageNanoCores: value(s.cpu?.usageNanoCores),
      usageCoreNanoSeconds: value(s.cpu?.usageCoreNanoSeconds),
    },
    memory: {
      time: time(s.memory?.timestamp),
      availableBytes: value(s.memory?.availableBytes),
      usageBytes: value(s.memory?.usageBytes),
      workingSetBytes: value(s.memory?.workingSetBytes),
      rssBytes: value(s.memory?.rssBytes),
      pageFaults: value(s.memory?.pageFaults),
      majorPageFaults: value(s.memory?.majorPageFaults),
    },
    rootfs: {
      time: time(s.writableLayer?.timestamp),
      usedBytes: value(s.writableLayer?.usedBytes),
      inodesUsed: value(s.writableLayer?.inodesUsed),
    },
  }
}

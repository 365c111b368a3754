/** `/stats/summary`: what pods and the node use, as the metrics server reads it (kubelet/pkg/apis/stats/v1alpha1), from the CRI's figures. */
import { statfsSync } from 'node:fs'
import { uptime } from 'node:os'
import type { Pod } from '../../api/types/core-v1.ts'
import type * as cri from '../../runtime/cri/types.ts'
import { type Cri, labels } from '../cri.ts'
import type { Kubelet } from '../kubelet.ts'
import { nodeUsage } from '../node-usage.ts'

export async function statsSummary({ runtime, images }: Cri, kubelet: Kubelet): Promise<unknown> {
  const [{ stats = [] }, { stats: podStats = [] }, { imageFilesystems = [] }] = await Promise.all([
    runtime.ListContainerStats({}),
    // Not every runtime has figures of whole pods.
    runtime.ListPodSandboxStats({}).catch((): cri.ListPodSandboxStatsResponse => ({})),
    images.ImageFsInfo({}),
  ])
  const time = new Date().toISOString()
  const containers = Map.groupBy(stats, (s) => s.attributes?.labels?.[labels.podUid])
  const sandboxes = new Map(podStats.map((s) => [s.attributes?.metadata?.uid, s]))
  const node = nodeUsage()
  const imageFolder = imageFilesystems[0]?.fsId?.mountpoint
  return {
    node: {
      nodeName: kubelet.settings.nodeName,
      startTime: new Date(Date.now() - uptime() * 1000).toISOString(),
      cpu: { time, usageCoreNanoSeconds: node.cpuNanoSeconds },
      memory: { time, availableBytes: node.availableBytes, usageBytes: node.usageBytes, workingSetBytes: node.workingSetBytes },
      fs: fileSystem(kubelet.settings.podsFolder, time),
      ...(imageFolder ? { runtime: { imageFs: fileSystem(imageFolder, time) } } : {}),
      rlimit: { time, maxpid: node.maxPids, curproc: node.pids },
    },
    pods: kubelet.pods().flatMap((pod) => {
      const found = containers.get(pod.metadata.uid)
      return found ? [podSummary(pod, found, sandboxes.get(pod.metadata.uid), time)] : []
    }),
  }
}

function fileSystem(path: string, time: string) {
  const { blocks, bavail, bfree, bsize, files, ffree } = statfsSync(path)
  return {
    time,
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodesFree: ffree,
    inodes: files,
    inodesUsed: files - ffree,
  }
}

function podSummary(pod: Pod, stats: readonly cri.ContainerStats[], sandbox: cri.PodSandboxStats | undefined, time: string) {
  const { name, namespace, uid } = pod.metadata
  const startTime = pod.status?.startTime ?? time
  const containers = stats.map((s) => containerSummary(s, startTime))
  const sum = (pick: (c: (typeof containers)[number]) => number) => containers.reduce((total, c) => total + pick(c), 0)
  const { network, process } = sandbox?.linux ?? {}
  const primary = network?.defaultInterface
  return {
    podRef: { name, namespace, uid },
    startTime,
    containers,
    cpu: { time, usageNanoCores: sum((c) => c.cpu.usageNanoCores), usageCoreNanoSeconds: sum((c) => c.cpu.usageCoreNanoSeconds) },
    memory: {
      time,
      usageBytes: sum((c) => c.memory.usageBytes),
      workingSetBytes: sum((c) => c.memory.workingSetBytes),
      rssBytes: sum((c) => c.memory.rssBytes),
    },
    ...(primary
      ? { network: { time: instant(network?.timestamp), ...interfaceSummary(primary), interfaces: [interfaceSummary(primary)] } }
      : {}),
    ...(process?.processCount ? { process_stats: { process_count: value(process.processCount) } } : {}),
    'ephemeral-storage': { time, usedBytes: sum((c) => c.rootfs.usedBytes), inodesUsed: sum((c) => c.rootfs.inodesUsed) },
  }
}

const value = (v: cri.UInt64Value | undefined): number => Number(v?.value ?? 0)
const instant = (nanoseconds: number | bigint | undefined): string => new Date(Number(nanoseconds ?? 0) / 1e6).toISOString()

const interfaceSummary = ({ name, rxBytes, rxErrors, txBytes, txErrors }: cri.NetworkInterfaceUsage) => ({
  name,
  rxBytes: value(rxBytes),
  rxErrors: value(rxErrors),
  txBytes: value(txBytes),
  txErrors: value(txErrors),
})

function containerSummary(s: cri.ContainerStats, startTime: string) {
  return {
    name: s.attributes?.labels?.[labels.containerName] ?? '',
    startTime,
    cpu: {
      time: instant(s.cpu?.timestamp),
      usageNanoCores: value(s.cpu?.usageNanoCores),
      usageCoreNanoSeconds: value(s.cpu?.usageCoreNanoSeconds),
    },
    memory: {
      time: instant(s.memory?.timestamp),
      availableBytes: value(s.memory?.availableBytes),
      usageBytes: value(s.memory?.usageBytes),
      workingSetBytes: value(s.memory?.workingSetBytes),
      rssBytes: value(s.memory?.rssBytes),
      pageFaults: value(s.memory?.pageFaults),
      majorPageFaults: value(s.memory?.majorPageFaults),
    },
    rootfs: {
      time: instant(s.writableLayer?.timestamp),
      usedBytes: value(s.writableLayer?.usedBytes),
      inodesUsed: value(s.writableLayer?.inodesUsed),
    },
    ...(s.swap?.swapUsageBytes ? { swap: { time: instant(s.swap.timestamp), swapUsageBytes: value(s.swap.swapUsageBytes) } } : {}),
  }
}

/** What containers and pods use, as the CRI tells it: processor, memory, disk and network, from their cgroups and namespaces. */
import { readFileSync } from 'node:fs'
import { inNamespace } from '../linux/syscalls.ts'
import { readUsage, type Usage } from './cgroups.ts'
import type { Containers } from './containers.ts'
import { ContainerState, MetricType } from './cri/api.ts'
import type * as cri from './cri/types.ts'
import { diskUsage } from './images/disk-usage.ts'
import type { Host } from './oci/host.ts'
import { cgroupParentOf, type Sandboxes } from './sandboxes.ts'
import { type ContainerRecord, nowNanoseconds, type SandboxRecord } from './state.ts'

export interface Stats {
  container(record: ContainerRecord): Promise<cri.ContainerStats>
  /** `members`: the containers of the pod that run. */
  pod(record: SandboxRecord, members: readonly ContainerRecord[]): Promise<cri.PodSandboxStats>
  /** In the form of the kubelet's own metrics (cAdvisor's names). */
  metrics(record: SandboxRecord, members: readonly ContainerRecord[]): Promise<cri.PodSandboxMetrics>
  forget(id: string): void
}

export function createStats({ host, sandboxes, containers }: { host: Host; sandboxes: Sandboxes; containers: Containers }): Stats {
  const cpuBefore = new Map<string, { at: number; used: number; rate: number }>()
  const cpuUsage = (key: string, usage: Usage): cri.CpuUsage => {
    const at = performance.now()
    const before = cpuBefore.get(key)
    // A rate over less than a tenth of a second is noise: the last one is told again.
    const fresh = !before || at - before.at > 100
    const rate = before && fresh ? Math.max(0, ((usage.cpuNanoseconds - before.used) * 1000) / (at - before.at)) : (before?.rate ?? 0)
    if (fresh) cpuBefore.set(key, { at, used: usage.cpuNanoseconds, rate })
    return {
      timestamp: nowNanoseconds(),
      usageCoreNanoSeconds: { value: usage.cpuNanoseconds },
      usageNanoCores: { value: Math.round(rate) },
    }
  }
  const container = async (r: ContainerRecord): Promise<cri.ContainerStats> => {
    const [usage, disk] = await Promise.all([
      r.state === ContainerState.CONTAINER_RUNNING ? readUsage(host.cgroups, r.cgroup) : undefined,
      diskUsage(containers.upper(r.id)),
    ])
    return {
      attributes: attributes(r),
      ...(usage
        ? {
            cpu: cpuUsage(r.id, usage),
            memory: memoryUsage(usage),
            swap: { timestamp: nowNanoseconds(), swapUsageBytes: { value: usage.swapBytes } },
          }
        : {}),
      writableLayer: {
        timestamp: nowNanoseconds(),
        fsId: { mountpoint: containers.upper(r.id) },
        usedBytes: { value: disk.bytes },
        inodesUsed: { value: disk.inodes },
      },
    }
  }

  const pod = async (r: SandboxRecord, members: readonly ContainerRecord[]): Promise<cri.PodSandboxStats> => {
    // A pod's own group holds its containers; without one, they are added up.
    const parent = r.config.linux?.cgroupParent
    const all = await Promise.all(members.map(container))
    const network = networkUsage(sandboxes, r)
    const usages = (
      await Promise.all((parent ? [cgroupParentOf(r)] : members.map((c) => c.cgroup)).map((path) => readUsage(host.cgroups, path)))
    ).filter((u) => u !== undefined)
    const sum = (pick: (u: Usage) => number) => usages.reduce((total, u) => total + pick(u), 0)
    const total: Usage = {
      cpuNanoseconds: sum((u) => u.cpuNanoseconds),
      memoryBytes: sum((u) => u.memoryBytes),
      workingSetBytes: sum((u) => u.workingSetBytes),
      rssBytes: sum((u) => u.rssBytes),
      limitBytes: parent ? usages[0]?.limitBytes : undefined,
      swapBytes: sum((u) => u.swapBytes),
      pageFaults: sum((u) => u.pageFaults),
      majorPageFaults: sum((u) => u.majorPageFaults),
      processes: sum((u) => u.processes),
    }
    return {
      attributes: attributes(r),
      linux: {
        cpu: cpuUsage(r.id, total),
        memory: memoryUsage(total),
        ...(network ? { network } : {}),
        process: { timestamp: nowNanoseconds(), processCount: { value: total.processes } },
        containers: all,
      },
    }
  }

  const metrics: Stats['metrics'] = async (record, members) => {
    const { name = '', namespace = '' } = record.config.metadata ?? {}
    const containerMetrics = await Promise.all(
      members.map(async ({ id, cgroup }): Promise<cri.ContainerMetrics> => {
        const usage = await readUsage(host.cgroups, cgroup)
        const timestamp = nowNanoseconds()
        const told = usage ? metricFamilies : []
        return {
          containerId: id,
          metrics: told.map((family) => ({
            name: family.name,
            timestamp,
            metricType: family.type,
            labelValues: [id, name, namespace],
            value: { value: Math.round(family.of(usage as Usage)) },
          })),
        }
      }),
    )
    return { podSandboxId: record.id, metrics: [], containerMetrics }
  }

  return { container, pod, metrics, forget: (id) => void cpuBefore.delete(id) }
}

const { COUNTER, GAUGE } = MetricType
const metricFamilies = [
  {
    name: 'container_cpu_usage_seconds_total',
    help: 'Cumulative cpu time consumed in seconds',
    type: COUNTER,
    of: (u: Usage) => u.cpuNanoseconds / 1e9,
  },
  { name: 'container_memory_working_set_bytes', help: 'Current working set in bytes', type: GAUGE, of: (u: Usage) => u.workingSetBytes },
  { name: 'container_memory_usage_bytes', help: 'Current memory usage in bytes', type: GAUGE, of: (u: Usage) => u.memoryBytes },
  { name: 'container_memory_rss', help: 'Size of RSS in bytes', type: GAUGE, of: (u: Usage) => u.rssBytes },
  { name: 'container_processes', help: 'Number of processes running inside the container', type: GAUGE, of: (u: Usage) => u.processes },
]
export const metricDescriptors: cri.MetricDescriptor[] = metricFamilies.map(({ name, help }) => ({
  name,
  help,
  labelKeys: ['id', 'pod', 'namespace'],
}))

const attributes = ({ id, config }: ContainerRecord | SandboxRecord) => ({
  id,
  metadata: config.metadata ?? {},
  labels: config.labels ?? {},
  annotations: config.annotations ?? {},
})

const memoryUsage = (usage: Usage): cri.MemoryUsage => ({
  timestamp: nowNanoseconds(),
  workingSetBytes: { value: usage.workingSetBytes },
  ...(usage.limitBytes === undefined ? {} : { availableBytes: { value: Math.max(0, usage.limitBytes - usage.workingSetBytes) } }),
  usageBytes: { value: usage.memoryBytes },
  rssBytes: { value: usage.rssBytes },
  pageFaults: { value: usage.pageFaults },
  majorPageFaults: { value: usage.majorPageFaults },
})

function networkUsage(sandboxes: Sandboxes, r: SandboxRecord): cri.NetworkUsage | undefined {
  if (!r.namespaces.includes('net') || !r.ready) return undefined
  const text = inNamespace('net', sandboxes.namespacePath(r.id, 'net'), () => readFileSync('/proc/thread-self/net/dev', 'utf8'))
  const interfaces = text
    .split('\n')
    .slice(2)
    .map((line) => /^\s*([^:]+):\s*(.*)$/.exec(line))
    .flatMap((m) => (m && m[1] !== 'lo' ? [{ name: m[1] as string, n: (m[2] as string).split(/\s+/).map(Number) }] : []))
    .map(
      ({ name, n }): cri.NetworkInterfaceUsage => ({
        name,
        rxBytes: { value: n[0] ?? 0 },
        rxErrors: { value: n[2] ?? 0 },
        txBytes: { value: n[8] ?? 0 },
        txErrors: { value: n[10] ?? 0 },
      }),
    )
  return { timestamp: nowNanoseconds(), ...(interfaces[0] ? { defaultInterface: interfaces[0] } : {}), interfaces: interfaces.slice(1) }
}

/** Reads what a control group has used, of version 1 and version 2. */
import { readFileSync } from 'node:fs'
import { readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CgroupMode, cgroupRoot } from './oci/host.ts'

export interface Usage {
  readonly cpuNanoseconds: number
  readonly memoryBytes: number
  readonly workingSetBytes: number
  readonly rssBytes: number
  readonly limitBytes: number | undefined
  readonly swapBytes: number
  readonly pageFaults: number
  readonly majorPageFaults: number
  readonly processes: number
}

export async function readUsage(mode: CgroupMode, path: string): Promise<Usage | undefined> {
  const at = (controller: string, file: string) => join(cgroupRoot, mode === 'unified' ? '' : controller, path, file)
  const text = (controller: string, file: string) => readFile(at(controller, file), 'utf8').catch(() => '')
  const v2 = mode === 'unified'
  const [cpu, memory, stat, limit, swap, processes] = await Promise.all([
    text('cpuacct', v2 ? 'cpu.stat' : 'cpuacct.usage'),
    text('memory', v2 ? 'memory.current' : 'memory.usage_in_bytes'),
    text('memory', 'memory.stat'),
    text('memory', v2 ? 'memory.max' : 'memory.limit_in_bytes'),
    text('memory', v2 ? 'memory.swap.current' : 'memory.memsw.usage_in_bytes'),
    text('pids', 'pids.current'),
  ])
  if (cpu === '' && memory === '') return undefined
  const stats = keyed(stat)
  const usage = Number(memory)
  const limited = limit.trim() === 'max' || Number(limit) > 2 ** 62 ? undefined : Number(limit)
  return {
    cpuNanoseconds: v2 ? (keyed(cpu).get('usage_usec') ?? 0) * 1000 : Number(cpu),
    memoryBytes: usage,
    // Memory that could be taken back at once does not count, as the kubelet has it.
    workingSetBytes: Math.max(0, usage - (stats.get(v2 ? 'inactive_file' : 'total_inactive_file') ?? 0)),
    rssBytes: stats.get(v2 ? 'anon' : 'total_rss') ?? 0,
    limitBytes: limited || undefined,
    swapBytes: v2 ? Number(swap) : Math.max(0, Number(swap) - usage),
    pageFaults: stats.get(v2 ? 'pgfault' : 'total_pgfault') ?? 0,
    majorPageFaults: stats.get(v2 ? 'pgmajfault' : 'total_pgmajfault') ?? 0,
    processes: Number(processes),
  }
}

const keyed = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [key, value] = line.split(' ')
        return [key as string, Number(value)]
      }),
  )

/** PIDs in the group, of the host. */
export async function processesOf(mode: CgroupMode, path: string): Promise<number[]> {
  const text = await readFile(join(cgroupRoot, mode === 'unified' ? '' : 'pids', path, 'cgroup.procs'), 'utf8').catch(() => '')
  return text.split('\n').filter(Boolean).map(Number)
}

/** Removes a group that is empty, in every hierarchy; one that is in use or gone stays as it is. */
export async function removeGroup(mode: CgroupMode, path: string): Promise<void> {
  const roots = mode === 'unified' ? [cgroupRoot] : (await readdir(cgroupRoot)).map((name) => join(cgroupRoot, name))
  await Promise.all(roots.map((root) => rmdir(join(root, path)).catch(() => {})))
}

/**
 * Moves this process to the group it is in. The first move of any process after a pause waits for all processors to have
 * passed a quiet point, 5 to 15 ms (cgroup_threadgroup_rwsem, a percpu_rw_semaphore); those soon after it do not. So this
 * wait goes by while a container's monitor and OCI runtime start, and not when they come to the move.
 */
export async function expectMove(mode: CgroupMode): Promise<void> {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n')
  const own = lines.find((line) => (mode === 'unified' ? line.startsWith('0::') : line.split(':')[1] === 'pids'))
  if (!own) return
  const file = join(cgroupRoot, mode === 'unified' ? '' : 'pids', own.slice(own.indexOf('/')), 'cgroup.procs')
  // Refused, only time is lost.
  await writeFile(file, '0').catch(() => {})
}

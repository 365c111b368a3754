/** The cgroups of pods below the kubelet's: made with the whole pod's limits, and taken away when empty, on version 1, 2 and both at once. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = '/sys/fs/cgroup'

/** The hierarchies of this machine: one on version 2, one for each controller on version 1. */
export function hierarchies(): string[] {
  if (existsSync(join(root, 'cgroup.controllers'))) return [root]
  return existsSync(root)
    ? readdirSync(root, { withFileTypes: true })
        .filter((e) => e.isDirectory())
        .map((e) => join(root, e.name))
    : []
}

export interface CgroupLimits {
  readonly cpuShares: number
  readonly cpuPeriod: number
  readonly cpuQuota?: number
  readonly memoryBytes?: number
  readonly pids?: number
}

/** The seam to the kernel's cgroups. */
export interface Cgroups {
  limit(path: string, limits: CgroupLimits): void
  remove(path: string): void
}
export const kernelCgroups: Cgroups = { limit: limitCgroup, remove: removeCgroup }

/** Makes the cgroup, if it is not there, and holds all that will run in it to these limits. */
export function limitCgroup(path: string, limits: CgroupLimits): void {
  const { cpuShares, cpuPeriod, cpuQuota, memoryBytes, pids } = limits
  if (existsSync(join(root, 'cgroup.controllers'))) {
    makeUnified(path)
    // The weight that stands for the shares, as runtimes convert it: 2…262144 to 1…10000.
    const weight = Math.floor(1 + ((cpuShares - 2) * 9999) / 262_142)
    write(path, '', 'cpu.weight', weight)
    write(path, '', 'cpu.max', `${cpuQuota ?? 'max'} ${cpuPeriod}`)
    if (memoryBytes !== undefined) write(path, '', 'memory.max', memoryBytes)
    if (pids !== undefined) write(path, '', 'pids.max', pids)
    return
  }
  write(path, 'cpu', 'cpu.shares', cpuShares)
  if (cpuQuota !== undefined) {
    write(path, 'cpu', 'cpu.cfs_period_us', cpuPeriod)
    write(path, 'cpu', 'cpu.cfs_quota_us', cpuQuota)
  }
  if (memoryBytes !== undefined) write(path, 'memory', 'memory.limit_in_bytes', memoryBytes)
  if (pids !== undefined) write(path, 'pids', 'pids.max', pids)
}

function write(path: string, controller: string, file: string, value: string | number): void {
  // A kernel without the controller has no such limit, and the node tells none of it.
  if (!existsSync(join(root, controller))) return
  const folder = join(root, controller, path)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, file), String(value))
}

/** On version 2 each parent hands its controllers down before a child can use them. */
function makeUnified(path: string): void {
  let folder = root
  for (const part of path.split('/').filter(Boolean)) {
    const has = new Set(readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim().split(' '))
    const wanted = ['cpu', 'memory', 'pids', 'io', 'cpuset'].filter((c) => has.has(c))
    writeFileSync(join(folder, 'cgroup.subtree_control'), wanted.map((c) => `+${c}`).join(' '))
    folder = join(folder, part)
    mkdirSync(folder, { recursive: true })
  }
}

/** Removes a cgroup and those below it in every hierarchy. One that still holds a process stays; the kernel refuses. */
export function removeCgroup(path: string): void {
  for (const hierarchy of hierarchies()) removeTree(join(hierarchy, path))
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removeTree(join(folder, entry.name))
  try {
    rmdirSync(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EBUSY' && code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error
  }
}

/** What pods use, by the runtime's figures and by the size of what they wrote. */
import { existsSync } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type * as cri from '../runtime/cri/types.ts'
import { type Cri, labels } from './cri.ts'
import type { PodUsage, Usage } from './eviction.ts'

export async function podUsage({ runtime }: Cri): Promise<Usage> {
  const [{ stats = [] }, { stats: sandboxes = [] }] = await Promise.all([
    runtime.ListContainerStats({}),
    // Not every runtime has figures of whole pods; processes are then not known.
    runtime.ListPodSandboxStats({}).catch((): cri.ListPodSandboxStatsResponse => ({})),
  ])
  const value = (v: cri.UInt64Value | undefined) => Number(v?.value ?? 0)
  const processes = new Map(sandboxes.map((s) => [s.attributes?.metadata?.uid, value(s.linux?.process?.processCount)]))
  const usage = new Map<string, PodUsage>()
  for (const [uid, found] of Map.groupBy(stats, (s) => s.attributes?.labels?.[labels.podUid])) {
    if (!uid) continue
    const containers = found.map((s) => ({
      name: s.attributes?.labels?.[labels.containerName] ?? '',
      memoryBytes: value(s.memory?.workingSetBytes),
      diskBytes: value(s.writableLayer?.usedBytes),
    }))
    usage.set(uid, {
      memoryBytes: containers.reduce((sum, c) => sum + c.memoryBytes, 0),
      diskBytes: containers.reduce((sum, c) => sum + c.diskBytes, 0),
      processes: processes.get(uid) ?? 0,
      containers,
    })
  }
  return usage
}

/** The bytes on disk in each of a pod's emptyDir volumes. */
export async function emptyDirUsage(podFolder: string): Promise<Map<string, number>> {
  const folder = join(podFolder, 'volumes', 'kubernetes.io~empty-dir')
  const found = new Map<string, number>()
  if (!existsSync(folder)) return found
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) found.set(entry.name, await bytesBelow(join(folder, entry.name)))
  return found
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0
  for (const path of await readdir(folder, { recursive: true })) {
    const found = await lstat(join(folder, path)).catch(() => undefined) // gone while we looked
    bytes += (found?.blocks ?? 0) * 512
  }
  return bytes
}

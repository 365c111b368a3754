/** What a folder takes on disk, as du counts: blocks and inodes, each hard-linked file once. */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

export async function diskUsage(folder: string): Promise<{ bytes: number; inodes: number }> {
  const seen = new Set<number>()
  let bytes = 0
  let inodes = 0
  const walk = async (path: string): Promise<void> => {
    const stat = await lstat(path).catch(() => undefined) // It may go while we look.
    if (!stat) return
    if (stat.nlink > 1 && !stat.isDirectory()) {
      if (seen.has(stat.ino)) return
      seen.add(stat.ino)
    }
    bytes += stat.blocks * 512
    inodes++
    if (stat.isDirectory()) for (const name of await readdir(path).catch(() => [])) await walk(join(path, name))
  }
  await walk(folder)
  return { bytes, inodes }
}

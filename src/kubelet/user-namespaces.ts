/**
 * Users of pods with `hostUsers: false` (KEP-127): each such pod has a range of the node's IDs to itself. Which one stands
 * in its folder, in upstream's form: so it lasts over a restart, is free again with the folder, and is looked up nowhere else.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pod } from '../api/types/core-v1.ts'
import { NamespaceMode } from '../runtime/cri/api.ts'
import type * as cri from '../runtime/cri/types.ts'

const idsPerPod = 65_536
/** Of 32 bits; the first range is the node's own, and the last holds the ID that means none. */
const ranges = 65_535

export function userNamespaceOf({ metadata, spec }: Pod, podsFolder: string): cri.UserNamespace {
  if (spec.hostUsers !== false) return { mode: NamespaceMode.NODE }
  const fileOf = (uid: string) => join(podsFolder, uid, 'userns')
  let hostId = firstId(fileOf(metadata.uid))
  if (hostId === undefined) {
    const taken = new Set(readdirSync(podsFolder).map((uid) => firstId(fileOf(uid))))
    hostId = freeRange(taken)
    const mappings = [{ hostId, containerId: 0, length: idsPerPod }]
    mkdirSync(join(podsFolder, metadata.uid), { recursive: true })
    writeFileSync(fileOf(metadata.uid), JSON.stringify({ uidMappings: mappings, gidMappings: mappings }))
  }
  const mapping = { hostId, containerId: 0, length: idsPerPod }
  return { mode: NamespaceMode.POD, uids: [mapping], gids: [mapping] }
}

function freeRange(taken: ReadonlySet<number | undefined>): number {
  for (let range = 1; range < ranges; range++) if (!taken.has(range * idsPerPod)) return range * idsPerPod
  throw new Error('could not find an empty slot to allocate a user namespace')
}

function firstId(file: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { uidMappings: { hostId: number }[] }).uidMappings[0]?.hostId
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

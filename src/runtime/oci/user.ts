/** Who a container's process runs as: names looked up in the image's own passwd and group files, as upstream's runtimes do. */
import { readInRoot } from '../../linux/syscalls.ts'

export interface ProcessUser {
  readonly uid: number
  readonly gid: number
  readonly additionalGids: readonly number[]
}
export interface UserRequest {
  /** `uid`, `name`, `uid:gid` or `name:group`; empty for root. */
  readonly user: string
  readonly group?: number | undefined
  readonly supplementalGroups?: readonly number[]
  /** The image's groups of the user do not count (SupplementalGroupsPolicy Strict). */
  readonly strict?: boolean
}

export class UserError extends Error {}

export function resolveUser(root: string, request: UserRequest): ProcessUser {
  const [userPart = '', groupPart] = request.user.split(':', 2)
  const passwd = lines(root, '/etc/passwd')
  const groups = lines(root, '/etc/group')
  const number = /^\d+$/.test(userPart) ? Number(userPart) : undefined
  const entry =
    userPart === ''
      ? passwd.find((p) => p[2] === '0')
      : passwd.find((p) => (number === undefined ? p[0] === userPart : Number(p[2]) === number))
  if (!entry && userPart !== '' && number === undefined)
    throw new UserError(`unable to find user ${userPart}: no matching entries in passwd file`)
  const uid = number ?? Number(entry?.[2] ?? 0)
  let gid = Number(entry?.[3] ?? 0)
  if (groupPart !== undefined && groupPart !== '') {
    const group = groups.find((g) => g[0] === groupPart || g[2] === groupPart)
    if (!group && !/^\d+$/.test(groupPart)) throw new UserError(`unable to find group ${groupPart}: no matching entries in group file`)
    gid = group ? Number(group[2]) : Number(groupPart)
  }
  if (request.group !== undefined) gid = request.group
  for (const id of [uid, gid]) if (!(id >= 0 && id < 2 ** 31)) throw new UserError(`uids and gids must be in range 0-${2 ** 31 - 1}`)
  const additional = new Set<number>([gid])
  for (const id of request.supplementalGroups ?? []) additional.add(id)
  if (!request.strict && entry)
    for (const group of groups) if (group[3]?.split(',').includes(entry[0] as string)) additional.add(Number(group[2]))
  return { uid, gid, additionalGids: [...additional] }
}

/** The home folder that HOME is set to, when the image tells none. */
export function homeOf(root: string, uid: number): string {
  return lines(root, '/etc/passwd').find((p) => Number(p[2]) === uid)?.[5] || '/'
}

const maxBytes = 4 << 20
function lines(root: string, path: string): string[][] {
  let text: string
  try {
    text = readInRoot(root, path, maxBytes)
  } catch {
    return [] // An image without the file has only numbers.
  }
  return text
    .split('\n')
    .filter((line) => line.includes(':') && !line.startsWith('#'))
    .map((line) => line.trim().split(':'))
}

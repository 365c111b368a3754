/**
 * User namespaces of pods: root inside is a user outside that owns nothing. A namespace is made by a process, given its
 * map from outside, and bound to a file as the others are; network, IPC and UTS namespaces are made with it, so that
 * root inside may set them up. Files of images and volumes are shown to it by idmapped mounts, which need no copy.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Code, GrpcError } from '../grpc/status.ts'
import { bindTree, CloneFlag, detach, MountFlag, mount, type NamespaceKind } from '../linux/syscalls.ts'
import { NamespaceMode } from './cri/api.ts'
import type { IDMapping, NamespaceOption } from './cri/types.ts'
import { namespacesProgram, writeProgram } from './oci/programs.ts'
import type { IdMapping } from './oci/spec.ts'

/** Of a pod, as its record keeps it. */
export interface UserMap {
  readonly uids: readonly IdMapping[]
  readonly gids: readonly IdMapping[]
}
export interface UserNamespaces {
  /** Makes a user namespace with this map and the others, and binds each to the file that `pathOf` tells. */
  make(map: UserMap, kinds: readonly NamespaceKind[], pathOf: (kind: NamespaceKind | 'user') => string): Promise<void>
  /** Why pods can have none on this machine, or undefined. */
  missing(): Promise<string | undefined>
}

/** What a pod asks for; undefined is the host's users. One range each, as containerd takes it. */
export function userMapOf({ usernsOptions, network }: NamespaceOption): UserMap | undefined {
  const invalid = (message: string) => new GrpcError(Code.INVALID_ARGUMENT, message)
  const { mode = NamespaceMode.POD, uids = [], gids = [] } = usernsOptions ?? { mode: NamespaceMode.NODE }
  if (mode === NamespaceMode.NODE) {
    if (uids.length + gids.length > 0) throw invalid("can't use mappings with the host's user namespace")
    return undefined
  }
  if (mode !== NamespaceMode.POD) throw invalid(`unsupported user namespace mode: ${Object.keys(NamespaceMode)[mode]}`)
  if (network === NamespaceMode.NODE) throw invalid("a pod in the host's network cannot have a user namespace")
  const range = (kind: string, mappings: readonly IDMapping[]): IdMapping[] => {
    const { containerId = 0, hostId = 0, length = 0 } = mappings[0] ?? {}
    if (mappings.length !== 1 || length === 0) throw invalid(`a user namespace needs one ${kind} mapping, of some length`)
    return [{ containerID: containerId, hostID: hostId, size: length }]
  }
  return { uids: range('uid', uids), gids: range('gid', gids) }
}

/** `layers`: the folder of unpacked layers, whose file system must know idmapped mounts. */
export function createUserNamespaces(program: string, layers: string, state: string): UserNamespaces {
  const { NEWUSER, NEWNET, NEWIPC, NEWUTS } = CloneFlag
  writeProgram(program, namespacesProgram(NEWUSER | NEWNET | NEWIPC | NEWUTS))

  const make: UserNamespaces['make'] = async (map, kinds, pathOf) => {
    const holder = spawn(program, { stdio: ['ignore', 'pipe', 'ignore'], cwd: '/' })
    try {
      const [made] = await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')])
      if (!Buffer.isBuffer(made)) throw new Error('the kernel refuses user namespaces (see user.max_user_namespaces)')
      const lines = (mappings: readonly IdMapping[]) => mappings.map((m) => `${m.containerID} ${m.hostID} ${m.size}\n`).join('')
      writeFileSync(`/proc/${holder.pid}/uid_map`, lines(map.uids))
      writeFileSync(`/proc/${holder.pid}/gid_map`, lines(map.gids))
      for (const kind of [...kinds, 'user'] as const) {
        writeFileSync(pathOf(kind), '')
        mount(`/proc/${holder.pid}/ns/${kind}`, pathOf(kind), '', MountFlag.BIND, '')
      }
    } finally {
      holder.kill('SIGKILL')
    }
  }

  /** Tries what a pod would need: overlayfs over a mapped view of the layers. */
  const probe = async (): Promise<string | undefined> => {
    for (let path = state; path !== '/'; path = dirname(path))
      if ((statSync(path).mode & 0o001) === 0) return `${path} is closed to other users, and ${state} is in it`
    const folder = mkdtempSync(join(state, 'userns-'))
    const at = (name: string) => join(folder, name)
    try {
      for (const name of ['view', 'empty', 'merged']) mkdirSync(at(name))
      const ids = [{ containerID: 0, hostID: 1 << 16, size: 1 << 16 }]
      await make({ uids: ids, gids: ids }, [], () => at('user'))
      bindTree(layers, at('view'), at('user'))
      mount('overlay', at('merged'), 'overlay', MountFlag.RDONLY, `lowerdir=${at('view')}:${at('empty')}`)
      return undefined
    } catch (error) {
      return (error as Error).message
    } finally {
      for (const name of ['merged', 'view', 'user']) detach(at(name))
      rmSync(folder, { recursive: true, force: true })
    }
  }
  let probed: Promise<string | undefined> | undefined
  return {
    make,
    missing() {
      probed ??= probe()
      return probed
    },
  }
}

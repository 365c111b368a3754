/**
 * What the runtime knows of its sandboxes and containers, in plain files: one JSON a sandbox or container, replaced by
 * a rename on every change, so that a runtime that was killed reads the last whole state and goes on.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '../log/log.ts'
import type { ContainerState } from './cri/api.ts'
import type { ContainerConfig, LinuxContainerResources, PodSandboxConfig } from './cri/types.ts'
import type { ProcessUser } from './oci/user.ts'
import type { UserMap } from './user-namespace.ts'

export interface SandboxRecord {
  readonly id: string
  /** containerd's namespace: `k8s.io` for what the CRI made. */
  readonly namespace: string
  readonly config: PodSandboxConfig
  readonly runtimeHandler: string
  /** Nanoseconds since 1970, as a decimal. */
  readonly createdAt: string
  readonly ready: boolean
  readonly hostNetwork: boolean
  /** What of the sandbox is bound to files in its state folder, besides the user namespace. */
  readonly namespaces: readonly ('net' | 'ipc' | 'uts')[]
  /** Of its user namespace; absent: the host's users. */
  readonly userMap?: UserMap
  readonly ips: readonly string[]
  readonly hostInterface?: string
  /** Host ports that the runtime published. */
  readonly hostPorts: boolean
  /** The process that holds a shared PID namespace. */
  readonly pausePid?: number
}

export interface ContainerRecord {
  readonly id: string
  readonly namespace: string
  readonly sandboxId: string
  readonly config: ContainerConfig
  readonly imageId: string
  readonly imageRef: string
  readonly layers: readonly string[]
  readonly createdAt: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly state: (typeof ContainerState)[keyof typeof ContainerState]
  /** Set while the OCI runtime is at work on the start, so that a killed runtime knows what may be there. */
  readonly starting?: boolean
  readonly pid: number
  /** When the process began, in the kernel's ticks: PIDs come again. */
  readonly pidStart: string
  readonly exitCode: number
  readonly reason: string
  readonly message: string
  readonly logPath: string
  readonly cgroup: string
  readonly stopSignal: number
  readonly user: ProcessUser
  readonly ownPidNamespace: boolean
  readonly resources: LinuxContainerResources
  /** Its processes are frozen. */
  readonly paused?: boolean
  /** By the user, so that it stays so where its restart policy is `unless-stopped`. */
  readonly stopped?: boolean
  /** How often the restart policy of a nerdctl container has started it again. */
  readonly restarts?: number
}

export interface Records<T extends { readonly id: string }> {
  get(id: string): T | undefined
  values(): IterableIterator<T>
  /** Writes a new version; what is read afterwards is it. */
  put(record: T): T
  delete(id: string): void
}

export function openRecords<T extends { readonly id: string }>(folder: string, log: Logger): Records<T> {
  mkdirSync(folder, { recursive: true })
  const records = new Map<string, T>()
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.json')) {
      rmSync(join(folder, name), { recursive: true })
      continue
    }
    try {
      const record = JSON.parse(readFileSync(join(folder, name), 'utf8')) as T
      records.set(record.id, record)
    } catch (error) {
      log.warn('a record was lost', { file: name, error })
      rmSync(join(folder, name))
    }
  }
  const file = (id: string) => join(folder, `${id}.json`)
  return {
    get: (id) => records.get(id),
    values: () => records.values(),
    put(record) {
      writeFileSync(
        `${file(record.id)}.new`,
        JSON.stringify(record, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
      )
      renameSync(`${file(record.id)}.new`, file(record.id))
      records.set(record.id, record)
      return record
    },
    delete(id) {
      records.delete(id)
      rmSync(file(id), { force: true })
    },
  }
}

/** The time in nanoseconds, never twice the same and never going back. */
let last = 0n
export function nowNanoseconds(): bigint {
  const now = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n
  last = now > last ? now : last + 1n
  return last
}

/** Runs work on one thing strictly in turn. */
export function createTurns() {
  const tails = new Map<string, Promise<unknown>>()
  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = tails.get(key)
    const mine = before ? before.then(work, work) : work()
    const settled = mine.catch(() => {})
    tails.set(key, settled)
    try {
      return await mine
    } finally {
      if (tails.get(key) === settled) tails.delete(key)
    }
  }
}

/**
 * Containers: created as a record, a writable layer and a spec; started through conmon and the OCI runtime; watched by
 * the file that conmon writes their exit code to. Every step leaves a state from which a new process goes on.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Code, GrpcError } from '../grpc/status.ts'
import type { Logger } from '../log/log.ts'
import { expectMove, processesOf, removeGroup } from './cgroups.ts'
import { createContainerFiles } from './container-files.ts'
import { ContainerState, NamespaceMode, signals } from './cri/api.ts'
import type { ContainerConfig, LinuxContainerResources } from './cri/types.ts'
import type { ImageStore } from './images/store.ts'
import type { Exit, Monitor } from './monitor.ts'
import type { Host } from './oci/host.ts'
import type { OciRuntime } from './oci/runtime.ts'
import { buildSpec, resourcesOf, type SandboxNamespaces } from './oci/spec.ts'
import { isAlive, setTerminalSize, signal, signalNumber, startOf } from './processes.ts'
import { cgroupParentOf, type Sandboxes } from './sandboxes.ts'
import { type ContainerRecord, nowNanoseconds, type Records, type SandboxRecord } from './state.ts'

export type ContainerEvent = 'created' | 'started' | 'stopped' | 'deleted'

export interface Containers {
  create(sandbox: SandboxRecord, config: ContainerConfig): Promise<ContainerRecord>
  start(id: string): Promise<void>
  /** Sends the stop signal, waits, then kills. Resolves when the container has ended. */
  stop(id: string, timeoutMs: number, how?: { byUser?: boolean; abort?: AbortSignal | undefined }): Promise<void>
  kill(id: string, signal: number): Promise<void>
  /** Freezes the container's processes, and lets them go on. */
  pause(id: string): Promise<void>
  resume(id: string): Promise<void>
  remove(id: string): Promise<void>
  update(id: string, resources: LinuxContainerResources): Promise<void>
  /** Starts a container again that has ended, with what it wrote: Docker's start, which the CRI does not know. */
  restart(id: string): Promise<void>
  /** Starts what ended while no runtime was there, where its restart policy asks for it: as Docker does when it begins. */
  startByPolicy(): void
  /** Resolves with the record once the container has ended and is cleaned up. */
  wait(id: string, abort?: AbortSignal): Promise<ContainerRecord>
  reopenLog(id: string): Promise<void>
  resize(id: string, rows: number, columns: number): Promise<void>
  /** The folder with the spec, the terminal's and the monitor's sockets. */
  bundle(id: string): string
  rootfs(id: string): string
  /** What the container wrote over its image. */
  upper(id: string): string
  onExit(id: string): void
  recover(): Promise<void>
}

export interface ContainerDeps {
  readonly records: Records<ContainerRecord>
  readonly sandboxRecords: Records<SandboxRecord>
  readonly sandboxes: Sandboxes
  readonly images: ImageStore
  readonly monitor: Monitor
  readonly root: string
  readonly state: string
  readonly host: Host
  readonly runtimeOf: (handler: string) => OciRuntime
  readonly log: Logger
  /** One change of a container at a time, by its ID. */
  readonly turns: <T>(key: string, work: () => Promise<T>) => Promise<T>
  readonly emit: (event: ContainerEvent, container: ContainerRecord) => void
}

const notFound = (id: string) =>
  new GrpcError(Code.NOT_FOUND, `an error occurred when try to find container ${JSON.stringify(id)}: not found`)

export function createContainers(deps: ContainerDeps): Containers {
  const { records, sandboxRecords, sandboxes, images, monitor, host, runtimeOf, log, turns, emit } = deps
  const files = createContainerFiles(deps)
  const { bundle } = files
  const names = new Set<string>()
  const waiters = new Map<string, Set<() => void>>()
  const ending = new Map<string, Promise<void>>()
  /** Stopped on purpose: no restart policy counts. */
  const stopping = new Set<string>()

  const must = (id: string): ContainerRecord => {
    const record = records.get(id)
    if (!record) throw notFound(id)
    return record
  }
  const sandboxOf = (record: ContainerRecord): SandboxRecord => sandboxRecords.get(record.sandboxId) as SandboxRecord
  const runtimeFor = (record: ContainerRecord) => runtimeOf(sandboxOf(record)?.runtimeHandler ?? '')
  const nameOf = (sandbox: SandboxRecord, config: ContainerConfig) =>
    `${sandbox.id}/${config.metadata?.name ?? ''}_${config.metadata?.attempt ?? 0}`

  const namespacesFor = (sandbox: SandboxRecord, config: ContainerConfig): SandboxNamespaces => {
    const options = config.linux?.securityContext?.namespaceOptions ?? sandbox.config.linux?.securityContext?.namespaceOptions ?? {}
    const path = (kind: 'net' | 'ipc' | 'uts') =>
      sandbox.namespaces.includes(kind) ? sandboxes.namespacePath(sandbox.id, kind) : undefined
    const network = path('net')
    const ipc = path('ipc')
    const uts = path('uts')
    let pid: string | undefined
    switch (options.pid ?? NamespaceMode.POD) {
      case NamespaceMode.POD:
        if (sandbox.pausePid === undefined) throw new GrpcError(Code.INVALID_ARGUMENT, 'the sandbox shares no PID namespace')
        pid = `/proc/${sandbox.pausePid}/ns/pid`
        break
      case NamespaceMode.NODE:
        pid = 'host'
        break
      case NamespaceMode.TARGET: {
        const target = records.get(options.targetId ?? '')
        if (!target || target.sandboxId !== sandbox.id)
          throw new GrpcError(Code.NOT_FOUND, `invalid target container: ${JSON.stringify(options.targetId)}: not found`)
        if (!isAlive(target.pid, target.pidStart))
          throw new GrpcError(Code.FAILED_PRECONDITION, `the target container ${target.id} does not run`)
        pid = `/proc/${target.pid}/ns/pid`
        break
      }
      default:
        break
    }
    const user = sandbox.userMap && { path: sandboxes.namespacePath(sandbox.id, 'user'), ...sandbox.userMap }
    return {
      ...(network ? { network } : {}),
      ...(ipc ? { ipc } : {}),
      ...(uts ? { uts } : {}),
      ...(pid ? { pid } : {}),
      ...(user ? { user } : {}),
    }
  }

  const clean = async (record: ContainerRecord) => {
    await runtimeFor(record)
      .run('delete', '--force', record.id)
      .catch((error: unknown) => log.debug('deleting a container', { container: record.id, error }))
    files.unmount(record.id)
  }

  /** What happens once, when a container's first process has ended. */
  const ended = (id: string, exit: Exit): Promise<void> => {
    const under = ending.get(id)
    if (under) return under
    const done = (async () => {
      const before = records.get(id)
      if (!before || before.state !== ContainerState.CONTAINER_RUNNING) return
      // In a shared PID namespace the others live on.
      if (!before.ownPidNamespace) for (const pid of await processesOf(host.cgroups, before.cgroup)) trySignal(pid, 9)
      const record = records.put({
        ...before,
        state: ContainerState.CONTAINER_EXITED,
        finishedAt: String(BigInt(exit.at.getTime()) * 1_000_000n),
        exitCode: exit.code,
        reason: exit.oomKilled ? 'OOMKilled' : exit.code === 0 ? 'Completed' : 'Error',
        pid: 0,
        pidStart: '',
        paused: false,
      })
      await clean(record)
      monitor.forget(id)
      emit('stopped', record)
      for (const wake of waiters.get(id) ?? []) wake()
      waiters.delete(id)
      restartByPolicy(record)
    })()
    ending.set(
      id,
      done.finally(() => ending.delete(id)),
    )
    return done
  }
  const onExit = (id: string) => {
    const record = records.get(id)
    const exit = record && monitor.exitOf(id, bundle(id))
    if (record && exit && !record.starting)
      ended(id, exit).catch((error: unknown) => log.error('a container was not cleaned up', { container: id, error }))
  }

  const wait = (id: string, abort?: AbortSignal): Promise<ContainerRecord> => {
    const record = must(id)
    if (record.state !== ContainerState.CONTAINER_RUNNING) return Promise.resolve(record)
    return new Promise((resolve, reject) => {
      const wake = () => {
        abort?.removeEventListener('abort', gone)
        const now = records.get(id)
        if (now) resolve(now)
        else reject(notFound(id))
      }
      const gone = () => {
        waiters.get(id)?.delete(wake)
        reject(abort?.reason as Error)
      }
      if (abort?.aborted) return gone()
      abort?.addEventListener('abort', gone)
      const set = waiters.get(id) ?? new Set()
      waiters.set(id, set.add(wake))
    })
  }

  const setPaused = async (id: string, paused: boolean) => {
    const record = must(id)
    const state = record.state === ContainerState.CONTAINER_RUNNING ? (record.paused ? 'paused' : 'running') : 'stopped'
    if (state !== (paused ? 'running' : 'paused'))
      throw new GrpcError(Code.FAILED_PRECONDITION, `cannot ${paused ? 'pause' : 'resume'} a ${state} container`)
    await runtimeFor(record).run(paused ? 'pause' : 'resume', id)
    records.put({ ...must(id), paused })
  }
  /** A frozen process takes no signal, not even the last. */
  const thaw = (id: string) => turns(id, async () => (records.get(id)?.paused ? setPaused(id, false) : undefined))

  const killAll = async (record: ContainerRecord) => {
    signal(record.pid, record.pidStart, 9)
    if (!record.ownPidNamespace) for (const pid of await processesOf(host.cgroups, record.cgroup)) trySignal(pid, 9)
    // Of a container whose monitor was killed nobody else would tell the end.
    if (!conmonAlive(bundle(record.id)) && !monitor.exitOf(record.id, bundle(record.id))) await ended(record.id, lost())
  }

  for (const record of records.values()) {
    const sandbox = sandboxRecords.get(record.sandboxId)
    if (sandbox) names.add(nameOf(sandbox, record.config))
  }

  const start = async (id: string): Promise<void> => {
    let record = must(id)
    const { config } = record
    if (record.state !== ContainerState.CONTAINER_CREATED || record.starting)
      throw new GrpcError(
        Code.FAILED_PRECONDITION,
        `container ${JSON.stringify(id)} is in ${Object.keys(ContainerState)[record.state]} state`,
      )
    if (!sandboxOf(record)?.ready)
      throw new GrpcError(Code.FAILED_PRECONDITION, `sandbox container ${JSON.stringify(record.sandboxId)} is not running`)
    void expectMove(host.cgroups)
    record = records.put({ ...record, starting: true })
    const runtime = runtimeFor(record)
    try {
      if (record.logPath) mkdirSync(join(record.logPath, '..'), { recursive: true, mode: 0o755 })
      const pid = await monitor.create(runtime, {
        id,
        name: config.metadata?.name ?? id,
        bundle: bundle(id),
        logPath: record.logPath || undefined,
        terminal: config.tty === true,
        stdin: config.stdin === true,
        stdinOnce: config.stdinOnce === true,
      })
      record = records.put({ ...record, pid, pidStart: startOf(pid) ?? '' })
      runtime.keepFilter(id)
      await runtime.start(id)
    } catch (error) {
      await clean(record)
      const { starting: _over, ...rest } = record
      const message = (error as Error).message
      const at = String(nowNanoseconds())
      record = records.put({
        ...rest,
        state: ContainerState.CONTAINER_EXITED,
        startedAt: at,
        finishedAt: at,
        exitCode: 128,
        reason: 'StartError',
        message: `failed to start containerd task ${JSON.stringify(id)}: OCI runtime create failed: ${message}`,
        pid: 0,
        pidStart: '',
      })
      monitor.forget(id)
      emit('stopped', record)
      throw new GrpcError(
        Code.UNKNOWN,
        `failed to create containerd task: failed to start container ${JSON.stringify(id)}: OCI runtime create failed: ${message}`,
        { cause: error },
      )
    }
    const { starting: _over, ...rest } = record
    record = records.put({ ...rest, state: ContainerState.CONTAINER_RUNNING, startedAt: String(nowNanoseconds()) })
    emit('started', record)
    // It may have ended before it was known to run.
    onExit(id)
  }

  const restart = async (id: string) => {
    const record = must(id)
    if (record.state === ContainerState.CONTAINER_RUNNING) return
    await sandboxes.revive(record.sandboxId)
    if (record.state === ContainerState.CONTAINER_EXITED) {
      await ending.get(id)
      for (const name of ['attach', 'ctl', 'winsz', 'pid', 'conmon.pid', 'oom']) rmSync(join(bundle(id), name), { force: true })
      files.mountRoot(record, sandboxOf(record))
      const { stopped: _before, ...rest } = record
      records.put({ ...rest, state: ContainerState.CONTAINER_CREATED, exitCode: 0, reason: '', message: '', finishedAt: '0' })
    }
    await start(id)
  }

  const policyOf = (record: ContainerRecord) => (record.config.labels?.['kijabi.io/restart-policy'] ?? '').split(':')

  /** `always`, `unless-stopped`, `on-failure[:times]`: as nerdctl's label tells, unless the user stopped it. */
  const restartByPolicy = (record: ContainerRecord, failures = 0) => {
    const [kind, times] = policyOf(record)
    const restarts = record.restarts ?? 0
    const wanted =
      kind === 'always' ||
      kind === 'unless-stopped' ||
      (kind === 'on-failure' && record.exitCode !== 0 && (!times || restarts < Number(times)))
    if (!wanted || stopping.has(record.id)) return
    // Each time twice as late, up to a minute; a run of ten seconds starts over.
    const ran = Number(BigInt(record.finishedAt) - BigInt(record.startedAt)) / 1e9
    const delay = Math.min(60_000, 100 * 2 ** (failures || (ran > 10 ? 0 : restarts)))
    const timer = setTimeout(() => {
      turns(record.id, async () => {
        const now = records.get(record.id)
        if (now?.state !== ContainerState.CONTAINER_EXITED || stopping.has(record.id)) return
        records.put({ ...now, restarts: ran > 10 ? 1 : restarts + 1 })
        await restart(record.id)
      }).catch((error: unknown) => {
        log.warn('a container was not restarted', { container: record.id, error })
        const now = records.get(record.id)
        if (now?.state === ContainerState.CONTAINER_EXITED) restartByPolicy(now, failures + 1)
      })
    }, delay)
    timer.unref()
  }

  return {
    bundle,
    rootfs: files.rootfs,
    upper: files.upper,
    onExit,
    wait,
    start,
    restart(id) {
      stopping.delete(id)
      return restart(id)
    },
    startByPolicy() {
      for (const record of records.values()) {
        const [kind] = policyOf(record)
        const wanted = kind === 'always' || (kind === 'unless-stopped' && !record.stopped)
        if (wanted && record.state === ContainerState.CONTAINER_EXITED) restartByPolicy(record)
      }
    },
    async create(sandbox, config) {
      const namespace = sandbox.namespace
      if (!config.metadata?.name) throw new GrpcError(Code.INVALID_ARGUMENT, 'container config must include metadata with a name')
      const reference = config.image?.image ?? ''
      const image = images.find(namespace, reference)
      if (!image) throw new GrpcError(Code.NOT_FOUND, `failed to resolve image ${JSON.stringify(reference)}: not found`)
      const name = nameOf(sandbox, config)
      if (names.has(name))
        throw new GrpcError(
          Code.ALREADY_EXISTS,
          `failed to reserve container name ${JSON.stringify(name)}: it is reserved for another container`,
        )
      names.add(name)
      const id = randomBytes(32).toString('hex')
      const namespaceOptions =
        config.linux?.securityContext?.namespaceOptions ?? sandbox.config.linux?.securityContext?.namespaceOptions ?? {}
      const imageConfig = image.config.config ?? {}
      const chosen = signals[config.stopSignal ?? 0]
      const stopSignal = signalNumber((chosen === 'RUNTIME_DEFAULT' ? '' : (chosen ?? '')) || imageConfig.StopSignal || 'SIGTERM')
      let record: ContainerRecord = {
        id,
        namespace,
        sandboxId: sandbox.id,
        config,
        imageId: image.id,
        imageRef: image.repoDigests[0] ?? image.id,
        layers: image.layers,
        createdAt: String(nowNanoseconds()),
        startedAt: '0',
        finishedAt: '0',
        state: ContainerState.CONTAINER_CREATED,
        pid: 0,
        pidStart: '',
        exitCode: 0,
        reason: '',
        message: '',
        logPath: config.logPath && sandbox.config.logDirectory ? join(sandbox.config.logDirectory, config.logPath) : '',
        cgroup: join(cgroupParentOf(sandbox), id),
        stopSignal: stopSignal ?? 15,
        user: { uid: 0, gid: 0, additionalGids: [] },
        ownPidNamespace: (namespaceOptions.pid ?? NamespaceMode.POD) === NamespaceMode.CONTAINER,
        resources: config.linux?.resources ?? {},
      }
      records.put(record)
      try {
        files.make(record, sandbox)
        const spec = buildSpec({
          config,
          image: imageConfig,
          rootfs: files.rootfs(id),
          cgroupsPath: record.cgroup,
          hostname: sandbox.config.hostname ?? '',
          privileged: sandbox.config.linux?.securityContext?.privileged === true,
          namespaces: namespacesFor(sandbox, config),
          sandboxFiles: sandboxes.files(sandbox),
          volumes: await files.makeVolumes(record, sandbox, Object.keys(imageConfig.Volumes ?? {})),
          prepared: files.prepareMounts(record, sandbox),
          host,
        })
        writeFileSync(join(bundle(id), 'config.json'), JSON.stringify(runtimeFor(record).withFilter(id, spec)))
        record = records.put({ ...record, user: spec.process.user })
        emit('created', record)
        return record
      } catch (error) {
        files.remove(id)
        records.delete(id)
        names.delete(name)
        throw error
      }
    },
    async stop(id, timeoutMs, { byUser = false, abort } = {}) {
      stopping.add(id)
      if (byUser) records.put({ ...must(id), stopped: true })
      // A start by the restart policy may be under way.
      await thaw(id)
      const record = must(id)
      if (record.state !== ContainerState.CONTAINER_RUNNING) return
      const over = wait(id)
      if (timeoutMs > 0) {
        signal(record.pid, record.pidStart, record.stopSignal)
        let timer: NodeJS.Timeout | undefined
        const late = new Promise<'late'>((resolve) => {
          timer = setTimeout(() => resolve('late'), Math.min(timeoutMs, 2 ** 31 - 1))
          abort?.addEventListener('abort', () => resolve('late'), { once: true })
        })
        const first = await Promise.race([over, late])
        clearTimeout(timer)
        if (first !== 'late') return
        abort?.throwIfAborted()
      }
      await killAll(record)
      await over
    },
    async kill(id, number) {
      const record = must(id)
      if (record.state !== ContainerState.CONTAINER_RUNNING)
        throw new GrpcError(Code.FAILED_PRECONDITION, `container ${JSON.stringify(id)} does not run`)
      signal(record.pid, record.pidStart, number)
    },
    pause: (id) => setPaused(id, true),
    resume: (id) => setPaused(id, false),
    async remove(id) {
      if (records.get(id)?.paused) await setPaused(id, false)
      const record = records.get(id)
      if (!record) return
      if (record.state === ContainerState.CONTAINER_RUNNING) {
        const over = wait(id)
        await killAll(record)
        await over
      }
      await ending.get(id)
      files.remove(id)
      monitor.forget(id)
      records.delete(id)
      const sandbox = sandboxRecords.get(record.sandboxId)
      if (sandbox) names.delete(nameOf(sandbox, record.config))
      stopping.delete(id)
      emit('deleted', record)
    },
    async update(id, resources) {
      const record = must(id)
      if (record.state === ContainerState.CONTAINER_EXITED)
        throw new GrpcError(Code.FAILED_PRECONDITION, `container ${JSON.stringify(id)} has exited`)
      const given = Object.entries(resources).filter(([, value]) =>
        Array.isArray(value) ? value.length > 0 : typeof value === 'object' ? Object.keys(value as object).length > 0 : Boolean(value),
      )
      const merged: LinuxContainerResources = { ...record.resources, ...Object.fromEntries(given) }
      if (record.state === ContainerState.CONTAINER_RUNNING) {
        const file = join(bundle(id), 'resources.json')
        writeFileSync(file, JSON.stringify(resourcesOf(merged, host)))
        await runtimeFor(record).run('update', '--resources', file, id)
      }
      records.put({ ...must(id), resources: merged })
    },
    async reopenLog(id) {
      const record = must(id)
      if (record.state !== ContainerState.CONTAINER_RUNNING) throw new GrpcError(Code.FAILED_PRECONDITION, 'container is not running')
      await monitor.reopenLog(bundle(id))
    },
    async resize(id, rows, columns) {
      // Of sizes that it finds together conmon takes the first for all (seen in 2.1): it sets only what has no terminal as input.
      const { pid } = must(id)
      if (!setTerminalSize(pid, rows, columns)) await monitor.resize(bundle(id), rows, columns)
    },
    async recover() {
      for (const record of [...records.values()]) {
        const { id } = record
        if (record.state === ContainerState.CONTAINER_RUNNING) {
          const exit = monitor.exitOf(id, bundle(id))
          if (exit) await ended(id, exit)
          else if (!isAlive(record.pid, record.pidStart)) {
            // conmon writes the code a moment after the process is gone, unless the machine itself went down.
            const watched = conmonAlive(bundle(id))
            if (!watched) await ended(id, monitor.exitOf(id, bundle(id)) ?? lost())
          }
        } else if (record.starting) {
          // Nobody was told that it started: it is ended, whatever it came to.
          const { starting: _over, ...rest } = record
          await clean(record)
          monitor.forget(id)
          const at = String(nowNanoseconds())
          records.put({
            ...rest,
            state: ContainerState.CONTAINER_EXITED,
            startedAt: at,
            finishedAt: at,
            exitCode: 128,
            reason: 'StartError',
            message: 'the runtime was stopped during the start',
            pid: 0,
            pidStart: '',
          })
        } else if (record.state === ContainerState.CONTAINER_CREATED && !existsSync(bundle(id))) {
          const at = String(nowNanoseconds())
          records.put({ ...record, state: ContainerState.CONTAINER_EXITED, finishedAt: at, exitCode: 255, reason: 'Unknown' })
        }
      }
      files.sweep((id) => records.get(id) !== undefined)
      await Promise.all(
        [...records.values()].map(async (r) =>
          r.state === ContainerState.CONTAINER_EXITED ? removeGroup(host.cgroups, r.cgroup) : undefined,
        ),
      )
    },
  }
}

function trySignal(pid: number, number: number): void {
  const start = startOf(pid)
  if (start) signal(pid, start, number)
}

/** How a container ended that nobody watched. */
const lost = (): Exit => ({ code: 255, at: new Date(), oomKilled: false })

function conmonAlive(bundle: string): boolean {
  try {
    return startOf(Number(readFileSync(join(bundle, 'conmon.pid'), 'utf8'))) !== undefined
  } catch {
    return false
  }
}

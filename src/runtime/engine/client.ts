/** What nerdctl and ctr share: containers run as Docker does, each in a sandbox of its own, and transfers with progress. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createGrpcClient } from '../../grpc/client.ts'
import { ContainerState, NamespaceMode, ProfileType } from '../cri/api.ts'
import { bytes, type CriClient, connectCri, inNamespace, joinStream } from '../cri/client.ts'
import { readLog } from '../cri/logs.ts'
import type { Container, ContainerConfig, ContainerStatus, PodSandboxConfig } from '../cri/types.ts'
import { networkAnnotation } from '../pod-network.ts'
import { engineTable } from './api.ts'
import type { Engine, Progress } from './types.ts'

export interface EngineClient extends CriClient {
  readonly engine: Engine
  readonly namespace: string
}
export function connectEngine(endpoint: string, namespace: string): EngineClient {
  const cri = connectCri(endpoint, namespace)
  return { ...cri, namespace, engine: inNamespace(createGrpcClient<Engine>(cri.channel, engineTable, 'Engine'), namespace) }
}

export interface Io {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly signal: AbortSignal
}

/** Shows a transfer: on a terminal a bar for each part, redrawn; elsewhere a line when a part is done. */
export async function showProgress(stream: AsyncIterable<Progress>, stdout: NodeJS.WriteStream, quiet = false): Promise<void> {
  const parts = new Map<string, Progress>()
  let drawn = 0
  let last = 0
  const line = (p: Progress): string => {
    const name = (p.ref ?? '').startsWith('sha256:') ? `${(p.ref ?? '').slice(0, 19)}:` : `${p.ref}:`
    const total = Number(p.total ?? 0)
    const done = p.status === 'done' || p.status === 'exists' ? 1 : total > 0 ? Number(p.offset ?? 0) / total : 0
    const bar = `|${'+'.repeat(Math.round(done * 38))}${'-'.repeat(38 - Math.round(done * 38))}|`
    return `${name.padEnd(48)} ${(p.status ?? '').padEnd(12)} ${bar} ${total > 0 ? `${bytes(Number(p.offset ?? 0))}/${bytes(total)}` : ''}`
  }
  const draw = () => {
    if (drawn > 0) stdout.write(`\x1b[${drawn}A`)
    for (const p of parts.values()) stdout.write(`\x1b[2K${line(p)}\n`)
    drawn = parts.size
  }
  for await (const p of stream) {
    const key = p.ref ?? ''
    const before = parts.get(key)
    parts.set(key, p)
    if (quiet) continue
    if (stdout.isTTY) {
      // Ten times a second is as much as an eye follows.
      if (Date.now() - last < 100 && p.status === before?.status) continue
      last = Date.now()
      draw()
    } else if (p.status !== before?.status && (p.status === 'done' || p.status === 'exists' || p.status === 'resolved'))
      stdout.write(`${line(p)}\n`)
  }
  if (!quiet && stdout.isTTY) draw()
}

export async function ensureImage(client: EngineClient, name: string, stdout: NodeJS.WriteStream, quiet = false): Promise<string> {
  const { image } = await client.images.ImageStatus({ image: { image: name } })
  if (image?.id) return image.id
  await showProgress(client.engine.Pull({ name }), stdout, quiet)
  return (await client.images.ImageStatus({ image: { image: name } })).image?.id as string
}

export interface RunOptions {
  readonly name: string
  readonly image: string
  readonly config: ContainerConfig
  readonly pod?: PodSandboxConfig
  /** `bridge` without it, which is the network of pods; `host`, `none`, or one that was made. */
  readonly network?: string
  readonly privileged?: boolean
}

/** Where the runtime keeps its files, and so the logs and volumes of nerdctl's containers. */
export async function rootOf(client: EngineClient): Promise<string> {
  const { info } = await client.runtime.Status({ verbose: true })
  return (JSON.parse(info?.['config'] ?? '{}') as { root: string }).root
}

export async function createContainer(client: EngineClient, options: RunOptions): Promise<string> {
  const uid = randomBytes(8).toString('hex')
  const namespaceOptions = { pid: NamespaceMode.CONTAINER, ...(options.network === 'host' ? { network: NamespaceMode.NODE } : {}) }
  const own = options.network === 'bridge' || options.network === 'host' ? undefined : options.network
  const security = options.config.linux?.securityContext ?? {}
  const pod: PodSandboxConfig = {
    hostname: uid.slice(0, 12),
    logDirectory: join(await rootOf(client), 'logs', uid),
    ...options.pod,
    ...(own ? { annotations: { [networkAnnotation]: own } } : {}),
    metadata: { name: options.name, uid, namespace: client.namespace, attempt: 0 },
    linux: { securityContext: { namespaceOptions, privileged: options.privileged === true } },
  }
  const { podSandboxId = '' } = await client.runtime.RunPodSandbox({ config: pod })
  try {
    const { containerId = '' } = await client.runtime.CreateContainer({
      podSandboxId,
      config: {
        ...options.config,
        metadata: { name: options.name, attempt: 0 },
        image: { image: options.image },
        logPath: 'container.log',
        linux: {
          ...options.config.linux,
          securityContext: {
            seccomp: { profileType: ProfileType.RuntimeDefault },
            ...security,
            privileged: options.privileged === true,
            namespaceOptions,
          },
        },
      },
    })
    return containerId
  } catch (error) {
    await client.runtime.RemovePodSandbox({ podSandboxId })
    throw error
  }
}

/** Starts the container, shows what it says from its first byte, hands stdin over, and resolves to its exit code. */
export async function runForeground(
  client: EngineClient,
  id: string,
  { stdin, stdout, stderr, signal }: Io,
  interactive: boolean,
  tty: boolean,
): Promise<number> {
  await client.runtime.StartContainer({ containerId: id })
  const over = new AbortController()
  const { status } = await client.runtime.ContainerStatus({ containerId: id })
  const shown = readLog(status?.logPath as string, { follow: over.signal }, (stream, text) =>
    (stream === 'stderr' ? stderr : stdout).write(text),
  )
  // What it says comes by the log, so nothing is lost before the join; the join carries input and window size.
  if (interactive && status?.state === ContainerState.CONTAINER_RUNNING) {
    const sink = Object.assign(Object.create(stdout) as NodeJS.WriteStream, { write: () => true })
    void client.runtime
      .Attach({ containerId: id, stdin: true, tty })
      .then(({ url = '' }) => joinStream(url, { stdin, stdout: sink, stderr: sink, tty, signal: over.signal }))
      .catch(() => {}) // It ended before it could be joined.
  }
  const stop = () => void client.runtime.StopContainer({ containerId: id, timeout: 10 }).catch(() => {})
  signal.addEventListener('abort', stop)
  const { exitCode = 0 } = await client.engine.Wait({ containerId: id })
  over.abort()
  await shown
  signal.removeEventListener('abort', stop)
  return exitCode
}

/** The container of a name, an ID or the beginning of one. */
export async function findContainer(client: EngineClient, typed: string): Promise<Container> {
  const { containers = [] } = await client.runtime.ListContainers({})
  const named = containers.find((c) => c.metadata?.name === typed)
  if (named) return named
  const found = containers.filter((c) => c.id?.startsWith(typed))
  if (found.length > 1) throw new Error(`multiple IDs found with provided prefix: ${typed}`)
  if (!found[0]) throw new Error(`no such container: ${typed}`)
  return found[0]
}
export async function statusOf(client: EngineClient, id: string): Promise<ContainerStatus> {
  return (await client.runtime.ContainerStatus({ containerId: id })).status as ContainerStatus
}
export async function removeContainer(client: EngineClient, container: Container): Promise<void> {
  await client.runtime.StopPodSandbox({ podSandboxId: container.podSandboxId as string })
  await client.runtime.RemovePodSandbox({ podSandboxId: container.podSandboxId as string })
}

/** `kijabi containerd` as a process of its own with its own folders and network, for end-to-end tests; needs root. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGrpcClient } from '../../src/grpc/client.ts'
import { detach, MountFlag, mount } from '../../src/linux/syscalls.ts'
import { criTable } from '../../src/runtime/cri/api.ts'
import type { ImageService, RuntimeService } from '../../src/runtime/cri/types.ts'

/** Why the runtime cannot be tested here, or undefined. */
export function cannotRun(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root'
  for (const program of ['conmon', 'nft'])
    if (!['/usr/bin', '/usr/sbin', '/sbin'].some((dir) => existsSync(join(dir, program)))) return `it needs ${program}`
  return undefined
}

export interface TestRuntime {
  readonly folder: string
  readonly socket: string
  readonly pid: number
  readonly runtime: RuntimeService & { close(): void }
  readonly images: ImageService & { close(): void }
  /** Ends it without warning, as the kernel would. */
  kill(): Promise<void>
  /** Starts it again on the same folders. */
  start(): Promise<void>
  /** Removes all pods, ends it, and checks that nothing is left. */
  stop(): Promise<void>
}

const kijabi = fileURLToPath(new URL('../../bin/kijabi', import.meta.url))
let count = 0

export async function startRuntime(options: { registry?: string; flags?: readonly string[] } = {}): Promise<TestRuntime> {
  const root = mkdtempSync(join(tmpdir(), 'kijabi-root-'))
  // A tmpfs that nothing can be run from, as Debian's /run.
  const state = mkdtempSync('/dev/shm/kijabi-state-')
  mount('tmpfs', state, 'tmpfs', MountFlag.NOSUID | MountFlag.NODEV | MountFlag.NOEXEC, '')
  const socket = join(state, 'containerd.sock')
  const bridge = `kt${process.pid % 100_000}x${count++}`
  const cidr = `10.${100 + (process.pid % 100)}.${count}.0/24`
  let child: ChildProcess | undefined
  const client = () => ({
    runtime: createGrpcClient<RuntimeService>(socket, criTable, 'RuntimeService'),
    images: createGrpcClient<ImageService>(socket, criTable, 'ImageService'),
  })
  let clients = client()

  const start = async () => {
    const flags = [
      '--address',
      socket,
      '--root',
      root,
      '--state',
      state,
      '--bridge-name',
      bridge,
      '--bridge-cidr',
      cidr,
      '--cni-conf-dir',
      join(root, 'no-cni'),
    ]
    if (options.registry) flags.push('--registry-server', `*=${options.registry}`)
    child = spawn(kijabi, ['containerd', ...flags, ...(options.flags ?? [])], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    await new Promise<void>((resolve, reject) => {
      child?.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk
        if (said.includes('"serving"')) resolve()
      })
      child?.on('exit', (code) => reject(new Error(`containerd ended with ${code}: ${said}`)))
    })
    clients = client()
  }
  await start()

  const end = async (signal: NodeJS.Signals) => {
    clients.runtime.close()
    clients.images.close()
    if (!child || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  return {
    folder: root,
    socket,
    get pid() {
      return child?.pid as number
    },
    get runtime() {
      return clients.runtime
    },
    get images() {
      return clients.images
    },
    start,
    kill: () => end('SIGKILL'),
    async stop() {
      for (const namespace of ['k8s.io', 'default']) {
        const metadata = { 'containerd-namespace': namespace }
        const { items = [] } = await clients.runtime.ListPodSandbox({}, { metadata })
        for (const item of items) await clients.runtime.RemovePodSandbox({ podSandboxId: item.id as string }, { metadata })
      }
      await end('SIGTERM')
      const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => line.includes(root) || line.includes(`${state}/`))
      const monitors = processes().filter((command) => command.includes(state))
      execFileSync('ip', ['link', 'delete', bridge])
      for (const line of execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' }).split('\n')) {
        const name = /^table (ip \S+)/.exec(line)?.[1]
        const network =
          name?.includes('kijabi-network') &&
          execFileSync('nft', ['list', 'table', ...name.split(' ')], { encoding: 'utf8' }).includes(cidr)
        if (name && (network || name.includes(bridge))) execFileSync('nft', ['delete', 'table', ...name.split(' ')])
      }
      rmSync(root, { recursive: true })
      detach(state)
      rmSync(state, { recursive: true })
      if (mounts.length > 0 || monitors.length > 0) throw new Error(`left behind: ${[...mounts, ...monitors].join('\n')}`)
    },
  }
}

function processes(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
}

/** A cluster for end-to-end tests: `kijabi up` with its own folder and ports, images from a registry on loopback, kubectl of the machine. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { busyboxImage, curlImage, nginxImage, redisImage } from './images.ts'
import { startRegistry, type TestRegistry } from './registry.ts'
import { kijabi, run, succeed } from './shell.ts'

export interface TestCluster {
  readonly folder: string
  readonly env: Record<string, string>
  readonly registry: TestRegistry
  /** What the machine's kubectl prints; fails when it fails. */
  kubectl(...args: string[]): Promise<string>
  kijabi(...args: string[]): Promise<string>
  up(): Promise<string>
  /** Removes everything; fails when that fails. */
  close(): Promise<void>
}

/** Why containers cannot be run here; undefined when they can. */
export const cannotRunContainers = (): string | undefined =>
  process.platform !== 'linux' ? 'containers need Linux' : process.getuid?.() !== 0 ? 'containers need root' : undefined

export async function createTestCluster(options: { port: number; flags?: readonly string[] }): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'kijabi-'))
  const registry = await startRegistry({
    'library/busybox': busyboxImage(),
    'library/nginx': nginxImage(),
    'library/curl': curlImage(),
    'library/redis': redisImage(),
  })
  const env = { KIJABI_HOME: join(folder, 'data'), KUBECONFIG: join(folder, 'kubeconfig') }
  const ours = (...args: string[]) => succeed(kijabi, args, { env, timeoutMs: 110_000 })
  const up = () =>
    ours('up', '--wait', '30s', '--port', String(options.port), '--registry-mirror', `docker.io=${registry.url}`, ...(options.flags ?? []))
  return {
    folder,
    env,
    registry,
    kubectl: (...args) => succeed('kubectl', args, { env }),
    kijabi: ours,
    up,
    async close() {
      await registry.close()
      const { stdout } = await run(kijabi, ['status'], { env })
      if (process.env['KIJABI_KEEP']) return console.log(`kept: ${folder}\n${stdout}`)
      await ours('down', '--purge')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Debian's containerd, started for a test with folders, socket, pause image and CNI network of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cri } from '../../src/kubelet/cri.ts'
import { connectCri } from '../../src/kubelet/cri.ts'
import { buildImage, type TestImage } from './images.ts'

export interface Containerd {
  readonly endpoint: string
  stop(): Promise<void>
}

/** Sleeps for ever and reaps nothing, like the image that sandboxes are made of. */
export const pauseImage = (): TestImage =>
  buildImage([[{ name: 'bin/busybox', mode: 0o755, data: readFileSync('/bin/busybox') }]], {
    config: { Entrypoint: ['/bin/busybox', 'sleep', '1000000000'] } as never,
  })

export async function startContainerd(folder: string, options: { registry: string; podCIDR: string; bridge: string }): Promise<Containerd> {
  const { registry, podCIDR, bridge } = options
  mkdirSync(join(folder, 'cni'), { recursive: true })
  writeFileSync(
    join(folder, 'cni', '10-test.conflist'),
    JSON.stringify({
      cniVersion: '1.0.0',
      name: bridge,
      plugins: [
        {
          type: 'bridge',
          bridge,
          isGateway: true,
          ipMasq: false,
          hairpinMode: true,
          ipam: { type: 'host-local', dataDir: join(folder, 'ipam'), ranges: [[{ subnet: podCIDR }]], routes: [{ dst: '0.0.0.0/0' }] },
        },
      ],
    }),
  )
  const socket = join(folder, 'containerd.sock')
  writeFileSync(
    join(folder, 'config.toml'),
    `version = 2
root = "${folder}/root"
state = "${folder}/state"
oom_score = 0
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${registry}/pause:latest"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]
    endpoint = ["http://${registry}"]
  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."${registry}"]
    endpoint = ["http://${registry}"]
`,
  )
  const child = spawn('containerd', ['--config', join(folder, 'config.toml'), '--log-level', 'warn'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log = (log + chunk).slice(-20_000)
  })
  const endpoint = `unix://${socket}`
  try {
    await answers(endpoint)
  } catch (error) {
    child.kill('SIGKILL')
    throw new Error(`containerd did not start: ${log}`, { cause: error })
  }
  return {
    endpoint,
    async stop() {
      const cri = connectCri(endpoint)
      try {
        await removeAll(cri)
      } finally {
        cri.close()
      }
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
      if (process.env['CONTAINERD_LOG']) process.stderr.write(log)
    },
  }
}

async function removeAll(cri: Cri): Promise<void> {
  for (const { id } of (await cri.runtime.ListPodSandbox({})).items ?? []) {
    await cri.runtime.StopPodSandbox({ podSandboxId: id as string })
    await cri.runtime.RemovePodSandbox({ podSandboxId: id as string })
  }
}

/** Resolves when a CRI answers; a socket that is not there yet is tried again. */
export async function answers(endpoint: string, timeoutMs = 20_000): Promise<void> {
  const until = Date.now() + timeoutMs
  for (;;) {
    const cri = connectCri(endpoint)
    try {
      await cri.runtime.Version({}, { timeoutMs: 1000 })
      return
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    } finally {
      cri.close()
    }
  }
}

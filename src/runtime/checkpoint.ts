/**
 * CheckpointContainer: a running container's processes, written down by criu through the OCI runtime, with what it wrote,
 * its spec and its log, in one archive of containerd's form. The container goes on.
 */
import { execFile } from 'node:child_process'
import { createWriteStream, existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { Code, GrpcError } from '../grpc/status.ts'
import type { Containers } from './containers.ts'
import { ContainerState } from './cri/api.ts'
import { layerOf } from './images/archive.ts'
import { findProgram, type OciRuntime } from './oci/runtime.ts'
import type { ContainerRecord } from './state.ts'

const run = promisify(execFile)
/** 3.16, in criu's own numbers. */
const oldestCriu = 31_600

export async function checkpoint(containers: Containers, runtime: OciRuntime, record: ContainerRecord, location: string): Promise<void> {
  const { id, config, imageRef, logPath, createdAt } = record
  const unknown = (message: string, cause?: unknown) => new GrpcError(Code.UNKNOWN, message, { cause })
  if ((await criuVersion()) < oldestCriu)
    throw unknown(`CRIU binary not found or too old (<${oldestCriu}). Failed to checkpoint container ${JSON.stringify(id)}`)
  if (record.state !== ContainerState.CONTAINER_RUNNING)
    throw unknown(
      `container ${JSON.stringify(id)} is in ${Object.keys(ContainerState)[record.state]} state. only CONTAINER_RUNNING containers can be checkpointed`,
    )
  if (!location.startsWith('/'))
    throw new GrpcError(Code.INVALID_ARGUMENT, `the archive's place ${JSON.stringify(location)} is no absolute path`)
  const folder = await mkdtemp(join(containers.bundle(id), 'checkpoint-'))
  const at = (name: string) => join(folder, name)
  try {
    await mkdir(at('checkpoint'))
    await runtime
      .run('checkpoint', '--image-path', at('checkpoint'), '--work-path', folder, '--leave-running', id)
      .catch((error: Error) => {
        throw unknown(`failed to checkpoint container ${JSON.stringify(id)}: ${error.message}`, error)
      })
    const about = {
      id,
      name: config.metadata?.name ?? '',
      rootfsImageName: config.image?.image ?? '',
      rootfsImageRef: imageRef,
      runtime: runtime.name,
      createdTime: new Date(Number(BigInt(createdAt) / 1_000_000n)).toISOString(),
      checkpointedTime: new Date().toISOString(),
    }
    await writeFile(at('config.dump'), JSON.stringify(about))
    await copyFile(join(containers.bundle(id), 'config.json'), at('spec.dump'))
    if (existsSync(logPath)) await copyFile(logPath, at('container.log'))
    await pipeline(layerOf(containers.upper(id)), createWriteStream(at('rootfs-diff.tar')))
    await mkdir(dirname(location), { recursive: true })
    await run('tar', ['-C', folder, '-cf', location, '.'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function criuVersion(): Promise<number> {
  const program = findProgram('criu')
  if (!program) return 0
  const [, major = 0, minor = 0, patch = 0] = /Version: (\d+)\.(\d+)(?:\.(\d+))?/.exec((await run(program, ['--version'])).stdout) ?? []
  return Number(major) * 10_000 + Number(minor) * 100 + Number(patch)
}

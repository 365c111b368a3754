/**
 * Unpacked layers, shared by every image and container that has them, named by their chain ID (OCI image-spec,
 * config.md): `layers/<short chain ID>/fs`. A folder appears by one rename when it is complete; what a killed pull left
 * is swept at the next start.
 */
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { fchdir, MountFlag, mount } from '../../linux/syscalls.ts'
import type { UnpackAnswer, UnpackJob } from './unpack-worker.ts'

export interface LayerInfo {
  readonly id: string
  readonly diffId: string
  /** The layer below, or empty. */
  readonly parent: string
  readonly bytes: number
  readonly inodes: number
}
export interface Layers {
  has(id: string): boolean
  info(id: string): LayerInfo | undefined
  list(): LayerInfo[]
  /** Unpacks blobs in order, the base first, each checked against its diff ID. Resolves to the layers' IDs, the base first. */
  unpack(blobs: readonly { path: () => Promise<string>; diffId: string }[], progress?: (done: number) => void): Promise<string[]>
  /**
   * Mounts the layers (base first) with an upper folder for what is written; without one, read-only. `from` is this folder,
   * or a view of it in which others own the files.
   */
  mount(ids: readonly string[], from: string, target: string, writable?: { upper: string; work: string }): void
  fs(id: string): string
  delete(id: string): Promise<void>
  readonly path: string
}

export async function openLayers(root: string): Promise<Layers> {
  const folder = join(root, 'layers')
  await mkdir(folder, { recursive: true })
  const known = new Map<string, LayerInfo>()
  for (const name of await readdir(folder)) {
    if (name.startsWith('tmp-')) await rm(join(folder, name), { recursive: true, force: true })
    else known.set(name, JSON.parse(await readFile(join(folder, name, 'layer.json'), 'utf8')) as LayerInfo)
  }
  const running = new Map<string, Promise<void>>()
  const fs = (id: string) => join(folder, id, 'fs')

  const unpackOne = async (
    worker: Unpacker,
    blob: { path: () => Promise<string>; diffId: string },
    id: string,
    below: readonly string[],
  ) => {
    const at = join(folder, `tmp-${randomBytes(6).toString('hex')}`)
    try {
      for (const name of ['fs', 'work', 'merged']) await mkdir(join(at, name), { recursive: true })
      const job = {
        blob: await blob.path(),
        target: join(at, 'fs'),
        work: join(at, 'work'),
        merged: join(at, 'merged'),
        folder,
        lower: below.toReversed().map((lower) => `${lower}/fs`),
      }
      const { diffId, bytes, inodes } = await worker.run(job)
      if (diffId !== blob.diffId) throw new Error(`wrong diff id of a layer: the config tells ${blob.diffId} and ${diffId} was unpacked`)
      const info: LayerInfo = { id, diffId, parent: below.at(-1) ?? '', bytes, inodes }
      await rm(join(at, 'work'), { recursive: true })
      await rm(join(at, 'merged'), { recursive: true })
      await writeFile(join(at, 'layer.json'), JSON.stringify(info))
      await rename(at, join(folder, id))
      known.set(id, info)
    } catch (error) {
      await rm(at, { recursive: true, force: true })
      throw error
    }
  }

  return {
    path: folder,
    fs,
    has: (id) => known.has(id),
    info: (id) => known.get(id),
    list: () => [...known.values()],
    async unpack(blobs, progress = () => {}) {
      const ids: string[] = []
      let chain = ''
      let worker: Unpacker | undefined
      try {
        for (const blob of blobs) {
          chain = chain === '' ? blob.diffId : `sha256:${createHash('sha256').update(`${chain} ${blob.diffId}`).digest('hex')}`
          const id = layerId(chain)
          const under = running.get(id)
          // When the other pull fails, this one tries for itself.
          if (under) await under.catch(() => {})
          if (!known.has(id)) {
            worker ??= startUnpacker()
            const done = unpackOne(worker, blob, id, [...ids])
            running.set(
              id,
              done.catch(() => {}),
            )
            try {
              await done
            } finally {
              running.delete(id)
            }
          }
          ids.push(id)
          progress(ids.length)
        }
        return ids
      } finally {
        await worker?.close()
      }
    },
    mount(ids, from, target, writable) {
      if (!writable && ids.length === 1) {
        // Overlayfs wants two folders at least.
        mount(`${from}/${ids[0]}/fs`, target, '', MountFlag.BIND, '')
        mount('', target, '', MountFlag.BIND | MountFlag.REMOUNT | MountFlag.RDONLY, '')
        return
      }
      const lower = (base: (id: string) => string) => `lowerdir=${ids.toReversed().map(base).join(':')}`
      const upper = writable ? `,upperdir=${writable.upper},workdir=${writable.work},index=off` : ''
      const long = lower((id) => `${from}/${id}/fs`) + upper
      // The kernel takes one page of options; from inside the folder the names are short. Nothing else runs in between.
      if (long.length < 4000) {
        mount('overlay', target, 'overlay', 0, long)
        return
      }
      const back = openSync('.', 'r')
      const here = openSync(from, 'r')
      try {
        fchdir(here)
        mount('overlay', target, 'overlay', 0, lower((id) => `${id}/fs`) + upper)
      } finally {
        fchdir(back)
        closeSync(here)
        closeSync(back)
      }
    },
    async delete(id) {
      known.delete(id)
      // Renamed first: a removal that is cut short leaves nothing that looks like a layer.
      const away = join(folder, `tmp-${randomBytes(6).toString('hex')}`)
      await rename(join(folder, id), away)
      await rm(away, { recursive: true, force: true })
    },
  }
}

/** 96 bits of the chain ID: short, because overlayfs takes all lower folders in one page. */
const layerId = (chainId: string) => Buffer.from(chainId.slice(7), 'hex').subarray(0, 12).toString('base64url').replace(/^-/, '_')

interface Unpacker {
  run(job: Omit<UnpackJob, 'id'>): Promise<{ diffId: string; bytes: number; inodes: number }>
  close(): Promise<unknown>
}
function startUnpacker(): Unpacker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./unpack-worker.${extension}`, import.meta.url))
  const waiting = new Map<number, { resolve: (a: { diffId: string; bytes: number; inodes: number }) => void; reject: (e: Error) => void }>()
  let next = 1
  worker.on('message', (answer: UnpackAnswer) => {
    const caller = waiting.get(answer.id)
    waiting.delete(answer.id)
    if ('error' in answer) caller?.reject(new Error(`failed to extract layer: ${answer.error}`))
    else caller?.resolve(answer)
  })
  const fail = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('error', fail)
  worker.on('exit', () => fail(new Error('the unpacking thread ended')))
  return {
    run(job) {
      const id = next++
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        worker.postMessage({ id, ...job } satisfies UnpackJob)
      })
    },
    close: () => worker.terminate(),
  }
}

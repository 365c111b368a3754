/**
 * The content store: blobs by digest in plain files, as containerd and an OCI layout keep them
 * (`blobs/sha256/<hex>`). A download goes to `ingest/<hex>` and becomes a blob only when its size and digest are
 * right, so that one that was cut is resumed or begun again, never half a blob.
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Descriptor } from './registry.ts'

export class ContentError extends Error {}

/** Bytes of a blob from an offset on; `offset` of the answer may be smaller when the source knows no ranges. */
export type BlobSource = (from: number) => Promise<{ offset: number; body: Readable }>

export interface ContentStore {
  path(digest: string): string
  has(digest: string): Promise<boolean>
  read(digest: string): Promise<Buffer>
  put(bytes: Buffer): Promise<{ digest: string; size: number }>
  /** Brings the blob in from `source`; two callers for one digest share one download. */
  ingest(descriptor: Pick<Descriptor, 'digest' | 'size'>, source: BlobSource, progress?: (bytes: number) => void): Promise<void>
  /** Takes in a stream of unknown digest and size. */
  ingestStream(body: Readable): Promise<{ digest: string; size: number }>
  list(): Promise<{ digest: string; size: number; createdAt: Date }[]>
  delete(digest: string): Promise<void>
}

const attempts = 5

export async function openContentStore(root: string): Promise<ContentStore> {
  const blobs = join(root, 'blobs', 'sha256')
  const ingests = join(root, 'ingest')
  await mkdir(blobs, { recursive: true })
  await mkdir(ingests, { recursive: true })
  const running = new Map<string, Promise<void>>()
  let streams = 0
  for (const name of await readdir(ingests)) if (name.startsWith('stream-')) await rm(join(ingests, name))

  const hex = (digest: string) => {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new ContentError(`${digest} is no sha256 digest`)
    return digest.slice(7)
  }
  const path = (digest: string) => join(blobs, hex(digest))
  const has = (digest: string) =>
    stat(path(digest)).then(
      () => true,
      () => false,
    )

  const download = async (d: Pick<Descriptor, 'digest' | 'size'>, source: BlobSource, progress: (bytes: number) => void): Promise<void> => {
    const partial = join(ingests, hex(d.digest))
    const file = await open(partial, 'a+')
    try {
      let size = (await file.stat()).size
      let hash: Hash = createHash('sha256')
      const restart = async () => {
        await file.truncate(0)
        hash = createHash('sha256')
        size = 0
      }
      if (size > d.size) await restart()
      for await (const chunk of size > 0 ? createReadStream(partial) : []) hash.update(chunk as Buffer)
      const receive = async () => {
        for (let attempt = 1; size < d.size || d.size === 0; attempt++) {
          const before = size
          try {
            const { offset, body } = await source(size)
            if (offset !== size) await restart()
            for await (const chunk of body as AsyncIterable<Buffer>) {
              if (size + chunk.length > d.size)
                throw new ContentError(`${d.digest} is larger than the ${d.size} bytes that its manifest tells`)
              hash.update(chunk)
              await file.write(chunk)
              size += chunk.length
              progress(size)
            }
            if (size === d.size) break
            throw new Error(`the stream of ${d.digest} ended after ${size} of ${d.size} bytes`)
          } catch (error) {
            // A stream that was cut goes on where it stopped; a registry that refuses, or sends too much, is believed.
            if (error instanceof ContentError || (size === before && attempt >= attempts) || isRefusal(error)) throw error
            if (size === before) await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt))
            else attempt = 0
          }
        }
      }
      const resumed = size > 0
      const digestOf = (bytes: Hash) => `sha256:${bytes.digest('hex')}`
      await receive()
      let found = digestOf(hash)
      if (found !== d.digest && resumed) {
        // What an earlier process left is torn when the machine went down with it: then all of it is fetched.
        await restart()
        await receive()
        found = digestOf(hash)
      }
      if (found !== d.digest) throw new ContentError(`wrong digest: ${d.digest} was asked for and ${found} came`)
      await file.datasync()
      await rename(partial, path(d.digest))
    } catch (error) {
      if (error instanceof ContentError) await rm(partial, { force: true })
      throw error
    } finally {
      await file.close()
    }
  }

  return {
    path,
    has,
    read: (digest) => readFile(path(digest)),
    async put(bytes) {
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
      if (!(await has(digest))) {
        const partial = join(ingests, `stream-${streams++}`)
        const file = await open(partial, 'w')
        await file.writeFile(bytes)
        await file.datasync()
        await file.close()
        await rename(partial, path(digest))
      }
      return { digest, size: bytes.length }
    },
    async ingest(d, source, progress = () => {}) {
      const have = await stat(path(d.digest)).catch(() => undefined)
      if (have) {
        if (have.size !== d.size) throw new ContentError(`${d.digest} has ${have.size} bytes, not the ${d.size} that its manifest tells`)
        progress(d.size)
        return
      }
      const under = running.get(d.digest)
      if (under) return under
      const done = download(d, source, progress).finally(() => running.delete(d.digest))
      running.set(d.digest, done)
      return done
    },
    async ingestStream(body) {
      const partial = join(ingests, `stream-${streams++}`)
      const file = await open(partial, 'w')
      const hash = createHash('sha256')
      let size = 0
      try {
        for await (const chunk of body as AsyncIterable<Buffer>) {
          hash.update(chunk)
          await file.write(chunk)
          size += chunk.length
        }
        await file.datasync()
        const digest = `sha256:${hash.digest('hex')}`
        await rename(partial, path(digest))
        return { digest, size }
      } catch (error) {
        await rm(partial, { force: true })
        throw error
      } finally {
        await file.close()
      }
    },
    async list() {
      const names = await readdir(blobs)
      return Promise.all(
        names.map(async (name) => {
          const { size, birthtime } = await stat(join(blobs, name))
          return { digest: `sha256:${name}`, size, createdAt: birthtime }
        }),
      )
    },
    delete: (digest) => rm(path(digest), { force: true }),
  }
}

/** An error of RegistryError's kinds that trying again cannot mend. */
function isRefusal(error: unknown): boolean {
  const kind = (error as { kind?: string }).kind
  return kind === 'not-found' || kind === 'unauthorized' || kind === 'invalid'
}

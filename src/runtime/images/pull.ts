/**
 * Fetches an image from its registry into the content store: the manifest by its name, the image for this platform behind
 * it, then config and layers, some at a time, each unpacked as soon as it and those below it are there.
 */
import type { ContentStore } from './content.ts'
import { digestPattern, formatReference, parseReference, repositoryOf } from './reference.ts'
import {
  type Credentials,
  choosePlatform,
  type Descriptor,
  type ImageManifest,
  parseManifest,
  type RegistryClient,
  RegistryError,
  type RegistrySession,
} from './registry.ts'

export interface PullProgress {
  readonly ref: string
  readonly status: 'resolving' | 'resolved' | 'waiting' | 'downloading' | 'exists' | 'extracting' | 'done'
  readonly offset: number
  readonly total: number
}
export interface PullOptions {
  readonly credentials?: Credentials
  readonly signal?: AbortSignal
  readonly progress?: (progress: PullProgress) => void
}

/** What is to be remembered of an image that is there now. */
export interface Pulled {
  readonly names: readonly string[]
  /** The manifest, or the index it was chosen from. */
  readonly target: Descriptor
  readonly manifest: string
  /** The config's digest. */
  readonly id: string
  readonly size: number
  readonly layers: readonly string[]
}
export interface PullDeps {
  readonly content: ContentStore
  readonly registry: RegistryClient
  /** Unpacks the layers in their order, each once `arrived` resolves, and tells their IDs. */
  readonly unpack: (
    manifest: ImageManifest,
    arrived: (layer: Descriptor) => Promise<unknown>,
    progress: (done: number) => void,
  ) => Promise<string[]>
  /** Downloads at once for one image. */
  readonly parallelDownloads: number
}

export function createPull({ content, registry, unpack, parallelDownloads }: PullDeps) {
  const fetchManifest = async (session: RegistrySession, at: string, expected: Descriptor | undefined, signal?: AbortSignal) => {
    if (expected && (await content.has(expected.digest))) {
      const bytes = await content.read(expected.digest)
      return { descriptor: expected, bytes }
    }
    const { mediaType, bytes } = await session.manifest(at, signal)
    const { digest, size } = await content.put(bytes)
    const wanted = expected?.digest ?? (digestPattern.test(at) ? at : digest)
    if (digest !== wanted) {
      await content.delete(digest)
      throw new RegistryError('invalid', `wrong digest: ${wanted} was asked for and the registry sent ${digest}`)
    }
    if (expected && expected.size !== size)
      throw new RegistryError('invalid', `${digest} has ${size} bytes, not the ${expected.size} that the index tells`)
    return { descriptor: expected ?? { mediaType, digest, size }, bytes }
  }

  return async (name: string, o: PullOptions): Promise<Pulled> => {
    const { signal, progress = () => {} } = o
    const reference = parseReference(name)
    const full = formatReference(reference)
    const session = registry.open(reference, o.credentials)
    const stop = new AbortController()
    const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
    progress({ ref: full, status: 'resolving', offset: 0, total: 0 })
    let target: Descriptor
    try {
      const head = await fetchManifest(session, reference.digest ?? (reference.tag as string), undefined, either)
      target = head.descriptor
    } catch (error) {
      if (error instanceof RegistryError)
        throw new RegistryError(error.kind, `failed to resolve reference ${JSON.stringify(full)}: ${error.message}`, error)
      throw error
    }
    const { manifestAt, manifest, size } = await resolveManifest(
      target,
      async (d) => (await fetchManifest(session, d.digest, d, either)).bytes,
    )
    progress({ ref: full, status: 'resolved', offset: 0, total: 0 })

    const turn = createSemaphore(parallelDownloads)
    const fetchBlob = (d: Descriptor) =>
      turn(async () => {
        if (await content.has(d.digest)) {
          await content.ingest(d, () => Promise.reject(new Error('present')))
          progress({ ref: d.digest, status: 'exists', offset: d.size, total: d.size })
          return
        }
        progress({ ref: d.digest, status: 'downloading', offset: 0, total: d.size })
        const source = async (from: number) => session.blob(d.digest, from, either)
        await content.ingest(d, source, (offset) => progress({ ref: d.digest, status: 'downloading', offset, total: d.size }))
      })
    const arrivals = new Map<string, Promise<void>>()
    const arrive = (d: Descriptor) => {
      const under = arrivals.get(d.digest) ?? fetchBlob(d)
      arrivals.set(d.digest, under)
      return under
    }
    try {
      const config = arrive(manifest.config)
      for (const layer of manifest.layers) {
        progress({ ref: layer.digest, status: 'waiting', offset: 0, total: layer.size })
        // The first failure is met where the layer is awaited.
        arrive(layer).catch(() => {})
      }
      await config
      const ids = await unpack(manifest, arrive, (done) => {
        const layer = manifest.layers[done - 1] as Descriptor
        progress({ ref: layer.digest, status: 'done', offset: layer.size, total: layer.size })
      })
      const names = [
        ...(reference.tag === undefined || reference.digest !== undefined ? [] : [full]),
        `${repositoryOf(reference)}@${target.digest}`,
      ]
      progress({ ref: full, status: 'done', offset: 0, total: 0 })
      return { names, target, manifest: manifestAt.digest, id: manifest.config.digest, size, layers: ids }
    } catch (error) {
      stop.abort(error)
      await Promise.allSettled(arrivals.values())
      throw error
    }
  }
}

/** The image manifest behind a manifest or an index, and what all of it weighs. */
export async function resolveManifest(target: Descriptor, fetch: (d: Descriptor) => Promise<Buffer>) {
  let manifestAt = target
  let manifest = parseManifest(await fetch(target), target.mediaType)
  if (manifest.kind === 'index') {
    manifestAt = choosePlatform(manifest.manifests)
    manifest = parseManifest(await fetch(manifestAt), manifestAt.mediaType)
  }
  if (manifest.kind !== 'image') throw new RegistryError('invalid', 'an index of indexes is not supported')
  const size = manifestAt.size + manifest.config.size + manifest.layers.reduce((sum, l) => sum + l.size, 0)
  return { manifestAt, manifest, size }
}

function createSemaphore(places: number) {
  let free = places
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}

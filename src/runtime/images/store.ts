/**
 * The images of the node: names that point at manifests in the content store, with their layers unpacked. Names are
 * kept apart by containerd's namespaces (`k8s.io` is the CRI's); content and layers are shared by all of them.
 */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Code, GrpcError } from '../../grpc/status.ts'
import type { Logger } from '../../log/log.ts'
import { type ContentStore, openContentStore } from './content.ts'
import { type Layers, openLayers } from './layers.ts'
import { digestPattern, formatReference, ImageNameError, parseReference, type Reference, repositoryOf } from './reference.ts'
import {
  type Credentials,
  choosePlatform,
  createRegistryClient,
  type Descriptor,
  parseManifest,
  RegistryError,
  type RegistryOptions,
  type RegistrySession,
} from './registry.ts'

/** What an image config says of the process (OCI image-spec, config.md). */
export interface ImageConfig {
  readonly User?: string
  readonly ExposedPorts?: Readonly<Record<string, object>>
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly Volumes?: Readonly<Record<string, object>>
  readonly WorkingDir?: string
  readonly Labels?: Readonly<Record<string, string>>
  readonly StopSignal?: string
}
export interface ImageConfigFile {
  readonly created?: string
  readonly architecture?: string
  readonly os?: string
  readonly config?: ImageConfig
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly string[] }
  readonly history?: readonly { readonly created?: string; readonly created_by?: string; readonly empty_layer?: boolean }[]
}

/** One name in one namespace. */
export interface ImageRecord {
  readonly name: string
  /** The manifest, or the index it was chosen from. */
  readonly target: Descriptor
  readonly manifest: string
  /** The config's digest: what the CRI calls the image's ID. */
  readonly id: string
  /** Of everything stored, as pulled. */
  readonly size: number
  readonly layers: readonly string[]
  readonly createdAt: string
}
/** All names of one ID in one namespace. */
export interface Image {
  readonly id: string
  readonly repoTags: readonly string[]
  readonly repoDigests: readonly string[]
  readonly size: number
  readonly layers: readonly string[]
  readonly manifest: string
  readonly createdAt: string
  readonly config: ImageConfigFile
}

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

export interface ImageStore {
  readonly content: ContentStore
  readonly layers: Layers
  pull(namespace: string, name: string, options?: PullOptions): Promise<Image>
  push(namespace: string, name: string, options?: PullOptions): Promise<void>
  /** Unpacks a manifest whose content is in the store and gives it a name. */
  add(namespace: string, name: string, target: Descriptor): Promise<Image>
  /** By ID, a prefix of it, or any name. */
  find(namespace: string, name: string): Image | undefined
  list(namespace: string): Image[]
  records(namespace: string): ImageRecord[]
  namespaces(): string[]
  tag(namespace: string, source: string, target: string): Promise<void>
  /** Takes one name away. */
  untag(namespace: string, name: string): Promise<void>
  /** Takes every name of the image away. */
  remove(namespace: string, name: string): Promise<void>
  /** While it runs, nothing is collected. */
  hold<T>(work: () => Promise<T>): Promise<T>
  /** Removes what no image, and no container by `inUse`, needs. */
  collect(): Promise<{ blobs: number; layers: number; bytes: number }>
  usage(): Promise<{ bytes: number; inodes: number }>
  close(): void
}

export interface ImageStoreOptions {
  readonly root: string
  readonly registry?: RegistryOptions
  readonly log: Logger
  /** Layers that containers stand on. */
  readonly inUse: () => Iterable<string>
  /** Downloads at once for one image. Default 3, as containerd. */
  readonly parallelDownloads?: number
}

export async function openImageStore(options: ImageStoreOptions): Promise<ImageStore> {
  const { root, log, parallelDownloads = 3 } = options
  const content = await openContentStore(join(root, 'content'))
  const layers = await openLayers(root)
  const registry = createRegistryClient(options.registry)
  const file = join(root, 'images.json')
  const saved = await readFile(file, 'utf8').catch(() => '{}')
  const byNamespace = new Map(
    Object.entries(JSON.parse(saved) as Record<string, ImageRecord[]>).map(([ns, list]) => [ns, new Map(list.map((r) => [r.name, r]))]),
  )
  const configs = new Map<string, ImageConfigFile>()
  for (const records of byNamespace.values())
    for (const record of [...records.values()]) {
      try {
        if (!configs.has(record.id)) configs.set(record.id, await readConfig(record.id))
        if (!record.layers.every(layers.has)) throw new Error('a layer is missing')
      } catch (error) {
        log.warn('forgetting an image whose content is damaged', { image: record.name, error })
        records.delete(record.name)
      }
    }

  async function readConfig(digest: string): Promise<ImageConfigFile> {
    const config = JSON.parse((await content.read(digest)).toString('utf8')) as ImageConfigFile
    const ids: unknown = config?.rootfs?.diff_ids
    if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string' && digestPattern.test(id)))
      throw new RegistryError('invalid', `the image config ${digest} is malformed`)
    return config
  }

  let writing = Promise.resolve()
  const save = () => {
    writing = writing
      .catch(() => {})
      .then(() =>
        writeAtomically(file, JSON.stringify(Object.fromEntries([...byNamespace].map(([ns, records]) => [ns, [...records.values()]])))),
      )
    return writing
  }
  const recordsOf = (namespace: string) => {
    let records = byNamespace.get(namespace)
    if (!records) {
      records = new Map()
      byNamespace.set(namespace, records)
    }
    return records
  }

  const group = (records: readonly ImageRecord[]): Image => {
    const first = records[0] as ImageRecord
    const tags: string[] = []
    const digests = new Set<string>()
    for (const { name, target } of records) {
      const reference = parseReference(name)
      if (reference.tag !== undefined) tags.push(name)
      digests.add(`${repositoryOf(reference)}@${target.digest}`)
    }
    return {
      id: first.id,
      repoTags: tags,
      repoDigests: [...digests],
      size: first.size,
      layers: first.layers,
      manifest: first.manifest,
      createdAt: first.createdAt,
      config: configs.get(first.id) as ImageConfigFile,
    }
  }
  const groups = (namespace: string): ImageRecord[][] => [...Map.groupBy(recordsOf(namespace).values(), (r) => r.id).values()]

  const recordsFor = (namespace: string, name: string): ImageRecord[] => {
    const records = recordsOf(namespace)
    const hex = /^(?:sha256:)?([0-9a-f]{3,64})$/.exec(name)?.[1]
    if (hex) {
      const found = groups(namespace).filter((g) => g[0]?.id.startsWith(`sha256:${hex}`))
      if (found.length === 1) return found[0] as ImageRecord[]
      if (name.startsWith('sha256:')) return []
    }
    let reference: Reference
    try {
      reference = parseReference(name)
    } catch (error) {
      if (error instanceof ImageNameError) throw new GrpcError(Code.INVALID_ARGUMENT, error.message)
      throw error
    }
    const { digest } = reference
    const exact = digest === undefined ? formatReference(reference) : `${repositoryOf(reference)}@${digest}`
    const one =
      records.get(exact) ??
      // A digest may be that of a tagged image's target.
      (digest && [...records.values()].find((r) => r.target.digest === digest && r.name.startsWith(`${repositoryOf(reference)}:`)))
    return one ? [...records.values()].filter((r) => r.id === one.id) : []
  }
  const find = (namespace: string, name: string) => {
    const records = recordsFor(namespace, name)
    return records.length > 0 ? group(records) : undefined
  }

  // ---- pull ----

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

  /** The image manifest behind a manifest or an index, and what all of it weighs. */
  const resolve = async (target: Descriptor, fetch: (d: Descriptor) => Promise<Buffer>) => {
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

  const record = async (
    namespace: string,
    names: readonly string[],
    target: Descriptor,
    manifest: string,
    id: string,
    size: number,
    ids: string[],
  ) => {
    const records = recordsOf(namespace)
    const createdAt = new Date().toISOString()
    for (const name of names) records.set(name, { name, target, manifest, id, size, layers: ids, createdAt })
    await save()
  }

  const unpack = async (
    manifest: { readonly config: Descriptor; readonly layers: readonly Descriptor[] },
    arrived: (layer: Descriptor) => Promise<unknown>,
    progress: (done: number) => void,
  ): Promise<string[]> => {
    const config = await readConfig(manifest.config.digest)
    const diffIds = config.rootfs.diff_ids
    if (diffIds.length !== manifest.layers.length)
      throw new RegistryError('invalid', `the config tells ${diffIds.length} layers and the manifest ${manifest.layers.length}`)
    const blobs = manifest.layers.map((layer, i) => ({
      diffId: diffIds[i] as string,
      path: async () => {
        await arrived(layer)
        return content.path(layer.digest)
      },
    }))
    const ids = await layers.unpack(blobs, progress)
    configs.set(manifest.config.digest, config)
    return ids
  }

  const pull = async (namespace: string, name: string, o: PullOptions): Promise<Image> => {
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
    const { manifestAt, manifest, size } = await resolve(target, async (d) => (await fetchManifest(session, d.digest, d, either)).bytes)
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
      await record(namespace, names, target, manifestAt.digest, manifest.config.digest, size, ids)
    } catch (error) {
      stop.abort(error)
      await Promise.allSettled(arrivals.values())
      throw error
    }
    progress({ ref: full, status: 'done', offset: 0, total: 0 })
    return find(namespace, manifest.config.digest) as Image
  }

  // ---- garbage ----

  let holders = 0
  let wanted = false
  const collect = async () => {
    const blobs = new Set<string>()
    const needed = new Set<string>(options.inUse())
    for (const records of byNamespace.values())
      for (const r of records.values()) {
        for (const layer of r.layers) needed.add(layer)
        for (const digest of await blobsOf(r)) blobs.add(digest)
      }
    let freed = 0
    let blobCount = 0
    let layerCount = 0
    for (const { digest, size } of await content.list()) {
      if (blobs.has(digest)) continue
      await content.delete(digest)
      blobCount++
      freed += size
    }
    // A layer that something stands on stays with all below it.
    for (const id of [...needed]) for (let at = layers.info(id)?.parent; at; at = layers.info(at)?.parent) needed.add(at)
    for (const layer of layers.list()) {
      if (needed.has(layer.id)) continue
      await layers.delete(layer.id)
      layerCount++
      freed += layer.bytes
    }
    const ids = new Set([...byNamespace.values()].flatMap((records) => [...records.values()].map((r) => r.id)))
    for (const id of configs.keys()) if (!ids.has(id)) configs.delete(id)
    return { blobs: blobCount, layers: layerCount, bytes: freed }
  }
  /** Every blob an image stands on: of an index, only what was pulled of it is there. */
  const blobsOf = async (r: ImageRecord): Promise<string[]> => {
    const manifest = parseManifest(await content.read(r.manifest), '')
    if (manifest.kind !== 'image') return [r.target.digest, r.manifest]
    return [r.target.digest, r.manifest, manifest.config.digest, ...manifest.layers.map((l) => l.digest)]
  }
  // One at a time, and never beside a pull: what it brought has no name yet.
  let collecting: Promise<unknown> = Promise.resolve()
  const collectWhenIdle = async () => {
    if (holders > 0) {
      wanted = true
      return { blobs: 0, layers: 0, bytes: 0 }
    }
    wanted = false
    const done = collecting.catch(() => {}).then(collect)
    collecting = done
    return done
  }
  const hold = async <T>(work: () => Promise<T>): Promise<T> => {
    holders++
    try {
      await collecting.catch(() => {})
      return await work()
    } finally {
      holders--
      if (holders === 0 && wanted) collectWhenIdle().catch((error: unknown) => log.error('collecting garbage failed', { error }))
    }
  }

  return {
    content,
    layers,
    find,
    hold,
    collect: collectWhenIdle,
    list: (namespace) => groups(namespace).map(group),
    records: (namespace) => [...recordsOf(namespace).values()],
    namespaces: () => [...byNamespace].filter(([, records]) => records.size > 0).map(([namespace]) => namespace),
    pull: (namespace, name, o = {}) =>
      hold(() => pull(namespace, name, o)).catch(async (error: unknown) => {
        // What was refused gives its disk back; what was merely cut stays, for the next attempt to go on from.
        await collectWhenIdle()
        throw asGrpcError(error, name)
      }),
    push: (namespace, name, o = {}) =>
      hold(async () => {
        const reference = parseReference(name)
        const found = recordsOf(namespace).get(formatReference(reference))
        if (!found) throw new GrpcError(Code.NOT_FOUND, `image ${JSON.stringify(formatReference(reference))}: not found`)
        const session = registry.open(reference, o.credentials)
        const bytes = await content.read(found.manifest)
        const manifest = parseManifest(bytes, '')
        if (manifest.kind !== 'image') throw new GrpcError(Code.INTERNAL, `${found.manifest} is no image manifest`)
        for (const d of new Map([manifest.config, ...manifest.layers].map((x) => [x.digest, x])).values()) {
          if (await session.hasBlob(d.digest, o.signal)) o.progress?.({ ref: d.digest, status: 'exists', offset: d.size, total: d.size })
          else {
            o.progress?.({ ref: d.digest, status: 'downloading', offset: 0, total: d.size })
            await session.pushBlob(d, () => createReadStream(content.path(d.digest)), o.signal)
            o.progress?.({ ref: d.digest, status: 'done', offset: d.size, total: d.size })
          }
        }
        const type = (JSON.parse(bytes.toString('utf8')) as { mediaType?: string }).mediaType ?? found.target.mediaType
        await session.pushManifest(reference.tag ?? found.manifest, type, bytes, o.signal)
      }).catch((error: unknown) => {
        throw asGrpcError(error, name, 'push')
      }),
    add: (namespace, name, target) =>
      hold(async () => {
        const { manifestAt, manifest, size } = await resolve(target, (d) => content.read(d.digest))
        for (const d of [manifest.config, ...manifest.layers])
          if (!(await content.has(d.digest))) throw new RegistryError('not-found', `content ${d.digest}: not found`)
        const ids = await unpack(
          manifest,
          async () => {},
          () => {},
        )
        await record(namespace, [name], target, manifestAt.digest, manifest.config.digest, size, ids)
        return find(namespace, manifest.config.digest) as Image
      }).catch((error: unknown) => {
        throw asGrpcError(error, name, 'import')
      }),
    async tag(namespace, source, target) {
      const found = recordsFor(namespace, source)[0]
      if (!found) throw new GrpcError(Code.NOT_FOUND, `image ${JSON.stringify(source)}: not found`)
      const name = formatReference(parseReference(target))
      recordsOf(namespace).set(name, { ...found, name })
      await save()
    },
    async untag(namespace, name) {
      const full = formatReference(parseReference(name))
      const records = recordsOf(namespace)
      const found = records.get(full)
      if (!found) throw new GrpcError(Code.NOT_FOUND, `image ${JSON.stringify(full)}: not found`)
      records.delete(full)
      // The digest's name goes with the last tag of its repository.
      const repository = repositoryOf(parseReference(full))
      if (![...records.values()].some((r) => r.id === found.id && r.name.startsWith(`${repository}:`)))
        records.delete(`${repository}@${found.target.digest}`)
      await save()
      await collectWhenIdle()
    },
    async remove(namespace, name) {
      const found = recordsFor(namespace, name)
      for (const r of found) recordsOf(namespace).delete(r.name)
      if (found.length === 0) return
      await save()
      await collectWhenIdle()
    },
    async usage() {
      let bytes = 0
      let inodes = 0
      for (const layer of layers.list()) {
        bytes += layer.bytes
        inodes += layer.inodes
      }
      for (const { size } of await content.list()) {
        bytes += size
        inodes++
      }
      return { bytes, inodes }
    },
    close: () => registry.close(),
  }
}

const codes = {
  'not-found': Code.NOT_FOUND,
  unauthorized: Code.UNAUTHENTICATED,
  invalid: Code.FAILED_PRECONDITION,
  unavailable: Code.UNAVAILABLE,
} as const
/** In containerd's words, which the kubelet shows in events. */
function asGrpcError(error: unknown, name: string, verb = 'pull and unpack'): GrpcError {
  if (error instanceof GrpcError) return error
  if (error instanceof ImageNameError)
    return new GrpcError(Code.INVALID_ARGUMENT, `failed to parse image reference ${JSON.stringify(name)}: ${error.message}`)
  let full = name
  try {
    full = formatReference(parseReference(name))
  } catch {
    // It is shown as it came.
  }
  const code = error instanceof RegistryError ? codes[error.kind] : Code.UNKNOWN
  return new GrpcError(code, `failed to ${verb} image ${JSON.stringify(full)}: ${(error as Error).message}`, { cause: error })
}

/** Replaces a file so that a crash leaves the old or the new one, whole. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomBytes(4).toString('hex')}`
  const file = await open(beside, 'w')
  try {
    await file.writeFile(text)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(beside, path)
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

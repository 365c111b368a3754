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
import { createPull, type Pulled, type PullOptions, resolveManifest } from './pull.ts'
import { digestPattern, formatReference, ImageNameError, parseReference, type Reference, repositoryOf } from './reference.ts'
import {
  createRegistryClient,
  type Descriptor,
  type ImageManifest,
  parseManifest,
  RegistryError,
  type RegistryOptions,
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

  const record = async (namespace: string, { names, ...image }: Pulled) => {
    const records = recordsOf(namespace)
    const createdAt = new Date().toISOString()
    for (const name of names) records.set(name, { name, ...image, createdAt })
    await save()
    return find(namespace, image.id) as Image
  }

  const unpack = async (
    manifest: ImageManifest,
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

  const pull = createPull({ content, registry, unpack, parallelDownloads })

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
      hold(async () => record(namespace, await pull(name, o))).catch(async (error: unknown) => {
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
        const { manifestAt, manifest, size } = await resolveManifest(target, (d) => content.read(d.digest))
        for (const d of [manifest.config, ...manifest.layers])
          if (!(await content.has(d.digest))) throw new RegistryError('not-found', `content ${d.digest}: not found`)
        const ids = await unpack(
          manifest,
          async () => {},
          () => {},
        )
        return record(namespace, { names: [name], target, manifest: manifestAt.digest, id: manifest.config.digest, size, layers: ids })
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

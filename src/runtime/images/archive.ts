/** Images as files: OCI layouts and `docker save` archives, read and written as one stream of tar. */

import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { lstat, mkdtemp, readdir, readlink } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { Readable, Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { digestPattern, formatReference, parseReference } from './reference.ts'
import { type Descriptor, parseManifest, RegistryError } from './registry.ts'
import type { ImageStore } from './store.ts'
import { createTarReader, type TarEntry } from './tar.ts'
import { tarEnd, tarHeader, tarPadding } from './tar-writer.ts'

interface IndexFile {
  readonly manifests?: readonly Descriptor[]
}
interface DockerManifest {
  readonly Config: string
  readonly RepoTags: readonly string[] | null
  readonly Layers: readonly string[]
}

/** Takes in every image of an archive. Resolves to their names. */
export async function loadArchive(images: ImageStore, namespace: string, body: AsyncIterable<Uint8Array>): Promise<string[]> {
  return images.hold(async () => {
    const folder = await mkdtemp(join(images.layers.path, 'tmp-load-'))
    try {
      const files = await spread(body, folder)
      const text = (name: string): unknown => JSON.parse(readFileSync(files.get(name) as string, 'utf8')) as unknown
      const found = files.has('index.json') ? await loadLayout(images, files, text('index.json') as IndexFile) : []
      const tagged = found.filter(({ name }) => name !== undefined)
      if (tagged.length === 0 && files.has('manifest.json'))
        found.push(...(await loadDocker(images, files, text('manifest.json') as DockerManifest[])))
      if (found.length === 0) throw new RegistryError('invalid', 'the archive is neither an OCI layout nor a Docker archive')
      const names: string[] = []
      for (const { name, target } of found) {
        const full = name === undefined ? `import-${target.digest.slice(7, 19)}@${target.digest}` : formatReference(parseReference(name))
        await images.add(namespace, full, target)
        names.push(full)
      }
      return names
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

/** Writes the archive's regular files into a folder under numbers; what is in them is found by their names in the archive. */
async function spread(body: AsyncIterable<Uint8Array>, folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  const links = new Map<string, string>()
  let fd = -1
  const reader = createTarReader({
    entry(entry: TarEntry) {
      const name = posix.normalize(entry.name).replace(/^\/+/, '')
      if (files.size > 100_000) throw new RegistryError('invalid', 'the archive has too many files')
      if (entry.type === 'symlink' || entry.type === 'link')
        links.set(name, posix.join(entry.type === 'link' ? '' : posix.dirname(name), entry.linkName))
      if (entry.type !== 'file') return
      const at = join(folder, String(files.size))
      fd = openSync(at, 'wx')
      files.set(name, at)
    },
    data(chunk, offset) {
      if (fd >= 0) writeSync(fd, chunk, 0, chunk.length, offset)
    },
    end() {
      if (fd >= 0) closeSync(fd)
      fd = -1
    },
  })
  try {
    for await (const chunk of uncompressed(body)) reader.push(chunk)
    reader.finish()
  } finally {
    if (fd >= 0) closeSync(fd)
  }
  for (const [name, target] of links) {
    const at = files.get(target)
    if (at) files.set(name, at)
  }
  return files
}

async function* uncompressed(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let transform: Transform | undefined
  const iterator = body[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done) return
  const head = Buffer.from(first.value)
  const magic = head.length >= 4 ? head.readUInt32BE(0) : 0
  if (magic >>> 16 === 0x1f8b) transform = createGunzip()
  else if (magic === 0x28b52ffd) transform = createZstdDecompress()
  if (!transform) {
    yield head
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield Buffer.from(next.value)
    return
  }
  const sink = transform
  const feeding = (async () => {
    for (let chunk: Uint8Array | undefined = head; chunk; ) {
      if (!sink.write(chunk)) await new Promise((resolve) => sink.once('drain', resolve))
      const next = await iterator.next()
      chunk = next.done ? undefined : next.value
    }
    sink.end()
  })()
  feeding.catch((error: Error) => sink.destroy(error))
  for await (const chunk of sink) yield chunk as Buffer
}

async function loadLayout(images: ImageStore, files: ReadonlyMap<string, string>, index: IndexFile) {
  for (const [name, at] of files) {
    const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1]
    if (!hex) continue
    const { size } = await lstat(at)
    await images.content.ingest({ digest: `sha256:${hex}`, size }, async () => ({ offset: 0, body: createReadStream(at) }))
  }
  return (index.manifests ?? []).map((target) => {
    if (!digestPattern.test(target.digest)) throw new RegistryError('invalid', 'the index of the archive holds a malformed digest')
    return { name: target.annotations?.['io.containerd.image.name'] ?? target.annotations?.['org.opencontainers.image.ref.name'], target }
  })
}

async function loadDocker(images: ImageStore, files: ReadonlyMap<string, string>, manifests: readonly DockerManifest[]) {
  const found: { name: string | undefined; target: Descriptor }[] = []
  for (const { Config, RepoTags, Layers } of manifests) {
    const blob = async (name: string, mediaType: string): Promise<Descriptor> => {
      const at = files.get(posix.normalize(name))
      if (!at) throw new RegistryError('invalid', `the archive has no ${name}`)
      return { mediaType, ...(await images.content.ingestStream(createReadStream(at))) }
    }
    const config = await blob(Config, 'application/vnd.docker.container.image.v1+json')
    const layers: Descriptor[] = []
    for (const layer of Layers) layers.push(await blob(layer, 'application/vnd.docker.image.rootfs.diff.tar'))
    const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
    const target = {
      mediaType,
      ...(await images.content.put(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers })))),
    }
    for (const name of RepoTags?.length ? RepoTags : [undefined]) found.push({ name, target })
  }
  return found
}

/** An OCI layout that `docker load` reads too. */
export async function* saveArchive(images: ImageStore, namespace: string, names: readonly string[]): AsyncGenerator<Buffer> {
  const entries: Descriptor[] = []
  const docker: DockerManifest[] = []
  const blobs = new Map<string, Descriptor>()
  for (const name of names) {
    const image = images.find(namespace, name)
    if (!image) throw new RegistryError('not-found', `image ${JSON.stringify(name)}: not found`)
    const full = image.repoTags.includes(formatReference(parseReference(name))) ? formatReference(parseReference(name)) : image.repoTags[0]
    const bytes = await images.content.read(image.manifest)
    const manifest = parseManifest(bytes, '')
    if (manifest.kind !== 'image') throw new RegistryError('invalid', `${name} is no image`)
    const mediaType =
      (JSON.parse(bytes.toString('utf8')) as { mediaType?: string }).mediaType ?? 'application/vnd.oci.image.manifest.v1+json'
    const target: Descriptor = { mediaType, digest: image.manifest, size: bytes.length }
    for (const d of [target, manifest.config, ...manifest.layers]) blobs.set(d.digest, d)
    const short = full?.slice(full.lastIndexOf(':') + 1)
    entries.push({
      ...target,
      ...(full ? { annotations: { 'io.containerd.image.name': full, 'org.opencontainers.image.ref.name': short ?? '' } } : {}),
    })
    const at = (d: Descriptor) => `blobs/sha256/${d.digest.slice(7)}`
    docker.push({
      Config: at(manifest.config),
      RepoTags: full ? [full.replace(/^docker\.io\/(library\/)?/, '')] : [],
      Layers: manifest.layers.map(at),
    })
  }
  const file = (name: string, text: string) =>
    Buffer.concat([tarHeader({ name, size: Buffer.byteLength(text) }), Buffer.from(text), tarPadding(Buffer.byteLength(text))])
  yield file('oci-layout', '{"imageLayoutVersion":"1.0.0"}')
  yield file('index.json', JSON.stringify({ schemaVersion: 2, manifests: entries }))
  yield file('manifest.json', JSON.stringify(docker))
  for (const name of ['blobs', 'blobs/sha256']) yield tarHeader({ name, type: 'directory' })
  for (const d of blobs.values()) {
    yield tarHeader({ name: `blobs/sha256/${d.digest.slice(7)}`, size: d.size })
    for await (const chunk of createReadStream(images.content.path(d.digest))) yield chunk as Buffer
    yield tarPadding(d.size)
  }
  yield tarEnd()
}

/** A container's changes as a layer: the upper folder of its overlay, with overlayfs' whiteouts as the tar's. */
export async function* layerOf(upper: string): AsyncGenerator<Buffer> {
  const walk = async function* (folder: string, prefix: string): AsyncGenerator<Buffer> {
    for (const name of (await readdir(folder)).sort()) {
      const path = join(folder, name)
      const at = prefix + name
      const stat = await lstat(path)
      const head = { name: at, mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, mtime: Math.floor(stat.mtimeMs / 1000) }
      if (stat.isCharacterDevice() && stat.rdev === 0) yield tarHeader({ name: `${prefix}.wh.${name}` })
      else if (stat.isDirectory()) {
        yield tarHeader({ ...head, type: 'directory' })
        yield* walk(path, `${at}/`)
      } else if (stat.isSymbolicLink()) yield tarHeader({ ...head, type: 'symlink', linkName: await readlink(path) })
      else if (stat.isFile()) {
        yield tarHeader({ ...head, size: stat.size })
        for await (const chunk of createReadStream(path)) yield chunk as Buffer
        yield tarPadding(stat.size)
      }
    }
  }
  yield* walk(upper, '')
  yield tarEnd()
}

/** Passes bytes on and tells their digest at the end. */
export function hashing(input: Readable | AsyncIterable<Buffer>): { body: AsyncIterable<Buffer>; digest: () => string } {
  const hash = createHash('sha256')
  return {
    body: (async function* () {
      for await (const chunk of input) {
        hash.update(chunk as Buffer)
        yield chunk as Buffer
      }
    })(),
    digest: () => `sha256:${hash.digest('hex')}`,
  }
}

/**
 * A worker thread that unpacks layers. It has a mount namespace of its own, so that its overlay mounts vanish with it,
 * and for each layer makes the layer's folder its root: whatever a hostile archive names, the kernel resolves it
 * inside. A layer above others is unpacked through an overlay mount of them, so that links into lower layers,
 * whiteouts and folders behind links mean what they mean in the image (containerd applies diffs the same way).
 */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  createReadStream,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { CloneFlag, chdir, chroot, detach, fchdir, MountFlag, mknod, mount, SyscallError, setxattr, unshare } from '../../linux/syscalls.ts'
import { createTarReader, type TarEntry, TarError } from './tar.ts'

export interface UnpackJob {
  readonly id: number
  readonly blob: string
  /** The upper folder: where the layer's files go. */
  readonly target: string
  /** The folder of all layers, and in it the lower folders, the nearest first; none for a base layer. */
  readonly folder: string
  readonly lower: readonly string[]
  /** Empty folders beside `target`, for overlayfs and as its mount point. */
  readonly work: string
  readonly merged: string
}
export type UnpackAnswer =
  | { readonly id: number; readonly diffId: string; readonly bytes: number; readonly inodes: number }
  | { readonly id: number; readonly error: string }

const port = parentPort
if (!port) throw new Error('this module is a worker thread')
unshare(CloneFlag.NEWNS)
mount('', '/', '', MountFlag.REC | MountFlag.PRIVATE, '')
const home = openSync('/', 'r')

let queue = Promise.resolve()
port.on('message', (job: UnpackJob) => {
  queue = queue.then(async () => {
    try {
      port.postMessage({ id: job.id, ...(await unpack(job)) } satisfies UnpackAnswer)
    } catch (error) {
      port.postMessage({ id: job.id, error: (error as Error).message } satisfies UnpackAnswer)
    }
  })
})

async function unpack(job: UnpackJob): Promise<{ diffId: string; bytes: number; inodes: number }> {
  const blob = openSync(job.blob, 'r')
  const layered = job.lower.length > 0
  let root = job.target
  if (layered) {
    root = job.merged
    // Names relative to here, because overlayfs takes all of them in one page.
    chdir(job.folder)
    mount('overlay', root, 'overlay', 0, `lowerdir=${job.lower.join(':')},upperdir=${job.target},workdir=${job.work},index=off`)
  }
  chroot(root)
  try {
    const input = createReadStream('', { fd: blob, autoClose: false, highWaterMark: 1 << 18 })
    const writer = createLayerWriter(layered)
    const reader = createTarReader(writer)
    const hash = createHash('sha256')
    const most = Math.max(harmlessBytes, fstatSync(blob).size * maxRatio)
    let unpacked = 0
    for await (const chunk of decompressed(input)) {
      unpacked += chunk.length
      if (unpacked > most) throw new TarError(`the layer unpacks to more than ${maxRatio} times its size: refused`)
      hash.update(chunk)
      reader.push(chunk)
    }
    reader.finish()
    return { diffId: `sha256:${hash.digest('hex')}`, ...writer.finish() }
  } finally {
    fchdir(home)
    chroot('.')
    if (layered) detach(root)
    closeSync(blob)
  }
}

/** The archive's bytes, told by their first ones: gzip, zstd or none. */
async function* decompressed(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = input[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done) throw new TarError('the layer is empty')
  const magic = first.value.length >= 4 ? first.value.readUInt32BE(0) : 0
  const whole = async function* () {
    yield first.value
    for (;;) {
      const next = await iterator.next()
      if (next.done) return
      yield next.value
    }
  }
  const transform =
    magic >>> 16 === 0x1f8b
      ? createGunzip({ chunkSize: 1 << 18 })
      : magic === 0x28b52ffd
        ? createZstdDecompress({ chunkSize: 1 << 18 })
        : undefined
  if (!transform) {
    yield* whole()
    return
  }
  const { Readable, pipeline } = await import('node:stream')
  pipeline(Readable.from(whole(), { objectMode: false }), transform, () => {})
  for await (const chunk of transform) yield chunk as Buffer
}

/** A layer of programs and data shrinks to a tenth at best; one that grows far beyond is made to fill the disk. */
const maxRatio = 100
const harmlessBytes = 1 << 30

/** Device nodes that no container could misuse, by major:minor: null, zero, full, random, urandom, tty, console, ptmx. */
const harmlessDevices = new Set(['1:3', '1:5', '1:7', '1:8', '1:9', '5:0', '5:1', '5:2'])
const maxEntries = 2_000_000

function createLayerWriter(layered: boolean) {
  let fd = -1
  let current: TarEntry | undefined
  let bytes = 0
  let inodes = 0
  const folders = new Map<string, TarEntry>()
  // What an opaque whiteout spares: what this very layer put into the folder.
  const made = new Set<string>()

  const clean = (name: string): string => {
    const parts = name.split('/').filter((part) => part !== '' && part !== '.')
    if (parts.includes('..')) throw new TarError(`the layer names ${JSON.stringify(name)}, which leads out of the image: refused`)
    if (name.includes('\0') || parts.some((part) => Buffer.byteLength(part) > 255))
      throw new TarError('the layer holds a malformed name: refused')
    return `/${parts.join('/')}`
  }
  /** Does `make` where the path may be taken, or its folder missing. */
  const place = (path: string, make: () => void) => {
    try {
      make()
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'EEXIST') rmSync(path, { recursive: true, force: true })
      else if (code === 'ENOENT') mkdirSync(dirname(path), { recursive: true })
      else if (code === 'ENOTDIR') throw new TarError(`the layer puts ${path} below what is no folder: refused`)
      else throw error
      make()
    }
  }
  const whiteout = (path: string) => {
    const name = basename(path)
    const folder = dirname(path)
    if (name === '.wh..wh..opq') {
      if (!layered) return
      let children: string[] = []
      try {
        children = readdirSync(folder)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
      for (const child of children) {
        const at = folder === '/' ? `/${child}` : `${folder}/${child}`
        if (!made.has(at)) rmSync(at, { recursive: true, force: true })
      }
      return
    }
    if (name.startsWith('.wh..wh.')) return // Bookkeeping of aufs.
    const hidden = name.slice(4)
    if (hidden === '' || hidden === '.' || hidden === '..') throw new TarError('the layer holds a malformed whiteout: refused')
    rmSync(folder === '/' ? `/${hidden}` : `${folder}/${hidden}`, { recursive: true, force: true })
  }

  const attributes = (path: string, entry: TarEntry) => {
    for (const [name, value] of entry.xattrs) {
      // These steer overlayfs itself, and are no part of an image.
      if (name.startsWith('trusted.') || name.startsWith('user.overlay.')) throw new TarError(`the layer sets ${name}: refused`)
      try {
        setxattr(path, name, value)
      } catch (error) {
        if (!(error instanceof SyscallError && error.code === 'ENOTSUP')) throw error
      }
    }
  }

  return {
    entry(entry: TarEntry) {
      if (++inodes > maxEntries) throw new TarError(`the layer has more than ${maxEntries} entries: refused`)
      const path = clean(entry.name)
      current = entry
      if (basename(path).startsWith('.wh.')) {
        whiteout(path)
        return
      }
      if (layered) made.add(path)
      const { mode, uid, gid } = entry
      if (path === '/' && entry.type !== 'directory') throw new TarError('the layer replaces the root folder: refused')
      switch (entry.type) {
        case 'file':
          place(path, () => {
            fd = openSync(path, 'wx', mode & 0o777)
          })
          bytes += entry.size
          return
        case 'directory': {
          try {
            if (path !== '/') mkdirSync(path, mode & 0o777)
          } catch (error) {
            const code = (error as NodeJS.ErrnoException).code
            if (code === 'ENOENT') mkdirSync(path, { recursive: true })
            else if (code === 'EEXIST' && !lstatSync(path).isDirectory()) place(path, () => mkdirSync(path))
            else if (code !== 'EEXIST') throw error
          }
          chownSync(path, uid, gid)
          chmodSync(path, mode)
          attributes(path, entry)
          folders.set(path, entry)
          return
        }
        case 'symlink':
          place(path, () => symlinkSync(entry.linkName, path))
          if (uid !== 0 || gid !== 0) lchownSync(path, uid, gid)
          attributes(path, entry)
          lutimesSync(path, entry.mtime, entry.mtime)
          return
        case 'link': {
          const target = clean(entry.linkName)
          if (target === path) return
          try {
            lstatSync(target)
          } catch {
            throw new TarError(`the layer links ${path} to ${target}, which is not there`)
          }
          place(path, () => linkSync(target, path))
          return
        }
        case 'char':
        case 'block':
        case 'fifo': {
          const device = `${entry.major}:${entry.minor}`
          if (entry.type === 'block' || (entry.type === 'char' && !harmlessDevices.has(device)))
            throw new TarError(`the layer holds the ${entry.type} device ${device} at ${path}: refused`)
          const kind = entry.type === 'char' ? 0o020000 : 0o010000
          place(path, () => makeNode(path, kind | (mode & 0o777), entry))
          chownSync(path, uid, gid)
          chmodSync(path, mode)
          return
        }
      }
    },
    data(chunk: Buffer, offset: number) {
      if (fd < 0) return // The data of a whiteout.
      let done = 0
      while (done < chunk.length) done += writeSync(fd, chunk, done, chunk.length - done, offset + done)
    },
    end() {
      if (fd < 0) return
      const entry = current as TarEntry
      try {
        const { mode, uid, gid } = entry
        // A sparse file may end in a hole.
        if (entry.size > 0) ftruncateSync(fd, entry.size)
        if (uid !== 0 || gid !== 0) fchownSync(fd, uid, gid)
        if ((mode & 0o7022) !== 0) fchmodSync(fd, mode)
        if (entry.xattrs.size > 0) attributes(clean(entry.name), entry)
        futimesSync(fd, entry.mtime, entry.mtime)
      } finally {
        closeSync(fd)
        fd = -1
      }
    },
    /** The times of folders, which changed with every file put into them. */
    finish() {
      for (const [path, entry] of folders) {
        try {
          utimesSync(path, entry.mtime, entry.mtime)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // A later whiteout took it.
        }
      }
      return { bytes, inodes }
    },
  }
}

function makeNode(path: string, mode: number, entry: TarEntry): void {
  try {
    mknod(path, mode, entry.type === 'char' ? entry.major : 0, entry.type === 'char' ? entry.minor : 0)
  } catch (error) {
    if (error instanceof SyscallError) throw Object.assign(new Error(error.message), { code: error.code })
    throw error
  }
}

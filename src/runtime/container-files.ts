/**
 * The files of a container: its root over the layers of its image, the images and volumes mounted into it, and folders
 * for its image's VOLUMEs. In a pod with a user namespace all of them are shown as its users own them.
 */
import { execFile } from 'node:child_process'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Code, GrpcError } from '../grpc/status.ts'
import { bindTree, detach } from '../linux/syscalls.ts'
import type { ContainerConfig, Mount } from './cri/types.ts'
import type { ImageStore } from './images/store.ts'
import type { Sandboxes } from './sandboxes.ts'
import type { ContainerRecord, SandboxRecord } from './state.ts'

export interface ContainerFiles {
  /** The folder with the spec, the terminal's and the monitor's sockets, and all mounts of the container; gone with a reboot. */
  bundle(id: string): string
  rootfs(id: string): string
  /** What the container wrote over its image. */
  upper(id: string): string
  make(record: ContainerRecord, sandbox: SandboxRecord): void
  mountRoot(record: ContainerRecord, sandbox: SandboxRecord): void
  /** Where on the host are those mounts that are not simply their host path: images, and any in a user namespace. */
  prepareMounts(record: ContainerRecord, sandbox: SandboxRecord): Map<Mount, string>
  /** Folders for the image's VOLUMEs that are no mounts, with what the image has there; by place. */
  makeVolumes(record: ContainerRecord, sandbox: SandboxRecord, places: readonly string[]): Promise<Record<string, string>>
  unmount(id: string): void
  remove(id: string): void
  /** Folders of containers that nobody knows: of a creation or removal that was cut short. */
  sweep(known: (id: string) => boolean): void
}

export interface ContainerFilesDeps {
  readonly root: string
  readonly state: string
  readonly images: ImageStore
  readonly sandboxes: Sandboxes
}

export function createContainerFiles({ root, state, images, sandboxes }: ContainerFilesDeps): ContainerFiles {
  const bundle = (id: string) => join(state, 'containers', id)
  const data = (id: string) => join(root, 'containers', id)
  const rootfs = (id: string) => join(bundle(id), 'rootfs')
  const upper = (id: string) => join(data(id), 'upper')

  const ownedByRootOf = (sandbox: SandboxRecord, path: string) => {
    const { uids, gids } = sandbox.userMap ?? {}
    if (uids && gids) chownSync(path, uids[0]?.hostID ?? 0, gids[0]?.hostID ?? 0)
  }

  const mountImage = (namespace: string, sandbox: SandboxRecord, wanted: Mount, at: string): string => {
    const name = wanted.image?.image ?? ''
    if (wanted.hostPath) throw new GrpcError(Code.INVALID_ARGUMENT, 'a mount has a host path and an image')
    const image = images.find(namespace, name)
    if (!image) throw new GrpcError(Code.NOT_FOUND, `image ${JSON.stringify(name)} of a mount: not found`)
    mkdirSync(at)
    images.layers.mount(image.layers, sandboxes.layersFolder(sandbox), at)
    if (!wanted.imageSubPath) return at
    // A link inside the image could lead out of it.
    if (!isRealPath(at, wanted.imageSubPath))
      throw new GrpcError(Code.INVALID_ARGUMENT, `the image has no file or folder ${JSON.stringify(wanted.imageSubPath)}`)
    return join(at, wanted.imageSubPath)
  }

  /** The pod's users may not reach the host path; the bundle they do. Owners are mapped where the kubelet wants it. */
  const mountForUsers = (sandbox: SandboxRecord, wanted: Mount, at: string): string => {
    const source = wanted.hostPath ?? ''
    const stat = statSync(source, { throwIfNoEntry: false })
    if (!stat) throw new GrpcError(Code.UNKNOWN, `failed to stat ${JSON.stringify(source)}: no such file or directory`)
    if (stat.isDirectory()) mkdirSync(at)
    else writeFileSync(at, '')
    bindTree(source, at, wanted.uidMappings?.length ? sandboxes.namespacePath(sandbox.id, 'user') : undefined)
    return at
  }

  const unmount = (id: string) => {
    if (!existsSync(bundle(id))) return
    for (const name of readdirSync(bundle(id))) if (name === 'rootfs' || name.startsWith('mount-')) detach(join(bundle(id), name))
  }
  const remove = (id: string) => {
    unmount(id)
    rmSync(bundle(id), { recursive: true, force: true })
    rmSync(data(id), { recursive: true, force: true })
  }

  const mountRoot: ContainerFiles['mountRoot'] = (record, sandbox) => {
    mkdirSync(rootfs(record.id), { recursive: true })
    const writable = { upper: upper(record.id), work: join(data(record.id), 'work') }
    images.layers.mount(record.layers, sandboxes.layersFolder(sandbox), rootfs(record.id), writable)
  }

  return {
    bundle,
    rootfs,
    upper,
    mountRoot,
    unmount,
    remove,
    make(record, sandbox) {
      for (const folder of [upper(record.id), join(data(record.id), 'work'), bundle(record.id)]) mkdirSync(folder, { recursive: true })
      chmodSync(upper(record.id), 0o755)
      ownedByRootOf(sandbox, upper(record.id))
      mountRoot(record, sandbox)
    },
    prepareMounts({ id, namespace, config }, sandbox) {
      const prepared = new Map<Mount, string>()
      for (const mount of config.mounts ?? []) {
        const at = join(bundle(id), `mount-${prepared.size}`)
        if (mount.image?.image) prepared.set(mount, mountImage(namespace, sandbox, mount, at))
        else if (sandbox.userMap) prepared.set(mount, mountForUsers(sandbox, mount, at))
      }
      return prepared
    },
    async makeVolumes({ id, config }, sandbox, places) {
      const volumes: Record<string, string> = {}
      for (const [index, place] of places.entries()) {
        if (!place.startsWith('/') || isMounted(config, place)) continue
        const at = join(data(id), `volume-${index}`)
        const source = join(rootfs(id), join('/', place))
        // With owners, links and attributes. A link in the image would lead out of it, so only a real folder is copied.
        if (isRealPath(rootfs(id), place)) await promisify(execFile)('cp', ['-a', source, at])
        else {
          mkdirSync(at)
          ownedByRootOf(sandbox, at)
        }
        volumes[place] = at
      }
      return volumes
    },
    sweep(known) {
      for (const folder of [join(state, 'containers'), join(root, 'containers')])
        for (const id of existsSync(folder) ? readdirSync(folder) : []) if (!known(id)) remove(id)
    },
  }
}

function isMounted(config: ContainerConfig, place: string): boolean {
  const bare = (path: string) => path.replace(/\/$/, '')
  return config.mounts?.some((mount) => bare(mount.containerPath ?? '') === bare(place)) === true
}

/** True when it is there and no part of the path is a link. */
function isRealPath(root: string, place: string): boolean {
  let at = root
  for (const part of place.split('/').filter(Boolean)) {
    at = join(at, part)
    const stat = lstatSync(at, { throwIfNoEntry: false })
    if (part === '..' || !stat || stat.isSymbolicLink()) return false
  }
  return true
}

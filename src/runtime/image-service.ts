/** The CRI's ImageService over the image store. */
import { join } from 'node:path'
import { Code, GrpcError } from '../grpc/status.ts'
import type * as cri from './cri/types.ts'
import type { Credentials } from './images/registry.ts'
import type { Image, ImageStore } from './images/store.ts'
import { namespaceOf } from './runtime-service.ts'
import { nowNanoseconds } from './state.ts'

export function createImageService(
  images: ImageStore,
  root: string,
  containerBytes: () => Promise<{ bytes: number; inodes: number }>,
): cri.ImageService {
  const toCri = (image: Image): cri.Image => {
    const user = image.config.config?.User?.split(':')[0] ?? ''
    return {
      id: image.id,
      repoTags: [...image.repoTags],
      repoDigests: [...image.repoDigests],
      size: image.size,
      // Numbers and names are told apart: the kubelet checks runAsNonRoot by them.
      ...(user === '' || /^\d+$/.test(user) ? { uid: { value: Number(user) } } : { username: user }),
      spec: { image: '', annotations: {} },
      pinned: false,
    }
  }
  const list = ({ filter }: cri.ListImagesRequest, namespace: string): cri.Image[] => {
    const name = filter?.image?.image
    if (!name) return images.list(namespace).map(toCri)
    const found = images.find(namespace, name)
    return found ? [toCri(found)] : []
  }
  return {
    ListImages: async (request, options) => ({ images: list(request, namespaceOf(options)) }),
    async *StreamImages(request, options) {
      const all = list(request, namespaceOf(options))
      for (let i = 0; i < all.length; i += 500) yield { images: all.slice(i, i + 500) }
    },
    async ImageStatus({ image, verbose }, options): Promise<cri.ImageStatusResponse> {
      const found = images.find(namespaceOf(options), image?.image ?? '')
      if (!found) return { info: {} }
      const info = { imageSpec: found.config, layers: found.layers, manifest: found.manifest }
      return { image: toCri(found), info: verbose ? { info: JSON.stringify(info) } : {} }
    },
    async PullImage({ image, auth }, options) {
      if (!image?.image) throw new GrpcError(Code.INVALID_ARGUMENT, 'the image to pull has no name')
      const found = await images.pull(namespaceOf(options), image.image, {
        credentials: credentialsOf(auth),
        ...(options?.signal ? { signal: options.signal } : {}),
      })
      return { imageRef: found.id }
    },
    async RemoveImage({ image }, options) {
      await images.remove(namespaceOf(options), image?.image ?? '')
      return {}
    },
    async ImageFsInfo() {
      const [usage, written] = await Promise.all([images.usage(), containerBytes()])
      const timestamp = nowNanoseconds()
      const of = (folder: string, u: { bytes: number; inodes: number }): cri.FilesystemUsage => ({
        timestamp,
        fsId: { mountpoint: folder },
        usedBytes: { value: u.bytes },
        inodesUsed: { value: u.inodes },
      })
      return { imageFilesystems: [of(join(root, 'layers'), usage)], containerFilesystems: [of(join(root, 'containers'), written)] }
    },
  }
}

/** `auth` is base64 of `user:password`, as in Docker's config file. */
export function credentialsOf(auth: cri.AuthConfig | undefined): Credentials {
  if (!auth) return {}
  const { username, password, identityToken, registryToken } = auth
  const decoded = !username && auth.auth ? Buffer.from(auth.auth, 'base64').toString('utf8').replace(/\0+$/, '') : undefined
  const colon = decoded?.indexOf(':') ?? -1
  if (decoded !== undefined && colon < 0) throw new GrpcError(Code.INVALID_ARGUMENT, 'invalid auth in the pull request')
  return {
    ...(username
      ? { username, password: password ?? '' }
      : decoded !== undefined
        ? { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
        : {}),
    ...(identityToken ? { identityToken } : {}),
    ...(registryToken ? { registryToken } : {}),
  }
}

/**
 * Images that no container uses go when the disk fills (pkg/kubelet/images/image_gc_manager.go): above the high
 * threshold, those unused for longest first, until usage is below the low one.
 */
import { statfsSync } from 'node:fs'
import { type Clock, sleep } from '../client/clock.ts'
import type { Logger } from '../log/log.ts'
import type * as cri from '../runtime/cri/types.ts'
import { type Cri, criErrorText } from './cri.ts'

export interface ImageGcOptions {
  readonly highPercent: number
  readonly lowPercent: number
  /** An image that was seen for the first time later than this ago stays. */
  readonly minimumAgeMs: number
}
export interface ImageGcDeps {
  readonly cri: Cri
  readonly clock: Clock
  readonly log: Logger
  /** Says that the disk is full of images in use. */
  failed(message: string): void
  readonly disk?: (path: string) => { readonly capacity: number; readonly available: number }
}

const everyMs = 300_000

export async function collectImages(deps: ImageGcDeps, options: ImageGcOptions, signal: AbortSignal): Promise<void> {
  const collect = createImageCollector(deps, options)
  while (!signal.aborted) {
    try {
      await collect()
    } catch (error) {
      if (!signal.aborted) deps.log.warn('could not look for images to remove', { error: criErrorText(error) })
    }
    await sleep(deps.clock, everyMs, signal)
  }
}

export function createImageCollector({ cri, clock, log, failed, disk = diskOf }: ImageGcDeps, options: ImageGcOptions) {
  const seen = new Map<string, { first: number; used: number }>()

  /** Notes what is there and what is used now; resolves to the images that are not. */
  async function look(): Promise<cri.Image[]> {
    const [{ images = [] }, { containers = [] }] = await Promise.all([cri.images.ListImages({}), cri.runtime.ListContainers({})])
    const inUse = new Set(containers.flatMap((c) => [c.imageId, c.imageRef, c.image?.image]))
    const now = clock.now()
    const there = new Set(images.map((image) => image.id))
    for (const id of seen.keys()) if (!there.has(id)) seen.delete(id)
    return images.filter((image) => {
      const id = image.id as string
      const used = [id, ...(image.repoTags ?? []), ...(image.repoDigests ?? [])].some((name) => inUse.has(name))
      const before = seen.get(id)
      seen.set(id, { first: before?.first ?? now, used: used ? now : (before?.used ?? 0) })
      return !used && !image.pinned
    })
  }

  return async (): Promise<void> => {
    const unused = await look()
    const { imageFilesystems = [] } = await cri.images.ImageFsInfo({})
    const place = imageFilesystems[0]?.fsId?.mountpoint
    if (!place) throw new Error('the runtime tells of no file system of images')
    const { capacity, available } = disk(place)
    const usedPercent = Math.floor(100 - (available * 100) / capacity)
    if (usedPercent < options.highPercent) return
    const wanted = Math.floor((capacity * (100 - options.lowPercent)) / 100) - available
    log.info('disk usage on image filesystem is over the high threshold', { usedPercent, bytesToFree: wanted })
    let freed = 0
    const facts = (image: cri.Image) => seen.get(image.id as string) as { first: number; used: number }
    const oldest = unused.toSorted((a, b) => facts(a).used - facts(b).used || facts(a).first - facts(b).first)
    for (const image of oldest) {
      if (freed >= wanted) return
      if (clock.now() - facts(image).first < options.minimumAgeMs) continue
      try {
        await cri.images.RemoveImage({ image: { image: image.id as string } })
        freed += Number(image.size ?? 0)
        log.info('removed an image to free its bytes', { image: image.id, size: Number(image.size ?? 0) })
      } catch (error) {
        log.warn('could not remove an image', { image: image.id, error: criErrorText(error) })
      }
    }
    if (freed < wanted)
      failed(
        `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`,
      )
  }
}

function diskOf(path: string) {
  const { blocks, bavail, bsize } = statfsSync(path)
  return { capacity: blocks * bsize, available: bavail * bsize }
}

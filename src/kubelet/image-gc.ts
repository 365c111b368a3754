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
  /** One that was not used for longer than this goes, full disk or not; 0 for never. */
  readonly maximumAgeMs: number
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

export interface ImageCollector {
  /** Removes what is too old, and what has to go for the disk. */
  collect(): Promise<void>
  /** Removes all that nobody uses: the disk is too full for pods. */
  deleteUnused(): Promise<void>
}

export async function collectImages(
  collector: ImageCollector,
  { clock, log }: Pick<ImageGcDeps, 'clock' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await collector.collect()
    } catch (error) {
      if (!signal.aborted) log.warn('could not look for images to remove', { error: criErrorText(error) })
    }
    await sleep(clock, everyMs, signal)
  }
}

export function createImageCollector(deps: ImageGcDeps, options: ImageGcOptions): ImageCollector {
  const { cri, clock, log, failed, disk = diskOf } = deps
  const seen = new Map<string, { first: number; used: number }>()
  const facts = (image: cri.Image) => seen.get(image.id as string) as { first: number; used: number }

  /** Notes what is there and what is used now; resolves to the images that are not, unused for longest first. */
  async function look(): Promise<cri.Image[]> {
    const [{ images = [] }, { containers = [] }] = await Promise.all([cri.images.ListImages({}), cri.runtime.ListContainers({})])
    const inUse = new Set(containers.flatMap((c) => [c.imageId, c.imageRef, c.image?.image]))
    const now = clock.now()
    const there = new Set(images.map((image) => image.id))
    for (const id of seen.keys()) if (!there.has(id)) seen.delete(id)
    const unused = images.filter((image) => {
      const id = image.id as string
      const used = [id, ...(image.repoTags ?? []), ...(image.repoDigests ?? [])].some((name) => inUse.has(name))
      const before = seen.get(id)
      seen.set(id, { first: before?.first ?? now, used: used ? now : (before?.used ?? 0) })
      return !used && !image.pinned
    })
    return unused.toSorted((a, b) => facts(a).used - facts(b).used || facts(a).first - facts(b).first)
  }

  /** Removes images until so many bytes are freed; resolves to how many are. */
  async function free(images: readonly cri.Image[], wanted: number): Promise<number> {
    let freed = 0
    for (const image of images) {
      if (freed >= wanted) break
      if (clock.now() - facts(image).first < options.minimumAgeMs) continue
      try {
        await cri.images.RemoveImage({ image: { image: image.id as string } })
        freed += Number(image.size ?? 0)
        log.info('removed an image to free its bytes', { image: image.id, size: Number(image.size ?? 0) })
      } catch (error) {
        log.warn('could not remove an image', { image: image.id, error: criErrorText(error) })
      }
    }
    return freed
  }

  return {
    async collect() {
      const unused = await look()
      const isOld = (image: cri.Image) =>
        options.maximumAgeMs > 0 && clock.now() - Math.max(facts(image).used, facts(image).first) > options.maximumAgeMs
      await free(unused.filter(isOld), Number.POSITIVE_INFINITY)
      const { imageFilesystems = [] } = await cri.images.ImageFsInfo({})
      const place = imageFilesystems[0]?.fsId?.mountpoint
      if (!place) throw new Error('the runtime tells of no file system of images')
      const { capacity, available } = disk(place)
      const usedPercent = Math.floor(100 - (available * 100) / capacity)
      if (usedPercent < options.highPercent) return
      const wanted = Math.floor((capacity * (100 - options.lowPercent)) / 100) - available
      log.info('disk usage on image filesystem is over the high threshold', { usedPercent, bytesToFree: wanted })
      const freed = await free(
        unused.filter((image) => !isOld(image)),
        wanted,
      )
      if (freed < wanted)
        failed(
          `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`,
        )
    },
    async deleteUnused() {
      await free(await look(), Number.POSITIVE_INFINITY)
    },
  }
}

function diskOf(path: string) {
  const { blocks, bavail, bsize } = statfsSync(path)
  return { capacity: blocks * bsize, available: bavail * bsize }
}

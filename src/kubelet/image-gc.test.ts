import { expect, test } from 'vitest'
import { createFakeClock } from '../client/clock.ts'
import { noLog } from '../log/log.ts'
import type { Cri } from './cri.ts'
import { createImageCollector } from './image-gc.ts'

const options = { highPercent: 85, lowPercent: 80, minimumAgeMs: 120_000, maximumAgeMs: 0 }

/** A disk of 1000 bytes, images of 100 bytes each, and one container of image `used`. */
function node(names: readonly string[], available: number, more: Record<string, object> = {}, gc: Partial<typeof options> = {}) {
  const clock = createFakeClock()
  let images = names.map((id) => ({ id, size: 100, repoTags: [`${id}:latest`], ...more[id] }))
  let containers = [{ imageId: 'used' }]
  const failures: string[] = []
  const cri = {
    runtime: { ListContainers: async () => ({ containers }) },
    images: {
      ListImages: async () => ({ images }),
      ImageFsInfo: async () => ({ imageFilesystems: [{ fsId: { mountpoint: '/' } }] }),
      RemoveImage: async ({ image }: { image: { image: string } }) => {
        images = images.filter((i) => i.id !== image.image)
      },
    },
  } as unknown as Cri
  const disk = () => ({ capacity: 1000, available })
  const { collect } = createImageCollector(
    { cri, clock, log: noLog, failed: (message) => failures.push(message), disk },
    { ...options, ...gc },
  )
  return {
    clock,
    collect,
    failures,
    run: (image: string) => {
      containers = [{ imageId: image }]
    },
    left: () => images.map((i) => i.id),
  }
}

test.each<[string, number, string[]]>([
  ['below the high threshold', 160, ['used', 'a', 'b', 'c']],
  ['at the high threshold, down to the low one', 150, ['used', 'b', 'c']],
  ['far above', 0, ['used', 'c']],
])('%s', async (_, available, left) => {
  const { clock, collect, left: images } = node(['used', 'a', 'b', 'c'], available)
  clock.advance(1)
  await collect()
  expect(images()).toEqual(['used', 'a', 'b', 'c']) // too young
  clock.advance(200_000)
  await collect()
  expect(images()).toEqual(left)
})

test('what was used last goes last', async () => {
  const { clock, collect, run, left } = node(['a', 'used', 'b'], 150)
  run('a')
  await collect()
  clock.advance(200_000)
  run('b')
  await collect()
  expect(left()).toEqual(['a', 'b'])
})

test('pinned images and those of containers stay, and it is said that no more can go', async () => {
  const { clock, collect, failures, left } = node(['used', 'pause'], 0, { pause: { pinned: true } })
  await collect()
  clock.advance(200_000)
  await collect()
  expect(left()).toEqual(['used', 'pause'])
  expect(failures.at(-1)).toMatch(/Attempted to free 200 bytes, but only found 0 bytes eligible to free/)
})

test('an image that was not used for longer than the maximum goes, with room on the disk', async () => {
  const { clock, collect, left } = node(['used', 'a'], 900, {}, { maximumAgeMs: 3_600_000 })
  await collect()
  clock.advance(3_600_000)
  await collect()
  expect(left()).toEqual(['used', 'a'])
  clock.advance(1)
  await collect()
  expect(left()).toEqual(['used'])
})

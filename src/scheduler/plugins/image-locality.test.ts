import { imageLocality } from './image-locality.ts'
import { testScore } from './testing.ts'

const megabytes = 1024 * 1024
const images = (...names: string[]) => ({ spec: { containers: names.map((image) => ({ name: image, image })) } })

testScore(imageLocality, [
  // Half of the nodes have it: half of 1,046 MB counts, between 23 and 1,000: 500 / 977.
  ['the size by how many nodes have it', {}, { a: { images: { 'x:latest': 1046 * megabytes } }, b: {} }, {}, { a: 51, b: 0 }],
  ['large enough', {}, { a: { images: { 'x:latest': 4000 * megabytes } }, b: {} }, {}, { a: 100, b: 0 }],
  ['too small to count', {}, { a: { images: { 'x:latest': 40 * megabytes } }, b: {} }, {}, { a: 0, b: 0 }],
  // 523 + 523 of 2,000 MB for two containers.
  [
    'two images',
    images('x', 'y'),
    { a: { images: { 'x:latest': 1046 * megabytes, 'y:latest': 1046 * megabytes } }, b: {} },
    {},
    { a: 51, b: 0 },
  ],
  [
    'an image that is a volume',
    { spec: { ...images('x').spec, volumes: [{ name: 'v', image: { reference: 'y' } }] } },
    { a: { images: { 'x:latest': 1046 * megabytes, 'y:latest': 1046 * megabytes } }, b: { images: { 'x:latest': 1046 * megabytes } } },
    {},
    // 1,046 + 523 of 2,000 MB, and 1,046 alone.
    { a: 78, b: 51 },
  ],
  [
    'an image with its registry and port',
    images('r:5000/x'),
    { a: { images: { 'r:5000/x:latest': 4000 * megabytes } }, b: {} },
    {},
    { a: 100, b: 0 },
  ],
  ['an image that nobody has', {}, { a: {}, b: {} }, {}, undefined],
])

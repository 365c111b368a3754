import { expect, test } from 'vitest'
import type { Answer, Call } from './call.ts'
import { longList } from './encode.ts'
import { jsonForm } from './negotiate.ts'
import { createEntryCodec } from './storage/entry.ts'

const codec = createEntryCodec('ConfigMap', 'v1', () => {
  throw new Error('foreign')
})
const object = (name: string, size: number) => ({ metadata: { name, resourceVersion: '7' }, data: { k: 'v'.repeat(size) } })
const endpoint = { resource: { kind: 'ConfigMap' }, apiVersion: 'v1', strategy: {} } as Call['endpoint']

test.each([
  ['no items', []],
  ['small items', [1, 2, 3]],
  ['items larger than a piece', [500, 1, 90, 500]],
])('a list of %s is the same in pieces of any size', (_what, sizes) => {
  const objects = sizes.map((size, i) => object(`m${i}`, size))
  const entries = objects.map((o) => codec.entry(o.metadata.name, codec.encode(o as never), 7))
  const answer: Answer = { kind: 'list', endpoint, entries, revision: 9, continue: '', remaining: undefined }
  const list = longList({ answer, form: jsonForm }, 0)
  for (const size of [1, 7, 64, 1000, list?.length ?? 0]) {
    const into = Buffer.alloc(size)
    let text = ''
    for (const piece of list?.pieces(into) ?? []) text += piece.toString()
    expect(text).toHaveLength(list?.length ?? -1)
    const { items, ...rest } = JSON.parse(text) as { items: { metadata: { name: string } }[] }
    expect(rest).toEqual({ kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '9' } })
    expect(items).toEqual(objects)
  }
})

test('a short list, and one in another form, is no long one', () => {
  const answer: Answer = { kind: 'list', endpoint, entries: [], revision: 9, continue: '', remaining: undefined }
  expect(longList({ answer, form: jsonForm }, 1000)).toBeUndefined()
  expect(longList({ answer, form: { ...jsonForm, media: 'protobuf' } }, 0)).toBeUndefined()
})

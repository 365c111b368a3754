import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Field, FieldType, MessageType } from '../schema/schema.ts'
import { decodeCbor, encodeCbor } from './cbor.ts'
import { type MediaType, readBody, strictDecodingError, writeBody } from './codec.ts'
import { flatten, type Json, normalize } from './decode.ts'
import { allTables, typeById } from './registry.ts'
import { parseYaml, writeYaml } from './yaml.ts'

/** Random values of a type, a few fields at a time and not deep, as a client may send them. */
function arbitrary(type: FieldType, depth: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'list':
      return fc.array(arbitrary(type.of, depth), { maxLength: 2 })
    case 'map':
      return fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), arbitrary(type.of, depth), { maxKeys: 2 })
    case 'message':
      return objectOf(typeById(type.name), depth - 1)
    case 'scalar':
      return scalars[type.name]()
  }
}
const text = () => fc.string({ unit: 'grapheme', maxLength: 6 })
const number = (min: number, max: number) => () => fc.integer({ min, max })
const time = fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }).map((d) => d.toISOString())
const json = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.oneof(fc.integer(), fc.boolean(), text(), fc.constant([1, { a: null }])), {
  maxKeys: 2,
})
const scalars: Record<(FieldType & { kind: 'scalar' })['name'], () => fc.Arbitrary<unknown>> = {
  string: text,
  bool: fc.boolean,
  int32: number(-(2 ** 31), 2 ** 31 - 1),
  int64: number(-(2 ** 53) + 1, 2 ** 53 - 1),
  uint32: number(0, 2 ** 32 - 1),
  uint64: number(0, 2 ** 53 - 1),
  double: () => fc.double({ noNaN: true, noDefaultInfinity: true }).map((d) => d + 0),
  float: number(-1000, 1000),
  bytes: () => fc.uint8Array({ maxLength: 5 }).map((b) => Buffer.from(b).toString('base64')),
  Time: () => time.map((t) => `${t.slice(0, 19)}Z`),
  MicroTime: () => time.map((t) => t.replace('Z', '001Z')),
  Duration: () => fc.constant('1m0s'),
  Quantity: () => fc.constantFrom('1', '100m', '1.5Gi', '0', '-3', '1e3', '1024'),
  IntOrString: () => fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), text()),
  RawExtension: () => json,
  FieldsV1: () => json,
  JSON: () => fc.oneof(json, fc.integer(), text(), fc.boolean()),
}
function objectOf(type: MessageType, depth: number): fc.Arbitrary<unknown> {
  if (type.union) return fc.oneof(...type.fields.map((field) => arbitrary(field.type, depth)))
  if (depth < 0) return fc.constant({})
  const fields = flatten(type)
  return fc
    .subarray(fields, { maxLength: Math.min(6, fields.length) })
    .chain((some) => fc.record(Object.fromEntries(some.map((field) => [field.name, valueOfField(field, depth)]))))
}

/** Protobuf cannot tell an empty list from none, also where JSON can. */
const valueOfField = ({ type, pointer }: Field, depth: number): fc.Arbitrary<unknown> =>
  pointer && type.kind === 'list' ? fc.array(arbitrary(type.of, depth), { minLength: 1, maxLength: 2 }) : arbitrary(type, depth)

const objects = allTables()
  .filter((table) => table.resources.length > 0)
  .flatMap((table) => [...table.types.values()].filter((type) => type.object))
const anyObject = fc.constantFrom(...objects).chain((type) =>
  objectOf(type, 6).map((value) => ({
    type,
    object: normalize(type, { kind: type.name, apiVersion: 'g/v', ...(value as Json) }).object,
  })),
)

describe.each<MediaType>(['json', 'yaml', 'protobuf', 'cbor'])('%s', (media) => {
  test('what is written is read again', () => {
    fc.assert(
      fc.property(anyObject, ({ type, object }) => {
        const body = readBody(media, writeBody(media, object, type))
        expect(body).toMatchObject({ kind: type.name, apiVersion: 'g/v' })
        expect(body.decode(type)).toMatchObject({ object, strict: [] })
      }),
      { numRuns: 400 },
    )
  })
})

test('bytes of strangers are refused or read, and never break anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom<MediaType>('json', 'protobuf', 'cbor', 'yaml'), (bytes, media) => {
      const sent = media === 'protobuf' ? Buffer.concat([Buffer.from('k8s\0'), bytes]) : bytes
      try {
        readBody(media, sent).decode(typeById('core.v1.Pod'))
      } catch (error) {
        expect((error as Error).name).toBe('DecodeError')
      }
    }),
    { numRuns: 2000 },
  )
})

describe('YAML is read as Go reads it', () => {
  test.each<[string, unknown]>([
    ['a: yes\nb: off\nc: y\nn: 1', { a: true, b: false, c: true, false: 1 }],
    ['a: 0777\nb: 0x1F\nc: 0b11\nd: 1_000\ne: 08', { a: 511, b: 31, c: 3, d: 1000, e: 8 }],
    ['a: 1e3\nb: 1.5\nc: 1:30\nd: .5', { a: 1000, b: 1.5, c: '1:30', d: 0.5 }],
    ['a: 2020-01-01\nb: 2020-01-01T00:00:00Z', { a: '2020-01-01', b: '2020-01-01T00:00:00Z' }],
    ['a: ~\nb:\n1: x', { a: null, b: null, 1: 'x' }],
    ['a: &x {k: 1}\nb:\n  <<: *x\n  l: 2', { a: { k: 1 }, b: { k: 1, l: 2 } }],
    ['a: 1\n---\na: 2', { a: 1 }],
    ['', null],
  ])('%j', (source, value) => {
    expect(parseYaml(source).value).toEqual(value)
  })
  test('a key given twice is named with its line', () => {
    const { value, duplicates } = parseYaml('data:\n  k: "1"\n  k: "2"\n')
    expect(value).toEqual({ data: { k: '2' } })
    expect(strictDecodingError([...duplicates, 'unknown field "x"'])).toBe(
      'strict decoding error: yaml: unmarshal errors:\n  line 3: key "k" already set in map, unknown field "x"',
    )
  })
  test.each([
    ['a: b: c', 'yaml: mapping values are not allowed in this context'],
    [
      `${'a: &a0 [x,x,x,x,x,x,x,x,x,x]\n'}${Array.from({ length: 9 }, (_, i) => `b${i}: &a${i + 1} [${Array(10).fill(`*a${i}`).join()}]`).join('\n')}`,
      'yaml: document contains excessive aliasing',
    ],
    ['a: .nan', 'json: unsupported value: .nan'],
  ])('%.12j is refused', (source, message) => {
    expect(() => parseYaml(source)).toThrow(expect.objectContaining({ name: 'DecodeError', message }))
  })
})

describe('YAML is written as kubectl writes it', () => {
  const words = (count: number) => Array.from({ length: count }, (_, i) => `word${i}`).join(' ')
  test.each<[unknown, string]>([
    [{ b: [{ x: 1, a: [] }], a: {} }, 'a: {}\nb:\n- a: []\n  x: 1\n'],
    [
      { a: 'yes', b: '1', c: '', d: '0777', e: 'null', f: '1:30', g: '2020-01-01' },
      'a: "yes"\nb: "1"\nc: ""\nd: "0777"\ne: "null"\nf: "1:30"\ng: "2020-01-01"\n',
    ],
    [
      { a: 'a: b', b: 'a:b', c: '- x', d: '-x', e: "it's", f: '*', g: ' a' },
      "a: 'a: b'\nb: a:b\nc: '- x'\nd: -x\ne: it's\nf: '*'\ng: ' a'\n",
    ],
    [
      { a: 'l1\nl2\n', b: 'l1\n\nl2', c: 'x\n\n', d: '  x\ny' },
      'a: |\n  l1\n  l2\nb: |-\n  l1\n\n  l2\nc: |+\n  x\n\nd: |2-\n    x\n  y\n',
    ],
    [{ a: 'a\tb', b: '😀', c: 'ü' }, 'a: "a\\tb"\nb: "\\U0001F600"\nc: ü\n'],
    [{ a10: 1, a9: 1, A: 1, 'a-b': 1, n: null, t: true, y: 1 }, 'A: 1\na-b: 1\na9: 1\na10: 1\n"n": null\nt: true\n"y": 1\n'],
    [{ k: words(16) }, `k: ${words(13)}\n  word13 word14 word15\n`],
    [[], '[]\n'],
  ])('%j', (value, source) => {
    expect(writeYaml(value)).toBe(source)
  })
})

test('CBOR writes text as byte strings, sorted keys and tagged bytes', () => {
  const bytes = encodeCbor({ kind: 'Secret', data: { b: 'AQI=', a: '' } }, typeById('core.v1.Secret'))
  expect(bytes.toString('hex')).toBe('d9d9f7a24464617461a24161d6404162d642010244' + '6b696e64' + '46536563726574')
  expect(decodeCbor(bytes)).toEqual({ kind: 'Secret', data: { a: '', b: 'AQI=' } })
  expect(decodeCbor(Buffer.from('bf6161f97c00616283f5f6fb3ff8000000000000ff', 'hex'))).toEqual({
    a: Number.POSITIVE_INFINITY,
    b: [true, null, 1.5],
  })
})

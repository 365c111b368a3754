import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { typeById } from '../api/registry.ts'
import { createCodecs, ProtobufError } from './protobuf.ts'
import { parseTable } from './schema.ts'

const demo = parseTable(
  'demo.v1',
  `
package demo.v1

type Everything
  1 text    string
  2 flag    bool
  3 small   int32
  4 big     int64
  5 huge    uint64
  6 raw     bytes
  7 numbers []int32
  8 names   []string
  9 labels  map[string]string
 10 child   Everything
 11 given   int32?
 12 left    int64 oneof(side)
 13 right   string oneof(side)
 14 byNumber map[int32]string
 15 ratio   double
 16 part    float
 17 unsigned uint32
  2000 far  string
`,
)
const plain = createCodecs({ form: 'proto3', resolve: (id) => demo.types.get(id.slice(8))! })('demo.v1.Everything')
const kubernetes = createCodecs({ form: 'json', resolve: typeById })
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const unhex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('proto3', () => {
  test.each<[string, object, string]>([
    ['a string', { text: 'hi' }, '0a 02 6869'],
    ['zeros are left out', { text: '', flag: false, small: 0, big: 0, raw: new Uint8Array(0), numbers: [], labels: {} }, ''],
    ['a negative int32 takes ten bytes', { small: -1 }, '18 ffffffffffffffffff01'],
    ['a negative int64', { big: -2 }, '20 feffffffffffffffff01'],
    ['the largest uint64', { huge: 18446744073709551615n }, '28 ffffffffffffffffff01'],
    ['numbers are packed', { numbers: [1, 300] }, '3a 03 01ac02'],
    ['strings are not', { names: ['a', ''] }, '42 01 61 42 00'],
    ['a map entry', { labels: { a: 'b' } }, '4a 06 0a0161 120162'],
    ['a map keyed by number', { byNumber: { 7: 'x' } }, '72 05 0807 120178'],
    ['an empty message', { child: {} }, '52 00'],
    ['a pointer keeps its zero', { given: 0 }, '58 00'],
    ['a oneof member keeps its zero', { left: 0 }, '60 00'],
    ['a double', { ratio: 1.5 }, '79 000000000000f83f'],
    ['a field number above 1000', { far: 'y' }, '827d 01 79'],
  ])('%s', (_, value, bytes) => {
    expect(hex(plain.encode(value))).toBe(bytes.replaceAll(' ', ''))
    const again = plain.decode(unhex(bytes)) as Record<string, unknown>
    for (const [name, given] of Object.entries(value)) {
      const back = name === 'child' ? {} : again[name]
      expect(back instanceof Uint8Array ? [...back] : back).toEqual(given instanceof Uint8Array ? [...given] : given)
    }
  })

  test('what was not sent has its zero; messages, pointers and oneof members are absent', () => {
    const empty = plain.decode(new Uint8Array(0)) as Record<string, unknown>
    expect(empty).toMatchObject({ text: '', flag: false, big: 0, numbers: [], labels: {} })
    expect(['child', 'given', 'left', 'right'].filter((name) => name in empty)).toEqual([])
  })

  test('lists are read packed and unpacked, mixed', () => {
    expect(plain.decode(unhex('38 01 3a 02 0203 38 04'))).toMatchObject({ numbers: [1, 2, 3, 4] })
  })

  test('unknown fields of every wire type, groups included, are skipped', () => {
    expect(plain.decode(unhex('c03e 05  c13e 0000000000000000  c23e 01 00  c53e 00000000  c33e 0801 c43e  0a 01 61'))).toMatchObject({
      text: 'a',
    })
  })

  test('a key named __proto__ is a key', () => {
    const back = plain.decode(plain.encode({ labels: JSON.parse('{"__proto__": "x"}') })) as { labels: object }
    expect(Object.keys(back.labels)).toEqual(['__proto__'])
  })

  test('any value comes back', () => {
    const value = fc.record({
      text: fc.string({ unit: 'grapheme', maxLength: 300 }),
      big: fc.maxSafeInteger(),
      small: fc.integer(),
      huge: fc.maxSafeNat(),
      unsigned: fc.nat(),
      numbers: fc.array(fc.integer()),
      names: fc.array(fc.string()),
      labels: fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })),
      ratio: fc.double({ noNaN: true }),
    })
    fc.assert(
      fc.property(value, value, (outer, child) => {
        const back = plain.decode(plain.encode({ ...outer, child })) as Record<string, unknown>
        expect(back).toMatchObject(outer)
        expect(back['child']).toMatchObject(child)
      }),
      { numRuns: 300 },
    )
  })
})

describe('bytes that are no message', () => {
  test.each([
    ['cut in a varint', '20 ff'],
    ['a length beyond the end', '0a 05 61'],
    ['a varint of eleven bytes', '20 ffffffffffffffffffffff01'],
    ['a child that ends inside a field', '52 02 0a05 61616161'],
    ['field number 0', '00 01'],
    ['wire type 7', 'c73e'],
    ['a group that never ends', 'c33e 0801'],
    ['broken UTF-8', '0a 02 c328'],
  ])('%s', (_, bytes) => {
    expect(() => plain.decode(unhex(bytes))).toThrow(ProtobufError)
  })

  test('nested deeper than the limit', () => {
    let value: object = {}
    for (let i = 0; i < 99; i++) value = { child: value }
    expect(plain.decode(plain.encode(value))).toMatchObject({})
    expect(() => plain.encode({ child: { child: value } })).toThrow(/nested deeper than 100/)
    // 200 lengths, each the size of what follows it.
    let bytes = Buffer.alloc(0)
    const wrap = (inner: Buffer) =>
      Buffer.concat([
        unhex('52'),
        inner.length < 128 ? Buffer.from([inner.length]) : Buffer.from([(inner.length & 127) | 128, inner.length >> 7]),
        inner,
      ])
    for (let i = 0; i < 200; i++) bytes = wrap(bytes)
    expect(() => plain.decode(bytes)).toThrow(/nested deeper than 100/)
  })

  test('random bytes give an object or a ProtobufError, never another error', () => {
    const pod = kubernetes('core.v1.Pod')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const codec of [plain, pod]) {
          try {
            codec.decode(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(ProtobufError)
          }
        }
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['a number for a string', { text: 5 }],
    ['a fraction for an integer', { small: 1.5 }],
    ['text for bytes', { raw: 'x' }],
    ['text for a list', { names: 'x' }],
    ['text for a message', { child: 'x' }],
  ])('encoding %s is refused', (_, value) => {
    expect(() => plain.encode(value)).toThrow(ProtobufError)
  })
})

describe('Kubernetes', () => {
  const pod = {
    metadata: {
      name: 'web',
      namespace: 'default',
      labels: { app: 'web' },
      creationTimestamp: '2026-11-21T08:00:00Z',
      managedFields: [
        {
          manager: 'kubectl',
          operation: 'Apply',
          apiVersion: 'v1',
          time: '2026-11-21T08:00:00Z',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:spec': {} },
        },
      ],
    },
    spec: {
      volumes: [{ name: 'scratch', emptyDir: {} }],
      containers: [
        {
          name: 'web',
          image: 'nginx',
          ports: [{ containerPort: 80 }],
          resources: { limits: { cpu: '500m' } },
          livenessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 10 },
          readinessProbe: { tcpSocket: { port: 8080 } },
        },
      ],
      terminationGracePeriodSeconds: 30,
    },
    status: { phase: 'Pending' },
  }

  test('a pod comes back as it was, its embedded structs flat', () => {
    const codec = kubernetes('core.v1.Pod')
    expect(codec.decode(codec.encode(pod))).toMatchObject(pod)
  })

  test.each<[string, string, object, string]>([
    ['a string value of IntOrString', 'core.v1.TCPSocketAction', { port: 'http' }, '0a 0a 0801 1000 1a04 68747470'],
    ['bytes are base64', 'core.v1.Secret', { data: { k: 'aGk=' } }, '12 07 0a016b 12026869'],
    ['an embedded struct is a message', 'core.v1.Volume', { name: 'v', emptyDir: {} }, '0a0176 12 02 1200'],
    ['a list behind items', 'authentication.v1.UserInfo', { extra: { a: ['b'] } }, '22 08 0a0161 1203 0a0162'],
    ['a time of microseconds', 'coordination.v1.LeaseSpec', { renewTime: '1970-01-01T00:00:01.000002Z' }, '22 05 0801 10d00f'],
  ])('%s', (_, type, value, bytes) => {
    expect(hex(kubernetes(type).encode(value))).toBe(bytes.replaceAll(' ', ''))
    expect(kubernetes(type).decode(unhex(bytes))).toEqual(value)
  })

  test('zeros that Go writes are left out where omitempty leaves them out, and a zero time is no time', () => {
    // name "", generateName "", creationTimestamp {}, generation 0, as gogo writes them.
    expect(kubernetes('meta.v1.ObjectMeta').decode(unhex('0a00 1200 3800 4200 5800'))).not.toHaveProperty('name')
    expect(kubernetes('meta.v1.ObjectMeta').decode(unhex('0a00 1200 3800 4200'))).toEqual({})
  })

  test.each([
    [{ type: 'object', properties: { a: { type: 'string', default: 'x' } }, additionalProperties: false }],
    [{ items: { type: 'string' }, additionalProperties: { type: 'integer' } }],
    [{ items: [{ type: 'string' }], enum: ['a', 1, null] }],
  ])('the shapes of a JSON schema: %j', (schema) => {
    const codec = kubernetes('apiextensions.v1.JSONSchemaProps')
    expect(codec.decode(codec.encode(schema))).toEqual(schema)
  })

  test('an object nested as protobuf stays bytes', () => {
    const nested = Buffer.from('k8s\0rest')
    const codec = kubernetes('meta.v1.WatchEvent')
    expect(codec.decode(codec.encode({ type: 'ADDED', object: nested }))).toEqual({ type: 'ADDED', object: nested })
  })

  test('a time that is none is refused', () => {
    expect(() => kubernetes('meta.v1.ObjectMeta').encode({ creationTimestamp: 'yesterday' })).toThrow(ProtobufError)
  })
})

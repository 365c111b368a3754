/** What the API server says of custom resources, as an upstream one answered: pruning, defaults, validation and rules. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JSONSchemaProps } from '../types/apiextensions-v1.ts'
import { causeMessage, type FieldError } from '../validation/field-error.ts'
import { applyDefaults, compileSchema, fieldSetSchema, prune, validate, validateExpressions, validateStatus } from './index.ts'

const spec = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}) =>
  compileSchema({ type: 'object', properties: { spec: { type: 'object', properties, ...more } } })
const shown = (errors: readonly FieldError[]) => errors.map((e) => `${e.field}: ${causeMessage(e)}`)
const int: JSONSchemaProps = { type: 'integer' }
const text: JSONSchemaProps = { type: 'string' }

describe('wrong values', () => {
  const schema = spec({
    n: { ...int, maximum: 5 },
    l: { type: 'array', items: { type: 'object', properties: { n: int } } },
    m: { type: 'object', additionalProperties: text },
    b: { type: 'boolean' },
    p: { 'x-kubernetes-int-or-string': true },
    e: { ...text, enum: ['a', 'b'] },
    s: { ...text, maxLength: 3, minLength: 2, pattern: '^a' },
    d: { ...text, format: 'date' },
    set: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
    map: {
      type: 'array',
      items: { type: 'object', properties: { k: text, v: text } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
    },
  })
  test.each<[unknown, string[]]>([
    [[], ['spec: Invalid value: "array": spec in body must be of type object: "array"']],
    [{ l: { a: 1 } }, ['spec.l: Invalid value: "object": spec.l in body must be of type array: "object"']],
    [
      { l: [{ n: 's' }, { n: true }] },
      [
        'spec.l[0].n: Invalid value: "string": spec.l[0].n in body must be of type integer: "string"',
        'spec.l[1].n: Invalid value: "boolean": spec.l[1].n in body must be of type integer: "boolean"',
      ],
    ],
    [{ m: { k: 5 } }, ['spec.m.k: Invalid value: "integer": spec.m.k in body must be of type string: "integer"']],
    [{ b: 'true' }, ['spec.b: Invalid value: "string": spec.b in body must be of type boolean: "string"']],
    [{ b: null }, ['spec.b: Invalid value: "null": spec.b in body must be of type boolean: "null"']],
    [{ n: 6 }, ['spec.n: Invalid value: 6: spec.n in body should be less than or equal to 5']],
    [{ n: 1.5 }, ['spec.n: Invalid value: "number": spec.n in body must be of type integer: "number"']],
    [{ p: true }, ['spec.p: Invalid value: "boolean": spec.p in body must be of type integer,string: "boolean"']],
    [{ p: '5%' }, []],
    [{ e: 'c' }, ['spec.e: Unsupported value: "c": supported values: "a", "b"']],
    [{ s: 'abcd' }, ['spec.s: Too long: may not be more than 3 bytes']],
    [{ s: 'a' }, ['spec.s: Invalid value: "a": spec.s in body should be at least 2 chars long']],
    [{ s: 'ba' }, ['spec.s: Invalid value: "ba": spec.s in body should match \'^a\'']],
    [{ s: 'a😀😀' }, []],
    [{ d: '2026-02-30' }, ['spec.d: Invalid value: "2026-02-30": spec.d in body must be of type date: "2026-02-30"']],
    [{ set: ['x', 'y', 'x'] }, ['spec.set[2]: Duplicate value: "x"']],
    [{ map: [{ k: 'a' }, { k: 'a', v: '1' }] }, ['spec.map[1]: Duplicate value: {"k":"a"}']],
  ])('%j', (value, errors) => {
    expect(shown(validate(schema, { spec: value }))).toEqual(errors)
  })

  test('the status subresource names its fields from the status on', () => {
    const status = compileSchema({ type: 'object', properties: { status: { type: 'object', properties: { replicas: int } } } })
    expect(shown(validateStatus(status, { status: { replicas: 'x' } }, {}))).toEqual([
      'status.replicas: Invalid value: "string": replicas in body must be of type integer: "string"',
    ])
  })
})

test.each<[unknown, string[]]>([
  [{ x: 1 }, []],
  [{ x: 1, y: 's' }, ['<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives']],
  [{}, ['<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid', 'spec.x: Required value']],
  [{ x: 1, z: 1 }, ['<nil>: Invalid value: "": "spec" must not validate the schema (not)']],
])('alternatives: %j', (value, errors) => {
  const schema = spec({ x: int, y: text, z: int }, { oneOf: [{ required: ['x'] }, { required: ['y'] }], not: { required: ['z'] } })
  expect(shown(validate(schema, { spec: value }))).toEqual(errors)
})

test('embedded resources need a type, and their metadata is read as that of any object', () => {
  const schema = spec({ pod: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true } })
  const errors = (pod: unknown) => shown(validate(schema, { spec: { pod } }))
  expect(errors({ spec: {} })).toEqual(['spec.pod.apiVersion: Required value', 'spec.pod.kind: Required value'])
  expect(errors({ apiVersion: 'a/b/c', kind: 'Thing' })).toEqual([
    'spec.pod.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
  ])
  expect(prune(schema, { spec: { pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', unknown: 1 }, x: 1 } } })).toEqual({
    object: { spec: { pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, x: 1 } } },
    unknown: ['spec.pod.metadata.unknown'],
  })
})

test('of stored embedded resources what cannot be read is dropped, and of sent ones refused', () => {
  const schema = spec({ pod: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true } })
  const object = { spec: { pod: { apiVersion: 1, kind: 'Pod', metadata: { name: 'p', labels: { a: 1 } } } } }
  expect(prune(schema, object, { dropInvalid: true }).object).toEqual({ spec: { pod: { kind: 'Pod', metadata: { name: 'p' } } } })
  expect(() => prune(schema, object)).toThrow('spec.pod.apiVersion: Invalid value: 1: must be a string')
  const fine = { spec: { pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: { a: 'b' } } } } }
  expect(prune(schema, fine).object).toBe(fine)
})

test('an update lets through what was wrong before', () => {
  const schema = spec({ n: { ...int, maximum: 5 }, other: text })
  expect(validate(schema, { spec: { n: 9, other: 'new' } }, { spec: { n: 9 } })).toEqual([])
  expect(validate(schema, { spec: { n: 8 } }, { spec: { n: 9 } })).toHaveLength(1)
})

test('unknown fields go and are named', () => {
  const schema = spec({ a: text, list: { type: 'array', items: { type: 'object', properties: { b: text } } } })
  const object = { apiVersion: 'g/v1', kind: 'K', metadata: { name: 'x' }, spec: { a: '1', c: 1, list: [{ b: '', d: {} }] } }
  expect(prune(schema, object)).toEqual({
    object: { apiVersion: 'g/v1', kind: 'K', metadata: { name: 'x' }, spec: { a: '1', list: [{ b: '' }] } },
    unknown: ['spec.c', 'spec.list[0].d'],
  })
  expect(object.spec.c).toBe(1)
})

test('defaults stand in for what is absent, and for null where null is no value', () => {
  const schema = spec({ a: { ...text, default: 'x' }, b: { ...text, nullable: true, default: 'x' }, c: text })
  expect(prune(schema, applyDefaults(schema, { spec: { a: null, b: null, c: null } })).object).toEqual({ spec: { a: 'x', b: null } })
  expect(applyDefaults(schema, { spec: {} })).toEqual({ spec: { a: 'x', b: 'x' } })
})

describe('rules', () => {
  const schema = spec(
    {
      min: int,
      max: int,
      tag: text,
      fixed: { ...text, 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed is immutable' }] },
      list: { type: 'array', items: { ...text, 'x-kubernetes-validations': [{ rule: 'self != "bad"' }] } },
    },
    {
      'x-kubernetes-validations': [
        { rule: 'self.min <= self.max', message: 'min must not exceed max' },
        { rule: 'self.min != 13' },
        {
          rule: "!has(self.tag) || self.tag != 'x'",
          messageExpression: '"tag was " + self.tag',
          reason: 'FieldValueForbidden',
          fieldPath: '.tag',
        },
      ],
    },
  )
  test.each<[unknown, string[]]>([
    [{ min: 1, max: 2 }, []],
    [{ min: 5, max: 3, tag: 'x' }, ['spec: Invalid value: min must not exceed max', 'spec.tag: Forbidden: tag was x']],
    [
      { min: 13, max: 14, list: ['ok', 'bad'] },
      ['spec: Invalid value: failed rule: self.min != 13', 'spec.list[1]: Invalid value: "bad": failed rule: self != "bad"'],
    ],
    [{ min: 1 }, ['spec: Invalid value: no such key: max evaluating rule: min must not exceed max']],
  ])('%j', (value, errors) => {
    expect(shown(validateExpressions(schema, { spec: value }))).toEqual(errors)
  })
  test('a rule that names oldSelf is about changes', () => {
    const at = (fixed: string) => ({ spec: { min: 1, max: 2, fixed } })
    expect(validateExpressions(schema, at('a'))).toEqual([])
    expect(shown(validateExpressions(schema, at('b'), at('a')))).toEqual(['spec.fixed: Invalid value: "b": fixed is immutable'])
  })
})

describe('what rules see', () => {
  const list = (items: JSONSchemaProps, type: string, keys?: string[]): JSONSchemaProps => ({
    type: 'array',
    items,
    'x-kubernetes-list-type': type,
    ...(keys ? { 'x-kubernetes-list-map-keys': keys } : {}),
  })
  const item: JSONSchemaProps = { type: 'object', properties: { k: text, v: int } }
  const properties: Record<string, JSONSchemaProps> = {
    set: list(text, 'set'),
    map: list(item, 'map', ['k']),
    atomic: { type: 'array', items: text },
    number: { type: 'number' },
    intOrString: { 'x-kubernetes-int-or-string': true },
    when: { ...text, format: 'date-time' },
    day: { ...text, format: 'date' },
    wait: { ...text, format: 'duration' },
    bytes: { ...text, format: 'byte' },
    'a.b-c/d': text,
    in: text,
    __x: text,
    labels: { type: 'object', additionalProperties: text },
    open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    pod: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  }
  const value = {
    set: ['a', 'b'],
    map: [
      { k: 'a', v: 1 },
      { k: 'b', v: 2 },
    ],
    atomic: ['a', 'b'],
    number: 3,
    intOrString: 5,
    when: '2026-01-02T03:04:05Z',
    day: '2026-01-02',
    wait: '90s',
    bytes: 'aGk=',
    'a.b-c/d': 'escaped',
    in: 'reserved',
    __x: 'underscores',
    labels: { 'x/y': 'z' },
    open: { any: 1 },
    pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } },
  }
  const old = { set: ['b', 'a'], map: [...value.map].reverse(), atomic: ['b', 'a'] }
  test.each(
    `self.spec.set == ['b', 'a']
    self.spec.set == oldSelf.spec.set && self.spec.map == oldSelf.spec.map
    self.spec.atomic != oldSelf.spec.atomic
    self.spec.set + ['b', 'c'] == ['c', 'b', 'a']
    (self.spec.map + oldSelf.spec.map).size() == 2
    self.spec.map.map(m, m.v) == [1, 2]
    self.spec.number == 3.0 && type(self.spec.number) == double
    type(self.spec.intOrString) == int && self.spec.intOrString == 5
    self.spec.when.getFullYear() == 2026 && self.spec.day < self.spec.when
    self.spec.wait == duration('1m30s')
    self.spec.bytes == b'hi'
    self.spec.a__dot__b__dash__c__slash__d == 'escaped'
    self.spec.__in__ == 'reserved' && self.spec.__underscores__x == 'underscores'
    has(self.spec.a__dot__b__dash__c__slash__d) && !has(oldSelf.spec.__in__)
    self.spec.labels['x/y'] == 'z' && 'x/y' in self.spec.labels && self.spec.labels.all(k, k.contains('/'))
    self.spec.pod.kind == 'Pod' && self.spec.pod.metadata.name == 'p'
    self.metadata.name == 'x' && self.kind == 'K' && self.apiVersion == 'g/v1'
    self.spec == self.spec && self.spec != oldSelf.spec`
      .split('\n')
      .map((rule) => rule.trim()),
  )('%s', (rule) => {
    const schema = compileSchema({
      type: 'object',
      properties: { spec: { type: 'object', properties } },
      'x-kubernetes-validations': [{ rule }],
    })
    const object = (spec: object) => ({ apiVersion: 'g/v1', kind: 'K', metadata: { name: 'x' }, spec })
    expect(shown(validateExpressions(schema, object(value), object(old)))).toEqual([])
  })

  test('old items are found by their keys, and only by these', () => {
    const rule = [{ rule: 'self.v >= oldSelf.v' }]
    const schema = spec({ map: list({ ...item, 'x-kubernetes-validations': rule }, 'map', ['k']) })
    const of = (...map: [string, number][]) => ({ spec: { map: map.map(([k, v]) => ({ k, v })) } })
    expect(shown(validateExpressions(schema, of(['b', 1], ['new', 0], ['a', 3]), of(['a', 2], ['b', 2])))).toEqual([
      'spec.map[0]: Invalid value: failed rule: self.v >= oldSelf.v',
    ])
  })

  test('a rule with optionalOldSelf also holds for what is new', () => {
    const validations = [{ rule: "self == oldSelf.orValue('first')", optionalOldSelf: true }]
    const schema = spec({ a: { ...text, 'x-kubernetes-validations': validations } })
    const at = (a: string) => ({ spec: { a } })
    expect(validateExpressions(schema, at('first'))).toEqual([])
    expect(validateExpressions(schema, at('other'))).toHaveLength(1)
    expect(validateExpressions(schema, at('kept'), at('kept'))).toEqual([])
  })

  test('what unchanged values break is a warning', () => {
    const schema = spec({ a: { ...text, 'x-kubernetes-validations': [{ rule: "self != 'bad'" }] }, b: text })
    const warned: FieldError[] = []
    const errors = validateExpressions(schema, { spec: { a: 'bad', b: '2' } }, { spec: { a: 'bad', b: '1' } }, (e) => warned.push(e))
    expect(errors).toEqual([])
    expect(shown(warned)).toEqual([`spec.a: Invalid value: "bad": failed rule: self != 'bad'`])
  })

  test('so is what items break of a list that stands unchanged', () => {
    const items = { type: 'array', items: { ...text, 'x-kubernetes-validations': [{ rule: "self != 'bad'" }] } }
    const schema = spec({ items, b: text })
    const at = (b: string, ...list: string[]) => ({ spec: { b, items: list } })
    expect(validateExpressions(schema, at('2', 'bad'), at('1', 'bad'))).toEqual([])
    expect(validateExpressions(schema, at('1', 'bad', 'new'), at('1', 'bad'))).toHaveLength(1)
  })

  test('all rules of an object together end when their budget is spent', () => {
    const validations = [{ rule: `!self.contains('${'x'.repeat(900)}')` }]
    const items = { type: 'array', items: { ...text, 'x-kubernetes-validations': validations } }
    const errors = shown(validateExpressions(spec({ items }), { spec: { items: new Array(13).fill('a'.repeat(100_000)) } }))
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatch('validation failed due to running out of cost budget, no further validation rules will be run')
  })
})

test('null in an enumeration is a value where null is one', () => {
  const schema = spec({ a: { ...text, nullable: true, enum: ['x', null] }, b: { ...text, nullable: true, enum: ['x'] } })
  expect(shown(validate(schema, { spec: { a: null, b: null } }))).toEqual(['spec.b: Unsupported value: null: supported values: "x"'])
})

test('alternatives in alternatives tell what each of them lacks, once', () => {
  const anyOf = [{ type: 'integer' }, { type: 'string' }]
  const schema = spec({ p: { nullable: true, 'x-kubernetes-int-or-string': true, allOf: [{ anyOf }] } })
  expect(validate(schema, { spec: { p: null } })).toEqual([])
  expect(shown(validate(schema, { spec: { p: 1.2 } }))).toEqual([
    'spec.p: Invalid value: "number": spec.p in body must be of type integer,string: "number"',
    '<nil>: Invalid value: "": "spec.p" must validate at least one schema (anyOf)',
    'spec.p: Invalid value: "number": spec.p in body must be of type integer: "number"',
    '<nil>: Invalid value: "": "spec.p" must validate all the schemas (allOf). None validated',
  ])
})

describe('any object, whatever the schema', () => {
  const names = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'metadata', 'kind')
  const { node } = fc.letrec<{ node: JSONSchemaProps }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<JSONSchemaProps>(
        int,
        { ...text, default: 'd' },
        { ...text, nullable: true, maxLength: 2 },
        { type: 'boolean' },
        { 'x-kubernetes-int-or-string': true },
      ),
      fc
        .record({
          properties: fc.dictionary(names, tie('node'), { maxKeys: 3 }),
          preserve: fc.boolean(),
          embedded: fc.boolean(),
          wanted: fc.array(names, { maxLength: 1 }),
        })
        .map(({ properties, preserve, embedded, wanted }) => ({
          type: 'object',
          properties,
          required: wanted,
          ...(preserve ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
          ...(embedded ? { 'x-kubernetes-embedded-resource': true } : {}),
        })),
      tie('node').map((items) => ({ type: 'array', items, 'x-kubernetes-list-type': 'set' })),
      tie('node').map((additionalProperties) => ({ type: 'object', additionalProperties, maxProperties: 2 })),
      tie('node').map((some) => ({ ...some, anyOf: [{ minProperties: 1 }, { maxLength: 1 }], not: { required: ['c'] } })),
    ),
  }))
  const value = fc.object({
    key: names,
    maxDepth: 3,
    maxKeys: 3,
    values: [fc.string({ maxLength: 3 }), fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null)],
  })

  test('is left alone, comes out the same a second time, and is answered without a failure', () => {
    fc.assert(
      fc.property(node, value, value, (spec, object, old) => {
        const schema = compileSchema({ type: 'object', properties: { spec } })
        const given = { spec: object }
        const before = structuredClone(given)
        const filled = applyDefaults(schema, given)
        expect(applyDefaults(schema, filled)).toBe(filled)
        const once = prune(schema, filled, { dropInvalid: true }).object
        expect(given).toEqual(before)
        const again = prune(schema, once, { dropInvalid: true })
        expect(again.object).toEqual(once)
        expect(again.unknown).toEqual([])
        // What stands unchanged is let through, apart from what embedded resources owe.
        const kept = validate(schema, once, once).filter((e) => !/must|kind|apiVersion|metadata|may/.test(`${e.field}${e.detail}`))
        expect(kept).toEqual([])
        validate(schema, once, { spec: old })
        fieldSetSchema(schema)
      }),
    )
  })
})

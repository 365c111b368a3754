/** What the API server says of custom resources, as an upstream one answered: pruning, defaults, validation and rules. */
import { describe, expect, test } from 'vitest'
import type { JSONSchemaProps } from '../types/apiextensions-v1.ts'
import { causeMessage, type FieldError } from '../validation/field-error.ts'
import { applyDefaults, compileSchema, prune, validate, validateExpressions, validateStatus } from './index.ts'

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

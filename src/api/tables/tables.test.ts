/** The tables against the models of the official JavaScript client, which are generated from upstream's own OpenAPI. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { FieldType, MessageType } from '../../schema/schema.ts'
import { flatten } from '../decode.ts'
import { generateTypes } from '../generate-types.ts'
import { allTables, typeById } from '../registry.ts'

const models = join(dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node')), 'gen/models')

interface ModelField {
  readonly type: string
  readonly required: boolean
}
type Model = ReadonlyMap<string, ModelField>

function readModel(name: string): Model {
  const declarations = readFileSync(join(models, `${name}.d.ts`), 'utf8')
  const required = new Set([...declarations.matchAll(/^ {4}'([^']+)': /gm)].map((m) => m[1] as string))
  const source = readFileSync(join(models, `${name}.js`), 'utf8')
  const fields = source.matchAll(/"name": "([^"]+)",\s+"baseName": "([^"]+)",\s+"type": "([^"]+)"/g)
  return new Map(
    [...fields].map(([, name, baseName, type]) => [baseName as string, { type: type as string, required: required.has(name as string) }]),
  )
}

/** Groups whose types have names that another group has too carry the group in the model's name. */
const prefixes: Readonly<Record<string, string>> = {
  'admissionregistration.v1': 'Admissionregistration',
  'apiextensions.v1': 'Apiextensions',
  'apiregistration.v1': 'Apiregistration',
  'authentication.v1': 'Authentication',
  'core.v1': 'Core',
  'discovery.v1': 'Discovery',
  'events.v1': 'Events',
  'flowcontrol.v1': 'Flowcontrol',
  'rbac.v1': 'Rbac',
  'resource.v1': 'Resource',
  'storage.v1': 'Storage',
}
/** What the client exports; files beside those are left from older releases. */
const have = new Set([...readFileSync(join(models, 'all.js'), 'utf8').matchAll(/models\/(\w+)\.js'/g)].map((m) => m[1] as string))
function modelName(type: MessageType): string {
  const version = type.table.version === 'v2' ? 'V2' : 'V1'
  const long = `${prefixes[type.table.name] ?? ''}${version}${type.name}`
  return have.has(long) ? long : `${version}${type.name}`
}

function modelType(type: FieldType): string {
  switch (type.kind) {
    case 'list':
      return `Array<${modelType(type.of)}>`
    case 'map':
      return `{ [key: string]: ${modelType(type.of)}; }`
    case 'message': {
      const message = typeById(type.name)
      return message.union
        ? message.fields.length > 1
          ? 'any'
          : modelType((message.fields[0] as { type: FieldType }).type)
        : modelName(message)
    }
    case 'scalar':
      return scalarTypes[type.name] ?? type.name
  }
}
const scalarTypes: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int32: 'number',
  int64: 'number',
  double: 'number',
  bytes: 'string',
  Time: 'Date',
  MicroTime: 'V1MicroTime',
  Quantity: 'string',
  IntOrString: 'IntOrString',
  RawExtension: 'any',
  FieldsV1: 'any',
  JSON: 'any',
}

/** Messages of protobuf only: in JSON their fields are their parent's, or they are no objects. */
const inlined = new Set(
  allTables().flatMap((table) =>
    [...table.types.values()].flatMap((type) =>
      type.fields.filter((f) => f.inline && f.type.kind === 'message').map((f) => (f.type as { name: string }).name),
    ),
  ),
)
const tables = allTables().filter((table) => !table.name.startsWith('runtime'))
const types = tables
  .flatMap((table) => [...table.types.values()])
  .filter((type) => !type.union && (!inlined.has(type.id) || have.has(modelName(type))))

/** Types that the official client has no model for, with the reason. */
const withoutModel: Readonly<Record<string, string>> = {
  'apiextensions.v1.CustomResourceSubresourceStatus': 'an empty object is `any` there',
  'core.v1.RangeAllocation': 'stored by the API server for itself',
  'meta.v1.Patch': 'a body of any form is `any` there',
}
/** Types of groups and versions that are served, which the tables leave out, with the reason. */
const withoutTable: Readonly<Record<string, string>> = {
  V1GroupResource: 'used by storagemigration.k8s.io/v1beta1 only, which is off by default',
}
/** Fields that differ, with the reason. */
const differing: Readonly<Record<string, string>> = {
  'apiextensions.v1.CustomResourceSubresources.status': 'an empty object is `any` there',
}

describe('each type is as in the official client', () => {
  test.each(types.filter((type) => !(type.id in withoutModel)).map((type) => [type.id, type] as const))('%s', (_id, type) => {
    const model = readModel(modelName(type))
    const ours = new Map(flatten(type).map((field) => [field.name, { type: modelType(field.type), required: field.required }]))
    if (type.object) for (const name of ['apiVersion', 'kind']) ours.set(name, { type: 'string', required: false })
    const known = (entries: Iterable<[string, ModelField]>) =>
      Object.fromEntries([...entries].filter(([name]) => !(`${type.id}.${name}` in differing)).sort(([a], [b]) => (a < b ? -1 : 1)))
    expect(known(ours)).toEqual(known(model))
  })
})

test('each model of a served version has a type', () => {
  const named = new Set(types.map(modelName))
  const missing = [...have].filter(
    (name) => /^[A-Za-z]*?V[12][A-Z]/.test(name) && !/V[12](?:alpha|beta)\d/.test(name) && !named.has(name) && !(name in withoutTable),
  )
  expect(missing).toEqual([])
})

test('the TypeScript types are what the tables say', () => {
  const folder = new URL('../types/', import.meta.url)
  const written = new Map(readdirSync(folder).map((file) => [file, readFileSync(new URL(file, folder), 'utf8')]))
  expect(generateTypes()).toEqual(written)
})

test('every type and every field has a doc', () => {
  const bare = allTables().flatMap((table) =>
    [...table.types.values()].flatMap((type) => [
      ...(type.doc ? [] : [type.id]),
      ...type.fields.filter((field) => !field.doc).map((field) => `${type.id}.${field.name}`),
    ]),
  )
  expect(bare).toEqual([])
})

/**
 * The schema of server-side apply (structured-merge-diff's schema package): which values are one thing and which are
 * owned part by part. Built once per type from the tables; for custom resources from their OpenAPI schema; what neither
 * knows is deduced from the value.
 */
import { lazy } from '../../schema/lazy.ts'
import type { Field, FieldType, MessageType } from '../../schema/schema.ts'
import { fieldsOf, isObject, type Json, messageOf } from '../shape.ts'
import { type FieldSet, isEmpty } from './field-set.ts'

export type ApplySchema =
  /** Owned whole: plain values, atomic lists and maps. `go` is the kind a given value is checked against. */
  | { readonly kind: 'leaf'; readonly go: LeafKind; readonly fields?: ReadonlyMap<string, StructField> }
  | { readonly kind: 'struct'; readonly fields: readonly StructField[]; readonly byName: ReadonlyMap<string, StructField> }
  | { readonly kind: 'map'; readonly of: () => ApplySchema }
  /** A list of distinct plain values. */
  | { readonly kind: 'set'; readonly of: () => ApplySchema }
  /** A list whose items are known by the values of `keys`. */
  | { readonly kind: 'items'; readonly of: () => ApplySchema; readonly keys: readonly ListKey[] }
  /** Maps part by part, lists whole. */
  | { readonly kind: 'deduced' }
export type LeafKind = 'string' | 'numeric' | 'boolean' | 'scalar' | 'any' | 'list' | 'map'

export interface StructField {
  readonly name: string
  /** `f:name`: the field in a set. */
  readonly element: string
  readonly schema: () => ApplySchema
  /**
   * What Go writes where the field is not set: structs and fields without omitempty are always there. An object that
   * is created is compared with an empty one, so these are changed, never added.
   */
  readonly empty: unknown
}
export interface ListKey {
  readonly name: string
  /** The key's value where an item has none. */
  readonly default: unknown
}

const leaf = (go: LeafKind): ApplySchema => ({ kind: 'leaf', go })
const anything = leaf('any')
export const deduced: ApplySchema = { kind: 'deduced' }

// ---- built-in types

const full = new WeakMap<MessageType, ApplySchema>()
/** The schema of a type, with kind and apiVersion: what a configuration is checked against. */
export function schemaOf(type: MessageType): ApplySchema {
  const have = full.get(type)
  if (have) return have
  const fields = [...fieldsOf(type).values()].map(structField)
  if (type.object) fields.push(typeMeta('kind'), typeMeta('apiVersion'))
  const made = structOf(fields, type.atomic)
  full.set(type, made)
  return made
}

/** What no manager ever owns (upstream's stripMeta). */
const untracked: ReadonlySet<string> = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
])

const tracked = new WeakMap<ApplySchema, Map<string, ApplySchema>>()
/**
 * The part of an object's schema whose owners are recorded: without kind, apiVersion, the server's metadata and the
 * top fields that a write through this endpoint does not reach (`status`, or `spec` on the status subresource).
 */
export function trackedSchema(schema: ApplySchema, resetFields: readonly string[] = []): ApplySchema {
  if (schema.kind !== 'struct') return schema
  const key = resetFields.join(',')
  let byReset = tracked.get(schema)
  if (!byReset) {
    byReset = new Map()
    tracked.set(schema, byReset)
  }
  const have = byReset.get(key)
  if (have) return have
  const fields = schema.fields
    .filter((f) => f.name !== 'kind' && f.name !== 'apiVersion' && !resetFields.includes(f.name))
    .map((f) => {
      if (f.name !== 'metadata') return f
      let trackedMeta: ApplySchema | undefined
      return {
        ...f,
        schema: () => {
          const meta = f.schema()
          trackedMeta ??=
            meta.kind === 'struct'
              ? structOf(
                  meta.fields.filter((m) => !untracked.has(m.name) && !resetFields.includes(`metadata.${m.name}`)),
                  false,
                )
              : meta
          return trackedMeta
        },
      }
    })
  const made = structOf(fields, false)
  byReset.set(key, made)
  return made
}

function structOf(unsorted: readonly StructField[], atomic: boolean): ApplySchema {
  const fields = [...unsorted].sort((a, b) => (a.name < b.name ? -1 : 1))
  const byName = new Map(fields.map((f) => [f.name, f]))
  // The fields of an atomic struct are checked, but its owner is one.
  return atomic ? { kind: 'leaf', go: 'map', fields: byName } : { kind: 'struct', fields, byName }
}
const typeMeta = (name: string): StructField => ({ name, element: `f:${name}`, schema: () => leaf('string'), empty: undefined })

function structField(field: Field): StructField {
  return {
    name: field.name,
    element: `f:${field.name}`,
    schema: lazy(() => fieldSchema(field, field.type)), // types refer to themselves
    empty: emptyValue(field),
  }
}

function emptyValue(field: Field): unknown {
  const { type, default: value } = field
  if (field.pointer) return undefined
  // Nothing, a zero or an empty struct for a default is how the tables say that a field is always written.
  if (value === null || (Array.isArray(value) && value.length === 0)) return null
  if (value === '' || value === 0 || value === false) return value
  if (type.kind === 'message') return isObject(value) && isEmpty(value as FieldSet) ? {} : field.required ? null : undefined
  if (!field.required || type.kind !== 'scalar') return undefined
  return { Quantity: '0', IntOrString: 0 }[type.name as string]
}

function fieldSchema(field: Field, type: FieldType): ApplySchema {
  switch (type.kind) {
    case 'message': {
      const message = messageOf(type)!
      if (message.union) return anything
      const schema = schemaOf(message)
      if (field.mapType === 'atomic') return leaf('map')
      // A field may be owned part by part though its type is otherwise one thing: a volume's claimRef.
      if (field.mapType === 'granular' && schema.kind === 'leaf' && schema.fields) return structOf([...schema.fields.values()], false)
      return schema
    }
    case 'scalar':
      return scalarSchema(type.name)
    case 'map':
      return field.mapType === 'atomic' ? leaf('map') : { kind: 'map', of: lazy(() => fieldSchema(plain, type.of)) }
    case 'list': {
      const of = lazy(() => fieldSchema(plain, type.of))
      if (field.listType === 'set') return { kind: 'set', of }
      if (field.listType !== 'map') return leaf('list')
      const item = messageOf(type.of)
      const keys = [...(field.listMapKeys ?? [])].sort().map((name) => {
        const key = item && fieldsOf(item).get(name)
        const text = key?.type.kind === 'scalar' && key.type.name === 'string' && !key.pointer
        return { name, default: key?.default ?? (text ? '' : undefined) }
      })
      return { kind: 'items', of, keys }
    }
  }
}
const plain = {} as Field

const scalars: Readonly<Record<string, LeafKind>> = {
  string: 'string',
  bytes: 'string',
  Time: 'scalar',
  MicroTime: 'scalar',
  Duration: 'string',
  Quantity: 'scalar',
  IntOrString: 'scalar',
  bool: 'boolean',
  JSON: 'any',
}
const scalarSchema = (name: string): ApplySchema =>
  name === 'RawExtension' || name === 'FieldsV1' ? deduced : leaf(scalars[name] ?? 'numeric')

// ---- custom resources

const byOpenApi = new WeakMap<object, ApplySchema>()
/** The schema of a custom resource from its structural OpenAPI schema; `metadata` is given, as CRDs do not describe it. */
export function schemaFromOpenApi(openApi: Json | undefined, metadata: MessageType): ApplySchema {
  if (!openApi) return deduced
  const have = byOpenApi.get(openApi)
  if (have) return have
  const root = openApiSchema(openApi)
  const made =
    root.kind === 'struct'
      ? structOf(
          [
            ...root.fields.filter((f) => !['metadata', 'kind', 'apiVersion'].includes(f.name)),
            typeMeta('kind'),
            typeMeta('apiVersion'),
            { name: 'metadata', element: 'f:metadata', schema: () => schemaOf(metadata), empty: {} },
          ],
          false,
        )
      : root
  byOpenApi.set(openApi, made)
  return made
}

function openApiSchema(s: Json): ApplySchema {
  if (s['x-kubernetes-int-or-string']) return leaf('scalar')
  switch (s['type']) {
    case 'object': {
      const properties = isObject(s['properties']) ? s['properties'] : undefined
      const additional = isObject(s['additionalProperties']) ? s['additionalProperties'] : undefined
      if (s['x-kubernetes-map-type'] === 'atomic') return leaf('map')
      if (s['x-kubernetes-preserve-unknown-fields'] && !properties) return deduced
      if (properties && !s['x-kubernetes-preserve-unknown-fields']) {
        const fields = Object.entries(properties).map(([name, property]) => ({
          name,
          element: `f:${name}`,
          schema: lazy(() => openApiSchema(property as Json)),
          empty: undefined,
        }))
        return structOf(fields, false)
      }
      return additional ? { kind: 'map', of: lazy(() => openApiSchema(additional)) } : deduced
    }
    case 'array': {
      const items = (s['items'] ?? {}) as Json
      const of = lazy(() => openApiSchema(items))
      if (s['x-kubernetes-list-type'] === 'set') return { kind: 'set', of }
      if (s['x-kubernetes-list-type'] !== 'map') return leaf('list')
      const properties = (items['properties'] ?? {}) as Record<string, Json>
      const keys = [...((s['x-kubernetes-list-map-keys'] as string[] | undefined) ?? [])]
        .sort()
        .map((name) => ({ name, default: properties[name]?.['default'] }))
      return { kind: 'items', of, keys }
    }
    case 'string':
      return leaf('string')
    case 'boolean':
      return leaf('boolean')
    case 'integer':
    case 'number':
      return leaf('numeric')
    default:
      return s['x-kubernetes-preserve-unknown-fields'] ? deduced : anything
  }
}

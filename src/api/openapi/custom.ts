/**
 * What is published of custom resources (apiextensions' controller/openapi): a document of v3 for each group and version,
 * and their part of v2, which knows less than their schemas say.
 */
import type { Resource } from '../../schema/schema.ts'
import { groupVersion } from '../meta.ts'
import { typeById } from '../registry.ts'
import { isObject, type Json } from '../shape.ts'
import { type Kind, resourcePaths } from './paths.ts'
import { createSchemas, type OpenApiVersion, sorted } from './schemas.ts'

export interface CustomResource {
  readonly resource: Resource
  /** The version's `openAPIV3Schema`; undefined when unknown fields are all kept. */
  readonly schema: Json | undefined
  /** Default: the kind with `List` behind it. */
  readonly listKind?: string
}

/** All custom resources of one group and version in one document of v3. */
export function customDocument(version: string, custom: readonly CustomResource[]): Json {
  const { paths, schemas } = describe('v3', custom)
  return { openapi: '3.0.0', info: { title: 'Kubernetes CRD Swagger', version }, paths: sorted(paths), components: { schemas } }
}

/** What v2 gets of all custom resources. */
export interface CustomSwagger {
  readonly paths: Json
  readonly definitions: Json
}
export function customSwagger(custom: readonly CustomResource[]): CustomSwagger {
  const { paths, schemas } = describe('v2', custom)
  return { paths, definitions: schemas }
}

function describe(version: OpenApiVersion, custom: readonly CustomResource[]): { paths: Json; schemas: Json } {
  const schemas = createSchemas(version)
  const own: Record<string, Json> = {}
  const typeRef = (type: string) => schemas.ref(schemas.add(typeById(type)))
  const metaRef = (type: string) => typeRef(`meta.v1.${type}`)
  const nameOf = (kind: Kind) => `${[...kind.group.split('.').reverse(), kind.version].join('.')}.${kind.kind}`
  /** v2 takes a description beside a reference. */
  const metadata = (type: string, description: string): Json =>
    version === 'v2' ? { ...metaRef(type), description } : { description, allOf: [metaRef(type)] }
  const paths: Record<string, Json> = {}
  for (const { resource, schema, listKind: listName = `${resource.kind}List` } of custom) {
    const kind: Kind = { group: resource.group, version: resource.version, kind: resource.kind }
    const listKind: Kind = { ...kind, kind: listName }
    const objectMeta = metadata('ObjectMeta', 'Name, labels, annotations and bookkeeping of the object.')
    own[nameOf(kind)] = { ...objectSchema(version, schema, kind, objectMeta), 'x-kubernetes-group-version-kind': [kind] }
    own[nameOf(listKind)] = {
      description: `${listKind.kind} is a list of ${resource.kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: { type: 'string' },
        items: { type: 'array', items: schemas.ref(nameOf(kind)) },
        kind: { type: 'string' },
        metadata: metadata('ListMeta', 'Revision of the page and how to ask for the next.'),
      },
      'x-kubernetes-group-version-kind': [listKind],
    }
    const refs = {
      object: (k: Kind) => (k.group === 'autoscaling' ? typeRef('autoscaling.v1.Scale') : schemas.ref(nameOf(k))),
      list: () => schemas.ref(nameOf(listKind)),
      named: metaRef,
    }
    Object.assign(paths, resourcePaths(version, resource, refs))
  }
  return { paths, schemas: sorted({ ...schemas.all(), ...own }) }
}

/** The definition's schema with what every object has. Readers of v2 take known fields for the only ones, so that what keeps more has none. */
function objectSchema(version: OpenApiVersion, schema: Json | undefined, kind: Kind, metadata: Json): Json {
  if (!schema || (version === 'v2' && schema['x-kubernetes-preserve-unknown-fields'])) return { type: 'object' }
  const published = version === 'v2' ? withoutV3(schema) : schema
  const embedded = withEmbedded(published, metadata)
  return {
    ...embedded,
    type: 'object',
    properties: {
      ...(isObject(embedded['properties']) ? embedded['properties'] : {}),
      apiVersion: { type: 'string', description: `${groupVersion(kind.group, kind.version)}.` },
      kind: { type: 'string', description: `${kind.kind}.` },
      metadata,
    },
  }
}

/** The same schema with each schema below it changed. */
function mapSchemas(schema: Json, change: (below: Json) => Json): Json {
  const { properties, items, additionalProperties } = schema
  return {
    ...schema,
    ...(isObject(properties)
      ? { properties: Object.fromEntries(Object.entries(properties).map(([name, p]) => [name, change(p as Json)])) }
      : {}),
    ...(isObject(items) ? { items: change(items) } : {}),
    ...(isObject(additionalProperties) ? { additionalProperties: change(additionalProperties) } : {}),
  }
}

/** Embedded resources have a type and a metadata that their schemas do not speak of; where fields are not told, neither are these. */
function withEmbedded(schema: Json, metadata: Json): Json {
  const made = mapSchemas(schema, (below) => withEmbedded(below, metadata))
  if (!schema['x-kubernetes-embedded-resource'] || (schema['x-kubernetes-preserve-unknown-fields'] && !isObject(schema['properties'])))
    return made
  const text = { type: 'string' }
  return { ...made, properties: { ...(made['properties'] as Json | undefined), apiVersion: text, kind: text, metadata } }
}

/** What v2 can say (apiextensions' controller/openapi/v2): no alternatives, and nothing of what may be null or hold unknown fields. */
function withoutV3(schema: Json): Json {
  const { allOf: _all, anyOf: _any, oneOf: _one, not: _not, nullable, ...rest } = schema
  const preserve = rest['x-kubernetes-preserve-unknown-fields'] === true
  if (nullable) delete rest['type']
  if (nullable || preserve) {
    delete rest['items']
    delete rest['properties']
  }
  const { properties, required } = rest
  if (Array.isArray(required) && isObject(properties)) {
    const left = required.filter((name: string) => (properties[name] as Json | undefined)?.['nullable'] !== true)
    if (left.length > 0) rest['required'] = left
    else delete rest['required']
  }
  return mapSchemas(rest, withoutV3)
}

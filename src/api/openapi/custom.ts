/** The OpenAPI v3 document of a custom group and version, for `createOpenApi().setDynamic` (apiextensions' openapi builder). */
import type { Resource } from '../../schema/schema.ts'
import { groupVersion } from '../meta.ts'
import { typeById } from '../registry.ts'
import { isObject, type Json } from '../shape.ts'
import { type Kind, resourcePaths } from './paths.ts'
import { createSchemas, sorted } from './schemas.ts'

export interface CustomResource {
  readonly resource: Resource
  /** The version's `openAPIV3Schema`; undefined when unknown fields are all kept. */
  readonly schema: Json | undefined
}

/** All custom resources of one group and version in one document. */
export function customDocument(version: string, custom: readonly CustomResource[]): Json {
  const schemas = createSchemas('v3')
  const own: Record<string, Json> = {}
  const metaRef = (type: string) => schemas.ref(schemas.add(typeById(`meta.v1.${type}`)))
  const nameOf = (kind: Kind) => `${[...kind.group.split('.').reverse(), kind.version].join('.')}.${kind.kind}`
  const paths: Record<string, Json> = {}
  for (const { resource, schema } of custom) {
    const kind: Kind = { group: resource.group, version: resource.version, kind: resource.kind }
    const listKind: Kind = { ...kind, kind: `${resource.kind}List` }
    own[nameOf(kind)] = customSchema(schema, kind, metaRef('ObjectMeta'))
    own[nameOf(listKind)] = {
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: { type: 'string' },
        items: { type: 'array', items: schemas.ref(nameOf(kind)) },
        kind: { type: 'string' },
        metadata: { allOf: [metaRef('ListMeta')] },
      },
      'x-kubernetes-group-version-kind': [listKind],
    }
    const refs = {
      object: (k: Kind) =>
        k.group === 'autoscaling' ? schemas.ref(schemas.add(typeById('autoscaling.v1.Scale'))) : schemas.ref(nameOf(kind)),
      list: () => schemas.ref(nameOf(listKind)),
      named: metaRef,
    }
    Object.assign(paths, resourcePaths('v3', resource, refs))
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes CRD Swagger', version },
    paths: sorted(paths),
    components: { schemas: sorted({ ...schemas.all(), ...own }) },
  }
}

/** The definition's schema with what every object has. */
function customSchema(schema: Json | undefined, kind: Kind, metadata: Json): Json {
  const given = schema ?? { 'x-kubernetes-preserve-unknown-fields': true }
  return {
    ...given,
    type: 'object',
    properties: {
      ...(isObject(given['properties']) ? given['properties'] : {}),
      apiVersion: { type: 'string', description: `${groupVersion(kind.group, kind.version)}.` },
      kind: { type: 'string', description: `${kind.kind}.` },
      metadata: { description: 'Name, labels, annotations and bookkeeping of the object.', allOf: [metadata] },
    },
    'x-kubernetes-group-version-kind': [kind],
  }
}

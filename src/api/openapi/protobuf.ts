/**
 * OpenAPI v2 as protobuf (gnostic's openapi.v2.Document), which older kubectls ask for instead of JSON:
 * `application/com.github.proto-openapi.spec.v2@v1.0+protobuf`. Maps are lists of named entries there, and extensions
 * are YAML in a string, which JSON is too. Only what our own document holds is carried over.
 */
import { createCodecs } from '../../schema/protobuf.ts'
import { parseTable } from '../../schema/schema.ts'
import { isObject, type Json } from '../shape.ts'

export const openApiV2Protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

const table = () =>
  parseTable(
    'openapi.v2',
    `
package openapi.v2

type Document
   1 swagger             string
   2 info                Info
   8 paths               Paths
   9 definitions         Definitions
  12 security            []SecurityRequirement
  13 securityDefinitions SecurityDefinitions
type Info
   1 title   string
   2 version string
type Paths
   2 path []NamedPathItem
type NamedPathItem
   1 name  string
   2 value PathItem
type PathItem
   2 get        Operation
   3 put        Operation
   4 post       Operation
   5 delete     Operation
   6 options    Operation
   7 head       Operation
   8 patch      Operation
   9 parameters []ParametersItem
type Operation
   1 tags            []string
   3 description     string
   5 operationId     string
   6 produces        []string
   7 consumes        []string
   8 parameters      []ParametersItem
   9 responses       Responses
  10 schemes         []string
  13 vendorExtension []NamedAny
type ParametersItem
   1 parameter Parameter
type Parameter
   1 bodyParameter    BodyParameter
   2 nonBodyParameter NonBodyParameter
type BodyParameter
   1 description string
   2 name        string
   3 in          string
   4 required    bool
   5 schema      Schema
type NonBodyParameter
   3 query QueryParameter
   4 path  PathParameter
type QueryParameter
   1 required    bool
   2 in          string
   3 description string
   4 name        string
   6 type        string
  20 uniqueItems bool
type PathParameter
   1 required    bool
   2 in          string
   3 description string
   4 name        string
   5 type        string
  19 uniqueItems bool
type Responses
   1 responseCode []NamedResponseValue
type NamedResponseValue
   1 name  string
   2 value ResponseValue
type ResponseValue
   1 response Response
type Response
   1 description string
   2 schema      SchemaItem
type SchemaItem
   1 schema Schema
type Definitions
   1 additionalProperties []NamedSchema
type NamedSchema
   1 name  string
   2 value Schema
type Schema
   1 ref                  string
   2 format               string
   4 description          string
  19 required             []string
  20 enum                 []Any
  21 additionalProperties AdditionalPropertiesItem
  22 type                 TypeItem
  23 items                ItemsItem
  25 properties           Properties
  31 vendorExtension      []NamedAny
type AdditionalPropertiesItem
   1 schema  Schema
   2 boolean bool
type TypeItem
   1 value []string
type ItemsItem
   1 schema []Schema
type Properties
   1 additionalProperties []NamedSchema
type NamedAny
   1 name  string
   2 value Any
type Any
   2 yaml string
type SecurityRequirement
   1 additionalProperties []NamedStringArray
type NamedStringArray
   1 name  string
   2 value StringArray
type StringArray
   1 value []string
type SecurityDefinitions
   1 additionalProperties []NamedSecurityDefinition
type NamedSecurityDefinition
   1 name  string
   2 value SecurityDefinition
type SecurityDefinition
   2 apiKeySecurity ApiKeySecurity
type ApiKeySecurity
   1 type        string
   2 name        string
   3 in          string
   4 description string
`,
  )

let codec: ReturnType<ReturnType<typeof createCodecs>> | undefined
function documentCodec() {
  if (codec) return codec
  const { types } = table()
  const resolve = (id: string) => {
    const type = types.get(id.slice('openapi.v2.'.length))
    if (!type) throw new Error(`no type ${id}`)
    return type
  }
  codec = createCodecs({ resolve, form: 'proto3' })('openapi.v2.Document')
  return codec
}

/** The document that `createOpenApi().v2()` has as JSON. */
export function encodeOpenApiV2(document: Json): Uint8Array {
  return documentCodec().encode({
    swagger: document['swagger'],
    info: document['info'],
    paths: { path: named(document['paths'], pathItem) },
    definitions: { additionalProperties: named(document['definitions'], schema) },
    security: [{ additionalProperties: [{ name: 'BearerToken', value: { value: [] } }] }],
    securityDefinitions: { additionalProperties: named(document['securityDefinitions'], (value) => ({ apiKeySecurity: value })) },
  })
}
/** What an encoded document holds, as protobuf has it. */
export const decodeOpenApiV2 = (bytes: Uint8Array): unknown => documentCodec().decode(bytes)

function named(map: unknown, value: (value: Json) => unknown): unknown[] {
  return Object.entries((map ?? {}) as Record<string, Json>).map(([name, item]) => ({ name, value: value(item) }))
}
const any = (value: unknown) => ({ yaml: `${JSON.stringify(value)}\n` })
function extensions(of: Json): unknown[] {
  return Object.keys(of)
    .filter((key) => key.startsWith('x-'))
    .map((name) => ({ name, value: any(of[name]) }))
}

function schema(s: Json): Json {
  const made: Json = {}
  if (s['$ref']) made['ref'] = s['$ref']
  for (const key of ['format', 'description', 'required']) if (s[key] !== undefined) made[key] = s[key]
  if (Array.isArray(s['enum'])) made['enum'] = s['enum'].map(any)
  if (s['type']) made['type'] = { value: [s['type']] }
  if (isObject(s['additionalProperties'])) made['additionalProperties'] = { schema: schema(s['additionalProperties']) }
  if (isObject(s['items'])) made['items'] = { schema: [schema(s['items'])] }
  if (isObject(s['properties'])) made['properties'] = { additionalProperties: named(s['properties'], schema) }
  const extra = extensions(s)
  if (extra.length > 0) made['vendorExtension'] = extra
  return made
}

function pathItem(item: Json): Json {
  const made: Json = { parameters: parameters(item['parameters']) }
  for (const [method, operation] of Object.entries(item)) if (isObject(operation)) made[method] = operationOf(operation)
  return made
}
function operationOf(o: Json): Json {
  const { tags = [], produces = [], consumes = [], schemes = [], operationId = '' } = o
  return {
    tags,
    operationId,
    produces,
    consumes,
    schemes,
    parameters: parameters(o['parameters']),
    responses: {
      responseCode: named(o['responses'], (r) => ({
        response: { description: r['description'], ...(isObject(r['schema']) ? { schema: { schema: schema(r['schema']) } } : {}) },
      })),
    },
    vendorExtension: extensions(o),
  }
}
function parameters(list: unknown): unknown[] {
  return ((list ?? []) as Json[]).map((p) => {
    if (p['in'] === 'body') return { parameter: { bodyParameter: { ...p, schema: schema(p['schema'] as Json) } } }
    return { parameter: { nonBodyParameter: p['in'] === 'path' ? { path: p } : { query: p } } }
  })
}

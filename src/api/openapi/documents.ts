/**
 * /openapi/v3 (an index and a document per group and version) and /openapi/v2 (one for all), built when first asked for
 * and kept as bytes. The hash in the index's links lets clients cache a document for good.
 */
import { createHash } from 'node:crypto'
import type { MessageType, Resource } from '../../schema/schema.ts'
import { groupVersion } from '../meta.ts'
import { allTables, typeById } from '../registry.ts'
import type { Json } from '../shape.ts'
import type { CustomSwagger } from './custom.ts'
import { type Kind, resourcePaths } from './paths.ts'
import { encodeOpenApiV2 } from './protobuf.ts'
import { createSchemas, type OpenApiVersion, refPrefix, sorted } from './schemas.ts'

export interface OpenApiOptions {
  /** As in info.version: `v1.36.2`. */
  readonly version: string
  /** Every built-in resource that is served. */
  readonly resources: readonly Resource[]
}
export interface OpenApiDocument {
  readonly bytes: Uint8Array
  /** Upper-case hex; the ETag and the `hash` parameter. */
  readonly hash: string
}
export interface OpenApi {
  /** The index: each document's path below /openapi/v3, as `apis/apps/v1`, with its link. `elsewhere` are those of aggregated servers. */
  index(elsewhere?: ReadonlyMap<string, string>): OpenApiDocument
  /** Undefined: there is no such document. */
  v3(path: string): OpenApiDocument | undefined
  v2(): OpenApiDocument
  /** The same as protobuf, for clients before v3 (media type `openApiV2Protobuf`). */
  v2Protobuf(): OpenApiDocument
  /** Replaces the documents of custom resources and aggregated APIs, by path, and what v2 has of them; they are made on demand like the others. */
  setDynamic(documents: ReadonlyMap<string, () => Json>, custom?: () => CustomSwagger): void
}

export function createOpenApi({ version, resources }: OpenApiOptions): OpenApi {
  const builtIn = documentMakers(version, resources)
  let dynamic: ReadonlyMap<string, () => Json> = new Map()
  let inSwagger: (() => CustomSwagger) | undefined
  const made = new Map<string, OpenApiDocument>()
  let index: OpenApiDocument | undefined
  let whole: OpenApiDocument | undefined
  let wholeProtobuf: OpenApiDocument | undefined

  function v3(path: string): OpenApiDocument | undefined {
    const have = made.get(path)
    if (have) return have
    const make = builtIn.get(path) ?? dynamic.get(path)
    if (!make) return undefined
    const document = encode(make())
    made.set(path, document)
    return document
  }
  return {
    v3,
    index(elsewhere = new Map()) {
      const linkTo = (path: string) => elsewhere.get(path) ?? `/openapi/v3/${path}?hash=${(v3(path) as OpenApiDocument).hash}`
      const makeIndex = () =>
        encode({
          paths: Object.fromEntries(
            [...new Set([...builtIn.keys(), ...dynamic.keys(), ...elsewhere.keys()])]
              .sort()
              .map((path) => [path, { serverRelativeURL: linkTo(path) }]),
          ),
        })
      if (elsewhere.size > 0) return makeIndex()
      index ??= makeIndex()
      return index
    },
    v2() {
      whole ??= encode(swagger(version, resources, inSwagger?.()))
      return whole
    },
    v2Protobuf() {
      wholeProtobuf ??= withHash(encodeOpenApiV2(swagger(version, resources, inSwagger?.())))
      return wholeProtobuf
    },
    setDynamic(documents, custom) {
      for (const [path, make] of dynamic) if (documents.get(path) !== make) made.delete(path)
      dynamic = documents
      inSwagger = custom
      index = undefined
      whole = undefined
      wholeProtobuf = undefined
    },
  }
}

const encode = (document: Json): OpenApiDocument => withHash(Buffer.from(JSON.stringify(document)))
function withHash(bytes: Uint8Array): OpenApiDocument {
  return { bytes, hash: createHash('sha512').update(bytes).digest('hex').toUpperCase() }
}

const text = { type: 'string', default: '' }
const required = ['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform']
const versionSchemas: Record<string, Json> = {
  'io.k8s.apimachinery.pkg.version.Info': {
    description: 'What the server is and what it was built from.',
    type: 'object',
    required,
    properties: sorted({
      ...Object.fromEntries(required.map((name) => [name, text])),
      ...Object.fromEntries(
        ['emulationMajor', 'emulationMinor', 'minCompatibilityMajor', 'minCompatibilityMinor'].map((name) => [name, { type: 'string' }]),
      ),
    }),
  },
}
/** Paths outside the API's groups that are described too. */
const unversioned: readonly [path: string, id: string, schemas: Record<string, Json>][] = [
  ['version', 'getCodeVersion', versionSchemas],
  ['.well-known/openid-configuration', 'getServiceAccountIssuerOpenIDConfiguration', {}],
  ['openid/v1/jwks', 'getServiceAccountIssuerOpenIDKeyset', {}],
]
function answerOf(version: OpenApiVersion, schemas: Record<string, Json>): Json {
  const [name] = Object.keys(schemas)
  return name ? { $ref: refPrefix[version] + name } : { type: 'string' }
}

const info = (version: string): Json => ({ title: 'Kubernetes', version })
const bearerToken = { BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' } }

/** Document makers by path. The small ones say only which discovery paths there are. */
function documentMakers(version: string, resources: readonly Resource[]): Map<string, () => Json> {
  const makers = new Map<string, () => Json>()
  const small = (path: string, id: string, type: string) =>
    makers.set(path, () => {
      const schemas = createSchemas('v3')
      const schema = schemas.ref(schemas.add(typeById(type)))
      const operation = discoveryOperation('v3', id, schema)
      return openApi3(version, { [`/${path}/`]: { get: operation } }, schemas.all())
    })
  small('api', 'getCoreAPIVersions', 'meta.v1.APIVersions')
  small('apis', 'getAPIVersions', 'meta.v1.APIGroupList')
  for (const [path, id, schemas] of unversioned)
    makers.set(path, () => openApi3(version, { [`/${path}/`]: { get: discoveryOperation('v3', id, answerOf('v3', schemas)) } }, schemas))
  for (const [group, versions] of byGroup(resources)) {
    if (group) small(`apis/${group}`, `get${groupId(group)}APIGroup`, 'meta.v1.APIGroup')
    for (const v of versions) {
      const path = group ? `apis/${group}/${v}` : `api/${v}`
      makers.set(path, () => {
        const mine = resources.filter((r) => r.group === group && r.version === v)
        const { paths, schemas } = pathsOf('v3', mine)
        const list = schemas.ref(schemas.add(typeById('meta.v1.APIResourceList')))
        return openApi3(
          version,
          { ...paths, [`/${path}/`]: { get: discoveryOperation('v3', `get${groupId(group)}${capital(v)}APIResources`, list) } },
          schemas.all(),
        )
      })
    }
  }
  return makers
}

function openApi3(version: string, paths: Record<string, Json>, schemas: Json): Json {
  return { openapi: '3.0.0', info: info(version), paths: sorted(paths), components: { schemas, securitySchemes: bearerToken } }
}

function swagger(version: string, resources: readonly Resource[], custom: CustomSwagger = { paths: {}, definitions: {} }): Json {
  const { paths, schemas } = pathsOf('v2', resources)
  const ref = (type: string) => schemas.ref(schemas.add(typeById(type)))
  const discover = (path: string, id: string, type: string) => {
    paths[`/${path}/`] = { get: discoveryOperation('v2', id, ref(type)) }
  }
  discover('api', 'getCoreAPIVersions', 'meta.v1.APIVersions')
  discover('apis', 'getAPIVersions', 'meta.v1.APIGroupList')
  for (const [group, versions] of byGroup(resources)) {
    if (group) discover(`apis/${group}`, `get${groupId(group)}APIGroup`, 'meta.v1.APIGroup')
    for (const v of versions)
      discover(group ? `apis/${group}/${v}` : `api/${v}`, `get${groupId(group)}${capital(v)}APIResources`, 'meta.v1.APIResourceList')
  }
  for (const [path, id, named] of unversioned) paths[`/${path}/`] = { get: discoveryOperation('v2', id, answerOf('v2', named)) }
  return {
    swagger: '2.0',
    info: info(version),
    paths: sorted({ ...paths, ...custom.paths }),
    definitions: sorted({ ...custom.definitions, ...schemas.all(), ...versionSchemas }),
    securityDefinitions: bearerToken,
    security: [{ BearerToken: [] }],
  }
}

function pathsOf(openApiVersion: OpenApiVersion, resources: readonly Resource[]) {
  const schemas = createSchemas(openApiVersion)
  const types = typesByKind()
  const refOf = (type: MessageType | undefined): Json | undefined => type && schemas.ref(schemas.add(type))
  const refs = {
    object: (kind: Kind) => refOf(types.get(kindKey(kind))),
    list: (kind: Kind) => refOf(types.get(kindKey({ ...kind, kind: `${kind.kind}List` }))),
    named: (name: string) => schemas.ref(schemas.add(typeById(`meta.v1.${name}`))),
  }
  const paths: Record<string, Json> = {}
  for (const resource of resources) Object.assign(paths, resourcePaths(openApiVersion, resource, refs))
  return { paths, schemas }
}

const kindKey = ({ group, version, kind }: Kind): string => `${groupVersion(group, version)}/${kind}`
let kinds: Map<string, MessageType> | undefined
function typesByKind(): Map<string, MessageType> {
  kinds ??= new Map(
    allTables().flatMap((t) =>
      [...t.types.values()].filter((type) => type.object).map((type) => [kindKey({ ...t, kind: type.name }), type] as const),
    ),
  )
  return kinds
}

function discoveryOperation(version: OpenApiVersion, id: string, schema: Json): Json {
  const types = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
  const ok =
    version === 'v2' ? { description: 'OK', schema } : { description: 'OK', content: Object.fromEntries(types.map((t) => [t, { schema }])) }
  return {
    operationId: id,
    ...(version === 'v2' ? { produces: types, schemes: ['https'] } : {}),
    responses: { '200': ok, '401': { description: 'Unauthorized' } },
  }
}
function byGroup(resources: readonly Resource[]): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>()
  for (const { group, version } of resources) groups.set(group, (groups.get(group) ?? new Set()).add(version))
  return groups
}
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const groupId = (group: string): string =>
  group === ''
    ? 'Core'
    : group
        .replace(/\.k8s\.io$/, '')
        .split('.')
        .map(capital)
        .join('')

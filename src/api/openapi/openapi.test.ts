import { describe, expect, test } from 'vitest'
import type { Resource } from '../../schema/schema.ts'
import { allResources } from '../registry.ts'
import type { Json } from '../shape.ts'
import { customDocument, customSwagger } from './custom.ts'
import { createOpenApi, type OpenApiDocument } from './documents.ts'
import { decodeOpenApiV2 } from './protobuf.ts'

const openApi = createOpenApi({ version: 'v1.36.2', resources: allResources() })
const parse = (document: OpenApiDocument | undefined) => JSON.parse(Buffer.from(document?.bytes ?? []).toString()) as Json
const v3 = (path: string) =>
  parse(openApi.v3(path)) as { paths: Record<string, Record<string, Json>>; components: { schemas: Record<string, Json> } }

/** A custom one. */
const things: Resource = {
  ...allResources().find((r) => r.resource === 'leases')!,
  group: 'example.com',
  resource: 'things',
  kind: 'Thing',
  storedVersion: 'v1',
  subresources: [],
}

/** Every $ref in a document. */
function refs(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found
  for (const [key, item] of Object.entries(value)) {
    if (key === '$ref' && typeof item === 'string') found.add(item)
    else refs(item, found)
  }
  return found
}

describe('v3', () => {
  test('the index links every document by its hash', () => {
    const { paths } = parse(openApi.index()) as { paths: Record<string, { serverRelativeURL: string }> }
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['api', 'api/v1', 'apis', 'apis/apps', 'apis/apps/v1', 'apis/autoscaling/v1']),
    )
    expect(paths['apis/apps/v1']?.serverRelativeURL).toBe(`/openapi/v3/apis/apps/v1?hash=${openApi.v3('apis/apps/v1')?.hash}`)
    expect(openApi.v3('apis/none/v1')).toBeUndefined()
  })
  test('every reference leads somewhere', () => {
    const { paths } = parse(openApi.index()) as { paths: Record<string, unknown> }
    for (const path of Object.keys(paths)) {
      const document = v3(path)
      const missing = [...refs(document)].filter((ref) => !(ref.slice('#/components/schemas/'.length) in document.components.schemas))
      expect([path, missing]).toEqual([path, []])
    }
  })
  test('operation ids are unique in a document', () => {
    const ids = Object.values(v3('api/v1').paths).flatMap((path) =>
      Object.values(path).flatMap((o) => (o['operationId'] ? [o['operationId']] : [])),
    )
    expect(new Set(ids).size).toBe(ids.length)
  })
  test.each([
    ['api/v1', '/api/v1/namespaces/{namespace}/pods/{name}', 'patch', 'patchCoreV1NamespacedPod', 'patch'],
    ['api/v1', '/api/v1/namespaces/{namespace}/pods/{name}/exec', 'post', 'connectCoreV1PostNamespacedPodExec', 'connect'],
    ['api/v1', '/api/v1/namespaces/{namespace}/pods/{name}/eviction', 'post', 'createCoreV1NamespacedPodEviction', 'post'],
    ['api/v1', '/api/v1/nodes', 'delete', 'deleteCoreV1CollectionNode', 'deletecollection'],
    ['apis/apps/v1', '/apis/apps/v1/deployments', 'get', 'listAppsV1DeploymentForAllNamespaces', 'list'],
    ['apis/apps/v1', '/apis/apps/v1/watch/namespaces/{namespace}/deployments', 'get', 'watchAppsV1NamespacedDeploymentList', 'watchlist'],
    [
      'apis/rbac.authorization.k8s.io/v1',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}',
      'get',
      'readRbacAuthorizationV1ClusterRole',
      'get',
    ],
  ])('%s %s %s', (document, path, method, operationId, action) =>
    expect(v3(document).paths[path]?.[method]).toMatchObject({ operationId, 'x-kubernetes-action': action }),
  )
  test('what kubectl looks for before it sends field validation', () => {
    const patch = v3('api/v1').paths['/api/v1/namespaces/{namespace}/configmaps/{name}']?.['patch'] as { parameters: { name: string }[] }
    expect(patch.parameters.map((p) => p.name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force'])
    expect(patch).toMatchObject({ 'x-kubernetes-group-version-kind': { group: '', version: 'v1', kind: 'ConfigMap' } })
  })
  test('schemas have upstream’s form', () => {
    const { schemas } = v3('api/v1').components
    expect(schemas['io.k8s.api.core.v1.ContainerPort']).toMatchObject({
      type: 'object',
      required: ['containerPort'],
      properties: {
        containerPort: { type: 'integer', format: 'int32', default: 0 },
        protocol: { default: 'TCP', enum: ['SCTP', 'TCP', 'UDP'] },
      },
    })
    expect(schemas['io.k8s.api.core.v1.PodSpec']).toMatchObject({
      properties: {
        volumes: {
          'x-kubernetes-list-map-keys': ['name'],
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-patch-merge-key': 'name',
          'x-kubernetes-patch-strategy': 'merge,retainKeys',
        },
      },
    })
    expect(schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toEqual({
      format: 'int-or-string',
      oneOf: [{ type: 'integer' }, { type: 'string' }],
    })
  })
  test('custom resources come and go', () => {
    const schema = { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } }
    openApi.setDynamic(new Map([['apis/example.com/v1', () => customDocument('v1.36.2', [{ resource: things, schema }])]]))
    const document = v3('apis/example.com/v1')
    expect(document.components.schemas['com.example.v1.Thing']).toMatchObject({ properties: { spec: schema.properties.spec } })
    const one = document.paths['/apis/example.com/v1/namespaces/{namespace}/things/{name}']
    // kubectl sends a strategic patch where it is told of one.
    expect(one).toHaveProperty('patch.requestBody.content.application/merge-patch+json')
    expect(one).not.toHaveProperty('patch.requestBody.content.application/strategic-merge-patch+json')
    expect(Object.keys((parse(openApi.index()) as { paths: object }).paths)).toContain('apis/example.com/v1')
    const missing = [...refs(document)].filter((ref) => !(ref.slice('#/components/schemas/'.length) in document.components.schemas))
    expect(missing).toEqual([])
    openApi.setDynamic(new Map())
    expect(openApi.v3('apis/example.com/v1')).toBeUndefined()
  })
})

test('v2 holds everything in one, without defaults', () => {
  const document = parse(openApi.v2()) as { swagger: string; paths: Record<string, Json>; definitions: Record<string, Json> }
  expect(document.swagger).toBe('2.0')
  expect(Object.keys(document.paths).length).toBeGreaterThan(400)
  expect(document.definitions['io.k8s.api.core.v1.ContainerPort']).toMatchObject({ properties: { protocol: { type: 'string' } } })
  expect(JSON.stringify(document.definitions)).not.toContain('"default":"TCP"')
  expect([...refs(document)].filter((ref) => !(ref.slice('#/definitions/'.length) in document.definitions))).toEqual([])
})

test('v2 says of custom resources what it can', () => {
  const schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['size', 'maybe'],
        properties: {
          size: { type: 'integer', minimum: 1 },
          maybe: { type: 'object', nullable: true, properties: { a: { type: 'string' } } },
          open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } },
          port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
        },
      },
    },
  }
  openApi.setDynamic(new Map(), () => customSwagger([{ resource: things, schema }]))
  const { definitions, paths } = parse(openApi.v2()) as { definitions: Record<string, Json>; paths: Json }
  expect((definitions['com.example.v1.Thing'] as { properties: Json }).properties['spec']).toEqual({
    type: 'object',
    required: ['size'],
    properties: {
      size: { type: 'integer', minimum: 1 },
      maybe: {},
      open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      port: { 'x-kubernetes-int-or-string': true },
    },
  })
  expect(paths['/apis/example.com/v1/namespaces/{namespace}/things']).toBeDefined()
  expect([...refs({ definitions, paths })].filter((ref) => !(ref.slice('#/definitions/'.length) in definitions))).toEqual([])
  openApi.setDynamic(new Map())
  expect((parse(openApi.v2()) as { definitions: Json }).definitions['com.example.v1.Thing']).toBeUndefined()
})

test('v2 as protobuf holds the same paths and definitions', () => {
  const document = parse(openApi.v2()) as { paths: object; definitions: object }
  const decoded = decodeOpenApiV2(openApi.v2Protobuf().bytes) as {
    swagger: string
    paths: { path: { name: string }[] }
    definitions: { additionalProperties: { name: string; value: { properties?: { additionalProperties: { name: string }[] } } }[] }
  }
  expect(decoded.swagger).toBe('2.0')
  expect(decoded.paths.path.map((p) => p.name)).toEqual(Object.keys(document.paths))
  expect(decoded.definitions.additionalProperties.map((d) => d.name)).toEqual(Object.keys(document.definitions))
  const port = decoded.definitions.additionalProperties.find((d) => d.name === 'io.k8s.api.core.v1.ContainerPort')
  expect(port?.value.properties?.additionalProperties.map((p) => p.name)).toContain('containerPort')
})

/** A definition as endpoints: one for each version that it serves, all over what is stored in one (upstream: apiextensions' customresource_handler.go). */
import { compareVersions } from '../../api/discovery.ts'
import { customPrinter } from '../../api/printers/table.ts'
import type { Json } from '../../api/shape.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../api/types/apiextensions-v1.ts'
import type { Resource, Subresource } from '../../schema/schema.ts'
import type { Endpoint, ScalePaths } from '../endpoints.ts'
import type { ApiObject } from '../request.ts'
import { storagePrefix } from '../storage/keys.ts'
import type { Storage } from '../storage/storage.ts'
import { createCustomCodec } from './codec.ts'
import { isTrue } from './conditions.ts'
import { fieldsOf } from './paths.ts'
import { createVersionSchema, type VersionSchema } from './schema.ts'
import { createCustomStrategy } from './strategy.ts'

export interface CustomResource {
  readonly prefix: string
  /** Of the versions that are served. */
  readonly endpoints: readonly Endpoint[]
  /** Of the version that is stored, which need not be served: what the definition's end deletes all objects through. */
  readonly stored: Endpoint
}

/** In the order in which upstream's discovery names them. */
const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const verbsOfTerminating = ['delete', 'deletecollection', 'get', 'list', 'watch']
const subresourceVerbs = ['get', 'patch', 'update']

export function createCustomResource(definition: CustomResourceDefinition, storage: Storage): CustomResource {
  const { group, versions } = definition.spec
  const { plural } = definition.status.acceptedNames
  const prefix = storagePrefix(group, plural, true)
  const terminating = isTrue(definition, 'Terminating')
  const stored = versions.find((v) => v.storage) as CustomResourceDefinitionVersion
  const schemas = new Map(versions.map((v) => [v.name, lazy(() => createVersionSchema(v.schema?.openAPIV3Schema))]))
  const schemaOf = (apiVersion: string | undefined): VersionSchema | undefined =>
    schemas.get((apiVersion ?? '').slice(group.length + 1))?.()

  const endpointOf = (version: CustomResourceDefinitionVersion): Endpoint => {
    const apiVersion = `${group}/${version.name}`
    const schema = schemas.get(version.name) as () => VersionSchema
    const scale = scaleOf(version)
    const resource = resourceOf(definition, version, stored.name, terminating)
    const { kind, namespaced } = resource
    /** From another version: each is pruned by its own schema, and no field is renamed (conversion None). */
    const convert = (object: ApiObject): ApiObject =>
      object.apiVersion === apiVersion ? object : (schema().prune({ ...object, apiVersion }) as ApiObject)
    const read = (object: ApiObject): ApiObject => convert(schemaOf(object.apiVersion)?.read(object) ?? object)
    const codec = createCustomCodec({
      kind,
      apiVersion,
      storedVersion: `${group}/${stored.name}`,
      read,
      write: (object) => (version === stored ? object : (schemaOf(`${group}/${stored.name}`) as VersionSchema).prune(object)),
    })
    let printer: Endpoint['printer']
    const cacheOf = lazy(() => storage.cache(prefix, codec))
    return {
      resource,
      apiVersion,
      type: undefined,
      strategy: createCustomStrategy({
        kind,
        apiVersion,
        namespaced,
        hasStatus: version.subresources?.status !== undefined,
        scale,
        selectable: (version.selectableFields ?? []).map(({ jsonPath }) => fieldsOf(jsonPath)),
        schema,
      }),
      get cache() {
        return cacheOf()
      },
      get applySchema() {
        return schema().applySchema
      },
      get printer() {
        printer ??= customPrinter(version.additionalPrinterColumns)
        return printer
      },
      custom: {
        listKind: definition.status.acceptedNames.listKind ?? `${kind}List`,
        converted: version !== stored,
        terminating,
        ...(version.deprecated ? { deprecation: version.deprecationWarning ?? deprecationOf(definition, version.name) } : {}),
        ...(scale ? { scale } : {}),
        openApi: version.schema?.openAPIV3Schema as Json | undefined,
        convert,
        decode: (object) => schema().decode(object),
      },
    }
  }
  return { prefix, endpoints: versions.filter((v) => v.served).map(endpointOf), stored: endpointOf(stored) }
}

function resourceOf(
  { spec, status }: CustomResourceDefinition,
  { name: version, subresources }: CustomResourceDefinitionVersion,
  storedVersion: string,
  terminating: boolean,
): Resource {
  const { plural, singular = '', kind, shortNames = [], categories = [] } = status.acceptedNames
  const found: Subresource[] = []
  if (subresources?.status) found.push({ name: 'status', kind, verbs: subresourceVerbs })
  if (subresources?.scale) found.push({ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: subresourceVerbs })
  return {
    group: spec.group,
    version,
    resource: plural,
    singular,
    kind,
    namespaced: spec.scope === 'Namespaced',
    verbs: terminating ? verbsOfTerminating : verbs,
    shortNames,
    categories,
    subresources: found,
    storedVersion,
  }
}

function scaleOf({ subresources }: CustomResourceDefinitionVersion): ScalePaths | undefined {
  const scale = subresources?.scale
  if (!scale) return undefined
  return {
    specReplicas: fieldsOf(scale.specReplicasPath),
    statusReplicas: fieldsOf(scale.statusReplicasPath),
    ...(scale.labelSelectorPath ? { labelSelector: fieldsOf(scale.labelSelectorPath) } : {}),
  }
}

function deprecationOf({ spec }: CustomResourceDefinition, version: string): string {
  const { group, names, versions } = spec
  const better = versions
    .filter((v) => v.served && !v.deprecated && compareVersions(v.name, version) < 0)
    .map((v) => v.name)
    .sort(compareVersions)[0]
  return `${group}/${version} ${names.kind} is deprecated${better ? `; use ${group}/${better} ${names.kind}` : ''}`
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

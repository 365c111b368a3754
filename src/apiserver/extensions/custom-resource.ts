/** A definition as endpoints: one for each version that it serves, all over what is stored in one (upstream: apiextensions' customresource_handler.go). */
import { compareVersions } from '../../api/discovery.ts'
import { customPrinter } from '../../api/printers/table.ts'
import type { Json } from '../../api/shape.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../api/types/apiextensions-v1.ts'
import { lazy } from '../../schema/lazy.ts'
import type { Resource, Subresource } from '../../schema/schema.ts'
import type { CalledWebhook } from '../admission/webhook-client.ts'
import type { Endpoint, ScalePaths } from '../endpoints.ts'
import type { ApiObject } from '../request.ts'
import { storagePrefix } from '../storage/keys.ts'
import type { Storage } from '../storage/storage.ts'
import { createCustomCodec } from './codec.ts'
import { isTrue } from './conditions.ts'
import { conversionWebhook, createWebhookConverter, type PostReview } from './conversion.ts'
import { fieldsOf } from './paths.ts'
import type { RuleMetrics } from './rule-metrics.ts'
import { createVersionSchema, type VersionSchema } from './schema.ts'
import { createCustomStrategy } from './strategy.ts'

export interface CustomResource {
  readonly prefix: string
  /** Of the versions that are served. */
  readonly endpoints: readonly Endpoint[]
  /** Of the version that is stored, which need not be served: what the definition's end deletes all objects through. */
  readonly stored: Endpoint
  /** Asked to convert. */
  readonly webhook: CalledWebhook | undefined
}

/** In the order in which upstream's discovery names them. */
const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const verbsOfTerminating = ['delete', 'deletecollection', 'get', 'list', 'watch']
const subresourceVerbs = ['get', 'patch', 'update']

export function createCustomResource(
  definition: CustomResourceDefinition,
  storage: Storage,
  post: PostReview,
  figures: RuleMetrics,
): CustomResource {
  const hook = conversionWebhook(definition)
  const webhook = hook && createWebhookConverter(hook, post)
  const { group, versions } = definition.spec
  const { plural } = definition.status.acceptedNames
  const prefix = storagePrefix(group, plural, true)
  const terminating = isTrue(definition, 'Terminating')
  const stored = versions.find((v) => v.storage) as CustomResourceDefinitionVersion
  const schemas = new Map(versions.map((v) => [v.name, lazy(() => createVersionSchema(v.schema?.openAPIV3Schema, figures))]))
  const schemaOf = (apiVersion: string | undefined): VersionSchema | undefined =>
    schemas.get((apiVersion ?? '').slice(group.length + 1))?.()

  const endpointOf = (version: CustomResourceDefinitionVersion): Endpoint => {
    const apiVersion = `${group}/${version.name}`
    const schema = schemas.get(version.name) as () => VersionSchema
    const scale = scaleOf(version)
    const resource = resourceOf(definition, version, stored.name, terminating)
    const { kind, namespaced } = resource
    const inVersion = `${group}/${stored.name}`
    /** From another version: each is pruned by its own schema, and no field is renamed (conversion None). */
    const convert = (object: ApiObject): ApiObject =>
      object.apiVersion === apiVersion ? object : (schema().prune({ ...object, apiVersion }) as ApiObject)
    const read = (object: ApiObject): ApiObject => convert(schemaOf(object.apiVersion)?.read(object) ?? object)
    const codec = createCustomCodec({
      kind,
      apiVersion,
      storedVersion: inVersion,
      read,
      write(object) {
        if (version === stored) return object
        const prune = (converted: ApiObject) => (schemaOf(inVersion) as VersionSchema).prune(converted)
        return webhook ? webhook([object], inVersion).then(([converted]) => prune(converted as ApiObject)) : prune(object)
      },
      ...(webhook
        ? {
            async convert(objects) {
              const read = objects.map((object) => schemaOf(object.apiVersion)?.read(object) ?? object)
              return (await webhook(read, apiVersion)).map((object) => schema().prune(object))
            },
          }
        : {}),
    })
    let printer: Endpoint['printer']
    // Made now: a request that began before the definition changed must not make one with the schema of then.
    const cache = storage.cache(prefix, codec)
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
      cache,
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
        byWebhook: webhook !== undefined,
        decode: (object) => schema().decode(object),
      },
    }
  }
  return { prefix, endpoints: versions.filter((v) => v.served).map(endpointOf), stored: endpointOf(stored), webhook: hook }
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

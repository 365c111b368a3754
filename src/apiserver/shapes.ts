/** Objects turned into what a client asked to see instead: a Table, or only the metadata. */
import { makeTable, parseIncludeObject, printerOf } from '../api/printers/table.ts'
import type { Endpoint } from './endpoints.ts'
import type { Form } from './negotiate.ts'
import type { ApiObject } from './request.ts'

/** `laterEvent`: of the events of a watch only the first brings a Table's columns. */
export function transform(endpoint: Endpoint, object: ApiObject, form: Form, query: URLSearchParams, laterEvent = false): object {
  if (form.as === 'Table') {
    const { resourceVersion } = object.metadata
    return table(endpoint, [object], resourceVersion ? { resourceVersion } : {}, form, query, laterEvent)
  }
  return form.as === 'PartialObjectMetadata' ? partial(endpoint, object, form) : object
}

export function transformList(
  endpoint: Endpoint,
  objects: readonly ApiObject[],
  metadata: object,
  form: Form,
  query: URLSearchParams,
): object {
  if (form.as === 'Table') return table(endpoint, objects, metadata, form, query)
  if (form.as === 'PartialObjectMetadataList')
    return { kind: form.as, apiVersion: `meta.k8s.io/${form.asVersion}`, metadata, items: objects.map((o) => partial(endpoint, o, form)) }
  return {
    kind: listKindOf(endpoint),
    apiVersion: endpoint.apiVersion,
    metadata,
    items: endpoint.custom ? objects : objects.map(({ kind: _k, apiVersion: _v, ...item }) => item),
  }
}

export const listKindOf = ({ custom, resource }: Endpoint): string => custom?.listKind ?? `${resource.kind}List`

function table(
  endpoint: Endpoint,
  objects: readonly ApiObject[],
  metadata: object,
  form: Form,
  query: URLSearchParams,
  withoutColumns = false,
): object {
  return makeTable(endpoint.printer ?? printerOf(endpoint.resource), objects, metadata, {
    includeObject: parseIncludeObject(query.get('includeObject')),
    metadataOf: (object) => internalMetadata(endpoint, object),
    apiVersion: `meta.k8s.io/${form.asVersion}`,
    now: Date.now(),
    withoutColumns,
  })
}

const partial = (endpoint: Endpoint, object: ApiObject, form: Form): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${form.asVersion}`,
  metadata: internalMetadata(endpoint, object),
})

/** Upstream makes tables and partial objects of its internal form, in which some annotations are fields. */
function internalMetadata({ strategy }: Endpoint, { metadata }: ApiObject): ApiObject['metadata'] {
  const { annotations } = metadata
  const fields = strategy.internalAnnotations
  if (!annotations || !fields?.some((name) => name in annotations)) return metadata
  const left = Object.entries(annotations).filter(([name]) => !fields.includes(name))
  const { annotations: _, ...rest } = metadata
  return left.length > 0 ? { ...metadata, annotations: Object.fromEntries(left) } : rest
}

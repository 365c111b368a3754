/** Objects turned into what a client asked to see instead: a Table, or only the metadata. */
import { makeTable, parseIncludeObject, printerOf } from '../api/printers/table.ts'
import type { Answer } from './call.ts'
import type { Endpoint } from './endpoints.ts'
import type { Form } from './negotiate.ts'
import type { ApiObject } from './request.ts'
import { viewOf } from './rest/core.ts'

/** `laterEvent`: of the events of a watch only the first brings a Table's columns. */
export function transform(endpoint: Endpoint, object: ApiObject, form: Form, query: URLSearchParams, laterEvent = false): object {
  if (form.as === 'Table') {
    const { resourceVersion } = object.metadata
    return table(endpoint, [object], resourceVersion ? { resourceVersion } : {}, form, query, laterEvent)
  }
  return form.as === 'PartialObjectMetadata' ? partial(object, form) : object
}

export function transformList(answer: Extract<Answer, { kind: 'list' }>, metadata: object, form: Form, query: URLSearchParams): object {
  const { endpoint, entries } = answer
  const objects = entries.map((entry) => viewOf(endpoint, entry))
  if (form.as === 'Table') return table(endpoint, objects, metadata, form, query)
  if (form.as === 'PartialObjectMetadataList')
    return { kind: form.as, apiVersion: `meta.k8s.io/${form.asVersion}`, metadata, items: objects.map((o) => partial(o, form)) }
  return {
    kind: `${endpoint.resource.kind}List`,
    apiVersion: endpoint.apiVersion,
    metadata,
    items: objects.map(({ kind: _k, apiVersion: _v, ...item }) => item),
  }
}

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
    apiVersion: `meta.k8s.io/${form.asVersion}`,
    now: Date.now(),
    withoutColumns,
  })
}

const partial = ({ metadata }: ApiObject, form: Form): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${form.asVersion}`,
  metadata,
})

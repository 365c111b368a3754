/** Objects turned into what a client asked to see instead: a Table, or only the metadata. */
import type { Answer } from './call.ts'
import type { Endpoint } from './endpoints.ts'
import type { Form } from './negotiate.ts'
import type { ApiObject } from './request.ts'
import { viewOf } from './rest/core.ts'

export function transform(_endpoint: Endpoint, object: ApiObject, form: Form, _query: URLSearchParams): object {
  if (form.as === 'PartialObjectMetadata') return partial(object, form)
  return object
}

export function transformList(answer: Extract<Answer, { kind: 'list' }>, metadata: object, form: Form, _query: URLSearchParams): object {
  const { endpoint, entries } = answer
  const objects = entries.map((entry) => viewOf(endpoint, entry))
  if (form.as === 'PartialObjectMetadataList')
    return { kind: form.as, apiVersion: `meta.k8s.io/${form.asVersion}`, metadata, items: objects.map((o) => partial(o, form)) }
  return {
    kind: `${endpoint.resource.kind}List`,
    apiVersion: endpoint.apiVersion,
    metadata,
    items: objects.map(({ kind: _k, apiVersion: _v, ...item }) => item),
  }
}

const partial = ({ metadata }: ApiObject, form: Form): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${form.asVersion}`,
  metadata,
})

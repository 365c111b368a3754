/** The selectors of a list, watch or deletecollection, parsed and checked against the fields that the kind supports. */
import { newBadRequest } from '../../api/errors.ts'
import { FieldSelectorError, parseFieldSelector } from '../../api/fields.ts'
import { everything, parseLabelSelector, SelectorError } from '../../api/labels.ts'
import type { Endpoint } from '../endpoints.ts'
import type { ListOptions } from '../options.ts'
import type { ApiObject, RequestInfo } from '../request.ts'
import type { Selection } from '../storage/selection.ts'

const metaFields = ['metadata.name', 'metadata.namespace']

export function selectionOf(endpoint: Endpoint, info: RequestInfo, options: ListOptions): Selection {
  const { resource, strategy } = endpoint
  const names = strategy.selectableFieldNames
  try {
    const labels = parseLabelSelector(options.labelSelector)
    // The old watch path names one object; it is selected like any other.
    const named = info.name ? `metadata.name=${info.name}` : ''
    const fields = parseFieldSelector([options.fieldSelector, named].filter(Boolean).join(','))
    for (const { field } of fields.requirements) {
      if (metaFields.includes(field) || names?.includes(field)) continue
      throw newBadRequest(
        names
          ? resource.group === 'batch'
            ? `field label ${JSON.stringify(field)} not supported for ${resource.kind}`
            : `field label not supported: ${field}`
          : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
      )
    }
    return { namespace: resource.namespaced ? info.namespace : '', labels, fields, fieldsOf: fieldsOf(endpoint) }
  } catch (error) {
    if (error instanceof SelectorError || error instanceof FieldSelectorError) throw newBadRequest(error.message)
    throw error
  }
}

const everyField = parseFieldSelector('')

/** All objects of the resource, in one namespace when one is named. */
export const everythingOf = (endpoint: Endpoint, namespace = ''): Selection => ({
  namespace,
  labels: everything,
  fields: everyField,
  fieldsOf: fieldsOf(endpoint),
})

const known = new WeakMap<Endpoint, Selection['fieldsOf']>()

/** One function an endpoint, so that the watch index may use any watcher's. */
function fieldsOf(endpoint: Endpoint): Selection['fieldsOf'] {
  const have = known.get(endpoint)
  if (have) return have
  const { strategy } = endpoint
  const made = (object: ApiObject) => {
    const { name, namespace = '' } = object.metadata
    const own = strategy.selectableFields?.(object)
    return own
      ? { 'metadata.name': name, 'metadata.namespace': namespace, ...own }
      : { 'metadata.name': name, 'metadata.namespace': namespace }
  }
  known.set(endpoint, made)
  return made
}

/** From a resource request to the operation that serves it: the routes of endpoints/installer.go, without a router. */
import { groupResource, newNotFound, StatusError } from '../api/errors.ts'
import type { Answer, Call } from './call.ts'
import { type CustomKind, subresourceOf } from './endpoints.ts'
import type { RequestInfo } from './request.ts'
import type { Core } from './rest/core.ts'
import { create } from './rest/create.ts'
import { remove } from './rest/delete.ts'
import { removeCollection } from './rest/delete-collection.ts'
import { get } from './rest/get.ts'
import { list } from './rest/list.ts'
import { patch } from './rest/patch.ts'
import { update } from './rest/update.ts'
import { watch } from './rest/watch.ts'

export type Operation = (core: Core, call: Call) => Promise<Answer>

const operations: Readonly<Record<string, Operation>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: (core, call) => remove(core, call),
  deletecollection: removeCollection,
}

/** Operations in place of the common ones: by `resource.group/subresource`, `*` + `/subresource`, or `resource.group:verb`. */
export type Operations = Readonly<Record<string, Operation>>

export const newMethodNotAllowed = (): StatusError =>
  new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  })
export const newPathNotFound = (): StatusError =>
  new StatusError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} })

/** What is no path at all answers in plain text, and all below a group of custom resources is none. */
export const pageNotFound = (): Answer => ({
  kind: 'bytes',
  status: 404,
  type: 'text/plain; charset=utf-8',
  bytes: Buffer.from('404 page not found\n'),
  headers: { 'x-content-type-options': 'nosniff' },
})

/** Kinds on their way out: whoever reads or writes them is told. */
export const deprecations: Readonly<Record<string, string>> = {
  componentstatuses: 'v1 ComponentStatus is deprecated in v1.19+',
  endpoints: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
}

/** The operation for a call, or the refusal that upstream's router answers. */
export function operationOf(call: Call, special: Operations): Operation {
  const { endpoint, info, request } = call
  const { resource } = endpoint
  // A proxy passes on what it does not know of (ProxyREST's methods), though no verb is told of it.
  const passedOn = info.subresource === 'proxy' && (request.method === 'HEAD' || request.method === 'OPTIONS')
  if (request.method === 'HEAD' && !passedOn) throw newMethodNotAllowed()
  const name = groupResource(resource)
  if (endpoint.custom) return customOperationOf(call, endpoint.custom, special)
  if (info.subresource) {
    const subresource = subresourceOf(endpoint, info.subresource)
    if (!subresource) throw newPathNotFound()
    if (!passedOn && !subresource.verbs.includes(info.verb)) throw newMethodNotAllowed()
    return special[`${name}/${info.subresource}`] ?? special[`*/${info.subresource}`] ?? (operations[info.verb] as Operation)
  }
  checkPlace(info, resource.namespaced)
  if (!resource.verbs.includes(info.verb)) throw newMethodNotAllowed()
  const warning = deprecations[name]
  if (warning) call.warn(warning)
  const own = special[`${name}:${info.verb}`]
  // What is not stored (reviews, statuses of components) has only operations of its own.
  if (!own && !endpoint.cache) throw newMethodNotAllowed()
  return own ?? (operations[info.verb] as Operation)
}

/** As apiextensions' own handler decides it, which has no routes. */
function customOperationOf({ endpoint, info, warn }: Call, custom: CustomKind, special: Operations): Operation {
  const { resource } = endpoint
  const { verb, namespace, name, subresource } = info
  const everywhere = namespace === '' && (verb === 'list' || verb === 'watch') && name === ''
  if (resource.namespaced ? namespace === '' && !everywhere : namespace !== '') return () => Promise.resolve(pageNotFound())
  if (custom.deprecation) warn(custom.deprecation)
  if (subresource) {
    const found = subresourceOf(endpoint, subresource)
    if (!found) throw newNotFound(resource, name)
    if (!found.verbs.includes(verb)) throw newMethodNotAllowed()
    return special[`*/${subresource}`] ?? (operations[verb] as Operation)
  }
  const operation = operations[verb]
  if (!operation || (name === '' ? verb === 'update' || verb === 'patch' : verb === 'create')) throw newMethodNotAllowed()
  if (custom.terminating && verb === 'create')
    throw new StatusError({
      code: 405,
      reason: 'MethodNotAllowed',
      message: `create not allowed while custom resource definition is terminating`,
      details: {},
    })
  return operation
}

/** Which verbs a path takes: a collection no PUT, an object no POST, a namespaced resource no write without a namespace. */
function checkPlace({ verb, name, namespace, resource }: RequestInfo, namespaced: boolean): void {
  if (namespaced && namespace === '') {
    if (name !== '') throw newPathNotFound()
    if (verb !== 'list' && verb !== 'watch') throw newMethodNotAllowed()
  }
  // A namespace's own path names it twice: as the object and as the place.
  if (!namespaced && namespace !== '' && resource !== 'namespaces') throw newPathNotFound()
  const onObject = name !== ''
  if (onObject ? verb === 'create' || verb === '' : verb === 'update' || verb === 'patch' || verb === '') throw newMethodNotAllowed()
}

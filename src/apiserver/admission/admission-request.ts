/** A write as webhooks and expressions see it: an AdmissionRequest (apiserver/pkg/admission/plugin/webhook/request). */
import type { MessageType } from '../../schema/schema.ts'
import { completeObject } from '../decode-body.ts'
import { type Endpoint, type Endpoints, typeOf } from '../endpoints.ts'
import type { ApiObject, User, WriteAttributes } from '../request.ts'
import { inVersionOf } from '../rest/core.ts'
import type { Write } from './rules.ts'

export interface VersionedWrite extends Write {
  /** What the rules matched. */
  readonly endpoint: Endpoint
  /** Of what is written, where a table describes it. */
  readonly type: MessageType | undefined
  /** What a mutation made, as an object of the kind that is written: decoded and with its defaults. */
  complete(made: unknown): ApiObject
}

/** The write with its objects in the version that the rules matched. */
export function versionedWrite({ object, old, attributes }: Write, endpoint: Endpoint, endpoints: Endpoints): VersionedWrite {
  const { group, version, resource } = attributes.resource
  const own = endpoints.get(group, version, resource)
  const convert = (given: ApiObject | undefined) =>
    given && own && endpoint !== own && !attributes.subresource ? inVersionOf(own, endpoint, given) : given
  const { group: kindGroup, version: kindVersion, kind } = kindOf(endpoint.resource, attributes)
  const type = attributes.subresource ? typeOf(kindGroup, kindVersion, kind) : endpoint.type
  return {
    object: convert(object),
    old: convert(old),
    attributes,
    endpoint,
    type,
    complete: (made) => completeObject(made, { group: kindGroup, version: kindVersion, kind, type }),
  }
}

/** What a mutation made of the write's object, in the version that the client wrote. */
export function mutated({ attributes, endpoint }: VersionedWrite, made: ApiObject, endpoints: Endpoints): ApiObject {
  const { group, version, resource } = attributes.resource
  const own = endpoints.get(group, version, resource)
  return own && endpoint !== own && !attributes.subresource ? inVersionOf(endpoint, own, made) : made
}

/** The kind of what is written at a path: a subresource may have one of another group. */
function kindOf({ group, version, kind }: Endpoint['resource'], { subresource }: WriteAttributes) {
  return {
    group: subresource?.group ?? group,
    version: subresource?.version ?? version,
    kind: subresource?.kind ?? kind,
  }
}

export const userInfo = ({ name, uid, groups, extra }: User) => ({
  username: name,
  ...(uid ? { uid } : {}),
  ...(groups.length > 0 ? { groups } : {}),
  ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
})

/** All but the objects. Absent fields are zero values of Go, which its JSON leaves out. */
export function admissionRequest({ attributes, endpoint, object }: VersionedWrite) {
  const { operation, resource, subresource, namespace, name, user, dryRun } = attributes
  const named = ({ group, version, resource: plural }: Endpoint['resource']) => ({ group, version, resource: plural })
  const options = optionsOf(attributes)
  // A name that is still to be made is no name yet.
  const known = name || object?.metadata?.name
  return {
    kind: kindOf(endpoint.resource, attributes),
    resource: named(endpoint.resource),
    ...(subresource ? { subResource: subresource.name } : {}),
    requestKind: kindOf(resource, attributes),
    requestResource: named(resource),
    ...(subresource ? { requestSubResource: subresource.name } : {}),
    ...(known ? { name: known } : {}),
    ...(namespace ? { namespace } : {}),
    operation,
    userInfo: userInfo(user),
    dryRun,
    ...(options ? { options } : {}),
  }
}

const optionKinds = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: undefined } as const

function optionsOf({ operation, options }: WriteAttributes): object | undefined {
  const kind = optionKinds[operation]
  if (!kind) return undefined
  const { dryRun, fieldManager, fieldValidation, force: _f, ...rest } = options
  return {
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...rest,
    ...(dryRun ? { dryRun: ['All'] } : {}),
    ...(fieldManager ? { fieldManager } : {}),
    // What the client said; to warn is what happens when it says nothing.
    ...(fieldValidation && fieldValidation !== 'Warn' ? { fieldValidation } : {}),
  }
}

/** POST serviceaccounts/NAME/token: a token for an account, perhaps bound to a pod, secret or node (registry/core/serviceaccount/storage/token.go). */
import { newBadRequest, newConflict, newNotFound } from '../../api/errors.ts'
import { formatTime } from '../../api/meta.ts'
import type { TokenRequest } from '../../api/types/authentication-v1.ts'
import type { Node, Pod, Secret, ServiceAccount } from '../../api/types/core-v1.ts'
import { invalid, newInvalid } from '../../api/validation/field-error.ts'
import type { Operation } from '../dispatch.ts'
import { type Endpoint, typeOf } from '../endpoints.ts'
import type { Objects } from '../objects.ts'
import { parseWriteOptions } from '../options.ts'
import { readObject } from '../rest/body.ts'
import { attributesOf } from '../rest/core.ts'
import { managerOf } from '../rest/manager.ts'
import type { SigningKey } from './jwt.ts'
import { issueServiceAccountToken } from './service-account-tokens.ts'

export interface TokenRequestOptions {
  readonly key: SigningKey
  readonly issuer: string
  readonly apiAudiences: readonly string[]
  /** --service-account-max-token-expiration; 0 for no limit. */
  readonly maxExpirationSeconds: number
  /** --service-account-extend-token-expiration. */
  readonly extendExpiration: boolean
  readonly now: () => Date
}

const minSeconds = 600
const maxSeconds = 2 ** 32
/** What the ServiceAccount admission asks for: such tokens live a year, and warn after an hour. */
const warnOnlySeconds = 3607
const extendedSeconds = 365 * 24 * 3600
const group = 'authentication.k8s.io'

export function createTokenRequest(objects: Objects, options: TokenRequestOptions): Operation {
  const { key, issuer, apiAudiences, now } = options
  return async (core, call) => {
    const { namespace, name } = call.info
    const writeOptions = parseWriteOptions('CreateOptions', call.info.query)
    const type = typeOf(group, 'v1', 'TokenRequest')
    const sent = await readObject(core, call, { group, version: 'v1', kind: 'TokenRequest', type }, writeOptions.fieldValidation)
    const attributes = attributesOf(call, 'CREATE', name, writeOptions)
    const account = await objects.get<ServiceAccount>('serviceaccounts', `${namespace}/${name}`)
    if (!account) throw newNotFound({ group: '', resource: 'serviceaccounts' }, name)
    if (sent.metadata.name && sent.metadata.name !== name)
      throw newBadRequest(
        `metadata.name ${JSON.stringify(sent.metadata.name)} of the object does not match the account ${JSON.stringify(name)}`,
      )
    const owned = core.fieldManager.update(
      tokenEndpoint(call.endpoint),
      undefined,
      sent,
      managerOf(writeOptions.fieldManager, call),
      'token',
    )
    const request = (await core.admission.admit(owned, undefined, attributes)) as unknown as TokenRequest
    const { expirationSeconds: asked = 3600, boundObjectRef } = request.spec
    const field = 'spec.expirationSeconds'
    const errors =
      asked < minSeconds
        ? [invalid(field, asked, 'may not specify a duration less than 10 minutes')]
        : asked > maxSeconds
          ? [invalid(field, asked, 'may not specify a duration larger than 2^32 seconds')]
          : []
    if (errors.length > 0) throw newInvalid({ group, kind: 'TokenRequest' }, '', errors)
    await core.admission.validate(sent, undefined, attributes)
    const audiences = request.spec.audiences?.length ? request.spec.audiences : [...apiAudiences]
    const bound = boundObjectRef ? await boundObjects(objects, account, boundObjectRef) : {}

    const { maxExpirationSeconds } = options
    const seconds = maxExpirationSeconds > 0 ? Math.min(asked, maxExpirationSeconds) : asked
    if (seconds < asked) call.warn(`requested expiration of ${asked} seconds shortened to ${seconds} seconds`)
    const forApi = audiences.every((a) => apiAudiences.includes(a))
    const extended = options.extendExpiration && bound.pod !== undefined && seconds === warnOnlySeconds && forApi
    const at = now()
    const token = issueServiceAccountToken(
      key,
      issuer,
      {
        account,
        ...bound,
        audiences,
        expirationSeconds: extended ? extendedSeconds : seconds,
        ...(extended ? { warnAfterSeconds: seconds } : {}),
      },
      at,
    )
    const expirationTimestamp = formatTime(new Date(at.getTime() + seconds * 1000))
    const answer = {
      kind: 'TokenRequest',
      apiVersion: `${group}/v1`,
      metadata: {
        name,
        namespace,
        uid: account.metadata.uid,
        creationTimestamp: formatTime(at),
        managedFields: owned.metadata.managedFields,
      },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: boundObjectRef ?? null },
      status: { token, expirationTimestamp },
    }
    return { kind: 'object', status: 201, object: answer }
  }
}

/** Who owns which field of a TokenRequest is recorded as of its own kind, and under the account's subresource. */
const tokenEndpoint = (endpoint: Endpoint): Endpoint => ({
  ...endpoint,
  apiVersion: `${group}/v1`,
  type: typeOf(group, 'v1', 'TokenRequest'),
})

type Bound = { readonly pod?: Pod; readonly node?: Pick<Node, 'metadata'>; readonly secret?: Secret }

async function boundObjects(
  objects: Objects,
  account: ServiceAccount,
  ref: NonNullable<TokenRequest['spec']['boundObjectRef']>,
): Promise<Bound> {
  const { apiVersion = '', kind = '', name = '', uid } = ref
  const { namespace } = account.metadata
  const find = async <T extends { metadata: { uid?: string } }>(resource: string, key: string): Promise<T> => {
    if (name === '') throw newBadRequest('Name parameter required.')
    const found = await objects.get<T>(resource, key)
    if (!found) throw newNotFound({ group: '', resource }, name)
    if (uid && uid !== found.metadata.uid)
      throw newConflict(
        { group: '', resource: kind },
        name,
        `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      )
    return found
  }
  if (apiVersion === 'v1' && kind === 'Pod') {
    const pod = await find<Pod>('pods', `${namespace}/${name}`)
    if (pod.spec?.serviceAccountName !== account.metadata.name)
      throw newBadRequest(
        `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`,
      )
    const nodeName = pod.spec?.nodeName
    if (!nodeName) return { pod }
    const node = await objects.get<Node>('nodes', nodeName)
    return { pod, ...(node ? { node } : {}) }
  }
  if (apiVersion === 'v1' && kind === 'Secret') return { secret: await find<Secret>('secrets', `${namespace}/${name}`) }
  if (apiVersion === 'v1' && kind === 'Node') return { node: await find<Node>('nodes', name) }
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  throw newBadRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
}

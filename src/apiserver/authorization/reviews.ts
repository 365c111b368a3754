/** The reviews that answer what somebody may do (registry/authorization): nothing is stored. */
import { newBadRequest, StatusError } from '../../api/errors.ts'
import type {
  FieldSelectorAttributes,
  NonResourceAttributes,
  ResourceAttributes,
  SubjectAccessReviewSpec,
} from '../../api/types/authorization-v1.ts'
import type { PolicyRule } from '../../api/types/rbac-v1.ts'
import { type FieldError, invalid, newInvalid } from '../../api/validation/field-error.ts'
import type { Call } from '../call.ts'
import type { Operation, Operations } from '../dispatch.ts'
import { parseWriteOptions } from '../options.ts'
import type { ApiObject, AuthorizationAttributes, Authorizer, User } from '../request.ts'
import { readObject } from '../rest/body.ts'
import { attributesOf, type Core } from '../rest/core.ts'
import { checkNamespace, withNamespace } from '../rest/create.ts'
import { managerOf } from '../rest/manager.ts'
import type { RuleSet } from './rbac.ts'

interface Review extends ApiObject {
  readonly spec: Partial<SubjectAccessReviewSpec> & { readonly namespace?: string }
}

/** The body of a kind that is answered and not kept: decoded, its managed fields recorded, admitted. */
export async function readVirtual<T extends ApiObject>(core: Core, call: Call): Promise<T> {
  const { endpoint, info } = call
  const options = parseWriteOptions('CreateOptions', info.query)
  const body = await readObject(core, call, endpoint, options.fieldValidation)
  checkNamespace(body, info.namespace)
  const sent = withNamespace(body, info.namespace)
  const attributes = attributesOf(call, 'CREATE', '', options)
  const owned = core.fieldManager.update(endpoint, undefined, sent, managerOf(options.fieldManager, call), '')
  const admitted = (await core.admission.admit(owned, undefined, attributes)) as T
  await core.admission.validate(admitted, undefined, attributes)
  return admitted
}

export interface ReviewParts {
  readonly authorizer: Authorizer
  readonly rulesFor: (user: User, namespace: string) => RuleSet & { readonly incomplete: boolean }
}

export function createReviews({ authorizer, rulesFor }: ReviewParts): Operations {
  const answer = async (review: Review, user: User) => {
    const { decision, reason, error } = await authorizer.authorize(attributesFor(review.spec, user))
    return {
      kind: 'object',
      status: 201,
      object: {
        ...review,
        status: {
          allowed: decision === 'allow',
          ...(decision === 'deny' ? { denied: true } : {}),
          ...(reason ? { reason } : {}),
          ...(error ? { evaluationError: error.message } : {}),
        },
      },
    } as const
  }
  const subject: Operation = async (core, call) => {
    const review = await readVirtual<Review>(core, call)
    refuse([...validateSpec(review.spec), ...validateUser(review.spec), ...validateMeta(review)])
    return answer(review, userOf(review.spec))
  }
  return {
    'subjectaccessreviews.authorization.k8s.io:create': subject,
    'selfsubjectaccessreviews.authorization.k8s.io:create': async (core, call) => {
      const review = await readVirtual<Review>(core, call)
      refuse([...validateSpec(review.spec), ...validateMeta(review)])
      return answer(review, call.user)
    },
    'localsubjectaccessreviews.authorization.k8s.io:create': async (core, call) => {
      const review = await readVirtual<Review>(core, call)
      const namespace = review.metadata.namespace ?? ''
      const { resourceAttributes, nonResourceAttributes } = review.spec
      const local = [
        ...(resourceAttributes && (resourceAttributes.namespace ?? '') !== namespace
          ? [invalid('spec.resourceAttributes.namespace', resourceAttributes.namespace ?? '', 'must match metadata.namespace')]
          : []),
        ...(nonResourceAttributes
          ? [invalid('spec.nonResourceAttributes', goPath(nonResourceAttributes), 'disallowed on this kind of request')]
          : []),
      ]
      refuse([...validateSpec(review.spec), ...validateUser(review.spec), ...validateMeta(review), ...local])
      if (namespace !== call.info.namespace)
        throw newBadRequest(`spec.resourceAttributes.namespace must match namespace: ${call.info.namespace}`)
      return answer(review, userOf(review.spec))
    },
    'selfsubjectrulesreviews.authorization.k8s.io:create': async (core, call) => {
      const review = await readVirtual<Review>(core, call)
      const { namespace } = review.spec
      if (!namespace) throw newBadRequest('no namespace on request')
      const { rules, errors, incomplete } = rulesFor(call.user, namespace)
      return {
        kind: 'object',
        status: 201,
        object: {
          ...review,
          spec: {},
          status: {
            resourceRules: rules.filter((r) => r.resources?.length).map(resourceRule),
            nonResourceRules: rules
              .filter((r) => r.nonResourceURLs?.length)
              .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
            incomplete,
            ...(errors.length > 0 ? { evaluationError: errors.join(', ') } : {}),
          },
        },
      }
    },
  }
}

const resourceRule = ({ verbs, apiGroups, resources, resourceNames }: PolicyRule) => ({
  verbs,
  apiGroups,
  resources,
  ...(resourceNames?.length ? { resourceNames } : {}),
})

function attributesFor(spec: Review['spec'], user: User): AuthorizationAttributes {
  const { resourceAttributes: r, nonResourceAttributes: n } = spec
  const selectors = {
    ...selectorText('fieldSelector', r?.fieldSelector),
    ...selectorText('labelSelector', r?.labelSelector),
  }
  return {
    user,
    isResourceRequest: r !== undefined && r !== null,
    path: n?.path ?? '',
    verb: (r ?? n)?.verb ?? '',
    apiGroup: r?.group ?? '',
    apiVersion: r?.version || '*',
    namespace: r?.namespace ?? '',
    resource: r?.resource ?? '',
    subresource: r?.subresource ?? '',
    name: r?.name ?? '',
    ...selectors,
  }
}

type SelectorAttributes = FieldSelectorAttributes | NonNullable<ResourceAttributes['labelSelector']>

/** Requirements as the text that a request's query would carry. */
function selectorText(name: 'fieldSelector' | 'labelSelector', selector: SelectorAttributes | null | undefined) {
  if (!selector) return {}
  if (selector.rawSelector) return { [name]: selector.rawSelector }
  const parts = (selector.requirements ?? []).flatMap(({ key, operator, values = [] }) => {
    const list = values ?? []
    if (operator === 'Exists') return [key]
    if (operator === 'DoesNotExist') return [`!${key}`]
    if (list.length === 1) return [`${key}${operator === 'In' ? '=' : '!='}${list[0]}`]
    return name === 'labelSelector' ? [`${key} ${operator.toLowerCase()} (${list.join(',')})`] : []
  })
  return parts.length > 0 ? { [name]: parts.join(',') } : {}
}

const userOf = ({ user = '', groups, extra, uid }: Review['spec']): User => ({
  name: user,
  groups: groups ?? [],
  ...(uid ? { uid } : {}),
  ...(extra ? { extra } : {}),
})

/** As the internal type is printed in messages. */
const goPath = ({ path = '', verb = '' }: NonResourceAttributes) => ({ Path: path, Verb: verb })

function validateSpec({ resourceAttributes, nonResourceAttributes }: Review['spec']): FieldError[] {
  if (resourceAttributes && nonResourceAttributes)
    return [
      invalid('spec.nonResourceAttributes', goPath(nonResourceAttributes), 'cannot be specified in combination with resourceAttributes'),
    ]
  if (!resourceAttributes && !nonResourceAttributes)
    return [invalid('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified')]
  return []
}

const validateUser = ({ user, groups }: Review['spec']): FieldError[] =>
  !user && !groups?.length ? [invalid('spec.user', '', 'at least one of user or group must be specified')] : []

/** Nothing of metadata means anything, but for the namespace of the local review. */
function validateMeta({ metadata, kind }: Review): FieldError[] {
  const { managedFields: _m, namespace, ...rest } = metadata
  const empty = Object.values(rest).every((v) => v === undefined || v === '') && (kind === 'LocalSubjectAccessReview' || !namespace)
  return empty ? [] : [invalid('metadata', metadata, 'must be empty')]
}

/** Upstream names neither kind nor object here. */
function refuse(errors: readonly FieldError[]): void {
  if (errors.length === 0) return
  const { status } = newInvalid({ group: 'authorization.k8s.io', kind: '' }, '', errors)
  const { kind: _k, ...details } = status.details ?? {}
  throw new StatusError({ ...status, code: 422, message: status.message ?? '', details })
}

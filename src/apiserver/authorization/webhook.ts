/** The authorizer that asks a webhook (upstream: plugin/pkg/authorizer/webhook): a SubjectAccessReview is posted, its status decides. */
import { FieldSelectorError, parseFieldSelector } from '../../api/fields.ts'
import { parseLabelSelector, SelectorError } from '../../api/labels.ts'
import { isObject } from '../authentication/jwt.ts'
import { createExpiringCache } from '../expiring-cache.ts'
import type { AuthorizationAttributes, Authorizer, Decision } from '../request.ts'
import { postWithRetry } from '../webhook.ts'
import type { AuthorizationWebhook } from './configuration.ts'
import type { AuthorizationWebhookMetrics } from './metrics.ts'

/** Longer questions are asked each time: a cache must not be filled by what requests carry. */
const longestKey = 10_000

export function createWebhookAuthorizer(options: AuthorizationWebhook, now: () => Date, figures: AuthorizationWebhookMetrics): Authorizer {
  const { webhook, version, timeoutMs, authorizedMs, unauthorizedMs, failurePolicy, applies } = options
  const cache = createExpiringCache<Decision>(now)

  const failed = (error: Error): Decision => ({ decision: failurePolicy === 'Deny' ? 'deny' : 'no-opinion', reason: '', error })

  const ask = async (spec: object, key: string): Promise<Decision> => {
    const review = { kind: 'SubjectAccessReview', apiVersion: `authorization.k8s.io/${version}`, metadata: {}, spec }
    const startedAt = performance.now()
    const over = (result: Parameters<typeof figures.asked>[0]) => figures.asked(result, (performance.now() - startedAt) / 1000)
    try {
      const decision = decisionOf((await postWithRetry<{ status?: unknown }>(webhook, review, timeoutMs)).status)
      over('success')
      if (key.length <= longestKey) cache.set(key, decision, decision.decision === 'allow' ? authorizedMs : unauthorizedMs)
      return decision
    } catch (error) {
      const result = ((error as Error).cause as Error | undefined)?.name === 'TimeoutError' ? 'timeout' : 'error'
      over(result)
      if (failurePolicy === 'NoOpinion') figures.failedOpen(result)
      return failed(error as Error)
    }
  }
  return {
    authorize(attributes) {
      const startedAt = performance.now()
      try {
        if (applies && !applies(specOf(attributes, 'v1'))) {
          figures.excluded()
          return { decision: 'no-opinion', reason: '' }
        }
      } catch (error) {
        figures.conditionsFailed()
        // Upstream leaves the request to the others, or denies it; neither is a fault of the server.
        return { decision: failurePolicy === 'Deny' ? 'deny' : 'no-opinion', reason: (error as Error).message }
      } finally {
        if (applies) figures.conditions((performance.now() - startedAt) / 1000)
      }
      const spec = specOf(attributes, version)
      const key = JSON.stringify(spec)
      return cache.get(key) ?? ask(spec, key)
    },
  }
}

function decisionOf(status: unknown): Decision {
  const { allowed, denied, reason } = isObject(status) ? status : {}
  if (allowed === true && denied === true) throw new Error('webhook subject access review returned both allow and deny response')
  return {
    decision: denied === true ? 'deny' : allowed === true ? 'allow' : 'no-opinion',
    reason: typeof reason === 'string' ? reason : '',
  }
}

function specOf(a: AuthorizationAttributes, version: string): object {
  const { user } = a
  const filled = (fields: Record<string, string>) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
  return {
    ...(a.isResourceRequest
      ? {
          resourceAttributes: {
            ...filled({
              namespace: a.namespace,
              verb: a.verb,
              group: a.apiGroup,
              version: a.apiVersion,
              resource: a.resource,
              subresource: a.subresource,
              name: a.name,
            }),
            ...selectorOf('fieldSelector', a.fieldSelector, fieldRequirements),
            ...selectorOf('labelSelector', a.labelSelector, labelRequirements),
          },
        }
      : { nonResourceAttributes: { path: a.path, verb: a.verb } }),
    user: user.name,
    // v1beta1 calls them by the singular.
    ...(user.groups.length > 0 ? { [version === 'v1beta1' ? 'group' : 'groups']: user.groups } : {}),
    ...(user.uid ? { uid: user.uid } : {}),
    ...(user.extra ? { extra: user.extra } : {}),
  }
}

interface Requirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values?: readonly string[]
}

/** A selector that cannot be read is left out, as upstream does: what is asked is then about more, never about less. */
function selectorOf(name: string, text: string | undefined, read: (text: string) => Requirement[]): object {
  if (!text) return {}
  try {
    const requirements = read(text)
    return requirements.length > 0 ? { [name]: { requirements } } : {}
  } catch (error) {
    if (error instanceof FieldSelectorError || error instanceof SelectorError) return {}
    throw error
  }
}

const fieldRequirements = (text: string): Requirement[] =>
  parseFieldSelector(text).requirements.map(({ field, operator, value }) => ({
    key: field,
    operator: operator === '=' ? 'In' : 'NotIn',
    values: [value],
  }))

const labelOperators = { in: 'In', '=': 'In', '==': 'In', notin: 'NotIn', '!=': 'NotIn', exists: 'Exists', '!': 'DoesNotExist' } as const

const labelRequirements = (text: string): Requirement[] =>
  parseLabelSelector(text).requirements.flatMap(({ key, operator, values }) =>
    operator === 'gt' || operator === 'lt' ? [] : [{ key, operator: labelOperators[operator], ...(values.length > 0 ? { values } : {}) }],
  )

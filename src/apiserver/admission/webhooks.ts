/** What validating and mutating admission webhooks share (apiserver/pkg/admission/plugin/webhook): which are called, with what, and how their answers are read. */
import { randomUUID } from 'node:crypto'
import { compileMatchConditions, type NamedExpression } from '../../api/admission-expressions.ts'
import { newBadRequest, newForbidden, newInternalError, StatusError } from '../../api/errors.ts'
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../../api/types/admissionregistration-v1.ts'
import type { Status } from '../../api/types/meta-v1.ts'
import { WebhookError } from '../../http/webhook.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { Endpoints } from '../endpoints.ts'
import type { Objects } from '../objects.ts'
import type { Authorizer } from '../request.ts'
import { admissionRequest, type VersionedWrite, versionedWrite } from './admission-request.ts'
import { bindingsOf, conditionsHold } from './expressions.ts'
import { createConditionMetrics, createWebhookMetrics } from './extension-metrics.ts'
import { isSelected, matchRules, type Write } from './rules.ts'
import { createWebhookClients } from './webhook-client.ts'

export interface WebhookDeps {
  readonly objects: Objects
  readonly endpoints: Endpoints
  readonly authorizer: Authorizer
  readonly metrics: MetricsRegistry
}

export type AdmissionWebhook = ValidatingWebhook | MutatingWebhook
export interface ConfiguredWebhook<H extends AdmissionWebhook> {
  readonly configuration: string
  readonly hook: H
  conditions(): readonly NamedExpression[]
}

/** The part of a webhook's answer that counts. */
export interface WebhookAnswer {
  readonly uid?: string
  readonly allowed?: boolean
  readonly status?: Partial<Status>
  readonly patch?: string
  readonly patchType?: string
  readonly auditAnnotations?: Readonly<Record<string, string>>
  readonly warnings?: readonly string[]
}

/** The webhook could not be asked: the failure policy decides what that means. */
export class WebhookCallError extends Error {
  /** Of its answer, or as upstream counts what it could not ask or not understand. */
  readonly code: number
  constructor(name: string, why: string, code: number) {
    super(`failed calling webhook ${JSON.stringify(name)}: ${why}`)
    this.code = code
  }
}
/** The webhook said no. */
class WebhookRefusal extends StatusError {}

export interface Webhooks<H extends AdmissionWebhook> {
  ready(): Promise<unknown> | undefined
  /** In the order of the configurations' names. */
  all(): readonly ConfiguredWebhook<H>[]
  /** The write as the webhook is to see it; undefined: it is not about this one. */
  match(webhook: ConfiguredWebhook<H>, write: Write): Promise<VersionedWrite | undefined>
  /** Throws StatusError where the webhook refuses, WebhookCallError where it could not be asked. */
  call(webhook: ConfiguredWebhook<H>, write: VersionedWrite): Promise<WebhookAnswer>
  /** Tells the metrics what came of calling the webhook and of what was made of its answer. */
  measured<T>(webhook: ConfiguredWebhook<H>, write: VersionedWrite, run: () => T | Promise<T>): Promise<T>
}

export function createWebhooks<H extends AdmissionWebhook>(
  kind: 'validating' | 'mutating',
  { objects, endpoints, authorizer, metrics }: WebhookDeps,
): Webhooks<H> {
  const figures = createWebhookMetrics(metrics, kind === 'mutating' ? 'admit' : 'validating')
  const observerOf = createConditionMetrics(metrics, 'webhook', kind === 'mutating' ? 'admit' : 'validate')
  const clients = createWebhookClients(objects)
  const configurations = new Map<string, readonly ConfiguredWebhook<H>[]>()
  const mirror = objects.mirror<ValidatingWebhookConfiguration | MutatingWebhookConfiguration>(
    `${kind}webhookconfigurations.admissionregistration.k8s.io`,
    {
      set: (name, { webhooks = [] }) =>
        configurations.set(
          name,
          (webhooks as readonly AdmissionWebhook[] as readonly H[]).map((hook) => configured(name, hook)),
        ),
      delete: (name) => configurations.delete(name),
      clear: () => configurations.clear(),
    },
  )
  let hooks: readonly ConfiguredWebhook<H>[] = []
  return {
    ready: () => mirror.ready(),
    all() {
      if (mirror.sync()) {
        hooks = [...configurations].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, list]) => list)
        clients.keep(new Set(hooks.map(({ hook }) => hook)))
      }
      return hooks
    },
    async match({ hook, conditions }, write) {
      const endpoint = matchRules(hook.rules ?? [], hook.matchPolicy, write, endpoints)
      if (!endpoint || !(await isSelected(hook, write, objects))) return undefined
      const versioned = versionedWrite(write, endpoint, endpoints)
      if (!hook.matchConditions?.length) return versioned
      try {
        const observer = observerOf(hook.name, write.attributes.operation)
        return (await conditionsHold(conditions(), bindingsOf({ write: versioned, authorizer }), hook.failurePolicy, observer))
          ? versioned
          : undefined
      } catch (error) {
        const { resource, name } = write.attributes
        throw newForbidden(resource, name, (error as Error).message)
      }
    },
    async call({ hook }, write) {
      const { attributes } = write
      if (attributes.dryRun && hook.sideEffects !== 'None' && hook.sideEffects !== 'NoneOnDryRun')
        throw newBadRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`)
      const version = hook.admissionReviewVersions?.find((v) => v === 'v1' || v === 'v1beta1') ?? 'v1'
      const review = { kind: 'AdmissionReview', apiVersion: `admission.k8s.io/${version}` }
      const uid = randomUUID()
      const { object = null, old: oldObject = null } = write
      const request = { uid, ...admissionRequest(write), object, oldObject }
      let said: unknown
      try {
        said = await clients.post(hook, { ...review, request })
      } catch (error) {
        const code = error instanceof WebhookError ? error.status : undefined
        throw new WebhookCallError(hook.name, `failed to call webhook: ${(error as Error).message}`, code ?? 400)
      }
      const answer = verified(said, { ...review, uid, mutating: kind === 'mutating' }, (why) => {
        throw new WebhookCallError(hook.name, `received invalid webhook response: ${why}`, 503)
      })
      for (const [key, value] of Object.entries(answer.auditAnnotations ?? {})) attributes.annotateAudit?.(`${hook.name}/${key}`, value)
      for (const warning of answer.warnings ?? []) attributes.warn(warning)
      if (!answer.allowed) throw refusalOf(hook.name, answer.status ?? {})
      return answer
    },
    async measured({ hook: { name, failurePolicy } }, { attributes: { operation } }, run) {
      const startedAt = performance.now()
      const called = (rejected: boolean, code: number) =>
        figures.called(name, operation, { rejected, code, seconds: (performance.now() - startedAt) / 1000 })
      try {
        const result = await run()
        called(false, 200)
        return result
      } catch (error) {
        const uncalled = error instanceof WebhookCallError
        const code = uncalled || error instanceof WebhookRefusal ? error.code : 0
        const open = uncalled && failurePolicy === 'Ignore'
        called(!open, code)
        if (open) figures.failedOpen(name)
        else figures.rejected(name, operation, uncalled ? 'calling_webhook_error' : code ? 'no_error' : 'apiserver_internal_error', code)
        throw error
      }
    },
  }
}

function configured<H extends AdmissionWebhook>(configuration: string, hook: H): ConfiguredWebhook<H> {
  let compiled: readonly NamedExpression[] | undefined
  return {
    configuration,
    hook,
    conditions() {
      compiled ??= compileMatchConditions(hook.matchConditions)
      return compiled
    },
  }
}

interface Asked {
  readonly kind: string
  readonly apiVersion: string
  readonly uid: string
  readonly mutating: boolean
}

/** webhook/request.VerifyAdmissionResponse. Answers in v1beta1 need not say which review they are of. */
function verified(said: unknown, { kind, apiVersion, uid, mutating }: Asked, fail: (why: string) => never): WebhookAnswer {
  const quoted = (value: unknown) => JSON.stringify(value ?? '')
  const review = (typeof said === 'object' && said !== null ? said : {}) as { kind?: string; apiVersion?: string; response?: WebhookAnswer }
  const { response } = review
  if (!response) return fail('webhook response was absent')
  const v1 = apiVersion.endsWith('/v1')
  if (v1 && response.uid !== uid) return fail(`expected response.uid=${quoted(uid)}, got ${quoted(response.uid)}`)
  if (review.kind !== kind || review.apiVersion !== apiVersion)
    return fail(`expected webhook response of ${apiVersion}, Kind=${kind}, got ${review.apiVersion ?? '/'}, Kind=${review.kind ?? ''}`)
  const { patch, patchType } = response
  if (!mutating) {
    if (patch) return fail('validating webhook may not return response.patch')
    if (patchType !== undefined) return fail('validating webhook may not return response.patchType')
    return response
  }
  if (!v1) return { ...response, ...(patch ? { patchType: 'JSONPatch' } : {}) }
  if (patch && patchType === undefined) return fail('webhook returned response.patch but not response.patchType')
  if (!patch && patchType !== undefined) return fail('webhook returned response.patchType but not response.patch')
  if (patchType === '') return fail('webhook returned invalid response.patchType of ""')
  return response
}

/** webhook/errors.ToStatusErr. */
function refusalOf(name: string, status: Partial<Status>): StatusError {
  const { code = 0, message, reason } = status
  const denied = `admission webhook ${JSON.stringify(name)} denied the request`
  const why = message || reason
  return new WebhookRefusal({ ...status, code: Math.max(code, 400), message: why ? `${denied}: ${why}` : `${denied} without explanation` })
}

/** What a failed call means: undefined where the webhook says that it is to be ignored. */
export function failureOf(error: unknown, { failurePolicy }: AdmissionWebhook): StatusError | undefined {
  if (!(error instanceof WebhookCallError)) throw error
  return failurePolicy === 'Ignore' ? undefined : newInternalError(error)
}

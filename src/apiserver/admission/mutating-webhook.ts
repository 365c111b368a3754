/**
 * MutatingAdmissionWebhook (apiserver/pkg/admission/plugin/webhook/mutating): those that are about a write are asked
 * one after another, each about what the one before made of it. When any changed the object, all plugins run once
 * more, and those webhooks that want to (reinvocationPolicy IfNeeded) are asked again.
 */
import { newInternalError } from '../../api/errors.ts'
import { applyJsonPatch, type JsonPatchOperation } from '../../api/patch/json-patch.ts'
import type { MutatingWebhook } from '../../api/types/admissionregistration-v1.ts'
import type { ApiObject } from '../request.ts'
import { deepEqual } from '../rest/equal.ts'
import type { AdmissionPlugin } from './admission.ts'
import { mutated, type VersionedWrite } from './admission-request.ts'
import { createRounds } from './reinvocation.ts'
import { isExempt } from './rules.ts'
import { createWebhooks, failureOf, type WebhookAnswer, WebhookCallError, type WebhookDeps } from './webhooks.ts'

export function createMutatingAdmissionWebhook(deps: WebhookDeps): AdmissionPlugin {
  const webhooks = createWebhooks<MutatingWebhook>('mutating', deps)
  const roundsOf = createRounds<MutatingWebhook>()
  return {
    name: 'MutatingAdmissionWebhook',
    handles: () => true,
    isIdle: () => webhooks.ready() === undefined && webhooks.all().length === 0,
    async admit(object, old, attributes) {
      if (isExempt(attributes.resource)) return object
      await webhooks.ready()
      const { reinvocation } = attributes
      const rounds = roundsOf(reinvocation, object)
      let current = object
      for (const [i, webhook] of webhooks.all().entries()) {
        const { hook, configuration } = webhook
        if (!rounds.isDue(hook)) continue
        const versioned = await webhooks.match(webhook, { object: current, old, attributes })
        if (!versioned) continue
        const annotate = (prefix: string, value: string, level?: 'Request') =>
          attributes.annotateAudit?.(`${prefix}.webhook.admission.k8s.io/round_${reinvocation.round}_index_${i}`, value, level)
        let changed = false
        try {
          const { patch, next } = await webhooks.measured(webhook, versioned, async () => {
            const patch = patchOf(hook, await webhooks.call(webhook, versioned))
            return { patch, next: patch.length > 0 ? apply(hook, versioned, patch) : versioned.object }
          })
          changed = next !== versioned.object && !deepEqual(next, versioned.object)
          if (patch.length > 0)
            annotate('patch', JSON.stringify({ configuration, webhook: hook.name, patch, patchType: 'JSONPatch' }), 'Request')
          if (changed) current = mutated(versioned, next as ApiObject, deps.endpoints)
        } catch (error) {
          const failure = failureOf(error, hook)
          if (failure) throw failure
          annotate('failed-open.mutation', hook.name)
        } finally {
          annotate('mutation', JSON.stringify({ configuration, webhook: hook.name, mutated: changed }))
        }
        rounds.ran(hook, changed, hook.reinvocationPolicy)
      }
      rounds.end(current)
      return current
    },
  }
}

function patchOf(hook: MutatingWebhook, { patch, patchType }: WebhookAnswer): JsonPatchOperation[] {
  if (!patch) return []
  if (patchType !== 'JSONPatch') throw new WebhookCallError(hook.name, `unsupported patch type ${JSON.stringify(patchType)}`, 400)
  try {
    return JSON.parse(Buffer.from(patch, 'base64').toString()) as JsonPatchOperation[]
  } catch (error) {
    throw newInternalError(error)
  }
}

function apply(hook: MutatingWebhook, { object, complete }: VersionedWrite, patch: readonly JsonPatchOperation[]): ApiObject {
  if (!object)
    throw newInternalError(
      new Error(`admission webhook ${JSON.stringify(hook.name)} attempted to modify the object, which is not supported for this operation`),
    )
  try {
    return complete(applyJsonPatch(object, patch))
  } catch (error) {
    throw newInternalError(error)
  }
}

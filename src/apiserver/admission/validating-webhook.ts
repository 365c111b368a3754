/** ValidatingAdmissionWebhook (apiserver/pkg/admission/plugin/webhook/validating): all that are about a write are asked at once. */
import type { ValidatingWebhook } from '../../api/types/admissionregistration-v1.ts'
import type { AdmissionPlugin } from './admission.ts'
import { isExempt, type Write } from './rules.ts'
import { createWebhooks, failureOf, type WebhookDeps } from './webhooks.ts'

export function createValidatingAdmissionWebhook(deps: WebhookDeps): AdmissionPlugin {
  const webhooks = createWebhooks<ValidatingWebhook>('validating', deps)
  return {
    name: 'ValidatingAdmissionWebhook',
    handles: () => true,
    isIdle: () => webhooks.ready() === undefined && webhooks.all().length === 0,
    async validate(object, old, attributes) {
      if (isExempt(attributes.resource)) return undefined
      await webhooks.ready()
      const write: Write = { object, old, attributes }
      const called = []
      for (const webhook of webhooks.all()) {
        const versioned = await webhooks.match(webhook, write)
        if (versioned) called.push({ webhook, versioned })
      }
      const answers = await Promise.allSettled(
        called.map(({ webhook, versioned }) => webhooks.measured(webhook, versioned, () => webhooks.call(webhook, versioned))),
      )
      for (const [i, answer] of answers.entries()) {
        if (answer.status === 'fulfilled') continue
        const { hook } = (called[i] as (typeof called)[number]).webhook
        const failure = failureOf(answer.reason, hook)
        if (failure) throw failure
        attributes.annotateAudit?.(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${i}`, hook.name)
      }
      return undefined
    },
  }
}

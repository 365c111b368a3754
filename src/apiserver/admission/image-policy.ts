/**
 * ImagePolicyWebhook (plugin/pkg/admission/imagepolicy): a webhook says whether the images of a pod may run. Its
 * answers are kept for a while, and what happens while it cannot be asked is told by the configuration.
 */
import type { Pod } from '../../api/types/core-v1.ts'
import type { Webhook } from '../../http/webhook.ts'
import { createExpiringCache } from '../expiring-cache.ts'
import { postWithRetry, webhookOf } from '../webhook.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'

export interface ImagePolicyOptions {
  readonly webhook: Webhook
  /** How long an answer counts. */
  readonly allowMs: number
  readonly denyMs: number
  /** The pause before a second attempt. */
  readonly retryMs: number
  /** Whether pods run while nobody answers. */
  readonly defaultAllow: boolean
}

/** imagepolicy.k8s.io/v1alpha1 ImageReview. */
interface ImageReviewStatus {
  readonly allowed?: boolean
  readonly reason?: string
  readonly auditAnnotations?: Readonly<Record<string, string>>
}

const annotationMark = '.image-policy.k8s.io/'
const auditPrefix = 'imagepolicywebhook.image-policy.k8s.io/'
const timeoutMs = 30_000

export function createImagePolicyWebhook(options: ImagePolicyOptions, now: () => Date = () => new Date()): AdmissionPlugin {
  const { webhook, allowMs, denyMs, retryMs, defaultAllow } = options
  const answers = createExpiringCache<ImageReviewStatus>(now)
  const ask = async (spec: object): Promise<ImageReviewStatus> => {
    const key = JSON.stringify(spec)
    const known = answers.get(key)
    if (known) return known
    const review = { kind: 'ImageReview', apiVersion: 'imagepolicy.k8s.io/v1alpha1', metadata: {}, spec }
    const { status = {} } = await postWithRetry<{ status?: ImageReviewStatus }>(webhook, review, timeoutMs, retryMs)
    answers.set(key, status, status.allowed ? allowMs : denyMs)
    return status
  }
  return {
    name: 'ImagePolicyWebhook',
    handles: (resource, subresource, operation) =>
      resource === 'pods' &&
      ((subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')) ||
        (subresource === 'ephemeralcontainers' && operation === 'UPDATE')),
    async validate(object, _old, attributes) {
      const { metadata, spec } = object as unknown as Pod
      const containers = attributes.subresource ? (spec.ephemeralContainers ?? []) : [...spec.containers, ...(spec.initContainers ?? [])]
      const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => name.includes(annotationMark))
      const annotate = (key: string, value: string) => attributes.annotateAudit?.(auditPrefix + key, value)
      let status: ImageReviewStatus
      try {
        status = await ask({
          containers: containers.map(({ image = '' }) => ({ image })),
          ...(annotations.length > 0 ? { annotations: Object.fromEntries(annotations) } : {}),
          namespace: attributes.namespace,
        })
      } catch (error) {
        if (!defaultAllow) throw newRefusal(attributes, object, (error as Error).message)
        annotate('failed-open', 'true')
        return undefined
      }
      for (const [key, value] of Object.entries(status.auditAnnotations ?? {})) annotate(key, value)
      if (status.allowed) return undefined
      const why = status.reason
        ? `image policy webhook backend denied one or more images: ${status.reason}`
        : 'one or more images rejected by webhook backend'
      throw newRefusal(attributes, object, why)
    },
  }
}

/** The least, the most and the usual value of a time, in milliseconds. */
const ttl = { unit: 1000, least: 1000, most: 30 * 60_000, usual: 5 * 60_000 }
const backoff = { unit: 1, least: 1, most: 5 * 60_000, usual: 500 }

export function parseImagePolicy(configuration: unknown): ImagePolicyOptions {
  const { imagePolicy } = (configuration ?? {}) as { imagePolicy?: Readonly<Record<string, unknown>> }
  if (typeof imagePolicy?.['kubeConfigFile'] !== 'string')
    throw new Error('ImagePolicyWebhook: its configuration names no imagePolicy.kubeConfigFile')
  const time = (name: string, { unit, least, most, usual }: typeof ttl): number => {
    const given = Number(imagePolicy[name] ?? 0)
    // None at all, on purpose.
    if (given === -1) return 0
    const ms = given === 0 ? usual : given * unit
    if (!(ms >= least && ms <= most))
      throw new Error(`ImagePolicyWebhook: ${name}: valid value is between ${least / unit} and ${most / unit}, got ${given}`)
    return ms
  }
  const times = {
    allowMs: time('allowTTL', ttl),
    denyMs: time('denyTTL', ttl),
    retryMs: time('retryBackoff', backoff),
  }
  return { ...times, webhook: webhookOf(imagePolicy['kubeConfigFile']), defaultAllow: imagePolicy['defaultAllow'] === true }
}

/**
 * Conversion between the versions of a custom resource (upstream: apiextensions' apiserver/conversion): by name alone, or by
 * a webhook that is sent objects and answers them in the version wanted. What it answers may differ in all but the identity
 * of the objects: of their metadata only labels and annotations are taken.
 */
import { randomUUID } from 'node:crypto'
import { StatusError } from '../../api/errors.ts'
import { isObject } from '../../api/shape.ts'
import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.ts'
import type { CalledWebhook } from '../admission/webhook-client.ts'
import type { ApiObject } from '../request.ts'

/** Posts a review to the webhook that a definition names. */
export type PostReview = (hook: CalledWebhook, review: object) => Promise<unknown>

/** Objects in the version `apiVersion`; those that are in it stay as they are. */
export type Converter = (objects: readonly ApiObject[], apiVersion: string) => Promise<readonly ApiObject[]>

const group = 'apiextensions.k8s.io'
/** So many objects are sent at once. */
const batchSize = 500

interface Review {
  readonly apiVersion?: unknown
  readonly kind?: unknown
  readonly response?: {
    readonly uid?: unknown
    readonly result?: { readonly status?: string; readonly message?: string }
    readonly convertedObjects?: readonly unknown[]
  }
}

export interface ConversionWebhook extends CalledWebhook {
  readonly reviewVersion: string
}

/** Undefined: no webhook is needed. */
export function conversionWebhook({ spec }: CustomResourceDefinition): ConversionWebhook | undefined {
  const webhook = spec.conversion?.strategy === 'Webhook' ? spec.conversion.webhook : undefined
  if (!webhook?.clientConfig) return undefined
  const version = webhook.conversionReviewVersions.find((v) => v === 'v1' || v === 'v1beta1') ?? 'v1'
  return { clientConfig: webhook.clientConfig, timeoutSeconds: 30, reviewVersion: `${group}/${version}` }
}

export function createWebhookConverter(hook: ConversionWebhook, post: PostReview): Converter {
  const { reviewVersion } = hook

  const ask = async (objects: readonly ApiObject[], apiVersion: string): Promise<readonly ApiObject[]> => {
    const kind = `${objects[0]?.apiVersion}, Kind=${objects[0]?.kind}`
    const fail = (what: string) => new StatusError({ code: 500, message: `conversion webhook for ${kind} ${what}` })
    const uid = randomUUID()
    let answer: unknown
    try {
      answer = await post(hook, {
        kind: 'ConversionReview',
        apiVersion: reviewVersion,
        request: { uid, desiredAPIVersion: apiVersion, objects },
        response: null,
      })
    } catch (error) {
      throw fail(`failed: ${(error as Error).message}`)
    }
    const { found, fault } = readReview(answer, reviewVersion, uid)
    if (!found) throw fail(`failed: ${fault}`)
    if (found.length !== objects.length) throw fail(`returned ${found.length} objects, expected ${objects.length}`)
    return objects.map((original, i) => {
      const converted = found[i]
      const wrong = faultOf(original, converted, apiVersion)
      if (wrong) throw fail(`returned invalid converted object at index ${i}: ${wrong}`)
      const { metadata, ...rest } = converted as ApiObject
      const changed = changeMetadata(original.metadata, metadata)
      if (typeof changed === 'string') throw fail(`returned invalid metadata in object at index ${i}: ${changed}`)
      return { ...rest, metadata: changed }
    })
  }

  return async (objects, apiVersion) => {
    const others = objects.filter((object) => object.apiVersion !== apiVersion)
    const converted = new Map<ApiObject, ApiObject>()
    for (let at = 0; at < others.length; at += batchSize) {
      const batch = others.slice(at, at + batchSize)
      const answered = await ask(batch, apiVersion)
      batch.forEach((object, i) => {
        converted.set(object, answered[i] as ApiObject)
      })
    }
    return objects.map((object) => converted.get(object) ?? object)
  }
}

function readReview(answer: unknown, version: string, uid: string): { found?: readonly unknown[]; fault?: string } {
  if (!isObject(answer)) return { fault: 'the answer is no object' }
  const { apiVersion, kind, response } = answer as Review
  if (apiVersion !== version || kind !== 'ConversionReview')
    return {
      fault: `expected webhook response of ${version}, Kind=ConversionReview, got ${String(apiVersion ?? '')}, Kind=${String(kind ?? '')}`,
    }
  if (!response) return { fault: 'no response provided' }
  // Only in v1 the answer says what it answers to.
  if (version.endsWith('/v1') && response.uid !== uid)
    return { fault: `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}` }
  const { status = '', message } = response.result ?? {}
  if (status !== 'Success') return { fault: message || `response.result.status was '${status}', not 'Success'` }
  return { found: response.convertedObjects ?? [] }
}

function faultOf(original: ApiObject, converted: unknown, apiVersion: string): string | undefined {
  if (!isObject(converted) || !isObject(converted['metadata'])) return 'it is no object with metadata'
  const object = converted as unknown as ApiObject
  if (object.apiVersion !== apiVersion) return `invalid groupVersion (expected ${apiVersion}, received ${object.apiVersion})`
  if (object.kind !== original.kind) return `invalid kind (expected ${original.kind}, received ${object.kind})`
  for (const field of ['name', 'namespace', 'uid'] as const) {
    const [mine, given] = [original.metadata[field] ?? '', object.metadata[field] ?? '']
    if (mine !== given) return `must have the same ${field === 'uid' ? 'UID' : field}: ${given} != ${mine}`
  }
  return undefined
}

/** The metadata with the labels and annotations of another; a text says why those do not do. */
function changeMetadata(original: ApiObject['metadata'], given: ApiObject['metadata']): ApiObject['metadata'] | string {
  const { labels: _l, annotations: _a, ...rest } = original
  for (const field of ['labels', 'annotations'] as const) {
    const map = given[field] as unknown
    if (map === undefined || map === null) continue
    if (!isObject(map) || Object.values(map).some((value) => typeof value !== 'string'))
      return `metadata.${field} of converted object must be a map of strings`
  }
  const made: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(rest)) {
    if (key === 'ownerReferences' || key === 'finalizers' || key === 'managedFields') continue
    made[key] = value
  }
  // In the order of ObjectMeta.
  if (given.labels) made['labels'] = given.labels
  if (given.annotations) made['annotations'] = given.annotations
  return { ...made, ...rest } as unknown as ApiObject['metadata']
}

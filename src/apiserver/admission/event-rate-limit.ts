/** Limits how fast events are made: by the server, a namespace, a user, or a source and object (plugin/pkg/admission/eventratelimit). */
import { StatusError } from '../../api/errors.ts'
import type { Event } from '../../api/types/core-v1.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import type { AdmissionPlugin } from './admission.ts'

export interface EventLimit {
  readonly type: 'Server' | 'Namespace' | 'User' | 'SourceAndObject'
  readonly qps: number
  readonly burst: number
  /** How many keys are remembered; the longest unused is forgotten first. */
  readonly cacheSize?: number
}

const defaultCacheSize = 4096

export function createEventRateLimit(limits: readonly EventLimit[], now: () => number = () => performance.now()): AdmissionPlugin {
  const limiters = limits.map((limit) => ({ limit, buckets: new Map<string, { tokens: number; at: number }>() }))
  return {
    name: 'EventRateLimit',
    handles: (resource, subresource, operation) =>
      resource === 'events' && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
    validate(object, _old, attributes) {
      if (attributes.dryRun) return undefined
      // Each limit counts the event, whatever another says of it.
      let refusal: StatusError | undefined
      for (const { limit, buckets } of limiters) {
        const key = keyOf(limit.type, object, attributes)
        const at = now()
        const known = buckets.get(key)
        const tokens = known ? Math.min(limit.burst, known.tokens + ((at - known.at) / 1000) * limit.qps) : limit.burst
        buckets.delete(key)
        if (buckets.size >= (limit.cacheSize ?? defaultCacheSize)) buckets.delete(buckets.keys().next().value as string)
        buckets.set(key, { tokens: Math.max(0, tokens - 1), at })
        if (tokens < 1)
          refusal = new StatusError({
            code: 429,
            reason: 'TooManyRequests',
            message: `limit reached on type ${limit.type} for key ${key}`,
            details: {},
          })
      }
      if (refusal) throw refusal
      return undefined
    },
  }
}

function keyOf(type: EventLimit['type'], object: ApiObject | undefined, { namespace, user }: WriteAttributes): string {
  switch (type) {
    case 'Server':
      return ''
    case 'Namespace':
      return namespace
    case 'User':
      return user.name
    case 'SourceAndObject': {
      const { source, involvedObject: o } = object as unknown as Event
      return [source?.component, source?.host, o.kind, o.namespace, o.name, o.uid, o.apiVersion].join('')
    }
  }
}

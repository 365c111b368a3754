/** How much of a level a request takes (upstream: flowcontrol/request): seats while it runs, and those of the events that its change will send. */

import type { RequestInfo } from '../request.ts'
import { isTrue } from '../request-info.ts'

export interface Work {
  readonly initialSeats: number
  readonly finalSeats: number
  /** How long the final seats are held after the answer. */
  readonly additionalLatencyMs: number
}

/** What is known of a resource before a request for it runs. */
export interface ResourceFacts {
  readonly objects: number
  readonly averageBytes: number
  watchers(namespace: string, name: string): number
}

const bytesPerSeat = 100_000
/** A list from the cache is streamed: more than this is never in memory at once. */
const mostBytesFromCache = 1_000_000
const mostListSeats = 100
const mostMutatingSeats = 10
const watchesPerSeat = 10
const eventMs = 5

const one: Work = { initialSeats: 1, finalSeats: 0, additionalLatencyMs: 0 }
const wide = (initialSeats: number): Work => (initialSeats === 1 ? one : { initialSeats, finalSeats: 0, additionalLatencyMs: 0 })

/** `maxSeats`: what one request may take of its level; 0 where the level sets no bound. */
export function estimate(info: RequestInfo, facts: (info: RequestInfo) => ResourceFacts | undefined, maxSeats: number): Work {
  switch (info.verb) {
    case 'list':
      return wide(listSeats(info, facts(info), maxSeats))
    case 'watch':
      return isTrue(info.query, 'sendInitialEvents') ? wide(listSeats(info, facts(info), maxSeats)) : one
    case 'create':
    case 'update':
    case 'patch':
    case 'delete':
      return info.resource === 'serviceaccounts' && info.subresource === 'token' ? one : mutating(info, facts(info), maxSeats)
    default:
      return one
  }
}

const atMost = (limit: number, maxSeats: number): number => (maxSeats === 0 ? limit : Math.min(limit, maxSeats))

/** By the bytes that are in memory at once (upstream's SizeBasedListCostEstimate). */
function listSeats(info: RequestInfo, facts: ResourceFacts | undefined, maxSeats: number): number {
  if (!facts || info.name !== '') return 1
  const { query } = info
  const limit = Number(query.get('limit') ?? 0)
  const limited = limit > 0 ? Math.min(limit, facts.objects) : facts.objects
  const version = query.get('resourceVersion') ?? ''
  const fromStorage =
    query.has('continue') || (version !== '' && version !== '0' && (limit > 0 || query.get('resourceVersionMatch') === 'Exact'))
  const selects = Boolean(query.get('labelSelector') || query.get('fieldSelector'))
  const objects = fromStorage && selects ? Math.max(limited, Math.floor(facts.objects / 2)) : limited
  const bytes = objects * facts.averageBytes
  const seats = Math.ceil((fromStorage ? bytes : Math.min(bytes, mostBytesFromCache)) / bytesPerSeat)
  return Math.max(1, Math.min(seats, atMost(mostListSeats, maxSeats)))
}

/** Few watchers cost nothing that counts; of many, the work stays the same when the seats are bounded: it takes longer. */
function mutating(info: RequestInfo, facts: ResourceFacts | undefined, maxSeats: number): Work {
  const watchers = facts?.watchers(info.namespace, info.name) ?? 0
  if (watchers < watchesPerSeat) return one
  const seats = Math.ceil(watchers / watchesPerSeat)
  const finalSeats = Math.min(seats, atMost(mostMutatingSeats, maxSeats))
  return { initialSeats: 1, finalSeats, additionalLatencyMs: (seats * eventMs) / finalSeats }
}

/**
 * Records events about objects as client-go's tools/record does: repeats of one event count up, many alike are drawn
 * together, and an object that is the subject of too many is silenced for a while. Recording never makes its caller
 * wait or fail.
 */
import { isNotFound, StatusError } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import type { ObjectReference } from '../api/types/core-v1.ts'
import type { ObjectMeta } from '../api/types/meta-v1.ts'
import { type Logger, noLog } from '../log/log.ts'
import type { Client } from './client.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import { type ResourceRef, resourceInfo } from './resources.ts'

export interface EventRecorder {
  /** `component` is who reports, where one recorder serves several (the profiles of a scheduler). */
  event(about: ObjectReference, type: 'Normal' | 'Warning', reason: string, message: string, component?: string): void
  /** Resolves when what was recorded so far has been sent, or could not be; what cannot be sent at once is given up. */
  flush(): Promise<void>
}

/** The reference that an event or a status carries to an object of a resource. */
export function referenceTo(resource: ResourceRef, object: { metadata: ObjectMeta }): ObjectReference {
  const { apiVersion, kind } = resourceInfo(resource)
  const { namespace, name, uid, resourceVersion } = object.metadata
  return { kind, ...(namespace ? { namespace } : {}), name, uid, apiVersion, resourceVersion }
}

/** Events of one reason about one object are drawn together after this many different messages in this time. */
const similarEvents = 10
const similarWithinMs = 600_000
/** An object may be the subject of 25 events, then of one in five minutes. */
const spamBurst = 25
const spamRefillMs = 300_000
/** Subjects remembered; the oldest is forgotten first. */
const remembered = 4096
/** Events that wait to be sent; more are dropped. */
const mostQueued = 1000
/** How often an event is sent while the server cannot be reached, and how long apart. */
const mostTries = 12
const retryAfterMs = 10_000

export interface EventRecorderOptions {
  /** Who reports: `deployment-controller`. */
  readonly component: string
  readonly host?: string
  readonly clock?: Clock
  readonly log?: Logger
  readonly random?: () => number
}

export function createEventRecorder(client: Client, options: EventRecorderOptions): EventRecorder {
  const { host, clock = systemClock, log = noLog, random = Math.random } = options
  const similar = createMemory<{ messages: Set<string>; at: number }>(remembered)
  const sent = createMemory<{ name: string; count: number; firstTimestamp: string }>(remembered)
  const budgets = createMemory<{ tokens: number; at: number }>(remembered)
  const queue: (() => Promise<void>)[] = []
  let sending: Promise<void> | undefined
  let flushing = new AbortController()

  function allowed(subject: string): boolean {
    const now = clock.now()
    const budget = budgets.get(subject) ?? { tokens: spamBurst, at: now }
    budget.tokens = Math.min(spamBurst, budget.tokens + (now - budget.at) / spamRefillMs)
    budget.at = now
    budgets.set(subject, budget)
    if (budget.tokens < 1) return false
    budget.tokens--
    return true
  }

  async function drain(): Promise<void> {
    for (let job = queue.shift(); job; job = queue.shift()) await send(job)
    sending = undefined
  }
  async function send(job: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++)
      try {
        return await job()
      } catch (error) {
        const { signal } = flushing
        // As upstream: a refused event (namespace terminating, forbidden) is lost, and says so; a server that is away comes back.
        if (error instanceof StatusError || tries === mostTries || signal.aborted) {
          log.debug('event not recorded', { error: error instanceof Error ? error.message : String(error) })
          return
        }
        // Whoever lost the same server does not come back in the same moment.
        await sleep(clock, tries === 1 ? retryAfterMs * random() : retryAfterMs, signal)
      }
  }

  return {
    event(about, type, reason, message, component = options.component) {
      const subject = [component, about.kind, about.namespace, about.name, about.uid, about.apiVersion].join('\0')
      const now = clock.now()
      const likeKey = [subject, type, reason].join('\0')
      let like = similar.get(likeKey)
      if (!like || now - like.at > similarWithinMs) like = { messages: new Set(), at: now }
      like.messages.add(message)
      like.at = now
      similar.set(likeKey, like)
      let key = `${likeKey}\0${about.fieldPath ?? ''}\0${message}`
      let text = message.slice(0, 1024)
      if (like.messages.size >= similarEvents) {
        // Enough are remembered to know that they are many.
        like.messages.delete(message)
        key = likeKey
        text = `(combined from similar events): ${text}`
      }
      const timestamp = formatTime(now)
      const before = sent.get(key)
      const record = before
        ? { ...before, count: before.count + 1 }
        : { name: eventName(about.name ?? '', now), count: 1, firstTimestamp: timestamp }
      sent.set(key, record)
      if (!allowed(subject) || queue.length >= mostQueued) return
      const namespace = about.namespace || 'default'
      queue.push(async () => {
        const event = {
          // One that was begun anew while this one waited goes by the new name.
          metadata: { name: (sent.get(key) ?? record).name, namespace },
          involvedObject: about,
          reason,
          message: text,
          source: { component, ...(host ? { host } : {}) },
          firstTimestamp: record.firstTimestamp,
          lastTimestamp: timestamp,
          count: record.count,
          type,
          reportingComponent: component,
          reportingInstance: host ?? '',
        }
        if (record.count > 1)
          try {
            await client.patch('events', event.metadata, { count: record.count, lastTimestamp: timestamp, message: text })
            return
          } catch (error) {
            if (!isNotFound(error)) throw error
            // Its time to live was over: it starts anew under another name.
            event.metadata.name = eventName(about.name ?? '', now)
            sent.set(key, { ...record, name: event.metadata.name })
          }
        await client.create('events', event)
      })
      sending ??= drain()
    },
    async flush() {
      flushing.abort()
      await sending
      flushing = new AbortController()
    },
  }
}

let sequence = 0
/** Upstream's `name.<nanoseconds in hex>`; the low digits count, as this clock has milliseconds only. */
function eventName(name: string, now: number): string {
  sequence = (sequence + 1) % 1_000_000
  return `${name}.${(BigInt(now) * 1_000_000n + BigInt(sequence)).toString(16)}`
}

/**
 * A map that forgets the half of its keys that were set longest ago when it is full. Not key by key: finding the first
 * of a Map whose beginning was deleted steps over all that was there (a tenth of an event's cost).
 */
function createMemory<V>(most: number): { get(key: string): V | undefined; set(key: string, value: V): void } {
  let young = new Map<string, V>()
  let old = young
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value) {
      if (young.size >= most / 2 && !young.has(key)) {
        old = young
        young = new Map()
      }
      young.set(key, value)
    },
  }
}

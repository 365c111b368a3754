/**
 * API priority and fairness (upstream: util/flowcontrol): a request's flow schema gives it a priority level, and there
 * its seats. Schemas and levels are the API's objects, taken in when they change.
 */
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types/flowcontrol-v1.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import { flowSchemas, priorityLevels } from '../authorization/bootstrap-objects.ts'
import type { IncomingRequest } from '../call.ts'
import type { Objects } from '../objects.ts'
import type { RequestInfo, User } from '../request.ts'
import { isLongRunning } from '../request-info.ts'
import {
  adjustmentPeriodMs,
  allocate,
  createDemandIntegrator,
  type Demand,
  type DemandIntegrator,
  type Limits,
  limitsOf,
  sharesOf,
  smoothed,
} from './borrowing.ts'
import { createFlowMetrics, type LevelFigures } from './metrics.ts'
import { createQueueSet, type Queuing, type Refusal, type Seat } from './queue-set.ts'
import { createRetryAfter, type RetryAfter } from './retry-after.ts'
import { matchesRule, matchesSubject, type Rule } from './rules.ts'
import { createTurn } from './turn.ts'
import { estimate, type ResourceFacts } from './work.ts'

export interface FlowControlDeps {
  readonly objects: Objects
  readonly metrics: MetricsRegistry
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number
}

export interface FlowControlOptions {
  /** All seats of the server: --max-requests-inflight and --max-mutating-requests-inflight together. */
  readonly seats: number
  readonly maxWaitMs: number
}

export interface Room {
  /** Identifies what let the request in, as X-Kubernetes-PF-* headers. */
  readonly headers?: Readonly<Record<string, string>>
  release(): void
}

/** There is no room: when to ask again. */
export interface NoRoom {
  readonly retryAfterSeconds: number
  readonly headers?: Readonly<Record<string, string>>
}

export type FlowFilter = (request: IncomingRequest, user: User, info: RequestInfo) => Room | NoRoom | Promise<Room | NoRoom>

export interface FlowControl {
  readonly filter: FlowFilter
  /** By name, as the dumps tell of them. */
  levels(): readonly Level[]
}

export interface Level extends LevelFigures {
  readonly uid: string
  readonly retryAfter: RetryAfter
  readonly integrator: DemandIntegrator
  /** What one request may take at most; 0 for no bound. */
  readonly maxSeats: number
  /** The level is gone: those who wait are served yet. */
  readonly quiescing: boolean
}
/** What is fixed for readers changes here. */
type State = { -readonly [K in keyof Level]: Level[K] }

const free: Room = { release() {} }
const noDemand: Demand = { elapsedMs: 0, average: 0, deviation: 0, high: 0 }
/** The part of a level's seats that one request may take. */
const widest = 0.15

export function createFlowControl({ objects, metrics, now }: FlowControlDeps, options: FlowControlOptions): FlowControl {
  const specs = new Map<string, PriorityLevelConfiguration>()
  const schemas = new Map<string, FlowSchema>()
  let ordered: FlowSchema[] = []
  const levels = new Map<string, State>()
  let headers = new WeakMap<FlowSchema, Record<string, string>>()
  let fairFraction = 0
  let adjusting = false
  const inFlight = { readOnly: 0, mutating: 0 }
  const figures = createFlowMetrics(metrics, { levels: () => levels.values(), fairFraction: () => fairFraction, inFlight }, now)

  const levelMirror = objects.mirror<PriorityLevelConfiguration>('prioritylevelconfigurations.flowcontrol.apiserver.k8s.io', sinkOf(specs))
  const schemaMirror = objects.mirror<FlowSchema>('flowschemas.flowcontrol.apiserver.k8s.io', sinkOf(schemas))

  /** One request of the next level that has some: a level that is flooded holds no other up. */
  let last: Level | undefined
  const serveOne = (): boolean => {
    const all = [...levels.values()]
    const after = last ? all.indexOf(last) + 1 : 0
    for (const level of [...all.slice(after), ...all.slice(0, after)]) {
      if (!level.queues.serve()) continue
      last = level
      return true
    }
    return false
  }
  const turn = createTurn(now, serveOne)

  /** The rules that are about a user, in the order of their schemas; forgotten when a schema changes. */
  let ofUser = new WeakMap<User, { schema: FlowSchema; rules: Rule[] }[]>()
  const schemaOf = (user: User, info: RequestInfo): FlowSchema | undefined => {
    let mine = ofUser.get(user)
    if (!mine) {
      mine = ordered.flatMap((schema) => {
        const rules = (schema.spec.rules ?? []).filter((rule) => (rule.subjects ?? []).some((s) => matchesSubject(s, user)))
        return rules.length > 0 ? [{ schema, rules }] : []
      })
      ofUser.set(user, mine)
    }
    for (const { schema, rules } of mine) for (const rule of rules) if (matchesRule(rule, info)) return schema
    return undefined
  }

  const factsOf = (info: RequestInfo): ResourceFacts | undefined => {
    const cache = objects.stored(info)
    return (
      cache && {
        objects: cache.size,
        averageBytes: cache.size > 0 ? cache.bytes / cache.size : 0,
        watchers: (namespace, name) => cache.interested(namespace, name),
      }
    )
  }

  const newLevel = (name: string, queuing: Queuing): State => {
    const integrator = createDemandIntegrator(now())
    const occupancy = figures.occupancyOf(name)
    const level: State = {
      name,
      uid: '',
      retryAfter: createRetryAfter(),
      integrator,
      queues: createQueueSet(queuing, {
        now,
        turn,
        maxWaitMs: options.maxWaitMs,
        observe: {
          of: (schema) => figures.observerOf(name, schema),
          changed(occupied, at) {
            integrator.set(occupied.seatsInUse + occupied.seatsWaiting, at)
            occupancy(occupied, level, at)
          },
        },
      }),
      exempt: false,
      limits: { nominal: 0, min: 0, max: 0 },
      demand: noDemand,
      smoothed: 0,
      maxSeats: 0,
      room: 0,
      quiescing: false,
    }
    return level
  }
  const sync = () => {
    const levelsChanged = levelMirror.sync()
    if (!schemaMirror.sync() && !levelsChanged) return
    ofUser = new WeakMap()
    headers = new WeakMap()
    const known = withMandatory(specs, priorityLevels() as unknown as PriorityLevelConfiguration[])
    ordered = [...withMandatory(schemas, flowSchemas() as unknown as FlowSchema[]).values()]
      .filter((s) => known.has(s.spec.priorityLevelConfiguration.name))
      .sort(
        (a, b) => (a.spec.matchingPrecedence ?? 1000) - (b.spec.matchingPrecedence ?? 1000) || (a.metadata.name < b.metadata.name ? -1 : 1),
      )
    const shares = [...known.values()].reduce((sum, l) => sum + sharesOf(l), 0)
    for (const [name, level] of levels) {
      level.quiescing = !known.has(name)
      if (level.quiescing && level.queues.waiting + level.queues.executing === 0) levels.delete(name)
    }
    for (const [name, config] of known) {
      const queuing = queuingOf(config)
      let level = levels.get(name)
      if (level) level.queues.configure(queuing)
      else {
        level = newLevel(name, queuing)
        levels.set(name, level)
      }
      level.uid = config.metadata.uid ?? ''
      level.exempt = queuing.type === 'Exempt'
      level.limits = limitsOf(config, options.seats, shares)
      level.maxSeats = maxSeatsOf(level.limits, queuing)
      level.room = queuing.type === 'Queue' ? queuing.queues * queuing.queueLengthLimit : 0
    }
    allot()
  }
  const allot = () => {
    const all = [...levels.values()]
    const allotted = allocate(
      all.map(({ exempt, limits, demand, smoothed: target }) => ({ exempt, limits, high: demand.high, smoothed: target })),
    )
    fairFraction = allotted.fairFraction
    for (const [i, level] of all.entries()) level.queues.limit = allotted.seats[i] as number
  }
  const adjustLater = () => {
    if (adjusting) return
    adjusting = true
    setTimeout(adjust, adjustmentPeriodMs).unref()
  }
  /** Lends and borrows by what was used and waited for. With nothing asked for there is nothing to adjust. */
  const adjust = () => {
    adjusting = false
    for (const level of levels.values()) {
      level.demand = level.integrator.reset(now())
      level.smoothed = smoothed(level.smoothed, level.demand)
      if (level.demand.high > 0) adjustLater()
    }
    allot()
  }

  const headersOf = (schema: FlowSchema, level: Level): Record<string, string> => {
    let made = headers.get(schema)
    if (!made) {
      made = { 'X-Kubernetes-Pf-Flowschema-Uid': schema.metadata.uid ?? '', 'X-Kubernetes-Pf-Prioritylevel-Uid': level.uid }
      headers.set(schema, made)
    }
    return made
  }

  const filter: FlowFilter = (request, user, info) => {
    if (isLongRunning(info) && info.verb !== 'watch') return free
    sync()
    adjustLater()
    const schema = schemaOf(user, info)
    const level = schema && levels.get(schema.spec.priorityLevelConfiguration.name)
    // The mandatory schemas hold everybody who is authenticated, or let in without being so.
    if (!schema || !level) return free
    const by = schema.spec.distinguisherMethod?.type
    const work = estimate(info, factsOf, level.maxSeats)
    const own = headersOf(schema, level)
    const kind = mutates(info) ? 'mutating' : 'readOnly'
    const room = (seat: Seat | Refusal): Room | NoRoom => {
      if (typeof seat === 'string') {
        level.retryAfter.refused(Math.floor(now() / 1000))
        return { headers: own, retryAfterSeconds: level.retryAfter.seconds }
      }
      inFlight[kind]++
      figures.inFlightChanged(kind)
      let released = false
      return {
        headers: own,
        release() {
          if (released) return
          released = true
          inFlight[kind]--
          figures.inFlightChanged(kind)
          seat.release()
        },
      }
    }
    const entered = level.queues.enter({
      schema: schema.metadata.name,
      distinguisher: by === 'ByUser' ? user.name : by === 'ByNamespace' ? info.namespace : '',
      user,
      info,
      work,
      signal: () => request.signal,
    })
    return entered instanceof Promise ? entered.then(room) : room(entered)
  }
  return { filter, levels: () => [...levels.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

export const mutates = ({ isResourceRequest, verb }: RequestInfo): boolean =>
  isResourceRequest ? verb !== 'get' && verb !== 'list' && verb !== 'watch' : verb !== 'get' && verb !== 'head'

/** What a cluster cannot be without is there even where its object is not (yet). */
function withMandatory<T extends { readonly metadata: { readonly name: string } }>(
  found: ReadonlyMap<string, T>,
  all: readonly T[],
): Map<string, T> {
  const mandatory = all.filter(({ metadata }) => metadata.name === 'exempt' || metadata.name === 'catch-all')
  return new Map([...mandatory.map((one): [string, T] => [one.metadata.name, one]), ...found])
}

function queuingOf({ spec }: PriorityLevelConfiguration): Queuing {
  if (spec.type === 'Exempt' || !spec.limited) return { type: 'Exempt' }
  const { limitResponse } = spec.limited
  if (limitResponse?.type !== 'Queue') return { type: 'Reject' }
  const { queues = 64, handSize = 8, queueLengthLimit = 50 } = limitResponse.queuing ?? {}
  return { type: 'Queue', queues, handSize, queueLengthLimit }
}

function maxSeatsOf({ nominal }: Limits, queuing: Queuing): number {
  if (queuing.type !== 'Queue') return 0
  return Math.max(1, Math.min(Math.ceil(nominal * widest), Math.floor(nominal / queuing.handSize)))
}

const sinkOf = <T>(into: Map<string, T>) => ({
  set: (key: string, object: T) => void into.set(key, object),
  delete: (key: string) => void into.delete(key),
  clear: () => into.clear(),
})

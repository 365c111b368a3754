/** The figures of priority and fairness, under upstream's names (util/flowcontrol/metrics). */
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { Demand, Limits } from './borrowing.ts'
import type { Occupancy, QueueSet, SchemaCounts, SchemaObserver } from './queue-set.ts'

export interface LevelFigures {
  readonly name: string
  readonly exempt: boolean
  readonly queues: QueueSet
  readonly limits: Limits
  /** Of the last period. */
  readonly demand: Demand
  readonly smoothed: number
  /** How many may wait. */
  readonly room: number
}

export interface FlowFigures {
  levels(): Iterable<LevelFigures>
  fairFraction(): number
  readonly inFlight: { readonly readOnly: number; readonly mutating: number }
}

export interface FlowMetrics {
  observerOf(level: string, schema: string): SchemaObserver
  /** Takes what has changed of a level, and when. */
  occupancyOf(level: string): (occupied: Occupancy, of: Pick<LevelFigures, 'limits' | 'room' | 'queues'>, at: number) => void
  inFlightChanged(kind: 'readOnly' | 'mutating'): void
}

const perFlow = ['priority_level', 'flow_schema']
const durationBuckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
const lengthBuckets = [0, 10, 25, 50, 100, 250, 500, 1000]
const seatBuckets = [1, 2, 4, 10]
const seatUtilizationBuckets = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1]
const utilizationBuckets = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1]
const demandBuckets = [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.8, 4, 6]
const readWriteBuckets = [0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1]

export function createFlowMetrics(metrics: MetricsRegistry, figures: FlowFigures, now: () => number): FlowMetrics {
  const name = (short: string) => `apiserver_flowcontrol_${short}`

  const ofLevels: readonly (readonly [string, string, (level: LevelFigures) => number])[] = [
    ['nominal_limit_seats', '[BETA] Nominal number of execution seats configured for each priority level', (l) => l.limits.nominal],
    [
      'lower_limit_seats',
      '[ALPHA] Configured lower bound on number of execution seats available to each priority level',
      (l) => l.limits.min,
    ],
    [
      'upper_limit_seats',
      '[ALPHA] Configured upper bound on number of execution seats available to each priority level',
      (l) => l.limits.max,
    ],
    ['current_limit_seats', '[ALPHA] current derived number of execution seats available to each priority level', (l) => l.queues.limit],
    ['demand_seats_high_watermark', '[ALPHA] High watermark, over last adjustment period, of demand_seats', (l) => l.demand.high],
    ['demand_seats_average', '[ALPHA] Time-weighted average, over last adjustment period, of demand_seats', (l) => l.demand.average],
    [
      'demand_seats_stdev',
      '[ALPHA] Time-weighted standard deviation, over last adjustment period, of demand_seats',
      (l) => l.demand.deviation,
    ],
    ['demand_seats_smoothed', '[ALPHA] Smoothed seat demands', (l) => l.smoothed],
    [
      'target_seats',
      '[ALPHA] Seat allocation targets',
      (l) => Math.max(l.limits.min, Math.min(l.limits.nominal, l.demand.high), l.smoothed),
    ],
  ]
  for (const [short, help, value] of ofLevels)
    metrics.collect(name(short), help, ['priority_level'], function* () {
      for (const level of figures.levels()) yield [[level.name], value(level)]
    })
  metrics.collect(
    name('seat_fair_frac'),
    "[ALPHA] Fair fraction of server's concurrency to allocate to each priority level that can use it",
    [],
    function* () {
      yield [[], figures.fairFraction()]
    },
  )

  const ofFlows: readonly (readonly [string, string, (counts: SchemaCounts) => number])[] = [
    [
      'current_inqueue_requests',
      '[BETA] Number of requests currently pending in queues of the API Priority and Fairness subsystem',
      (c) => c.waiting,
    ],
    [
      'current_inqueue_seats',
      '[ALPHA] Number of seats currently pending in queues of the API Priority and Fairness subsystem',
      (c) => c.seatsWaiting,
    ],
    [
      'current_executing_requests',
      '[BETA] Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem',
      (c) => c.executing,
    ],
    [
      'current_executing_seats',
      '[BETA] Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem',
      (c) => c.seatsInUse,
    ],
  ]
  const flows = function* (): Iterable<readonly [LevelFigures, string, SchemaCounts]> {
    for (const level of figures.levels()) for (const [schema, counts] of level.queues.bySchema) yield [level, schema, counts]
  }
  for (const [short, help, value] of ofFlows)
    metrics.collect(name(short), help, perFlow, function* () {
      for (const [level, schema, counts] of flows()) yield [[level.name, schema], value(counts)]
    })
  metrics.collect(
    name('dispatched_requests_total'),
    '[BETA] Number of requests executed by API Priority and Fairness subsystem',
    perFlow,
    function* () {
      for (const [level, schema, counts] of flows()) yield [[level.name, schema], counts.dispatched]
    },
    'counter',
  )
  metrics.collect(
    name('rejected_requests_total'),
    '[BETA] Number of requests rejected by API Priority and Fairness subsystem',
    [...perFlow, 'reason'],
    function* () {
      for (const [level, schema, counts] of flows())
        for (const [reason, count] of counts.rejected) yield [[level.name, schema, reason], count]
    },
    'counter',
  )
  metrics.collect(
    'apiserver_current_inflight_requests',
    '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
    ['request_kind'],
    function* () {
      yield [['readOnly'], figures.inFlight.readOnly]
      yield [['mutating'], figures.inFlight.mutating]
    },
  )

  const waits = metrics.histogram(
    name('request_wait_duration_seconds'),
    '[BETA] Length of time a request spent waiting in its queue',
    [...perFlow, 'execute'],
    durationBuckets,
  )
  const executions = metrics.histogram(
    name('request_execution_seconds'),
    '[ALPHA] Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem',
    [...perFlow, 'type'],
    durationBuckets,
  )
  const lengths = metrics.histogram(
    name('request_queue_length_after_enqueue'),
    '[ALPHA] Length of queue in the API Priority and Fairness subsystem, as seen by each request after it is enqueued',
    perFlow,
    lengthBuckets,
  )
  const seats = metrics.histogram(
    name('work_estimated_seats'),
    '[ALPHA] Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness',
    perFlow,
    seatBuckets,
  )
  const heldUp = metrics.counter(
    name('request_dispatch_no_accommodation_total'),
    '[ALPHA] Number of times a dispatch attempt resulted in a non accommodation due to lack of available seats',
    ['flow_schema', 'priority_level'],
  )
  const seatUtilization = metrics.timing(
    name('priority_level_seat_utilization'),
    '[ALPHA] Observations, at the end of every nanosecond, of utilization of seats for any stage of execution (but only initial stage for WATCHes)',
    ['priority_level', 'phase'],
    seatUtilizationBuckets,
    now,
  )
  const utilization = metrics.timing(
    name('priority_level_request_utilization'),
    '[ALPHA] Observations, at the end of every nanosecond, of number of requests (as a fraction of the relevant limit) waiting or in any stage of execution (but only initial stage for WATCHes)',
    ['phase', 'priority_level'],
    utilizationBuckets,
    now,
  )
  const demands = metrics.timing(
    name('demand_seats'),
    '[ALPHA] Observations, at the end of every nanosecond, of (the number of seats each priority level could use) / (nominal number of seats for that level)',
    ['priority_level'],
    demandBuckets,
    now,
  )
  const current = metrics.timing(
    name('read_vs_write_current_requests'),
    '[ALPHA] Observations, at the end of every nanosecond, of the number of requests (as a fraction of the relevant limit) waiting or in regular stage of execution',
    ['phase', 'request_kind'],
    readWriteBuckets,
    now,
  )
  // Without a limit of its own each kind is told by its number.
  const executing = { readOnly: current.row(['executing', 'readOnly']), mutating: current.row(['executing', 'mutating']) }
  const part = (count: number, of: number) => count / Math.max(of, 1)
  return {
    inFlightChanged: (kind) => executing[kind].set(figures.inFlight[kind], now()),
    occupancyOf(level) {
      const seats = seatUtilization.row([level, 'executing'])
      const waiting = utilization.row(['waiting', level])
      const running = utilization.row(['executing', level])
      const demand = demands.row([level])
      return (occupied, { limits, room, queues }, at) => {
        seats.set(part(occupied.seatsInUse, queues.limit), at)
        waiting.set(part(occupied.waiting, room), at)
        running.set(part(occupied.executing, queues.limit), at)
        demand.set(part(occupied.seatsInUse + occupied.seatsWaiting, limits.nominal), at)
      }
    },
    observerOf(level, schema) {
      const flow = [level, schema]
      const [executed, refused] = ['true', 'false'].map((execute) => waits.row([...flow, execute]))
      const [watched, regular] = ['watch', 'regular'].map((type) => executions.row([...flow, type]))
      const [length, seat] = [lengths.row(flow), seats.row(flow)]
      return {
        arrived: (count) => seat.observe(count),
        waited: (ms, refusal) => (refusal ? refused : executed)?.observe(ms / 1000),
        executed: (ms, watch) => (watch ? watched : regular)?.observe(ms / 1000),
        enqueued: (count) => length.observe(count),
        noAccommodation: () => heldUp.add([schema, level]),
      }
    },
  }
}

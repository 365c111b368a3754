/** The figures of priority and fairness, under upstream's names (util/flowcontrol/metrics). */
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { Demand, Limits } from './borrowing.ts'
import type { QueueSet, SchemaCounts, SchemaObserver } from './queue-set.ts'

export interface LevelFigures {
  readonly name: string
  readonly exempt: boolean
  readonly queues: QueueSet
  readonly limits: Limits
  /** Of the last period. */
  readonly demand: Demand
  readonly smoothed: number
}

export interface FlowFigures {
  levels(): Iterable<LevelFigures>
  fairFraction(): number
  readonly inFlight: { readonly readOnly: number; readonly mutating: number }
}

export interface FlowMetrics {
  observerOf(level: string, schema: string): SchemaObserver
}

const perFlow = ['priority_level', 'flow_schema']
const durationBuckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
const lengthBuckets = [0, 10, 25, 50, 100, 250, 500, 1000]
const seatBuckets = [1, 2, 4, 10]

export function createFlowMetrics(metrics: MetricsRegistry, figures: FlowFigures): FlowMetrics {
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
  return {
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

/** What priority and fairness is doing now, as tables for people (upstream: flowcontrol/apf_controller_debug.go). */
import type { Answer, IncomingRequest } from '../call.ts'
import { parseRequestInfo } from '../request-info.ts'
import type { FlowControl, Level } from './flow-control.ts'
import type { Request } from './queue-set.ts'

const none = (count: number): string[] => Array.from({ length: count }, () => '<none>')
const seatSeconds = (seatMs: number): string => `${(seatMs / 1000).toFixed(8)}ss`

const levelColumns = [
  'PriorityLevelName',
  'ActiveQueues',
  'IsIdle',
  'IsQuiescing',
  'WaitingRequests',
  'ExecutingRequests',
  'DispatchedRequests',
  'RejectedRequests',
  'TimedoutRequests',
  'CancelledRequests',
]
function levelRow({ name, exempt, queues, quiescing }: Level): string[] {
  if (exempt) return [name, ...none(levelColumns.length - 1)]
  const { dispatched, rejected, timedOut, cancelled } = queues.counts
  const active = queues.queues.filter((q) => q.waiting.length > 0).length
  const idle = queues.waiting + queues.executing === 0
  return [name, active, idle, quiescing, queues.waiting, queues.executing, dispatched, rejected, timedOut, cancelled].map(String)
}

const queueColumns = [
  'PriorityLevelName',
  'Index',
  'PendingRequests',
  'ExecutingRequests',
  'SeatsInUse',
  'NextDispatchR',
  'InitialSeatsSum',
  'MaxSeatsSum',
  'TotalWorkSum',
]
function queueRows({ name, exempt, queues }: Level): string[][] {
  if (exempt) return [[name, ...none(queueColumns.length - 1)]]
  return queues.queues.map((queue, i) => {
    const sum = (of: (request: Request) => number) => queue.waiting.reduce((all, request) => all + of(request), 0)
    return [
      name,
      String(i),
      String(queue.waiting.length),
      String(queue.executing),
      String(queue.seatsInUse),
      seatSeconds(queue.nextDispatchR),
      String(sum((r) => r.arrival.work.initialSeats)),
      String(sum((r) => r.seats)),
      seatSeconds(queue.work),
    ]
  })
}

const requestColumns = [
  'PriorityLevelName',
  'FlowSchemaName',
  'QueueIndex',
  'RequestIndexInQueue',
  'FlowDistingsher',
  'ArriveTime',
  'InitialSeats',
  'FinalSeats',
  'AdditionalLatency',
  'StartTime',
]
const detailColumns = ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource']

function requestRows({ name, queues }: Level, details: boolean, clock: (ms: number) => string): string[][] {
  const row = ({ arrival, arrivedAt, startedAt }: Request, queue: number, place: number, running: boolean): string[] => {
    const { schema, distinguisher, work, user, info } = arrival
    const detailed = [
      user.name,
      info.verb,
      info.path,
      info.namespace,
      info.name,
      info.apiGroup ? `${info.apiGroup}/${info.apiVersion}` : info.apiVersion,
      info.resource,
      info.subresource,
    ]
    return [
      name,
      schema,
      String(queue),
      String(place),
      distinguisher,
      clock(arrivedAt),
      String(work.initialSeats),
      String(work.finalSeats),
      `${work.additionalLatencyMs}ms`,
      running ? clock(startedAt) : '<none>',
      ...(details ? detailed : []),
    ]
  }
  const waiting = queues.queues.flatMap((queue, i) => queue.waiting.map((request, place) => row(request, i, place, false)))
  const running = [...queues.running].map((request) => row(request, request.queue ? queues.queues.indexOf(request.queue) : -1, -1, true))
  return [...waiting, ...running]
}

/** As Go's tabwriter with a least width of eight sets them. */
function table(rows: readonly (readonly string[])[]): Answer {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(8, ...rows.map((row) => (row[i] ?? '').length + 2)))
  const lines = rows.map((row) => row.map((cell, i) => (i < row.length - 1 ? `${cell},`.padEnd(widths[i] as number) : cell)).join(''))
  return { kind: 'bytes', status: 200, type: 'text/plain; charset=utf-8', bytes: Buffer.from(`${lines.join('\n')}\n`) }
}

export function createDumps({ levels }: FlowControl, now: () => number): Record<string, (request: IncomingRequest) => Answer> {
  const clock = (ms: number) => new Date(Date.now() - now() + ms).toISOString()
  return {
    '/debug/api_priority_and_fairness/dump_priority_levels': () => table([levelColumns, ...levels().map(levelRow)]),
    '/debug/api_priority_and_fairness/dump_queues': () => table([queueColumns, ...levels().flatMap(queueRows)]),
    '/debug/api_priority_and_fairness/dump_requests': ({ method, target }) => {
      const details = Boolean(parseRequestInfo(method, target).query.get('includeRequestDetails'))
      const columns = details ? [...requestColumns, ...detailColumns] : requestColumns
      return table([columns, ...levels().flatMap((level) => requestRows(level, details, clock))])
    },
  }
}

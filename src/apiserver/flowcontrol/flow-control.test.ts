/** Priority and fairness before a whole server, whose store answers writes when the test says so. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Transport } from '../../client/transport.ts'
import { noLog } from '../../log/log.ts'
import { createMetrics, type MetricsRegistry } from '../../metrics/metrics.ts'
import { openAccess } from '../access.ts'
import { type ApiServer, createApiServer } from '../api-server.ts'
import { flowSchemas, priorityLevels } from '../authorization/bootstrap-objects.ts'
import type { IncomingRequest } from '../call.ts'
import { createInProcessTransport } from '../in-process.ts'
import { createMemoryStore } from '../memory-store.ts'
import { parseRequestInfo } from '../request-info.ts'
import type { Response } from '../server.ts'
import { createDumps } from './dumps.ts'
import { createFlowControl, type FlowControl } from './flow-control.ts'

let server: ApiServer
let admin: Transport
let flow: FlowControl
let metrics: MetricsRegistry
/** Writes that wait for the store. */
let held: (() => void)[]

beforeEach(async () => {
  held = []
  const store = createMemoryStore()
  let holds = false
  const slow = {
    ...store,
    get revision() {
      return store.revision
    },
    async create(...args: Parameters<typeof store.create>) {
      if (holds && args[0].includes('/slow')) await new Promise<void>((go) => held.push(go))
      return store.create(...args)
    },
  }
  metrics = createMetrics()
  server = await createApiServer(
    {
      store: slow,
      log: noLog,
      access: ({ objects }) => {
        flow = createFlowControl({ objects, metrics, now: () => performance.now() }, { seats: 100, maxWaitMs: 60_000 })
        return { ...openAccess(), flowControl: flow.filter }
      },
    },
    { advertise: { host: '192.0.2.1', port: 6443 } },
  )
  await server.ready
  holds = true
  admin = createInProcessTransport(server.handle)
  const create = (resource: string, body: object) =>
    admin.request({ method: 'POST', path: `/apis/flowcontrol.apiserver.k8s.io/v1/${resource}`, body })
  await Promise.all([
    ...priorityLevels().map((level) => create('prioritylevelconfigurations', level)),
    ...flowSchemas().map((schema) => create('flowschemas', schema)),
  ])
})
afterEach(() => server.close())

const ask = (user: string, method: string, target: string, object?: object, groups = ['system:authenticated']): Promise<Response> => {
  const request: IncomingRequest = {
    method,
    target,
    headers: { 'content-type': 'application/json' },
    credentials: { headers: {}, remoteAddress: '' },
    body: () => Promise.resolve(Buffer.alloc(0)),
    ...(object ? { object } : {}),
    user: { name: user, groups },
    signal: new AbortController().signal,
  }
  return server.handle(request)
}
const maps = '/api/v1/namespaces/default/configmaps'
const slowCreate = (user: string, i: number) => ask(user, 'POST', maps, { metadata: { name: `slow-${user}-${i}` } })
const until = async (holds: () => boolean | undefined) => {
  while (!holds()) await new Promise((done) => setImmediate(done))
}
const level = (name: string) => flow.levels().find((l) => l.name === name)
const dump = (path: string): string[] => {
  const answer = createDumps(flow, () => performance.now())[`/debug/api_priority_and_fairness/${path.split('?')[0]}`]?.({
    method: 'GET',
    target: `/debug/api_priority_and_fairness/${path}`,
  } as IncomingRequest) as { bytes: Buffer }
  return answer.bytes.toString().trimEnd().split('\n')
}

test('every answer says by which schema and level it was let in', async () => {
  const answer = await ask('jane', 'GET', maps)
  const uid = async (resource: string) => {
    const path = `/apis/flowcontrol.apiserver.k8s.io/v1/${resource}/global-default`
    return (await admin.request<{ metadata: { uid: string } }>({ method: 'GET', path })).metadata.uid
  }
  expect(answer.headers).toEqual({
    'X-Kubernetes-Pf-Flowschema-Uid': await uid('flowschemas'),
    'X-Kubernetes-Pf-Prioritylevel-Uid': await uid('prioritylevelconfigurations'),
  })
  answer.done(200)
})

test('what finds no seat waits; what finds no place to wait is refused with 429, and the exempt come in', async () => {
  const fewer = { spec: { limited: { limitResponse: { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 2 } } } } }
  const path = '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/global-default'
  await admin.request({ method: 'PATCH', path, body: fewer, contentType: 'application/merge-patch+json' })
  ;(await ask('jane', 'GET', maps)).done(200)
  const seats = level('global-default')?.queues.limit ?? 0
  const writes = Array.from({ length: seats + 2 }, (_, i) => slowCreate('flood', i))
  await until(() => held.length === seats && level('global-default')?.queues.waiting === 2)
  const refused = await slowCreate('flood', 99)
  expect(refused.answer).toMatchObject({
    kind: 'bytes',
    status: 429,
    type: 'text/plain; charset=utf-8',
    headers: { 'retry-after': '1' },
    bytes: Buffer.from('Too many requests, please try again later.\n'),
  })
  const other = await ask('root', 'GET', maps, undefined, ['system:masters'])
  expect(other.answer.kind).toBe('list')
  other.done(200)

  const columns = (line: string | undefined) => line?.split(/, */)
  const global = dump('dump_priority_levels').find((line) => line.startsWith('global-default'))
  expect(columns(global)).toEqual(['global-default', '1', 'false', 'false', '2', String(seats), String(seats + 1), '1', '0', '0'])
  expect(dump('dump_priority_levels')[0]).toBe(
    'PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, ExecutingRequests, DispatchedRequests, RejectedRequests, TimedoutRequests, CancelledRequests',
  )
  expect(columns(dump('dump_queues').find((line) => line.startsWith('global-default')))?.slice(1, 5)).toEqual([
    '0',
    '2',
    String(seats),
    String(seats),
  ])
  const waiting = dump('dump_requests?includeRequestDetails=1').filter((line) => line.startsWith('global-default'))
  expect(waiting).toHaveLength(seats + 2)
  expect(columns(waiting[0])?.slice(-8)).toEqual(['flood', 'create', maps, 'default', '', 'v1', 'configmaps', ''])
  expect(metrics.render()).toContain(
    'apiserver_flowcontrol_rejected_requests_total{priority_level="global-default",flow_schema="global-default",reason="queue-full"} 1',
  )

  // Of its time the level was full for some.
  const timed = (rest: string) => {
    const row = `apiserver_flowcontrol_${rest}`
    return Number(
      metrics
        .render()
        .split('\n')
        .find((line) => line.startsWith(`${row} `))
        ?.split(' ')
        .at(-1),
    )
  }
  const seatsOf = 'priority_level_seat_utilization'
  const of = 'priority_level="global-default",phase="executing"'
  expect(timed(`${seatsOf}_bucket{${of},le="+Inf"}`)).toBeGreaterThan(timed(`${seatsOf}_bucket{${of},le="0.99"}`))
  const waits = 'phase="waiting",priority_level="global-default"'
  expect(timed(`priority_level_request_utilization_sum{${waits}}`)).toBeGreaterThan(0)
  expect(timed('demand_seats_sum{priority_level="global-default"}')).toBeGreaterThan(timed(`${seatsOf}_sum{${of}}`))
  expect(timed('read_vs_write_current_requests_sum{phase="executing",request_kind="mutating"}')).toBeGreaterThan(0)

  while (held.length > 0 || level('global-default')?.queues.waiting) {
    for (const go of held.splice(0)) go()
    for (const write of writes) void write.then((answer) => answer.done(201))
    await until(() => held.length > 0 || level('global-default')?.queues.waiting === 0)
  }
  expect((await Promise.all(writes)).map(({ answer }) => answer.kind)).toEqual(writes.map(() => 'entry'))
})

test('a level that is deleted serves who waits there, and its schema no more', async () => {
  const api = '/apis/flowcontrol.apiserver.k8s.io/v1'
  const spec = { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } } }
  await admin.request({ method: 'POST', path: `${api}/prioritylevelconfigurations`, body: { metadata: { name: 'own' }, spec } })
  const rules = [
    {
      subjects: [{ kind: 'User', user: { name: 'jane' } }],
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }],
    },
  ]
  const schema = { metadata: { name: 'own' }, spec: { priorityLevelConfiguration: { name: 'own' }, matchingPrecedence: 5, rules } }
  await admin.request({ method: 'POST', path: `${api}/flowschemas`, body: schema })
  const write = slowCreate('jane', 1)
  await until(() => level('own')?.queues.executing === 1)
  await admin.request({ method: 'DELETE', path: `${api}/prioritylevelconfigurations/own` })
  const elsewhere = await ask('jane', 'GET', maps)
  expect(level('own')).toMatchObject({ quiescing: true })
  expect(elsewhere.headers?.['X-Kubernetes-Pf-Prioritylevel-Uid']).toBe(level('global-default')?.uid)
  elsewhere.done(200)
  for (const go of held) go()
  ;(await write).done(201)
})

test('a watch has its seat until what exists was sent; streams of other servers have none', async () => {
  const watch = await ask('jane', 'GET', `${maps}?watch=1`)
  if (watch.answer.kind !== 'watch') throw new Error('no watch')
  expect(level('global-default')?.queues.executing).toBe(1)
  watch.answer.begun?.()
  expect(level('global-default')?.queues.executing).toBe(0)
  const log = flow.filter({} as IncomingRequest, { name: 'jane', groups: [] }, parseRequestInfo('GET', '/api/v1/namespaces/a/pods/b/log'))
  expect(log).not.toHaveProperty('headers')
})

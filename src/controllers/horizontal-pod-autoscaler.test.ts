/** The autoscaler on figures that the test gives, through a transport that serves the metrics APIs. */
import { afterEach, expect, test } from 'vitest'
import { StatusError } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import { createClient } from '../client/client.ts'
import { createFakeClock } from '../client/clock.ts'
import { createInformers } from '../client/informer.ts'
import { createMemoryTransport } from '../client/memory-transport.ts'
import type { ApiRequest, Transport } from '../client/transport.ts'
import { noLog } from '../log/log.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createHorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts'
import { defaultOptions } from './options.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})
const at = { namespace: 'default', name: 'web' }

async function setUp(spec: object, replicas: number, cpu: { usage: string }) {
  const clock = createFakeClock()
  const memory = createMemoryTransport({ clock })
  const state = { replicas, usage: cpu.usage, selector: 'app=web', served: true, events: [] as string[] }
  const answers: Record<string, () => unknown> = {
    '/apis': () => ({ groups: [{ name: 'apps', versions: [{ version: 'v1' }], preferredVersion: { version: 'v1' } }] }),
    '/api/v1': () => ({ resources: [] }),
    '/apis/apps/v1': () => ({
      resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get', 'list', 'watch'] }],
    }),
    '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods': () => ({
      items: memory.objects<{ metadata: { name: string } }>('/api/v1/pods').map((p) => ({
        metadata: { name: p.metadata.name },
        timestamp: formatTime(clock.now()),
        window: '30s',
        containers: [{ name: 'c', usage: { cpu: state.usage } }],
      })),
    }),
  }
  const request = async (r: ApiRequest) => {
    const path = r.path.split('?')[0] as string
    if (path.endsWith('/deployments/web/scale')) {
      if (r.method === 'PUT') state.replicas = (r.body as { spec: { replicas: number } }).spec.replicas
      return { metadata: at, spec: { replicas: state.replicas }, status: { replicas: state.replicas, selector: state.selector } }
    }
    if (path.startsWith('/apis/external')) throw new Error('the server could not find the requested resource')
    if (!state.served && path.includes('metrics.k8s.io'))
      throw new StatusError({ code: 404, reason: 'NotFound', message: '404 page not found' })
    return answers[path]?.() ?? memory.request(r)
  }
  const transport: Transport = { ...memory, request: request as Transport['request'] }
  const client = createClient(transport)
  const informers = createInformers(client, { clock })
  stops.push(() => informers.stop())
  const hpa = createHorizontalPodAutoscaler({
    client,
    informers,
    clock,
    log: noLog,
    metrics: createMetrics(),
    random: () => 0,
    options: defaultOptions,
    recorder: () => ({ event: (_about, _type, reason, message) => void state.events.push(`${reason}: ${message}`), flush: async () => {} }),
  })
  hpa.wake({ add() {}, addAfter() {}, failures: () => 0 })
  for (let i = 0; i < replicas; i++)
    await client.create('pods', {
      metadata: { namespace: 'default', name: `p${i}`, labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', resources: { requests: { cpu: '100m' } } }] },
      status: {
        phase: 'Running',
        startTime: formatTime(clock.now() - 3_600_000),
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(clock.now() - 3_600_000) }],
      },
    } as never)
  await client.create('horizontalpodautoscalers.autoscaling', {
    metadata: at,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 20,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
      ...spec,
    },
  } as never)
  informers.start()
  await informers.synced()
  const look = async () => {
    await hpa.reconcile('default/web', new AbortController().signal)
    await new Promise((resolve) => setImmediate(resolve))
    return state.replicas
  }
  const conditions = async () =>
    Object.fromEntries(
      (((await client.get('horizontalpodautoscalers.autoscaling', at)).status.conditions ?? []) as { type: string; reason?: string }[]).map(
        (c) => [c.type, c.reason],
      ),
    )
  return { state, look, clock, conditions, client, hpa }
}

test.each([
  ['at its target nothing changes', 3, '50m', 3],
  ['within the tolerance nothing changes', 3, '54m', 3],
  ['above: in proportion', 3, '100m', 6],
  ['far above: at most double', 8, '400m', 16],
  ['far above and few: four at most', 1, '400m', 4],
  ['no more than the maximum', 15, '100m', 20],
])('%s', async (_, replicas, usage, expected) => {
  const { look, state } = await setUp({}, replicas, { usage })
  expect(await look()).toBe(expected)
  if (expected !== replicas)
    expect(state.events[0]).toMatch(
      /^SuccessfulRescale: New size: \d+; reason: cpu resource utilization \(percentage of request\) above target$/,
    )
})

test('going down waits for the window, going up does not', async () => {
  const { look, state, clock, conditions } = await setUp({}, 4, { usage: '50m' })
  expect(await look()).toBe(4)
  state.usage = '12m'
  clock.advance(60_000)
  expect(await look()).toBe(4)
  expect((await conditions()).AbleToScale).toBe('ScaleDownStabilized')
  clock.advance(300_000)
  expect(await look()).toBe(1)
})

test('policies hold the rate', async () => {
  const behavior = { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] }, scaleDown: { selectPolicy: 'Disabled' } }
  const { look, state, clock, conditions } = await setUp({ behavior }, 4, { usage: '200m' })
  expect(await look()).toBe(5)
  expect((await conditions()).ScalingLimited).toBe('ScaleUpLimit')
  clock.advance(15_000)
  expect(await look()).toBe(5)
  clock.advance(60_000)
  expect(await look()).toBe(6)
  state.usage = '1m'
  clock.advance(600_000)
  expect(await look()).toBe(6)
})

test('outside of its bounds it is brought within, whatever the metrics', async () => {
  const { look, state } = await setUp({ minReplicas: 5 }, 2, { usage: '1m' })
  expect(await look()).toBe(5)
  expect(state.events).toEqual(['SuccessfulRescale: New size: 5; reason: Current number of replicas below Spec.MinReplicas'])
})

test('what there is when it starts counts as recommended, so that a restart takes no pods away', async () => {
  const { look, clock } = await setUp({}, 4, { usage: '12m' })
  expect(await look()).toBe(4)
  clock.advance(299_000)
  expect(await look()).toBe(4)
  clock.advance(2_000)
  expect(await look()).toBe(1)
})

const external = (name: string) => ({ type: 'External', external: { metric: { name }, target: { type: 'Value', value: '5' } } })
const queueFailure =
  'unable to get external metric default/queue/nil: unable to fetch metrics from external metrics API: the server could not find the requested resource'
test('each metric that cannot be read is told; the others may add pods, and take none away', async () => {
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }
  const { look, state, conditions, clock } = await setUp({ metrics: [external('queue'), cpu] }, 3, { usage: '100m' })
  expect(await look()).toBe(6)
  expect(state.events[0]).toBe(`FailedGetExternalMetric: ${queueFailure}`)
  expect((await conditions()).ScalingActive).toBe('ValidMetricFound')
  state.usage = '1m'
  clock.advance(600_000)
  state.events.length = 0
  expect(await look()).toBe(6)
  expect((await conditions()).ScalingActive).toBe('FailedGetExternalMetric')
  expect(state.events).toEqual([
    `FailedGetExternalMetric: ${queueFailure}`,
    `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 2), first error is: failed to get external metric queue: ${queueFailure}`,
  ])
})

const unserved = 'the server could not find the requested resource'
test.each<[string, object, string]>([
  [
    'Resource',
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
    `FailedGetResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: ${unserved} (get pods.metrics.k8s.io)`,
  ],
  [
    'Resource by value',
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '50m' } } },
    `FailedGetResourceMetric: failed to get cpu usage: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: ${unserved} (get pods.metrics.k8s.io)`,
  ],
  [
    'ContainerResource',
    {
      type: 'ContainerResource',
      containerResource: { name: 'cpu', container: 'c', target: { type: 'Utilization', averageUtilization: 50 } },
    },
    `FailedGetContainerResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: ${unserved} (get pods.metrics.k8s.io)`,
  ],
  [
    'Pods',
    { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '5' } } },
    'FailedGetPodsMetric: unable to get metric rps: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
  ],
  [
    'Object',
    {
      type: 'Object',
      object: {
        metric: { name: 'rps' },
        target: { type: 'Value', value: '5' },
        describedObject: { apiVersion: 'v1', kind: 'Service', name: 's' },
      },
    },
    'FailedGetObjectMetric: unable to get metric rps: Service on default s/unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
  ],
])('a metric of type %s that nobody serves', async (_type, metric, told) => {
  const { look, state } = await setUp({ metrics: [metric] }, 3, { usage: '50m' })
  state.served = false
  expect(await look()).toBe(3)
  expect(state.events[0]).toBe(told)
})

test('pods of two autoscalers are scaled by neither', async () => {
  const { look, state, conditions, client, hpa } = await setUp({}, 3, { usage: '50m' })
  await client.create('horizontalpodautoscalers.autoscaling', {
    ...(await client.get('horizontalpodautoscalers.autoscaling', at)),
    metadata: { namespace: 'default', name: 'other' },
  } as never)
  await new Promise((resolve) => setImmediate(resolve))
  await look()
  await hpa.reconcile('default/other', new AbortController().signal)
  state.usage = '100m'
  expect(await look()).toBe(3)
  expect((await conditions()).ScalingActive).toBe('AmbiguousSelector')
  expect(state.events).toContain('AmbiguousSelector: pods by selector app=web are controlled by multiple HPAs: [default/other default/web]')
})

test('a target without a selector says so', async () => {
  const { look, state, conditions } = await setUp({}, 3, { usage: '50m' })
  state.selector = ''
  expect(await look()).toBe(3)
  expect((await conditions()).ScalingActive).toBe('InvalidSelector')
  expect(state.events).toEqual(['SelectorRequired: selector is required', 'FailedComputeMetricsReplicas: selector is required'])
})

test('metrics that cannot be read are told and change nothing', async () => {
  const { look, conditions } = await setUp({ metrics: [external('queue')] }, 3, { usage: '50m' })
  expect(await look()).toBe(3)
  expect((await conditions()).ScalingActive).toBe('FailedGetExternalMetric')
})

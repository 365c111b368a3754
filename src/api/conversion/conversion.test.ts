import { expect, test } from 'vitest'
import { type Json, normalize } from '../decode.ts'
import { typeById } from '../registry.ts'
import { convert } from './index.ts'

const v1 = 'autoscaling.v1.HorizontalPodAutoscaler'
const v2 = 'autoscaling.v2.HorizontalPodAutoscaler'
const canonical = (id: string, value: Json): Json => normalize(typeById(id), value).object

const autoscaler = canonical(v2, {
  kind: 'HorizontalPodAutoscaler',
  apiVersion: 'autoscaling/v2',
  metadata: { name: 'h', annotations: { mine: 'x' } },
  spec: {
    scaleTargetRef: { kind: 'Deployment', name: 'd' },
    maxReplicas: 5,
    metrics: [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
      { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } },
      {
        type: 'Pods',
        pods: { metric: { name: 'rps', selector: { matchLabels: { a: 'b' } } }, target: { type: 'AverageValue', averageValue: '10' } },
      },
      {
        type: 'Object',
        object: { describedObject: { kind: 'Service', name: 's' }, metric: { name: 'hits' }, target: { type: 'Value', value: '2k' } },
      },
      { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '3' } } },
      {
        type: 'ContainerResource',
        containerResource: { name: 'cpu', container: 'c', target: { type: 'Utilization', averageUtilization: 5 } },
      },
    ],
    behavior: { scaleDown: { stabilizationWindowSeconds: 5, policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }] } },
  },
  status: {
    desiredReplicas: 3,
    currentReplicas: 2,
    currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 55, averageValue: '550m' } } }],
    conditions: [{ type: 'AbleToScale', status: 'True', lastTransitionTime: null, reason: 'R', message: 'm' }],
  },
})

test('an autoscaler keeps what v1 cannot say in its annotations, and gets it back', () => {
  const old = convert(autoscaler, v2, v1)
  expect(old).toMatchObject({
    apiVersion: 'autoscaling/v1',
    metadata: {
      annotations: {
        mine: 'x',
        'autoscaling.alpha.kubernetes.io/current-metrics':
          '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":55,"currentAverageValue":"550m"}}]',
        'autoscaling.alpha.kubernetes.io/conditions':
          '[{"type":"AbleToScale","status":"True","lastTransitionTime":null,"reason":"R","message":"m"}]',
      },
    },
    spec: { minReplicas: 1, maxReplicas: 5, targetCPUUtilizationPercentage: 70 },
    status: { currentReplicas: 2, desiredReplicas: 3, currentCPUUtilizationPercentage: 55 },
  })
  expect(canonical(v2, convert(old, v1, v2))).toEqual(autoscaler)
})

test("v1's own fields become metrics of v2", () => {
  const old = canonical(v1, {
    spec: { maxReplicas: 2, targetCPUUtilizationPercentage: 80 },
    status: { currentCPUUtilizationPercentage: 66 },
  })
  const now = convert(old, v1, v2)
  expect(now).toMatchObject({
    spec: { metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }] },
    status: { currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 66 } } }] },
  })
  expect(convert(now, v2, v1)).toMatchObject({
    metadata: { annotations: { 'autoscaling.alpha.kubernetes.io/current-metrics': expect.stringContaining('"currentAverageValue":"0"') } },
    spec: old.spec,
  })
})

test('annotations that are no JSON are ignored', () => {
  const old = canonical(v1, { metadata: { annotations: { 'autoscaling.alpha.kubernetes.io/metrics': '{nonsense' } } })
  expect(convert(old, v1, v2).spec).not.toHaveProperty('metrics')
})

test('an event has older and newer names', () => {
  const event = canonical('core.v1.Event', {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: 'e' },
    involvedObject: { kind: 'Pod', name: 'p' },
    message: 'hello',
    source: { component: 'kubelet' },
    count: 3,
    reportingComponent: 'kubelet',
    series: { count: 2, lastObservedTime: '2024-01-01T00:00:00.000000Z' },
  })
  const newer = convert(event, 'core.v1.Event', 'events.v1.Event')
  expect(newer).toMatchObject({
    apiVersion: 'events.k8s.io/v1',
    note: 'hello',
    regarding: { kind: 'Pod' },
    deprecatedCount: 3,
    reportingController: 'kubelet',
    eventTime: null,
  })
  expect(canonical('events.v1.Event', newer)).toEqual(newer)
  expect(canonical('core.v1.Event', convert(newer, 'events.v1.Event', 'core.v1.Event'))).toEqual(event)
})

test('nothing else converts', () => {
  expect(() => convert({}, 'core.v1.Pod', 'core.v1.Node')).toThrow('nothing converts core.v1.Pod to core.v1.Node')
})

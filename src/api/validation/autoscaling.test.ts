import { expect, test } from 'vitest'
import { validateHorizontalPodAutoscaler } from './autoscaling.ts'
import { check } from './testing.ts'

const autoscaler = (spec: object) =>
  check(
    'autoscaling.v2.HorizontalPodAutoscaler',
    validateHorizontalPodAutoscaler,
  )({ spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, ...spec } })
const metric = (entry: object) => autoscaler({ metrics: [entry] })
const scalesUp = (rules: object) =>
  autoscaler({ behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }], ...rules } } })
const policy = (more: object) => scalesUp({ policies: [{ type: 'Pods', value: 1, periodSeconds: 60, ...more }] })
const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } }
const at = 'spec.metrics[0]'
const up = 'spec.behavior.scaleUp'

test.each<[what: string, errors: string[], want: string[]]>([
  ['of a deployment', autoscaler({}), []],
  [
    'to zero',
    autoscaler({ minReplicas: 0 }),
    expect.arrayContaining(['spec.minReplicas: Invalid value: 0: must be greater than or equal to 1']),
  ],
  [
    'to no more than nothing',
    autoscaler({ maxReplicas: 0 }),
    expect.arrayContaining(['spec.maxReplicas: Required value: must be set and greater than 0']),
  ],
  ['upside down', autoscaler({ minReplicas: 5 }), ['spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`']],
  [
    'of nothing',
    autoscaler({ scaleTargetRef: { apiVersion: 'apps/v1', kind: '', name: '' } }),
    ['spec.scaleTargetRef.kind: Required value', 'spec.scaleTargetRef.name: Required value'],
  ],
  ['by a resource', metric({ type: 'Resource', resource: cpu }), []],
  [
    'by a resource without a target',
    metric({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }),
    [`${at}.resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization`],
  ],
  [
    'by a resource with two targets',
    metric({ type: 'Resource', resource: { name: 'cpu', target: { ...cpu.target, averageValue: '1' } } }),
    [`${at}.resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization`],
  ],
  [
    'by no use at all',
    metric({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0 } } }),
    [`${at}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`],
  ],
  [
    'by a container that has no name',
    metric({ type: 'ContainerResource', containerResource: { ...cpu, container: '' } }),
    [`${at}.containerResource.container: Required value: must specify a container`],
  ],
  [
    'by pods of no value',
    metric({ type: 'Pods', pods: { metric: { name: 'packets' }, target: { type: 'AverageValue' } } }),
    [`${at}.pods.target.averageValue: Required value: must specify a positive target averageValue`],
  ],
  [
    'by a metric that has no name',
    metric({ type: 'Pods', pods: { metric: { name: '' }, target: { type: 'AverageValue', averageValue: '1' } } }),
    [`${at}.pods.metric.name: Required value: must specify a metric name`],
  ],
  [
    'by something outside, twice',
    metric({ type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '1', averageValue: '1' } } }),
    [`${at}.external.target.value: Forbidden: may not set both a target value for metric and a per-pod target`],
  ],
  [
    'by another source than it says',
    metric({ type: 'Pods', resource: cpu }),
    [
      `${at}.pods: Required value: must populate information for the given metric source`,
      `${at}.resource: Forbidden: must populate the given metric source only`,
    ],
  ],
  [
    'that waits too long',
    scalesUp({ stabilizationWindowSeconds: 3601 }),
    [`${up}.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600`],
  ],
  [
    'that waits less than not at all',
    scalesUp({ stabilizationWindowSeconds: -1 }),
    [`${up}.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero`],
  ],
  [
    'that chooses otherwise',
    scalesUp({ selectPolicy: 'Any' }),
    [`${up}.selectPolicy: Unsupported value: "Any": supported values: "Disabled", "Max", "Min"`],
  ],
  ['by a policy of no change', policy({ value: 0 }), [`${up}.policies[0].value: Invalid value: 0: must be greater than zero`]],
  [
    'by a policy of no time',
    policy({ periodSeconds: 0 }),
    [`${up}.policies[0].periodSeconds: Invalid value: 0: must be greater than zero`],
  ],
  [
    'by a policy of too much time',
    policy({ periodSeconds: 1801 }),
    [`${up}.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800`],
  ],
])('an autoscaler %s', (_what, errors, want) => expect(errors).toEqual(want))

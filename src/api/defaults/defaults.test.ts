import { expect, test } from 'vitest'
import { decodeObject, type Json, normalize } from '../decode.ts'
import { typeById } from '../registry.ts'
import { defaultObject } from './index.ts'

const complete = (id: string, value: unknown): Json =>
  defaultObject(id, decodeObject(Buffer.from(JSON.stringify(value)), typeById(id)).object)
/** What the answer has at the places that the expectation names, the ones it expects nothing at included. */
const pick = (value: unknown, like: unknown): unknown => {
  if (typeof like !== 'object' || like === null || typeof value !== 'object' || value === null) return value
  if (Array.isArray(like)) return Array.isArray(value) ? value.map((element, i) => pick(element, like[i])) : value
  return Object.fromEntries(Object.entries(like).map(([key, inner]) => [key, pick((value as Json)[key], inner)]))
}
const pod = (spec: Json): Json => ({ spec: { containers: [{ name: 'c', image: 'a:1' }], ...spec } })
const container = (fields: Json): Json => pod({ containers: [{ name: 'c', image: 'a:1', ...fields }] })

test.each<[string, string, Json, Json]>([
  [
    'a pod takes its own defaults',
    'core.v1.Pod',
    pod({}),
    {
      spec: {
        enableServiceLinks: true,
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        terminationGracePeriodSeconds: 30,
        securityContext: {},
        schedulerName: 'default-scheduler',
      },
    },
  ],
  [
    'requests follow limits',
    'core.v1.Pod',
    container({ resources: { limits: { cpu: '1', memory: '2Gi' }, requests: { cpu: '100m' } } }),
    { spec: { containers: [{ resources: { requests: { cpu: '100m', memory: '2Gi' } } }] } },
  ],
  [
    'a container on the host network takes host ports',
    'core.v1.Pod',
    pod({ hostNetwork: true, containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] }),
    { spec: { containers: [{ ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }] }] } },
  ],
  [
    'a volume without a source is empty',
    'core.v1.Pod',
    pod({ volumes: [{ name: 'v' }] }),
    { spec: { volumes: [{ name: 'v', emptyDir: {} }] } },
  ],
  [
    'probes',
    'core.v1.Pod',
    container({ livenessProbe: { httpGet: { port: 80 }, timeoutSeconds: 0 } }),
    {
      spec: {
        containers: [
          {
            livenessProbe: {
              httpGet: { path: '/', port: 80, scheme: 'HTTP' },
              timeoutSeconds: 1,
              periodSeconds: 10,
              successThreshold: 1,
              failureThreshold: 3,
            },
          },
        ],
      },
    },
  ],
  [
    'the old name of the service account',
    'core.v1.Pod',
    pod({ serviceAccount: 'robot' }),
    { spec: { serviceAccountName: 'robot', serviceAccount: 'robot' } },
  ],
  [
    'requests of the whole pod',
    'core.v1.Pod',
    {
      spec: {
        resources: { limits: { cpu: '4', memory: '1Gi' } },
        containers: [
          { name: 'a', resources: { requests: { cpu: '1' } } },
          { name: 'b', resources: { requests: { cpu: '500m' } } },
        ],
      },
    },
    { spec: { resources: { requests: { cpu: '1500m', memory: '1Gi' } } } },
  ],
  [
    'templates get no service links',
    'apps.v1.Deployment',
    { spec: { template: pod({}) } },
    {
      spec: {
        replicas: 1,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        template: { spec: { enableServiceLinks: undefined, restartPolicy: 'Always' } },
      },
    },
  ],
  [
    'a recreated deployment does not roll',
    'apps.v1.Deployment',
    { spec: { strategy: { type: 'Recreate' }, template: pod({}) } },
    { spec: { strategy: { rollingUpdate: undefined } } },
  ],
  [
    'claim templates name their kind',
    'apps.v1.StatefulSet',
    { spec: { template: pod({}), volumeClaimTemplates: [{ metadata: { name: 'd' } }] } },
    {
      spec: {
        updateStrategy: { rollingUpdate: { partition: 0 } },
        volumeClaimTemplates: [{ kind: 'PersistentVolumeClaim', apiVersion: 'v1', spec: { volumeMode: 'Filesystem' } }],
      },
    },
  ],
  [
    'a job runs one pod once',
    'batch.v1.Job',
    { spec: { template: pod({}) } },
    {
      spec: {
        parallelism: 1,
        completions: 1,
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: false,
        podReplacementPolicy: 'TerminatingOrFailed',
      },
    },
  ],
  [
    'a parallel job has no number of completions',
    'batch.v1.Job',
    { spec: { parallelism: 3, backoffLimitPerIndex: 1, podFailurePolicy: { rules: [] }, template: pod({}) } },
    { spec: { completions: undefined, backoffLimit: 2147483647, podReplacementPolicy: 'Failed' } },
  ],
  [
    'a cron job keeps its template as it is',
    'batch.v1.CronJob',
    { spec: { schedule: '* * * * *', jobTemplate: { spec: { template: pod({}) } } } },
    {
      spec: {
        concurrencyPolicy: 'Allow',
        successfulJobsHistoryLimit: 3,
        jobTemplate: { spec: { parallelism: undefined, template: { spec: { containers: [{ imagePullPolicy: 'IfNotPresent' }] } } } },
      },
    },
  ],
  [
    'a service',
    'core.v1.Service',
    { spec: { ports: [{ port: 80 }] } },
    {
      spec: {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        externalTrafficPolicy: undefined,
        ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }],
      },
    },
  ],
  [
    'a load balancer',
    'core.v1.Service',
    {
      spec: { type: 'LoadBalancer', sessionAffinity: 'ClientIP', ports: [{ port: 80, targetPort: 'web' }] },
      status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
    },
    {
      spec: {
        externalTrafficPolicy: 'Cluster',
        allocateLoadBalancerNodePorts: true,
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
        ports: [{ targetPort: 'web' }],
      },
      status: { loadBalancer: { ingress: [{ ipMode: 'VIP' }] } },
    },
  ],
  [
    'a service with another name',
    'core.v1.Service',
    { spec: { type: 'ExternalName', externalName: 'a.b' } },
    { spec: { internalTrafficPolicy: undefined } },
  ],
  [
    'text of a secret becomes data',
    'core.v1.Secret',
    { data: { a: 'MQ==' }, stringData: { a: 'wins', b: 'ü' } },
    { type: 'Opaque', stringData: undefined, data: { a: 'd2lucw==', b: 'w7w=' } },
  ],
  [
    'a namespace is labelled with its name',
    'core.v1.Namespace',
    { metadata: { name: 'n', labels: { a: 'b' } } },
    { metadata: { labels: { a: 'b', 'kubernetes.io/metadata.name': 'n' } }, status: { phase: 'Active' } },
  ],
  ['a node may give all it has', 'core.v1.Node', { status: { capacity: { cpu: '4' } } }, { status: { allocatable: { cpu: '4' } } }],
  [
    'limits of a range follow from one another',
    'core.v1.LimitRange',
    { spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } }] } },
    { spec: { limits: [{ default: { cpu: '2' }, defaultRequest: { cpu: '2', memory: '1Mi' } }] } },
  ],
  [
    'a replication controller takes the labels of its template',
    'core.v1.ReplicationController',
    { spec: { template: { metadata: { labels: { a: 'b' } }, ...pod({}) } } },
    { metadata: { labels: { a: 'b' } }, spec: { replicas: 1, selector: { a: 'b' } } },
  ],
  [
    'a policy with egress rules means egress',
    'networking.v1.NetworkPolicy',
    { spec: { egress: [{}] } },
    { spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } },
  ],
  [
    'subjects of a binding',
    'rbac.v1.RoleBinding',
    {
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', name: 's' },
      ],
    },
    { roleRef: { apiGroup: 'rbac.authorization.k8s.io' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io' }, { apiGroup: undefined }] },
  ],
  [
    'an autoscaler without metrics looks at CPU',
    'autoscaling.v2.HorizontalPodAutoscaler',
    { spec: { behavior: { scaleDown: { stabilizationWindowSeconds: 5 } } } },
    {
      spec: {
        minReplicas: 1,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
        behavior: { scaleDown: { stabilizationWindowSeconds: 5, selectPolicy: 'Max' }, scaleUp: { stabilizationWindowSeconds: 0 } },
      },
    },
  ],
  ['an old autoscaler too', 'autoscaling.v1.HorizontalPodAutoscaler', { spec: {} }, { spec: { targetCPUUtilizationPercentage: 80 } }],
  [
    'names of a custom resource',
    'apiextensions.v1.CustomResourceDefinition',
    { spec: { names: { kind: 'Foo', plural: 'foos' } } },
    { spec: { names: { singular: 'foo', listKind: 'FooList' }, conversion: { strategy: 'None' } } },
  ],
  [
    'a device claim asks for one',
    'resource.v1.ResourceClaim',
    {
      spec: {
        devices: {
          requests: [
            { name: 'a', exactly: { deviceClassName: 'x' } },
            { name: 'b', exactly: { allocationMode: 'All' } },
          ],
        },
      },
    },
    { spec: { devices: { requests: [{ exactly: { count: 1 } }, { exactly: { count: undefined } }] } } },
  ],
  [
    'a webhook',
    'admissionregistration.v1.ValidatingWebhookConfiguration',
    { webhooks: [{ name: 'w', clientConfig: { service: { name: 's', namespace: 'n' } }, rules: [{}] }] },
    {
      webhooks: [
        {
          failurePolicy: 'Fail',
          matchPolicy: 'Equivalent',
          timeoutSeconds: 10,
          namespaceSelector: {},
          objectSelector: {},
          rules: [{ scope: '*' }],
          clientConfig: { service: { port: 443 } },
        },
      ],
    },
  ],
])('%s', (_name, id, given, expected) => {
  expect(pick(complete(id, given), expected)).toEqual(expected)
})

test.each([
  ['nginx', 'Always'],
  ['nginx:latest', 'Always'],
  ['nginx:1', 'IfNotPresent'],
  ['localhost:5000/a/b', 'Always'],
  ['localhost:5000/a/b:v2', 'IfNotPresent'],
  [`nginx@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
  ['NOT an image', 'IfNotPresent'],
])('the pull policy of %s is %s', (image, policy) => {
  expect(complete('core.v1.Pod', container({ image }))).toMatchObject({ spec: { containers: [{ imagePullPolicy: policy }] } })
})

test('what is shared is not changed', () => {
  const given = {
    metadata: { labels: { b: '1', a: '2' } },
    spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1000m' } } }], volumes: [{ name: 'v' }] },
  }
  const before = JSON.stringify(given)
  defaultObject('core.v1.Pod', normalize(typeById('core.v1.Pod'), given).object)
  expect(JSON.stringify(given)).toBe(before)
})

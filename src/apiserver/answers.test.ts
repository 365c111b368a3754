/** What the server answers, request by request: each row is a few requests and what the last one of them must show. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiRequest, Transport } from '../client/transport.ts'
import { noLog } from '../log/log.ts'
import { openAccess } from './access.ts'
import { type ApiServer, createApiServer } from './api-server.ts'
import { createInProcessTransport } from './in-process.ts'
import { createMemoryStore } from './memory-store.ts'

let server: ApiServer
let api: Transport
beforeAll(async () => {
  server = await createApiServer(
    { store: createMemoryStore(), log: noLog, access: () => openAccess() },
    { advertise: { host: '192.0.2.1', port: 6443 } },
  )
  await server.ready
  api = createInProcessTransport(server.handle)
})
afterAll(() => server.close())

type Step = readonly [method: string, path: string, body?: object, contentType?: string]
const ns = '/api/v1/namespaces/default'
const merge = 'application/merge-patch+json'
const strategic = 'application/strategic-merge-patch+json'
const web = { name: 'web', image: 'example.com/web:2' }
const template = { metadata: { labels: { run: 'web' } }, spec: { containers: [web] } }
const pod = (name: string, more: object = {}) => ({ metadata: { name, labels: { run: name } }, spec: { containers: [web], ...more } })
const apps = '/apis/apps/v1/namespaces/default'
const workload = (name: string, more: object = {}) => ({
  metadata: { name },
  spec: { selector: { matchLabels: { run: 'web' } }, template, ...more },
})
const hpa = (version: number) => `/apis/autoscaling/v${version}/namespaces/default/horizontalpodautoscalers`
const autoscaler = (name: string) => ({
  metadata: { name },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    maxReplicas: 5,
    metrics: [{ type: 'Pods', pods: { metric: { name: 'packets' }, target: { type: 'AverageValue', averageValue: '1k' } } }],
  },
})
const owns = (fieldsV1: object) => expect.arrayContaining([expect.objectContaining({ fieldsV1: expect.objectContaining(fieldsV1) })])
const registration = '/apis/admissionregistration.k8s.io/v1'
/** The answer that refuses these fields, in this order. */
const refused = (...fields: string[]) => ({ code: 422, details: { causes: fields.map((field) => ({ field })) } })
/** Any object without these fields. */
const lacks = (...fields: string[]) => expect.toSatisfy((object: object) => !fields.some((field) => field in object))

const rows: readonly (readonly [what: string, steps: readonly Step[], last: object])[] = [
  [
    'a binding does not count as a change of the spec',
    [
      ['POST', `${ns}/pods`, pod('bound')],
      ['POST', `${ns}/pods/bound/binding`, { metadata: { name: 'bound' }, target: { kind: 'Node', name: 'far' } }],
      ['GET', `${ns}/pods/bound`],
    ],
    { metadata: { generation: 1 }, spec: { nodeName: 'far' }, status: { conditions: [{ type: 'PodScheduled', lastProbeTime: null }] } },
  ],
  [
    'no policies at all for scaling are refused, where absent ones have defaults',
    [['POST', `${hpa(2)}`, { ...autoscaler('none'), spec: { ...autoscaler('none').spec, behavior: { scaleUp: { policies: [] } } } }]],
    refused('spec.behavior.scaleUp.policies'),
  ],
  [
    'a status written as autoscaling/v1 leaves the metrics of v2, and their owner',
    [
      ['POST', hpa(2), autoscaler('both')],
      ['PUT', `${hpa(1)}/both/status`, { ...autoscaler('both'), status: { currentReplicas: 4, desiredReplicas: 5 } }],
      ['GET', `${hpa(2)}/both`],
    ],
    {
      metadata: { managedFields: owns({ 'f:spec': expect.objectContaining({ 'f:metrics': {} }) }) },
      spec: { metrics: autoscaler('both').spec.metrics },
      status: { currentReplicas: 4 },
    },
  ],
  [
    'an evicted pod says why it goes',
    [
      ['POST', `${ns}/pods`, pod('moved', { nodeName: 'far' })],
      ['POST', `${ns}/pods/moved/eviction`, { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name: 'moved' } }],
      ['GET', `${ns}/pods/moved`],
    ],
    {
      metadata: { deletionGracePeriodSeconds: 30 },
      status: { conditions: [{ type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' }] },
    },
  ],
  [
    'a gated pod is waiting since it was made',
    [['POST', `${ns}/pods`, pod('gated', { schedulingGates: [{ name: 'example.com/wait' }] })]],
    { status: { conditions: [{ reason: 'SchedulingGated', lastTransitionTime: expect.stringMatching(/Z$/) }] } },
  ],
  [
    'a strategic merge patch that does not decode is invalid, and shown as Go shows it',
    [
      ['POST', `${apps}/deployments`, workload('quantities')],
      [
        'PATCH',
        `${apps}/deployments/quantities`,
        { spec: { template: { spec: { containers: [{ name: 'web', resources: { limits: { memory: 'much' } } }] } } } },
        strategic,
      ],
    ],
    {
      code: 422,
      message: expect.stringMatching(/^ "" is invalid: patch: Invalid value: "map\[spec:map\[template:.*quantities must match/),
      details: { causes: [{ field: 'patch', reason: 'FieldValueInvalid' }] },
    },
  ],
  [
    'a merge patch that does not decode is invalid, too',
    [['PATCH', `${apps}/deployments/quantities`, { spec: { replicas: 'many' } }, merge]],
    { code: 422, details: { causes: [{ field: 'patch', message: expect.stringContaining('cannot unmarshal string') }] } },
  ],
  [
    'labels that were taken from a template are shown as an empty map',
    [['PATCH', `${apps}/deployments/quantities`, { spec: { template: { metadata: { labels: { run: null } } } } }, merge]],
    { details: { causes: [{ message: 'Invalid value: {}: `selector` does not match template `labels`' }] } },
  ],
  [
    'a deployment’s labels are not owned through its status',
    [
      ['PATCH', `${apps}/deployments/quantities/status`, { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } }, merge],
      ['GET', `${apps}/deployments/quantities`],
    ],
    {
      metadata: {
        annotations: { c: 'd' },
        managedFields: owns({ 'f:metadata': { 'f:annotations': { '.': {}, 'f:c': {} } } }),
      },
    },
  ],
  ['nor changed', [['GET', `${apps}/deployments/quantities`]], { metadata: lacks('labels') }],
  [
    'a daemon set’s template generation is its maker’s',
    [['POST', `${apps}/daemonsets`, workload('each')]],
    {
      metadata: {
        annotations: { 'deprecated.daemonset.template.generation': '1' },
        managedFields: owns({ 'f:metadata': { 'f:annotations': { '.': {}, 'f:deprecated.daemonset.template.generation': {} } } }),
      },
    },
  ],
  [
    'fields of coordinated leader election are dropped',
    [
      [
        'POST',
        '/apis/coordination.k8s.io/v1/namespaces/default/leases',
        { metadata: { name: 'l' }, spec: { strategy: 'OldestEmulationVersion', leaseDurationSeconds: 9 } },
      ],
    ],
    { spec: lacks('strategy') },
  ],
  [
    'a new volume is in its phase since it was made',
    [
      [
        'POST',
        '/api/v1/persistentvolumes',
        { metadata: { name: 'disk' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/srv' } } },
      ],
    ],
    { status: { phase: 'Pending', lastPhaseTransitionTime: expect.stringMatching(/Z$/) } },
  ],
  [
    'events of the newer group are found by its own names of their fields',
    [['GET', '/apis/events.k8s.io/v1/namespaces/default/events?fieldSelector=regarding.kind%3DPod,reportingController%3Dx']],
    { kind: 'EventList', items: [] },
  ],
  [
    'a service account of a role binding may leave out its namespace',
    [
      [
        'POST',
        '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings',
        {
          metadata: { name: 'b' },
          subjects: [{ kind: 'ServiceAccount', name: 'robot' }],
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        },
      ],
    ],
    { subjects: [{ kind: 'ServiceAccount', name: 'robot' }] },
  ],
  [
    'what this server serves is registered as served here',
    [['GET', '/apis/apiregistration.k8s.io/v1/apiservices/v2.autoscaling']],
    { spec: { group: 'autoscaling', version: 'v2' }, status: { conditions: [{ type: 'Available', reason: 'Local' }] } },
  ],
  [
    'a device class needs expressions and drivers, and counts its generations',
    [['POST', '/apis/resource.k8s.io/v1/deviceclasses', { metadata: { name: 'gpu' }, spec: { selectors: [{}], config: [{}] } }]],
    refused('spec.selectors[0].cel', 'spec.config[0].opaque'),
  ],
  [
    'expressions that choose devices are compiled',
    [
      [
        'POST',
        '/apis/resource.k8s.io/v1/deviceclasses',
        { metadata: { name: 'gpu' }, spec: { selectors: [{ cel: { expression: '1' } }] } },
      ],
    ],
    {
      message:
        'DeviceClass.resource.k8s.io "gpu" is invalid: spec.selectors[0].cel.expression: Invalid value: "1": must evaluate to bool or the unknown type, not int',
    },
  ],
  [
    'in claims and their alternatives too',
    [
      [
        'POST',
        '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims',
        {
          metadata: { name: 'c' },
          spec: {
            devices: {
              requests: [
                { name: 'a', exactly: { deviceClassName: 'gpu', selectors: [{ cel: { expression: 'device.' } }] } },
                { name: 'b', firstAvailable: [{ name: 's', deviceClassName: 'gpu', selectors: [{ cel: { expression: 'x' } }] }] },
                { name: 'c', exactly: { deviceClassName: 'gpu', selectors: [{ cel: { expression: `"${'x'.repeat(10_240)}" == ""` } }] } },
              ],
            },
          },
        },
      ],
    ],
    refused(
      'spec.devices.requests[0].exactly.selectors[0].cel.expression',
      'spec.devices.requests[1].firstAvailable[0].selectors[0].cel.expression',
      'spec.devices.requests[2].exactly.selectors[0].cel.expression',
    ),
  ],
  [
    'a webhook configuration',
    [
      [
        'POST',
        `${registration}/validatingwebhookconfigurations`,
        {
          metadata: { name: 'w' },
          webhooks: [
            {
              name: 'short',
              clientConfig: { url: 'http://u@hook.example/?q' },
              rules: [{ operations: ['*', 'CREATE'], apiGroups: ['*'], apiVersions: ['v1'], resources: ['pods/*', 'pods/status'] }],
              timeoutSeconds: 31,
            },
          ],
        },
      ],
    ],
    refused(
      'webhooks[0].name',
      'webhooks[0].admissionReviewVersions',
      'webhooks[0].rules[0].operations',
      'webhooks[0].rules[0].resources[1]',
      'webhooks[0].sideEffects',
      'webhooks[0].timeoutSeconds',
      'webhooks[0].clientConfig.url',
      'webhooks[0].clientConfig.url',
      'webhooks[0].clientConfig.url',
    ),
  ],
  [
    'an admission policy',
    [
      [
        'POST',
        `${registration}/validatingadmissionpolicies`,
        {
          metadata: { name: 'p' },
          spec: {
            paramKind: { apiVersion: 'a/b/c', kind: 'X' },
            matchConstraints: {},
            variables: [{ name: '1st', expression: '1' }],
            validations: [{ expression: 'true', message: 'two\nlines', reason: 'Because' }],
          },
        },
      ],
    ],
    refused(
      'spec.paramKind.apiVersion',
      'spec.matchConstraints.resourceRules',
      'spec.variables[0].name',
      'spec.validations[0].message',
      'spec.validations[0].reason',
    ),
  ],
  [
    'a mutating policy and its patches',
    [
      [
        'POST',
        `${registration}/mutatingadmissionpolicies`,
        { metadata: { name: 'm' }, spec: { mutations: [{ patchType: 'JSONPatch' }, { patchType: 'Magic' }] } },
      ],
    ],
    refused('spec.matchConstraints', 'spec.mutations[0].jsonPatch', 'spec.mutations[1].patchType', 'spec.reinvocationPolicy'),
  ],
  [
    'a policy’s binding',
    [
      [
        'POST',
        `${registration}/validatingadmissionpolicybindings`,
        { metadata: { name: 'b' }, spec: { policyName: 'p', paramRef: {}, validationActions: ['Warn', 'Deny', 'Warn'] } },
      ],
    ],
    refused('spec.paramRef', 'spec.paramRef.parameterNotFoundAction', 'spec.validationActions[2]', 'spec.validationActions'),
  ],
  [
    'the older version of autoscalers is checked as the newer one',
    [
      [
        'POST',
        '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers',
        {
          metadata: { name: 'h' },
          spec: {
            scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
            maxReplicas: 2,
            targetCPUUtilizationPercentage: 0,
          },
        },
      ],
    ],
    refused('spec.metrics[0].resource.target.averageUtilization'),
  ],
  [
    'a job without labels has those of its template, the generated ones too',
    [
      [
        'POST',
        '/apis/batch/v1/namespaces/default/jobs',
        { metadata: { name: 'once' }, spec: { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } } },
      ],
    ],
    { metadata: { labels: { run: 'web', 'job-name': 'once', 'batch.kubernetes.io/job-name': 'once' } } },
  ],
  [
    'an AppArmor profile of old, in an annotation, fills in the field',
    [
      [
        'POST',
        `${ns}/pods`,
        {
          ...pod('armed'),
          metadata: { name: 'armed', annotations: { 'container.apparmor.security.beta.kubernetes.io/web': 'unconfined' } },
        },
      ],
    ],
    { spec: { containers: [{ securityContext: { appArmorProfile: { type: 'Unconfined' } } }] } },
  ],
  [
    'a negative grace is the shortest',
    [['POST', `${ns}/pods`, pod('hasty', { terminationGracePeriodSeconds: -9 })]],
    { spec: { terminationGracePeriodSeconds: 1 } },
  ],
  [
    'a service that becomes a name loses its internal traffic policy',
    [
      ['POST', `${ns}/services`, { metadata: { name: 'turns' }, spec: { selector: { run: 'web' }, ports: [{ port: 80 }] } }],
      ['PATCH', `${ns}/services/turns`, { spec: { type: 'ExternalName', externalName: 'elsewhere.example' } }, merge],
    ],
    { spec: lacks('internalTrafficPolicy', 'clusterIP') },
  ],
]

test.each(rows)('%s', async (_what, steps, expected) => {
  let last: unknown
  for (const [method, path, body, contentType] of steps) {
    const request = { method, path, ...(body ? { body } : {}), ...(contentType ? { contentType } : {}) } as ApiRequest
    last = await api.request(request).catch((error: { status?: unknown }) => error.status ?? error)
  }
  expect(last).toMatchObject(expected)
})

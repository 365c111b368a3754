/** What quotas count, and what makes them count anew. */

import { describe, expect, test } from 'vitest'
import { StatusError } from '../api/errors.ts'
import type { ResourceName } from '../api/types/index.ts'
import { testClusters } from './test-cluster.ts'

const setUp = testClusters({ kubelet: 'none' })
const at = (name: string, more: object = {}) => ({ namespace: 'default', name, ...more })

interface Made {
  readonly resource: ResourceName
  readonly object: { readonly metadata: { readonly namespace: string; readonly name: string } }
}
let made = 0
const make = (resource: ResourceName, rest: object = {}, metadata: object = {}): Made => ({
  resource,
  object: { metadata: at(`o${made++}`, metadata), ...rest },
})
const pod = (spec: object = {}, phase = 'Running') => make('pods', { spec: { containers: [{ name: 'c' }], ...spec }, status: { phase } })
const asking = (requests: object, more: object = {}, phase?: string) =>
  pod({ containers: [{ name: 'c', resources: { requests } }], ...more }, phase)
const limited = (limits: object) => pod({ containers: [{ name: 'c', resources: { limits } }] })
const service = (spec: object) => make('services', { spec: { ports: [{ port: 1 }, { port: 2 }], ...spec } })
const claim = (storage: string, spec: object = {}, status: object = {}, metadata: object = {}) =>
  make('persistentvolumeclaims', { spec: { resources: { requests: { storage } }, ...spec }, status }, metadata)
const scope = (scopeName: string, operator = 'Exists', values?: string[]) => ({
  scopeSelector: { matchExpressions: [{ scopeName, operator, ...(values ? { values } : {}) }] },
})
const generous = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '100Gi']))

/** The figures of a quota that was made after these objects. */
async function count(objects: readonly Made[], names: readonly string[], spec: object = {}) {
  const { client, settle } = await setUp(['resourcequota'])
  for (const { resource, object } of objects) await client.create(resource, object as never)
  await client.create('resourcequotas', { metadata: at('q'), spec: { hard: generous(names), ...spec } as never })
  await settle()
  const { status } = await client.get('resourcequotas', at('q'))
  expect(status.hard).toEqual(generous(names))
  return status.used
}

describe('a quota counts', () => {
  test.each<[string, Made[], Record<string, string>, object?]>([
    ['nothing where nothing is', [], { pods: '0', 'requests.cpu': '0', 'count/configmaps': '0' }],
    ['pods', [pod(), pod()], { pods: '2', 'count/pods': '2' }],
    [
      'what pods ask for',
      [asking({ cpu: '500m', memory: '64Mi' }), asking({ cpu: '3' })],
      { 'requests.cpu': '3500m', 'requests.memory': '64Mi' },
    ],
    [
      'it by the short names too',
      [asking({ cpu: '1', memory: '1Gi', 'ephemeral-storage': '2Gi' })],
      { cpu: '1', memory: '1Gi', 'ephemeral-storage': '2Gi' },
    ],
    [
      'what pods are limited to',
      [limited({ cpu: '2', memory: '1Gi' })],
      { 'limits.cpu': '2', 'limits.memory': '1Gi', 'requests.cpu': '0' },
    ],
    ['extended resources', [asking({ 'example.com/gpu': '2' })], { 'requests.example.com/gpu': '2' }],
    ['huge pages', [asking({ 'hugepages-2Mi': '4Mi' })], { 'hugepages-2Mi': '4Mi', 'requests.hugepages-2Mi': '4Mi' }],
    [
      'the largest init container where it asks for more',
      [asking({ cpu: '1' }, { initContainers: [{ name: 'i', resources: { requests: { cpu: '3' } } }] })],
      { 'requests.cpu': '3' },
    ],
    [
      'a sidecar beside the containers',
      [asking({ cpu: '1' }, { initContainers: [{ name: 'i', restartPolicy: 'Always', resources: { requests: { cpu: '3' } } }] })],
      { 'requests.cpu': '4' },
    ],
    ['what a sandbox costs', [asking({ cpu: '1' }, { overhead: { cpu: '250m' } })], { 'requests.cpu': '1250m' }],
    ['no pod that succeeded', [asking({ cpu: '1' }, {}, 'Succeeded')], { pods: '0', 'requests.cpu': '0' }],
    ['no pod that failed', [asking({ cpu: '1' }, {}, 'Failed')], { pods: '0', 'requests.cpu': '0' }],
    ['a pod that waits', [asking({ cpu: '1' }, {}, 'Pending')], { pods: '1', 'requests.cpu': '1' }],
    ['services', [service({}), service({ type: 'ExternalName' })], { services: '2', 'count/services': '2', 'services.nodeports': '0' }],
    ['node ports', [service({ type: 'NodePort' })], { services: '1', 'services.nodeports': '2', 'services.loadbalancers': '0' }],
    [
      'load balancers and their node ports',
      [service({ type: 'LoadBalancer' })],
      { 'services.loadbalancers': '1', 'services.nodeports': '2' },
    ],
    [
      'node ports of a load balancer that takes none as far as they are given',
      [service({ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ port: 1, nodePort: 30001 }, { port: 2 }] })],
      { 'services.nodeports': '1' },
    ],
    ['claims and their storage', [claim('2Gi'), claim('1Gi')], { persistentvolumeclaims: '2', 'requests.storage': '3Gi' }],
    [
      'claims of one class',
      [claim('2Gi', { storageClassName: 'gold' }), claim('1Gi')],
      { 'gold.storageclass.storage.k8s.io/requests.storage': '2Gi', 'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1' },
    ],
    [
      'a claim that shrinks with what it still holds',
      [claim('1Gi', {}, { allocatedResources: { storage: '3Gi' } })],
      { 'requests.storage': '3Gi' },
    ],
    ['config maps by their old name', [make('configmaps'), make('configmaps')], { configmaps: '2', 'count/configmaps': '2' }],
    ['secrets', [make('secrets')], { secrets: '1' }],
    ['replication controllers', [make('replicationcontrollers')], { replicationcontrollers: '1' }],
    ['itself', [], { resourcequotas: '1', 'count/resourcequotas': '1' }],
    ['replica sets', [make('replicasets.apps')], { 'count/replicasets.apps': '1' }],
    ['jobs', [make('jobs.batch')], { 'count/jobs.batch': '1' }],
    ['nothing of a resource that is not served', [], { 'count/widgets.example.com': '0' }],
    ['no object of another namespace', [make('secrets', {}, { namespace: 'other' })], { secrets: '0' }],
  ])('%s', async (_name, objects, used) => {
    expect(await count(objects, Object.keys(used))).toEqual(used)
  })

  // Upstream's TestSyncResourceQuota: scopes that match, that do not, and selectors of priority classes by each operator.
  const bestEffort = pod()
  const burstable = asking({ cpu: '1' })
  const high = pod({ priorityClassName: 'high' })
  test.each<[string, object, string]>([
    ['BestEffort', { scopes: ['BestEffort'] }, '4'],
    ['NotBestEffort', { scopes: ['NotBestEffort'] }, '1'],
    ['Terminating', { scopes: ['Terminating'] }, '1'],
    ['NotTerminating', { scopes: ['NotTerminating'] }, '4'],
    ['two at once', { scopes: ['BestEffort', 'NotTerminating'] }, '3'],
    ['a priority class', scope('PriorityClass'), '1'],
    ['no priority class', scope('PriorityClass', 'DoesNotExist'), '4'],
    ['a certain priority class', scope('PriorityClass', 'In', ['low', 'high']), '1'],
    ['another priority class', scope('PriorityClass', 'In', ['low']), '0'],
    ['any but a priority class', scope('PriorityClass', 'NotIn', ['high']), '4'],
    ['any but another priority class', scope('PriorityClass', 'NotIn', ['low']), '5'],
    ['affinity to pods of other namespaces', scope('CrossNamespacePodAffinity'), '1'],
  ])('of five pods those of the scope %s', async (_name, spec, pods) => {
    const term = { topologyKey: 'zone', namespaces: ['other'] }
    const terminating = pod({ activeDeadlineSeconds: 10 })
    const far = pod({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } })
    expect(await count([bestEffort, burstable, high, terminating, far], ['pods'], spec)).toEqual({ pods })
  })
  test.each<[string, object, string]>([
    ['a class that it has', scope('VolumeAttributesClass', 'In', ['fast']), '2'],
    ['no class', scope('VolumeAttributesClass', 'DoesNotExist'), '1'],
  ])('of three claims those with %s', async (_name, spec, persistentvolumeclaims) => {
    const claims = [
      claim('1Gi', { volumeAttributesClassName: 'fast' }),
      claim('1Gi', { volumeAttributesClassName: 'slow' }, { currentVolumeAttributesClassName: 'fast' }),
      claim('1Gi'),
    ]
    expect(await count(claims, ['persistentvolumeclaims'], spec)).toEqual({ persistentvolumeclaims })
  })
})

describe('a quota counts anew', () => {
  type Cluster = Awaited<ReturnType<typeof setUp>>
  const named = (resource: ResourceName, rest: object = {}) => ({ resource, object: { metadata: at('o'), ...rest } })
  const remove = (resource: ResourceName) => (c: Cluster) => c.client.delete(resource, at('o'))
  const change = (resource: ResourceName, spec: object) => (c: Cluster) => c.client.patch(resource, at('o'), { spec }, { type: 'merge' })
  const running = named('pods', {
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }] },
    status: { phase: 'Running' },
  })
  const nodePort = named('services', { spec: { type: 'NodePort', ports: [{ port: 1 }] } })
  const gold = named('persistentvolumeclaims', { spec: { resources: { requests: { storage: '1Gi' } } } })

  test.each<[string, Made, (c: Cluster) => Promise<unknown>, string, string, string]>([
    ['when a pod is gone', running, remove('pods'), 'pods', '1', '0'],
    ['when a pod has succeeded', running, (c) => c.setPodStatus('o', { phase: 'Succeeded' }), 'requests.cpu', '1', '0'],
    ['when a pod has failed', running, (c) => c.setPodStatus('o', { phase: 'Failed' }), 'pods', '1', '0'],
    [
      'when a pod is resized',
      running,
      change('pods', { containers: [{ name: 'c', resources: { requests: { cpu: '500m' } } }] }),
      'requests.cpu',
      '1',
      '500m',
    ],
    ['when a service is gone', nodePort, remove('services'), 'services', '1', '0'],
    ['when a service gives its node ports back', nodePort, change('services', { type: 'ClusterIP' }), 'services.nodeports', '1', '0'],
    ['when a claim is gone', gold, remove('persistentvolumeclaims'), 'requests.storage', '1Gi', '0'],
    [
      'when a claim is expanded',
      gold,
      change('persistentvolumeclaims', { resources: { requests: { storage: '3Gi' } } }),
      'requests.storage',
      '1Gi',
      '3Gi',
    ],
    ['when a config map is gone', named('configmaps'), remove('configmaps'), 'configmaps', '1', '0'],
    ['when a secret is gone', named('secrets'), remove('secrets'), 'count/secrets', '1', '0'],
    ['when a replica set is gone', named('replicasets.apps'), remove('replicasets.apps'), 'count/replicasets.apps', '1', '0'],
    [
      'when a replication controller is gone',
      named('replicationcontrollers'),
      remove('replicationcontrollers'),
      'replicationcontrollers',
      '1',
      '0',
    ],
  ])('%s', async (_name, { resource, object }, then, name, before, after) => {
    const cluster = await setUp(['resourcequota'])
    await cluster.client.create(resource, object as never)
    await cluster.client.create('resourcequotas', { metadata: at('q'), spec: { hard: generous([name]) } })
    const used = async () => (await cluster.client.get('resourcequotas', at('q'))).status.used
    await cluster.settle()
    expect(await used()).toEqual({ [name]: before })
    await then(cluster)
    await cluster.settle()
    expect(await used()).toEqual({ [name]: after })
  })

  test('when what it limits changes, and forgets what it no longer does', async () => {
    const { client, settle } = await setUp(['resourcequota'])
    await client.create('secrets', { metadata: at('o') })
    await client.create('resourcequotas', { metadata: at('q'), spec: { hard: { pods: '1', configmaps: '2' } } })
    await settle()
    await client.patch('resourcequotas', at('q'), { spec: { hard: { pods: '5', configmaps: null, secrets: '3' } } }, { type: 'merge' })
    await settle()
    const { status } = await client.get('resourcequotas', at('q'))
    expect(status).toEqual({ hard: { pods: '5', secrets: '3' }, used: { pods: '0', secrets: '1' } })
  })
  test('after its period, so that a count that admission raised in vain is put right', async () => {
    const { client, settle, pass } = await setUp(['resourcequota'], { options: { resourceQuotaSyncPeriodMs: 10_000 } })
    const quota = await client.create('resourcequotas', { metadata: at('q'), spec: { hard: { pods: '1' } } })
    await settle()
    const used = async () => (await client.get('resourcequotas', at('q'))).status.used
    await client.updateStatus('resourcequotas', {
      ...quota,
      metadata: { ...quota.metadata, resourceVersion: undefined as never },
      status: { hard: { pods: '1' }, used: { pods: '1' } },
    })
    await pass(9)
    expect(await used()).toEqual({ pods: '1' })
    await pass(2)
    expect(await used()).toEqual({ pods: '0' })
  })
  test('whatever can be counted is, while a server that is down has some of it', async () => {
    const { client, settle, pass, transport } = await setUp(['resourcequota'])
    const down = new StatusError({ code: 503, reason: 'ServiceUnavailable', message: 'down' })
    transport.intercept = ({ path }) => {
      if (path.startsWith('/apis/batch/v1/jobs')) throw down
    }
    await client.create('secrets', { metadata: at('o') })
    const hard = { 'count/jobs.batch': '5', secrets: '3' }
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await client.create('resourcequotas', { metadata: at(name), spec: { hard } })
    await settle()
    for (const name of ['a', 'f'])
      expect((await client.get('resourcequotas', at(name))).status.used).toEqual({ 'count/jobs.batch': '0', secrets: '1' })
    transport.intercept = undefined
    await client.create('jobs.batch', { metadata: at('j') } as never)
    await pass(120)
    expect((await client.get('resourcequotas', at('f'))).status.used).toEqual({ 'count/jobs.batch': '1', secrets: '1' })
  })
  test('and writes nothing where nothing has changed', async () => {
    const { client, settle, transport, restart } = await setUp(['resourcequota'])
    await client.create('resourcequotas', { metadata: at('q'), spec: { hard: { pods: '1', 'requests.cpu': '1000m' } } })
    await settle()
    const before = transport.writes.length
    await restart()
    await settle()
    expect(transport.writes.slice(before)).toEqual([])
  })
})

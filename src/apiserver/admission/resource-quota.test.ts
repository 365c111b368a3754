import { describe, expect, test } from 'vitest'
import type { Transport } from '../../client/transport.ts'
import { createResourceQuota, type LimitedResource, parseLimitedResources } from './resource-quota.ts'
import { objectsOf, review, type Write } from './testing.ts'

const quota = (hard: Record<string, string>, used: Record<string, string> = {}, spec: object = {}) => ({
  metadata: { name: 'q', namespace: 'ns' },
  spec: { hard, ...spec },
  status: { hard, used: { ...Object.fromEntries(Object.keys(hard).map((name) => [name, '0'])), ...used } },
})
const scope = (scopeName: string, operator = 'Exists', values?: string[]) => ({
  scopeSelector: { matchExpressions: [{ scopeName, operator, ...(values ? { values } : {}) }] },
})
const pod = (spec: object = {}) => ({ metadata: { name: 'p', namespace: 'ns' }, spec: { containers: [{ name: 'a' }], ...spec } })
const asking = (requests: object, limits: object = {}) => pod({ containers: [{ name: 'a', resources: { requests, limits } }] })
const claim = (storage: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { name: 'p', namespace: 'ns', ...metadata },
  spec: { resources: { requests: { storage } }, ...spec },
})
const service = (spec: object) => ({ metadata: { name: 'p', namespace: 'ns' }, spec })
const ports = [{ port: 80 }, { port: 81 }]

/** The answer, and the figures that were stored. */
async function ask(write: Write, quotas: object[], limited: readonly LimitedResource[] = []) {
  const used: unknown[] = []
  const api = {
    request: async ({ body }: { body: { status: { used: unknown } } }) => void used.push(body.status.used),
  } as unknown as Transport
  const plugin = createResourceQuota(objectsOf({ resourcequotas: quotas as [] }), () => api, limited)
  const { answer } = await review(plugin, write)
  return { answer: answer.replace(/^403 \S+ "p" is forbidden: /, ''), used }
}
const exceeded = (name: string, requested: string, limit: string, used = '0') =>
  `exceeded quota: q, requested: ${name}=${requested}, used: ${name}=${used}, limited: ${name}=${limit}`

describe('a write costs', () => {
  test.each<[string, string, object, Record<string, string>, string]>([
    ['ephemeral storage', 'pods', asking({ 'ephemeral-storage': '2Gi' }), { 'requests.ephemeral-storage': '1Gi' }, '2Gi'],
    ['ephemeral storage at most', 'pods', asking({}, { 'ephemeral-storage': '2Gi' }), { 'limits.ephemeral-storage': '1Gi' }, '2Gi'],
    ['extended resources', 'pods', asking({ 'x.com/gpu': '2' }), { 'requests.x.com/gpu': '1' }, '2'],
    ['huge pages', 'pods', asking({ 'hugepages-2Mi': '4Mi' }), { 'hugepages-2Mi': '2Mi' }, '4Mi'],
    ['a pod by its number', 'pods', pod(), { 'count/pods': '0' }, '1'],
    ['an object of a group', 'deployments.apps', service({}), { 'count/deployments.apps': '0' }, '1'],
    ['a config map by its old name', 'configmaps', service({}), { configmaps: '0' }, '1'],
    ['node ports', 'services', service({ type: 'NodePort', ports }), { 'services.nodeports': '1' }, '2'],
    ['a load balancer', 'services', service({ type: 'LoadBalancer', ports }), { 'services.loadbalancers': '0' }, '1'],
    ['a load balancer’s node ports', 'services', service({ type: 'LoadBalancer', ports }), { 'services.nodeports': '1' }, '2'],
    ['storage', 'persistentvolumeclaims', claim('2Gi'), { 'requests.storage': '1Gi' }, '2Gi'],
    [
      'storage of a class',
      'persistentvolumeclaims',
      claim('2Gi', { storageClassName: 'gold' }),
      { 'gold.storageclass.storage.k8s.io/requests.storage': '1Gi' },
      '2Gi',
    ],
    [
      'claims of a class named by annotation',
      'persistentvolumeclaims',
      claim('1Gi', {}, { annotations: { 'volume.beta.kubernetes.io/storage-class': 'gold' } }),
      { 'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '0' },
      '1',
    ],
  ])('%s', async (_name, resource, object, hard, requested) => {
    const [[name, limit]] = Object.entries(hard) as [[string, string]]
    expect((await ask({ resource, object }, [quota(hard)])).answer).toBe(exceeded(name, requested, limit))
  })
  test.each<[string, string, object, Record<string, string>]>([
    ['a cluster IP no node ports', 'services', service({ type: 'ClusterIP', ports }), { 'services.nodeports': '0' }],
    [
      'a load balancer without node ports none',
      'services',
      service({ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports }),
      { 'services.nodeports': '0' },
    ],
    [
      'another class nothing',
      'persistentvolumeclaims',
      claim('2Gi', { storageClassName: 'tin' }),
      { 'gold.storageclass.storage.k8s.io/requests.storage': '1' },
    ],
    ['an event nothing', 'events', service({}), { 'count/events': '0' }],
  ])('%s', async (_name, resource, object, hard) => expect((await ask({ resource, object }, [quota(hard)])).answer).toBe('allowed'))

  test('what every container must say', async () => {
    const { answer } = await ask({ resource: 'pods', object: pod() }, [quota({ 'limits.memory': '1Gi', cpu: '1' })])
    expect(answer).toBe('failed quota: q: must specify cpu for: a; limits.memory for: a')
  })
  test('nothing that no controller has counted yet', async () => {
    const uncounted = { ...quota({ pods: '1' }), status: { hard: { pods: '1' }, used: {} } }
    expect((await ask({ resource: 'pods', object: pod() }, [uncounted])).answer).toBe('status unknown for quota: q, resources: pods')
  })
})

describe('an update costs what it adds', () => {
  const hard = { 'requests.storage': '3Gi' }
  test.each<[string, Write, object, string, unknown[]]>([
    [
      'a claim that grows',
      { resource: 'persistentvolumeclaims', object: claim('2Gi'), old: claim('1Gi') },
      quota(hard, { 'requests.storage': '1Gi' }),
      'allowed',
      [{ 'requests.storage': '2Gi' }],
    ],
    [
      'a claim that grows too far',
      { resource: 'persistentvolumeclaims', object: claim('4Gi'), old: claim('1Gi') },
      quota(hard, { 'requests.storage': '1Gi' }),
      exceeded('requests.storage', '3Gi', '3Gi', '1Gi'),
      [],
    ],
    [
      'a service that gives its node ports back',
      { resource: 'services', object: service({ type: 'ClusterIP', ports }), old: service({ type: 'NodePort', ports }) },
      quota({ 'services.nodeports': '2' }, { 'services.nodeports': '2' }),
      'allowed',
      [{ 'services.nodeports': '0' }],
    ],
    [
      'a pod that changes its labels under a quota that is full',
      { resource: 'pods', object: pod(), old: pod() },
      quota({ pods: '1' }, { pods: '1' }),
      'allowed',
      [],
    ],
    ['a status', { resource: 'pods/status', object: pod(), old: pod() }, quota({ pods: '0' }), 'allowed', []],
    ['a pod that goes', { resource: 'pods', operation: 'DELETE', old: pod() }, quota({ pods: '0' }), 'allowed', []],
  ])('%s', async (_name, write, given, answer, used) => expect(await ask(write, [given])).toEqual({ answer, used }))
})

describe('a scope counts only its own', () => {
  const other = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z', namespaces: ['b'] }] } }
  const same = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z' }] } }
  test.each<[string, object, object, object]>([
    ['Terminating', { scopes: ['Terminating'] }, pod({ activeDeadlineSeconds: 0 }), pod()],
    ['NotTerminating', { scopes: ['NotTerminating'] }, pod(), pod({ activeDeadlineSeconds: 9 })],
    ['BestEffort', { scopes: ['BestEffort'] }, pod(), asking({ cpu: '1' })],
    ['NotBestEffort', { scopes: ['NotBestEffort'] }, asking({}, { memory: '1' }), pod()],
    ['PriorityClass In', scope('PriorityClass', 'In', ['high']), pod({ priorityClassName: 'high' }), pod({ priorityClassName: 'low' })],
    [
      'PriorityClass NotIn',
      scope('PriorityClass', 'NotIn', ['high']),
      pod({ priorityClassName: 'low' }),
      pod({ priorityClassName: 'high' }),
    ],
    ['PriorityClass Exists', scope('PriorityClass'), pod({ priorityClassName: 'low' }), pod()],
    ['PriorityClass DoesNotExist', scope('PriorityClass', 'DoesNotExist'), pod(), pod({ priorityClassName: 'low' })],
    ['CrossNamespacePodAffinity', scope('CrossNamespacePodAffinity'), pod({ affinity: other }), pod({ affinity: same })],
  ])('%s', async (_name, spec, within, without) => {
    const full = [quota({ pods: '0' }, {}, spec)]
    expect((await ask({ resource: 'pods', object: within }, full)).answer).toBe(exceeded('pods', '1', '0'))
    expect((await ask({ resource: 'pods', object: without }, full)).answer).toBe('allowed')
  })
  const fast = claim('1Gi', { volumeAttributesClassName: 'fast' })
  test.each<[string, object, object, object]>([
    ['In', scope('VolumeAttributesClass', 'In', ['fast']), fast, claim('1Gi')],
    [
      'In, of the class that a claim still has',
      scope('VolumeAttributesClass', 'In', ['fast']),
      { ...claim('1Gi'), status: { currentVolumeAttributesClassName: 'fast' } },
      claim('1Gi'),
    ],
    ['Exists', scope('VolumeAttributesClass'), fast, claim('1Gi')],
    ['DoesNotExist', scope('VolumeAttributesClass', 'DoesNotExist'), claim('1Gi'), fast],
  ])('VolumeAttributesClass %s', async (_name, spec, within, without) => {
    const full = [quota({ persistentvolumeclaims: '0' }, {}, spec)]
    expect((await ask({ resource: 'persistentvolumeclaims', object: within }, full)).answer).toBe(
      exceeded('persistentvolumeclaims', '1', '0'),
    )
    expect((await ask({ resource: 'persistentvolumeclaims', object: without }, full)).answer).toBe('allowed')
  })
})

describe('what is limited by default needs a quota', () => {
  const gold: LimitedResource = { resource: 'persistentvolumeclaims', matchContains: ['gold.storageclass.storage.k8s.io/requests.storage'] }
  const high: LimitedResource = { resource: 'pods', matchScopes: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] }
  const important = pod({ priorityClassName: 'high' })
  const golden = claim('1Gi', { storageClassName: 'gold' })
  test.each<[string, Write, object[], LimitedResource, string]>([
    [
      'a resource without one',
      { resource: 'persistentvolumeclaims', object: golden },
      [],
      gold,
      'insufficient quota to consume: gold.storageclass.storage.k8s.io/requests.storage',
    ],
    [
      'a resource with one',
      { resource: 'persistentvolumeclaims', object: golden },
      [quota({ 'gold.storageclass.storage.k8s.io/requests.storage': '1Gi' })],
      gold,
      'allowed',
    ],
    ['an update that takes no more', { resource: 'persistentvolumeclaims', object: golden, old: golden }, [], gold, 'allowed'],
    ['another resource', { resource: 'persistentvolumeclaims', object: claim('1Gi') }, [], gold, 'allowed'],
    [
      'a scope without one',
      { resource: 'pods', object: important },
      [],
      high,
      'insufficient quota to match these scopes: [{PriorityClass In [high]}]',
    ],
    [
      'a scope with one',
      { resource: 'pods', object: important },
      [quota({ pods: '1' }, {}, scope('PriorityClass', 'In', ['high']))],
      high,
      'allowed',
    ],
    [
      'a scope with one that has no scope',
      { resource: 'pods', object: important },
      [quota({ pods: '1' })],
      high,
      'insufficient quota to match these scopes: [{PriorityClass In [high]}]',
    ],
    ['another scope', { resource: 'pods', object: pod() }, [], high, 'allowed'],
  ])('%s', async (_name, write, quotas, limited, answer) => expect((await ask(write, quotas, [limited])).answer).toBe(answer))

  test('and a configuration that is one', () => {
    expect(parseLimitedResources({ kind: 'ResourceQuotaConfiguration', limitedResources: [gold] })).toEqual([gold])
    expect(() => parseLimitedResources({ kind: 'Pod' })).toThrow('no ResourceQuotaConfiguration')
    expect(() => parseLimitedResources({ kind: 'ResourceQuotaConfiguration', limitedResources: [{}] })).toThrow(
      'limitedResources[0].resource: Required value',
    )
  })
})

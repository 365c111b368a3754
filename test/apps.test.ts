/**
 * What upstream's conformance suite asks of workloads, garbage collection, namespaces and quotas and the controllers'
 * own tests do not hold: it needs the whole API server. A control plane with three simulated nodes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isConflict, isNotFound } from '../src/api/errors.ts'
import type { ResourceName } from '../src/api/types/index.ts'
import { type Client, createClient } from '../src/client/client.ts'
import { createHttpsTransport } from '../src/client/https-transport.ts'
import { createInformers, type Informer, type Informers } from '../src/client/informer.ts'
import { loadConnection } from '../src/client/kubeconfig.ts'
import type { ObjectOf } from '../src/client/resources.ts'
import { kijabi, run, succeed } from './support/shell.ts'

const folder = mkdtempSync(join(tmpdir(), 'kijabi-apps-'))
const env = { KIJABI_HOME: join(folder, 'data'), KUBECONFIG: join(folder, 'kubeconfig') }
let transport: ReturnType<typeof createHttpsTransport>
let client: Client
let informers: Informers

beforeAll(async () => {
  await succeed(kijabi, ['up', '--simulated-nodes', '3', '--port', '28743'], { env })
  transport = createHttpsTransport(loadConnection({ kubeconfig: env.KUBECONFIG }))
  client = createClient(transport)
  informers = createInformers(client)
  informers.start()
})
afterAll(async () => {
  informers?.stop()
  transport?.close()
  await run(kijabi, ['down', '--purge'], { env })
  rmSync(folder, { recursive: true, force: true })
})

/** Resolves when `good` holds after some change of these resources. */
function until(what: string, resources: readonly ResourceName[], good: () => unknown, timeoutMs = 15_000): Promise<void> {
  return new Promise((resolve, reject) => {
    const removes: (() => void)[] = []
    let over = false
    const end = (then: () => void) => {
      over = true
      clearTimeout(timer)
      for (const remove of removes) remove()
      then()
    }
    const timer = setTimeout(() => end(() => reject(new Error(`not in ${timeoutMs} ms: ${what}`))), timeoutMs)
    const look = () => {
      if (!over && good()) end(resolve)
    }
    for (const resource of resources) {
      if (over) break
      removes.push((informers.of(resource) as Informer<unknown>).addHandler({ added: look, updated: look, deleted: look }))
    }
    if (over) for (const remove of removes) remove()
    else void informers.synced().then(look)
  })
}
let made = 0
/** A namespace of its own for each test; its service account is there, so that pods are admitted. */
async function newNamespace(): Promise<string> {
  const name = `apps-${made++}`
  await client.create('namespaces', { metadata: { name } })
  await until('its service account', ['serviceaccounts'], () => informers.of('serviceaccounts').get(name, 'default'))
  return name
}
const podsOf = (namespace: string) => informers.of('pods').list(namespace)
const readyPods = (namespace: string) =>
  podsOf(namespace).filter(
    (p) => !p.metadata.deletionTimestamp && p.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'),
  )

/** Reads and replaces, again when somebody else was faster (client-go's RetryOnConflict). */
async function replace<R extends ResourceName>(
  resource: R,
  at: { namespace?: string; name: string },
  changed: (object: ObjectOf<R>) => object,
  subresource?: string,
): Promise<ObjectOf<R>> {
  const options = subresource ? { subresource } : {}
  for (;;)
    try {
      return await client.update(resource, changed(await client.get(resource, at, options)) as never, options)
    } catch (error) {
      if (!isConflict(error)) throw error
    }
}

const labels = { app: 'web' }
const selector = { matchLabels: labels }
const template = (image = 'a') => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image }] } })
const never = { metadata: { labels }, spec: { ...template().spec, restartPolicy: 'Never' } }

/** Objects that their controllers leave at rest, and a change of each. */
const objects: Partial<Record<ResourceName, { body: object; change: object; hasStatus?: false }>> = {
  'deployments.apps': { body: { spec: { replicas: 0, selector, template: template() } }, change: { spec: { minReadySeconds: 7 } } },
  'replicasets.apps': { body: { spec: { replicas: 0, selector, template: template() } }, change: { spec: { minReadySeconds: 7 } } },
  'statefulsets.apps': {
    body: { spec: { replicas: 0, serviceName: 'web', selector, template: template() } },
    change: { spec: { minReadySeconds: 7 } },
  },
  'daemonsets.apps': {
    body: { spec: { selector, template: { ...template(), spec: { ...template().spec, nodeSelector: { no: 'node' } } } } },
    change: { spec: { minReadySeconds: 7 } },
  },
  'controllerrevisions.apps': { body: { revision: 1, data: { a: 'b' } }, change: { revision: 7 }, hasStatus: false },
  replicationcontrollers: {
    body: { spec: { replicas: 0, selector: labels, template: template() } },
    change: { spec: { minReadySeconds: 7 } },
  },
  'jobs.batch': { body: { spec: { suspend: true, template: never } }, change: { spec: { parallelism: 7 } } },
  'cronjobs.batch': {
    body: { spec: { suspend: true, schedule: '* * * * *', jobTemplate: { spec: { template: never } } } },
    change: { spec: { successfulJobsHistoryLimit: 7 } },
  },
  'poddisruptionbudgets.policy': { body: { spec: { minAvailable: 1, selector } }, change: { spec: { minAvailable: 7 } } },
}

test.each(Object.entries(objects) as [ResourceName, { body: object; change: object; hasStatus?: false }][])(
  '%s: made, read, listed, watched, changed, its status too, and deleted together',
  async (resource, { body, change, hasStatus = true }) => {
    const namespace = await newNamespace()
    const at = (name: string) => ({ namespace, name })
    const set = { set: `of-${namespace}` }
    const controller = new AbortController()
    const { metadata: before } = await client.list(resource, { namespace })
    const told: string[] = []
    const watched = (async () => {
      for await (const { type, object } of client.watch(resource, {
        namespace,
        resourceVersion: before.resourceVersion,
        signal: controller.signal,
      }))
        if (object.metadata.name === 'one') {
          told.push(type)
          if (type === 'DELETED') return
        }
    })()
    for (const name of ['one', 'two']) await client.create(resource, { metadata: { ...at(name), labels: set }, ...body } as never)
    const byLabel = { labelSelector: `set=of-${namespace}` }
    expect((await client.list(resource, { namespace, ...byLabel })).items.map((o) => o.metadata.name)).toEqual(['one', 'two'])
    expect((await client.list(resource, byLabel)).items).toHaveLength(2)

    expect(await client.patch(resource, at('one'), { ...change, metadata: { labels: { patched: 'yes' } } })).toMatchObject(change)
    const replaced = await replace(resource, at('one'), (read) => ({
      ...read,
      metadata: { ...read.metadata, annotations: { ...read.metadata.annotations, updated: 'yes' } },
    }))
    expect(replaced.metadata).toMatchObject({ labels: { patched: 'yes' }, annotations: { updated: 'yes' } })

    if (hasStatus) {
      const status = (await client.get(resource, at('one'), { subresource: 'status' })) as unknown as { metadata: { name: string } }
      expect(status.metadata.name).toBe('one')
      const annotations = (o: { metadata: { annotations?: Record<string, string> } }) => o.metadata.annotations?.['status']
      expect(
        annotations(
          await client.patch(resource, at('one'), { metadata: { annotations: { status: 'patched' } } }, { subresource: 'status' }),
        ),
      ).toBe('patched')
      if (resource !== 'cronjobs.batch') {
        const condition = {
          type: 'StatusUpdate',
          status: 'True',
          reason: 'E2E',
          message: 'set by a test',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        }
        const patched = await client.patch(resource, at('one'), { status: { conditions: [condition] } }, { subresource: 'status' })
        expect(JSON.stringify(patched)).toContain('set by a test')
      }
    }
    await client.deleteCollection(resource, { namespace, ...byLabel })
    await watched
    expect([told[0], told.at(-1)]).toEqual(['ADDED', 'DELETED'])
    expect(told.slice(1, -1)).toContain('MODIFIED')
    await until('none is left', [resource], () => informers.of(resource).list(namespace).length === 0)
    controller.abort()
  },
)

test.each<[ResourceName, object]>([
  ['deployments.apps', { selector, template: template() }],
  ['replicasets.apps', { selector, template: template() }],
  ['statefulsets.apps', { serviceName: 'web', selector, template: template(), podManagementPolicy: 'Parallel' }],
  ['replicationcontrollers', { selector: labels, template: template() }],
])('the scale of %s is read, replaced and patched, and pods follow', async (resource, spec) => {
  const namespace = await newNamespace()
  const web = { namespace, name: 'web' }
  await client.create(resource, { metadata: web, spec: { replicas: 1, ...spec } } as never)
  await until('one pod', ['pods'], () => readyPods(namespace).length === 1)
  const scale = (await client.get(resource, web, { subresource: 'scale' })) as unknown as {
    spec: { replicas: number }
    status: { selector: string }
  }
  expect([scale.spec.replicas, scale.status.selector]).toEqual([1, 'app=web'])
  await replace(resource, web, (read) => ({ ...read, spec: { replicas: 3 } }), 'scale')
  await until('three pods', ['pods'], () => readyPods(namespace).length === 3)
  await client.patch(resource, web, { spec: { replicas: 2 } }, { subresource: 'scale', type: 'merge' })
  await until('two pods', ['pods'], () => readyPods(namespace).length === 2)
  expect((await client.get(resource, web)) as unknown as { spec: object }).toMatchObject({ spec: { replicas: 2 } })
})

test.each<[string, boolean, number]>([
  ['Background', true, 0],
  ['Foreground', false, 0],
  ['Orphan', true, 3],
])('a replication controller deleted with %s', async (propagationPolicy, goesFirst, left) => {
  const namespace = await newNamespace()
  const web = { namespace, name: 'web' }
  // The pods take a moment to leave.
  const slow = { ...template(), metadata: { labels, annotations: { 'simulation.kijabi.dev/stop-seconds': '1' } } }
  await client.create('replicationcontrollers', { metadata: web, spec: { replicas: 3, selector: labels, template: slow } } as never)
  await until('three pods', ['pods'], () => readyPods(namespace).length === 3)
  await client.delete('replicationcontrollers', web, { propagationPolicy } as never)
  await until('the controller gone', ['replicationcontrollers'], () => !informers.of('replicationcontrollers').get(namespace, 'web'))
  // Asked of the server: of two watches one may be ahead.
  const there = (await client.list('pods', { namespace })).items.length
  expect(there).toBe(goesFirst ? 3 : 0)
  if (left === 0) return until('no pod', ['pods'], () => podsOf(namespace).length === 0)
  await until('nobody’s pods', ['pods'], () => podsOf(namespace).every((p) => (p.metadata.ownerReferences ?? []).length === 0))
  expect(podsOf(namespace)).toHaveLength(left)
})

test('a pod with a valid owner stays when its other owner waits for its dependents to be deleted', async () => {
  const namespace = await newNamespace()
  const create = (name: string, replicas: number, of: Record<string, string>) =>
    client.create('replicationcontrollers', {
      metadata: { namespace, name },
      spec: { replicas, selector: of, template: { ...template(), metadata: { labels: of } } },
    } as never)
  await create('goes', 4, { app: 'goes' })
  const stays = await create('stays', 0, { app: 'stays' })
  await until('four pods', ['pods'], () => podsOf(namespace).length === 4)
  const both = podsOf(namespace).slice(0, 2)
  for (const { metadata } of both) {
    const ownerReferences = [
      ...(metadata.ownerReferences ?? []),
      { apiVersion: 'v1', kind: 'ReplicationController', name: 'stays', uid: stays.metadata.uid },
    ]
    await client.patch('pods', { namespace, name: metadata.name }, { metadata: { ownerReferences } })
  }
  await client.delete('replicationcontrollers', { namespace, name: 'goes' }, { propagationPolicy: 'Foreground' } as never)
  await until('the controller gone', ['replicationcontrollers'], () => !informers.of('replicationcontrollers').get(namespace, 'goes'))
  await until('two pods', ['pods'], () => podsOf(namespace).length === 2)
  expect(
    podsOf(namespace)
      .map((p) => [p.metadata.name, p.metadata.deletionTimestamp, p.metadata.ownerReferences?.map((o) => o.name)])
      .sort(),
  ).toEqual(both.map((p) => [p.metadata.name, undefined, ['stays']]).sort())
})

test('a namespace is changed, its status and finalizers too, and goes with its pods and services when nothing holds it', async () => {
  const name = await newNamespace()
  const at = { name }
  expect((await client.get('namespaces', at)).spec.finalizers).toEqual(['kubernetes'])
  await client.patch('namespaces', at, { metadata: { labels: { patched: 'yes' } } })
  await replace('namespaces', at, (read) => ({
    ...read,
    metadata: { ...read.metadata, labels: { ...read.metadata.labels, updated: 'yes' } },
  }))
  expect((await client.get('namespaces', at)).metadata.labels).toMatchObject({ patched: 'yes', updated: 'yes' })
  const condition = { type: 'StatusPatch', status: 'True', reason: 'E2E', message: 'set by a test' }
  await client.patch('namespaces', at, { status: { conditions: [condition] } }, { subresource: 'status', type: 'merge' })
  const patched = await client.get('namespaces', at)
  expect(patched.status.conditions).toMatchObject([condition])
  await client.updateStatus('namespaces', {
    ...patched,
    status: { ...patched.status, conditions: [{ ...condition, type: 'StatusUpdate' }] },
  } as never)
  expect((await client.get('namespaces', at)).status.conditions).toMatchObject([{ type: 'StatusUpdate' }])
  const finalize = async (finalizers: string[]) =>
    client.update('namespaces', { ...(await client.get('namespaces', at)), spec: { finalizers } } as never, { subresource: 'finalize' })
  expect((await finalize(['kubernetes', 'example.com/held'])).spec.finalizers).toEqual(['kubernetes', 'example.com/held'])

  await client.create('pods', { metadata: { namespace: name, name: 'p' }, spec: template().spec } as never)
  await client.create('services', { metadata: { namespace: name, name: 's' }, spec: { selector: labels, ports: [{ port: 80 }] } } as never)
  await until('the pod runs', ['pods'], () => readyPods(name).length === 1)
  await client.delete('namespaces', at)
  await until('empty', ['pods', 'services'], () => podsOf(name).length === 0 && informers.of('services').list(name).length === 0)
  await until('held', ['namespaces'], () => informers.of('namespaces').get(undefined, name)?.spec.finalizers?.join() === 'example.com/held')
  await finalize([])
  await until('gone', ['namespaces'], () => !informers.of('namespaces').get(undefined, name))
})

const quotaUsed = (namespace: string, name = 'q') => informers.of('resourcequotas').get(namespace, name)?.status.used ?? {}
const quota = async (namespace: string, hard: Record<string, string>, more: object = {}, name = 'q') => {
  await client.create('resourcequotas', { metadata: { namespace, name }, spec: { hard, ...more } } as never)
  await until('its status', ['resourcequotas'], () => Object.keys(quotaUsed(namespace, name)).length === Object.keys(hard).length)
}
const podBody = (resources: object = {}, spec: object = {}) => ({ spec: { containers: [{ name: 'c', image: 'a', resources }], ...spec } })

test.each<[string, ResourceName, object, Record<string, number | string>]>([
  ['a config map', 'configmaps', { data: {} }, { configmaps: 1 }],
  ['a secret', 'secrets', { type: 'Opaque' }, { secrets: 1 }],
  ['a service', 'services', { spec: { selector: labels, ports: [{ port: 80 }] } }, { services: 1, 'services.nodeports': 0 }],
  [
    'a service with a node port',
    'services',
    { spec: { type: 'NodePort', ports: [{ port: 80 }] } },
    { services: 1, 'services.nodeports': 1 },
  ],
  [
    'a replication controller',
    'replicationcontrollers',
    { spec: { replicas: 0, selector: labels, template: template() } },
    { replicationcontrollers: 1 },
  ],
  ['a replica set', 'replicasets.apps', { spec: { replicas: 0, selector, template: template() } }, { 'count/replicasets.apps': 1 }],
  [
    'a pod',
    'pods',
    podBody({ requests: { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi' }, limits: { cpu: '500m', memory: '252Mi' } }),
    { pods: 1, cpu: '500m', memory: '252Mi', 'requests.ephemeral-storage': '30Gi' },
  ],
])('a quota captures the life of %s', async (_name, resource, body, usage) => {
  const namespace = await newNamespace()
  // What every namespace has is there before it is counted.
  await until('the authority', ['configmaps'], () => informers.of('configmaps').get(namespace, 'kube-root-ca.crt'))
  const hard = Object.fromEntries(
    Object.entries(usage).map(([key, value]) => [
      key,
      typeof value === 'number' ? '5' : key === 'requests.ephemeral-storage' ? '50Gi' : key === 'cpu' ? '1' : '500Mi',
    ]),
  )
  await quota(namespace, hard)
  const before = quotaUsed(namespace)
  const expected = Object.fromEntries(
    Object.entries(usage).map(([key, value]) => [key, typeof value === 'number' ? String(Number(before[key]) + value) : value]),
  )
  await client.create(resource, { metadata: { namespace, name: 'one' }, ...body } as never)
  await until(`${JSON.stringify(expected)} used`, ['resourcequotas'], () =>
    Object.entries(expected).every(([k, v]) => quotaUsed(namespace)[k] === v),
  )
  if (resource === 'pods') {
    const tooLarge = client.create(resource, {
      metadata: { namespace, name: 'two' },
      ...body,
      ...podBody({ requests: { cpu: '600m', memory: '1Mi' } }),
    } as never)
    await expect(tooLarge).rejects.toThrow('exceeded quota: q')
  }
  await client.delete(resource, { namespace, name: 'one' }, { gracePeriodSeconds: 0 } as never)
  await until('given back', ['resourcequotas'], () => Object.entries(before).every(([k, v]) => quotaUsed(namespace)[k] === v))
})

test('quotas of scopes count the pods that they are for', async () => {
  const namespace = await newNamespace()
  const scopes = { best: 'BestEffort', not: 'NotBestEffort', ends: 'Terminating', runs: 'NotTerminating' }
  for (const [name, scope] of Object.entries(scopes)) await quota(namespace, { pods: '5' }, { scopes: [scope] }, name)
  const counts = () => Object.keys(scopes).map((name) => quotaUsed(namespace, name)['pods'])
  const expectCounts = (wanted: string[]) => until(`${wanted}`, ['resourcequotas'], () => String(counts()) === String(wanted))
  const create = (name: string, body: object) => client.create('pods', { metadata: { namespace, name }, ...body } as never)
  await create('best', podBody())
  await expectCounts(['1', '0', '0', '1'])
  await create('burst', podBody({ requests: { cpu: '1m' } }, { activeDeadlineSeconds: 3600 }))
  await expectCounts(['1', '1', '1', '1'])
  for (const name of ['best', 'burst']) await client.delete('pods', { namespace, name }, { gracePeriodSeconds: 0 } as never)
  await expectCounts(['0', '0', '0', '0'])
})

test('a quota is listed everywhere, changed, its status written and put right, and deleted together', async () => {
  const namespace = await newNamespace()
  const q = { namespace, name: 'q' }
  await quota(namespace, { configmaps: '5' })
  await replace('resourcequotas', q, (read) => ({
    ...read,
    metadata: { ...read.metadata, labels: { set: namespace } },
    spec: { hard: { configmaps: '10' } },
  }))
  await until(
    'the new bound',
    ['resourcequotas'],
    () => informers.of('resourcequotas').get(namespace, 'q')?.status.hard?.['configmaps'] === '10',
  )
  expect((await client.list('resourcequotas', { labelSelector: `set=${namespace}` })).items).toHaveLength(1)
  const written = await client.patch('resourcequotas', q, { status: { hard: { configmaps: '77' } } }, { subresource: 'status' })
  expect(written.status.hard).toEqual({ configmaps: '77' })
  await client.deleteCollection('resourcequotas', { labelSelector: `set=${namespace}`, namespace })
  await until('gone', ['resourcequotas'], () => !informers.of('resourcequotas').get(namespace, 'q'))
})

test('an eviction waits until the budget allows it', async () => {
  const namespace = await newNamespace()
  const web = { namespace, name: 'web' }
  await client.create('replicasets.apps', { metadata: web, spec: { replicas: 3, selector, template: template() } } as never)
  await client.create('poddisruptionbudgets.policy', { metadata: web, spec: { minAvailable: 3, selector } } as never)
  const budget = () => informers.of('poddisruptionbudgets.policy').get(namespace, 'web')?.status
  await until('three healthy', ['poddisruptionbudgets.policy'], () => budget()?.currentHealthy === 3)
  const [pod] = podsOf(namespace)
  const at = { namespace, name: pod?.metadata.name as string }
  const evict = () => client.createSubresource('pods', at, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: at })
  await expect(evict()).rejects.toThrow("Cannot evict pod as it would violate the pod's disruption budget")
  await client.patch('poddisruptionbudgets.policy', web, { spec: { minAvailable: 2 } })
  await until('one allowed', ['poddisruptionbudgets.policy'], () => budget()?.disruptionsAllowed === 1)
  await evict()
  await until('the pod gone', ['pods'], () => !informers.of('pods').get(namespace, at.name))
})

test('a job whose pods fail and start again on their node completes; deleted, it takes its pods along', async () => {
  const namespace = await newNamespace()
  const web = { namespace, name: 'web' }
  const annotations = {
    'simulation.kijabi.dev/run-seconds': '0',
    'simulation.kijabi.dev/failures': '1',
    'simulation.kijabi.dev/backoff-seconds': '0.1',
  }
  const onFailure = { metadata: { annotations }, spec: { ...template().spec, restartPolicy: 'OnFailure' } }
  await client.create('jobs.batch', { metadata: web, spec: { completions: 3, parallelism: 2, template: onFailure } } as never)
  await until('complete', ['jobs.batch'], () => informers.of('jobs.batch').get(namespace, 'web')?.status.succeeded === 3)
  expect(podsOf(namespace).map((p) => p.status.containerStatuses?.[0]?.restartCount)).toEqual([1, 1, 1])
  await client.delete('jobs.batch', web, { propagationPolicy: 'Background' } as never)
  await until('no pod', ['pods', 'jobs.batch'], () => podsOf(namespace).length === 0 && !informers.of('jobs.batch').get(namespace, 'web'))
  await expect(client.get('jobs.batch', web)).rejects.toSatisfy(isNotFound)
})

test('a validating admission policy is told what its expression does not find in the type that it names', async () => {
  const resource = 'validatingadmissionpolicies.admissionregistration.k8s.io'
  const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }
  await client.create(resource, {
    metadata: { name: 'typed' },
    spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'object.spec.replica > 1' }] },
  } as never)
  const status = () => informers.of(resource).get(undefined, 'typed')?.status
  await until('its status', [resource], () => status()?.observedGeneration === 1)
  expect(status()?.typeChecking?.expressionWarnings?.[0]?.warning).toContain(
    "apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'replica'",
  )
})

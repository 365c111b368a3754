/**
 * The loops against the real API server in this process: what needs discovery, finalizers, graceful deletion and
 * validation, and that loops killed at any moment lose nothing and make nothing twice.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isNotFound, newForbidden, StatusError } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { openAccess } from '../apiserver/access.ts'
import type { AdmissionPlugin } from '../apiserver/admission/admission.ts'
import { createApiServer } from '../apiserver/api-server.ts'
import { createInProcessTransport } from '../apiserver/in-process.ts'
import { createMemoryStore } from '../apiserver/memory-store.ts'
import { type Client, createClient } from '../client/client.ts'
import { createInformers, type Informers } from '../client/informer.ts'
import { noLog } from '../log/log.ts'
import { type ControllerManager, createControllerManager } from './manager.ts'

let server: Awaited<ReturnType<typeof createApiServer>>
let client: Client
let manager: ControllerManager
let informers: Informers
const stopping: (() => void)[] = []

const transport = () => createInProcessTransport(server.handle)
async function startManager(): Promise<ControllerManager> {
  const made = createControllerManager({ transport: transport(), options: { rootCa: 'CA' }, log: noLog })
  await made.start()
  await made.synced
  return made
}

/** What the namespace controller counts on: nothing new is made in a namespace that is being deleted. */
const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: (_resource, subresource, operation) => operation === 'CREATE' && subresource === '',
  async validate(_object, _old, { namespace, resource, name }) {
    if (!namespace || !(await client.get('namespaces', { name: namespace })).metadata.deletionTimestamp) return undefined
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`
    const { status } = newForbidden(resource, name, why)
    throw new StatusError({
      ...status,
      message: status.message ?? why,
      reason: 'Forbidden',
      code: 403,
      details: { causes: [{ reason: 'NamespaceTerminating' }] },
    })
  },
}

/** Binds pods, lets them run at once, and ends them when they are deleted. */
function startKubelet(): void {
  const pods = informers.of('pods')
  const quietly = (promise: Promise<unknown>) => void promise.catch(() => {})
  const look = (pod: Pod) => {
    const { namespace, name, uid } = pod.metadata
    if (pod.metadata.deletionTimestamp) {
      quietly(client.delete('pods', { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } }))
    } else if (!pod.spec.nodeName) quietly(client.createSubresource('pods', { namespace, name }, 'binding', binding(pod)))
    else if (pod.status.phase === 'Pending') {
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(Date.now()) }]
      const ip = `10.0.${Math.floor(Math.random() * 250)}.${1 + Math.floor(Math.random() * 250)}`
      const status = { phase: 'Running', conditions, podIP: ip, podIPs: [{ ip }] }
      quietly(client.patch('pods', { namespace, name }, { metadata: { uid }, status }, { subresource: 'status' }))
    }
  }
  pods.addHandler({ added: look, updated: look })
}
const binding = (pod: Pod) => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace },
  target: { apiVersion: 'v1', kind: 'Node', name: 'node' },
})

/** Resolves when `good` holds; looked at again whenever something changes. */
function until(what: string, good: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  return new Promise((resolve, reject) => {
    let looking = false
    let again = false
    const end = () => {
      clearTimeout(timer)
      clearInterval(tick)
      for (const stop of stops) stop()
    }
    const timer = setTimeout(() => {
      end()
      reject(new Error(`not in ${timeoutMs} ms: ${what}`))
    }, timeoutMs)
    const look = async () => {
      if (looking) {
        again = true
        return
      }
      looking = true
      do {
        again = false
        if (await good()) {
          end()
          resolve()
          return
        }
      } while (again)
      looking = false
    }
    const later = () => void look()
    const watched = [
      informers.of('pods'),
      informers.of('replicasets.apps'),
      informers.of('deployments.apps'),
      informers.of('namespaces'),
      informers.of('configmaps'),
    ]
    const stops = watched.map((informer) => informer.addHandler({ added: later, updated: later, deleted: later } as never))
    // For what no informer here tells.
    const tick = setInterval(later, 50)
    later()
  })
}

beforeEach(async () => {
  server = await createApiServer({
    store: createMemoryStore(),
    log: noLog,
    access: () => openAccess([namespaceLifecycle]),
  })
  await server.ready
  client = createClient(transport())
  for (const name of ['default', 'kube-system']) await client.create('namespaces', { metadata: { name } }).catch(() => {})
  await client.create('nodes', { metadata: { name: 'node' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } })
  informers = createInformers(client)
  for (const resource of ['pods', 'replicasets.apps', 'deployments.apps', 'namespaces', 'configmaps'] as const) informers.of(resource)
  informers.start()
  startKubelet()
  manager = await startManager()
})
afterEach(async () => {
  for (const stop of stopping.splice(0)) stop()
  await manager.stop()
  informers.stop()
  await server.close()
})

const template = (app: string, image = 'a') => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'c', image }] } })
const makeDeployment = (name: string, replicas: number, image = 'a') =>
  client.create('deployments.apps', {
    metadata: { namespace: 'default', name },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name, image) },
  })
const livePods = (app?: string) =>
  informers
    .of('pods')
    .list('default')
    .filter((p) => !p.metadata.deletionTimestamp && (!app || p.metadata.labels?.app === app))

test('every namespace gets its account and the published authority, and is gone after deletion with all it held', async () => {
  await client.create('namespaces', { metadata: { name: 'x' } })
  await until('account and authority', async () => {
    const accounts = await client.list('serviceaccounts', { namespace: 'x' })
    const maps = await client.list('configmaps', { namespace: 'x' })
    return accounts.items.length === 1 && maps.items.some((m) => m.metadata.name === 'kube-root-ca.crt')
  })
  await client.create('deployments.apps', {
    metadata: { namespace: 'x', name: 'web' },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template('web') },
  })
  await until('pods', () => informers.of('pods').list('x').length === 3)
  await client.delete('namespaces', { name: 'x' })
  await until('namespace gone', () => client.get('namespaces', { name: 'x' }).then(() => false, isNotFound))
  expect((await client.list('pods', { namespace: 'x' })).items).toEqual([])
})

test('what holds a namespace up is told in its conditions', async () => {
  await client.create('namespaces', { metadata: { name: 'x' } })
  await client.create('configmaps', { metadata: { namespace: 'x', name: 'held', finalizers: ['example.com/hold'] } })
  await client.delete('namespaces', { name: 'x' })
  await until('conditions', async () => {
    const { status } = await client.get('namespaces', { name: 'x' })
    return status.conditions?.some((c) => c.type === 'NamespaceFinalizersRemaining' && c.status === 'True') === true
  })
  const { status } = await client.get('namespaces', { name: 'x' })
  expect(status.phase).toBe('Terminating')
  expect(status.conditions?.find((c) => c.type === 'NamespaceFinalizersRemaining')?.message).toBe(
    'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  )
  await client.patch('configmaps', { namespace: 'x', name: 'held' }, { metadata: { finalizers: null } }, { type: 'merge' })
  await until('namespace gone', () => client.get('namespaces', { name: 'x' }).then(() => false, isNotFound))
})

test.each([
  ['Background', 0],
  ['Foreground', 0],
  ['Orphan', 3],
])('a deployment deleted with %s leaves %i pods', async (propagationPolicy, left) => {
  await makeDeployment('web', 3)
  await until('pods', () => livePods().length === 3 && livePods().every((p) => p.status.phase === 'Running'))
  await client.delete('deployments.apps', { namespace: 'default', name: 'web' }, { propagationPolicy })
  await until('deployment gone', () => client.get('deployments.apps', { namespace: 'default', name: 'web' }).then(() => false, isNotFound))
  if (left === 0)
    await until('all gone', () => informers.of('pods').list('default').length === 0 && informers.of('replicasets.apps').list().length === 0)
  else {
    const [set] = (await client.list('replicasets.apps', { namespace: 'default' })).items
    expect(set?.metadata.ownerReferences ?? []).toEqual([])
    expect(livePods()).toHaveLength(left)
  }
})

test('an object whose owner never was, or lives in another namespace, goes; one with a true owner besides stays', async () => {
  const own = (name: string, uid: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid })
  const owner = await client.create('configmaps', { metadata: { namespace: 'default', name: 'owner' } })
  const far = await client.create('configmaps', { metadata: { namespace: 'kube-system', name: 'far' } })
  const make = (name: string, ownerReferences: ReturnType<typeof own>[]) =>
    client.create('configmaps', { metadata: { namespace: 'default', name, ownerReferences } })
  await make('a', [own('never', 'no-such-uid')])
  await make('b', [own('far', far.metadata.uid)])
  await make('c', [own('never', 'no-such-uid'), own('owner', owner.metadata.uid)])
  const names = () =>
    informers
      .of('configmaps')
      .list('default')
      .map((m) => m.metadata.name)
      .filter((n) => n !== 'kube-root-ca.crt')
      .sort()
  await until('a and b gone', () => names().join() === 'c,owner')
  await until('c keeps its true owner only', () => informers.of('configmaps').get('default', 'c')?.metadata.ownerReferences?.length === 1)
  await client.delete('configmaps', { namespace: 'default', name: 'owner' })
  await until('c follows', () => names().join() === '')
})

test('owners in a circle are deleted all the same', async () => {
  const [a, b] = await Promise.all(['a', 'b'].map((name) => client.create('configmaps', { metadata: { namespace: 'default', name } })))
  const link = (from: typeof a, to: typeof a) =>
    client.patch(
      'configmaps',
      { namespace: 'default', name: from!.metadata.name },
      {
        metadata: {
          ownerReferences: [
            { apiVersion: 'v1', kind: 'ConfigMap', name: to!.metadata.name, uid: to!.metadata.uid, blockOwnerDeletion: true },
          ],
        },
      },
      { type: 'merge' },
    )
  await link(a, b)
  await link(b, a)
  await client.delete('configmaps', { namespace: 'default', name: 'a' }, { propagationPolicy: 'Foreground' })
  await until('both gone', () => ['a', 'b'].every((n) => !informers.of('configmaps').get('default', n)))
})

test('a service has its endpoints and slices, and they go with it', async () => {
  await makeDeployment('web', 2)
  await client.create('services', {
    metadata: { namespace: 'default', name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  })
  await until('endpoints and slices', async () => {
    const slices = await client.list('endpointslices.discovery.k8s.io', {
      namespace: 'default',
      labelSelector: 'kubernetes.io/service-name=web',
    })
    const endpoints = await client.get('endpoints', { namespace: 'default', name: 'web' }).catch(() => undefined)
    return (
      slices.items.flatMap((s) => s.endpoints ?? []).filter((e) => e.conditions?.ready).length === 2 &&
      endpoints?.subsets?.[0]?.addresses?.length === 2
    )
  })
  await client.delete('services', { namespace: 'default', name: 'web' })
  await until(
    'slices gone',
    async () => (await client.list('endpointslices.discovery.k8s.io', { namespace: 'default' })).items.length === 0,
  )
})

test('loops killed and restarted at random during mixed operations end where they should', { timeout: 60_000 }, async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e6)
  let state = seed
  const random = (below: number) => {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return state % below
  }
  const wanted = new Map<string, { replicas: number; image: string }>()
  // No pod may ever be one too many: each set's pods are counted on every creation.
  const pods = informers.of('pods')
  const excess: string[] = []
  stopping.push(
    pods.addHandler({
      added(pod) {
        const owner = pod.metadata.ownerReferences?.[0]
        const set = owner && informers.of('replicasets.apps').get('default', owner.name)
        if (!set) return
        const live = pods.list('default').filter((p) => p.metadata.ownerReferences?.[0]?.uid === owner.uid && !p.metadata.deletionTimestamp)
        // Of sizes lately asked for the largest counts: none here is above 12.
        if (live.length > 16) excess.push(`${set.metadata.name} has ${live.length}`)
      },
    }),
  )
  for (let i = 0; i < 500; i++) {
    const name = `d${random(5)}`
    const at = { namespace: 'default', name }
    const target = wanted.get(name)
    const kind = random(10)
    const replicas = random(12)
    const image = 'abc'[random(3)] as string
    if (!target) {
      await makeDeployment(name, replicas, image).catch((error) => {
        throw new Error(`seed ${seed}: ${error.message}`)
      })
      wanted.set(name, { replicas, image })
    } else if (kind < 4) {
      await client.patch('deployments.apps', at, { spec: { replicas } })
      target.replicas = replicas
    } else if (kind < 7) {
      await client.patch('deployments.apps', at, { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } })
      target.image = image
    } else if (kind < 9) {
      const victim = livePods(name)[random(5)]
      if (victim) await client.delete('pods', { namespace: 'default', name: victim.metadata.name }).catch(() => {})
    }
    if (random(12) === 0) {
      await manager.stop()
      manager = await startManager()
    }
  }
  await until(
    `seed ${seed}: desired state`,
    () =>
      [...wanted].every(([name, { replicas, image }]) => {
        const live = livePods(name)
        return live.length === replicas && live.every((p) => p.spec.containers[0]?.image === image && p.status.phase === 'Running')
      }),
    30_000,
  )
  expect(excess).toEqual([])
})

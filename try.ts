import { createApiServer } from './src/apiserver/api-server.ts'
import { createInProcessTransport } from './src/apiserver/in-process.ts'
import { createMemoryStore } from './src/apiserver/memory-store.ts'
import { createClient } from './src/client/client.ts'
import { createHollowNodes } from './src/kubemark/hollow-nodes.ts'
import { createLogger } from './src/log/log.ts'
import { createSchedulerManager } from './src/scheduler/manager.ts'
import { createControllerManager } from './src/controllers/manager.ts'

const log = createLogger('t', { level: process.env.DEBUG ? 'debug' : 'warn' })
setInterval(() => {}, 1000)
const server = await createApiServer(
  {
    store: createMemoryStore(),
    log,
    authenticator: { authenticate: () => undefined },
    authorizer: { authorize: () => ({ decision: 'allow', reason: '' }) },
  },
  { advertise: { host: '127.0.0.1', port: 6443 } } as never,
)
await server.ready
const transport = createInProcessTransport(server.handle)
const client = createClient(transport)
const t0 = performance.now()
const manager = createControllerManager({ transport: createInProcessTransport(server.handle), log, options: { rootCa: 'CA' } })
const scheduler = createSchedulerManager({ transport: createInProcessTransport(server.handle), log })
const nodes = createHollowNodes({ transport: createInProcessTransport(server.handle), count: Number(process.argv[2] ?? 20), log })
await Promise.all([manager.start(), scheduler.start(), nodes.start()])
console.log('started', Math.round(performance.now() - t0))
const at = { namespace: 'default', name: 'web' }
async function until(what: string, good: (d: any) => boolean, resource: any = 'deployments.apps', key: any = at) {
  const start = performance.now()
  for (;;) {
    const d = await client.get(resource, key)
    if (good(d)) break
    if (performance.now() - start > 30000) {
      console.log('TIMEOUT', what, JSON.stringify(d.status))
      break
    }
    await new Promise((r) => setTimeout(r, 20))
  }
  console.log(what, Math.round(performance.now() - start), 'ms')
}
const n = Number(process.argv[3] ?? 1000)
await client.create('services', { metadata: at, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } } as never)
await client.create('deployments.apps', {
  metadata: at,
  spec: {
    replicas: n,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'a' }] } },
  },
} as never)
await until('ready', (d) => d.status?.readyReplicas === n)
const cpu0 = process.cpuUsage()
await new Promise((r) => setTimeout(r, 5000))
const cpu = process.cpuUsage(cpu0)
console.log('idle cpu %', (((cpu.user + cpu.system) / 5e6) * 100).toFixed(2), 'rss MB', Math.round(process.memoryUsage().rss / 1e6))
await client.patch('deployments.apps', at, { spec: { template: { spec: { containers: [{ name: 'c', image: 'b' }] } } } })
await until('rolled', (d) => d.status?.updatedReplicas === n && d.status?.readyReplicas === n && d.status.replicas === n)
await client.patch('deployments.apps', at, { spec: { replicas: 0 } })
await until('scaled to zero', (d) => !d.status?.replicas)
const start = performance.now()
while ((await client.list('pods', { namespace: 'default' })).items.length > 0 && performance.now() - start < 20000)
  await new Promise((r) => setTimeout(r, 20))
console.log('pods gone', Math.round(performance.now() - start))
await client.patch('deployments.apps', at, { spec: { replicas: 100 } })
await until('ready 100', (d) => d.status?.readyReplicas === 100)
await client.delete('deployments.apps', at)
const s2 = performance.now()
while (
  ((await client.list('pods', { namespace: 'default' })).items.length > 0 ||
    (await client.list('replicasets.apps', { namespace: 'default' })).items.length > 0) &&
  performance.now() - s2 < 20000
)
  await new Promise((r) => setTimeout(r, 20))
console.log('gc', Math.round(performance.now() - s2), (await client.list('pods', { namespace: 'default' })).items.length)
await client.create('namespaces', { metadata: { name: 'x' } } as never)
await client.create('configmaps', { metadata: { namespace: 'x', name: 'c' }, data: { a: '1' } })
await new Promise((r) => setTimeout(r, 500))
console.log(
  (await client.list('configmaps', { namespace: 'x' })).items.map((c) => c.metadata.name),
  (await client.list('serviceaccounts', { namespace: 'x' })).items.map((c) => c.metadata.name),
)
await client.delete('namespaces', { name: 'x' })
const s3 = performance.now()
while (performance.now() - s3 < 10000) {
  try {
    await client.get('namespaces', { name: 'x' })
  } catch {
    break
  }
  await new Promise((r) => setTimeout(r, 10))
}
console.log('namespace gone', Math.round(performance.now() - s3))
console.log(
  JSON.stringify(
    (await client.list('endpointslices.discovery.k8s.io', { namespace: 'default' })).items.map((s) => [
      s.metadata.name,
      s.endpoints?.length,
    ]),
  ),
)
await manager.stop()
await scheduler.stop()
nodes.stop()
process.exit(0)

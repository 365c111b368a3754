/**
 * Many pods on simulated nodes: the examples of docs/simulated-nodes.md, and a deployment of a thousand that is made,
 * rolled and scaled to zero, held to its promises at every instant that the watch shows.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Pod } from '../src/api/types/core-v1.ts'
import { type Client, createClient } from '../src/client/client.ts'
import { createHttpsTransport } from '../src/client/https-transport.ts'
import { createInformers, type Informer, type Informers } from '../src/client/informer.ts'
import { loadConnection } from '../src/client/kubeconfig.ts'
import { kijabi, root, run, succeed } from './support/shell.ts'

const folder = mkdtempSync(join(tmpdir(), 'kijabi-scale-'))
const env = { KIJABI_HOME: join(folder, 'data'), KUBECONFIG: join(folder, 'kubeconfig') }
let transport: ReturnType<typeof createHttpsTransport>
let client: Client
let informers: Informers
let pods: Informer<Pod>

beforeAll(async () => {
  await succeed(kijabi, ['up', '--simulated-nodes', '200', '--port', '27443'], { env })
  transport = createHttpsTransport(loadConnection({ kubeconfig: env.KUBECONFIG }))
  client = createClient(transport)
  informers = createInformers(client)
  pods = informers.of('pods', { namespace: 'default' })
  informers.start()
  await informers.synced()
})
afterAll(async () => {
  informers?.stop()
  transport?.close()
  await run(kijabi, ['down', '--purge'], { env })
  rmSync(folder, { recursive: true, force: true })
})

const isReady = (pod: Pod) => pod.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true
/** Resolves when `good` holds after some change of a pod; says where things stood when it does not in time. */
function until(what: string, good: () => boolean, state: () => unknown, timeoutMs = 60_000): Promise<void> {
  return new Promise((resolve, reject) => {
    let remove = () => {}
    let over = false
    const end = (then: () => void) => {
      over = true
      clearTimeout(timer)
      remove()
      then()
    }
    const timer = setTimeout(() => end(() => reject(new Error(`not in ${timeoutMs} ms: ${what}; ${JSON.stringify(state())}`))), timeoutMs)
    const look = () => {
      if (!over && good()) end(resolve)
    }
    remove = pods.addHandler({ added: look, updated: look, deleted: look })
    if (over) remove()
    else look()
  })
}

test('the examples of the page on simulated nodes do what it says', async () => {
  const page = readFileSync(join(root, 'docs/simulated-nodes.md'), 'utf8')
  const examples = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map((m) => m[1] as string)
  expect(examples).toHaveLength(3)
  await succeed('kubectl', ['create', '-f', '-'], { env, input: examples.join('---\n') })
  await succeed('kubectl', ['wait', '--for=condition=Complete', 'job/short-work', 'job/third-time-lucky', '--timeout=60s'], { env })
  const jobPods = (job: string) => pods.list('default').filter((pod) => pod.metadata.labels?.['job-name'] === job)
  expect(jobPods('short-work').map((pod) => pod.status.phase)).toEqual(Array.from({ length: 20 }, () => 'Succeeded'))
  expect(jobPods('third-time-lucky').map((pod) => pod.status.containerStatuses?.[0]?.restartCount)).toEqual([2])
  const crashing = () => pods.get('default', 'crashing')?.status.containerStatuses?.[0]
  await until('a crash loop', () => crashing()?.state?.waiting?.reason === 'CrashLoopBackOff', crashing)
  expect(crashing()?.lastState?.terminated?.exitCode).toBe(3)
  await succeed('kubectl', ['delete', 'job', 'short-work', 'third-time-lucky'], { env })
  await succeed('kubectl', ['delete', 'pod', 'crashing', '--wait=false'], { env })
})

test('a deployment of a thousand is ready, rolls within its bounds and goes to zero', async () => {
  const replicas = 1000
  const deployment = (image: string) => ({
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image, resources: { requests: { cpu: '100m' } } }] },
      },
    },
  })
  /** Kept by the events: the pods there are, those not told to leave, the ready ones of these, and of these the new ones. */
  const all = new Set<string>()
  const live = new Set<string>()
  const ready = new Set<string>()
  const renewed = new Set<string>()
  let least = 0
  let most = 0
  const note = (pod: Pod, isThere: boolean) => {
    const { name, labels, deletionTimestamp } = pod.metadata
    if (labels?.['app'] !== 'web') return
    const put = (set: Set<string>, belongs: boolean) => (belongs ? set.add(name) : set.delete(name))
    put(all, isThere)
    put(live, isThere && !deletionTimestamp)
    put(ready, live.has(name) && isReady(pod))
    put(renewed, ready.has(name) && pod.spec.containers[0]?.image === 'two')
    least = Math.min(least, ready.size)
    most = Math.max(most, live.size)
  }
  pods.addHandler({ added: (p) => note(p, true), updated: (p) => note(p, true), deleted: (p) => note(p, false) })
  const state = () => ({ all: all.size, ready: ready.size, renewed: renewed.size })
  const took: Record<string, number> = {}
  let began = performance.now()
  const lap = (name: string) => {
    took[name] = Math.round(performance.now() - began)
    began = performance.now()
  }

  await client.create('deployments.apps', deployment('one'))
  await until('all ready', () => ready.size === replicas, state)
  lap('made')

  // maxUnavailable and maxSurge are 25 % by default; what the watch shows is every state that there was.
  least = replicas
  most = replicas
  await client.patch(
    'deployments.apps',
    { namespace: 'default', name: 'web' },
    { spec: { template: { spec: { containers: [{ name: 'c', image: 'two' }] } } } },
  )
  await until('all new', () => all.size === replicas && renewed.size === replicas, state)
  lap('rolled')
  expect(least).toBeGreaterThanOrEqual(750)
  expect(most).toBeLessThanOrEqual(1250)

  await client.patch('deployments.apps', { namespace: 'default', name: 'web' }, { spec: { replicas: 0 } })
  await until('none left', () => all.size === 0, state)
  lap('to zero')
  console.log(`1,000 replicas, milliseconds: ${JSON.stringify(took)}`)
})

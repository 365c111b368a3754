/**
 * A whole control plane under many pods: `scripts/node bench/simulated.ts [nodes] [pods]`, by default 5,000 simulated
 * nodes and 50,000 pods of deployments of a thousand each. Rows appear as the tenths of the pods have got a node; the
 * table is Markdown. It ends when every pod runs and every deployment says so.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pod } from '../src/api/types/core-v1.ts'
import { createClient } from '../src/client/client.ts'
import { createHttpsTransport } from '../src/client/https-transport.ts'
import { createInformers } from '../src/client/informer.ts'
import { loadConnection } from '../src/client/kubeconfig.ts'
import { kijabi, succeed } from '../test/support/shell.ts'
import { cpuSeconds, freePort, pool, removeFolder, temporaryFolder } from './server.ts'

const [nodes = 5000, pods = 50_000] = process.argv.slice(2).map(Number)
const perDeployment = 1000
const folder = temporaryFolder()
const env = { KIJABI_HOME: join(folder, 'data'), KUBECONFIG: join(folder, 'kubeconfig') }
const settings = { env, timeoutMs: 300_000 }

/** The control plane's process, below its supervisor. */
function controlPlane(): number {
  const supervisor = readFileSync(join(env.KIJABI_HOME, 'run/control-plane.pid'), 'utf8').trim()
  return Number(readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8').trim().split(' ')[0])
}
/** Memory of its own (RssAnon): the pages of the store's file are the kernel's to take back. */
function megabytes(pid: number): number {
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) >> 10
}

try {
  const began = performance.now()
  await succeed(kijabi, ['up', '--simulated-nodes', String(nodes), '--port', String(await freePort())], settings)
  const transport = createHttpsTransport(loadConnection({ kubeconfig: env.KUBECONFIG }))
  const client = createClient(transport)
  const informers = createInformers(client)
  const pid = controlPlane()
  await registered()
  console.log(`${nodes} nodes after ${((performance.now() - began) / 1000).toFixed(1)} s, process ${pid}\n`)

  console.log('| pods with a node | seconds | pods/s | CPU seconds per 1,000 pods | running | memory |')
  console.log('| ---: | ---: | ---: | ---: | ---: | ---: |')
  const seen = { bound: new Set<string>(), running: new Set<string>() }
  const step = Math.floor(pods / 10)
  const start = performance.now()
  let last = { bound: 0, at: start, cpu: cpuSeconds(pid) }
  const all = new Promise<void>((resolve) => {
    const note = (pod: Pod) => {
      const { name } = pod.metadata
      if (pod.status.phase === 'Running') seen.running.add(name)
      if (pod.spec.nodeName && !seen.bound.has(name)) {
        seen.bound.add(name)
        if (seen.bound.size % step === 0) row()
      }
      if (seen.running.size === pods) resolve()
    }
    informers.of('pods', { namespace: 'default' }).addHandler({ added: note, updated: note })
  })
  function row() {
    const now = { bound: seen.bound.size, at: performance.now(), cpu: cpuSeconds(pid) }
    const count = now.bound - last.bound
    const rate = (count / (now.at - last.at)) * 1000
    const cells = [
      now.bound.toLocaleString('en'),
      ((now.at - start) / 1000).toFixed(1),
      rate.toFixed(0),
      (((now.cpu - last.cpu) / count) * 1000).toFixed(2),
      seen.running.size.toLocaleString('en'),
      `${megabytes(pid)} MB`,
    ]
    console.log(`| ${cells.join(' | ')} |`)
    last = now
  }
  informers.start()
  await informers.synced()
  await pool(Math.ceil(pods / perDeployment), 8, (i) => client.create('deployments.apps', deployment(`d${i}`)))
  await all
  console.log(`\nall running after ${((performance.now() - start) / 1000).toFixed(1)} s`)
  await told()
  console.log(`all deployments say so after ${((performance.now() - start) / 1000).toFixed(1)} s, ${megabytes(pid)} MB`)
  informers.stop()
  transport.close()

  function registered(): Promise<void> {
    let count = 0
    return new Promise((resolve) => {
      informers.of('nodes').addHandler({ added: () => ++count === nodes && resolve() })
      informers.start()
    })
  }
  function told(): Promise<void> {
    return new Promise((resolve) => {
      const ready = new Set<string>()
      const note = (d: { metadata: { name: string }; status: { readyReplicas?: number } }) => {
        if (d.status.readyReplicas === perDeployment) ready.add(d.metadata.name)
        if (ready.size === Math.ceil(pods / perDeployment)) resolve()
      }
      informers.of('deployments.apps').addHandler({ added: note, updated: note })
    })
  }
} finally {
  await succeed(kijabi, ['down', '--purge'], settings)
  removeFolder(folder)
}

function deployment(name: string) {
  const labels = { app: name }
  const container = { name: 'c', image: 'registry.example/x', resources: { requests: { cpu: '100m', memory: '200Mi' } } }
  return {
    metadata: { namespace: 'default', name },
    spec: {
      replicas: perDeployment,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  }
}

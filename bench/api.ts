/**
 * What requests cost the API server, over TLS and with RBAC: `scripts/node bench/api.ts`. The CPU time is the server
 * process's and holds on a busy machine, too; the rate is bound by this client, which shares the machine.
 */
import { type BenchServer, pod, pool, removeFolder, startBareServer, startServer, temporaryFolder, withServer } from './server.ts'

const width = 16
const folder = temporaryFolder()
const report = (step: string, rate: string, cpu: string) => console.log(`${step.padEnd(34)} ${rate.padStart(14)} ${cpu.padStart(24)}`)

async function measure(server: BenchServer, step: string, count: number, one: (index: number) => Promise<unknown>): Promise<void> {
  await pool(Math.min(count, 500), width, (index) => one(-1 - index))
  const cpu = server.cpu()
  const start = performance.now()
  await pool(count, width, one)
  const seconds = (performance.now() - start) / 1000
  report(step, `${Math.round(count / seconds)}/s`, `${(((server.cpu() - cpu) / count) * 1e6).toFixed(0)} CPU µs each`)
}

async function fanOut(server: BenchServer, step: string, watched: string, written: string): Promise<void> {
  const watchers = 100
  const changes = 300
  let left = watchers * changes
  let finish = () => {}
  const all = new Promise<void>((resolve) => {
    finish = resolve
  })
  const stops = await Promise.all(
    Array.from({ length: watchers }, () =>
      server.watch(watched, (line) => {
        if (line.includes('"name":"w') && --left === 0) finish()
      }),
    ),
  )
  const cpu = server.cpu()
  const start = performance.now()
  for (let i = 0; i < changes; i++) await server.call('POST', written, { metadata: { name: `w${i}` }, data: { key: 'v'.repeat(500) } })
  await all
  const seconds = (performance.now() - start) / 1000
  const events = watchers * changes
  report(step, `${Math.round(events / seconds)}/s`, `${(((server.cpu() - cpu) / events) * 1e6).toFixed(0)} CPU µs each`)
  for (const stop of stops) stop()
}

try {
  await withServer(startServer(folder), async (server) => {
    report('ready', `${Math.round(server.readyMs)} ms`, `${server.residentMB()} MB`)
    const namespace = '/api/v1/namespaces/bench'
    await server.call('POST', '/api/v1/namespaces', { metadata: { name: 'bench' } })
    await server.call('POST', `${namespace}/serviceaccounts`, { metadata: { name: 'default' } })
    const data = { key: 'v'.repeat(500) }
    await server.call('POST', `${namespace}/configmaps`, { metadata: { name: 'one' }, data })
    await measure(server, 'get a ConfigMap', 10_000, () => server.call('GET', `${namespace}/configmaps/one`))
    await measure(server, 'create a ConfigMap', 5000, (i) =>
      server.call('POST', `${namespace}/configmaps`, { metadata: { name: `c${i + 1000}` }, data }),
    )
    await measure(server, 'create a Pod', 3000, (i) => server.call('POST', `${namespace}/pods`, pod('bench', `p${i + 1000}`)))
    await measure(server, "patch a Pod's status", 3000, (i) =>
      server.call(
        'PATCH',
        `${namespace}/pods/p${1000 + (Math.abs(i) % 1000)}/status`,
        { status: { conditions: [{ type: 'Ready', status: i % 2 ? 'True' : 'False' }], podIP: `10.0.${Math.abs(i) % 250}.1` } },
        'application/strategic-merge-patch+json',
      ),
    )
    await measure(server, 'list 1,000 Pods', 100, () => server.call('GET', `${namespace}/pods?limit=1000`))
    const watched = '/api/v1/namespaces/fan-out/configmaps'
    await server.call('POST', '/api/v1/namespaces', { metadata: { name: 'fan-out' } })
    await fanOut(server, 'watch: 100 watchers, 300 changes', `${watched}?watch=1&resourceVersion=0`, watched)
    report('memory at the end', '', `${server.residentMB()} MB`)
  })
  // The same answers and events, of the same sizes, from a server that does nothing else.
  await withServer(startBareServer(folder), async (server) => {
    await measure(server, 'bare: 900 bytes', 10_000, () => server.call('GET', '/900'))
    await measure(server, 'bare: 2 MB', 100, () => server.call('GET', '/2000000'))
    await fanOut(server, 'bare: 100 watchers, 300 changes', '/watch', '/')
  })
} finally {
  removeFolder(folder)
}

/**
 * How the cost of the API server grows with what is stored: `scripts/node bench/scaling.ts [sizes…]`, by default 1,000,
 * 10,000 and 100,000 pods in namespaces of 1,000. CPU times are the server's own; the table is Markdown.
 */
import { join } from 'node:path'
import { openEmbeddedStore } from '../src/store/embedded.ts'
import { type BenchServer, pod, pool, removeFolder, startServer, temporaryFolder, withServer } from './server.ts'

const perNamespace = 1000
const sizes = process.argv.slice(2).map(Number)
if (sizes.length === 0) sizes.push(1000, 10_000, 100_000)

const namespaceOf = (index: number) => `ns-${Math.floor(index / perNamespace)}`

/** Straight into the store, as the server writes them: what is measured begins afterwards. */
async function fill(dataDir: string, size: number): Promise<void> {
  const store = await openEmbeddedStore({ dataDir })
  const put = (key: string, object: { metadata: object }) => {
    const { kind, apiVersion, metadata, ...rest } = { kind: '', apiVersion: '', ...object }
    const times = { uid: crypto.randomUUID(), creationTimestamp: '2026-01-01T00:00:00Z' }
    return store.create(`/registry/${key}`, Buffer.from(JSON.stringify({ kind, apiVersion, metadata: { ...metadata, ...times }, ...rest })))
  }
  for (let i = 0; i < size; i += perNamespace) {
    const namespace = namespaceOf(i)
    await put(`namespaces/${namespace}`, {
      kind: 'Namespace',
      apiVersion: 'v1',
      metadata: { name: namespace },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    } as never)
    await put(`serviceaccounts/${namespace}/default`, {
      kind: 'ServiceAccount',
      apiVersion: 'v1',
      metadata: { name: 'default', namespace },
    } as never)
    await pool(Math.min(perNamespace, size - i), 256, (at) =>
      put(`pods/${namespace}/p${i + at}`, { ...pod(namespace, `p${i + at}`), status: { phase: 'Running' } } as never),
    )
  }
  await store.close()
}

async function measure(server: BenchServer, count: number, one: (index: number) => Promise<unknown>): Promise<string> {
  await pool(Math.ceil(count / 4), 8, (index) => one(-1 - index))
  const cpu = server.cpu()
  await pool(count, 8, one)
  const micros = ((server.cpu() - cpu) / count) * 1e6
  return micros < 1000 ? `${micros.toFixed(0)} µs` : `${(micros / 1000).toFixed(1)} ms`
}

/** A change as one of 100 watchers that each select one pod sees it, 99 of them nothing. */
async function watched(server: BenchServer, count: number): Promise<string> {
  let seen = 0
  let wake = () => {}
  const path = '/api/v1/namespaces/ns-0'
  const stops = await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      server.watch(`${path}/pods?watch=1&resourceVersion=0&fieldSelector=metadata.name%3Dp${i}`, (line) => {
        if (!line.includes('"MODIFIED"')) return
        seen++
        wake()
      }),
    ),
  )
  const cpu = server.cpu()
  for (let i = 0; i < count; i++) {
    const next = new Promise<void>((resolve) => {
      wake = resolve
    })
    await server.call('PATCH', `${path}/pods/p${i % 100}/status`, { status: { message: String(i) } }, 'application/merge-patch+json')
    if (seen <= i) await next
  }
  const micros = ((server.cpu() - cpu) / count) * 1e6
  for (const stop of stops) stop()
  return `${micros.toFixed(0)} µs`
}

console.log('| pods | ready | get | list of 1,000 | list of all, per 1,000 | create | status patch seen by its watcher | memory |')
console.log('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
for (const size of sizes) {
  const folder = temporaryFolder()
  try {
    await fill(join(folder, 'data'), size)
    await withServer(startServer(folder), async (server) => {
      const row = [size.toLocaleString('en'), `${Math.round(server.readyMs)} ms`]
      row.push(await measure(server, 2000, (i) => server.call('GET', `/api/v1/namespaces/ns-0/pods/p${Math.abs(i * 7) % perNamespace}`)))
      row.push(await measure(server, 40, () => server.call('GET', '/api/v1/namespaces/ns-0/pods?limit=1000')))
      const lists = Math.max(2, 20_000 / size)
      const cpu = server.cpu()
      for (let i = 0; i < lists; i++) await server.call('GET', '/api/v1/pods')
      row.push(`${(((server.cpu() - cpu) / lists / size) * 1e6).toFixed(1)} ms`)
      row.push(await measure(server, 1000, (i) => server.call('POST', '/api/v1/namespaces/ns-0/pods', pod('ns-0', `new-${i + 10_000}`))))
      row.push(await watched(server, 300), `${server.residentMB()} MB`)
      console.log(`| ${row.join(' | ')} |`)
    })
  } finally {
    removeFolder(folder)
  }
}

/** The embedded store's figures: `scripts/node bench/store.ts [keys]`. Every write is synced before it is counted. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedStore } from '../src/store/embedded.ts'

const keys = Number(process.argv[2] ?? 100_000)
const dataDir = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'kijabi-bench-'))
const value = Buffer.alloc(1024, 7)
const ms = (since: number) => performance.now() - since
const report = (what: string, figure: string) => console.log(`${what.padEnd(46)} ${figure}`)

let store = await openEmbeddedStore({ dataDir })
let next = 0
for (const writers of [1, 16, 64]) {
  const from = next
  const latencies: number[] = []
  const start = performance.now()
  const cpu = process.cpuUsage()
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (ms(start) < 3000) {
        const before = performance.now()
        await store.create(`/registry/pods/default/web-${next++}`, value)
        latencies.push(ms(before))
      }
    }),
  )
  latencies.sort((a, b) => a - b)
  const used = process.cpuUsage(cpu)
  const at = (q: number) => latencies[Math.floor(latencies.length * q)]!.toFixed(2)
  report(
    `create, 1 KiB, ${writers} writers`,
    `${Math.round(((next - from) / ms(start)) * 1000)}/s  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  ${((used.user + used.system) / 1000 / (next - from)).toFixed(3)} CPU ms each`,
  )
}
while (next < keys)
  await Promise.all(Array.from({ length: Math.min(1000, keys - next) }, () => store.create(`/registry/pods/default/web-${next++}`, value)))

{
  const start = performance.now()
  const count = 100_000
  for (let i = 0; i < count; i++) await store.get(`/registry/pods/default/web-${(i * 7919) % next}`)
  report('get', `${Math.round((count / ms(start)) * 1000)}/s`)
}
{
  const start = performance.now()
  let writes = 0
  await Promise.all(
    Array.from({ length: 64 }, async (_, w) => {
      let revision = (await store.get(`/registry/pods/default/web-${w}`))!.modRevision
      while (ms(start) < 3000) {
        const result = await store.update(`/registry/pods/default/web-${w}`, value, revision)
        if (!result.ok) throw new Error('lost an update')
        revision = result.revision
        writes++
      }
    }),
  )
  report('update, 1 KiB, 64 writers', `${Math.round((writes / ms(start)) * 1000)}/s`)
}
for (const limit of [1000, 100_000]) {
  const start = performance.now()
  const rounds = limit === 1000 ? 50 : 3
  for (let i = 0; i < rounds; i++) await store.list('/registry/pods/', { limit })
  report(`list of ${Math.min(limit, next)} of ${next} keys`, `${(ms(start) / rounds).toFixed(1)} ms`)
}
{
  const start = performance.now()
  const revision = store.revision
  await store.compact(revision - 10)
  report('compaction', `${ms(start).toFixed(0)} ms`)
}
report(
  'memory after it all',
  `${Math.round(process.memoryUsage.rss() / 1e6)} MB resident, ${Math.round(process.memoryUsage().heapUsed / 1e6)} MB heap`,
)
await store.close()
const start = performance.now()
store = await openEmbeddedStore({ dataDir })
await store.get('/registry/pods/default/web-0')
report(`open with ${next} keys, and one read`, `${ms(start).toFixed(1)} ms`)
await store.close()
rmSync(dataDir, { recursive: true })

/** The rounds of crash.ts, for its script and for the test. Throws at the first broken promise. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openEmbeddedStore } from '../src/store/embedded.ts'
import type { StoreEvent } from '../src/store/store.ts'

const writer = fileURLToPath(new URL('./crash-writer.ts', import.meta.url))

export async function crashRounds({
  rounds,
  dataDir,
}: {
  rounds: number
  dataDir: string
}): Promise<{ acknowledged: number; revision: number }> {
  const present = new Set<string>()
  const counters = new Map<string, number>()
  let highest = 1
  let resumeAt = 2
  let acknowledged = 0
  /** What a watcher that always resumed has seen: the keys alive. */
  const watched = new Set<string>()

  for (let round = 0; round < rounds; round++) {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', writer, dataDir, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      if (output === '') setTimeout(() => child.kill('SIGKILL'), Math.random() * 150)
      output += chunk
    })
    const [, signal] = (await once(child, 'close')) as [number | null, string | null]
    if (signal !== 'SIGKILL') throw new Error(`round ${round}: the writer ended by itself (${signal})`)
    const lines = output.split('\n').slice(0, -1)

    const maybeGone = new Set<string>()
    for (const line of lines) {
      const [what, a, b, c] = line.split(' ') as [string, string, string, string]
      if (what === 'open' && Number(a) < highest)
        throw new Error(`round ${round}: opened at revision ${a}, below the acknowledged ${highest}`)
      if (what === 'ack') {
        present.add(a)
        highest = Math.max(highest, Number(b))
        acknowledged++
        if (Number(a.split('-').at(-1)) % 10 === 9) maybeGone.add(a)
      }
      if (what === 'count') {
        counters.set(a, Number(b))
        highest = Math.max(highest, Number(c))
        acknowledged++
      }
      if (what === 'gone') {
        present.delete(a)
        maybeGone.delete(a)
      }
    }

    const store = await openEmbeddedStore({ dataDir })
    try {
      if (store.revision < highest) throw new Error(`round ${round}: revision ${store.revision} is below the acknowledged ${highest}`)
      const { kvs } = await store.list('/k/')
      const found = new Set(kvs.map((kv) => kv.key))
      for (const key of present) {
        if (found.has(key)) continue
        // A delete that was on its way when the kill came may have happened.
        if (!maybeGone.has(key)) throw new Error(`round ${round}: ${key} was acknowledged and is gone`)
        present.delete(key)
      }
      // A write that was not acknowledged may be there, once.
      for (const kv of kvs) {
        if (kv.version !== 1) throw new Error(`round ${round}: ${kv.key} was written ${kv.version} times`)
        present.add(kv.key)
      }
      for (const [id, count] of counters) {
        const kv = await store.get(`/counter/${id}`)
        const value = Number(kv?.value.toString())
        if (value !== count && value !== count + 1) throw new Error(`round ${round}: counter ${id} is ${value}, ${count} was acknowledged`)
        if (kv!.version !== value) throw new Error(`round ${round}: counter ${id} is ${value} after ${kv!.version} writes`)
        counters.set(id, value)
      }

      await follow(store, Math.max(resumeAt, 2))
      for (const key of watched) if (!found.has(key)) throw new Error(`round ${round}: the watcher missed the end of ${key}`)
      for (const key of found) if (!watched.has(key)) throw new Error(`round ${round}: the watcher missed ${key}`)
      highest = store.revision
      resumeAt = store.revision + 1
    } finally {
      await store.close()
    }
  }
  return { acknowledged, revision: highest }

  /** Resumes the watch where it was; a compaction past it means a new list, as an informer would do. */
  async function follow(store: Awaited<ReturnType<typeof openEmbeddedStore>>, from: number): Promise<void> {
    if (from > store.revision) return
    if (from < store.compactedRevision) {
      watched.clear()
      for (const kv of (await store.list('/k/')).kvs) watched.add(kv.key)
      return
    }
    let last = from - 1
    await new Promise<void>((resolve, reject) => {
      store.watch(
        '/',
        { startRevision: from },
        {
          events(events: readonly StoreEvent[], revision: number) {
            if (revision <= last) reject(new Error(`the watcher was told revision ${revision} after ${last}`))
            last = revision
            for (const { type, kv } of events) {
              if (!kv.key.startsWith('/k/')) continue
              if (type === 'put') watched.add(kv.key)
              else watched.delete(kv.key)
            }
          },
          progress: () => resolve(),
          end: reject,
        },
      )
    })
  }
}

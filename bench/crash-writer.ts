/** The child of crash.ts: 16 writers that print each acknowledged write, until they are killed. */
import { writeSync } from 'node:fs'
import { openEmbeddedStore } from '../src/store/embedded.ts'

const [dataDir, round] = process.argv.slice(2) as [string, string]
const store = await openEmbeddedStore({ dataDir })
const say = (line: string) => writeSync(1, `${line}\n`)
say(`open ${store.revision}`)
await Promise.all(
  Array.from({ length: 16 }, async (_, writer) => {
    const counter = `/counter/${writer}`
    for (let i = 0; ; i++) {
      // What is acknowledged is printed after the store said so; what is tried is named so that a repeat shows.
      const key = `/k/${round}-${writer}-${i}`
      const created = await store.create(key, Buffer.from(`${i}`))
      if (!created.ok) throw new Error(`${key} was there already`)
      say(`ack ${key} ${created.revision}`)
      const now = await store.get(counter)
      const next = Buffer.from(String(Number(now?.value.toString() ?? '0') + 1))
      const counted = now ? await store.update(counter, next, now.modRevision) : await store.create(counter, next)
      if (!counted.ok) throw new Error(`another wrote ${counter}`)
      say(`count ${writer} ${next} ${counted.revision}`)
      if (i % 10 === 9) {
        await store.delete(key)
        say(`gone ${key}`)
      }
      if (writer === 0 && i % 50 === 49) await store.compact(store.revision - 200).catch(() => {})
    }
  }),
)

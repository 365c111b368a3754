/** What every Store must do, as one suite that each driver's test runs. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { CompactedError, FutureRevisionError, type KeyValue, type Store, type StoreEvent, type Watch, type WatchOptions } from './store.ts'

const bytes = (text: string) => Buffer.from(text)
const text = (kv: KeyValue | undefined) => kv && Buffer.from(kv.value).toString()

/** A watch whose events can be awaited. */
function record(store: Store, prefix: string, options: WatchOptions = {}) {
  const events: StoreEvent[] = []
  const revisions: number[] = []
  let ended: Error | undefined
  let wake = () => {}
  const watch: Watch = store.watch(prefix, options, {
    events(some, revision) {
      events.push(...some)
      revisions.push(revision)
      wake()
    },
    end(error) {
      ended = error
      wake()
    },
  })
  const until = async (done: () => boolean) => {
    while (!done())
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
  return {
    events,
    revisions,
    close: () => watch.close(),
    async has(count: number) {
      await until(() => events.length >= count || ended !== undefined)
      if (ended) throw ended
      return events.map((e) => `${e.type} ${e.kv.key.split('/').at(-1)}@${e.kv.modRevision}`)
    },
    async end() {
      await until(() => ended !== undefined)
      return ended as Error
    },
  }
}

/** `open` gives a fresh view on a store that other tests may have written to; each test keeps to a prefix of its own. */
export function storeConformance(name: string, open: () => Promise<Store>): void {
  describe(`${name}: the contract of a Store`, () => {
    let store: Store
    let counter = 0
    let prefix = ''
    const watches: { close(): void }[] = []
    const watching = (options: WatchOptions = {}, under = prefix) => {
      const w = record(store, under, options)
      watches.push(w)
      return w
    }
    const created = async (key: string, value = 'v', lease?: number) => {
      const result = await store.create(prefix + key, bytes(value), lease === undefined ? {} : { lease })
      expect(result.ok).toBe(true)
      return result.revision
    }

    beforeAll(async () => {
      store = await open()
    })
    afterAll(() => store.close())
    afterEach(() => {
      for (const watch of watches.splice(0)) watch.close()
    })
    const each = (title: string, body: () => Promise<void>) =>
      test(title, async () => {
        prefix = `/registry/t${process.pid}-${++counter}-${Math.random().toString(36).slice(2, 8)}/`
        await body()
      })

    each('create writes once; a second create is told what is there', async () => {
      const first = await created('a', 'one')
      expect(await store.get(`${prefix}a`)).toMatchObject({
        key: `${prefix}a`,
        createRevision: first,
        modRevision: first,
        version: 1,
        lease: 0,
      })
      const second = await store.create(`${prefix}a`, bytes('two'))
      expect(second.ok).toBe(false)
      expect(text((second as { current: KeyValue }).current)).toBe('one')
      expect(text(await store.get(`${prefix}a`))).toBe('one')
    })

    each('update needs the revision it was read at', async () => {
      const first = await created('a', 'one')
      const updated = await store.update(`${prefix}a`, bytes('two'), first)
      expect(updated).toMatchObject({ ok: true })
      expect(updated.revision).toBeGreaterThan(first)
      expect(await store.get(`${prefix}a`)).toMatchObject({ createRevision: first, modRevision: updated.revision, version: 2 })
      const stale = await store.update(`${prefix}a`, bytes('three'), first)
      expect(stale).toMatchObject({ ok: false, current: { modRevision: updated.revision } })
      expect(await store.update(`${prefix}none`, bytes('x'), first)).toMatchObject({ ok: false })
      expect('current' in (await store.update(`${prefix}none`, bytes('x'), first))).toBe(false)
    })

    each('delete, with and without a revision', async () => {
      const first = await created('a', 'one')
      expect(await store.delete(`${prefix}a`, first + 1000)).toMatchObject({ ok: false, current: { modRevision: first } })
      const deleted = await store.delete(`${prefix}a`, first)
      expect(deleted.ok).toBe(true)
      expect(await store.get(`${prefix}a`)).toBeUndefined()
      expect(await store.delete(`${prefix}a`)).toMatchObject({ ok: false })
      const again = await created('a', 'two')
      expect(await store.get(`${prefix}a`)).toMatchObject({ createRevision: again, version: 1 })
      expect(await store.delete(`${prefix}a`)).toMatchObject({ ok: true })
    })

    each('of many writers at one revision exactly one wins', async () => {
      const first = await created('a')
      const results = await Promise.all(Array.from({ length: 20 }, (_, i) => store.update(`${prefix}a`, bytes(String(i)), first)))
      expect(results.filter((r) => r.ok)).toHaveLength(1)
      const creates = await Promise.all(Array.from({ length: 20 }, (_, i) => store.create(`${prefix}b`, bytes(String(i)))))
      expect(creates.filter((r) => r.ok)).toHaveLength(1)
    })

    each('revisions of concurrent writes are distinct and a later one is larger', async () => {
      const results = await Promise.all(Array.from({ length: 50 }, (_, i) => store.create(`${prefix}${i}`, bytes('v'))))
      expect(new Set(results.map((r) => r.revision)).size).toBe(50)
      const next = await created('next')
      for (const { revision } of results) expect(next).toBeGreaterThan(revision)
    })

    each('get in the past', async () => {
      const one = await created('a', 'one')
      const two = (await store.update(`${prefix}a`, bytes('two'), one)).revision
      const gone = (await store.delete(`${prefix}a`, two)).revision
      const three = await created('a', 'three')
      const seen = await Promise.all([one - 1, one, two, gone, three].map((r) => store.get(`${prefix}a`, r)))
      expect(seen.map(text)).toEqual([undefined, 'one', 'two', undefined, 'three'])
      expect(seen[2]).toMatchObject({ createRevision: one, modRevision: two, version: 2 })
    })

    each('a revision that is yet to come is refused', async () => {
      const now = await created('a')
      await expect(store.get(`${prefix}a`, now + 1_000_000)).rejects.toBeInstanceOf(FutureRevisionError)
      await expect(store.list(prefix, { revision: now + 1_000_000 })).rejects.toBeInstanceOf(FutureRevisionError)
    })

    each('list: byte order, pages, counts, keys only', async () => {
      for (const key of ['b', 'a', 'c/x', 'ü', 'B', '한']) await created(key, `value of ${key}`)
      await store.create(`${prefix.slice(0, -1)}0`, bytes('outside'))
      const all = await store.list(prefix)
      expect(all.kvs.map((kv) => kv.key.slice(prefix.length))).toEqual(['B', 'a', 'b', 'c/x', 'ü', '한'])
      expect(all).toMatchObject({ count: 6, more: false })
      expect(text(all.kvs[5])).toBe('value of 한')
      const page = await store.list(prefix, { limit: 2 })
      expect(page.kvs.map((kv) => kv.key.slice(prefix.length))).toEqual(['B', 'a'])
      expect(page).toMatchObject({ count: 6, more: true })
      const rest = await store.list(prefix, { limit: 4, after: `${prefix}a`, revision: page.revision })
      expect(rest.kvs.map((kv) => kv.key.slice(prefix.length))).toEqual(['b', 'c/x', 'ü', '한'])
      expect(rest).toMatchObject({ count: 4, more: false, revision: expect.any(Number) })
      expect(await store.list(prefix, { countOnly: true })).toMatchObject({ kvs: [], count: 6 })
      const keys = await store.list(prefix, { keysOnly: true })
      expect(keys.kvs).toHaveLength(6)
      expect(keys.kvs.every((kv) => kv.value.length === 0 && kv.modRevision > 0)).toBe(true)
      expect(await store.list(`${prefix}none/`)).toMatchObject({ kvs: [], count: 0, more: false })
    })

    each('list in the past sees what was there then, page by page', async () => {
      const a = await created('a', 'one')
      await created('b', 'one')
      const then = await created('c', 'one')
      await store.update(`${prefix}a`, bytes('two'), a)
      await store.delete(`${prefix}b`)
      await created('d', 'new')
      const old = await store.list(prefix, { revision: then })
      expect(old.kvs.map((kv) => `${kv.key.slice(prefix.length)}=${text(kv)}`)).toEqual(['a=one', 'b=one', 'c=one'])
      const page = await store.list(prefix, { revision: then, limit: 1, after: `${prefix}a` })
      expect(page.kvs.map((kv) => kv.key.slice(prefix.length))).toEqual(['b'])
      expect(page).toMatchObject({ count: 2, more: true })
      const now = await store.list(prefix)
      expect(now.kvs.map((kv) => `${kv.key.slice(prefix.length)}=${text(kv)}`)).toEqual(['a=two', 'c=one', 'd=new'])
    })

    each('a value of a megabyte and an empty one come back', async () => {
      const large = Buffer.alloc(1_000_000, 'x')
      large[500_000] = 0
      await store.create(`${prefix}large`, large)
      expect(Buffer.from((await store.get(`${prefix}large`))!.value).equals(large)).toBe(true)
      await store.create(`${prefix}empty`, new Uint8Array(0))
      expect((await store.get(`${prefix}empty`))!.value).toHaveLength(0)
    })

    each('a watch from now tells puts and deletes, only under its prefix', async () => {
      const seen = watching()
      // A driver may need a moment to have the watch in place: the first event proves it.
      const a = await created('a', 'one')
      await store.create(`${prefix.slice(0, -1)}0`, bytes('outside'))
      const two = (await store.update(`${prefix}a`, bytes('two'), a)).revision
      const gone = (await store.delete(`${prefix}a`)).revision
      expect(await seen.has(3)).toEqual([`put a@${a}`, `put a@${two}`, `delete a@${gone}`])
      expect(seen.events.map((e) => text(e.kv))).toEqual(['one', 'two', ''])
      expect(seen.events[0]!.kv).toMatchObject({ createRevision: a, version: 1 })
      expect(seen.revisions).toEqual([a, two, gone])
    })

    each('a watch from the past tells everything since, then goes on', async () => {
      const a = await created('a')
      const b = await created('b')
      const gone = (await store.delete(`${prefix}a`)).revision
      const seen = watching({ startRevision: b })
      expect(await seen.has(2)).toEqual([`put b@${b}`, `delete a@${gone}`])
      const c = await created('c')
      expect((await seen.has(3)).at(-1)).toBe(`put c@${c}`)
      const all = watching({ startRevision: a })
      expect(await all.has(4)).toEqual([`put a@${a}`, `put b@${b}`, `delete a@${gone}`, `put c@${c}`])
    })

    each('previous values come with the events when asked for, past and live', async () => {
      const a = await created('a', 'one')
      const two = (await store.update(`${prefix}a`, bytes('two'), a)).revision
      const seen = watching({ startRevision: a, previous: true })
      await seen.has(2)
      await store.delete(`${prefix}a`, two)
      await seen.has(3)
      expect(seen.events.map((e) => text(e.previous))).toEqual([undefined, 'one', 'two'])
    })

    each('a watch that begins while writers write has no gap and no repeat', async () => {
      const first = await created('0')
      const writers = Array.from({ length: 8 }, async (_, w) => {
        for (let i = 0; i < 40; i++) await created(`${w}-${i}`)
      })
      const seen = [watching({ startRevision: first })]
      for (let i = 0; i < 10; i++) {
        await new Promise(setImmediate)
        seen.push(watching({ startRevision: first }))
      }
      await Promise.all(writers)
      for (const watch of seen) {
        const events = await watch.has(321)
        expect(new Set(events).size).toBe(321)
        const revisions = watch.events.map((e) => e.kv.modRevision)
        expect(revisions).toEqual(revisions.toSorted((x, y) => x - y))
      }
    })

    each('a watch from a revision to come is silent until then', async () => {
      const now = await created('a')
      const seen = watching({ startRevision: now + 2 })
      await created('b')
      const c = await created('c')
      expect(await seen.has(1)).toEqual([`put c@${c}`])
    })

    each('nothing is delivered after close', async () => {
      const seen = watching()
      await created('a')
      await seen.has(1)
      seen.close()
      await created('b')
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(seen.events).toHaveLength(1)
    })

    each('compaction: the past is refused, the present and what follows stay', async () => {
      const one = await created('a', 'one')
      const two = (await store.update(`${prefix}a`, bytes('two'), one)).revision
      await created('gone')
      await store.delete(`${prefix}gone`)
      const last = (await store.update(`${prefix}a`, bytes('three'), two)).revision
      const b = await created('b')
      await store.compact(last)
      expect(store.compactedRevision).toBe(last)
      await expect(store.get(`${prefix}a`, two)).rejects.toBeInstanceOf(CompactedError)
      await expect(store.list(prefix, { revision: two })).rejects.toBeInstanceOf(CompactedError)
      const end = await watching({ startRevision: two }).end()
      expect(end).toBeInstanceOf(CompactedError)
      expect((end as CompactedError).compactedRevision).toBe(last)
      expect(text(await store.get(`${prefix}a`, last))).toBe('three')
      expect((await store.list(prefix, { revision: last })).kvs.map((kv) => kv.key.slice(prefix.length))).toEqual(['a'])
      expect(await watching({ startRevision: last }).has(2)).toEqual([`put a@${last}`, `put b@${b}`])
      await expect(store.compact(two)).rejects.toBeInstanceOf(CompactedError)
      await expect(store.compact(b + 1_000_000)).rejects.toBeInstanceOf(FutureRevisionError)
      // What was deleted before the compaction can be made anew.
      const again = await created('gone', 'again')
      expect(await store.get(`${prefix}gone`)).toMatchObject({ createRevision: again, version: 1 })
      expect(await store.get(`${prefix}gone`, b)).toBeUndefined()
    })

    each('a lease that is revoked takes its keys along', async () => {
      const lease = await store.grantLease(60)
      const a = await created('a', 'v', lease)
      await created('b')
      expect(await store.get(`${prefix}a`)).toMatchObject({ lease })
      expect(await store.renewLease(lease)).toBe(true)
      const seen = watching({ startRevision: a + 1 })
      await store.revokeLease(lease)
      expect((await seen.has(2)).at(-1)).toMatch(/^delete a@/)
      expect(await store.get(`${prefix}a`)).toBeUndefined()
      expect(await store.get(`${prefix}b`)).toBeDefined()
      expect(await store.renewLease(lease)).toBe(false)
    })

    each('a lease that is not renewed ends by itself; a key that left it stays', async () => {
      const lease = await store.grantLease(2)
      const a = await created('a', 'v', lease)
      const b = await created('b', 'v', lease)
      await store.update(`${prefix}b`, bytes('free'), b)
      const seen = watching({ startRevision: a })
      const events = await seen.has(4)
      expect(events.at(-1)).toMatch(/^delete a@/)
      expect(await store.get(`${prefix}b`)).toMatchObject({ lease: 0 })
    })

    each('a write under a lease that is not there is refused', async () => {
      await expect(store.create(`${prefix}a`, bytes('v'), { lease: 123_456_789 })).rejects.toThrow(/lease not found/)
      expect(await store.get(`${prefix}a`)).toBeUndefined()
    })

    each('size tells bytes', async () => {
      await created('a')
      const { total, inUse } = await store.size()
      expect(total).toBeGreaterThanOrEqual(inUse)
      expect(inUse).toBeGreaterThan(0)
    })
  })
}

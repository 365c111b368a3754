import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { storeConformance } from './conformance.ts'
import { type EmbeddedStore, openEmbeddedStore } from './embedded.ts'
import { CompactedError, NoSpaceError, type StoreEvent } from './store.ts'

const root = mkdtempSync(join(tmpdir(), 'kijabi-store-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const folder = () => mkdtempSync(join(root, 'data-'))
const bytes = (text: string) => Buffer.from(text)

storeConformance('embedded', () => openEmbeddedStore({ dataDir: folder() }))

async function withStore(body: (store: EmbeddedStore, dataDir: string) => Promise<void>, dataDir = folder()): Promise<void> {
  const store = await openEmbeddedStore({ dataDir })
  try {
    await body(store, dataDir)
  } finally {
    await store.close()
  }
}

test('events are delivered before the write resolves', () =>
  withStore(async (store) => {
    const seen: string[] = []
    store.watch('/a', {}, { events: (events) => seen.push(...events.map((e: StoreEvent) => e.kv.key)), end() {} })
    for (let i = 0; i < 10; i++) {
      await store.create(`/a${i}`, bytes('v'))
      expect(seen.at(-1)).toBe(`/a${i}`)
    }
  }))

test('everything is there after it is opened again: revisions, past, compaction, leases', async () => {
  const dataDir = folder()
  let revision = 0
  let lease = 0
  await withStore(async (store) => {
    lease = await store.grantLease(100)
    await store.create('/a', bytes('one'), { lease })
    const a = await store.create('/b', bytes('one'))
    await store.compact(a.revision)
    await store.update('/b', bytes('two'), a.revision)
    revision = (await store.delete('/a')).revision
    await store.create('/c', bytes('x'), { lease })
    revision = store.revision
  }, dataDir)
  await withStore(async (store) => {
    expect(store.revision).toBe(revision)
    expect(store.compactedRevision).toBe(3)
    await expect(store.get('/b', 2)).rejects.toBeInstanceOf(CompactedError)
    expect((await store.list('/', { revision: 3 })).kvs.map((kv) => kv.key)).toEqual(['/a', '/b'])
    expect(store.keyspace.leases.all()).toMatchObject([{ id: lease, ttlSeconds: 100 }])
    expect(store.keyspace.leases.keys(lease)).toEqual(['/c'])
    expect((await store.create('/d', bytes('x'))).revision).toBe(revision + 1)
  }, dataDir)
})

describe('the data folder', () => {
  test('is its owner’s alone', () =>
    withStore(async (_, dataDir) => {
      expect(statSync(dataDir).mode & 0o777).toBe(0o700)
      for (const file of ['data.mdb', 'lock.mdb', 'pid', 'version']) expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600)
    }))
  test('is held by one process, which the error names', () =>
    withStore(async (store, dataDir) => {
      await expect(openEmbeddedStore({ dataDir })).rejects.toThrow(
        `the data folder ${dataDir} is held by another process (pid ${process.pid})`,
      )
      await store.create('/still', bytes('works'))
    }))
  test('of another format is refused', async () => {
    const dataDir = folder()
    writeFileSync(join(dataDir, 'version'), 'kijabi-store 99\n')
    await expect(openEmbeddedStore({ dataDir })).rejects.toThrow(
      'has the format "kijabi-store 99"; this version reads "kijabi-store 1" only',
    )
  })
})

test('a backup made while writers write opens as a store of one moment', async () => {
  const copy = folder()
  await withStore(async (store) => {
    for (let i = 0; i < 100; i++) await store.create(`/k${i}`, bytes('v'))
    let stop = false
    const writer = (async () => {
      for (let i = 0; !stop; i++) await store.create(`/w${i}`, Buffer.alloc(1000))
    })()
    await store.backup(join(copy, 'data.mdb'))
    stop = true
    await writer
    await expect(store.backup(join(copy, 'data.mdb'))).rejects.toThrow('exists already')
  })
  writeFileSync(join(copy, 'version'), 'kijabi-store 1\n')
  await withStore(async (store) => {
    const { kvs } = await store.list('/')
    expect(kvs.filter((kv) => kv.key.startsWith('/k'))).toHaveLength(100)
    expect(Math.max(...kvs.map((kv) => kv.modRevision))).toBe(store.revision)
  }, copy)
})

test('a transaction writes several keys at one revision, or nothing', () =>
  withStore(async (store) => {
    const calls: StoreEvent[][] = []
    store.watch('/', {}, { events: (events) => calls.push([...events]), end() {} })
    const { result, revision } = await store.keyspace.txn((tx) => {
      tx.put('/a', bytes('1'), 0)
      tx.put('/a', bytes('2'), 0)
      tx.put('/b', bytes('3'), 0)
      return tx.range({ start: '/', end: '0' }).map((kv) => `${kv.key}=${kv.value}`)
    })
    expect(result).toEqual(['/a=2', '/b=3'])
    expect(calls.map((events) => events.map((e) => `${e.kv.key}@${e.kv.modRevision}`))).toEqual([
      [`/a@${revision}`, `/a@${revision}`, `/b@${revision}`],
    ])
    await expect(
      store.keyspace.txn((tx) => {
        tx.put('/c', bytes('1'), 0)
        tx.delete('/a')
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(store.revision).toBe(revision)
    expect((await store.list('/')).kvs.map((kv) => `${kv.key}v${kv.version}`)).toEqual(['/av2', '/bv1'])
  }))

test('a list longer than a piece, now and in the past, with what died in between', () =>
  withStore(async (store) => {
    const name = (i: number) => `/k${String(i).padStart(5, '0')}`
    await Promise.all(Array.from({ length: 2500 }, (_, i) => store.create(name(i), bytes(String(i)))))
    const then = store.revision
    await Promise.all(
      Array.from({ length: 2500 }, (_, i) =>
        i % 3 === 0 ? store.delete(name(i)) : i % 3 === 1 ? store.create(`${name(i)}x`, bytes('x')) : store.create(`/z${i}`, bytes('z')),
      ),
    )
    const old = await store.list('/k', { revision: then })
    expect(old.kvs.map((kv) => kv.key)).toEqual(Array.from({ length: 2500 }, (_, i) => name(i)))
    expect(old.kvs.every((kv, i) => Buffer.from(kv.value).toString() === String(i))).toBe(true)
    const now = await store.list('/k')
    expect(now.count).toBe(2500 - 834 + 833)
    expect(await store.list('/k', { limit: 1200 })).toMatchObject({ count: 2499, more: true })
    const pages: string[] = []
    for (let after: string | undefined, more = true; more; ) {
      const page = await store.list('/k', { limit: 700, revision: then, ...(after ? { after } : {}) })
      expect(page.count).toBe(2500 - pages.length)
      pages.push(...page.kvs.map((kv) => kv.key))
      after = pages.at(-1)
      more = page.more
    }
    expect(pages).toEqual(old.kvs.map((kv) => kv.key))
  }))

test('compaction gives its pages back and keeps what is alive', () =>
  withStore(async (store) => {
    for (let round = 0; round < 20; round++)
      await Promise.all(
        Array.from({ length: 100 }, async (_, i) => {
          const kv = await store.get(`/k${i}`)
          await (kv ? store.update(`/k${i}`, Buffer.alloc(1000, round), kv.modRevision) : store.create(`/k${i}`, Buffer.alloc(1000, round)))
        }),
      )
    for (let i = 50; i < 100; i++) await store.delete(`/k${i}`)
    const before = await store.size()
    await store.compact(store.revision)
    const after = await store.size()
    expect(after.inUse).toBeLessThan(before.inUse / 10)
    const { kvs } = await store.list('/')
    expect(kvs).toHaveLength(50)
    expect(kvs.every((kv) => kv.value.length === 1000 && kv.value[0] === 19 && kv.version === 20)).toBe(true)
  }))

test('keys of any bytes and any length are told apart', () =>
  withStore(async (store) => {
    const put = (key: string) => store.keyspace.txn((tx) => tx.put(key, bytes(key.slice(0, 3)), 0))
    const long = 'k'.repeat(1962)
    for (const key of ['\0', '\x01', '\xff\xfe', 'a\0b', 'a', long]) await put(key)
    await expect(put(`${long}k`)).rejects.toThrow('longer than')
    await expect(put('')).rejects.toThrow('key is not provided')
    expect((await store.keyspace.range({ start: '', end: undefined })).kvs.map((kv) => kv.key)).toEqual([
      '\0',
      '\x01',
      'a',
      'a\0b',
      long,
      '\xff\xfe',
    ])
    expect(await store.get(`${long}k`)).toBeUndefined()
    expect((await store.keyspace.range({ start: `${long}kk`, end: undefined })).kvs.map((kv) => kv.key)).toEqual(['\xff\xfe'])
  }))

const canMount = process.getuid?.() === 0

test.skipIf(!canMount)('a full disk refuses writes, reads go on, and room lets it write again', async () => {
  const disk = folder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', disk])
  try {
    await withStore(
      async (store) => {
        const ballast = join(disk, 'ballast')
        writeFileSync(ballast, Buffer.alloc(4 << 20))
        const written: string[] = []
        let refused: unknown
        for (let i = 0; refused === undefined && i < 100; i++) {
          await store.create(`/k${i}`, Buffer.alloc(100_000, i)).then(
            () => written.push(`/k${i}`),
            (error: unknown) => {
              refused = error
            },
          )
        }
        expect(refused).toBeInstanceOf(NoSpaceError)
        expect((await store.list('/')).kvs.map((kv) => kv.key).sort()).toEqual(written.toSorted())
        const { revision } = store
        await expect(store.create('/more', Buffer.alloc(2_000_000))).rejects.toBeInstanceOf(NoSpaceError)
        expect(store.revision).toBe(revision)
        rmSync(ballast)
        expect(await store.create('/again', Buffer.alloc(100_000))).toMatchObject({ ok: true, revision: revision + 1 })
        expect((await store.get(written[0] as string))!.value).toHaveLength(100_000)
      },
      join(disk, 'data'),
    )
  } finally {
    execFileSync('umount', [disk])
  }
})

/** Checked against a plain model: any sequence of writes and compactions, and every revision readable since. */
test('any history reads back as it was', () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(fc.constantFrom('put', 'delete'), fc.constantFrom('a', 'ab', 'b', 'c')) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('compact'), fc.constant('')) },
  )
  return fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await withStore(async (store) => {
        const states = new Map([[1, {} as Record<string, string>]])
        let state: Record<string, string> = {}
        let compacted = 0
        for (const [what, key] of steps) {
          if (what === 'compact') {
            if (store.revision > compacted) {
              compacted = Math.max(compacted + 1, store.revision - 3)
              await store.compact(compacted)
            }
            continue
          }
          const kv = await store.get(`/${key}`)
          if (what === 'delete') {
            if (!kv) continue
            await store.delete(`/${key}`, kv.modRevision)
            const { [key]: _, ...rest } = state
            state = rest
          } else {
            const value = String(store.revision)
            await (kv ? store.update(`/${key}`, bytes(value), kv.modRevision) : store.create(`/${key}`, bytes(value)))
            state = { ...state, [key]: value }
          }
          states.set(store.revision, state)
        }
        for (const [revision, expected] of states) {
          if (revision < compacted) continue
          const { kvs } = await store.list('/', { revision })
          expect(Object.fromEntries(kvs.map((kv) => [kv.key.slice(1), Buffer.from(kv.value).toString()]))).toEqual(expected)
          for (const key of ['a', 'ab', 'b', 'c']) expect((await store.get(`/${key}`, revision))?.value.toString()).toBe(expected[key])
        }
      })
    }),
    { numRuns: 40 },
  )
})

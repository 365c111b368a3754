import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createChannel, createGrpcClient } from '../grpc/client.ts'
import { createQueue } from '../grpc/queue.ts'
import { Code } from '../grpc/status.ts'
import { storeConformance } from '../store/conformance.ts'
import { type EmbeddedStore, openEmbeddedStore } from '../store/embedded.ts'
import { openEtcdStore } from '../store/etcd.ts'
import { etcdTable, type KV, type Maintenance, type TxnRequest, type Watch, type WatchRequest } from './api.ts'
import { createEtcdServer } from './server.ts'

const root = mkdtempSync(join(tmpdir(), 'kijabi-etcdface-'))
let store: EmbeddedStore
let port: number
const started: (() => Promise<void>)[] = []

async function start(): Promise<{ store: EmbeddedStore; port: number }> {
  const dataDir = mkdtempSync(join(root, 'data-'))
  const own = await openEmbeddedStore({ dataDir })
  const etcd = createEtcdServer({ store: own, dataDir, name: 'test', clientUrls: ['http://127.0.0.1:1'] })
  const at = ((await etcd.listen({ host: '127.0.0.1', port: 0 })) as AddressInfo).port
  started.push(async () => {
    await etcd.close()
    await own.close()
  })
  return { store: own, port: at }
}
beforeAll(async () => {
  ;({ store, port } = await start())
})
afterAll(async () => {
  for (const stop of started) await stop()
  rmSync(root, { recursive: true, force: true })
})

// Our etcd driver over our etcd server: both ends of the wire keep the contract.
storeConformance('etcd driver over kijabi etcd', async () => {
  const own = await start()
  return openEtcdStore({ endpoints: [`127.0.0.1:${own.port}`] })
})

const client = <T extends object>(name: string) => createGrpcClient<T>(createChannel(`127.0.0.1:${port}`), etcdTable(), name)
const b = (text: string) => Buffer.from(text)

describe('transactions', () => {
  const put = (key: string, value: string) => ({ request_put: { key: b(key), value: b(value) } })
  const run = async (txn: Partial<TxnRequest>) => client<KV>('KV').Txn({ compare: [], success: [], failure: [], ...txn })

  test('all operations share one revision; ranges see what came before them', async () => {
    const response = await run({
      success: [
        put('t/1', 'a'),
        put('t/2', 'b'),
        { request_range: { key: b('t/'), range_end: b('t0') } },
        { request_delete_range: { key: b('u') } },
      ],
    })
    expect(response.succeeded).toBe(true)
    expect(response.responses[2]!.response_range!.kvs.map((kv) => [String(kv.key), kv.mod_revision])).toEqual([
      ['t/1', response.header.revision],
      ['t/2', response.header.revision],
    ])
    expect(response.responses[3]!.response_delete_range!.deleted).toBe(0)
  })
  test.each([
    ['a missing key has version 0', { result: 0, target: 0, key: b('none'), version: 0 }, true],
    ['a missing key has no value', { result: 3, target: 3, key: b('none'), value: b('x') }, false],
    ['version', { result: 0, target: 0, key: b('cmp'), version: 2 }, true],
    ['mod revision above 1', { result: 1, target: 2, key: b('cmp'), mod_revision: 1 }, true],
    ['value less', { result: 2, target: 3, key: b('cmp'), value: b('z') }, true],
    ['every key of a range', { result: 1, target: 1, key: b('cmp'), range_end: b('cmq'), create_revision: 0 }, true],
  ])('compare: %s', async (_, compare, succeeded) => {
    await client<KV>('KV').DeleteRange({ key: b('cmp') })
    await client<KV>('KV').Put({ key: b('cmp'), value: b('a') })
    await client<KV>('KV').Put({ key: b('cmp'), value: b('b') })
    expect((await run({ compare: [compare] })).succeeded).toBe(succeeded)
  })
  test.each<[string, Partial<TxnRequest>, RegExp]>([
    ['one key twice', { success: [put('x', '1'), put('x', '2')] }, /duplicate key given in txn request/],
    [
      'a put into a range that is deleted',
      { success: [put('x/1', '1'), { request_delete_range: { key: b('x/'), range_end: b('x0') } }] },
      /duplicate key/,
    ],
    ['too many operations', { success: Array.from({ length: 129 }, (_, i) => put(`${i}`, '')) }, /too many operations/],
    ['no key', { success: [put('', '1')] }, /key is not provided/],
    ['a lease that is not there', { success: [put('y', '1'), { request_put: { key: b('z'), lease: 77 } }] }, /requested lease not found/],
  ])('refused whole: %s', async (_, txn, message) => {
    const before = store.revision
    await expect(run(txn)).rejects.toThrow(message)
    expect(store.revision).toBe(before)
  })
})

test('ranges sort and filter before they are cut', async () => {
  const kv = client<KV>('KV')
  for (const [key, value] of [
    ['s/a', '3'],
    ['s/b', '1'],
    ['s/c', '2'],
  ] as const)
    await kv.Put({ key: b(key), value: b(value) })
  const range = { key: b('s/'), range_end: b('s0') }
  const keys = async (more: object) => (await kv.Range({ ...range, ...more })).kvs.map((k) => String(k.key))
  expect(await keys({ sort_target: 4, sort_order: 1, limit: 2 })).toEqual(['s/b', 's/c'])
  expect(await keys({ sort_order: 2, limit: 1 })).toEqual(['s/c'])
  const b2 = (await kv.Range({ key: b('s/b') })).kvs[0]!.mod_revision
  expect(await keys({ min_mod_revision: b2 })).toEqual(['s/b', 's/c'])
  expect(await kv.Range({ ...range, limit: 1 })).toMatchObject({ more: true, count: 3 })
})

test('a watch stream: filters, cancelling, and progress only when it has caught up', async () => {
  const kv = client<KV>('KV')
  const first = (await kv.Put({ key: b('w/1'), value: b('a') })).header.revision
  const requests = createQueue<WatchRequest>()
  const range = { key: b('w/'), range_end: b('w0') }
  requests.push({ create_request: { ...range, start_revision: first, watch_id: 7, filters: [1], prev_kv: true } })
  const responses = client<Watch>('Watch').Watch(requests)[Symbol.asyncIterator]()
  const next = async () => (await responses.next()).value!
  expect(await next()).toMatchObject({ created: true, watch_id: 7 })
  expect((await next()).events).toHaveLength(1)
  await kv.DeleteRange({ key: b('w/1') })
  await kv.Put({ key: b('w/2'), value: b('b') })
  expect((await next()).events.map((e: { kv: { key: Buffer } }) => String(e.kv.key))).toEqual(['w/2'])
  requests.push({ progress_request: {} })
  expect(await next()).toMatchObject({ watch_id: -1, header: { revision: store.revision } })
  requests.push({ cancel_request: { watch_id: 7 } })
  expect(await next()).toMatchObject({ watch_id: 7, canceled: true })
  requests.end()
  expect((await responses.next()).done).toBe(true)
})

test('what a cluster of one cannot do says so', async () => {
  await expect(client<{ MemberAdd(r: object): Promise<unknown> }>('Cluster').MemberAdd({ peerURLs: ['http://x:1'] })).rejects.toMatchObject(
    { code: Code.UNIMPLEMENTED },
  )
})

test('a snapshot carries its hash and opens as a store', async () => {
  await client<KV>('KV').Put({ key: b('snap'), value: b('shot') })
  const parts: Buffer[] = []
  for await (const { blob } of client<Maintenance>('Maintenance').Snapshot({})) parts.push(Buffer.from(blob))
  const file = Buffer.concat(parts)
  expect(file.length % 512).toBe(32)
  const folder = mkdtempSync(join(root, 'restored-'))
  writeFileSync(join(folder, 'data.mdb'), file.subarray(0, -32))
  writeFileSync(join(folder, 'version'), 'kijabi-store 1\n')
  const restored = await openEmbeddedStore({ dataDir: folder })
  expect(String((await restored.get('snap'))!.value)).toBe('shot')
  expect(restored.revision).toBe(store.revision)
  await restored.close()
})

describe('the v2 keys API', () => {
  const call = async (method: string, path: string, form?: Record<string, string>) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...(form ? { body: new URLSearchParams(form) } : {}) })
    return {
      status: response.status,
      index: Number(response.headers.get('x-etcd-index')),
      body: (await response.json()) as Record<string, unknown>,
    }
  }
  test('set, get, delete', async () => {
    expect(await call('PUT', '/v2/keys/a/b', { value: 'one' })).toMatchObject({
      status: 201,
      body: { action: 'set', node: { key: '/a/b', value: 'one' } },
    })
    expect(await call('PUT', '/v2/keys/a/b', { value: '둘' })).toMatchObject({
      status: 200,
      body: { node: { value: '둘' }, prevNode: { value: 'one' } },
    })
    expect(await call('GET', '/v2/keys/?recursive=true')).toMatchObject({
      body: { node: { dir: true, nodes: [{ key: '/a', dir: true, nodes: [{ key: '/a/b', value: '둘' }] }] } },
    })
    expect(await call('DELETE', '/v2/keys/a')).toMatchObject({ status: 403, body: { errorCode: 102 } })
    expect(await call('DELETE', '/v2/keys/a?dir=true')).toMatchObject({ status: 403, body: { errorCode: 108 } })
    expect(await call('DELETE', '/v2/keys/a?recursive=true')).toMatchObject({ status: 200, body: { action: 'delete' } })
    expect(await call('GET', '/v2/keys/a/b')).toMatchObject({
      status: 404,
      body: { errorCode: 100, message: 'Key not found', cause: '/a/b' },
    })
  })
  test.each([
    ['a value that differs', { value: 'x', prevValue: 'no' }, 412, 101],
    ['an index that differs', { value: 'x', prevIndex: '99' }, 412, 101],
    ['it exists', { value: 'x', prevExist: 'false' }, 412, 105],
    ['a ttl that is no number', { value: 'x', ttl: 'soon' }, 400, 209],
  ])('refused: %s', async (_, form, status, errorCode) => {
    await call('PUT', '/v2/keys/cas', { value: 'yes' })
    expect(await call('PUT', '/v2/keys/cas', form)).toMatchObject({ status, body: { errorCode } })
  })
  test('waiting for a change, past and to come', async () => {
    const { body, index } = await call('PUT', '/v2/keys/w', { value: '1' })
    expect(await call('GET', `/v2/keys/w?wait=true&waitIndex=${(body['node'] as { modifiedIndex: number }).modifiedIndex}`)).toMatchObject({
      body: { node: { value: '1' } },
    })
    const waiting = call('GET', `/v2/keys/w?wait=true&waitIndex=${index + 1}`)
    await call('PUT', '/v2/keys/w', { value: '2' })
    expect(await waiting).toMatchObject({ body: { action: 'set', node: { value: '2' }, prevNode: { value: '1' } } })
  })
  test('/version and /health', async () => {
    expect(await call('GET', '/version')).toMatchObject({ status: 200, body: { etcdserver: '3.5.21' } })
    expect(await call('GET', '/health')).toMatchObject({ status: 200, body: { health: 'true' } })
    expect(await call('GET', '/nothing')).toMatchObject({ status: 404 })
  })
})

describe.skipIf(!existsSync('/usr/bin/etcdctl'))('with a real etcdctl', () => {
  const etcdctl = async (api: string, ...args: string[]) =>
    (
      await promisify(execFile)(
        '/usr/bin/etcdctl',
        [`--endpoints=${api === '2' ? 'http://' : ''}127.0.0.1:${port}`, ...(api === '2' ? ['--no-sync'] : []), ...args],
        { env: { ETCDCTL_API: api } },
      )
    ).stdout
  test('v3', async () => {
    expect(await etcdctl('3', 'put', 'key1', 'value1')).toBe('OK\n')
    expect(await etcdctl('3', 'get', 'key1')).toBe('key1\nvalue1\n')
    expect(await etcdctl('3', 'get', 'key', '--prefix', '--keys-only')).toBe('key1\n\n')
    expect(await etcdctl('3', 'endpoint', 'status', '-w', 'table')).toMatch(/\| +3\.5\.21 \|.*\| +true \|/)
    expect(await etcdctl('3', 'member', 'list')).toMatch(/started, test/)
    const file = join(root, 'snapshot')
    expect(await etcdctl('3', 'snapshot', 'save', file)).toContain('Snapshot saved')
    expect(readFileSync(file).length % 512).toBe(32)
  })
  test('v2', async () => {
    expect(await etcdctl('2', 'set', 'key1', 'value1')).toBe('value1\n')
    expect(await etcdctl('2', 'get', 'key1')).toBe('value1\n')
  })
})

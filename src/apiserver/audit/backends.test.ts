import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { noLog } from '../../log/log.ts'
import type { AuditEvent } from './audit.ts'
import { createBatchBackend, createBlockingBackend, createTruncatingBackend, logFormats, type Sink } from './backends.ts'
import { openRotatedFile } from './rotated-file.ts'

const event = (id: string, more: object = {}): AuditEvent => ({
  auditID: id,
  stage: 'ResponseComplete',
  level: 'Metadata',
  requestURI: '/api/v1/pods?a="b"',
  verb: 'list',
  user: { username: 'joe', groups: ['a', 'b'] },
  sourceIPs: ['192.0.2.1'],
  responseStatus: { code: 200 },
  requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
  stageTimestamp: '2026-01-01T00:00:00.000000Z',
  ...more,
})

/** A sink that takes a batch when it is told to. */
function heldSink() {
  const batches: string[][] = []
  const held: { go: () => void; fail: (error: Error) => void }[] = []
  const sink: Sink = {
    name: 'test',
    send: (events) => {
      batches.push(events.map((e) => e.auditID))
      return new Promise((go, fail) => held.push({ go, fail }))
    },
    close() {},
  }
  return { sink, batches, held }
}
const turn = () => new Promise((done) => setImmediate(done))
const batch = { bufferSize: 3, maxSize: 2, maxWaitMs: 10_000 }

test('events go out in batches in their order, and those beyond the buffer are dropped and counted, never waited for', async () => {
  const { sink, batches, held } = heldSink()
  const backend = createBatchBackend(sink, batch, noLog)
  for (const id of ['1', '2']) backend.write(event(id))
  await turn()
  for (const id of ['3', '4', '5', '6', '7']) backend.write(event(id))
  expect(backend.errors).toBe(2)
  held[0]?.go()
  await turn()
  held[1]?.fail(new Error('down'))
  await turn()
  held[2]?.go()
  await backend.close()
  expect(batches).toEqual([['1', '2'], ['3', '4'], ['5']])
  expect(backend.errors).toBe(4)
})

test('an event that waits alone goes out after a while', async () => {
  vi.useFakeTimers()
  try {
    const { sink, batches } = heldSink()
    createBatchBackend(sink, batch, noLog).write(event('1'))
    await vi.advanceTimersByTimeAsync(9_999)
    expect(batches).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(batches).toEqual([['1']])
  } finally {
    vi.useRealTimers()
  }
})

test('batches are held back to a rate', async () => {
  vi.useFakeTimers()
  try {
    const sent: string[] = []
    const sink: Sink = { name: 'test', send: (events) => void sent.push(...events.map((e) => e.auditID)), close() {} }
    const options = { bufferSize: 100, maxSize: 1, maxWaitMs: 0, throttle: { qps: 10, burst: 2 } }
    const backend = createBatchBackend(sink, options, noLog)
    for (const id of ['1', '2', '3', '4']) backend.write(event(id))
    await vi.advanceTimersByTimeAsync(0)
    expect(sent).toEqual(['1', '2'])
    await vi.advanceTimersByTimeAsync(100)
    expect(sent).toEqual(['1', '2', '3'])
  } finally {
    vi.useRealTimers()
  }
})

test('a batch that is too large in bytes is sent in parts', async () => {
  const { sink, batches, held } = heldSink()
  const backend = createBatchBackend(sink, { ...batch, maxBytes: 500 }, noLog)
  for (const id of ['1', '2']) backend.write(event(id))
  await turn()
  held[0]?.go()
  await turn()
  expect(batches).toEqual([['1'], ['2']])
})

test.each([
  ['small', {}, { auditID: '1' }],
  [
    'large by its objects',
    { requestObject: 'x'.repeat(900), annotations: { k: 'v' } },
    { annotations: { k: 'v', 'audit.k8s.io/truncated': 'true' } },
  ],
])('an event that is %s is written', (_name, more, expected) => {
  const written: AuditEvent[] = []
  const backend = createTruncatingBackend({ name: 't', errors: 0, write: (e) => void written.push(e), close: async () => {} }, 600, noLog)
  backend.write(event('1', more))
  expect(written).toMatchObject([expected])
  expect(written[0]).not.toHaveProperty('requestObject')
})

test('an event that is large without its objects is dropped and counted', () => {
  const backend = createTruncatingBackend({ name: 't', errors: 0, write: () => expect.fail(), close: async () => {} }, 600, noLog)
  backend.write(event('1', { userAgent: 'x'.repeat(900) }))
  expect(backend.errors).toBe(1)
})

describe.each<[string, Sink['send']]>([
  [
    'a file',
    () => {
      throw new Error('disk full')
    },
  ],
  ['a webhook', () => Promise.reject(new Error('disk full'))],
])('where %s does not take an event', (_name, send) => {
  const sink: Sink = { name: 'log', send, close() {} }
  const first = event('1', { stage: 'RequestReceived' })
  const outcome = async (strict: boolean, of: AuditEvent) => {
    const backend = createBlockingBackend(sink, strict, noLog)
    const said = await (async () => backend.write(of))().then(
      () => 'goes on',
      (error: Error) => error.message,
    )
    return [said, backend.errors]
  }
  test.each([
    ['strictness refuses the request at its first event', true, first, 'disk full'],
    ['and nothing later', true, event('1'), 'goes on'],
    ['without strictness the request goes on', false, first, 'goes on'],
  ])('%s', async (_case, strict, of, said) => {
    expect(await outcome(strict, of)).toEqual([said, 1])
  })
})

test('a request waits for a webhook that blocks', async () => {
  const { sink, held } = heldSink()
  let written = false
  const writing = createBlockingBackend(sink, false, noLog).write(event('1')) as Promise<void>
  void writing.then(() => (written = true))
  await turn()
  expect(written).toBe(false)
  held[0]?.go()
  await writing
})

test('a legacy line', () => {
  expect(logFormats.legacy(event('1', { impersonatedUser: { username: 'ann' }, userAgent: 'kubectl' }))).toBe(
    '2026-01-01T00:00:00.000000Z AUDIT: id="1" stage="ResponseComplete" ip="192.0.2.1" method="list" user="joe" groups="\\"a\\",\\"b\\"" as="ann" asgroups="<lookup>" user-agent="kubectl" namespace="<none>" uri="/api/v1/pods?a=\\"b\\"" response="200"',
  )
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kijabi-audit-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a log is rotated by size; the newest of the old ones stay, readable by their owner only', () => {
  let now = Date.parse('2026-01-02T03:04:05.678Z')
  const rotation = { maxBytes: 10, maxBackups: 2, maxAgeDays: 0, compress: false }
  const file = openRotatedFile(join(folder, 'audit.log'), rotation, () => {
    now += 1000
    return new Date(now)
  })
  for (const text of ['one one one\n', 'two two two\n', 'three three\n', 'four\n']) file.write(text)
  file.close()
  const names = readdirSync(folder).sort()
  expect(names).toEqual(['audit-2026-01-02T03-04-07.678.log', 'audit-2026-01-02T03-04-08.678.log', 'audit.log'])
  expect(readFileSync(join(folder, names[0] as string), 'utf8')).toBe('two two two\n')
  for (const name of names) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
})

test('what is too old goes, and other files stay', () => {
  for (const name of ['audit-2025-12-01T00-00-00.000.log', 'audit-2026-01-01T00-00-00.000.log.gz', 'audit-notes.log']) {
    writeFileSync(join(folder, name), '')
    utimesSync(join(folder, name), 0, 0)
  }
  const rotation = { maxBytes: 10, maxBackups: 0, maxAgeDays: 7, compress: false }
  openRotatedFile(join(folder, 'audit.log'), rotation, () => new Date('2026-01-02T00:00:00Z')).close()
  expect(readdirSync(folder).sort()).toEqual(['audit-2026-01-01T00-00-00.000.log.gz', 'audit-notes.log', 'audit.log'])
})

test('rotated logs are compressed', async () => {
  const file = openRotatedFile(join(folder, 'audit.log'), { maxBytes: 1, maxBackups: 5, maxAgeDays: 0, compress: true })
  file.write('first\n')
  file.write('second\n')
  const packed = () => readdirSync(folder).find((name) => name.endsWith('.gz'))
  await vi.waitFor(() => expect(packed()).toBeDefined())
  await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(2))
  expect(gunzipSync(readFileSync(join(folder, packed() as string))).toString()).toBe('first\n')
  file.close()
})

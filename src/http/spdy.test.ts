import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createDeflate, deflateSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { connectSpdy, type SpdyStream, serveSpdy, spdyDictionary } from './spdy.ts'

/** A client as moby/spdystream is one: compresses with one stream for the connection, keeps no windows. */
async function spdyClient(socket: Socket) {
  const deflate = createDeflate({ dictionary: spdyDictionary })
  const received = new Map<number, { data: string; fin: boolean; replied: boolean; reset: boolean }>()
  const pings: number[] = []
  const of = (id: number) => {
    const found = received.get(id) ?? { data: '', fin: false, replied: false, reset: false }
    received.set(id, found)
    return found
  }
  const watchers = new Set<() => void>()
  let rest = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 8 && rest.length >= 8 + rest.readUIntBE(5, 3)) {
      const body = rest.subarray(8, 8 + rest.readUIntBE(5, 3))
      const first = rest.readUInt32BE(0)
      if (first < 0x80000000) {
        of(first).data += body.toString()
        if ((rest[4] as number) & 1) of(first).fin = true
      } else if ((first & 0xffff) === 2) of(body.readUInt32BE(0)).replied = true
      else if ((first & 0xffff) === 3) of(body.readUInt32BE(0)).reset = true
      else if ((first & 0xffff) === 6) pings.push(body.readUInt32BE(0))
      rest = rest.subarray(8 + body.length)
    }
    for (const look of watchers) look()
  })
  const frame = (type: number | undefined, id: number, flags: number, body: Buffer) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(type === undefined ? id : 0x80030000 + type, 0)
    head.writeUInt32BE(body.length, 4)
    head[4] = flags
    socket.write(Buffer.concat([head, body]))
  }
  const uint32 = (n: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(n)
    return bytes
  }
  return {
    received: of,
    pings,
    frame,
    uint32,
    async open(id: number, headers: Record<string, string>) {
      const text = (s: string) => Buffer.concat([uint32(s.length), Buffer.from(s)])
      const block = Buffer.concat([uint32(Object.keys(headers).length), ...Object.entries(headers).flatMap(([k, v]) => [text(k), text(v)])])
      const parts: Buffer[] = []
      const collect = (chunk: Buffer) => void parts.push(chunk)
      deflate.on('data', collect)
      deflate.write(block)
      await new Promise<void>((resolve) => deflate.flush(() => resolve()))
      deflate.off('data', collect)
      frame(1, 0, 0, Buffer.concat([uint32(id), uint32(0), Buffer.from([0, 0]), ...parts]))
    },
    data: (id: number, text: string, fin = false) => frame(undefined, id, fin ? 1 : 0, Buffer.from(text)),
    until: (ready: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!ready()) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
  }
}

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})
async function pair(onStream: (stream: SpdyStream) => void) {
  const server = createServer((socket) => void serveSpdy(socket, { stream: onStream }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  closers.push(() => {
    socket.destroy()
    server.close()
  })
  await once(socket, 'connect')
  return { socket, client: await spdyClient(socket) }
}

test('the dictionary is the one of SPDY/3, by the number that zlib knows it by', () => {
  expect(deflateSync('', { dictionary: spdyDictionary }).subarray(2, 6).toString('hex')).toBe('e3c6a7c2')
})

test('streams are opened with their headers, carry bytes both ways, and end on each side', async () => {
  const headers: unknown[] = []
  const { client } = await pair(({ headers: h, body }) => {
    headers.push(h)
    body.pipe(body)
  })
  await client.open(1, { streamtype: 'stdin', port: '80' })
  await client.open(3, { streamType: 'data' })
  client.data(1, 'one ')
  client.data(3, 'three')
  client.data(1, 'more', true)
  await client.until(() => client.received(1).fin && client.received(3).data === 'three')
  expect(headers).toEqual([{ streamtype: 'stdin', port: '80' }, { streamtype: 'data' }])
  expect(client.received(1)).toMatchObject({ data: 'one more', replied: true })
  expect(client.received(3)).toMatchObject({ data: 'three', fin: false })
})

test('megabytes go through without windows, and a slow reader holds the sender back', async () => {
  let echoed = 0
  const { client } = await pair(({ body }) => {
    body.on('data', (chunk: Buffer) => {
      echoed += chunk.length
      body.pause()
      setImmediate(() => body.resume())
    })
    body.on('end', () => body.end(Buffer.alloc(3 << 20, 'y')))
  })
  await client.open(1, {})
  for (let i = 0; i < 100; i++) client.data(1, 'x'.repeat(30_000), i === 99)
  await client.until(() => client.received(1).fin)
  expect(echoed).toBe(3_000_000)
  expect(client.received(1).data.length).toBe(3 << 20)
})

test('pings are answered, and a destroyed stream is reset', async () => {
  const { client } = await pair(({ body }) => void body.destroy())
  client.frame(6, 0, 0, client.uint32(7))
  await client.open(1, {})
  await client.until(() => client.received(1).reset && client.pings.length === 1)
  expect(client.pings).toEqual([7])
})

test.each([
  ['another version', (send: (bytes: Buffer) => void) => send(Buffer.from('80020001000000020000', 'hex'))],
  ['a huge control frame', (send: (bytes: Buffer) => void) => send(Buffer.from('8003000100ffffff', 'hex'))],
  [
    'headers that are no zlib',
    (send: (bytes: Buffer) => void) => send(Buffer.from('800300010000000e000000010000000000000123456789abcdef', 'hex')),
  ],
])('%s ends the connection', async (_what, attack) => {
  const { socket } = await pair(() => {})
  attack((bytes) => socket.write(bytes))
  socket.resume()
  await once(socket, 'close')
})

test('our client speaks with our server: headers, both ways with an end each, many streams, and the end of the connection', async () => {
  const seen: SpdyStream['headers'][] = []
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    serveSpdy(socket, {
      stream: ({ headers, body }) => {
        seen.push(headers)
        body.pipe(body)
      },
    })
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const socket = connect((listener.address() as AddressInfo).port, '127.0.0.1')
  const closed = Promise.withResolvers<void>()
  const client = connectSpdy(socket, { closed: closed.resolve })
  const texts = Array.from({ length: 20 }, (_, i) => `stream ${i} `.repeat(10_000))
  const echoes = texts.map(async (text, i) => {
    const { body } = client.open({ port: String(i), streamtype: 'data' })
    body.end(text)
    let back = ''
    for await (const chunk of body) back += String(chunk)
    return back === text
  })
  expect(await Promise.all(echoes)).toEqual(texts.map(() => true))
  expect(seen).toEqual(texts.map((_, i) => ({ port: String(i), streamtype: 'data' })))
  client.close()
  await closed.promise
  listener.close()
})

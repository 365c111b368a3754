/**
 * SPDY/3.1 on an upgraded connection: what older kubectl speaks for exec, attach and port-forward, and newer ones tunnel
 * through a WebSocket. Frames, header blocks and streams as upstream's clients (moby/spdystream) use them: those keep no
 * flow-control windows, so TCP's own hold-back is what bounds a sender here too.
 */
import { Duplex } from 'node:stream'
import { createInflate } from 'node:zlib'

export type SpdyHeaders = Readonly<Record<string, string>>
export interface SpdyStream {
  readonly id: number
  readonly headers: SpdyHeaders
  /** Destroying it resets the stream. */
  readonly body: Duplex
}
export interface SpdyServer {
  /** Says goodbye and ends the connection when all that was written has gone out. */
  close(): void
}
export interface SpdyClient extends SpdyServer {
  open(headers: SpdyHeaders): SpdyStream
}
export interface SpdyClientOptions {
  /** The connection is over. */
  readonly closed?: () => void
}
export interface SpdyServerOptions extends SpdyClientOptions {
  /** A stream that the client opened; it has been answered already. */
  readonly stream: (stream: SpdyStream) => void
}

const Frame = { SYN_STREAM: 1, SYN_REPLY: 2, RST_STREAM: 3, PING: 6, GOAWAY: 7, HEADERS: 8, WINDOW_UPDATE: 9 } as const
const FIN = 1
const PROTOCOL_ERROR = 1
const CANCEL = 5

const maxStreams = 1000
const maxControlFrame = 64 << 10
const maxDataFrame = 16 << 10

const words =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin'.split(
    ' ',
  )
const phrases =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.'
/** What both sides' compressors begin with (SPDY draft 3, 2.6.10.1): header names behind their lengths, then phrases. */
export const spdyDictionary: Buffer = Buffer.concat([
  ...words.flatMap((word) => [uint32(word.length), Buffer.from(word.replace('_', ' '))]),
  Buffer.from(phrases),
])

interface Open {
  readonly body: Duplex
  receive(chunk: Buffer): void
  receiveEnd(): void
  receiveReset(): void
}

export function serveSpdy(socket: Duplex, options: SpdyServerOptions): SpdyServer {
  return createSession(socket, options)
}

export function connectSpdy(socket: Duplex, options: SpdyClientOptions): SpdyClient {
  return createSession(socket, options)
}

/** Both sides; the one that is told of streams is the server. */
function createSession(socket: Duplex, options: SpdyClientOptions & Partial<SpdyServerOptions>): SpdyClient {
  const streams = new Map<number, Open>()
  const inflate = createInflate({ dictionary: spdyDictionary })
  let buffered: Buffer = Buffer.alloc(0)
  let busy = false
  let over = false
  let behind = 0
  let lastId = options.stream ? 0 : -1
  let blocksSent = 0

  const send = (head: Buffer, length: number, flags: number, body?: Buffer): boolean => {
    if (over) return true
    head.writeUInt32BE(length, 4)
    head[4] = flags
    return socket.write(body ? Buffer.concat([head, body]) : head)
  }
  const control = (type: number, body: Buffer) => {
    const head = Buffer.alloc(8)
    head.writeUInt16BE(0x8003, 0)
    head.writeUInt16BE(type, 2)
    send(head, body.length, 0, body)
  }
  const data = (id: number, chunk: Buffer, flags: number): boolean => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(id, 0)
    return send(head, chunk.length, flags, chunk)
  }
  /**
   * Headers as a stored deflate block: what we say is a few bytes, so there is nothing to compress. The empty block
   * behind it is deflate's sync flush: without it Go's reader looks for a further block, and fails for good.
   */
  const headersBlock = (headers: SpdyHeaders): Buffer => {
    const entries = Object.entries(headers)
    const sized = (text: string) => [uint32(Buffer.byteLength(text)), Buffer.from(text)]
    const plain = Buffer.concat([uint32(entries.length), ...entries.flatMap(([name, value]) => [...sized(name), ...sized(value)])])
    const head = Buffer.alloc(5)
    head.writeUInt16LE(plain.length, 1)
    head.writeUInt16LE(0xffff ^ plain.length, 3)
    const start = blocksSent++ === 0 ? [Buffer.from([0x78, 0xbb]), uint32(adler32(spdyDictionary))] : []
    return Buffer.concat([...start, head, plain, Buffer.from([0, 0, 0, 0xff, 0xff])])
  }
  const finish = () => {
    if (over) return
    over = true
    for (const stream of streams.values()) stream.receiveReset()
    streams.clear()
    inflate.close()
    options.closed?.()
  }

  const waiting: (() => void)[] = []
  socket.on('drain', () => {
    for (const go of waiting.splice(0)) go()
  })

  const createStream = (id: number, headers: SpdyHeaders, ended: boolean): SpdyStream => {
    lastId = id
    let readEnded = ended
    let writeEnded = false
    let held = false
    const release = () => {
      if (!held) return
      held = false
      if (--behind === 0) socket.resume()
    }
    const body = new Duplex({
      allowHalfOpen: true,
      read: release,
      write(chunk: Buffer, _encoding, callback) {
        if (over) return callback(new Error('the connection is closed'))
        let room = true
        for (let at = 0; at < chunk.length; at += maxDataFrame) room = data(id, chunk.subarray(at, at + maxDataFrame), 0)
        if (room) callback()
        else waiting.push(callback)
      },
      final(callback) {
        writeEnded = true
        data(id, Buffer.alloc(0), FIN)
        if (readEnded) streams.delete(id)
        callback()
      },
      destroy(error, callback) {
        release()
        if (streams.delete(id) && !(readEnded && writeEnded)) control(Frame.RST_STREAM, Buffer.concat([uint32(id), uint32(CANCEL)]))
        callback(error)
      },
    })
    body.on('error', () => {}) // Its user sees it close.
    streams.set(id, {
      body,
      receive(chunk) {
        if (readEnded || body.push(chunk) || held) return
        // A reader that is behind holds the whole connection back, as upstream's does.
        held = true
        if (behind++ === 0) socket.pause()
      },
      receiveEnd() {
        if (readEnded) return
        readEnded = true
        body.push(null)
        if (writeEnded) streams.delete(id)
      },
      receiveReset() {
        readEnded = true
        writeEnded = true
        body.destroy()
      },
    })
    if (ended) body.push(null)
    return { id, headers, body }
  }

  const headerBlock = (block: Buffer): Promise<SpdyHeaders> =>
    new Promise((resolve, reject) => {
      const parts: Buffer[] = []
      let size = 0
      const collect = (chunk: Buffer) => {
        size += chunk.length
        if (size <= maxControlFrame) parts.push(chunk)
      }
      inflate.on('data', collect)
      inflate.once('error', reject)
      inflate.write(block)
      inflate.flush(() => {
        inflate.off('data', collect)
        inflate.off('error', reject)
        if (size > maxControlFrame) reject(new Error('a header block is too large'))
        else
          try {
            resolve(parseHeaders(Buffer.concat(parts)))
          } catch (error) {
            reject(error)
          }
      })
    })

  const controlFrame = async (type: number, flags: number, body: Buffer) => {
    const id = body.length >= 4 ? body.readUInt32BE(0) & 0x7fffffff : 0
    switch (type) {
      case Frame.SYN_STREAM: {
        const headers = await headerBlock(body.subarray(10))
        if (over) return
        if (!options.stream || id % 2 === 0 || id <= lastId || streams.size >= maxStreams) throw new Error('a stream is refused')
        control(Frame.SYN_REPLY, Buffer.concat([uint32(id), headersBlock({})]))
        options.stream(createStream(id, headers, (flags & FIN) !== 0))
        return
      }
      case Frame.HEADERS:
        await headerBlock(body.subarray(4))
        return
      case Frame.RST_STREAM: {
        const stream = streams.get(id)
        streams.delete(id)
        stream?.receiveReset()
        return
      }
      case Frame.PING:
        // Odd numbers are the client's own pings, even ones the server's.
        if (id % 2 === (options.stream ? 1 : 0)) control(Frame.PING, Buffer.from(body.subarray(0, 4)))
        return
      default: // SYN_REPLY, whose headers say nothing, SETTINGS, WINDOW_UPDATE, GOAWAY: nothing to do.
    }
  }
  const frames = async () => {
    while (!over && buffered.length >= 8) {
      const first = buffered.readUInt32BE(0)
      const length = buffered.readUIntBE(5, 3)
      const isControl = first >= 0x80000000
      if (isControl && length > maxControlFrame) throw new Error('a control frame is too large')
      if (buffered.length < 8 + length) break
      const flags = buffered[4] as number
      const body = buffered.subarray(8, 8 + length)
      buffered = buffered.subarray(8 + length)
      if (isControl) {
        if (((first >>> 16) & 0x7fff) !== 3) throw new Error('not SPDY/3')
        await controlFrame(first & 0xffff, flags, body)
        continue
      }
      const stream = streams.get(first)
      if (!stream) continue
      if (length > 0) {
        stream.receive(Buffer.from(body))
        // For peers that do keep windows.
        control(Frame.WINDOW_UPDATE, Buffer.concat([uint32(first), uint32(length)]))
      }
      if (flags & FIN) stream.receiveEnd()
    }
    // In the same step as the last look at the buffer: a chunk that comes now starts anew.
    busy = false
  }
  socket.on('data', (chunk: Buffer) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk])
    if (busy) return
    busy = true
    frames().catch(() => {
      control(Frame.GOAWAY, Buffer.concat([uint32(lastId), uint32(PROTOCOL_ERROR)]))
      socket.end()
      finish()
    })
  })
  socket.on('end', () => {
    socket.end()
    finish()
  })
  socket.on('error', finish)
  socket.on('close', finish)
  return {
    open(headers) {
      const id = lastId + 2
      // Highest priority, no associated stream.
      control(Frame.SYN_STREAM, Buffer.concat([uint32(id), uint32(0), Buffer.alloc(2), headersBlock(headers)]))
      return createStream(id, headers, false)
    },
    close() {
      if (over) return
      control(Frame.GOAWAY, Buffer.concat([uint32(lastId), uint32(0)]))
      socket.end()
    },
  }
}

function parseHeaders(block: Buffer): SpdyHeaders {
  const headers: Record<string, string> = {}
  let at = 4
  const text = () => {
    const length = block.readUInt32BE(at)
    at += 4 + length
    if (at > block.length) throw new Error('a header block is malformed')
    return block.toString('utf8', at - length, at)
  }
  for (let count = block.readUInt32BE(0); count > 0; count--) {
    const name = text().toLowerCase()
    headers[name] = text()
  }
  return headers
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function adler32(bytes: Buffer): number {
  let a = 1
  let b = 0
  for (const byte of bytes) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return b * 65_536 + a
}

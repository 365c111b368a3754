/**
 * The cluster's DNS server, in CoreDNS's place: answers for the cluster's zone from caches of Services and
 * EndpointSlices, and hands everything else to the machine's own name servers. UDP and TCP on one address.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { connect, createServer, type Server, type Socket } from 'node:net'
import * as packet from 'dns-packet'
import type { Logger } from '../../log/log.ts'
import { type Answer, addressOfPointer, type DnsSource, type ResourceRecord, resolveName, resolvePointer, ttlSeconds } from './records.ts'

export interface DnsServerOptions {
  readonly address: string
  readonly port: number
  /** `cluster.local`, without dots at the ends. */
  readonly zone: string
  /** Where other names are asked, in order. */
  readonly upstreams: readonly { readonly address: string; readonly port: number }[]
  readonly log: Logger
  readonly upstreamTimeoutMs?: number
}

export interface DnsServer {
  /** Where it listens, once it does. */
  readonly port: number
  close(): Promise<void>
}

/** Answers larger than a client announced are cut and asked for again by TCP; without EDNS that is 512 bytes (RFC 1035). */
const plainUdpSize = 512
/** What we take and announce ourselves: fits the usual MTU without fragments (DNS flag day 2020). */
const ednsUdpSize = 1232
const maxTcpConnections = 256
const tcpIdleMs = 10_000
const maxPendingForwards = 1000
/** CNAME chains that we follow: service to service to service. */
const maxFollow = 8

const AUTHORITATIVE = 1 << 10
const TRUNCATED = 1 << 9
const RECURSION_DESIRED = 1 << 8
const RECURSION_AVAILABLE = 1 << 7
const Rcode = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const

export async function createDnsServer(source: DnsSource, options: DnsServerOptions): Promise<DnsServer> {
  const { address, zone, log } = options
  const forward = createForwarder(options)
  const sockets = new Set<Socket>()
  const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const tcp = createServer({ noDelay: true })
  tcp.maxConnections = maxTcpConnections

  udp.on('message', (message, peer) => {
    void respond(source, zone, forward, message, 'udp').then((reply) => {
      if (reply) udp.send(reply, peer.port, peer.address)
    }, unexpected)
  })
  udp.on('error', unexpected)
  tcp.on('connection', (socket) => {
    sockets.add(socket)
    socket.setTimeout(tcpIdleMs, () => socket.destroy())
    // The client went away: there is nobody left to tell.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    let buffered: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk])
      while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
        const message = buffered.subarray(2, 2 + buffered.readUInt16BE(0))
        buffered = buffered.subarray(2 + message.length)
        void respond(source, zone, forward, message, 'tcp').then((reply) => {
          if (reply && !socket.destroyed) socket.write(framed(reply))
        }, unexpected)
      }
    })
  })

  function unexpected(error: unknown): void {
    log.error('dns server failed', { error })
  }

  const port = await listen(udp, tcp, address, options.port)
  return {
    port,
    async close() {
      forward.close()
      for (const socket of sockets) socket.destroy()
      await Promise.all([new Promise<void>((done) => udp.close(done)), new Promise<void>((done) => void tcp.close(() => done()))])
    },
  }
}

/** Both protocols on one port; with port 0 TCP chooses and UDP follows. */
async function listen(udp: DatagramSocket, tcp: Server, address: string, wanted: number): Promise<number> {
  await new Promise<void>((done, fail) => {
    tcp.once('error', fail)
    tcp.listen(wanted, address, () => {
      tcp.off('error', fail)
      done()
    })
  })
  const port = (tcp.address() as { port: number }).port
  await new Promise<void>((done, fail) => {
    udp.once('error', fail)
    udp.bind(port, address, () => {
      udp.off('error', fail)
      done()
    })
  }).catch((error: unknown) => {
    tcp.close()
    throw error
  })
  return port
}

interface Forwarder {
  (message: Buffer, protocol: 'udp' | 'tcp'): Promise<Buffer | undefined>
  close(): void
}

/** The answer to one message; undefined for what deserves none. Exported for tests. */
export async function respond(
  source: DnsSource,
  zone: string,
  forward: (message: Buffer, protocol: 'udp' | 'tcp') => Promise<Buffer | undefined>,
  message: Buffer,
  protocol: 'udp' | 'tcp',
): Promise<Buffer | undefined> {
  let query: packet.Packet
  try {
    query = packet.decode(message)
  } catch {
    if (message.length < 12 || (message[2]! & 0x80) !== 0) return undefined
    return packet.encode({ type: 'response', id: message.readUInt16BE(0), flags: Rcode.FORMERR })
  }
  if (query.type === 'response') return undefined
  const opcode = ((query.flags ?? 0) >> 11) & 15
  const question = query.questions?.[0]
  if (opcode !== 0) return reply(query, Rcode.NOTIMP, {}, protocol)
  if (!question || query.questions!.length > 1) return reply(query, Rcode.FORMERR, {}, protocol)

  const name = question.name.toLowerCase()
  const ours = name === zone || name.endsWith(`.${zone}`)
  const found = ours
    ? resolveName(name, question.type, zone, source)
    : addressOfPointer(name)
      ? resolvePointer(name, question.type, zone, source)
      : undefined
  if (!found) return (await forward(message, protocol)) ?? reply(query, Rcode.SERVFAIL, {}, protocol)

  const answers = [...withNameAsAsked(found.answers, name, question.name)]
  let additionals = found.additionals
  let follow = found.follow
  for (let hop = 0; follow && hop < maxFollow; hop++) {
    const next: Answer | undefined = resolveName(follow, question.type, zone, source)
    if (!next) {
      answers.push(...(await ask(forward, follow, question.type, protocol)))
      break
    }
    answers.push(...next.answers)
    additionals = [...additionals, ...next.additionals]
    follow = next.follow
  }
  return reply(query, found.exists ? Rcode.NOERROR : Rcode.NXDOMAIN, { answers, additionals, zone }, protocol)
}

/** Clients compare names as they wrote them (DNS 0x20), so answers repeat the question's letters. */
function withNameAsAsked(records: readonly ResourceRecord[], name: string, asked: string): readonly ResourceRecord[] {
  return name === asked ? records : records.map((record) => (record.name === name ? { ...record, name: asked } : record))
}

async function ask(
  forward: (message: Buffer, protocol: 'udp' | 'tcp') => Promise<Buffer | undefined>,
  name: string,
  type: string,
  protocol: 'udp' | 'tcp',
): Promise<ResourceRecord[]> {
  const answer = await forward(
    packet.encode({ type: 'query', id: 0, flags: RECURSION_DESIRED, questions: [{ name, type: type as packet.RecordType }] }),
    protocol,
  )
  return answer ? ((packet.decode(answer).answers ?? []) as ResourceRecord[]) : []
}

function reply(
  query: packet.Packet,
  rcode: number,
  content: { answers?: readonly ResourceRecord[]; additionals?: readonly ResourceRecord[]; zone?: string },
  protocol: 'udp' | 'tcp',
): Buffer {
  const edns = query.additionals?.find((record) => record.type === 'OPT') as packet.OptAnswer | undefined
  const limit = protocol === 'tcp' ? 65_535 : edns ? Math.max(plainUdpSize, Math.min(edns.udpPayloadSize, ednsUdpSize)) : plainUdpSize
  const { answers = [], additionals = [], zone } = content
  const flags = ((query.flags ?? 0) & RECURSION_DESIRED) | RECURSION_AVAILABLE | (zone ? AUTHORITATIVE : 0) | rcode
  const opt = edns
    ? [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: ednsUdpSize,
          flags: 0,
          flag_do: false,
          options: [],
          extendedRcode: 0,
          ednsVersion: 0,
        } satisfies packet.OptAnswer,
      ]
    : []
  const made = (records: readonly ResourceRecord[], more: readonly ResourceRecord[], extra = 0) =>
    packet.encode({
      type: 'response',
      id: query.id ?? 0,
      flags: flags | extra,
      questions: query.questions ?? [],
      answers: records as packet.Answer[],
      // A negative answer says how long it may be remembered (RFC 2308).
      authorities: zone && records.length === 0 ? [soa(zone)] : [],
      additionals: [...(more as packet.Answer[]), ...opt],
    })
  const whole = made(answers, additionals)
  if (whole.length <= limit) return whole
  const short = made(answers, [])
  if (short.length <= limit) return short
  let kept = answers
  let cut = short
  while (cut.length > limit && kept.length > 0) {
    kept = kept.slice(0, Math.floor(kept.length / 2))
    cut = made(kept, [], TRUNCATED)
  }
  return cut
}

const soa = (zone: string): packet.Answer => ({
  name: zone,
  type: 'SOA',
  ttl: ttlSeconds,
  data: {
    mname: `ns.dns.${zone}`,
    rname: `hostmaster.${zone}`,
    serial: Math.floor(Date.now() / 1000),
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: ttlSeconds,
  },
})

function framed(message: Buffer): Buffer {
  const size = Buffer.alloc(2)
  size.writeUInt16BE(message.length)
  return Buffer.concat([size, message])
}

/** Asks each upstream in turn with a fresh id and port, which a forger would have to guess, and puts the asker's id back. */
function createForwarder(options: DnsServerOptions): Forwarder {
  const { upstreams, upstreamTimeoutMs = 2000 } = options
  const stopping = new AbortController()
  let pending = 0

  async function forward(message: Buffer, protocol: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    if (pending >= maxPendingForwards) return undefined
    pending++
    try {
      for (const upstream of upstreams) {
        const sent = Buffer.from(message)
        sent.writeUInt16BE(Math.floor(Math.random() * 65_536), 0)
        const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(upstreamTimeoutMs)])
        const answer = await (protocol === 'udp' ? exchangeUdp : exchangeTcp)(sent, upstream, signal)
        if (stopping.signal.aborted) return undefined
        if (!answer) continue
        answer.writeUInt16BE(message.readUInt16BE(0), 0)
        return answer
      }
      return undefined
    } finally {
      pending--
    }
  }
  return Object.assign(forward, { close: () => stopping.abort() })
}

function exchangeUdp(message: Buffer, to: { address: string; port: number }, signal: AbortSignal): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(to.address.includes(':') ? 'udp6' : 'udp4')
    const finish = (answer?: Buffer) => {
      signal.removeEventListener('abort', onAbort)
      socket.close()
      resolve(answer)
    }
    const onAbort = () => finish()
    signal.addEventListener('abort', onAbort)
    socket.on('error', () => finish())
    socket.on('message', (answer) => {
      if (answer.length >= 12 && answer.readUInt16BE(0) === message.readUInt16BE(0)) finish(answer)
    })
    // Connected: the kernel drops what comes from elsewhere.
    socket.connect(to.port, to.address, () => socket.send(message))
  })
}

function exchangeTcp(message: Buffer, to: { address: string; port: number }, signal: AbortSignal): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: to.address, port: to.port, signal })
    let buffered: Buffer = Buffer.alloc(0)
    const finish = (answer?: Buffer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('error', () => finish())
    socket.on('close', () => finish())
    socket.on('connect', () => socket.write(framed(message)))
    socket.on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk])
      if (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0))
        finish(Buffer.from(buffered.subarray(2, 2 + buffered.readUInt16BE(0))))
    })
  })
}

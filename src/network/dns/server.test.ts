import * as packet from 'dns-packet'
import { expect, test } from 'vitest'
import type { Service } from '../../api/types/core-v1.ts'
import type { EndpointSlice } from '../../api/types/discovery-v1.ts'
import { noLog } from '../../log/log.ts'
import type { DnsSource } from './records.ts'
import { createDnsServer, respond } from './server.ts'

const zone = 'cluster.local'
const services = [
  {
    metadata: { name: 'web', namespace: 'dev' },
    spec: { clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  },
  { metadata: { name: 'db', namespace: 'dev' }, spec: { clusterIP: 'None', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] } },
  { metadata: { name: 'out', namespace: 'dev' }, spec: { type: 'ExternalName', externalName: 'example.org' } },
  { metadata: { name: 'alias', namespace: 'dev' }, spec: { type: 'ExternalName', externalName: 'web.dev.svc.cluster.local' } },
  { metadata: { name: 'lonely', namespace: 'dev' }, spec: { clusterIP: 'None' } },
] as unknown as Service[]
const slices = [
  {
    metadata: { name: 'db-1', namespace: 'dev', labels: { 'kubernetes.io/service-name': 'db' } },
    addressType: 'IPv4',
    ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
    endpoints: [
      { addresses: ['10.244.0.7'], hostname: 'db-0', conditions: { ready: true } },
      { addresses: ['10.244.0.8'], conditions: { ready: true } },
      { addresses: ['10.244.0.9'], conditions: { ready: false } },
    ],
  },
] as unknown as EndpointSlice[]
const source: DnsSource = {
  service: (namespace, name) => services.find((s) => s.metadata.namespace === namespace && s.metadata.name === name),
  slices: (namespace, name) =>
    slices.filter((s) => s.metadata.namespace === namespace && s.metadata.labels?.['kubernetes.io/service-name'] === name),
  hasNamespace: (name) => name === 'dev',
  serviceByIP: (address) => services.find((s) => s.spec.clusterIP === address),
  endpointByIP(address) {
    for (const slice of slices)
      for (const endpoint of slice.endpoints ?? []) if (endpoint.addresses?.[0] === address) return { slice, endpoint }
    return undefined
  },
}

const NXDOMAIN = 3
/** Plays the machine's name server: knows example.org and nothing else. */
const forward = async (message: Buffer): Promise<Buffer | undefined> => {
  const query = packet.decode(message)
  const name = query.questions?.[0]?.name
  if (name === 'silent.org') return undefined
  const answers = name === 'example.org' ? [{ name, type: 'A' as const, ttl: 60, data: '192.0.2.80' }] : []
  return packet.encode({
    type: 'response',
    id: query.id ?? 0,
    flags: answers.length ? 0 : NXDOMAIN,
    questions: query.questions ?? [],
    answers,
  })
}
async function ask(name: string, type = 'A', more: Partial<packet.Packet> = {}, protocol: 'udp' | 'tcp' = 'udp') {
  const message = packet.encode({ type: 'query', id: 7, flags: 1 << 8, questions: [{ name, type: type as packet.RecordType }], ...more })
  const reply = packet.decode((await respond(source, zone, forward, message, protocol)) as Buffer) as packet.DecodedPacket & {
    rcode: string
  }
  const brief = (list: packet.Answer[] | undefined) =>
    (list ?? []).filter((a) => a.type !== 'OPT').map((a) => `${a.name} ${a.type} ${JSON.stringify((a as { data?: unknown }).data)}`)
  return {
    rcode: reply.rcode,
    answers: brief(reply.answers),
    authorities: (reply.authorities ?? []).map((a) => a.type),
    additionals: brief(reply.additionals),
    reply,
  }
}

test.each([
  ['web.dev.svc.cluster.local', 'A', 'NOERROR', ['web.dev.svc.cluster.local A "10.96.0.5"']],
  ['WEB.dev.svc.cluster.local', 'A', 'NOERROR', ['WEB.dev.svc.cluster.local A "10.96.0.5"']],
  ['web.dev.svc.cluster.local', 'AAAA', 'NOERROR', []],
  ['nope.dev.svc.cluster.local', 'A', 'NXDOMAIN', []],
  ['web.prod.svc.cluster.local', 'A', 'NXDOMAIN', []],
  ['dev.svc.cluster.local', 'A', 'NOERROR', []],
  ['db.dev.svc.cluster.local', 'A', 'NOERROR', ['db.dev.svc.cluster.local A "10.244.0.7"', 'db.dev.svc.cluster.local A "10.244.0.8"']],
  ['db-0.db.dev.svc.cluster.local', 'A', 'NOERROR', ['db-0.db.dev.svc.cluster.local A "10.244.0.7"']],
  ['10-244-0-8.db.dev.svc.cluster.local', 'A', 'NOERROR', ['10-244-0-8.db.dev.svc.cluster.local A "10.244.0.8"']],
  ['lonely.dev.svc.cluster.local', 'A', 'NXDOMAIN', []],
  ['10-1-2-3.dev.pod.cluster.local', 'A', 'NOERROR', ['10-1-2-3.dev.pod.cluster.local A "10.1.2.3"']],
  ['10-1-2-3.prod.pod.cluster.local', 'A', 'NXDOMAIN', []],
  ['10-1-2-999.dev.pod.cluster.local', 'A', 'NXDOMAIN', []],
  ['out.dev.svc.cluster.local', 'A', 'NOERROR', ['out.dev.svc.cluster.local CNAME "example.org"', 'example.org A "192.0.2.80"']],
  ['out.dev.svc.cluster.local', 'CNAME', 'NOERROR', ['out.dev.svc.cluster.local CNAME "example.org"']],
  [
    'alias.dev.svc.cluster.local',
    'A',
    'NOERROR',
    ['alias.dev.svc.cluster.local CNAME "web.dev.svc.cluster.local"', 'web.dev.svc.cluster.local A "10.96.0.5"'],
  ],
  ['5.0.96.10.in-addr.arpa', 'PTR', 'NOERROR', ['5.0.96.10.in-addr.arpa PTR "web.dev.svc.cluster.local"']],
  ['7.0.244.10.in-addr.arpa', 'PTR', 'NOERROR', ['7.0.244.10.in-addr.arpa PTR "db-0.db.dev.svc.cluster.local"']],
  ['9.9.9.9.in-addr.arpa', 'PTR', 'NXDOMAIN', []],
  ['dns-version.cluster.local', 'A', 'NOERROR', []],
  ['example.org', 'A', 'NOERROR', ['example.org A "192.0.2.80"']],
  ['silent.org', 'A', 'SERVFAIL', []],
])('%s %s is %s', async (name, type, rcode, answers) => {
  const got = await ask(name, type)
  expect([got.rcode, got.answers]).toEqual([rcode, answers])
})

test('SRV of a named port names the service and brings its address', async () => {
  const got = await ask('_http._tcp.web.dev.svc.cluster.local', 'SRV')
  expect(got.answers).toEqual([
    '_http._tcp.web.dev.svc.cluster.local SRV {"priority":0,"weight":100,"port":80,"target":"web.dev.svc.cluster.local"}',
  ])
  expect(got.additionals).toEqual(['web.dev.svc.cluster.local A "10.96.0.5"'])
})

test('SRV of a headless service names each endpoint', async () => {
  const got = await ask('_sql._tcp.db.dev.svc.cluster.local', 'SRV')
  expect(got.answers.map((a) => /"target":"([^"]+)"/.exec(a)?.[1])).toEqual([
    'db-0.db.dev.svc.cluster.local',
    '10-244-0-8.db.dev.svc.cluster.local',
  ])
})

test('a negative answer carries the zone’s SOA, and answers live thirty seconds', async () => {
  expect((await ask('nope.dev.svc.cluster.local')).authorities).toEqual(['SOA'])
  const { reply } = await ask('web.dev.svc.cluster.local')
  expect([reply.flag_aa, reply.flag_ra, (reply.answers as unknown as { ttl: number }[])[0]?.ttl, reply.id]).toEqual([true, true, 30, 7])
})

test('an answer too large for a datagram is cut, and whole over TCP or with a larger EDNS size', async () => {
  const many = Array.from({ length: 40 }, (_, i) => ({ addresses: [`10.244.1.${i}`], conditions: { ready: true } }))
  const big = { ...source, slices: () => [{ ...slices[0], endpoints: many } as EndpointSlice] }
  const message = (additionals: packet.Answer[] = []) =>
    packet.encode({ type: 'query', id: 1, questions: [{ name: 'db.dev.svc.cluster.local', type: 'A' }], additionals })
  const cut = (await respond(big, zone, forward, message(), 'udp')) as Buffer
  expect(cut.length).toBeLessThanOrEqual(512)
  expect(packet.decode(cut).flag_tc).toBe(true)
  const whole = packet.decode((await respond(big, zone, forward, message(), 'tcp')) as Buffer)
  expect([whole.flag_tc, whole.answers?.length]).toEqual([false, 40])
})

test('what is no question gets no answer or an error', async () => {
  expect(await respond(source, zone, forward, Buffer.from('x'), 'udp')).toBeUndefined()
  expect(await respond(source, zone, forward, packet.encode({ type: 'response', id: 1 }), 'udp')).toBeUndefined()
  const garbage = Buffer.concat([Buffer.from([0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.from([63, 1])])
  expect(packet.decode((await respond(source, zone, forward, garbage, 'udp')) as Buffer)).toMatchObject({ id: 9, rcode: 'FORMERR' })
})

test('it listens on UDP and TCP', async () => {
  const server = await createDnsServer(source, { address: '127.0.0.1', port: 0, zone, upstreams: [], log: noLog })
  const { Resolver } = await import('node:dns/promises')
  const resolver = new Resolver()
  resolver.setServers([`127.0.0.1:${server.port}`])
  expect(await resolver.resolve4('web.dev.svc.cluster.local')).toEqual(['10.96.0.5'])
  await server.close()
})

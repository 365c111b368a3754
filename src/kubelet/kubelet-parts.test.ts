import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Container, Pod, Secret } from '../api/types/core-v1.ts'
import { systemClock } from '../client/clock.ts'
import { http } from '../http/node-http.ts'
import { parseResolvConf } from '../linux/resolv-conf.ts'
import { noLog } from '../log/log.ts'
import { admitPod } from './admission.ts'
import { createBackoff } from './backoff.ts'
import { parseTaint } from './command.ts'
import { dnsConfig, hostsFile, type NodeSettings, podHostname } from './container-config.ts'
import { credentialsFor, withTag } from './images.ts'
import { criLines, type LogOptions, plainLines, streamLog } from './logs.ts'
import { linuxResources, milliToQuota, milliToShares, oomScoreAdj, podCgroupLimits, podRequestMilli, qosClass } from './resources.ts'
import { fetchManifests, staticPod } from './static-pods.ts'

const container = (requests?: Record<string, string>, limits?: Record<string, string>, more: Partial<Container> = {}): Container =>
  ({ name: 'c', image: 'b', resources: { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) }, ...more }) as Container
const podOf = (containers: Container[], spec: Partial<Pod['spec']> = {}, meta: Partial<Pod['metadata']> = {}): Pod =>
  ({ metadata: { name: 'p', namespace: 'd', uid: 'u', ...meta }, spec: { containers, ...spec }, status: {} }) as Pod

describe('resources', () => {
  const both = { cpu: '1', memory: '1Gi' }
  test.each<[string, Pod, string]>([
    ['nothing asked', podOf([container()]), 'BestEffort'],
    ['limits equal requests', podOf([container(both, both)]), 'Guaranteed'],
    ['limits alone', podOf([container(undefined, both)]), 'Guaranteed'],
    ['one of two without', podOf([container(both, both), container()]), 'Burstable'],
    ['only CPU', podOf([container({ cpu: '1' }, { cpu: '1' })]), 'Burstable'],
  ])('%s: %s', (_, pod, expected) => expect(qosClass(pod)).toBe(expected))
  test.each([
    [0, 2],
    [1, 2],
    [250, 256],
    [1000, 1024],
    [10_000_000, 262_144],
  ])('%d milli CPU are %d shares', (milli, shares) => expect(milliToShares(milli)).toBe(shares))
  test('quota has a floor', () => expect([milliToQuota(0), milliToQuota(5), milliToQuota(500)]).toEqual([0, 1000, 50_000]))
  test('OOM scores by class', () => {
    const score = (pod: Pod) => oomScoreAdj(pod, pod.spec.containers![0] as Container, 4 * 1024 ** 3)
    expect([score(podOf([container()])), score(podOf([container(both, both)])), score(podOf([container({ memory: '1Gi' })]))]).toEqual([
      1000, -997, 750,
    ])
  })
  test('limits become cgroup values', () => {
    const one = container(undefined, { cpu: '500m', memory: '64Mi' })
    expect(linuxResources(podOf([one]), one, 1e9)).toMatchObject({
      cpuShares: 512,
      cpuQuota: 50_000,
      cpuPeriod: 100_000,
      memoryLimitInBytes: 67_108_864,
    })
  })
  test.each([
    [
      'every container has limits',
      [container({ cpu: '100m' }, { cpu: '500m', memory: '64Mi' }), container(undefined, { cpu: '1', memory: '1Mi' })],
      { cpuShares: 102, cpuPeriod: 100_000, cpuQuota: 150_000, memoryBytes: 65 << 20 },
    ],
    ['one has no limit', [container({ cpu: '100m' }, { cpu: '500m' }), container({ cpu: '1' })], { cpuShares: 1126, cpuPeriod: 100_000 }],
    ['none asks for anything', [container()], { cpuShares: 2, cpuPeriod: 100_000 }],
  ])('the cgroup of a pod where %s', (_what, containers, limits) => {
    expect(podCgroupLimits(podOf(containers))).toEqual(limits)
  })
  test('a pod asks for its peak: sidecars count with what starts after them', () => {
    const side = container({ cpu: '100m' }, undefined, { restartPolicy: 'Always' })
    expect(podRequestMilli(podOf([container({ cpu: '200m' })], { initContainers: [side, container({ cpu: '500m' })] }), 'cpu')).toBe(600)
    expect(
      podRequestMilli(
        podOf([container({ cpu: '800m' })], { initContainers: [side, container({ cpu: '500m' })], overhead: { cpu: '50m' } }),
        'cpu',
      ),
    ).toBe(950)
  })
})

describe('admission', () => {
  const allocatable = { cpu: '2', memory: '1Gi', pods: '2' }
  const onPort = (hostPort: number, hostIP?: string) =>
    podOf([container(undefined, undefined, { ports: [{ containerPort: 80, hostPort, protocol: 'TCP', ...(hostIP ? { hostIP } : {}) }] })])
  test.each<[string, Pod, Pod[], string | undefined]>([
    ['fits', podOf([container({ cpu: '1' })]), [podOf([container({ cpu: '1' })])], undefined],
    [
      'too much CPU',
      podOf([container({ cpu: '1500m' })]),
      [podOf([container({ cpu: '1' })])],
      "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
    ],
    [
      'too many pods',
      podOf([container()]),
      [podOf([container()]), podOf([container()])],
      "Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2",
    ],
    ['a taken port', onPort(80), [onPort(80)], "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"],
    ['the port on another address', onPort(80, '10.0.0.1'), [onPort(80, '10.0.0.2')], undefined],
    [
      'a selector that does not fit',
      podOf([container()], { nodeSelector: { disk: 'ssd' } }),
      [],
      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
  ])('%s', (_, pod, others, message) =>
    expect(admitPod(pod, others, { metadata: { labels: {} }, spec: {} } as never, allocatable)?.message).toBe(message),
  )
  const taint = (effect: string) => ({ key: 'k', value: 'v', effect })
  test.each<[string, string, Partial<Pod['spec']>, boolean]>([
    ['NoExecute that is not tolerated', 'NoExecute', {}, false],
    ['NoSchedule, which is the scheduler’s', 'NoSchedule', {}, true],
    [
      'NoExecute tolerated by value',
      'NoExecute',
      { tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoExecute' }] },
      true,
    ],
    ['NoExecute with another value', 'NoExecute', { tolerations: [{ key: 'k', operator: 'Equal', value: 'w' }] }, false],
    ['NoExecute tolerated like everything', 'NoExecute', { tolerations: [{ operator: 'Exists' }] }, true],
  ])('a node with the taint %s', (_, effect, spec, admitted) =>
    expect(
      admitPod(podOf([container()], spec), [], { metadata: {}, spec: { taints: [taint(effect)] } } as never, allocatable)?.reason,
    ).toBe(admitted ? undefined : 'TaintToleration'),
  )
})

test('a back-off doubles to its limit and is forgotten after a quiet time', () => {
  let now = 0
  const backoff = createBackoff({ now: () => now })
  const delays = Array.from({ length: 7 }, () => backoff.next('k'))
  expect(delays).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000])
  expect(backoff.until('k')).toBe(300_000)
  now = 700_000
  expect(backoff.isWaiting('k')).toBe(false)
  expect(backoff.next('k')).toBe(10_000)
})

test('a back-off whose limit is short begins with it', () => {
  expect(createBackoff({ now: () => 0, mostMs: 1000 }).next('k')).toBe(1000)
})

describe('images', () => {
  test.each([
    ['nginx', 'nginx:latest'],
    ['nginx:1', 'nginx:1'],
    ['localhost:5000/nginx', 'localhost:5000/nginx:latest'],
    ['nginx@sha256:abc', 'nginx@sha256:abc'],
  ])('%s is %s', (image, expected) => expect(withTag(image)).toBe(expected))
  test('credentials: the most specific first, others’ not at all', () => {
    const auths = {
      'https://index.docker.io/v1/': { auth: Buffer.from('hub:a:b').toString('base64') },
      'reg.example.org': { username: 'u', password: 'p' },
      'reg.example.org/team': { username: 't', password: 'q' },
    }
    const secret = { data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') } } as unknown as Secret
    expect(credentialsFor('reg.example.org/team/app:1', [secret]).map((a) => a.username)).toEqual(['t', 'u'])
    expect(credentialsFor('nginx', [secret])).toEqual([{ username: 'hub', password: 'a:b', serverAddress: 'docker.io' }])
    expect(credentialsFor('other.org/x', [secret])).toEqual([])
  })
})

describe('what a pod finds', () => {
  const settings = {
    clusterDNS: ['10.96.0.10'],
    clusterDomain: 'cluster.local',
    hostDNS: parseResolvConf('search corp.example\nnameserver 192.0.2.53 # first\noptions timeout:1\n'),
  } as unknown as NodeSettings
  test.each<[string, Partial<Pod['spec']>, unknown]>([
    [
      'ClusterFirst',
      {},
      {
        servers: ['10.96.0.10'],
        searches: ['d.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.example'],
        options: ['ndots:5'],
      },
    ],
    ['Default', { dnsPolicy: 'Default' }, { servers: ['192.0.2.53'], searches: ['corp.example'], options: ['timeout:1'] }],
    ['the host’s network', { hostNetwork: true }, { servers: ['192.0.2.53'], searches: ['corp.example'], options: ['timeout:1'] }],
    [
      'None with its own',
      { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches: ['x'], options: [{ name: 'ndots', value: '2' }] } },
      { servers: ['1.1.1.1'], searches: ['x'], options: ['ndots:2'] },
    ],
    [
      'an option overridden',
      { dnsConfig: { options: [{ name: 'ndots', value: '1' }] } },
      {
        servers: ['10.96.0.10'],
        searches: ['d.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.example'],
        options: ['ndots:1'],
      },
    ],
  ])('%s', (_, spec, expected) => expect(dnsConfig(podOf([], spec), settings)).toEqual(expected))
  test('its name, with a subdomain, in its hosts file', () => {
    const pod = podOf([], { hostname: 'h', subdomain: 's' })
    expect(podHostname(pod, 'cluster.local')).toEqual({ hostname: 'h', domain: 's.d.svc.cluster.local' })
    expect(hostsFile(pod, ['10.0.0.2'], settings)).toContain('10.0.0.2\th.s.d.svc.cluster.local\th\n')
  })
  test('a long name is cut to what Linux takes', () =>
    expect(podHostname(podOf([], {}, { name: `${'a'.repeat(62)}-b` }), 'x').hostname).toBe('a'.repeat(62)))
})

test('a manifest becomes this node’s pod, the same each time', () => {
  const text = 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: c, image: b}]}\n'
  const pod = staticPod(text, 'N1')
  expect(pod.metadata).toMatchObject({ name: 'web-n1', namespace: 'default', annotations: { 'kubernetes.io/config.source': 'file' } })
  expect(pod.metadata.uid).toBe(staticPod(text, 'N1').metadata.uid)
  expect(() => staticPod('kind: Service\napiVersion: v1', 'n')).toThrow('no v1 Pod')
})

test('manifests are fetched from a URL, one pod or a list, and told when they change', async () => {
  const one = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one' }, spec: { containers: [{ name: 'c', image: 'b' }] } }
  const list = { apiVersion: 'v1', kind: 'PodList', items: [one, { metadata: { name: 'two' }, spec: one.spec }] }
  const answers: [number, unknown][] = [
    [200, one],
    [500, ''],
    [200, one],
    [200, list],
  ]
  const asked: unknown[] = []
  const server = http.createServer((request, response) => {
    asked.push(request.headers['x-key'])
    const [code, body] = answers[asked.length - 1] ?? [200, list]
    response.writeHead(code).end(JSON.stringify(body))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const stop = new AbortController()
  const told: string[][] = []
  const { port } = server.address() as { port: number }
  const wholeList = Promise.withResolvers<void>()
  const changed = (pods: readonly Pod[]) => {
    told.push(pods.map((p) => `${p.metadata.name} ${p.metadata.annotations?.['kubernetes.io/config.source']}`))
    if (pods.length === 2) wholeList.resolve()
  }
  const source = { url: `http://127.0.0.1:${port}/`, headers: { 'X-Key': ['secret'] }, everyMs: 1 }
  const fetching = fetchManifests(source, 'n', changed, { clock: systemClock, log: noLog }, stop.signal)
  await wholeList.promise
  stop.abort()
  await fetching
  server.close()
  expect(told).toEqual([['one-n http'], ['one-n http', 'two-n http']])
  expect(asked.slice(0, 4)).toEqual(['secret', 'secret', 'secret', 'secret'])
})

test.each([
  ['a=b:NoSchedule', { key: 'a', value: 'b', effect: 'NoSchedule' }],
  ['a:NoExecute', { key: 'a', effect: 'NoExecute' }],
])('taint %s', (text, taint) => expect(parseTaint(text)).toEqual(taint))

describe('logs', () => {
  const lines =
    '2026-01-01T00:00:01Z stdout F one\n2026-01-01T00:00:02Z stdout P tw\n2026-01-01T00:00:02Z stdout F o\n2026-01-01T00:00:03Z stderr F three\n'
  async function read(options: Partial<LogOptions>, text = lines, format = criLines) {
    const folder = mkdtempSync(join(tmpdir(), 'kijabi-logs-'))
    try {
      writeFileSync(join(folder, '0.log'), text)
      let said = ''
      for await (const chunk of streamLog(
        join(folder, '0.log'),
        format,
        { follow: false, timestamps: false, ...options },
        () => false,
        new AbortController().signal,
      ))
        said += chunk
      return said
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  test.each([
    ['whole', {}, 'one\ntwo\nthree\n'],
    ['the last line', { tailLines: 1 }, 'three\n'],
    ['no line', { tailLines: 0 }, ''],
    ['since', { sinceMs: Date.parse('2026-01-01T00:00:03Z') }, 'three\n'],
    ['one stream', { stream: 'stderr' as const }, 'three\n'],
    ['cut', { limitBytes: 5 }, 'one\nt'],
    ['with times', { timestamps: true, tailLines: 1 }, '2026-01-01T00:00:03Z three\n'],
    ['followed to the end of its container', { follow: true }, 'one\ntwo\nthree\n'],
  ])('%s', async (_, options, expected) => expect(await read(options)).toBe(expected))
  const ofProcess = 'I2026-01-01T00:00:01.000Z etcd] "one"\n{"ts":"2026-01-01T00:00:02.000Z","level":"info","msg":"two"}\n'
  test.each<[string, Partial<LogOptions>, string]>([
    ['whole', {}, ofProcess],
    ['the last line', { tailLines: 1 }, ofProcess.slice(ofProcess.indexOf('{'))],
    ['since', { sinceMs: Date.parse('2026-01-01T00:00:02Z') }, ofProcess.slice(ofProcess.indexOf('{'))],
    ['with times', { timestamps: true, limitBytes: 25 }, '2026-01-01T00:00:01.000Z '],
  ])('of a process, %s', async (_, options, expected) => expect(await read(options, ofProcess, plainLines)).toBe(expected))
})

import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { Node, Pod } from '../api/types/core-v1.ts'
import { createClient } from '../client/client.ts'
import { createMemoryTransport } from '../client/memory-transport.ts'
import { createCertificateAuthority, issueCertificate } from '../pki/index.ts'
import { createExtender, type ExtenderConfiguration } from './extender.ts'
import { createNodeInfo } from './node-info.ts'
import { createNodeResources } from './node-resources.ts'
import { createPodInfo } from './pod-info.ts'
import { node, pod, schedule } from './testing.ts'

// biome-ignore lint/suspicious/noExplicitAny: bodies are whatever the wire carries
type Body = any
type Answers = Readonly<Record<string, (body: Body) => unknown>>
const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

const authority = createCertificateAuthority('extender-ca')
const base64 = (pem: string) => Buffer.from(pem).toString('base64')

/** An extender on loopback that answers each verb by a function; undefined never answers, a number is a status. */
async function serve(answers: Answers, secure = false): Promise<{ urlPrefix: string; asked: [verb: string, body: Body][] }> {
  const asked: [string, Body][] = []
  const listener: RequestListener = async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    const verb = (req.url as string).replace('/scheduler/', '')
    asked.push([verb, JSON.parse(Buffer.concat(chunks).toString())])
    const answer = await answers[verb]?.(asked.at(-1)?.[1])
    if (answer === undefined) return
    if (typeof answer === 'number') res.writeHead(answer).end()
    else res.end(JSON.stringify(answer))
  }
  const { certificate: cert, key } = issueCertificate(authority, { commonName: 'extender', hosts: ['127.0.0.1'], usages: ['server'] })
  const server = secure
    ? createHttpsServer({ cert, key, ca: authority.certificate, requestCert: true }, listener)
    : createHttpServer(listener)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  open.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { urlPrefix: `http${secure ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}/scheduler/`, asked }
}

const nodes = ['a', 'b', 'c'].map((name, i) => createNodeInfo(node(name) as unknown as Node, i, createNodeResources()))
const aPod = pod('p') as unknown as Pod
const bodyOf = (configuration: Partial<ExtenderConfiguration>) => ({ filterVerb: 'filter', ...configuration })

test('nodes go out whole or, to one with a cache, by name; what comes back is read in any case', async () => {
  const { urlPrefix, asked } = await serve({
    filter: ({ Nodes }) =>
      Nodes
        ? { Nodes: { items: Nodes.items.slice(0, 1) }, FailedNodes: { b: 'busy', c: 'busy' }, FailedAndUnresolvableNodes: { c: 'broken' } }
        : { nodenames: ['b', 'c'], failedNodes: { a: 'not mine' } },
  })
  const whole = await createExtender({ urlPrefix, ...bodyOf({}) }).filter?.(aPod, nodes)
  expect(whole?.nodes.map((n) => n.name)).toEqual(['a'])
  expect([...(whole?.rejections ?? [])].map(([n, r]) => [n.name, r.reasons[0], r.unresolvable])).toEqual([
    ['b', 'busy', false],
    ['c', 'broken', true],
  ])
  const cached = await createExtender({ urlPrefix, ...bodyOf({ nodeCacheCapable: true }) }).filter?.(aPod, nodes)
  expect(cached?.nodes.map((n) => n.name)).toEqual(['b', 'c'])
  expect(asked.map(([, body]) => [body.Pod.metadata.name, body.Nodes?.items.length, body.NodeNames])).toEqual([
    ['p', 3, null],
    ['p', undefined, ['a', 'b', 'c']],
  ])
})

test.each<[string, unknown, RegExp, string?]>([
  ['an error', { Error: 'no room' }, /^no room$/],
  ['a status', 500, /^failed filter with extender at URL http:.*\/scheduler\/filter, code 500$/],
  ['a node of its own', { NodeNames: ['x'] }, /claims a filtered node "x" which is not found in the input node list/],
  ['nothing in time', undefined, /context deadline exceeded/, '100ms'],
])('a filter that answers %s fails', async (_, answer, message, httpTimeout = '30s') => {
  const { urlPrefix } = await serve({ filter: () => answer })
  await expect(createExtender({ urlPrefix, ...bodyOf({ nodeCacheCapable: true, httpTimeout }) }).filter?.(aPod, nodes)).rejects.toThrow(
    message,
  )
})

test('an https extender is verified by the authority given, and is shown a client certificate', async () => {
  const { urlPrefix } = await serve({ prioritize: () => [{ Host: 'b', Score: 10 }] }, true)
  const client = issueCertificate(authority, { commonName: 'scheduler', usages: ['client'] })
  const asks = (more: Partial<ExtenderConfiguration>) =>
    createExtender({ urlPrefix, prioritizeVerb: 'prioritize', weight: 3, ...more }).prioritize?.(aPod, nodes)
  const tlsConfig = { caData: base64(authority.certificate), certData: base64(client.certificate), keyData: base64(client.key) }
  // The best score of 10 weighs as much as a plugin's 100.
  expect([...((await asks({ enableHTTPS: true, tlsConfig })) ?? [])]).toEqual([['b', 300]])
  // Without an authority enableHTTPS verifies nothing, and the machine's own authorities do not know this server.
  const { caData: _, ...unverified } = tlsConfig
  await expect(asks({ enableHTTPS: true, tlsConfig: unverified })).resolves.toBeDefined()
  await expect(asks({ enableHTTPS: true })).rejects.toThrow(/certificate required/)
  await expect(asks({ tlsConfig: unverified })).rejects.toThrow(/certificate signed by unknown authority/)
})

test.each<[string, Partial<ExtenderConfiguration>, object, boolean]>([
  ['one that manages nothing', {}, {}, true],
  ['a managed resource among the limits', { managedResources: [{ name: 'a.com/x' }] }, { limits: { 'a.com/x': '1' } }, true],
  ['another resource', { managedResources: [{ name: 'a.com/x' }] }, { requests: { 'a.com/y': '1' } }, false],
])('whether an extender is asked: %s', (_, more, resources, interested) => {
  const asking = pod('p', { containers: [{ name: 'c', image: 'x', resources }] }) as unknown as Pod
  expect(createExtender({ urlPrefix: 'http://x', ...more }).isInterested(asking)).toBe(interested)
})

test('an extender chooses among the candidates of a preemption, and only pods that are there', async () => {
  const victim = createPodInfo({ ...pod('low'), metadata: { name: 'low', namespace: 'default', uid: 'u1' } } as unknown as Pod)
  const full = createNodeInfo(node('full') as unknown as Node, 0, createNodeResources())
  full.pods.set(victim.key, victim)
  const candidates = [{ node: full, victims: [victim], violations: 1 }]
  let uid = 'u1'
  const { urlPrefix, asked } = await serve({
    preempt: () => ({ nodeNameToMetaVictims: { full: { pods: [{ uid }], numPDBViolations: 2 } } }),
  })
  const extender = createExtender({ urlPrefix, preemptVerb: 'preempt', nodeCacheCapable: true })
  expect(await extender.preempt?.(aPod, candidates)).toEqual([{ node: full, victims: [victim], violations: 2 }])
  expect(asked[0]?.[1].NodeNameToMetaVictims).toEqual({ full: { Pods: [{ UID: 'u1' }], NumPDBViolations: 1 } })
  uid = 'u2'
  await expect(extender.preempt?.(aPod, candidates)).rejects.toThrow(
    'claims to preempt pod (UID: u2) on node: full, but the pod is not found on that node',
  )
})

test('a scheduler asks its extenders: what they refuse is told, what they prefer is taken, and one binds', async () => {
  const transport = createMemoryTransport()
  const client = createClient(transport)
  const { urlPrefix, asked } = await serve({
    filter: ({ Pod, NodeNames }) =>
      Pod.metadata.name === 'refused'
        ? { NodeNames: [], FailedNodes: Object.fromEntries(NodeNames.map((n: string) => [n, 'the licence is used up'])) }
        : { NodeNames },
    prioritize: () => [{ Host: 'small', Score: 10 }],
    bind: async ({ PodName: name, PodNamespace: namespace, Node }) => {
      const target = { apiVersion: 'v1', kind: 'Node', name: Node }
      await client.createSubresource('pods', { namespace, name }, 'binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { namespace, name },
        target,
      })
      return {}
    },
  })
  const gpu = { containers: [{ name: 'c', image: 'x', resources: { requests: { 'a.com/gpu': '1' } } }] }
  const settled = await schedule(
    [node('small', { cpu: '2' }), node('large', { cpu: '16' })],
    [pod('plain'), pod('preferred', gpu), pod('refused', gpu)],
    {
      extenders: [
        { urlPrefix: 'http://127.0.0.1:1', filterVerb: 'filter', ignorable: true },
        {
          urlPrefix,
          filterVerb: 'filter',
          prioritizeVerb: 'prioritize',
          bindVerb: 'bind',
          weight: 10,
          nodeCacheCapable: true,
          managedResources: [{ name: 'a.com/gpu', ignoredByScheduler: true }],
        },
      ],
    },
    transport,
  )
  expect(settled).toEqual({
    plain: 'large',
    preferred: 'small',
    refused:
      '0/2 nodes are available: 2 the licence is used up. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.',
  })
  expect(asked.map(([verb, body]) => `${verb} ${body.PodName ?? body.Pod.metadata.name}`).toSorted()).toEqual([
    'bind preferred',
    'filter preferred',
    'filter refused',
    'prioritize preferred',
  ])
})

test('the scheduler promises the node that its extender leaves, and removes the pods that it chose', async () => {
  const transport = createMemoryTransport()
  const { urlPrefix, asked } = await serve({
    preempt: ({ NodeNameToMetaVictims: { b } }) => ({ NodeNameToMetaVictims: { b } }),
  })
  const low = (name: string, nodeName: string) => pod(name, { nodeName, priority: 1 })
  const full = [node('a', { cpu: '1' }), node('b', { cpu: '1' })]
  const pods = [low('low-a', 'a'), low('low-b', 'b'), pod('high', { priority: 100 })]
  const { high } = await schedule(full, pods, { extenders: [{ urlPrefix, preemptVerb: 'preempt', nodeCacheCapable: true }] }, transport)
  expect(high).toBe('0/2 nodes are available: 2 Insufficient cpu.')
  expect(Object.keys(asked[0]?.[1].NodeNameToMetaVictims).toSorted()).toEqual(['a', 'b'])
  const { status } = transport.objects<Pod>('/api/v1/pods').find((p) => p.metadata.name === 'high') as Pod
  expect(status.nominatedNodeName).toBe('b')
  expect(transport.writes.filter((write) => /low-.\/status$/.test(write))).toEqual(['PATCH /api/v1/namespaces/default/pods/low-b/status'])
})

test('a pod whose extender fails is told so, and not bound', async () => {
  const { urlPrefix } = await serve({ filter: () => 503 })
  const { a } = await schedule([node('n')], [pod('a')], { extenders: [{ urlPrefix, filterVerb: 'filter' }] })
  expect(a).toMatch(/^failed filter with extender at URL http:.*, code 503$/)
})

test('a pod that its extender does not let onto the promised node goes to another', async () => {
  const { urlPrefix, asked } = await serve({
    filter: ({ NodeNames }) => ({ NodeNames: NodeNames.filter((name: string) => name !== 'a') }),
  })
  const promised = { ...pod('p'), status: { nominatedNodeName: 'a' } }
  const extenders = [{ urlPrefix, filterVerb: 'filter', nodeCacheCapable: true }]
  expect(await schedule([node('a'), node('b')], [promised], { extenders })).toEqual({ p: 'b' })
  expect(asked.map(([, { NodeNames }]) => NodeNames)).toEqual([['a'], ['a', 'b']])
})

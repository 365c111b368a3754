import { describe, expect, test } from 'vitest'
import type { Service } from '../../api/types/core-v1.ts'
import type { EndpointSlice } from '../../api/types/discovery-v1.ts'
import { createNftablesBackend, desiredState, difference, emptyState, type NftablesOptions } from './nftables.ts'
import { isProxied, proxyPorts, sliceService } from './services.ts'

const options: NftablesOptions = { family: 'IPv4', clusterCIDR: '10.244.0.0/16', nodePortAddresses: ['192.0.2.2'] }
const node = { nodeName: 'n1', zone: 'east' }

const service = (spec: Partial<Service['spec']> = {}, status: Service['status'] = { loadBalancer: {} }): Service =>
  ({
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      clusterIP: '10.96.0.5',
      clusterIPs: ['10.96.0.5'],
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
      ...spec,
    },
    status,
  }) as Service
type Endpoints = NonNullable<EndpointSlice['endpoints']>
const slice = (...endpoints: Endpoints): EndpointSlice =>
  ({
    metadata: { name: 'web-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints,
  }) as unknown as EndpointSlice
const at = (address: string, more: Partial<Endpoints[number]> = {}): Endpoints[number] => ({
  addresses: [address],
  conditions: { ready: true },
  nodeName: 'n1',
  ...more,
})

/** What a first sync sends after the base table. */
const rules = (of: Service, ...slices: EndpointSlice[]) =>
  difference(emptyState, desiredState(proxyPorts(of, slices, node, 'IPv4'), options), 'IPv4').update

test('a cluster IP with two endpoints', () => {
  expect(rules(service(), slice(at('10.244.0.2'), at('10.244.1.3', { nodeName: 'n2' })))).toMatchInlineSnapshot(`
    "add chain ip kube-proxy service-R3CJTLZR-shop/web/tcp/http
    add chain ip kube-proxy endpoint-R3CJTLZR-shop/web/tcp/http__10.244.0.2/8080
    add chain ip kube-proxy endpoint-R3CJTLZR-shop/web/tcp/http__10.244.1.3/8080
    add rule ip kube-proxy service-R3CJTLZR-shop/web/tcp/http ip daddr 10.96.0.5 tcp dport 80 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
    add rule ip kube-proxy service-R3CJTLZR-shop/web/tcp/http numgen random mod 2 vmap { 0 : goto endpoint-R3CJTLZR-shop/web/tcp/http__10.244.0.2/8080, 1 : goto endpoint-R3CJTLZR-shop/web/tcp/http__10.244.1.3/8080 }
    add rule ip kube-proxy endpoint-R3CJTLZR-shop/web/tcp/http__10.244.0.2/8080 ip saddr 10.244.0.2 jump mark-for-masquerade
    add rule ip kube-proxy endpoint-R3CJTLZR-shop/web/tcp/http__10.244.0.2/8080 meta l4proto tcp dnat to 10.244.0.2:8080
    add rule ip kube-proxy endpoint-R3CJTLZR-shop/web/tcp/http__10.244.1.3/8080 ip saddr 10.244.1.3 jump mark-for-masquerade
    add rule ip kube-proxy endpoint-R3CJTLZR-shop/web/tcp/http__10.244.1.3/8080 meta l4proto tcp dnat to 10.244.1.3:8080
    add element ip kube-proxy cluster-ips { 10.96.0.5 }
    add element ip kube-proxy nodeport-ips { 192.0.2.2 }
    add element ip kube-proxy service-ips { 10.96.0.5 . tcp . 80 comment "shop/web:http" : goto service-R3CJTLZR-shop/web/tcp/http }
    "
  `)
})

test('a service without endpoints is refused, in every address it has', () => {
  const text = rules(
    service({
      type: 'NodePort',
      externalIPs: ['198.51.100.9'],
      ports: [{ name: 'http', port: 80, nodePort: 30080, protocol: 'TCP' }],
    } as never),
  )
  expect(text).toContain('no-endpoint-services { 10.96.0.5 . tcp . 80 comment "shop/web:http" : goto reject-chain }')
  expect(text).toContain('no-endpoint-services { 198.51.100.9 . tcp . 80 comment "shop/web:http" : goto reject-chain }')
  expect(text).toContain('no-endpoint-nodeports { tcp . 30080 comment "shop/web:http" : goto reject-chain }')
  expect(text).not.toContain('service-ips')
})

test('node ports, external IPs and load balancer IPs go by the external chain and are masqueraded', () => {
  const text = rules(
    service(
      {
        type: 'LoadBalancer',
        externalIPs: ['198.51.100.9'],
        loadBalancerSourceRanges: ['203.0.113.0/24'],
        ports: [{ name: 'http', port: 80, nodePort: 30080, protocol: 'TCP' }],
      } as never,
      {
        loadBalancer: { ingress: [{ ip: '198.51.100.10' }, { ip: '198.51.100.11', ipMode: 'Proxy' }] },
      } as never,
    ),
    slice(at('10.244.0.2')),
  )
  expect(text).toMatch(/service-ips \{ 198\.51\.100\.9 \. tcp \. 80 .* : goto external-/)
  expect(text).toMatch(/service-ips \{ 198\.51\.100\.10 \. tcp \. 80 .* : goto external-/)
  expect(text).not.toContain('198.51.100.11')
  expect(text).toMatch(/service-nodeports \{ tcp \. 30080 .* : goto external-/)
  expect(text).toMatch(/external-\S+ jump mark-for-masquerade\n/)
  expect(text).toMatch(/firewall-\S+ ip saddr != \{ 203\.0\.113\.0\/24 \} drop/)
  expect(text).toContain('nodeport-ips { 192.0.2.2 }')
})

test('externalTrafficPolicy Local: own endpoints for outsiders, all for pods and the node; dropped when there are none here', () => {
  const local = service({
    type: 'NodePort',
    externalTrafficPolicy: 'Local',
    ports: [{ name: 'http', port: 80, nodePort: 30080, protocol: 'TCP' }],
  } as never)
  const text = rules(local, slice(at('10.244.0.2'), at('10.244.1.3', { nodeName: 'n2' })))
  expect(text).toMatch(/external-\S+ ip saddr 10\.244\.0\.0\/16 goto service-/)
  expect(text).toMatch(/external-\S+ goto local-/)
  expect(text).toMatch(/local-\S+ numgen random mod 1 vmap \{ 0 : goto endpoint-\S+10\.244\.0\.2\/8080 \}/)
  expect(rules(local, slice(at('10.244.1.3', { nodeName: 'n2' })))).toContain(
    'no-endpoint-nodeports { tcp . 30080 comment "shop/web:http" : drop }',
  )
})

test('internalTrafficPolicy Local without an endpoint here drops', () => {
  expect(rules(service({ internalTrafficPolicy: 'Local' }), slice(at('10.244.1.3', { nodeName: 'n2' })))).toContain(
    'no-endpoint-services { 10.96.0.5 . tcp . 80 comment "shop/web:http" : drop }',
  )
})

test('session affinity remembers the client in a set for each endpoint', () => {
  const text = rules(
    service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }),
    slice(at('10.244.0.2')),
  )
  expect(text).toMatch(/add set ip kube-proxy affinity-\S+\/60s \{ type ipv4_addr; flags dynamic,timeout; timeout 60s; \}/)
  expect(text).toMatch(/service-\S+ ip saddr @affinity-\S+ goto endpoint-/)
  expect(text).toMatch(/endpoint-\S+ update @affinity-\S+ \{ ip saddr \}/)
})

describe('choosing endpoints', () => {
  const chosen = (of: Service, ...endpoints: Endpoints) =>
    proxyPorts(of, [slice(...endpoints)], node, 'IPv4')[0]!.cluster.map((e) => e.address)
  const hint = (zone: string) => ({ hints: { forZones: [{ name: zone }] } })
  test.each([
    ['unready ones are left out', [at('1.0.0.1'), at('1.0.0.2', { conditions: { ready: false } })], ['1.0.0.1']],
    [
      'terminating ones serve when nothing is ready',
      [
        at('1.0.0.1', { conditions: { ready: false, serving: true, terminating: true } }),
        at('1.0.0.2', { conditions: { ready: false, serving: false, terminating: true } }),
      ],
      ['1.0.0.1'],
    ],
    [
      'terminating ones are left out while one is ready',
      [at('1.0.0.1', { conditions: { ready: false, serving: true, terminating: true } }), at('1.0.0.2')],
      ['1.0.0.2'],
    ],
    ['hints keep traffic in the zone', [at('1.0.0.1', hint('east')), at('1.0.0.2', hint('west'))], ['1.0.0.1']],
    ['one without a hint makes hints void', [at('1.0.0.1', hint('east')), at('1.0.0.2')], ['1.0.0.1', '1.0.0.2']],
    ['hints for other zones only are void', [at('1.0.0.1', hint('west'))], ['1.0.0.1']],
    [
      'hints keep traffic on the node',
      [at('1.0.0.1', { hints: { forNodes: [{ name: 'n1' }] } }), at('1.0.0.2', { hints: { forNodes: [{ name: 'n2' }] } })],
      ['1.0.0.1'],
    ],
    ['an endpoint in two slices counts once', [at('1.0.0.1'), at('1.0.0.1')], ['1.0.0.1']],
  ] as [string, Endpoints, string[]][])('%s', (_, endpoints, expected) => expect(chosen(service(), ...endpoints)).toEqual(expected))
})

test.each([
  ['headless', { clusterIP: 'None' }, false],
  ['external name', { type: 'ExternalName', clusterIP: '' }, false],
  ['cluster IP', {}, true],
])('a %s service is proxied: %s', (_, spec, expected) => expect(isProxied(service(spec as never))).toBe(expected))

test('slices of headless services are not for proxies', () => {
  expect(
    sliceService({
      metadata: { namespace: 'a', labels: { 'kubernetes.io/service-name': 's', 'service.kubernetes.io/headless': '' } },
    } as never),
  ).toBeUndefined()
})

describe('what is sent to the kernel', () => {
  const ports = (...endpoints: Endpoints) => proxyPorts(service(), [slice(...endpoints)], node, 'IPv4')

  test('the base table once, then only what changed, and unused chains go in a second step', async () => {
    const sent: string[] = []
    const backend = createNftablesBackend(options, async (script) => void sent.push(script))
    await backend.sync(ports(at('10.244.0.2'), at('10.244.0.3')))
    expect(sent).toHaveLength(1)
    expect(sent[0]).toContain('delete table ip kube-proxy')
    await backend.sync(ports(at('10.244.0.2'), at('10.244.0.3')))
    expect(sent).toHaveLength(1)
    await backend.sync(ports(at('10.244.0.2')))
    expect(sent).toHaveLength(3)
    expect(sent[1]!.split('\n').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'flush chain',
      'add rule',
      'add rule',
      'flush chain',
      '',
    ])
    expect(sent[2]).toMatch(/^delete chain ip kube-proxy endpoint-\S+10\.244\.0\.3\/8080\n$/)
  })

  test('after a failure everything is written anew', async () => {
    const sent: string[] = []
    let fails = false
    const backend = createNftablesBackend(options, async (script) => {
      sent.push(script)
      if (fails) throw new Error('nft: no')
    })
    await backend.sync(ports(at('10.244.0.2')))
    fails = true
    await expect(backend.sync(ports(at('10.244.0.3')))).rejects.toThrow('nft: no')
    fails = false
    await backend.sync(ports(at('10.244.0.3')))
    expect(sent.at(-1)).toContain('delete table ip kube-proxy')
    expect(sent.at(-1)).not.toContain('10.244.0.2')
  })
})

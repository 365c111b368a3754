/** Ranges of service addresses, and when they may go. */
import { expect, test } from 'vitest'
import type { ServiceCIDR } from '../api/types/networking-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const resource = 'servicecidrs.networking.k8s.io'
const range = (name: string, ...cidrs: string[]) => cluster.client.create(resource, { metadata: { name }, spec: { cidrs } })
const address = (name: string) => cluster.client.create('ipaddresses.networking.k8s.io', { metadata: { name }, spec: {} } as never)
const ranges = () => cluster.transport.objects<ServiceCIDR>('/apis/networking.k8s.io/v1/servicecidrs')
const names = () => ranges().map((r) => r.metadata.name)

test('a range is kept and called ready', async () => {
  const { settle } = await setUp(['service-cidr'])
  await range('r', '10.0.0.0/24')
  await settle()
  expect(ranges()).toMatchObject([
    {
      metadata: { finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
      status: { conditions: [{ type: 'Ready', status: 'True', message: 'Kubernetes Service CIDR is ready' }] },
    },
  ])
})

test.each<[string, string[], [string, ...string[]][], string[], goes: boolean]>([
  ['without addresses goes', ['10.0.0.0/24'], [], [], true],
  ['with an address of its own stays', ['10.0.0.0/24'], [], ['10.0.0.5'], false],
  ['goes when the address is in another, larger one', ['10.0.0.0/24'], [['o', '10.0.0.0/16']], ['10.0.0.5'], true],
  ['goes when the address is in another, smaller one', ['10.0.0.0/24'], [['o', '10.0.0.0/28']], ['10.0.0.5'], true],
  ['stays when one address of two is in no other', ['10.0.0.0/24'], [['o', '10.0.0.0/28']], ['10.0.0.5', '10.0.0.77'], false],
  ['goes when addresses are elsewhere', ['10.0.0.0/24'], [], ['10.0.1.5', '10.96.0.1'], true],
  ['of two families stays for one of them', ['10.0.0.0/24', 'fd00::/112'], [], ['fd00::5'], false],
  ['of IPv6 goes when the address is in another', ['fd00::/112'], [['o', 'fd00::/108']], ['fd00::5'], true],
])('a range that is deleted: %s', async (_name, cidrs, others, addresses, goes) => {
  const { client, settle, pass } = await setUp(['service-cidr'])
  await range('r', ...cidrs)
  for (const [name, ...more] of others) await range(name, ...more)
  for (const one of addresses) await address(one)
  await settle()
  await client.delete(resource, { name: 'r' })
  await pass(9)
  expect(names()).toContain('r') // other servers may still give addresses of it
  await pass(2)
  expect(names().includes('r')).toBe(!goes)
  if (goes) return
  expect(ranges().find((r) => r.metadata.name === 'r')?.status?.conditions).toMatchObject([
    {
      type: 'Ready',
      status: 'False',
      reason: 'Terminating',
      message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
    },
  ])
  for (const one of addresses) await client.delete('ipaddresses.networking.k8s.io', { name: one })
  await settle()
  expect(names()).not.toContain('r')
})

test('a new range that holds the address lets the old one go; one that is being deleted itself does not', async () => {
  const { client, settle, pass } = await setUp(['service-cidr'])
  for (const name of ['r', 's']) await range(name, '10.0.0.0/24')
  await address('10.0.0.5')
  await settle()
  for (const name of ['s', 'r']) {
    await client.delete(resource, { name })
    await pass(11)
  }
  expect(names()).toEqual(['r'])
  await range('new', '10.0.0.0/16')
  await settle()
  expect(names()).toEqual(['new'])
})

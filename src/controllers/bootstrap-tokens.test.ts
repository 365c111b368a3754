/** Bootstrap tokens: which sign cluster-info, and when they go. */
import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { Secret } from '../api/types/core-v1.ts'
import { detachedSignature } from './bootstrap-tokens.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const base64 = (text: string) => Buffer.from(text).toString('base64')
const info = { namespace: 'kube-public', name: 'cluster-info' }
const token = (fields: Record<string, string> = {}, { name = 'bootstrap-token-abcdef', type = 'bootstrap.kubernetes.io/token' } = {}) =>
  cluster.client.create('secrets', {
    metadata: { namespace: 'kube-system', name },
    type,
    data: Object.fromEntries(
      Object.entries({ 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true', ...fields }).map(
        ([k, v]) => [k, base64(v)],
      ),
    ),
  })
const tokens = () => cluster.transport.objects<Secret>('/api/v1/secrets').map((s) => s.metadata.name)
const inSeconds = (seconds: number) => formatTime(cluster.clock.now() + seconds * 1000)
const signatures = async () =>
  Object.keys((await cluster.client.get('configmaps', info)).data ?? {}).filter((key) => key.startsWith('jws-kubeconfig-'))

test('a signature is a JWS whose payload is left out (RFC 7515, appendix F)', () => {
  const [head, payload, mac] = detachedSignature('K', 'abcdef', '0123456789abcdef').split('.') as [string, string, string]
  expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({ alg: 'HS256', kid: 'abcdef' })
  expect(payload).toBe('')
  expect(
    createHmac('sha256', '0123456789abcdef')
      .update(`${head}.${Buffer.from('K').toString('base64url')}`)
      .digest('base64url'),
  ).toBe(mac)
})

test.each<[string, () => Promise<unknown>, string[]]>([
  ['signs', () => token(), ['jws-kubeconfig-abcdef']],
  ['that has not ended signs', () => token({ expiration: inSeconds(60) }), ['jws-kubeconfig-abcdef']],
  ['that has ended does not', () => token({ expiration: inSeconds(-60) }), []],
  ['whose end cannot be read does not', () => token({ expiration: 'tomorrow' }), []],
  ['that is not for signing does not', () => token({ 'usage-bootstrap-signing': 'false' }), []],
  ['of another type does not', () => token({}, { type: 'Opaque' }), []],
  ['whose name is not its id’s does not', () => token({}, { name: 'bootstrap-token-other1' }), []],
  ['with a malformed secret does not', () => token({ 'token-secret': 'SHORT' }), []],
])('a token %s', async (_name, make, expected) => {
  const { client, settle } = await setUp(['bootstrap-signer'])
  await client.create('configmaps', { metadata: info, data: { kubeconfig: 'K' } })
  await make()
  await settle()
  expect(await signatures()).toEqual(expected)
})

test('signatures follow the configuration and the tokens', async () => {
  const { client, settle } = await setUp(['bootstrap-signer'])
  await token()
  await client.create('configmaps', { metadata: info, data: { other: 'x' } })
  await settle()
  expect(await signatures()).toEqual([])
  await client.patch('configmaps', info, { data: { kubeconfig: 'L' } })
  await settle()
  expect((await client.get('configmaps', info)).data).toEqual({
    other: 'x',
    kubeconfig: 'L',
    'jws-kubeconfig-abcdef': detachedSignature('L', 'abcdef', '0123456789abcdef'),
  })
  await client.delete('secrets', { namespace: 'kube-system', name: 'bootstrap-token-abcdef' })
  await settle()
  expect(await signatures()).toEqual([])
})

test.each<[string, () => Promise<unknown>, goesAfter: number | undefined]>([
  ['without an end', () => token(), undefined],
  ['with an end', () => token({ expiration: inSeconds(60) }), 60],
  ['that has ended', () => token({ expiration: inSeconds(-1) }), 0],
  ['whose end cannot be read', () => token({ expiration: 'tomorrow' }), 0],
  ['of another type', () => token({ expiration: inSeconds(-1) }, { type: 'Opaque' }), undefined],
])('the cleaner and a token %s', async (_name, make, goesAfter) => {
  const { settle, pass } = await setUp(['token-cleaner'])
  await make()
  await settle()
  if (goesAfter) {
    await pass(goesAfter - 1)
    expect(tokens()).toHaveLength(1)
    await pass(1)
  } else if (goesAfter === undefined) await pass(3600)
  expect(tokens()).toHaveLength(goesAfter === undefined ? 1 : 0)
})

test('a token whose end is put off goes later', async () => {
  const { client, settle, pass } = await setUp(['token-cleaner'])
  await token({ expiration: inSeconds(60) })
  await settle()
  await pass(30)
  await client.patch(
    'secrets',
    { namespace: 'kube-system', name: 'bootstrap-token-abcdef' },
    { data: { expiration: base64(inSeconds(60)) } },
  )
  await pass(59)
  expect(tokens()).toHaveLength(1)
  await pass(1)
  expect(tokens()).toEqual([])
})

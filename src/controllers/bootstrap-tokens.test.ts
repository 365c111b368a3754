/** Bootstrap tokens. */

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

test('bootstrap tokens sign cluster-info until they expire', async () => {
  const { client, settle, pass, transport } = await setUp(['bootstrap-signer', 'token-cleaner'])
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  await client.create('configmaps', { metadata: { namespace: 'kube-public', name: 'cluster-info' }, data: { kubeconfig: 'K' } })
  const expiration = formatTime(cluster.clock.now() + 60_000)
  const fields = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true', expiration }
  await client.create('secrets', {
    metadata: { namespace: 'kube-system', name: 'bootstrap-token-abcdef' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, base64(v)])),
  })
  await settle()
  const info = () => client.get('configmaps', { namespace: 'kube-public', name: 'cluster-info' })
  expect((await info()).data?.['jws-kubeconfig-abcdef']).toBe(detachedSignature('K', 'abcdef', '0123456789abcdef'))
  const [head, , mac] = detachedSignature('K', 'abcdef', '0123456789abcdef').split('.') as [string, string, string]
  expect(
    createHmac('sha256', '0123456789abcdef')
      .update(`${head}.${Buffer.from('K').toString('base64url')}`)
      .digest('base64url'),
  ).toBe(mac)
  await pass(62)
  expect(transport.objects<Secret>('/api/v1/secrets')).toEqual([])
  expect(Object.keys((await info()).data ?? {})).toEqual(['kubeconfig'])
})

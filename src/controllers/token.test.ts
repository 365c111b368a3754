/** Token secrets. */

import { generateKeyPairSync, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { testClusters } from './test-cluster.ts'

const setUp = testClusters({ kubelet: 'none' })
const at = (name: string) => ({ namespace: 'default', name })

test('a token secret is filled with a token that verifies, and goes with its account', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { client, settle, transport } = await setUp(['serviceaccount-token'], {
    options: { serviceAccountPrivateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, rootCa: 'CA' },
  })
  await client.create('serviceaccounts', { metadata: at('bot') })
  await client.create('secrets', {
    metadata: { ...at('s'), annotations: { 'kubernetes.io/service-account.name': 'bot' } },
    type: 'kubernetes.io/service-account-token',
  })
  await settle()
  const { data = {} } = await client.get('secrets', at('s'))
  const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString()
  const [header, claims, signature] = text('token').split('.') as [string, string, string]
  expect(
    verify(
      'sha256',
      Buffer.from(`${header}.${claims}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    ),
  ).toBe(true)
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
    sub: 'system:serviceaccount:default:bot',
    'kubernetes.io/serviceaccount/secret.name': 's',
  })
  expect([text('namespace'), text('ca.crt')]).toEqual(['default', 'CA'])
  await client.delete('serviceaccounts', at('bot'))
  await settle()
  expect(transport.objects('/api/v1/secrets')).toEqual([])
})

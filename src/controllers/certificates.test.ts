/** What becomes of certificate signing requests. */

import { execFileSync } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import { createCertificateAuthority } from '../pki/index.ts'
import { signers } from './options.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})

const csr = (folder: string, subject: string) => {
  execFileSync(
    'openssl',
    [
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      join(folder, 'key'),
      '-out',
      join(folder, 'csr'),
      '-subj',
      subject,
    ],
    { stdio: 'ignore' },
  )
  return readFileSync(join(folder, 'csr')).toString('base64')
}

test.each([
  ['kubernetes.io/kube-apiserver-client', '/O=team/CN=jane', ['client auth'], 'jane'],
  [
    'kubernetes.io/kube-apiserver-client-kubelet',
    '/O=system:nodes/CN=system:node:a',
    ['digital signature', 'client auth'],
    'system:node:a',
  ],
  ['kubernetes.io/kube-apiserver-client-kubelet', '/O=other/CN=system:node:a', ['digital signature', 'client auth'], undefined],
  ['kubernetes.io/kubelet-serving', '/O=system:nodes/CN=system:node:a', ['digital signature', 'server auth'], undefined],
  ['example.com/other', '/CN=jane', ['client auth'], ''],
])('%s signs %s for %j: %s', async (signerName, subject, usages, commonName) => {
  const folder = mkdtempSync(join(tmpdir(), 'kijabi-csr-'))
  const authority = createCertificateAuthority('ca')
  const { client, settle, pass } = await setUp(['certificatesigningrequest-signing', 'certificatesigningrequest-cleaner'], {
    options: { clusterSigning: Object.fromEntries(Object.values(signers).map((signer) => [signer, authority])) },
  })
  const request = csr(folder, subject)
  rmSync(folder, { recursive: true })
  const made = await client.create('certificatesigningrequests.certificates.k8s.io', {
    metadata: { name: 'r' },
    spec: { request, signerName, usages, expirationSeconds: 3600 },
  } as never)
  await settle()
  expect((await client.get('certificatesigningrequests.certificates.k8s.io', { name: 'r' })).status.certificate).toBeUndefined()
  const now = formatTime(cluster.clock.now())
  await client.updateStatus('certificatesigningrequests.certificates.k8s.io', {
    ...made,
    status: { conditions: [{ type: 'Approved', status: 'True', lastUpdateTime: now }] },
  } as never)
  await settle()
  const { status } = await client.get('certificatesigningrequests.certificates.k8s.io', { name: 'r' })
  if (commonName) {
    const certificate = new X509Certificate(Buffer.from(status.certificate as string, 'base64'))
    expect(certificate.subject).toContain(`CN=${commonName}`)
    expect(certificate.verify(createPublicKey(authority.certificate))).toBe(true)
    expect(Date.parse(certificate.validTo) - cluster.clock.now()).toBe(3600_000)
  } else expect([status.certificate, status.conditions?.some((c) => c.type === 'Failed')]).toEqual([undefined, commonName === undefined])
  await pass(3602)
  if (commonName) expect(cluster.transport.objects('/apis/certificates.k8s.io/v1/certificatesigningrequests')).toEqual([])
})

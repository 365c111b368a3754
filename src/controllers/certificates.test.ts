/** Which certificate signing requests are approved, signed and removed. */
import { execFileSync } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { CertificateSigningRequest } from '../api/types/certificates-v1.ts'
import { createCertificateAuthority, issueCertificate } from '../pki/index.ts'
import { signers } from './options.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const resource = 'certificatesigningrequests.certificates.k8s.io'
const folder = mkdtempSync(join(tmpdir(), 'kijabi-csr-'))
afterAll(() => rmSync(folder, { recursive: true }))
const key = join(folder, 'key')
execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key])

const requests = new Map<string, string>()
function requestFor(subject: string, names = ''): string {
  const made = requests.get(subject + names)
  if (made) return made
  const out = join(folder, 'csr')
  const extension = names ? ['-addext', `subjectAltName=${names}`] : []
  execFileSync('openssl', ['req', '-new', '-key', key, '-out', out, '-subj', subject, ...extension])
  const request = readFileSync(out).toString('base64')
  requests.set(subject + names, request)
  return request
}
const node = '/O=system:nodes/CN=system:node:a'
const client = ['digital signature', 'client auth']
const serving = ['digital signature', 'server auth']
const authority = createCertificateAuthority('ca')
const everySigner = { clusterSigning: Object.fromEntries(Object.values(signers).map((signer) => [signer, authority])) }

const create = (spec: object) => cluster.client.create(resource, { metadata: { name: 'r' }, spec } as never)
const get = () => cluster.client.get(resource, { name: 'r' })
const decide = async (type: 'Approved' | 'Denied' | 'Failed', more: object = {}) => {
  const now = formatTime(cluster.clock.now())
  await cluster.client.updateStatus(resource, {
    ...(await get()),
    status: { conditions: [{ type, status: 'True', lastUpdateTime: now }], ...more },
  } as never)
  await cluster.settle()
}
const certificateOf = ({ status }: CertificateSigningRequest) => new X509Certificate(Buffer.from(status.certificate as string, 'base64'))

test.each<[signer: keyof typeof signers, subject: string, names: string | undefined, usages: string[], refused?: string]>([
  ['kube-apiserver-client', '/O=team/CN=jane', undefined, ['client auth']],
  ['kube-apiserver-client', '/CN=jane', undefined, [...client, 'key encipherment']],
  ['kube-apiserver-client', '/CN=jane', undefined, serving, 'invalid usages for client certificate, must include "client auth"'],
  ['kubelet-client', node, undefined, client],
  ['kubelet-client', node, undefined, [...client, 'key encipherment']],
  ['kubelet-client', '/O=other/CN=system:node:a', undefined, client, 'subject organization is not system:nodes'],
  ['kubelet-client', '/O=system:nodes/O=other/CN=system:node:a', undefined, client, 'subject organization is not system:nodes'],
  ['kubelet-client', '/O=system:nodes/CN=a', undefined, client, 'subject common name does not begin with system:node: '],
  ['kubelet-client', node, 'DNS:a', client, 'DNS subjectAltNames are not allowed'],
  ['kubelet-client', node, 'IP:10.0.0.1', client, 'IP subjectAltNames are not allowed'],
  ['kubelet-client', node, 'email:a@b.c', client, 'Email subjectAltNames are not allowed'],
  ['kubelet-client', node, 'URI:spiffe://a', client, 'URI subjectAltNames are not allowed'],
  ['kubelet-client', node, undefined, ['client auth'], 'usages did not match [client auth digital signature key encipherment]'],
  ['kubelet-serving', node, 'DNS:a,IP:10.0.0.1', serving],
  ['kubelet-serving', node, undefined, serving, 'DNS or IP subjectAltName is required'],
  ['kubelet-serving', node, 'DNS:a,email:a@b.c', serving, 'Email subjectAltNames are not allowed'],
  ['kubelet-serving', node, 'DNS:a,URI:spiffe://a', serving, 'URI subjectAltNames are not allowed'],
  ['kubelet-serving', node, 'DNS:a', client, 'usages did not match [digital signature key encipherment server auth]'],
  ['kubelet-serving', '/O=other/CN=system:node:a', 'DNS:a', serving, 'subject organization is not system:nodes'],
  ['legacy-unknown', '/CN=anything', 'DNS:a', ['server auth', 'client auth']],
])('%s signs %s with names %s for %j, or says why not', async (signer, subject, names, usages, refused) => {
  const { settle } = await setUp(['certificatesigningrequest-signing'], { options: everySigner })
  await create({ request: requestFor(subject, names), signerName: signers[signer], usages })
  await settle()
  expect((await get()).status.certificate).toBeUndefined()
  await decide('Approved')
  const csr = await get()
  const failed = csr.status.conditions?.find((c) => c.type === 'Failed')
  expect([failed?.reason, failed?.message]).toEqual(refused ? ['SignerValidationFailure', refused] : [undefined, undefined])
  if (refused) return expect(csr.status.certificate).toBeUndefined()
  const certificate = certificateOf(csr)
  expect(certificate.subject.split('\n').sort()).toEqual(subject.slice(1).split('/').sort())
  expect(certificate.subjectAltName?.replaceAll(' Address', '').replaceAll(' ', '')).toBe(names)
  expect(certificate.verify(createPublicKey(authority.certificate))).toBe(true)
})

test.each([
  ['what was denied', { signerName: signers['kube-apiserver-client'] }, 'Denied', everySigner],
  ['what another signs', { signerName: 'example.com/other' }, 'Approved', everySigner],
  [
    'what no authority was given for',
    { signerName: signers['kube-apiserver-client'] },
    'Approved',
    { clusterSigning: { [signers['kubelet-serving']]: authority } },
  ],
] as const)('%s is not signed', async (_name, spec, decision, options) => {
  await setUp(['certificatesigningrequest-signing'], { options })
  await create({ request: requestFor('/CN=jane'), usages: ['client auth'], ...spec })
  await decide(decision)
  const { status } = await get()
  expect([status.certificate, status.conditions?.length]).toEqual([undefined, 1])
})

const minute = 60
const hour = 60 * minute
test.each([
  ['as long as is asked', hour, 365 * 24 * hour, hour],
  ['ten minutes at least', 1, 365 * 24 * hour, 10 * minute],
  ['no longer than --cluster-signing-duration', 365 * 24 * hour, 48 * hour, 48 * hour - 5 * minute],
  ['--cluster-signing-duration when nothing is asked', undefined, 24 * hour, 24 * hour - 5 * minute],
])('a certificate lasts %s', async (_name, expirationSeconds, duration, seconds) => {
  const { clock } = await setUp(['certificatesigningrequest-signing'], {
    options: { ...everySigner, clusterSigningDurationMs: duration * 1000 },
  })
  await create({
    request: requestFor('/CN=jane'),
    signerName: signers['kube-apiserver-client'],
    usages: ['client auth'],
    ...(expirationSeconds ? { expirationSeconds } : {}),
  })
  await decide('Approved')
  const { validFrom, validTo } = certificateOf(await get())
  expect([Date.parse(validFrom) - clock.now(), Date.parse(validTo) - clock.now()]).toEqual([-5 * minute * 1000, seconds * 1000])
})

/** Who asks, what he may create (as SubjectAccessReview says), and by which rule he is approved. */
test.each<
  [string, { username?: string; subject?: string; usages?: string[]; signerName?: string }, may: string[], approved: string | undefined]
>([
  ['a node asks for itself', {}, ['selfnodeclient'], 'Auto approving self kubelet client certificate after SubjectAccessReview.'],
  [
    'a bootstrapper asks for a node',
    { username: 'system:bootstrap:abcdef' },
    ['nodeclient'],
    'Auto approving kubelet client certificate after SubjectAccessReview.',
  ],
  ['a node that may as anybody', {}, ['nodeclient'], 'Auto approving kubelet client certificate after SubjectAccessReview.'],
  ['nobody may', {}, [], undefined],
  ['a bootstrapper may for itself only', { username: 'system:bootstrap:abcdef' }, ['selfnodeclient'], undefined],
  ['for another signer', { signerName: signers['kube-apiserver-client'] }, ['selfnodeclient', 'nodeclient'], undefined],
  ['not a node', { subject: '/O=team/CN=jane' }, ['selfnodeclient', 'nodeclient'], undefined],
  ['other usages', { usages: serving }, ['selfnodeclient', 'nodeclient'], undefined],
])(
  'approval: %s',
  async (_name, { username = 'system:node:a', subject = node, usages = client, signerName = signers['kubelet-client'] }, may, approved) => {
    const { settle, transport } = await setUp(['certificatesigningrequest-approving'])
    transport.intercept = ({ method, path, body }) => {
      if (method !== 'POST' || !path.endsWith('/subjectaccessreviews')) return
      const { spec } = body as { spec: { user: string; resourceAttributes: { subresource: string } } }
      // What the API server says.
      Object.assign(body as object, { status: { allowed: spec.user === username && may.includes(spec.resourceAttributes.subresource) } })
    }
    await create({ request: requestFor(subject), signerName, usages, username })
    await settle()
    const { conditions } = (await get()).status
    expect(conditions?.map((c) => [c.type, c.reason, c.message])).toEqual(approved ? [['Approved', 'AutoApproved', approved]] : undefined)
  },
)

test.each<[string, () => Promise<unknown>, seconds: number | undefined]>([
  ['was approved and waits for its signer', () => decide('Approved'), undefined],
  ['nobody decided on', async () => {}, 24 * hour],
  ['was denied', () => decide('Denied'), hour],
  ['failed', () => decide('Failed'), hour],
  ['was signed', () => decide('Approved', { certificate: signed(7) }), hour],
  ['was signed for less', () => decide('Approved', { certificate: signed(1 / 48) }), hour / 2],
])('a request that %s is removed in time', async (_name, happens, seconds) => {
  const { settle, clock, transport } = await setUp(['certificatesigningrequest-cleaner'])
  const there = () => transport.objects('/apis/certificates.k8s.io/v1/certificatesigningrequests').length
  await create({ request: requestFor('/CN=jane'), signerName: signers['kube-apiserver-client'], usages: ['client auth'] })
  await happens()
  clock.advance(((seconds ?? 48 * hour) - 1) * 1000)
  await settle()
  expect(there()).toBe(1)
  if (seconds === undefined) return
  clock.advance(2000)
  await settle()
  expect(there()).toBe(0)
})
/** A certificate that ends so many days after the clock's now. */
function signed(days: number): string {
  const { certificate } = issueCertificate(createCertificateAuthority('ca', { now: new Date(cluster.clock.now()) }), {
    commonName: 'jane',
    notBefore: new Date(cluster.clock.now()),
    days,
  })
  return Buffer.from(certificate).toString('base64')
}

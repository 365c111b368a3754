import { describe, expect, test } from 'vitest'
import type { Authorizer } from '../request.ts'
import { createCertificateApproval, createCertificateSigning, createCertificateSubjectRestriction } from './certificates.ts'
import { createNodeRestriction } from './node-restriction.ts'
import { objectsOf, review } from './testing.ts'

/** Who may use these: `verb signer`. */
const granting = (...granted: string[]): Authorizer => ({
  authorize: ({ verb, name, resource, apiGroup }) => ({
    decision: apiGroup === 'certificates.k8s.io' && resource === 'signers' && granted.includes(`${verb} ${name}`) ? 'allow' : 'no-opinion',
    reason: '',
  }),
})
const pem = (base64: string) =>
  Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`).toString('base64')
/** O=system:masters, CN=joe. */
const ofMasters = pem(
  'MIHjMIGJAgEAMCcxFzAVBgNVBAoMDnN5c3RlbTptYXN0ZXJzMQwwCgYDVQQDDANqb2UwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASPyMAk6yR03D9+CiEebXGp+oMmGp2udhOZDM1OmJJCiSqN3WNXPcMzchHcX1/OiPXXahzD9WIbLReiuqUSeN0joAAwCgYIKoZIzj0EAwIDSQAwRgIhAK8MQKCUT1BOrnVClcODOTXfvWa8WztyAE9K74l6/xO0AiEArrZOxfe6Pxt+bCaH5avOyx6yZhK/g2Nz/FdBqTKoLWQ=',
)
/** O=system:nodes, CN=system:node:mine. */
const ofNode = pem(
  'MIHuMIGUAgEAMDIxFTATBgNVBAoMDHN5c3RlbTpub2RlczEZMBcGA1UEAwwQc3lzdGVtOm5vZGU6bWluZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI/IwCTrJHTcP34KIR5tcan6gyYana52E5kMzU6YkkKJKo3dY1c9wzNyEdxfX86I9ddqHMP1YhstF6K6pRJ43SOgADAKBggqhkjOPQQDAgNJADBGAiEA0bZrt7zN7QNcbRcKZd3ywl1pkqe6agV8nhzwlCLx9KsCIQDZ+Aa5Z7JNjQ3mMDLIMRYiCrri7eDoBFWY2MIDQI7zRQ==',
)
const csr = (signerName: string, status: object = {}, request = ofNode) => ({
  metadata: { name: 'c' },
  spec: { signerName, request },
  status,
})
const resource = 'certificatesigningrequests'
const no = (why: string) => `403 ${resource} "c" is forbidden: ${why}`

test.each<[string, readonly string[], string]>([
  ['the signer', ['approve x.com/y'], 'allowed'],
  ['all of its domain', ['approve x.com/*'], 'allowed'],
  ['another signer', ['approve x.com/z', 'sign x.com/y'], no('user not permitted to approve requests with signerName "x.com/y"')],
])('approval by who may approve for %s', async (_name, granted, answer) => {
  const write = { resource: `${resource}/approval`, object: csr('x.com/y'), old: csr('x.com/y') }
  expect((await review(createCertificateApproval(granting(...granted)), write)).answer).toBe(answer)
})

describe('signing', () => {
  const refused = no('user not permitted to sign requests with signerName "x.com/y"')
  test.each<[string, readonly string[], object, string]>([
    ['by who may', ['sign x.com/y'], { certificate: 'x' }, 'allowed'],
    ['by who may for the domain', ['sign x.com/*'], { certificate: 'x' }, 'allowed'],
    ['by who may approve', ['approve x.com/y'], { certificate: 'x' }, refused],
    ['said to have failed', [], { conditions: [{ type: 'Failed' }] }, refused],
    ['not at all', [], {}, 'allowed'],
  ])('%s', async (_name, granted, status, answer) => {
    const write = { resource: `${resource}/status`, object: csr('x.com/y', status), old: csr('x.com/y') }
    expect((await review(createCertificateSigning(granting(...granted)), write)).answer).toBe(answer)
  })
})

const client = 'kubernetes.io/kube-apiserver-client'
test.each<[string, string, string, string]>([
  ['a master of the cluster’s clients', client, ofMasters, no(`use of ${client} signer with system:masters group is not allowed`)],
  ['another of them', client, ofNode, 'allowed'],
  ['a master of another signer', 'x.com/y', ofMasters, 'allowed'],
])('%s', async (_name, signer, request, answer) => {
  expect((await review(createCertificateSubjectRestriction(), { resource, object: csr(signer, {}, request) })).answer).toBe(answer)
})

const kubelet = 'kubernetes.io/kube-apiserver-client-kubelet'
test.each<[string, string, string, string, string]>([
  ['for itself', 'mine', kubelet, ofNode, 'allowed'],
  ['for its server', 'mine', 'kubernetes.io/kubelet-serving', ofNode, 'allowed'],
  ['for another', 'theirs', kubelet, ofNode, no('can only create a node CSR with CN=system:node:theirs')],
  ['for anybody, of another signer', 'theirs', 'x.com/y', ofNode, 'allowed'],
  [
    'for nobody',
    'mine',
    kubelet,
    Buffer.from('x').toString('base64'),
    no('unable to parse csr: PEM block type must be CERTIFICATE REQUEST'),
  ],
])('a node asks for a certificate %s', async (_name, node, signer, request, answer) => {
  const by = { user: `system:node:${node}`, groups: ['system:nodes'] }
  const write = { resource, object: csr(signer, {}, request), ...by }
  expect((await review(createNodeRestriction(objectsOf({}), granting()), write)).answer).toBe(answer)
})

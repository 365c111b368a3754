import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createCertificateAuthority, issueCertificate, needsRenewal } from './index.ts'

const authority = createCertificateAuthority('kubernetes')

test('openssl accepts the chain, strictly and for the host names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pki-'))
  try {
    const server = issueCertificate(authority, { commonName: 'kube-apiserver', hosts: ['kubernetes.default.svc', '127.0.0.1', 'fd00::1'] })
    writeFileSync(join(folder, 'ca.crt'), authority.certificate)
    writeFileSync(join(folder, 'server.crt'), server.certificate)
    const verify = (...args: string[]) =>
      execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', 'ca.crt', ...args, 'server.crt'], {
        cwd: folder,
        stdio: 'pipe',
      }).toString()
    expect(verify('-purpose', 'sslserver', '-verify_hostname', 'kubernetes.default.svc')).toContain('OK')
    expect(verify('-purpose', 'sslserver', '-verify_ip', '127.0.0.1')).toContain('OK')
    expect(() => verify('-verify_hostname', 'elsewhere.example')).toThrow()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a client certificate carries the user and the groups', () => {
  const client = issueCertificate(authority, {
    commonName: 'kubernetes-admin',
    organizations: ['kubeadm:cluster-admins'],
    usages: ['client'],
  })
  const certificate = new X509Certificate(client.certificate)
  expect(certificate.subject).toBe('O=kubeadm:cluster-admins\nCN=kubernetes-admin')
  expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true)
  expect(certificate.checkPrivateKey(createPrivateKey(client.key))).toBe(true)
})

test.each([
  ['kept while it lasts', 365, ['a.example', 'fd00::1'], ['a.example', 'fd00::1'], false],
  ['renewed when it ends soon', 20, ['a.example'], ['a.example'], true],
  ['renewed for a new host', 365, ['a.example'], ['a.example', '10.0.0.1'], true],
])('a certificate is %s', (_, days, hosts, wanted, expected) => {
  const { certificate } = issueCertificate(authority, { commonName: 'x', hosts, days })
  expect(needsRenewal(certificate, { commonName: 'x', hosts: wanted }, 30)).toBe(expected)
})

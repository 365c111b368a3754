/** Client certificates: the CommonName is the user, the Organizations are the groups (apiserver/pkg/authentication/request/x509). */
import { X509Certificate } from 'node:crypto'
import type { Authenticator, Credentials, User } from '../request.ts'

type Certificate = NonNullable<Credentials['certificate']>

/** The transport has verified the chain; `trusts` tells whether it ends at an authority for clients, where others are known too. */
export function createCertificateAuthenticator(trusts: (certificate: Certificate) => boolean = () => true): Authenticator {
  /** A connection's certificate is one object: its user is made once, and decisions are remembered with the user. */
  const users = new WeakMap<Certificate, User | 'untrusted'>()
  return {
    authenticate({ certificate }) {
      if (!certificate) return undefined
      let user = users.get(certificate)
      if (!user) {
        user = certificate.commonName !== '' && trusts(certificate) ? userOf(certificate) : 'untrusted'
        users.set(certificate, user)
      }
      return user === 'untrusted' ? undefined : user
    },
  }
}

/** Whether a certificate's chain ends at one of these authorities, where connections take those of others too. */
export function trustedBy(pem: string): (certificate: Certificate) => boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  const known = new Set(blocks.map((block) => new X509Certificate(block).fingerprint256))
  return ({ chain }) => chain.some((fingerprint) => known.has(fingerprint))
}

const userOf = ({ commonName, organizations, fingerprint }: Certificate): User => ({
  name: commonName,
  groups: [...organizations.filter((o) => o !== 'system:authenticated'), 'system:authenticated'],
  extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint.replaceAll(':', '').toLowerCase()}`] },
})

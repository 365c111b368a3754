/** Client certificates: the CommonName is the user, the Organizations are the groups (apiserver/pkg/authentication/request/x509). */
import type { ClientCertificate } from '../../http/client-certificate.ts'
import type { Authenticator, User } from '../request.ts'

/** The transport has verified the chain; `trusts` tells whether it ends at an authority for clients, where others are known too. */
export function createCertificateAuthenticator(trusts: (certificate: ClientCertificate) => boolean = () => true): Authenticator {
  /** A connection's certificate is one object: its user is made once, and decisions are remembered with the user. */
  const users = new WeakMap<ClientCertificate, User | 'untrusted'>()
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

const userOf = ({ commonName, organizations, fingerprint }: ClientCertificate): User => ({
  name: commonName,
  groups: [...organizations.filter((o) => o !== 'system:authenticated'), 'system:authenticated'],
  extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint.replaceAll(':', '').toLowerCase()}`] },
})

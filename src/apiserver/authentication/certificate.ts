/** Client certificates: the CommonName is the user, the Organizations are the groups (apiserver/pkg/authentication/request/x509). */
import type { ClientCertificate } from '../../http/client-certificate.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { Authenticator, User } from '../request.ts'

/** From half an hour to a year. */
const lifetimeBuckets = [
  0, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800, 2_592_000, 7_776_000, 15_552_000, 31_104_000,
]

/** The transport has verified the chain; `trusts` tells whether it ends at an authority for clients, where others are known too. */
export function createCertificateAuthenticator(
  metrics: MetricsRegistry,
  trusts: (certificate: ClientCertificate) => boolean = () => true,
): Authenticator {
  const lifetimes = metrics
    .histogram(
      'apiserver_client_certificate_expiration_seconds',
      '[ALPHA] Distribution of the remaining lifetime on the certificate used to authenticate a request.',
      [],
      lifetimeBuckets,
    )
    .row([])
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
      if (user === 'untrusted') return undefined
      lifetimes.observe((certificate.expiresAt - Date.now()) / 1000)
      return user
    },
  }
}

const userOf = ({ commonName, organizations, fingerprint }: ClientCertificate): User => ({
  name: commonName,
  groups: [...organizations.filter((o) => o !== 'system:authenticated'), 'system:authenticated'],
  extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint.replaceAll(':', '').toLowerCase()}`] },
})

/** The certificate that a client shows over TLS, and whose it is. */
import { X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

export interface ClientCertificate {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly fingerprint: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Fingerprints of the certificates above it, the authority's included. */
  readonly chain: readonly string[]
}
interface Shown {
  readonly certificate?: ClientCertificate
  /** Why it does not count: it was not signed by one of the server's authorities. */
  readonly certificateError?: string
}

/** A connection's certificate is one object: what is known of it may be remembered with it. */
const certificates = new WeakMap<TLSSocket, Shown>()

/** Read once a connection. The transport has verified the chain. */
export function clientCertificateOf(socket: TLSSocket): Shown {
  const known = certificates.get(socket)
  if (known) return known
  const subject = socket.getPeerCertificate(true)
  const list = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : typeof value === 'string' ? [value] : [])
  let shown: Shown = {}
  if (subject?.subject && socket.authorized)
    shown = {
      certificate: {
        commonName: list(subject.subject.CN)[0] ?? '',
        organizations: list(subject.subject.O),
        fingerprint: subject.fingerprint256,
        expiresAt: Date.parse(subject.valid_to),
        chain: chainOf(subject),
      },
    }
  else if (subject?.subject) shown = { certificateError: String(socket.authorizationError) }
  certificates.set(socket, shown)
  return shown
}

function chainOf(subject: DetailedPeerCertificate): string[] {
  const chain: string[] = []
  // The last one is its own issuer.
  for (let one = subject.issuerCertificate; one && !chain.includes(one.fingerprint256); one = one.issuerCertificate)
    chain.push(one.fingerprint256)
  return chain
}

/** Whether a certificate's chain ends at one of these authorities, where connections take those of others too. */
export function trustedBy(pem: string): (certificate: ClientCertificate) => boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  const known = new Set(blocks.map((block) => new X509Certificate(block).fingerprint256))
  return ({ chain }) => chain.some((fingerprint) => known.has(fingerprint))
}

/**
 * A cluster's certificate authority and the certificates of its parts (RFC 5280), on P-256 keys so that a whole
 * cluster's set is made in milliseconds. Own code over node:crypto: the libraries for it cost more to load than the
 * API server itself.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { isIPv4 } from 'node:net'
import { bitString, boolean, context, type Der, integer, objectIdentifier, octetString, sequence, set, time, utf8String } from './der.ts'

export interface KeyPair {
  /** PEM. */
  readonly certificate: string
  /** PEM, PKCS#8. */
  readonly key: string
}

export interface CertificateRequest {
  readonly commonName: string
  readonly organizations?: readonly string[]
  /** DNS names and IP addresses that a server certificate is for. */
  readonly hosts?: readonly string[]
  readonly usages?: readonly ('server' | 'client')[]
  readonly notBefore?: Date
  readonly days?: number
}

const oid = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAlternativeName: '2.5.29.17',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

const day = 86_400_000

export function createCertificateAuthority(commonName: string, options: { days?: number; now?: Date } = {}): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keyId = keyIdentifier(publicKey)
  const now = options.now ?? new Date()
  const certificate = signCertificate({
    subject: { commonName },
    issuer: nameOf({ commonName }),
    publicKey,
    signer: privateKey,
    notBefore: new Date(now.getTime() - 5 * 60_000),
    notAfter: new Date(now.getTime() + (options.days ?? 3650) * day),
    extensions: [
      extension(oid.basicConstraints, true, sequence(boolean(true))),
      extension(oid.keyUsage, true, bitString(Buffer.from([0b1010_0110]), 1)), // digitalSignature, keyEncipherment, keyCertSign, cRLSign
      extension(oid.subjectKeyIdentifier, false, octetString(keyId)),
    ],
  })
  return { certificate, key: pem(privateKey) }
}

/** A new key with a certificate for it, signed by the authority. */
export function issueCertificate(authority: KeyPair, request: CertificateRequest): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { certificate: signPublicKey(authority, publicKey, request), key: pem(privateKey) }
}

/** A certificate for a public key that somebody else holds the private part of: what signing a CSR is. */
export function signPublicKey(authority: KeyPair, publicKey: KeyObject, request: CertificateRequest): string {
  const ca = new X509Certificate(authority.certificate)
  const notBefore = request.notBefore ?? new Date(Date.now() - 5 * 60_000)
  const wanted = new Date(notBefore.getTime() + (request.days ?? 365) * day)
  const limit = new Date(ca.validTo)
  const usages = request.usages ?? ['server', 'client']
  return signCertificate({
    subject: request,
    issuer: subjectDer(ca),
    publicKey,
    signer: createPrivateKey(authority.key),
    notBefore,
    notAfter: wanted < limit ? wanted : limit,
    extensions: [
      extension(oid.keyUsage, true, bitString(Buffer.from([0b1010_0000]), 5)), // digitalSignature, keyEncipherment
      extension(
        oid.extendedKeyUsage,
        false,
        sequence(...usages.map((u) => objectIdentifier(u === 'server' ? oid.serverAuth : oid.clientAuth))),
      ),
      extension(oid.basicConstraints, true, sequence()),
      extension(oid.authorityKeyIdentifier, false, sequence(context(0, false, keyIdentifier(ca.publicKey)))),
      ...(request.hosts?.length ? [extension(oid.subjectAlternativeName, false, sequence(...request.hosts.map(generalName)))] : []),
    ],
  })
}

/** Whether the certificate ends within `days`, or no longer is what `request` asks for: time to issue it anew. */
export function needsRenewal(certificate: string, request: CertificateRequest, days: number, now = new Date()): boolean {
  const have = new X509Certificate(certificate)
  if (new Date(have.validTo).getTime() - now.getTime() < days * day) return true
  const names = new Set((have.subjectAltName ?? '').split(', ').map((n) => n.replace(/^(DNS|IP Address):/, '')))
  return (request.hosts ?? []).some((host) => !names.has(familyOf(host) === 6 ? expandIPv6(host) : host))
}

interface ToBeSigned {
  subject: Pick<CertificateRequest, 'commonName' | 'organizations'>
  issuer: Der
  publicKey: KeyObject
  signer: KeyObject
  notBefore: Date
  notAfter: Date
  extensions: Der[]
}

function signCertificate(c: ToBeSigned): string {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40 // positive and of full length
  const algorithm =
    c.signer.asymmetricKeyType === 'rsa'
      ? sequence(objectIdentifier(oid.sha256WithRsa), Buffer.from([5, 0]))
      : sequence(objectIdentifier(oid.ecdsaWithSha256))
  const body = sequence(
    context(0, true, integer(2)),
    integer(serial),
    algorithm,
    c.issuer,
    sequence(time(c.notBefore), time(c.notAfter)),
    nameOf(c.subject),
    c.publicKey.export({ type: 'spki', format: 'der' }),
    context(3, true, sequence(...c.extensions)),
  )
  const der = sequence(body, algorithm, bitString(sign('sha256', body, c.signer)))
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`
}

function nameOf(subject: Pick<CertificateRequest, 'commonName' | 'organizations'>): Der {
  const attribute = (type: string, value: string) => set(sequence(objectIdentifier(type), utf8String(value)))
  return sequence(
    ...(subject.organizations ?? []).map((o) => attribute(oid.organization, o)),
    attribute(oid.commonName, subject.commonName),
  )
}

/** The bytes of a certificate's subject, so that an issuer's name is repeated exactly as it stands. */
function subjectDer(certificate: X509Certificate): Der {
  const raw = certificate.raw
  const skipTo = (at: number): { content: number; end: number } => {
    const first = raw[at + 1] as number
    if (first < 0x80) return { content: at + 2, end: at + 2 + first }
    const size = first & 0x7f
    return { content: at + 2 + size, end: at + 2 + size + raw.readUIntBE(at + 2, size) }
  }
  let at = skipTo(skipTo(0).content).content // into Certificate, into TBSCertificate
  for (let field = 0; field < 5; field++) at = skipTo(at).end // version, serial, algorithm, issuer, validity
  return raw.subarray(at, skipTo(at).end)
}

const extension = (id: string, critical: boolean, value: Der): Der =>
  sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value))

/** As isIP, whose expression for IPv6 takes 10 ms to compile. */
function familyOf(host: string): 0 | 4 | 6 {
  if (isIPv4(host)) return 4
  return /^[\da-f:.]+$/i.test(host) && URL.canParse(`http://[${host}]`) ? 6 : 0
}

function generalName(host: string): Der {
  switch (familyOf(host)) {
    case 4:
      return context(7, false, Buffer.from(host.split('.').map(Number)))
    case 6:
      return context(
        7,
        false,
        Buffer.from(
          expandIPv6(host)
            .split(':')
            .flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff]),
        ),
      )
    default:
      return context(2, false, Buffer.from(host, 'ascii'))
  }
}

/** Eight groups without leading zeroes, in capitals: the form that node prints. */
function expandIPv6(address: string): string {
  const [head, tail] = address.split('::')
  const left = head ? head.split(':') : []
  const right = tail ? tail.split(':') : []
  const zeros = address.includes('::') ? new Array<string>(8 - left.length - right.length).fill('0') : []
  return [...left, ...zeros, ...right].map((g) => Number.parseInt(g, 16).toString(16).toUpperCase()).join(':')
}

/** RFC 5280 4.2.1.2, method 1, on the whole key info: any stable digest will do. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string
}

/** The public half of a PEM private key, as PEM. */
export function publicKeyOf(key: string): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string
}

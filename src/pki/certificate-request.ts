/** Reads PKCS#10 requests (RFC 2986), as far as a cluster's signers judge them: subject, names, key, and the proof that the asker has its private part. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'

export interface ParsedCertificateRequest {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly dnsNames: readonly string[]
  readonly addresses: readonly string[]
  readonly emails: readonly string[]
  readonly uris: readonly string[]
  readonly publicKey: KeyObject
}

interface Element {
  readonly tag: number
  readonly content: Buffer
  /** The element with its tag and length. */
  readonly whole: Buffer
}

/** The elements that stand one after another in `bytes`. Throws on what is no DER. */
function elements(bytes: Buffer): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] as number
    let length = bytes[at + 1] as number
    let header = 2
    if (length === undefined) throw new Error('asn1: syntax error: truncated')
    if (length & 0x80) {
      const count = length & 0x7f
      if (count === 0 || count > 3) throw new Error('asn1: syntax error: length')
      length = bytes.readUIntBE(at + 2, count)
      header += count
    }
    if (at + header + length > bytes.length) throw new Error('asn1: syntax error: data truncated')
    found.push({ tag, content: bytes.subarray(at + header, at + header + length), whole: bytes.subarray(at, at + header + length) })
    at += header + length
  }
  return found
}
function child(of: Element | undefined, index: number): Element {
  const found = of && elements(of.content)[index]
  if (!found) throw new Error('asn1: structure error: element missing')
  return found
}
function oidText(bytes: Buffer): string {
  const parts: number[] = [Math.floor((bytes[0] ?? 0) / 40), (bytes[0] ?? 0) % 40]
  let value = 0
  for (const byte of bytes.subarray(1)) {
    value = value * 128 + (byte & 0x7f)
    if (!(byte & 0x80)) {
      parts.push(value)
      value = 0
    }
  }
  return parts.join('.')
}

const signatureDigests: Readonly<Record<string, string | null>> = {
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.3.101.112': null,
}

/** Throws when the text is no request, or when it is not signed with the key it is for. */
export function parseCertificateRequest(pem: string): ParsedCertificateRequest {
  const body = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]+?)-----END/.exec(pem)?.[1]
  if (!body) throw new Error('PEM block type must be CERTIFICATE REQUEST')
  const [request] = elements(Buffer.from(body, 'base64'))
  const info = child(request, 0)
  const [, subject, spki, ...rest] = elements(info.content)
  if (!subject || !spki) throw new Error('asn1: structure error: request')
  const publicKey = createPublicKey({ key: spki.whole, format: 'der', type: 'spki' })
  const digest = signatureDigests[oidText(child(child(request, 1), 0).content)]
  if (digest === undefined) throw new Error('x509: cannot verify signature: algorithm unimplemented')
  if (!verify(digest, info.whole, publicKey, child(request, 2).content.subarray(1))) throw new Error('x509: signature verification failed')

  const names: Record<string, string[]> = {}
  for (const set of elements(subject.content))
    for (const pair of elements(set.content)) {
      const oid = oidText(child(pair, 0).content)
      names[oid] = [...(names[oid] ?? []), child(pair, 1).content.toString('utf8')]
    }
  const alternative: { tag: number; content: Buffer }[] = []
  for (const attributes of rest)
    for (const attribute of attributes.tag === 0xa0 ? elements(attributes.content) : []) {
      if (oidText(child(attribute, 0).content) !== '1.2.840.113549.1.9.14') continue // extensionRequest
      for (const extension of elements(child(child(attribute, 1), 0).content)) {
        const parts = elements(extension.content)
        if (parts[0] && oidText(parts[0].content) === '2.5.29.17') alternative.push(...elements(child(parts.at(-1), 0).content))
      }
    }
  const texts = (tag: number) => alternative.filter((a) => a.tag === tag).map((a) => a.content.toString('latin1'))
  return {
    commonName: names['2.5.4.3']?.at(-1) ?? '',
    organizations: names['2.5.4.10'] ?? [],
    emails: texts(0x81),
    dnsNames: texts(0x82),
    uris: texts(0x86),
    addresses: alternative.filter((a) => a.tag === 0x87).map((a) => addressText(a.content)),
    publicKey,
  }
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.')
  return Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':')
}

/** A DER writer: the handful of ASN.1 shapes that an X.509 certificate is made of (X.690). */

export type Der = Buffer

export function tlv(tag: number, ...contents: Uint8Array[]): Der {
  const body = Buffer.concat(contents)
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body])
  const length: number[] = []
  for (let n = body.length; n > 0; n >>= 8) length.unshift(n & 0xff)
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length, ...length]), body])
}

export const sequence = (...items: Uint8Array[]): Der => tlv(0x30, ...items)
export const set = (...items: Uint8Array[]): Der => tlv(0x31, ...items)
export const octetString = (bytes: Uint8Array): Der => tlv(0x04, bytes)
export const utf8String = (text: string): Der => tlv(0x0c, Buffer.from(text, 'utf8'))
export const boolean = (value: boolean): Der => tlv(0x01, Buffer.from([value ? 0xff : 0]))
export const context = (number: number, constructed: boolean, ...contents: Uint8Array[]): Der =>
  tlv(0x80 | (constructed ? 0x20 : 0) | number, ...contents)

export function integer(value: number | Uint8Array): Der {
  let bytes = typeof value === 'number' ? Buffer.from([value]) : Buffer.from(value)
  if ((bytes[0] as number) & 0x80) bytes = Buffer.concat([Buffer.from([0]), bytes])
  return tlv(0x02, bytes)
}

/** `unused` low bits of the last byte are padding. */
export const bitString = (bytes: Uint8Array, unused = 0): Der => tlv(0x03, Buffer.from([unused]), bytes)

export function objectIdentifier(dotted: string): Der {
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]]
  const bytes: number[] = [first * 40 + second]
  for (const part of rest) {
    const groups = [part & 0x7f]
    for (let n = part >>> 7; n > 0; n >>>= 7) groups.unshift((n & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return tlv(0x06, Buffer.from(bytes))
}

/** UTCTime up to 2049, GeneralizedTime after, as RFC 5280 asks. */
export function time(date: Date): Der {
  const text = date
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/\.\d+Z$/, 'Z')
  return date.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text))
}

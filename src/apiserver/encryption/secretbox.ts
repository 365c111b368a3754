/**
 * NaCl's secretbox: XSalsa20 with Poly1305, which node:crypto does not have. Plain code after the published descriptions
 * (Bernstein's Salsa20 and "Extending the Salsa20 nonce"; RFC 8439 for Poly1305): secrets are small, and read rarely.
 */
import { timingSafeEqual } from 'node:crypto'

const sigma = new Uint32Array([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574])
const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by))

function quarter(x: Uint32Array, a: number, b: number, c: number, d: number): void {
  x[b] = (x[b] as number) ^ rotate(((x[a] as number) + (x[d] as number)) >>> 0, 7)
  x[c] = (x[c] as number) ^ rotate(((x[b] as number) + (x[a] as number)) >>> 0, 9)
  x[d] = (x[d] as number) ^ rotate(((x[c] as number) + (x[b] as number)) >>> 0, 13)
  x[a] = (x[a] as number) ^ rotate(((x[d] as number) + (x[c] as number)) >>> 0, 18)
}

function rounds(x: Uint32Array): void {
  for (let i = 0; i < 10; i++) {
    quarter(x, 0, 4, 8, 12)
    quarter(x, 5, 9, 13, 1)
    quarter(x, 10, 14, 2, 6)
    quarter(x, 15, 3, 7, 11)
    quarter(x, 0, 1, 2, 3)
    quarter(x, 5, 6, 7, 4)
    quarter(x, 10, 11, 8, 9)
    quarter(x, 15, 12, 13, 14)
  }
}

const words = (bytes: Buffer): Uint32Array => Uint32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4))

/** The state of 16 words: constants on the diagonal, the key around, the nonce and counter between. */
function state(key: Uint32Array, middle: Uint32Array): Uint32Array {
  const x = new Uint32Array(16)
  for (let i = 0; i < 4; i++) {
    x[i * 5] = sigma[i] as number
    x[1 + i] = key[i] as number
    x[11 + i] = key[4 + i] as number
    x[6 + i] = middle[i] as number
  }
  return x
}

/** HSalsa20: a key for this nonce's first 16 bytes. */
function subkey(key: Uint32Array, nonce: Buffer): Uint32Array {
  const x = state(key, words(nonce.subarray(0, 16)))
  rounds(x)
  return Uint32Array.from([0, 5, 10, 15, 6, 7, 8, 9].map((i) => x[i] as number))
}

/** The stream of XSalsa20 for `length` bytes. */
function stream(key: Buffer, nonce: Buffer, length: number): Buffer {
  const own = subkey(words(key), nonce)
  const tail = words(nonce.subarray(16, 24))
  const out = Buffer.alloc(Math.ceil(length / 64) * 64)
  for (let block = 0; block * 64 < length; block++) {
    const first = state(own, Uint32Array.from([tail[0] as number, tail[1] as number, block, 0]))
    const x = first.slice()
    rounds(x)
    for (let i = 0; i < 16; i++) out.writeUInt32LE(((x[i] as number) + (first[i] as number)) >>> 0, block * 64 + i * 4)
  }
  return out.subarray(0, length)
}

const prime = (1n << 130n) - 5n
const little = (bytes: Buffer): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`)

function poly1305(key: Buffer, message: Buffer): Buffer {
  const r = little(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  let sum = 0n
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16)
    sum = ((sum + little(block) + (1n << BigInt(block.length * 8))) * r) % prime
  }
  const tag = (sum + little(key.subarray(16, 32))) & ((1n << 128n) - 1n)
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse()
}

const xor = (a: Buffer, b: Buffer): Buffer => {
  const out = Buffer.alloc(a.length)
  for (let i = 0; i < a.length; i++) out[i] = (a[i] as number) ^ (b[i] as number)
  return out
}

/** Tag, then ciphertext. */
export function seal(key: Buffer, nonce: Buffer, plain: Buffer): Buffer {
  const pad = stream(key, nonce, 32 + plain.length)
  const sealed = xor(plain, pad.subarray(32))
  return Buffer.concat([poly1305(pad.subarray(0, 32), sealed), sealed])
}

/** Undefined: it was not sealed with this key, or was changed. */
export function open(key: Buffer, nonce: Buffer, box: Buffer): Buffer | undefined {
  if (box.length < 16) return undefined
  const sealed = box.subarray(16)
  const pad = stream(key, nonce, 32 + sealed.length)
  if (!timingSafeEqual(poly1305(pad.subarray(0, 32), sealed), box.subarray(0, 16))) return undefined
  return xor(sealed, pad.subarray(32))
}

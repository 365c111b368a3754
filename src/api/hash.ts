/** Short names from hashes and chance, in upstream's alphabet (util/rand) and with its hash, FNV-1a. */
import { randomInt } from 'node:crypto'

/** No vowels and no 0, 1, 3: no words come out, and nothing is misread. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** 32-bit FNV-1a of the text's UTF-8. */
export function fnv32a(text: string | Uint8Array): number {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
/** 32-bit FNV-1 (multiply, then mix), which some of upstream's hashers use. */
export function fnv32(text: string | Uint8Array): number {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash, 0x01000193) ^ byte
  return hash >>> 0
}
export function fnv64a(text: string | Uint8Array): bigint {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash
}

/** Keeps only what a name may hold, one letter for each: `SafeEncodeString` of a decimal hash is a pod template's hash. */
export function safeEncodeString(text: string): string {
  let encoded = ''
  for (const byte of Buffer.from(text)) encoded += alphabet[byte % alphabet.length]
  return encoded
}

/** What follows `generateName`: upstream takes five. `pick` gives an integer below its argument. */
export function randomSuffix(length = 5, pick: (below: number) => number = randomInt): string {
  let suffix = ''
  for (let i = 0; i < length; i++) suffix += alphabet[pick(alphabet.length)]
  return suffix
}
/** `web-` → `web-x7k2p`, the base cut so that the whole stays within 63 characters (names.SimpleNameGenerator). */
export const generateName = (base: string, pick?: (below: number) => number): string => `${base.slice(0, 58)}${randomSuffix(5, pick)}`

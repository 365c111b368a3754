/**
 * Inside the embedded store a key is its bytes as a latin1 string: one character a byte, so that JavaScript's string
 * order is byte order and keys that are no UTF-8 (etcd allows them) pass unharmed. A range is [start, end); `end`
 * undefined runs to the last key.
 */
export interface KeyRange {
  readonly start: string
  readonly end: string | undefined
}

const ascii = /^[\x00-\x7f]*$/

export const keyOfText = (text: string): string => (ascii.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1'))
export const textOfKey = (key: string): string => (ascii.test(key) ? key : Buffer.from(key, 'latin1').toString('utf8'))
export const keyOfBytes = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
export const bytesOfKey = (key: string): Buffer => Buffer.from(key, 'latin1')

/** The range of one key. */
export const only = (key: string): KeyRange => ({ start: key, end: `${key}\0` })
/** The range of all keys that begin with `prefix`. */
export function prefixed(prefix: string): KeyRange {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const code = prefix.charCodeAt(last)
    if (code < 255) return { start: prefix, end: prefix.slice(0, last) + String.fromCharCode(code + 1) }
  }
  return { start: prefix, end: undefined }
}
export const contains = (range: KeyRange, key: string): boolean => key >= range.start && (range.end === undefined || key < range.end)

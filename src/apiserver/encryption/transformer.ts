/** How values are kept at rest: `k8s:enc:PROVIDER:v1:KEY:` and the sealed bytes, as upstream writes them (apiserver/pkg/storage/value). */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { open, seal } from './secretbox.ts'

/** `path` is the storage key: what was sealed for one key does not open at another, where the cipher can tell. */
export interface Sealer {
  readonly prefix: Buffer
  seal(plain: Buffer, path: string): Buffer
  /** Throws when the bytes were not sealed with this key. */
  open(sealed: Buffer, path: string): Buffer
}

export interface Transformer {
  toStorage(plain: Uint8Array, path: string): Uint8Array
  fromStorage(stored: Uint8Array, path: string): Uint8Array
}

export const providers = ['aescbc', 'aesgcm', 'secretbox'] as const
export type Provider = (typeof providers)[number]

export function createSealer(provider: Provider, name: string, key: Buffer): Sealer {
  const sizes = provider === 'secretbox' ? [32] : [16, 24, 32]
  if (!sizes.includes(key.length))
    throw new Error(`${provider} key ${JSON.stringify(name)}: expected ${sizes.join(', ')} bytes, got ${key.length}`)
  const prefix = Buffer.from(`k8s:enc:${provider}:v1:${name}:`)
  const bits = key.length * 8
  switch (provider) {
    case 'aesgcm':
      return {
        prefix,
        seal(plain, path) {
          const nonce = randomBytes(12)
          const cipher = createCipheriv(`aes-${bits}-gcm` as 'aes-256-gcm', key, nonce)
          cipher.setAAD(Buffer.from(path))
          return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
        },
        open(sealed, path) {
          const cipher = createDecipheriv(`aes-${bits}-gcm` as 'aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 })
          cipher.setAAD(Buffer.from(path))
          cipher.setAuthTag(sealed.subarray(-16))
          return Buffer.concat([cipher.update(sealed.subarray(12, -16)), cipher.final()])
        },
      }
    case 'aescbc':
      return {
        prefix,
        seal(plain) {
          const iv = randomBytes(16)
          const cipher = createCipheriv(`aes-${bits}-cbc`, key, iv)
          return Buffer.concat([iv, cipher.update(plain), cipher.final()])
        },
        open(sealed) {
          const cipher = createDecipheriv(`aes-${bits}-cbc`, key, sealed.subarray(0, 16))
          return Buffer.concat([cipher.update(sealed.subarray(16)), cipher.final()])
        },
      }
    case 'secretbox':
      return {
        prefix,
        seal(plain) {
          const nonce = randomBytes(24)
          return Buffer.concat([nonce, seal(key, nonce, plain)])
        },
        open(sealed) {
          const plain = open(key, sealed.subarray(0, 24), sealed.subarray(24))
          if (!plain) throw new Error('the box does not open with this key')
          return plain
        },
      }
  }
}

const encrypted = Buffer.from('k8s:enc:')
const begins = (value: Uint8Array, prefix: Buffer): boolean =>
  value.length >= prefix.length && prefix.compare(value, 0, prefix.length) === 0

/** Writes with the first, reads with whichever sealed it; undefined among them stands for identity. */
export function createTransformer(sealers: readonly (Sealer | undefined)[]): Transformer {
  const [first] = sealers
  return {
    toStorage(plain, path) {
      if (!first) return plain
      return Buffer.concat([first.prefix, first.seal(Buffer.from(plain.buffer, plain.byteOffset, plain.length), path)])
    },
    fromStorage(stored, path) {
      if (!begins(stored, encrypted)) {
        if (sealers.includes(undefined)) return stored
        throw new Error(`${path} is stored unencrypted, and no identity provider is configured`)
      }
      const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.length)
      let failure: unknown
      for (const sealer of sealers) {
        if (!sealer || !begins(stored, sealer.prefix)) continue
        try {
          return sealer.open(bytes.subarray(sealer.prefix.length), path)
        } catch (error) {
          failure = error
        }
      }
      throw new Error(`no configured provider opens ${path}`, { cause: failure })
    },
  }
}

/** One key at work: `k8s:enc:PROVIDER:v1:KEY:` and the sealed bytes, as upstream writes them (apiserver/pkg/storage/value/encrypt). */
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'
import { open, seal } from './secretbox.ts'

/** `path` is the storage key: what was sealed for one key does not open at another, where the cipher can tell. */
export interface Sealer {
  readonly prefix: Buffer
  seal(plain: Buffer, path: string): Buffer | Promise<Buffer>
  /** Throws when the bytes were not sealed with this key. A promise only where the key must be fetched first. */
  open(sealed: Buffer, path: string): Buffer | Promise<Buffer>
}

export const keyProviders = ['aescbc', 'aesgcm', 'secretbox'] as const
export type KeyProvider = (typeof keyProviders)[number]
export const keySizes = (provider: KeyProvider): readonly number[] => (provider === 'secretbox' ? [32] : [16, 24, 32])

export function createSealer(provider: KeyProvider, name: string, key: Buffer): Sealer {
  const prefix = Buffer.from(`k8s:enc:${provider}:v1:${name}:`)
  switch (provider) {
    case 'aesgcm':
      return { prefix, seal: (plain, path) => sealGcm(key, plain, path), open: (sealed, path) => openGcm(key, sealed, path) }
    case 'aescbc':
      return {
        prefix,
        seal(plain) {
          const iv = random(16)
          const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, iv)
          return Buffer.concat([iv, cipher.update(plain), cipher.final()])
        },
        open(sealed) {
          const cipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, sealed.subarray(0, 16))
          return Buffer.concat([cipher.update(sealed.subarray(16)), cipher.final()])
        },
      }
    case 'secretbox':
      return {
        prefix,
        seal(plain) {
          const nonce = random(24)
          return Buffer.concat([nonce, seal(key, nonce, plain)])
        },
        open(sealed) {
          const plain = open(key, sealed.subarray(0, 24), sealed.subarray(24))
          if (!plain) throw new Error('output decryption failed')
          return plain
        },
      }
  }
}

/** Nonce, ciphertext and tag; the path is authenticated with them. */
export function sealGcm(key: Buffer, plain: Buffer, path: string): Buffer {
  const nonce = random(12)
  const cipher = createCipheriv(`aes-${key.length * 8}-gcm` as 'aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(path))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

export function openGcm(key: Buffer, sealed: Buffer, path: string): Buffer {
  const cipher = createDecipheriv(`aes-${key.length * 8}-gcm` as 'aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 })
  cipher.setAAD(Buffer.from(path))
  cipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([cipher.update(sealed.subarray(12, -16)), cipher.final()])
}

const pool = Buffer.alloc(4096)
let poolAt = pool.length

/** Asked for in one go for many: each time costs as much as the encryption of a small object. */
export function random(size: number): Buffer {
  if (poolAt + size > pool.length) {
    randomFillSync(pool)
    poolAt = 0
  }
  const bytes = Buffer.from(pool.subarray(poolAt, poolAt + size))
  pool.fill(0, poolAt, poolAt + size)
  poolAt += size
  return bytes
}

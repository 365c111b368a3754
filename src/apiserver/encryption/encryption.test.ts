import { describe, expect, test } from 'vitest'
import { createMemoryStore } from '../memory-store.ts'
import { parseEncryptionConfiguration } from './config.ts'
import { seal } from './secretbox.ts'
import { createEncryptedStore } from './store.ts'
import { createSealer, createTransformer, providers } from './transformer.ts'

const key = Buffer.alloc(32, 7)
const other = Buffer.alloc(32, 8)
const path = '/registry/secrets/default/a'
const plain = Buffer.from('{"kind":"Secret"} with some length beyond a block, and more of it to cross sixty-four bytes')

/** The test vector of the NaCl distribution (tests/secretbox.c). */
test('secretbox is NaCl’s', () => {
  const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex')
  const firstKey = hex('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389')
  const nonce = hex('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37')
  const message = hex(
    'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705',
  )
  expect(seal(firstKey, nonce, message).subarray(0, 32).toString('hex')).toBe(
    'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce',
  )
})

describe.each(providers)('%s', (provider) => {
  const sealer = createSealer(provider, 'k1', key)
  test('opens what it sealed, behind its name', () => {
    const transformer = createTransformer([sealer])
    const stored = Buffer.from(transformer.toStorage(plain, path))
    expect(stored.subarray(0, sealer.prefix.length).toString()).toBe(`k8s:enc:${provider}:v1:k1:`)
    expect(stored.includes('Secret')).toBe(false)
    expect(Buffer.from(transformer.fromStorage(stored, path))).toEqual(plain)
  })
  test('reads with an old key while a new one writes', () => {
    const stored = createTransformer([sealer]).toStorage(plain, path)
    const rotated = createTransformer([createSealer(provider, 'k2', other), sealer])
    expect(Buffer.from(rotated.fromStorage(stored, path))).toEqual(plain)
    expect(Buffer.from(rotated.toStorage(plain, path)).toString('latin1')).toContain(`:${provider}:v1:k2:`)
  })
  test('refuses another key, and bytes that were changed', () => {
    const stored = Buffer.from(createTransformer([sealer]).toStorage(plain, path))
    expect(() => createTransformer([createSealer(provider, 'k9', other)]).fromStorage(stored, path)).toThrow('no configured provider opens')
    if (provider === 'aescbc') return // has no authentication
    stored[stored.length - 20] = (stored[stored.length - 20] as number) ^ 1
    expect(() => createTransformer([sealer]).fromStorage(stored, path)).toThrow('no configured provider opens')
  })
})

test('a store keeps sealed what the configuration names, and reads what was there before', async () => {
  const below = createMemoryStore()
  await below.create('/registry/secrets/default/old', Buffer.from('old'))
  const config = `
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - aesgcm: { keys: [{ name: k1, secret: ${key.toString('base64')} }] }
  - identity: {}
`
  const store = createEncryptedStore(below, parseEncryptionConfiguration(config))
  await store.create(path, plain)
  await store.create('/registry/configmaps/default/a', plain)
  expect(Buffer.from((await store.get(path))?.value ?? [])).toEqual(plain)
  expect(Buffer.from((await below.get(path))?.value ?? []).toString('latin1')).toMatch(/^k8s:enc:aesgcm:v1:k1:/)
  expect(Buffer.from((await below.get('/registry/configmaps/default/a'))?.value ?? [])).toEqual(plain)
  expect(Buffer.from((await store.get('/registry/secrets/default/old'))?.value ?? []).toString()).toBe('old')
})

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createGrpcServer, type GrpcServer } from '../../grpc/server.ts'
import { Code, GrpcError } from '../../grpc/status.ts'
import { noLog } from '../../log/log.ts'
import { createMetrics, type MetricsRegistry } from '../../metrics/metrics.ts'
import { createMemoryStore } from '../memory-store.ts'
import { hashOf } from '../reload-metrics.ts'
import { parseEncryptionConfiguration } from './config.ts'
import { openEncryption } from './encryption.ts'
import { kmsTable } from './kms.ts'
import { createEncryptionMetrics } from './metrics.ts'
import { createSealer, keyProviders } from './sealer.ts'
import { seal } from './secretbox.ts'
import { createEncryptedStore } from './store.ts'
import { createTransformer } from './transformer.ts'

const key = Buffer.alloc(32, 7)
const other = Buffer.alloc(32, 8)
const path = '/registry/secrets/default/a'
const text = 'the plain text of a secret'
const plain = Buffer.from(text)
const hex = (digits: string) => Buffer.from(digits.replace(/\s/g, ''), 'hex')
const stored = (prefix: string, digits: string) => Buffer.concat([Buffer.from(prefix), hex(digits)])

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kijabi-encryption-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const configured = (resources: object[]): string => {
  const file = join(folder, 'config.yaml')
  // At once, as a mounted file changes.
  writeFileSync(`${file}.new`, JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources }))
  renameSync(`${file}.new`, file)
  return file
}
const aesgcm = (name: string, secret = key) => ({ aesgcm: { keys: [{ name, secret: secret.toString('base64') }] } })

/** The test vector of the NaCl distribution (tests/secretbox.c). */
test('secretbox is NaCl’s', () => {
  const firstKey = hex('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389')
  const nonce = hex('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37')
  const message = hex(
    'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705',
  )
  expect(seal(firstKey, nonce, message).subarray(0, 32).toString('hex')).toBe(
    'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce',
  )
})

/** Sealed by OpenSSL and Python's cryptography after upstream's format, with nonces and vectors that count up from zero. */
test.each([
  ['aescbc', 32, '000102030405060708090a0b0c0d0e0f b64dae3dec267df00b2b3c5ea0c7beb386c320f4030a197d44aac5cf588bfe57'],
  ['aesgcm', 32, '000102030405060708090a0b6ce98c506d65b820199291f99a2c4c95871cd7ae6b07144373bab3404f41a9d7cc9b6c5fa13da60d6d51'],
  ['aesgcm', 24, '000102030405060708090a0beb3daaa83df7d41ecdf33caa5cfb2948b46e2e88ff1f801b4042cb29680a11a5e36d889805f7de3aa48a'],
  ['aesgcm', 16, '000102030405060708090a0b3931c67d392d988438a72edda55a78cace3186c954be502c1f395f19073aeafcf50d679309b4902feb6f'],
] as const)('%s with %i bytes opens what others sealed', (provider, size, digits) => {
  const transformer = createTransformer([createSealer(provider, 'key1', key.subarray(0, size))])
  expect(transformer.fromStorage(stored(`k8s:enc:${provider}:v1:key1:`, digits), path)).toEqual(plain)
})

describe.each(keyProviders)('%s', (provider) => {
  const sealer = createSealer(provider, 'k1', key)
  /** As another server would read it, which has not sealed it itself. */
  const reads = (sealers: Parameters<typeof createTransformer>[0], bytes: Uint8Array) => createTransformer(sealers).fromStorage(bytes, path)
  const sealed = () => Buffer.from(createTransformer([sealer]).toStorage(plain, path) as Uint8Array)

  test('opens what it sealed, behind its name', () => {
    const bytes = sealed()
    expect(bytes.subarray(0, sealer.prefix.length).toString()).toBe(`k8s:enc:${provider}:v1:k1:`)
    expect(bytes.includes('plain')).toBe(false)
    expect(reads([sealer], bytes)).toEqual(plain)
    expect(sealed()).not.toEqual(bytes)
  })
  test('reads with an old key while a new one writes', () => {
    const rotated = [createSealer(provider, 'k2', other), sealer]
    expect(reads(rotated, sealed())).toEqual(plain)
    expect(Buffer.from(createTransformer(rotated).toStorage(plain, path) as Uint8Array).toString('latin1')).toContain(`:${provider}:v1:k2:`)
  })
  test('refuses another key of the same name', () => {
    expect(() => reads([createSealer(provider, 'k1', other)], sealed())).toThrow(`unable to transform key "${path}": `)
  })
  test('refuses bytes that were changed', () => {
    const bytes = sealed()
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20)
    // CBC has no authentication: what comes out is something else, or has no padding.
    if (provider === 'aescbc') expect(() => expect(reads([sealer], bytes)).toEqual(plain)).toThrow()
    else expect(() => reads([sealer], bytes)).toThrow(`unable to transform key "${path}": `)
  })
})

const one = createSealer('aesgcm', 'k1', key)
test('what was sealed for one object does not open as another', () => {
  const sealed = createTransformer([one]).toStorage(plain, path) as Uint8Array
  expect(() => createTransformer([one]).fromStorage(sealed, `${path}2`)).toThrow(`unable to transform key "${path}2"`)
})
test.each<[string, Parameters<typeof createTransformer>[0], Buffer, string]>([
  [
    'a key that is gone',
    [createSealer('aesgcm', 'k9', key)],
    stored('k8s:enc:aesgcm:v1:k1:', '00'),
    'no matching key was found for the provided AES transformer',
  ],
  ['a provider that is gone', [one], stored('k8s:enc:aescbc:v1:k1:', '00'), 'no matching prefix found'],
  ['plain text where only sealed is read', [one], plain, 'no matching prefix found'],
  [
    'sealed text where only plain is read',
    ['identity'],
    stored('k8s:enc:aescbc:v1:k1:', '00'),
    'identity transformer tried to read encrypted data',
  ],
])('%s is told of in upstream’s words', (_name, providers, bytes, message) => {
  expect(() => createTransformer(providers).fromStorage(bytes, path)).toThrow(`unable to transform key "${path}": ${message}`)
})

describe('configuration', () => {
  const identity = [{ identity: {} }]
  const error = (entry: object): string => {
    const config = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources: [entry] }
    try {
      parseEncryptionConfiguration(JSON.stringify(config))
      return ''
    } catch (thrown) {
      return (thrown as Error).message
    }
  }
  const kms = (more: object) => ({
    resources: ['secrets'],
    providers: [{ kms: { apiVersion: 'v2', name: 'k', endpoint: 'unix:///k', ...more } }],
  })
  const masked = "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked"

  test.each<[object, string]>([
    [{ resources: ['secrets', '*.apps', 'configmaps'], providers: identity }, ''],
    [{ resources: [], providers: identity }, 'resources[0].resources: Required value: at least one resources[0].resources is required'],
    [{ resources: ['secrets'], providers: [] }, 'resources[0].providers: Required value: at least one resources[0].providers is required'],
    [
      { resources: ['*'], providers: identity },
      "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources",
    ],
    [{ resources: ['Secrets'], providers: identity }, 'resource name should not contain capital letters'],
    [{ resources: ['*.extensions'], providers: identity }, "'extensions' group has been removed and cannot be used for encryption"],
    [{ resources: ['*.events.k8s.io'], providers: identity }, "Use 'events' instead in the config file"],
    [{ resources: ['secrets.*'], providers: identity }, 'encrypting the same resource across groups is not supported'],
    [{ resources: ['serviceipallocations'], providers: identity }, 'resources which do not have REST API/s cannot be encrypted'],
    [{ resources: ['secrets', '*.'], providers: identity }, masked],
    [{ resources: ['deployments.apps', '*.*'], providers: identity }, masked],
    [{ resources: ['secrets', 'secrets'], providers: identity }, 'the same resource cannot be specified multiple times'],
    [{ resources: ['secrets'], providers: [{ rot13: {} }] }, 'provider does not contain any of the expected providers'],
    [{ resources: ['secrets'], providers: [{ identity: {}, aesgcm: {} }] }, 'more than one provider specified in a single element'],
    [{ resources: ['secrets'], providers: [{ aesgcm: { keys: [] } }] }, 'at least one keys is required'],
    [{ resources: ['secrets'], providers: [{ aesgcm: { keys: [{ secret: 'AAAA' }] } }] }, 'name is a mandatory field for a key'],
    [
      { resources: ['secrets'], providers: [aesgcm('k', Buffer.alloc(15, 'private'))] },
      'resources[0].providers[0].aesgcm.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 15, expected one of [16 24 32]',
    ],
    [
      { resources: ['secrets'], providers: [{ secretbox: { keys: [{ name: 'k', secret: key.subarray(0, 16).toString('base64') }] } }] },
      'expected one of [32]',
    ],
    [
      { resources: ['secrets'], providers: [{ aescbc: { keys: [{ name: 'k', secret: '!private' }] } }] },
      '"REDACTED": secrets must be base64 encoded',
    ],
    [kms({}), ''],
    [kms({ apiVersion: 'v1' }), 'KMSv1 is deprecated'],
    [kms({ name: 'a:b' }), "invalid KMS provider name a:b, must not contain ':'"],
    [kms({ endpoint: 'tcp://k' }), 'unsupported scheme "tcp" for KMS provider, only unix is supported'],
    [kms({ timeout: '0s' }), 'timeout should be a positive value'],
    [kms({ cachesize: 5 }), 'cachesize is not supported in v2'],
  ])('%j: %s', (entry, message) => {
    const found = error(entry)
    if (message) expect(found).toContain(message)
    else expect(found).toBe('')
    expect(found).not.toContain('private')
  })

  test('a rule behind a wider one is refused', async () => {
    const file = configured([
      { resources: ['*.'], providers: identity },
      { resources: ['secrets'], providers: identity },
    ])
    await expect(openEncryption(file, false, noLog, createMetrics())).rejects.toThrow('resource "secrets" is masked by earlier rule "*."')
  })

  /** The resource itself counts before its group, and that before all. */
  test.each([
    ['/registry/secrets/default/a', 'own'],
    ['/registry/configmaps/default/a', 'core'],
    ['/registry/services/specs/default/a', 'core'],
    ['/registry/minions/a', 'core'],
    ['/registry/events/default/a', 'core'],
    ['/registry/deployments/default/a', 'apps'],
    ['/registry/leases/default/a', 'all'],
    ['/registry/apiextensions.k8s.io/customresourcedefinitions/a', 'all'],
    ['/registry/example.com/widgets/default/a', 'widgets'],
    ['/registry/example.com/gadgets/default/a', 'all'],
    ['/registry/ranges/serviceips', 'none'],
    ['/registry/masterleases/192.0.2.1', 'none'],
  ])('%s is sealed by %s', async (storageKey, name) => {
    const rules = { own: 'secrets', widgets: 'widgets.example.com', core: '*.', apps: '*.apps', all: '*.*' }
    const file = configured(Object.entries(rules).map(([as, resource]) => ({ resources: [resource], providers: [aesgcm(as)] })))
    const { transformerOf } = await openEncryption(file, false, noLog, createMetrics())
    const sealed = transformerOf(storageKey)?.toStorage(plain, storageKey) as Uint8Array | undefined
    expect(sealed ? /^k8s:enc:aesgcm:v1:(\w+):/.exec(Buffer.from(sealed).toString('latin1'))?.[1] : 'none').toBe(name)
  })

  test('a changed file counts at once where that is asked for; what was stored before stays readable', async () => {
    const file = configured([{ resources: ['secrets'], providers: [aesgcm('k1')] }])
    let reloaded = () => {}
    const next = new Promise<void>((done) => {
      reloaded = done
    })
    const log = { ...noLog, info: (message: string) => message.includes('new configuration') && reloaded() } as typeof noLog
    const { transformerOf } = await openEncryption(file, true, log, createMetrics())
    const below = createMemoryStore()
    const store = createEncryptedStore(below, transformerOf)
    await store.create(path, plain)
    configured([{ resources: ['secrets'], providers: [aesgcm('k2', other), aesgcm('k1')] }])
    await next
    await store.create(`${path}2`, plain)
    const kept = async (at: string) => Buffer.from((await below.get(at))?.value ?? []).toString('latin1')
    expect(await kept(path)).toMatch(/^k8s:enc:aesgcm:v1:k1:/)
    expect(await kept(`${path}2`)).toMatch(/^k8s:enc:aesgcm:v1:k2:/)
    expect([(await store.get(path))?.value, (await store.get(`${path}2`))?.value].map((value) => Buffer.from(value ?? []))).toEqual([
      plain,
      plain,
    ])
  })
})

test('a store keeps sealed what the configuration names, and reads what was there before', async () => {
  const below = createMemoryStore()
  await below.create('/registry/secrets/default/old', Buffer.from('old'))
  const file = configured([{ resources: ['secrets'], providers: [aesgcm('k1'), { identity: {} }] }])
  const store = createEncryptedStore(below, (await openEncryption(file, false, noLog, createMetrics())).transformerOf)
  await store.create(path, plain)
  await store.create('/registry/configmaps/default/a', plain)
  expect(Buffer.from((await store.get(path))?.value ?? [])).toEqual(plain)
  expect(Buffer.from((await below.get(path))?.value ?? []).toString('latin1')).toMatch(/^k8s:enc:aesgcm:v1:k1:/)
  expect(Buffer.from((await below.get('/registry/configmaps/default/a'))?.value ?? [])).toEqual(plain)
  expect(Buffer.from((await store.get('/registry/secrets/default/old'))?.value ?? []).toString()).toBe('old')
})

/** A plugin that seals by writing `sealed:` before the seed, as the tests above have it. */
describe('a key management service', () => {
  let plugin: GrpcServer | undefined
  let state = { keyId: 'key-1', healthz: 'ok', down: false }
  let calls: string[] = []
  const head = Buffer.from('sealed:')
  const refuse = () => {
    if (state.down) throw new GrpcError(Code.UNAVAILABLE, 'the vault is closed')
  }
  let metrics: MetricsRegistry
  beforeEach(async () => {
    metrics = createMetrics()
    state = { keyId: 'key-1', healthz: 'ok', down: false }
    calls = []
    plugin = createGrpcServer({
      tables: [kmsTable],
      services: {
        'v2.KeyManagementService': {
          Status: () => ({ version: 'v2', healthz: state.healthz, keyId: state.keyId }),
          Encrypt({ plaintext }: { plaintext: Uint8Array }) {
            calls.push('Encrypt')
            refuse()
            return { ciphertext: Buffer.concat([head, plaintext]), keyId: state.keyId, annotations: { 'a.example.com': Buffer.from('x') } }
          },
          Decrypt({ ciphertext, keyId, annotations }: { ciphertext: Uint8Array; keyId: string; annotations: Record<string, Uint8Array> }) {
            calls.push(`Decrypt ${keyId} ${Buffer.from(annotations['a.example.com'] ?? []).toString()}`)
            refuse()
            return { plaintext: ciphertext.subarray(head.length) }
          },
        },
      },
    })
    await plugin.listen({ path: join(folder, 'kms.sock') })
  })
  afterEach(() => plugin?.close())
  const open = () =>
    openEncryption(
      configured([
        { resources: ['secrets'], providers: [{ kms: { apiVersion: 'v2', name: 'vault', endpoint: `unix://${folder}/kms.sock` } }] },
      ]),
      false,
      noLog,
      metrics,
    )
  const kept = 'k8s:enc:kms:v2:vault:'

  test('seals one seed, and with it every value', async () => {
    const encryption = await open()
    const below = createMemoryStore()
    const store = createEncryptedStore(below, encryption.transformerOf)
    for (let i = 0; i < 10; i++) await store.create(`${path}${i}`, plain)
    expect(calls).toEqual(['Encrypt'])
    expect(encryption.checks.map(({ name, check }) => [name, check()])).toEqual([['kms-provider-0', undefined]])
    const bytes = Buffer.from((await below.get(`${path}0`))?.value ?? [])
    expect(bytes.toString('latin1').startsWith(kept)).toBe(true)
    expect(bytes.includes(plain)).toBe(false)
    encryption.close()

    // A server that starts anew has the seed opened once.
    const again = await open()
    const events: string[] = []
    const anew = createEncryptedStore(below, again.transformerOf)
    const watched = new Promise<void>((done) => {
      const handler = {
        events(all: readonly { kv: { value: Uint8Array } }[]) {
          for (const { kv } of all) events.push(Buffer.from(kv.value).toString())
          if (events.length === 10) done()
        },
        end() {},
      }
      anew.watch('/registry/secrets/', { startRevision: 1 }, handler)
    })
    expect((await anew.list('/registry/secrets/')).kvs.map(({ value }) => Buffer.from(value).toString())).toEqual(Array(10).fill(text))
    await watched
    expect(new Set(events)).toEqual(new Set([text]))
    expect(calls.filter((call) => call.startsWith('Decrypt'))).not.toHaveLength(0)
    expect(calls).toContain('Decrypt key-1 x')
    again.close()
  })

  /** Sealed by Python's cryptography after upstream's format: with a key derived from the seed, and with the seed itself as 1.27 did. */
  test.each([
    [
      'derived keys',
      '0a56000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000102030405060708090a0b65f56788b1b444c3ec55c018aed91347f245d8f1ac038bd8af63fad7e60b0f744769353eef0f95d2e48812056b65792d311a277365616c65643a070707070707070707070707070707070707070707070707070707070707070722120a0d612e6578616d706c652e636f6d1201782801',
    ],
    [
      'the seed as key',
      '0a36000102030405060708090a0b6ce98c506d65b820199291f99a2c4c95871cd7ae6b07144373bab3404f41a9d7cc9b6c5fa13da60d6d5112056b65792d311a277365616c65643a0707070707070707070707070707070707070707070707070707070707070707',
    ],
  ])('opens what upstream sealed with %s', async (_name, digits) => {
    const encryption = await open()
    expect(await encryption.transformerOf(path)?.fromStorage(stored(kept, digits), path)).toEqual(plain)
    encryption.close()
  })

  test('that is not well fails writes with its reason, and the health check', async () => {
    state.healthz = 'sealed'
    const encryption = await open()
    const store = createEncryptedStore(createMemoryStore(), encryption.transformerOf)
    await expect(store.create(path, plain)).rejects.toThrow('got unexpected healthz status: sealed')
    expect(encryption.checks[0]?.check()).toBe('got unexpected healthz status: sealed')
    encryption.close()
  })

  test('that does not open a seed has the object told of', async () => {
    const encryption = await open()
    state.down = true
    const reading = encryption
      .transformerOf(path)
      ?.fromStorage(
        stored(
          kept,
          '0a56000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000102030405060708090a0b65f56788b1b444c3ec55c018aed91347f245d8f1ac038bd8af63fad7e60b0f744769353eef0f95d2e48812056b65792d311a277365616c65643a070707070707070707070707070707070707070707070707070707070707070722120a0d612e6578616d706c652e636f6d1201782801',
        ),
        path,
      )
    await expect(reading).rejects.toThrow(`unable to transform key "${path}": failed to decrypt DEK, error: the vault is closed`)
    encryption.close()
  })

  test('is measured: its calls, the keys it names, and what is sealed and opened with them', async () => {
    const rows = (name: string) =>
      metrics
        .render()
        .split('\n')
        .filter((line) => line.startsWith(`apiserver_${name}{`))
        .map((line) => line.replace(/^apiserver_\w+/, '').replace(/,apiserver_id_hash="sha256:[0-9a-f]{64}"/, ''))
    const below = createMemoryStore()
    /** What a server of its own tells, after it did this with the store. */
    const served = async (use: (store: ReturnType<typeof createEncryptedStore>) => Promise<unknown>) => {
      metrics = createMetrics()
      const encryption = await open()
      await use(createEncryptedStore(below, encryption.transformerOf))
      encryption.close()
    }
    const call = (method: string, code: string) =>
      `{provider_name="vault",method_name="/v2.KeyManagementService/${method}",grpc_status_code="${code}"} 1`
    const calls = () => rows('envelope_encryption_kms_operations_latency_seconds_count')
    const used = (type: string) => `{transformation_type="${type}",provider_name="vault",key_id_hash="${hashOf('key-1')}"}`
    const transformed = (type: string, prefix: string, status: string) =>
      `{transformation_type="${type}",transformer_prefix="${prefix}",status="${status}"}`

    await served((store) => store.create(path, plain))
    expect(calls()).toEqual([call('Status', 'OK'), call('Encrypt', 'OK')])
    expect(rows('envelope_encryption_key_id_hash_total')).toEqual([`${used('to_storage')} 1`])
    expect(rows('envelope_encryption_key_id_hash_last_timestamp_seconds')).toHaveLength(1)
    expect(rows('envelope_encryption_key_id_hash_status_last_timestamp_seconds')).toHaveLength(1)
    expect(rows('storage_transformation_operations_total')).toEqual([`${transformed('to_storage', kept, 'OK')} 1`])
    expect(metrics.render()).toContain('\napiserver_storage_data_key_generation_duration_seconds_count 1\n')

    await served((store) => Promise.all([store.get(path), store.get(path)]).then(() => store.get(path)))
    expect(rows('envelope_encryption_key_id_hash_total')).toEqual([`${used('from_storage')} 3`])
    expect(rows('envelope_encryption_dek_source_cache_size')).toEqual(['{provider_name="vault"} 2'])
    expect(rows('storage_transformation_operations_total')).toEqual([`${transformed('from_storage', kept, 'OK')} 3`])

    state.down = true
    await served((store) => expect(store.get(path)).rejects.toThrow('the vault is closed'))
    expect(calls()).toEqual([call('Status', 'OK'), call('Encrypt', 'Unavailable'), call('Decrypt', 'Unavailable')])
    expect(rows('storage_transformation_operations_total')).toEqual([
      `${transformed('from_storage', kept, 'Unavailable')} 1`,
      `${transformed('from_storage', 'unknown', 'Unavailable')} 1`,
    ])

    state = { keyId: '', healthz: 'ok', down: false }
    await served(() => Promise.resolve())
    expect(rows('envelope_encryption_invalid_key_id_from_status_total')).toEqual(['{provider_name="vault",error="empty"} 1'])
  })
})

test('what is sealed and opened by keys is told by their provider, and what nobody opens', () => {
  const metrics = createMetrics()
  const { transformed } = createEncryptionMetrics(metrics)
  const [one, two] = [createSealer('aesgcm', 'k1', key), createSealer('aesgcm', 'k2', other)]
  const sealed = createTransformer([one], transformed).toStorage(plain, path) as Uint8Array
  createTransformer([two, one, 'identity'], transformed).fromStorage(sealed, path)
  createTransformer([two, 'identity'], transformed).fromStorage(plain, path)
  expect(() => createTransformer([two], transformed).fromStorage(sealed, path)).toThrow('no matching key')
  const rows = metrics.render().split('\n')
  const of = (type: string, prefix: string) => `{transformation_type="${type}",transformer_prefix="${prefix}"`
  const kind = 'k8s:enc:aesgcm:v1:'
  expect(rows.filter((row) => row.startsWith('apiserver_storage_transformation_operations_total'))).toEqual(
    [
      `${of('to_storage', kind)},status="OK"} 1`,
      `${of('from_storage', kind)},status="OK"} 1`,
      `${of('from_storage', '')},status="OK"} 1`,
      `${of('from_storage', 'unknown')},status="unknown-non-grpc"} 1`,
    ].map((row) => `apiserver_storage_transformation_operations_total${row}`),
  )
  expect(rows).toContain(`apiserver_storage_transformation_duration_seconds_count${of('to_storage', kind)}} 1`)
})

test('of keys that are named only the last few are told of', () => {
  const metrics = createMetrics()
  const { keyUsed } = createEncryptionMetrics(metrics).kms('vault')
  for (let i = 0; i < 30; i++) keyUsed('from_storage', `key-${i}`)
  const rows = metrics
    .render()
    .split('\n')
    .filter((row) => row.startsWith('apiserver_envelope_encryption_key_id_hash_total{'))
  expect(rows).toHaveLength(10)
})

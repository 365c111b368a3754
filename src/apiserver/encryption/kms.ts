/**
 * A key management service beside the server, asked over a socket by gRPC (KMS v2, KEP-3299; apiserver/pkg/storage/value/
 * encrypt/envelope/kmsv2). It seals one seed; every value is sealed here with a key derived from the seed, so that a
 * write costs no call. When the service's key changes, a new seed is made and sealed.
 */
import { createHmac } from 'node:crypto'
import { createChannel, createGrpcClient, type Unary } from '../../grpc/client.ts'
import type { Logger } from '../../log/log.ts'
import { createCodecs } from '../../schema/protobuf.ts'
import { type MessageType, parseTable } from '../../schema/schema.ts'
import type { KmsOptions } from './config.ts'
import type { KmsMetrics } from './metrics.ts'
import { openGcm, random, type Sealer, sealGcm } from './sealer.ts'

export const kmsTable = parseTable(
  'v2',
  `
package v2

service KeyManagementService
  Status StatusRequest StatusResponse
  Decrypt DecryptRequest DecryptResponse
  Encrypt EncryptRequest EncryptResponse

type StatusRequest

type StatusResponse
  1 version string
  2 healthz string
  3 keyId   string

type DecryptRequest
  1 ciphertext  bytes
  2 uid         string
  3 keyId       string
  4 annotations map[string]bytes

type DecryptResponse
  1 plaintext bytes

type EncryptRequest
  1 plaintext bytes
  2 uid       string

type EncryptResponse
  1 ciphertext  bytes
  2 keyId       string
  3 annotations map[string]bytes

type EncryptedObject
  1 encryptedData          bytes
  2 keyID                  string
  3 encryptedDEKSource     bytes
  4 annotations            map[string]bytes
  5 encryptedDEKSourceType int32
`,
)

interface SealedSeed {
  readonly keyId: string
  readonly ciphertext: Uint8Array
  readonly annotations: Readonly<Record<string, Uint8Array>>
}
interface Service {
  readonly Status: Unary<object, { readonly version: string; readonly healthz: string; readonly keyId: string }>
  readonly Decrypt: Unary<SealedSeed & { readonly uid: string }, { readonly plaintext: Uint8Array }>
  readonly Encrypt: Unary<{ readonly plaintext: Uint8Array; readonly uid: string }, SealedSeed>
}
interface EncryptedObject {
  readonly encryptedData: Uint8Array
  readonly keyID: string
  readonly encryptedDEKSource: Uint8Array
  readonly annotations?: Readonly<Record<string, Uint8Array>>
  readonly encryptedDEKSourceType: number
}
const encryptedObject = createCodecs({
  form: 'proto3',
  resolve: (id) => kmsTable.types.get(id.slice('v2.'.length)) as MessageType,
})('v2.EncryptedObject')

export interface Kms extends Sealer {
  /** Resolves when the first seed is sealed, or the service did not answer: it is asked again, and writes fail until then. */
  start(): Promise<void>
  /** Undefined: well. */
  fault(): string | undefined
  close(): void
}

/** Upstream's rhythm of asking the service how it is: it cannot tell by itself that its key changed. */
const wellMs = 60_000
const faultyMs = 10_000
/** How long a seed is used after the service last confirmed its key. */
const seedLifeMs = 3 * 60_000
const mostSeeds = 1000
const mostBytes = 1024

/** The types of what the seed in `encryptedDEKSource` is. */
const aesGcmKey = 0
const derivedKeys = 1
const infoBytes = 32

export function createKms(
  { name, endpoint, timeoutMs }: KmsOptions,
  log: Logger,
  figures: KmsMetrics,
  now: () => number = () => performance.now(),
): Kms {
  const channel = createChannel(endpoint, { connectTimeoutMs: timeoutMs })
  const service = createGrpcClient<Service>(channel, kmsTable, 'KeyManagementService')
  const call = { timeoutMs }
  let current: { readonly sealed: SealedSeed; readonly seed: Buffer } | undefined
  let confirmedAt = 0
  let fault: string | undefined = 'the key management service was not asked yet'
  let timer: NodeJS.Timeout | undefined
  let closed = false
  /** Seeds by their sealed form, as it was stored with what they sealed. */
  const seeds = new Map<string, Buffer>()

  const keep = (ciphertext: Uint8Array, seed: Buffer) => {
    if (seeds.size >= mostSeeds) seeds.delete(seeds.keys().next().value as string)
    seeds.set(Buffer.from(ciphertext).toString('base64'), seed)
    figures.seeds(seeds.size)
  }
  const newSeed = async (keyId: string) => {
    const startedAt = performance.now()
    const seed = Buffer.from(random(32))
    figures.seedMade((performance.now() - startedAt) / 1000)
    const sealed = await figures.called('Encrypt', service.Encrypt({ plaintext: seed, uid: crypto.randomUUID() }, call))
    if (sealed.keyId !== keyId)
      throw new Error(`the service sealed with the key ${JSON.stringify(sealed.keyId)} and not with ${JSON.stringify(keyId)}`)
    if (sealed.ciphertext.length === 0 || sealed.ciphertext.length > mostBytes)
      throw new Error(`expected at most ${mostBytes} bytes of a sealed seed`)
    if (seed.equals(sealed.ciphertext)) throw new Error('the service gave the seed back as it is')
    keep(sealed.ciphertext, seed)
    current = { sealed, seed }
    log.info('a new seed was sealed by the key management service', { name, keyID: keyId })
  }
  const look = async () => {
    try {
      const { version, healthz, keyId } = await figures.called('Status', service.Status({}, call))
      if (version !== 'v2' && version !== 'v2beta1') throw new Error(`expected KMSv2 API version v2, got ${version}`)
      if (healthz !== 'ok') throw new Error(`got unexpected healthz status: ${healthz}`)
      if (!keyId || keyId.length > mostBytes) {
        figures.keyInvalid(keyId ? 'too_long' : 'empty')
        throw new Error(`got invalid KMSv2 KeyID ${JSON.stringify(keyId)}`)
      }
      figures.keyTold(keyId)
      if (current?.sealed.keyId !== keyId) await newSeed(keyId)
      confirmedAt = now()
      fault = undefined
    } catch (error) {
      fault = (error as Error).message
      log.error('the key management service is not well', { name, error })
    }
    if (!closed) timer = setTimeout(look, fault ? faultyMs : wellMs).unref()
  }
  const seedOf = (stored: EncryptedObject): Buffer | Promise<Buffer> => {
    const known = seeds.get(Buffer.from(stored.encryptedDEKSource).toString('base64'))
    if (known) return known
    const { encryptedDEKSource, keyID, annotations = {} } = stored
    const asked = service.Decrypt({ ciphertext: encryptedDEKSource, keyId: keyID, annotations, uid: crypto.randomUUID() }, call)
    return figures.called('Decrypt', asked).then(
      ({ plaintext }) => {
        const seed = Buffer.from(plaintext)
        keep(encryptedDEKSource, seed)
        return seed
      },
      (error: Error) => {
        throw new Error(`failed to decrypt DEK, error: ${error.message}`, { cause: error })
      },
    )
  }
  return {
    prefix: Buffer.from(`k8s:enc:kms:v2:${name}:`),
    start: look,
    fault: () => fault,
    close() {
      closed = true
      clearTimeout(timer)
      channel.close()
    },
    seal(plain, path) {
      if (!current) throw new Error(`the key management service ${name} has sealed no seed yet: ${fault}`)
      const { seed, sealed } = current
      if (now() - confirmedAt > seedLifeMs) throw new Error(`the seed of the key management service ${name} has expired: ${fault}`)
      figures.keyUsed('to_storage', sealed.keyId)
      const info = random(infoBytes)
      return encryptedObject.encode({
        encryptedData: Buffer.concat([info, sealGcm(derive(seed, info), plain, path)]),
        keyID: sealed.keyId,
        encryptedDEKSource: sealed.ciphertext,
        annotations: sealed.annotations,
        encryptedDEKSourceType: derivedKeys,
      } satisfies EncryptedObject)
    },
    open(bytes, path) {
      const stored = encryptedObject.decode(bytes) as EncryptedObject
      figures.keyUsed('from_storage', stored.keyID)
      const data = Buffer.from(stored.encryptedData)
      const openWith = (seed: Buffer) => {
        if (stored.encryptedDEKSourceType === aesGcmKey) return openGcm(seed, data, path)
        return openGcm(derive(seed, data.subarray(0, infoBytes)), data.subarray(infoBytes), path)
      }
      const seed = seedOf(stored)
      return seed instanceof Promise ? seed.then(openWith) : openWith(seed)
    },
  }
}

/** HKDF's expansion with SHA-256 (RFC 5869, 2.3) to the length of one hash. */
const derive = (seed: Buffer, info: Buffer): Buffer => createHmac('sha256', seed).update(info).update(Buffer.of(1)).digest()

/** The figures of encryption at rest, under upstream's names (storage/value/metrics.go, encrypt/envelope/metrics). */
import { hostname } from 'node:os'
import { Code, GrpcError } from '../../grpc/status.ts'
import { exponentialBuckets, type MetricsRegistry } from '../../metrics/metrics.ts'
import { identityOf } from '../identity.ts'
import { hashOf, reloadCounter } from '../reload-metrics.ts'

export type TransformationType = 'from_storage' | 'to_storage'

/** Told of each value that one provider opened or sealed, or could not: an error is no latency. */
export type TransformationObserver = (type: TransformationType, prefix: string, seconds: number, error?: unknown) => void

export interface KmsMetrics {
  /** A call of the service: its result, measured. */
  called<T>(method: 'Status' | 'Encrypt' | 'Decrypt', answer: Promise<T>): Promise<T>
  keyUsed(type: TransformationType, keyId: string): void
  keyTold(keyId: string): void
  keyInvalid(error: 'empty' | 'too_long'): void
  seedMade(seconds: number): void
  /** How many seeds are kept. */
  seeds(count: number): void
}

export interface EncryptionMetrics {
  readonly transformed: TransformationObserver
  readonly reloaded: (status: 'success' | 'failure') => void
  kms(provider: string): KmsMetrics
}

/** Key IDs come with what is stored: of those used longest ago nothing is told. */
const mostKeys = 10

export function createEncryptionMetrics(metrics: MetricsRegistry): EncryptionMetrics {
  const storage = (short: string) => `apiserver_storage_${short}`
  const envelope = (short: string) => `apiserver_envelope_encryption_${short}`
  const operations = metrics.counter(
    storage('transformation_operations_total'),
    "[ALPHA] Total number of transformations. Successful transformation will have a status 'OK' and a varied status string when the transformation fails. This status and transformation_type fields may be used for alerting on encryption/decryption failure using transformation_type from_storage for decryption and to_storage for encryption",
    ['transformation_type', 'transformer_prefix', 'status'],
  )
  const durations = metrics.histogram(
    storage('transformation_duration_seconds'),
    '[ALPHA] Latencies in seconds of value transformation operations.',
    ['transformation_type', 'transformer_prefix'],
    exponentialBuckets(5e-6, 2, 25),
  )
  const seedDurations = metrics.histogram(
    storage('data_key_generation_duration_seconds'),
    '[ALPHA] Latencies in seconds of data encryption key(DEK) generation operations.',
    [],
    exponentialBuckets(5e-6, 2, 14),
  )
  const calls = metrics.histogram(
    envelope('kms_operations_latency_seconds'),
    '[ALPHA] KMS operation duration with gRPC error code status total.',
    ['provider_name', 'method_name', 'grpc_status_code'],
    exponentialBuckets(0.0001, 2, 20),
  )
  const invalid = metrics.counter(
    envelope('invalid_key_id_from_status_total'),
    '[ALPHA] Number of times an invalid keyID is returned by the Status RPC call split by error.',
    ['provider_name', 'error'],
  )
  const sizes = metrics.gauge(
    envelope('dek_source_cache_size'),
    '[ALPHA] Number of records in data encryption key (DEK) source cache. On a restart, this value is an approximation of the number of decrypt RPC calls the server will make to the KMS plugin.',
    ['provider_name'],
  )
  const server = hashOf(identityOf(hostname()))
  const used = createKeys()
  const told = createKeys()
  const rowsOf = (keys: Keys, value: (use: Use) => number) =>
    function* () {
      for (const use of keys.all()) yield [[...use.labels, use.keyId && hashOf(use.keyId), server], value(use)] as const
    }
  const keyLabels = ['transformation_type', 'provider_name', 'key_id_hash', 'apiserver_id_hash']
  metrics.collect(
    envelope('key_id_hash_total'),
    '[ALPHA] Number of times a keyID is used split by transformation type, provider, and apiserver identity.',
    keyLabels,
    rowsOf(used, ({ count }) => count),
    'counter',
  )
  metrics.collect(
    envelope('key_id_hash_last_timestamp_seconds'),
    '[ALPHA] The last time in seconds when a keyID was used.',
    keyLabels,
    rowsOf(used, ({ last }) => last / 1000),
  )
  metrics.collect(
    envelope('key_id_hash_status_last_timestamp_seconds'),
    '[ALPHA] The last time in seconds when a keyID was returned by the Status RPC call.',
    keyLabels.slice(1),
    rowsOf(told, ({ last }) => last / 1000),
  )
  return {
    transformed(type, prefix, seconds, error) {
      operations.add([type, prefix, error === undefined ? 'OK' : codeOf(error)])
      if (error === undefined) durations.observe(seconds, [type, prefix])
    },
    reloaded: reloadCounter(metrics, 'encryption'),
    kms: (provider) => ({
      async called(method, answer) {
        const startedAt = performance.now()
        const over = (code: string) =>
          calls.observe((performance.now() - startedAt) / 1000, [provider, `/v2.KeyManagementService/${method}`, code])
        try {
          const result = await answer
          over('OK')
          return result
        } catch (error) {
          over(codeOf(error))
          throw error
        }
      },
      keyUsed: (type, keyId) => used.add([type, provider], keyId),
      keyTold: (keyId) => told.add([provider], keyId),
      keyInvalid: (error) => invalid.add([provider, error]),
      seedMade: (seconds) => seedDurations.observe(seconds),
      seeds: (count) => sizes.set(count, [provider]),
    }),
  }
}

interface Use {
  readonly labels: readonly string[]
  readonly keyId: string
  count: number
  last: number
}
type Keys = ReturnType<typeof createKeys>
function createKeys() {
  const uses = new Map<string, Use>()
  return {
    all: () => uses.values(),
    add(labels: readonly string[], keyId: string) {
      const name = `${labels.join(' ')} ${keyId}`
      let use = uses.get(name)
      if (!use) {
        if (uses.size >= mostKeys) uses.delete([...uses].reduce((a, b) => (a[1].last <= b[1].last ? a : b))[0])
        use = { labels, keyId, count: 0, last: 0 }
        uses.set(name, use)
      }
      use.count++
      use.last = Date.now()
    },
  }
}

const names = new Map<number, string>(
  Object.entries(Code).map(([name, code]) => [
    code,
    name === 'OK'
      ? name
      : name === 'CANCELLED'
        ? 'Canceled'
        : name.toLowerCase().replaceAll(/(?:^|_)(\w)/g, (_all, letter: string) => letter.toUpperCase()),
  ]),
)
/** As Go names gRPC's codes; what failed before or after the call has none. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof GrpcError) return names.get(at.code) ?? `Code(${at.code})`
  return 'unknown-non-grpc'
}

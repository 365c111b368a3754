/** How values are kept at rest (apiserver/pkg/storage/value): sealed by the first provider, opened by the one whose prefix they have. */
import type { TransformationObserver } from './metrics.ts'
import type { Sealer } from './sealer.ts'

export type TransformerProvider = Sealer | 'identity'

export interface Transformer {
  toStorage(plain: Uint8Array, path: string): Uint8Array | Promise<Uint8Array>
  fromStorage(stored: Uint8Array, path: string): Uint8Array | Promise<Uint8Array>
}

const encrypted = Buffer.from('k8s:enc:')
const kms = Buffer.from('k8s:enc:kms:')
const begins = (value: Buffer, prefix: Buffer): boolean => value.length >= prefix.length && prefix.compare(value, 0, prefix.length) === 0
const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/** `observe` is told of each value that is sealed or opened; what comes back of the own writes is neither. */
export function createTransformer(providers: readonly TransformerProvider[], observe: TransformationObserver = () => {}): Transformer {
  const [first] = providers
  const labels = new Map(providers.map((provider) => [provider, provider === 'identity' ? '' : kindOf(provider).toString('latin1')]))
  const labelOf = (provider: TransformerProvider) => labels.get(provider) as string
  const startNow = (type: Parameters<TransformationObserver>[0], provider: TransformerProvider) => {
    const startedAt = performance.now()
    return (error?: unknown) => observe(type, labelOf(provider), (performance.now() - startedAt) / 1000, error)
  }
  const own = createOwnWrites()
  /** Throws in upstream's words; `from` skips the providers that were tried. */
  const open = (bytes: Buffer, path: string, from = 0, failure?: unknown): Buffer | Promise<Buffer> => {
    for (let i = from; i < providers.length; i++) {
      const provider = providers[i] as TransformerProvider
      if (provider === 'identity') {
        if (!begins(bytes, encrypted)) {
          observe('from_storage', labelOf(provider), 0)
          return bytes
        }
        failure ??= new Error('identity transformer tried to read encrypted data')
      } else if (begins(bytes, provider.prefix)) {
        const over = startNow('from_storage', provider)
        const failed = (error: unknown) => {
          over(error)
          return open(bytes, path, i + 1, error)
        }
        const done = (plain: Buffer) => {
          over()
          return plain
        }
        try {
          const opened = provider.open(bytes.subarray(provider.prefix.length), path)
          return opened instanceof Promise ? opened.then(done, failed) : done(opened)
        } catch (error) {
          over(error)
          failure = error
        }
      }
    }
    const cause =
      failure ??
      new Error(noKeyOf(bytes, providers) ? 'no matching key was found for the provided AES transformer' : 'no matching prefix found')
    observe('from_storage', 'unknown', 0, cause)
    throw new Error(`unable to transform key ${JSON.stringify(path)}: ${(cause as Error).message}`, { cause })
  }
  return {
    toStorage(plain, path) {
      if (!first || first === 'identity') return plain
      const over = startNow('to_storage', first)
      const keep = (bytes: Buffer) => {
        over()
        return own.keep(path, Buffer.concat([first.prefix, bytes]), plain)
      }
      const failed = (error: unknown): never => {
        over(error)
        throw error
      }
      try {
        const sealed = first.seal(bufferOf(plain), path)
        return sealed instanceof Promise ? sealed.then(keep, failed) : keep(sealed)
      } catch (error) {
        return failed(error)
      }
    },
    fromStorage: (stored, path) => own.find(path, stored) ?? open(bufferOf(stored), path),
  }
}

/** Whether one of the providers has sealed it, with a key that is not there. */
const noKeyOf = (bytes: Buffer, providers: readonly TransformerProvider[]): boolean =>
  providers.some((p) => p !== 'identity' && begins(bytes, p.prefix.subarray(0, p.prefix.lastIndexOf(':', -2) + 1)))
/** The prefix without the name of the key; a key manager's name belongs to it. */
const kindOf = ({ prefix }: Sealer): Buffer => (begins(prefix, kms) ? prefix : prefix.subarray(0, prefix.lastIndexOf(':', -2) + 1))

const mostKept = 512

interface OwnWrite {
  readonly sealed: Buffer
  readonly plain: Uint8Array
  readonly before?: OwnWrite | undefined
}

/** What was sealed here comes back at once, in the event of its own write and as what the next one replaces: it need not be opened. */
function createOwnWrites() {
  const writes = new Map<string, OwnWrite>()
  return {
    keep(path: string, sealed: Buffer, plain: Uint8Array): Buffer {
      const last = writes.get(path)
      writes.delete(path)
      writes.set(path, { sealed, plain, before: last && { sealed: last.sealed, plain: last.plain } })
      if (writes.size > mostKept) writes.delete(writes.keys().next().value as string)
      return sealed
    },
    find(path: string, stored: Uint8Array): Uint8Array | undefined {
      for (let known = writes.get(path); known; known = known.before) if (known.sealed.equals(stored)) return known.plain
      return undefined
    },
  }
}

/** How values are kept at rest (apiserver/pkg/storage/value): sealed by the first provider, opened by the one whose prefix they have. */
import type { Sealer } from './sealer.ts'

export type TransformerProvider = Sealer | 'identity'

export interface Transformer {
  toStorage(plain: Uint8Array, path: string): Uint8Array | Promise<Uint8Array>
  fromStorage(stored: Uint8Array, path: string): Uint8Array | Promise<Uint8Array>
}

const encrypted = Buffer.from('k8s:enc:')
const begins = (value: Buffer, prefix: Buffer): boolean => value.length >= prefix.length && prefix.compare(value, 0, prefix.length) === 0
const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

export function createTransformer(providers: readonly TransformerProvider[]): Transformer {
  const [first] = providers
  const own = createOwnWrites()
  /** Throws in upstream's words; `from` skips the providers that were tried. */
  const open = (bytes: Buffer, path: string, from = 0, failure?: unknown): Buffer | Promise<Buffer> => {
    for (let i = from; i < providers.length; i++) {
      const provider = providers[i] as TransformerProvider
      if (provider === 'identity') {
        if (!begins(bytes, encrypted)) return bytes
        failure ??= new Error('identity transformer tried to read encrypted data')
      } else if (begins(bytes, provider.prefix)) {
        try {
          const opened = provider.open(bytes.subarray(provider.prefix.length), path)
          return opened instanceof Promise ? opened.catch((error: unknown) => open(bytes, path, i + 1, error)) : opened
        } catch (error) {
          failure = error
        }
      }
    }
    const cause =
      failure ??
      new Error(noKeyOf(bytes, providers) ? 'no matching key was found for the provided AES transformer' : 'no matching prefix found')
    throw new Error(`unable to transform key ${JSON.stringify(path)}: ${(cause as Error).message}`, { cause })
  }
  return {
    toStorage(plain, path) {
      if (!first || first === 'identity') return plain
      const sealed = first.seal(bufferOf(plain), path)
      const keep = (bytes: Buffer) => own.keep(path, Buffer.concat([first.prefix, bytes]), plain)
      return sealed instanceof Promise ? sealed.then(keep) : keep(sealed)
    },
    fromStorage: (stored, path) => own.find(path, stored) ?? open(bufferOf(stored), path),
  }
}

/** Whether one of the providers has sealed it, with a key that is not there. */
const noKeyOf = (bytes: Buffer, providers: readonly TransformerProvider[]): boolean =>
  providers.some((p) => p !== 'identity' && begins(bytes, p.prefix.subarray(0, p.prefix.lastIndexOf(':', -2) + 1)))

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

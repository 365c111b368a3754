/**
 * How one version of a custom resource reads and writes what is stored (upstream: the codec that apiextensions gives each
 * version's storage). Entries are in the version that is served, pruned and defaulted by its schema, and their bytes are
 * those of the store wherever nothing had to change.
 */
import type { ApiObject } from '../request.ts'
import { type EntryCodec, encodeAs, headOf, splice, startsWith } from '../storage/entry.ts'

export interface CustomCodecOptions {
  readonly kind: string
  readonly apiVersion: string
  readonly storedVersion: string
  /** A stored object as this version serves it; the same object where nothing differs. */
  read(object: ApiObject): ApiObject
  /** An object of this version as it is stored. */
  write(object: ApiObject): ApiObject
}

export function createCustomCodec({ kind, apiVersion, storedVersion, read, write }: CustomCodecOptions): EntryCodec {
  const head = headOf(kind, apiVersion)
  return {
    apiVersion,
    encode: (object) => encodeAs(kind, storedVersion, write(object)),
    entry(key, value, revision) {
      const object = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')) as ApiObject
      const served = read(object)
      const bytes = served === object && startsWith(value, head) ? value : encodeAs(kind, apiVersion, served)
      return { key, revision, bytes: splice(bytes, head.length, revision), item: 1, object: undefined }
    },
  }
}

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
  write(object: ApiObject): ApiObject | Promise<ApiObject>
  /** Stored objects in this version, where a webhook is asked for those of others. */
  readonly convert?: (objects: readonly ApiObject[]) => Promise<readonly ApiObject[]>
}

export function createCustomCodec({ kind, apiVersion, storedVersion, read, write, convert }: CustomCodecOptions): EntryCodec {
  const head = headOf(kind, apiVersion)
  const parse = (value: Uint8Array) =>
    JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')) as ApiObject
  return {
    apiVersion,
    encode(object) {
      const written = write(object)
      return written instanceof Promise
        ? written.then((stored) => encodeAs(kind, storedVersion, stored))
        : encodeAs(kind, storedVersion, written)
    },
    ...(convert ? { convert: (values) => converted(values) } : {}),
    entry(key, value, revision) {
      const object = parse(value)
      const served = read(object)
      const bytes = served === object && startsWith(value, head) ? value : encodeAs(kind, apiVersion, served)
      return { key, revision, bytes: splice(bytes, head.length, revision), item: 1, object: undefined }
    },
  }

  /** What begins as this version's objects do needs no conversion; a deletion has no value. */
  async function converted(values: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    const others = values.map((value, i) => ({ value, i })).filter(({ value }) => value.length > 0 && !startsWith(value, head))
    if (others.length === 0) return values
    const objects = await (convert as NonNullable<typeof convert>)(others.map(({ value }) => parse(value)))
    const made = [...values]
    others.forEach(({ i }, at) => {
      made[i] = encodeAs(kind, apiVersion, objects[at] as ApiObject)
    })
    return made
  }
}

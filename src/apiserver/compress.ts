/** Large answers are compressed when the client takes gzip (apiserver's APIResponseCompression). */
import { promisify } from 'node:util'

/** Below this the time is worth more than the bytes. */
const threshold = 128 * 1024

export const takesGzip = (acceptEncoding: string | undefined): boolean =>
  acceptEncoding !== undefined && /(^|,)\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$))[^,]*)?(,|$)/.test(acceptEncoding)

/** The compressed bytes; undefined where they are sent as they are. */
export async function compressed(bytes: Buffer, acceptEncoding: string | undefined): Promise<Buffer | undefined> {
  if (bytes.length < threshold || !takesGzip(acceptEncoding)) return undefined
  // Loaded for the first large answer: it takes 5 ms, and a start none has.
  const { gzip } = await import('node:zlib')
  return promisify(gzip)(bytes, { level: 1 })
}

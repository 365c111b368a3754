/** The `continue` token: the revision a list is true at and the key it stopped at (apiserver/pkg/storage/continue.go). */
import { newBadRequest } from '../../api/errors.ts'

/** `revision` -1: go on at the newest, as a token does that answered a 410. */
export interface ContinueToken {
  readonly revision: number
  /** Relative to the list's prefix. */
  readonly after: string
}

const version = 'meta.k8s.io/v1'

export function encodeContinue({ revision, after }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: version, rv: revision, start: `${after}\0` })).toString('base64url')
}

const invalid = (why: string) => newBadRequest(`invalid continue token: continue key is not valid: ${why}`)

export function decodeContinue(token: string): ContinueToken {
  const bad = [...token].findIndex((c) => !/[A-Za-z0-9_-]/.test(c))
  if (bad >= 0) throw invalid(`illegal base64 data at input byte ${bad}`)
  if (token.length % 4 === 1) throw invalid(`illegal base64 data at input byte ${token.length - 1}`)
  let value: { v?: unknown; rv?: unknown; start?: unknown }
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as typeof value
  } catch {
    throw invalid("invalid character 'ÿ' looking for beginning of value")
  }
  if (value?.v !== version) throw invalid(`server does not recognize this encoded version ${String(value?.v ?? '')}`)
  const { rv = 0, start = '' } = value
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0)
    throw invalid('incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (typeof start !== 'string' || start === '') throw invalid('encoded start key empty (version meta.k8s.io/v1)')
  // A key that climbs out of its prefix is somebody's attempt.
  if (start.startsWith('/') || start.split('/').includes('..')) throw invalid(start)
  return { revision: rv, after: start.replace(/\0$/, '') }
}

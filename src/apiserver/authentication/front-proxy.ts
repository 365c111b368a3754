/**
 * The authenticating front proxy (upstream: authentication/request/headerrequest): whoever shows a certificate of its
 * authority says in headers on whose behalf a request comes.
 */
import type { Authenticator, Credentials, User } from '../request.ts'

export interface FrontProxyOptions {
  /** PEM of the authorities of front proxies (--requestheader-client-ca-file). */
  readonly ca: string
  /** The CommonNames that are taken; empty for any. */
  readonly allowedNames: readonly string[]
  readonly usernameHeaders: readonly string[]
  readonly uidHeaders: readonly string[]
  readonly groupHeaders: readonly string[]
  readonly extraHeadersPrefixes: readonly string[]
}

export function createFrontProxyAuthenticator(
  options: FrontProxyOptions,
  trusts: (certificate: NonNullable<Credentials['certificate']>) => boolean,
): Authenticator {
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase())
  const { allowedNames } = options
  const usernameHeaders = lower(options.usernameHeaders)
  const uidHeaders = lower(options.uidHeaders)
  const groupHeaders = lower(options.groupHeaders)
  const prefixes = lower(options.extraHeadersPrefixes)
  return {
    authenticate({ certificate, headers }) {
      if (!certificate || !trusts(certificate)) return undefined
      if (allowedNames.length > 0 && !allowedNames.includes(certificate.commonName)) return undefined
      const name = first(headers, usernameHeaders)
      if (name === '') return undefined
      const uid = first(headers, uidHeaders)
      const extra: Record<string, string[]> = {}
      for (const header in headers) {
        const prefix = prefixes.find((p) => header.startsWith(p))
        if (prefix !== undefined) extra[unescaped(header.slice(prefix.length))] = valuesOf(headers[header])
      }
      const user: User = {
        name,
        ...(uid ? { uid } : {}),
        groups: groupHeaders.flatMap((header) => valuesOf(headers[header])),
        ...(Object.keys(extra).length > 0 ? { extra } : {}),
      }
      // They were for this server: whoever the request is handed on to must not take them for our word.
      const mine = [...usernameHeaders, ...uidHeaders, ...groupHeaders]
      for (const header of Object.keys(headers))
        if (mine.includes(header) || prefixes.some((p) => header.startsWith(p))) delete (headers as Record<string, unknown>)[header]
      return user
    },
  }
}

const valuesOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : (Array.isArray(value) ? value : value.split(', ')).filter((v) => v !== '')

function first(headers: Credentials['headers'], names: readonly string[]): string {
  for (const name of names) {
    const value = headers[name]
    const text = Array.isArray(value) ? value[0] : value
    if (text) return text
  }
  return ''
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/**
 * The authenticating front proxy (upstream: authentication/request/headerrequest): whoever shows a certificate of its
 * authority says in headers on whose behalf a request comes.
 */
import { readFileSync } from 'node:fs'
import type { FlagTable } from '../flags/flags.ts'
import { type ClientCertificate, trustedBy } from './client-certificate.ts'

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
export interface ProxiedUser {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}
type Headers = Readonly<Record<string, string | string[] | undefined>>

export const frontProxyFlags = {
  'requestheader-client-ca-file': {
    type: 'string',
    doc: 'The authority of front proxies: who shows a certificate of it says in headers on whose behalf a request comes.',
  },
  'requestheader-allowed-names': { type: 'list', doc: 'The CommonNames of certificates that front proxies may have. Default: any.' },
  'requestheader-username-headers': { type: 'list', doc: 'Headers that name the user; the first that is there counts.' },
  'requestheader-uid-headers': { type: 'list', doc: 'Headers that carry the UID; the first that is there counts.' },
  'requestheader-group-headers': { type: 'list', doc: 'Headers that name groups.' },
  'requestheader-extra-headers-prefix': { type: 'list', doc: 'Headers that begin so carry extra fields of the user.' },
} as const satisfies FlagTable

/** What these flags say; undefined without an authority. */
export function frontProxyOf(values: Readonly<Record<string, unknown>>): FrontProxyOptions | undefined {
  const file = values['requestheader-client-ca-file'] as string
  const list = (name: string) => values[`requestheader-${name}`] as readonly string[]
  if (!file) return undefined
  // Without a name for the header nobody could be named: upstream refuses that too.
  if (list('username-headers').length === 0)
    throw new Error('--requestheader-username-headers must be specified with --requestheader-client-ca-file')
  return frontProxyFrom(readFileSync(file, 'utf8'), list)
}

/** `list` reads one of the settings, as it is called behind `requestheader-`: in flags, and where the cluster publishes them. */
export const frontProxyFrom = (ca: string, list: (name: string) => readonly string[]): FrontProxyOptions => ({
  ca,
  allowedNames: list('allowed-names'),
  usernameHeaders: list('username-headers'),
  uidHeaders: list('uid-headers'),
  groupHeaders: list('group-headers'),
  extraHeadersPrefixes: list('extra-headers-prefix'),
})

/** Whom a front proxy names; undefined for everybody else. What it said is taken from the headers. */
export function createFrontProxy(
  options: FrontProxyOptions,
): (certificate: ClientCertificate | undefined, headers: Headers) => ProxiedUser | undefined {
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase())
  const trusts = trustedBy(options.ca)
  const { allowedNames } = options
  const usernameHeaders = lower(options.usernameHeaders)
  const uidHeaders = lower(options.uidHeaders)
  const groupHeaders = lower(options.groupHeaders)
  const prefixes = lower(options.extraHeadersPrefixes)
  return (certificate, headers) => {
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
    const user = {
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
  }
}

const valuesOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : (Array.isArray(value) ? value : value.split(', ')).filter((v) => v !== '')

function first(headers: Headers, names: readonly string[]): string {
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

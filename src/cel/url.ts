/** Kubernetes' URL library: absolute URIs and absolute paths, as Go's url.ParseRequestURI reads them. */
import { EvaluationError } from './errors.ts'
import { fn, type Library, traversal } from './functions.ts'
import { adapt, Opaque } from './values.ts'

interface ParsedURL {
  readonly text: string
  readonly scheme: string
  /** With the port. */
  readonly host: string
  readonly path: string
  readonly query: string
}
const form = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:[^/?]*@)?([^/?]*))?([^?]*)(?:\?(.*))?$/s
const hostForm = /^(?:\[[0-9A-Fa-f:.%]+\]|[^[\]:\s<>"\\^`{|}]*)(?::\d*)?$/

/** Undefined where it is none. */
export function parseURL(text: string): ParsedURL | undefined {
  const match = form.exec(text)
  if (!match || text === '' || /[\x00-\x1f\x7f]/.test(text)) return undefined
  const [, scheme = '', host = '', path = '', query = ''] = match
  if (!scheme && !text.startsWith('/')) return undefined
  if (!hostForm.test(host) || /%(?![0-9A-Fa-f]{2})/.test(path)) return undefined
  return { text, scheme: scheme.toLowerCase(), host, path, query }
}

const type = 'kubernetes.URL'
type Held = Opaque<ParsedURL>
function parse(text: string): Held {
  const url = parseURL(text)
  if (!url)
    throw new EvaluationError(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`)
  return new Opaque(type, url, (other) => other.text === text)
}
const portOf = ({ value: { host } }: Held): string => /:(\d*)$/.exec(host)?.[1] ?? ''
const hostnameOf = ({ value: { host } }: Held): string => host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')
const escapedPath = ({ value: { path } }: Held): string => path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu, (c) => encodeURIComponent(c))
function queryOf({ value: { query } }: Held) {
  const params = new URLSearchParams(query)
  return adapt(Object.fromEntries([...new Set(params.keys())].map((name) => [name, params.getAll(name)])))
}

export const urlLibrary: Library = [
  fn(`url(string): ${type}`, parse, traversal()),
  fn('isURL(string): bool', (text: string) => parseURL(text) !== undefined, traversal()),
  fn(`${type}.getScheme(): string`, ({ value }: Held) => value.scheme),
  fn(`${type}.getHost(): string`, ({ value }: Held) => value.host),
  fn(`${type}.getHostname(): string`, hostnameOf),
  fn(`${type}.getPort(): string`, portOf),
  fn(`${type}.getEscapedPath(): string`, escapedPath),
  fn(`${type}.getQuery(): map<string, list<string>>`, queryOf),
]

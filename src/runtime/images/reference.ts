/** Image names as Docker reads them: `redis` is `docker.io/library/redis:latest` (distribution/reference). */

export interface Reference {
  /** The registry: `docker.io`, `127.0.0.1:5000`. */
  readonly host: string
  /** Within the registry: `library/redis`. */
  readonly path: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

export class ImageNameError extends Error {}

const pathPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const hostPattern =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/
const tagPattern = /^\w[\w.-]{0,127}$/
export const digestPattern = /^sha256:[0-9a-f]{64}$/

/** Reads a name; one with neither tag nor digest gets `latest`. */
export function parseReference(name: string): Reference {
  const invalid = (why: string) => new ImageNameError(`invalid reference format: ${why}: ${JSON.stringify(name.slice(0, 300))}`)
  if (name.length > 1024) throw invalid('too long')
  const at = name.indexOf('@')
  const digest = at < 0 ? undefined : name.slice(at + 1)
  if (digest !== undefined && !digestPattern.test(digest)) throw invalid('digest')
  const rest = at < 0 ? name : name.slice(0, at)
  const colon = rest.lastIndexOf(':')
  const tagged = colon > rest.lastIndexOf('/')
  const repository = tagged ? rest.slice(0, colon) : rest
  const tag = tagged ? rest.slice(colon + 1) : digest === undefined ? 'latest' : undefined
  if (tag !== undefined && !tagPattern.test(tag)) throw invalid('tag')
  const slash = repository.indexOf('/')
  const first = slash < 0 ? '' : repository.slice(0, slash)
  const named = /[.:A-Z]/.test(first) || first === 'localhost'
  const host = !named || first === 'index.docker.io' ? 'docker.io' : first
  let path = named ? repository.slice(slash + 1) : repository
  if (host === 'docker.io' && !path.includes('/')) path = `library/${path}`
  if (!hostPattern.test(host)) throw invalid('registry')
  if (/[A-Z]/.test(path)) throw invalid('repository name must be lowercase')
  if (path.length > 255 || !pathPattern.test(path)) throw invalid('repository')
  return { host, path, tag, digest }
}

export const repositoryOf = (r: Reference): string => `${r.host}/${r.path}`
export function formatReference(r: Reference): string {
  return `${repositoryOf(r)}${r.tag === undefined ? '' : `:${r.tag}`}${r.digest === undefined ? '' : `@${r.digest}`}`
}
/** As Docker shows it: without `docker.io/library/`. */
export const familiarName = (repository: string): string => repository.replace(/^docker\.io\/(library\/)?/, '')

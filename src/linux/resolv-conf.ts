/** A resolv.conf, read: what pods with the Default DNS policy get, and whom the cluster DNS asks. */
import { readFileSync } from 'node:fs'

export interface ResolverSettings {
  readonly servers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

export function parseResolvConf(text: string): ResolverSettings {
  const servers: string[] = []
  let searches: string[] = []
  const options: string[] = []
  for (const line of text.split('\n')) {
    const [word, ...rest] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/)
    if (word === 'nameserver' && rest[0]) servers.push(rest[0])
    else if (word === 'search') searches = rest
    else if (word === 'options') options.push(...rest)
  }
  return { servers, searches, options }
}

/** A machine without the file has no name servers. */
export function readResolvConf(path: string): ResolverSettings {
  try {
    return parseResolvConf(readFileSync(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return parseResolvConf('')
    throw error
  }
}

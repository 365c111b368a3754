/** WATCH: what is asked for; the encode step opens it. */
import type { Answer, Call } from '../call.ts'
import { parseListOptions, parseResourceVersion } from '../options.ts'
import { type Core, cacheOf, freshened } from './core.ts'
import { selectionOf } from './selection.ts'

export async function watch(core: Core, call: Call): Promise<Answer> {
  const { endpoint, info } = call
  const options = parseListOptions(info.query, true)
  const selection = selectionOf(endpoint, info, options)
  const since = parseResourceVersion(options.resourceVersion)
  const cache = cacheOf(endpoint)
  if (!cache.loaded) await cache.load()
  const initial = options.sendInitialEvents ?? since === 0
  if (initial) {
    const fresh = freshened(core, cache)
    if (fresh) await fresh
  }
  return {
    kind: 'watch',
    endpoint,
    selection,
    since: initial ? undefined : since || core.storage.revision,
    // Watches that begin together do not end together.
    timeoutMs: options.timeoutSeconds
      ? Math.min(options.timeoutSeconds, 2 ** 31 / 1000) * 1000
      : core.minRequestTimeoutMs * (1 + Math.random()),
    bookmarks: options.allowWatchBookmarks,
    initialEventsEnd: options.sendInitialEvents === true && options.allowWatchBookmarks,
  }
}

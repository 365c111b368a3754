/**
 * LIST: from the cache where that is the state asked for, otherwise from the store's history; in pages that are all
 * true at the revision of the first (upstream: storage/cacher and etcd3's GetList).
 */
import { newBadRequest, StatusError } from '../../api/errors.ts'
import { CompactedError } from '../../store/store.ts'
import type { Answer, Call } from '../call.ts'
import { type ListOptions, parseListOptions, parseResourceVersion } from '../options.ts'
import { type Entry, entriesOf } from '../storage/entry.ts'
import { keyPrefix, matches, type Selection, selectsAll } from '../storage/selection.ts'
import { decodeContinue, encodeContinue } from './continue-token.ts'
import { type Core, cacheOf, freshened } from './core.ts'
import { selectionOf } from './selection.ts'

export async function list(core: Core, call: Call): Promise<Answer> {
  const { endpoint, info } = call
  const options = parseListOptions(info.query, false)
  const selection = selectionOf(endpoint, info, options)
  const found = await readList(core, call, selection, options)
  return { kind: 'list', endpoint, ...found }
}

interface Found {
  readonly entries: readonly Entry[]
  readonly revision: number
  readonly continue: string
  readonly remaining: number | undefined
}

export async function readList(core: Core, { endpoint }: Call, selection: Selection, options: ListOptions): Promise<Found> {
  const cache = cacheOf(endpoint)
  if (!cache.loaded) await cache.load()
  const token = options.continue ? decodeContinue(options.continue) : undefined
  if (token && options.resourceVersion !== '' && options.resourceVersion !== '0')
    throw newBadRequest('specifying resource version is not allowed when using continue')
  const asked = parseResourceVersion(options.resourceVersion)
  if (options.resourceVersion === '' || asked > core.storage.revision) {
    const fresh = freshened(core, cache)
    if (fresh) await fresh
  }
  if (asked > core.storage.revision) throw newTooLarge(asked, core.storage.revision)

  const limit = options.limit > 0 ? options.limit : undefined
  // Upstream reads the exact version for a limited list of a given version, too; at "0" the limit is not looked at.
  const exact = options.resourceVersionMatch === 'Exact' || (asked > 0 && limit !== undefined && options.resourceVersionMatch === '')
  const at = token ? Math.max(token.revision, 0) : exact ? asked : 0
  const after = token ? keyPrefix(selection) + token.after : undefined
  const unlimited = options.resourceVersion === '0' && !token && options.resourceVersionMatch !== 'Exact'

  const past = at > 0 && at < cache.lastChange
  const revision = at || core.storage.revision
  const { entries, more, remaining } = past
    ? await listPast(cache, core, selection, at, after, limit)
    : listPresent(cache, selection, after, unlimited ? undefined : limit)
  const last = entries.at(-1)
  return {
    entries,
    revision,
    continue: more && last ? encodeContinue({ revision, after: last.key.slice(keyPrefix(selection).length) }) : '',
    // Not told with selectors: the server would have to count what they hold.
    remaining: more && selectsAll(selection) ? remaining() : undefined,
  }
}

interface Page {
  readonly entries: Entry[]
  readonly more: boolean
  remaining(): number
}

function listPresent(cache: ReturnType<typeof cacheOf>, selection: Selection, after: string | undefined, limit: number | undefined): Page {
  const { entries, more } = cache.list(selection, after, limit)
  return { entries, more, remaining: () => cache.count(selection, entries.at(-1)?.key) }
}

async function listPast(
  cache: ReturnType<typeof cacheOf>,
  core: Core,
  selection: Selection,
  revision: number,
  after: string | undefined,
  limit: number | undefined,
): Promise<Page> {
  const prefix = cache.prefix + keyPrefix(selection)
  const entries: Entry[] = []
  let from = after === undefined ? undefined : cache.prefix + after
  try {
    for (;;) {
      const page = await core.storage.store.list(prefix, { revision, limit: limit ? limit + 1 : 2000, ...(from ? { after: from } : {}) })
      const made = await entriesOf(cache.codec, cache.prefix, page.kvs)
      for (const [i, entry] of made.entries()) {
        if (limit && entries.length === limit) return { entries, more: true, remaining: () => page.count - i }
        if (matches(selection, entry)) entries.push(entry)
      }
      if (!page.more) return { entries, more: false, remaining: () => 0 }
      from = page.kvs.at(-1)?.key
    }
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error
    throw after === undefined ? newTooOld() : newContinueExpired(after, keyPrefix(selection))
  }
}

const newTooOld = (): StatusError =>
  new StatusError({ code: 410, reason: 'Expired', message: 'The resourceVersion for the provided list is too old.' })

/** The client may go on with what the token offers, at the price of a list that is not of one moment. */
function newContinueExpired(after: string, within: string): StatusError {
  const token = encodeContinue({ revision: -1, after: after.slice(within.length) })
  return new StatusError({
    code: 410,
    reason: 'Expired',
    message:
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    metadata: { continue: token },
  })
}

/** The version asked for is yet to come; the client may have heard of it from another server and should try again. */
export const newTooLarge = (asked: number, current: number): StatusError =>
  new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `Too large resource version: ${asked}, current: ${current}`,
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
  })

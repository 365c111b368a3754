/** DELETE of a collection: each selected object by itself, a few at a time; answers the list of what it met. */
import { isNotFound, StatusError } from '../../api/errors.ts'
import type { Answer, Call } from '../call.ts'
import { parseListOptions } from '../options.ts'
import type { Entry } from '../storage/entry.ts'
import { type Core, readEntry } from './core.ts'
import { deleteEntry, readDeleteOptions, warnOfOrphans } from './delete.ts'
import { readList } from './list.ts'
import { selectionOf } from './selection.ts'

/** Upstream deletes with one worker (DeleteCollectionWorkers); a few let group commit work. */
const workers = 16

export async function removeCollection(core: Core, call: Call): Promise<Answer> {
  const { endpoint, info } = call
  const options = await readDeleteOptions(core, call)
  warnOfOrphans(call, options)
  const listOptions = parseListOptions(info.query, false)
  if (listOptions.resourceVersion && !/^\d+$/.test(listOptions.resourceVersion)) {
    const text = JSON.stringify(listOptions.resourceVersion)
    throw new StatusError({
      code: 400,
      reason: 'BadRequest',
      message: `invalid resource version: resourceVersion: Invalid value: ${text}: strconv.ParseUint: parsing ${text}: invalid syntax`,
    })
  }
  const selection = selectionOf(endpoint, info, listOptions)
  const found = await readList(core, call, selection, listOptions)
  let next = 0
  const removeOne = async (first: Entry) => {
    for (let entry: Entry | undefined = first; entry; entry = await readEntry(core, endpoint, first.key)) {
      try {
        if (await deleteEntry(core, call, entry, options)) return
      } catch (error) {
        if (isNotFound(error)) return
        throw error
      }
    }
  }
  await Promise.all(
    Array.from({ length: Math.min(workers, found.entries.length) }, async () => {
      while (next < found.entries.length) await removeOne(found.entries[next++] as Entry)
    }),
  )
  return { kind: 'list', endpoint, ...found }
}

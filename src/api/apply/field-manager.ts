/**
 * Who owns which field (apimachinery/pkg/util/managedfields): server-side apply, and the record that every other write
 * leaves in metadata.managedFields. Pure: the time is given, and the objects that come in stay as they are.
 */
import { newBadRequest, StatusError } from '../errors.ts'
import { formatTime, parseGroupVersion } from '../meta.ts'
import { equalJson, isObject, type Json } from '../shape.ts'
import { changedFields, removedFields } from './compare.ts'
import { difference, emptySet, type FieldSet, intersection, isEmpty, parseFieldSet, paths, union } from './field-set.ts'
import { type ApplySchema, trackedSchema } from './schema.ts'
import { configFields, merge, removeUnowned, schemaErrors } from './typed.ts'

/** One entry of metadata.managedFields. */
export interface ManagedFieldsEntry {
  readonly manager?: string
  readonly operation?: string
  readonly apiVersion?: string
  readonly time?: string
  readonly fieldsType?: string
  readonly fieldsV1?: FieldSet
  readonly subresource?: string
}
export interface WriteOptions {
  readonly manager: string
  /** The object's group and version as in its apiVersion. */
  readonly apiVersion: string
  readonly schema: ApplySchema
  readonly subresource?: string
  /** Top fields that this endpoint does not write: `status`, or `spec` on the status subresource. */
  readonly resetFields?: readonly string[]
  readonly now?: Date | number
  /**
   * The kind in another version that is served: entries speak of the fields of the version they were written with.
   * Undefined for a version that is gone, whose entries go, too. Without this all versions have the same fields.
   */
  version?(apiVersion: string): KindVersion | undefined
}
export interface KindVersion {
  readonly schema: ApplySchema
  readonly resetFields?: readonly string[]
  /** An object of any version that is served, in this one. */
  view(object: ManagedObject): ManagedObject
}
export interface ApplyOptions extends WriteOptions {
  readonly force: boolean
}
/** What these functions read of an object; every API object fits. */
export interface ManagedObject {
  readonly metadata?: { readonly managedFields?: readonly object[] }
}

/** How many managers that update are kept apart; the oldest above that become one. */
const maxUpdateManagers = 10
const oldUpdates = 'ancient-changes'
const beforeFirstApply = 'before-first-apply'
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * The object with its managedFields brought up to date after a create or update (not an apply): what changed is owned
 * by the manager and no longer by others. `live` is undefined for a creation. An object whose managedFields were
 * cleared stays without, as upstream has it.
 */
export function updateManagedFields<T extends ManagedObject>(live: ManagedObject | undefined, next: T, options: WriteOptions): T {
  const liveEntries = (live?.metadata?.managedFields ?? []) as readonly ManagedFieldsEntry[]
  const entries = entriesOfUpdate(liveEntries, next, options)
  if (live && entries.length === 0) return withEntries(next, [])
  const schema = trackedSchema(options.schema, options.resetFields)
  const changed = changedFields(schema, live ?? nothing, next)
  if (entries.length === 0) return withEntries(next, isEmpty(changed) ? [] : [updateEntry(options, changed)])
  const removed = live ? removedFields(schema, live, next) : emptySet
  if (isEmpty(changed) && isEmpty(removed)) return withEntries(next, entries)

  const changesIn = changesByVersion(live, next, options, { changed, removed })
  const kept: ManagedFieldsEntry[] = []
  let own: FieldSet = changed
  const self = updateEntry(options, changed)
  for (const entry of entries) {
    const changes = changesIn(entry.apiVersion)
    if (!changes) continue
    const fields = difference(entry.fieldsV1 ?? emptySet, union(changes.changed, changes.removed))
    if (sameManager(entry, self)) {
      if (isEmpty(changed)) {
        if (!isEmpty(fields)) kept.push(withFields(entry, fields))
      } else own = union(changed, fields)
    } else if (!isEmpty(fields)) kept.push(withFields(entry, fields))
  }
  if (!isEmpty(changed)) kept.push({ ...self, fieldsV1: own })
  return withEntries(next, sortEntries(capUpdaters(kept)))
}
const nothing: Json = {}

interface Changes {
  readonly changed: FieldSet
  readonly removed: FieldSet
}

/** What a write changed as each version of the kind sees it (merge.Updater's update); `own` is the view of the version written with. */
function changesByVersion(live: ManagedObject | undefined, next: ManagedObject, options: WriteOptions, own: Changes) {
  const known = new Map<string | undefined, Changes | undefined>([[options.apiVersion, own]])
  return (apiVersion = ''): Changes | undefined => {
    if (!options.version) return own
    if (known.has(apiVersion)) return known.get(apiVersion)
    const other = options.version(apiVersion)
    let changes: Changes | undefined
    if (other) {
      const schema = trackedSchema(other.schema, other.resetFields)
      const before = live && other.view(live)
      const after = other.view(next)
      changes = {
        changed: changedFields(schema, before ?? nothing, after),
        removed: before ? removedFields(schema, before, after) : emptySet,
      }
    }
    known.set(apiVersion, changes)
    return changes
  }
}

export interface ApplyResult<T> {
  readonly object: T
  /** False when the configuration said what the live object says already; managedFields may still differ. */
  readonly changed: boolean
}

/**
 * Server-side apply: the live object (undefined: there is none) with the configuration merged in, fields taken away
 * that the manager applied before and nobody owns now, and managedFields. Throws 409 with a cause per field where
 * another manager owns what would change, unless forced; 400 and 500 where the configuration does not fit the type.
 */
export function apply<T extends ManagedObject>(live: T | undefined, config: Json, options: ApplyOptions): ApplyResult<T> {
  checkConfig(config, options)
  try {
    return syncLastApplied(applyOnce(live, config, options), config, options)
  } catch (error) {
    // What kubectl applied from the client side before is its own: no conflict with itself.
    if (!(error instanceof ConflictError) || options.manager !== 'kubectl' || !live) throw error
    const allowed = fieldsLastApplied(live, options)
    const rest = error.conflicts.flatMap(([entry, fields]) => {
      const left = difference(fields, allowed)
      return isEmpty(left) ? [] : [[entry, left] as const]
    })
    if (rest.length > 0) throw new ConflictError(rest)
    return syncLastApplied(applyOnce(live, config, { ...options, force: true }), config, options)
  }
}

function checkConfig(config: Json, options: ApplyOptions): void {
  const metadata = isObject(config['metadata']) ? config['metadata'] : {}
  if (metadata['managedFields'] !== undefined && metadata['managedFields'] !== null)
    throw newBadRequest('metadata.managedFields must be nil')
  const { group, version } = parseGroupVersion(String(config['apiVersion'] ?? ''))
  const kind = `${group}/${version}, Kind=${String(config['kind'] ?? '')}`
  if (config['apiVersion'] !== options.apiVersion && !options.subresource) throw newBadRequest(`invalid object type: ${kind}`)
  const errors = schemaErrors(options.schema, config)
  if (errors.length === 0) return
  const what = `(${String(metadata['namespace'] ?? '')}/${String(metadata['name'] ?? '')}; ${kind})`
  const text = errors.length === 1 ? errors[0] : `errors:\n${errors.map((e) => `  ${e}`).join('\n')}`
  throw new StatusError({ code: 500, message: `failed to create typed patch object ${what}: ${text}` })
}

function applyOnce<T extends ManagedObject>(live: T | undefined, config: Json, options: ApplyOptions): ApplyResult<T> {
  const now = formatTime(options.now)
  const schema = trackedSchema(options.schema, options.resetFields)
  let entries = (live?.metadata?.managedFields ?? []) as readonly ManagedFieldsEntry[]
  if (live && entries.length === 0) {
    const fields = changedFields(trackedSchema(options.schema), nothing, live)
    if (!isEmpty(fields))
      entries = [
        {
          manager: beforeFirstApply,
          operation: 'Update',
          apiVersion: options.apiVersion,
          time: now,
          fieldsType: 'FieldsV1',
          fieldsV1: fields,
        },
      ]
  }
  const self: ManagedFieldsEntry = {
    manager: options.manager,
    operation: 'Apply',
    apiVersion: options.apiVersion,
    fieldsType: 'FieldsV1',
    ...(options.subresource ? { subresource: options.subresource } : {}),
  }
  const previous = entries.find((entry) => sameManager(entry, self))
  const others = entries.filter((entry) => entry !== previous)
  const fields = configFields(schema, config)

  let object = merge(options.schema, live ?? {}, config) as T
  if (previous?.fieldsV1) object = (prune(object, previous, [...others, { ...self, fieldsV1: fields }], options) ?? {}) as T

  const changed = changedFields(schema, live ?? nothing, object)
  const removed = live ? removedFields(schema, live, object) : emptySet
  const changesIn = changesByVersion(live, object, options, { changed, removed })
  const conflicts = others.flatMap((entry) => {
    const both = intersection(entry.fieldsV1 ?? emptySet, changesIn(entry.apiVersion)?.changed ?? emptySet)
    return isEmpty(both) ? [] : [[entry, both] as const]
  })
  if (conflicts.length > 0 && !options.force) throw new ConflictError(conflicts)

  const taken = union(changed, removed)
  const kept = others.flatMap((entry) => {
    const changes = changesIn(entry.apiVersion)
    const left = changes ? difference(entry.fieldsV1 ?? emptySet, union(changes.changed, changes.removed)) : emptySet
    return isEmpty(left) ? [] : [withFields(entry, left)]
  })
  const isChanged = !live || !isEmpty(taken)
  const time = isChanged ? now : previous?.time
  if (!isEmpty(fields)) kept.push({ ...self, ...(time ? { time } : {}), fieldsV1: fields })
  // Nothing to change: the live object itself goes on, so that not even the order of a list's items differs.
  return { object: withEntries(isChanged ? object : (live as T), sortEntries(kept)), changed: isChanged }
}

/**
 * The merged object without what the manager applied before, in whichever version that was, and nobody owns now: in
 * the version of the earlier configuration first, then in every other that an owner wrote with (merge.Updater's prune).
 */
function prune(merged: ManagedObject, previous: ManagedFieldsEntry, owners: readonly ManagedFieldsEntry[], options: WriteOptions): unknown {
  const last = previous.fieldsV1 ?? emptySet
  const ownedIn = (apiVersion: string) =>
    owners.reduce((all, entry) => (entry.apiVersion === apiVersion ? union(all, entry.fieldsV1 ?? emptySet) : all), emptySet)
  const before = previous.apiVersion ?? ''
  const others = new Set(owners.map((entry) => entry.apiVersion ?? '').filter((version) => version !== before))
  if (!options.version || (others.size === 0 && before === options.apiVersion))
    return removeUnowned(options.schema, merged, last, options.version ? ownedIn(before) : everything(owners))
  let version = options.version(before)
  if (!version) return merged
  let pruned = removeUnowned(version.schema, version.view(merged), last, ownedIn(before))
  for (const apiVersion of others) {
    version = options.version(apiVersion)
    if (!version || !pruned) continue
    const whole = version.view(merged)
    const gone = removedFields(version.schema, whole, version.view(pruned as ManagedObject))
    pruned = removeUnowned(version.schema, whole, gone, ownedIn(apiVersion))
  }
  return pruned && options.version(options.apiVersion)?.view(pruned as ManagedObject)
}
const everything = (owners: readonly ManagedFieldsEntry[]): FieldSet =>
  owners.reduce((all, entry) => union(all, entry.fieldsV1 ?? emptySet), emptySet)

// ---- conflicts

type Conflict = readonly [ManagedFieldsEntry, FieldSet]
class ConflictError extends StatusError {
  readonly conflicts: readonly Conflict[]
  constructor(unsorted: readonly Conflict[]) {
    const conflicts = [...unsorted].sort(([a], [b]) => compareText(nameOf(a), nameOf(b)))
    const each = conflicts.map(([entry, fields]) => ({ name: nameOf(entry), fields: paths(fields) }))
    const count = each.reduce((n, { fields }) => n + fields.length, 0)
    super({
      code: 409,
      reason: 'Conflict',
      message:
        count === 1
          ? `Apply failed with 1 conflict: conflict with ${each[0]?.name}: ${each[0]?.fields[0]}`
          : `Apply failed with ${count} conflicts: ${each.map(({ name, fields }) => `conflicts with ${name}:\n${fields.map((f) => `- ${f}`).join('\n')}`).join('\n')}`,
      details: {
        causes: each.flatMap(({ name, fields }) =>
          fields.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${name}`, field })),
        ),
      },
    })
    this.conflicts = conflicts
  }
}

function nameOf(entry: ManagedFieldsEntry): string {
  const name = `${JSON.stringify(entry.manager ?? '')}${entry.subresource ? ` with subresource ${JSON.stringify(entry.subresource)}` : ''}`
  return entry.operation === 'Update' ? `${name} using ${entry.apiVersion}` : name
}

// ---- what kubectl applied from the client side

function annotationsOf(object: ManagedObject): Readonly<Record<string, string>> {
  return (object.metadata as { annotations?: Readonly<Record<string, string>> } | undefined)?.annotations ?? {}
}

/** The fields of the last client-side apply that the live object still has as they were applied. */
function fieldsLastApplied(live: ManagedObject, options: WriteOptions): FieldSet {
  let applied: unknown
  try {
    applied = JSON.parse(annotationsOf(live)[lastApplied] ?? '')
  } catch {
    return emptySet // no annotation, or one that someone else wrote
  }
  if (!isObject(applied) || applied['apiVersion'] !== options.apiVersion) return emptySet
  const schema = trackedSchema(options.schema, options.resetFields)
  return difference(configFields(schema, applied), union(changedFields(schema, applied, live), removedFields(schema, applied, live)))
}

/** kubectl may go back to applying from the client side: its annotation follows what it applies here. */
function syncLastApplied<T extends ManagedObject>(result: ApplyResult<T>, config: Json, options: ApplyOptions): ApplyResult<T> {
  if (options.manager !== 'kubectl' || annotationsOf(result.object)[lastApplied] === undefined) return result
  const { managedFields: _, annotations, ...metadata } = (config['metadata'] ?? {}) as Json
  const { [lastApplied]: __, ...others } = (annotations ?? {}) as Json
  const text = `${sortedJson({ ...config, metadata: Object.keys(others).length > 0 ? { ...metadata, annotations: others } : metadata })}\n`
  if (annotationsOf(result.object)[lastApplied] === text) return result
  const object = {
    ...result.object,
    metadata: { ...result.object.metadata, annotations: { ...annotationsOf(result.object), [lastApplied]: text } },
  }
  return { object, changed: true }
}
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner)
      ? Object.fromEntries(
          Object.keys(inner)
            .sort()
            .map((key) => [key, inner[key]]),
        )
      : inner,
  )
}

// ---- entries

/**
 * The entries an update starts from: what the client sent, so that managedFields can be edited; the live ones where
 * it sent none or none that can be read, so that clients who do not know the field cannot drop it; a single empty entry
 * clears them.
 */
function entriesOfUpdate(live: readonly ManagedFieldsEntry[], next: ManagedObject, options: WriteOptions): readonly ManagedFieldsEntry[] {
  const sent = next.metadata?.managedFields
  if (options.subresource || sent === undefined || sent === live || equalJson(sent, live)) return live
  if (sent.length === 1 && Object.keys(sent[0]!).length === 0) return []
  const decoded = decodeEntries(sent)
  return decoded && decoded.length > 0 ? decoded : live
}

/** Reads the entries of a request; undefined when one of them is none. */
function decodeEntries(given: readonly object[]): ManagedFieldsEntry[] | undefined {
  const entries: ManagedFieldsEntry[] = []
  for (const entry of given as readonly Json[]) {
    const fieldsV1 = parseFieldSet(entry['fieldsV1'] ?? {})
    if (entry['fieldsType'] !== 'FieldsV1' || !fieldsV1 || (entry['operation'] !== 'Apply' && entry['operation'] !== 'Update'))
      return undefined
    entries.push({ ...entry, fieldsV1 } as ManagedFieldsEntry)
  }
  return entries
}

/** Appliers are known by name and subresource; updaters also by the version they wrote with. */
const sameManager = (a: ManagedFieldsEntry, b: ManagedFieldsEntry): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  (a.subresource ?? '') === (b.subresource ?? '') &&
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion)

function updateEntry(options: WriteOptions, fields: FieldSet): ManagedFieldsEntry {
  return {
    manager: options.manager || 'unknown',
    operation: 'Update',
    apiVersion: options.apiVersion,
    time: formatTime(options.now),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(options.subresource ? { subresource: options.subresource } : {}),
  }
}
const withFields = (entry: ManagedFieldsEntry, fieldsV1: FieldSet): ManagedFieldsEntry =>
  fieldsV1 === entry.fieldsV1 ? entry : { ...entry, fieldsV1 }

function withEntries<T extends ManagedObject>(object: T, entries: readonly ManagedFieldsEntry[]): T {
  const { managedFields, ...metadata } = object.metadata ?? {}
  if (entries.length === 0) return managedFields === undefined ? object : { ...object, metadata }
  if (managedFields === (entries as unknown)) return object
  return { ...object, metadata: { ...metadata, managedFields: entries } }
}

function sortEntries(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  return [...entries].sort(
    (a, b) =>
      compareText(a.operation, b.operation) ||
      compareText(a.time ?? never, b.time ?? never) ||
      compareText(a.manager, b.manager) ||
      compareText(a.apiVersion, b.apiVersion) ||
      compareText(a.subresource, b.subresource),
  )
}
/** An entry without a time comes after those that have one. */
const never = '~'
const compareText = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0)

/** At most ten updaters: the oldest of a version become one entry. */
function capUpdaters(entries: readonly ManagedFieldsEntry[]): readonly ManagedFieldsEntry[] {
  const updaters = entries.filter((e) => e.operation === 'Update')
  if (updaters.length <= maxUpdateManagers) return entries
  updaters.sort((a, b) => compareText(a.time, b.time) || compareText(a.manager, b.manager))
  const gone = new Set<ManagedFieldsEntry>()
  const buckets = new Map<string, ManagedFieldsEntry>()
  let count = updaters.length
  for (const entry of updaters) {
    if (count <= maxUpdateManagers) break
    const version = entry.apiVersion ?? ''
    const first = buckets.get(version)
    if (!first) {
      buckets.set(version, entry)
      continue
    }
    gone.add(first)
    gone.add(entry)
    buckets.set(version, {
      manager: oldUpdates,
      operation: 'Update',
      apiVersion: version,
      ...(entry.time ? { time: entry.time } : {}),
      fieldsType: 'FieldsV1',
      fieldsV1: union(first.fieldsV1 ?? emptySet, entry.fieldsV1 ?? emptySet),
    })
    count--
  }
  return [...entries.filter((e) => !gone.has(e)), ...[...buckets.values()].filter((e) => e.manager === oldUpdates && !entries.includes(e))]
}

// ---- scale

const replicasOfScale: FieldSet = { 'f:spec': { 'f:replicas': emptySet } }
/** The parent's entries as the scale subresource sees them: only who owns the replicas. */
export function scaleManagedFields(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scaleApiVersion: string,
  replicasPath: FieldSet = replicasOfScale,
): ManagedFieldsEntry[] {
  return (parent ?? [])
    .filter((entry) => owns(entry, replicasPath))
    .map((entry) => ({ ...entry, apiVersion: scaleApiVersion, fieldsV1: replicasOfScale }))
}
/** The parent's entries after a write to its scale subresource left these. */
export function parentManagedFields(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  parentApiVersion: string,
  replicasPath: FieldSet = replicasOfScale,
): ManagedFieldsEntry[] {
  const left = (scale ?? []).filter((entry) => owns(entry, replicasOfScale))
  const entries: ManagedFieldsEntry[] = []
  for (const entry of parent ?? []) {
    const at = left.findIndex((s) => sameManager({ ...s, apiVersion: entry.apiVersion }, entry))
    if (!owns(entry, replicasPath) || at >= 0) {
      entries.push(entry)
      if (at >= 0 && owns(entry, replicasPath)) left.splice(at, 1)
      continue
    }
    const fields = difference(entry.fieldsV1 ?? emptySet, replicasPath) // stolen by the scale's writer
    if (!isEmpty(fields)) entries.push({ ...entry, fieldsV1: fields })
  }
  // Upstream looks the time up among the parent's entries, where a new manager has none.
  for (const { time: _, ...entry } of left) entries.push({ ...entry, apiVersion: parentApiVersion, fieldsV1: replicasPath })
  return sortEntries(entries)
}
const owns = (entry: ManagedFieldsEntry, path: FieldSet): boolean => !isEmpty(intersection(path, entry.fieldsV1 ?? emptySet))

/** The manager's name where the request gave none: the user agent up to its slash. */
export function managerOfUserAgent(userAgent: string | undefined): string {
  const own = (userAgent ?? '').split('/', 1)[0] as string
  // Nearly all are, and the categories of Unicode take the first to ask for them 10 ms.
  if (/^[ -~]{0,128}$/.test(own)) return own
  let name = ''
  for (const char of own) {
    if (Buffer.byteLength(name + char) > 128) break
    if (/\P{C}/u.test(char)) name += char
  }
  return name
}

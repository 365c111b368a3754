/** Which printer shows a resource, and the Table that is answered (meta/v1's Table; KEP-555). */
import { ageOf } from '../duration.ts'
import { newBadRequest } from '../errors.ts'
import { parseJsonPath } from '../jsonpath.ts'
import { core, newEvents } from './core.ts'
import { admission, certificates, discovery, flowcontrol, networking, rbac, resource, single, storage } from './others.ts'
import { type Cell, columns, type Named, nameOf, type Printer, printer } from './printer.ts'
import { apps, autoscaling, batch, oldAutoscaling, policy } from './workloads.ts'

const byGroup: Readonly<Record<string, Readonly<Record<string, Printer>>>> = {
  '': core,
  apps,
  batch,
  autoscaling,
  policy,
  'events.k8s.io': { events: newEvents },
  'networking.k8s.io': networking,
  'discovery.k8s.io': discovery,
  'storage.k8s.io': storage,
  'rbac.authorization.k8s.io': rbac,
  'admissionregistration.k8s.io': admission,
  'certificates.k8s.io': certificates,
  'flowcontrol.apiserver.k8s.io': flowcontrol,
  'resource.k8s.io': resource,
  ...single,
}

/** What has no printer of its own shows its name and when it was made. */
const defaultPrinter = printer<Named>('Name@name | Created At:date', (o) => [nameOf(o), o.metadata?.creationTimestamp ?? null])

export function printerOf(r: { readonly group: string; readonly version: string; readonly resource: string }): Printer {
  const group = r.group === 'autoscaling' && r.version === 'v1' ? oldAutoscaling : byGroup[r.group]
  return group?.[r.resource] ?? defaultPrinter
}

/** A column of a custom resource's version, as its definition writes it. */
export interface PrinterColumn {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  readonly jsonPath: string
}

/** The printer of a custom resource; without columns it has the age. A path that is none throws. */
export function customPrinter(given: readonly PrinterColumn[] | undefined): Printer {
  const wanted = given && given.length > 0 ? given : [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }]
  const paths = wanted.map((c) => parseJsonPath(`{${c.jsonPath}}`, { allowMissingKeys: true }))
  return {
    columns: [
      ...columns('Name@name'),
      ...wanted.map((c) => ({
        name: c.name,
        type: c.type,
        format: c.format ?? '',
        description: c.description ?? '',
        priority: c.priority ?? 0,
      })),
    ],
    cells: (object: Named, now) => [nameOf(object), ...wanted.map((c, i) => customCell(c.type, paths[i]!, object, now))],
  }
}

function customCell(type: string, path: ReturnType<typeof parseJsonPath>, object: unknown, now: number): Cell {
  const values = path.find(object)[0] ?? []
  if (values.length === 0) return type === 'string' ? '' : null
  const value = values[0]
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' ? (Number.isNaN(Date.parse(value)) ? '<invalid>' : ageOf(value, now)) : null
    default:
      return path.print(object)
  }
}

export type IncludeObject = 'None' | 'Metadata' | 'Object'
/** The `includeObject` parameter; 400 with upstream's words for anything else. */
export function parseIncludeObject(text: string | null): IncludeObject {
  if (text === null || text === '') return 'Metadata'
  if (text === 'None' || text === 'Metadata' || text === 'Object') return text
  throw newBadRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}

export interface TableOptions {
  readonly includeObject: IncludeObject
  /** `meta.k8s.io/v1` or, for old clients, `meta.k8s.io/v1beta1`. */
  readonly apiVersion: string
  readonly now: number
  /** What a row shows of an object's metadata. */
  metadataOf(object: never): object
  /** The columns are left out of all but the first event of a watch. */
  readonly withoutColumns?: boolean
}

/** The Table of some objects; `metadata` is the list's, or of a single object its resourceVersion. */
export function makeTable(by: Printer, objects: readonly unknown[], metadata: object, options: TableOptions): object {
  return {
    kind: 'Table',
    apiVersion: options.apiVersion,
    metadata,
    columnDefinitions: options.withoutColumns ? null : by.columns,
    rows:
      objects.length === 0 && options.apiVersion.endsWith('beta1')
        ? null
        : objects.map((object) => {
            const conditions = by.conditions?.(object as never)
            return {
              cells: by.cells(object as never, options.now),
              ...(conditions ? { conditions } : {}),
              object: rowObject(object, options),
            }
          }),
  }
}
function rowObject(object: unknown, options: TableOptions): unknown {
  if (options.includeObject === 'None') return null
  if (options.includeObject === 'Object') return object
  return { kind: 'PartialObjectMetadata', apiVersion: options.apiVersion, metadata: options.metadataOf(object as never) }
}

/** `kubectl get`: tables that the server makes, or the objects themselves in the form that -o names; with -w as they change. */
import type { WatchEvent } from '../../client/transport.ts'
import type { FlagTable } from '../../flags/flags.ts'
import { PlainError, throwAll } from '../errors.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { objectPrinter, outputFlags } from '../print/object.ts'
import { alignTable, type Table, tableText } from '../print/table.ts'
import { objectName, pathOf, type ResourceType } from '../resources.ts'
import { fileFlags, queryOf, selectorFlags, type Target, targetsOf } from '../select.ts'

const flags: FlagTable = {
  ...outputFlags,
  ...selectorFlags,
  ...fileFlags,
  watch: { type: 'bool', short: 'w', doc: 'Go on and print what changes.' },
  'watch-only': { type: 'bool', doc: 'Print only what changes.' },
  'output-watch-events': { type: 'bool', doc: 'Print the kind of each change.' },
  'no-headers': { type: 'bool', doc: 'Print no headers.' },
  'show-labels': { type: 'bool', doc: 'Add a column with all labels.' },
  'label-columns': { type: 'list', short: 'L', doc: 'Labels to show as columns.' },
  'show-kind': { type: 'bool', doc: "Put the kind before each object's name." },
  'sort-by': { type: 'string', doc: 'Sort by this JSONPath.' },
  'ignore-not-found': { type: 'bool', doc: 'An object that is not there is no error.' },
  'chunk-size': { type: 'int', default: 500, doc: 'How many objects to ask for at a time; 0 for all.' },
  subresource: { type: 'string', doc: 'Get a subresource: status, scale or resize.' },
  raw: { type: 'string', doc: 'Print the answer to this path as it comes.' },
}

export const command = kubectlCommand({
  summary: 'Show one or many objects.',
  usage:
    'kubectl get [(-o|--output=)json|yaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags] [options]',
  flags,
  async run(factory) {
    if (factory.text('raw')) return getRaw(factory)
    const targets = await wanted(factory)
    if (factory.on('watch') || factory.on('watch-only')) return watch(factory, targets)
    const wide = factory.text('output') === 'wide'
    if (factory.text('output') === '' || wide) {
      if (!factory.text('template')) return getTables(factory, targets, wide)
    }
    return getObjects(factory, targets)
  },
})

interface Wanted extends Target {
  readonly namespace: string
}

async function wanted(factory: Factory): Promise<Wanted[]> {
  if (factory.list('filename').length > 0 || factory.text('kustomize')) {
    const { select } = await import('../select.ts')
    return (await select(factory)).map(({ type, name, namespace }) => ({ type, name, namespace }))
  }
  if (factory.args.length === 0)
    throw new PlainError(
      `You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples`,
    )
  const targets = await targetsOf(factory, factory.args)
  const everywhere = factory.on('all-namespaces')
  const named = targets.some((target) => target.name !== undefined)
  if (named && (factory.text('selector') || factory.text('field-selector')))
    throw new Error(
      factory.text('selector')
        ? 'name cannot be provided when a selector is specified'
        : 'name cannot be provided when a selector is specified',
    )
  if (named && everywhere && targets.some((target) => target.type.namespaced))
    throw new Error('a resource cannot be retrieved by name across all namespaces')
  const namespace = everywhere ? '' : await factory.namespace()
  return targets.map((target) => ({ ...target, namespace: target.type.namespaced ? namespace : '' }))
}

const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json'

function pathFor(factory: Factory, { type, name, namespace }: Wanted, query: Parameters<typeof queryOf>[0] = {}): string {
  const path = pathOf(type, namespace, name, factory.text('subresource'))
  if (name !== undefined && !('watch' in query)) return path + queryOf(query)
  return path + queryOf({ labelSelector: factory.text('selector'), fieldSelector: factory.text('field-selector'), ...query })
}

/** All pages of one target as one table. */
async function readTable(factory: Factory, target: Wanted): Promise<Table> {
  const limit = factory.number('chunk-size')
  const includeObject = factory.text('sort-by') ? 'Object' : undefined
  let whole: Table | undefined
  let next: string | undefined
  do {
    const path = pathFor(factory, target, {
      includeObject,
      ...(target.name === undefined ? { limit: limit > 0 ? limit : undefined, continue: next } : {}),
    })
    const page = await factory.request<Table>({ method: 'GET', path, headers: { accept: tableAccept } })
    const table = page.kind === 'Table' ? page : plainTable(page as unknown as KubeObject)
    whole = whole ? { ...whole, rows: [...(whole.rows ?? []), ...(table.rows ?? [])] } : table
    next = page.metadata?.continue
  } while (next)
  return whole
}

/** What a server that makes no tables answers, such as an aggregated one: names and ages. */
function plainTable(answer: KubeObject): Table {
  const items = (answer as { items?: KubeObject[] }).items ?? [answer]
  return {
    kind: 'Table',
    metadata: answer.metadata as { resourceVersion?: string },
    columnDefinitions: [
      { name: 'Name', type: 'string' },
      { name: 'Created At', type: 'date' },
    ],
    rows: items.map((object) => ({ cells: [object.metadata.name, object.metadata['creationTimestamp']], object })),
  }
}

async function getTables(factory: Factory, targets: Wanted[], wide: boolean): Promise<void> {
  const errors: unknown[] = []
  const showKind = factory.on('show-kind') || new Set(targets.map(({ type }) => `${type.resource}.${type.group}`)).size > 1
  const options = {
    wide,
    noHeaders: factory.on('no-headers'),
    withNamespace: factory.on('all-namespaces'),
    showLabels: factory.on('show-labels'),
    labelColumns: factory.list('label-columns'),
  }
  const tables = await Promise.all(
    targets.map(async (target) => {
      try {
        return { target, table: await readTable(factory, target) }
      } catch (error) {
        const { isNotFound } = await import('../../api/errors.ts')
        if (!(factory.on('ignore-not-found') && isNotFound(error))) errors.push(error)
        return undefined
      }
    }),
  )
  // Answers of one type are laid out together; types are parted by an empty line.
  let pending = ''
  let last: ResourceType | undefined
  let printed = false
  const flush = () => {
    if (pending) factory.out((printed ? '\n' : '') + alignTable(pending))
    if (pending) printed = true
    pending = ''
  }
  for (const entry of tables) {
    if (!entry) continue
    const { target } = entry
    const table = factory.text('sort-by') ? await sortedTable(entry.table, factory.text('sort-by')) : entry.table
    if ((table.rows ?? []).length === 0) continue
    const again = last?.resource === target.type.resource && last.group === target.type.group
    if (!again) flush()
    const kindPrefix = showKind ? objectName(target.type, '') : ''
    // A table of several types has the namespace column only where there are namespaces.
    const withNamespace = options.withNamespace && target.type.namespaced
    pending += tableText(table, { ...options, withNamespace, kindPrefix, noHeaders: options.noHeaders || again })
    last = target.type
  }
  flush()
  if (!printed && errors.length === 0 && !factory.on('ignore-not-found')) {
    const everywhere = factory.on('all-namespaces') || targets.every(({ type }) => !type.namespaced)
    factory.err(everywhere ? 'No resources found\n' : `No resources found in ${await factory.namespace()} namespace.\n`)
  }
  throwAll(errors)
}

async function sortedTable(table: Table, by: string): Promise<Table> {
  const { sortBy } = await import('../print/sort.ts')
  return { ...table, rows: sortBy(table.rows ?? [], by, (row) => row.object) }
}

async function getObjects(factory: Factory, targets: Wanted[]): Promise<void> {
  const printer = await objectPrinter(factory, { columns: true })
  if (!printer) throw new Error('no output format was given')
  const { listItems } = await import('../select.ts')
  const errors: unknown[] = []
  const objects: KubeObject[] = []
  const single = targets.length === 1 && targets[0]?.name !== undefined
  for (const target of targets) {
    try {
      if (target.name !== undefined) objects.push(await factory.request({ method: 'GET', path: pathFor(factory, target) }))
      else
        objects.push(
          ...(await listItems(factory, pathFor(factory, target, { limit: factory.number('chunk-size') || undefined }), target.type)),
        )
    } catch (error) {
      const { isNotFound } = await import('../../api/errors.ts')
      if (!(factory.on('ignore-not-found') && isNotFound(error))) errors.push(error)
    }
  }
  const items = factory.text('sort-by') ? (await import('../print/sort.ts')).sortBy(objects, factory.text('sort-by'), (o) => o) : objects
  const [first] = items
  if (single) {
    if (first) factory.out(await printer(first))
  } else if (errors.length === 0 || items.length > 0) {
    const list = { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } } as unknown as KubeObject
    const text = await printer(list)
    if (factory.text('output') !== 'name' || items.length > 0) factory.out(text)
  }
  throwAll(errors)
}

async function watch(factory: Factory, targets: Wanted[]): Promise<void> {
  const [target] = targets
  if (!target || targets.length > 1) throw new Error('you may only specify a single resource type')
  const wide = factory.text('output') === 'wide'
  const asTable = factory.text('output') === '' || wide
  const printer = asTable ? undefined : await objectPrinter(factory, { columns: true })
  const remembered: number[] = []
  let headers = !factory.on('no-headers')
  let columns: Table['columnDefinitions'] = []
  const events = factory.on('output-watch-events')
  const show = (table: Table, event: string) => {
    if (table.columnDefinitions?.length) columns = table.columnDefinitions
    const text = tableText(
      table,
      {
        wide,
        noHeaders: !headers,
        withNamespace: factory.on('all-namespaces'),
        showLabels: factory.on('show-labels'),
        labelColumns: factory.list('label-columns'),
        kindPrefix: factory.on('show-kind') ? objectName(target.type, '') : '',
        ...(events ? { event } : {}),
      },
      columns ?? [],
    )
    if ((table.rows ?? []).length === 0) return
    headers = false
    factory.out(alignTable(text, remembered))
  }
  const headersOf = { headers: { accept: asTable ? tableAccept : 'application/json' } }
  // One object is listed by its name: the list's version is where the watch begins.
  const { name } = target
  const query = name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }
  if (name !== undefined) await factory.request({ method: 'GET', path: pathFor(factory, target) })
  const listPath = pathFor(factory, { ...target, name: undefined } as Wanted, query)
  const list = await factory.request<Table & KubeObject>({ method: 'GET', path: listPath, ...headersOf })
  let resourceVersion = (list.metadata as { resourceVersion?: string }).resourceVersion
  if (!factory.on('watch-only')) {
    if (asTable) show(list, 'ADDED')
    else
      for (const item of (list as { items?: KubeObject[] }).items ?? [])
        factory.out(await (printer as NonNullable<typeof printer>)({ ...item, apiVersion: list.apiVersion, kind: target.type.kind }))
  }
  const transport = await factory.transport()
  while (!factory.signal.aborted) {
    const path = pathFor(factory, { ...target, name: undefined } as Wanted, { ...query, watch: true, resourceVersion })
    for await (const event of transport.watch<Table & KubeObject>({
      method: 'GET',
      path,
      ...headersOf,
      signal: factory.signal,
    }) as AsyncIterable<WatchEvent<Table & KubeObject>>) {
      if (event.type === 'ERROR') {
        const { StatusError } = await import('../../api/errors.ts')
        throw new StatusError(event.object as never)
      }
      const metadata = (asTable ? event.object.rows?.[0]?.object?.metadata : event.object.metadata) as
        | { resourceVersion?: string }
        | undefined
      resourceVersion = metadata?.resourceVersion ?? resourceVersion
      if (event.type === 'BOOKMARK') continue
      if (asTable) show(event.object, event.type)
      else
        factory.out(
          await (printer as NonNullable<typeof printer>)(
            events ? ({ type: event.type, object: event.object } as unknown as KubeObject) : event.object,
          ),
        )
    }
  }
}

async function getRaw(factory: Factory): Promise<void> {
  const transport = await factory.transport()
  for await (const chunk of transport.stream({
    method: 'GET',
    path: factory.text('raw'),
    headers: { accept: '*/*' },
    signal: factory.signal,
  }))
    factory.out(chunk.toString('utf8'))
}

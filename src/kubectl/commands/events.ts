/** `kubectl events`: events in the order in which they happened. */
import { ageOf } from '../../api/duration.ts'
import type { EventLike } from '../describe/writer.ts'
import { type KubeObject, kubectlCommand } from '../factory.ts'
import { objectPrinter, outputFlags } from '../print/object.ts'
import { alignTable } from '../print/table.ts'
import { queryOf, targetOf } from '../select.ts'

type Event = KubeObject & EventLike & { involvedObject?: { kind?: string; name?: string } }

export const command = kubectlCommand({
  summary: 'List events.',
  usage: 'kubectl events [(-o|--output=)json|yaml|name] [--for TYPE/NAME] [--watch] [--types=Normal,Warning] [options]',
  flags: {
    ...outputFlags,
    'all-namespaces': { type: 'bool', short: 'A', doc: 'All namespaces.' },
    'chunk-size': { type: 'int', default: 500, doc: 'How many objects to ask for at a time.' },
    for: { type: 'string', doc: 'Only of this object, TYPE/NAME.' },
    'no-headers': { type: 'bool', doc: 'Print no headers.' },
    types: { type: 'list', doc: 'Only Normal or Warning.' },
    watch: { type: 'bool', short: 'w', doc: 'Go on and print what happens.' },
  },
  async run(factory) {
    const everywhere = factory.on('all-namespaces')
    const namespace = everywhere ? '' : await factory.namespace()
    let fieldSelector = ''
    if (factory.text('for')) {
      const { type, name } = await targetOf(factory, [factory.text('for')])
      fieldSelector = `involvedObject.kind=${type.kind},involvedObject.name=${name}`
    }
    const path = `/api/v1${namespace ? `/namespaces/${namespace}` : ''}/events`
    const list = await factory.request<{ items: Event[]; metadata: { resourceVersion?: string } }>({
      method: 'GET',
      path: path + queryOf({ fieldSelector }),
    })
    const types = factory.list('types').map((t) => t.toLowerCase())
    const meant = (event: Event) => types.length === 0 || types.includes((event.type ?? '').toLowerCase())
    const timeOf = (event: Event) => event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? ''
    const items = list.items.filter(meant).sort((a, b) => timeOf(a).localeCompare(timeOf(b)))
    const printer = await objectPrinter(factory)
    if (printer) {
      factory.out(
        await printer({
          apiVersion: 'v1',
          kind: 'List',
          metadata: { resourceVersion: '' },
          items: items.map((e) => ({ ...e, apiVersion: 'v1', kind: 'Event' })),
        } as never),
      )
      return
    }
    const row = (event: Event) => {
      const count = event.series?.count ?? event.count ?? 0
      const first = ageOf(event.firstTimestamp ?? event.eventTime, Date.now())
      const seen = count > 1 ? `${ageOf(timeOf(event), Date.now())} (x${count} over ${first})` : first
      return [
        ...(everywhere ? [event.metadata.namespace ?? ''] : []),
        seen,
        event.type,
        event.reason,
        `${event.involvedObject?.kind}/${event.involvedObject?.name}`,
        (event.message ?? '').trim(),
      ].join('\t')
    }
    const remembered: number[] = []
    const head = factory.on('no-headers')
      ? []
      : [[...(everywhere ? ['NAMESPACE'] : []), 'LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'].join('\t')]
    if (items.length > 0 || factory.on('watch')) factory.out(alignTable(`${[...head, ...items.map(row)].join('\n')}\n`, remembered))
    else factory.err(everywhere ? 'No events found.\n' : `No events found in ${namespace} namespace.\n`)
    if (!factory.on('watch')) return
    const transport = await factory.transport()
    const watched = path + queryOf({ fieldSelector, watch: true, resourceVersion: list.metadata.resourceVersion })
    for await (const event of transport.watch<Event>({ method: 'GET', path: watched, signal: factory.signal }))
      if (event.type === 'ADDED' || event.type === 'MODIFIED')
        if (meant(event.object)) factory.out(alignTable(`${row(event.object)}\n`, remembered))
  },
})

import { expect, test } from 'vitest'
import type { Node, Pod } from '../api/types/core-v1.ts'
import { type Client, createClient } from '../client/client.ts'
import { createInformers } from '../client/informer.ts'
import { createMemoryTransport } from '../client/memory-transport.ts'
import { createClusterState } from './cluster-state.ts'
import { addAllEventHandlers } from './event-handlers.ts'
import type { ClusterEvent } from './framework.ts'
import { createNominator } from './nominator.ts'
import { nodeOf, podOf } from './plugins/testing.ts'
import type { SchedulingQueue } from './queue.ts'

const at = { namespace: 'default', name: 'p' }
const promise = (client: Client, nominatedNodeName: string | null) =>
  client.patch('pods', at, { status: { nominatedNodeName } }, { subresource: 'status' })

/** What the queue is told when things happen one after the other, by the name of the pod or node. */
async function told(pod: Pod, happens: (client: Client) => Promise<unknown>): Promise<string[]> {
  const client = createClient(createMemoryTransport())
  for (const name of ['a', 'b']) await client.create('nodes', nodeOf(name, {}) as Node)
  const informers = createInformers(client)
  const seen: string[] = []
  const note = (what: string) => (given: Pod | string) =>
    void seen.push(`${what} ${typeof given === 'string' ? given : given.metadata.name}`)
  const queue = {
    add: note('add'),
    update: note('update'),
    remove: note('remove'),
    refresh: note('refresh'),
    happened: (event: ClusterEvent) => seen.push(event.kind),
  } as unknown as SchedulingQueue
  addAllEventHandlers({ informers, cluster: createClusterState(), queue, nominator: createNominator(), isResponsibleFor: () => true })
  informers.start()
  await informers.synced()
  seen.length = 0
  /** Until the informer has told all that was written so far: a last pod is seen. */
  let marks = 0
  const settled = async () => {
    const name = `mark-${marks++}`
    const here = new Promise<void>((resolve) =>
      informers.of('pods').addHandler({ added: ({ metadata }) => metadata.name === name && resolve() }),
    )
    await client.create('pods', podOf(name, {}) as Pod)
    await here
  }
  await client.create('pods', pod)
  await settled()
  await happens(client)
  await settled()
  informers.stop()
  return seen.filter((line) => !line.includes('mark-'))
}

test.each<[what: string, pod: Pod, happens: Parameters<typeof told>[1], events: string[]]>([
  ['waits and goes', podOf('p', {}), (client) => client.delete('pods', at), ['add p', 'remove default/p']],
  [
    'was promised a node and goes: whom it kept out may come',
    podOf('p', { status: { nominatedNodeName: 'a' } }),
    (client) => client.delete('pods', at),
    ['add p', 'remove default/p', 'pod-deleted'],
  ],
  ['is promised a node', podOf('p', {}), (client) => promise(client, 'a'), ['add p', 'update p']],
  [
    'is promised another',
    podOf('p', { status: { nominatedNodeName: 'a' } }),
    (client) => promise(client, 'b'),
    ['add p', 'pod-deleted', 'update p'],
  ],
  [
    'is promised none any more',
    podOf('p', { status: { nominatedNodeName: 'a' } }),
    (client) => promise(client, null),
    ['add p', 'pod-deleted', 'update p'],
  ],
  [
    'that has a node goes',
    podOf('p', { on: 'a' }),
    (client) => client.delete('pods', at, { gracePeriodSeconds: 0 }),
    ['remove default/p', 'pod-assigned', 'remove default/p', 'pod-deleted'],
  ],
  [
    'that has a node says that it runs: nothing that matters',
    podOf('p', { on: 'a' }),
    (client) => client.patch('pods', at, { status: { phase: 'Running' } }, { subresource: 'status' }),
    ['remove default/p', 'pod-assigned'],
  ],
])('a pod that %s', async (_, pod, happens, events) => {
  expect(await told(pod, happens)).toEqual(events)
})

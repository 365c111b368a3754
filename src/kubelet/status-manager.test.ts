/** What is sent of pods' statuses, and that the kubelet has the last word on them. */
import { expect, test } from 'vitest'
import type { Pod, PodStatus } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import { createFakeClock } from '../client/clock.ts'
import { noLog } from '../log/log.ts'
import { createStatusManager } from './status-manager.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))
/** After a patch and what it leads to. */
const settled = async () => {
  for (let i = 0; i < 5; i++) await settle()
}
const statusOf = (ready: 'True' | 'False'): PodStatus => ({ phase: 'Running', conditions: [{ type: 'Ready', status: ready }] })

function setUp() {
  const clock = createFakeClock()
  let pod = { metadata: { namespace: 'default', name: 'web', uid: 'u' }, spec: {}, status: { phase: 'Pending' } } as Pod
  const patches: PodStatus[] = []
  const statuses = createStatusManager({
    clock,
    log: noLog,
    apiPod: () => pod,
    client: {
      patch: async (_resource: string, _at: object, { status }: { status: PodStatus }) => {
        await settle()
        patches.push(status)
        pod = { ...pod, status: { ...pod.status, ...status } } as Pod
        statuses.reconcile('u') // as the watch tells
      },
    } as unknown as Client,
  })
  return {
    clock,
    statuses,
    patches,
    elsewhere(status: PodStatus) {
      pod = { ...pod, status }
      statuses.reconcile('u')
    },
    status: () => pod.status,
  }
}

test('only what changed is sent, and what the API has already is not', async () => {
  const { statuses, patches, clock } = setUp()
  statuses.set('u', statusOf('True'))
  await settled()
  statuses.set('u', statusOf('True'))
  await settled()
  statuses.set('u', statusOf('False'))
  await settled()
  clock.advance(60_000)
  await settled()
  expect(patches).toEqual([statusOf('True'), { conditions: [{ type: 'Ready', status: 'False' }] }])
  expect(clock.pending).toBe(0)
})

test('a status that somebody else wrote is set right after ten seconds, not at once: two writers must not race', async () => {
  const { statuses, patches, clock, elsewhere, status } = setUp()
  statuses.set('u', statusOf('True'))
  await settled()
  elsewhere(statusOf('False'))
  clock.advance(9_999)
  await settled()
  expect(patches).toHaveLength(1)
  clock.advance(1)
  await settled()
  expect(patches).toHaveLength(2)
  expect(status()).toEqual(statusOf('True'))
})

test('a pod that is removed is not looked at again', async () => {
  const { statuses, clock, elsewhere } = setUp()
  statuses.set('u', statusOf('True'))
  await settled()
  elsewhere(statusOf('False'))
  statuses.remove('u')
  expect(clock.pending).toBe(0)
})

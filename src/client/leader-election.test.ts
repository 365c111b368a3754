import { expect, test } from 'vitest'
import { createClient } from './client.ts'
import { createFakeClock } from './clock.ts'
import { runAsLeader } from './leader-election.ts'
import { createMemoryTransport } from './memory-transport.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

function setUp() {
  const clock = createFakeClock()
  const transport = createMemoryTransport({ clock })
  const client = createClient(transport)
  const run = (identity: string) => {
    const stop = new AbortController()
    const state = { leads: false, stop, done: undefined as boolean | undefined }
    void runAsLeader(client, { namespace: 'kube-system', name: 'loops', identity, clock, random: () => 0 }, stop.signal, (signal) => {
      state.leads = true
      signal.addEventListener('abort', () => {
        state.leads = false
      })
    }).then((done) => {
      state.done = done
    })
    return state
  }
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      clock.advance(1000)
      await settle()
    }
  }
  return { clock, transport, client, run, pass }
}

test('one leads; the other takes over when the lease runs out', async () => {
  const { run, pass, transport } = setUp()
  const first = run('a')
  await settle()
  const second = run('b')
  await pass(60)
  expect([first.leads, second.leads]).toEqual([true, false])
  // The first can no longer reach the server: it stops by itself before the second begins.
  transport.intercept = (request) => {
    if ((request.body as { spec?: { holderIdentity?: string } } | undefined)?.spec?.holderIdentity === 'a') throw new Error('unreachable')
  }
  await pass(12)
  expect([first.leads, first.done, second.leads]).toEqual([false, false, false])
  await pass(8)
  expect(second.leads).toBe(true)
})

test('a leader that ends gives the lease back, so that another need not wait', async () => {
  const { run, pass, client } = setUp()
  const first = run('a')
  await settle()
  const second = run('b')
  await pass(5)
  first.stop.abort()
  await settle()
  expect(first.done).toBe(true)
  await pass(5)
  expect(second.leads).toBe(true)
  const lease = await client.get('leases.coordination.k8s.io', { namespace: 'kube-system', name: 'loops' })
  expect(lease.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1, leaseDurationSeconds: 15 })
})

test.each([
  [{ leaseDurationMs: 10_000, renewDeadlineMs: 10_000 }, 'leaseDuration must be greater than renewDeadline'],
  [{ renewDeadlineMs: 2_400 }, 'renewDeadline must be greater than retryPeriod*JitterFactor'],
  [{ retryPeriodMs: 0 }, 'retryPeriod must be greater than zero'],
])('times that would let two lead, or nobody, are refused: %o', async (times, why) => {
  const { client } = setUp()
  const options = { namespace: 'kube-system', name: 'loops', identity: 'a', ...times }
  await expect(runAsLeader(client, options, new AbortController().signal, () => {})).rejects.toThrow(why)
})

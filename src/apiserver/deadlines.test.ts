import { expect, test, vi } from 'vitest'
import { createDeadlines } from './deadlines.ts'

const never = new Promise<string>(() => {})
const timedOut = { code: 504, reason: 'Timeout', message: 'Timeout: request did not complete within the allotted timeout' }

test.each<[string, string, number | undefined]>([
  ['no timeout asked for', '', 1000],
  ['a shorter one', 'timeout=200ms', 200],
  ['a longer one is bounded', 'timeout=1h', 1000],
  ['zero is none', 'timeout=0', 1000],
])('%s', async (_name, query, ms) => {
  vi.useFakeTimers()
  try {
    const outcome = createDeadlines(1000, () => Date.now())
      .within(never, new URLSearchParams(query))
      .catch((error) => error.status)
    let settled = false
    void outcome.then(() => (settled = true))
    await vi.advanceTimersByTimeAsync((ms as number) - 1)
    expect(settled).toBe(false)
    await vi.advanceTimersByTimeAsync(2)
    expect(await outcome).toMatchObject(timedOut)
  } finally {
    vi.useRealTimers()
  }
})

test('what comes in time comes, errors too', async () => {
  const { within } = createDeadlines(1000)
  const query = new URLSearchParams()
  expect(await within(Promise.resolve('answer'), query)).toBe('answer')
  await expect(within(Promise.reject(new Error('fault')), query)).rejects.toThrow('fault')
})

test('each of many is due at its own time', async () => {
  vi.useFakeTimers()
  try {
    const { within } = createDeadlines(1000, () => Date.now())
    const ended: number[] = []
    for (let i = 0; i < 5; i++) {
      void within(never, new URLSearchParams()).catch(() => ended.push(i))
      await vi.advanceTimersByTimeAsync(100)
    }
    await vi.advanceTimersByTimeAsync(550)
    expect(ended).toEqual([0])
    await vi.advanceTimersByTimeAsync(500)
    expect(ended).toEqual([0, 1, 2, 3, 4])
  } finally {
    vi.useRealTimers()
  }
})

test('a timeout that is none is refused', () => {
  expect(() => createDeadlines(1000).within(never, new URLSearchParams('timeout=soon'))).toThrow(
    'invalid timeout specified in the request URL - time: invalid duration "soon"',
  )
})

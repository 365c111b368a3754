import { expect, test } from 'vitest'
import type { Entry } from './entry.ts'
import { createSortedEntries } from './sorted-entries.ts'

const entry = (key: string): Entry => ({ key, revision: 1, bytes: Buffer.alloc(0), item: 0, object: undefined })

test('keeps what a sorted list of keys would keep, through thousands of random writes', () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  let state = seed
  const random = (n: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state % n
  }
  const entries = createSortedEntries()
  const model = new Set<string>()
  for (let i = 0; i < 20_000; i++) {
    const key = `ns${random(5)}/p${random(4000)}`
    if (random(3) === 0) {
      entries.delete(key)
      model.delete(key)
    } else {
      entries.set(entry(key))
      model.add(key)
    }
  }
  const keysOf = (prefix: string, after?: string) => {
    const keys: string[] = []
    entries.scan(prefix, after, ({ key }) => {
      keys.push(key)
      return true
    })
    return keys
  }
  const expected = [...model].sort()
  expect(entries.size, `seed ${seed}`).toBe(model.size)
  expect(keysOf(''), `seed ${seed}`).toEqual(expected)
  for (const prefix of ['ns0/', 'ns3/', 'ns9/'])
    expect(keysOf(prefix), `seed ${seed}`).toEqual(expected.filter((k) => k.startsWith(prefix)))
  const after = expected[100] as string
  expect(keysOf('', after), `seed ${seed}`).toEqual(expected.slice(101))
  expect(entries.count('ns1/'), `seed ${seed}`).toBe(expected.filter((k) => k.startsWith('ns1/')).length)
})

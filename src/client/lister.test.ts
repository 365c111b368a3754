/** The cache behind informers: objects by key, and what its indexes file. */
import { expect, test } from 'vitest'
import { type Cache, createCache, keyOf } from './lister.ts'

interface Thing {
  readonly metadata: { readonly namespace?: string; readonly name: string }
  readonly tags: readonly string[]
}
const thing = (key: string, ...tags: string[]): Thing => {
  const [name, namespace] = key.split('/').reverse() as [string, string | undefined]
  return { metadata: { ...(namespace ? { namespace } : {}), name }, tags }
}
const keys = (things: readonly Thing[]) => things.map(({ metadata: { namespace, name } }) => keyOf(namespace, name)).sort()
const tagged = () => {
  const cache = createCache<Thing>()
  cache.addIndex('tag', ({ tags }) => tags)
  return cache
}

test.each<[string, (c: Cache<Thing>) => void, Record<string, string[]>]>([
  ['an object without a value is filed nowhere', (c) => c.set(thing('x/a')), { red: [] }],
  ['one of two values under both', (c) => c.set(thing('x/a', 'red', 'blue')), { red: ['x/a'], blue: ['x/a'] }],
  ['one value named twice counts once', (c) => c.set(thing('x/a', 'red', 'red')), { red: ['x/a'] }],
  ['the same name in two namespaces', (c) => [c.set(thing('x/a', 'red')), c.set(thing('y/a', 'red'))], { red: ['x/a', 'y/a'] }],
  ['an object of the cluster', (c) => c.set(thing('a', 'red')), { red: ['a'] }],
  ['a value that changes', (c) => [c.set(thing('x/a', 'red')), c.set(thing('x/a', 'blue'))], { red: [], blue: ['x/a'] }],
  ['a value that stays', (c) => [c.set(thing('x/a', 'red', 'blue')), c.set(thing('x/a', 'red'))], { red: ['x/a'], blue: [] }],
  ['an object that goes', (c) => [c.set(thing('x/a', 'red')), c.set(thing('x/b', 'red')), c.remove('x/a')], { red: ['x/b'] }],
  ['one that was not there', (c) => [c.set(thing('x/a', 'red')), c.remove('x/b')], { red: ['x/a'] }],
  ['a name of no prototype', (c) => c.set(thing('x/constructor', '__proto__')), { __proto: [], toString: [] }],
])('an index: %s', (_name, does, expected) => {
  const cache = tagged()
  does(cache)
  for (const [value, found] of Object.entries(expected)) expect(keys(cache.byIndex('tag', value))).toEqual(found)
})

test('an index that is added late files what is there, and one of a name that is taken changes nothing', () => {
  const cache = createCache<Thing>()
  cache.set(thing('x/a', 'red'))
  cache.addIndex('tag', ({ tags }) => tags)
  cache.addIndex('tag', () => ['other'])
  expect([keys(cache.byIndex('tag', 'red')), keys(cache.byIndex('tag', 'other'))]).toEqual([['x/a'], []])
  expect(() => cache.byIndex('none', 'red')).toThrow('the cache has no index none')
})

test('objects by key, of a namespace and of all', () => {
  const cache = createCache<Thing>()
  const first = thing('x/a')
  expect(cache.set(first)).toBeUndefined()
  expect(cache.set(thing('x/a', 'red'))).toBe(first)
  for (const key of ['x/b', 'y/a', 'a']) cache.set(thing(key))
  expect(cache.get('x', 'a')?.tags).toEqual(['red'])
  expect(cache.get(undefined, 'a')).toEqual(thing('a'))
  expect([cache.get('y', 'b'), cache.get('', 'b')]).toEqual([undefined, undefined])
  expect([keys(cache.list('x')), keys(cache.list('z')), keys(cache.list()), cache.size]).toEqual([
    ['x/a', 'x/b'],
    [],
    ['a', 'x/a', 'x/b', 'y/a'],
    4,
  ])
  cache.remove('x/b')
  expect(keys(cache.list('x'))).toEqual(['x/a'])
  expect([...cache.keys()].sort()).toEqual(['a', 'x/a', 'y/a'])
})

test('what a list returned does not change with the cache', () => {
  const cache = tagged()
  cache.set(thing('x/a', 'red'))
  const [all, red] = [cache.list(), cache.byIndex('tag', 'red')]
  cache.set(thing('x/b', 'red'))
  cache.remove('x/a')
  expect([keys(all), keys(red)]).toEqual([['x/a'], ['x/a']])
})

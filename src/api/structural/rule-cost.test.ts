/** What rules may cost: the figures of apiextensions' schema/cel/compilation_test.go, without bounds and with one. */
import { expect, test } from 'vitest'
import { createEnvironment } from '../../cel/environment.ts'
import type { JSONSchemaProps } from '../types/apiextensions-v1.ts'
import { celTypeOf } from './cel-types.ts'
import { sizesOf } from './rule-cost.ts'
import { structuralOf } from './schema.ts'

type Maker = (max?: number) => JSONSchemaProps
const bound = (field: 'maxLength' | 'maxItems' | 'maxProperties', max: number | undefined) => (max === undefined ? {} : { [field]: max })
const of: Readonly<Record<string, JSONSchemaProps>> = {
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  text: { type: 'string' },
  date: { type: 'string', format: 'date' },
  time: { type: 'string', format: 'date-time' },
  duration: { type: 'string', format: 'duration' },
  intOrString: { 'x-kubernetes-int-or-string': true },
  object: { type: 'object', required: ['required'], properties: { required: { type: 'string' } } },
  numbers: { type: 'array', items: { type: 'number' } },
}
const list =
  (name: keyof typeof of): Maker =>
  (max) => ({ type: 'array', items: of[name] as JSONSchemaProps, ...bound('maxItems', max) })
const map =
  (name: keyof typeof of): Maker =>
  (max) => ({ type: 'object', additionalProperties: of[name] as JSONSchemaProps, ...bound('maxProperties', max) })
const text: Maker = (max) => ({ type: 'string', ...bound('maxLength', max) })
const texts: Maker = (max) => ({ type: 'array', items: text(max), ...bound('maxItems', max) })
const fields =
  (...names: string[]): Maker =>
  (max) => ({ type: 'object', properties: Object.fromEntries(names.map((name) => [name, text(max)])) })

test.each<[Maker, string, number, number, number]>([
  [list('number'), 'self.all(x, true)', 4718591, 10, 32],
  [list('text'), 'self.all(x, true)', 3145727, 20, 62],
  [list('boolean'), 'self.all(x, true)', 1887437, 5, 17],
  [list('numbers'), 'self.all(x, true)', 3145727, 100, 302],
  [list('intOrString'), 'self.all(x, true)', 4718591, 10, 32],
  [list('duration'), 'self.all(x, true)', 2359295, 5, 17],
  [list('date'), 'self.all(x, true)', 725936, 15, 47],
  [list('time'), 'self.all(x, true)', 428963, 25, 77],
  [map('text'), 'self.all(x, true)', 1179647, 3, 11],
  [map('boolean'), 'self.all(x, true)', 943718, 100, 302],
  [map('intOrString'), 'self.all(x, true)', 1348169, 15, 47],
  [map('object'), 'self.all(x, true)', 428963, 20, 62],
  [map('numbers'), 'self.all(x, true)', 1179647, 25, 77],
  [map('duration'), 'self.all(x, true)', 1048577, 5, 17],
  [map('date'), 'self.all(x, true)', 524288, 10, 32],
  [map('time'), 'self.all(x, true)', 349526, 25, 77],
  [text, "self.contains('test')", 314574, 10, 5],
  [text, "self.startsWith('test')", 2, 15, 2],
  [text, 'size(self + "hello") > size("hello")', 314578, 4, 7],
  [text, 'self.matches("x")', 314574, 50, 22],
  [text, '"".matches("(((((((((())))))))))[0-9]")', 7, 10, 7],
  [text, 'self.matches("")', 1, 100, 1],
  [text, 'self == "x"', 2, 0, 1],
  [text, "self.find('[0-9]+') == ''", 629147, 10, 11],
  [text, "self.lowerAscii() == 'lower!'", 314575, 10, 6],
  [list('number'), 'self[1] == 0.0', 2, 5000, 2],
  [list('number'), 'self.all(x, x == 0.0)', 6291454, 3 * 1024 * 2048, 25165826],
  [list('text'), 'self[1] == self[1]', 314577, 8, 314577],
  [list('intOrString'), 'self[0] == 5', 3, 10, 3],
  [list('boolean'), 'self[0] == false', 2, 25, 2],
  [list('numbers'), 'self[0][0] == -1.0', 3, 51, 3],
  [list('duration'), 'self[0].getHours() == 2', 4, 525, 4],
  [list('date'), 'self[2].getDayOfMonth() == 13', 4, 42, 4],
  [map('number'), 'self["x"] == 0.0', 2, 0, 2],
  [map('text'), 'self.all(x, x.contains(self[x]))', 2752507, 10, 72],
  [map('number'), 'oldSelf.size() == self.size()', 5, 10, 5],
  [map('time'), 'self["a"] == self["b"]', 8, 7, 8],
  [map('duration'), 'self["c"] == self["d"]', 8, 42, 8],
  [texts, "self.join(' ') == 'aa bb'", 329853068905, 10, 43],
  [texts, 'self.isSorted() == true', 329854432052, 10, 52],
  [fields('str', 'separator'), 'self.str.split(self.separator) == []', 629160, 10, 22],
])('%#: %s %s', (make, rule, unbounded, max, bounded) => {
  expect(estimate(make(), rule)).toBe(unbounded)
  expect(estimate(make(max), rule)).toBe(bounded)
})

test.each([
  ['self.all(x, self.all(y, true))', 352],
  ['self.all(x, self.all(y, self.all(z, true)))', 3552],
])('loops in loops: %s', (rule, cost) => {
  expect(estimate(list('number')(), rule)).toBeGreaterThan(10_000_000)
  expect(estimate(list('number')(10), rule)).toBe(cost)
})

function estimate(props: JSONSchemaProps, rule: string): number {
  const node = structuralOf(props)
  const self = celTypeOf(node, 'selfType')!
  return createEnvironment({ variables: { self, oldSelf: self } }).estimateCost(rule, sizesOf(node))
}

import { expect, test } from 'vitest'
import { parseFieldSelector } from './fields.ts'

test.each([
  ['', {}, true],
  ['metadata.name=a', { 'metadata.name': 'a' }, true],
  ['metadata.name==a', { 'metadata.name': 'b' }, false],
  ['status.phase!=Running', { 'status.phase': 'Pending' }, true],
  ['spec.nodeName=', {}, true],
  ['a=x\\,y\\=z', { a: 'x,y=z' }, true],
  ['a=1,b=2', { a: '1', b: '3' }, false],
])('%s on %j: %s', (text, values, expected) => expect(parseFieldSelector(text).matches(values)).toBe(expected))

test.each([
  ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
  ['a=b\\c', 'invalid field selector: invalid escape sequence: \\c'],
  ['a=b=c', 'invalid field selector: unescaped character in value: ='],
])('%s is refused', (text, message) => expect(() => parseFieldSelector(text)).toThrow(message))

test('the one value that an index can be asked for', () => {
  expect(parseFieldSelector('a=b,c!=d').exact('a')).toBe('b')
  expect(parseFieldSelector('a=b,c!=d').exact('c')).toBeUndefined()
  expect(parseFieldSelector('a=x\\,y').toString()).toBe('a=x\\,y')
})

import { describe, expect, test } from 'vitest'
import {
  labelSelectorAsSelector,
  labelValueErrors,
  parseLabelSelector,
  qualifiedNameErrors,
  selectorFromMap,
  selectorText,
} from './labels.ts'

describe('label selectors', () => {
  test.each([
    ['', {}, true],
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'c' }, false],
    ['a=', { a: '' }, true],
    ['a!=b', {}, true],
    ['a != b', { a: 'b' }, false],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['! a', {}, true],
    ['a in (b, c)', { a: 'c' }, true],
    ['a notin (b,c)', { a: 'c' }, false],
    ['a notin (b,c)', {}, true],
    ['a in (,c)', { a: '' }, true],
    ['a in ()', { a: '' }, true],
    ['a in ()', { a: 'x' }, false],
    ['a>5', { a: '6' }, true],
    ['a<5', { a: '6' }, false],
    ['a>5', { a: 'x' }, false],
    ['in in (in)', { in: 'in' }, true],
    ['a=b,c', { a: 'b' }, false],
    ['example.com/a=b', { 'example.com/a': 'b' }, true],
    ['a=notin', { a: 'notin' }, true],
    ['constructor', {}, false],
  ])('%s on %j: %s', (text, labels, expected) => expect(parseLabelSelector(text).matches(labels)).toBe(expected))

  test.each([
    ['a in', "unable to parse requirement: found '' expected: '('"],
    ['a in x', "unable to parse requirement: found 'x' expected: '('"],
    ['a in (x', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a==,', "found '', expected: identifier after ','"],
    ['a===b', "unable to parse requirement: found '=', expected: identifier"],
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['a>x', "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
  ])('%s is refused with upstream’s words', (text, message) => expect(() => parseLabelSelector(text)).toThrow(message))

  test('a bad value names its place and key', () =>
    expect(() => parseLabelSelector('app=-x')).toThrow(
      /^unable to parse requirement: values\[0\]\[app\]: Invalid value: "-x": a valid label must/,
    ))
  test('a bad key', () =>
    expect(() => parseLabelSelector('a/b/c=x')).toThrow(
      /^unable to parse requirement: <nil>: Invalid value: "a\/b\/c": a valid label key must/,
    ))

  test('the object form', () => {
    const selector = labelSelectorAsSelector({
      matchLabels: { a: 'b' },
      matchExpressions: [
        { key: 'c', operator: 'In', values: ['d'] },
        { key: 'e', operator: 'DoesNotExist' },
      ],
    })
    expect(selector.matches({ a: 'b', c: 'd' })).toBe(true)
    expect(selector.matches({ a: 'b', c: 'd', e: '' })).toBe(false)
    expect(selector.toString()).toBe('a=b,c in (d),!e')
    expect(labelSelectorAsSelector(undefined).matches({})).toBe(false)
    expect(labelSelectorAsSelector({}).matches({ a: 'b' })).toBe(true)
    expect(selectorFromMap(undefined).everything).toBe(true)
  })
  test('names and values', () => {
    expect(qualifiedNameErrors('example.com/name')).toEqual([])
    expect(qualifiedNameErrors('/x')).toEqual(['prefix part must be non-empty'])
    expect(qualifiedNameErrors('x'.repeat(64))).toEqual(['name part must be no more than 63 bytes'])
    expect(labelValueErrors('')).toEqual([])
    expect(labelValueErrors('a b')).toHaveLength(1)
  })
})

test.each([
  [undefined, 'nil'],
  [{}, '&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{},}'],
  [
    { matchLabels: { b: '2', a: '1' }, matchExpressions: [{ key: 'c', operator: 'In', values: ['x', 'y'] }] },
    '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:c,Operator:In,Values:[x y],},},}',
  ],
])('%j is printed in messages as Go prints it', (selector, text) => {
  expect(selectorText(selector as never)).toBe(text)
})

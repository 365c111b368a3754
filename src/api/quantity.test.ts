import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addQuantity,
  compareQuantity,
  formatQuantity,
  isQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
  rewriteQuantity,
  roundUpToMilli,
  subQuantity,
} from './quantity.ts'

describe('quantities', () => {
  test.each([
    ['0', '0'],
    ['0n', '0'],
    ['100m', '100m'],
    ['0.1', '100m'],
    ['.5', '500m'],
    ['5.', '5'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['1.5', '1500m'],
    ['1000', '1k'],
    ['1000000', '1M'],
    ['1500000', '1500k'],
    ['1024Ki', '1Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['0.0001Ki', '102400u'],
    ['512Ki', '512Ki'],
    ['1023', '1023'],
    ['1e3', '1e3'],
    ['12e2', '1200'],
    ['1E6', '1e6'],
    ['1E', '1E'],
    ['100e-3', '100e-3'],
    ['-100m', '-100m'],
    ['+5', '5'],
    ['0.0000000001', '1n'],
    ['-0.0000000001', '-1n'],
    ['9Ei', '9223372036854775807'],
    ['1e-400', '1e-9'],
    ['12.345678901', '12345678901n'],
  ])('%s is written %s', (text, canonical) => expect(formatQuantity(text)).toBe(canonical))

  test.each([
    ['', /must match the regular expression/],
    ['1.1.1', /must match the regular expression/],
    ['a', /must match the regular expression/],
    ['1x', /must match the regular expression/],
    ['1Kii', /unable to parse quantity's suffix/],
    ['1mm', /unable to parse quantity's suffix/],
    ['1e', /unable to parse quantity's suffix/],
    ['1e999999999', /unable to parse quantity's suffix/],
    ['.', /unable to parse numeric part/],
  ])('%s is refused', (text, error) => expect(() => parseQuantity(text)).toThrow(error))

  test.each([
    ['1000m', '1000m'],
    ['0.5', '0.5'],
    ['1.5Gi', '1536Mi'],
    ['2000Mi', '2000Mi'],
    ['0.00000000001', '1n'],
  ])('%s is read and written again as %s', (text, again) => expect(rewriteQuantity(text)).toBe(again))

  test('values round away from zero', () => {
    expect(quantityValue('1001m')).toBe(2)
    expect(quantityValue('-1001m')).toBe(-2)
    expect(quantityMilliValue('1.0001')).toBe(1001)
    expect(formatQuantity(roundUpToMilli('1.0001'))).toBe('1001m')
  })
  test('an empty sum takes the format of what is added', () => {
    expect(formatQuantity(addQuantity('0', '1Gi'))).toBe('1Gi')
    expect(formatQuantity(addQuantity('1', '1Ki'))).toBe('1025')
    expect(formatQuantity(subQuantity('1Gi', '512Mi'))).toBe('512Mi')
  })
  test('order', () => {
    expect(compareQuantity('1Gi', '1G')).toBe(1)
    expect(compareQuantity('1', '1000m')).toBe(0)
    expect(isQuantity({})).toBe(false)
    expect(isQuantity('1Mi')).toBe(true)
  })
  test('the canonical text means the same amount', () =>
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom('', 'm', 'u', 'n', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'e-2'), (n, suffix) => {
        const text = `${n}${suffix}`
        expect(compareQuantity(formatQuantity(text), text)).toBe(0)
        expect(formatQuantity(formatQuantity(text))).toBe(formatQuantity(text))
      }),
    ))
})

import { describe, expect, test } from 'vitest'
import { BudgetError } from '../cel/errors.ts'
import { compileDeviceSelector } from './device-selector.ts'
import type { Device } from './types/resource-v1.ts'

const device: Device = {
  name: 'gpu-0',
  attributes: {
    model: { string: 'a100' },
    'other.example/slot': { int: 3 },
    healthy: { bool: true },
    driverVersion: { version: '1.10.0-rc.1+build' },
    lanes: { ints: [1, 2] },
    __proto__id: { string: 'x' },
  },
  capacity: { memory: { value: '40Gi' }, 'other.example/cores': { value: '1500m' } },
}
const matches = (expression: string, of = device) => compileDeviceSelector(expression).matches('gpu.example', of)

describe('expressions that choose a device', () => {
  test.each([
    ['device.driver == "gpu.example"', true],
    ['device.driver == "other.example"', false],
    ['device.attributes["gpu.example"].model == "a100"', true],
    ['device.attributes["gpu.example"].model.startsWith("h")', false],
    ['device.attributes["other.example"].slot > 2', true],
    ['device.attributes["gpu.example"].healthy', true],
    ['"model" in device.attributes["gpu.example"]', true],
    ['"model" in device.attributes["nobody.example"]', false],
    ['"nobody.example" in device.attributes || "nobody.example" in device.capacity', false],
    ['has(device.attributes["nobody.example"].model)', false],
    ['2 in device.attributes["gpu.example"].lanes', true],
    ['device.attributes["gpu.example"].driverVersion.isLessThan(semver("1.10.0"))', true],
    ['device.attributes["gpu.example"].driverVersion.compareTo(semver("1.9.0")) > 0', true],
    ['device.attributes["gpu.example"].driverVersion == semver("1.10.0-rc.1")', true],
    ['device.capacity["gpu.example"].memory.compareTo(quantity("40Gi")) >= 0', true],
    ['device.capacity["gpu.example"].memory.isGreaterThan(quantity("40Gi"))', false],
    ['device.capacity["other.example"].cores == quantity("1.5")', true],
    ['cel.bind(dra, device.attributes["gpu.example"], dra.healthy && dra.model == "a100")', true],
    ['device.allowMultipleAllocations', false],
  ])('%s', (expression, expected) => {
    expect(matches(expression)).toBe(expected)
  })
})

test.each([
  ['device.attributes["gpu.example"].nope == 1', 'no such key: nope'],
  ['device.attributes["gpu.example"].model', 'CEL result could not be converted to bool'],
  ['device.attributes["gpu.example"].model.isLessThan(semver("1.0.0"))', 'no such overload'],
])('evaluating %s fails', (expression, message) => {
  expect(() => matches(expression)).toThrow(message)
})

test.each([
  [{ version: 'v1' }, 'attribute a: parse semantic version: invalid semantic version "v1"'],
  [{}, 'attribute a: unsupported attribute value'],
])('the attribute %j fails every expression', (attribute, message) => {
  expect(() => matches('true', { name: 'd', attributes: { a: attribute } })).toThrow(message)
})

test('an evaluation ends at the cost limit', () => {
  const tens = '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]'
  const nested = 'abcdefg'.split('').reduceRight((inner, name) => `${tens}.all(${name}, ${inner})`, 'true')
  expect(() => matches(nested)).toThrow(BudgetError)
})

test.each([
  ['device.nope == 1', "compilation failed: ERROR: <input>:1:7: undefined field 'nope'\n | device.nope == 1\n | ......^"],
  [
    'claim.name == ""',
    "compilation failed: ERROR: <input>:1:1: undeclared reference to 'claim' (in container '')\n | claim.name == \"\"\n | ^",
  ],
  ['1', 'must evaluate to bool or the unknown type, not int'],
  ['device.capacity["a"].b', 'must evaluate to bool or the unknown type, not kubernetes.Quantity'],
  ['dyn(true)', 'must evaluate to bool or the unknown type, not dyn'],
])('%s is refused', (expression, message) => {
  expect(() => compileDeviceSelector(expression)).toThrow(message)
})

test('a program is compiled once', () => {
  expect(compileDeviceSelector('device.driver == "x"')).toBe(compileDeviceSelector('device.driver == "x"'))
})

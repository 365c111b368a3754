import { describe, expect, test } from 'vitest'
import * as names from './names.ts'

describe('names', () => {
  test.each([
    ['a label may hold dashes inside', names.isDNS1123Label('web-1'), []],
    ['a label that only has dots too many', names.isDNS1123Label('a.b'), ['must not contain dots']],
    ['a port name of digits', names.isValidPortName('80'), ['must contain at least one letter (a-z)']],
    ['a port name with two dashes', names.isValidPortName('a--b'), ['must not contain consecutive hyphens']],
    ['an environment variable may hold spaces and dots', names.isEnvVarName('a b.c-1'), []],
    [
      'an environment variable with an equals sign',
      names.isEnvVarName('a=b'),
      ["a valid environment variable name must consist only of printable ASCII characters other than '='"],
    ],
    ['a key with a domain', names.isQualifiedName('example.com/a'), []],
    ['a config key that climbs', names.isConfigMapKey('..x'), ["must not start with '..'"]],
    ['a path segment that climbs', names.isValidPathSegmentName('..'), ["may not be '..'"]],
    ['a path segment with a slash and a percent', names.isValidPathSegmentName('a/%'), ["may not contain '/'", "may not contain '%'"]],
  ])('%s', (_, got, want) => expect(got).toEqual(want))

  test('a generateName may end in a dash, a name may not', () => {
    expect(names.nameIsDNSLabel('web-', true)).toEqual([])
    expect(names.nameIsDNSLabel('web-', false)).toHaveLength(1)
  })

  test('hostile input takes linear time', () => {
    const long = `${'a.'.repeat(100_000)}!`
    const start = performance.now()
    names.isDNS1123Subdomain(long)
    names.isQualifiedName(long)
    names.isDNS1123SubdomainWithUnderscore(long)
    expect(performance.now() - start).toBeLessThan(500)
  })
})

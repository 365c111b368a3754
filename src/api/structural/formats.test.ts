/** What each format takes and refuses, as kube-openapi's strfmt does. */
import { describe, expect, test } from 'vitest'
import { formatCheck } from './formats.ts'

const cases: Readonly<Record<string, readonly [yes: readonly string[], no: readonly string[]]>> = {
  bsonobjectid: [['507f1f77bcf86cd799439011'], ['507f1f77bcf86cd79943901', 'g07f1f77bcf86cd799439011']],
  uri: [
    ['http://example.com', 'https://user:pw@example.com:8443/a%20b?q=#f', '/path', 'mailto:a@b.c', 'http://[::1]:80/', 'urn:a:b'],
    ['', 'example.com', 'a/b', 'http://exa mple.com', 'http://example.com:port/', '/%zz', 'http://[::1', '://x', 'http://x/\n'],
  ],
  email: [
    ['a@example.com', 'A B <a.b+c@example.com>', '"odd name"@x.y'],
    ['a', 'a@', '@b', 'a@b..c', 'a b@c.d', 'a@b@c'],
  ],
  hostname: [
    ['example.com', 'a', 'a-b.example.org', 'bücher.de'],
    ['', '-a.com', 'a_.com', 'a..b', `${'a'.repeat(64)}.com`, 'a.b1'],
  ],
  ipv4: [['10.0.0.1'], ['10.0.0', '10.0.0.256', '::1']],
  ipv6: [
    ['::1', '2001:db8::1'],
    ['10.0.0.1', ':::', 'fe80::1%eth0'],
  ],
  cidr: [
    ['10.0.0.0/8', '10.1.2.3/32', '2001:db8::/64'],
    ['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/'],
  ],
  mac: [
    ['01:23:45:67:89:ab', '01-23-45-67-89-ab', '0123.4567.89ab', '02:00:5e:10:00:00:00:01'],
    ['01:23:45:67:89', '01:23-45:67:89:ab', '0123.4567'],
  ],
  uuid: [
    ['123e4567-e89b-12d3-a456-426614174000', '123E4567E89B12D3A456426614174000'],
    ['123e4567-e89b-12d3-a456', 'x23e4567-e89b-12d3-a456-426614174000'],
  ],
  uuid3: [['123e4567-e89b-32d3-a456-426614174000'], ['123e4567-e89b-42d3-a456-426614174000']],
  uuid4: [['123e4567-e89b-42d3-a456-426614174000'], ['123e4567-e89b-42d3-c456-426614174000']],
  uuid5: [['123e4567-e89b-52d3-a456-426614174000'], ['123e4567-e89b-42d3-a456-426614174000']],
  isbn: [
    ['0321751043', '978-0321751041'],
    ['0321751044', '9780321751042'],
  ],
  isbn10: [['0-321-75104-3', '080442957X'], ['978-0321751041']],
  isbn13: [['978-0321751041'], ['0321751043']],
  creditcard: [
    ['4111 1111 1111 1111', '378282246310005'],
    ['4111 1111 1111 1112', '1234'],
  ],
  ssn: [
    ['111-11-1111', '111 11 1111', '111111111'],
    ['11-111-1111', '1111111111'],
  ],
  hexcolor: [
    ['#FFFFFF', 'fff'],
    ['#FFFF', 'ggg'],
  ],
  rgbcolor: [['rgb(0, 128,255)'], ['rgb(0,128,256)', 'rgb(01,2,3)', 'rgba(1,2,3,4)']],
  byte: [
    ['aGVsbG8=', 'aGk='],
    ['', 'a', 'aGk', 'aG=k'],
  ],
  password: [['', 'anything'], []],
  date: [
    ['2024-02-29', '0001-01-01'],
    ['2023-02-29', '2023-13-01', '2023-1-1', '2023-01-01T00:00:00Z'],
  ],
  'date-time': [
    ['2024-02-29T23:59:59Z', '2024-01-01t00:00:00.5+01:00'],
    ['2024-02-30T00:00:00Z', '2024-01-01T24:00:00Z', '2024-01-01 00:00:00', '2024-01-01T00:00:00'],
  ],
  datetime: [['2024-02-29T23:59:59Z'], ['2024-02-29']],
  duration: [
    ['1h30m', '-1.5s', '0', '3 days', '2 weeks 1 hour'],
    ['', '1', 'days', '1 fortnight'],
  ],
  'k8s-short-name': [['a-b'], ['a.b', 'A', '']],
  'k8s-long-name': [['a-b.c'], ['a..b', 'A']],
}

describe.each(Object.entries(cases))('%s', (format, [yes, no]) => {
  const check = formatCheck(format)
  test.each(yes)('takes %j', (text) => {
    expect(check?.(text)).toBe(true)
  })
  test.each(no)('refuses %j', (text) => {
    expect(check?.(text)).toBe(false)
  })
})

test('other formats say nothing', () => {
  for (const format of ['int32', 'int64', 'float', 'double', 'my-own', '']) expect(formatCheck(format)).toBeUndefined()
})

import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writePayload } from './payload.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kijabi-payload-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const file = (path: string, content: string, mode = 0o644) => ({ path, content, mode })

test('files appear through one link, with their modes', () => {
  expect(writePayload(folder, [file('a', '1'), file('sub/b', '2', 0o400)])).toBe(true)
  expect(readFileSync(join(folder, 'sub/b'), 'utf8')).toBe('2')
  expect(statSync(join(folder, 'sub/b')).mode & 0o777).toBe(0o400)
  expect(readlinkSync(join(folder, 'a'))).toBe('..data/a')
})

test('an update switches all, removes what is gone, and leaves one dated folder', () => {
  writePayload(folder, [file('a', '1'), file('b', '2')])
  const before = readlinkSync(join(folder, '..data'))
  expect(writePayload(folder, [file('a', 'new')])).toBe(true)
  expect(readlinkSync(join(folder, '..data'))).not.toBe(before)
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('new')
  expect(readdirSync(folder).sort()).toEqual(['..data', readlinkSync(join(folder, '..data')), 'a'].sort())
})

test('nothing is touched when nothing changed', () => {
  writePayload(folder, [file('a', '1')])
  const before = readlinkSync(join(folder, '..data'))
  expect(writePayload(folder, [file('a', '1')])).toBe(false)
  expect(readlinkSync(join(folder, '..data'))).toBe(before)
})

test.each(['../x', '/x', 'a/../../x', '..data', ''])('the path %j is refused', (path) => {
  expect(() => writePayload(folder, [file(path, '')])).toThrow('invalid path')
})

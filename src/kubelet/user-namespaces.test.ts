import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Pod } from '../api/types/core-v1.ts'
import { NamespaceMode } from '../runtime/cri/api.ts'
import { userNamespaceOf } from './user-namespaces.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'userns-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const pod = (uid: string, hostUsers?: boolean) => ({ metadata: { uid }, spec: { hostUsers } }) as unknown as Pod
const first = (uid: string) => userNamespaceOf(pod(uid, false), folder).uids?.[0]?.hostId

test('pods have the node’s users unless they ask for their own', () => {
  for (const hostUsers of [undefined, true]) expect(userNamespaceOf(pod('a', hostUsers), folder)).toEqual({ mode: NamespaceMode.NODE })
})

test('each pod has a range of its own, never the node’s, as long as its folder is there', () => {
  mkdirSync(join(folder, 'other-pod'))
  expect([first('a'), first('b'), first('a')]).toEqual([65_536, 131_072, 65_536])
  rmSync(join(folder, 'a'), { recursive: true })
  expect([first('c'), first('b')]).toEqual([65_536, 131_072])
  const mappings = [{ hostId: 131_072, containerId: 0, length: 65_536 }]
  expect(JSON.parse(readFileSync(join(folder, 'b', 'userns'), 'utf8'))).toEqual({ uidMappings: mappings, gidMappings: mappings })
})

test('a damaged file is no free range', () => {
  mkdirSync(join(folder, 'a', 'userns'), { recursive: true })
  expect(() => first('b')).toThrow(/EISDIR/)
})

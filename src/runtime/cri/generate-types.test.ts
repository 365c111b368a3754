import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { engineTable } from '../engine/api.ts'
import { criTable } from './api.ts'
import { generateMessageTypes } from './generate-types.ts'

test.each([
  ['cri', criTable],
  ['engine', engineTable],
])('%s/types.ts is what the table says', (room, table) => {
  const written = readFileSync(new URL(`../${room}/types.ts`, import.meta.url), 'utf8')
  expect(written).toBe(generateMessageTypes(table, `src/runtime/${room}/api.ts`))
})

test('every type that a service or field names is in the table', () => {
  const named = [...criTable.services.values()].flat().flatMap((m) => [m.request, m.response])
  for (const type of criTable.types.values())
    for (const field of type.fields) {
      const inner = field.type.kind === 'list' || field.type.kind === 'map' ? field.type.of : field.type
      if (inner.kind === 'message') named.push(inner.name)
    }
  expect(named.filter((name) => !criTable.types.has(name.replace('runtime.v1.', '')))).toEqual([])
})

test('no message has a field number twice', () => {
  for (const type of criTable.types.values()) expect(new Set(type.fields.map((f) => f.number)).size, type.name).toBe(type.fields.length)
})

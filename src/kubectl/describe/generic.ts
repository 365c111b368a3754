/** Objects of kinds without a description of their own, such as custom resources: all their fields as words. */
import type { KubeObject } from '../factory.ts'
import type { DescribeContext } from './index.ts'
import { type DescribeWriter, writeAnnotations, writeEvents, writeLabels } from './writer.ts'

const skipped = new Set([
  '.metadata.managedFields',
  '.metadata.name',
  '.metadata.namespace',
  '.metadata.labels',
  '.metadata.annotations',
  '.metadata.generateName',
])

export function describeGeneric(object: KubeObject, w: DescribeWriter, { events }: DescribeContext): void {
  w.line(0, `Name:\t${object.metadata.name}`)
  w.line(0, `Namespace:\t${object.metadata.namespace ?? ''}`)
  writeLabels(w, object.metadata.labels)
  writeAnnotations(w, object.metadata.annotations)
  writeFields(w, 0, object, '')
  writeEvents(w, events)
}

function writeFields(w: DescribeWriter, level: number, fields: Readonly<Record<string, unknown>>, path: string): void {
  const entries = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [key, value] of entries) {
    const at = `${path}.${key}`
    if (skipped.has(at)) continue
    const label = words(key)
    if (Array.isArray(value)) {
      w.line(level, `${label}:`)
      for (const element of value) {
        if (typeof element === 'object' && element !== null && !Array.isArray(element))
          writeFields(w, level + 1, element as Record<string, unknown>, at)
        else w.line(level + 1, plain(element))
      }
    } else if (typeof value === 'object' && value !== null) {
      w.line(level, `${label}:`)
      writeFields(w, level + 1, value as Record<string, unknown>, at)
    } else w.line(level, `${label}:\t${plain(value)}`)
  }
}
const plain = (value: unknown): string => (value === null || value === undefined ? '<nil>' : String(value))

const acronyms = new Set(['API', 'URL', 'UID', 'OSB', 'GUID'])
/** `creationTimestamp` as `Creation Timestamp`, `apiVersion` as `API Version`; keys with dots or dashes stay. */
function words(key: string): string {
  if (/[^A-Za-z0-9]/.test(key)) return key
  const parts = key.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? [key]
  return parts
    .map((part) => (acronyms.has(part.toUpperCase()) ? part.toUpperCase() : `${part[0]?.toUpperCase()}${part.slice(1)}`))
    .join(' ')
}

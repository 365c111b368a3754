/** `-o custom-columns=NAME:.metadata.name,…` (k8s.io/kubectl/pkg/cmd/get/customcolumn.go). */
import { parseJsonPath, printValue, relaxedJsonPath } from '../../api/jsonpath.ts'
import type { KubeObject } from '../factory.ts'
import { alignTabs, tableTabs } from '../tab-writer.ts'
import type { ObjectPrinter } from './object.ts'

export function customColumns(spec: string, noHeaders: boolean, format: string): ObjectPrinter {
  const columns = format === 'custom-columns-file' ? fromTemplate(spec) : fromSpec(spec)
  const paths = columns.map(({ path }) => parseJsonPath(relaxedJsonPath(path), { allowMissingKeys: true }))
  let header = !noHeaders
  const remembered: number[] = []
  return (object) => {
    const items = (object as { items?: KubeObject[] }).items ?? [object]
    const lines = items.map((item) => paths.map((path) => path.find(item).flat().map(printValue).join(',') || '<none>').join('\t'))
    if (header) lines.unshift(columns.map((column) => column.header).join('\t'))
    header = false
    return lines.length === 0 ? '' : alignTabs(`${lines.join('\n')}\n`, { ...tableTabs, remembered })
  }
}

function fromSpec(spec: string): { header: string; path: string }[] {
  if (spec === '') throw new Error('custom-columns format specified but no custom columns given')
  return splitTop(spec).map((part) => {
    const colon = part.indexOf(':')
    if (colon < 0) throw new Error(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`)
    return { header: part.slice(0, colon), path: part.slice(colon + 1) }
  })
}
/** Commas inside brackets belong to a path. */
const splitTop = (spec: string): string[] => spec.split(/,(?![^[\]()]*[\])])/)

/** A file has a line of headers and a line of paths. */
function fromTemplate(text: string): { header: string; path: string }[] {
  const [headers = '', paths = ''] = text.split('\n')
  const names = headers.trim().split(/\s+/)
  const specs = paths.trim().split(/\s+/)
  if (names.length !== specs.length || names[0] === '')
    throw new Error(`number of headers (${names.length}) and field specifications (${specs.length}) don't match`)
  return names.map((header, i) => ({ header, path: specs[i] as string }))
}

/**
 * `-o`: how objects are printed by the commands that print objects (cli-runtime's printers): json, yaml, name, jsonpath,
 * custom-columns, go-template. Tables are get's own, in table.ts.
 */
import { readFileSync } from 'node:fs'
import type { FlagTable } from '../../flags/flags.ts'
import type { Factory, KubeObject } from '../factory.ts'

/** Prints one object, which may be a list. */
export type ObjectPrinter = (object: KubeObject) => string | Promise<string>

export const outputFlags: FlagTable = {
  output: { type: 'string', short: 'o', doc: 'Output format: json, yaml, name, jsonpath=…, custom-columns=…, go-template=…' },
  template: { type: 'string', doc: 'Template, or its file, for -o go-template and -o jsonpath.' },
  'allow-missing-template-keys': { type: 'bool', default: true, doc: 'Missing fields in templates print nothing.' },
  'show-managed-fields': { type: 'bool', doc: 'Keep managedFields in json and yaml.' },
}

const templateFormats = ['go-template', 'go-template-file', 'template', 'templatefile', 'jsonpath', 'jsonpath-as-json', 'jsonpath-file']
const plainFormats = ['json', 'kyaml', 'name', 'yaml', ...templateFormats]
export const columnFormats = ['custom-columns', 'custom-columns-file', 'wide']

/** The printer that -o asks for; undefined without -o. `also`: formats that the command handles itself. */
export async function objectPrinter(
  factory: Factory,
  options: { sorted?: boolean; columns?: boolean } = {},
): Promise<ObjectPrinter | undefined> {
  const output = factory.text('output') || (factory.text('template') ? 'go-template' : '')
  if (output === '') return undefined
  const equals = output.indexOf('=')
  const format = equals < 0 ? output : output.slice(0, equals)
  const argument = equals < 0 ? factory.text('template') : output.slice(equals + 1)
  const strip = factory.on('show-managed-fields') ? (object: KubeObject) => object : withoutManagedFields
  const missing = factory.on('allow-missing-template-keys')
  switch (format) {
    case 'json':
      return (object) => jsonText(strip(object), options.sorted ?? true)
    case 'yaml': {
      const { writeYaml } = await import('../../api/yaml.ts')
      let first = true
      return (object) => {
        const text = `${first ? '' : '---\n'}${writeYaml(strip(object))}`
        first = false
        return text
      }
    }
    case 'name':
      return (object) => `${nameText(object)}\n`
    case 'jsonpath':
    case 'jsonpath-file':
    case 'jsonpath-as-json': {
      const { parseJsonPath } = await import('../../api/jsonpath.ts')
      const template = templateText(format, argument)
      let path: ReturnType<typeof parseJsonPath>
      try {
        path = parseJsonPath(template, { allowMissingKeys: missing })
      } catch (error) {
        throw new Error(`error parsing jsonpath ${template}, ${(error as Error).message}`)
      }
      if (format === 'jsonpath-as-json') return (object) => `${escaped(JSON.stringify(path.find(strip(object)).flat(), null, 4))}\n`
      return (object) => {
        try {
          return path.print(object)
        } catch (error) {
          throw new Error(
            `error executing jsonpath ${JSON.stringify(template)}: Error executing template: ${(error as Error).message}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${template}\n\tobject given to jsonpath engine was:\n\t\t${JSON.stringify(object)}\n`,
          )
        }
      }
    }
    case 'go-template':
    case 'go-template-file':
    case 'template':
    case 'templatefile': {
      const { parseGoTemplate } = await import('./go-template.ts')
      const template = parseGoTemplate(templateText(format, argument), { missingKey: missing ? 'default' : 'error' })
      return (object) => template(object)
    }
    case 'custom-columns':
    case 'custom-columns-file':
      if (options.columns) {
        const { customColumns } = await import('./custom-columns.ts')
        return customColumns(format === 'custom-columns' ? argument : readTemplate(argument), factory.on('no-headers'), format)
      }
  }
  const allowed = [...plainFormats, ...(options.columns ? columnFormats : [])].filter((name) => name !== 'kyaml').sort()
  throw new Error(`unable to match a printer suitable for the output format "${format}", allowed formats are: ${allowed.join(',')}`)
}

function templateText(format: string, argument: string): string {
  if (argument === '')
    throw new Error(
      format.startsWith('jsonpath') ? 'template format specified but no template given' : `template format specified but no template given`,
    )
  return format.endsWith('file') ? readTemplate(argument) : argument
}
function readTemplate(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(
      `error reading --template ${path}, ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? `open ${path}: no such file or directory` : (error as Error).message}\n`,
    )
  }
}

export function withoutManagedFields(object: KubeObject): KubeObject {
  const items = (object as { items?: KubeObject[] }).items
  if (Array.isArray(items)) return { ...object, items: items.map(withoutManagedFields) }
  if (!object.metadata || !('managedFields' in object.metadata)) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** Go's encoder escapes what could end a script element. */
const escaped = (text: string): string => text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Indented by four; keys in order, as Go writes maps. */
export function jsonText(value: unknown, sorted: boolean): string {
  return `${escaped(JSON.stringify(sorted ? sortedKeys(value) : value, null, 4))}\n`
}
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortedKeys(inner)]))
}

/** `pod/web`; of a list each item's. */
export function nameText(object: KubeObject): string {
  const items = (object as { items?: KubeObject[] }).items
  if (Array.isArray(items)) return items.map(nameText).join('\n')
  const slash = object.apiVersion.indexOf('/')
  const group = slash < 0 ? '' : `.${object.apiVersion.slice(0, slash)}`
  return `${object.kind.toLowerCase()}${group}/${object.metadata?.name ?? ''}`
}

/** `pod/web created`, with ` (dry run)` where that was so: what is printed when there is no -o. */
export function doneText(object: KubeObject, operation: string, dryRun: DryRun = 'none'): string {
  return `${nameText(object)} ${operation}${dryRun === 'client' ? ' (dry run)' : dryRun === 'server' ? ' (server dry run)' : ''}\n`
}

/** Prints an object that something was done to: with -o in that form, else as `pod/web created`. */
export async function resultPrinter(
  factory: Factory,
  dryRun: DryRun = 'none',
  sorted = true,
): Promise<(object: KubeObject, operation: string) => Promise<void>> {
  const printer = await objectPrinter(factory, { sorted })
  return async (object, operation) => factory.out(printer ? await printer(object) : doneText(object, operation, dryRun))
}

export type DryRun = 'none' | 'client' | 'server'
export const dryRunFlag: FlagTable = {
  'dry-run': { type: 'string', default: 'none', bare: 'unchanged', doc: 'none, server or client: print what would be, without doing it.' },
}
export function dryRunOf(factory: Factory): DryRun {
  const text = factory.text('dry-run')
  if (text === 'none' || text === 'client' || text === 'server') return text
  if (text === 'unchanged') {
    factory.err('W --dry-run is deprecated and can be replaced with --dry-run=client.\n')
    return 'client'
  }
  throw new Error(
    /^(true|false)$/.test(text)
      ? `Invalid dry-run value (${text}). Must be "none", "server", or "client".`
      : `Invalid dry-run value (${text}). Must be "none", "server", or "client".`,
  )
}

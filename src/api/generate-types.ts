/** The TypeScript types of the API, written from the tables: one file a group and version. */
import type { Field, FieldType, MessageType, Table } from '../schema/schema.ts'
import { flatten } from './decode.ts'
import { allTables } from './registry.ts'

/** Every file of src/api/types with its text. */
export function generateTypes(): Map<string, string> {
  const files = new Map<string, string>()
  for (const table of allTables()) files.set(`${fileName(table.name)}.ts`, tableFile(table))
  files.set('index.ts', indexFile())
  return files
}

function tableFile(table: Table): string {
  const imports = new Set<string>()
  const blocks = [...table.types.values()].map((type) => typeBlock(type, table, imports))
  const lines = [...imports].sort().map((name) => `import type * as ${alias(name)} from './${fileName(name)}.ts'`)
  return `// Written by scripts/generate-types.ts from src/api/tables/${fileName(table.name)}.ts: edit that, not this.\n${lines.join('\n')}${lines.length ? '\n' : ''}\n${blocks.join('\n\n')}\n`
}

function typeBlock(type: MessageType, table: Table, imports: Set<string>): string {
  if (type.union) {
    const choices = type.fields.map((field) => typeText(field.type, field, table, imports))
    return `${comment(type.doc, '')}export type ${type.name} = ${choices.join(' | ')}`
  }
  const lines = flatten(type).map((field) => fieldLine(field, table, imports))
  const head = type.object ? [`  apiVersion?: string`, `  kind?: string`] : []
  return `${comment(type.doc, '')}export interface ${type.name} {\n${[...head, ...lines].join('\n')}\n}`
}

function fieldLine(field: Field, table: Table, imports: Set<string>): string {
  const present = field.required || field.stored || (field.default !== undefined && field.default !== null)
  // A required list that Go writes as null when it is missing is never missing once it has been validated.
  const maybeNull = field.nullable || (field.default === null && !field.required)
  const name = /^[a-zA-Z$]\w*$/.test(field.name) ? field.name : `'${field.name}'`
  return `${comment(field.doc, '  ')}  ${name}${present ? '' : '?'}: ${typeText(field.type, field, table, imports)}${maybeNull ? ' | null' : ''}`
}

function typeText(type: FieldType, field: Field, table: Table, imports: Set<string>): string {
  switch (type.kind) {
    case 'list': {
      const of = typeText(type.of, field, table, imports)
      return of.includes('|') ? `(${of})[]` : `${of}[]`
    }
    case 'map':
      return `Record<string, ${typeText(type.of, field, table, imports)}>`
    case 'message': {
      const dot = type.name.lastIndexOf('.')
      const home = type.name.slice(0, dot)
      if (home === table.name) return type.name.slice(dot + 1)
      imports.add(home)
      return `${alias(home)}.${type.name.slice(dot + 1)}`
    }
    case 'scalar':
      return field.enum ? field.enum.map((v) => `'${v}'`).join(' | ') : scalarText[type.name]
  }
}

const scalarText = {
  string: 'string',
  bool: 'boolean',
  int32: 'number',
  int64: 'number',
  uint32: 'number',
  uint64: 'number',
  double: 'number',
  float: 'number',
  bytes: 'string',
  Time: 'string',
  MicroTime: 'string',
  Duration: 'string',
  Quantity: 'string',
  IntOrString: 'number | string',
  RawExtension: 'Record<string, unknown>',
  FieldsV1: 'Record<string, unknown>',
  JSON: 'unknown',
} as const

function indexFile(): string {
  const tables = allTables().filter((t) => t.resources.length > 0)
  const imports = tables.map((t) => `import type * as ${alias(t.name)} from './${fileName(t.name)}.ts'`)
  const rows = tables.flatMap((t) =>
    t.resources.filter((r) => t.types.has(r.kind)).map((r) => `  '${resourceKey(r)}': ${alias(t.name)}.${r.kind}`),
  )
  return `// Written by scripts/generate-types.ts: edit the tables, not this.\n${imports.join('\n')}\n\n/** The TypeScript type of each built-in resource's objects, by \`resource.group\`; where two versions are served, the older is \`resource.version.group\`. */\nexport interface ResourceTypes {\n${rows.join('\n')}\n}\nexport type ResourceName = keyof ResourceTypes\n`
}

/** \`pods\`, \`deployments.apps\`; \`horizontalpodautoscalers.v1.autoscaling\` for a version that is not the preferred one. */
function resourceKey(r: { resource: string; version: string; group: string }): string {
  const older = r.group === 'autoscaling' && r.version === 'v1'
  return [r.resource, ...(older ? [r.version] : []), ...(r.group ? [r.group] : [])].join('.')
}

function comment(doc: string, indent: string): string {
  return doc ? `${indent}/** ${doc} */\n` : ''
}
function fileName(table: string): string {
  return table.replace('.', '-')
}
function alias(table: string): string {
  return table.replace('.', '_')
}

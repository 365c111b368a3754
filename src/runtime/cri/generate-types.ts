/** Writes src/runtime/cri/types.ts from the CRI table; scripts/generate-types.ts calls it, and a test holds the file to it. */
import type { FieldType, Table } from '../../schema/schema.ts'

/** Every field is optional: proto3 leaves a scalar of its zero value out of the message. */
export function generateMessageTypes(table: Table, source: string): string {
  const blocks = [...table.types.values()].map((type) => {
    const lines = type.fields.map(
      (field) => `${field.doc ? `  /** ${field.doc} */\n` : ''}  ${field.name}?: ${typeText(field.type, table.name)}\n`,
    )
    return `export interface ${type.name} {${lines.length ? `\n${lines.join('')}` : ''}}`
  })
  return `// Written by scripts/generate-types.ts from ${source}: edit that, not this.\n\n${blocks.join('\n\n')}\n`
}

function typeText(type: FieldType, table: string): string {
  switch (type.kind) {
    case 'list':
      return `${typeText(type.of, table)}[]`
    case 'map':
      return `Record<string, ${typeText(type.of, table)}>`
    case 'message':
      return type.name.slice(table.length + 1)
    case 'scalar':
      return type.name === 'bytes' ? 'Uint8Array' : type.name === 'bool' ? 'boolean' : type.name === 'string' ? 'string' : 'number'
  }
}

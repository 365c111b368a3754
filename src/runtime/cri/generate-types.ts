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
  const services = [...table.services].map(([name, methods]) => {
    const lines = methods.map((m) => {
      const short = (id: string) => id.slice(table.name.length + 1)
      const request = m.requestStream ? `AsyncIterable<${short(m.request)}>` : short(m.request)
      return `  ${m.name}(request: ${request}, options?: CallOptions): ${m.responseStream ? 'AsyncIterable' : 'Promise'}<${short(m.response)}>\n`
    })
    return `/** What serves and what calls the service: a gRPC client, or the runtime itself in one process. */\nexport interface ${name} {\n${lines.join('')}}`
  })
  const head = services.length > 0 ? "import type { CallOptions } from '../../grpc/client.ts'\n\n" : ''
  return `// Written by scripts/generate-types.ts from ${source}: edit that, not this.\n${head}${[...blocks, ...services].join('\n\n')}\n`
}

function typeText(type: FieldType, table: string): string {
  switch (type.kind) {
    case 'list':
      return typeText(type.of, table).replace(/^(.* \| .*)$/, '($1)') + '[]'
    case 'map':
      return `Record<string, ${typeText(type.of, table)}>`
    case 'message':
      return type.name.slice(table.length + 1)
    case 'scalar':
      return scalarText[type.name as keyof typeof scalarText] ?? 'number'
  }
}

/** A 64-bit integer beyond 2^53 travels as a bigint: times in nanoseconds are such. */
const scalarText = { string: 'string', bool: 'boolean', bytes: 'Uint8Array', int64: 'number | bigint', uint64: 'number | bigint' } as const

/** `kubectl explain`: the fields of a resource, from the server's OpenAPI v3 (k8s.io/kubectl/pkg/explain/v2). */
import { UsageError } from '../errors.ts'
import { kubectlCommand } from '../factory.ts'

interface Schema {
  readonly description?: string
  readonly type?: string
  readonly format?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly $ref?: string
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly group: string; readonly version: string; readonly kind: string }[]
}
interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> }
}

export const command = kubectlCommand({
  summary: 'Get documentation for a resource.',
  usage:
    'kubectl explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2] [options]',
  flags: {
    'api-version': { type: 'string', doc: 'Only this API version.' },
    output: { type: 'string', short: 'o', default: 'plaintext', doc: 'plaintext.' },
    recursive: { type: 'bool', doc: 'Names and types of all fields below.' },
  },
  async run(factory) {
    if (factory.args.length === 0)
      throw new UsageError(
        'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.\n',
      )
    if (factory.args.length > 1) throw new UsageError('We accept only this format: explain RESOURCE\n')
    if (factory.text('output') !== 'plaintext') throw new Error(`unrecognized format: ${factory.text('output')}`)
    const [word = '', ...path] = (factory.args[0] as string).split('.')
    const wanted = factory.text('api-version')
    const [first = '', second] = wanted.split('/')
    const type = await (await factory.mapper()).resource(wanted ? (second ? `${word}.${second}.${first}` : `${word}.${first}`) : word)
    const root = type.group ? `apis/${type.group}/${type.version}` : `api/${type.version}`
    const document = await factory.request<Document>({ method: 'GET', path: `/openapi/v3/${root}` })
    const schemas = document.components?.schemas ?? {}
    const start = Object.values(schemas).find((schema) =>
      schema['x-kubernetes-group-version-kind']?.some((k) => k.kind === type.kind && k.version === type.version && k.group === type.group),
    )
    if (!start)
      throw new Error(
        `GVR (${[type.group, type.version].filter(Boolean).join('/')}, Resource=${type.resource}) not found in OpenAPI schema`,
      )

    /** What a reference leads to; its own description stands before that of its target. */
    const resolve = (schema: Schema): Schema => {
      const ref = schema.$ref ?? schema.allOf?.[0]?.$ref
      if (!ref) return schema
      const target = resolve(schemas[ref.slice(ref.lastIndexOf('/') + 1)] ?? {})
      return { ...target, ...(schema.description ? { description: schema.description } : {}) }
    }
    const inner = (schema: Schema): Schema => {
      const here = resolve(schema)
      if (here.items) return inner(here.items)
      if (typeof here.additionalProperties === 'object' && !here.properties) return inner(here.additionalProperties)
      return here
    }
    const typeText = (schema: Schema): string => {
      const ref = schema.$ref ?? schema.allOf?.[0]?.$ref
      const here = resolve(schema)
      if (here.items) return `[]${typeText(here.items)}`
      if (typeof here.additionalProperties === 'object') return `map[string]${typeText(here.additionalProperties)}`
      if (here.oneOf && !here.type) return 'IntOrString'
      if (ref && here.type === 'object') return ref.slice(ref.lastIndexOf('.') + 1)
      return ref && here.type === 'string' && here.format
        ? ref.slice(ref.lastIndexOf('.') + 1)
        : here.type
          ? here.type === 'object'
            ? 'Object'
            : here.type
          : 'Object'
    }

    /** The type itself, behind lists, maps and references. */
    const bare = (schema: Schema): Schema => {
      const ref = schema.$ref ?? schema.allOf?.[0]?.$ref
      if (ref) return bare(schemas[ref.slice(ref.lastIndexOf('/') + 1)] ?? {})
      if (schema.items) return bare(schema.items)
      return typeof schema.additionalProperties === 'object' && !schema.properties ? bare(schema.additionalProperties) : schema
    }

    let at: Schema = start
    let field: { name: string; schema: Schema } | undefined
    for (const name of path) {
      const next = inner(at).properties?.[name]
      if (!next) throw new Error(`field ${JSON.stringify(name)} does not exist`)
      field = { name, schema: next }
      at = next
    }
    const lines: string[] = []
    if (type.group) lines.push(`GROUP:      ${type.group}`)
    lines.push(`KIND:       ${type.kind}`, `VERSION:    ${type.version}`, '')
    if (field) lines.push(`FIELD: ${field.name} <${typeText(field.schema)}>`, ...enumLines(inner(field.schema), ''), '', '')
    lines.push('DESCRIPTION:')
    const said = field?.schema.description ?? resolve(at).description ?? '<empty>'
    lines.push(...wrapped(said, '    '))
    // Below what the field is for stands what its type is.
    const target = field ? bare(field.schema) : at
    if (target.description && target.description !== said) lines.push(...wrapped(target.description, '    '))
    lines.push('    ')
    const fields = (schema: Schema, indent: string, above: ReadonlySet<Schema>): void => {
      const here = inner(schema)
      if (!here.properties) return
      for (const name of Object.keys(here.properties).sort()) {
        const property = here.properties[name] as Schema
        lines.push(`${indent}${name}\t<${typeText(property)}>${here.required?.includes(name) ? ' -required-' : ''}`)
        if (factory.on('recursive')) {
          lines.push(...enumLines(inner(property), indent))
          const deeper = inner(property).properties
          if (deeper && !above.has(deeper)) fields(property, `${indent}  `, new Set([...above, deeper]))
        } else
          lines.push(
            ...enumLines(inner(property), indent),
            ...wrapped(resolve(property).description ?? '<no description>', `${indent}  `),
            '',
          )
      }
    }
    if (inner(at).properties) {
      lines.push('FIELDS:')
      fields(at, '  ', new Set())
    }
    factory.out(`${lines.join('\n')}\n\n`)
  },
})

const enumLines = (schema: Schema, indent: string): string[] =>
  schema.enum?.length ? [`${indent}enum: ${schema.enum.slice(0, 4).join(', ')}${schema.enum.length > 4 ? ', ....' : ''}`] : []

/** Paragraphs in lines of eighty columns. */
function wrapped(text: string, indent: string): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.split(/\s+/).filter((w) => w !== '')) {
      if (line && indent.length + line.length + 1 + word.length > 80) {
        lines.push(indent + line)
        line = word
      } else line = line ? `${line} ${word}` : word
    }
    lines.push(indent + line)
  }
  return lines
}

/** The parsed tables: every type by its id and every resource by its group and name. Parsed on first use, a few milliseconds. */
import { type MessageType, parseTable, type Resource, type Table } from '../schema/schema.ts'
import { tables as texts } from './tables/index.ts'

const parsed = new Map<string, Table>()

/** The table called `name`, as in `apps.v1`; undefined when there is none. */
export function table(name: string): Table | undefined {
  const have = parsed.get(name)
  if (have) return have
  const text = (texts as Record<string, string>)[name]
  if (text === undefined) return undefined
  const made = parseTable(name, text)
  parsed.set(name, made)
  return made
}

/** The type with an id such as `core.v1.Pod`. An unknown id is a mistake in a table: it throws. */
export function typeById(id: string): MessageType {
  const dot = id.lastIndexOf('.')
  const type = table(id.slice(0, dot))?.types.get(id.slice(dot + 1))
  if (!type) throw new Error(`no table has a type ${id}`)
  return type
}

/** Every table, in the order of their names. */
export function allTables(): Table[] {
  return Object.keys(texts).map((name) => table(name) as Table)
}

/** Every built-in resource. */
export function allResources(): Resource[] {
  return allTables().flatMap((t) => t.resources)
}

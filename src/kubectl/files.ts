/**
 * Objects from files (-f): YAML of several documents, JSON, folders, URLs on this machine, standard input. Each object
 * knows its source, which upstream's messages name.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { isObject } from '../api/shape.ts'
import { parseYaml } from '../api/yaml.ts'
import type { Factory, KubeObject } from './factory.ts'
import type { Info } from './select.ts'

const extensions = new Set(['.json', '.yaml', '.yml'])
/** Files larger than this are no manifests. */
const largestFile = 256 << 20

export interface Document {
  readonly source: string
  readonly value: unknown
}
export interface ReadOptions {
  /** Without it the first error ends the reading. */
  readonly onError?: (error: unknown) => void
  /** Client-side checks of `--validate`: apiVersion and kind must be there. */
  readonly validate?: boolean
}

/** Every object of `--filename`, in order; lists are opened. */
export async function* readObjects(factory: Factory, options: ReadOptions = {}): AsyncGenerator<Info> {
  const mapper = await factory.mapper()
  const namespace = await factory.namespace()
  for await (const { source, value } of readDocuments(factory, factory.list('filename'))) {
    for (const object of opened(value, source, options.validate === true)) {
      try {
        const type = await mapper.kind(object.apiVersion, object.kind)
        if (!type) throw noMatch(object, source)
        const own = object.metadata.namespace ?? ''
        if (type.namespaced && own && factory.namespaceGiven && own !== namespace) throw otherNamespace(own, namespace)
        const placed = type.namespaced && !own ? { ...object, metadata: { ...object.metadata, namespace } } : object
        yield { type, object: placed, namespace: type.namespaced ? own || namespace : '', name: object.metadata.name ?? '', source }
      } catch (error) {
        if (!options.onError) throw error
        options.onError(error)
      }
    }
  }
}

const otherNamespace = (own: string, given: string): Error =>
  new Error(
    `the namespace from the provided object "${own}" does not match the namespace "${given}". You must pass '--namespace=${own}' to perform this operation.`,
  )

function noMatch({ apiVersion, kind, metadata }: KubeObject, source: string): Error {
  return new Error(
    `resource mapping not found for name: ${JSON.stringify(metadata.name ?? '')} namespace: ${JSON.stringify(metadata.namespace ?? '')} from ${JSON.stringify(source)}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}\nensure CRDs are installed first`,
  )
}

/** The documents of paths, as they stand. */
export async function* readDocuments(factory: Factory, paths: readonly string[]): AsyncGenerator<Document> {
  for (const path of paths) {
    if (path === '-') yield* documentsOf('STDIN', await readInput(factory))
    else if (/^https?:\/\//.test(path)) yield* documentsOf(path, await readUrl(path, factory.signal))
    else for (const file of filesOf(path, factory.on('recursive'))) yield* documentsOf(file, readFileSync(file, 'utf8'))
  }
}

function filesOf(path: string, recursive: boolean): string[] {
  let stat: ReturnType<typeof statSync>
  try {
    stat = statSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Error(`the path "${path}" does not exist`)
    throw new Error(`the path "${path}" cannot be accessed: ${(error as Error).message}`)
  }
  if (!stat.isDirectory()) {
    if (stat.size > largestFile) throw new Error(`the file "${path}" is larger than ${largestFile} bytes`)
    return [path]
  }
  const found: string[] = []
  for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = join(path, entry.name)
    if (entry.isDirectory()) {
      if (recursive) found.push(...filesOf(inner, true))
    } else if (extensions.has(extname(entry.name))) found.push(inner)
  }
  if (found.length === 0 && !recursive) throw new Error(`error reading [${path}]: recognized file extensions are [.json .yaml .yml]`)
  return found
}

export async function readInput(factory: Factory): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of factory.invocation.stdin as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > largestFile) throw new Error(`standard input is larger than ${largestFile} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function readUrl(url: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(url, { signal }).catch((error: Error) => {
    throw new Error(`unable to read URL "${url}": ${(error.cause as Error | undefined)?.message ?? error.message}`)
  })
  if (!answer.ok)
    throw new Error(`unable to read URL "${url}", server reported ${answer.status} ${answer.statusText}, status code=${answer.status}`)
  return await answer.text()
}

/** Splits at lines that begin with `---`, as apimachinery's YAML reader does; text that begins with `{` may be JSON. */
export function* documentsOf(source: string, text: string): Generator<Document> {
  const shown = source
  if (/^\s*\{/.test(text)) {
    const values = jsonValues(text)
    if (values) {
      for (const value of values) yield { source: shown, value }
      return
    }
  }
  for (const part of text.split(/^---(?:[ \t].*)?\r?$/m)) {
    if (!/^[^\S\n]*[^\s#]/m.test(part)) continue
    let value: unknown
    try {
      value = parseYaml(part.replace(/^\r?\n/, '')).value
    } catch (error) {
      throw new Error(`error parsing ${shown}: error converting YAML to JSON: ${(error as Error).message}`)
    }
    if (value !== null && value !== undefined) yield { source: shown, value }
  }
}

/** JSON documents, one after another; undefined when the text is no JSON and so may be YAML in braces. */
function jsonValues(text: string): unknown[] | undefined {
  try {
    return [JSON.parse(text)]
  } catch {
    // Several objects in a row: their ends are where the braces balance.
  }
  const values: unknown[] = []
  let depth = 0
  let start = -1
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === '\\') i++
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === '{' && depth++ === 0) start = i
    else if (c === '}' && --depth === 0) {
      try {
        values.push(JSON.parse(text.slice(start, i + 1)))
      } catch {
        return undefined
      }
    }
  }
  return depth === 0 && values.length > 0 ? values : undefined
}

/** A document's objects; a List's items. */
function opened(value: unknown, source: string, validate: boolean): KubeObject[] {
  const problems = isObject(value)
    ? [
        ...(typeof value['apiVersion'] === 'string' && value['apiVersion'] ? [] : ['apiVersion not set']),
        ...(typeof value['kind'] === 'string' && value['kind'] ? [] : ['kind not set']),
      ]
    : ['invalid object to validate']
  if (problems.length > 0 && validate) {
    const list = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`
    throw new Error(
      `error validating "${source}": error validating data: ${list}; if you choose to ignore these errors, turn validation off with --validate=false`,
    )
  }
  if (!isObject(value) || problems.length > 0) {
    const what = problems.includes('kind not set') ? 'Kind' : 'apiVersion'
    throw new Error(
      isObject(value)
        ? `unable to decode "${source}": Object '${what}' is missing in '${JSON.stringify(value)}'`
        : `unable to decode "${source}": json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type unstructured.detector`,
    )
  }
  if ((value['kind'] as string).endsWith('List') && Array.isArray(value['items']))
    return (value['items'] as unknown[]).flatMap((item) => opened(item, source, validate))
  const metadata = isObject(value['metadata']) ? value['metadata'] : {}
  return [{ ...value, metadata } as unknown as KubeObject]
}

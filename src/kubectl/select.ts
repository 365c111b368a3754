/**
 * Which objects a command is about: `TYPE`, `TYPE NAME…`, `TYPE/NAME…`, `TYPE1,TYPE2`, a category, or files (-f)
 * (cli-runtime's resource.Builder).
 */
import type { FlagTable } from '../flags/flags.ts'
import { UsageError } from './errors.ts'
import type { Factory, KubeObject } from './factory.ts'
import { pathOf, type ResourceType } from './resources.ts'

/** One resource type with the names wanted of it; all of them when there are none. */
export interface Target {
  readonly type: ResourceType
  readonly name?: string
}
/** An object that a command works on. */
export interface Info {
  readonly type: ResourceType
  readonly namespace: string
  readonly name: string
  readonly object: KubeObject
  /** The file it was read from. */
  readonly source?: string
}

export const fileFlags: FlagTable = {
  filename: { type: 'list', short: 'f', doc: 'Files, folders or URLs with objects; - is standard input.' },
  kustomize: { type: 'string', short: 'k', doc: 'A kustomization folder.' },
  recursive: { type: 'bool', short: 'R', doc: 'Go down into folders.' },
}
export const selectorFlags: FlagTable = {
  selector: { type: 'string', short: 'l', doc: 'Label selector.' },
  'field-selector': { type: 'string', doc: 'Field selector.' },
  'all-namespaces': { type: 'bool', short: 'A', doc: 'All namespaces.' },
}

const noNames = 'resource(s) were provided, but no name was specified'
const mixed = (path: readonly string[]): string =>
  `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. '${path[0]} get resource/<resource_name>' instead of '${path[0]} get resource resource/<resource_name>'`

/** Reads resource words. Without names a target means every object of the type. */
export async function targetsOf(factory: Factory, args: readonly string[]): Promise<Target[]> {
  const mapper = await factory.mapper()
  if (args.some((arg) => arg.includes('/'))) {
    const targets: Target[] = []
    for (const arg of args) {
      const parts = arg.split('/')
      if (parts.length === 1) throw new Error(mixed(['kubectl']))
      if (parts.length > 2) throw new Error('arguments in resource/name form may not have more than one slash')
      const [word, name] = parts as [string, string]
      if (word === '' || name === '') throw new Error('arguments in resource/name form must have a single resource and name')
      targets.push({ type: await mapper.resource(word), name })
    }
    return targets
  }
  const [words = '', ...names] = args
  const types: ResourceType[] = []
  for (const word of words.split(',').filter((w) => w !== '')) {
    const members = isCategoryWord(word) ? await mapper.category(word) : undefined
    if (members) types.push(...members)
    else types.push(await resourceOrCategory(factory, word, types))
  }
  const unique = types.filter((type, i) => types.findIndex((t) => t.resource === type.resource && t.group === type.group) === i)
  if (names.length === 0) return unique.map((type) => ({ type }))
  return unique.flatMap((type) => [...new Set(names)].map((name) => ({ type, name })))
}
/** Asked as a category at once: the words that no resource has. */
const isCategoryWord = (word: string): boolean => word === 'all' || word === 'api-extensions'

async function resourceOrCategory(factory: Factory, word: string, types: ResourceType[]): Promise<ResourceType> {
  const mapper = await factory.mapper()
  try {
    return await mapper.resource(word)
  } catch (error) {
    const [first, ...rest] = (await mapper.category(word)) ?? []
    if (!first) throw error
    types.push(first)
    return rest.reduce((last, type) => {
      types.push(type)
      return last
    }, first)
  }
}

export const queryOf = (pairs: Readonly<Record<string, string | number | boolean | undefined>>): string => {
  const set = Object.entries(pairs).filter(([, value]) => value !== undefined && value !== '' && value !== false)
  return set.length === 0 ? '' : `?${set.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join('&')}`
}

export interface SelectOptions {
  /** What arguments are given. */
  readonly args?: readonly string[]
  /** Objects are read from the server even when they came from files. */
  readonly fresh?: boolean
  /** `TYPE` alone means all of them: only with this or a selector or --all. */
  readonly allOfType?: boolean
  /** Print what happens to each and go on: errors are handed over. */
  readonly onError?: (error: unknown) => void
  readonly needed?: string
}

/** Reads the objects that arguments, selectors and files name. */
export async function select(factory: Factory, options: SelectOptions = {}): Promise<Info[]> {
  const args = options.args ?? factory.args
  const files = factory.list('filename')
  const onError =
    options.onError ??
    ((error: unknown) => {
      throw error
    })
  if (factory.text('kustomize')) throw new Error('-k is not built: kustomize is a program of its own; pipe its output to -f -')
  const infos: Info[] = []
  if (files.length > 0) {
    if (args.length > 0) throw new Error('when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well')
    const { readObjects } = await import('./files.ts')
    for await (const read of readObjects(factory, { onError })) {
      if (!options.fresh) {
        infos.push(read)
        continue
      }
      try {
        infos.push({ ...read, object: await factory.request({ method: 'GET', path: pathOf(read.type, read.namespace, read.name) }) })
      } catch (error) {
        onError(error)
      }
    }
    return infos
  }
  if (args.length === 0) throw new Error(options.needed ?? mustProvide)
  const everywhere = factory.on('all-namespaces')
  const namespace = everywhere ? '' : await factory.namespace()
  const selector = factory.text('selector')
  const fieldSelector = factory.text('field-selector')
  const targets = await targetsOf(factory, args)
  for (const { type, name } of targets) {
    try {
      if (name !== undefined) {
        if (selector) throw new Error('selectors and the name of a resource cannot be specified at the same time')
        if (everywhere && type.namespaced) throw new Error('a resource cannot be retrieved by name across all namespaces')
        infos.push(infoOf(type, await factory.request<KubeObject>({ method: 'GET', path: pathOf(type, namespace, name) })))
      } else if (options.allOfType || selector || fieldSelector || factory.on('all')) {
        const path = pathOf(type, namespace) + queryOf({ labelSelector: selector, fieldSelector, limit: 500 })
        for (const object of await listItems(factory, path, type)) infos.push(infoOf(type, object))
      } else throw new Error(noNames)
    } catch (error) {
      onError(error)
    }
  }
  return infos
}
export const mustProvide = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`

export const infoOf = (type: ResourceType, object: KubeObject): Info => ({
  type,
  object,
  name: object.metadata.name ?? '',
  namespace: object.metadata.namespace ?? '',
})

/** The items of all pages, each with its apiVersion and kind. */
export async function listItems(factory: Factory, path: string, type: ResourceType): Promise<KubeObject[]> {
  const items: KubeObject[] = []
  let next = ''
  do {
    const page = await factory.request<{ items?: KubeObject[]; metadata?: { continue?: string } }>({
      method: 'GET',
      path: next ? `${path}${path.includes('?') ? '&' : '?'}continue=${encodeURIComponent(next)}` : path,
    })
    const apiVersion = type.group ? `${type.group}/${type.version}` : type.version
    for (const item of page.items ?? []) items.push({ ...item, apiVersion, kind: type.kind })
    next = page.metadata?.continue ?? ''
  } while (next)
  return items
}

/** The one object that arguments name, as `TYPE NAME`, `TYPE/NAME` or with `kind` a bare `NAME`. */
export async function targetOf(factory: Factory, words: readonly string[], kind?: string): Promise<{ type: ResourceType; name: string }> {
  const args = kind && words.length === 1 && !(words[0] as string).includes('/') ? [kind, words[0] as string] : words
  const [target] = await targetsOf(factory, args)
  if (!target?.name) throw new UsageError('a resource and its name must be given')
  return { type: target.type, name: target.name }
}

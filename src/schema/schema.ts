/**
 * The table language: every fact about a wire type stands in one line, and everything else is read from it.
 *
 * The API groups (src/api/tables), the CRI (src/runtime/cri) and etcd (src/etcd) are written in it:
 *
 *     group "apps" version v1            the API group and version that the types below belong to
 *     package runtime.v1                 or, for plain gRPC, a protobuf package
 *
 *     resource deployments deployment Deployment namespaced short=deploy in=all: *
 *       /scale autoscaling/v1/Scale: get patch update
 *
 *     object Deployment | keeps ReplicaSets …     `object`: has kind and apiVersion; `type`: has not
 *       1 metadata meta.v1.ObjectMeta ={}         | where the doc stands
 *       2 spec     DeploymentSpec!    ={}         ! required
 *       3 replicas int32?             =1          ? a Go pointer: an explicit zero is kept, a default is no struct's own;
 *                                                 of a list: an empty one that was given is told from none
 *       4 policy   string(A|B)        the values it may have; _ stands for a space
 *       6 ports    []ContainerPort    map(containerPort,protocol) merge(containerPort)
 *
 *     service RuntimeService
 *       Version VersionRequest VersionResponse
 *       GetContainerEvents GetEventsRequest stream ContainerEventResponse
 *
 * Words after the type: `=JSON` the value an absent field gets; `set`, `atomic`, `map(keys)` the list type of
 * server-side apply; `merge(key)`, `retainKeys` the strategic merge patch; `inline` a Go embedded struct: its fields
 * are the parent's in JSON, a message of its own in protobuf; `nullable`; `stored` always there once the object is
 * stored (only the TypeScript types read it). A type marked `union` is in JSON the value of the one field that is
 * set, as Go types that marshal themselves are: `type ExtraValue union` with `1 items []string` is a list of strings.
 */

export interface Field {
  readonly number: number
  readonly name: string
  readonly type: FieldType
  readonly required: boolean
  /**
   * A Go pointer to a scalar, or a list that upstream asks whether it is nil: a zero or an empty list that was given is
   * kept, where a plain field drops it (`omitempty`).
   */
  readonly pointer: boolean
  /** Filled in when the field is absent. `undefined`: the field stays absent. */
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly listMapKeys?: readonly string[]
  readonly mapType?: 'atomic' | 'granular'
  readonly patchMergeKey?: string
  readonly patchStrategy?: readonly ('merge' | 'replace' | 'retainKeys')[]
  readonly inline: boolean
  readonly nullable: boolean
  readonly stored: boolean
  readonly oneof?: string
  readonly doc: string
}

export type FieldType =
  | { readonly kind: 'scalar'; readonly name: Scalar }
  | { readonly kind: 'message'; readonly name: string }
  | { readonly kind: 'list'; readonly of: FieldType }
  | { readonly kind: 'map'; readonly of: FieldType; readonly key?: Scalar }

export const scalars = [
  'string',
  'bool',
  'int32',
  'int64',
  'uint32',
  'uint64',
  'double',
  'float',
  'bytes',
  'Time',
  'MicroTime',
  'Duration',
  'Quantity',
  'IntOrString',
  'RawExtension',
  'FieldsV1',
  'JSON',
] as const
export type Scalar = (typeof scalars)[number]

export interface MessageType {
  /** `apps.v1.Deployment`: the table's name and the type's. */
  readonly id: string
  readonly name: string
  readonly table: Table
  /** Has kind and apiVersion. */
  readonly object: boolean
  readonly atomic: boolean
  /** In JSON the value of the one field that is set; a message in protobuf. */
  readonly union: boolean
  /** As written: inline fields not yet flattened. */
  readonly fields: readonly Field[]
  readonly doc: string
}

export interface Resource {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly singular: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly subresources: readonly Subresource[]
  /** The version that a custom resource is stored in. */
  readonly storedVersion?: string
}
export interface Subresource {
  readonly name: string
  /** Set where the kind is of another group than the resource, as for scale. */
  readonly group?: string
  readonly version?: string
  readonly kind: string
  readonly verbs: readonly string[]
}
export interface Method {
  readonly name: string
  readonly request: string
  readonly response: string
  readonly requestStream: boolean
  readonly responseStream: boolean
}
export interface Table {
  /** `apps.v1`, or the protobuf package. */
  readonly name: string
  readonly group: string
  readonly version: string
  readonly resources: readonly Resource[]
  readonly types: ReadonlyMap<string, MessageType>
  readonly services: ReadonlyMap<string, readonly Method[]>
}

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const scalarNames: ReadonlySet<string> = new Set(scalars)

/**
 * Reads one table. `name` is what other tables call it by, as in `core.v1.Pod`. The fields of a type are read when they are
 * first asked for: no program needs those of all types, and each would wait for them at its start.
 */
export function parseTable(name: string, text: string): Table {
  const types = new Map<string, MessageType>()
  const services = new Map<string, readonly Method[]>()
  const resources: Resource[] = []
  const table = { name, group: '', version: '', resources, types, services }

  for (const block of text.split(/\n(?=[^ \n#])/)) {
    const end = block.indexOf('\n')
    const { words, doc } = readLine(end < 0 ? block : block.slice(0, end))
    const head = words[0] as string
    const below = () =>
      end < 0
        ? []
        : block
            .slice(end + 1)
            .split('\n')
            .map(readLine)
            .filter(isWritten)
    switch (head) {
      case 'group':
        table.group = (words[1] as string).slice(1, -1)
        table.version = words[3] as string
        break
      case 'resource':
        resources.push(
          parseResource(
            table,
            words,
            below().map((line) => parseSubresource(line.words)),
          ),
        )
        break
      case 'service':
        services.set(
          words[1] as string,
          below().map((line) => parseMethod(name, line.words)),
        )
        break
      case 'object':
      case 'type':
        types.set(words[1] as string, messageType(table, words, doc, below))
        break
      default:
        if (isWritten({ words }) && head !== 'package')
          throw new Error(`table ${name}: a line begins with group, resource, object, type or service, not with ${head}`)
    }
  }
  return table
}

interface Line {
  readonly words: string[]
  readonly doc: string
}
function readLine(line: string): Line {
  const bar = line.indexOf(' | ')
  return { words: (bar < 0 ? line : line.slice(0, bar)).trim().split(/ +/), doc: bar < 0 ? '' : line.slice(bar + 3).trim() }
}
const isWritten = ({ words: [head] }: Pick<Line, 'words'>): boolean => head !== '' && !head?.startsWith('#')

function messageType(table: Table, words: string[], doc: string, below: () => Line[]): MessageType {
  const [head, name] = words as [string, string]
  const id = `${table.name}.${name}`
  let fields: Field[] | undefined
  return {
    id,
    name,
    table,
    object: head === 'object',
    atomic: words.includes('atomic'),
    union: words.includes('union'),
    get fields() {
      fields ??= below().map((line) => parseField(table.name, id, line))
      return fields
    },
    doc,
  }
}

function parseResource(table: { group: string; version: string }, words: string[], subresources: Subresource[]): Resource {
  const colon = words.findIndex((w) => w.endsWith(':'))
  const verbs = words.slice(colon + 1)
  const head = words.slice(0, colon + 1).map((w) => w.replace(/:$/, ''))
  const listed = (key: string) =>
    head
      .find((w) => w.startsWith(`${key}=`))
      ?.slice(key.length + 1)
      .split(',') ?? []
  return {
    group: table.group,
    version: table.version,
    resource: head[1] as string,
    singular: head[2] as string,
    kind: head[3] as string,
    namespaced: head[4] === 'namespaced',
    verbs: verbs[0] === '*' ? allVerbs : verbs,
    shortNames: listed('short'),
    categories: listed('in'),
    subresources,
  }
}

function parseSubresource(words: string[]): Subresource {
  const [name, kind, ...verbs] = words as [string, string, ...string[]]
  const parts = kind.replace(/:$/, '').split('/')
  return {
    name: name.slice(1),
    ...(parts.length === 3 ? { group: parts[0] as string, version: parts[1] as string } : {}),
    kind: parts.at(-1) as string,
    verbs,
  }
}

function parseMethod(table: string, words: string[]): Method {
  const [name, ...rest] = words as [string, ...string[]]
  const requestStream = rest[0] === 'stream'
  const [request, ...response] = requestStream ? rest.slice(1) : rest
  const responseStream = response[0] === 'stream'
  return {
    name,
    request: qualify(table, request as string),
    response: qualify(table, response.at(-1) as string),
    requestStream,
    responseStream,
  }
}

function parseField(table: string, of: string, { words, doc }: Line): Field {
  const [number, name, typeWord, ...flags] = words as [string, string, string, ...string[]]
  if (!typeWord) throw new Error(`${of}: a field is a number, a name and a type`)
  const required = typeWord.endsWith('!')
  const pointer = typeWord.endsWith('?')
  const [type, enumeration] = parseType(table, typeWord.replace(/[!?]$/, ''))
  const field: { -readonly [K in keyof Field]: Field[K] } = {
    number: Number(number),
    name,
    type,
    required,
    pointer,
    inline: false,
    nullable: false,
    stored: false,
    doc,
  }
  if (enumeration) field.enum = enumeration
  for (const flag of flags) {
    const [, word, inside] = /^([a-zA-Z]+)\((.*)\)$/.exec(flag) ?? [undefined, flag, undefined]
    if (flag.startsWith('=')) field.default = JSON.parse(flag.slice(1)) as unknown
    else if (word === 'map') {
      field.listType = 'map'
      field.listMapKeys = (inside as string).split(',')
    } else if (word === 'atomic') {
      if (type.kind === 'list') field.listType = 'atomic'
      else field.mapType = 'atomic'
    } else if (word === 'set') field.listType = 'set'
    else if (word === 'granular') field.mapType = 'granular'
    else if (word === 'merge') {
      field.patchStrategy = [...(field.patchStrategy ?? []), 'merge']
      if (inside) field.patchMergeKey = inside
    } else if (word === 'retainKeys') field.patchStrategy = [...(field.patchStrategy ?? []), 'retainKeys']
    else if (word === 'replace') field.patchStrategy = ['replace']
    else if (word === 'oneof') field.oneof = inside as string
    else if (word === 'inline') field.inline = true
    else if (word === 'nullable') field.nullable = true
    else if (word === 'stored') field.stored = true
    else throw new Error(`${of}: unknown word ${flag} on field ${name}`)
  }
  return field
}

function parseType(table: string, word: string): [FieldType, string[]?] {
  if (word.startsWith('[]')) {
    const [of, enumeration] = parseType(table, word.slice(2))
    return [{ kind: 'list', of }, enumeration]
  }
  const map = /^map\[(\w+)\](.*)$/.exec(word)
  if (map) {
    const [of] = parseType(table, map[2] as string)
    return [map[1] === 'string' ? { kind: 'map', of } : { kind: 'map', of, key: map[1] as Scalar }]
  }
  if (word.startsWith('string(')) return [{ kind: 'scalar', name: 'string' }, word.slice(7, -1).replaceAll('_', ' ').split('|')]
  if (scalarNames.has(word)) return [{ kind: 'scalar', name: word as Scalar }]
  return [{ kind: 'message', name: qualify(table, word) }]
}

function qualify(table: string, type: string): string {
  return type.includes('.') ? type : `${table}.${type}`
}

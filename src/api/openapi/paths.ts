/**
 * The paths of OpenAPI from the resources: one operation a verb, with upstream's operation ids, actions and kinds. What
 * kubectl reads of them: the kind behind a path (explain) and the query parameters of PATCH (dry run, field validation).
 */
import type { Resource, Subresource } from '../../schema/schema.ts'
import type { Json } from '../shape.ts'
import type { OpenApiVersion } from './schemas.ts'

export interface Kind {
  readonly group: string
  readonly version: string
  readonly kind: string
}
/** How an operation names the schema of a kind; undefined where none is known, as for streams. */
export interface SchemaRefs {
  object(kind: Kind): Json | undefined
  list(kind: Kind): Json | undefined
  named(kind: 'Status' | 'DeleteOptions' | 'WatchEvent' | 'Patch'): Json
}

const groupWord = (group: string): string =>
  group === ''
    ? 'Core'
    : group
        .replace(/\.k8s\.io$/, '')
        .split('.')
        .map(capital)
        .join('')
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const root = ({ group, version }: { group: string; version: string }): string =>
  group === '' ? `/api/${version}` : `/apis/${group}/${version}`

/** All paths of a resource with its subresources. */
export function resourcePaths(version: OpenApiVersion, r: Resource, refs: SchemaRefs): Record<string, Json> {
  const paths: Record<string, Json> = {}
  const prefix = `${groupWord(r.group)}${capital(r.version)}`
  const scope = r.namespaced ? 'Namespaced' : ''
  const base = r.namespaced ? `${root(r)}/namespaces/{namespace}/${r.resource}` : `${root(r)}/${r.resource}`
  const watchBase = base.replace(root(r), `${root(r)}/watch`)
  const kind: Kind = { group: r.group, version: r.version, kind: r.kind }
  const can = (verb: string) => r.verbs.includes(verb)
  const pathParameters = (...names: string[]) =>
    names.filter((n) => n !== 'namespace' || r.namespaced).map((n) => pathParameter(version, n))
  const operate = createOperation(version, prefix, groupTag(r), r.storedVersion === undefined ? builtInTypes : customTypes)
  const put = (path: string, operations: Record<string, Json | undefined>, parameters: Json[]) => {
    const kept = Object.fromEntries(Object.entries(operations).filter(([, o]) => o !== undefined)) as Json
    if (Object.keys(kept).length > 0) paths[path] = { ...kept, parameters: [...parameters, query(version, 'pretty')] }
  }

  const list = refs.list(kind)
  put(
    base,
    {
      get: can('list') ? operate('list', 'list', `${scope}${r.kind}`, kind, { answer: list, query: listQuery }) : undefined,
      post: can('create')
        ? operate('post', 'create', `${scope}${r.kind}`, kind, { answer: refs.object(kind), body: refs.object(kind), query: writeQuery })
        : undefined,
      delete: can('deletecollection')
        ? operate('deletecollection', 'delete', `Collection${scope}${r.kind}`, kind, {
            answer: refs.named('Status'),
            body: refs.named('DeleteOptions'),
            query: [...listQuery, ...deleteQuery],
          })
        : undefined,
    },
    pathParameters('namespace'),
  )
  put(
    `${base}/{name}`,
    {
      get: can('get') ? operate('get', 'read', `${scope}${r.kind}`, kind, { answer: refs.object(kind) }) : undefined,
      put: can('update')
        ? operate('put', 'replace', `${scope}${r.kind}`, kind, { answer: refs.object(kind), body: refs.object(kind), query: writeQuery })
        : undefined,
      patch: can('patch')
        ? operate('patch', 'patch', `${scope}${r.kind}`, kind, { answer: refs.object(kind), body: refs.named('Patch'), query: patchQuery })
        : undefined,
      delete: can('delete')
        ? operate('delete', 'delete', `${scope}${r.kind}`, kind, {
            answer: refs.named('Status'),
            body: refs.named('DeleteOptions'),
            query: deleteQuery,
          })
        : undefined,
    },
    pathParameters('name', 'namespace'),
  )
  if (r.namespaced && can('list'))
    put(
      `${root(r)}/${r.resource}`,
      { get: operate('list', 'list', `${r.kind}ForAllNamespaces`, kind, { answer: list, query: listQuery }) },
      [],
    )
  if (can('watch')) {
    const event = { answer: refs.named('WatchEvent'), query: listQuery }
    put(watchBase, { get: operate('watchlist', 'watch', `${scope}${r.kind}List`, kind, event) }, pathParameters('namespace'))
    put(`${watchBase}/{name}`, { get: operate('watch', 'watch', `${scope}${r.kind}`, kind, event) }, pathParameters('name', 'namespace'))
    if (r.namespaced)
      put(`${root(r)}/watch/${r.resource}`, { get: operate('watchlist', 'watch', `${r.kind}ListForAllNamespaces`, kind, event) }, [])
  }

  for (const sub of r.subresources) {
    const subKind: Kind = { group: sub.group ?? r.group, version: sub.version ?? r.version, kind: sub.kind }
    const what = `${scope}${r.kind}${capital(sub.name)}`
    const path = `${base}/{name}/${sub.name}`
    if (isConnect(sub)) {
      const methods = connectMethods(sub)
      const connect = (suffix: string) =>
        Object.fromEntries(
          methods.map((m) => [
            m,
            operate('connect', `connect`, `${what}${suffix}`, subKind, { answer: { type: 'string' }, between: capital(m) }),
          ]),
        )
      put(path, connect(''), pathParameters('name', 'namespace'))
      if (sub.name === 'proxy') put(`${path}/{path}`, connect('WithPath'), pathParameters('name', 'namespace', 'path'))
      continue
    }
    const object = refs.object(subKind)
    const subCan = (verb: string) => sub.verbs.includes(verb)
    put(
      path,
      {
        get: subCan('get')
          ? operate('get', 'read', what, subKind, { answer: sub.name === 'log' ? { type: 'string' } : object })
          : undefined,
        post: subCan('create') ? operate('post', 'create', what, subKind, { answer: object, body: object, query: writeQuery }) : undefined,
        put: subCan('update') ? operate('put', 'replace', what, subKind, { answer: object, body: object, query: writeQuery }) : undefined,
        patch: subCan('patch')
          ? operate('patch', 'patch', what, subKind, { answer: object, body: refs.named('Patch'), query: patchQuery })
          : undefined,
      },
      pathParameters('name', 'namespace'),
    )
  }
  return paths
}

const isConnect = (s: Subresource): boolean => /Options$/.test(s.kind)
const connectMethods = (s: Subresource): string[] =>
  s.name === 'proxy' ? ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] : ['get', 'post']
const groupTag = (r: Resource): string => `${groupWord(r.group).charAt(0).toLowerCase()}${groupWord(r.group).slice(1)}_${r.version}`

// ---- operations

interface OperationParts {
  readonly answer?: Json
  readonly body?: Json
  readonly query?: readonly QueryName[]
  /** Goes between the version and the rest of the id: the method of a connect. */
  readonly between?: string
}
interface MediaTypes {
  readonly objects: readonly string[]
  readonly patches: readonly string[]
}
const builtInTypes: MediaTypes = {
  objects: ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'],
  patches: [
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/apply-patch+yaml',
  ],
}
/** kubectl goes by these: it merges what a custom resource says where it would send a strategic patch. */
const customTypes: MediaTypes = {
  objects: ['application/json', 'application/yaml'],
  patches: ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'],
}

function createOperation(version: OpenApiVersion, prefix: string, tag: string, types: MediaTypes) {
  return (action: string, verb: string, what: string, kind: Kind, parts: OperationParts): Json => {
    const bodyTypes = action === 'patch' ? types.patches : types.objects
    const answers = action === 'post' ? ['200', '201', '202'] : action === 'put' || action === 'patch' ? ['200', '201'] : ['200']
    const parameters = (parts.query ?? []).map((name) => query(version, name))
    if (version === 'v2' && parts.body)
      parameters.unshift({ in: 'body', name: 'body', required: action !== 'delete' && action !== 'deletecollection', schema: parts.body })
    const answer = (description: string): Json => ({
      description,
      ...(parts.answer
        ? version === 'v2'
          ? { schema: parts.answer }
          : { content: Object.fromEntries(types.objects.map((t) => [t, { schema: parts.answer }])) }
        : {}),
    })
    return {
      tags: [tag],
      operationId: `${verb}${prefix}${parts.between ?? ''}${what}`,
      ...(version === 'v2' ? { consumes: action === 'patch' ? types.patches : ['*/*'], produces: types.objects, schemes: ['https'] } : {}),
      ...(parameters.length > 0 ? { parameters } : {}),
      ...(version === 'v3' && parts.body
        ? { requestBody: { content: Object.fromEntries(bodyTypes.map((t) => [t, { schema: parts.body }])) } }
        : {}),
      responses: {
        ...Object.fromEntries(answers.map((code) => [code, answer({ '200': 'OK', '201': 'Created', '202': 'Accepted' }[code] as string)])),
        '401': { description: 'Unauthorized' },
      },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
    }
  }
}

// ---- parameters

const queries = {
  pretty: ['string', 'Whether the answer is indented.'],
  dryRun: ['string', 'All: the request is carried out in full and nothing is stored.'],
  fieldManager: ['string', 'Name of whoever makes this change.'],
  fieldValidation: ['string', 'What happens to unknown and duplicate fields: Ignore, Warn or Strict.'],
  force: ['boolean', 'Take fields over that other managers own; apply only.'],
  labelSelector: ['string', 'Only objects whose labels match.'],
  fieldSelector: ['string', 'Only objects whose fields match.'],
  limit: ['integer', 'The most items of one answer.'],
  continue: ['string', 'Where the answer before ended.'],
  resourceVersion: ['string', 'How new the answer must be, or where a watch begins.'],
  resourceVersionMatch: ['string', 'How resourceVersion is meant: Exact or NotOlderThan.'],
  sendInitialEvents: ['boolean', 'A watch begins with what is there.'],
  allowWatchBookmarks: ['boolean', 'A watch may hear how far it has come.'],
  timeoutSeconds: ['integer', 'How long a list or watch may take.'],
  watch: ['boolean', 'Changes instead of a list.'],
  gracePeriodSeconds: ['integer', 'How long the object may take to end.'],
  ignoreStoreReadErrorWithClusterBreakingPotential: ['boolean', 'Delete what cannot be read.'],
  orphanDependents: ['boolean', 'Leave dependents; propagationPolicy says it better.'],
  propagationPolicy: ['string', 'What becomes of dependents: Orphan, Background or Foreground.'],
} as const
type QueryName = keyof typeof queries
const listQuery: readonly QueryName[] = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
]
const writeQuery: readonly QueryName[] = ['dryRun', 'fieldManager', 'fieldValidation']
const patchQuery: readonly QueryName[] = [...writeQuery, 'force']
const deleteQuery: readonly QueryName[] = [
  'dryRun',
  'gracePeriodSeconds',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'orphanDependents',
  'propagationPolicy',
]

function query(version: OpenApiVersion, name: QueryName): Json {
  const [type, description] = queries[name]
  return parameter(version, 'query', name, type, description)
}
const pathParameter = (version: OpenApiVersion, name: string): Json => ({
  ...parameter(version, 'path', name, 'string', name === 'namespace' ? 'The namespace of the object.' : `The ${name} of the request.`),
  required: true,
})
function parameter(version: OpenApiVersion, place: string, name: string, type: string, description: string): Json {
  return version === 'v2'
    ? { name, in: place, description, type, uniqueItems: true }
    : { name, in: place, description, schema: { type, uniqueItems: true } }
}

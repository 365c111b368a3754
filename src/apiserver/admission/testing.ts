/** One write put before one plugin, with the objects that stand in the server's caches. */
import { StatusError } from '../../api/errors.ts'
import { allResources } from '../../api/registry.ts'
import { addBuiltins, createEndpoints, type Endpoints } from '../endpoints.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import { storagePrefix } from '../storage/keys.ts'
import type { Selection } from '../storage/selection.ts'
import type { Storage } from '../storage/storage.ts'
import type { AdmissionPlugin } from './admission.ts'

/** By resource, as `Objects` names it. */
export type Stored = Readonly<Record<string, readonly { readonly metadata: object }[]>>

export function objectsOf(stored: Stored): Objects {
  const all = (resource: string) => (stored[resource] ?? []) as readonly ApiObject[]
  const find = (resource: string, key: string) => all(resource).find((object) => keyOf(object) === key)
  const list = (resource: string, namespace = '') => all(resource).filter((o) => namespace === '' || o.metadata.namespace === namespace)
  return {
    get: async <T>(resource: string, key: string) => find(resource, key) as T | undefined,
    peek: <T>(resource: string, key: string) => find(resource, key) as T | undefined,
    list: async <T>(resource: string, namespace?: string) => list(resource, namespace) as T[],
    stored: () => undefined,
    holdsAny: (resource, namespace) => list(resource, namespace).length > 0,
    cache: () => ({ loaded: true }) as ReturnType<Objects['cache']>,
    follow: () => Promise.resolve(),
    mirror(resource, sink) {
      let fed = false
      return {
        ready: () => undefined,
        sync() {
          if (fed) return false
          for (const object of all(resource)) sink.set(keyOf(object), object as never)
          fed = true
          return true
        },
      }
    },
  }
}
const keyOf = ({ metadata: { namespace, name } }: ApiObject) => (namespace ? `${namespace}/${name}` : name)

/** Every built-in resource, with the stored objects behind it. */
export function endpointsOf(stored: Stored): Endpoints {
  const endpoints = createEndpoints()
  const storage = {
    cache(prefix: string) {
      const objects = () => Object.entries(stored).flatMap(([resource, list]) => (prefixOf(resource) === prefix ? list : [])) as ApiObject[]
      const entries = () => objects().map((object) => ({ key: keyOf(object), object }))
      return {
        prefix,
        loaded: true,
        get: (key: string) => entries().find((entry) => entry.key === key),
        list: ({ namespace }: Selection) => ({ entries: entries().filter(({ key }) => !namespace || key.startsWith(`${namespace}/`)) }),
      }
    },
  }
  addBuiltins(endpoints, storage as unknown as Storage, {})
  return endpoints
}
const prefixOf = (resource: string): string => {
  const [name = '', ...group] = resource.split('.')
  return storagePrefix(group.join('.'), name)
}

export interface Write {
  /** `pods`, `deployments.apps`, `pods/exec`. */
  readonly resource: string
  readonly object?: object
  readonly old?: object
  readonly operation?: WriteAttributes['operation']
  readonly namespace?: string
  readonly user?: string
  readonly groups?: readonly string[]
  readonly options?: object
  readonly dryRun?: boolean
}

export interface Outcome {
  /** `allowed`, or the refusal's code and text. */
  readonly answer: string
  readonly object: ApiObject | undefined
  readonly warnings: readonly string[]
  readonly audit: Readonly<Record<string, string>>
}

const builtins = new Map(allResources().map((r) => [`${r.resource}.${r.group}`, r]))

/** As the server calls it: admit, then validate; a plugin that does not handle the write is not asked. */
export async function review(plugin: AdmissionPlugin, write: Write): Promise<Outcome> {
  const [path = '', subresource = ''] = write.resource.split('/')
  const [name = '', ...group] = path.split('.')
  const known = builtins.get(`${name}.${group.join('.')}`) ?? [...builtins.values()].find((r) => r.resource === name)
  const { namespace = known?.namespaced === false ? '' : 'ns' } = write
  const operation = write.operation ?? (write.old ? 'UPDATE' : 'CREATE')
  const warnings: string[] = []
  const audit: Record<string, string> = {}
  const { metadata } = (write.object ?? write.old ?? {}) as { metadata?: { name?: string } }
  const attributes = {
    operation,
    resource: { ...known, group: group.join('.'), resource: name, namespaced: namespace !== '' },
    ...(subresource ? { subresource: { ...known?.subresources.find((s) => s.name === subresource), name: subresource } } : {}),
    namespace,
    name: metadata?.name ?? '',
    user: { name: write.user ?? 'joe', groups: write.groups ?? ['system:authenticated'] },
    dryRun: write.dryRun ?? false,
    reinvocation: { round: 0, wanted: false },
    options: write.options ?? {},
    warn: (text: string) => void warnings.push(text),
    annotateAudit: (key: string, value: string) => {
      audit[key] = value
    },
  } as WriteAttributes
  let object = write.object as ApiObject | undefined
  const old = write.old as ApiObject | undefined
  let answer = 'allowed'
  try {
    if (plugin.handles(name, subresource, operation) && !plugin.isIdle?.()) {
      object = (await plugin.admit?.(object, old, attributes)) ?? object
      await plugin.validate?.(object, old, attributes)
    }
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    answer = `${error.code} ${error.message}`
  }
  return { answer, object, warnings, audit }
}

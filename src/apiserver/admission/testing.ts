/** One write put before one plugin, with the objects that stand in the server's caches. */
import { StatusError } from '../../api/errors.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import type { AdmissionPlugin } from './admission.ts'

/** By resource, as `Objects` names it. */
export type Stored = Readonly<Record<string, readonly { readonly metadata: object }[]>>

export function objectsOf(stored: Stored): Objects {
  const all = (resource: string) => (stored[resource] ?? []) as readonly ApiObject[]
  const find = (resource: string, key: string) =>
    all(resource).find(({ metadata: { namespace, name } }) => (namespace ? `${namespace}/${name}` : name) === key)
  const list = (resource: string, namespace = '') => all(resource).filter((o) => namespace === '' || o.metadata.namespace === namespace)
  return {
    get: async <T>(resource: string, key: string) => find(resource, key) as T | undefined,
    peek: <T>(resource: string, key: string) => find(resource, key) as T | undefined,
    list: async <T>(resource: string, namespace?: string) => list(resource, namespace) as T[],
    holdsAny: (resource, namespace) => list(resource, namespace).length > 0,
    cache: () => ({ loaded: true }) as ReturnType<Objects['cache']>,
    follow: () => Promise.resolve(),
    mirror: () => {
      throw new Error('no admission plugin under test mirrors')
    },
  }
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
}

export interface Outcome {
  /** `allowed`, or the refusal's code and text. */
  readonly answer: string
  readonly object: ApiObject | undefined
  readonly warnings: readonly string[]
  readonly audit: Readonly<Record<string, string>>
}

const clusterScoped = new Set([
  'namespaces',
  'nodes',
  'persistentvolumes',
  'certificatesigningrequests',
  'priorityclasses',
  'csinodes',
  'resourceslices',
])

/** As the server calls it: admit, then validate; a plugin that does not handle the write is not asked. */
export async function review(plugin: AdmissionPlugin, write: Write): Promise<Outcome> {
  const [path = '', subresource = ''] = write.resource.split('/')
  const [name = '', ...group] = path.split('.')
  const { namespace = clusterScoped.has(name) ? '' : 'ns' } = write
  const operation = write.operation ?? (write.old ? 'UPDATE' : 'CREATE')
  const warnings: string[] = []
  const audit: Record<string, string> = {}
  const { metadata } = (write.object ?? write.old ?? {}) as { metadata?: { name?: string } }
  const attributes = {
    operation,
    resource: { group: group.join('.'), resource: name, kind: name, namespaced: namespace !== '' },
    ...(subresource ? { subresource: { name: subresource } } : {}),
    namespace,
    name: metadata?.name ?? '',
    user: { name: write.user ?? 'joe', groups: write.groups ?? ['system:authenticated'] },
    dryRun: false,
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
    if (plugin.handles(name, subresource, operation)) {
      object = (await plugin.admit?.(object, old, attributes)) ?? object
      await plugin.validate?.(object, old, attributes)
    }
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    answer = `${error.code} ${error.message}`
  }
  return { answer, object, warnings, audit }
}

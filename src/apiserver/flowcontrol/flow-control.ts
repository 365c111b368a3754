/**
 * API priority and fairness (upstream: util/flowcontrol): a request's flow schema gives it a priority level, and there a
 * seat. Schemas and levels are the API's objects, taken in when they change.
 */
import { StatusError } from '../../api/errors.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types/flowcontrol-v1.ts'
import type { Objects } from '../objects.ts'
import type { RequestInfo, User } from '../request.ts'
import type { Room } from '../server.ts'
import { createQueueSet, type QueueSet, type QueueSetOptions, type Seat } from './queue-set.ts'

export interface FlowControlOptions {
  /** All seats of the server: --max-requests-inflight and --max-mutating-requests-inflight together. */
  readonly seats: number
  readonly maxWaitMs: number
}

interface Level {
  readonly uid: string
  /** Undefined: exempt. */
  readonly queues: QueueSet | undefined
}

export const tooManyRequests = (): StatusError =>
  new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: 'too many requests, please try again later.',
    details: { retryAfterSeconds: 1 },
  })

export function createFlowControl(objects: Objects, options: FlowControlOptions): (user: User, info: RequestInfo) => Room | Promise<Room> {
  const specs = new Map<string, PriorityLevelConfiguration>()
  const schemas = new Map<string, FlowSchema>()
  let ordered: FlowSchema[] = []
  const levels = new Map<string, Level>()
  const headers = new WeakMap<FlowSchema, Record<string, string>>()

  const levelMirror = objects.mirror<PriorityLevelConfiguration>('prioritylevelconfigurations.flowcontrol.apiserver.k8s.io', sinkOf(specs))
  const schemaMirror = objects.mirror<FlowSchema>('flowschemas.flowcontrol.apiserver.k8s.io', sinkOf(schemas))

  /** The rules that are about a user, in the order of their schemas; forgotten when a schema changes. */
  let ofUser = new WeakMap<User, { schema: FlowSchema; rules: Rule[] }[]>()
  const schemaOf = (user: User, info: RequestInfo): FlowSchema | undefined => {
    let mine = ofUser.get(user)
    if (!mine) {
      mine = ordered.flatMap((schema) => {
        const rules = (schema.spec.rules ?? []).filter((rule) => (rule.subjects ?? []).some((s) => subjectMatches(s, user)))
        return rules.length > 0 ? [{ schema, rules }] : []
      })
      ofUser.set(user, mine)
    }
    for (const { schema, rules } of mine) for (const rule of rules) if (ruleMatches(rule, info)) return schema
    return undefined
  }

  const sync = () => {
    const levelsChanged = levelMirror.sync()
    if (!schemaMirror.sync() && !levelsChanged) return
    ofUser = new WeakMap()
    ordered = [...schemas.values()]
      .filter((s) => specs.has(s.spec.priorityLevelConfiguration.name))
      .sort(
        (a, b) => (a.spec.matchingPrecedence ?? 1000) - (b.spec.matchingPrecedence ?? 1000) || (a.metadata.name < b.metadata.name ? -1 : 1),
      )
    const shares = [...specs.values()].reduce((sum, l) => sum + sharesOf(l), 0)
    for (const name of levels.keys()) if (!specs.has(name)) levels.delete(name)
    for (const [name, level] of specs) {
      const known = levels.get(name)
      const settings = settingsOf(level, shares)
      if (settings && known?.queues) known.queues.configure(settings)
      else levels.set(name, { uid: level.metadata.uid, queues: settings && createQueueSet(settings) })
    }
  }
  const settingsOf = ({ spec }: PriorityLevelConfiguration, shares: number): QueueSetOptions | undefined => {
    if (spec.type !== 'Limited' || !spec.limited) return undefined
    const { limitResponse } = spec.limited
    const { queues = 64, handSize = 8, queueLengthLimit = 50 } = limitResponse?.queuing ?? {}
    return {
      seats: Math.max(1, Math.ceil((options.seats * (spec.limited.nominalConcurrencyShares ?? 30)) / Math.max(1, shares))),
      ...(limitResponse?.type === 'Queue' ? { queuing: { queues, handSize, queueLengthLimit } } : {}),
      maxWaitMs: options.maxWaitMs,
      now: () => performance.now(),
    }
  }
  const headersOf = (schema: FlowSchema, level: Level): Record<string, string> => {
    let made = headers.get(schema)
    if (!made) {
      made = { 'X-Kubernetes-Pf-Flowschema-Uid': schema.metadata.uid, 'X-Kubernetes-Pf-Prioritylevel-Uid': level.uid }
      headers.set(schema, made)
    }
    return made
  }

  return (user, info) => {
    sync()
    const schema = schemaOf(user, info)
    const level = schema && levels.get(schema.spec.priorityLevelConfiguration.name)
    // Before the objects of every cluster are there, only the server itself and its first clients ask.
    if (!schema || !level) return free
    const own = headersOf(schema, level)
    if (!level.queues) return { headers: own, release() {} }
    const by = schema.spec.distinguisherMethod?.type
    const distinguisher = by === 'ByUser' ? user.name : by === 'ByNamespace' ? info.namespace : ''
    const room = (seat: Seat | undefined): Room => {
      if (!seat) throw tooManyRequests()
      return { headers: own, release: seat.release }
    }
    const entered = level.queues.enter(`${schema.metadata.name} ${distinguisher}`)
    return entered instanceof Promise ? entered.then(room) : room(entered)
  }
}

const free: Room = { release() {} }
const sharesOf = ({ spec }: PriorityLevelConfiguration): number =>
  (spec.type === 'Exempt' ? spec.exempt?.nominalConcurrencyShares : spec.limited?.nominalConcurrencyShares) ??
  (spec.type === 'Exempt' ? 0 : 30)

const sinkOf = <T>(into: Map<string, T>) => ({
  set: (key: string, object: T) => void into.set(key, object),
  delete: (key: string) => void into.delete(key),
  clear: () => into.clear(),
})

const any = (list: readonly string[] | null | undefined, value: string): boolean =>
  list !== undefined && list !== null && (list.includes('*') || list.includes(value))

type Rule = NonNullable<FlowSchema['spec']['rules']>[number]

function ruleMatches(rule: Rule, info: RequestInfo): boolean {
  if (!info.isResourceRequest)
    return (rule.nonResourceRules ?? []).some(
      (r) =>
        any(r.verbs, info.verb) &&
        r.nonResourceURLs.some((p) => p === '*' || p === info.path || (p.endsWith('/*') && info.path.startsWith(p.slice(0, -1)))),
    )
  const resource = info.subresource ? `${info.resource}/${info.subresource}` : info.resource
  return (rule.resourceRules ?? []).some(
    (r) =>
      any(r.verbs, info.verb) &&
      any(r.apiGroups, info.apiGroup) &&
      any(r.resources, resource) &&
      (info.namespace === '' ? r.clusterScope === true : any(r.namespaces, info.namespace)),
  )
}

function subjectMatches(subject: NonNullable<NonNullable<FlowSchema['spec']['rules']>[number]['subjects']>[number], user: User): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.user?.name === '*' || subject.user?.name === user.name
    case 'Group':
      return subject.group?.name === '*' || (subject.group !== undefined && user.groups.includes(subject.group?.name ?? ''))
    case 'ServiceAccount': {
      const { namespace = '', name = '' } = subject.serviceAccount ?? {}
      const prefix = `system:serviceaccount:${namespace}:`
      return user.name.startsWith(prefix) && (name === '*' || user.name.slice(prefix.length) === name)
    }
    default:
      return false
  }
}

/**
 * Extenders: HTTP servers beside the scheduler that filter and rank nodes, bind pods and take part in preemption
 * (pkg/scheduler/extender.go; the bodies are those of k8s.io/kube-scheduler/extender/v1, whose fields have Go's names).
 */
import { readFileSync } from 'node:fs'
import type { Container, Node, Pod } from '../api/types/core-v1.ts'
import { parseDuration } from '../flags/flags.ts'
import { createWebhook, WebhookError } from '../http/webhook.ts'
import type { Logger } from '../log/log.ts'
import { maxScore, type Plugin, type Rejection } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { Candidate } from './plugins/default-preemption.ts'
import type { PodInfo } from './pod-info.ts'

export interface ExtenderConfiguration {
  readonly urlPrefix: string
  readonly filterVerb?: string
  readonly prioritizeVerb?: string
  readonly preemptVerb?: string
  readonly bindVerb?: string
  readonly weight?: number
  readonly enableHTTPS?: boolean
  readonly tlsConfig?: TLSConfiguration
  readonly httpTimeout?: string
  readonly nodeCacheCapable?: boolean
  readonly managedResources?: readonly { readonly name: string; readonly ignoredByScheduler?: boolean }[]
  readonly ignorable?: boolean
}
/** The data fields are base64, and count before the files. */
interface TLSConfiguration {
  readonly insecure?: boolean
  readonly serverName?: string
  readonly certFile?: string
  readonly keyFile?: string
  readonly caFile?: string
  readonly certData?: string
  readonly keyData?: string
  readonly caData?: string
}

export interface Filtered {
  readonly nodes: readonly NodeInfo[]
  readonly rejections: ReadonlyMap<NodeInfo, Rejection>
}

export interface Extender {
  readonly url: string
  readonly ignorable: boolean
  /** Resources that the extender checks in NodeResourcesFit's place. */
  readonly ignoredResources: readonly string[]
  /** Whether the pod asks for a resource that the extender manages; one that manages none is asked of every pod. */
  isInterested(pod: Pod): boolean
  filter?(pod: Pod, nodes: readonly NodeInfo[]): Promise<Filtered>
  /** Weighted scores by node name, on the scale of the plugins' sums. */
  prioritize?(pod: Pod, nodes: readonly NodeInfo[]): Promise<ReadonlyMap<string, number>>
  /** The candidates that are left, with the victims that the extender chose. */
  preempt?(pod: Pod, candidates: readonly Candidate[]): Promise<Candidate[]>
  bind?(pod: Pod, node: string): Promise<void>
}

const defaultTimeoutMs = 5000
/** What an extender's best node scores (extenderv1.MaxExtenderPriority). */
const maxExtenderPriority = 10

/** Stands for all extenders among the plugins that turned a pod down: nobody here knows what changes their mind, so any event may. */
export const extenderPlugin: Plugin = { name: 'Extender', wakes: () => true }

const leftOut: Rejection = { plugin: extenderPlugin.name, reasons: [], unresolvable: true }

/** Those that may fail are asked last, so that nobody is asked after them in vain. */
export function createExtenders(configurations: readonly ExtenderConfiguration[] = []): Extender[] {
  return configurations.map(createExtender).toSorted((a, b) => Number(a.ignorable) - Number(b.ignorable))
}

export function createExtender(configuration: ExtenderConfiguration): Extender {
  const { urlPrefix, filterVerb, prioritizeVerb, preemptVerb, bindVerb, weight = 0, nodeCacheCapable = false } = configuration
  const timeoutMs = parseDuration(configuration.httpTimeout ?? '0') || defaultTimeoutMs
  const managed = new Set(configuration.managedResources?.map(({ name }) => name))
  const send = (verb: string) => sender(`${urlPrefix.replace(/\/+$/, '')}/${verb}`, verb, timeoutMs, configuration)
  const nodesOf = (nodes: readonly NodeInfo[]) => ({
    Nodes: nodeCacheCapable ? null : { metadata: {}, items: nodes.map(({ node }) => node) },
    NodeNames: nodeCacheCapable ? nodes.map(({ name }) => name) : null,
  })

  function filterBy(verb: string): NonNullable<Extender['filter']> {
    const post = send(verb)
    return async (pod, nodes) => {
      const answer = fieldsOf(await post({ Pod: pod, ...nodesOf(nodes) }))
      const { error, nodenames: names, nodes: list, failednodes, failedandunresolvablenodes } = answer
      if (typeof error === 'string' && error !== '') throw new Error(error)
      const known = new Map(nodes.map((node) => [node.name, node]))
      const left =
        nodeCacheCapable && Array.isArray(names)
          ? names.map(String)
          : itemsOf(list).map((node) => (node as Partial<Node> | null)?.metadata?.name ?? '')
      const unknown = left.find((name) => !known.has(name))
      if (unknown !== undefined)
        throw new Error(
          `extender ${JSON.stringify(urlPrefix)} claims a filtered node ${JSON.stringify(unknown)} which is not found in the input node list`,
        )
      const rejections = new Map<NodeInfo, Rejection>()
      // A node in both maps is unresolvable: the second entry takes the first one's place.
      for (const [failed, unresolvable] of [
        [failednodes, false],
        [failedandunresolvablenodes, true],
      ] as const)
        for (const [name, reason] of Object.entries(failed ?? {})) {
          const node = known.get(name)
          if (node) rejections.set(node, { plugin: extenderPlugin.name, reasons: [String(reason)], unresolvable })
        }
      return { nodes: [...new Set(left)].map((name) => known.get(name) as NodeInfo), rejections }
    }
  }

  function prioritizeBy(verb: string): NonNullable<Extender['prioritize']> {
    const post = send(verb)
    return async (pod, nodes) => {
      const scores = new Map<string, number>()
      const list = await post({ Pod: pod, ...nodesOf(nodes) })
      if (!Array.isArray(list)) throw new Error(`extender ${JSON.stringify(urlPrefix)} answered no list of priorities`)
      for (const entry of list) {
        const { host, score } = fieldsOf(entry)
        if (typeof host !== 'string' || !Number.isSafeInteger(score))
          throw new Error(`extender ${JSON.stringify(urlPrefix)} answered a priority without a host and a score`)
        scores.set(host, ((score as number) * weight * maxScore) / maxExtenderPriority)
      }
      return scores
    }
  }

  function preemptBy(verb: string): NonNullable<Extender['preempt']> {
    const post = send(verb)
    return async (pod, candidates) => {
      const victims = (of: (victim: PodInfo) => object) =>
        Object.fromEntries(candidates.map((c) => [c.node.name, { Pods: c.victims.map(of), NumPDBViolations: c.violations }]))
      const answer = fieldsOf(
        await post({
          Pod: pod,
          NodeNameToVictims: nodeCacheCapable ? null : victims(({ pod }) => pod),
          NodeNameToMetaVictims: nodeCacheCapable ? victims(({ pod }) => ({ UID: pod.metadata.uid })) : null,
        }),
      )
      const left: Candidate[] = []
      for (const [name, chosen] of Object.entries(answer['nodenametometavictims'] ?? {})) {
        const node = candidates.find((c) => c.node.name === name)?.node
        if (!node) throw new Error(`extender: ${urlPrefix} claims to preempt on node: ${name}, which is no candidate`)
        const { pods, numpdbviolations } = fieldsOf(chosen)
        const wanted = (Array.isArray(pods) ? pods : []).map((pod) => fieldsOf(pod)['uid'])
        if (wanted.length === 0) {
          if (configuration.ignorable) continue
          throw new Error(`expected at least one victim pod on node ${JSON.stringify(name)}`)
        }
        const found = wanted.map((uid) => {
          const victim = [...node.pods.values()].find(({ pod }) => pod.metadata.uid === uid)
          if (victim) return victim
          throw new Error(
            `extender: ${urlPrefix} claims to preempt pod (UID: ${uid}) on node: ${name}, but the pod is not found on that node`,
          )
        })
        left.push({ node, victims: found, violations: Number(numpdbviolations ?? 0) })
      }
      return left
    }
  }

  function bindBy(verb: string): NonNullable<Extender['bind']> {
    const post = send(verb)
    return async ({ metadata }, node) => {
      const { name, namespace, uid } = metadata
      const { error } = fieldsOf(await post({ PodName: name, PodNamespace: namespace, PodUID: uid, Node: node }))
      if (typeof error === 'string' && error !== '') throw new Error(error)
    }
  }

  const asks = ({ resources }: Container) => Object.keys({ ...resources?.requests, ...resources?.limits }).some((name) => managed.has(name))
  return {
    url: urlPrefix,
    ignorable: configuration.ignorable ?? false,
    ignoredResources: (configuration.managedResources ?? []).filter((r) => r.ignoredByScheduler).map(({ name }) => name),
    isInterested: ({ spec }) => managed.size === 0 || spec.containers.some(asks) || (spec.initContainers ?? []).some(asks),
    ...(filterVerb ? { filter: filterBy(filterVerb) } : {}),
    ...(prioritizeVerb ? { prioritize: prioritizeBy(prioritizeVerb) } : {}),
    ...(preemptVerb ? { preempt: preemptBy(preemptVerb) } : {}),
    ...(bindVerb ? { bind: bindBy(bindVerb) } : {}),
  }
}

function sender(url: string, verb: string, timeoutMs: number, { enableHTTPS, tlsConfig: tls = {} }: ExtenderConfiguration) {
  const read = (data: string | undefined, file: string | undefined) =>
    data ? Buffer.from(data, 'base64') : file ? readFileSync(file) : undefined
  const ca = read(tls.caData, tls.caFile)
  const cert = read(tls.certData, tls.certFile)?.toString()
  const key = read(tls.keyData, tls.keyFile)?.toString()
  const webhook = createWebhook({
    url,
    userAgent: 'kube-scheduler',
    // Upstream: enableHTTPS without an authority does not verify who answers.
    insecure: tls.insecure || (enableHTTPS === true && !ca),
    ...(ca ? { ca } : {}),
    ...(tls.serverName ? { serverName: tls.serverName } : {}),
    ...(cert && key ? { credentials: () => ({ cert, key }) } : {}),
  })
  return (body: object): Promise<unknown> =>
    webhook.post<unknown>(body, { timeoutMs }).catch((error: unknown) => {
      if (error instanceof WebhookError && error.status !== undefined)
        throw new Error(`failed ${verb} with extender at URL ${url}, code ${error.status}`, { cause: error })
      throw error
    })
}

/** Go reads field names in any case, and extenders write them so. */
const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k.toLowerCase(), v])) : {}

function itemsOf(list: unknown): unknown[] {
  const { items } = fieldsOf(list)
  return Array.isArray(items) ? items : []
}

/** Asks each extender about the nodes that the one before left; an ignorable one that fails is passed over. */
export async function filterByExtenders(
  extenders: readonly Extender[],
  pod: Pod,
  nodes: readonly NodeInfo[],
  log: Logger,
): Promise<Filtered> {
  let left = nodes
  const rejections = new Map<NodeInfo, Rejection>()
  for (const extender of extenders) {
    if (left.length === 0) break
    const filtered = await extender.filter?.(pod, left).catch((error: Error) => skip(extender, error, log))
    if (!filtered) continue
    // One that is left out without a word is turned down for good.
    const kept = new Set(filtered.nodes)
    for (const node of left) if (!kept.has(node)) rejections.set(node, leftOut)
    left = filtered.nodes
    for (const [node, rejection] of filtered.rejections) rejections.set(node, rejection)
  }
  return { nodes: left, rejections }
}

/** The sum of the extenders' scores by node name; one that fails has no say (upstream: prioritizeNodes). */
export async function scoresOfExtenders(
  extenders: readonly Extender[],
  pod: Pod,
  nodes: readonly NodeInfo[],
  log: Logger,
): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>()
  const answers = await Promise.all(
    extenders.map((extender) =>
      extender.prioritize?.(pod, nodes).catch((error: Error) => {
        log.error("failed to run extender's priority function", { extender: extender.url, error })
        return undefined
      }),
    ),
  )
  for (const scores of answers) for (const [name, score] of scores ?? []) sums.set(name, (sums.get(name) ?? 0) + score)
  return sums
}

/** Passes the candidates of a preemption through the extenders. */
export async function preemptByExtenders(extenders: readonly Extender[], pod: Pod, candidates: readonly Candidate[], log: Logger) {
  let left = candidates
  for (const extender of extenders) {
    if (left.length === 0) break
    left = (await extender.preempt?.(pod, left).catch((error: Error) => skip(extender, error, log))) ?? left
  }
  return left
}

/** Whether an extender bound the pod. */
export async function bindByExtenders(extenders: readonly Extender[], pod: Pod, node: string, log: Logger): Promise<boolean> {
  for (const extender of extenders) {
    if (!extender.bind || !extender.isInterested(pod)) continue
    try {
      await extender.bind(pod, node)
      return true
    } catch (error) {
      skip(extender, error as Error, log)
    }
  }
  return false
}

function skip(extender: Extender, error: Error, log: Logger): undefined {
  if (!extender.ignorable) throw error
  log.info('skipping an extender that failed and may be ignored', { extender: extender.url, error })
}

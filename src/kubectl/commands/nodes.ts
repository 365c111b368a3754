/** `kubectl cordon`, `uncordon`, `drain` and `taint`. */
import { isNotFound, StatusError } from '../../api/errors.ts'
import type { Node, Pod } from '../../api/types/core-v1.ts'
import type { Command } from '../../flags/command.ts'
import { changeFlags, changeObjects, setPath } from '../change.ts'
import { waitGone } from '../deletion.ts'
import { ErrorList, PlainError, throwAll, UsageError } from '../errors.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { doneText, dryRunFlag, dryRunOf } from '../print/object.ts'
import { type Info, queryOf, select, selectorFlags, targetsOf } from '../select.ts'
import { patch } from '../write.ts'

const nodeArgs = (factory: Factory): readonly string[] =>
  factory.text('selector') ? ['nodes'] : ['nodes', ...factory.args.map((arg) => arg.replace(/^nodes?\//, ''))]
const isUnschedulable = (object: KubeObject): boolean => (object['spec'] as { unschedulable?: boolean } | undefined)?.unschedulable === true

async function setUnschedulable(factory: Factory, info: Info, wanted: boolean): Promise<void> {
  const dryRun = dryRunOf(factory)
  const word = wanted ? 'cordoned' : 'uncordoned'
  if (isUnschedulable(info.object) === wanted) {
    factory.out(doneText(info.object, `already ${word}`, dryRun))
    return
  }
  if (dryRun !== 'client') await patch(factory, info.type, info, { spec: { unschedulable: wanted || null } }, 'strategic', { dryRun })
  factory.out(doneText(info.object, word, dryRun))
}

function cordonCommand(name: 'cordon' | 'uncordon'): Command {
  return kubectlCommand({
    summary: name === 'cordon' ? 'Let no new pods come to a node.' : 'Let pods come to a node again.',
    usage: `kubectl ${name} NODE [options]`,
    flags: { ...dryRunFlag, selector: selectorFlags['selector'] as NonNullable<(typeof selectorFlags)[string]> },
    async run(factory) {
      if (factory.args.length === 0 && !factory.text('selector')) throw new UsageError(`USAGE: ${name} NODE [flags]`)
      const errors: unknown[] = []
      for (const info of await select(factory, { args: nodeArgs(factory), fresh: true, onError: (error) => errors.push(error) }))
        await setUnschedulable(factory, info, name === 'cordon')
      throwAll(errors)
    },
  })
}
export const cordon = cordonCommand('cordon')
export const uncordon = cordonCommand('uncordon')

export const drain = kubectlCommand({
  summary: 'Move the pods away from a node.',
  usage: 'kubectl drain NODE [options]',
  flags: {
    ...dryRunFlag,
    selector: selectorFlags['selector'] as NonNullable<(typeof selectorFlags)[string]>,
    'chunk-size': { type: 'int', default: 500, doc: 'How many objects to ask for at a time.' },
    'delete-emptydir-data': { type: 'bool', doc: 'Also pods with emptyDir volumes, whose data is lost.' },
    'disable-eviction': { type: 'bool', doc: 'Delete, without asking disruption budgets.' },
    force: { type: 'bool', doc: 'Also pods that no controller makes again.' },
    'grace-period': { type: 'int', default: -1, doc: 'Seconds given to end; negative for what each pod says.' },
    'ignore-daemonsets': { type: 'bool', doc: 'Leave the pods of daemon sets.' },
    'pod-selector': { type: 'string', doc: 'Only these pods.' },
    timeout: { type: 'duration', doc: 'How long; 0 for as long as it takes.' },
  },
  async run(factory) {
    if (factory.args.length === 0 && !factory.text('selector')) throw new UsageError('USAGE: drain NODE [flags]')
    const nodes = await select(factory, { args: nodeArgs(factory), fresh: true })
    for (const node of nodes) await setUnschedulable(factory, node, true)
    const errors: unknown[] = []
    for (const node of nodes) {
      try {
        await drainNode(factory, node)
        factory.out(doneText(node.object, 'drained', dryRunOf(factory)))
      } catch (error) {
        const parts = error instanceof ErrorList ? error.errors : [error]
        const texts = parts.map((part) => (part as Error).message)
        const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
        factory.err(`error: unable to drain node ${JSON.stringify(node.name)} due to error: ${text}, continuing command...
`)
        errors.push(...parts)
      }
    }
    if (errors.length > 0) {
      factory.err(`There are pending nodes to be drained:\n${nodes.map((n) => ` ${n.name}`).join('\n')}\n`)
      throwAll(errors)
    }
  },
})

const mirror = 'kubernetes.io/config.mirror'

async function drainNode(factory: Factory, node: Info): Promise<void> {
  const dryRun = dryRunOf(factory)
  const query = queryOf({
    fieldSelector: `spec.nodeName=${node.name}`,
    labelSelector: factory.text('pod-selector'),
    limit: factory.number('chunk-size') || undefined,
  })
  const pods = (await factory.request<{ items: Pod[] }>({ method: 'GET', path: `/api/v1/pods${query}` })).items
  const go: Pod[] = []
  const refused = new Map<string, string[]>()
  const warned = new Map<string, string[]>()
  const add = (to: Map<string, string[]>, why: string, pod: Pod) =>
    to.set(why, [...(to.get(why) ?? []), `${pod.metadata.namespace}/${pod.metadata.name}`])
  for (const pod of pods) {
    if (pod.metadata.annotations?.[mirror] !== undefined) continue
    const done = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
    const owner = pod.metadata.ownerReferences?.find((o) => o.controller)
    if (owner?.kind === 'DaemonSet' && !done) {
      if (factory.on('ignore-daemonsets')) add(warned, 'ignoring DaemonSet-managed Pods', pod)
      else add(refused, 'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)', pod)
      continue
    }
    if (!owner && !done) {
      if (!factory.on('force')) {
        add(refused, 'cannot delete Pods that declare no controller (use --force to override)', pod)
        continue
      }
      add(warned, 'deleting Pods that declare no controller', pod)
    }
    if (!done && pod.spec?.volumes?.some((v) => v.emptyDir)) {
      if (!factory.on('delete-emptydir-data')) {
        add(refused, 'cannot delete Pods with local storage (use --delete-emptydir-data to override)', pod)
        continue
      }
    }
    go.push(pod)
  }
  const reasons = [...refused].map(([why, names]) => `${why}: ${names.join(', ')}`)
  if (reasons.length > 0) throw new ErrorList(reasons.map((reason) => new PlainError(reason)))
  if (warned.size > 0) factory.warn([...warned].map(([why, names]) => `${why}: ${names.join(', ')}`).join('; '))
  const podType = await (await factory.mapper()).resource('pods')
  const grace = factory.number('grace-period')
  await Promise.all(
    go.map(async (pod) => {
      const { name = '', namespace = '' } = pod.metadata
      factory.out(
        `${factory.on('disable-eviction') ? 'deleting' : 'evicting'} pod ${namespace}/${name}${dryRun === 'client' ? ' (dry run)' : dryRun === 'server' ? ' (server dry run)' : ''}\n`,
      )
      if (dryRun === 'client') return
      const deleteOptions = { ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}), ...(dryRun === 'server' ? { dryRun: ['All'] } : {}) }
      const path = `/api/v1/namespaces/${namespace}/pods/${name}`
      try {
        if (factory.on('disable-eviction'))
          await factory.request({ method: 'DELETE', path, body: { kind: 'DeleteOptions', apiVersion: 'v1', ...deleteOptions } })
        else await evict(factory, path, pod, deleteOptions)
        if (dryRun === 'none') await waitGone(factory, { type: podType, namespace, name }, pod.metadata.uid, factory.number('timeout'))
      } catch (error) {
        if (!isNotFound(error))
          throw (error as Error).name === 'TimeoutError' ? new Error('drain did not complete within the timeout') : error
      }
    }),
  )
}

/** A disruption budget says "not now": asked again after the five seconds that upstream waits. */
const evictionPauseMs = 5000

async function evict(factory: Factory, path: string, pod: Pod, deleteOptions: object): Promise<void> {
  const { name, namespace } = pod.metadata
  const deadline = factory.number('timeout') > 0 ? Date.now() + factory.number('timeout') : Infinity
  for (;;) {
    try {
      await factory.request({
        method: 'POST',
        path: `${path}/eviction`,
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions },
      })
      return
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 429 || Date.now() + evictionPauseMs > deadline) throw error
      factory.err(
        `error when evicting pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)} (will retry after 5s): ${error.message}\n`,
      )
      const { sleep, systemClock } = await import('../../client/clock.ts')
      await sleep(systemClock, evictionPauseMs, factory.signal)
      factory.signal.throwIfAborted()
    }
  }
}

interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect?: string
}
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** `key=value:Effect`, `key:Effect`, and with `-` at the end what to take away. */
export function parseTaints(args: readonly string[]): { set: Taint[]; remove: Taint[] } {
  const set: Taint[] = []
  const remove: Taint[] = []
  for (const arg of args) {
    const removal = arg.endsWith('-')
    const text = removal ? arg.slice(0, -1) : arg
    const [left = '', effect, more] = text.split(':')
    const [key = '', value, extra] = left.split('=')
    if (more !== undefined || extra !== undefined || key === '' || (!removal && effect === undefined))
      throw new UsageError(`invalid taint spec: ${arg}`)
    if (effect !== undefined && !effects.includes(effect)) throw new UsageError(`invalid taint effect: ${effect}, unsupported taint effect`)
    const taint = { key, ...(value ? { value } : {}), ...(effect ? { effect } : {}) }
    if (removal) remove.push(taint)
    else set.push(taint)
  }
  return { set, remove }
}

export const taint = kubectlCommand({
  summary: 'Change the taints of nodes.',
  usage: 'kubectl taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N [options]',
  flags: { ...changeFlags, overwrite: { type: 'bool', doc: 'Taints that are there may be changed.' } },
  async run(factory) {
    const first = factory.args.findIndex((arg) => arg.includes('=') || arg.includes(':') || (arg.endsWith('-') && arg.length > 1))
    const names = first < 0 ? factory.args : factory.args.slice(0, first)
    if (names.length === 0) throw new Error('one or more resources must be specified as <resource> <name>')
    if (first < 0) throw new Error('at least one taint update is required')
    const { set, remove } = parseTaints(factory.args.slice(first))
    const [target] = await targetsOf(factory, names)
    if (target?.type.resource !== 'nodes') throw new Error(`invalid resource type ${target?.type.resource}, only node types are supported`)
    if (names.length < 2 && !(names[0] as string).includes('/') && !factory.text('selector') && !factory.on('all'))
      throw new Error("at least one resource name must be specified since '--all' parameter is not set")
    await changeObjects(factory, {
      args: names,
      fieldManager: 'kubectl-taint',
      change(object) {
        const now = ((object as unknown as Node).spec?.taints ?? []) as Taint[]
        const same = (a: Taint, b: Taint) => a.key === b.key && (!b.effect || a.effect === b.effect)
        if (!factory.on('overwrite')) {
          const there = set.find((t) => now.some((n) => same(n, t)))
          if (there)
            throw new Error(`node ${object.metadata.name} already has ${there.key} taint(s) with same effect(s) and --overwrite is false`)
        }
        for (const t of remove)
          if (!now.some((n) => same(n, t))) throw new Error(`taint ${JSON.stringify(t.effect ? `${t.key}:${t.effect}` : t.key)} not found`)
        const made = [...set, ...now.filter((n) => !remove.some((r) => same(n, r)) && !set.some((s) => same(n, s)))]
        return setPath(object, ['spec', 'taints'], made) as KubeObject
      },
      done: set.length === 0 ? 'untainted' : remove.length === 0 ? (factory.on('overwrite') ? 'modified' : 'tainted') : 'modified',
    })
  },
})

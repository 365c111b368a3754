/** `kubectl rollout status|history|undo|pause|resume|restart`. */
import { formatTime } from '../../api/meta.ts'
import { equalJson } from '../../api/shape.ts'
import type { Command } from '../../flags/command.ts'
import { changeFlags, changeObjects, setPath } from '../change.ts'
import { throwAll } from '../errors.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { doneText, dryRunOf } from '../print/object.ts'
import { resourceName } from '../resources.ts'
import { changeCause, type Revision, revisionAnnotation, revisionsOf, rolloutStatus } from '../rollout.ts'
import { fileFlags, type Info, select, selectorFlags } from '../select.ts'
import { watchUntil } from '../watch.ts'
import { patch } from '../write.ts'

const needed = 'required resource not specified'
const isAll = (factory: Factory): boolean => factory.args.length === 1 && !(factory.args[0] as string).includes('/')

const status = kubectlCommand({
  summary: 'Show how a rollout goes, until it is done.',
  usage: 'kubectl rollout status (TYPE NAME | TYPE/NAME) [flags] [options]',
  flags: {
    ...fileFlags,
    ...selectorFlags,
    revision: { type: 'int', doc: 'Only this revision.' },
    timeout: { type: 'duration', doc: 'How long to wait; 0 for as long as it takes.' },
    watch: { type: 'bool', short: 'w', default: true, doc: 'Wait until it is done.' },
  },
  async run(factory) {
    for (const info of await select(factory, { fresh: true, needed, allOfType: isAll(factory) })) {
      if (!factory.on('watch')) {
        factory.out(`${rolloutStatus(info.object, factory.number('revision')).text}\n`)
        continue
      }
      try {
        await watchUntil(factory, info, factory.number('timeout'), (object) => {
          if (!object) throw new Error(`object has been deleted`)
          const { text, done } = rolloutStatus({ ...object, kind: info.type.kind }, factory.number('revision'))
          factory.out(`${text}\n`)
          return done
        })
      } catch (error) {
        throw (error as Error).name === 'TimeoutError' ? new Error('timed out waiting for the condition') : error
      }
    }
  },
})

const history = kubectlCommand({
  summary: 'Show the revisions that are kept of a workload.',
  usage: 'kubectl rollout history (TYPE NAME | TYPE/NAME) [flags] [options]',
  flags: { ...changeFlags, revision: { type: 'int', doc: 'Show what this revision was.' } },
  async run(factory) {
    const wanted = factory.number('revision')
    if (wanted < 0) throw new Error(`revision must be a positive integer: ${wanted}`)
    for (const info of await select(factory, { fresh: true, needed, allOfType: isAll(factory) })) {
      const revisions = await revisionsOf(factory, info)
      const name = doneText(info.object, '').trimEnd()
      if (wanted > 0) {
        const revision = revisions.find((r) => r.number === wanted)
        if (!revision) throw new Error(`unable to find the specified revision`)
        const { createDescribeWriter } = await import('../describe/writer.ts')
        const { writePodTemplate } = await import('../describe/containers.ts')
        const w = createDescribeWriter({ aligned: false })
        writePodTemplate(w, withCause(revision) as never)
        factory.out(`${name} with revision #${wanted}\n${w.text()}\n`)
      } else if (revisions.length === 0) factory.out(`${name} \nNo rollout history found.\n`)
      else {
        const { alignTabs, describeTabs } = await import('../tab-writer.ts')
        const rows = revisions.map((r) => `${r.number}\t${r.cause || '<none>'}\n`).join('')
        factory.out(`${name} \n${alignTabs(`REVISION\tCHANGE-CAUSE\n${rows}`, describeTabs)}\n`)
      }
    }
  },
})
const withCause = ({ template, cause }: Revision): unknown => {
  if (!cause) return template
  const { metadata } = template as { metadata?: { annotations?: object } }
  return { ...template, metadata: { ...metadata, annotations: { ...metadata?.annotations, [changeCause]: cause } } }
}

/** What stays the deployment's own when it goes back to an older template. */
const kept = [
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
]

const undo = kubectlCommand({
  summary: 'Go back to an earlier revision.',
  usage: 'kubectl rollout undo (TYPE NAME | TYPE/NAME) [flags] [options]',
  flags: { ...changeFlags, 'to-revision': { type: 'int', doc: 'The revision to go back to; 0 for the one before.' } },
  async run(factory) {
    const dryRun = dryRunOf(factory)
    const errors: unknown[] = []
    for (const info of await select(factory, { fresh: true, needed, allOfType: isAll(factory), onError: (error) => errors.push(error) })) {
      try {
        const skipped = await rollBack(factory, info, dryRun)
        factory.out(doneText(info.object, skipped ?? 'rolled back', dryRun))
      } catch (error) {
        errors.push(error)
      }
    }
    throwAll(errors)
  },
})

async function rollBack(factory: Factory, info: Info, dryRun: 'none' | 'client' | 'server'): Promise<string | undefined> {
  const { object, type } = info
  const wanted = factory.number('to-revision')
  if (wanted < 0) throw new Error('revision must not be negative')
  const spec = object['spec'] as { paused?: boolean; template: Record<string, unknown> }
  if (spec.paused) throw new Error(`you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`)
  const revisions = await revisionsOf(factory, info)
  const target = wanted > 0 ? revisions.find((r) => r.number === wanted) : revisions.at(-2)
  if (!target)
    throw new Error(
      wanted > 0
        ? `unable to find specified revision ${wanted} in history`
        : `no rollout history found for ${type.kind.toLowerCase()} ${JSON.stringify(info.name)}`,
    )
  const template = withoutHash(target.template)
  if (equalJson(withoutHash(spec.template), template))
    return `skipped rollback (current template already matches revision ${target.number})`
  if (dryRun === 'client') return undefined
  const operations: object[] = [{ op: 'replace', path: '/spec/template', value: template }]
  if (object.kind === 'Deployment') {
    const own = Object.entries(object.metadata.annotations ?? {}).filter(([key]) => kept.includes(key))
    const theirs = Object.entries(target.annotations).filter(([key]) => !kept.includes(key))
    operations.push({
      op: object.metadata.annotations ? 'replace' : 'add',
      path: '/metadata/annotations',
      value: Object.fromEntries([...theirs, ...own]),
    })
  }
  await patch(factory, type, info, operations, 'json', { dryRun, fieldManager: 'kubectl-rollout' })
  return undefined
}
function withoutHash(template: Record<string, unknown>): Record<string, unknown> {
  const { metadata } = template as { metadata?: { labels?: Record<string, string>; creationTimestamp?: unknown } }
  const { 'pod-template-hash': _, ...labels } = metadata?.labels ?? {}
  const { creationTimestamp: __, ...rest } = metadata ?? {}
  return { ...template, metadata: { ...rest, labels } }
}

/** pause, resume and restart change one field. */
function toggle(name: string, summary: string, done: string, change: (object: KubeObject, info: Info) => KubeObject): Command {
  return kubectlCommand({
    summary,
    usage: `kubectl rollout ${name} RESOURCE`,
    flags: changeFlags,
    run: (factory) => changeObjects(factory, { fieldManager: 'kubectl-rollout', done, needed, allOfType: isAll(factory), change }),
  })
}
const paused = (object: KubeObject): boolean => (object['spec'] as { paused?: boolean } | undefined)?.paused === true
const onlyDeployments = (object: KubeObject, what: string): void => {
  if (object.kind !== 'Deployment') throw new Error(`${what} is not supported`)
}

const pause = toggle('pause', 'Let changes of a deployment wait.', 'paused', (object, { type, name }) => {
  onlyDeployments(object, 'pausing')
  if (paused(object)) throw new Error(`${resourceName(type)} ${JSON.stringify(name)} is already paused`)
  return setPath(object, ['spec', 'paused'], true) as KubeObject
})
const resume = toggle('resume', 'Let a paused deployment go on.', 'resumed', (object, { type, name }) => {
  onlyDeployments(object, 'resuming')
  if (!paused(object)) throw new Error(`${resourceName(type)} ${JSON.stringify(name)} is not paused`)
  const { paused: _, ...spec } = object['spec'] as Record<string, unknown>
  return { ...object, spec }
})
const restart = toggle('restart', 'Replace all pods of a workload.', 'restarted', (object) => {
  if (!['Deployment', 'DaemonSet', 'StatefulSet'].includes(object.kind)) throw new Error('restarting is not supported')
  if (paused(object)) throw new Error("can't restart paused deployment (run rollout resume first)")
  return setPath(object, ['spec', 'template', 'metadata', 'annotations', 'kubectl.kubernetes.io/restartedAt'], formatTime()) as KubeObject
})

const lazy = (command: Command) => async () => ({ command })
export const command = kubectlCommand({
  summary: 'Manage the rollout of deployments, daemon sets and stateful sets.',
  usage: 'kubectl rollout SUBCOMMAND [options]',
  commands: {
    history: lazy(history),
    pause: lazy(pause),
    restart: lazy(restart),
    resume: lazy(resume),
    status: lazy(status),
    undo: lazy(undo),
  },
})

/** `kubectl delete`: by file, name, selector or all of a type; waits until they are gone. */
import { isNotFound } from '../../api/errors.ts'
import { deleteObject, uidOf, waitGone } from '../deletion.ts'
import { throwAll } from '../errors.ts'
import { kubectlCommand } from '../factory.ts'
import { dryRunFlag, dryRunOf, nameText } from '../print/object.ts'
import { pathOf } from '../resources.ts'
import { fileFlags, type Info, infoOf, listItems, mustProvide, queryOf, select, selectorFlags, targetsOf } from '../select.ts'

export const command = kubectlCommand({
  summary: 'Delete objects.',
  usage: 'kubectl delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)]) [options]',
  flags: {
    ...fileFlags,
    ...selectorFlags,
    ...dryRunFlag,
    all: { type: 'bool', doc: 'All objects of the type.' },
    cascade: {
      type: 'string',
      default: 'background',
      bare: 'background',
      doc: 'background, orphan or foreground: what becomes of what depends on them.',
    },
    force: { type: 'bool', doc: 'Take them away without waiting for their end.' },
    'grace-period': { type: 'int', default: -1, doc: 'Seconds given to end; 0 only with --force.' },
    'ignore-not-found': { type: 'bool', doc: 'What is not there is no error.' },
    interactive: { type: 'bool', short: 'i', doc: 'Ask before deleting.' },
    now: { type: 'bool', doc: 'A grace period of 1.' },
    output: { type: 'string', short: 'o', doc: 'name prints only TYPE/NAME.' },
    raw: { type: 'string', doc: 'Send DELETE to this path.' },
    timeout: { type: 'duration', doc: 'How long to wait; 0 for as long as it takes.' },
    wait: { type: 'bool', default: true, doc: 'Wait until they are gone.' },
  },
  async run(factory) {
    if (factory.text('raw')) {
      factory.out(`${JSON.stringify(await factory.request({ method: 'DELETE', path: factory.text('raw') }))}\n`)
      return
    }
    const { args } = factory
    const dryRun = dryRunOf(factory)
    const fromFiles = factory.list('filename').length > 0 || factory.text('kustomize') !== ''
    if (!fromFiles && args.length === 0) throw new Error(mustProvide)
    const output = factory.text('output')
    if (output !== '' && output !== 'name') throw new Error(`unexpected -o output mode: ${output}. We only support '-o name'`)
    const cascade = cascadeOf(factory.text('cascade'))
    let grace = factory.number('grace-period')
    const force = factory.on('force')
    if (factory.on('now')) {
      if (grace !== -1) throw new Error('--now and --grace-period cannot be specified together')
      grace = 1
    }
    if (grace === 0 && !force) {
      // Upstream: nobody means zero without --force; one second is what is given.
      grace = 1
    }
    if (grace > 0 && force) throw new Error('--force and --grace-period greater than 0 cannot be specified together')
    if (force && grace < 0) grace = 0
    if (grace === 0)
      factory.warn(
        'Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.',
      )

    const errors: unknown[] = []
    const onError = (error: unknown) => {
      const all = factory.on('all') || factory.text('selector') !== ''
      if (!(isNotFound(error) && (factory.on('ignore-not-found') || all))) errors.push(error)
    }
    const infos = fromFiles ? await select(factory, { onError }) : await byArguments()
    if (infos.length === 0) {
      throwAll(errors)
      if (!factory.on('ignore-not-found') || errors.length > 0 || args.length === 1) factory.out('No resources found\n')
      return
    }
    if (factory.on('interactive') && !(await confirmed(factory, infos))) {
      factory.out('deletion is cancelled\n')
      return
    }
    const gone: { info: Info; uid: string | undefined }[] = []
    for (const info of infos) {
      try {
        const answer =
          dryRun === 'client'
            ? info.object
            : await deleteObject(factory, info, {
                ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
                propagationPolicy: cascade,
                ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
              })
        gone.push({ info, uid: uidOf(answer) })
        const { type, name, namespace } = info
        const named = `${type.kind.toLowerCase()}${type.group ? `.${type.group}` : ''}`
        if (output === 'name')
          factory.out(
            `${nameText({ ...info.object, kind: type.kind, apiVersion: type.group ? `${type.group}/${type.version}` : type.version })}\n`,
          )
        else {
          const how = grace === 0 && force ? 'force deleted' : 'deleted'
          const where = namespace ? ` from ${namespace} namespace` : ''
          factory.out(
            `${named} ${JSON.stringify(name)} ${how}${where}${dryRun === 'client' ? ' (dry run)' : dryRun === 'server' ? ' (server dry run)' : ''}\n`,
          )
        }
      } catch (error) {
        onError(error)
      }
    }
    if (factory.on('wait') && dryRun === 'none') {
      for (const { info, uid } of gone) {
        try {
          await waitGone(factory, info, uid, factory.number('timeout'))
        } catch (error) {
          const timedOut = (error as Error).name === 'TimeoutError'
          errors.push(timedOut ? new Error(`timed out waiting for the condition on ${info.type.resource}/${info.name}`) : error)
        }
      }
    }
    throwAll(errors)

    /** Names need not be read first: the answer to DELETE tells whether they were there. */
    async function byArguments(): Promise<Info[]> {
      const everywhere = factory.on('all-namespaces')
      const namespace = everywhere ? '' : await factory.namespace()
      const selector = factory.text('selector')
      const fieldSelector = factory.text('field-selector')
      const found: Info[] = []
      if (factory.on('all') && selector) throw new Error('cannot set --all and --selector at the same time')
      const targets = await targetsOf(factory, args)
      if (targets.some((t) => t.name !== undefined)) {
        if (selector) throw new Error('name cannot be provided when a selector is specified')
        if (factory.on('all')) throw new Error('name cannot be provided when a selector is specified')
        if (everywhere) throw new Error('a resource cannot be retrieved by name across all namespaces')
      }
      for (const { type, name } of targets) {
        if (name !== undefined) {
          const place = type.namespaced ? namespace : ''
          found.push({ type, name, namespace: place, object: { apiVersion: '', kind: type.kind, metadata: { name } } })
        } else if (selector || fieldSelector || factory.on('all')) {
          try {
            const path = pathOf(type, namespace) + queryOf({ labelSelector: selector, fieldSelector, limit: 500 })
            for (const object of await listItems(factory, path, type)) found.push(infoOf(type, object))
          } catch (error) {
            onError(error)
          }
        } else throw new Error('resource(s) were provided, but no name was specified')
      }
      return found
    }
  },
})

function cascadeOf(text: string): 'Background' | 'Orphan' | 'Foreground' {
  if (text === 'background' || text === 'true') return 'Background'
  if (text === 'orphan' || text === 'false') return 'Orphan'
  if (text === 'foreground') return 'Foreground'
  throw new Error(`invalid cascade value (${text}). Must be "background", "foreground", or "orphan"`)
}

async function confirmed(factory: import('../factory.ts').Factory, infos: readonly Info[]): Promise<boolean> {
  factory.out('You are about to delete the following resource(s):\n')
  for (const { type, name } of infos) factory.out(`${type.kind.toLowerCase()}${type.group ? `.${type.group}` : ''}/${name}\n`)
  factory.out('Do you want to continue? (y/N): ')
  const { createInterface } = await import('node:readline')
  const reader = createInterface({ input: factory.invocation.stdin })
  for await (const line of reader) {
    reader.close()
    return /^y(es)?$/i.test(line.trim())
  }
  return false
}

/** `kubectl replace`: puts what files say in place of what is there; with --force deletes it first. */
import { isNotFound } from '../../api/errors.ts'
import { keepLastApplied } from '../apply-annotation.ts'
import { throwAll, withSource } from '../errors.ts'
import { kubectlCommand } from '../factory.ts'
import { doneText, dryRunFlag, dryRunOf, objectPrinter, outputFlags } from '../print/object.ts'
import { fileFlags } from '../select.ts'
import { create, replace, validateFlag, validationOf } from '../write.ts'

export const command = kubectlCommand({
  summary: 'Replace an object by what a file or standard input says.',
  usage: 'kubectl replace -f FILENAME [options]',
  flags: {
    ...outputFlags,
    ...fileFlags,
    ...dryRunFlag,
    ...validateFlag,
    'field-manager': { type: 'string', default: 'kubectl-replace', doc: 'Name of the manager of the fields.' },
    cascade: { type: 'string', default: 'background', bare: 'background', doc: 'With --force: background, orphan or foreground.' },
    force: { type: 'bool', doc: 'Delete, then create.' },
    'grace-period': { type: 'int', default: -1, doc: 'With --force: seconds given to end.' },
    'save-config': { type: 'bool', doc: 'Keep the configuration for kubectl apply.' },
    subresource: { type: 'string', doc: 'Replace a subresource: status, scale or resize.' },
    timeout: { type: 'duration', doc: 'With --force: how long to wait.' },
  },
  async run(factory) {
    if (factory.list('filename').length === 0) throw new Error('must specify --filename to replace')
    const dryRun = dryRunOf(factory)
    const force = factory.on('force')
    if (!force && factory.number('grace-period') >= 0) throw new Error('--grace-period must have --force specified')
    if (!force && factory.number('timeout') !== 0) throw new Error('--timeout must have --force specified')
    if (force && dryRun !== 'none') throw new Error('--dry-run can not be used when --force is set')
    const options = { dryRun, fieldManager: factory.text('field-manager'), fieldValidation: validationOf(factory) }
    const printer = await objectPrinter(factory)
    const errors: unknown[] = []
    const { readObjects } = await import('../files.ts')
    const { deleteObject, uidOf, waitGone } = await import('../deletion.ts')
    for await (const info of readObjects(factory, {
      onError: (error) => errors.push(error),
      validate: options.fieldValidation !== 'Ignore',
    })) {
      const object = keepLastApplied(info.object, factory.on('save-config'))
      try {
        if (force) {
          const propagationPolicy = { background: 'Background', orphan: 'Orphan', foreground: 'Foreground' }[factory.text('cascade')]
          const grace = factory.number('grace-period')
          try {
            const answer = await deleteObject(factory, info, { propagationPolicy, ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}) })
            const { type, name, namespace } = info
            factory.out(
              `${type.kind.toLowerCase()}${type.group ? `.${type.group}` : ''} ${JSON.stringify(name)} deleted${namespace ? ` from ${namespace} namespace` : ''}\n`,
            )
            await waitGone(factory, info, uidOf(answer), factory.number('timeout'))
          } catch (error) {
            if (!isNotFound(error)) throw error
          }
        }
        const subresource = factory.text('subresource')
        const made = force
          ? await create(factory, info.type, info.namespace, object, options)
          : dryRun === 'client'
            ? object
            : await replace(factory, info.type, info.namespace, info.name, object, { ...options, ...(subresource ? { subresource } : {}) })
        factory.out(printer ? await printer(made) : doneText(made, 'replaced', dryRun))
      } catch (error) {
        errors.push(withSource('replacing', info.source, error))
      }
    }
    throwAll(errors)
  },
})

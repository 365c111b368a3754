/** `kubectl create`: from files, or by the generators below it. */

import type { Command } from '../../flags/command.ts'
import { keepLastApplied } from '../apply-annotation.ts'
import { throwAll, UsageError, withSource } from '../errors.ts'
import { kubectlCommand } from '../factory.ts'
import { doneText, dryRunFlag, dryRunOf, objectPrinter, outputFlags } from '../print/object.ts'
import { fileFlags, select } from '../select.ts'
import { create, validateFlag, validationOf } from '../write.ts'

const generator = (name: string) => () =>
  import('../generators/index.ts').then(({ generators }) => ({ command: generators[name] as Command }))

export const command = kubectlCommand({
  summary: 'Create an object from a file or standard input.',
  usage: 'kubectl create -f FILENAME [options]',
  flags: {
    ...outputFlags,
    ...fileFlags,
    ...dryRunFlag,
    ...validateFlag,
    edit: { type: 'bool', doc: 'Edit before creating.' },
    'field-manager': { type: 'string', default: 'kubectl-create', doc: 'Name of the manager of the fields.' },
    raw: { type: 'string', doc: 'POST the file to this path.' },
    'save-config': { type: 'bool', doc: 'Keep the configuration for kubectl apply.' },
    selector: { type: 'string', short: 'l', doc: 'Only objects of the files with these labels.' },
  },
  commands: {
    clusterrole: generator('clusterrole'),
    clusterrolebinding: generator('clusterrolebinding'),
    configmap: generator('configmap'),
    cm: generator('configmap'),
    cronjob: generator('cronjob'),
    cj: generator('cronjob'),
    deployment: generator('deployment'),
    deploy: generator('deployment'),
    ingress: generator('ingress'),
    ing: generator('ingress'),
    job: generator('job'),
    namespace: generator('namespace'),
    ns: generator('namespace'),
    poddisruptionbudget: generator('poddisruptionbudget'),
    pdb: generator('poddisruptionbudget'),
    priorityclass: generator('priorityclass'),
    pc: generator('priorityclass'),
    quota: generator('quota'),
    resourcequota: generator('quota'),
    role: generator('role'),
    rolebinding: generator('rolebinding'),
    secret: generator('secret'),
    service: generator('service'),
    svc: generator('service'),
    serviceaccount: generator('serviceaccount'),
    sa: generator('serviceaccount'),
    token: generator('token'),
  },
  async run(factory) {
    if (factory.args.length > 0) throw new UsageError(`Unexpected args: [${factory.args.join(' ')}]`)
    if (factory.list('filename').length === 0 && !factory.text('kustomize')) throw new Error('must specify one of -f and -k')
    if (factory.on('edit')) throw new Error('create --edit is not built: edit the file, then create it')
    if (factory.text('raw')) {
      const { readInput } = await import('../files.ts')
      const [file = '-'] = factory.list('filename')
      const text = file === '-' ? await readInput(factory) : (await import('node:fs')).readFileSync(file, 'utf8')
      const answer = await factory.request<unknown>({ method: 'POST', path: factory.text('raw'), body: text })
      factory.out(typeof answer === 'string' ? answer : `${JSON.stringify(answer)}\n`)
      return
    }
    const dryRun = dryRunOf(factory)
    const fieldValidation = validationOf(factory)
    const printer = await objectPrinter(factory)
    const errors: unknown[] = []
    let count = 0
    const { readObjects } = await import('../files.ts')
    const matches = factory.text('selector')
      ? (await import('../../api/labels.ts')).parseLabelSelector(factory.text('selector')).matches
      : undefined
    if (factory.text('kustomize')) await select(factory)
    for await (const info of readObjects(factory, { onError: (error) => errors.push(error), validate: fieldValidation !== 'Ignore' })) {
      if (matches && !matches(info.object.metadata.labels)) continue
      count++
      const object = keepLastApplied(info.object, factory.on('save-config'))
      try {
        const made =
          dryRun === 'client'
            ? object
            : await create(factory, info.type, info.namespace, object, {
                dryRun,
                fieldManager: factory.text('field-manager'),
                fieldValidation,
              })
        factory.out(printer ? await printer(made) : doneText(made, 'created', dryRun))
      } catch (error) {
        errors.push(withSource('creating', info.source, error))
      }
    }
    if (count === 0 && errors.length === 0) throw new Error('no objects passed to create')
    throwAll(errors)
  },
})

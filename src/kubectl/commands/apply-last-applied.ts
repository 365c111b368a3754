/** `kubectl apply view-last-applied`, `set-last-applied` and `edit-last-applied`: the annotation that apply compares with. */
import { isNotFound } from '../../api/errors.ts'
import { lastApplied, withLastApplied } from '../apply-annotation.ts'
import { type KubeObject, kubectlCommand } from '../factory.ts'
import { doneText, dryRunFlag, dryRunOf, outputFlags } from '../print/object.ts'
import { pathOf } from '../resources.ts'
import { fileFlags, select, selectorFlags } from '../select.ts'
import { patch } from '../write.ts'

export const view = kubectlCommand({
  summary: 'Print the last applied configuration.',
  usage: 'kubectl apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
  flags: {
    ...fileFlags,
    ...selectorFlags,
    all: { type: 'bool', doc: 'All objects of the type.' },
    output: { type: 'string', short: 'o', default: 'yaml', doc: 'yaml or json.' },
  },
  async run(factory) {
    const output = factory.text('output')
    if (output !== 'yaml' && output !== 'json')
      throw new Error(`Unexpected -o output mode: ${output}, the flag 'output' must be one of yaml|json`)
    for (const { name, object } of await select(factory, { fresh: true })) {
      const text = object.metadata.annotations?.[lastApplied]
      if (text === undefined) throw new Error(`no last-applied-configuration annotation found on resource: ${name}`)
      factory.out(
        output === 'json'
          ? `${JSON.stringify(JSON.parse(text), null, 2)}\n`
          : (await import('../../api/yaml.ts')).writeYaml(JSON.parse(text)),
      )
    }
  },
})

export const set = kubectlCommand({
  summary: 'Set the last applied configuration to what a file says.',
  usage: 'kubectl apply set-last-applied -f FILENAME',
  flags: { ...outputFlags, ...fileFlags, ...dryRunFlag, 'create-annotation': { type: 'bool', doc: 'Also where there is none.' } },
  async run(factory) {
    const dryRun = dryRunOf(factory)
    for (const info of await select(factory, { args: [] })) {
      const current = await factory
        .request<KubeObject>({ method: 'GET', path: pathOf(info.type, info.namespace, info.name) })
        .catch((error) => {
          throw isNotFound(error) ? new Error(`${info.type.resource} "${info.name}" not found`) : error
        })
      if (current.metadata.annotations?.[lastApplied] === undefined && !factory.on('create-annotation'))
        throw new Error(
          `no last-applied-configuration annotation found on resource: ${info.name}, to create the annotation, run the command with --create-annotation`,
        )
      const annotations = { [lastApplied]: withLastApplied(info.object).metadata.annotations?.[lastApplied] }
      const object =
        dryRun === 'client'
          ? current
          : await patch(factory, info.type, info, { metadata: { annotations } }, 'merge', {
              dryRun,
              fieldManager: 'kubectl-set-last-applied',
            })
      factory.out(doneText(object, 'configured', dryRun))
    }
  },
})

export const edit = kubectlCommand({
  summary: 'Edit the last applied configuration.',
  async run() {
    throw new Error('apply edit-last-applied is not built: use kubectl apply view-last-applied and set-last-applied')
  },
})

/** `kubectl edit`: an object in the user's editor; what was changed is sent as a patch. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseYaml, writeYaml } from '../../api/yaml.ts'
import { patchOf } from '../change.ts'
import { errorText, PlainError } from '../errors.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { doneText, jsonText, withoutManagedFields } from '../print/object.ts'
import { fileFlags, type Info, select } from '../select.ts'
import { patch } from '../write.ts'

const header = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`

export const command = kubectlCommand({
  summary: 'Edit an object in an editor.',
  usage: 'kubectl edit (RESOURCE/NAME | -f FILENAME) [options]',
  flags: {
    ...fileFlags,
    'field-manager': { type: 'string', default: 'kubectl-edit', doc: 'Name of the manager of the fields.' },
    output: { type: 'string', short: 'o', default: 'yaml', doc: 'Edit as yaml or json.' },
    'show-managed-fields': { type: 'bool', doc: 'Keep managedFields.' },
    subresource: { type: 'string', doc: 'Edit a subresource: status, scale or resize.' },
  },
  async run(factory) {
    const format = factory.text('output')
    if (format !== 'yaml' && format !== 'json') throw new Error(`The flag 'output' must be one of yaml|json`)
    for (const info of await select(factory, { fresh: true })) await editOne(factory, info, format)
  },
})

async function editOne(factory: Factory, info: Info, format: 'yaml' | 'json'): Promise<void> {
  const shown = factory.on('show-managed-fields') ? info.object : withoutManagedFields(info.object)
  const body = format === 'json' ? jsonText(shown, true) : writeYaml(shown)
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-edit-'))
  const file = join(folder, `edit.${format}`)
  let text = header + body
  let keep = false
  try {
    for (let failed = false; ; failed = true) {
      writeFileSync(file, text, { mode: 0o600 })
      openEditor(factory, file)
      const edited = readFileSync(file, 'utf8')
      const stripped = edited.replace(/^#.*\n?/gm, '')
      if (stripped.trim() === '') {
        factory.err('Edit cancelled, saved file was empty.\n')
        return
      }
      if (stripped === body || (failed && edited === text)) {
        keep = failed
        if (!failed) factory.err('Edit cancelled, no changes made.\n')
        else
          throw new PlainError(
            `A copy of your changes has been stored to ${JSON.stringify(file)}\nerror: Edit cancelled, no valid changes were saved.`,
          )
        return
      }
      try {
        const made = parseYaml(stripped).value as KubeObject
        if (made?.metadata?.name !== info.name || made.kind !== info.object.kind)
          throw new Error('the name and the kind of an object cannot be changed')
        const difference = await patchOf({ ...info, object: shown }, made)
        if (Object.keys(difference.body).length === 0) {
          factory.err('Edit cancelled, no changes made.\n')
          return
        }
        const subresource = factory.text('subresource')
        const result = await patch(factory, info.type, info, difference.body, difference.kind, {
          fieldManager: factory.text('field-manager'),
          fieldValidation: 'Strict',
          ...(subresource ? { subresource } : {}),
        })
        factory.out(doneText(result, 'edited'))
        return
      } catch (error) {
        const lines = errorText(error, factory.invocation.path, undefined).split('\n')
        factory.err(`${lines.join('\n')}\n`)
        text = `${header.trimEnd()}\n${lines.map((line) => `# ${line}`).join('\n')}\n#\n${stripped}`
      }
    }
  } finally {
    if (!keep) rmSync(folder, { recursive: true, force: true })
  }
}

/** KUBE_EDITOR or EDITOR may carry arguments; no shell reads them. */
function openEditor(factory: Factory, file: string): void {
  const { env } = factory.invocation
  const words = (env['KUBE_EDITOR'] || env['EDITOR'] || 'vi').split(/\s+/).filter((word) => word !== '')
  const [program, ...args] = words as [string, ...string[]]
  const result = spawnSync(program, [...args, file], { stdio: 'inherit' })
  if (result.error) throw new Error(`unable to launch the editor ${JSON.stringify(program)}`)
  if (result.status !== 0) throw new Error(`there was a problem with the editor ${JSON.stringify(program)}`)
}

/** `kubectl patch`: sends a patch as it is given, in JSON or YAML. */
import { readFileSync } from 'node:fs'
import { parseYaml } from '../../api/yaml.ts'
import { throwAll } from '../errors.ts'
import { type KubeObject, kubectlCommand } from '../factory.ts'
import { doneText, dryRunFlag, dryRunOf, objectPrinter, outputFlags } from '../print/object.ts'
import { fileFlags, select } from '../select.ts'
import { builtInType, patch } from '../write.ts'

export const command = kubectlCommand({
  summary: 'Change fields of an object by a patch.',
  usage: 'kubectl patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE] [options]',
  flags: {
    ...outputFlags,
    ...fileFlags,
    ...dryRunFlag,
    'field-manager': { type: 'string', default: 'kubectl-patch', doc: 'Name of the manager of the fields.' },
    local: { type: 'bool', doc: 'Patch what the files say, without asking the server.' },
    patch: { type: 'string', short: 'p', doc: 'The patch.' },
    'patch-file': { type: 'string', doc: 'A file with the patch.' },
    subresource: { type: 'string', doc: 'Patch a subresource: status, scale or resize.' },
    type: { type: 'string', default: 'strategic', doc: 'json, merge or strategic.' },
  },
  async run(factory) {
    const kind = factory.text('type').toLowerCase()
    if (kind !== 'json' && kind !== 'merge' && kind !== 'strategic')
      throw new Error(`--type must be one of [json merge strategic], not ${JSON.stringify(factory.text('type'))}`)
    if (factory.text('patch') && factory.text('patch-file')) throw new Error('cannot specify --patch and --patch-file together')
    const text = factory.text('patch-file') ? readFileSync(factory.text('patch-file'), 'utf8') : factory.text('patch')
    if (!text) throw new Error('must specify --patch or --patch-file containing the contents of the patch')
    let body: unknown
    try {
      // JSON goes as it is: the server says what is wrong with it.
      const asGiven = /^\s*[{[]/.test(text) && !factory.on('local') && factory.text('dry-run') !== 'client'
      body = asGiven ? text : parseYaml(text).value
    } catch (error) {
      throw new Error(`unable to parse ${JSON.stringify(text)}: ${(error as Error).message}`)
    }
    const local = factory.on('local')
    const dryRun = local ? 'client' : dryRunOf(factory)
    const printer = await objectPrinter(factory)
    const errors: unknown[] = []
    for (const info of await select(factory, { fresh: !local, onError: (error) => errors.push(error) })) {
      try {
        const subresource = factory.text('subresource')
        const made =
          dryRun === 'client'
            ? await patched(info.object, body, kind, await builtInType(info.type))
            : await patch(factory, info.type, info, body, kind, {
                dryRun,
                fieldManager: factory.text('field-manager'),
                ...(subresource ? { subresource } : {}),
              })
        const same =
          JSON.stringify(made) === JSON.stringify(info.object) ||
          made.metadata['resourceVersion'] === info.object.metadata['resourceVersion']
        factory.out(
          printer
            ? await printer(made)
            : doneText(made, same && dryRun === 'none' ? 'patched (no change)' : 'patched', dryRun === 'server' ? 'none' : dryRun),
        )
      } catch (error) {
        errors.push(error)
      }
    }
    throwAll(errors)
  },
})

async function patched(
  object: KubeObject,
  body: unknown,
  kind: 'json' | 'merge' | 'strategic',
  type: Awaited<ReturnType<typeof builtInType>>,
): Promise<KubeObject> {
  if (kind === 'json') return (await import('../../api/patch/json-patch.ts')).applyJsonPatch(object, body as never) as KubeObject
  if (kind === 'merge' || !type) return (await import('../../api/patch/merge-patch.ts')).applyMergePatch(object, body) as KubeObject
  return (await import('../../api/patch/strategic-merge-patch.ts')).applyStrategicMergePatch(
    object,
    body as Record<string, unknown>,
    type,
  ) as KubeObject
}

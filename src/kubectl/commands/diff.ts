/** `kubectl diff`: what apply would change, found out by a dry run on the server. Exits with 1 when there is a difference. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isNotFound } from '../../api/errors.ts'
import { writeYaml } from '../../api/yaml.ts'
import { lastApplied, withLastApplied } from '../apply-annotation.ts'
import { PlainError } from '../errors.ts'
import { type KubeObject, kubectlCommand } from '../factory.ts'
import { withoutManagedFields } from '../print/object.ts'
import { pathOf } from '../resources.ts'
import { fileFlags } from '../select.ts'
import { builtInType, create, patch } from '../write.ts'

export const command = kubectlCommand({
  summary: 'Show what apply would change.',
  usage: 'kubectl diff -f FILENAME [options]',
  flags: {
    ...fileFlags,
    'field-manager': { type: 'string', default: 'kubectl-client-side-apply', doc: 'Name of the manager of the fields.' },
    'force-conflicts': { type: 'bool', doc: 'With --server-side: take fields from other managers.' },
    'server-side': { type: 'bool', doc: 'As apply --server-side would.' },
    'show-managed-fields': { type: 'bool', doc: 'Keep managedFields.' },
  },
  async run(factory) {
    if (factory.list('filename').length === 0) throw new Error('must specify one of -f and -k')
    const folder = mkdtempSync(join(tmpdir(), 'kubectl-diff-'))
    const write = (side: string, name: string, object: KubeObject | undefined) => {
      const shown = object && (factory.on('show-managed-fields') ? object : withoutManagedFields(object))
      writeFileSync(join(folder, side, name), shown ? writeYaml(shown) : '', { mode: 0o600 })
    }
    try {
      for (const side of ['LIVE', 'MERGED']) mkdirSync(join(folder, side))
      const { readObjects } = await import('../files.ts')
      for await (const { type, namespace, name, object } of readObjects(factory, { validate: true })) {
        const path = pathOf(type, namespace, name)
        const live = await factory.request<KubeObject>({ method: 'GET', path }).catch((error) => {
          if (isNotFound(error)) return undefined
          throw error
        })
        const options = { dryRun: 'server', fieldManager: factory.text('field-manager') } as const
        let made: KubeObject
        if (factory.on('server-side'))
          made = await patch(factory, type, { namespace, name }, object, 'apply', { ...options, force: factory.on('force-conflicts') })
        else if (!live) made = await create(factory, type, namespace, object, options)
        else {
          const original = JSON.parse(live.metadata.annotations?.[lastApplied] ?? '{}') as Record<string, unknown>
          const wanted = withLastApplied(object)
          const builtIn = await builtInType(type)
          const body = builtIn
            ? (await import('../../api/patch/strategic-diff.ts')).createThreeWayMergePatch(original, wanted, live, builtIn)
            : (await import('../../api/patch/merge-patch.ts')).createThreeWayMergePatch(original, wanted, live)
          made = await patch(factory, type, { namespace, name }, body, builtIn ? 'strategic' : 'merge', options)
        }
        const file = `${type.group ? `${type.group}.` : ''}${type.version}.${type.kind}.${namespace}.${name}`
        write('LIVE', file, live && masked(live))
        write('MERGED', file, masked(made))
      }
      const [program, ...args] = (factory.invocation.env['KUBECTL_EXTERNAL_DIFF'] || 'diff -u -N').split(/\s+/) as [string, ...string[]]
      const result = spawnSync(program, [...args, join(folder, 'LIVE'), join(folder, 'MERGED')], { encoding: 'utf8', maxBuffer: 256 << 20 })
      if (result.error) throw new PlainError(`error: ${program} could not be run: ${result.error.message}`, 2)
      factory.out(result.stdout)
      factory.err(result.stderr)
      return result.status ?? 2
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
})

/** Values of secrets are not shown; that one changed is. */
function masked(object: KubeObject): KubeObject {
  const without = { ...object.metadata.annotations }
  delete without[lastApplied]
  const metadata = { ...object.metadata, annotations: without }
  if (object.kind !== 'Secret') return { ...object, metadata: object.metadata }
  const data = Object.fromEntries(
    Object.entries((object['data'] ?? {}) as Record<string, string>).map(([key, value]) => [key, `*** (${value.length} characters)`]),
  )
  return { ...object, metadata, data }
}

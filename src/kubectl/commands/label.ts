/** `kubectl label` and `kubectl annotate`: they differ in the map that they change and in what it may hold. */
import { labelValueErrors, qualifiedNameErrors } from '../../api/labels.ts'
import type { Command } from '../../flags/command.ts'
import { changeFlags, changeObjects } from '../change.ts'
import { type Factory, kubectlCommand } from '../factory.ts'

interface Changes {
  readonly set: Map<string, string>
  readonly remove: readonly string[]
  readonly resources: readonly string[]
}

/** Arguments with `=` or a closing `-` are changes, all before them name objects. */
export function readChanges(args: readonly string[], what: 'label' | 'annotation'): Changes {
  const isChange = (arg: string) => arg.includes('=') || (arg.endsWith('-') && arg.length > 1)
  const first = args.findIndex(isChange)
  const resources = first < 0 ? args : args.slice(0, first)
  const set = new Map<string, string>()
  const remove: string[] = []
  for (const arg of first < 0 ? [] : args.slice(first)) {
    const equals = arg.indexOf('=')
    if (equals > 0) set.set(arg.slice(0, equals), arg.slice(equals + 1))
    else if (arg.endsWith('-') && equals < 0) remove.push(arg.slice(0, -1))
    else
      throw new Error(isChange(arg) ? `invalid ${what} format: ${arg}` : `all resources must be specified before ${what} changes: ${arg}`)
  }
  const both = remove.find((key) => set.has(key))
  if (both) throw new Error(`cannot specify ${JSON.stringify(both)} more than once`)
  for (const [key, value] of set) {
    const problem = qualifiedNameErrors(key)[0]
    if (problem)
      throw new Error(
        what === 'label'
          ? `invalid label key: ${JSON.stringify(key)}: ${problem}`
          : `invalid annotation key: ${JSON.stringify(key)}: ${problem}`,
      )
    const bad = what === 'label' ? labelValueErrors(value)[0] : undefined
    if (bad) throw new Error(`invalid label value: ${JSON.stringify(value)}: ${bad}`)
  }
  return { set, remove, resources }
}

function mapCommand(what: 'label' | 'annotation'): Command {
  const field = what === 'label' ? 'labels' : 'annotations'
  const verb = what === 'label' ? 'label' : 'annotate'
  return kubectlCommand({
    summary: `Change the ${field} of objects.`,
    usage: `kubectl ${verb} [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]`,
    flags: {
      ...changeFlags,
      list: { type: 'bool', doc: `Print the ${field}.` },
      overwrite: { type: 'bool', doc: 'Values that are there may be changed.' },
      'resource-version': { type: 'string', doc: 'Only at this version.' },
    },
    async run(factory) {
      const { set, remove, resources } = readChanges(factory.args, what)
      if (resources.length === 0 && factory.list('filename').length === 0)
        throw new Error('one or more resources must be specified as <resource> <name> or <resource>/<name>')
      if (set.size === 0 && remove.length === 0 && !factory.on('list')) throw new Error(`at least one ${what} update is required`)
      if (factory.on('list') && set.size === 0 && remove.length === 0) return list(factory, resources, field)
      const done = what === 'label' ? 'labeled' : 'annotated'
      await changeObjects(factory, {
        args: resources,
        fieldManager: what === 'label' ? 'kubectl-label' : 'kubectl-annotate',
        change(object) {
          const now = object.metadata[field] ?? {}
          if (!factory.on('overwrite'))
            for (const [key, value] of set)
              if (now[key] !== undefined && now[key] !== value)
                throw new Error(
                  what === 'label'
                    ? `'${key}' already has a value (${now[key]}), and --overwrite is false`
                    : `--overwrite is false but found the following declared annotation(s): '${key}' already has a value (${now[key]})`,
                )
          const made = { ...now, ...Object.fromEntries(set) }
          for (const key of remove) {
            if (made[key] === undefined && what === 'label') factory.out(`label ${JSON.stringify(key)} not found.\n`)
            delete made[key]
          }
          const version = factory.text('resource-version')
          return { ...object, metadata: { ...object.metadata, [field]: made, ...(version ? { resourceVersion: version } : {}) } }
        },
        done: (changed) =>
          what === 'annotation' ? done : !changed ? 'not labeled' : set.size === 0 && remove.length > 0 ? 'unlabeled' : done,
      })
    },
  })
}

async function list(factory: Factory, resources: readonly string[], field: 'labels' | 'annotations'): Promise<void> {
  const { select } = await import('../select.ts')
  for (const { object, type, name } of await select(factory, { args: resources })) {
    if (resources.length > 2 || factory.on('all')) factory.out(`Listing ${field} for ${type.kind}.${type.version}/${name}:\n`)
    for (const [key, value] of Object.entries(object.metadata[field] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
      factory.out(`${key}=${value}\n`)
  }
}

export const label = mapCommand('label')
export const annotate = mapCommand('annotation')

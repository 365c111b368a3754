/**
 * `kubectl apply`: what the files say becomes so, and what an earlier apply said and the files no longer say goes, by a
 * three-way patch against the annotation that the last apply left; with --server-side the server does it
 * (k8s.io/kubectl/pkg/cmd/apply).
 */
import { isConflict, isNotFound, StatusError } from '../../api/errors.ts'
import type { FlagTable } from '../../flags/flags.ts'
import { keepLastApplied, lastApplied, withLastApplied } from '../apply-annotation.ts'
import { throwAll, UsageError, withSource } from '../errors.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { doneText, dryRunFlag, dryRunOf, objectPrinter, outputFlags } from '../print/object.ts'
import { pathOf } from '../resources.ts'
import { fileFlags, type Info } from '../select.ts'
import { builtInType, create, patch, validateFlag, validationOf, type WriteOptions } from '../write.ts'

const flags: FlagTable = {
  ...outputFlags,
  ...fileFlags,
  ...dryRunFlag,
  ...validateFlag,
  'server-side': { type: 'bool', doc: 'Let the server apply.' },
  'force-conflicts': { type: 'bool', doc: 'With --server-side: take fields from other managers.' },
  'field-manager': { type: 'string', doc: 'Name of the manager of the fields (default kubectl-client-side-apply, kubectl).' },
  overwrite: { type: 'bool', default: true, doc: "Values of the files win over others' changes." },
  force: { type: 'bool', doc: 'Delete and create again what cannot be patched.' },
  prune: { type: 'bool', doc: 'Not built.' },
  selector: { type: 'string', short: 'l', doc: 'Only objects of the files with these labels.' },
}

export const command = kubectlCommand({
  summary: 'Apply a configuration to objects by file name or standard input.',
  usage: 'kubectl apply (-f FILENAME | -k DIRECTORY) [options]',
  flags,
  commands: {
    'view-last-applied': () => import('./apply-last-applied.ts').then((m) => ({ command: m.view })),
    'set-last-applied': () => import('./apply-last-applied.ts').then((m) => ({ command: m.set })),
    'edit-last-applied': () => import('./apply-last-applied.ts').then((m) => ({ command: m.edit })),
  },
  async run(factory) {
    if (factory.args.length > 0) throw new UsageError(`Unexpected args: [${factory.args.join(' ')}]`)
    if (factory.list('filename').length === 0 && !factory.text('kustomize')) throw new Error('must specify one of -f and -k')
    if (factory.text('kustomize')) throw new Error('-k is not built: pipe the output of kustomize to -f -')
    if (factory.on('prune')) throw new Error('--prune is not built: delete what is gone with kubectl delete')
    const dryRun = dryRunOf(factory)
    const serverSide = factory.on('server-side')
    if (serverSide && dryRun === 'client')
      throw new Error("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
    if (factory.on('force-conflicts') && !serverSide) throw new Error('--force-conflicts only works with --server-side')
    if (serverSide && factory.on('force')) throw new Error('--force cannot be used with --server-side')
    const fieldValidation = validationOf(factory)
    const options: WriteOptions = {
      dryRun,
      fieldValidation,
      fieldManager: factory.text('field-manager') || (serverSide ? 'kubectl' : 'kubectl-client-side-apply'),
    }
    const printer = await objectPrinter(factory)
    const errors: unknown[] = []
    const applied: KubeObject[] = []
    const { readObjects } = await import('../files.ts')
    const matches = factory.text('selector')
      ? (await import('../../api/labels.ts')).parseLabelSelector(factory.text('selector')).matches
      : undefined
    let count = 0
    const infos: Info[] = []
    for await (const info of readObjects(factory, { onError: (error) => errors.push(error), validate: fieldValidation !== 'Ignore' })) {
      if (matches && !matches(info.object.metadata.labels)) continue
      infos.push(info)
    }
    for (const info of infos) {
      count++
      try {
        const { object, operation } = serverSide ? await applyServerSide(factory, info, options) : await applyOne(factory, info, options)
        if (printer) applied.push(object)
        else factory.out(doneText(object, operation, dryRun))
      } catch (error) {
        errors.push(error)
      }
    }
    if (printer && applied.length > 0) {
      const [first] = applied as [KubeObject]
      const list = { apiVersion: 'v1', items: applied, kind: 'List', metadata: {} } as unknown as KubeObject
      factory.out(await printer(applied.length === 1 && count === 1 ? first : list))
    }
    if (count === 0 && errors.length === 0) throw new Error('no objects passed to apply')
    throwAll(errors)
  },
})

interface Outcome {
  readonly object: KubeObject
  readonly operation: string
}

async function applyServerSide(factory: Factory, info: Info, options: WriteOptions): Promise<Outcome> {
  const { metadata } = info.object
  if (metadata['managedFields'] !== undefined) throw new Error(`metadata.managedFields must be nil`)
  if (!info.name) throw new Error(`resource name may not be empty`)
  try {
    const object = await patch(factory, info.type, info, info.object, 'apply', { ...options, force: factory.on('force-conflicts') })
    return { object, operation: 'serverside-applied' }
  } catch (error) {
    if (!isConflict(error)) throw error
    const conflicts = error.status.details?.causes ?? []
    if (conflicts.length === 0) throw error
    throw new StatusError({
      ...error.status,
      code: error.code,
      message: `${error.message}
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`,
    })
  }
}

/** A patch that meets another writer's change is made anew so many times. */
const patchTries = 5

async function applyOne(factory: Factory, info: Info, options: WriteOptions): Promise<Outcome> {
  const { type, namespace, source } = info
  if (!info.name && info.object.metadata.generateName)
    throw new Error(`from ${info.object.metadata.generateName}: cannot use generate name with apply`)
  const wanted = withLastApplied(info.object)
  const read = () => factory.request<KubeObject>({ method: 'GET', path: pathOf(type, namespace, info.name) })
  let current: KubeObject
  try {
    current = await read()
  } catch (error) {
    if (!isNotFound(error)) throw withSource(`retrieving current configuration of:\n${resourceText(info)}\nfrom server for:`, source, error)
    if (options.dryRun === 'client') return { object: wanted, operation: 'created' }
    try {
      return { object: await create(factory, type, namespace, wanted, options), operation: 'created' }
    } catch (failure) {
      throw withSource('creating', source, failure)
    }
  }
  if (current.metadata['deletionTimestamp'])
    factory.err(`Warning: Detected changes to resource ${info.name} which is currently being deleted.\n`)
  if (current.metadata.annotations?.[lastApplied] === undefined)
    factory.warn(
      `resource ${type.resource}/${info.name} is missing the ${lastApplied} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.`,
    )
  for (let tries = 1; ; tries++) {
    const { body, kind } = await patchFor(factory, info, wanted, current)
    if (Object.keys(body).length === 0) return { object: current, operation: 'unchanged' }
    if (options.dryRun === 'client') return { object: await merged(info, current, body, kind), operation: 'configured' }
    try {
      const object = await patch(factory, type, info, body, kind, options)
      const same = object.metadata['resourceVersion'] === current.metadata['resourceVersion'] && options.dryRun !== 'server'
      return { object, operation: same ? 'unchanged' : 'configured' }
    } catch (error) {
      if (isConflict(error) && tries < patchTries) {
        current = await read()
        continue
      }
      if (factory.on('force') && error instanceof StatusError && (error.reason === 'Invalid' || error.reason === 'Conflict'))
        return replaceByForce(factory, info, wanted, options)
      throw withSource(`applying patch:\n${JSON.stringify(body)}\nto:\n${resourceText(info)}\nfor:`, source, error)
    }
  }
}

const resourceText = ({ type, name, namespace }: Info): string =>
  `Resource: "${type.group ? `${type.group}/` : ''}${type.version}, Resource=${type.resource}", GroupVersionKind: "${type.group ? `${type.group}/` : ''}${type.version}, Kind=${type.kind}"\nName: "${name}", Namespace: "${namespace}"`

async function patchFor(
  factory: Factory,
  { type }: Info,
  wanted: KubeObject,
  current: KubeObject,
): Promise<{ body: Record<string, unknown>; kind: 'strategic' | 'merge' }> {
  const text = current.metadata.annotations?.[lastApplied]
  const original = (text ? JSON.parse(text) : {}) as Record<string, unknown>
  const builtIn = await builtInType(type)
  if (builtIn) {
    const { createThreeWayMergePatch } = await import('../../api/patch/strategic-diff.ts')
    return { kind: 'strategic', body: createThreeWayMergePatch(original, wanted, current, builtIn, factory.on('overwrite')) }
  }
  const { createThreeWayMergePatch } = await import('../../api/patch/merge-patch.ts')
  return { kind: 'merge', body: createThreeWayMergePatch(original, wanted, current) }
}

async function merged(
  { type }: Info,
  current: KubeObject,
  body: Record<string, unknown>,
  kind: 'strategic' | 'merge',
): Promise<KubeObject> {
  const builtIn = kind === 'strategic' ? await builtInType(type) : undefined
  if (builtIn)
    return (await import('../../api/patch/strategic-merge-patch.ts')).applyStrategicMergePatch(current, body, builtIn) as KubeObject
  return (await import('../../api/patch/merge-patch.ts')).applyMergePatch(current, body) as KubeObject
}

async function replaceByForce(factory: Factory, info: Info, wanted: KubeObject, options: WriteOptions): Promise<Outcome> {
  const { deleteAndWait } = await import('../deletion.ts')
  await deleteAndWait(factory, info, { gracePeriodSeconds: 0 })
  return { object: await create(factory, info.type, info.namespace, keepLastApplied(wanted, true), options), operation: 'configured' }
}

/** `kubectl scale`: sets how many replicas an object has, through its scale subresource. */
import { isConflict } from '../../api/errors.ts'
import { throwAll } from '../errors.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { dryRunFlag, dryRunOf, outputFlags, resultPrinter } from '../print/object.ts'
import { pathOf } from '../resources.ts'
import { fileFlags, type Info, select, selectorFlags } from '../select.ts'
import { patch } from '../write.ts'

interface Scale {
  readonly metadata: { readonly resourceVersion?: string }
  readonly spec?: { readonly replicas?: number }
}
const notGiven = -1

export const command = kubectlCommand({
  summary: 'Set a new size for a deployment, replica set, replication controller or stateful set.',
  usage: 'kubectl scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME) [options]',
  flags: {
    ...outputFlags,
    ...fileFlags,
    ...selectorFlags,
    ...dryRunFlag,
    all: { type: 'bool', doc: 'All objects of the type.' },
    'current-replicas': { type: 'int', default: notGiven, doc: 'Only when it has so many now.' },
    replicas: { type: 'int', default: 0, doc: 'How many.' },
    'resource-version': { type: 'string', doc: 'Only at this version.' },
    timeout: { type: 'duration', doc: 'How long to wait until it has them; 0 not at all.' },
  },
  async run(factory) {
    if (!factory.given('replicas')) throw new Error('required flag(s) "replicas" not set')
    const replicas = factory.number('replicas')
    if (replicas < 0) throw new Error('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0')
    const dryRun = dryRunOf(factory)
    const print = await resultPrinter(factory, dryRun)
    const errors: unknown[] = []
    const infos = await select(factory, { fresh: true, onError: (error) => errors.push(error) })
    if (infos.length === 0 && errors.length > 0)
      throw new Error(`no objects passed to scale ${errors.map((error) => (error as Error).message).join(', ')}`)
    for (const info of infos) {
      try {
        if (dryRun !== 'client') await scaleTo(factory, info, replicas, dryRun === 'server')
        if (dryRun === 'none' && factory.number('timeout') > 0) await waitForReplicas(factory, info, replicas)
        await print(info.object, 'scaled')
      } catch (error) {
        errors.push(error)
      }
    }
    throwAll(errors)
  },
})

async function scaleTo(factory: Factory, info: Info, replicas: number, serverDryRun: boolean): Promise<void> {
  const expected = factory.number('current-replicas')
  const version = factory.text('resource-version')
  for (;;) {
    const body: { spec: object; metadata?: object } = { spec: { replicas } }
    if (expected !== notGiven || version) {
      const scale = await factory.request<Scale>({ method: 'GET', path: pathOf(info.type, info.namespace, info.name, 'scale') })
      const now = scale.spec?.replicas ?? 0
      if (expected !== notGiven && now !== expected) throw new Error(`Expected replicas to be ${expected}, was ${now}`)
      if (version && scale.metadata.resourceVersion !== version)
        throw new Error(`Expected resource version to be ${version}, was ${scale.metadata.resourceVersion}`)
      body.metadata = { resourceVersion: scale.metadata.resourceVersion }
    }
    try {
      await patch(factory, info.type, info, body, 'merge', {
        subresource: 'scale',
        dryRun: serverDryRun ? 'server' : 'none',
        fieldManager: 'kubectl-scale',
      })
      return
    } catch (error) {
      if (!isConflict(error) || version) throw error
    }
  }
}

async function waitForReplicas(factory: Factory, info: Info, replicas: number): Promise<void> {
  const { watchUntil } = await import('../watch.ts')
  await watchUntil(factory, info, factory.number('timeout'), (object: KubeObject | undefined) => {
    const status = object?.['status'] as { replicas?: number; observedGeneration?: number } | undefined
    return (status?.replicas ?? 0) === replicas && (status?.observedGeneration ?? 0) >= Number(object?.metadata['generation'] ?? 0)
  })
}

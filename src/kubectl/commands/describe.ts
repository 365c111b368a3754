/** `kubectl describe`: objects in words, with what belongs to them and their events. */
import { isNotFound } from '../../api/errors.ts'
import { describeObject } from '../describe/index.ts'
import { PlainError, throwAll } from '../errors.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { pathOf } from '../resources.ts'
import { fileFlags, type Info, infoOf, listItems, queryOf, select, selectorFlags, targetsOf } from '../select.ts'

export const command = kubectlCommand({
  summary: 'Describe objects.',
  usage: 'kubectl describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME) [options]',
  flags: {
    ...fileFlags,
    ...selectorFlags,
    'show-events': { type: 'bool', default: true, doc: 'Show the events.' },
    'chunk-size': { type: 'int', default: 500, doc: 'How many objects to ask for at a time.' },
  },
  async run(factory) {
    const { args } = factory
    if (args.length === 0 && factory.list('filename').length === 0)
      throw new PlainError(
        'error: You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.',
      )
    const errors: unknown[] = []
    const onError = (error: unknown) => void errors.push(error)
    const infos =
      factory.list('filename').length > 0 ? await select(factory, { fresh: true, onError }) : await byArguments(factory, onError)
    let first = true
    for (const info of infos) {
      const text = await describeObject(info.object, {
        factory,
        type: info.type,
        events: factory.on('show-events') ? await eventsOf(factory, info) : undefined,
        list: (path) =>
          factory.request<{ items?: never[] }>({ method: 'GET', path }).then(
            (list) => list.items ?? [],
            () => [],
          ),
        get: (path) => factory.request<never>({ method: 'GET', path }).catch(() => undefined),
      })
      factory.out(first ? text : `\n\n${text}`)
      first = false
    }
    if (infos.length === 0 && errors.length === 0) {
      const everywhere = factory.on('all-namespaces')
      factory.err(everywhere ? 'No resources found\n' : `No resources found in ${await factory.namespace()} namespace.\n`)
    }
    throwAll(errors)
  },
})

/** A name that no object has is taken for the beginning of names. */
async function byArguments(factory: Factory, onError: (error: unknown) => void): Promise<Info[]> {
  const infos: Info[] = []
  const everywhere = factory.on('all-namespaces')
  const namespace = everywhere ? '' : await factory.namespace()
  for (const { type, name } of await targetsOf(factory, factory.args)) {
    const all = () => {
      const query = queryOf({
        labelSelector: factory.text('selector'),
        fieldSelector: factory.text('field-selector'),
        limit: factory.number('chunk-size') || undefined,
      })
      return listItems(factory, pathOf(type, namespace) + query, type)
    }
    try {
      if (name === undefined) infos.push(...(await all()).map((object) => infoOf(type, object)))
      else if (everywhere && type.namespaced) throw new Error('a resource cannot be retrieved by name across all namespaces')
      else infos.push(infoOf(type, await factory.request<KubeObject>({ method: 'GET', path: pathOf(type, namespace, name) })))
    } catch (error) {
      if (name === undefined || !isNotFound(error) || factory.args.some((arg) => arg.includes('/'))) {
        onError(error)
        continue
      }
      const similar = (await all().catch(() => [])).filter((object) => object.metadata.name?.startsWith(name))
      if (similar.length === 0) onError(error)
      infos.push(...similar.map((object) => infoOf(type, object)))
    }
  }
  return infos
}

async function eventsOf(factory: Factory, { object, type }: Info): Promise<readonly object[]> {
  const { name, namespace } = object.metadata
  // Nodes record events with their name for a uid.
  const uid = type.resource === 'nodes' ? undefined : (object.metadata['uid'] as string | undefined)
  const fields = [
    `involvedObject.name=${name}`,
    `involvedObject.kind=${object.kind}`,
    ...(namespace ? [`involvedObject.namespace=${namespace}`] : []),
    ...(uid ? [`involvedObject.uid=${uid}`] : []),
  ]
  const path = `/api/v1${namespace ? `/namespaces/${namespace}` : ''}/events${queryOf({ fieldSelector: fields.join(','), limit: 500 })}`
  const list = await factory.request<{ items?: object[] }>({ method: 'GET', path }).catch(() => ({ items: [] }))
  return list.items ?? []
}

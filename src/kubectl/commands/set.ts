/** `kubectl set image|env|resources|serviceaccount|selector|subject`: fields of pod templates and a few others. */

import type { Command } from '../../flags/command.ts'
import { type ContainerLike, changeFlags, changeObjects, type PodSpecLike, podSpecOf } from '../change.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { pairsOf } from './run.ts'

/** Arguments before the first with `=` (or, for env, `-` at its end) name objects. */
function splitArgs(args: readonly string[], removals = false): { resources: readonly string[]; pairs: readonly string[] } {
  const first = args.findIndex((arg) => arg.includes('=') || (removals && arg.endsWith('-') && arg.length > 1))
  return first < 0 ? { resources: args, pairs: [] } : { resources: args.slice(0, first), pairs: args.slice(first) }
}
const needResources = (factory: Factory, resources: readonly string[]): void => {
  if (resources.length === 0 && factory.list('filename').length === 0)
    throw new Error('one or more resources must be specified as <resource> <name> or <resource>/<name>')
}

function withContainers(object: KubeObject, change: (container: ContainerLike) => ContainerLike): KubeObject {
  const pod = podSpecOf(object)
  if (!pod) throw new Error(`the object is not a pod or does not have a pod template: ${object.kind}`)
  const { containers, initContainers } = pod.spec
  return pod.with({
    ...pod.spec,
    ...(containers ? { containers: containers.map(change) } : {}),
    ...(initContainers ? { initContainers: initContainers.map(change) } : {}),
  } as PodSpecLike)
}

const image = kubectlCommand({
  summary: 'Change the images of containers.',
  usage: 'kubectl set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N [options]',
  flags: changeFlags,
  async run(factory) {
    const { resources, pairs } = splitArgs(factory.args)
    needResources(factory, resources)
    if (pairs.length === 0) throw new Error('at least one image update is required')
    const images = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const))
    if (images.size > 1 && images.has('*'))
      throw new Error('all containers are already specified by *, but saw more than one container_name=container_image pairs')
    await changeObjects(factory, {
      args: resources,
      fieldManager: 'kubectl-set',
      quietWhenSame: true,
      done: 'image updated',
      change(object) {
        const met = new Set<string>()
        const made = withContainers(object, (container) => {
          const name = images.has('*') ? '*' : container.name
          const wanted = images.get(name)
          if (wanted === undefined) return container
          met.add(name)
          return { ...container, image: wanted }
        })
        const missing = [...images.keys()].find((name) => !met.has(name))
        if (missing) throw new Error(`unable to find container named ${JSON.stringify(missing)}`)
        return made
      },
    })
  },
})

const containersFlag = { containers: { type: 'string', short: 'c', default: '*', doc: 'Which containers; * for all.' } } as const
const isMeant = (factory: Factory, container: ContainerLike): boolean => {
  const pattern = factory.text('containers')
  return new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(container.name)
}

const env = kubectlCommand({
  summary: 'Change environment variables of containers.',
  usage: 'kubectl set env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N [options]',
  flags: {
    ...changeFlags,
    ...containersFlag,
    env: { type: 'array', short: 'e', doc: 'NAME=value.' },
    from: { type: 'string', doc: 'A config map or secret whose keys become variables.' },
    keys: { type: 'list', doc: 'With --from: only these keys.' },
    list: { type: 'bool', doc: 'Print the variables.' },
    overwrite: { type: 'bool', default: true, doc: 'Values that are there may be changed.' },
    prefix: { type: 'string', doc: 'With --from: put before each name.' },
    resolve: { type: 'bool', doc: 'Not built.' },
  },
  async run(factory) {
    const { resources, pairs } = splitArgs(factory.args, true)
    needResources(factory, resources)
    if (factory.on('resolve')) throw new Error('--resolve is not built')
    const all = [...pairs, ...factory.list('env')]
    const remove = all.filter((pair) => !pair.includes('=')).map((pair) => pair.slice(0, -1))
    const set = all
      .filter((pair) => pair.includes('='))
      .map((pair) => ({ name: pair.slice(0, pair.indexOf('=')), value: pair.slice(pair.indexOf('=') + 1) }))
    const from = factory.text('from') ? await variablesFrom(factory) : []
    if (factory.on('list')) return listEnv(factory, resources)
    if (set.length + remove.length + from.length === 0) throw new Error('at least one environment variable must be provided')
    await changeObjects(factory, {
      args: resources,
      fieldManager: 'kubectl-set',
      quietWhenSame: true,
      done: 'env updated',
      change: (object) =>
        withContainers(object, (container) => {
          if (!isMeant(factory, container)) return container
          const now = container.env ?? []
          if (!factory.on('overwrite'))
            for (const { name, value } of set) {
              const have = now.find((e) => e.name === name)
              if (have && have.value !== value) throw new Error(`'${name}' already has a value (${have.value}), and --overwrite is false`)
            }
          const changes = [...from, ...set] as { name: string }[]
          const kept = now.filter((e) => !remove.includes(e.name)).map((e) => changes.find((c) => c.name === e.name) ?? e)
          const added = changes.filter((c) => !now.some((e) => e.name === c.name))
          return { ...container, env: [...kept, ...added] }
        }),
    })
  },
})

async function variablesFrom(factory: Factory): Promise<object[]> {
  const { targetOf } = await import('../select.ts')
  const { pathOf } = await import('../resources.ts')
  const { type, name } = await targetOf(factory, [factory.text('from')])
  if (type.resource !== 'configmaps' && type.resource !== 'secrets') throw new Error(`unsupported resource specified in --from`)
  const object = await factory.request<KubeObject>({ method: 'GET', path: pathOf(type, await factory.namespace(), name) })
  const wanted = factory.list('keys')
  return Object.keys((object['data'] ?? {}) as object)
    .filter((key) => wanted.length === 0 || wanted.includes(key))
    .sort()
    .map((key) => ({
      name: factory.text('prefix') + key.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_'),
      valueFrom: { [type.resource === 'secrets' ? 'secretKeyRef' : 'configMapKeyRef']: { name, key } },
    }))
}

async function listEnv(factory: Factory, resources: readonly string[]): Promise<void> {
  const { select } = await import('../select.ts')
  for (const { object, type, name } of await select(factory, { args: resources, fresh: true })) {
    for (const container of podSpecOf(object)?.spec.containers ?? []) {
      if (!isMeant(factory, container)) continue
      factory.out(`# ${type.kind} ${name}, container ${container.name}\n`)
      for (const { name: variable, value, valueFrom } of container.env ?? []) {
        const [ref] = Object.values((valueFrom ?? {}) as Record<string, { name?: string; key?: string }>)
        factory.out(
          valueFrom
            ? `# ${variable} from ${ref?.name ? `${Object.keys(valueFrom)[0] === 'secretKeyRef' ? 'secret' : 'configmap'} ${ref.name}, key ${ref.key}` : 'another field'}\n`
            : `${variable}=${value ?? ''}\n`,
        )
      }
    }
  }
}

const resources = kubectlCommand({
  summary: 'Change what containers ask for and may use.',
  usage: 'kubectl set resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS] [options]',
  flags: {
    ...changeFlags,
    ...containersFlag,
    limits: { type: 'string', doc: 'Limits: cpu=100m,memory=256Mi.' },
    requests: { type: 'string', doc: 'Requests.' },
  },
  async run(factory) {
    const limits = pairsOf([factory.text('limits')], 'limits')
    const requests = pairsOf([factory.text('requests')], 'requests')
    if (Object.keys(limits).length + Object.keys(requests).length === 0)
      throw new Error('you must specify an update to requests or limits (in the form of --requests/--limits)')
    needResources(factory, factory.args)
    await changeObjects(factory, {
      fieldManager: 'kubectl-set',
      quietWhenSame: true,
      done: 'resource requirements updated',
      change: (object) =>
        withContainers(object, (container) => {
          if (!isMeant(factory, container)) return container
          const merge = (now: Record<string, string> | undefined, more: Record<string, string>) => {
            const made = Object.fromEntries(Object.entries({ ...now, ...more }).filter(([, amount]) => amount !== '0'))
            return Object.keys(made).length > 0 ? made : undefined
          }
          return {
            ...container,
            resources: {
              ...container.resources,
              limits: merge(container.resources?.limits, limits),
              requests: merge(container.resources?.requests, requests),
            } as NonNullable<ContainerLike['resources']>,
          }
        }),
    })
  },
})

const serviceaccount = kubectlCommand({
  summary: 'Change the service account of pod templates.',
  usage: 'kubectl set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT [options]',
  flags: changeFlags,
  async run(factory) {
    const account = factory.args.at(-1)
    if (!account) throw new Error('serviceaccount is required')
    await changeObjects(factory, {
      args: factory.args.slice(0, -1),
      fieldManager: 'kubectl-set',
      quietWhenSame: true,
      done: 'serviceaccount updated',
      change(object) {
        const pod = podSpecOf(object)
        if (!pod) throw new Error(`the object is not a pod or does not have a pod template: ${object.kind}`)
        return pod.with({ ...pod.spec, serviceAccountName: account, serviceAccount: account })
      },
    })
  },
})

const selector = kubectlCommand({
  summary: 'Change the selector of a service.',
  usage: 'kubectl set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version] [options]',
  flags: { ...changeFlags, 'resource-version': { type: 'string', doc: 'Only at this version.' } },
  async run(factory) {
    const { resources: named, pairs } = splitArgs(factory.args)
    needResources(factory, named)
    if (pairs.length === 0) throw new Error('one or more selectors must be specified')
    const version = factory.text('resource-version')
    await changeObjects(factory, {
      args: named,
      fieldManager: 'kubectl-set',
      done: 'selector updated',
      change(object) {
        if (object.kind !== 'Service') throw new Error(`setting a selector is only supported for Services`)
        const spec = { ...(object['spec'] as object), selector: pairsOf(pairs, 'selector') }
        return { ...object, ...(version ? { metadata: { ...object.metadata, resourceVersion: version } } : {}), spec }
      },
    })
  },
})

const subject = kubectlCommand({
  summary: 'Add users, groups or service accounts to a binding.',
  usage:
    'kubectl set subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [options]',
  flags: {
    ...changeFlags,
    user: { type: 'array', doc: 'Users.' },
    group: { type: 'list', doc: 'Groups.' },
    serviceaccount: { type: 'list', doc: 'Service accounts, as NAMESPACE:NAME.' },
  },
  async run(factory) {
    const apiGroup = 'rbac.authorization.k8s.io'
    const given = [
      ...factory.list('user').map((name) => ({ kind: 'User', apiGroup, name })),
      ...factory.list('group').map((name) => ({ kind: 'Group', apiGroup, name })),
      ...factory.list('serviceaccount').map((text) => {
        const [namespace, name] = text.split(':')
        if (!namespace || !name) throw new Error('serviceaccount must be <namespace>:<name>')
        return { kind: 'ServiceAccount', name, namespace }
      }),
    ]
    if (given.length === 0) throw new Error('you must specify at least one value of user, group or serviceaccount')
    await changeObjects(factory, {
      fieldManager: 'kubectl-set',
      quietWhenSame: true,
      done: 'subjects updated',
      change(object) {
        const now = (object['subjects'] ?? []) as { kind: string; name: string; namespace?: string }[]
        const fresh = given.filter(
          (g) =>
            !now.some(
              (s) => s.kind === g.kind && s.name === g.name && (s.namespace ?? '') === ((g as { namespace?: string }).namespace ?? ''),
            ),
        )
        return { ...object, subjects: [...now, ...fresh] }
      },
    })
  },
})

const lazy = (command: Command) => async () => ({ command })
export const command = kubectlCommand({
  summary: 'Change fields of objects.',
  usage: 'kubectl set SUBCOMMAND [options]',
  commands: {
    env: lazy(env),
    image: lazy(image),
    resources: lazy(resources),
    selector: lazy(selector),
    serviceaccount: lazy(serviceaccount),
    sa: lazy(serviceaccount),
    subject: lazy(subject),
  },
})

/** `kubectl run`: one pod from an image; with -it attached to it, with --rm deleted afterwards. */
import type { Pod } from '../../api/types/core-v1.ts'
import type { FlagTable } from '../../flags/flags.ts'
import { keepLastApplied } from '../apply-annotation.ts'
import { UsageError } from '../errors.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { doneText, dryRunFlag, dryRunOf, objectPrinter, outputFlags } from '../print/object.ts'
import { create } from '../write.ts'

const flags: FlagTable = {
  ...outputFlags,
  ...dryRunFlag,
  annotations: { type: 'array', doc: 'Annotations of the pod.' },
  attach: { type: 'bool', doc: 'Attach to the pod once it runs.' },
  cascade: { type: 'string', default: 'background', bare: 'background', doc: 'With --rm: how to delete.', hidden: true },
  command: { type: 'bool', doc: 'What follows -- is the command, not its arguments.' },
  env: { type: 'array', doc: 'Environment of the container, as NAME=value.' },
  expose: { type: 'bool', doc: 'Make a service for --port, too.' },
  'field-manager': { type: 'string', default: 'kubectl-run', doc: 'Name of the manager of the fields.' },
  image: { type: 'string', doc: 'The image of the container.' },
  'image-pull-policy': { type: 'string', doc: 'Always, IfNotPresent or Never.' },
  labels: { type: 'string', short: 'l', doc: 'Labels of the pod, as k=v,k2=v2.' },
  'leave-stdin-open': { type: 'bool', doc: 'Leave standard input open after the first attach.' },
  overrides: { type: 'string', doc: 'JSON that is merged over the pod.' },
  'override-type': { type: 'string', default: 'merge', doc: 'merge, strategic or json: how.' },
  'pod-running-timeout': { type: 'duration', default: 60_000, doc: 'How long to wait until it runs.' },
  port: { type: 'string', doc: 'The port that the container listens on.' },
  privileged: { type: 'bool', doc: 'Run the container privileged.' },
  quiet: { type: 'bool', short: 'q', doc: 'Print no prompts.' },
  restart: { type: 'string', default: 'Always', doc: 'Always, OnFailure or Never.' },
  rm: { type: 'bool', doc: 'Delete the pod when it has ended.' },
  'save-config': { type: 'bool', doc: 'Keep the configuration for kubectl apply.' },
  stdin: { type: 'bool', short: 'i', doc: 'Keep standard input open.' },
  tty: { type: 'bool', short: 't', doc: 'Give the container a terminal.' },
}

export const command = kubectlCommand({
  summary: 'Create and run one image in a pod.',
  usage:
    'kubectl run NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...] [options]',
  flags,
  async run(factory) {
    if (!factory.given('image')) throw new Error('required flag(s) "image" not set')
    const [name] = factory.args
    if (!name || factory.invocation.dash === 0) throw new UsageError('NAME is required for run')
    if (!factory.text('image')) throw new Error('--image is required')
    if (!/^[\w.:/@-]+$/.test(factory.text('image')))
      throw new Error(`Invalid image name ${JSON.stringify(factory.text('image'))}: invalid reference format`)
    if (factory.on('tty') && !factory.on('stdin')) throw new Error('-i/--stdin is required for containers with -t/--tty=true')
    if (factory.on('expose') && !factory.text('port')) throw new Error('--port must be set when exposing a service')
    const dryRun = dryRunOf(factory)
    const attach = factory.given('attach') ? factory.on('attach') : factory.on('stdin') || factory.on('tty')
    if (factory.on('rm') && !attach) throw new Error('--rm should only be used for attached containers')
    if (attach && dryRun !== 'none')
      throw new Error("--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)")
    const restart = factory.text('restart')
    if (!['Always', 'OnFailure', 'Never'].includes(restart)) throw new Error(`invalid restart policy: ${restart}`)
    const pullPolicy = factory.text('image-pull-policy')
    if (pullPolicy && !['Always', 'IfNotPresent', 'Never'].includes(pullPolicy)) throw new Error(`invalid image pull policy: ${pullPolicy}`)
    const namespace = await factory.namespace()
    const printer = await objectPrinter(factory)
    const mapper = await factory.mapper()
    const pods = await mapper.resource('pods')
    const make = async (object: KubeObject, resource: string): Promise<KubeObject> => {
      const annotated = keepLastApplied(object, factory.on('save-config'))
      const made =
        dryRun === 'client'
          ? annotated
          : await create(factory, resource === 'pods' ? pods : await mapper.resource(resource), namespace, annotated, {
              dryRun,
              fieldManager: factory.text('field-manager'),
            })
      if (printer) factory.out(await printer(made))
      else if (!attach || !factory.on('rm')) factory.out(doneText(made, 'created', dryRun))
      return made
    }
    const pod = await overridden(factory, podOf(factory, name, namespace, restart))
    const made = (await make(pod, 'pods')) as unknown as Pod
    if (factory.on('expose')) await make(serviceFor(factory, pod), 'services')
    if (!attach) return 0
    const { attachWhenRunning } = await import('./attach.ts')
    try {
      return await attachWhenRunning(factory, made, restart !== 'Always')
    } finally {
      if (factory.on('rm')) {
        const { deleteAndWait } = await import('../deletion.ts')
        await deleteAndWait(factory, { type: pods, namespace, name })
        if (!factory.on('quiet')) factory.out(`pod ${JSON.stringify(name)} deleted from ${namespace} namespace\n`)
      }
    }
  },
})

/** `k=v,k2=v2`; a bare word is an error. */
export function pairsOf(texts: readonly string[], what: string): Record<string, string> {
  const pairs: Record<string, string> = {}
  for (const text of texts.flatMap((t) => t.split(',')).filter((t) => t !== '')) {
    const equals = text.indexOf('=')
    if (equals <= 0) throw new Error(`unexpected ${what} spec: ${text}`)
    pairs[text.slice(0, equals)] = text.slice(equals + 1)
  }
  return pairs
}

export function envOf(texts: readonly string[]): { name: string; value: string }[] {
  return texts.map((text) => {
    const equals = text.indexOf('=')
    if (equals <= 0) throw new Error(`invalid env: ${text}`)
    return { name: text.slice(0, equals), value: text.slice(equals + 1) }
  })
}

function podOf(factory: Factory, name: string, namespace: string, restartPolicy: string): KubeObject {
  const labels = factory.text('labels') ? pairsOf([factory.text('labels')], 'label') : { run: name }
  const annotations = pairsOf(factory.list('annotations'), 'annotation')
  const words = factory.invocation.dash < 0 ? factory.args.slice(1) : [...factory.plainArgs.slice(1), ...factory.dashArgs]
  const env = envOf(factory.list('env'))
  const port = factory.text('port')
  if (port && !(Number(port) > 0 && Number(port) < 65_536))
    throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(port)}: invalid syntax`)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(Object.keys(annotations).length ? { annotations } : {}),
      labels,
      name,
      ...(factory.namespaceGiven ? { namespace } : {}),
    },
    spec: {
      containers: [
        {
          ...(words.length === 0 ? {} : factory.on('command') ? { command: words } : { args: words }),
          ...(env.length ? { env } : {}),
          image: factory.text('image'),
          ...(factory.text('image-pull-policy') ? { imagePullPolicy: factory.text('image-pull-policy') } : {}),
          name,
          ...(port ? { ports: [{ containerPort: Number(port) }] } : {}),
          resources: {},
          ...(factory.on('privileged') ? { securityContext: { privileged: true } } : {}),
          ...(factory.on('stdin') ? { stdin: true, ...(factory.on('leave-stdin-open') ? {} : { stdinOnce: true }) } : {}),
          ...(factory.on('tty') ? { tty: true } : {}),
        },
      ],
      dnsPolicy: 'ClusterFirst',
      restartPolicy,
    },
    status: {},
  }
}

function serviceFor(factory: Factory, pod: KubeObject): KubeObject {
  const port = Number(factory.text('port'))
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: pod.metadata.name as string, ...(pod.metadata.namespace ? { namespace: pod.metadata.namespace } : {}) },
    spec: { ports: [{ port, protocol: 'TCP', targetPort: port }], selector: pod.metadata.labels },
    status: { loadBalancer: {} },
  }
}

/** `--overrides`. */
export async function overridden(factory: Factory, object: KubeObject): Promise<KubeObject> {
  const text = factory.text('overrides')
  if (!text) return object
  const { parseYaml } = await import('../../api/yaml.ts')
  const { value } = parseYaml(text)
  switch (factory.text('override-type')) {
    case 'merge':
      return (await import('../../api/patch/merge-patch.ts')).applyMergePatch(object, value) as KubeObject
    case 'json':
      return (await import('../../api/patch/json-patch.ts')).applyJsonPatch(object, value as never) as KubeObject
    case 'strategic': {
      const { typeById } = await import('../../api/registry.ts')
      const { applyStrategicMergePatch } = await import('../../api/patch/strategic-merge-patch.ts')
      return applyStrategicMergePatch(object, value as Record<string, unknown>, typeById(`core.v1.${object.kind}`)) as KubeObject
    }
    default:
      throw new Error(`invalid override type: ${factory.text('override-type')}`)
  }
}

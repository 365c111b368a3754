/** `kubectl create deployment`, `job` and `cronjob`. */
import { UsageError } from '../errors.ts'
import type { Factory, KubeObject } from '../factory.ts'
import { defined, type Generator } from './generator.ts'

export const deployment: Generator = {
  summary: 'Create a deployment.',
  usage: 'kubectl create deployment NAME --image=image -- [COMMAND] [args...] [options]',
  required: ['image'],
  resource: 'deployments.apps',
  flags: {
    image: { type: 'list', doc: 'Images to run.' },
    port: { type: 'int', default: -1, doc: 'The port that the container listens on.' },
    replicas: { type: 'int', short: 'r', default: 1, doc: 'How many replicas.' },
  },
  make(factory, name) {
    const images = factory.list('image')
    const command = [...factory.dashArgs]
    if (images.length > 1 && command.length > 0) throw new Error('cannot specify multiple --image options and command')
    const replicas = factory.number('replicas')
    if (replicas < 0) throw new Error('replicas must be greater than or equal to 0')
    const labels = { app: name }
    const port = factory.number('port')
    const containers = images.map((image) =>
      defined({
        name: containerName(image),
        image,
        command: command.length ? command : undefined,
        ports: port >= 0 ? [{ containerPort: port }] : undefined,
        resources: {},
      }),
    )
    return {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: { name, labels },
      spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } }, strategy: {} },
      status: {},
    }
  },
}

/** The last part of an image's name, as a container may be called. */
function containerName(image: string): string {
  const name = (image.split('/').at(-1) as string).split(/[:@]/)[0] as string
  return name.replaceAll(/[^A-Za-z0-9-]/g, '-').toLowerCase()
}

export const job: Generator = {
  summary: 'Create a job.',
  usage: 'kubectl create job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...] [options]',
  resource: 'jobs.batch',
  flags: {
    image: { type: 'string', doc: 'The image to run.' },
    from: { type: 'string', doc: 'The cron job to make it from.' },
  },
  async make(factory, name) {
    const from = factory.text('from')
    const image = factory.text('image')
    if ((image === '') === (from === '')) throw new Error('either --image or --from must be specified')
    if (from && factory.dashArgs.length > 0) throw new Error('cannot specify --from and command')
    if (from) return jobFrom(factory, name, from)
    return {
      kind: 'Job',
      apiVersion: 'batch/v1',
      metadata: { name },
      spec: { template: podTemplate(name, image, factory.dashArgs, 'Never') },
      status: {},
    }
  },
}

const podTemplate = (name: string, image: string, command: readonly string[], restartPolicy: string) => ({
  metadata: {},
  spec: { containers: [defined({ name, image, command: command.length ? [...command] : undefined, resources: {} })], restartPolicy },
})

async function jobFrom(factory: Factory, name: string, from: string): Promise<KubeObject> {
  const { targetOf } = await import('../select.ts')
  const { type, name: source } = await targetOf(factory, [from])
  if (type.resource !== 'cronjobs') throw new Error(`from must be an existing cronjob: unknown object type ${type.kind}`)
  const { pathOf } = await import('../resources.ts')
  const cronJob = await factory.request<KubeObject>({ method: 'GET', path: pathOf(type, await factory.namespace(), source) })
  const template = (
    cronJob['spec'] as {
      jobTemplate: { metadata?: { annotations?: Record<string, string>; labels?: Record<string, string> }; spec: unknown }
    }
  ).jobTemplate
  return {
    kind: 'Job',
    apiVersion: 'batch/v1',
    metadata: defined({
      name,
      labels: template.metadata?.labels,
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...template.metadata?.annotations },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: source, uid: cronJob.metadata['uid'] }],
    }),
    spec: template.spec,
    status: {},
  }
}

export const cronjob: Generator = {
  summary: 'Create a cron job.',
  usage: "kubectl create cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [options]",
  required: ['image', 'schedule'],
  resource: 'cronjobs.batch',
  flags: {
    image: { type: 'string', doc: 'The image to run.' },
    schedule: { type: 'string', doc: 'When, as cron has it.' },
    restart: { type: 'string', default: 'OnFailure', doc: "The pods' restart policy: OnFailure or Never." },
  },
  make(factory, name) {
    const restart = factory.text('restart')
    if (restart !== 'OnFailure' && restart !== 'Never') throw new UsageError(`invalid restart policy: ${restart}`)
    return {
      kind: 'CronJob',
      apiVersion: 'batch/v1',
      metadata: { name },
      spec: {
        schedule: factory.text('schedule'),
        jobTemplate: { metadata: { name }, spec: { template: podTemplate(name, factory.text('image'), factory.dashArgs, restart) } },
      },
      status: {},
    }
  },
}

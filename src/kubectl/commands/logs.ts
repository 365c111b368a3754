/** `kubectl logs`: the output of a pod's containers, or of the pods behind a workload or a selector. */
import { isNotFound } from '../../api/errors.ts'
import type { Pod } from '../../api/types/core-v1.ts'
import { UsageError } from '../errors.ts'
import { type Factory, kubectlCommand } from '../factory.ts'
import { containerOf, podOf } from '../pods.ts'
import { queryOf } from '../select.ts'

const notGiven = -1

export const command = kubectlCommand({
  summary: "Print the logs of a pod's container.",
  usage: 'kubectl logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER] [options]',
  flags: {
    'all-containers': { type: 'bool', doc: "Logs of all the pod's containers." },
    'all-pods': { type: 'bool', doc: 'Logs of all pods of a workload.' },
    container: { type: 'string', short: 'c', doc: 'The container.' },
    follow: { type: 'bool', short: 'f', doc: 'Go on as lines are written.' },
    'ignore-errors': { type: 'bool', doc: 'Go on when a stream fails.' },
    'limit-bytes': { type: 'int', doc: 'At most so many bytes.' },
    'max-log-requests': { type: 'int', default: 5, doc: 'How many streams of a selector may be followed at once.' },
    'pod-running-timeout': { type: 'duration', default: 20_000, doc: 'How long to wait for a pod of a workload.' },
    prefix: { type: 'bool', doc: 'Put pod and container before each line.' },
    previous: { type: 'bool', short: 'p', doc: 'Of the container that ran before.' },
    selector: { type: 'string', short: 'l', doc: 'Label selector of the pods.' },
    since: { type: 'duration', doc: 'Only lines younger than this.' },
    'since-time': { type: 'string', doc: 'Only lines after this time (RFC 3339).' },
    tail: { type: 'int', default: notGiven, doc: 'The last so many lines; with a selector 10 unless told.' },
    timestamps: { type: 'bool', doc: 'Put the time before each line.' },
    'insecure-skip-tls-verify-backend': { type: 'bool', doc: "Do not check the kubelet's certificate." },
  },
  async run(factory) {
    const { args } = factory
    const selector = factory.text('selector')
    if (args.length === 0 && !selector)
      throw new UsageError(
        "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
      )
    if (args.length > 0 && selector) throw new UsageError('only a selector (-l) or a POD name is allowed')
    if (args.length > 2)
      throw new UsageError(
        "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
      )
    if (factory.given('since') && factory.text('since-time'))
      throw new Error('at most one of `sinceTime` or `sinceSeconds` may be specified')
    if (factory.given('tail') && factory.number('tail') < notGiven) throw new Error('--tail must be greater than or equal to -1')
    if (args.length === 2 && factory.text('container')) throw new UsageError('only one of -c or an inline [CONTAINER] arg is allowed')
    const streams = await streamsOf(factory, args, selector)
    if (streams.length === 0) factory.err(`No resources found in ${await factory.namespace()} namespace.\n`)
    const most = factory.number('max-log-requests')
    if (factory.on('follow') && streams.length > most)
      throw new Error(
        `you are attempting to follow ${streams.length} log streams, but maximum allowed concurrency is ${most}, use --max-log-requests to increase the limit`,
      )
    const print = async (stream: Stream) => {
      try {
        await printStream(factory, stream)
      } catch (error) {
        if (!factory.on('ignore-errors')) throw error
        factory.err(`error: ${(error as Error).message}\n`)
      }
    }
    if (factory.on('follow')) await Promise.all(streams.map(print))
    else for (const stream of streams) await print(stream)
  },
})

interface Stream {
  readonly pod: Pod
  readonly container: string
}

async function streamsOf(factory: Factory, args: readonly string[], selector: string): Promise<Stream[]> {
  const everyContainer = factory.on('all-containers')
  const pods = selector
    ? (await import('../pods.ts')).podsBySelector(factory, selector)
    : factory.on('all-pods')
      ? (await import('../pods.ts')).podsOf(factory, args[0] as string)
      : podOf(factory, args[0] as string, factory.number('pod-running-timeout')).then(
          (pod) => [pod],
          async (error) => {
            // Upstream names the namespace here, and here only.
            throw isNotFound(error)
              ? new Error(`error from server (NotFound): ${error.message} in namespace ${JSON.stringify(await factory.namespace())}`)
              : error
          },
        )
  const streams: Stream[] = []
  for (const pod of await pods) {
    const { spec } = pod
    if (everyContainer)
      for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])])
        streams.push({ pod, container: container.name as string })
    else streams.push({ pod, container: containerOf(factory, pod, factory.text('container') || args[1] || '') })
  }
  return streams
}

async function printStream(factory: Factory, { pod, container }: Stream): Promise<void> {
  const { name = '', namespace = '' } = pod.metadata
  const tail = factory.given('tail') ? factory.number('tail') : factory.text('selector') ? 10 : notGiven
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/log${queryOf({
    container,
    follow: factory.on('follow'),
    previous: factory.on('previous'),
    timestamps: factory.on('timestamps'),
    sinceSeconds: factory.given('since') ? Math.ceil(factory.number('since') / 1000) : undefined,
    sinceTime: factory.text('since-time'),
    tailLines: tail === notGiven ? undefined : tail,
    limitBytes: factory.number('limit-bytes') || undefined,
    insecureSkipTLSVerifyBackend: factory.on('insecure-skip-tls-verify-backend'),
  })}`
  const transport = await factory.transport()
  const bytes = transport.stream({ method: 'GET', path, headers: { accept: '*/*' }, signal: factory.signal })
  const { stdout } = factory.invocation
  if (!factory.on('prefix')) {
    for await (const chunk of bytes) if (!stdout.write(chunk)) await new Promise<void>((done) => stdout.once('drain', () => done()))
    return
  }
  const { lines } = await import('../../client/https-transport.ts')
  for await (const line of lines(bytes)) factory.out(`[pod/${name}/${container}] ${line}\n`)
}

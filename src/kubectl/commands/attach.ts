/** `kubectl attach`: joins the process that a container runs already. */
import type { Pod } from '../../api/types/core-v1.ts'
import { UsageError } from '../errors.ts'
import { type Factory, kubectlCommand } from '../factory.ts'
import { containerOf, podOf } from '../pods.ts'
import { queryOf } from '../select.ts'
import { runRemote } from './exec.ts'

export const command = kubectlCommand({
  summary: 'Attach to a running container.',
  usage: 'kubectl attach (POD | TYPE/NAME) -c CONTAINER [options]',
  flags: {
    container: { type: 'string', short: 'c', doc: 'The container.' },
    'pod-running-timeout': { type: 'duration', default: 60_000, doc: 'How long to wait for a pod of a workload.' },
    quiet: { type: 'bool', short: 'q', doc: 'Print only what the process prints.' },
    stdin: { type: 'bool', short: 'i', doc: 'Pass standard input on.' },
    tty: { type: 'bool', short: 't', doc: 'Standard input is a terminal.' },
  },
  async run(factory) {
    const [word, ...more] = factory.args
    if (!word) throw new UsageError('at least 1 argument is required for attach')
    if (more.length > 0)
      throw new UsageError(
        `expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${factory.args.length}: [${factory.args.join(' ')}]`,
      )
    const pod = await podOf(factory, word, factory.number('pod-running-timeout'))
    return attachTo(factory, pod)
  },
})

async function attachTo(factory: Factory, pod: Pod): Promise<number> {
  const { phase } = pod.status ?? {}
  if (phase === 'Succeeded' || phase === 'Failed')
    throw new Error(`cannot attach a container in a completed pod; current phase is ${phase}`)
  const container = containerOf(factory, pod, factory.text('container'))
  if (factory.on('stdin') && !factory.on('quiet')) factory.err("If you don't see a command prompt, try pressing enter.\n")
  return runRemote(factory, pod, 'attach', { container })
}

/** Waits until a pod runs and attaches; of one that ended before, prints the log. Resolves to its exit code when `finite`. */
export async function attachWhenRunning(factory: Factory, pod: Pod, finite: boolean): Promise<number> {
  const isUp = (p: Pod) => p.status?.phase !== undefined && p.status.phase !== 'Pending' && p.status.phase !== 'Unknown'
  const running = await waitForPod(factory, pod, isUp, factory.number('pod-running-timeout'))
  const ended = (p: Pod) => p.status?.phase === 'Succeeded' || p.status?.phase === 'Failed'
  if (ended(running)) await printLog(factory, running)
  else await attachTo(factory, running)
  if (!finite) return 0
  const last = ended(running) ? running : await waitForPod(factory, pod, ended, factory.number('pod-running-timeout'))
  if (last.status?.phase === 'Succeeded') return 0
  const code = last.status?.containerStatuses?.find((s) => s.state?.terminated)?.state?.terminated?.exitCode ?? 1
  const { PlainError } = await import('../errors.ts')
  throw new PlainError(
    `pod ${pod.metadata.namespace}/${pod.metadata.name} terminated (${last.status?.containerStatuses?.[0]?.state?.terminated?.reason ?? 'Error'})`,
    code,
  )
}

async function waitForPod(factory: Factory, pod: Pod, done: (pod: Pod) => boolean, limitMs: number): Promise<Pod> {
  const { name = '', namespace = '' } = pod.metadata
  const path = `/api/v1/namespaces/${namespace}/pods`
  const fieldSelector = `metadata.name=${name}`
  const list = await factory.request<{ items: Pod[]; metadata: { resourceVersion: string } }>({
    method: 'GET',
    path: path + queryOf({ fieldSelector }),
  })
  const [now] = list.items
  if (now && done(now)) return now
  const signal = AbortSignal.any([factory.signal, AbortSignal.timeout(limitMs)])
  const transport = await factory.transport()
  const watched = path + queryOf({ fieldSelector, watch: true, resourceVersion: list.metadata.resourceVersion })
  for await (const event of transport.watch<Pod>({ method: 'GET', path: watched, signal })) {
    if (event.type === 'DELETED') throw new Error('the pod was deleted')
    if (event.type !== 'BOOKMARK' && done(event.object)) return event.object
  }
  throw new Error('timed out waiting for the condition')
}

async function printLog(factory: Factory, pod: Pod): Promise<void> {
  const transport = await factory.transport()
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/log${queryOf({ container: pod.spec?.containers?.[0]?.name })}`
  for await (const chunk of transport.stream({ method: 'GET', path, headers: { accept: '*/*' }, signal: factory.signal }))
    factory.invocation.stdout.write(chunk)
}

/** `kubectl exec`: runs a command in a container. */

import type { Pod } from '../../api/types/core-v1.ts'
import { PlainError, UsageError } from '../errors.ts'
import { type Factory, kubectlCommand } from '../factory.ts'
import { containerOf, podOf } from '../pods.ts'

export const command = kubectlCommand({
  summary: 'Run a command in a container.',
  usage: 'kubectl exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...] [options]',
  flags: {
    container: { type: 'string', short: 'c', doc: 'The container.' },
    filename: { type: 'list', short: 'f', doc: 'A file that names the pod.' },
    'pod-running-timeout': { type: 'duration', default: 60_000, doc: 'How long to wait for a pod of a workload.' },
    quiet: { type: 'bool', short: 'q', doc: 'Print only what the command prints.' },
    stdin: { type: 'bool', short: 'i', doc: 'Pass standard input on.' },
    tty: { type: 'bool', short: 't', doc: 'Standard input is a terminal.' },
  },
  async run(factory) {
    const { plainArgs, dashArgs } = factory
    const files = factory.list('filename')
    if (plainArgs.length === 0 && files.length === 0) throw new Error('pod, type/name or --filename must be specified')
    if (plainArgs.length > 1 || (plainArgs.length > 0 && files.length > 0)) {
      if (factory.invocation.dash < 0 || plainArgs.length > 1)
        throw new UsageError('exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead')
    }
    if (dashArgs.length === 0) throw new Error('you must specify at least one command for the container')
    const word = plainArgs[0] ?? (await nameFromFile(factory))
    const pod = await podOf(factory, word, factory.number('pod-running-timeout'))
    const { phase } = pod.status ?? {}
    if (phase === 'Succeeded' || phase === 'Failed')
      throw new Error(`cannot exec into a container in a completed pod; current phase is ${phase}`)
    const container = containerOf(quietly(factory), pod, factory.text('container'))
    return runRemote(factory, pod, 'exec', { container, command: dashArgs })
  },
})

const quietly = (factory: Factory): Factory => (factory.on('quiet') ? { ...factory, err: () => {} } : factory)

async function nameFromFile(factory: Factory): Promise<string> {
  const { select } = await import('../select.ts')
  const [info] = await select(factory, { args: [] })
  if (!info) throw new Error('the file names no object')
  return `${info.type.resource}${info.type.group ? `.${info.type.group}` : ''}/${info.name}`
}

/** exec and attach: standard input, output and error of a container, with or without a terminal. */
export async function runRemote(
  factory: Factory,
  pod: Pod,
  subresource: 'exec' | 'attach',
  { container, command }: { container: string; command?: readonly string[] },
): Promise<number> {
  const { stdin, stdout, stderr } = factory.invocation
  const wantsInput = factory.on('stdin')
  let tty = factory.on('tty')
  if (tty && !wantsInput) {
    tty = false
    if (subresource === 'exec') throw new Error('tty requires standard input: use -it')
  }
  if (tty && !stdin.isTTY) {
    if (!factory.on('quiet')) factory.err('Unable to use a TTY - input is not a terminal or the right kind of file\n')
    tty = false
  }
  const { runInContainer } = await import('../streams.ts')
  const run = () =>
    runInContainer(
      factory,
      pod,
      subresource,
      { container, command, tty },
      { stdout, stderr, stdin: wantsInput ? stdin : undefined, terminal: tty && stdout.isTTY ? stdout : undefined },
    )
  const code = tty ? await (await import('../../http/join-remote-command.ts')).withRawTerminal(stdin, run) : await run()
  if (code !== 0 && subresource === 'exec') throw new PlainError(`command terminated with exit code ${code}`, code)
  return code
}

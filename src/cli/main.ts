/** The `kijabi` command: runs the program that its first word, or the link it was called by, names. */
import { calledProgram, isBuilt, loadProgram, programs } from './programs.ts'

const [name, argv] = calledProgram(process.argv.slice(2), process.env['KIJABI_CALLED_AS'])
delete process.env['KIJABI_CALLED_AS']
process.exitCode = await main(name, argv)

async function main(name: string, argv: string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview())
    return 0
  }
  const command = await loadProgram(name === '--version' ? 'version' : name)
  if (!command) {
    const known = name in programs
    process.stderr.write(known ? `kijabi: ${name} is not built yet\n` : `kijabi: there is no program "${name}"; kijabi --help lists them\n`)
    return 1
  }
  if (programs[name]?.kind === 'client' && name !== 'kubectl') {
    const { fillClientEnvironment } = await import('./client-environment.ts')
    fillClientEnvironment(name, argv, process.env)
  }
  const { runCommand } = await import('../flags/run.ts')
  return runCommand(command, name, argv, {
    env: process.env,
    // Each stream costs milliseconds to open: only those that are used are.
    get stdin() {
      return process.stdin
    },
    get stdout() {
      return quietWhenClosed(process.stdout)
    },
    get stderr() {
      return process.stderr
    },
    signal: stopSignal(),
  })
}

/** A reader that went away, as in `kijabi up | head -1`, is no reason to fail: what is printed goes nowhere from then on. */
function quietWhenClosed(out: NodeJS.WriteStream): NodeJS.WriteStream {
  if (out.listenerCount('error') === 0)
    out.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  return out
}

/** Aborts at the first TERM or INT; a second one ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(signal === 'SIGTERM' ? 143 : 130)
      controller.abort()
    })
  }
  return controller.signal
}

function overview(): string {
  const section = (title: string, kind: string) => [
    title,
    ...Object.entries(programs)
      .filter(([name, p]) => p.kind === kind && isBuilt(name))
      .map(([name, p]) => `  ${name.padEnd(26)}${p.summary}`),
    '',
  ]
  return [
    'Kijabi is Kubernetes in TypeScript: every component and client in one command.',
    '',
    'Usage: kijabi PROGRAM [arguments]',
    '',
    ...section('The cluster:', 'cluster'),
    ...section('Components, with upstream’s flags:', 'component'),
    ...section('Clients:', 'client'),
    'kijabi PROGRAM --help tells more. kijabi link DIR makes links, so that each can be typed by its own name.',
    '',
  ].join('\n')
}

/** `kijabi logs [component] [-f]`. */
import { createReadStream, existsSync, readdirSync, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Command } from '../flags/command.ts'
import { ExitError } from '../flags/run.ts'
import { type Cluster, dataFolder, openCluster } from './cluster.ts'

export const command: Command = {
  summary: 'Print the logs of a component, or of all.',
  usage: 'kijabi logs [COMPONENT] [-f]',
  flags: {
    'data-dir': { type: 'string', doc: 'The folder that the cluster lives in (KIJABI_HOME, else /var/lib/kijabi).' },
    follow: { type: 'bool', short: 'f', doc: 'Go on printing what is written.' },
  },
  async run({ values, args, env, stdout, signal }) {
    const folder = dataFolder(values['data-dir'] as string, env)
    const cluster = openCluster(folder)
    if (!cluster) throw new ExitError(`kijabi logs: there is no cluster in ${folder}; kijabi up starts one`)
    const names = logNames(cluster)
    const wanted = args.length ? args : names
    const unknown = wanted.find((name) => !names.includes(name))
    if (unknown) throw new ExitError(`kijabi logs: no log of ${unknown}; there are logs of ${names.join(', ')}`)
    await Promise.all(
      wanted.map((name) =>
        print(cluster.path('logs', `${name}.log`), wanted.length > 1 ? `${name}: ` : '', Boolean(values['follow']), stdout, signal),
      ),
    )
    return 0
  },
}

function logNames(cluster: Cluster): string[] {
  if (!existsSync(cluster.path('logs'))) return []
  return readdirSync(cluster.path('logs'))
    .filter((file) => file.endsWith('.log'))
    .map((file) => file.slice(0, -4))
    .toSorted()
}

/** Prints a file, and with `follow` what is added to it; a file that was rotated is read from its beginning. */
async function print(path: string, prefix: string, follow: boolean, out: NodeJS.WriteStream, signal: AbortSignal): Promise<void> {
  let at = 0
  let rest = ''
  const more = async () => {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (size < at) at = 0
    if (size === at) return
    for await (const chunk of createReadStream(path, { start: at, end: size - 1, encoding: 'utf8' })) {
      const lines = (rest + (chunk as string)).split('\n')
      rest = lines.pop() as string
      for (const line of lines) out.write(`${prefix}${line}\n`)
    }
    at = size
  }
  if (!follow) return more()
  let reading = Promise.resolve()
  const again = () => {
    reading = reading.then(more)
  }
  // The folder is watched, not the file: rotation makes another file of that name.
  const watcher = watch(dirname(path), (_, name) => name === basename(path) && again())
  again()
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  watcher.close()
  await reading
}

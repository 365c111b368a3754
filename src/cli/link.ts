/** `kijabi link DIR`: links by which each component and client can be typed by its own name. */
import { lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from '../flags/command.ts'
import { ExitError } from '../flags/run.ts'
import { isBuilt, linkable } from './programs.ts'

export const command: Command = {
  summary: 'Make links to the components and clients in a folder, so that `kubectl` is Kijabi’s kubectl.',
  usage: 'kijabi link DIR',
  async run({ args, stdout, env }) {
    const [folder] = args
    if (folder === undefined || args.length > 1) throw new ExitError('kijabi link: name one folder, as in: kijabi link ~/.local/bin')
    const target = fileURLToPath(new URL('../../bin/kijabi', import.meta.url))
    const into = resolve(folder)
    mkdirSync(into, { recursive: true })
    const made = linkable.filter(isBuilt)
    for (const name of ['kijabi', ...made]) link(target, join(into, name))
    stdout.write(`${made.length + 1} links made in ${into}: kijabi ${made.join(' ')}\n`)
    if (!(env['PATH'] ?? '').split(':').includes(into)) stdout.write(`To use them: export PATH="${into}:$PATH"\n`)
    return 0
  },
}

/** Replaces only what is a link to Kijabi already: somebody's own kubectl is not ours to remove. */
function link(target: string, path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there) {
    if (!there.isSymbolicLink() || !/\bkijabi$/.test(readlinkSync(path)))
      throw new ExitError(`kijabi link: ${path} is there already and not a link to kijabi; nothing was done to it`)
    rmSync(path)
  }
  symlinkSync(target, path)
}

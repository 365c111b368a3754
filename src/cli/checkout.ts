/**
 * `kijabi` in a checkout: runs what scripts/build.ts made of the sources while these are as they were then, because a few
 * large files load faster than hundreds of small ones, and else the sources. What starts components builds first.
 */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { calledProgram, modules, programs } from './programs.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const [name] = calledProgram(process.argv.slice(2), process.env['KIJABI_CALLED_AS'])
const starts = name === 'up' || programs[name]?.kind === 'component'
const current = isCurrent(name) || (starts && (await build()))
await import(`${root}${current ? 'dist/js/cli-main.js' : 'src/cli/main.ts'}`)

/** Whether every source of the program is the one that was built: to look at those of all programs would take milliseconds. */
function isCurrent(name: string): boolean {
  const list = `${root}dist/inputs/${name}.json`
  if (!Object.hasOwn(modules, name) || !existsSync(list)) return false
  const inputs = JSON.parse(readFileSync(list, 'utf8')) as [path: string, size: number, mtimeMs: number][]
  return inputs.every(([path, size, mtimeMs]) => {
    const file = statSync(root + path, { throwIfNoEntry: false })
    return file?.size === size && file.mtimeMs === mtimeMs
  })
}

/** Nothing depends on it: where it cannot be done, the sources run. */
async function build(): Promise<boolean> {
  if (!existsSync(`${root}node_modules/rolldown`) || !isWritable(root)) return false
  process.stderr.write('kijabi: building from changed sources, to start faster\n')
  const { spawnSync } = await import('node:child_process')
  const words = ['--disable-warning=ExperimentalWarning', `${root}scripts/build.ts`]
  return spawnSync(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

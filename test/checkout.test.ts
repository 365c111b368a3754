/** `kijabi` in a checkout: it runs what was built of its sources, as long as they are what was built. */
import { appendFileSync, cpSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root, run, succeed } from './support/shell.ts'

const folder = mkdtempSync(join(tmpdir(), 'kijabi-checkout-'))
const kijabi = join(folder, 'bin/kijabi')
const version = () => run(kijabi, ['version'])

beforeAll(() => {
  for (const part of ['bin', 'src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Makes what was built tell that it runs. */
const mark = () => appendFileSync(join(folder, 'dist/js/cli-version.js'), "\nprocess.stdout.write('as built\\n')\n")
const touch = (path: string) => {
  const { atime, mtimeMs } = statSync(join(folder, path))
  utimesSync(join(folder, path), atime, new Date(mtimeMs + 1000))
}

test('a client runs from the sources where nothing was built, and does not build', async () => {
  const { stdout, stderr } = await version()
  expect(stdout).toMatch(/^kijabi /)
  expect(stderr).toBe('')
  expect(existsSync(join(folder, 'dist'))).toBe(false)
})

test('a component builds first and says so, and then all programs run what was built', async () => {
  const first = await run(kijabi, ['kube-proxy', '--help'])
  expect(first.stdout).toContain('Usage')
  expect(first.stderr).toBe('kijabi: building from changed sources, to start faster\n')
  expect((await run(kijabi, ['kube-proxy', '--help'])).stderr).toBe('')
  mark()
  expect((await version()).stdout).toContain('as built')
})

test('a source that changed is run itself, and only by the programs that it is a part of', async () => {
  touch('src/kubectl/command.ts')
  expect((await version()).stdout).toContain('as built')
  touch('src/version.ts')
  const { stdout, stderr } = await version()
  expect(stdout).toMatch(/^kijabi /)
  expect(stdout).not.toContain('as built')
  expect(stderr).toBe('')
})

test('a build that fails keeps nothing from starting', async () => {
  appendFileSync(join(folder, 'src/nerdctl/command.ts'), '\nthis is no program\n')
  touch('src/network/proxy/command.ts')
  const { code, stdout } = await run(kijabi, ['kube-proxy', '--help'])
  expect(stdout).toContain('Usage')
  expect(code).toBe(0)
  expect(existsSync(join(folder, 'dist/.making'))).toBe(false)
})

test('links to programs run what was built, too', async () => {
  cpSync(join(root, 'src/nerdctl/command.ts'), join(folder, 'src/nerdctl/command.ts'))
  await succeed(kijabi, ['kube-proxy', '--help'])
  mark()
  const links = join(folder, 'links')
  expect(await succeed(kijabi, ['link', links])).toContain('links made')
  expect(await succeed(join(links, 'kijabi'), ['version'])).toContain('as built')
  expect(await succeed(join(links, 'kubectl'), ['version', '--client'])).toContain('Client Version')
})

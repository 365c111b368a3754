/** The package as its users get it: packed, installed by npm 12 with its defaults, which run no scripts of dependencies, and run. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kubernetesVersion, version } from '../src/version.ts'
import { root, run, succeed } from './support/shell.ts'

const folder = mkdtempSync(join(tmpdir(), 'kijabi-package-'))
const installed = join(folder, 'app', 'node_modules', '.bin', 'kijabi')
let online = true

beforeAll(async () => {
  online = (await run('npm', ['view', 'npm@12.2.0', 'version'])).code === 0
  if (!online) {
    console.warn('skipped: no npm registry can be reached to install from')
    return
  }
  // From a copy: packing builds anew, and other tests run from this checkout meanwhile.
  const copy = join(folder, 'source')
  const left = [join(root, 'node_modules'), join(root, 'dist'), join(root, '.git')]
  cpSync(root, copy, { recursive: true, filter: (path) => !left.includes(path) })
  symlinkSync(realpathSync(join(root, 'node_modules')), join(copy, 'node_modules'))
  await succeed('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: copy })
  await succeed('npm', [
    'install',
    '--silent',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefix',
    join(folder, 'npm'),
    'npm@12.2.0',
  ])
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) as string
  const app = join(folder, 'app')
  rmSync(app, { recursive: true, force: true })
  await succeed('mkdir', ['-p', app])
  writeFileSync(join(app, 'package.json'), '{"private": true, "type": "module"}')
  const npm12 = join(folder, 'npm', 'node_modules', 'npm', 'bin', 'npm-cli.js')
  await succeed(process.execPath, [npm12, 'install', '--no-audit', '--no-fund', join(folder, tarball)], { cwd: app, timeoutMs: 110_000 })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the version is the one of package.json', () => {
  expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version).toBe(version)
})

test('the installed command runs on the Node that it brings', async ({ skip }) => {
  if (!online) skip()
  expect(await succeed(installed, ['version'])).toMatch(new RegExp(`kijabi ${version}\nkubernetes ${kubernetesVersion}\nnode v26`))
})

test('a cluster starts, answers and stops', async ({ skip }) => {
  if (!online) skip()
  const data = join(folder, 'data')
  const env = { KIJABI_HOME: data, KUBECONFIG: join(folder, 'kubeconfig') }
  expect(await succeed(installed, ['up', '--simulated-nodes', '2', '--port', '28443'], { env })).toContain('The cluster is ready')
  expect(await succeed(installed, ['status'], { env })).toContain('https://127.0.0.1:28443')
  await succeed(installed, ['down', '--purge'], { env })
  expect((await run(installed, ['status'], { env })).stdout).toContain('There is no cluster')
})

test('the client library is there with its types', async ({ skip }) => {
  if (!online) skip()
  const app = join(folder, 'app')
  writeFileSync(
    join(app, 'use.js'),
    "import { createClient, createMemoryTransport } from 'kijabi/client'\nconst c = createClient(createMemoryTransport())\nawait c.create('configmaps', { metadata: { name: 'a', namespace: 'b' } })\nconsole.log((await c.list('configmaps')).items.length)\n",
  )
  expect(await succeed(process.execPath, ['use.js'], { cwd: app })).toBe('1\n')
})

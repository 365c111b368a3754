/**
 * Bundles the sources into dist/js: `npm run build` for the package, and `kijabi` itself in a checkout (src/cli/checkout.ts),
 * for which dist/inputs lists the sources of each program as they were. Everything lies in one folder, as deep as the sources
 * that ask where they are. Programs may start meanwhile: what is complete is renamed to its place file by file, parts before
 * those that import them, and parts of older builds stay for the processes that may yet load them.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plugin, rolldown } from 'rolldown'
import { builtName, isBuilt, modules } from '../src/cli/programs.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const making = join(dist, '.making')
const worker = 'runtime/images/unpack-worker'
const source = (module: string): string => join(root, 'src', `${module}.ts`)
const isSource = (path: string): boolean => path.startsWith(join(root, 'src/'))
const keptMs = 7 * 24 * 3600_000
const leftBehindMs = 60_000

/**
 * Node's own modules as they are: an `import` of one asks it for everything that it has, and much of that is loaded when it is
 * first asked for.
 */
const builtinModules: Plugin = {
  name: 'builtin-modules',
  // One for each module that asks, so that it lies beside that and is no file of its own.
  resolveId: (id, importer, { kind }) => (id.startsWith('node:') && kind === 'import-statement' ? `\0${id}?${importer}` : undefined),
  load(id) {
    if (!id.startsWith('\0node:')) return undefined
    const name = id.slice(1, id.indexOf('?'))
    const exported = Object.keys(process.getBuiltinModule(name) as object).map(
      (key, i) => `const m${i} = /* @__PURE__ */ (() => module.${key})()\nexport { m${i} as ${key} }`,
    )
    const module = `const module = /* @__PURE__ */ process.getBuiltinModule('${name}')`
    return { code: [module, 'export default module', ...exported].join('\n'), moduleSideEffects: false }
  },
}

mkdirSync(dist, { recursive: true })
if (ageMs(making) > leftBehindMs) rmSync(making, { recursive: true, force: true })
if (isAlone()) {
  try {
    await build()
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
} else {
  process.stderr.write('kijabi: another build is under way\n')
  process.exitCode = 1
}

function isAlone(): boolean {
  try {
    mkdirSync(making)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

type Imports = Map<string, { readonly always: readonly string[]; readonly lazy: readonly string[] }>

async function build(): Promise<void> {
  const began = Date.now()
  const names = Object.keys(modules).filter(isBuilt)
  const entries = [...names.map((name) => modules[name] as string), 'cli/main', 'cli/checkout', 'index', 'client/index']
  // Looked at before they are read: what is written meanwhile is another file than the list says.
  const before = new Map([...sources(), join(root, 'scripts/build.ts')].map((path) => [path, statSync(path)]))
  const importsOf: Imports = new Map()
  const bundle = await rolldown({
    input: {
      ...Object.fromEntries(entries.map((module) => [builtName(module), source(module)])),
      'unpack-worker': source(worker),
    },
    platform: 'node',
    external: /^(?!node:)[a-z]/,
    logLevel: 'warn',
    checks: { ineffectiveDynamicImport: false },
    plugins: [
      builtinModules,
      {
        name: 'imports',
        buildEnd() {
          for (const path of this.getModuleIds()) {
            const { importedIds = [], dynamicallyImportedIds = [] } = this.getModuleInfo(path) ?? {}
            importsOf.set(path, { always: importedIds.filter(isSource), lazy: dynamicallyImportedIds.filter(isSource) })
          }
        },
      },
    ],
  })
  const { output } = await bundle.write({ dir: join(making, 'js'), format: 'esm', chunkFileNames: 'part-[hash].js' })
  const chunks = output.filter((file) => file.type === 'chunk')

  mkdirSync(join(making, 'inputs'))
  for (const name of names) {
    const inputs = inputsOf(name, importsOf).map((path) => {
      const file = before.get(path)
      if (!file) throw new Error(`${path} was not there when the build began`)
      return [relative(root, path), file.size, file.mtimeMs]
    })
    writeFileSync(join(making, 'inputs', `${name}.json`), JSON.stringify(inputs))
  }

  const files = chunks.toSorted((a, b) => Number(a.isEntry) - Number(b.isEntry)).map((chunk) => chunk.fileName)
  put('js', files)
  put(
    'inputs',
    names.map((name) => `${name}.json`),
  )
  for (const file of readdirSync(join(dist, 'js'))) {
    const path = join(dist, 'js', file)
    if (!files.includes(file) && began - statSync(path).mtimeMs > keptMs) rmSync(path)
  }
}

/** All that `kijabi NAME` may load, and what it is built with. */
function inputsOf(name: string, importsOf: Imports): string[] {
  const found = new Set([join(root, 'scripts/build.ts')])
  const visit = (path: string, lazily: boolean) => {
    if (found.has(path)) return
    found.add(path)
    const { always, lazy } = importsOf.get(path) ?? { always: [], lazy: [] }
    for (const next of lazily ? [...always, ...lazy] : always) visit(next, lazily)
  }
  for (const module of [modules[name] as string, worker]) visit(source(module), true)
  for (const module of ['cli/main', 'cli/checkout']) visit(source(module), false)
  return [...found]
}

function sources(): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join(root, 'src', file))
}

function put(folder: string, files: readonly string[]): void {
  mkdirSync(join(dist, folder), { recursive: true })
  for (const file of files) renameSync(join(making, folder, file), join(dist, folder, file))
}

function ageMs(path: string): number {
  const file = statSync(path, { throwIfNoEntry: false })
  return file ? Date.now() - file.mtimeMs : 0
}

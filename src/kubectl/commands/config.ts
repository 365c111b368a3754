/** `kubectl config`: reads and changes kubeconfig files. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseYaml, writeYaml } from '../../api/yaml.ts'
import type { Command } from '../../flags/command.ts'
import type { FlagTable } from '../../flags/flags.ts'
import { PlainError, UsageError } from '../errors.ts'
import { type Factory, kubectlCommand } from '../factory.ts'
import { jsonText } from '../print/object.ts'
import { alignTable } from '../print/table.ts'

type Fields = Record<string, unknown>
interface Entry extends Fields {
  name: string
}
interface Config extends Fields {
  clusters: Entry[]
  contexts: Entry[]
  users: Entry[]
  'current-context': string
}
type Section = 'clusters' | 'contexts' | 'users'
const bodyOf: Readonly<Record<Section, string>> = { clusters: 'cluster', contexts: 'context', users: 'user' }

/** The file as it stands: relative paths and unknown fields stay. */
function readFile(path: string): Config {
  const value = existsSync(path) ? (parseYaml(readFileSync(path, 'utf8')).value as Fields | null) : null
  const list = (section: Section) => ((value?.[section] as Entry[] | null | undefined) ?? []).slice()
  return {
    apiVersion: 'v1',
    kind: 'Config',
    ...value,
    'current-context': (value?.['current-context'] as string | undefined) ?? '',
    clusters: list('clusters'),
    contexts: list('contexts'),
    users: list('users'),
  }
}
/** Written beside and moved into place, readable by its owner alone: it may hold keys. */
function writeFile(path: string, config: Config): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const beside = `${path}.${process.pid}.tmp`
  writeFileSync(beside, writeYaml(config), { mode: 0o600 })
  renameSync(beside, path)
}

async function paths(factory: Factory): Promise<string[]> {
  return factory.kubeconfigPaths()
}
/** All files as one: the first to name something wins. */
async function readAll(factory: Factory): Promise<Config> {
  const [first, ...others] = (await paths(factory)).map(readFile)
  const merged = first as Config
  for (const other of others) {
    merged['current-context'] ||= other['current-context']
    for (const section of ['clusters', 'contexts', 'users'] as const)
      for (const entry of other[section]) if (!merged[section].some((e) => e.name === entry.name)) merged[section].push(entry)
  }
  return merged
}
/** The file that has an entry, else the first. */
async function fileOf(factory: Factory, has: (config: Config) => boolean): Promise<{ path: string; config: Config }> {
  const all = (await paths(factory)).map((path) => ({ path, config: readFile(path) }))
  return all.find(({ config }) => has(config)) ?? (all[0] as { path: string; config: Config })
}

const contextOf = (config: Config, name: string) => config.contexts.find((c) => c.name === name)?.['context'] as Fields | undefined
const oneArgument = (factory: Factory): string => {
  if (factory.args.length !== 1) throw new UsageError(`Unexpected args: [${factory.args.join(' ')}]`)
  return factory.args[0] as string
}

const currentContext = kubectlCommand({
  summary: 'Print the current context.',
  async run(factory) {
    const name = (await readAll(factory))['current-context']
    if (!name) throw new Error('current-context is not set')
    factory.out(`${name}\n`)
  },
})

const useContext = kubectlCommand({
  summary: 'Set the current context.',
  usage: 'kubectl config use-context CONTEXT_NAME [options]',
  async run(factory) {
    const name = oneArgument(factory)
    if (!contextOf(await readAll(factory), name)) throw new Error(`no context exists with the name: ${JSON.stringify(name)}`)
    const { path, config } = await fileOf(factory, (c) => c['current-context'] !== '')
    writeFile(path, { ...config, 'current-context': name })
    factory.out(`Switched to context ${JSON.stringify(name)}.\n`)
  },
})

/** set-context, set-cluster and set-credentials: fields of a named entry. */
function setter(
  section: Section,
  what: string,
  done: string,
  flags: FlagTable,
  fields: (factory: Factory, name: string) => Fields | Promise<Fields>,
): Command {
  const body = bodyOf[section]
  return kubectlCommand({
    summary: `Set the fields of a ${what}.`,
    usage: `kubectl config set-${section === 'users' ? 'credentials' : body} NAME [options]`,
    flags,
    async run(factory) {
      const current = section === 'contexts' && factory.on('current')
      const name = current ? (await readAll(factory))['current-context'] : oneArgument(factory)
      if (current && !name) throw new Error('no current context is set')
      const given = await fields(factory, name)
      const { path, config } = await fileOf(factory, (c) => c[section].some((e) => e.name === name))
      const before = config[section].find((e) => e.name === name)
      const empty: Fields = section === 'contexts' ? { cluster: '', user: '' } : {}
      const made = Object.fromEntries(
        Object.entries({ ...empty, ...(before?.[body] as Fields | undefined), ...given }).filter(([, value]) => value !== undefined),
      )
      const entry = { ...before, name, [body]: made }
      const entries = before ? config[section].map((e) => (e === before ? entry : e)) : [...config[section], entry]
      writeFile(path, { ...config, [section]: entries })
      factory.out(`${done} ${JSON.stringify(name)} ${section === 'contexts' ? (before ? 'modified' : 'created') : 'set'}.\n`)
    },
  })
}
const embedded = (factory: Factory, flag: string): Fields => {
  if (!factory.given(flag)) return {}
  const path = factory.text(flag)
  return factory.on('embed-certs')
    ? { [`${flag}-data`]: readFileSync(path).toString('base64'), [flag]: undefined }
    : { [flag]: path, [`${flag}-data`]: undefined }
}
const givenText = (factory: Factory, flag: string, field = flag): Fields =>
  factory.given(flag) ? { [field]: factory.text(flag) || undefined } : {}
const embedFlag: FlagTable = { 'embed-certs': { type: 'bool', doc: 'Put the files themselves into the kubeconfig.' } }

const setContext = setter('contexts', 'context', 'Context', { current: { type: 'bool', doc: 'The current context.' } }, (factory) => ({
  ...givenText(factory, 'cluster'),
  ...givenText(factory, 'user'),
  ...givenText(factory, 'namespace'),
}))
const setCluster = setter('clusters', 'cluster', 'Cluster', embedFlag, (factory) => ({
  ...givenText(factory, 'server'),
  ...givenText(factory, 'tls-server-name'),
  ...(factory.given('insecure-skip-tls-verify') ? { 'insecure-skip-tls-verify': factory.on('insecure-skip-tls-verify') || undefined } : {}),
  ...embedded(factory, 'certificate-authority'),
}))
const setCredentials = setter('users', 'user', 'User', embedFlag, (factory) => ({
  ...givenText(factory, 'token'),
  ...givenText(factory, 'username'),
  ...givenText(factory, 'password'),
  ...embedded(factory, 'client-certificate'),
  ...embedded(factory, 'client-key'),
}))

function remover(section: Section, what: string): Command {
  return kubectlCommand({
    summary: `Delete a ${what} from the kubeconfig.`,
    async run(factory) {
      const name = oneArgument(factory)
      const { path, config } = await fileOf(factory, (c) => c[section].some((e) => e.name === name))
      if (!config[section].some((e) => e.name === name)) throw new Error(`cannot delete ${what} ${name}, not in ${path}`)
      if (section === 'contexts' && config['current-context'] === name)
        factory.err(`warning: this removed your active context, use "kubectl config use-context" to select a different one\n`)
      writeFile(path, { ...config, [section]: config[section].filter((e) => e.name !== name) })
      factory.out(`deleted ${what} ${name} from ${path}\n`)
    },
  })
}

const renameContext = kubectlCommand({
  summary: 'Rename a context.',
  usage: 'kubectl config rename-context CONTEXT_NAME NEW_NAME [options]',
  async run(factory) {
    const [from, to] = factory.args
    if (!from || !to || factory.args.length !== 2) throw new UsageError(`Unexpected args: [${factory.args.join(' ')}]`)
    const { path, config } = await fileOf(factory, (c) => contextOf(c, from) !== undefined)
    if (!contextOf(config, from)) throw new Error(`cannot rename the context ${JSON.stringify(from)}, it's not in ${path}`)
    if (contextOf(config, to))
      throw new Error(`cannot rename the context ${JSON.stringify(from)}, the context ${JSON.stringify(to)} already exists in ${path}`)
    writeFile(path, {
      ...config,
      contexts: config.contexts.map((c) => (c.name === from ? { ...c, name: to } : c)),
      'current-context': config['current-context'] === from ? to : config['current-context'],
    })
    factory.out(`Context ${JSON.stringify(from)} renamed to ${JSON.stringify(to)}.\n`)
  },
})

const getContexts = kubectlCommand({
  summary: 'Show the contexts.',
  usage: 'kubectl config get-contexts [(-o|--output=)name)] [options]',
  flags: { 'no-headers': { type: 'bool', doc: 'Print no headers.' }, output: { type: 'string', short: 'o', doc: 'name.' } },
  async run(factory) {
    const output = factory.text('output')
    if (output !== '' && output !== 'name') throw new Error(`output must be one of '' or 'name'`)
    const config = await readAll(factory)
    const names = factory.args.length > 0 ? factory.args : config.contexts.map((c) => c.name).sort()
    const missing = names.filter((name) => !contextOf(config, name))
    const found = names.filter((name) => contextOf(config, name))
    if (output === 'name') for (const name of found) factory.out(`${name}\n`)
    else {
      const rows = found.map((name) => {
        const { cluster = '', user = '', namespace = '' } = contextOf(config, name) as Record<string, string>
        return [name === config['current-context'] ? '*' : '', name, cluster, user, namespace].join('\t')
      })
      const lines = [...(factory.on('no-headers') ? [] : ['CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE']), ...rows]
      if (lines.length > 0) factory.out(alignTable(`${lines.join('\n')}\n`))
    }
    if (missing.length > 0) throw new PlainError(missing.map((name) => `error: context ${name} not found`).join('\n'))
  },
})

const names = (section: Section): Command =>
  kubectlCommand({
    summary: `Show the ${section}.`,
    async run(factory) {
      factory.out(
        `NAME\n${(await readAll(factory))[section]
          .map((e) => `${e.name}\n`)
          .sort()
          .join('')}`,
      )
    },
  })

const secrets: Readonly<Record<string, string>> = {
  'certificate-authority-data': 'DATA+OMITTED',
  'client-certificate-data': 'DATA+OMITTED',
  'client-key-data': 'DATA+OMITTED',
  token: 'REDACTED',
  password: 'REDACTED',
}
const redacted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(redacted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, secrets[key] !== undefined && inner ? secrets[key] : redacted(inner)]),
  )
}

const view = kubectlCommand({
  summary: 'Show the kubeconfig.',
  usage: 'kubectl config view [options]',
  flags: {
    flatten: { type: 'bool', doc: 'Put the files that it names into it.' },
    merge: { type: 'bool', default: true, doc: 'Merge all files.' },
    minify: { type: 'bool', doc: 'Only what the current context needs.' },
    output: { type: 'string', short: 'o', default: 'yaml', doc: 'yaml, json, jsonpath=…' },
    raw: { type: 'bool', doc: 'Show secrets, too.' },
    template: { type: 'string', doc: 'Template for -o go-template.' },
    'allow-missing-template-keys': { type: 'bool', default: true, doc: 'Missing fields in templates print nothing.' },
    'show-managed-fields': { type: 'bool', hidden: true, doc: 'Has no effect on a kubeconfig.' },
  },
  async run(factory) {
    let config: Fields = await readAll(factory)
    const all = config as Config
    if (factory.on('minify')) {
      const name = factory.text('context') || all['current-context']
      const context = contextOf(all, name)
      if (!context) throw new Error(name ? `cannot locate context ${name}` : 'current-context must exist in order to minify')
      config = {
        ...all,
        'current-context': name,
        contexts: all.contexts.filter((c) => c.name === name),
        clusters: all.clusters.filter((c) => c.name === context['cluster']),
        users: all.users.filter((u) => u.name === context['user']),
      }
    }
    if (factory.on('flatten')) config = flattened(config as Config)
    if (!factory.on('raw')) config = redacted(config) as Fields
    const lists = ['clusters', 'contexts', 'users']
    config = Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key, lists.includes(key) && (value as unknown[]).length === 0 ? null : value]),
    )
    const output = factory.text('output')
    if (output === 'yaml') factory.out(writeYaml(config))
    else if (output === 'json') factory.out(jsonText({ kind: config['kind'], apiVersion: config['apiVersion'], ...config }, false))
    else {
      const { objectPrinter } = await import('../print/object.ts')
      factory.out((await (await objectPrinter(factory))?.(config as never)) ?? '')
    }
  },
})
function flattened(config: Config): Config {
  const inline = (fields: Fields, key: string): Fields => {
    const path = fields[key]
    if (typeof path !== 'string' || path === '') return fields
    const { [key]: _, ...rest } = fields
    return { ...rest, [`${key}-data`]: readFileSync(path).toString('base64') }
  }
  return {
    ...config,
    clusters: config.clusters.map((c) => ({ ...c, cluster: inline(c['cluster'] as Fields, 'certificate-authority') })),
    users: config.users.map((u) => ({ ...u, user: inline(inline((u['user'] ?? {}) as Fields, 'client-certificate'), 'client-key') })),
  }
}

/** `set` and `unset` of a path such as `contexts.dev.namespace` or `current-context`. */
function pathCommand(name: 'set' | 'unset'): Command {
  return kubectlCommand({
    summary: name === 'set' ? 'Set a value of the kubeconfig.' : 'Take a value out of the kubeconfig.',
    usage: name === 'set' ? 'kubectl config set PROPERTY_NAME PROPERTY_VALUE [options]' : 'kubectl config unset PROPERTY_NAME [options]',
    async run(factory) {
      const [property = '', value] = factory.args
      if (factory.args.length !== (name === 'set' ? 2 : 1)) throw new UsageError(`Unexpected args: [${factory.args.join(' ')}]`)
      const [path] = (await paths(factory)) as [string]
      const config = readFile(path)
      const parts = property.split('.')
      const section = parts[0] as Section
      if (property === 'current-context') config['current-context'] = name === 'set' ? (value as string) : ''
      else if (bodyOf[section] && parts.length >= 2) {
        // Names may hold dots: the last part is the field.
        const field = parts.length > 2 ? (parts.at(-1) as string) : undefined
        const entryName = (field ? parts.slice(1, -1) : parts.slice(1)).join('.')
        const have = config[section].find((e) => e.name === entryName)
        if (!field) {
          if (name === 'set') throw new Error('property names must name a field')
          config[section] = config[section].filter((e) => e !== have)
        } else {
          const body = bodyOf[section]
          const fields = {
            ...(have?.[body] as Fields | undefined),
            [field]: name === 'set' ? (value === 'true' ? true : value === 'false' ? false : value) : undefined,
          }
          const entry = { ...have, name: entryName, [body]: fields }
          config[section] = have ? config[section].map((e) => (e === have ? entry : e)) : [...config[section], entry]
        }
      } else
        throw new Error(
          `the property ${JSON.stringify(property)} is not one of current-context, clusters.NAME.FIELD, contexts.NAME.FIELD, users.NAME.FIELD`,
        )
      writeFile(path, config)
      factory.out(`Property ${JSON.stringify(property)} ${name === 'set' ? 'set' : 'unset'}.\n`)
    },
  })
}

const lazy = (command: Command) => async () => ({ command })
export const command = kubectlCommand({
  summary: 'Change kubeconfig files.',
  usage: 'kubectl config SUBCOMMAND [options]',
  commands: {
    'current-context': lazy(currentContext),
    'delete-cluster': lazy(remover('clusters', 'cluster')),
    'delete-context': lazy(remover('contexts', 'context')),
    'delete-user': lazy(remover('users', 'user')),
    'get-clusters': lazy(names('clusters')),
    'get-contexts': lazy(getContexts),
    'get-users': lazy(names('users')),
    'rename-context': lazy(renameContext),
    set: lazy(pathCommand('set')),
    'set-cluster': lazy(setCluster),
    'set-context': lazy(setContext),
    'set-credentials': lazy(setCredentials),
    unset: lazy(pathCommand('unset')),
    'use-context': lazy(useContext),
    use: lazy(useContext),
    view: lazy(view),
  },
})

/**
 * What every command works with: its flags, where it writes, and on demand the kubeconfig, the connection and the
 * client (cmdutil.Factory). Each part is loaded when it is first asked for, so that `version --client` loads none.
 */

import type { Connection, Kubeconfig } from '../client/kubeconfig.ts'
import type { ApiRequest, Transport } from '../client/transport.ts'
import type { Command, Invocation } from '../flags/command.ts'
import type { FlagTable } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import type { ResourceMapper } from './resources.ts'

export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: {
    name?: string
    generateName?: string
    namespace?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    [key: string]: unknown
  }
  [key: string]: unknown
}

/** A transport that also gives bytes as they come: logs. */
export interface KubectlTransport extends Transport {
  stream(request: ApiRequest): AsyncIterable<Buffer>
}

export interface Factory {
  readonly invocation: Invocation
  readonly args: readonly string[]
  /** The arguments before and after `--`. */
  readonly plainArgs: readonly string[]
  readonly dashArgs: readonly string[]
  readonly signal: AbortSignal
  text(flag: string): string
  on(flag: string): boolean
  number(flag: string): number
  list(flag: string): readonly string[]
  given(flag: string): boolean
  out(text: string): void
  err(text: string): void
  /** A line that tells of something odd, as upstream prints it. */
  warn(text: string): void
  kubeconfig(): Promise<Kubeconfig>
  kubeconfigPaths(): Promise<string[]>
  connection(): Promise<Connection>
  /** The namespace of --namespace, else of the context, else default. */
  namespace(): Promise<string>
  /** The user named a namespace: objects in files must not name another. */
  readonly namespaceGiven: boolean
  transport(): Promise<KubectlTransport>
  request<T = KubeObject>(request: ApiRequest): Promise<T>
  mapper(): Promise<ResourceMapper>
}

/** The flags that all commands share (genericclioptions.ConfigFlags). */
export const globalFlags: FlagTable = {
  kubeconfig: { type: 'string', doc: 'Path of the kubeconfig file.' },
  context: { type: 'string', doc: 'The kubeconfig context to use.' },
  cluster: { type: 'string', doc: 'The kubeconfig cluster to use.' },
  user: { type: 'string', doc: 'The kubeconfig user to use.' },
  namespace: { type: 'string', short: 'n', doc: 'The namespace to work in.' },
  server: { type: 'string', short: 's', doc: 'Address and port of the API server.' },
  token: { type: 'string', doc: 'Bearer token for the API server.' },
  username: { type: 'string', doc: 'User name for basic authentication.' },
  password: { type: 'string', doc: 'Password for basic authentication.' },
  as: { type: 'string', doc: 'User to impersonate.' },
  'as-uid': { type: 'string', doc: 'UID to impersonate.' },
  'as-group': { type: 'array', doc: 'Group to impersonate; may be given more than once.' },
  'certificate-authority': { type: 'string', doc: 'File with the certificate authority.' },
  'client-certificate': { type: 'string', doc: 'File with a client certificate.' },
  'client-key': { type: 'string', doc: 'File with the key of the client certificate.' },
  'insecure-skip-tls-verify': { type: 'bool', doc: "Do not check the server's certificate." },
  'tls-server-name': { type: 'string', doc: "The name to check the server's certificate against." },
  'request-timeout': { type: 'string', default: '0', doc: 'How long one request may take; 0 for ever.' },
  v: { type: 'int', short: 'v', value: 'level', doc: 'How much to log: 6 shows requests, 8 their bodies.' },
}

export interface KubectlCommand {
  readonly summary: string
  readonly usage?: string
  readonly flags?: FlagTable
  readonly commands?: Command['commands']
  readonly interspersed?: boolean
  /** May resolve to an exit code. */
  run?(factory: Factory): Promise<unknown>
}

/** A command of kubectl: `run` gets a factory, and what it throws is printed in upstream's words. */
export function kubectlCommand({ run, ...rest }: KubectlCommand): Command {
  if (!run) return rest
  return {
    ...rest,
    async run(invocation) {
      const { factory, close, server } = createFactory(invocation)
      try {
        const code = await run(factory)
        return typeof code === 'number' ? code : 0
      } catch (error) {
        if (error instanceof ExitError) throw error
        if (invocation.signal.aborted) return 130
        const { errorText, PlainError } = await import('./errors.ts')
        const debug = invocation.env['KIJABI_DEBUG'] && error instanceof Error ? `\n${error.stack}` : ''
        throw new ExitError(errorText(error, invocation.path, server()) + debug, error instanceof PlainError ? error.code : 1)
      } finally {
        close()
      }
    },
  }
}

function createFactory(invocation: Invocation): { factory: Factory; close(): void; server(): string | undefined } {
  const { values, args, dash, env } = invocation
  let kubeconfig: Promise<Kubeconfig> | undefined
  let connection: Promise<Connection> | undefined
  let transport: Promise<KubectlTransport> | undefined
  let opened: KubectlTransport | undefined
  let mapper: Promise<ResourceMapper> | undefined
  let server: string | undefined
  const text = (flag: string): string => String(values[flag] ?? '')
  const err = (line: string) => void invocation.stderr.write(line)

  async function readConfig(): Promise<Kubeconfig> {
    const { readKubeconfig } = await import('../client/kubeconfig.ts')
    const paths = await factory.kubeconfigPaths()
    try {
      return readKubeconfig(paths)
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      if (missing && text('kubeconfig')) throw new Error(`stat ${text('kubeconfig')}: no such file or directory`)
      if (!missing) throw new Error(`error loading config file "${paths[0]}": ${(error as Error).message}`)
      return { 'current-context': '', clusters: [], users: [], contexts: [] }
    }
  }

  /** The flags that name a server or credentials go over what the kubeconfig says. */
  async function connect(): Promise<Connection> {
    const { connectionOf } = await import('../client/kubeconfig.ts')
    const config = await factory.kubeconfig()
    const contextName = text('context') || config['current-context']
    const context = config.contexts.find((c) => c.name === contextName)?.context
    if (text('context') && !context) throw new Error(`context "${text('context')}" does not exist`)
    const clusterName = text('cluster') || context?.cluster
    // Commands that bind roles have a --user of their own.
    const userFlag = Array.isArray(values['user']) ? '' : text('user')
    const userName = userFlag || context?.user
    const cluster = config.clusters.find((c) => c.name === clusterName)?.cluster
    const user = config.users.find((u) => u.name === userName)?.user
    if (text('cluster') && !cluster) throw new Error(`cluster "${text('cluster')}" does not exist`)
    if (userFlag && !user) throw new Error(`auth info "${userFlag}" does not exist`)
    if (context?.cluster && !cluster && !text('server')) throw new Error(`cluster "${context.cluster}" does not exist`)
    const address = text('server') || cluster?.server || 'http://localhost:8080'
    server = address.includes('://') ? address : `http://${address}`
    const over = <T extends object>(entry: T, pairs: Record<string, unknown>): T => {
      const set = Object.entries(pairs).filter(([, value]) => value !== '' && value !== undefined)
      return { ...entry, ...Object.fromEntries(set) }
    }
    const certificate = text('client-certificate')
    const insecure = values['insecure-skip-tls-verify'] === true
    return connectionOf(
      {
        'current-context': 'kubectl',
        clusters: [
          {
            name: 'kubectl',
            cluster: over(cluster ?? { server }, {
              server,
              'certificate-authority': text('certificate-authority'),
              'certificate-authority-data': text('certificate-authority') ? null : undefined,
              'tls-server-name': text('tls-server-name'),
              'insecure-skip-tls-verify': insecure || undefined,
            }),
          },
        ],
        users: [
          {
            name: 'kubectl',
            user: over(user ?? {}, {
              token: text('token'),
              ...(text('token') ? { tokenFile: null, exec: null, 'client-certificate': null, 'client-certificate-data': null } : {}),
              username: text('username'),
              password: text('password'),
              as: text('as'),
              'as-uid': text('as-uid'),
              'as-groups': (values['as-group'] as string[] | undefined)?.length ? values['as-group'] : undefined,
              'client-certificate': certificate,
              'client-certificate-data': certificate ? null : undefined,
              'client-key': text('client-key'),
              'client-key-data': text('client-key') ? null : undefined,
            }),
          },
        ],
        contexts: [{ name: 'kubectl', context: { cluster: 'kubectl', user: 'kubectl', namespace: context?.namespace } }],
      },
      { context: 'kubectl' },
    )
  }

  async function open(): Promise<KubectlTransport> {
    const [{ createHttpsTransport }, made] = await Promise.all([import('../client/https-transport.ts'), factory.connection()])
    const { version } = await import('../version.ts')
    const inner = createHttpsTransport(made, {
      userAgent: `kubectl/${version} (${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}) kijabi`,
      onWarning: (warning) => err(`Warning: ${warning}\n`),
    })
    const level = Number(values['v'] ?? 0)
    opened = level >= 6 ? (await import('./request-log.ts')).logRequests(inner, made.server, level, err) : inner
    return opened
  }

  const factory: Factory = {
    invocation,
    args,
    plainArgs: dash < 0 ? args : args.slice(0, dash),
    dashArgs: dash < 0 ? [] : args.slice(dash),
    signal: invocation.signal,
    text,
    on: (flag) => values[flag] === true,
    number: (flag) => Number(values[flag] ?? 0),
    list: (flag) => (values[flag] as string[] | undefined) ?? [],
    given: (flag) => invocation.given.has(flag),
    out: (line) => void invocation.stdout.write(line),
    err,
    warn: (line) => err(`Warning: ${line}\n`),
    kubeconfig: () => (kubeconfig ??= readConfig()),
    async kubeconfigPaths() {
      const { kubeconfigPaths } = await import('../client/kubeconfig.ts')
      return text('kubeconfig') ? [text('kubeconfig')] : kubeconfigPaths(env)
    },
    connection: () => (connection ??= connect()),
    async namespace() {
      return text('namespace') || (await factory.connection()).namespace || 'default'
    },
    namespaceGiven: text('namespace') !== '',
    transport: () => (transport ??= open()),
    async request(request) {
      const limit = await requestTimeoutMs(text('request-timeout'))
      const signals = [invocation.signal, ...(request.signal ? [request.signal] : []), ...(limit > 0 ? [AbortSignal.timeout(limit)] : [])]
      const signal = signals.length === 1 ? invocation.signal : AbortSignal.any(signals)
      try {
        return await (await factory.transport()).request({ ...request, signal })
      } catch (error) {
        throw signal.aborted && !invocation.signal.aborted && !request.signal?.aborted ? signal.reason : error
      }
    },
    mapper: () => (mapper ??= import('./resources.ts').then(({ createResourceMapper }) => createResourceMapper(factory.request))),
  }
  return { factory, close: () => opened?.close(), server: () => server }
}

/** `--request-timeout`: a bare number is seconds. */
async function requestTimeoutMs(text: string): Promise<number> {
  if (text === '' || text === '0') return 0
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const { parseDuration } = await import('../flags/flags.ts')
  const ms = parseDuration(text)
  if (ms === undefined)
    throw new Error(
      `Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)`,
    )
  return ms
}

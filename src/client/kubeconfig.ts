/**
 * Kubeconfig files (client-go's clientcmd): read, merged as `KUBECONFIG` says, and resolved to a Connection, the
 * server and the credentials that the HTTPS transport needs. Credentials may change while a connection lives: token
 * files are read again, exec plugins called again when theirs expire.
 */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { load } from 'js-yaml'

export interface Kubeconfig {
  readonly 'current-context'?: string
  readonly clusters: readonly { readonly name: string; readonly cluster: Cluster }[]
  readonly users: readonly { readonly name: string; readonly user: AuthInfo }[]
  readonly contexts: readonly { readonly name: string; readonly context: Context }[]
}
export interface Cluster {
  readonly server: string
  readonly 'tls-server-name'?: string
  readonly 'insecure-skip-tls-verify'?: boolean
  readonly 'certificate-authority'?: string
  readonly 'certificate-authority-data'?: string
  readonly 'proxy-url'?: string
}
export interface AuthInfo {
  readonly 'client-certificate'?: string
  readonly 'client-certificate-data'?: string
  readonly 'client-key'?: string
  readonly 'client-key-data'?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly username?: string
  readonly password?: string
  readonly as?: string
  readonly 'as-uid'?: string
  readonly 'as-groups'?: readonly string[]
  readonly 'as-user-extra'?: Readonly<Record<string, readonly string[]>>
  readonly exec?: ExecConfig
  readonly 'auth-provider'?: unknown
}
export interface ExecConfig {
  readonly apiVersion: string
  readonly command: string
  readonly args?: readonly string[] | null
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null
  readonly installHint?: string
  readonly provideClusterInfo?: boolean
}
export interface Context {
  readonly cluster: string
  readonly user: string
  readonly namespace?: string
}

/** Where a server is and what proves who calls. */
export interface Connection {
  readonly server: string
  readonly ca?: string | Buffer
  readonly serverName?: string
  readonly insecure?: boolean
  /** Headers of every request besides Authorization: impersonation. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Asked before each request, so answered from memory; `renew` after the server refused what it gave last. */
  credentials(renew?: boolean): Credentials | Promise<Credentials>
  /** The context's namespace. */
  readonly namespace?: string
}
export interface Credentials {
  /** The Authorization header. */
  readonly authorization?: string
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
}

/** The files that make up the user's configuration: `KUBECONFIG`, else `~/.kube/config`. */
export function kubeconfigPaths(env: Readonly<Record<string, string | undefined>> = process.env): string[] {
  const listed = (env.KUBECONFIG ?? '').split(':').filter((path) => path !== '')
  return listed.length > 0 ? listed : [join(env.HOME || homedir(), '.kube', 'config')]
}

/** Reads and merges files: the first to name something wins. A file that is not there counts as empty, unless it is the only one asked for. */
export function readKubeconfig(paths: readonly string[]): Kubeconfig {
  const merged = { clusters: new Map<string, Cluster>(), users: new Map<string, AuthInfo>(), contexts: new Map<string, Context>() }
  let current = ''
  for (const path of paths) {
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && paths.length > 1) continue
      throw error
    }
    const file = parseKubeconfig(text, dirname(resolve(path)))
    current ||= file['current-context'] ?? ''
    for (const { name, cluster } of file.clusters) if (!merged.clusters.has(name)) merged.clusters.set(name, cluster)
    for (const { name, user } of file.users) if (!merged.users.has(name)) merged.users.set(name, user)
    for (const { name, context } of file.contexts) if (!merged.contexts.has(name)) merged.contexts.set(name, context)
  }
  return {
    'current-context': current,
    clusters: [...merged.clusters].map(([name, cluster]) => ({ name, cluster })),
    users: [...merged.users].map(([name, user]) => ({ name, user })),
    contexts: [...merged.contexts].map(([name, context]) => ({ name, context })),
  }
}

/** Parses one file's text; paths inside it are relative to `directory`. */
export function parseKubeconfig(text: string, directory: string): Kubeconfig {
  const file = (load(text) ?? {}) as Partial<Kubeconfig>
  if (typeof file !== 'object') throw new Error('kubeconfig: the file is not a mapping')
  const absolute = <T extends object>(entry: T, keys: readonly string[]): T => {
    const copy = { ...entry } as Record<string, unknown>
    for (const key of keys) {
      const path = copy[key]
      if (typeof path === 'string' && path !== '' && !isAbsolute(path)) copy[key] = join(directory, path)
    }
    return copy as T
  }
  return {
    'current-context': file['current-context'] ?? '',
    clusters: (file.clusters ?? []).map((c) => ({ name: c.name, cluster: absolute(c.cluster, ['certificate-authority']) })),
    users: (file.users ?? []).map((u) => ({
      name: u.name,
      user: absolute(u.user ?? {}, ['client-certificate', 'client-key', 'tokenFile']),
    })),
    contexts: file.contexts ?? [],
  }
}

/** The connection of a context; the current one when none is named. */
export function connectionOf(config: Kubeconfig, options: { context?: string; cluster?: string; user?: string } = {}): Connection {
  const contextName = options.context || config['current-context']
  const context = config.contexts.find((c) => c.name === contextName)?.context
  if (options.context && !context) throw new Error(`context "${options.context}" does not exist`)
  const clusterName = options.cluster || context?.cluster
  const cluster = config.clusters.find((c) => c.name === clusterName)?.cluster
  if (!cluster) throw new Error(clusterName ? `cluster "${clusterName}" does not exist` : 'no configuration has been provided')
  const userName = options.user || context?.user
  const user = config.users.find((u) => u.name === userName)?.user
  if (options.user && !user) throw new Error(`auth info "${options.user}" does not exist`)
  if (cluster['proxy-url']) throw new Error('kubeconfig: proxy-url is not supported')
  if (user?.['auth-provider']) throw new Error('kubeconfig: auth-provider was removed upstream in 1.26; use exec')
  const ca = cluster['certificate-authority-data']
    ? Buffer.from(cluster['certificate-authority-data'], 'base64')
    : cluster['certificate-authority']
      ? readFileSync(cluster['certificate-authority'])
      : undefined
  return {
    server: cluster.server.replace(/\/+$/, ''),
    ca,
    serverName: cluster['tls-server-name'],
    insecure: cluster['insecure-skip-tls-verify'],
    headers: impersonation(user ?? {}),
    namespace: context?.namespace,
    credentials: credentialSource(user ?? {}, cluster),
  }
}

/** The connection that kubeconfig files describe: `path`, or else what `KUBECONFIG` and the home folder hold. */
export function loadConnection(options: { kubeconfig?: string; context?: string } = {}): Connection {
  const paths = options.kubeconfig ? [options.kubeconfig] : kubeconfigPaths()
  return connectionOf(readKubeconfig(paths), options)
}

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The connection of a pod to its cluster: the service's address from the environment, the mounted token and CA (rest.InClusterConfig). */
export function inClusterConnection(env: Readonly<Record<string, string | undefined>> = process.env): Connection {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  if (!host || !port)
    throw new Error('unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined')
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: readFileSync(join(serviceAccountFolder, 'ca.crt')),
    namespace: readFileSync(join(serviceAccountFolder, 'namespace'), 'utf8').trim(),
    credentials: credentialSource({ tokenFile: join(serviceAccountFolder, 'token') }, { server: '' }),
  }
}

function impersonation(user: AuthInfo): Record<string, string | readonly string[]> {
  const headers: Record<string, string | readonly string[]> = {}
  if (user.as) headers['impersonate-user'] = user.as
  if (user['as-uid']) headers['impersonate-uid'] = user['as-uid']
  if (user['as-groups']?.length) headers['impersonate-group'] = user['as-groups']
  for (const [key, values] of Object.entries(user['as-user-extra'] ?? {}))
    headers[`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`] = values
  return headers
}

/** A token file is read again after a minute, as client-go does: the kubelet replaces it before it expires. */
const tokenFileLifetimeMs = 60_000

function credentialSource(user: AuthInfo, cluster: Cluster): Connection['credentials'] {
  const fileOrData = (data: string | undefined, path: string | undefined) =>
    data ? Buffer.from(data, 'base64') : path ? readFileSync(path) : undefined
  const fixed: Credentials = {
    cert: fileOrData(user['client-certificate-data'], user['client-certificate']),
    key: fileOrData(user['client-key-data'], user['client-key']),
    ...(user.token
      ? { authorization: `Bearer ${user.token}` }
      : user.username
        ? { authorization: `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` }
        : {}),
  }
  const { tokenFile, exec } = user
  if (tokenFile) {
    let token: Promise<Credentials> | undefined
    let readAt = 0
    return (renew) => {
      if (!token || renew || Date.now() - readAt > tokenFileLifetimeMs) {
        readAt = Date.now()
        const before = token
        token = readFile(tokenFile, 'utf8').then(
          (text) => ({ ...fixed, authorization: `Bearer ${text.trim()}` }),
          (error) => before ?? Promise.reject(error),
        )
      }
      return token
    }
  }
  if (exec) {
    let current: Promise<{ credentials: Credentials; expires: number }> | undefined
    let expires = Infinity
    return async (renew) => {
      if (!current || renew || Date.now() >= expires) {
        expires = Infinity
        current = runExecPlugin(exec, cluster).then((given) => {
          expires = given.expires
          return { ...given, credentials: { ...fixed, ...given.credentials } }
        })
        current.catch(() => {
          current = undefined
        })
      }
      return (await current).credentials
    }
  }
  return () => fixed
}

/** Calls a credential plugin (client.authentication.k8s.io) without a shell and reads the ExecCredential it prints. */
async function runExecPlugin(exec: ExecConfig, cluster: Cluster): Promise<{ credentials: Credentials; expires: number }> {
  const spec = {
    interactive: false,
    ...(exec.provideClusterInfo
      ? {
          cluster: {
            server: cluster.server,
            'tls-server-name': cluster['tls-server-name'],
            'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
            'certificate-authority-data': cluster['certificate-authority-data'],
          },
        }
      : {}),
  }
  const env = {
    ...process.env,
    ...Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion: exec.apiVersion, kind: 'ExecCredential', spec }),
  }
  const { execFile } = await import('node:child_process')
  const output = await new Promise<string>((done, fail) =>
    execFile(exec.command, exec.args ?? [], { env, maxBuffer: 1 << 20 }, (error, stdout) => {
      if (!error) return done(stdout)
      const hint = error.code === 'ENOENT' && exec.installHint ? `\n\n${exec.installHint}` : ''
      fail(new Error(`getting credentials: exec: executable ${exec.command} failed: ${error.message}${hint}`))
    }),
  )
  const status = (JSON.parse(output) as { status?: Record<string, string> }).status
  if (!status?.token && !status?.clientCertificateData) throw new Error("exec plugin didn't return a token or cert/key pair")
  return {
    expires: status.expirationTimestamp ? Date.parse(status.expirationTimestamp) : Infinity,
    credentials: {
      ...(status.token ? { authorization: `Bearer ${status.token}` } : {}),
      ...(status.clientCertificateData ? { cert: status.clientCertificateData, key: status.clientKeyData } : {}),
    },
  }
}

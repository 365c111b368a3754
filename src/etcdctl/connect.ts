/** etcdctl's global flags, from the command line or from ETCDCTL_ variables, and the connections they lead to. */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { type Cluster, etcdTable, type KV, type Lease, type Maintenance, type Watch } from '../etcd/api.ts'
import type { Invocation } from '../flags/command.ts'
import { type FlagTable, parseDuration } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import { createChannel, createGrpcClient } from '../grpc/client.ts'
import { Code, GrpcError } from '../grpc/status.ts'

export const globalFlags: FlagTable = {
  endpoints: { type: 'list', default: ['127.0.0.1:2379'], doc: 'gRPC endpoints' },
  'write-out': { type: 'string', short: 'w', default: 'simple', doc: 'set the output format (fields, json, simple, table)' },
  hex: { type: 'bool', doc: 'print byte strings as hex encoded strings' },
  cacert: { type: 'string', doc: 'verify certificates of TLS-enabled secure servers using this CA bundle' },
  cert: { type: 'string', doc: 'identify secure client using this TLS certificate file' },
  key: { type: 'string', doc: 'identify secure client using this TLS key file' },
  'insecure-skip-tls-verify': { type: 'bool', doc: 'skip server certificate verification' },
  'command-timeout': { type: 'duration', default: 5000, doc: 'timeout for short running command' },
  'dial-timeout': { type: 'duration', default: 2000, doc: 'dial timeout for client connections' },
}

/** A flag's value: given, else from the environment (`ETCDCTL_CACERT`), else the default. */
export function setting(invocation: Invocation, name: string): unknown {
  const fromEnv = invocation.env[`ETCDCTL_${name.toUpperCase().replaceAll('-', '_')}`]
  if (invocation.given.has(name) || fromEnv === undefined || fromEnv === '') return invocation.values[name]
  const { type } = globalFlags[name] ?? { type: 'string' }
  return type === 'list'
    ? fromEnv.split(',')
    : type === 'bool'
      ? fromEnv === 'true' || fromEnv === '1'
      : type === 'duration'
        ? parseDuration(fromEnv)
        : fromEnv
}

export function tlsOf(invocation: Invocation): ConnectionOptions | undefined {
  const [ca, cert, key] = ['cacert', 'cert', 'key'].map((name) => setting(invocation, name) as string)
  const skip = setting(invocation, 'insecure-skip-tls-verify') as boolean
  if (!ca && !cert && !key && !skip) return undefined
  return {
    ...(ca ? { ca: readFileSync(ca) } : {}),
    ...(cert ? { cert: readFileSync(cert) } : {}),
    ...(key ? { key: readFileSync(key) } : {}),
    ...(skip ? { rejectUnauthorized: false } : {}),
  }
}

export interface Connection {
  readonly endpoint: string
  readonly kv: KV
  readonly watch: Watch
  readonly lease: Lease
  readonly cluster: Cluster
  readonly maintenance: Maintenance
  close(): void
}

export const endpointsOf = (invocation: Invocation): string[] => setting(invocation, 'endpoints') as string[]

export function connect(invocation: Invocation, endpoint: string): Connection {
  const tls = tlsOf(invocation)
  // As in etcd's client, certificates make an endpoint without a scheme a secure one.
  const target = endpoint.includes('://') || !tls ? endpoint : `https://${endpoint}`
  const channel = createChannel(target, { ...(tls ? { tls } : {}), connectTimeoutMs: setting(invocation, 'dial-timeout') as number })
  const client = <T extends object>(name: string) => createGrpcClient<T>(channel, etcdTable(), name)
  return {
    endpoint,
    kv: client<KV>('KV'),
    watch: client<Watch>('Watch'),
    lease: client<Lease>('Lease'),
    cluster: client<Cluster>('Cluster'),
    maintenance: client<Maintenance>('Maintenance'),
    close: () => channel.close(),
  }
}

/** Runs a command on the first endpoint that answers. A server's error ends it in etcdctl's words. */
export async function onAny<T>(invocation: Invocation, run: (connection: Connection) => Promise<T>): Promise<T> {
  let last: unknown
  for (const endpoint of endpointsOf(invocation)) {
    const connection = connect(invocation, endpoint)
    try {
      return await run(connection)
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error
      last = error
      if (error.code !== Code.UNAVAILABLE) break
    } finally {
      connection.close()
    }
  }
  throw new ExitError(`Error: ${(last as Error).message}`)
}

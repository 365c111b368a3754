/** Kubeconfig files: those of the components, and the context `kijabi` in the user's own file. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { dump, load } from 'js-yaml'
import { ExitError } from '../flags/run.ts'
import type { KeyPair } from '../pki/index.ts'
import { writeAtomically } from './cluster.ts'

export interface KubeConfig {
  apiVersion: 'v1'
  kind: 'Config'
  clusters: Named<'cluster', Record<string, unknown>>[]
  users: Named<'user', Record<string, unknown>>[]
  contexts: Named<'context', Record<string, unknown>>[]
  'current-context': string
  preferences?: Record<string, unknown>
}
type Named<K extends string, T> = { name: string } & Record<K, T>

/** One cluster, one user, one context, all of the given name; keys and certificates inside the file. */
export function kubeConfig(name: string, server: string, authority: string, client: KeyPair): KubeConfig {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { 'certificate-authority-data': base64(authority), server } }],
    users: [{ name, user: { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(client.key) } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  }
}

export function writeKubeConfig(path: string, config: KubeConfig): void {
  writeAtomically(path, dump(config, { noRefs: true, lineWidth: -1 }))
}

/** The file that kubectl reads: the first of $KUBECONFIG, else ~/.kube/config. */
export function userKubeConfigPath(flag: string, env: Readonly<Record<string, string | undefined>>): string {
  const listed = (env['KUBECONFIG'] ?? '').split(':').find((path) => path !== '')
  return flag || listed || join(env['HOME'] || homedir(), '.kube', 'config')
}

/** Adds the cluster, user and context of `config` to a file, makes the context current, and keeps everything else. */
export function mergeKubeConfig(path: string, config: KubeConfig): void {
  const there = readKubeConfig(path)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeKubeConfig(path, {
    ...there,
    apiVersion: 'v1',
    kind: 'Config',
    clusters: replaced(there?.clusters, config.clusters),
    users: replaced(there?.users, config.users),
    contexts: replaced(there?.contexts, config.contexts),
    'current-context': config['current-context'],
  })
}

/** Takes the cluster, user and context called `name` out again, if they are those of `server`. */
export function removeFromKubeConfig(path: string, name: string, server: string): void {
  const there = readKubeConfig(path)
  if (there?.clusters?.find((c) => c.name === name)?.cluster['server'] !== server) return
  const without = <T extends { name: string }>(list: T[] | undefined) => (list ?? []).filter((item) => item.name !== name)
  writeKubeConfig(path, {
    ...there,
    clusters: without(there.clusters),
    users: without(there.users),
    contexts: without(there.contexts),
    'current-context': there['current-context'] === name ? '' : there['current-context'],
  })
}

function readKubeConfig(path: string): KubeConfig | undefined {
  if (!existsSync(path)) return undefined
  const text = readFileSync(path, 'utf8')
  if (text.trim() === '') return undefined
  try {
    const value = load(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as unknown as KubeConfig
  } catch (error) {
    throw new ExitError(
      `kijabi: ${path} is no kubeconfig that can be read (${(error as Error).message.split('\n')[0]}): mend it, or name another file with --kubeconfig`,
    )
  }
  throw new ExitError(`kijabi: ${path} is no kubeconfig: mend it, or name another file with --kubeconfig`)
}

function replaced<T extends { name: string }>(there: T[] | undefined, ours: T[]): T[] {
  const names = new Set(ours.map((item) => item.name))
  return [...(there ?? []).filter((item) => !names.has(item.name)), ...ours]
}

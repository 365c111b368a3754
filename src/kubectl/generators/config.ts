/** `kubectl create configmap` and `secret generic|tls|docker-registry`: data from literals, files, folders and env files. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Command } from '../../flags/command.ts'
import type { FlagTable } from '../../flags/flags.ts'
import { type Factory, kubectlCommand } from '../factory.ts'
import { defined, type Generator, generatorCommand } from './generator.ts'

const sourceFlags: FlagTable = {
  'from-file': { type: 'array', doc: 'A file, KEY=FILE, or a folder of files.' },
  'from-literal': { type: 'array', doc: 'KEY=VALUE.' },
  'from-env-file': { type: 'array', doc: 'A file of KEY=VALUE lines.' },
  'append-hash': { type: 'bool', doc: 'Not built.' },
}

/** All data of the flags by key, in upstream's order: files, literals, env files. */
function dataOf(factory: Factory): Map<string, Buffer> {
  if (factory.on('append-hash')) throw new Error('--append-hash is not built')
  const data = new Map<string, Buffer>()
  const add = (key: string, value: Buffer) => {
    if (!/^[-._a-zA-Z0-9]+$/.test(key) || key === '.' || key === '..')
      throw new Error(
        `${JSON.stringify(key)} is not a valid key name for a ConfigMap: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      )
    if (data.has(key))
      throw new Error(`cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data for ConfigMap`)
    data.set(key, value)
  }
  if (factory.list('from-env-file').length > 0 && (factory.list('from-file').length > 0 || factory.list('from-literal').length > 0))
    throw new Error('from-env-file cannot be combined with from-file or from-literal')
  for (const text of factory.list('from-file')) {
    const equals = text.indexOf('=')
    if (equals === 0) throw new Error(`key name for file path ${text.slice(1)} missing`)
    if (equals === text.length - 1) throw new Error(`file path for key name ${text.slice(0, -1)} missing`)
    const path = equals < 0 ? text : text.slice(equals + 1)
    const stat = statOf(path)
    if (stat.isDirectory()) {
      if (equals > 0) throw new Error('cannot give a key name for a directory path')
      for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1)))
        if (entry.isFile()) add(entry.name, readFileSync(join(path, entry.name)))
    } else add(equals < 0 ? basename(path) : text.slice(0, equals), readFileSync(path))
  }
  for (const text of factory.list('from-literal')) {
    const equals = text.indexOf('=')
    if (equals <= 0) throw new Error(`invalid literal source ${text}, expected key=value`)
    const value = text.slice(equals + 1)
    add(text.slice(0, equals), Buffer.from(/^(['"]).*\1$/s.test(value) && value.length > 1 ? value.slice(1, -1) : value))
  }
  for (const path of factory.list('from-env-file')) {
    if (statOf(path).isDirectory()) throw new Error(`env secret file cannot be a directory`)
    for (const line of readFileSync(path, 'utf8').split(/\r?\n/)) {
      const text = line.trimStart()
      if (text === '' || text.startsWith('#')) continue
      const equals = text.indexOf('=')
      const key = equals < 0 ? text : text.slice(0, equals)
      add(key, Buffer.from(equals < 0 ? (factory.invocation.env[key] ?? '') : text.slice(equals + 1)))
    }
  }
  return data
}
function statOf(path: string): ReturnType<typeof statSync> & object {
  try {
    return statSync(path)
  } catch {
    throw new Error(`error reading ${path}: no such file or directory`)
  }
}

const isText = (bytes: Buffer): boolean => Buffer.from(bytes.toString('utf8')).equals(bytes)
const sortedMap = (entries: Iterable<readonly [string, string]>): Record<string, string> | undefined => {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.length ? Object.fromEntries(sorted) : undefined
}

export const configmap: Generator = {
  summary: 'Create a config map from literals, files or folders.',
  usage: 'kubectl create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none] [options]',
  resource: 'configmaps',
  flags: sourceFlags,
  make(factory, name) {
    const data = [...dataOf(factory)]
    return defined({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name },
      data: sortedMap(data.filter(([, value]) => isText(value)).map(([key, value]) => [key, value.toString('utf8')] as const)),
      binaryData: sortedMap(data.filter(([, value]) => !isText(value)).map(([key, value]) => [key, value.toString('base64')] as const)),
    })
  },
}

const base64 = (data: Iterable<readonly [string, Buffer]>) =>
  sortedMap([...data].map(([key, value]) => [key, value.toString('base64')] as const))
const secretOf = (name: string, data: Record<string, string> | undefined, type?: string) =>
  defined({ kind: 'Secret', apiVersion: 'v1', metadata: { name }, data, type })

const secrets: Readonly<Record<string, Generator>> = {
  generic: {
    summary: 'Create a secret from literals, files or folders.',
    usage: 'kubectl create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [options]',
    resource: 'secrets',
    flags: { ...sourceFlags, type: { type: 'string', doc: 'The type of the secret.' } },
    make: (factory, name) => secretOf(name, base64(dataOf(factory)), factory.text('type') || undefined),
  },
  tls: {
    summary: 'Create a TLS secret from a certificate and its key.',
    usage: 'kubectl create secret tls NAME --cert=path/to/cert/file --key=path/to/key/file [options]',
    resource: 'secrets',
    flags: {
      cert: { type: 'string', doc: 'File of the certificate.' },
      key: { type: 'string', doc: 'File of the key.' },
      'append-hash': { type: 'bool', doc: 'Not built.' },
    },
    async make(factory, name) {
      if (factory.on('append-hash')) throw new Error('--append-hash is not built')
      if (!factory.text('cert') || !factory.text('key')) throw new Error('key and cert must be specified')
      const read = (path: string) => {
        try {
          return readFileSync(path)
        } catch {
          throw new Error(`open ${path}: no such file or directory`)
        }
      }
      const cert = read(factory.text('cert'))
      const key = read(factory.text('key'))
      const { createPrivateKey, X509Certificate } = await import('node:crypto')
      let fits: boolean
      try {
        fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
      } catch (error) {
        throw new Error(`tls: failed to find any PEM data in certificate or key input: ${(error as Error).message}`)
      }
      if (!fits) throw new Error('tls: private key does not match public key')
      return secretOf(
        name,
        base64([
          ['tls.crt', cert],
          ['tls.key', key],
        ]),
        'kubernetes.io/tls',
      )
    },
  },
  'docker-registry': {
    summary: 'Create a secret for an image registry.',
    usage:
      'kubectl create secret docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [options]',
    resource: 'secrets',
    flags: {
      'docker-username': { type: 'string', doc: 'User name.' },
      'docker-password': { type: 'string', doc: 'Password.' },
      'docker-email': { type: 'string', doc: 'E-mail address.' },
      'docker-server': { type: 'string', default: 'https://index.docker.io/v1/', doc: 'The registry.' },
      ...sourceFlags,
    },
    make(factory, name) {
      if (factory.list('from-file').length > 0)
        return secretOf(
          name,
          base64([...dataOf(factory).values()].map((value) => ['.dockerconfigjson', value] as const)),
          'kubernetes.io/dockerconfigjson',
        )
      const username = factory.text('docker-username')
      const password = factory.text('docker-password')
      if (!username || !password) {
        const missing = [...(username ? [] : ['docker-username']), ...(password ? [] : ['docker-password'])]
        throw new Error(
          `either --from-file or the combination of --docker-username, --docker-password and --docker-server is required (missing: ${missing.join(', ')})`,
        )
      }
      const entry = defined({
        username,
        password,
        email: factory.text('docker-email') || undefined,
        auth: Buffer.from(`${username}:${password}`).toString('base64'),
      })
      const config = JSON.stringify({ auths: { [factory.text('docker-server')]: entry } })
      return secretOf(name, base64([['.dockerconfigjson', Buffer.from(config)]]), 'kubernetes.io/dockerconfigjson')
    },
  },
}

export const secretCommand: Command = kubectlCommand({
  summary: 'Create a secret.',
  usage: 'kubectl create secret (docker-registry | generic | tls) NAME [options]',
  commands: Object.fromEntries(
    Object.entries(secrets).map(([name, generator]) => [name, async () => ({ command: generatorCommand(generator) })]),
  ),
})

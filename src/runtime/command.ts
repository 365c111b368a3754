/** `kijabi containerd`: the runtime on its socket. */
import { join } from 'node:path'
import type { Command } from '../flags/command.ts'
import type { FlagTable } from '../flags/flags.ts'
import { giveBackMemory } from '../linux/memory.ts'
import { createLogger, type Level, type Logger } from '../log/log.ts'
import type { RegistryHost } from './images/registry.ts'
import type { NetworkMaker } from './pod-network.ts'
import { createRuntime, type RuntimeOptions } from './runtime.ts'

export const defaultAddress = '/run/kijabi/containerd.sock'

const flags: FlagTable = {
  address: { type: 'string', short: 'a', default: defaultAddress, value: 'PATH', doc: 'The unix socket to serve on' },
  root: { type: 'string', default: '/var/lib/kijabi/containerd', value: 'FOLDER', doc: 'What lasts: images and what containers write' },
  state: { type: 'string', default: '/run/kijabi/containerd', value: 'FOLDER', doc: 'What lasts until the machine restarts' },
  'log-level': { type: 'string', short: 'l', default: 'info', value: 'LEVEL', doc: 'debug, info, warn or error' },
  'log-format': { type: 'string', default: 'text', value: 'FORMAT', doc: 'text or json' },
  runtime: { type: 'string', value: 'PROGRAM', doc: 'The OCI runtime; crun where there is one, else runc' },
  'runtime-handler': { type: 'map', value: 'NAME=PROGRAM', doc: 'A further OCI runtime, as a RuntimeClass names it' },
  'registry-mirror': { type: 'array', value: 'REGISTRY=URL', doc: 'Where to look before the registry itself; REGISTRY may be *' },
  'registry-server': { type: 'array', value: 'REGISTRY=URL', doc: 'Where a registry is really reached, in place of its name' },
  'cni-conf-dir': { type: 'string', default: '/etc/cni/net.d', value: 'FOLDER', doc: 'Where CNI networks are configured' },
  'cni-bin-dir': { type: 'list', default: ['/opt/cni/bin', '/usr/lib/cni'], value: 'FOLDERS', doc: 'Where CNI plugins are' },
  'bridge-name': { type: 'string', default: 'kijabi0', value: 'NAME', doc: 'The interface of the built-in network' },
  'bridge-cidr': {
    type: 'string',
    default: '10.88.0.0/16',
    value: 'CIDR',
    doc: 'Addresses of the built-in network, until the kubelet tells others',
  },
}

export function containerdLogger({
  values,
  stderr,
}: {
  values: Readonly<Record<string, unknown>>
  stderr: { write(line: string): unknown }
}): Logger {
  const format = values['log-format']
  if (format !== 'text' && format !== 'json') throw new Error(`--log-format: ${format} is neither text nor json`)
  return createLogger('containerd', { level: values['log-level'] as Level, format, write: (line) => void stderr.write(line) })
}

export function createContainerdCommand(makeNetwork?: NetworkMaker): Command {
  return {
    summary: 'The container runtime, behind the CRI',
    usage: 'kijabi containerd [flags]',
    flags,
    async run(invocation) {
      const { values, signal } = invocation
      const log = containerdLogger(invocation)
      const root = values['root'] as string
      const address = values['address'] as string
      const network = await makeNetwork?.({
        folder: join(root, 'network'),
        name: values['bridge-name'] as string,
        cidr: values['bridge-cidr'] as string,
        log,
      })
      const runtime = await createRuntime({
        ...runtimeOptions(values),
        log,
        ...(network ? { network } : {}),
        ...(makeNetwork ? { makeNetwork } : {}),
        name: values['bridge-name'] as string,
      })
      await runtime.serve(address)
      log.info('serving', { address })
      giveBackMemory()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      await runtime.close()
      network?.close()
      return 0
    },
  }
}

export const command = createContainerdCommand()

/** What the flags say, for whoever starts the runtime in a process of its own. */
export function runtimeOptions(values: Readonly<Record<string, unknown>>): Omit<RuntimeOptions, 'log' | 'network'> {
  return {
    root: values['root'] as string,
    state: values['state'] as string,
    ...(values['runtime'] ? { runtime: values['runtime'] as string } : {}),
    handlers: values['runtime-handler'] as Record<string, string>,
    registry: { hosts: registryHosts(values['registry-mirror'] as string[], values['registry-server'] as string[]) },
    cni: { confDir: values['cni-conf-dir'] as string, binDirs: values['cni-bin-dir'] as string[] },
  }
}

export function registryHosts(mirrors: readonly string[], servers: readonly string[]): Record<string, RegistryHost> {
  const hosts: Record<string, { mirrors: string[]; server?: string }> = {}
  const entry = (text: string): [{ mirrors: string[]; server?: string }, string] => {
    const [name, url] = text.split(/=(.*)/s) as [string, string?]
    if (!url || !URL.canParse(url)) throw new Error(`${JSON.stringify(text)} is not REGISTRY=URL`)
    hosts[name] ??= { mirrors: [] }
    return [hosts[name] as { mirrors: string[]; server?: string }, url]
  }
  for (const text of mirrors) {
    const [host, url] = entry(text)
    host.mirrors.push(url)
  }
  for (const text of servers) {
    const [host, url] = entry(text)
    host.server = url
  }
  return hosts
}

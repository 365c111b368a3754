/**
 * Pod networks by CNI plugins (CNI specification 1.0): the first conflist or conf of the CNI folder by name, its
 * plugins run one after the other on setup and backwards on teardown, each given what the last one answered.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from './oci/runtime.ts'
import type { NetworkSandbox, NetworkStatus, PodNetwork } from './pod-network.ts'

export interface CniOptions {
  readonly confDir: string
  readonly binDirs: readonly string[]
  /** Where results are kept, for teardown after a restart. */
  readonly cacheDir: string
}

interface Plugin {
  readonly type: string
  readonly capabilities?: Readonly<Record<string, boolean>>
  readonly [key: string]: unknown
}
interface NetworkList {
  readonly name: string
  readonly cniVersion: string
  readonly plugins: readonly Plugin[]
}
interface CniResult {
  readonly ips?: readonly { readonly address: string }[]
  readonly interfaces?: readonly { readonly name: string; readonly sandbox?: string }[]
}

export class CniError extends Error {}
/** A plugin that waits for its daemon must not hold a pod for ever. */
const pluginTimeoutMs = 60_000

/** The conflist that counts, or undefined with none in the folder. Throws when the first one is malformed. */
export function loadNetwork(confDir: string): NetworkList | undefined {
  let names: string[]
  try {
    names = readdirSync(confDir)
  } catch {
    return undefined
  }
  const first = names.filter((name) => /\.(conflist|conf|json)$/.test(name)).sort()[0]
  if (!first) return undefined
  const json = JSON.parse(readFileSync(join(confDir, first), 'utf8')) as {
    name?: string
    cniVersion?: string
    plugins?: Plugin[]
    type?: string
  }
  const plugins = json.plugins ?? (json.type ? [json as Plugin] : [])
  if (!json.name || plugins.length === 0 || !plugins.every((p) => typeof p.type === 'string' && /^[\w.-]+$/.test(p.type)))
    throw new CniError(`${join(confDir, first)} is no CNI network list`)
  return { name: json.name, cniVersion: json.cniVersion ?? '0.2.0', plugins }
}

/** `fallback` is the built-in network, for as long as the folder holds no conflist. */
export function createCniNetwork(options: CniOptions, fallback?: PodNetwork): PodNetwork {
  const { confDir, binDirs, cacheDir } = options
  const cacheOf = (id: string) => join(cacheDir, `${id}.json`)
  let podCidr = ''

  const run = async (
    command: 'ADD' | 'DEL',
    list: NetworkList,
    plugin: Plugin,
    sandbox: NetworkSandbox,
    previous: unknown,
  ): Promise<unknown> => {
    const program = binDirs.map((dir) => findProgram(join(dir, plugin.type))).find((path) => path !== undefined)
    if (!program) throw new CniError(`failed to find plugin ${JSON.stringify(plugin.type)} in path [${binDirs.join(' ')}]`)
    const runtimeConfig: Record<string, unknown> = {}
    if (plugin.capabilities?.['portMappings'])
      runtimeConfig['portMappings'] = sandbox.portMappings.map((p) => ({
        hostPort: p.hostPort,
        containerPort: p.containerPort,
        protocol: p.protocol,
        hostIP: p.hostIp,
      }))
    if (plugin.capabilities?.['ipRanges'] && podCidr) runtimeConfig['ipRanges'] = [[{ subnet: podCidr }]]
    const config = {
      ...plugin,
      name: list.name,
      cniVersion: list.cniVersion,
      ...(Object.keys(runtimeConfig).length > 0 ? { runtimeConfig } : {}),
      ...(previous ? { prevResult: previous } : {}),
    }
    const args = `IgnoreUnknown=1;K8S_POD_NAMESPACE=${sandbox.namespace};K8S_POD_NAME=${sandbox.name};K8S_POD_INFRA_CONTAINER_ID=${sandbox.id};K8S_POD_UID=${sandbox.uid}`
    const env = {
      PATH: process.env['PATH'],
      CNI_COMMAND: command,
      CNI_CONTAINERID: sandbox.id,
      CNI_NETNS: sandbox.netns,
      CNI_IFNAME: 'eth0',
      CNI_PATH: binDirs.join(':'),
      CNI_ARGS: args,
    }
    return runPlugin(program, env, JSON.stringify(config), plugin.type)
  }

  return {
    async status(): Promise<NetworkStatus> {
      try {
        if (loadNetwork(confDir)) return { ready: true, reason: '', message: '' }
      } catch (error) {
        return { ready: false, reason: 'NetworkPluginNotReady', message: `Network plugin returns error: ${(error as Error).message}` }
      }
      return fallback
        ? fallback.status()
        : { ready: false, reason: 'NetworkPluginNotReady', message: 'Network plugin returns error: cni plugin not initialized' }
    },
    async setup(sandbox) {
      const list = loadNetwork(confDir)
      if (!list) {
        if (fallback) return fallback.setup(sandbox)
        throw new CniError('cni plugin not initialized')
      }
      mkdirSync(cacheDir, { recursive: true })
      // Kept from the start: what a failed or killed setup made is undone by the same list.
      writeFileSync(cacheOf(sandbox.id), JSON.stringify({ list }))
      let result: unknown
      for (const plugin of list.plugins) result = await run('ADD', list, plugin, sandbox, result)
      writeFileSync(cacheOf(sandbox.id), JSON.stringify({ list, result }))
      const { ips = [], interfaces = [] } = (result ?? {}) as CniResult
      const outside = interfaces.find((i) => !i.sandbox)?.name
      return {
        ips: ips.map((ip) => ip.address.split('/')[0] as string),
        hostPortsDone: list.plugins.some((p) => p.capabilities?.['portMappings']),
        ...(outside ? { hostInterface: outside } : {}),
      }
    },
    async teardown(sandbox) {
      let cached: { list: NetworkList; result?: unknown }
      try {
        cached = JSON.parse(readFileSync(cacheOf(sandbox.id), 'utf8')) as typeof cached
      } catch {
        await fallback?.teardown(sandbox)
        return
      }
      // One that fails does not keep the others from giving back what is theirs.
      const failures: unknown[] = []
      for (const plugin of cached.list.plugins.toReversed())
        await run('DEL', cached.list, plugin, sandbox, cached.result).catch((error: unknown) => failures.push(error))
      if (failures.length > 0) throw failures[0]
      rmSync(cacheOf(sandbox.id), { force: true })
    },
    async setPodCidr(cidr) {
      podCidr = cidr
      if (!loadNetwork(confDir)) await fallback?.setPodCidr?.(cidr)
    },
  }
}

function runPlugin(program: string, env: Record<string, string | undefined>, input: string, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [], { env, stdio: ['pipe', 'pipe', 'pipe'], timeout: pluginTimeoutMs, killSignal: 'SIGKILL', cwd: '/' })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (output.length < 1 << 20) output += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (errors.length < 4096) errors += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => {
      let answer: { msg?: string; details?: string } | undefined
      try {
        answer = output.trim() ? (JSON.parse(output) as typeof answer) : undefined
      } catch {
        // Said below.
      }
      if (code === 0) resolve(answer)
      else
        reject(
          new CniError(
            `plugin type=${JSON.stringify(name)} failed (${env['CNI_COMMAND']?.toLowerCase()}): ${answer?.msg ? `${answer.msg}${answer.details ? `: ${answer.details}` : ''}` : errors.trim() || `exit code ${code}`}`,
          ),
        )
    })
    child.stdin.on('error', () => {}) // The exit code says more.
    child.stdin.end(input)
  })
}

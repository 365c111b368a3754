/**
 * Host ports: connections to a port of the node go on to a pod. One nftables table with two maps, in which a port is
 * an element, so that a packet costs one look-up however many there are; the rules never change.
 */
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import type { HostPort } from './pod-network.ts'

export interface PublishedPorts {
  readonly id: string
  readonly ips: readonly string[]
  readonly ports: readonly HostPort[]
  /** Through which the pod is reached: ports on 127.0.0.1 need it. */
  readonly hostInterface: string | undefined
}
export interface HostPorts {
  publish(sandbox: PublishedPorts): Promise<void>
  unpublish(id: string): Promise<void>
  /** Sets exactly these, after a restart. */
  restore(sandboxes: readonly PublishedPorts[]): Promise<void>
  /** Takes the table away. */
  close(): Promise<void>
}

export function createHostPorts(table: string): HostPorts {
  const published = new Map<string, PublishedPorts>()
  let installed = false

  const install = () => `
add table ip ${table}
delete table ip ${table}
table ip ${table} {
  map ports { type inet_proto . inet_service : ipv4_addr . inet_service; }
  map addressed { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
  set pods { type ipv4_addr . ipv4_addr; }
  chain forward_ports {
    dnat ip addr . port to ip daddr . meta l4proto . th dport map @addressed
    dnat ip addr . port to meta l4proto . th dport map @ports
  }
  chain prerouting {
    type nat hook prerouting priority dstnat - 5; policy accept;
    fib daddr type local jump forward_ports
  }
  chain output {
    type nat hook output priority -105; policy accept;
    fib daddr type local jump forward_ports
  }
  chain postrouting {
    type nat hook postrouting priority srcnat - 5; policy accept;
    ct status dnat ip saddr 127.0.0.0/8 masquerade
    ct status dnat ip saddr . ip daddr @pods masquerade
  }
}
`
  const elements = (verb: 'add' | 'delete', { ips, ports }: PublishedPorts): string => {
    const ip = ips.find(isIPv4)
    if (!ip) return ''
    const plain = ports
      .filter((p) => wildcard(p.hostIp))
      .map((p) => `${p.protocol} . ${p.hostPort}${verb === 'add' ? ` : ${ip} . ${p.containerPort}` : ''}`)
    const addressed = ports
      .filter((p) => !wildcard(p.hostIp) && isIPv4(p.hostIp))
      .map((p) => `${p.hostIp} . ${p.protocol} . ${p.hostPort}${verb === 'add' ? ` : ${ip} . ${p.containerPort}` : ''}`)
    return [
      ...(plain.length > 0 ? [`${verb} element ip ${table} ports { ${plain.join(', ')} }`] : []),
      ...(addressed.length > 0 ? [`${verb} element ip ${table} addressed { ${addressed.join(', ')} }`] : []),
      // A pod that calls its own host port must see another source than itself.
      `${verb} element ip ${table} pods { ${ip} . ${ip} }`,
      '',
    ].join('\n')
  }
  const wildcard = (ip: string) => ip === '' || ip === '0.0.0.0' || ip === '::'

  const conflict = (wanted: PublishedPorts): HostPort | undefined =>
    wanted.ports.find((port) =>
      [...published.values()].some((other) =>
        other.ports.some(
          (p) =>
            p.protocol === port.protocol &&
            p.hostPort === port.hostPort &&
            (p.hostIp === port.hostIp || wildcard(p.hostIp) || wildcard(port.hostIp)),
        ),
      ),
    )

  const allowLoopback = (name: string | undefined) => {
    // /proc/sys is that of the own network namespace, /sys/class/net is not. Only through this may a packet from 127.0.0.1 leave the host: to a pod of our own.
    if (name && existsSync(`/proc/sys/net/ipv4/conf/${name}`)) writeFileSync(`/proc/sys/net/ipv4/conf/${name}/route_localnet`, '1')
  }

  return {
    async publish(sandbox) {
      const taken = conflict(sandbox)
      if (taken) throw new Error(`host port ${taken.hostPort}/${taken.protocol} is already allocated`)
      published.set(sandbox.id, sandbox)
      try {
        await nft((installed ? '' : install()) + elements('add', sandbox))
        installed = true
        allowLoopback(sandbox.hostInterface)
      } catch (error) {
        published.delete(sandbox.id)
        throw error
      }
    },
    async unpublish(id) {
      const sandbox = published.get(id)
      if (!sandbox) return
      published.delete(id)
      if (published.size === 0) {
        installed = false
        await nft(`delete table ip ${table}\n`)
      } else await nft(elements('delete', sandbox))
    },
    async restore(sandboxes) {
      for (const sandbox of sandboxes) published.set(sandbox.id, sandbox)
      if (sandboxes.length === 0) return
      await nft(install() + sandboxes.map((s) => elements('add', s)).join(''))
      installed = true
    },
    async close() {
      if (installed) await nft(`delete table ip ${table}\n`)
      installed = false
    },
  }
}

function nft(script: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (said.length < 4096) said += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`nft: ${said.trim()}`))))
    child.stdin.on('error', () => {}) // The exit code says what was wrong.
    child.stdin.end(script)
  })
}

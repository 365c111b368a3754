/**
 * Networks that users make for containers of their own (`nerdctl network create`), beside the network of pods: each is
 * one more built-in bridge with a range of addresses. A sandbox chooses by its annotation; one without is in the
 * network of pods. Sandboxes of one such network find each other by name (sandboxes.ts writes their hosts files).
 */
import { createHash } from 'node:crypto'
import { BlockList, isIPv4 } from 'node:net'
import { join } from 'node:path'
import { Code, GrpcError } from '../grpc/status.ts'
import type { Logger } from '../log/log.ts'
import { type NetworkMaker, networkAnnotation, type PodNetwork } from './pod-network.ts'
import { openRecords } from './state.ts'

export interface NetworkRecord {
  readonly id: string
  readonly name: string
  readonly subnet: string
  readonly labels: Readonly<Record<string, string>>
  readonly createdAt: string
}

export interface Networks extends PodNetwork {
  list(): readonly NetworkRecord[]
  create(name: string, subnet: string, labels: Readonly<Record<string, string>>): Promise<NetworkRecord>
  /** Takes the network's link, rules and addresses away; nobody may be in it. */
  remove(name: string): Promise<void>
  close(): void
}

/** What a name stands for without having been made. */
const reserved = new Set(['bridge', 'host', 'none'])

export function createNetworks(deps: { root: string; pods: PodNetwork; make: NetworkMaker | undefined; log: Logger }): Networks {
  const { root, pods, make, log } = deps
  const records = openRecords<NetworkRecord>(join(root, 'networks'), log)
  const opened = new Map<string, ReturnType<NetworkMaker>>()

  const find = (name: string | undefined) => [...records.values()].find((record) => record.name === name)
  const must = (name: string): NetworkRecord => {
    const found = find(name)
    if (!found) throw new GrpcError(Code.NOT_FOUND, `no such network: ${name}`)
    return found
  }
  /** After a restart, or a reboot that took the link away, a network is made again when it is first needed. */
  const open = ({ id, subnet }: NetworkRecord): ReturnType<NetworkMaker> => {
    if (!make) throw new GrpcError(Code.FAILED_PRECONDITION, 'this runtime has no built-in network to make further ones of')
    const folder = join(root, 'network-addresses', id)
    const network = opened.get(id) ?? make({ folder, name: `kn-${id.slice(0, 10)}`, cidr: subnet, log })
    opened.set(id, network)
    network.catch(() => opened.delete(id))
    return network
  }

  return {
    status: () => pods.status(),
    ...(pods.setPodCidr ? { setPodCidr: (cidr) => pods.setPodCidr?.(cidr) as Promise<void> } : {}),
    async setup(sandbox) {
      const name = sandbox.annotations[networkAnnotation]
      if (!name) return pods.setup(sandbox)
      return name === 'none' ? { ips: [] } : (await open(must(name))).setup(sandbox)
    },
    async teardown(sandbox) {
      const name = sandbox.annotations[networkAnnotation]
      if (!name) return pods.teardown(sandbox)
      const record = find(name)
      if (record) await (await open(record)).teardown(sandbox)
    },

    list: () => [...records.values()],
    async create(name, subnet, labels) {
      if (!/^[a-zA-Z0-9][\w.-]*$/.test(name)) throw new GrpcError(Code.INVALID_ARGUMENT, `invalid network name ${JSON.stringify(name)}`)
      if (reserved.has(name) || find(name)) throw new GrpcError(Code.ALREADY_EXISTS, `network with name ${name} already exists`)
      const taken = [...records.values()].map((record) => record.subnet)
      // Another cluster's networks on this machine are told apart by where its files are.
      const id = createHash('sha256').update(`${root}\0${name}`).digest('hex')
      const record = {
        id,
        name,
        subnet: subnet ? checkSubnet(subnet, taken) : freeSubnet(taken),
        labels,
        createdAt: new Date().toISOString(),
      }
      await open(record)
      return records.put(record)
    },
    async remove(name) {
      const record = must(name)
      const network = await open(record)
      await network.destroy()
      network.close()
      opened.delete(record.id)
      records.delete(record.id)
    },
    close() {
      for (const network of opened.values()) void network.then((n) => n.close())
    },
  }
}

/** nerdctl's choice: the first of 10.4.1.0/24, 10.4.2.0/24, … that no other network has. */
function freeSubnet(taken: readonly string[]): string {
  for (let n = 1; n < 255; n++) {
    const subnet = `10.4.${n}.0/24`
    if (!taken.some((other) => overlap(subnet, other))) return subnet
  }
  throw new GrpcError(Code.RESOURCE_EXHAUSTED, 'could not find a free subnet in 10.4.0.0/16: give one with --subnet')
}

function checkSubnet(subnet: string, taken: readonly string[]): string {
  const [address = '', prefix = ''] = subnet.split('/')
  if (!isIPv4(address) || !/^\d+$/.test(prefix) || Number(prefix) < 8 || Number(prefix) > 29)
    throw new GrpcError(Code.INVALID_ARGUMENT, `invalid subnet ${JSON.stringify(subnet)}: an IPv4 range from /8 to /29 is needed`)
  const other = taken.find((range) => overlap(subnet, range))
  if (other) throw new GrpcError(Code.INVALID_ARGUMENT, `subnet ${subnet} overlaps with ${other} of another network`)
  return subnet
}

/** Of two ranges that have an address in common, one holds the other whole. */
function overlap(one: string, two: string): boolean {
  const holds = (range: string, inner: string) => {
    const [address = '', prefix] = range.split('/')
    const list = new BlockList()
    list.addSubnet(address, Number(prefix))
    return list.check(inner.split('/')[0] as string)
  }
  return holds(one, two) || holds(two, one)
}

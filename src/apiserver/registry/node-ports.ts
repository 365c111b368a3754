/**
 * Node ports (registry/core/service/portallocator): which of the range are taken, in one stored object that every API
 * server changes only at the version it read, so that no port is handed out twice. The object is upstream's own, the
 * RangeAllocation at /registry/ranges/servicenodeports. Ports that clients ask for tend to be low, so the lower band is
 * left to them: free ones are picked from above it while there are any.
 */
import { Buffer } from 'node:buffer'
import { randomInt } from 'node:crypto'
import { protobufPrefix, readBody } from '../../api/codec.ts'
import { typeById } from '../../api/registry.ts'
import type { Store } from '../../store/store.ts'

export interface NodePortRange {
  readonly first: number
  readonly last: number
}
export const defaultNodePortRange: NodePortRange = { first: 30000, last: 32767 }

/** `30000-32767`, as the flag gives it. */
export function parseNodePortRange(text: string): NodePortRange {
  const match = /^(\d+)-(\d+)$/.exec(text)
  const [first, last] = [Number(match?.[1]), Number(match?.[2])]
  if (!match || first < 1 || last > 65535 || first > last)
    throw new Error(`${JSON.stringify(text)} is not a range of ports, as in 30000-32767`)
  return { first, last }
}

export interface NodePorts {
  /** Takes this port; says why it cannot. */
  take(port: number, dryRun: boolean): Promise<string | undefined>
  /** Takes a free port, none of `except`; undefined when there is none. */
  takeNext(dryRun: boolean, except?: ReadonlySet<number>): Promise<number | undefined>
  release(ports: readonly number[], dryRun: boolean): Promise<void>
  /** Takes what services hold; what none holds is given back once it was found so for the third time, or at once. */
  repair(held: ReadonlySet<number>, atOnce: boolean): Promise<void>
}

const key = '/registry/ranges/servicenodeports'
/** A service that is just being written holds its port already (upstream's numRepairsBeforeLeakCleanup). */
const repairsBeforeCleanup = 3

export function createNodePorts(
  store: Pick<Store, 'get' | 'create' | 'update'>,
  range: NodePortRange = defaultNodePortRange,
  pick: (below: number) => number = randomInt,
): NodePorts {
  const size = range.last - range.first + 1
  const band = size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128)
  const inRange = (port: number) => port >= range.first && port <= range.last
  const leaks = new Map<number, number>()

  async function read(): Promise<{ taken: Set<number>; revision: number }> {
    const kv = await store.get(key)
    return { taken: kv ? decode(kv.value, range) : new Set(), revision: kv?.modRevision ?? 0 }
  }
  /** Runs `change` on what is taken and stores it; again when another server was first. `change` says whether it did anything. */
  async function update(dryRun: boolean, change: (taken: Set<number>) => boolean): Promise<void> {
    for (;;) {
      const { taken, revision } = await read()
      if (!change(taken) || dryRun) return
      const value = encode(taken, range)
      const written = revision === 0 ? await store.create(key, value) : await store.update(key, value, revision)
      if (written.ok) return
    }
  }
  // One after the other: concurrent services of this server would only take the version from each other.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }

  function free(taken: ReadonlySet<number>, except: ReadonlySet<number> | undefined): number | undefined {
    for (const [from, to] of [
      [range.first + band, range.last],
      [range.first, range.first + band - 1],
    ] as const) {
      const count = to - from + 1
      if (count <= 0) continue
      const start = pick(count)
      for (let i = 0; i < count; i++) {
        const port = from + ((start + i) % count)
        if (!taken.has(port) && !except?.has(port)) return port
      }
    }
    return undefined
  }

  return {
    async take(port, dryRun) {
      if (!inRange(port)) return `provided port is not in the valid range. The range of valid ports is ${range.first}-${range.last}`
      return inTurn(async () => {
        let isFree = false
        await update(dryRun, (taken) => {
          isFree = !taken.has(port)
          taken.add(port)
          return isFree
        })
        return isFree ? undefined : 'provided port is already allocated'
      })
    },
    takeNext: (dryRun, except) =>
      inTurn(async () => {
        let port: number | undefined
        await update(dryRun, (taken) => {
          port = free(taken, except)
          if (port !== undefined) taken.add(port)
          return port !== undefined
        })
        return port
      }),
    release: (ports, dryRun) => inTurn(() => update(dryRun, (taken) => ports.filter((port) => taken.delete(port)).length > 0)),
    repair: (held, atOnce) =>
      inTurn(() =>
        update(false, (taken) => {
          let changed = false
          for (const port of leaks.keys()) if (held.has(port) || !taken.has(port)) leaks.delete(port)
          for (const port of taken) {
            if (held.has(port)) continue
            const seen = (leaks.get(port) ?? 0) + 1
            if (atOnce || seen >= repairsBeforeCleanup) {
              taken.delete(port)
              leaks.delete(port)
              changed = true
            } else leaks.set(port, seen)
          }
          const kept = taken.size
          for (const port of held) if (inRange(port)) taken.add(port)
          return changed || taken.size !== kept
        }),
      ),
  }
}

/** One bit a port from the range's first on, as Go's big.Int writes its bytes: the lowest last. */
function encode(taken: ReadonlySet<number>, { first, last }: NodePortRange): Buffer {
  const bits = Buffer.alloc(Math.ceil((last - first + 1) / 8))
  for (const port of taken) {
    const at = port - first
    const byte = bits.length - 1 - (at >> 3)
    bits[byte] = (bits[byte] as number) | (1 << (at & 7))
  }
  const data = bits.toString('base64')
  return Buffer.from(JSON.stringify({ kind: 'RangeAllocation', apiVersion: 'v1', metadata: {}, range: `${first}-${last}`, data }))
}

/** Ports that were taken of another range are for the repair to find. */
function decode(value: Uint8Array, { first, last }: NodePortRange): Set<number> {
  const media = protobufPrefix.compare(value, 0, 4) === 0 ? 'protobuf' : 'json'
  const { range, data } = readBody(media, value).decode(typeById('core.v1.RangeAllocation')).object as { range?: string; data?: string }
  const taken = new Set<number>()
  if (range !== `${first}-${last}`) return taken
  const bits = Buffer.from(data ?? '', 'base64')
  for (let at = 0; at <= last - first; at++) {
    if (((bits[bits.length - 1 - (at >> 3)] ?? 0) >> (at & 7)) & 1) taken.add(first + at)
  }
  return taken
}

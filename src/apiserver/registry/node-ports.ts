/**
 * Node ports (registry/core/service/portallocator): which of the range are taken. Ports that clients ask for tend to be
 * low, so the lower band is left to them: free ones are picked from above it while there are any.
 */
import { randomInt } from 'node:crypto'

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
  take(port: number): string | undefined
  /** Takes a free port; undefined when there is none. */
  takeNext(): number | undefined
  release(port: number): void
}

export function createNodePorts(range: NodePortRange = defaultNodePortRange, pick: (below: number) => number = randomInt): NodePorts {
  const taken = new Set<number>()
  const size = range.last - range.first + 1
  const band = size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128)
  const inRange = (port: number) => port >= range.first && port <= range.last
  return {
    take(port) {
      if (!inRange(port)) return `provided port is not in the valid range. The range of valid ports is ${range.first}-${range.last}`
      if (taken.has(port)) return 'provided port is already allocated'
      taken.add(port)
      return undefined
    },
    takeNext() {
      for (const [from, to] of [
        [range.first + band, range.last],
        [range.first, range.first + band - 1],
      ] as const) {
        const count = to - from + 1
        if (count <= 0) continue
        const start = pick(count)
        for (let i = 0; i < count; i++) {
          const port = from + ((start + i) % count)
          if (taken.has(port)) continue
          taken.add(port)
          return port
        }
      }
      return undefined
    },
    release(port) {
      taken.delete(port)
    },
  }
}

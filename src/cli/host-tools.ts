/** The programs that containers need on the host, and the Debian packages that bring them. */
import { existsSync } from 'node:fs'

/** One of `programs` is enough. */
const needed: readonly { readonly programs: readonly string[]; readonly package: string }[] = [
  { programs: ['crun', 'runc'], package: 'crun' },
  { programs: ['conmon'], package: 'conmon' },
  { programs: ['nft'], package: 'nftables' },
  { programs: ['ip'], package: 'iproute2' },
]

export interface Tools {
  readonly programs: readonly string[]
  readonly packages: readonly string[]
  /** Whether apt is here to install them. */
  readonly apt: boolean
}

/** Root's usual folders count even where PATH leaves them out. */
const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
const has = (program: string) =>
  [...(process.env['PATH'] ?? '').split(':'), ...folders].some((f) => f !== '' && existsSync(`${f}/${program}`))

export function missingTools(): Tools {
  const missing = needed.filter((tool) => !tool.programs.some(has))
  return { programs: missing.map((t) => t.programs[0] as string), packages: missing.map((t) => t.package), apt: has('apt-get') }
}

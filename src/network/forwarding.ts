/**
 * net.ipv4.ip_forward, which a pod network needs on and which is not ours: where it was off, the last network to go turns
 * it off again. That it was off is remembered by a table without rules, for the kernel keeps tables exactly as long as the
 * setting: until a reboot, and for each network namespace apart.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { nft, nftList } from './nft.ts'

const setting = '/proc/sys/net/ipv4/ip_forward'
const memory = 'kijabi-forwarding'

/** Tables of those who need it. */
const ofNetworks = /^kijabi-(network|nodes)-/

/** To be called once the caller's own table is there. */
export async function enableForwarding(): Promise<void> {
  if (readFileSync(setting, 'utf8').trim() === '1') return
  await nft(`add table ip ${memory}\n`)
  writeFileSync(setting, '1')
}

/** To be called once the caller's own table is gone. */
export async function restoreForwarding(): Promise<void> {
  const { nftables } = JSON.parse(await nftList('tables', 'ip')) as { nftables: { table?: { name: string } }[] }
  const names = nftables.flatMap(({ table }) => table?.name ?? [])
  if (!names.includes(memory) || names.some((name) => ofNetworks.test(name))) return
  writeFileSync(setting, '0')
  await nft(`delete table ip ${memory}\n`)
}

/** Which sysctls a pod may set (pkg/kubelet/sysctl): those that stay within its namespaces and harm nobody, and what --allowed-unsafe-sysctls adds. */
import type { Pod } from '../api/types/core-v1.ts'
import type { Refusal } from './admission.ts'

const safe: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
])

export function sysctlRefusal(pod: Pod, allowedUnsafe: readonly string[]): Refusal | undefined {
  const { sysctls = [] } = pod.spec.securityContext ?? {}
  for (const { name } of sysctls) {
    const dotted = name.replaceAll('/', '.')
    const isAllowed = allowedUnsafe.some((pattern) =>
      pattern.endsWith('*') ? dotted.startsWith(pattern.slice(0, -1)) : dotted === pattern,
    )
    const forbidden = (why: string) => ({ reason: 'SysctlForbidden', message: `forbidden sysctl: "${name}" ${why}` })
    if (!safe.has(dotted) && !isAllowed) return forbidden('not allowlisted')
    if (pod.spec.hostNetwork && dotted.startsWith('net.')) return forbidden('not allowed with host net enabled')
    if (pod.spec.hostIPC && (dotted.startsWith('kernel.shm') || dotted.startsWith('kernel.msg') || dotted.startsWith('fs.mqueue.')))
      return forbidden('not allowed with host ipc enabled')
  }
  return undefined
}

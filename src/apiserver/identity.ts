/**
 * The Lease by which this server is known in the cluster (KEP-1965, upstream: controlplane/apiserver/server.go), renewed
 * while it lives; those of servers that are gone for an hour are removed.
 */
import { createHash, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { isNotFound } from '../api/errors.ts'
import { formatMicroTime } from '../api/meta.ts'
import type { LeaseList } from '../api/types/coordination-v1.ts'
import type { Transport } from '../client/transport.ts'
import type { Logger } from '../log/log.ts'

const path = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'
const identity = 'apiserver.kubernetes.io/identity'
const durationSeconds = 3600
const renewMs = 10_000

/** Resolves when the lease is there. */
export async function keepIdentity(api: Transport, signal: AbortSignal, log: Logger): Promise<void> {
  const name = identityOf(hostname())
  const holderIdentity = `${name}_${randomUUID()}`
  const renew = async () => {
    const spec = { holderIdentity, leaseDurationSeconds: durationSeconds, renewTime: formatMicroTime() }
    try {
      await api.request({ method: 'PATCH', path: `${path}/${name}`, contentType: 'application/merge-patch+json', body: { spec } })
    } catch (error) {
      if (!isNotFound(error)) throw error
      const labels = { [identity]: 'kube-apiserver', 'kubernetes.io/hostname': hostname() }
      await api.request({ method: 'POST', path, body: { metadata: { name, labels }, spec } })
    }
  }
  const forgetOthers = async () => {
    const { items } = await api.request<LeaseList>({ method: 'GET', path: `${path}?labelSelector=${identity}=kube-apiserver` })
    const now = Date.now()
    for (const { metadata, spec } of items) {
      const { renewTime, leaseDurationSeconds } = spec ?? {}
      if (renewTime && leaseDurationSeconds && Date.parse(renewTime) + leaseDurationSeconds * 1000 >= now) continue
      await api.request({ method: 'DELETE', path: `${path}/${metadata.name}` }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    }
  }
  const every = (ms: number, what: () => Promise<void>) => {
    const timer = setInterval(() => what().catch((error: unknown) => log.warn('the identity lease is not kept', { error })), ms)
    timer.unref()
    signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  }
  every(renewMs, renew)
  every(durationSeconds * 1000, forgetOthers)
  await renew()
  await forgetOthers()
}

/** Upstream's: the hash of the host's name and of the component's, each with its length before it. */
export function identityOf(host: string): string {
  const hash = createHash('sha256')
  for (const part of [Buffer.from(host), Buffer.from('kube-apiserver')])
    hash.update(Buffer.from([part.length >> 8, part.length & 255])).update(part)
  return `apiserver-${base32(hash.digest().subarray(0, 16))}`
}

function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

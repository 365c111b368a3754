/** Bootstrap tokens (pkg/controller/bootstrap): cluster-info is signed with each that allows it, and expired ones are removed. */
import { createHmac } from 'node:crypto'
import { isNotFound } from '../api/errors.ts'
import { splitKey } from '../api/meta.ts'
import type { Secret } from '../api/types/core-v1.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { semanticEqual } from './equal.ts'

const tokenType = 'bootstrap.kubernetes.io/token'
const prefix = 'jws-kubeconfig-'

const dataOf = (secret: Secret, key: string): string => Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8')

/** When a token ends; undefined: never. One whose end cannot be read has ended. */
function expiryOf(secret: Secret): number | undefined {
  const text = dataOf(secret, 'expiration')
  if (text === '') return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? 0 : at
}

export function createTokenCleaner({ client, informers, clock }: ControllerDeps): Controller {
  const secrets = informers.of('secrets', { namespace: 'kube-system', fieldSelector: `type=${tokenType}` })
  return {
    name: 'token-cleaner-controller',
    wake(queue) {
      const wake = (secret: Secret) => queue.add(`kube-system/${secret.metadata.name}`)
      secrets.addHandler({ added: wake, updated: wake })
      return [secrets]
    },
    async reconcile(key) {
      const { namespace, name } = splitKey(key)
      const secret = secrets.get(namespace, name)
      const expiry = secret && expiryOf(secret)
      if (!secret || expiry === undefined) return
      const left = expiry - clock.now()
      if (left > 0) return left
      await client.delete('secrets', { namespace, name }, { preconditions: { uid: secret.metadata.uid } }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    },
  }
}

export function createBootstrapSigner({ client, informers, clock }: ControllerDeps): Controller {
  const secrets = informers.of('secrets', { namespace: 'kube-system', fieldSelector: `type=${tokenType}` })
  const maps = informers.of('configmaps', { namespace: 'kube-public', fieldSelector: 'metadata.name=cluster-info' })
  const key = 'kube-public/cluster-info'
  return {
    name: 'bootstrap-signer-controller',
    wake(queue) {
      const wake = () => queue.add(key)
      secrets.addHandler({ added: wake, updated: wake, deleted: wake })
      maps.addHandler({ added: wake, updated: wake })
      return [secrets, maps]
    },
    async reconcile() {
      const map = maps.get('kube-public', 'cluster-info')
      const kubeconfig = map?.data?.kubeconfig
      if (!map || kubeconfig === undefined) return
      const data: Record<string, string> = Object.fromEntries(Object.entries(map.data ?? {}).filter(([k]) => !k.startsWith(prefix)))
      for (const secret of secrets.list()) {
        const [id, token] = [dataOf(secret, 'token-id'), dataOf(secret, 'token-secret')]
        const expiry = expiryOf(secret)
        const usable = /^[a-z0-9]{6}$/.test(id) && /^[a-z0-9]{16}$/.test(token) && secret.metadata.name === `bootstrap-token-${id}`
        if (!usable || dataOf(secret, 'usage-bootstrap-signing') !== 'true' || (expiry !== undefined && expiry <= clock.now())) continue
        data[prefix + id] = detachedSignature(kubeconfig, id, token)
      }
      if (!semanticEqual(map.data, data)) await client.update('configmaps', { ...map, data })
    },
  }
}

/** A JWS without its payload (RFC 7515, appendix F), HS256 with the token's secret. */
export function detachedSignature(payload: string, id: string, secret: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: id })).toString('base64url')
  const signature = createHmac('sha256', secret)
    .update(`${header}.${Buffer.from(payload).toString('base64url')}`)
    .digest('base64url')
  return `${header}..${signature}`
}

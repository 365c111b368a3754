/** Tokens of service accounts for pods (pkg/kubelet/token): asked for once, bound to the pod, renewed at four fifths of their life or after a day. */
import type { TokenRequest } from '../api/types/authentication-v1.ts'
import type { Pod } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import type { Clock } from '../client/clock.ts'

const mostMs = 24 * 3600 * 1000

export interface TokenManager {
  get(pod: Pod, request: { audience?: string; expirationSeconds: number }): Promise<{ token: string; renewAt: number }>
  forget(podUid: string): void
}

export function createTokenManager(client: Client, clock: Clock, random: () => number = Math.random): TokenManager {
  const tokens = new Map<string, { token: string; renewAt: number; expiresAt: number }>()
  return {
    async get(pod, { audience, expirationSeconds }) {
      const { namespace, name, uid } = pod.metadata
      const key = `${uid}/${audience ?? ''}/${expirationSeconds}`
      const have = tokens.get(key)
      if (have && have.renewAt > clock.now()) return have
      try {
        const { status } = await client.createSubresource<TokenRequest>(
          'serviceaccounts',
          { namespace, name: pod.spec.serviceAccountName || 'default' },
          'token',
          {
            apiVersion: 'authentication.k8s.io/v1',
            kind: 'TokenRequest',
            metadata: {},
            spec: {
              ...(audience ? { audiences: [audience] } : {}),
              expirationSeconds,
              boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
            },
          },
        )
        const expiresAt = Date.parse(status.expirationTimestamp as string)
        const life = expiresAt - clock.now()
        const made = { token: status.token, expiresAt, renewAt: clock.now() + Math.min(life * 0.8, mostMs) - random() * 10_000 }
        tokens.set(key, made)
        return made
      } catch (error) {
        // A token that is old but good outlives a server that cannot be reached; asked again in ten seconds.
        if (have && have.expiresAt > clock.now()) return { ...have, renewAt: clock.now() + 10_000 }
        throw error
      }
    },
    forget(podUid) {
      for (const key of tokens.keys()) if (key.startsWith(`${podUid}/`)) tokens.delete(key)
    },
  }
}

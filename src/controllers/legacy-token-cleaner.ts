/**
 * Removes token secrets that were once made for every service account and have long not been used
 * (pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go): first marked invalid, then, a period later, deleted.
 */
import { isNotFound } from '../api/errors.ts'
import { objectKey, splitKey } from '../api/meta.ts'
import type { Secret } from '../api/types/core-v1.ts'
import type { Controller, ControllerDeps } from './controller.ts'

const secretType = 'kubernetes.io/service-account-token'
const lastUsed = 'kubernetes.io/legacy-token-last-used'
const invalidSince = 'kubernetes.io/legacy-token-invalid-since'
const day = 86_400_000

export function createLegacyTokenCleaner({ client, informers, clock, options }: ControllerDeps): Controller {
  const secrets = informers.of('secrets', { fieldSelector: `type=${secretType}` })
  const accounts = informers.of('serviceaccounts')
  // Since when the API server has noted which tokens are used.
  const tracking = informers.of('configmaps', {
    namespace: 'kube-system',
    fieldSelector: 'metadata.name=kube-apiserver-legacy-service-account-token-tracking',
  })
  const period = options.legacyTokenCleanUpPeriodMs
  const dateOf = (text: string | undefined) => (text && /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : undefined)

  return {
    name: 'legacy-serviceaccount-token-cleaner-controller',
    wake(queue) {
      const wake = (secret: Secret) => queue.add(objectKey(secret))
      secrets.addHandler({ added: wake, updated: wake })
      tracking.addHandler({
        added() {
          for (const secret of secrets.list()) wake(secret)
        },
      })
      return [secrets, accounts, tracking]
    },
    async reconcile(key) {
      const { namespace, name } = splitKey(key)
      const secret = secrets.get(namespace, name)
      const since = dateOf(tracking.list()[0]?.data?.since)
      if (!secret || since === undefined) return
      const account = accounts.get(namespace, secret.metadata.annotations?.['kubernetes.io/service-account.name'] ?? '')
      // Only those that were made by themselves: the account lists them. What a person made, a person removes.
      if (!account?.secrets?.some((s) => s.name === name)) return
      const now = clock.now()
      const used = dateOf(secret.metadata.labels?.[lastUsed])
      const idleFrom = Math.max(since, used === undefined ? Date.parse(secret.metadata.creationTimestamp) : used + day)
      if (idleFrom + period > now) return Math.min(idleFrom + period - now, day)
      const invalid = dateOf(secret.metadata.labels?.[invalidSince])
      if (invalid === undefined || invalid < (used ?? 0)) {
        const labels = { [invalidSince]: new Date(now).toISOString().slice(0, 10) }
        await client.patch('secrets', { namespace, name }, { metadata: { uid: secret.metadata.uid, labels } })
        return period
      }
      if (invalid + day + period > now) return Math.min(invalid + day + period - now, day)
      const { uid, resourceVersion } = secret.metadata
      await client.delete('secrets', { namespace, name }, { preconditions: { uid, resourceVersion } }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    },
  }
}

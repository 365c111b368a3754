/**
 * Fills secrets of type `kubernetes.io/service-account-token` with a token that does not expire, and removes them with
 * their account (the legacy half of pkg/controller/serviceaccount: tokens_controller.go).
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign as signBytes } from 'node:crypto'
import { isNotFound } from '../api/errors.ts'
import { objectKey, splitKey } from '../api/meta.ts'
import type { Secret, ServiceAccount } from '../api/types/core-v1.ts'
import type { Controller, ControllerDeps } from './controller.ts'

const secretType = 'kubernetes.io/service-account-token'
const accountName = 'kubernetes.io/service-account.name'
const accountUid = 'kubernetes.io/service-account.uid'

export function createTokenController({ client, informers, options }: ControllerDeps): Controller {
  const name = 'serviceaccount-token-controller'
  // Without a key there is nothing to sign as signBytes, and no reason to watch.
  if (options.serviceAccountPrivateKey === undefined) return { name, wake: () => [], reconcile: async () => {} }
  const sign = createTokenSigner(options.serviceAccountPrivateKey)
  const accounts = informers.of('serviceaccounts')
  const secrets = informers.of('secrets', { fieldSelector: `type=${secretType}` })

  return {
    name,
    workers: options.concurrent.serviceaccountToken,
    wake(queue) {
      const wake = (secret: Secret) => {
        if (secret.type === secretType) queue.add(objectKey(secret))
      }
      const wakeAll = (account: ServiceAccount) => {
        for (const secret of secrets.list(account.metadata.namespace))
          if (secret.metadata.annotations?.[accountName] === account.metadata.name) wake(secret)
      }
      secrets.addHandler({ added: wake, updated: wake })
      accounts.addHandler({ added: wakeAll, deleted: wakeAll })
      return [accounts, secrets]
    },
    async reconcile(key) {
      const { namespace, name } = splitKey(key)
      const secret = secrets.get(namespace, name)
      const of = secret?.metadata.annotations?.[accountName]
      if (!secret || secret.metadata.deletionTimestamp || !of) return
      let account = accounts.get(namespace, of)
      const uid = secret.metadata.annotations?.[accountUid]
      if (!account || (uid && uid !== account.metadata.uid)) {
        // The cache may be late: only a live answer removes a credential.
        account = await client.get('serviceaccounts', { namespace, name: of }).catch((error: unknown) => {
          if (isNotFound(error)) return undefined
          throw error
        })
        if (!account || (uid && uid !== account.metadata.uid)) {
          await client.delete('secrets', { namespace, name }, { preconditions: { uid: secret.metadata.uid } }).catch((error: unknown) => {
            if (!isNotFound(error)) throw error
          })
          return
        }
      }
      const base64 = (text: string) => Buffer.from(text).toString('base64')
      const wantedCa = options.rootCa === undefined ? undefined : base64(options.rootCa)
      const { data = {} } = secret
      const complete = data.token && data.namespace === base64(namespace) && (wantedCa === undefined || data['ca.crt'] === wantedCa)
      if (complete && uid === account.metadata.uid) return
      const token = data.token || base64(sign(legacyClaims(account, secret)))
      await client.update('secrets', {
        ...secret,
        metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, [accountUid]: account.metadata.uid } },
        data: { ...data, token, namespace: base64(namespace), ...(wantedCa === undefined ? {} : { 'ca.crt': wantedCa }) },
      })
    },
  }
}

function legacyClaims(account: ServiceAccount, secret: Secret): Record<string, string> {
  const { namespace, name, uid } = account.metadata
  return {
    iss: 'kubernetes/serviceaccount',
    'kubernetes.io/serviceaccount/namespace': namespace,
    'kubernetes.io/serviceaccount/secret.name': secret.metadata.name,
    'kubernetes.io/serviceaccount/service-account.name': name,
    'kubernetes.io/serviceaccount/service-account.uid': uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  }
}

export type TokenSigner = (claims: Readonly<Record<string, unknown>>) => string

/** Signs JWTs (RFC 7519) with an RSA or elliptic-curve key; the key id is the hash of the public key, as upstream's. */
export function createTokenSigner(pem: string): TokenSigner {
  const key = createPrivateKey(pem)
  const der = createPublicKey(pem).export({ type: 'spki', format: 'der' })
  const header = { alg: algorithmOf(key), kid: createHash('sha256').update(der).digest('base64url') }
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return (claims) => {
    const text = `${encode(header)}.${encode(claims)}`
    const digest = `sha${header.alg.slice(2)}`
    const signature = signBytes(digest, Buffer.from(text), {
      key,
      ...(key.asymmetricKeyType === 'ec' ? { dsaEncoding: 'ieee-p1363' as const } : {}),
    })
    return `${text}.${signature.toString('base64url')}`
  }
}
function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  const curve = key.asymmetricKeyDetails?.namedCurve
  const algorithm = ({ prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' } as Record<string, string>)[curve ?? '']
  if (!algorithm) throw new Error('a service account key is RSA or on a NIST curve')
  return algorithm
}

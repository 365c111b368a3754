/**
 * A service account's own way to the API server (controller/clientbuilder's DynamicControllerClientBuilder): tokens of
 * the TokenRequest API, asked for by who may, renewed while they last, and the account made where it is not there.
 */
import { isAlreadyExists, isNotFound, isUnauthorized } from '../api/errors.ts'
import type { TokenRequest } from '../api/types/authentication-v1.ts'
import type { Client, ObjectKey } from './client.ts'
import { type Clock, systemClock } from './clock.ts'
import type { ApiRequest, Transport, WatchEvent } from './transport.ts'

const lifeSeconds = 3600
/** A token is replaced when so much of its life is over. */
const goodFor = 0.8

export interface ServiceAccountOptions {
  /** May create accounts and their tokens. */
  readonly issuer: Client
  /** Carries no identity of its own; it stays open when this one is closed. */
  readonly anonymous: Transport
  readonly userAgent: string
  readonly clock?: Clock
}

interface Current {
  readonly token: Promise<string>
  renewAt: number
}

export function createServiceAccountTransport(account: Required<ObjectKey>, options: ServiceAccountOptions): Transport {
  const { issuer, anonymous, clock = systemClock } = options
  const userAgent = `${options.userAgent}/system:serviceaccount:${account.namespace}:${account.name}`
  let current: Current | undefined

  async function issue(): Promise<{ token: string; lastsMs: number }> {
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: lifeSeconds } }
    const ask = () => issuer.createSubresource<TokenRequest>('serviceaccounts', account, 'token', request)
    const answer = await ask().catch(async (error: unknown) => {
      if (!isNotFound(error)) throw error
      await issuer.create('serviceaccounts', { metadata: account }).catch((exists: unknown) => {
        if (!isAlreadyExists(exists)) throw exists
      })
      return ask()
    })
    const { token, expirationTimestamp } = answer.status
    return { token, lastsMs: Date.parse(expirationTimestamp ?? '') - clock.now() }
  }

  function tokenNow(): Current {
    if (current && clock.now() < current.renewAt) return current
    const issued = issue()
    const entry: Current = { token: issued.then(({ token }) => token), renewAt: Infinity }
    current = entry
    issued.then(
      ({ lastsMs }) => {
        entry.renewAt = clock.now() + goodFor * lastsMs
      },
      () => forget(entry),
    )
    return entry
  }
  function forget(entry: Current): void {
    if (current === entry) current = undefined
  }

  /** A token that is refused, such as one of an account that was made anew, is not shown a second time. */
  async function* twice<T>(request: ApiRequest, send: (signed: ApiRequest) => AsyncIterable<T>): AsyncGenerator<T> {
    for (const last of [false, true]) {
      const shown = tokenNow()
      const headers = { 'user-agent': userAgent, ...request.headers, authorization: `Bearer ${await shown.token}` }
      try {
        yield* send({ ...request, headers })
        return
      } catch (error) {
        if (!isUnauthorized(error)) throw error
        forget(shown)
        if (last) throw error
      }
    }
  }
  async function* answerTo<T>(request: ApiRequest): AsyncGenerator<T> {
    yield await anonymous.request<T>(request)
  }

  return {
    async request<T>(request: ApiRequest): Promise<T> {
      const { value } = await twice<T>(request, answerTo).next()
      return value as T
    },
    watch: <T>(request: ApiRequest) => twice<WatchEvent<T>>(request, (signed) => anonymous.watch<T>(signed)),
    close() {},
  }
}

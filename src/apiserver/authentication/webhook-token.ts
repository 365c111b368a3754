/** Bearer tokens that a webhook knows (upstream: plugin/pkg/authenticator/token/webhook): a TokenReview is posted, its status is the answer. */
import { hash } from 'node:crypto'
import type { Webhook } from '../../http/webhook.ts'
import { createExpiringCache } from '../expiring-cache.ts'
import { postWithRetry } from '../webhook.ts'
import { isObject } from './jwt.ts'
import { AuthenticationFailure, type TokenAnswer, type TokenAuthenticator } from './token.ts'

export interface WebhookTokenOptions {
  readonly webhook: Webhook
  /** Of the TokenReview: v1 or v1beta1. */
  readonly version: string
  readonly cacheMs: number
  readonly apiAudiences: readonly string[]
  readonly now: () => Date
}

const timeoutMs = 30_000

export function createWebhookTokenAuthenticator(options: WebhookTokenOptions): TokenAuthenticator {
  const { webhook, version, cacheMs, apiAudiences, now } = options
  const cache = createExpiringCache<{ readonly answer: TokenAnswer } | { readonly refused: string }>(now)
  /** Questions under way: a burst of requests with one token asks once. */
  const asking = new Map<string, Promise<TokenAnswer | undefined>>()

  const ask = async (key: string, token: string, audiences: readonly string[]): Promise<TokenAnswer | undefined> => {
    const review = { kind: 'TokenReview', apiVersion: `authentication.k8s.io/${version}`, metadata: {}, spec: { token, audiences } }
    const { status } = await postWithRetry<{ status?: unknown }>(webhook, review, timeoutMs)
    const answer = answerOf(status, audiences)
    cache.set(key, typeof answer === 'string' ? { refused: answer } : { answer }, cacheMs)
    if (typeof answer === 'string') throw new AuthenticationFailure(answer)
    return answer
  }
  return {
    authenticate(token, audiences = apiAudiences) {
      // Tokens are not kept: whoever reads the memory finds digests.
      const key = hash('sha256', JSON.stringify([token, audiences]), 'base64')
      const known = cache.get(key)
      if (known && 'refused' in known) throw new AuthenticationFailure(known.refused)
      if (known) return known.answer
      let answer = asking.get(key)
      if (!answer) {
        answer = ask(key, token, audiences).finally(() => asking.delete(key))
        asking.set(key, answer)
      }
      return answer
    },
  }
}

/** The user; or why there is none. */
function answerOf(status: unknown, wanted: readonly string[]): TokenAnswer | string {
  if (!isObject(status)) return 'the token webhook answered without a status'
  const { authenticated, error, user, audiences } = status
  if (authenticated !== true) return typeof error === 'string' && error !== '' ? error : 'the token webhook does not know the token'
  if (!isObject(user)) return 'the token webhook named no user'
  const named = strings(audiences)
  // A webhook that knows no audiences means the API server's own.
  const granted = named.length > 0 ? named.filter((a) => wanted.includes(a)) : wanted
  if (wanted.length > 0 && granted.length === 0) return 'the token is not for any of the audiences that were asked for'
  const extra = isObject(user['extra']) ? Object.fromEntries(Object.entries(user['extra']).map(([k, v]) => [k, strings(v)])) : {}
  const { username, uid } = user
  return {
    user: {
      name: typeof username === 'string' ? username : '',
      ...(typeof uid === 'string' && uid !== '' ? { uid } : {}),
      groups: strings(user['groups']),
      ...(Object.keys(extra).length > 0 ? { extra } : {}),
    },
    audiences: granted,
  }
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((v) => typeof v === 'string') : [])

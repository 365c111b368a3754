/** What the kinds of bearer token share, and the list of them that is asked in order (upstream: token/union, bearertoken). */
import type { User } from '../request.ts'

/** Credentials of a kind that is known here, and that are wrong. The reason is for the log: a client learns only 401. */
export class AuthenticationFailure extends Error {}

export interface TokenAnswer {
  readonly user: User
  /** The audiences that the token is for, of those asked for. Undefined: the token knows none, and is for the API. */
  readonly audiences?: readonly string[]
}

export interface TokenAuthenticator {
  /** Undefined: not a token of this kind. `audiences` undefined: the API server's own. Throws AuthenticationFailure. */
  authenticate(token: string, audiences?: readonly string[]): TokenAnswer | undefined | Promise<TokenAnswer | undefined>
}

/** The token of an Authorization header; undefined when that is of another scheme, or has a space too many before the token. */
export const bearerToken = (authorization: string | undefined): string | undefined =>
  authorization === undefined ? undefined : /^bearer ([^ ]+)(?: |$)/i.exec(authorization.trim())?.[1]

/** The first that knows the token answers; failures count only when no other knows it, and then all of them are told. */
export function tokenUnion(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    authenticate(token, audiences) {
      const failures: Error[] = []
      const from = (index: number): TokenAnswer | undefined | Promise<TokenAnswer | undefined> => {
        for (let i = index; i < authenticators.length; i++) {
          try {
            const answer = (authenticators[i] as TokenAuthenticator).authenticate(token, audiences)
            if (answer instanceof Promise) return answer.catch(note).then((found) => found ?? from(i + 1))
            if (answer) return answer
          } catch (error) {
            note(error)
          }
        }
        if (failures.length === 0) return undefined
        const [first] = failures
        if (failures.length === 1 && first instanceof AuthenticationFailure) throw first
        const texts = failures.map(({ message }) => message)
        throw new AuthenticationFailure(texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`, { cause: first })
      }
      const note = (error: unknown): undefined => {
        failures.push(error instanceof Error ? error : new Error(String(error)))
      }
      return from(0)
    },
  }
}

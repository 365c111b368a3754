/** TokenReview and SelfSubjectReview: who a token, or the asker, is (registry/authentication). */
import { newBadRequest } from '../../api/errors.ts'
import { formatTime } from '../../api/meta.ts'
import type { Logger } from '../../log/log.ts'
import { readVirtual } from '../authorization/reviews.ts'
import type { Operations } from '../dispatch.ts'
import type { ApiObject, User } from '../request.ts'
import { AuthenticationFailure, type TokenAuthenticator } from './token.ts'

interface TokenReview extends ApiObject {
  readonly spec: { readonly token?: string; readonly audiences?: readonly string[] }
}

export interface AuthenticationReviewParts {
  readonly tokens: TokenAuthenticator
  readonly apiAudiences: readonly string[]
  readonly log: Logger
  readonly now: () => Date
}

export function createAuthenticationReviews({ tokens, apiAudiences, log, now }: AuthenticationReviewParts): Operations {
  return {
    'tokenreviews.authentication.k8s.io:create': async (core, call) => {
      const review = await readVirtual<TokenReview>(core, call)
      const { token, audiences } = review.spec
      if (!token) throw newBadRequest('token is required for TokenReview in authentication')
      const wanted = audiences?.length ? audiences : apiAudiences
      const status = await statusOf(token, wanted)
      return { kind: 'object', status: 201, object: { ...review, status } }
    },
    'selfsubjectreviews.authentication.k8s.io:create': async (core, call) => {
      const review = await readVirtual(core, call)
      const { metadata } = review
      return {
        kind: 'object',
        status: 201,
        object: {
          ...review,
          metadata: { creationTimestamp: formatTime(now()), ...(metadata.managedFields ? { managedFields: metadata.managedFields } : {}) },
          status: { userInfo: userInfo(call.user) },
        },
      }
    },
  }

  async function statusOf(token: string, wanted: readonly string[]): Promise<object> {
    try {
      const found = await tokens.authenticate(token, wanted)
      if (!found) return { user: {}, error: 'invalid bearer token' }
      // A token of a kind that knows no audiences is for the API server.
      const granted = found.audiences ?? apiAudiences.filter((a) => wanted.includes(a))
      if (granted.length === 0) return { user: {}, error: 'token is not valid for any of the requested audiences' }
      return { authenticated: true, user: userInfo(found.user), audiences: granted }
    } catch (error) {
      if (!(error instanceof AuthenticationFailure)) throw error
      log.info('a reviewed token was refused', { error })
      return { user: {}, error: 'invalid bearer token' }
    }
  }
}

export const userInfo = ({ name, uid, groups, extra }: User) => ({
  username: name,
  ...(uid ? { uid } : {}),
  ...(groups.length > 0 ? { groups } : {}),
  ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
})

/** The simple authorizers, and the ordered list of them (upstream: apiserver/pkg/authorization/authorizerfactory, union). */
import type { AuthorizationAttributes, Authorizer, Decision } from '../request.ts'

/** What authorizers there are, by the names of flags and files. */
export const authorizerTypes = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'] as const

/** Members of system:masters may do anything, whatever the mode. */
export const privileged: Authorizer = {
  authorize: ({ user }) => (user.groups.includes('system:masters') ? allowed : silent),
}
const allowed: Decision = { decision: 'allow', reason: '' }
const silent: Decision = { decision: 'no-opinion', reason: '' }

export const alwaysAllow: Authorizer = { authorize: () => allowed }
/** It has no opinion rather than denying, so that an authorizer after it may allow. */
export const alwaysDeny: Authorizer = { authorize: () => ({ decision: 'no-opinion', reason: 'Everything is forbidden.' }) }

/** Asks in order; the first that allows or denies decides, and the reasons of those with no opinion add up. */
export function union(authorizers: readonly Authorizer[]): Authorizer {
  const from = (index: number, attributes: AuthorizationAttributes, before: Decision): Decision | Promise<Decision> => {
    let undecided = before
    for (let i = index; i < authorizers.length; i++) {
      const answer = (authorizers[i] as Authorizer).authorize(attributes)
      if (answer instanceof Promise) {
        const next = i + 1
        const known = undecided
        return answer.then((a) => (a.decision === 'no-opinion' ? from(next, attributes, both(known, a)) : a))
      }
      if (answer.decision !== 'no-opinion') return answer
      undecided = both(undecided, answer)
    }
    return undecided
  }
  return { authorize: (attributes) => from(0, attributes, silent) }
}

/** Two that have no opinion. */
function both(a: Decision, b: Decision): Decision {
  if (a === silent) return b
  if (!b.reason && !b.error) return a
  const error = a.error && b.error ? new Error(`[${a.error.message}, ${b.error.message}]`) : (a.error ?? b.error)
  const reason = a.reason && b.reason ? `${a.reason}\n${b.reason}` : a.reason || b.reason
  return { decision: 'no-opinion', reason, ...(error ? { error } : {}) }
}

/** The simple authorizers, and the ordered list of them (upstream: apiserver/pkg/authorization/authorizerfactory, union). */
import type { AuthorizationAttributes, Authorizer, Decision } from '../request.ts'

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
  const from = (index: number, attributes: AuthorizationAttributes, reasons: string): Decision | Promise<Decision> => {
    let why = reasons
    for (let i = index; i < authorizers.length; i++) {
      const answer = (authorizers[i] as Authorizer).authorize(attributes)
      if (answer instanceof Promise) {
        const next = i + 1
        const before = why
        return answer.then((a) => (a.decision === 'no-opinion' ? from(next, attributes, join(before, a.reason)) : a))
      }
      if (answer.decision !== 'no-opinion') return answer
      if (answer.reason) why = join(why, answer.reason)
    }
    return why ? { decision: 'no-opinion', reason: why } : silent
  }
  return { authorize: (attributes) => from(0, attributes, '') }
}

const join = (a: string, b: string): string => (a && b ? `${a}\n${b}` : a || b)

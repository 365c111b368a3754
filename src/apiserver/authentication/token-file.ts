/** `--token-auth-file`: lines of token,user,uid[,"group1,group2"] (plugin/pkg/auth/authenticator/token/tokenfile). */
import { hash } from 'node:crypto'
import type { User } from '../request.ts'
import type { TokenAuthenticator } from './token.ts'

export function parseTokenFile(text: string): Map<string, User> {
  const users = new Map<string, User>()
  for (const [number, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const fields = [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((m) => (m[1] as string).trim().replace(/^"(.*)"$/, '$1'))
    const [token = '', name = '', uid = '', groups = ''] = fields
    if (fields.length < 4) throw new Error(`token file line ${number + 1}: expected at least 3 columns`)
    if (token === '') throw new Error(`token file line ${number + 1}: a token is empty`)
    users.set(digest(token), {
      name,
      ...(uid ? { uid } : {}),
      groups: [...groups.split(',').filter(Boolean), 'system:authenticated'],
    })
  }
  return users
}

/** Tokens are kept and compared as digests, so that how long a comparison takes tells nothing. */
const digest = (token: string): string => hash('sha256', token, 'base64')

export function createTokenFileAuthenticator(users: ReadonlyMap<string, User>): TokenAuthenticator {
  /** Tokens that were right: a wrong one is never in here, so that nothing grows with guesses. */
  const seen = new Map<string, { readonly user: User }>()
  return {
    authenticate(token) {
      const known = seen.get(token)
      if (known) return known
      const user = users.get(digest(token))
      if (!user) return undefined
      seen.set(token, { user })
      return { user }
    },
  }
}

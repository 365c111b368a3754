/** Whose a request is, as a front proxy says it to another API server (client-go's transport.SetAuthProxyHeaders). */
import type { User } from '../request.ts'

/** The aggregator's own requests are allowed everywhere. */
export const aggregatorUser: User = { name: 'system:kube-aggregator', groups: ['system:masters'] }

/** Throws where a name cannot stand in a header. */
export function identityHeaders({ name, uid, groups, extra = {} }: User): Record<string, string | string[]> {
  return {
    'x-remote-user': headerValue('X-Remote-User', name),
    ...(uid ? { 'x-remote-uid': headerValue('X-Remote-Uid', uid) } : {}),
    ...(groups.length > 0 ? { 'x-remote-group': groups.map((group) => headerValue('X-Remote-Group', group)) } : {}),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => {
        const header = `x-remote-extra-${escaped(key)}`
        return [header, values.map((value) => headerValue(header, value))]
      }),
    ),
  }
}

/** What is no token of RFC 9110, and the escape itself, by its bytes. */
const escaped = (key: string): string =>
  [...Buffer.from(key)]
    .map((byte) => {
      const char = String.fromCharCode(byte)
      return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')

/** UTF-8, which Node sends when it is told the bytes one by one. */
function headerValue(header: string, text: string): string {
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) throw new Error(`net/http: invalid header field value for "${header}"`)
  return Buffer.from(text).toString('latin1')
}

/** Bootstrap tokens, `id.secret`, kept in secrets of kube-system (plugin/pkg/auth/authenticator/token/bootstrap): new nodes join with them. */
import { timingSafeEqual } from 'node:crypto'
import type { Secret } from '../../api/types/core-v1.ts'
import type { Objects } from '../objects.ts'
import { AuthenticationFailure, type TokenAuthenticator } from './token.ts'

const form = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const extraGroup = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

export function createBootstrapTokenAuthenticator(objects: Objects, now: () => Date): TokenAuthenticator {
  return {
    authenticate(token) {
      const [, id, secret] = form.exec(token) ?? []
      if (!id || !secret) return undefined
      const fail = (why: string): never => {
        throw new AuthenticationFailure(`bootstrap token ${id}: ${why}`)
      }
      const found = objects.peek<Secret>('secrets', `kube-system/bootstrap-token-${id}`)
      if (!found || found.metadata.deletionTimestamp) return fail('there is no such token')
      if (found.type !== 'bootstrap.kubernetes.io/token') return fail('its secret is of another type')
      const data = (name: string) => Buffer.from(found.data?.[name] ?? '', 'base64').toString()
      const wanted = Buffer.from(data('token-secret'))
      const given = Buffer.from(secret)
      if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) return fail('the secret is wrong')
      if (data('token-id') !== id) return fail('its secret is for another id')
      const expiration = data('expiration')
      if (expiration && !(Date.parse(expiration) > now().getTime())) return fail('it is expired')
      if (data('usage-bootstrap-authentication') !== 'true') return fail('it is not for authentication')
      const groups = data('auth-extra-groups').split(',').filter(Boolean)
      const wrong = groups.find((group) => !extraGroup.test(group))
      if (wrong !== undefined) return fail(`${JSON.stringify(wrong)} is no group for bootstrappers`)
      return {
        user: { name: `system:bootstrap:${id}`, groups: [...new Set(['system:bootstrappers', ...groups]), 'system:authenticated'] },
      }
    },
  }
}

/** Impersonate-* headers: acting as another user, where one may (upstream: endpoints/filters/impersonation). */
import { newBadRequest } from '../../api/errors.ts'
import type { IncomingRequest } from '../call.ts'
import type { AuthorizationAttributes, Authorizer, User } from '../request.ts'
import { header } from '../rest/body.ts'
import { newForbiddenTo } from '../server.ts'
import { serviceAccountUser } from './service-account-tokens.ts'

const extraPrefix = 'impersonate-extra-'
const accountName = /^system:serviceaccount:([^:]+):([^:]+)$/

export function createImpersonation(authorizer: Authorizer): (request: IncomingRequest, user: User) => User | Promise<User> {
  return (request, user) => (asks(request.headers) ? impersonate(request.headers, user) : user)

  async function impersonate(headers: IncomingRequest['headers'], user: User): Promise<User> {
    const name = header(headers['impersonate-user']) ?? ''
    const uid = header(headers['impersonate-uid']) ?? ''
    const groups = valuesOf(headers['impersonate-group'])
    const extra = extraOf(headers)
    if (name === '') throw newBadRequest(`requested ${goUser(uid, groups, extra)} without impersonating a user name`)

    const allow = async (what: Pick<AuthorizationAttributes, 'resource' | 'name'> & Partial<AuthorizationAttributes>) => {
      const attributes = {
        apiGroup: '',
        namespace: '',
        subresource: '',
        ...what,
        user,
        verb: 'impersonate',
        apiVersion: 'v1',
        isResourceRequest: true,
        path: '',
      }
      const { decision, reason } = await authorizer.authorize(attributes)
      if (decision !== 'allow') throw newForbiddenTo(attributes, user, reason)
    }
    const account = accountName.exec(name)
    if (account) await allow({ resource: 'serviceaccounts', namespace: account[1] as string, name: account[2] as string })
    else await allow({ resource: 'users', name })
    for (const group of groups) await allow({ resource: 'groups', name: group })
    const authentication = 'authentication.k8s.io'
    for (const [key, values] of Object.entries(extra))
      for (const value of values) await allow({ apiGroup: authentication, resource: 'userextras', subresource: key, name: value })
    if (uid) await allow({ apiGroup: authentication, resource: 'uids', name: uid })

    const base = account && groups.length === 0 ? serviceAccountUser(account[1] as string, account[2] as string).groups : groups
    return {
      name,
      ...(uid ? { uid } : {}),
      groups: withClass(name, base),
      ...(Object.keys(extra).length > 0 ? { extra } : {}),
    }
  }
}

/** Most requests ask for nothing of the kind: one look at the names that begin as these do. */
function asks(headers: IncomingRequest['headers']): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true
  return false
}

const valuesOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : (Array.isArray(value) ? value : value.split(', ')).filter((v) => v !== '')

function extraOf(headers: IncomingRequest['headers']): Record<string, string[]> {
  const extra: Record<string, string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(extraPrefix)) continue
    const key = name.slice(extraPrefix.length).replace(/%([0-9a-f]{2})/gi, (all) => {
      try {
        return decodeURIComponent(all)
      } catch {
        return all
      }
    })
    extra[key] = valuesOf(value)
  }
  return extra
}

/** Everybody is authenticated or not: the group is added unless one of the two was asked for. */
function withClass(name: string, groups: readonly string[]): readonly string[] {
  if (groups.includes('system:authenticated') || groups.includes('system:unauthenticated')) return groups
  return [...groups, name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated']
}

/** As Go prints a user.DefaultInfo with %#v. */
function goUser(uid: string, groups: readonly string[], extra: Readonly<Record<string, readonly string[]>>): string {
  const q = JSON.stringify
  const list = (values: readonly string[]) => (values.length > 0 ? `[]string{${values.map((v) => q(v)).join(', ')}}` : '[]string(nil)')
  const keys = Object.keys(extra).sort()
  const map =
    keys.length > 0 ? `map[string][]string{${keys.map((k) => `${q(k)}:${list(extra[k] ?? [])}`).join(', ')}}` : 'map[string][]string(nil)'
  return `&user.DefaultInfo{Name:"", UID:${q(uid)}, Groups:${list(groups)}, Extra:${map}}`
}

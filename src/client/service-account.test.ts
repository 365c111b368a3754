/** How a service account's token is asked for, kept, and replaced. */
import { expect, test } from 'vitest'
import { newNotFound, newUnauthorized } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import { createClient } from './client.ts'
import { createFakeClock } from './clock.ts'
import { createServiceAccountTransport } from './service-account.ts'
import type { ApiRequest, Transport } from './transport.ts'

const account = { namespace: 'kube-system', name: 'a' }
const path = '/api/v1/namespaces/kube-system/serviceaccounts'

/** A server that issues `token-1`, `token-2` …, and takes the one that `good` names, or any. */
function setUp({ there = true, good }: { there?: boolean; good?: string } = {}) {
  const clock = createFakeClock()
  const asked: string[] = []
  const shown: string[] = []
  const agents = new Set<string>()
  let count = 0
  let exists = there
  const issuer: Transport = {
    async request<T>({ method, path, body }: ApiRequest) {
      asked.push(`${method} ${path}`)
      if (!path.endsWith('/token')) {
        exists = true
        return body as T
      }
      if (!exists) throw newNotFound({ group: '', resource: 'serviceaccounts' }, 'a')
      const { expirationSeconds } = (body as { spec: { expirationSeconds: number } }).spec
      const expirationTimestamp = formatTime(clock.now() + expirationSeconds * 1000)
      return { status: { token: `token-${++count}`, expirationTimestamp } } as T
    },
    watch: () => [] as never,
    close() {},
  }
  const take = ({ headers }: ApiRequest) => {
    shown.push(headers?.authorization ?? '')
    agents.add(headers?.['user-agent'] ?? '')
    if (good && headers?.authorization !== `Bearer ${good}`) throw newUnauthorized()
  }
  const anonymous: Transport = {
    async request<T>(request: ApiRequest) {
      take(request)
      return 'answer' as T
    },
    async *watch(request) {
      take(request)
      yield { type: 'ADDED', object: 'one' as never }
    },
    close() {},
  }
  const transport = createServiceAccountTransport(account, { issuer: createClient(issuer), anonymous, userAgent: 'manager', clock })
  return { clock, asked, shown, agents, transport, get: () => transport.request({ method: 'GET', path: '/' }) }
}

test('one token serves requests and watches, also those that come at once, until a fifth of its life is left', async () => {
  const { clock, asked, shown, agents, transport, get } = setUp()
  expect(await Promise.all([get(), get()])).toEqual(['answer', 'answer'])
  for await (const { object } of transport.watch({ method: 'GET', path: '/' })) expect(object).toBe('one')
  clock.advance(0.79 * 3600_000)
  await get()
  expect(new Set(shown)).toEqual(new Set(['Bearer token-1']))
  clock.advance(0.02 * 3600_000)
  await get()
  expect(shown.at(-1)).toBe('Bearer token-2')
  expect(asked).toEqual([`POST ${path}/a/token`, `POST ${path}/a/token`])
  expect([...agents]).toEqual(['manager/system:serviceaccount:kube-system:a'])
})

test('an account that is not there is made', async () => {
  const { asked, get } = setUp({ there: false })
  await get()
  expect(asked).toEqual([`POST ${path}/a/token`, `POST ${path}`, `POST ${path}/a/token`])
})

test('a token that is refused is replaced once', async () => {
  const { shown, transport, get } = setUp({ good: 'token-2' })
  expect(await get()).toBe('answer')
  for await (const { object } of transport.watch({ method: 'GET', path: '/' })) expect(object).toBe('one')
  expect(shown).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-2'])
  const none = setUp({ good: 'none' })
  await expect(none.get()).rejects.toThrow('Unauthorized')
  expect(none.shown).toEqual(['Bearer token-1', 'Bearer token-2'])
})

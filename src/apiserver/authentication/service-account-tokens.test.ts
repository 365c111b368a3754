import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Secret, ServiceAccount } from '../../api/types/core-v1.ts'
import { createMetrics } from '../../metrics/metrics.ts'
import type { Objects } from '../objects.ts'
import { parseSigningKey, parseVerificationKeys, type SigningKey, signToken } from './jwt.ts'
import { createServiceAccountTokenAuthenticator, issueServiceAccountToken, tokenUseCounter } from './service-account-tokens.ts'

const pem = (type: 'ec' | 'rsa') => {
  const { privateKey } =
    type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
}
const [current, previous, foreign] = [pem('ec'), pem('rsa'), pem('ec')] as [string, string, string]
const issuer = 'https://issuer'
const start = new Date('2026-01-01T00:00:00Z')

const account = { metadata: { name: 'a', namespace: 'ns', uid: 'u1' } } as ServiceAccount
const pod = { metadata: { name: 'p', namespace: 'ns', uid: 'p1' } }
const node = { metadata: { name: 'n', uid: 'n1' } }

function setup(
  stored: Record<string, object> = { 'serviceaccounts ns/a': account, 'pods ns/p': pod },
  legacyTokenUsed?: (secret: Secret, day: string) => void,
) {
  let now = start
  const objects = { peek: (resource: string, key: string) => stored[`${resource} ${key}`] } as unknown as Objects
  const authenticator = createServiceAccountTokenAuthenticator(objects, {
    issuers: [issuer],
    keys: [...parseVerificationKeys(current), ...parseVerificationKeys(previous)],
    apiAudiences: ['api'],
    now: () => now,
    lookup: true,
    ...(legacyTokenUsed ? { legacyTokenUsed } : {}),
  })
  return { authenticator, stored, later: (seconds: number) => (now = new Date(start.getTime() + seconds * 1000)) }
}
const issue = (key: SigningKey, more: object = {}) =>
  issueServiceAccountToken(key, issuer, { account, audiences: ['api'], expirationSeconds: 600, ...more }, start)
const key = parseSigningKey(current)

test('uses are counted, and those of tokens that should have been renewed apart', () => {
  const metrics = createMetrics()
  let now = start
  const objects = { peek: (resource: string) => (resource === 'serviceaccounts' ? account : undefined) } as unknown as Objects
  const authenticator = createServiceAccountTokenAuthenticator(objects, {
    issuers: [issuer],
    keys: parseVerificationKeys(current),
    apiAudiences: ['api'],
    now: () => now,
    lookup: true,
    used: tokenUseCounter(metrics),
  })
  const token = issue(key, { warnAfterSeconds: 60 })
  for (const seconds of [0, 60, 61]) {
    now = new Date(start.getTime() + seconds * 1000)
    authenticator.authenticate(token)
  }
  now = new Date(start.getTime() + 601_000)
  expect(() => authenticator.authenticate(token)).toThrow('expired')
  const rows = metrics.render().split('\n')
  const counts = { legacy: 0, stale: 1, valid: 2 }
  for (const [kind, count] of Object.entries(counts)) expect(rows).toContain(`serviceaccount_${kind}_tokens_total ${count}`)
})

test.each([
  ['ES256', current],
  ['RS256, an older key', previous],
])('a token signed with %s is its account', (_name, signing) => {
  const { authenticator } = setup()
  expect(authenticator.authenticate(issue(parseSigningKey(signing), { pod, node }))).toMatchObject({
    user: {
      name: 'system:serviceaccount:ns:a',
      uid: 'u1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/pod-name': ['p'],
        'authentication.kubernetes.io/pod-uid': ['p1'],
        'authentication.kubernetes.io/node-name': ['n'],
      },
    },
    audiences: ['api'],
  })
})

const unsigned = (claims: object) => {
  const part = (o: object) => Buffer.from(JSON.stringify(o)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(claims)}.`
}

/** The same signature over the claims of another account. */
const tampered = (token: string) => {
  const [head, body = '', signature] = token.split('.')
  const claims = Buffer.from(body, 'base64url').toString().replace('system:serviceaccount:ns:a', 'system:serviceaccount:ns:b')
  return `${head}.${Buffer.from(claims).toString('base64url')}.${signature}`
}

test.each<[string, string, (s: ReturnType<typeof setup>) => void, RegExp]>([
  ['expired', issue(key), (s) => s.later(600), /expired/],
  ['for another audience', issue(key, { audiences: ['other'] }), () => {}, /audiences/],
  ['unsigned', unsigned({ iss: issuer, exp: 9e9 }), () => {}, /signature/],
  ['signed by a foreign key', issue(parseSigningKey(foreign)), () => {}, /signature/],
  ['not valid yet', issue(key), (s) => s.later(-120), /not valid yet/],
  ['whose payload was changed', tampered(issue(key)), () => {}, /signature/],
  ['of a deleted secret', issue(key, { secret: { metadata: { name: 's', namespace: 'ns', uid: 's1' } } }), () => {}, /does not exist/],
  [
    'of a pod that has been deleted for more than a minute',
    issue(key, { pod }),
    (s) => (s.stored['pods ns/p'] = { metadata: { ...pod.metadata, deletionTimestamp: '2025-12-31T23:58:00Z' } }),
    /is deleted/,
  ],
  ['of a deleted account', issue(key), (s) => delete s.stored['serviceaccounts ns/a'], /does not exist/],
  [
    'of an account made anew',
    issue(key),
    (s) => (s.stored['serviceaccounts ns/a'] = { metadata: { ...account.metadata, uid: 'u2' } }),
    /UID/,
  ],
  ['of a deleted pod', issue(key, { pod }), (s) => delete s.stored['pods ns/p'], /does not exist/],
  ['of a pod made anew', issue(key, { pod }), (s) => (s.stored['pods ns/p'] = { metadata: { ...pod.metadata, uid: 'p2' } }), /UID/],
  ['of a deleted node', issue(key, { node }), () => {}, /does not exist/],
  ['without the claims of an account', signToken(key, { iss: issuer, aud: ['api'], exp: 9e9 }), () => {}, /incomplete/],
  [
    'with a subject that its claims do not name',
    signToken(key, {
      iss: issuer,
      aud: ['api'],
      exp: 9e9,
      sub: 'system:serviceaccount:kube-system:admin',
      'kubernetes.io': { namespace: 'ns', serviceaccount: { name: 'a', uid: 'u1' } },
    }),
    () => {},
    /incomplete/,
  ],
])('a token %s is refused, each time', (_name, token, change, reason) => {
  const s = setup()
  change(s)
  expect(() => s.authenticator.authenticate(token)).toThrow(reason)
  expect(() => s.authenticator.authenticate(token)).toThrow(reason)
})

test.each([
  ['no JWT', 'abc'],
  ['another issuer’s', issueServiceAccountToken(key, 'https://other', { account, audiences: ['api'], expirationSeconds: 600 }, start)],
  ['larger than any token', `${'a'.repeat(70_000)}.b.c`],
])('%s is left to others', (_name, token) => {
  expect(setup().authenticator.authenticate(token)).toBeUndefined()
})

test('a token that was good ends with its account', () => {
  const s = setup()
  const token = issue(key)
  expect(s.authenticator.authenticate(token)).toBeDefined()
  delete s.stored['serviceaccounts ns/a']
  expect(() => s.authenticator.authenticate(token)).toThrow(/does not exist/)
})

test('the first use of a legacy token on a day is told, for its secret to carry the day', () => {
  const claim = (name: string) => `kubernetes.io/serviceaccount/${name}`
  const token = signToken(key, {
    iss: 'kubernetes/serviceaccount',
    sub: 'system:serviceaccount:ns:a',
    [claim('namespace')]: 'ns',
    [claim('secret.name')]: 's',
    [claim('service-account.name')]: 'a',
    [claim('service-account.uid')]: 'u1',
  })
  const secret = (labels: object) => ({
    metadata: { name: 's', namespace: 'ns', labels },
    data: { token: Buffer.from(token).toString('base64') },
  })
  const days: string[] = []
  const { authenticator, stored } = setup({ 'serviceaccounts ns/a': account, 'secrets ns/s': secret({}) }, (_secret, day) => days.push(day))
  expect(authenticator.authenticate(token)).toMatchObject({ user: { name: 'system:serviceaccount:ns:a' } })
  for (const noted of ['2025-12-31', '2026-01-01', '2026-01-02']) {
    stored['secrets ns/s'] = secret({ 'kubernetes.io/legacy-token-last-used': noted })
    authenticator.authenticate(token)
  }
  expect(days).toEqual(['2026-01-01', '2026-01-01'])
})

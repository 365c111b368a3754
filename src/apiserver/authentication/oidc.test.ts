import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMetrics } from '../../metrics/metrics.ts'
import { createCertificateAuthority, issueCertificate } from '../../pki/index.ts'
import { hashOf } from '../reload-metrics.ts'
import { type AuthenticationConfiguration, type JwtAuthenticator, parseAuthenticationConfiguration } from './configuration.ts'
import { allAlgorithms, parseSigningKey, signToken } from './jwt.ts'
import { createOidcAuthenticator } from './oidc.ts'
import { tokenUnion } from './token.ts'

const authority = createCertificateAuthority('issuer-ca')
const pair = issueCertificate(authority, { commonName: 'issuer', hosts: ['127.0.0.1'] })
const ec = (curve: string) => generateKeyPairSync('ec', { namedCurve: curve }).privateKey
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string
const first = parseSigningKey(pem(ec('P-256')))
const second = parseSigningKey(pem(ec('P-384')))
const stranger = parseSigningKey(pem(ec('P-256')))
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

let server: Server
let url = ''
let published: object[] = []
let fetched = 0
const jwk = (id: string, key: KeyObject) => ({ kid: id, use: 'sig', ...createPublicKey(key).export({ format: 'jwk' }) })

beforeAll(async () => {
  server = createServer({ cert: pair.certificate, key: pair.key }, (req, res) => {
    if (req.url === '/.well-known/openid-configuration') res.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }))
    else if (req.url === '/keys') {
      fetched++
      res.end(JSON.stringify({ keys: [{ kty: 'oct', kid: 'odd' }, ...published] }))
    } else res.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  published = [jwk(first.id, first.key), jwk('rsa', rsa)]
  fetched = 0
})

const log = { info() {}, warn() {}, error() {}, debug() {} } as never
const nowSeconds = () => Math.floor(Date.now() / 1000)
const claims = (more: object = {}) => ({
  iss: url,
  aud: 'kijabi',
  sub: 'jane',
  exp: nowSeconds() + 60,
  jti: 'j1',
  groups: ['dev', 'ops'],
  ...more,
})
const issuer = (more: Partial<JwtAuthenticator['issuer']> = {}) => ({
  url,
  audiences: ['kijabi'],
  certificateAuthority: authority.certificate,
  ...more,
})
const mappings = { username: { claim: 'sub', prefix: 'oidc:' }, groups: { claim: 'groups', prefix: 'g:' }, uid: { claim: 'jti' } }
const metrics = createMetrics()
const authenticatorOf = (more: Partial<JwtAuthenticator> = {}) =>
  createOidcAuthenticator(
    { issuer: issuer(), claimMappings: mappings, ...more },
    { algorithms: allAlgorithms, apiAudiences: ['api'], log, metrics, now: () => new Date() },
  )

test('claims name the user, the groups and the UID', async () => {
  expect(await authenticatorOf().authenticate(signToken(first, claims()))).toEqual({
    user: {
      name: 'oidc:jane',
      uid: 'j1',
      groups: ['g:dev', 'g:ops'],
      extra: { 'authentication.kubernetes.io/credential-id': ['JTI=j1'] },
    },
  })
})

test('how long it takes is measured, by the issuer’s hash, and not where the answer is remembered', async () => {
  const rows = () =>
    metrics
      .render()
      .split('\n')
      .filter((row) => row.startsWith('apiserver_authentication_jwt_authenticator_latency_seconds_count'))
  const count = (result: string) =>
    Number(
      rows()
        .find((row) => row.includes(`{result="${result}",jwt_issuer_hash="${hashOf(url)}"}`))
        ?.split(' ')
        .at(-1) ?? 0,
    )
  const [good, bad] = [count('success'), count('failure')]
  const authenticator = authenticatorOf()
  const token = signToken(first, claims())
  await authenticator.authenticate(token)
  await authenticator.authenticate(token)
  await expect(authenticator.authenticate(signToken(first, claims({ aud: 'other' })))).rejects.toThrow('audience')
  expect([count('success') - good, count('failure') - bad]).toEqual([1, 1])
})

test.each(allAlgorithms)('a token signed with %s is verified', async (alg) => {
  const hash = `sha${alg.slice(2)}`
  const curve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg as 'ES256']
  const key = curve ? ec(curve) : rsa
  published = [jwk('k', key)]
  const text = [{ alg, kid: 'k' }, claims()].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const options = curve
    ? { key, dsaEncoding: 'ieee-p1363' as const }
    : alg.startsWith('PS')
      ? { key, padding: 6, saltLength: Number(alg.slice(2)) / 8 }
      : { key }
  const signature = sign(hash, Buffer.from(text), options).toString('base64url')
  expect(await authenticatorOf().authenticate(`${text}.${signature}`)).toMatchObject({ user: { name: 'oidc:jane' } })
})

const tampered = (token: string) => {
  const [head, , signature] = token.split('.')
  return `${head}.${Buffer.from(JSON.stringify(claims({ sub: 'admin' }))).toString('base64url')}.${signature}`
}
const unsigned = () =>
  `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims())).toString('base64url')}.`

test.each<[string, () => string, RegExp, Partial<JwtAuthenticator>?]>([
  ['expired', () => signToken(first, claims({ exp: nowSeconds() - 1 })), /token is expired/],
  ['without an end', () => signToken(first, claims({ exp: undefined })), /token is expired/],
  ['not valid yet', () => signToken(first, claims({ nbf: nowSeconds() + 3600 })), /before the nbf/],
  ['for others', () => signToken(first, claims({ aud: ['other'] })), /expected audience in \["kijabi"\] got \["other"\]/],
  ['unsigned', unsigned, /unsupported algorithm.*got "none"/],
  ['signed by a stranger', () => signToken(stranger, claims()), /failed to verify id token signature/],
  ['changed on its way', () => tampered(signToken(first, claims())), /failed to verify id token signature/],
  ['without the user', () => signToken(first, claims({ sub: undefined })), /parse username claims "sub": claim not present/],
  ['with groups that are none', () => signToken(first, claims({ groups: [1] })), /parse groups claim/],
  [
    'with an email that is not verified',
    () => signToken(first, claims({ email: 'a@b', email_verified: false })),
    /email not verified/,
    { claimMappings: { username: { claim: 'email', prefix: '' } } },
  ],
  [
    'without a required claim',
    () => signToken(first, claims()),
    /required claim hd not present in ID token/,
    { claimValidationRules: [{ claim: 'hd', requiredValue: 'x' }] },
  ],
  [
    'with another value of a required claim',
    () => signToken(first, claims({ hd: 'y' })),
    /required claim hd value does not match. Got = y, want = x/,
    { claimValidationRules: [{ claim: 'hd', requiredValue: 'x' }] },
  ],
])('a token %s is refused', async (_name, token, reason, config) => {
  await expect(authenticatorOf(config).authenticate(token())).rejects.toThrow(reason)
})

test('a key that is new is fetched when a token names it, and forged names do not become a flood', async () => {
  const authenticator = authenticatorOf()
  await authenticator.authenticate(signToken(first, claims()))
  published.push(jwk(second.id, second.key))
  expect(await authenticator.authenticate(signToken(second, claims()))).toMatchObject({ user: { name: 'oidc:jane' } })
  for (let i = 0; i < 20; i++) await expect(authenticator.authenticate(signToken(stranger, claims({ jti: `${i}` })))).rejects.toThrow()
  expect(fetched).toBeLessThanOrEqual(5)
})

test('an issuer that is down refuses its own tokens only, and is asked again', async () => {
  const authenticator = authenticatorOf({ issuer: issuer({ certificateAuthority: createCertificateAuthority('other').certificate }) })
  await expect(authenticator.authenticate(signToken(first, claims()))).rejects.toThrow(/Get "https:/)
  expect(await authenticator.authenticate(signToken(first, claims({ iss: 'https://elsewhere' })))).toBeUndefined()
})

test('who asks on behalf of other audiences gets no answer', () => {
  expect(authenticatorOf().authenticate(signToken(first, claims()), ['other'])).toBeUndefined()
})

const expressions: Partial<JwtAuthenticator> = {
  claimMappings: {
    username: { expression: "'ex:' + claims.sub" },
    groups: { expression: "claims.groups.map(g, 'g-' + g)" },
    uid: { expression: 'claims.jti' },
    extra: [{ key: 'example.org/tenant', valueExpression: "has(claims.tenant) ? claims.tenant : ''" }],
  },
  claimValidationRules: [{ expression: 'claims.exp - claims.nbf <= 3600', message: 'too long a life' }],
  userValidationRules: [{ expression: "!user.username.startsWith('ex:system:')", message: 'reserved' }],
}

test('expressions name the user, the groups, the UID and more', async () => {
  const token = signToken(first, claims({ nbf: nowSeconds(), tenant: 't1' }))
  expect(await authenticatorOf(expressions).authenticate(token)).toEqual({
    user: {
      name: 'ex:jane',
      uid: 'j1',
      groups: ['g-dev', 'g-ops'],
      extra: { 'authentication.kubernetes.io/credential-id': ['JTI=j1'], 'example.org/tenant': ['t1'] },
    },
  })
})

test.each<[string, object, string]>([
  [
    'a rule on claims that does not hold',
    { nbf: 1 },
    "oidc: error evaluating claim validation expression: validation expression 'claims.exp - claims.nbf <= 3600' failed: too long a life",
  ],
  ['a rule on claims that fails', {}, "expression 'claims.exp - claims.nbf <= 3600' resulted in error: no such key: nbf"],
  [
    'a rule on the user that does not hold',
    { nbf: nowSeconds(), sub: 'system:admin' },
    "oidc: error evaluating user info validation rule: validation expression '!user.username.startsWith('ex:system:')' failed: reserved",
  ],
  ['a mapping that fails', { nbf: nowSeconds(), groups: 1 }, 'oidc: error evaluating group claim expression: '],
])('%s refuses the token', async (_name, more, message) => {
  await expect(authenticatorOf(expressions).authenticate(signToken(first, claims(more)))).rejects.toThrow(message)
})

test('several issuers are asked in their order', async () => {
  const other = authenticatorOf({ issuer: issuer({ url: 'https://elsewhere' }) })
  expect(await tokenUnion([other, authenticatorOf()]).authenticate(signToken(first, claims()))).toMatchObject({
    user: { name: 'oidc:jane' },
  })
})

const file = (jwt: object, more: object = {}) =>
  JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', jwt: [jwt], ...more })
const good = { issuer: { url: 'https://i', audiences: ['a'] }, claimMappings: { username: { claim: 'sub', prefix: '' } } }

test('a configuration that is right is taken', () => {
  const config: AuthenticationConfiguration = parseAuthenticationConfiguration(
    file(good, { anonymous: { enabled: true, conditions: [{ path: '/livez' }] } }),
    [],
  )
  expect(config).toMatchObject({ jwt: [good], anonymous: { enabled: true } })
})

test.each<[string, string, string]>([
  ['another kind', '{"kind":"Pod","apiVersion":"v1"}', 'no kind "Pod" is registered for version "v1"'],
  ['a field that is not known', file({ ...good, isuer: {} }), 'strict decoding error: unknown field "jwt[0].isuer"'],
  ['no URL', file({ ...good, issuer: { audiences: ['a'] } }), 'jwt[0].issuer.url: Required value'],
  [
    'a URL without TLS',
    file({ ...good, issuer: { url: 'http://i', audiences: ['a'] } }),
    'jwt[0].issuer.url: Invalid value: "http://i": URL scheme must be https',
  ],
  [
    'the issuer of service accounts',
    file({ ...good, issuer: { url: 'https://own', audiences: ['a'] } }),
    'jwt[0].issuer.url: Invalid value: "https://own": URL must not overlap with disallowed issuers: [https://own]',
  ],
  [
    'the same discovery URL',
    file({ ...good, issuer: { url: 'https://i', discoveryURL: 'https://i/', audiences: ['a'] } }),
    'jwt[0].issuer.discoveryURL: Invalid value: "https://i/": discoveryURL must be different from URL',
  ],
  [
    'several audiences without a policy',
    file({ ...good, issuer: { url: 'https://i', audiences: ['a', 'b'] } }),
    'jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences',
  ],
  [
    'a claim without a prefix',
    file({ ...good, claimMappings: { username: { claim: 'sub' } } }),
    'jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing',
  ],
  [
    'no claim',
    file({ ...good, claimMappings: { username: {} } }),
    'jwt[0].claimMappings.username: Required value: claim or expression is required',
  ],
  [
    'conditions without anonymous',
    file(good, { anonymous: { enabled: false, conditions: [{ path: '/livez' }] } }),
    'anonymous.conditions: Invalid value: [{"path":"/livez"}]: enabled should be set to true when conditions are defined',
  ],
  [
    'an expression that does not compile',
    file({ ...good, claimMappings: { username: { expression: 'claims.' } } }),
    'jwt[0].claimMappings.username.expression: Invalid value: "claims.": compilation failed: ERROR: <input>:1:8: Syntax error',
  ],
  [
    'a condition that is none',
    file({ ...good, claimValidationRules: [{ expression: '1' }] }),
    'jwt[0].claimValidationRules[0].expression: Invalid value: "1": must evaluate to bool',
  ],
  [
    'an email that need not be verified',
    file({ ...good, claimMappings: { username: { expression: 'claims.email' } } }),
    'claims.email_verified must be used in claimMappings.username.expression',
  ],
  [
    'a reserved key',
    file({ ...good, claimMappings: { ...good.claimMappings, extra: [{ key: 'x.k8s.io/a', valueExpression: "''" }] } }),
    'jwt[0].claimMappings.extra[0].key: Invalid value: "x.k8s.io/a": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
  ],
])('a configuration with %s is refused', (_name, text, message) => {
  expect(() => parseAuthenticationConfiguration(text, ['https://own'])).toThrow(message)
})

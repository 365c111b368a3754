/** What the flags of service account tokens mean, from the command line to the token that is issued and taken. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseFlags } from '../../flags/flags.ts'
import { noLog } from '../../log/log.ts'
import { createAccess } from '../access.ts'
import { accessFlags, accessOptions } from '../access-flags.ts'
import { createApiServer } from '../api-server.ts'
import { flags as serverFlags } from '../flags.ts'
import { createInProcessTransport } from '../in-process.ts'
import { createMemoryStore } from '../memory-store.ts'
import type { Response } from '../server.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kijabi-tokens-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const optionsOf = (...args: string[]) => {
  const { values } = parseFlags({ ...serverFlags, ...accessFlags }, [`--cert-dir=${folder}`, '--authorization-mode=AlwaysAllow', ...args])
  return accessOptions(values as never, { host: '192.0.2.1', port: 6443 }, noLog)
}

test.each([
  ['--service-account-issuer=', 'service-account-issuer must not be an empty string'],
  ['--service-account-issuer=a:// b', "contained a ':' but was not a valid URL"],
  ['--service-account-issuer=a --service-account-issuer=a', 'service-account-issuer "a" is already specified'],
  ['--service-account-jwks-uri=http://keys', 'service-account-jwks-uri requires https scheme, parsed as: http://keys'],
  ['--service-account-max-token-expiration=59m', 'must be between 1 hour and 2^32 seconds'],
  ['--service-account-max-token-expiration=1193047h', 'must be between 1 hour and 2^32 seconds'],
])('%s is refused', async (args, message) => {
  await expect(optionsOf(...args.split(/ (?=--)/))).rejects.toThrow(message)
})

interface Issued {
  readonly spec: { readonly expirationSeconds: number; readonly audiences: readonly string[] }
  readonly status: { readonly token: string }
}
interface Claims {
  readonly iss: string
  readonly aud: readonly string[]
  readonly exp: number
  readonly iat: number
  readonly 'kubernetes.io': { readonly warnafter?: number }
}

async function issue(args: readonly string[], spec: object) {
  const options = await optionsOf(...args)
  const server = await createApiServer(
    {
      store: createMemoryStore(),
      log: noLog,
      access: (parts) => createAccess(parts, { ...options, admission: { enable: [], disable: ['ServiceAccount'] } }),
    },
    { advertise: { host: '192.0.2.1', port: 6443 } },
  )
  await server.ready
  const admin = createInProcessTransport(server.handle)
  const ns = '/api/v1/namespaces/default'
  await admin.request({ method: 'POST', path: `${ns}/serviceaccounts`, body: { metadata: { name: 'a' } } })
  await admin.request({
    method: 'POST',
    path: `${ns}/pods`,
    body: { metadata: { name: 'p' }, spec: { serviceAccountName: 'a', containers: [{ name: 'c', image: 'i' }] } },
  })
  const common = { signal: new AbortController().signal, body: () => Promise.resolve(Buffer.alloc(0)) }
  const user = { name: 'admin', groups: ['system:masters'] }
  const response: Response = await server.handle({
    ...common,
    method: 'POST',
    target: `${ns}/serviceaccounts/a/token`,
    headers: { 'content-type': 'application/json' },
    credentials: { headers: {}, remoteAddress: '' },
    object: { spec },
    user,
  })
  response.done(201)
  const { answer, warnings } = response
  if (answer.kind !== 'object') throw new Error(JSON.stringify(answer))
  const { spec: told, status } = answer.object as Issued
  const claims = JSON.parse(Buffer.from(status.token.split('.')[1] as string, 'base64url').toString()) as Claims
  const authorization = `Bearer ${status.token}`
  const asked = await server.handle({
    ...common,
    method: 'GET',
    target: '/api',
    headers: { authorization },
    credentials: { authorization, headers: { authorization }, remoteAddress: '' },
  })
  asked.done(200)
  await server.close()
  return { told, claims, warnings, taken: asked.user?.name === 'system:serviceaccount:default:a', lives: claims.exp - claims.iat }
}

const hour = 3600
const year = 365 * 24 * hour
const pod = { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } }

describe('a token', () => {
  test.each<[string, string[], object, object]>([
    ['lives an hour', [], {}, { lives: hour, taken: true, warnings: [] }],
    ['lives as long as was asked for', [], { expirationSeconds: 100 * hour }, { lives: 100 * hour }],
    [
      'lives no longer than is allowed, and its client is warned',
      ['--service-account-max-token-expiration=2h'],
      { expirationSeconds: 100 * hour },
      {
        lives: 2 * hour,
        told: { expirationSeconds: 2 * hour },
        warnings: [`requested expiration of ${100 * hour} seconds shortened to ${2 * hour} seconds`],
      },
    ],
    [
      'of a pod lives a year, and is told of as of an hour',
      [],
      { ...pod, expirationSeconds: 3607 },
      { lives: year, told: { expirationSeconds: 3607 } },
    ],
    ['of a pod that asks for another time does not', [], { ...pod, expirationSeconds: 3608 }, { lives: 3608 }],
    ['of a pod for others does not', [], { ...pod, expirationSeconds: 3607, audiences: ['vault'] }, { lives: 3607, taken: false }],
    ['of no pod does not', [], { expirationSeconds: 3607 }, { lives: 3607 }],
    [
      'is not extended where that is off',
      ['--service-account-extend-token-expiration=false'],
      { ...pod, expirationSeconds: 3607 },
      { lives: 3607 },
    ],
    [
      'is by the first issuer and for it',
      ['--service-account-issuer=https://one', '--service-account-issuer=https://two'],
      {},
      { claims: { iss: 'https://one', aud: ['https://one'] }, taken: true },
    ],
    [
      'is for the audiences of the server',
      ['--service-account-issuer=https://one', '--api-audiences=api,other'],
      {},
      { claims: { aud: ['api', 'other'] }, taken: true },
    ],
    ['for one of them is taken', ['--api-audiences=api,other'], { audiences: ['other', 'vault'] }, { taken: true }],
    ['for none of them is not', ['--api-audiences=api'], { audiences: ['vault'] }, { taken: false }],
  ])('%s', async (_name, args, spec, expected) => {
    expect(await issue(args, spec)).toMatchObject(expected)
  })

  test('that is extended says when it should have been renewed', async () => {
    const { claims } = await issue([], { ...pod, expirationSeconds: 3607 })
    expect(claims['kubernetes.io'].warnafter).toBe(claims.iat + 3607)
  })
})

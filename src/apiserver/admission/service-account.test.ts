import { describe, expect, test } from 'vitest'
import type { Pod } from '../../api/types/core-v1.ts'
import { createServiceAccountPlugin, tokenMountPath } from './service-account.ts'
import { objectsOf, review, type Write } from './testing.ts'

const account = (name: string, more: object = {}, annotations: object = {}) => ({
  metadata: { name, namespace: 'ns', annotations },
  ...more,
})
const strict = account(
  'strict',
  { secrets: [{ name: 's' }], imagePullSecrets: [{ name: 'pull' }], automountServiceAccountToken: false },
  { 'kubernetes.io/enforce-mountable-secrets': 'true' },
)
const accounts = [
  account('default'),
  account('quiet', { automountServiceAccountToken: false }),
  account('puller', { imagePullSecrets: [{ name: 'x' }], automountServiceAccountToken: false }),
  strict,
]
const plugin = createServiceAccountPlugin(objectsOf({ serviceaccounts: accounts }))
const pod = (spec: object, metadata: object = {}) => ({
  metadata: { name: 'p', namespace: 'ns', ...metadata },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
})
const make = async (spec: object, metadata?: object) => review(plugin, { resource: 'pods', object: pod(spec, metadata) })
const no = (why: string) => `403 pods "p" is forbidden: ${why}`
const elsewhere = 'is not allowed because service account strict does not reference that secret'

describe('the token', () => {
  test.each<[string, object, boolean]>([
    ['of the default account is mounted', {}, true],
    ['is not, where the account says so', { serviceAccountName: 'quiet' }, false],
    ['is, where the pod says so', { serviceAccountName: 'quiet', automountServiceAccountToken: true }, true],
    ['is not, where the pod says so', { automountServiceAccountToken: false }, false],
  ])('%s', async (_name, spec, mounted) => {
    const made = (await make({ ...spec, initContainers: [{ name: 'i' }] })).object as unknown as Pod
    expect(made.spec.serviceAccountName).toBe((spec as { serviceAccountName?: string }).serviceAccountName ?? 'default')
    expect(made.spec.serviceAccount).toBe(made.spec.serviceAccountName)
    const volumes = made.spec.volumes ?? []
    expect(volumes).toHaveLength(mounted ? 1 : 0)
    for (const { volumeMounts = [] } of [...(made.spec.initContainers ?? []), ...made.spec.containers])
      expect(volumeMounts).toEqual(mounted ? [{ name: volumes[0]?.name, readOnly: true, mountPath: tokenMountPath }] : [])
    if (mounted) expect(volumes[0]?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/)
  })
  test('has the three sources', async () => {
    const made = (await make({})).object as unknown as Pod
    expect(made.spec.volumes?.[0]?.projected).toEqual({
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    })
  })
  test('leaves a mount of the container’s own alone', async () => {
    const volumeMounts = [{ name: 'mine', mountPath: tokenMountPath }]
    const made = (await make({ containers: [{ name: 'c', volumeMounts }], volumes: [{ name: 'mine' }] })).object as unknown as Pod
    expect(made.spec.volumes).toEqual([{ name: 'mine' }])
    expect(made.spec.containers[0]?.volumeMounts).toEqual(volumeMounts)
  })
})

test.each<[string, object, readonly object[] | undefined]>([
  ['the account’s', { serviceAccountName: 'puller' }, [{ name: 'x' }]],
  ['the pod’s own', { serviceAccountName: 'puller', imagePullSecrets: [{ name: 'y' }] }, [{ name: 'y' }]],
  ['none', {}, undefined],
])('pull secrets: %s', async (_name, spec, secrets) => {
  expect(((await make(spec)).object as unknown as Pod).spec.imagePullSecrets).toEqual(secrets)
})

describe('refused', () => {
  const env = (name: string) => [{ name: 'V', valueFrom: { secretKeyRef: { name, key: 'k' } } }]
  const envFrom = (name: string) => [{ secretRef: { name } }]
  const by = (spec: object) => ({ serviceAccountName: 'strict', ...spec })
  const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' } }
  test.each<[string, object, object, string]>([
    [
      'an account that is not there',
      { serviceAccountName: 'x' },
      {},
      no('error looking up service account ns/x: serviceaccount "x" not found'),
    ],
    [
      'a volume',
      by({ volumes: [{ name: 'v', secret: { secretName: 'other' } }] }),
      {},
      no(`volume with secret.secretName="other" ${elsewhere}`),
    ],
    ['a volume of its own', by({ volumes: [{ name: 'v', secret: { secretName: 's' } }] }), {}, 'allowed'],
    [
      'a variable',
      by({ containers: [{ name: 'c', env: env('other') }] }),
      {},
      no(`container c with envVar V referencing secret.secretName="other" ${elsewhere}`),
    ],
    [
      'all variables',
      by({ containers: [{ name: 'c', envFrom: envFrom('other') }] }),
      {},
      no(`container c with envFrom referencing secret.secretName="other" ${elsewhere}`),
    ],
    ['a variable of its own', by({ containers: [{ name: 'c', env: env('s'), envFrom: envFrom('s') }] }), {}, 'allowed'],
    [
      'an init container',
      by({ initContainers: [{ name: 'i', env: env('other') }] }),
      {},
      no(`init container i with envVar V referencing secret.secretName="other" ${elsewhere}`),
    ],
    [
      'a pull secret',
      by({ imagePullSecrets: [{ name: 'pull' }, { name: 'other' }] }),
      {},
      no('imagePullSecrets[1].name="other" is not allowed because service account strict does not reference that imagePullSecret'),
    ],
    ['a mirror pod', {}, mirror, 'allowed'],
    ['a mirror pod with an account', { serviceAccountName: 'default' }, mirror, no('a mirror pod may not reference service accounts')],
    [
      'a mirror pod with a secret',
      { volumes: [{ name: 'v', secret: { secretName: 's' } }] },
      mirror,
      no('a mirror pod may not reference secrets'),
    ],
    [
      'a mirror pod with a variable',
      { containers: [{ name: 'c', envFrom: envFrom('s') }] },
      mirror,
      no('a mirror pod may not reference secrets'),
    ],
    [
      'a mirror pod with a token',
      { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
      mirror,
      no('a mirror pod may not use ServiceAccountToken volume projections'),
    ],
  ])('%s', async (_name, spec, metadata, answer) => expect((await make(spec, metadata)).answer).toBe(answer))

  const debug = (name: string, serviceAccountName = 'strict') =>
    pod({ serviceAccountName, ephemeralContainers: [{ name: 'd', env: env(name) }] })
  test.each<[string, Write, string]>([
    [
      'a debugger’s secret',
      { resource: 'pods/ephemeralcontainers', object: debug('other'), old: pod({}) },
      `500 ephemeral container d with envVar V referencing secret.secretName="other" ${elsewhere}`,
    ],
    ['a debugger’s own secret', { resource: 'pods/ephemeralcontainers', object: debug('s'), old: pod({}) }, 'allowed'],
    [
      'a debugger of a lenient account',
      { resource: 'pods/ephemeralcontainers', object: debug('other', 'default'), old: pod({}) },
      'allowed',
    ],
    ['an update', { resource: 'pods', object: debug('other'), old: pod({}) }, 'allowed'],
  ])('%s', async (_name, write, answer) => expect((await review(plugin, write)).answer).toBe(answer))
})

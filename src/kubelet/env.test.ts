import { describe, expect, test } from 'vitest'
import type { Container, Pod, Service } from '../api/types/core-v1.ts'
import { type EnvSources, expand, makeEnvironment, type PodFacts, resourceValue, serviceVariables } from './env.ts'

// The cases of upstream's expansion package.
test.each([
  ['$(A)', 'a'],
  ['___$(A)___', '___a___'],
  ['$(A)$(B)', 'ab'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$a'],
  ['$(UNKNOWN)', '$(UNKNOWN)'],
  ['$A', '$A'],
  ['$(A', '$(A'],
  ['f000-$$A', 'f000-$A'],
  ['$', '$'],
  ['$$', '$'],
  ['$()', '$()'],
])('%s expands to %s', (text, expected) => expect(expand(text, (name) => ({ A: 'a', B: 'b' })[name])).toBe(expected))

const facts: PodFacts = { podIPs: ['10.244.0.5'], hostIPs: ['192.0.2.2'], nodeName: 'n1', allocatable: { cpu: '4', memory: '8Gi' } }
const pod = { metadata: { name: 'p', namespace: 'shop', uid: 'u', labels: { b: '2', a: '1' } }, spec: { containers: [] } } as unknown as Pod
const sources: EnvSources = {
  configMap: async (_, name) => (name === 'cm' ? ({ data: { a: '1', c: '3' } } as never) : undefined),
  secret: async (_, name) => (name === 's' ? ({ data: { p: Buffer.from('pw').toString('base64') } } as never) : undefined),
  services: () => [],
}
const envOf = async (container: Partial<Container>) =>
  Object.fromEntries(
    (await makeEnvironment(pod, { name: 'c', resources: {}, ...container } as Container, sources, facts)).map((e) => [e.key, e.value]),
  )

describe('a container’s environment', () => {
  test('env beats envFrom, and refers to what came before', async () => {
    expect(
      await envOf({
        envFrom: [{ configMapRef: { name: 'cm' } }, { prefix: 'S_', secretRef: { name: 's' } }],
        env: [
          { name: 'a', value: 'own' },
          { name: 'B', value: '$(a)/$(c)/$(later)' },
          { name: 'later', value: 'x' },
        ],
      }),
    ).toEqual({ a: 'own', c: '3', S_p: 'pw', B: 'own/3/$(later)', later: 'x' })
  })
  test('fields and resources', async () => {
    const env = await envOf({
      resources: { limits: { memory: '64Mi' } },
      env: [
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } as never },
        { name: 'LABELS', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } as never },
        { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a']" } } as never },
        { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } as never },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } as never },
      ],
    })
    expect(env).toEqual({ IP: '10.244.0.5', LABELS: 'a="1"\nb="2"', LABEL: '1', MEM: '64', CPU: '4' })
  })
  test.each([
    [{ configMapKeyRef: { name: 'none', key: 'a' } }, 'configmap "none" not found'],
    [{ configMapKeyRef: { name: 'cm', key: 'zzz' } }, "couldn't find key zzz in ConfigMap shop/cm"],
    [{ secretKeyRef: { name: 'none', key: 'a' } }, 'secret "none" not found'],
  ])('%j is missing: %s', async (valueFrom, message) => {
    await expect(envOf({ env: [{ name: 'X', valueFrom: valueFrom as never }] })).rejects.toThrow(message)
    const optional = Object.fromEntries(Object.entries(valueFrom).map(([kind, ref]) => [kind, { ...ref, optional: true }]))
    expect(await envOf({ env: [{ name: 'X', valueFrom: optional as never }] })).toEqual({})
  })
})

test('a fraction of a CPU is rounded up', () =>
  expect(resourceValue({ resources: { limits: { cpu: '1500m' } } } as unknown as Container, 'limits.cpu', undefined, {})).toBe('2'))

test('services are told in Docker’s link form', () => {
  const service = {
    metadata: { name: 'my-db', namespace: 'shop' },
    spec: { clusterIP: '10.0.0.9', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] },
  } as unknown as Service
  expect(Object.fromEntries(serviceVariables([service], [], true))).toEqual({
    MY_DB_SERVICE_HOST: '10.0.0.9',
    MY_DB_SERVICE_PORT: '5432',
    MY_DB_SERVICE_PORT_SQL: '5432',
    MY_DB_PORT: 'tcp://10.0.0.9:5432',
    MY_DB_PORT_5432_TCP: 'tcp://10.0.0.9:5432',
    MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    MY_DB_PORT_5432_TCP_PORT: '5432',
    MY_DB_PORT_5432_TCP_ADDR: '10.0.0.9',
  })
  expect(serviceVariables([service], [], false).size).toBe(0)
})

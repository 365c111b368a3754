import { expect, test } from 'vitest'
import { newAlreadyExists, newForbidden } from '../../api/errors.ts'
import type { Transport } from '../../client/transport.ts'
import {
  createAlwaysAdmit,
  createAlwaysDeny,
  createDenyServiceExternalIPs,
  createLimitPodHardAntiAffinityTopology,
  createNamespaceAutoProvision,
  createNamespaceExists,
} from './gates.ts'
import { objectsOf, review, type Write } from './testing.ts'

const metadata = { name: 'p', namespace: 'ns' }
const service = (...externalIPs: string[]) => ({ metadata, spec: { externalIPs } })
const apart = (topologyKey: string, kind = 'requiredDuringSchedulingIgnoredDuringExecution') => ({
  metadata,
  spec: { containers: [], affinity: { podAntiAffinity: { [kind]: [{ topologyKey }] } } },
})
const noIps = '403 services "p" is forbidden: Use of external IPs is denied by admission control'
const zone =
  '403 pods "p" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed'
const denied = '403 pods "p" is forbidden: admission control is denying all modifications'
const here = { namespaces: [{ metadata: { name: 'ns' } }] }
const missing = '404 namespaces "ns" not found'

test.each<[string, ReturnType<typeof createAlwaysDeny>, Write, string]>([
  ['a new external IP', createDenyServiceExternalIPs(), { resource: 'services', object: service('192.0.2.1') }, noIps],
  ['no external IP', createDenyServiceExternalIPs(), { resource: 'services', object: service() }, 'allowed'],
  ['one IP less', createDenyServiceExternalIPs(), { resource: 'services', object: service('a'), old: service('a', 'b') }, 'allowed'],
  ['another IP', createDenyServiceExternalIPs(), { resource: 'services', object: service('a', 'c'), old: service('a', 'b') }, noIps],
  [
    'the status of a service',
    createDenyServiceExternalIPs(),
    { resource: 'services/status', object: service('a'), old: service() },
    'allowed',
  ],
  [
    'pods apart by node',
    createLimitPodHardAntiAffinityTopology(),
    { resource: 'pods', object: apart('kubernetes.io/hostname') },
    'allowed',
  ],
  ['pods apart by zone', createLimitPodHardAntiAffinityTopology(), { resource: 'pods', object: apart('zone') }, zone],
  ['an update of such', createLimitPodHardAntiAffinityTopology(), { resource: 'pods', object: apart('zone'), old: apart('zone') }, zone],
  [
    'pods that would like to be',
    createLimitPodHardAntiAffinityTopology(),
    { resource: 'pods', object: apart('zone', 'preferredDuringSchedulingIgnoredDuringExecution') },
    'allowed',
  ],
  ['anything', createAlwaysAdmit(), { resource: 'pods', object: { metadata } }, 'allowed'],
  ['nothing', createAlwaysDeny(), { resource: 'pods', object: { metadata } }, denied],
  ['no deletion', createAlwaysDeny(), { resource: 'pods', operation: 'DELETE', old: { metadata } }, denied],
  ['a pod in a namespace', createNamespaceExists(objectsOf(here)), { resource: 'pods', object: { metadata } }, 'allowed'],
  ['a pod in none', createNamespaceExists(objectsOf({})), { resource: 'pods', object: { metadata } }, missing],
  ['a deletion in none', createNamespaceExists(objectsOf({})), { resource: 'pods', operation: 'DELETE', old: { metadata } }, missing],
  ['a node', createNamespaceExists(objectsOf({})), { resource: 'nodes', object: { metadata: { name: 'n' } } }, 'allowed'],
  ['a new namespace', createNamespaceExists(objectsOf({})), { resource: 'namespaces', object: { metadata: { name: 'ns' } } }, 'allowed'],
])('%s', async (_name, plugin, write, answer) => expect((await review(plugin, write)).answer).toBe(answer))

const made = ['/api/v1/namespaces ns']
const exists = newAlreadyExists({ group: '', resource: 'namespaces' }, 'ns')
const refused = newForbidden({ group: '', resource: 'namespaces' }, 'ns', 'no')
test.each<[string, object, Write, Error | undefined, string[], string]>([
  ['is made', {}, { resource: 'pods', object: { metadata } }, undefined, made, 'allowed'],
  ['is made by another meanwhile', {}, { resource: 'pods', object: { metadata } }, exists, made, 'allowed'],
  ['cannot be made', {}, { resource: 'pods', object: { metadata } }, refused, made, '403 namespaces "ns" is forbidden: no'],
  ['is there', here, { resource: 'pods', object: { metadata } }, undefined, [], 'allowed'],
  ['is not needed', {}, { resource: 'nodes', object: { metadata: { name: 'n' } } }, undefined, [], 'allowed'],
  ['is missing for an update', {}, { resource: 'pods', object: { metadata }, old: { metadata } }, undefined, [], 'allowed'],
])('a namespace that %s', async (_name, stored, write, error, requests, answer) => {
  const seen: string[] = []
  const api = {
    request: async ({ path, body }: { path: string; body: { metadata: { name: string } } }) => {
      seen.push(`${path} ${body.metadata.name}`)
      if (error) throw error
    },
  } as unknown as Transport
  const plugin = createNamespaceAutoProvision(objectsOf(stored as Record<string, []>), () => api)
  expect((await review(plugin, write)).answer).toBe(answer)
  expect(seen).toEqual(requests)
})

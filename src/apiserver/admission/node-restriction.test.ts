import { describe, expect, test } from 'vitest'
import type { Authorizer } from '../request.ts'
import { createNodeRestriction } from './node-restriction.ts'
import { objectsOf, review, type Write } from './testing.ts'

const pod = (name: string, nodeName: string, more: object = {}, spec: object = {}) => ({
  metadata: { name, namespace: 'ns', uid: `${name}-uid`, ...more },
  spec: { nodeName, containers: [], ...spec },
})
const stored = {
  nodes: [{ metadata: { name: 'mine', uid: 'node-uid' } }],
  pods: [
    pod(
      'own',
      'mine',
      {},
      {
        volumes: [
          { name: 't', projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'vault' } }] } },
          { name: 'c', csi: { driver: 'd' } },
        ],
      },
    ),
    pod('claims', 'mine', {}, { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }),
    pod('other', 'theirs'),
  ],
  persistentvolumeclaims: [{ metadata: { name: 'c', namespace: 'ns' }, spec: { volumeName: 'v' } }],
  persistentvolumes: [{ metadata: { name: 'v' }, spec: { csi: { driver: 'd' } } }],
  'csidrivers.storage.k8s.io': [{ metadata: { name: 'd' }, spec: { tokenRequests: [{ audience: 'csi' }] } }],
}
const authorizer: Authorizer = {
  authorize: ({ verb, resource }) => ({
    decision: verb === 'request-serviceaccounts-token-audience' && resource === 'granted' ? 'allow' : 'no-opinion',
    reason: '',
  }),
}
const plugin = createNodeRestriction(objectsOf(stored), authorizer)
const as = (write: Write): Write => ({ user: 'system:node:mine', groups: ['system:nodes', 'system:authenticated'], ...write })
const check = (rows: readonly (readonly [string, Write, string])[]) =>
  test.each(rows)('%s', async (_name, write, why) => {
    const { answer } = await review(plugin, as(write))
    expect(answer).toBe(why === 'allowed' || /^404 /.test(why) ? why : `403 ${write.resource.replace(/\/.*/, '')} ${why}`)
  })
const no = (why: string, name = 'p') => `"${name}" is forbidden: ${why}`

describe('others', () =>
  check([
    ['a user', { resource: 'nodes', object: { metadata: { name: 'theirs' } }, user: 'joe', groups: [] }, 'allowed'],
    ['a node’s name alone', { resource: 'nodes', object: { metadata: { name: 'theirs' } }, groups: [] }, 'allowed'],
    ['a resource that is none of its business', { resource: 'configmaps', object: { metadata: { name: 'p' } } }, 'allowed'],
  ]))

describe('pods', () => {
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'mine', uid: 'node-uid', controller: true }
  const mirror = (spec: object = {}, owners: readonly object[] = [owner], nodeName = 'mine') =>
    pod('p', nodeName, { annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: owners }, spec)
  const can = (what: string) => no(`node "mine" can only create pods with ${what}`)
  const cannot = (what: string) => no(`node "mine" can not create pods that reference ${what}`)
  const volume = (source: object) => ({ volumes: [{ name: 'v', ...source }] })
  check([
    ['a mirror pod', { resource: 'pods', object: mirror() }, 'allowed'],
    [
      'a pod that is none',
      { resource: 'pods', object: pod('p', 'mine') },
      no('pod does not have "kubernetes.io/config.mirror" annotation, node "mine" can only create mirror pods'),
    ],
    ['on another node', { resource: 'pods', object: mirror({}, [owner], 'theirs') }, can('spec.nodeName set to itself')],
    ['without an owner', { resource: 'pods', object: mirror({}, []) }, can('an owner reference set to itself')],
    ['with two owners', { resource: 'pods', object: mirror({}, [owner, owner]) }, can('a single owner reference set to itself')],
    ['of another owner', { resource: 'pods', object: mirror({}, [{ ...owner, name: 'theirs' }]) }, can('an owner reference set to itself')],
    [
      'of an owner that controls nothing',
      { resource: 'pods', object: mirror({}, [{ ...owner, controller: false }]) },
      can('a controller owner reference set to itself'),
    ],
    [
      'that holds its node up',
      { resource: 'pods', object: mirror({}, [{ ...owner, blockOwnerDeletion: true }]) },
      no('node "mine" must not set blockOwnerDeletion on an owner reference'),
    ],
    [
      'of a node of before',
      { resource: 'pods', object: mirror({}, [{ ...owner, uid: 'x' }]) },
      no('node mine UID mismatch: expected x got node-uid'),
    ],
    ['with an account', { resource: 'pods', object: mirror({ serviceAccountName: 'a' }) }, cannot('a service account')],
    ['with a secret', { resource: 'pods', object: mirror(volume({ secret: { secretName: 's' } })) }, cannot('secrets')],
    ['with a pull secret', { resource: 'pods', object: mirror({ imagePullSecrets: [{ name: 's' }] }) }, cannot('secrets')],
    ['with a config map', { resource: 'pods', object: mirror(volume({ configMap: { name: 'c' } })) }, cannot('configmaps')],
    [
      'with a claim',
      { resource: 'pods', object: mirror(volume({ persistentVolumeClaim: { claimName: 'c' } })) },
      cannot('persistentvolumeclaims'),
    ],
    [
      'with trust',
      { resource: 'pods', object: mirror(volume({ projected: { sources: [{ clusterTrustBundle: { path: 'x' } }] } })) },
      cannot('clustertrustbundles'),
    ],
    ['the end of its pod', { resource: 'pods', operation: 'DELETE', old: pod('p', 'mine') }, 'allowed'],
    [
      'the end of another’s',
      { resource: 'pods', operation: 'DELETE', old: pod('p', 'theirs') },
      no('node "mine" can only delete pods with spec.nodeName set to itself'),
    ],
    [
      'a change',
      { resource: 'pods', object: mirror(), old: mirror() },
      no('unexpected operation "UPDATE", node "mine" can only create and delete mirror pods'),
    ],
    ['a status', { resource: 'pods/status', object: pod('p', 'mine'), old: pod('p', 'mine') }, 'allowed'],
    [
      'another’s status',
      { resource: 'pods/status', object: pod('p', 'theirs'), old: pod('p', 'theirs') },
      no('node "mine" can only update pod status for pods with spec.nodeName set to itself'),
    ],
    [
      'labels by the status',
      { resource: 'pods/status', object: pod('p', 'mine', { labels: { a: 'b' } }), old: pod('p', 'mine') },
      no('node "mine" cannot update labels through pod status'),
    ],
    [
      'claims by the status',
      {
        resource: 'pods/status',
        object: { ...pod('p', 'mine'), status: { resourceClaimStatuses: [{ name: 'c' }] } },
        old: pod('p', 'mine'),
      },
      no('node "mine" cannot update resource claim statues'),
    ],
    ['an eviction', { resource: 'pods/eviction', object: { metadata: { name: 'own' } } }, 'allowed'],
    [
      'another’s eviction',
      { resource: 'pods/eviction', object: { metadata: { name: 'other' } } },
      no('node mine can only evict pods with spec.nodeName set to itself', 'other'),
    ],
    ['the eviction of nothing', { resource: 'pods/eviction', object: { metadata: { name: 'none' } } }, '404 pods "none" not found'],
    [
      'a binding',
      { resource: 'pods/binding', object: { metadata: { name: 'own' } } },
      no(`unexpected pod subresource "binding", only 'status' and 'eviction' are allowed`, 'own'),
    ],
  ])
})

describe('nodes', () => {
  const node = (labels: object = {}, spec: object = {}, name = 'mine') => ({ metadata: { name, labels }, spec })
  const set = (label: string) => no(`node "mine" is not allowed to set the following labels: ${label}`, 'mine')
  const modify = (label: string) => no(`is not allowed to modify labels: ${label}`, 'mine')
  check([
    ['itself', { resource: 'nodes', object: node() }, 'allowed'],
    ['another', { resource: 'nodes', object: node({}, {}, 'theirs') }, no('node "mine" is not allowed to modify node "theirs"', 'theirs')],
    ...['kubernetes.io/os', 'topology.kubernetes.io/zone', 'node.kubernetes.io/x', 'x.kubelet.kubernetes.io/y', 'a', 'x.com/y'].map(
      (label) => [`the label ${label}`, { resource: 'nodes', object: node({ [label]: 'x' }) }, 'allowed'] as const,
    ),
    ...[
      'kubernetes.io/x',
      'k8s.io/x',
      'x.k8s.io/y',
      'node-restriction.kubernetes.io/x',
      'a.node-restriction.kubernetes.io/x',
      'node-role.kubernetes.io/master',
    ].map((label) => [`the label ${label}`, { resource: 'nodes', object: node({ [label]: 'x' }) }, set(label)] as const),
    ['a reserved label later', { resource: 'nodes', object: node({ 'k8s.io/x': 'y' }), old: node() }, modify('k8s.io/x')],
    ['a reserved label taken away', { resource: 'nodes', object: node(), old: node({ 'k8s.io/x': 'y' }) }, modify('k8s.io/x')],
    [
      'a reserved label that stays',
      { resource: 'nodes', object: node({ 'k8s.io/x': 'y', a: 'b' }), old: node({ 'k8s.io/x': 'y' }) },
      'allowed',
    ],
    [
      'taints',
      { resource: 'nodes', object: node({}, { taints: [] }), old: node({}, { taints: [{ key: 'a', effect: 'NoSchedule' }] }) },
      no('node "mine" is not allowed to modify taints', 'mine'),
    ],
    ['a status', { resource: 'nodes/status', object: node(), old: node() }, 'allowed'],
    ['labels by the status', { resource: 'nodes/status', object: node({ 'k8s.io/x': 'y' }), old: node() }, modify('k8s.io/x')],
    ['its end', { resource: 'nodes', operation: 'DELETE', old: node() }, 'allowed'],
  ])
})

describe('tokens', () => {
  const token = (ref: object | undefined, ...audiences: string[]): Write => ({
    resource: 'serviceaccounts/token',
    object: { metadata: { name: 'p' }, spec: { audiences, ...(ref ? { boundObjectRef: ref } : {}) } },
  })
  const ref = (name: string, uid: string | undefined = `${name}-uid`, kind = 'Pod') => ({ apiVersion: 'v1', kind, name, uid })
  const unbound = no('node requested token not bound to a pod')
  const noAudience = (audience: string) =>
    no(`audience "${audience}" not found in pod spec volume, system:node:mine is not authorized to request tokens for this audience`)
  check([
    ['for its pod’s volume', token(ref('own'), 'vault'), 'allowed'],
    ['for its pod’s driver', token(ref('own'), 'csi'), 'allowed'],
    ['for its pod’s claim', token(ref('claims'), 'csi'), 'allowed'],
    ['for an audience it is granted', token(ref('own'), 'granted'), 'allowed'],
    ['for another audience', token(ref('own'), 'x'), noAudience('x')],
    ['for the API, which the pod does not call', token(ref('own')), noAudience('')],
    ['for two audiences', token(ref('own'), 'vault', 'csi'), no('node may only request 0 or 1 audiences')],
    ['for no pod', token(undefined), unbound],
    ['for a secret', token(ref('own', 'x', 'Secret')), unbound],
    ['for any pod of the name', token({ ...ref('own'), uid: '' }), no('node requested token with a pod binding without a uid')],
    [
      'for a pod of before',
      token(ref('own', 'x')),
      no(
        'the UID in the bound object reference (x) does not match the UID in record. The object might have been deleted and then recreated',
      ),
    ],
    ['for another’s pod', token(ref('other')), no('node requested token bound to a pod scheduled on a different node')],
    ['for a pod that is gone', token(ref('none')), '404 pods "none" not found'],
    ['the account itself', { resource: 'serviceaccounts', object: { metadata: { name: 'p' } } }, 'allowed'],
  ])
})

describe('what is named after the node', () => {
  const named = (name: string, spec: object = {}) => ({ metadata: { name }, spec })
  const lease = 'can only access node lease with the same name as the requesting node'
  const slice = (verb: string) => no(`can only ${verb} ResourceSlice with the same NodeName as the requesting node`)
  const claim = (status: object, labels: object = {}) => ({ metadata: { name: 'p', labels }, spec: {}, status })
  check([
    ['its lease', { resource: 'leases', namespace: 'kube-node-lease', object: named('mine') }, 'allowed'],
    ['another’s lease', { resource: 'leases', namespace: 'kube-node-lease', object: named('theirs') }, no(lease, 'theirs')],
    [
      'another’s lease’s end',
      { resource: 'leases', namespace: 'kube-node-lease', operation: 'DELETE', old: named('theirs') },
      no(lease, 'theirs'),
    ],
    [
      'a lease elsewhere',
      { resource: 'leases', object: named('mine') },
      no('can only access leases in the "kube-node-lease" system namespace', 'mine'),
    ],
    ['its CSINode', { resource: 'csinodes', object: named('mine') }, 'allowed'],
    [
      'another’s CSINode',
      { resource: 'csinodes', object: named('theirs') },
      no('can only access CSINode with the same name as the requesting node', 'theirs'),
    ],
    ['its slice', { resource: 'resourceslices', object: named('p', { nodeName: 'mine' }) }, 'allowed'],
    ['another’s slice', { resource: 'resourceslices', object: named('p', { nodeName: 'theirs' }) }, slice('create')],
    ['a slice of no node', { resource: 'resourceslices', object: named('p') }, slice('create')],
    [
      'another’s slice’s end',
      { resource: 'resourceslices', operation: 'DELETE', old: named('p', { nodeName: 'theirs' }) },
      slice('delete'),
    ],
    ['a claim', { resource: 'persistentvolumeclaims', object: claim({}), old: claim({}) }, no('may only update PVC status')],
    [
      'a claim that grew',
      {
        resource: 'persistentvolumeclaims/status',
        object: claim({ phase: 'Bound', capacity: { storage: '2' }, conditions: [{}] }),
        old: claim({ phase: 'Bound' }),
      },
      'allowed',
    ],
    [
      'a claim’s phase',
      { resource: 'persistentvolumeclaims/status', object: claim({ phase: 'Lost' }), old: claim({ phase: 'Bound' }) },
      no('node "mine" is not allowed to update fields other than status.quantity and status.conditions'),
    ],
    [
      'a claim’s labels',
      { resource: 'persistentvolumeclaims/status', object: claim({}, { a: 'b' }), old: claim({}) },
      no('node "mine" is not allowed to update fields other than status.quantity and status.conditions'),
    ],
  ])
})

import { expect, test } from 'vitest'
import { objectsOf } from '../admission/testing.ts'
import { createNodeAuthorizer } from './node.ts'
import { createNodeGraph } from './node-graph.ts'

const pod = (name: string, nodeName: string, spec: object, more: object = {}) => ({
  metadata: { name, namespace: 'ns', ...more },
  spec: { nodeName, containers: [{ name: 'c' }], ...spec },
  status: {},
})
const volumes = (...list: object[]) => ({ volumes: list.map((source, i) => ({ name: `v${i}`, ...source })) })
const stored = {
  pods: [
    pod('mine', 'n', {
      serviceAccountName: 'account',
      imagePullSecrets: [{ name: 'pull' }],
      containers: [
        {
          name: 'c',
          env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'env', key: 'k' } } }],
          envFrom: [{ configMapRef: { name: 'all' } }],
        },
      ],
      initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 'init' } }] }],
      ephemeralContainers: [{ name: 'e', envFrom: [{ secretRef: { name: 'debug' } }] }],
      resourceClaims: [{ name: 'r', resourceClaimName: 'device' }],
      ...volumes(
        { secret: { secretName: 'volume' } },
        { configMap: { name: 'map' } },
        { projected: { sources: [{ secret: { name: 'projected' } }, { configMap: { name: 'kube-root-ca.crt' } }] } },
        { persistentVolumeClaim: { claimName: 'claim' } },
        { ephemeral: {} },
        { csi: { driver: 'd', nodePublishSecretRef: { name: 'csi' } } },
        { azureFile: { secretName: 'azure', shareName: 's' } },
      ),
    }),
    pod('other', 'm', volumes({ secret: { secretName: 'theirs' } }, { persistentVolumeClaim: { claimName: 'their-claim' } })),
    pod('waiting', '', volumes({ secret: { secretName: 'waiting' } })),
    { ...pod('done', 'n', volumes({ secret: { secretName: 'done' } })), status: { phase: 'Succeeded' } },
    pod('mirror', 'n', volumes({ secret: { secretName: 'mirrored' } }), { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
  ],
  persistentvolumes: [
    {
      metadata: { name: 'volume' },
      spec: { claimRef: { namespace: 'ns', name: 'claim' }, csi: { nodeStageSecretRef: { namespace: 'far', name: 'stage' } } },
    },
    { metadata: { name: 'their-volume' }, spec: { claimRef: { namespace: 'ns', name: 'their-claim' } } },
    { metadata: { name: 'free' }, spec: {} },
  ],
  'volumeattachments.storage.k8s.io': [
    { metadata: { name: 'attached' }, spec: { nodeName: 'n' } },
    { metadata: { name: 'elsewhere' }, spec: { nodeName: 'm' } },
  ],
  'resourceslices.resource.k8s.io': [
    { metadata: { name: 'slice' }, spec: { nodeName: 'n' } },
    { metadata: { name: 'their-slice' }, spec: { nodeName: 'm' } },
  ],
}
const objects = objectsOf(stored)
const authorizer = createNodeAuthorizer(objects, createNodeGraph(objects))

/** `verb group/resource/subresource namespace/name [selector]`. */
async function ask(request: string, name = 'system:node:n', groups = ['system:nodes']): Promise<string> {
  const [verb = '', what = '', where = '', fieldSelector] = request.split(' ')
  const [apiGroup = '', resource = '', subresource = ''] = what.split('/')
  const [namespace = '', object = ''] = where.includes('/') ? where.split('/') : ['', where === '-' ? '' : where]
  const { decision, reason } = await authorizer.authorize({
    user: { name, groups },
    verb,
    isResourceRequest: true,
    path: '',
    apiGroup,
    apiVersion: 'v1',
    namespace,
    resource,
    subresource,
    name: object,
    ...(fieldSelector ? { fieldSelector } : {}),
  })
  return decision === 'allow' ? 'allow' : reason
}
const unrelated = "no relationship found between node 'n' and this object"

test.each(
  `get /secrets ns/pull
   get /secrets ns/env
   get /secrets ns/init
   get /secrets ns/debug
   get /secrets ns/volume
   get /secrets ns/projected
   get /secrets ns/csi
   get /secrets ns/azure
   get /secrets far/stage
   list /secrets ns/volume metadata.name=volume
   watch /configmaps ns/map metadata.name=map
   get /configmaps ns/all
   get /configmaps ns/kube-root-ca.crt
   get /persistentvolumeclaims ns/claim
   get /persistentvolumeclaims ns/mine-v4
   patch /persistentvolumeclaims/status ns/claim
   get /persistentvolumes volume
   create /serviceaccounts/token ns/account
   get resource.k8s.io/resourceclaims ns/device
   get storage.k8s.io/volumeattachments attached
   get /pods ns/mine
   list /pods - spec.nodeName=n
   get /nodes n
   watch /nodes - metadata.name=n
   create /nodes -
   patch /nodes/status n
   create /pods ns/x
   update /pods/status ns/mine
   create /events ns/e
   get coordination.k8s.io/leases kube-node-lease/n
   create coordination.k8s.io/leases kube-node-lease/-
   update storage.k8s.io/csinodes n
   delete resource.k8s.io/resourceslices slice
   list resource.k8s.io/resourceslices - spec.nodeName=n
   create authentication.k8s.io/tokenreviews -
   list /services -`
    .split('\n')
    .map((line) => line.trim()),
)('a kubelet may %s', async (request) => expect(await ask(request)).toBe('allow'))

test.each([
  ['get /secrets ns/theirs', unrelated],
  ['get /secrets ns/waiting', unrelated],
  ['get /secrets ns/done', unrelated],
  ['get /secrets ns/mirrored', unrelated],
  ['get /secrets other/volume', unrelated],
  ['list /secrets ns/-', unrelated],
  ['list /secrets -', 'No Object name found'],
  ['update /secrets ns/volume', 'can only read resources of this type'],
  ['get /configmaps ns/x', unrelated],
  ['get /persistentvolumeclaims ns/their-claim', unrelated],
  ['list /persistentvolumeclaims ns/claim', 'can only get individual resources of this type'],
  ['patch /persistentvolumeclaims/status ns/their-claim', unrelated],
  ['get /persistentvolumes their-volume', unrelated],
  ['get /persistentvolumes free', unrelated],
  ['create /serviceaccounts/token ns/x', unrelated],
  ['get resource.k8s.io/resourceclaims ns/x', unrelated],
  ['get storage.k8s.io/volumeattachments elsewhere', unrelated],
  ['list storage.k8s.io/volumeattachments -', 'can only get individual resources of this type'],
  ['get /pods ns/other', unrelated],
  ['list /pods -', 'can only list/watch pods with spec.nodeName field selector'],
  ['list /pods - spec.nodeName=m', 'can only list/watch pods with spec.nodeName field selector'],
  ['get /nodes m', `node "n" cannot read "m", only its own Node object`],
  ['list /nodes -', 'node "n" cannot read all nodes, only its own Node object'],
  ['get coordination.k8s.io/leases ns/n', 'can only access leases in the "kube-node-lease" system namespace'],
  ['update coordination.k8s.io/leases kube-node-lease/m', 'can only access node lease with the same name as the requesting node'],
  ['list coordination.k8s.io/leases kube-node-lease/n', 'can only get, create, update, patch, or delete a node lease'],
  ['get storage.k8s.io/csinodes m', 'can only access CSINode with the same name as the requesting node'],
  ['delete resource.k8s.io/resourceslices their-slice', unrelated],
  ['list resource.k8s.io/resourceslices -', 'can only list/watch/deletecollection resourceslices with spec.nodeName field selector'],
  ['create apps/deployments ns/x', ''],
  ['create /pods/exec ns/mine', ''],
])('a kubelet may not %s', async (request, reason) => expect(await ask(request)).toBe(reason))

test('who is no node is not judged', async () => {
  expect(await ask('get /secrets ns/volume', 'joe')).toBe('')
  expect(await ask('get /secrets ns/volume', 'system:node:n', [])).toBe('')
})

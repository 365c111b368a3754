/** For each role of the bootstrap policy, some requests that it allows and some that it does not. `verb group/resource name`, or `verb /path`. */
import { expect, test } from 'vitest'
import type { PolicyRule } from '../../api/types/rbac-v1.ts'
import { clusterRoles, roles } from './bootstrap-policy.ts'
import { coversPath, coversResource } from './rules.ts'

// biome-ignore format: a table
const table: Readonly<Record<string, readonly [allowed: readonly string[], denied: readonly string[]]>> = {
  'cluster-admin': [['do example.com/things', 'do /any'], []],
  'system:aggregate-to-admin': [['create authorization.k8s.io/localsubjectaccessreviews', 'watch rbac.authorization.k8s.io/roles'], ['delete authorization.k8s.io/localsubjectaccessreviews', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:aggregate-to-edit': [['watch /services/proxy', 'create /serviceaccounts/token', 'update extensions/replicationcontrollers/scale'], ['get extensions/replicationcontrollers/scale', 'delete /nodes', 'escalate rbac.authorization.k8s.io/clusterroles', 'impersonate /users']],
  'system:aggregate-to-view': [['watch /services/status', 'watch discovery.k8s.io/endpointslices', 'watch extensions/replicationcontrollers/scale'], ['delete discovery.k8s.io/endpointslices', 'delete extensions/replicationcontrollers/scale', 'get /secrets', 'create /pods/exec']],
  'system:auth-delegator': [['create authentication.k8s.io/tokenreviews', 'create authorization.k8s.io/subjectaccessreviews'], ['delete authentication.k8s.io/tokenreviews', 'delete authorization.k8s.io/subjectaccessreviews', 'get /secrets', 'create /pods/exec']],
  'system:basic-user': [['create authorization.k8s.io/selfsubjectrulesreviews', 'create authentication.k8s.io/selfsubjectreviews'], ['delete authorization.k8s.io/selfsubjectrulesreviews', 'delete authentication.k8s.io/selfsubjectreviews', 'get /secrets', 'create /pods/exec']],
  'system:certificates.k8s.io:certificatesigningrequests:nodeclient': [['create certificates.k8s.io/certificatesigningrequests/nodeclient'], ['delete certificates.k8s.io/certificatesigningrequests/nodeclient', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient': [['create certificates.k8s.io/certificatesigningrequests/selfnodeclient'], ['delete certificates.k8s.io/certificatesigningrequests/selfnodeclient', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:certificates.k8s.io:kube-apiserver-client-approver': [['approve certificates.k8s.io/signers kubernetes.io/kube-apiserver-client'], ['approve certificates.k8s.io/signers other', 'delete certificates.k8s.io/signers', 'get /secrets', 'create /pods/exec']],
  'system:certificates.k8s.io:kube-apiserver-client-kubelet-approver': [['approve certificates.k8s.io/signers kubernetes.io/kube-apiserver-client-kubelet'], ['approve certificates.k8s.io/signers other', 'delete certificates.k8s.io/signers', 'get /secrets', 'create /pods/exec']],
  'system:certificates.k8s.io:kubelet-serving-approver': [['approve certificates.k8s.io/signers kubernetes.io/kubelet-serving'], ['approve certificates.k8s.io/signers other', 'delete certificates.k8s.io/signers', 'get /secrets', 'create /pods/exec']],
  'system:certificates.k8s.io:legacy-unknown-approver': [['approve certificates.k8s.io/signers kubernetes.io/legacy-unknown'], ['approve certificates.k8s.io/signers other', 'delete certificates.k8s.io/signers', 'get /secrets', 'create /pods/exec']],
  'system:controller:attachdetach-controller': [['watch /persistentvolumes', 'update /nodes/status', 'update events.k8s.io/events', 'watch storage.k8s.io/csidrivers'], ['delete events.k8s.io/events', 'delete storage.k8s.io/csidrivers', 'get /secrets', 'create /pods/exec']],
  'system:controller:certificate-controller': [['watch certificates.k8s.io/certificatesigningrequests', 'approve certificates.k8s.io/signers kubernetes.io/kube-apiserver-client-kubelet', 'create authorization.k8s.io/subjectaccessreviews'], ['create certificates.k8s.io/certificatesigningrequests', 'approve certificates.k8s.io/signers other', 'delete certificates.k8s.io/signers', 'delete authorization.k8s.io/subjectaccessreviews']],
  'system:controller:clusterrole-aggregation-controller': [['watch rbac.authorization.k8s.io/clusterroles'], ['delete rbac.authorization.k8s.io/clusterroles', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:cronjob-controller': [['watch batch/cronjobs', 'update batch/cronjobs/status', 'watch /pods'], ['delete batch/cronjobs', 'delete batch/cronjobs/status', 'get /secrets', 'create /pods/exec']],
  'system:controller:daemon-set-controller': [['watch extensions/daemonsets', 'update extensions/daemonsets/finalizers', 'watch /pods', 'watch apps/controllerrevisions'], ['delete extensions/daemonsets', 'delete extensions/daemonsets/finalizers', 'get /secrets', 'create /pods/exec']],
  'system:controller:deployment-controller': [['watch extensions/deployments', 'update extensions/deployments/finalizers', 'watch /pods'], ['delete extensions/deployments', 'delete extensions/deployments/finalizers', 'get /secrets', 'create /pods/exec']],
  'system:controller:device-taint-eviction-controller': [['watch /pods', 'watch resource.k8s.io/resourceclaims', 'watch resource.k8s.io/deviceclasses'], ['delete resource.k8s.io/resourceclaims', 'delete resource.k8s.io/deviceclasses', 'get /secrets', 'create /pods/exec']],
  'system:controller:disruption-controller': [['watch extensions/deployments', 'watch policy/poddisruptionbudgets', 'update /pods/status'], ['delete extensions/deployments', 'delete policy/poddisruptionbudgets', 'get /secrets', 'create /pods/exec']],
  'system:controller:endpoint-controller': [['watch /services', 'watch /endpoints', 'create /endpoints/restricted', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:endpointslice-controller': [['watch /services', 'update /services/finalizers', 'watch discovery.k8s.io/endpointslices', 'create discovery.k8s.io/endpointslices/restricted'], ['patch discovery.k8s.io/endpointslices', 'delete discovery.k8s.io/endpointslices/restricted', 'get /secrets', 'create /pods/exec']],
  'system:controller:endpointslicemirroring-controller': [['watch /services', 'update /endpoints/finalizers', 'create discovery.k8s.io/endpointslices/restricted'], ['delete discovery.k8s.io/endpointslices/restricted', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:ephemeral-volume-controller': [['watch /pods', 'update /pods/finalizers', 'watch /persistentvolumeclaims', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:expand-controller': [['watch /persistentvolumes', 'update /persistentvolumeclaims/status', 'watch /persistentvolumeclaims', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:generic-garbage-collector': [['watch example.com/things', 'update events.k8s.io/events'], ['create example.com/things', 'create /pods/exec', 'escalate rbac.authorization.k8s.io/clusterroles', 'impersonate /users']],
  'system:controller:horizontal-pod-autoscaler': [['watch autoscaling/horizontalpodautoscalers', 'update example.com/*/scale', 'watch metrics.k8s.io/pods', 'watch external.metrics.k8s.io/things'], ['delete autoscaling/horizontalpodautoscalers', 'delete example.com/*/scale', 'delete metrics.k8s.io/pods', 'delete external.metrics.k8s.io/things']],
  'system:controller:job-controller': [['watch batch/jobs', 'update batch/jobs/status', 'update batch/jobs/finalizers', 'watch /pods'], ['delete batch/jobs', 'delete batch/jobs/status', 'delete batch/jobs/finalizers', 'get /secrets']],
  'system:controller:legacy-service-account-token-cleaner': [['get /configmaps kube-apiserver-legacy-service-account-token-tracking', 'patch /secrets'], ['get /configmaps other', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:namespace-controller': [['watch /namespaces', 'update /namespaces/status', 'watch example.com/things'], ['create example.com/things', 'create /pods/exec', 'escalate rbac.authorization.k8s.io/clusterroles', 'impersonate /users']],
  'system:controller:node-controller': [['watch /nodes', 'update /nodes/status', 'update /pods/status', 'watch /pods'], ['get /secrets', 'create /pods/exec', 'escalate rbac.authorization.k8s.io/clusterroles', 'impersonate /users']],
  'system:controller:persistent-volume-binder': [['watch /persistentvolumes', 'update /persistentvolumeclaims/status', 'watch /nodes'], ['get /secrets', 'create /pods/exec', 'delete /nodes', 'escalate rbac.authorization.k8s.io/clusterroles']],
  'system:controller:pod-garbage-collector': [['watch /pods', 'watch /nodes', 'patch /pods/status'], ['get /secrets', 'create /pods/exec', 'delete /nodes', 'escalate rbac.authorization.k8s.io/clusterroles']],
  'system:controller:pv-protection-controller': [['watch /persistentvolumes', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:pvc-protection-controller': [['watch /persistentvolumeclaims', 'update /persistentvolumeclaims/status', 'watch /pods', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:replicaset-controller': [['watch extensions/replicasets', 'update extensions/replicasets/status', 'update extensions/replicasets/finalizers', 'watch /pods'], ['delete extensions/replicasets', 'delete extensions/replicasets/status', 'delete extensions/replicasets/finalizers', 'get /secrets']],
  'system:controller:replication-controller': [['watch /replicationcontrollers', 'update /replicationcontrollers/status', 'update /replicationcontrollers/finalizers', 'watch /pods'], ['get /secrets', 'create /pods/exec', 'delete /nodes', 'escalate rbac.authorization.k8s.io/clusterroles']],
  'system:controller:resource-claim-controller': [['watch /pods', 'watch resource.k8s.io/resourceclaims', 'update /pods/status', 'update resource.k8s.io/resourceclaims/binding'], ['delete resource.k8s.io/resourceclaims/binding', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:resourcequota-controller': [['watch example.com/things', 'update /resourcequotas/status', 'update events.k8s.io/events'], ['delete example.com/things', 'delete events.k8s.io/events', 'get /secrets', 'create /pods/exec']],
  'system:controller:root-ca-cert-publisher': [['update /configmaps', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:route-controller': [['watch /nodes', 'patch /nodes/status', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:selinux-warning-controller': [['update events.k8s.io/events', 'watch /persistentvolumes', 'watch /persistentvolumeclaims', 'watch /pods'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:service-account-controller': [['create /serviceaccounts', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:service-ca-cert-publisher': [['update /configmaps', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:service-cidrs-controller': [['watch networking.k8s.io/servicecidrs', 'update networking.k8s.io/servicecidrs/finalizers', 'update networking.k8s.io/servicecidrs/status', 'watch networking.k8s.io/ipaddresses'], ['delete networking.k8s.io/servicecidrs', 'delete networking.k8s.io/servicecidrs/finalizers', 'delete networking.k8s.io/servicecidrs/status', 'delete networking.k8s.io/ipaddresses']],
  'system:controller:service-controller': [['watch /services', 'update /services/status', 'watch /nodes', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:statefulset-controller': [['watch /pods', 'update apps/statefulsets/finalizers', 'watch /persistentvolumeclaims', 'update events.k8s.io/events'], ['delete apps/statefulsets/finalizers', 'delete events.k8s.io/events', 'get /secrets', 'create /pods/exec']],
  'system:controller:ttl-after-finished-controller': [['watch batch/jobs', 'update events.k8s.io/events'], ['create batch/jobs', 'delete events.k8s.io/events', 'get /secrets', 'create /pods/exec']],
  'system:controller:ttl-controller': [['watch /nodes', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:controller:validatingadmissionpolicy-status-controller': [['watch admissionregistration.k8s.io/validatingadmissionpolicies', 'update admissionregistration.k8s.io/validatingadmissionpolicies/status', 'update events.k8s.io/events'], ['delete admissionregistration.k8s.io/validatingadmissionpolicies', 'delete admissionregistration.k8s.io/validatingadmissionpolicies/status', 'delete events.k8s.io/events', 'get /secrets']],
  'system:controller:volumeattributesclass-protection-controller': [['watch /persistentvolumeclaims', 'watch /persistentvolumes', 'watch storage.k8s.io/volumeattributesclasses', 'update events.k8s.io/events'], ['delete storage.k8s.io/volumeattributesclasses', 'delete events.k8s.io/events', 'get /secrets', 'create /pods/exec']],
  'system:discovery': [['get /version/'], ['post /version/', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:heapster': [['watch /pods', 'watch extensions/deployments'], ['delete extensions/deployments', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:kube-aggregator': [['watch /services'], ['get /secrets', 'create /pods/exec', 'delete /nodes', 'escalate rbac.authorization.k8s.io/clusterroles']],
  'system:kube-controller-manager': [['update events.k8s.io/events', 'create /serviceaccounts', 'update /serviceaccounts', 'watch example.com/things'], ['delete events.k8s.io/events', 'delete example.com/things', 'create /pods/exec', 'delete /nodes']],
  'system:kube-dns': [['watch /services'], ['get /secrets', 'create /pods/exec', 'delete /nodes', 'escalate rbac.authorization.k8s.io/clusterroles']],
  'system:kube-scheduler': [['update events.k8s.io/events', 'watch extensions/replicasets', 'watch storage.k8s.io/csidrivers'], ['delete events.k8s.io/events', 'delete extensions/replicasets', 'delete storage.k8s.io/csidrivers', 'get /secrets']],
  'system:kubelet-api-admin': [['watch /nodes', 'proxy /nodes', 'do /nodes/stats', 'do /nodes/pods'], ['get /secrets', 'create /pods/exec', 'delete /nodes', 'escalate rbac.authorization.k8s.io/clusterroles']],
  'system:monitoring': [['get /statusz', 'get /nodes/metrics'], ['post /statusz', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:node': [['create authentication.k8s.io/tokenreviews', 'delete /pods', 'get storage.k8s.io/volumeattachments', 'get /serviceaccounts'], ['delete authentication.k8s.io/tokenreviews', 'delete storage.k8s.io/volumeattachments', 'create /pods/exec', 'delete /nodes']],
  'system:node-bootstrapper': [['watch certificates.k8s.io/certificatesigningrequests'], ['delete certificates.k8s.io/certificatesigningrequests', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:node-problem-detector': [['get /nodes', 'patch /nodes/status', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:node-proxier': [['watch /services', 'watch /nodes', 'update events.k8s.io/events', 'watch networking.k8s.io/servicecidrs'], ['delete events.k8s.io/events', 'delete networking.k8s.io/servicecidrs', 'get /secrets', 'create /pods/exec']],
  'system:openshift:public-info-viewer': [['get /.well-known/x'], ['post /.well-known/x', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:persistent-volume-provisioner': [['watch /persistentvolumes', 'watch /persistentvolumeclaims', 'watch storage.k8s.io/storageclasses', 'watch /events'], ['delete storage.k8s.io/storageclasses', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:public-info-viewer': [['get /version/'], ['post /version/', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:service-account-issuer-discovery': [['get /openid/v1/jwks/'], ['post /openid/v1/jwks/', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'system:volume-scheduler': [['watch /persistentvolumes', 'watch storage.k8s.io/storageclasses', 'watch /persistentvolumeclaims'], ['delete storage.k8s.io/storageclasses', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'kube-public/system:controller:bootstrap-signer': [['watch /configmaps', 'update /configmaps cluster-info', 'update events.k8s.io/events'], ['update /configmaps other', 'delete events.k8s.io/events', 'get /secrets', 'create /pods/exec']],
  'kube-system/extension-apiserver-authentication-reader': [['watch /configmaps extension-apiserver-authentication'], ['watch /configmaps other', 'get /secrets', 'create /pods/exec', 'delete /nodes']],
  'kube-system/system::leader-locking-kube-controller-manager': [['watch coordination.k8s.io/leases', 'watch coordination.k8s.io/leasecandidates'], ['delete coordination.k8s.io/leases', 'delete coordination.k8s.io/leasecandidates', 'get /secrets', 'create /pods/exec']],
  'kube-system/system::leader-locking-kube-scheduler': [['watch coordination.k8s.io/leases', 'watch coordination.k8s.io/leasecandidates'], ['delete coordination.k8s.io/leases', 'delete coordination.k8s.io/leasecandidates', 'get /secrets', 'create /pods/exec']],
  'kube-system/system:controller:bootstrap-signer': [['watch /secrets'], ['create /pods/exec', 'delete /nodes', 'escalate rbac.authorization.k8s.io/clusterroles', 'impersonate /users']],
  'kube-system/system:controller:cloud-provider': [['watch /configmaps'], ['get /secrets', 'create /pods/exec', 'delete /nodes', 'escalate rbac.authorization.k8s.io/clusterroles']],
  'kube-system/system:controller:token-cleaner': [['watch /secrets', 'update events.k8s.io/events'], ['delete events.k8s.io/events', 'create /pods/exec', 'delete /nodes', 'escalate rbac.authorization.k8s.io/clusterroles']],
}

const all = [...clusterRoles(), ...roles()]
const keyOf = ({ metadata }: { metadata: { name: string; namespace?: string } }) =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name

function allows(rules: readonly PolicyRule[], request: string): boolean {
  const [verb = '', what = '', name = ''] = request.split(' ')
  const [group = '', resource = '', subresource = ''] = what.split('/')
  // A path begins as a resource of the core group does; paths that are asked about are none.
  if (paths.some((p) => what.startsWith(p))) return rules.some((rule) => coversPath(rule, verb, what))
  const whole = subresource ? `${resource}/${subresource}` : resource
  return rules.some(
    (rule) => coversResource(rule, verb, group, whole, subresource) && (!rule.resourceNames?.length || rule.resourceNames.includes(name)),
  )
}
const paths = [
  '/any',
  '/api',
  '/apis',
  '/healthz',
  '/livez',
  '/readyz',
  '/metrics',
  '/openapi',
  '/openid',
  '/version',
  '/.well-known',
  '/logs',
  '/configz',
  '/statusz',
  '/flagz',
]

test('the table names every role that has rules of its own', () => {
  expect(Object.keys(table).sort()).toEqual(
    all
      .filter((role) => !role.aggregationRule)
      .map(keyOf)
      .sort(),
  )
})

const rows = Object.entries(table).flatMap(([role, [allowed, denied]]) => [
  ...allowed.map((request) => [role, request, true] as const),
  ...denied.map((request) => [role, request, false] as const),
])
test.each(rows)('%s: %s %s', (role, request, allowed) => {
  const rules = all.find((one) => keyOf(one) === role)?.rules ?? []
  expect(allows(rules, request)).toBe(allowed)
})

const aggregated = ['admin', 'edit', 'view']
test.each([
  ['view', 'get /pods', true],
  ['view', 'get /secrets', false],
  ['view', 'create /pods', false],
  ['edit', 'create /pods/exec', true],
  ['edit', 'get /secrets', true],
  ['edit', 'create rbac.authorization.k8s.io/rolebindings', false],
  ['admin', 'create rbac.authorization.k8s.io/rolebindings', true],
  ['admin', 'update /resourcequotas', false],
  ['admin', 'update /nodes', false],
] as const)('%s, put together of the roles that add to it: %s %s', (name, request, allowed) => {
  const parts = aggregated.slice(aggregated.indexOf(name))
  const rules = clusterRoles()
    .filter(({ metadata }) => parts.some((part) => metadata.labels?.[`rbac.authorization.k8s.io/aggregate-to-${part}`] === 'true'))
    .flatMap((role) => role.rules ?? [])
  expect(allows(rules, request)).toBe(allowed)
})

/**
 * The roles and bindings that every cluster has (upstream: plugin/pkg/auth/authorizer/rbac/bootstrappolicy), as tables.
 *
 * A role is its name, `-> x` when it is aggregated to x, `<- *` when it is what others aggregate; then its rules, one a
 * line: verbs, groups (`core` for the unnamed one, `-` when the rest are paths), resources, and `= names`.
 * A binding is its name, its role (`.` for the same name), and its subjects.
 */
import type { PolicyRule, RoleRef, Subject } from '../../api/types/rbac-v1.ts'

const clusterRoleTable = `
admin <- *
cluster-admin
  * * *
  * - *
edit -> admin <- *
system:aggregate-to-admin -> admin
  create authorization.k8s.io localsubjectaccessreviews
  create,delete,deletecollection,get,list,patch,update,watch rbac.authorization.k8s.io rolebindings roles
system:aggregate-to-edit -> edit
  get,list,watch core pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy
  impersonate core serviceaccounts
  create,delete,deletecollection,patch,update core pods pods/attach pods/exec pods/portforward pods/proxy
  create core pods/eviction
  create,delete,deletecollection,patch,update core configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy
  create core serviceaccounts/token
  create,delete,deletecollection,patch,update core,events.k8s.io events
  create,delete,deletecollection,patch,update apps daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale
  create,delete,deletecollection,patch,update autoscaling horizontalpodautoscalers
  create,delete,deletecollection,patch,update batch cronjobs jobs
  create,delete,deletecollection,patch,update extensions daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale
  create,delete,deletecollection,patch,update policy poddisruptionbudgets
  create,delete,deletecollection,patch,update networking.k8s.io ingresses networkpolicies
  create,delete,deletecollection,get,list,patch,update,watch coordination.k8s.io leases
  create,delete,deletecollection,patch,update resource.k8s.io resourceclaims resourceclaimtemplates
system:aggregate-to-view -> view
  get,list,watch core configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status
  get,list,watch core bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status
  get,list,watch core namespaces
  get,list,watch core,events.k8s.io events
  get,list,watch discovery.k8s.io endpointslices
  get,list,watch apps controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status
  get,list,watch autoscaling horizontalpodautoscalers horizontalpodautoscalers/status
  get,list,watch batch cronjobs cronjobs/status jobs jobs/status
  get,list,watch extensions daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale
  get,list,watch policy poddisruptionbudgets poddisruptionbudgets/status
  get,list,watch networking.k8s.io ingresses ingresses/status networkpolicies
  get,list,watch resource.k8s.io resourceclaims resourceclaims/status resourceclaimtemplates
system:auth-delegator
  create authentication.k8s.io tokenreviews
  create authorization.k8s.io subjectaccessreviews
system:basic-user
  create authorization.k8s.io selfsubjectaccessreviews selfsubjectrulesreviews
  create authentication.k8s.io selfsubjectreviews
system:certificates.k8s.io:certificatesigningrequests:nodeclient
  create certificates.k8s.io certificatesigningrequests/nodeclient
system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
  create certificates.k8s.io certificatesigningrequests/selfnodeclient
system:certificates.k8s.io:kube-apiserver-client-approver
  approve certificates.k8s.io signers = kubernetes.io/kube-apiserver-client
system:certificates.k8s.io:kube-apiserver-client-kubelet-approver
  approve certificates.k8s.io signers = kubernetes.io/kube-apiserver-client-kubelet
system:certificates.k8s.io:kubelet-serving-approver
  approve certificates.k8s.io signers = kubernetes.io/kubelet-serving
system:certificates.k8s.io:legacy-unknown-approver
  approve certificates.k8s.io signers = kubernetes.io/legacy-unknown
system:controller:attachdetach-controller
  list,watch core persistentvolumeclaims persistentvolumes
  get,list,watch core nodes
  patch,update core nodes/status
  list,watch core pods
  create,patch,update core,events.k8s.io events
  create,delete,get,list,watch storage.k8s.io volumeattachments
  get,list,watch storage.k8s.io csidrivers
  get,list,watch storage.k8s.io csinodes
system:controller:certificate-controller
  delete,get,list,watch certificates.k8s.io certificatesigningrequests
  update certificates.k8s.io certificatesigningrequests/approval certificatesigningrequests/status
  approve certificates.k8s.io signers = kubernetes.io/kube-apiserver-client-kubelet
  sign certificates.k8s.io signers = kubernetes.io/kube-apiserver-client kubernetes.io/kube-apiserver-client-kubelet kubernetes.io/kubelet-serving kubernetes.io/legacy-unknown
  create authorization.k8s.io subjectaccessreviews
  create,patch,update core,events.k8s.io events
system:controller:clusterrole-aggregation-controller
  escalate,get,list,patch,update,watch rbac.authorization.k8s.io clusterroles
system:controller:cronjob-controller
  get,list,update,watch batch cronjobs
  create,delete,get,list,patch,update,watch batch jobs
  update batch cronjobs/status
  update batch cronjobs/finalizers
  delete,list,watch core pods
  create,patch,update core,events.k8s.io events
system:controller:daemon-set-controller
  get,list,watch apps,extensions daemonsets
  update apps,extensions daemonsets/status
  update apps,extensions daemonsets/finalizers
  list,watch core nodes
  create,delete,list,patch,watch core pods
  create core pods/binding
  create,delete,get,list,patch,update,watch apps controllerrevisions
  create,patch,update core,events.k8s.io events
system:controller:deployment-controller
  get,list,update,watch apps,extensions deployments
  update apps,extensions deployments/status
  update apps,extensions deployments/finalizers
  create,delete,get,list,patch,update,watch apps,extensions replicasets
  get,list,update,watch core pods
  create,patch,update core,events.k8s.io events
system:controller:device-taint-eviction-controller
  delete,get,list,watch core pods
  patch,update core pods/status
  get,list,watch resource.k8s.io resourceclaims
  get,list,watch resource.k8s.io resourceslices
  get,list,watch resource.k8s.io deviceclasses
  create,patch,update core,events.k8s.io events
system:controller:disruption-controller
  get,list,watch apps,extensions deployments
  get,list,watch apps,extensions replicasets
  get,list,watch core replicationcontrollers
  get,list,watch policy poddisruptionbudgets
  get,list,watch apps statefulsets
  update policy poddisruptionbudgets/status
  patch,update core pods/status
  get * */scale
  create,patch,update core,events.k8s.io events
system:controller:endpoint-controller
  get,list,watch core pods services
  create,delete,get,list,update,watch core endpoints
  create core endpoints/restricted
  create,patch,update core,events.k8s.io events
system:controller:endpointslice-controller
  get,list,watch core nodes pods services
  update core services/finalizers
  create,delete,get,list,update,watch discovery.k8s.io endpointslices
  create discovery.k8s.io endpointslices/restricted
  create,patch,update core,events.k8s.io events
system:controller:endpointslicemirroring-controller
  get,list,watch core endpoints services
  update core services/finalizers
  update core endpoints/finalizers
  create,delete,get,list,update,watch discovery.k8s.io endpointslices
  create discovery.k8s.io endpointslices/restricted
  create,patch,update core,events.k8s.io events
system:controller:ephemeral-volume-controller
  get,list,watch core pods
  update core pods/finalizers
  create,get,list,watch core persistentvolumeclaims
  create,patch,update core,events.k8s.io events
system:controller:expand-controller
  get,list,patch,update,watch core persistentvolumes
  patch,update core persistentvolumeclaims/status
  get,list,watch core persistentvolumeclaims
  create,patch,update core,events.k8s.io events
system:controller:generic-garbage-collector
  delete,get,list,patch,update,watch * *
  create,patch,update core,events.k8s.io events
system:controller:horizontal-pod-autoscaler
  get,list,watch autoscaling horizontalpodautoscalers
  update autoscaling horizontalpodautoscalers/status
  get,update * */scale
  list,watch core pods
  list,watch metrics.k8s.io pods
  get,list,watch custom.metrics.k8s.io *
  get,list,watch external.metrics.k8s.io *
  create,patch,update core,events.k8s.io events
system:controller:job-controller
  get,list,patch,update,watch batch jobs
  update batch jobs/status
  update batch jobs/finalizers
  create,delete,list,patch,watch core pods
  create,patch,update core,events.k8s.io events
system:controller:legacy-service-account-token-cleaner
  get core configmaps = kube-apiserver-legacy-service-account-token-tracking
  delete,patch core secrets
system:controller:namespace-controller
  delete,get,list,watch core namespaces
  update core namespaces/finalize namespaces/status
  delete,deletecollection,get,list,watch * *
system:controller:node-controller
  delete,get,list,patch,update,watch core nodes
  patch,update core nodes/status
  patch,update core pods/status
  delete,get,list,watch core pods
  create,patch,update core,events.k8s.io events
system:controller:persistent-volume-binder
  create,delete,get,list,update,watch core persistentvolumes
  update core persistentvolumes/status
  get,list,update,watch core persistentvolumeclaims
  update core persistentvolumeclaims/status
  create,delete,get,list,watch core pods
  get,list,watch storage.k8s.io storageclasses
  list,watch core nodes
  create,patch,update core,events.k8s.io events
  watch core events
system:controller:pod-garbage-collector
  delete,list,watch core pods
  get,list,watch core nodes
  patch core pods/status
system:controller:pv-protection-controller
  get,list,update,watch core persistentvolumes
  create,patch,update core,events.k8s.io events
system:controller:pvc-protection-controller
  get,list,update,watch core persistentvolumeclaims
  update core persistentvolumeclaims/status
  get,list,watch core pods
  create,patch,update core,events.k8s.io events
system:controller:replicaset-controller
  get,list,update,watch apps,extensions replicasets
  update apps,extensions replicasets/status
  update apps,extensions replicasets/finalizers
  create,delete,list,patch,watch core pods
  create,patch,update core,events.k8s.io events
system:controller:replication-controller
  get,list,update,watch core replicationcontrollers
  update core replicationcontrollers/status
  update core replicationcontrollers/finalizers
  create,delete,list,patch,watch core pods
  create,patch,update core,events.k8s.io events
system:controller:resource-claim-controller
  get,list,watch core pods
  update core pods/finalizers
  create,delete,get,list,watch resource.k8s.io resourceclaims
  patch,update resource.k8s.io resourceclaims resourceclaims/status
  patch,update core pods/status
  create,patch,update core,events.k8s.io events
  patch,update resource.k8s.io resourceclaims/binding
system:controller:resourcequota-controller
  list,watch * *
  update core resourcequotas/status
  create,patch,update core,events.k8s.io events
system:controller:root-ca-cert-publisher
  create,update core configmaps
  create,patch,update core,events.k8s.io events
system:controller:route-controller
  list,watch core nodes
  patch core nodes/status
  create,patch,update core,events.k8s.io events
system:controller:selinux-warning-controller
  create,patch,update core,events.k8s.io events
  get,list,watch core persistentvolumes
  get,list,watch core persistentvolumeclaims
  get,list,watch core pods
  get,list,watch storage.k8s.io csidrivers
system:controller:service-account-controller
  create core serviceaccounts
  create,patch,update core,events.k8s.io events
system:controller:service-ca-cert-publisher
  create,update core configmaps
  create,patch,update core,events.k8s.io events
system:controller:service-cidrs-controller
  get,list,patch,update,watch networking.k8s.io servicecidrs
  patch,update networking.k8s.io servicecidrs/finalizers
  patch,update networking.k8s.io servicecidrs/status
  get,list,watch networking.k8s.io ipaddresses
  create,patch,update core,events.k8s.io events
system:controller:service-controller
  get,list,watch core services
  patch,update core services/status
  list,watch core nodes
  create,patch,update core,events.k8s.io events
system:controller:statefulset-controller
  list,watch core pods
  get,list,watch apps statefulsets
  update apps statefulsets/status
  update apps statefulsets/finalizers
  create,delete,get,patch,update core pods
  create,delete,get,list,patch,update,watch apps controllerrevisions
  create,get,list,watch core persistentvolumeclaims
  delete,update core persistentvolumeclaims
  update core pods/finalizers
  create,patch,update core,events.k8s.io events
system:controller:ttl-after-finished-controller
  delete,get,list,watch batch jobs
  create,patch,update core,events.k8s.io events
system:controller:ttl-controller
  list,patch,update,watch core nodes
  create,patch,update core,events.k8s.io events
system:controller:validatingadmissionpolicy-status-controller
  get,list,watch admissionregistration.k8s.io validatingadmissionpolicies
  get,patch,update admissionregistration.k8s.io validatingadmissionpolicies/status
  create,patch,update core,events.k8s.io events
system:controller:volumeattributesclass-protection-controller
  get,list,watch core persistentvolumeclaims
  get,list,watch core persistentvolumes
  get,list,update,watch storage.k8s.io volumeattributesclasses
  create,patch,update core,events.k8s.io events
system:discovery
  get - /api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/
system:heapster
  get,list,watch core events namespaces nodes pods
  get,list,watch extensions deployments
system:kube-aggregator
  get,list,watch core endpoints services
system:kube-controller-manager
  create,patch,update core,events.k8s.io events
  create coordination.k8s.io leases
  get,update coordination.k8s.io leases = kube-controller-manager
  create core secrets serviceaccounts
  delete core secrets
  get core configmaps namespaces secrets serviceaccounts
  update core secrets serviceaccounts
  create authentication.k8s.io tokenreviews
  create authorization.k8s.io subjectaccessreviews
  list,watch * *
  create core serviceaccounts/token
system:kube-dns
  list,watch core endpoints services
system:kube-scheduler
  create,patch,update core,events.k8s.io events
  create coordination.k8s.io leases
  get,list,update,watch coordination.k8s.io leases = kube-scheduler
  create,delete,deletecollection,get,list,patch,update,watch coordination.k8s.io leasecandidates
  get,list,watch core nodes
  delete,get,list,watch core pods
  create core bindings pods/binding
  patch,update core pods/status
  get,list,watch core replicationcontrollers services
  get,list,watch apps,extensions replicasets
  get,list,watch apps statefulsets
  get,list,watch policy poddisruptionbudgets
  get,list,watch core persistentvolumeclaims persistentvolumes
  create authentication.k8s.io tokenreviews
  create authorization.k8s.io subjectaccessreviews
  get,list,watch storage.k8s.io csinodes
  get,list,watch storage.k8s.io volumeattachments
  get,list,watch core namespaces
  get,list,watch storage.k8s.io csidrivers
  get,list,watch storage.k8s.io csistoragecapacities
  get,list,watch resource.k8s.io deviceclasses
  get,list,patch,update,watch resource.k8s.io resourceclaims
  get,list,patch,update,watch resource.k8s.io resourceclaims/status
  update core pods/finalizers
  get,list,watch resource.k8s.io resourceslices
  create,delete resource.k8s.io resourceclaims
  patch,update resource.k8s.io resourceclaims/binding
system:kubelet-api-admin
  get,list,watch core nodes
  proxy core nodes
  * core nodes/log nodes/metrics nodes/proxy nodes/stats
  * core nodes/configz nodes/healthz nodes/pods
system:monitoring
  get - /flagz /healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/* /statusz
  get core nodes/metrics
system:node
  create authentication.k8s.io tokenreviews
  create authorization.k8s.io localsubjectaccessreviews subjectaccessreviews
  get,list,watch core services
  create,get,list,watch core nodes
  patch,update core nodes/status
  patch,update core nodes
  create,patch,update core,events.k8s.io events
  get,list,watch core pods
  create,delete core pods
  patch,update core pods/status
  create core pods/eviction
  get,list,watch core configmaps secrets
  get core persistentvolumeclaims persistentvolumes
  get core endpoints
  create,get,list,watch certificates.k8s.io certificatesigningrequests
  create,delete,get,patch,update coordination.k8s.io leases
  get storage.k8s.io volumeattachments
  create core serviceaccounts/token
  get,patch,update core persistentvolumeclaims/status
  get,list,watch storage.k8s.io csidrivers
  create,delete,get,patch,update storage.k8s.io csinodes
  get,list,watch node.k8s.io runtimeclasses
  get resource.k8s.io resourceclaims
  deletecollection resource.k8s.io resourceslices
  get core serviceaccounts
system:node-bootstrapper
  create,get,list,watch certificates.k8s.io certificatesigningrequests
system:node-problem-detector
  get core nodes
  patch core nodes/status
  create,patch,update core,events.k8s.io events
system:node-proxier
  list,watch core endpoints services
  get,list,watch core nodes
  create,patch,update core,events.k8s.io events
  list,watch networking.k8s.io servicecidrs
  list,watch discovery.k8s.io endpointslices
system:openshift:public-info-viewer
  get - /.well-known /.well-known/*
system:persistent-volume-provisioner
  create,delete,get,list,watch core persistentvolumes
  get,list,update,watch core persistentvolumeclaims
  get,list,watch storage.k8s.io storageclasses
  watch core events
  create,patch,update core,events.k8s.io events
system:public-info-viewer
  get - /healthz /livez /readyz /version /version/
system:service-account-issuer-discovery
  get - /.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/
system:volume-scheduler
  get,list,patch,update,watch core persistentvolumes
  get,list,watch storage.k8s.io storageclasses
  get,list,patch,update,watch core persistentvolumeclaims
view -> edit <- *
`

const roleTable = `
kube-public/system:controller:bootstrap-signer
  get,list,watch core configmaps
  update core configmaps = cluster-info
  create,patch,update core,events.k8s.io events
kube-system/extension-apiserver-authentication-reader
  get,list,watch core configmaps = extension-apiserver-authentication
kube-system/system::leader-locking-kube-controller-manager
  create,get,list,update,watch coordination.k8s.io leases
  create,get,list,update,watch coordination.k8s.io leasecandidates
kube-system/system::leader-locking-kube-scheduler
  create,get,list,update,watch coordination.k8s.io leases
  create,get,list,update,watch coordination.k8s.io leasecandidates
kube-system/system:controller:bootstrap-signer
  get,list,watch core secrets
kube-system/system:controller:cloud-provider
  create,get,list,watch core configmaps
kube-system/system:controller:token-cleaner
  delete,get,list,watch core secrets
  create,patch,update core,events.k8s.io events
`

const clusterRoleBindingTable = `
cluster-admin . group:system:masters
system:basic-user . group:system:authenticated
system:controller:attachdetach-controller . sa:kube-system/attachdetach-controller
system:controller:certificate-controller . sa:kube-system/certificate-controller
system:controller:clusterrole-aggregation-controller . sa:kube-system/clusterrole-aggregation-controller
system:controller:cronjob-controller . sa:kube-system/cronjob-controller
system:controller:daemon-set-controller . sa:kube-system/daemon-set-controller
system:controller:deployment-controller . sa:kube-system/deployment-controller
system:controller:device-taint-eviction-controller . sa:kube-system/device-taint-eviction-controller
system:controller:disruption-controller . sa:kube-system/disruption-controller
system:controller:endpoint-controller . sa:kube-system/endpoint-controller
system:controller:endpointslice-controller . sa:kube-system/endpointslice-controller
system:controller:endpointslicemirroring-controller . sa:kube-system/endpointslicemirroring-controller
system:controller:ephemeral-volume-controller . sa:kube-system/ephemeral-volume-controller
system:controller:expand-controller . sa:kube-system/expand-controller
system:controller:generic-garbage-collector . sa:kube-system/generic-garbage-collector
system:controller:horizontal-pod-autoscaler . sa:kube-system/horizontal-pod-autoscaler
system:controller:job-controller . sa:kube-system/job-controller
system:controller:legacy-service-account-token-cleaner . sa:kube-system/legacy-service-account-token-cleaner
system:controller:namespace-controller . sa:kube-system/namespace-controller
system:controller:node-controller . sa:kube-system/node-controller
system:controller:persistent-volume-binder . sa:kube-system/persistent-volume-binder
system:controller:pod-garbage-collector . sa:kube-system/pod-garbage-collector
system:controller:pv-protection-controller . sa:kube-system/pv-protection-controller
system:controller:pvc-protection-controller . sa:kube-system/pvc-protection-controller
system:controller:replicaset-controller . sa:kube-system/replicaset-controller
system:controller:replication-controller . sa:kube-system/replication-controller
system:controller:resource-claim-controller . sa:kube-system/resource-claim-controller
system:controller:resourcequota-controller . sa:kube-system/resourcequota-controller
system:controller:root-ca-cert-publisher . sa:kube-system/root-ca-cert-publisher
system:controller:route-controller . sa:kube-system/route-controller
system:controller:selinux-warning-controller . sa:kube-system/selinux-warning-controller
system:controller:service-account-controller . sa:kube-system/service-account-controller
system:controller:service-ca-cert-publisher . sa:kube-system/service-ca-cert-publisher
system:controller:service-cidrs-controller . sa:kube-system/service-cidrs-controller
system:controller:service-controller . sa:kube-system/service-controller
system:controller:statefulset-controller . sa:kube-system/statefulset-controller
system:controller:ttl-after-finished-controller . sa:kube-system/ttl-after-finished-controller
system:controller:ttl-controller . sa:kube-system/ttl-controller
system:controller:validatingadmissionpolicy-status-controller . sa:kube-system/validatingadmissionpolicy-status-controller
system:controller:volumeattributesclass-protection-controller . sa:kube-system/volumeattributesclass-protection-controller
system:discovery . group:system:authenticated
system:kube-controller-manager . user:system:kube-controller-manager
system:kube-dns . sa:kube-system/kube-dns
system:kube-scheduler . user:system:kube-scheduler
system:monitoring . group:system:monitoring
system:node .
system:node-proxier . user:system:kube-proxy
system:openshift:public-info-viewer . group:system:authenticated group:system:unauthenticated
system:public-info-viewer . group:system:authenticated group:system:unauthenticated
system:service-account-issuer-discovery . group:system:serviceaccounts
system:volume-scheduler . user:system:kube-scheduler
`

const roleBindingTable = `
kube-public/system:controller:bootstrap-signer Role . sa:kube-system/bootstrap-signer
kube-system/system::extension-apiserver-authentication-reader Role extension-apiserver-authentication-reader user:system:kube-controller-manager user:system:kube-scheduler
kube-system/system::leader-locking-kube-controller-manager Role . user:system:kube-controller-manager sa:kube-system/kube-controller-manager sa:kube-system/leader-election-controller
kube-system/system::leader-locking-kube-scheduler Role . user:system:kube-scheduler sa:kube-system/kube-scheduler
kube-system/system:controller:bootstrap-signer Role . sa:kube-system/bootstrap-signer
kube-system/system:controller:cloud-provider Role . sa:kube-system/cloud-provider
kube-system/system:controller:token-cleaner Role . sa:kube-system/token-cleaner
`

interface Metadata {
  readonly name: string
  readonly namespace?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}
export interface PolicyRole {
  readonly metadata: Metadata
  readonly rules: readonly PolicyRule[] | null
  readonly aggregationRule?: object
}
export interface PolicyBinding {
  readonly metadata: Metadata
  readonly subjects: readonly Subject[]
  readonly roleRef: RoleRef
}

const metadata = {
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
}
const aggregateTo = (name: string): string => `rbac.authorization.k8s.io/aggregate-to-${name}`

interface Section {
  readonly head: readonly string[]
  readonly rules: readonly PolicyRule[]
}

function sections(table: string): Section[] {
  const found: { head: string[]; rules: PolicyRule[] }[] = []
  for (const line of table.split('\n')) {
    if (line === '') continue
    if (line.startsWith('  ')) found.at(-1)?.rules.push(parseRule(line.trim()))
    else found.push({ head: line.split(' '), rules: [] })
  }
  return found
}

function parseRule(line: string): PolicyRule {
  const [rule = '', names] = line.split(' = ')
  const [verbs = '', groups = '', ...resources] = rule.split(' ')
  if (groups === '-') return { verbs: verbs.split(','), nonResourceURLs: resources }
  return {
    verbs: verbs.split(','),
    apiGroups: groups.split(',').map((g) => (g === 'core' ? '' : g)),
    resources,
    ...(names ? { resourceNames: names.split(' ') } : {}),
  }
}

const kindOf: Readonly<Record<string, string>> = { user: 'User', group: 'Group', sa: 'ServiceAccount' }

function parseSubject(word: string): Subject {
  const colon = word.indexOf(':')
  const kind = kindOf[word.slice(0, colon)] as string
  const name = word.slice(colon + 1)
  if (kind !== 'ServiceAccount') return { kind, apiGroup: 'rbac.authorization.k8s.io', name }
  const slash = name.indexOf('/')
  return { kind, name: name.slice(slash + 1), namespace: name.slice(0, slash) }
}

/** Roles that aggregate have no rules here: their controller gives them those of the roles that name them. */
export const clusterRoles = (): PolicyRole[] =>
  sections(clusterRoleTable).map(({ head, rules }) => {
    const name = head[0] as string
    const to = head.includes('->') ? { [aggregateTo(head[2] as string)]: 'true' } : {}
    return {
      metadata: { name, ...metadata, labels: { ...metadata.labels, ...to } },
      rules: head.includes('<-') ? null : rules,
      ...(head.includes('<-') ? { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregateTo(name)]: 'true' } }] } } : {}),
    }
  })

export const roles = (): PolicyRole[] =>
  sections(roleTable).map(({ head, rules }) => {
    const [namespace = '', name = ''] = (head[0] as string).split('/')
    return { metadata: { name, namespace, ...metadata }, rules }
  })

export const clusterRoleBindings = (): PolicyBinding[] =>
  sections(clusterRoleBindingTable).map(({ head: [name = '', role = '', ...subjects] }) => ({
    metadata: { name, ...metadata },
    subjects: subjects.map(parseSubject),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role === '.' ? name : role },
  }))

export const roleBindings = (): PolicyBinding[] =>
  sections(roleBindingTable).map(({ head: [key = '', kind = '', role = '', ...subjects] }) => {
    const [namespace = '', name = ''] = key.split('/')
    return {
      metadata: { name, namespace, ...metadata },
      subjects: subjects.map(parseSubject),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role === '.' ? name : role },
    }
  })

/** One small valid object of each resource that is created, keyed by `GROUP/VERSION RESOURCE` as discovery names it. */

export interface Manifest {
  /** Where the API wants a name of a certain form; default `every`. */
  readonly name?: string
  /** What follows metadata. */
  readonly body: Readonly<Record<string, unknown>>
  /** A status that is kept as it is. */
  readonly status?: Readonly<Record<string, unknown>>
  /** In the words of `kubectl explain`: a field, and the type it has. */
  readonly field: readonly [path: string, type: string]
}

const labels = { app: 'every' }
const selector = { matchLabels: labels }
const container = { name: 'c', image: 'example.com/c:1' }
const template = { metadata: { labels }, spec: { containers: [container] } }
const jobTemplate = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } }
const condition = { type: 'Ready', status: 'True', reason: 'Every', message: 'verb', lastTransitionTime: '2026-01-01T00:00:00Z' }
const conditions = { conditions: [condition] }
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'every' }
const webhookName = 'every.example.com'
const clientConfig = { url: 'https://127.0.0.1:1/hook' }
const webhooks = (extra: object) => [
  { name: webhookName, clientConfig, sideEffects: 'None', admissionReviewVersions: ['v1'], failurePolicy: 'Ignore', ...extra },
]
const matchConstraints = {
  resourceRules: [{ apiGroups: ['every.example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['nothings'] }],
}
const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'every' }]
const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }]
const roleRef = (kind: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name: 'every' })
const requests = [{ name: 'one', exactly: { deviceClassName: 'every.example.com' } }]
const request = Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----
MIHKMHICAQAwEDEOMAwGA1UEAwwFZXZlcnkwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAARWQQH4RQYc3Oxy5k3WLJFGbal7HvdqE7YS9xLneC/d6Z/G9MXhJ7jrFJnK
JF1l12VDnHUhHaCXBpj8ZMjIenTioAAwCgYIKoZIzj0EAwIDSAAwRQIgfI9fVFe2
1T1QVmaoV1zcxbQM1e/z/TqvM1ebwYGalCwCIQCS34ZYMSIHYo0NFNBKbK4Rz/S3
kPIZJVrusVuO/vi49g==
-----END CERTIFICATE REQUEST-----
`).toString('base64')

export const manifests: Readonly<Record<string, Manifest>> = {
  'v1 configmaps': { body: { data: { key: 'value' } }, field: ['configmap.data', 'map[string]string'] },
  'v1 endpoints': {
    body: { subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }] },
    field: ['endpoints.subsets', '[]EndpointSubset'],
  },
  'v1 events': {
    body: { involvedObject: { kind: 'Pod', name: 'p', namespace: 'every-verb' }, reason: 'Every', message: 'verb', type: 'Normal' },
    field: ['event.involvedObject', 'ObjectReference'],
  },
  'v1 limitranges': {
    body: { spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage: '9Gi' } }] } },
    field: ['limitrange.spec.limits', '[]LimitRangeItem'],
  },
  'v1 namespaces': { body: {}, status: { phase: 'Active', ...conditions }, field: ['namespace.spec.finalizers', '[]string'] },
  'v1 nodes': { body: { spec: { podCIDR: '10.1.0.0/24' } }, status: { capacity: { cpu: '4' } }, field: ['node.spec.podCIDR', 'string'] },
  'v1 persistentvolumeclaims': {
    body: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    status: { phase: 'Bound' },
    field: ['pvc.spec.accessModes', '[]string'],
  },
  'v1 persistentvolumes': {
    body: { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/every' } } },
    status: { phase: 'Available' },
    field: ['pv.spec.capacity', 'map[string]Quantity'],
  },
  'v1 pods': {
    body: { spec: { containers: [{ ...container, resources: { requests: { cpu: '1' } } }] } },
    status: { phase: 'Running', podIP: '192.0.2.7' },
    field: ['pod.spec.containers', '[]Container'],
  },
  'v1 podtemplates': { body: { template }, field: ['podtemplate.template', 'PodTemplateSpec'] },
  'v1 replicationcontrollers': {
    body: { spec: { replicas: 2, selector: labels, template } },
    status: { replicas: 2 },
    field: ['rc.spec.replicas', 'integer'],
  },
  'v1 resourcequotas': {
    body: { spec: { hard: { 'count/every.example.com': '1' } } },
    status: { hard: { 'count/every.example.com': '1' }, used: { 'count/every.example.com': '0' } },
    field: ['quota.spec.hard', 'map[string]Quantity'],
  },
  'v1 secrets': { body: { stringData: { key: 'value' }, type: 'Opaque' }, field: ['secret.type', 'string'] },
  'v1 serviceaccounts': { body: { automountServiceAccountToken: false }, field: ['sa.automountServiceAccountToken', 'boolean'] },
  'v1 services': {
    body: { spec: { selector: labels, ports: [{ port: 80 }] } },
    status: { loadBalancer: {}, ...conditions },
    field: ['svc.spec.ports', '[]ServicePort'],
  },
  'apiregistration.k8s.io/v1 apiservices': {
    name: 'v1.every.example.com',
    body: {
      spec: {
        group: 'every.example.com',
        version: 'v1',
        groupPriorityMinimum: 1000,
        versionPriority: 15,
      },
    },
    // The server puts back what it knows better.
    status: {
      conditions: [
        { ...condition, type: 'Available', reason: 'Local', message: 'Local APIServices are always available' },
        { ...condition, type: 'Tested' },
      ],
    },
    field: ['apiservice.spec.versionPriority', 'integer'],
  },
  'apps/v1 controllerrevisions': { body: { data: { spec: {} }, revision: 1 }, field: ['controllerrevision.revision', 'integer'] },
  'apps/v1 daemonsets': {
    body: { spec: { selector, template } },
    status: { currentNumberScheduled: 1, desiredNumberScheduled: 2, numberMisscheduled: 0, numberReady: 1 },
    field: ['ds.spec.minReadySeconds', 'integer'],
  },
  'apps/v1 deployments': {
    body: { spec: { replicas: 2, selector, template } },
    status: { replicas: 2 },
    field: ['deploy.spec.paused', 'boolean'],
  },
  'apps/v1 replicasets': {
    body: { spec: { replicas: 2, selector, template } },
    status: { replicas: 2 },
    field: ['rs.spec.replicas', 'integer'],
  },
  'apps/v1 statefulsets': {
    body: { spec: { replicas: 2, serviceName: 'every', selector, template } },
    status: { replicas: 2 },
    field: ['sts.spec.serviceName', 'string'],
  },
  'events.k8s.io/v1 events': {
    name: 'every-new',
    body: {
      eventTime: '2026-01-01T00:00:00.000000Z',
      action: 'Every',
      reason: 'Every',
      type: 'Normal',
      note: 'verb',
      reportingController: 'example.com/every',
      reportingInstance: 'every',
      regarding: { kind: 'Pod', name: 'p', namespace: 'every-verb' },
    },
    field: ['event.regarding', 'ObjectReference'],
  },
  'autoscaling/v1 horizontalpodautoscalers': {
    name: 'every-old',
    body: { spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 50 } },
    status: { currentReplicas: 1, desiredReplicas: 2 },
    field: ['hpa.spec.targetCPUUtilizationPercentage', 'integer'],
  },
  'autoscaling/v2 horizontalpodautoscalers': {
    body: { spec: { scaleTargetRef, maxReplicas: 3 } },
    status: { currentReplicas: 1, desiredReplicas: 2 },
    field: ['hpa.spec.metrics', '[]MetricSpec'],
  },
  'batch/v1 cronjobs': {
    body: { spec: { schedule: '@hourly', jobTemplate: { spec: { template: jobTemplate } } } },
    status: { lastScheduleTime: '2026-01-01T00:00:00Z' },
    field: ['cronjob.spec.schedule', 'string'],
  },
  'batch/v1 jobs': {
    body: { spec: { template: jobTemplate, suspend: true } },
    status: { conditions: [{ ...condition, type: 'Suspended' }] },
    field: ['job.spec.suspend', 'boolean'],
  },
  'certificates.k8s.io/v1 certificatesigningrequests': {
    body: { spec: { request, signerName: 'example.com/every', usages: ['client auth'] } },
    status: { conditions: [{ ...condition, type: 'Failed', lastUpdateTime: '2026-01-01T00:00:00Z' }] },
    field: ['csr.spec.signerName', 'string'],
  },
  'networking.k8s.io/v1 ingressclasses': {
    body: { spec: { controller: 'example.com/every' } },
    field: ['ingressclass.spec.controller', 'string'],
  },
  'networking.k8s.io/v1 ingresses': {
    body: { spec: { defaultBackend: { service: { name: 'every', port: { number: 80 } } } } },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.3' }] } },
    field: ['ing.spec.defaultBackend', 'IngressBackend'],
  },
  'networking.k8s.io/v1 ipaddresses': {
    name: '192.0.2.99',
    body: { spec: { parentRef: { resource: 'services', namespace: 'every', name: 'every' } } },
    field: ['ipaddress.spec.parentRef', 'ParentReference'],
  },
  'networking.k8s.io/v1 networkpolicies': { body: { spec: { podSelector: {} } }, field: ['netpol.spec.podSelector', 'LabelSelector'] },
  'networking.k8s.io/v1 servicecidrs': {
    body: { spec: { cidrs: ['192.0.2.0/24'] } },
    status: conditions,
    field: ['servicecidr.spec.cidrs', '[]string'],
  },
  'policy/v1 poddisruptionbudgets': {
    body: { spec: { minAvailable: 1, selector } },
    status: { currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0, expectedPods: 1 },
    field: ['pdb.spec.minAvailable', 'IntOrString'],
  },
  'rbac.authorization.k8s.io/v1 clusterrolebindings': {
    body: { subjects, roleRef: roleRef('ClusterRole') },
    field: ['clusterrolebinding.roleRef', 'RoleRef'],
  },
  'rbac.authorization.k8s.io/v1 clusterroles': { body: { rules }, field: ['clusterrole.rules', '[]PolicyRule'] },
  'rbac.authorization.k8s.io/v1 rolebindings': {
    body: { subjects, roleRef: roleRef('Role') },
    field: ['rolebinding.subjects', '[]Subject'],
  },
  'rbac.authorization.k8s.io/v1 roles': { body: { rules }, field: ['role.rules', '[]PolicyRule'] },
  'storage.k8s.io/v1 csidrivers': {
    name: 'every.example.com',
    body: { spec: { attachRequired: false } },
    field: ['csidriver.spec.attachRequired', 'boolean'],
  },
  'storage.k8s.io/v1 csinodes': {
    body: { spec: { drivers: [{ name: 'every.example.com', nodeID: 'every', topologyKeys: null }] } },
    field: ['csinode.spec.drivers', '[]CSINodeDriver'],
  },
  'storage.k8s.io/v1 csistoragecapacities': {
    body: { storageClassName: 'every', nodeTopology: {}, capacity: '1Gi' },
    field: ['csistoragecapacity.capacity', 'Quantity'],
  },
  'storage.k8s.io/v1 storageclasses': { body: { provisioner: 'example.com/every' }, field: ['sc.provisioner', 'string'] },
  'storage.k8s.io/v1 volumeattachments': {
    body: { spec: { attacher: 'every.example.com', nodeName: 'every', source: { persistentVolumeName: 'every' } } },
    status: { attached: true },
    field: ['volumeattachment.spec.attacher', 'string'],
  },
  'storage.k8s.io/v1 volumeattributesclasses': {
    body: { driverName: 'every.example.com', parameters: { iops: '1' } },
    field: ['vac.driverName', 'string'],
  },
  'admissionregistration.k8s.io/v1 mutatingadmissionpolicies': {
    body: {
      spec: {
        matchConstraints,
        failurePolicy: 'Ignore',
        reinvocationPolicy: 'Never',
        mutations: [
          { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "add", path: "/metadata/labels/every", value: "verb"}]' } },
        ],
      },
    },
    field: ['mutatingadmissionpolicy.spec.mutations', '[]Mutation'],
  },
  'admissionregistration.k8s.io/v1 mutatingadmissionpolicybindings': {
    body: { spec: { policyName: 'every' } },
    field: ['mutatingadmissionpolicybinding.spec.policyName', 'string'],
  },
  'admissionregistration.k8s.io/v1 mutatingwebhookconfigurations': {
    body: { webhooks: webhooks({ reinvocationPolicy: 'Never' }) },
    field: ['mutatingwebhookconfiguration.webhooks', '[]MutatingWebhook'],
  },
  'admissionregistration.k8s.io/v1 validatingadmissionpolicies': {
    body: { spec: { matchConstraints, validations: [{ expression: 'true' }] } },
    status: { observedGeneration: 1 },
    field: ['validatingadmissionpolicy.spec.validations', '[]Validation'],
  },
  'admissionregistration.k8s.io/v1 validatingadmissionpolicybindings': {
    body: { spec: { policyName: 'every', validationActions: ['Deny'] } },
    field: ['validatingadmissionpolicybinding.spec.validationActions', '[]string'],
  },
  'admissionregistration.k8s.io/v1 validatingwebhookconfigurations': {
    body: { webhooks: webhooks({}) },
    field: ['validatingwebhookconfiguration.webhooks', '[]ValidatingWebhook'],
  },
  'apiextensions.k8s.io/v1 customresourcedefinitions': {
    name: 'verbs.served.example.com',
    body: {
      spec: {
        group: 'served.example.com',
        scope: 'Namespaced',
        names: { plural: 'verbs', kind: 'Verb' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    },
    status: { storedVersions: ['v1'] },
    field: ['crd.spec.scope', 'string'],
  },
  'scheduling.k8s.io/v1 priorityclasses': { body: { value: 7 }, field: ['pc.value', 'integer'] },
  'coordination.k8s.io/v1 leases': { body: { spec: { holderIdentity: 'every' } }, field: ['lease.spec.holderIdentity', 'string'] },
  'node.k8s.io/v1 runtimeclasses': { body: { handler: 'every' }, field: ['runtimeclass.handler', 'string'] },
  'discovery.k8s.io/v1 endpointslices': {
    body: { addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.1'] }], ports: [{ port: 80 }] },
    field: ['endpointslice.addressType', 'string'],
  },
  'resource.k8s.io/v1 deviceclasses': {
    name: 'every.example.com',
    body: { spec: {} },
    field: ['deviceclass.spec.selectors', '[]DeviceSelector'],
  },
  'resource.k8s.io/v1 resourceclaims': {
    body: { spec: { devices: { requests } } },
    status: { allocation: { devices: { results: [{ request: 'one', driver: 'every.example.com', pool: 'p', device: 'd' }] } } },
    field: ['resourceclaim.spec.devices', 'DeviceClaim'],
  },
  'resource.k8s.io/v1 resourceclaimtemplates': {
    body: { spec: { spec: { devices: { requests } } } },
    field: ['resourceclaimtemplate.spec.spec', 'ResourceClaimSpec'],
  },
  'resource.k8s.io/v1 resourceslices': {
    body: { spec: { driver: 'every.example.com', nodeName: 'every', pool: { name: 'every', generation: 1, resourceSliceCount: 1 } } },
    field: ['resourceslice.spec.driver', 'string'],
  },
  'flowcontrol.apiserver.k8s.io/v1 flowschemas': {
    body: { spec: { priorityLevelConfiguration: { name: 'exempt' } } },
    status: {
      conditions: [
        {
          ...condition,
          type: 'Dangling',
          status: 'False',
          reason: 'Found',
          message: 'This FlowSchema references the PriorityLevelConfiguration object named "exempt" and it exists',
        },
      ],
    },
    field: ['flowschema.spec.matchingPrecedence', 'integer'],
  },
  'flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations': {
    body: { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } },
    status: { conditions: [{ ...condition, type: 'Every' }] },
    field: ['prioritylevelconfiguration.spec.type', 'string'],
  },
}

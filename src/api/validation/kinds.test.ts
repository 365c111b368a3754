import { describe, expect, test } from 'vitest'
import { validateDaemonSet, validateDeployment, validateStatefulSet, validateStatefulSetUpdate } from './apps.ts'
import { validateHorizontalPodAutoscaler } from './autoscaling.ts'
import { validateCronJob, validateJob } from './batch.ts'
import { validateConfigMap, validateConfigMapUpdate, validateLimitRange, validateNodeUpdate, validateSecret } from './core.ts'
import { validateBindings, validateEndpointSlice, validateLease, validateRole } from './groups.ts'
import { validateIngress, validateNetworkPolicy } from './networking.ts'
import { validatePersistentVolume, validatePersistentVolumeClaim } from './persistent-volumes.ts'
import { validatePod, validatePodStatusUpdate, validatePodUpdate } from './pod.ts'
import { podWarnings } from './pod-warnings.ts'
import { validateService, validateServiceUpdate } from './service.ts'
import { check, object, texts } from './testing.ts'

type Pod = Parameters<typeof validatePod>[0]
const containers = [{ name: 'web', image: 'web:1' }]
const pod = (spec: object, metadata = {}) => object<Pod>('core.v1.Pod', { metadata, spec: { containers, ...spec } })

describe('pods', () => {
  test.each([
    ['a plain one', {}, []],
    ['two containers of one name', { containers: [...containers, ...containers] }, ['spec.containers[1].name: Duplicate value: "web"']],
    [
      'a mount of nothing',
      { containers: [{ ...containers[0], volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
      ['spec.containers[0].volumeMounts[0].name: Not found: "data"'],
    ],
    [
      'two sources in a volume',
      { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] },
      ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    ],
    [
      'a probe that waits for two successes to live',
      { containers: [{ ...containers[0], livenessProbe: { tcpSocket: { port: 'http' }, successThreshold: 2 } }] },
      ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
    ],
    [
      'a request above its limit',
      { containers: [{ ...containers[0], resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } } }] },
      ['spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi'],
    ],
    [
      'spread over nothing',
      { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'Maybe', labelSelector: {} }] },
      [
        'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
        'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Maybe": supported values: "DoNotSchedule", "ScheduleAnyway"',
      ],
    ],
    [
      'an escalation denied to a privileged container',
      { containers: [{ ...containers[0], securityContext: { privileged: true, allowPrivilegeEscalation: false } }] },
      [expect.stringContaining('cannot set `allowPrivilegeEscalation` to false and `privileged` to true')],
    ],
    [
      'a sysctl of the host’s network',
      { hostNetwork: true, securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1' }] } },
      [`spec.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when 'hostNetwork' is true`],
    ],
  ])('%s', (_, spec, want) => expect(texts(validatePod(pod(spec)))).toEqual(want))

  test.each([
    ['an image', { containers: [{ name: 'web', image: 'web:2' }] }, []],
    ['a further toleration', { tolerations: [{ key: 'a', operator: 'Exists' }] }, []],
    ['a shorter life', { activeDeadlineSeconds: 10 }, []],
    [
      'a container more',
      { containers: [...containers, { name: 'b', image: 'b' }] },
      ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    ],
  ])('an update may or may not change %s', (_, spec, want) => expect(texts(validatePodUpdate(pod(spec), pod({})))).toEqual(want))

  test('a refused update shows the difference', () => {
    const [error] = validatePodUpdate(pod({ priorityClassName: 'high' }), pod({}))
    expect(error?.detail).toContain('@@')
    expect(error?.detail).toContain('- "PriorityClassName": "",\n+ "PriorityClassName": "high",\n')
  })

  test('a container that may not restart stays terminated', () => {
    const status = (state: object) => ({ containerStatuses: [{ name: 'web', image: 'i', imageID: 'i', state }] })
    const never = (state: object): Pod => ({ ...pod({ restartPolicy: 'Never' }), status: status(state) as never })
    expect(texts(validatePodStatusUpdate(never({ running: {} }), never({ terminated: { exitCode: 1 } })))).toEqual([
      'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
    ])
  })

  test('what is deprecated or surprising is warned of', () => {
    const { spec, metadata } = pod({
      nodeSelector: { 'beta.kubernetes.io/arch': 'amd64' },
      containers: [
        {
          ...containers[0],
          env: [
            { name: 'A', value: '1' },
            { name: 'A', value: '2' },
          ],
        },
      ],
    })
    expect(podWarnings(spec, metadata.annotations)).toEqual([
      'spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead',
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    ])
  })
})

const template = { metadata: { labels: { app: 'a' } }, spec: { containers } }
const selector = { matchLabels: { app: 'a' } }
describe('other kinds', () => {
  test.each([
    ['deployment', check('apps.v1.Deployment', validateDeployment), { spec: { selector, template } }, []],
    [
      'deployment that may neither grow nor shrink',
      check('apps.v1.Deployment', validateDeployment),
      { spec: { selector, template, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ],
    [
      'daemon set with too much unavailable',
      check('apps.v1.DaemonSet', validateDaemonSet),
      { spec: { selector, template, updateStrategy: { rollingUpdate: { maxUnavailable: '101%' } } } },
      ['spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
    ],
    [
      'stateful set whose pods mount a claim template',
      check('apps.v1.StatefulSet', validateStatefulSet),
      {
        spec: {
          selector,
          template: { ...template, spec: { containers: [{ ...containers[0], volumeMounts: [{ name: 'data', mountPath: '/d' }] }] } },
          volumeClaimTemplates: [
            { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
          ],
        },
      },
      [],
    ],
    [
      'job without a restart policy of its own',
      check('batch.v1.Job', (o: Parameters<typeof validateJob>[0]) => validateJob(o)),
      { spec: { manualSelector: true, selector, template } },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      'cron job at minute 75',
      check('batch.v1.CronJob', validateCronJob),
      { spec: { schedule: '75 * * * *', jobTemplate: { spec: { template: { spec: { containers, restartPolicy: 'Never' } } } } } },
      ['spec.schedule: Invalid value: "75 * * * *": end of range (75) above maximum (59): 75'],
    ],
    ['service without ports', check('core.v1.Service', validateService), { spec: {} }, ['spec.ports: Required value']],
    [
      'config map with a key twice',
      check('core.v1.ConfigMap', validateConfigMap),
      { data: { k: 'v' }, binaryData: { k: 'AA==' } },
      ['data[k]: Invalid value: "k": duplicate of key present in binaryData'],
    ],
    [
      'TLS secret without its key',
      check('core.v1.Secret', validateSecret),
      { type: 'kubernetes.io/tls', data: { 'tls.crt': 'AA==' } },
      ['data[tls.key]: Required value'],
    ],
    [
      'limit range upside down',
      check('core.v1.LimitRange', validateLimitRange),
      { spec: { limits: [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }] } },
      ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
    ],
    [
      'local volume that is nowhere',
      check('core.v1.PersistentVolume', validatePersistentVolume),
      { metadata: { namespace: '' }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, local: { path: '/d' } } },
      ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
    ],
    [
      'claim of nothing',
      check('core.v1.PersistentVolumeClaim', validatePersistentVolumeClaim),
      { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '0' } } } },
      ['spec.resources[storage]: Invalid value: "0": must be greater than zero'],
    ],
    [
      'ingress of no rules',
      check('networking.v1.Ingress', validateIngress),
      { spec: {} },
      ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
    ],
    [
      'network policy with a block outside its block',
      check('networking.v1.NetworkPolicy', validateNetworkPolicy),
      { spec: { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/24', except: ['10.0.1.0/25'] } }] }] } },
      ['spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "10.0.1.0/25": must be a strict subset of `cidr`'],
    ],
    [
      'autoscaler of a thing of no group',
      check('autoscaling.v2.HorizontalPodAutoscaler', validateHorizontalPodAutoscaler),
      { spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Widget', name: 'w', apiVersion: '' } } },
      ['spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group'],
    ],
    [
      'slice with an address of the other family',
      check('discovery.v1.EndpointSlice', validateEndpointSlice),
      { addressType: 'IPv6', endpoints: [{ addresses: ['10.0.0.1'] }] },
      ['endpoints[0].addresses: Invalid value: "10.0.0.1": must be an IPv6 address'],
    ],
    [
      'lease of no time',
      check('coordination.v1.Lease', validateLease),
      { spec: { leaseDurationSeconds: 0 } },
      ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
    ],
    [
      'role without verbs',
      check('rbac.v1.Role', validateRole),
      { rules: [{ apiGroups: [''], resources: ['pods'] }] },
      ['rules[0].verbs: Required value: verbs must contain at least one value'],
    ],
    [
      'cluster role binding to a role',
      check('rbac.v1.ClusterRoleBinding', (o: Parameters<typeof validateBindings>[0]) => validateBindings(o, false)),
      { metadata: { namespace: '' }, roleRef: { kind: 'Role', name: 'r' }, subjects: [] },
      ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
    ],
  ])('%s', (_, validate, body, want) => expect(validate(body)).toEqual(want))
})

describe('updates', () => {
  test('an immutable config map', () => {
    const map = (data: object, immutable: boolean) =>
      object<Parameters<typeof validateConfigMap>[0]>('core.v1.ConfigMap', { data, immutable })
    expect(texts(validateConfigMapUpdate(map({ a: '2' }, true), map({ a: '1' }, true)))).toEqual([
      'data: Forbidden: field is immutable when `immutable` is set',
    ])
  })
  test('a stateful set’s service', () => {
    const set = (serviceName: string) =>
      object<Parameters<typeof validateStatefulSet>[0]>('apps.v1.StatefulSet', { spec: { selector, template, serviceName } })
    expect(texts(validateStatefulSetUpdate(set('b'), set('a')))[0]).toContain("fields other than 'replicas', 'ordinals', 'template'")
  })
  test('a service’s address', () => {
    const service = (clusterIP: string) =>
      object<Parameters<typeof validateService>[0]>('core.v1.Service', {
        spec: { ports: [{ port: 1 }], clusterIP, clusterIPs: [clusterIP] },
      })
    expect(texts(validateServiceUpdate(service('10.0.0.2'), service('10.0.0.1')))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
    ])
  })
  test('a node’s pod CIDR', () => {
    const node = (cidr: string) =>
      object<Parameters<typeof validateNodeUpdate>[0]>('core.v1.Node', {
        metadata: { namespace: '' },
        spec: { podCIDR: cidr, podCIDRs: [cidr] },
      })
    expect(texts(validateNodeUpdate(node('10.1.0.0/24'), node('10.2.0.0/24')))).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ])
  })
})

/**
 * The loops as `--use-service-account-credentials` runs them: each as an account of its own, against a server that goes
 * by the bootstrap roles alone. A walk through the cluster's life makes each do what it is there for; nobody is refused.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isConflict, isForbidden, isNotFound, isUnauthorized } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import type { Pod } from '../api/types/core-v1.ts'
import type { ResourceName } from '../api/types/index.ts'
import { createAccess } from '../apiserver/access.ts'
import { accessFlags, accessOptions } from '../apiserver/access-flags.ts'
import { createApiServer } from '../apiserver/api-server.ts'
import { clusterRoleBindings, roleBindings } from '../apiserver/authorization/bootstrap-policy.ts'
import { flags as serverFlags } from '../apiserver/flags.ts'
import { createInProcessTransport } from '../apiserver/in-process.ts'
import { createMemoryStore } from '../apiserver/memory-store.ts'
import { type Client, createClient, type Draft } from '../client/client.ts'
import { createInformers, type Informers } from '../client/informer.ts'
import { createRequestMetrics } from '../client/request-metrics.ts'
import type { ObjectOf } from '../client/resources.ts'
import type { ApiRequest, Transport } from '../client/transport.ts'
import { parseFlags } from '../flags/flags.ts'
import { noLog } from '../log/log.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createCertificateAuthority } from '../pki/index.ts'
import { type ControllerManager, createControllerManager } from './manager.ts'
import { signers } from './options.ts'
import { registry, serviceAccountOf } from './registry.ts'

test('every account has a role that comes with a cluster', () => {
  const bound = new Set([...clusterRoleBindings(), ...roleBindings()].flatMap((b) => b.subjects.map((s) => `${s.namespace}/${s.name}`)))
  const accounts = (Object.keys(registry) as (keyof typeof registry)[]).map(serviceAccountOf).filter((account) => account !== null)
  expect(accounts.filter((account) => !bound.has(`kube-system/${account}`))).toEqual([])
})

let folder: string
let server: Awaited<ReturnType<typeof createApiServer>>
let client: Client
let informers: Informers
let manager: ControllerManager
/** `ACCOUNT METHOD RESOURCE`, what was carried out, and what was refused. */
const done = new Set<string>()
const metrics = createMetrics()
const refused: string[] = []
let looks: (() => void)[] = []

/** What an account did, as `POST pods`. */
const actionOf = ({ method, path }: ApiRequest) => {
  const parts = new URL(path, 'http://x').pathname.split('/').slice(path.startsWith('/api/') ? 3 : 4)
  const [resource, , subresource] =
    parts[0] === 'namespaces' && parts.length > 2 && parts[2] !== 'finalize' && parts[2] !== 'status' ? parts.slice(2) : parts
  return `${method} ${resource}${subresource ? `/${subresource}` : ''}`
}
function recorded(transport: Transport): Transport {
  return {
    ...transport,
    async request<T>(request: ApiRequest): Promise<T> {
      const account = /kube-system:(.*)/.exec(request.headers?.['user-agent'] ?? '')?.[1] ?? 'manager'
      const action = `${account} ${actionOf(request)}`
      try {
        const answer = await transport.request<T>(request)
        done.add(action)
        for (const look of looks) look()
        return answer
      } catch (error) {
        // A namespace that is being deleted takes nothing new, from whomever.
        if (isForbidden(error) && !error.message.includes('because it is being terminated')) refused.push(`${action}: ${error.message}`)
        if (isUnauthorized(error)) refused.push(`${action}: ${error.message}`)
        throw error
      }
    },
  }
}
/** Resolves when accounts have done all this. */
const until = (...actions: string[]) =>
  new Promise<void>((resolve, reject) => {
    const missing = () => actions.filter((action) => !done.has(action))
    const end = (then: () => void) => {
      clearTimeout(timer)
      looks = looks.filter((l) => l !== look)
      then()
    }
    const timer = setTimeout(() => end(() => reject(new Error(`nobody did ${missing().join(', ')}`))), 9_000)
    const look = () => missing().length === 0 && end(resolve)
    looks.push(look)
    look()
  })

/** Binds pods, lets them run at once, and ends them when they are deleted. */
function startKubelet(): void {
  const tolerant = (promise: Promise<unknown>) =>
    void promise.catch((error: unknown) => {
      if (!isNotFound(error) && !isConflict(error) && !isForbidden(error)) throw error // gone, new, or its namespace ends
    })
  const look = (pod: Pod) => {
    const { namespace, name, uid } = pod.metadata
    if (pod.metadata.deletionTimestamp)
      tolerant(client.delete('pods', { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } }))
    else if (!pod.spec.nodeName) {
      const target = { apiVersion: 'v1', kind: 'Node', name: 'node' }
      tolerant(
        client.createSubresource('pods', { namespace, name }, 'binding', {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name, namespace },
          target,
        }),
      )
    } else if (pod.status.phase === 'Pending') {
      const phase = pod.metadata.labels?.ends ?? 'Running'
      const conditions = [{ type: 'Ready', status: phase === 'Running' ? 'True' : 'False', lastTransitionTime: formatTime(Date.now()) }]
      const status = { phase, conditions, podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] }
      tolerant(client.patch('pods', { namespace, name }, { metadata: { uid }, status }, { subresource: 'status' }))
    }
  }
  informers.of('pods').addHandler({ added: look, updated: look })
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kijabi-accounts-'))
  const { values } = parseFlags({ ...serverFlags, ...accessFlags }, [`--cert-dir=${folder}`, '--authorization-mode=RBAC'])
  const options = await accessOptions(values as never, { host: '192.0.2.1', port: 6443 }, noLog)
  server = await createApiServer(
    { store: createMemoryStore(), log: noLog, access: (parts) => createAccess(parts, options) },
    { advertise: { host: '192.0.2.1', port: 6443 } },
  )
  await server.ready
  client = createClient(createInProcessTransport(server.handle))
  informers = createInformers(client)
  informers.of('pods')
  informers.start()
  startKubelet()
  const asManager = { name: 'system:kube-controller-manager', groups: ['system:authenticated'] }
  const authority = createCertificateAuthority('ca')
  const observe = createRequestMetrics(metrics)
  manager = createControllerManager({
    transport: recorded(createInProcessTransport(server.handle, asManager, 'kube-controller-manager', observe)),
    anonymous: recorded(createInProcessTransport(server.handle, null, 'kube-controller-manager', observe)),
    controllers: ['*', 'bootstrap-signer-controller', 'token-cleaner-controller'],
    options: {
      rootCa: 'CA',
      serviceAccountPrivateKey: authority.key,
      clusterSigning: Object.fromEntries(Object.values(signers).map((signer) => [signer, authority])),
      allocateNodeCidrs: true,
      clusterCidrs: ['10.0.0.0/16'],
      terminatedPodGCThreshold: 1,
      legacyTokenCleanUpPeriodMs: 1,
    },
    leaderElection: { namespace: 'kube-system', name: 'kube-controller-manager', identity: 'me' },
    log: noLog,
  })
  await manager.start()
  await manager.synced
  await until('service-account-controller POST serviceaccounts')
}, 30_000)
afterAll(async () => {
  await manager?.stop()
  informers?.stop()
  await server?.close()
  rmSync(folder, { recursive: true })
})

const make = <R extends ResourceName>(resource: R, name: string, rest: object = {}, metadata: object = {}) =>
  client.create(resource, { metadata: { namespace: 'default', name, ...metadata }, ...rest } as Draft<ObjectOf<R>>)
const makeGlobal = <R extends ResourceName>(resource: R, name: string, rest: object = {}) =>
  client.create(resource, { metadata: { name }, ...rest } as Draft<ObjectOf<R>>)
const makePod = (name: string, labels: object, spec: object = {}) =>
  make('pods', name, { spec: { containers: [{ name: 'c', image: 'i' }], ...spec } }, { labels })
const change = (resource: ResourceName, name: string, patch: object, subresource?: string) =>
  client.patch(resource, { namespace: 'default', name }, patch, { type: 'merge', ...(subresource ? { subresource } : {}) })
const remove = (resource: ResourceName, name: string) => client.delete(resource, { namespace: 'default', name })
const template = (app: string, more: object = {}, spec: object = {}) => ({
  metadata: { labels: { app, ...more } },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
})
const set = (app: string, more: object = {}) => ({
  spec: { replicas: 2, selector: { matchLabels: { app } }, template: template(app), ...more },
})
const claim = (more: object = {}) => ({ spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...more } })
const base64 = (text: string) => Buffer.from(text).toString('base64')

type Step = readonly [what: string, does: () => Promise<unknown>, actions: readonly string[]]

const steps: readonly Step[] = [
  [
    'a namespace comes',
    () => makeGlobal('namespaces', 'x'),
    ['service-account-controller POST serviceaccounts', 'root-ca-cert-publisher POST configmaps'],
  ],
  [
    'a node comes, and is told what it may keep',
    () => makeGlobal('nodes', 'node', { status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
    ['node-controller PATCH nodes', 'ttl-controller PATCH nodes'],
  ],
  [
    'a deployment comes',
    () => make('deployments.apps', 'web', set('web')),
    [
      'deployment-controller POST replicasets',
      'replicaset-controller POST pods',
      'deployment-controller PUT deployments/status',
      'replicaset-controller PUT replicasets/status',
      'deployment-controller POST events',
      'replicaset-controller POST events',
    ],
  ],
  [
    'it is scaled down and rolled over',
    () =>
      change('deployments.apps', 'web', { spec: { replicas: 1, revisionHistoryLimit: 0, template: template('web', { version: '2' }) } }),
    ['deployment-controller PUT replicasets', 'replicaset-controller DELETE pods', 'deployment-controller DELETE replicasets'],
  ],
  [
    'a replication controller comes, and takes a pod of nobody',
    async () => {
      await makePod('mine', { app: 'rc' })
      await make('replicationcontrollers', 'rc', { spec: { replicas: 2, selector: { app: 'rc' }, template: template('rc') } })
    },
    ['replication-controller POST pods', 'replication-controller PATCH pods', 'replication-controller PUT replicationcontrollers/status'],
  ],
  [
    'a stateful set comes with claims of its own, which go with it',
    () =>
      make('statefulsets.apps', 'db', {
        ...set('db', {
          serviceName: 'db',
          podManagementPolicy: 'Parallel',
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
          volumeClaimTemplates: [{ metadata: { name: 'data' }, ...claim() }],
        }),
      }),
    [
      'statefulset-controller POST controllerrevisions',
      'statefulset-controller POST persistentvolumeclaims',
      'statefulset-controller POST pods',
      'statefulset-controller PUT statefulsets/status',
    ],
  ],
  [
    'it is scaled down',
    () => change('statefulsets.apps', 'db', { spec: { replicas: 1 } }),
    ['statefulset-controller DELETE pods', 'statefulset-controller PUT persistentvolumeclaims'],
  ],
  [
    'a daemon set comes and changes',
    async () => {
      await make('daemonsets.apps', 'agent', { spec: { selector: { matchLabels: { app: 'agent' } }, template: template('agent') } })
      await until('daemon-set-controller POST pods')
      await change('daemonsets.apps', 'agent', { spec: { template: template('agent', { version: '2' }) } })
    },
    [
      'daemon-set-controller POST controllerrevisions',
      'daemon-set-controller POST pods',
      'daemon-set-controller DELETE pods',
      'daemon-set-controller PUT daemonsets/status',
    ],
  ],
  [
    'a job ends, and goes',
    () =>
      make('jobs.batch', 'once', {
        spec: { ttlSecondsAfterFinished: 0, template: template('once', { ends: 'Succeeded' }, { restartPolicy: 'Never' }) },
      }),
    [
      'job-controller POST pods',
      'job-controller PATCH pods',
      'job-controller PUT jobs/status',
      'ttl-after-finished-controller DELETE jobs',
      'generic-garbage-collector DELETE pods',
    ],
  ],
  [
    'a suspended job loses its pods',
    async () => {
      await make('jobs.batch', 'long', { spec: { template: template('long', {}, { restartPolicy: 'Never' }) } })
      await until('job-controller POST pods')
      await change('jobs.batch', 'long', { spec: { suspend: true } })
    },
    ['job-controller DELETE pods'],
  ],
  [
    'a cron job is due',
    async () => {
      const job = { template: template('nightly', { ends: 'Succeeded' }, { restartPolicy: 'Never' }) }
      const made = await make('cronjobs.batch', 'nightly', {
        spec: { suspend: true, schedule: '* * * * *', successfulJobsHistoryLimit: 0, jobTemplate: { spec: job } },
      })
      await client.updateStatus('cronjobs.batch', { ...made, status: { lastScheduleTime: formatTime(Date.now() - 120_000) } })
      await change('cronjobs.batch', 'nightly', { spec: { suspend: false } })
    },
    [
      'cronjob-controller POST jobs',
      'cronjob-controller PUT cronjobs/status',
      'cronjob-controller DELETE jobs',
      'cronjob-controller POST events',
    ],
  ],
  [
    'a service finds its pods',
    () => make('services', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }),
    ['endpoint-controller POST endpoints', 'endpointslice-controller POST endpointslices'],
  ],
  [
    'the service selects others',
    () => change('services', 'web', { spec: { selector: { app: 'db' } } }),
    ['endpoint-controller PUT endpoints', 'endpointslice-controller PUT endpointslices'],
  ],
  [
    'endpoints of one’s own are mirrored',
    async () => {
      await make('services', 'far', { spec: { ports: [{ port: 80 }] } })
      await make('endpoints', 'far', { subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 80 }] }] })
      await until('endpointslicemirroring-controller POST endpointslices')
      await change('endpoints', 'far', { subsets: [{ addresses: [{ ip: '192.0.2.8' }], ports: [{ port: 80 }] }] })
    },
    ['endpointslicemirroring-controller POST endpointslices', 'endpointslicemirroring-controller PUT endpointslices'],
  ],
  [
    'a quota counts',
    () => make('resourcequotas', 'q', { spec: { hard: { pods: '100', 'count/secrets': '100' } } }),
    ['resourcequota-controller PUT resourcequotas/status'],
  ],
  [
    'a budget guards pods of a set',
    () => make('poddisruptionbudgets.policy', 'web', { spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } } }),
    ['disruption-controller PUT poddisruptionbudgets/status'],
  ],
  [
    'an autoscaler raises a set to its least size',
    () =>
      make('horizontalpodautoscalers.autoscaling', 'web', {
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 2, maxReplicas: 3 },
      }),
    [
      'horizontal-pod-autoscaler GET deployments/scale',
      'horizontal-pod-autoscaler PUT deployments/scale',
      'horizontal-pod-autoscaler PUT horizontalpodautoscalers/status',
      'horizontal-pod-autoscaler POST events',
    ],
  ],
  [
    'a claim finds its volume, and grows',
    async () => {
      await makeGlobal('storageclasses.storage.k8s.io', 'fast', { provisioner: 'disk.example.com', allowVolumeExpansion: true })
      const csi = { driver: 'disk.example.com', volumeHandle: 'h' }
      await makeGlobal('persistentvolumes', 'pv', {
        spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'fast', csi },
      })
      await make('persistentvolumeclaims', 'data', claim({ storageClassName: 'fast' }))
      await until('persistent-volume-binder PUT persistentvolumeclaims/status')
      await change('persistentvolumeclaims', 'data', { spec: { resources: { requests: { storage: '2Gi' } } } })
      await until('expand-controller PATCH persistentvolumeclaims/status')
      const { annotations } = (await client.get('persistentvolumeclaims', { namespace: 'default', name: 'data' })).metadata
      expect(annotations).toMatchObject({ 'volume.kubernetes.io/storage-resizer': 'disk.example.com' })
    },
    [
      'persistent-volume-binder PUT persistentvolumes',
      'persistent-volume-binder PUT persistentvolumes/status',
      'persistent-volume-binder PUT persistentvolumeclaims',
      'expand-controller PATCH persistentvolumeclaims/status',
      'expand-controller POST events',
    ],
  ],
  [
    'a pod uses it',
    () => makePod('user', {}, { nodeName: 'node', volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] }),
    ['attachdetach-controller POST volumeattachments'],
  ],
  [
    'the driver has attached it',
    async () => {
      const [attachment] = (await client.list('volumeattachments.storage.k8s.io')).items
      await client.updateStatus('volumeattachments.storage.k8s.io', { ...(attachment as object), status: { attached: true } })
    },
    ['attachdetach-controller PATCH nodes/status'],
  ],
  [
    'pod, claim and volume go',
    async () => {
      await remove('pods', 'user')
      await remove('persistentvolumeclaims', 'data')
      await until('pvc-protection-controller PUT persistentvolumeclaims')
      await client.delete('persistentvolumes', { name: 'pv' })
    },
    [
      'attachdetach-controller DELETE volumeattachments',
      'pvc-protection-controller PUT persistentvolumeclaims',
      'pv-protection-controller PUT persistentvolumes',
    ],
  ],
  [
    'a pod brings a claim of its own',
    () => makePod('scratch', {}, { volumes: [{ name: 's', ephemeral: { volumeClaimTemplate: claim() } }] }),
    ['ephemeral-volume-controller POST persistentvolumeclaims'],
  ],
  [
    'a pod asks for a device, which breaks',
    async () => {
      await makeGlobal('deviceclasses.resource.k8s.io', 'gpu', { spec: {} })
      await make('resourceclaimtemplates.resource.k8s.io', 'gpus', {
        spec: { spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu' } }] } } },
      })
      const requests = [{ name: 'gpu', exactly: { deviceClassName: 'gpu' } }]
      const kept = await make('resourceclaims.resource.k8s.io', 'mine', { spec: { devices: { requests } } })
      const resourceClaims = [
        { name: 'gpu', resourceClaimTemplateName: 'gpus' },
        { name: 'mine', resourceClaimName: 'mine' },
      ]
      const pod = await makePod('gpu', {}, { resourceClaims })
      await until('resource-claim-controller PATCH pods/status')
      await client.updateStatus('resourceclaims.resource.k8s.io', {
        ...kept,
        status: {
          allocation: { devices: { results: [{ request: 'gpu', driver: 'd', pool: 'p', device: 'one' }] } },
          reservedFor: [{ resource: 'pods', name: 'gpu', uid: pod.metadata.uid }],
        },
      })
      await makeGlobal('resourceslices.resource.k8s.io', 's', {
        spec: {
          ...{ driver: 'd', nodeName: 'node', pool: { name: 'p', generation: 1, resourceSliceCount: 1 } },
          devices: [{ name: 'one', taints: [{ key: 'broken', effect: 'NoExecute' }] }],
        },
      })
    },
    [
      'resource-claim-controller POST resourceclaims',
      'resource-claim-controller PATCH pods/status',
      'device-taint-eviction-controller PATCH pods/status',
      'device-taint-eviction-controller DELETE pods',
      'resource-claim-controller PUT resourceclaims/status',
    ],
  ],
  [
    'pods leave a node that is tainted',
    async () => {
      await makePod('moves', {}, { nodeName: 'node' })
      await client.patch('nodes', { name: 'node' }, { spec: { taints: [{ key: 'out', effect: 'NoExecute' }] } }, { type: 'merge' })
    },
    ['node-controller PATCH pods/status', 'node-controller DELETE pods', 'node-controller POST events'],
  ],
  ['the node is good again', () => client.patch('nodes', { name: 'node' }, { spec: { taints: null } }, { type: 'merge' }), []],
  [
    'ended pods are too many',
    async () => {
      for (const name of ['a', 'b', 'c']) await makePod(`ended-${name}`, { ends: 'Failed' })
    },
    ['pod-garbage-collector DELETE pods'],
  ],
  [
    'a kubelet asks for a certificate',
    async () => {
      const [key, out] = [join(folder, 'key'), join(folder, 'csr')]
      execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key])
      execFileSync('openssl', ['req', '-new', '-key', key, '-out', out, '-subj', '/O=system:nodes/CN=system:node:node'])
      const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'system:node:node' }]
      const roleRef = {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
      }
      await makeGlobal('clusterrolebindings.rbac.authorization.k8s.io', 'nodes', { subjects, roleRef })
      const kubelet = createClient(
        createInProcessTransport(server.handle, {
          name: 'system:node:node',
          groups: ['system:nodes', 'system:masters', 'system:authenticated'],
        }),
      )
      await kubelet.create('certificatesigningrequests.certificates.k8s.io', {
        metadata: { name: 'node' },
        spec: {
          request: readFileSync(out).toString('base64'),
          signerName: signers['kubelet-client'],
          usages: ['digital signature', 'client auth'],
        },
      } as never)
    },
    [
      'certificate-controller POST subjectaccessreviews',
      'certificate-controller PUT certificatesigningrequests/approval',
      'certificate-controller PUT certificatesigningrequests/status',
    ],
  ],
  [
    'a role is drawn together',
    () =>
      client.create('clusterroles.rbac.authorization.k8s.io', {
        metadata: { name: 'more', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
        rules: [{ apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get'] }],
      }),
    ['clusterrole-aggregation-controller PATCH clusterroles'],
  ],
  [
    'a secret is filled with a token, and its like that nobody uses goes',
    async () => {
      const metadata = { annotations: { 'kubernetes.io/service-account.name': 'default' } }
      await make('secrets', 'token', { type: 'kubernetes.io/service-account-token' }, metadata)
    },
    ['manager PUT secrets'],
  ],
  [
    'a bootstrap token signs, and ends',
    async () => {
      await make('configmaps', 'cluster-info', { data: { kubeconfig: 'K' } }, { namespace: 'kube-public' })
      const token = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true' }
      const of = (fields: Record<string, string>) => ({
        type: 'bootstrap.kubernetes.io/token',
        data: Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, base64(v)])),
      })
      await make('secrets', 'bootstrap-token-abcdef', of(token), { namespace: 'kube-system' })
      const ended = { ...token, 'token-id': 'ghijkl', expiration: formatTime(Date.now() - 1000) }
      await make('secrets', 'bootstrap-token-ghijkl', of(ended), { namespace: 'kube-system' })
    },
    ['bootstrap-signer PUT configmaps', 'token-cleaner DELETE secrets'],
  ],
  [
    'a range of services comes',
    () => makeGlobal('servicecidrs.networking.k8s.io', 'more', { spec: { cidrs: ['10.200.0.0/24'] } }),
    ['service-cidrs-controller PATCH servicecidrs', 'service-cidrs-controller PUT servicecidrs/status'],
  ],
  [
    'a policy is checked',
    () =>
      makeGlobal('validatingadmissionpolicies.admissionregistration.k8s.io', 'p', {
        spec: {
          matchConstraints: {
            resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['CREATE'] }],
          },
          validations: [{ expression: 'object.spec.replicas < 100' }],
        },
      }),
    ['validatingadmissionpolicy-status-controller PUT validatingadmissionpolicies/status'],
  ],
  [
    'a class of volume attributes comes and goes',
    async () => {
      await makeGlobal('volumeattributesclasses.storage.k8s.io', 'silver', { driverName: 'd', parameters: { a: 'b' } })
      await client.delete('volumeattributesclasses.storage.k8s.io', { name: 'silver' })
    },
    ['volumeattributesclass-protection-controller PUT volumeattributesclasses'],
  ],
  [
    'an owner is left by its dependents',
    () => client.delete('replicationcontrollers', { namespace: 'default', name: 'rc' }, { propagationPolicy: 'Orphan' }),
    ['generic-garbage-collector PATCH pods', 'generic-garbage-collector PATCH replicationcontrollers'],
  ],
  [
    'a namespace goes with all it holds',
    async () => {
      await make('deployments.apps', 'web', set('web'), { namespace: 'x' })
      await make('pods', 'p', { spec: template('p').spec }, { namespace: 'x' })
      await make('configmaps', 'c', {}, { namespace: 'x' })
      await client.delete('namespaces', { name: 'x' })
    },
    [
      'namespace-controller DELETE pods',
      'namespace-controller DELETE configmaps',
      'namespace-controller PUT namespaces/status',
      'namespace-controller PUT namespaces/finalize',
    ],
  ],
]

describe('by the roles that come with a cluster', () => {
  for (const [what, does, actions] of steps)
    test(what, { timeout: 20_000 }, async () => {
      await does()
      await until(...actions)
    })
  test('nobody asked for more', () => expect(refused).toEqual([]))
  test('each request is counted', () => {
    const text = metrics.render()
    for (const labels of ['code="200",host="in-process",method="PUT"', 'code="201",host="in-process",method="POST"'])
      expect(text).toContain(`\nrest_client_requests_total{${labels}} `)
  })
  test('the manager himself writes accounts, their tokens, secrets and, besides its lease, nothing', () => {
    const own = [...done].filter((action) => /^manager (?!GET)/.test(action) && !action.endsWith(' leases'))
    expect(own.sort()).toEqual([
      'manager POST events',
      'manager POST serviceaccounts',
      'manager POST serviceaccounts/token',
      'manager PUT secrets',
    ])
  })
})

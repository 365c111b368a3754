import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createClient } from '../client/client.ts'
import { createFakeClock } from '../client/clock.ts'
import { createMemoryTransport } from '../client/memory-transport.ts'
import { parseFlags } from '../flags/flags.ts'
import { noLog } from '../log/log.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createCertificateAuthority, issueCertificate } from '../pki/index.ts'
import { flags, optionsOf, startControllerManager } from './command.ts'
import { fixedFlags } from './fixed-flags.ts'
import { chooseControllers, createControllerManager } from './manager.ts'
import { defaultOptions, signers } from './options.ts'
import { formerNames, notHere, registry } from './registry.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

test.each([
  [['*'], (names: string[]) => names.includes('job-controller') && !names.includes('token-cleaner-controller')],
  [['*', '-job-controller'], (names: string[]) => !names.includes('job-controller') && names.includes('deployment-controller')],
  [['*', 'token-cleaner-controller'], (names: string[]) => names.includes('token-cleaner-controller')],
  [['job-controller'], (names: string[]) => names.length === 1],
  [['-job-controller'], (names: string[]) => names.length === 0],
])('--controllers=%j', (given, good) => {
  expect(good(chooseControllers(given))).toBe(true)
})
test.each([
  ['nonsense', '"nonsense" is not in the list of known controllers'],
  ['-nonsense', '"nonsense" is not in the list of known controllers'],
  ['service-lb-controller', '"service-lb-controller" does not run here: it needs a cloud provider'],
  ['route', '"route" does not run here: it needs a cloud provider'],
])('--controllers=%s is refused', (name, why) => {
  expect(() => chooseControllers([name])).toThrow(why)
})

/** What `kube-controller-manager --help` of 1.36 names. */
const upstream = `bootstrap-signer-controller certificatesigningrequest-approving-controller certificatesigningrequest-cleaner-controller
  certificatesigningrequest-signing-controller cloud-node-lifecycle-controller clusterrole-aggregation-controller cronjob-controller
  daemonset-controller deployment-controller device-taint-eviction-controller disruption-controller endpoints-controller
  endpointslice-controller endpointslice-mirroring-controller ephemeral-volume-controller garbage-collector-controller
  horizontal-pod-autoscaler-controller job-controller kube-apiserver-serving-clustertrustbundle-publisher-controller
  legacy-serviceaccount-token-cleaner-controller namespace-controller node-ipam-controller node-lifecycle-controller
  node-route-controller persistentvolume-attach-detach-controller persistentvolume-binder-controller
  persistentvolume-expander-controller persistentvolume-protection-controller persistentvolumeclaim-protection-controller
  pod-garbage-collector-controller podcertificaterequest-cleaner-controller podgroup-protection-controller replicaset-controller
  replicationcontroller-controller resourceclaim-controller resourcepoolstatusrequest-controller resourcequota-controller
  root-ca-certificate-publisher-controller selinux-warning-controller service-cidr-controller service-lb-controller
  serviceaccount-controller serviceaccount-token-controller statefulset-controller storage-version-migrator-controller
  storageversion-garbage-collector-controller taint-eviction-controller token-cleaner-controller ttl-after-finished-controller
  ttl-controller validatingadmissionpolicy-status-controller volumeattributesclass-protection-controller`.split(/\s+/)
test('each of upstream’s controllers runs here or is refused with a reason, and no other', () => {
  expect([...Object.keys(registry), ...Object.keys(notHere)].sort()).toEqual(upstream)
})
test('what is not here may be turned off, and former names count', () => {
  expect(chooseControllers(['*', '-route', '-selinux-warning-controller', '-nodelifecycle', 'tokencleaner'])).toEqual([
    ...chooseControllers(['*', '-node-lifecycle-controller', 'token-cleaner-controller']),
  ])
  expect(Object.values(formerNames).filter((name) => !upstream.includes(name))).toEqual([])
})

test('flags and options have the same defaults', () => {
  const parsed = parseFlags(flags, [])
  const { rootCa: _, serviceAccountPrivateKey: __, ...options } = optionsOf(parsed)
  expect({ ...defaultOptions, ...options }).toEqual(defaultOptions)
  expect(
    optionsOf(parseFlags(flags, ['--node-monitor-grace-period=7s', '--concurrent-job-syncs=2', '--cluster-cidr=10.0.0.0/8'])),
  ).toMatchObject({
    nodeMonitorGracePeriodMs: 7000,
    clusterCidrs: ['10.0.0.0/8'],
    concurrent: { job: 2, deployment: 5 },
  })
})

test('authorities may differ by signer, but not beside one for all', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kijabi-signers-'))
  for (const name of ['crt', 'key']) writeFileSync(join(folder, name), name)
  const pair = (prefix: string) => [`--${prefix}-cert-file=${folder}/crt`, `--${prefix}-key-file=${folder}/key`]
  const signersOf = (...args: string[]) => Object.keys(optionsOf(parseFlags(flags, args)).clusterSigning ?? {})
  expect(signersOf(...pair('cluster-signing'))).toEqual(Object.values(signers))
  expect(signersOf(...pair('cluster-signing-kubelet-serving'))).toEqual(['kubernetes.io/kubelet-serving'])
  expect(() => signersOf(...pair('cluster-signing'), ...pair('cluster-signing-kubelet-client'))).toThrow('at the same time')
  expect(() => signersOf(`--cluster-signing-cert-file=${folder}/crt`)).toThrow('belong together')
  rmSync(folder, { recursive: true })
})

test('each controller is called as the registry names it', () => {
  const clock = createFakeClock()
  const manager = createControllerManager({ transport: createMemoryTransport({ clock }), clock, controllers: ['*'] })
  stops.push(() => manager.stop())
  void manager.start()
  for (const name of manager.queues.keys()) expect(name in registry).toBe(true)
  expect(manager.metrics.render()).toContain('workqueue_depth{name="deployment-controller"} 0')
})

test('of two managers one works, and the other takes over when it ends', async () => {
  const clock = createFakeClock()
  const transport = createMemoryTransport({ clock })
  const make = (identity: string) =>
    createControllerManager({
      transport,
      clock,
      random: () => 0,
      controllers: ['serviceaccount-controller'],
      leaderElection: { namespace: 'kube-system', name: 'kube-controller-manager', identity },
    })
  const settle = async (ms: number) => {
    for (let i = 0; i < 10; i++) {
      clock.advance(ms / 10)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const [a, b] = [make('a'), make('b')]
  await a.start()
  await settle(0)
  await b.start()
  await settle(5000)
  expect([a.leading, b.leading]).toEqual([true, false])
  const lease = (manager: typeof a) => manager.checks?.().find((c) => c.name === 'leaderElection')
  expect([await lease(a)?.check(), await lease(b)?.check()]).toEqual([undefined, undefined])
  await a.stop()
  await settle(5000)
  expect([a.leading, b.leading]).toEqual([false, true])
  await createClient(transport).create('namespaces', { metadata: { name: 'x' } })
  await settle(100)
  expect(transport.objects<{ metadata: { namespace: string } }>('/api/v1/serviceaccounts').map((s) => s.metadata.namespace)).toEqual(['x'])
  stops.push(() => b.stop())
})

test('a manager that holds a lease long over is not well; one that waits for it is', async () => {
  const clock = createFakeClock()
  const transport = createMemoryTransport({ clock })
  const leaderElection = { namespace: 'kube-system', name: 'loops', identity: 'a', leaseDurationMs: 15_000 }
  const controllers = ['ttl-controller']
  // A clock whose timers never fire, as in a process that hangs.
  const hanging = { ...clock, now: clock.now, after: () => () => {} }
  const manager = createControllerManager({ transport, clock: hanging, controllers, leaderElection })
  stops.push(() => manager.stop())
  await manager.start()
  await manager.synced
  const outcomes = async () => Promise.all((manager.checks?.() ?? []).map(async (c) => [c.name, await c.check()]))
  expect(await outcomes()).toEqual([
    ['leaderElection', undefined],
    ['ttl-controller', undefined],
  ])
  clock.advance(35_001)
  expect(await outcomes()).toEqual([
    ['leaderElection', 'failed election to renew leadership on lease loops'],
    ['ttl-controller', undefined],
  ])
})

test('/configz shows the settings under upstream’s names', () => {
  const options = { nodeMonitorGracePeriodMs: 40_000, concurrent: { ...defaultOptions.concurrent, deployment: 7 } }
  const manager = createControllerManager({ transport: createMemoryTransport(), controllers: ['*', '-ttl-controller'], options })
  expect(manager.configz?.()).toMatchObject({
    'kubecontrollermanager.config.k8s.io': {
      Generic: { Controllers: ['*', '-ttl-controller'], LeaderElection: { LeaderElect: false } },
      NodeLifecycleController: { NodeMonitorGracePeriod: '40s', UnhealthyZoneThreshold: 0.55 },
      DeploymentController: { ConcurrentDeploymentSyncs: 7 },
    },
  })
})

const start = (...args: string[]) => {
  const transport = createMemoryTransport()
  const deps = { transport, log: noLog, anonymous: () => transport, metrics: createMetrics() }
  return startControllerManager(parseFlags(flags, ['--secure-port=0', '--leader-elect=false', ...args]), deps)
}

test('the command line of kubeadm’s manifest is taken', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kijabi-kubeadm-'))
  for (const name of ['ca.crt', 'ca.key']) writeFileSync(join(folder, name), name)
  writeFileSync(join(folder, 'sa.key'), issueCertificate(createCertificateAuthority('ca'), { commonName: 'sa' }).key)
  const loops = await start(
    '--allocate-node-cidrs=true',
    '--authentication-kubeconfig=/etc/kubernetes/controller-manager.conf',
    '--authorization-kubeconfig=/etc/kubernetes/controller-manager.conf',
    '--bind-address=127.0.0.1',
    `--client-ca-file=${folder}/ca.crt`,
    '--cluster-cidr=10.244.0.0/16',
    '--cluster-name=kubernetes',
    `--cluster-signing-cert-file=${folder}/ca.crt`,
    `--cluster-signing-key-file=${folder}/ca.key`,
    '--controllers=*,bootstrapsigner,tokencleaner',
    '--kubeconfig=/etc/kubernetes/controller-manager.conf',
    `--requestheader-client-ca-file=${folder}/ca.crt`,
    `--root-ca-file=${folder}/ca.crt`,
    `--service-account-private-key-file=${folder}/sa.key`,
    '--service-cluster-ip-range=10.96.0.0/12',
    '--use-service-account-credentials=true',
    '--profiling=false',
    '--feature-gates=',
  )
  await loops.stop()
  rmSync(folder, { recursive: true })
})

const other: Readonly<Record<string, string>> = { duration: '7s', string: 'x' }
test.each<[string, string, string]>([
  ...Object.entries(fixedFlags).map(([name, spec]): [string, string, string] => [
    name,
    spec.type === 'bool' ? String(!spec.default) : (other[spec.type] as string),
    `--${name} may only be `,
  ]),
  ['cloud-provider', 'aws', '--cloud-provider may only be empty or "external": no cloud is built in'],
  ['controllers', 'nonsense', '"nonsense" is not in the list of known controllers'],
])('--%s=%s is refused', (name, value, why) => {
  expect(() => start(`--${name}=${value}`)).toThrow(`kube-controller-manager: ${why}`)
})

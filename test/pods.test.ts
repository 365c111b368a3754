/** Pods as their users meet them, after upstream's conformance tests of the node: real containers, many cases at once in one cluster. */
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Container, ContainerStatus, Node, Pod } from '../src/api/types/core-v1.ts'
import type { Draft } from '../src/client/client.ts'
import { createGrpcClient, type Unary } from '../src/grpc/client.ts'
import { createGrpcServer, type GrpcCall } from '../src/grpc/server.ts'
import { devicePluginTable } from '../src/kubelet/device-manager.ts'
import { buildImage, busyboxLayer, programLayer } from './support/images.ts'
import { cannotRunContainers, isReady, type NodeLab, nodeName, startNodeLab } from './support/node-lab.ts'

type Spec = Draft<Pod['spec']>
const busybox = { name: 'c', image: 'busybox', imagePullPolicy: 'IfNotPresent' as const }
const sh = (script: string) => ({ ...busybox, command: ['sh', '-c', script] })
const forever = { ...busybox, command: ['sleep', '100000'] }
const never = { restartPolicy: 'Never' as const }
const status = (pod: Pod | undefined, name = 'c'): ContainerStatus | undefined =>
  [
    ...(pod?.status.containerStatuses ?? []),
    ...(pod?.status.initContainerStatuses ?? []),
    ...(pod?.status.ephemeralContainerStatuses ?? []),
  ].find((s) => s.name === name)
const hasEnded = (pod: Pod | undefined) => pod?.status.phase === 'Succeeded' || pod?.status.phase === 'Failed'
const restarted = (times: number) => (pod: Pod | undefined) => (status(pod)?.restartCount ?? 0) >= times

const etcd = '/usr/bin/etcd'

describe.skipIf(cannotRunContainers).concurrent('pods', () => {
  let lab: NodeLab
  let names = 0
  beforeAll(async () => {
    lab = await startNodeLab({
      runtime: 'kijabi',
      configuration: { allowedUnsafeSysctls: ['kernel.msgmax'], 'crashLoopBackOff.maxContainerRestartPeriod': 1000 },
      images: {
        entry: buildImage([busyboxLayer()], {
          config: { Entrypoint: ['echo', 'entry'], Cmd: ['default', 'arguments'], Env: ['PATH=/bin'] },
        }),
        // It answers gRPC health checks.
        ...(existsSync(etcd)
          ? { etcd: buildImage([busyboxLayer(), programLayer([etcd])], { config: { Env: ['PATH=/bin:/usr/bin'] } }) }
          : {}),
      },
    })
    await lab.client.create('services', {
      metadata: { name: 'fooservice', namespace: 'default' },
      spec: { ports: [{ port: 8765, targetPort: 8080 }] },
    })
    for (const [name, data] of [['settings', { DATA_1: 'value-1', DATA_2: 'value-2' }]] as const)
      await lab.client.create('configmaps', { metadata: { name, namespace: 'default' }, data })
    await lab.client.create('secrets', {
      metadata: { name: 'keys', namespace: 'default' },
      data: { SECRET_1: Buffer.from('hidden').toString('base64') },
    })
  })
  afterAll(async () => {
    await lab?.stop()
  })

  const until = (name: string, holds: (pod: Pod | undefined) => boolean) => lab.untilPod(name, holds, 90_000)
  async function create(spec: Spec, metadata: Draft<Pod['metadata']> = {}): Promise<string> {
    const name = `pod-${names++}`
    await lab.create(name, spec, metadata)
    return name
  }
  const started = async (spec: Spec) => {
    const name = await create(spec)
    await until(name, isReady)
    return name
  }
  /** Runs a pod to its end; resolves to its phase and what its container wrote. */
  async function run(spec: Spec): Promise<{ name: string; pod: Pod; output: string }> {
    const name = await create({ ...never, ...spec })
    const pod = await until(name, hasEnded)
    return { name, pod, output: await lab.logs(name) }
  }
  // --- commands and environment

  test.each<[string, Partial<Container>, string]>([
    ['the image’s defaults', {}, 'entry default arguments\n'],
    ['arguments of its own', { args: ['override'] }, 'entry override\n'],
    ['a command of its own', { command: ['echo', 'other'] }, 'other\n'],
    ['both of its own', { command: ['echo', 'other'], args: ['words'] }, 'other words\n'],
  ])('a container runs with %s', async (_, more, expected) => {
    expect((await run({ containers: [{ name: 'c', image: 'entry', ...more } as Container] })).output).toBe(expected)
  })

  test('values of config maps and secrets, with any prefix, are in the environment', async () => {
    const prefixes = ['', '1-', '$_-', 'p.', 'A B ']
    const { output } = await run({
      containers: [
        {
          ...busybox,
          command: ['env'],
          env: [
            { name: 'ONE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'DATA_1' } } },
            { name: 'TWO', valueFrom: { secretKeyRef: { name: 'keys', key: 'SECRET_1' } } },
            { name: 'NONE', valueFrom: { secretKeyRef: { name: 'keys', key: 'absent', optional: true } } },
          ],
          envFrom: prefixes.flatMap((prefix) => [
            { prefix, configMapRef: { name: 'settings' } },
            { prefix, secretRef: { name: 'keys' } },
          ]),
        },
      ],
    })
    const lines = output.split('\n')
    const expected = prefixes.flatMap((p) => [`${p}DATA_1=value-1`, `${p}DATA_2=value-2`, `${p}SECRET_1=hidden`])
    expect(lines).toEqual(expect.arrayContaining(['ONE=value-1', 'TWO=hidden', ...expected]))
    expect(lines.some((line) => line.startsWith('NONE='))).toBe(false)
  })

  test('variables make up variables, commands and arguments', async () => {
    const { output } = await run({
      containers: [
        {
          ...busybox,
          env: [
            { name: 'FOO', value: 'foo' },
            { name: 'BAR', value: 'bar' },
            { name: 'BOTH', value: '$(FOO);;$(BAR)' },
          ],
          command: ['sh', '-c', 'echo "$BOTH" $(FOO) $0 "$1"'],
          args: ['$(BAR)', '$$(FOO)$(NONE)'],
        },
      ],
    })
    expect(output).toBe('foo;;bar foo bar $(FOO)$(NONE)\n')
  })

  test('the downward API tells of pod, node and resources', async () => {
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
    const resource = (name: string, of: string, divisor = '1') => ({ name, valueFrom: { resourceFieldRef: { resource: of, divisor } } })
    const fields = [
      field('NAME', 'metadata.name'),
      field('NAMESPACE', 'metadata.namespace'),
      field('UID_', 'metadata.uid'),
      field('IP', 'status.podIP'),
      field('HOST', 'status.hostIP'),
      field('HOSTS', 'status.hostIPs'),
    ]
    const resources = [
      resource('CPU_LIMIT', 'limits.cpu', '1m'),
      resource('MEMORY_LIMIT', 'limits.memory'),
      resource('CPU_REQUEST', 'requests.cpu', '1m'),
      resource('MEMORY_REQUEST', 'requests.memory', '1Mi'),
    ]
    const limited = { requests: { cpu: '25m', memory: '16Mi' }, limits: { cpu: '125m', memory: '64Mi' } }
    const { name, pod, output } = await run({
      containers: [
        { ...busybox, command: ['env'], env: [...fields, ...resources], resources: limited },
        { ...busybox, name: 'd', command: ['env'], env: resources },
      ],
    })
    expect(output.split('\n')).toEqual(
      expect.arrayContaining([
        `NAME=${name}`,
        'NAMESPACE=default',
        `UID_=${pod.metadata.uid}`,
        expect.stringMatching(/^IP=10\./),
        `HOST=${lab.nodeIP}`,
        `HOSTS=${lab.nodeIP}`,
        'CPU_LIMIT=125',
        'MEMORY_LIMIT=67108864',
        'CPU_REQUEST=25',
        'MEMORY_REQUEST=16',
      ]),
    )
    // Without limits those of the node.
    const { allocatable } = (await lab.client.get('nodes', { name: nodeName })).status
    expect((await lab.logs(name, 'd')).split('\n')).toEqual(
      expect.arrayContaining([
        `CPU_LIMIT=${Number(allocatable?.['cpu']) * 1000}`,
        `MEMORY_LIMIT=${Number.parseInt(allocatable?.['memory'] as string, 10) * 1024}`,
      ]),
    )
  })

  test('services that are there before the pod are in its environment', async () => {
    const { clusterIP } = (await lab.client.get('services', { namespace: 'default', name: 'fooservice' })).spec
    const { output } = await run({ containers: [{ ...busybox, command: ['env'] }] })
    expect(output.split('\n')).toEqual(
      expect.arrayContaining([
        `FOOSERVICE_SERVICE_HOST=${clusterIP}`,
        'FOOSERVICE_SERVICE_PORT=8765',
        `FOOSERVICE_PORT=tcp://${clusterIP}:8765`,
        `FOOSERVICE_PORT_8765_TCP=tcp://${clusterIP}:8765`,
        'FOOSERVICE_PORT_8765_TCP_PROTO=tcp',
        'FOOSERVICE_PORT_8765_TCP_PORT=8765',
        `FOOSERVICE_PORT_8765_TCP_ADDR=${clusterIP}`,
      ]),
    )
  })

  // --- names and hosts

  test('a pod’s hosts file is the kubelet’s, unless the container mounts one or is on the host’s network', async () => {
    const mounted = { ...busybox, name: 'own', command: ['cat', '/etc/hosts'], volumeMounts: [{ name: 'hosts', mountPath: '/etc/hosts' }] }
    const { name, output } = await run({
      hostname: 'host',
      subdomain: 'sub',
      hostAliases: [{ ip: '123.45.67.89', hostnames: ['foo', 'bar'] }],
      volumes: [{ name: 'hosts', hostPath: { path: '/etc/hosts' } }],
      containers: [{ ...busybox, command: ['sh', '-c', 'cat /etc/hosts; hostname'] }, mounted],
    })
    expect(output).toContain('# Kubernetes-managed hosts file.')
    expect(output).toMatch(/^10\.\S+\thost\.sub\.default\.svc\.cluster\.local\thost$/m)
    expect(output).toContain('123.45.67.89\tfoo\tbar\n')
    expect(output.endsWith('host\n')).toBe(true)
    expect(await lab.logs(name, 'own')).toBe(readFileSync('/etc/hosts', 'utf8'))
    const host = await run({ hostNetwork: true, containers: [{ ...busybox, command: ['cat', '/etc/hosts'] }] })
    expect(host.output).toBe(`# Kubernetes-managed hosts file (host network).\n${readFileSync('/etc/hosts', 'utf8')}`)
    expect(host.pod.status.podIP).toBe(host.pod.status.hostIP)
  })

  test('name servers of the pod’s own', async () => {
    const { output } = await run({
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['1.1.1.1'], searches: ['resolv.conf.local'], options: [{ name: 'ndots', value: '2' }] },
      containers: [{ ...busybox, command: ['cat', '/etc/resolv.conf'] }],
    })
    expect(output).toBe('search resolv.conf.local\nnameserver 1.1.1.1\noptions ndots:2\n')
  })

  // --- ends, restarts and last words

  test.each<[string, Spec, { phase: string; restartCount: number }]>([
    ['Never', never, { phase: 'Failed', restartCount: 0 }],
    ['OnFailure', { restartPolicy: 'OnFailure' }, { phase: 'Succeeded', restartCount: 1 }],
    ['Always', { restartPolicy: 'Always' }, { phase: 'Running', restartCount: 2 }],
  ])('a container that fails once and then succeeds, with policy %s', async (_, spec, expected) => {
    const name = await create({
      ...spec,
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [
        {
          ...sh('if [ -f /v/2 ]; then sleep 100000; elif [ -f /v/1 ]; then touch /v/2; exit 0; fi; touch /v/1; exit 1'),
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        },
      ],
    })
    const pod = await until(name, (p) => p?.status.phase === expected.phase && status(p)?.restartCount === expected.restartCount)
    expect(status(pod)?.state.running !== undefined || expected.phase !== 'Running').toBe(true)
  })

  const fallback = { terminationMessagePolicy: 'FallbackToLogsOnError' as const }
  test.each<[string, Partial<Container>, string | undefined]>([
    ['the file', { ...sh('echo -n DONE > /dev/termination-log') }, 'DONE'],
    [
      'another file, as another user',
      { ...sh('echo -n DONE > /dev/other'), terminationMessagePath: '/dev/other', securityContext: { runAsUser: 1000 } },
      'DONE',
    ],
    ['the log of a failure', { ...sh('echo -n DONE; exit 1'), ...fallback }, 'DONE'],
    ['nothing of a success', { ...sh('echo DONE'), ...fallback }, undefined],
    ['the file rather than the log', { ...sh('echo -n OK > /dev/termination-log; echo DONE'), ...fallback }, 'OK'],
  ])('a container’s last words: %s', async (_, container, expected) => {
    const { pod } = await run({ containers: [container as Container] })
    expect(status(pod)?.state.terminated?.message).toBe(expected)
  })

  test('a command that always fails says why, and its pod can be deleted', async () => {
    const name = await create({ containers: [sh('exit 1')] })
    const pod = await until(name, restarted(1))
    expect(status(pod)?.lastState.terminated ?? status(pod)?.state.terminated).toMatchObject({ reason: 'Error', exitCode: 1 })
    await lab.client.delete('pods', { namespace: 'default', name })
    await until(name, (p) => p === undefined)
  })

  test('a deadline that is set while the pod runs ends it', async () => {
    const name = await started({ containers: [forever] })
    await lab.client.patch('pods', { namespace: 'default', name }, { spec: { activeDeadlineSeconds: 1 } })
    expect((await until(name, (p) => p?.status.phase === 'Failed')).status.reason).toBe('DeadlineExceeded')
  })

  // --- init containers and sidecars

  test.each<[string, Spec, string]>([
    ['Never', never, 'Succeeded'],
    ['Always', { restartPolicy: 'Always' }, 'Running'],
  ])('init containers run one after the other before the others, with policy %s', async (_, spec, phase) => {
    const name = await create({
      ...spec,
      volumes: [{ name: 'v', emptyDir: {} }],
      initContainers: ['i1', 'i2'].map((init) => ({
        ...sh(`echo ${init} >> /v/order`),
        name: init,
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
      })),
      containers: [
        { ...sh(`cat /v/order; ${phase === 'Running' ? 'sleep 100000' : 'true'}`), volumeMounts: [{ name: 'v', mountPath: '/v' }] },
      ],
    })
    const pod = await until(name, (p) => p?.status.phase === phase)
    expect(pod.status.conditions?.find((c) => c.type === 'Initialized')).toMatchObject({ status: 'True' })
    expect(pod.status.initContainerStatuses?.map((s) => [s.ready, s.state.terminated?.exitCode])).toEqual([
      [true, 0],
      [true, 0],
    ])
    await lab.untilLog(name, 'i1\ni2\n')
  })

  test('an init container that fails ends a pod with policy Never', async () => {
    const { pod } = await run({
      initContainers: [
        { ...sh('exit 1'), name: 'i1' },
        { ...sh('true'), name: 'i2' },
      ],
      containers: [forever],
    })
    expect(pod.status.phase).toBe('Failed')
    expect(status(pod, 'i2')?.state.waiting?.reason).toBe('PodInitializing')
    expect(status(pod)?.state.waiting?.reason).toBe('PodInitializing')
    expect(pod.status.conditions?.find((c) => c.type === 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [i1 i2]',
    })
  })

  test('an init container that fails is started again with policy Always, and the others wait', async () => {
    const name = await create({
      initContainers: [
        { ...sh('exit 1'), name: 'i1' },
        { ...sh('true'), name: 'i2' },
      ],
      containers: [forever],
    })
    const pod = await until(name, (p) => (status(p, 'i1')?.restartCount ?? 0) >= 3)
    expect(pod.status.phase).toBe('Pending')
    expect(status(pod, 'i2')?.state.waiting?.reason).toBe('PodInitializing')
    expect(status(pod)?.state.waiting?.reason).toBe('PodInitializing')
  })

  test('a sidecar is there before, beside and after the main container', async () => {
    const mount = { volumeMounts: [{ name: 'v', mountPath: '/v' }] }
    const { pod, output } = await run({
      terminationGracePeriodSeconds: 5,
      volumes: [{ name: 'v', emptyDir: {} }],
      initContainers: [
        {
          ...sh('touch /v/ready; trap "exit 0" TERM; while :; do sleep 0.1; done'),
          ...mount,
          name: 'side',
          restartPolicy: 'Always',
          startupProbe: { exec: { command: ['cat', '/v/ready'] }, periodSeconds: 1 },
        } as Container,
      ],
      containers: [{ ...sh('ls /v'), ...mount }],
    })
    expect([pod.status.phase, output]).toEqual(['Succeeded', 'ready\n'])
    expect(status(pod, 'side')?.state.terminated?.exitCode).toBe(0)
  })

  // --- hooks

  test('hooks run after the start and before the end, as commands and as requests', async () => {
    const server = await started({
      containers: [sh('mkdir /www; cd /www; touch post0 post1 pre0 pre1; exec httpd -f -vv -p 8080 -h /www')],
    })
    const { status: said } = await lab.client.get('pods', { namespace: 'default', name: server })
    const host = said.podIP as string
    const told = (word: string) => lab.untilLog(server, `url:/${word}\n`)
    const wget = (word: string) => ({ exec: { command: ['wget', '-qO-', `http://${host}:8080/${word}`] } })
    const get = (word: string) => ({ httpGet: { host, port: 8080, path: `/${word}` } })
    const hooked = await Promise.all(
      [wget, get].map((hook, i) =>
        started({
          terminationGracePeriodSeconds: 10,
          containers: [
            {
              ...sh('trap "exit 0" TERM; while :; do sleep 0.1; done'),
              lifecycle: { postStart: hook(`post${i}`), preStop: hook(`pre${i}`) },
            } as Container,
          ],
        }),
      ),
    )
    await told('post0')
    await told('post1')
    expect(await lab.logs(server)).not.toContain('url:/pre')
    for (const name of hooked) await lab.client.delete('pods', { namespace: 'default', name })
    for (const name of hooked) await until(name, (p) => p === undefined)
    await told('pre0')
    await told('pre1')
  })

  test('a container whose postStart hook fails is killed and started again', async () => {
    const name = await create({ containers: [{ ...forever, lifecycle: { postStart: { exec: { command: ['false'] } } } }] })
    const pod = await until(name, restarted(1))
    await lab.untilEvent(pod, /^FailedPostStartHook: PostStartHook failed$/)
  })

  // --- probes

  const httpd = 'mkdir /www; echo ok > /www/healthz; httpd -p 8080 -h /www'
  const soon = { periodSeconds: 1, failureThreshold: 1 }
  /** A busy machine takes its time. */
  const patient = { periodSeconds: 1, failureThreshold: 10, initialDelaySeconds: 1 }
  const grpc = (port: number) => ({
    ...busybox,
    image: 'etcd',
    command: ['etcd', '--data-dir=/tmp/e', '--listen-client-urls=http://0.0.0.0:2379', '--advertise-client-urls=http://127.0.0.1:2379'],
    livenessProbe: { grpc: { port }, ...patient, failureThreshold: port === 2379 ? 10 : 2 },
  })
  test.skipIf(!existsSync(etcd)).for<[string, Partial<Container>, boolean]>([
    [
      'HTTP that fails after a while',
      {
        ...sh(`${httpd}; sleep 2; rm /www/healthz; sleep 100000`),
        livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, ...soon },
      } as Container,
      true,
    ],
    [
      'HTTP that is fine',
      {
        ...sh(`${httpd}; sleep 100000`),
        livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, ...patient },
      } as Container,
      false,
    ],
    [
      'a command that fails after a while',
      {
        ...sh('touch /tmp/health; sleep 2; rm /tmp/health; sleep 100000'),
        livenessProbe: { exec: { command: ['cat', '/tmp/health'] }, ...soon, initialDelaySeconds: 1 },
      } as Container,
      true,
    ],
    [
      'a command that is fine',
      {
        ...sh('touch /tmp/health; sleep 100000'),
        livenessProbe: { exec: { command: ['cat', '/tmp/health'] }, ...soon, initialDelaySeconds: 1 },
      } as Container,
      false,
    ],
    [
      'a command that takes too long',
      { ...forever, livenessProbe: { exec: { command: ['sleep', '10'] }, ...soon, timeoutSeconds: 1 } } as Container,
      true,
    ],
    ['TCP that is open', { ...sh(`${httpd}; sleep 100000`), livenessProbe: { tcpSocket: { port: 8080 }, ...patient } } as Container, false],
    ['gRPC that serves', grpc(2379) as unknown as Container, false],
    ['gRPC on a port where nobody is', grpc(2333) as unknown as Container, true],
  ])('a liveness probe by %s', async ([_, container, restarts], { expect }) => {
    const name = await create({ containers: [container as Container] })
    if (restarts) return void (await until(name, restarted(1)))
    const { metadata } = await until(name, isReady)
    // Long enough for several probes, by the kubelet's own count of them.
    const succeeded = new RegExp(`probe_type="Liveness",result="successful".*pod_uid="${metadata.uid}"} ([4-9])`)
    await expect.poll(async () => (await lab.ask('/metrics/probes')).body, { timeout: 60_000 }).toMatch(succeeded)
    expect(status(await lab.client.get('pods', { namespace: 'default', name }))?.restartCount).toBe(0)
  })

  test('restarts by a probe are counted on', async () => {
    const name = await create({
      containers: [{ ...forever, livenessProbe: { exec: { command: ['false'] }, ...soon, terminationGracePeriodSeconds: 1 } } as Container],
    })
    const seen: number[] = []
    await until(name, (p) => {
      const count = status(p)?.restartCount ?? 0
      if (seen.at(-1) !== count) seen.push(count)
      return count >= 3
    })
    expect(seen).toEqual([0, 1, 2, 3])
  })

  test('a container is ready only after the delay of its probe, and never while that fails', async () => {
    const probed = (probe: object) => ({ containers: [{ ...forever, readinessProbe: probe } as Container] })
    const late = await create(probed({ exec: { command: ['true'] }, initialDelaySeconds: 3, periodSeconds: 1 }))
    const unready = await create(probed({ exec: { command: ['false'] }, ...soon }))
    const pod = await until(late, isReady)
    const at = (time: string | null | undefined) => Date.parse(time as string)
    const ready = pod.status.conditions?.find((c) => c.type === 'Ready')
    expect(at(ready?.lastTransitionTime) - at(status(pod)?.state.running?.startedAt)).toBeGreaterThanOrEqual(2000)
    expect(status(pod)?.restartCount).toBe(0)
    const other = await lab.client.get('pods', { namespace: 'default', name: unready })
    expect([isReady(other), status(other)?.restartCount]).toEqual([false, 0])
  })

  // --- security

  test.each<[string, Spec, string, RegExp]>([
    ['runs as the pod’s user and group', { securityContext: { runAsUser: 1001, runAsGroup: 2002 } }, 'id', /^uid=1001 gid=2002/],
    [
      'runs as its own user and group',
      { securityContext: { runAsUser: 1 }, containers: [{ ...busybox, securityContext: { runAsUser: 1001, runAsGroup: 2002 } }] },
      'id',
      /^uid=1001 gid=2002/,
    ],
    ['runs as nobody', { containers: [{ ...busybox, securityContext: { runAsUser: 65_534 } }] }, 'id -u', /^65534$/m],
    [
      'has the pod’s groups',
      { securityContext: { supplementalGroups: [1234, 5678], fsGroup: 4321 } },
      'id -G',
      /(?=.*\b1234\b)(?=.*\b5678\b)(?=.*\b4321\b)/,
    ],
    [
      'cannot write to a root that is read-only',
      { containers: [{ ...busybox, securityContext: { readOnlyRootFilesystem: true } }] },
      'echo x > /file',
      /Read-only file system/,
    ],
    [
      'can write to one that is not',
      { containers: [{ ...busybox, securityContext: { readOnlyRootFilesystem: false } }] },
      'echo x > /file; cat /file',
      /^x$/m,
    ],
    [
      'is not privileged',
      { containers: [{ ...busybox, securityContext: { privileged: false } }] },
      'ip link add dummy0 type dummy || echo denied',
      /denied/,
    ],
    [
      'gets no new privileges',
      { containers: [{ ...busybox, securityContext: { allowPrivilegeEscalation: false, runAsUser: 1000 } }] },
      'id -u; grep NoNewPrivs /proc/self/status',
      /1000\nNoNewPrivs:\t1/,
    ],
    ['may get new ones by default', {}, 'grep NoNewPrivs /proc/self/status', /NoNewPrivs:\t0/],
    [
      'sets a sysctl',
      { securityContext: { sysctls: [{ name: 'kernel.shm_rmid_forced', value: '1' }] } },
      'cat /proc/sys/kernel/shm_rmid_forced',
      /^1$/m,
    ],
    [
      'sets an unsafe one that is allowed',
      { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '4096' }] } },
      'cat /proc/sys/kernel/msgmax',
      /^4096$/m,
    ],
  ])('a container %s', async (_, { containers, ...spec }, script, expected) => {
    const [own = busybox] = (containers ?? []) as Container[]
    expect((await run({ ...spec, containers: [{ ...own, command: ['sh', '-c', `{ ${script}; } 2>&1`] }] })).output).toMatch(expected)
  })

  test.each<[string, Spec, string]>([
    ['an unsafe sysctl', { securityContext: { sysctls: [{ name: 'kernel.msgmnb', value: '1' }] } }, 'SysctlForbidden'],
    ['more than the node has', { containers: [{ ...forever, resources: { requests: { memory: '100Ti' } } }] }, 'OutOfmemory'],
    ['a node of another kind', { nodeSelector: { other: 'yes' } }, 'NodeAffinity'],
  ])('a pod that asks for %s is refused by the node', async (_, spec, reason) => {
    const name = await create(spec)
    expect((await until(name, hasEnded)).status).toMatchObject({ phase: 'Failed', reason })
  })

  test.each<[string, Spec, RegExp]>([
    ['a sysctl that is none', { securityContext: { sysctls: [{ name: 'foo-', value: 'bar' }] } }, /Invalid value: "foo-"/],
    ['a runtime class that is not there', { runtimeClassName: 'absent' }, /RuntimeClass "absent" not found/],
  ])('%s is refused by the API server', async (_, spec, message) => {
    await expect(create(spec)).rejects.toThrow(message)
  })

  test('a pod with a runtime class has its overhead, and runs where the handler is known', async () => {
    const made = (name: string, handler: string) =>
      lab.client.create('runtimeclasses.node.k8s.io', { metadata: { name }, handler, overhead: { podFixed: { cpu: '10m' } } })
    await made('known', 'runc')
    await made('unknown', 'other')
    const name = await create({ runtimeClassName: 'known', containers: [forever] })
    expect((await lab.client.get('pods', { namespace: 'default', name })).spec.overhead).toEqual({ cpu: '10m' })
    const other = await lab.client.get('pods', {
      namespace: 'default',
      name: await create({ runtimeClassName: 'unknown', containers: [forever] }),
    })
    await lab.untilEvent(other, /^FailedCreatePodSandBox: .*other/)
  })

  // --- what is added and changed while it runs

  test('ephemeral containers are added to a running pod, one and then another', async () => {
    const name = await started({ containers: [forever] })
    for (const debugger_ of ['debugger', 'second']) {
      await lab.client.patch(
        'pods',
        { namespace: 'default', name },
        { spec: { ephemeralContainers: [{ ...sh('echo here; sleep 100000'), name: debugger_, targetContainerName: 'c' }] } },
        { subresource: 'ephemeralcontainers' },
      )
      await until(name, (p) => status(p, debugger_)?.state.running !== undefined)
    }
    await lab.untilLog(name, 'here\n', 'second')
    expect(await lab.exec(name, ['ps'], 'debugger')).toContain('sleep 100000')
    expect((await lab.client.get('pods', { namespace: 'default', name })).spec.ephemeralContainers).toHaveLength(2)
  })

  test('an image is a volume, pulled always', async () => {
    const { output } = await run({
      volumes: [{ name: 'files', image: { reference: 'entry', pullPolicy: 'Always' } }],
      containers: [{ ...busybox, command: ['ls', '/files/bin/busybox'], volumeMounts: [{ name: 'files', mountPath: '/files' }] }],
    })
    expect(output).toBe('/files/bin/busybox\n')
  })

  type Resources = { cpu: string; memory: string }
  const both = (resources: Resources) => ({ requests: resources, limits: resources })
  test.each<[string, Record<string, [Resources, Resources]>]>([
    [
      'more of both for two, less for one',
      {
        c1: [
          { cpu: '20m', memory: '32Mi' },
          { cpu: '25m', memory: '40Mi' },
        ],
        c2: [
          { cpu: '20m', memory: '32Mi' },
          { cpu: '25m', memory: '40Mi' },
        ],
        c3: [
          { cpu: '30m', memory: '48Mi' },
          { cpu: '20m', memory: '40Mi' },
        ],
      },
    ],
    [
      'more for one, less for two',
      {
        c1: [
          { cpu: '20m', memory: '32Mi' },
          { cpu: '25m', memory: '40Mi' },
        ],
        c2: [
          { cpu: '30m', memory: '48Mi' },
          { cpu: '20m', memory: '40Mi' },
        ],
        c3: [
          { cpu: '30m', memory: '48Mi' },
          { cpu: '20m', memory: '40Mi' },
        ],
      },
    ],
    [
      'CPU and memory in different ways',
      {
        c1: [
          { cpu: '20m', memory: '32Mi' },
          { cpu: '30m', memory: '32Mi' },
        ],
        c2: [
          { cpu: '30m', memory: '32Mi' },
          { cpu: '20m', memory: '48Mi' },
        ],
        c3: [
          { cpu: '20m', memory: '32Mi' },
          { cpu: '30m', memory: '48Mi' },
        ],
      },
    ],
  ])('three containers are resized in place: %s', async (_, sizes) => {
    const containers = (at: 0 | 1) => Object.entries(sizes).map(([name, size]) => ({ ...forever, name, resources: both(size[at]) }))
    const name = await started({ containers: containers(0) })
    const before = await lab.client.get('pods', { namespace: 'default', name })
    await lab.client.patch(
      'pods',
      { namespace: 'default', name },
      { spec: { containers: containers(1).map(({ name, resources }) => ({ name, resources })) } },
      { subresource: 'resize' },
    )
    const pod = await until(
      name,
      (p) =>
        !p?.status.conditions?.some((c) => c.type.startsWith('PodResize')) &&
        Object.entries(sizes).every(([name, [, to]]) => JSON.stringify(status(p, name)?.resources?.limits) === JSON.stringify(to)),
    )
    expect(pod.status.containerStatuses?.map((s) => s.containerID)).toEqual(before.status.containerStatuses?.map((s) => s.containerID))
    expect(pod.status.containerStatuses?.map((s) => s.restartCount)).toEqual([0, 0, 0])
    expect(cpuQuotas(pod)).toEqual([...Object.values(sizes).map(([, { cpu }]) => Number.parseInt(cpu, 10) * 100)].sort())
  })

  /** In the containers' cgroups, the pod's own left out. */
  function cpuQuotas(pod: Pod): number[] {
    const v1 = existsSync('/sys/fs/cgroup/cpu')
    const folder = join('/sys/fs/cgroup', v1 ? 'cpu' : '', lab.cgroupRoot, 'kubepods', `pod${pod.metadata.uid}`)
    return readdirSync(folder, { withFileTypes: true })
      .filter((e) => e.isDirectory())
      .map((e) => Number.parseInt(readFileSync(join(folder, e.name, v1 ? 'cpu.cfs_quota_us' : 'cpu.max'), 'utf8'), 10))
      .filter((quota) => quota > 0)
      .sort()
  }

  test('a resize by replacing adds requests and limits, takes what is too small for the kernel as it is, and reads as the pod', async () => {
    const resources = [{ requests: { cpu: '2m' }, limits: { cpu: '10m' } }, { requests: { cpu: '10m', memory: '16Mi' } }] as const
    const name = await started({ containers: resources.map((r, i) => ({ ...forever, name: `c${i}`, resources: r })) })
    const key = { namespace: 'default', name }
    const wanted = [
      { requests: { cpu: '1m' }, limits: { cpu: '5m' } },
      { requests: { cpu: '20m', memory: '32Mi' }, limits: { cpu: '40m', memory: '64Mi' } },
    ]
    const pod = await lab.client.get('pods', key)
    await lab.client.update(
      'pods',
      { ...pod, spec: { ...pod.spec, containers: pod.spec.containers?.map((c, i) => ({ ...c, resources: wanted[i] })) } } as Draft<Pod>,
      { subresource: 'resize' },
    )
    await until(
      name,
      (p) =>
        !p?.status.conditions?.some((c) => c.type.startsWith('PodResize')) &&
        wanted.every(
          (w, i) => JSON.stringify(status(p, `c${i}`)?.resources) === JSON.stringify({ limits: w.limits, requests: w.requests }),
        ),
    )
    const [whole, part] = await Promise.all([lab.client.get('pods', key), lab.client.get('pods', key, { subresource: 'resize' })])
    expect(part.spec).toEqual(whole.spec)
  })

  test('a pod’s generation counts its changes, and its status follows', async () => {
    const name = await create({ containers: [forever], tolerations: [] })
    const key = { namespace: 'default', name }
    expect((await lab.client.get('pods', key)).metadata.generation).toBe(1)
    await lab.client.patch('pods', key, { metadata: { labels: { a: 'b' } } })
    await lab.client.patch('pods', key, { spec: { containers: [{ name: 'c', image: 'entry' }] } })
    await lab.client.patch('pods', key, { spec: { activeDeadlineSeconds: 5000 } })
    await until(name, (p) => p?.metadata.generation === 3 && p.status.observedGeneration === 3)
    for (let i = 0; i < 97; i++) await lab.client.patch('pods', key, { spec: { activeDeadlineSeconds: 4999 - i } })
    await until(name, (p) => p?.metadata.generation === 100 && p.status.observedGeneration === 100)
    await lab.client.delete('pods', key, { gracePeriodSeconds: 3 })
    await until(name, (p) => p === undefined || p.metadata.generation === 101)
  })

  test.each<[string, Container['resources'], string]>([
    ['Guaranteed', both({ cpu: '10m', memory: '16Mi' }), 'Guaranteed'],
    ['Burstable', { requests: { cpu: '10m' } }, 'Burstable'],
    ['BestEffort', {}, 'BestEffort'],
  ])('a pod’s class is told: %s', async (_, resources, expected) => {
    const name = await create({ ...never, containers: [{ ...busybox, command: ['true'], resources } as Container] })
    expect((await lab.client.get('pods', { namespace: 'default', name })).status.qosClass).toBe(expected)
  })

  test('pods are found by a label that changes, watched to their end, and deleted together', async () => {
    const labels = { group: 'together' }
    const created = await Promise.all([1, 2, 3].map(() => create({ containers: [forever] }, { labels })))
    await Promise.all(created.map((name) => until(name, isReady)))
    const [first] = created as [string]
    await lab.client.patch('pods', { namespace: 'default', name: first }, { metadata: { labels: { group: 'apart' } } })
    const named = async (value: string) =>
      (await lab.client.list('pods', { namespace: 'default', labelSelector: `group=${value}` })).items.map((p) => p.metadata.name)
    expect([await named('apart'), (await named('together')).sort()]).toEqual([[first], created.slice(1).sort()])
    await lab.client.deleteCollection('pods', { namespace: 'default', labelSelector: 'group in (together,apart)' })
    for (const name of created) await until(name, (p) => p === undefined)
  })

  test('what a pod reports is patched by others, and stays', async () => {
    const name = await create({ containers: [forever], readinessGates: [{ conditionType: 'example.com/ok' }] })
    await until(name, (p) => p?.status.conditions?.find((c) => c.type === 'Ready')?.reason === 'ReadinessGatesNotReady')
    const conditions = [{ type: 'example.com/ok', status: 'True' }]
    await lab.client.patch('pods', { namespace: 'default', name }, { status: { conditions } }, { subresource: 'status', type: 'strategic' })
    const pod = await until(name, isReady)
    expect(pod.status.conditions?.find((c) => c.type === 'example.com/ok')?.status).toBe('True')
  })

  test('a pod that exceeds the limit of its volume is evicted', async () => {
    const name = await create({
      volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }],
      containers: [{ ...sh('head -c 3000000 /dev/zero > /v/file; sleep 100000'), volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
    })
    const pod = await until(name, (p) => p?.status.phase === 'Failed')
    expect(pod.status).toMatchObject({ reason: 'Evicted', message: 'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ' })
    expect(pod.status.conditions?.find((c) => c.type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'TerminationByKubelet',
    })
  })

  test('a device plugin offers devices, and a container that asks for one gets it', async () => {
    const folder = join(lab.folder, 'kubelet', 'device-plugins')
    const told = Promise.withResolvers<string>()
    const plugin = createGrpcServer({
      tables: [devicePluginTable],
      services: {
        'v1beta1.DevicePlugin': {
          async *ListAndWatch(_: object, { signal }: GrpcCall) {
            yield { devices: ['d1', 'd2'].map((ID) => ({ ID, health: 'Healthy' })) }
            const health = await Promise.race([told.promise, once(signal, 'abort').then(() => '')])
            if (health)
              yield {
                devices: [
                  { ID: 'd1', health: 'Healthy' },
                  { ID: 'd2', health },
                ],
              }
            await once(signal, 'abort')
          },
          Allocate: ({ containerRequests }: { containerRequests: { devicesIds: string[] }[] }) => ({
            containerResponses: containerRequests.map(({ devicesIds }) => ({
              envs: { DEVICES: devicesIds.join() },
              mounts: [{ containerPath: '/host-name', hostPath: '/etc/hostname', readOnly: true }],
              devices: [{ containerPath: '/dev/plugged', hostPath: '/dev/null', permissions: 'rw' }],
            })),
          }),
        },
      },
    })
    await plugin.listen({ path: join(folder, 'plugin.sock') })
    const kubelet = createGrpcClient<{ Register: Unary<object, object> }>(
      `unix://${join(folder, 'kubelet.sock')}`,
      devicePluginTable,
      'Registration',
    )
    const resource = 'example.com/device'
    const offers = async (count: string) => {
      for await (const { object } of lab.client.watch('nodes', {
        sendInitialEvents: true,
        resourceVersionMatch: 'NotOlderThan',
        allowWatchBookmarks: true,
      }))
        if ((object as Partial<Node>).status?.allocatable?.[resource] === count) return
    }
    try {
      await expect(kubelet.Register({ version: 'v1', endpoint: 'plugin.sock', resourceName: resource })).rejects.toThrow(
        /"v1" is not supported/,
      )
      await kubelet.Register({ version: 'v1beta1', endpoint: 'plugin.sock', resourceName: resource })
      await offers('2')
      const wants = {
        ...sh('echo $DEVICES; cat /host-name; echo x > /dev/plugged && echo written; sleep 100000'),
        resources: { limits: { [resource]: '1' }, requests: { [resource]: '1' } },
      }
      const names = await Promise.all([1, 2].map(() => started({ containers: [wants] })))
      for (const name of names) await lab.untilLog(name, 'written\n')
      const said = await Promise.all(names.map((name) => lab.logs(name)))
      expect(said.map((text) => text.split('\n')[0]).sort()).toEqual(['d1', 'd2'])
      expect(said[0]).toContain(readFileSync('/etc/hostname', 'utf8'))
      const third = await until(await create({ containers: [wants] }), hasEnded)
      expect(third.status).toMatchObject({ phase: 'Failed', reason: `OutOf${resource}` })
      told.resolve('Unhealthy')
      await offers('1')
    } finally {
      kubelet.close()
      await plugin.close()
    }
    await offers('0')
  })
})

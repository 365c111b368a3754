/** The node end to end: real containers over our runtime and over Debian's containerd, services and names through the kernel's rules. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContainerStatus, Node, Pod } from '../src/api/types/core-v1.ts'
import { noLog } from '../src/log/log.ts'
import { openNetlink } from '../src/network/netlink.ts'
import { syncRoutes } from '../src/network/routes.ts'
import { PodSandboxState } from '../src/runtime/cri/api.ts'
import { cannotRunContainers, isReady, type NodeLab, nodeName, startNodeLab } from './support/node-lab.ts'

if (cannotRunContainers) console.log(`test/node.test.ts is skipped: ${cannotRunContainers}`)
const busybox = (name: string, ...command: string[]) => ({ name, image: 'busybox', imagePullPolicy: 'IfNotPresent' as const, command })
const container = (pod: Pod | undefined, name = 'c'): ContainerStatus | undefined =>
  pod?.status.containerStatuses?.find((s) => s.name === name)
const hasState = (kind: 'waiting' | 'terminated', reason: string) => (pod: Pod | undefined) =>
  container(pod)?.state[kind]?.reason === reason

/** The CPU quotas of a pod's cgroup and of the container in it, in microseconds a tenth of a second; a pause container has none. */
function cpuLimits(group: string): number[] {
  const v1 = existsSync('/sys/fs/cgroup/cpu')
  const pod = join('/sys/fs/cgroup', v1 ? 'cpu' : '', group)
  const folders = readdirSync(pod, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? [join(pod, e.name)] : []))
  const quotas = [pod, ...folders].map((folder) =>
    Number.parseInt(readFileSync(join(folder, v1 ? 'cpu.cfs_quota_us' : 'cpu.max'), 'utf8'), 10),
  )
  return quotas.filter((quota) => quota > 0)
}

describe.skipIf(cannotRunContainers).each(['kijabi', 'containerd'] as const)('pods over %s', (runtime) => {
  let lab: NodeLab
  beforeAll(async () => {
    lab = await startNodeLab({ runtime })
  })
  afterAll(async () => {
    await lab?.stop()
  })

  test('the node registers and is Ready', async () => {
    await lab.create('first')
    await lab.untilPod('first', isReady)
    const node = await lab.client.get('nodes', { name: nodeName })
    expect(node.status.conditions?.find((c) => c.type === 'Ready')).toMatchObject({ status: 'True', reason: 'KubeletReady' })
    expect(node.status.capacity).toMatchObject({ pods: '110' })
    expect(
      (await lab.client.get('leases.coordination.k8s.io', { namespace: 'kube-node-lease', name: nodeName })).spec?.holderIdentity,
    ).toBe(nodeName)
  })

  test('a pod becomes Ready with an address, and deletion leaves nothing', async () => {
    await lab.create('plain')
    const pod = await lab.untilPod('plain', isReady)
    expect(pod.status).toMatchObject({ phase: 'Running', qosClass: 'BestEffort', hostIP: lab.nodeIP })
    expect(pod.status.podIP).toMatch(/^10\./)
    await lab.client.delete('pods', { namespace: 'default', name: 'plain' })
    await lab.untilPod('plain', (p) => p === undefined)
    expect(readdirSync(join(lab.folder, 'kubelet', 'pods'))).not.toContain(pod.metadata.uid)
    expect(
      (await lab.cri.runtime.ListPodSandbox({ filter: { labelSelector: { 'io.kubernetes.pod.uid': pod.metadata.uid } } })).items ?? [],
    ).toEqual([])
  })

  test('an image that is nowhere waits in back-off; a new one is run', async () => {
    await lab.create('image', { containers: [{ name: 'c', image: 'redis123', command: ['sleep', '100000'] }] })
    expect(container(await lab.untilPod('image', hasState('waiting', 'ErrImagePull')))?.state.waiting?.message).toContain('redis123')
    expect(container(await lab.untilPod('image', hasState('waiting', 'ImagePullBackOff')))?.state.waiting?.message).toMatch(
      /^Back-off pulling image "redis123"/,
    )
    await lab.client.patch('pods', { namespace: 'default', name: 'image' }, { spec: { containers: [{ name: 'c', image: 'busybox' }] } })
    await lab.untilPod('image', isReady)
  })

  test('containers that end decide the phase; last words are kept', async () => {
    await lab.create('good', { restartPolicy: 'Never', containers: [busybox('c', 'sh', '-c', 'echo bye > /dev/termination-log')] })
    await lab.create('bad', { restartPolicy: 'Never', containers: [busybox('c', 'sh', '-c', 'exit 3')] })
    const good = await lab.untilPod('good', (p) => p?.status.phase === 'Succeeded')
    expect(container(good)?.state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed', message: 'bye\n' })
    expect(good.status.conditions?.find((c) => c.type === 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' })
    const bad = await lab.untilPod('bad', (p) => p?.status.phase === 'Failed')
    expect(container(bad)?.state.terminated).toMatchObject({ exitCode: 3, reason: 'Error' })
  })

  test('a container that fails again and again waits in CrashLoopBackOff', async () => {
    await lab.create('crash', { containers: [busybox('c', 'sh', '-c', 'exit 1')] })
    const pod = await lab.untilPod('crash', hasState('waiting', 'CrashLoopBackOff'))
    expect(container(pod)?.state.waiting?.message).toBe(`back-off 10s restarting failed container=c pod=crash_default(${pod.metadata.uid})`)
    expect(container(pod)).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 1 } } })
  })

  test('init containers run first, a sidecar stays, volumes and localhost are shared', async () => {
    const volumeMounts = [{ name: 'shared', mountPath: '/shared' }]
    await lab.create('parts', {
      volumes: [
        { name: 'shared', emptyDir: {} },
        { name: 'fast', emptyDir: { medium: 'Memory' } },
      ],
      initContainers: [
        { ...busybox('first', 'sh', '-c', 'echo written first > /shared/file'), volumeMounts },
        {
          ...busybox('side', 'sh', '-c', 'mkdir /www; echo from the sidecar > /www/index.html; httpd -f -p 8080 -h /www'),
          restartPolicy: 'Always',
        },
      ],
      containers: [
        { ...busybox('c', 'sleep', '100000'), volumeMounts: [...volumeMounts, { name: 'fast', mountPath: '/fast' }] },
        busybox('other', 'sleep', '100000'),
      ],
    })
    const pod = await lab.untilPod('parts', isReady)
    expect(pod.status.containerStatuses?.map((s) => s.ready)).toEqual([true, true])
    expect(await lab.exec('parts', ['cat', '/shared/file'])).toBe('written first\n')
    expect(await lab.exec('parts', ['wget', '-qO-', 'http://127.0.0.1:8080/'])).toBe('from the sidecar\n')
    expect(await lab.exec('parts', ['grep', ' /fast ', '/proc/mounts'])).toContain('tmpfs')
  })

  test('environment, config maps, secrets and the downward API; a changed config map arrives', async () => {
    const meta = (name: string) => ({ name, namespace: 'default' })
    await lab.client.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('settings'), data: { a: 'one' } })
    await lab.client.create('secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: meta('keys'),
      data: { p: Buffer.from('pw').toString('base64') },
    })
    await lab.create(
      'config',
      {
        volumes: [
          { name: 'cm', configMap: { name: 'settings' } },
          { name: 'secret', secret: { secretName: 'keys', defaultMode: 0o400 } },
          { name: 'info', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        ],
        containers: [
          {
            ...busybox('c', 'sleep', '100000'),
            env: [
              { name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } },
              { name: 'B', value: '$(A)-$(UNKNOWN)-$$(A)' },
              { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            ],
            envFrom: [{ prefix: 'KEY_', secretRef: { name: 'keys' } }],
            volumeMounts: [
              { name: 'cm', mountPath: '/cm' },
              { name: 'secret', mountPath: '/secret' },
              { name: 'info', mountPath: '/info' },
            ],
          },
        ],
      },
      { labels: { color: 'blue' } },
    )
    const pod = await lab.untilPod('config', isReady)
    const env = (await lab.exec('config', ['env'])).split('\n')
    expect(env).toEqual(expect.arrayContaining(['A=one', 'B=one-$(UNKNOWN)-$(A)', `IP=${pod.status.podIP}`, 'KEY_p=pw', 'HOSTNAME=config']))
    expect(await lab.exec('config', ['sh', '-c', 'cat /cm/a /secret/p /info/labels; stat -Lc %a /secret/p'])).toBe('onepwcolor="blue"400\n')
    expect(await lab.exec('config', ['cat', '/etc/resolv.conf'])).toBe(
      `search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver ${lab.clusterDNS}\noptions ndots:5\n`,
    )
    await lab.client.patch('configmaps', meta('settings'), { data: { a: 'two' } })
    expect(await lab.exec('config', ['sh', '-c', 'until grep -q two /cm/a; do usleep 10000; done; cat /cm/a'])).toBe('two')
  })

  test('a claim waits for its volume, and an image is a volume too', async () => {
    const disk = join(lab.folder, 'disk')
    mkdirSync(disk)
    const key = { namespace: 'default', name: 'claim' }
    const storage = { accessModes: ['ReadWriteOnce' as const], storageClassName: 'manual' }
    const claim = await lab.client.create('persistentvolumeclaims', {
      metadata: key,
      spec: { ...storage, volumeName: 'disk', resources: { requests: { storage: '1Mi' } } },
    })
    await lab.create('claiming', {
      securityContext: { fsGroup: 2000 },
      volumes: [
        { name: 'disk', persistentVolumeClaim: { claimName: 'claim' } },
        ...(runtime === 'kijabi' ? [{ name: 'files', image: { reference: 'busybox', pullPolicy: 'IfNotPresent' as const } }] : []),
      ],
      containers: [
        {
          ...busybox('c', 'sh', '-c', 'echo kept > /disk/file; sleep 100000'),
          volumeMounts: [
            { name: 'disk', mountPath: '/disk' },
            ...(runtime === 'kijabi' ? [{ name: 'files', mountPath: '/files', subPath: 'bin' }] : []),
          ],
          resources: { requests: { cpu: '100m' }, limits: { cpu: '500m', memory: '64Mi' } },
        },
      ],
    })
    // No controller runs here: the binding is made by hand, after the kubelet has seen that there is none.
    const told = async () =>
      (await lab.client.list('events', { namespace: 'default' })).items.map((e) => `${e.reason} ${e.message}`).join('\n')
    await expect.poll(told, { timeout: 10_000 }).toMatch(/FailedMount .*PVC default\/claim: PVC is not bound/)
    await lab.client.create('persistentvolumes', {
      metadata: { name: 'disk' },
      spec: {
        ...storage,
        capacity: { storage: '1Mi' },
        local: { path: disk },
        claimRef: { ...key, uid: claim.metadata.uid },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'Exists' }] }] } },
      },
    })
    await lab.client.patch('persistentvolumeclaims', key, { status: { phase: 'Bound' } }, { subresource: 'status' })
    const pod = await lab.untilPod('claiming', isReady)
    expect(readFileSync(join(disk, 'file'), 'utf8')).toBe('kept\n')
    expect(statSync(disk).gid).toBe(2000)
    if (runtime === 'kijabi') expect(await lab.exec('claiming', ['ls', '/files/busybox'])).toBe('/files/busybox\n')
    // The whole pod is held to the sum of its containers.
    const limit = (controller: string, file: string, unified: string) => {
      const group = join(lab.cgroupRoot, 'kubepods/burstable', `pod${pod.metadata.uid}`)
      const v2 = existsSync('/sys/fs/cgroup/cgroup.controllers')
      return readFileSync(join('/sys/fs/cgroup', v2 ? '' : controller, group, v2 ? unified : file), 'utf8')
        .split(' ', 1)[0]
        ?.trim()
    }
    expect([limit('cpu', 'cpu.cfs_quota_us', 'cpu.max'), limit('memory', 'memory.limit_in_bytes', 'memory.max')]).toEqual([
      '50000',
      '67108864',
    ])
  })

  test('a pod with users of its own is root inside only; a runtime that has none for it is not asked', async () => {
    const events = lab.client.watch('events', { namespace: 'default' })
    const script = 'awk "{print \\$1, \\$3}" /proc/self/uid_map; id -u; cat /given/key; echo x > /scratch/x; stat -c %u /scratch/x'
    const { metadata } = await lab.create('users', {
      hostUsers: false,
      restartPolicy: 'Never',
      volumes: [
        { name: 'given', downwardAPI: { items: [{ path: 'key', fieldRef: { fieldPath: 'metadata.name' } }] } },
        { name: 'scratch', emptyDir: {} },
      ],
      containers: [
        {
          ...busybox('c', 'sh', '-c', `(${script}) > /dev/termination-log 2>&1`),
          volumeMounts: [
            { name: 'given', mountPath: '/given' },
            { name: 'scratch', mountPath: '/scratch' },
          ],
        },
      ],
    })
    if (runtime === 'containerd') {
      for await (const { object } of events)
        if (object.involvedObject?.uid === metadata.uid && object.reason === 'FailedCreatePodSandBox') {
          expect(object.message).toBe(
            "Failed to create pod sandbox: can't set `spec.hostUsers: false`, runtime does not support user namespaces",
          )
          break
        }
      await lab.client.delete('pods', { namespace: 'default', name: 'users' })
      return
    }
    const pod = await lab.untilPod('users', (p) => p?.status.phase === 'Succeeded')
    expect(container(pod)?.state.terminated?.message).toBe('0 65536\n0\nusers0\n')
  })

  test('a config map that is missing holds the container back until it is there', async () => {
    await lab.create('missing', {
      containers: [
        { ...busybox('c', 'sleep', '100000'), env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'later', key: 'a' } } }] },
      ],
    })
    const waiting = await lab.untilPod('missing', hasState('waiting', 'CreateContainerConfigError'))
    expect(container(waiting)?.state.waiting?.message).toBe('configmap "later" not found')
    await lab.client.create('configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'later', namespace: 'default' },
      data: { a: '1' },
    })
    await lab.untilPod('missing', isReady)
  })

  test('probes: not ready before startup and readiness, restarted when no longer alive', async () => {
    await lab.create('probed', {
      containers: [
        {
          ...busybox('c', 'sh', '-c', 'touch /alive; mkdir /www; echo ok > /www/index.html; httpd -f -p 8080 -h /www'),
          startupProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1, failureThreshold: 10 },
          readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
          livenessProbe: { exec: { command: ['cat', '/alive'] }, periodSeconds: 1, failureThreshold: 1 },
        },
      ],
    } as never)
    await lab.untilPod('probed', isReady)
    await lab.exec('probed', ['rm', '/alive'])
    const pod = await lab.untilPod('probed', (p) => container(p)?.restartCount === 1)
    const { items } = await lab.client.list('events', { namespace: 'default', fieldSelector: `involvedObject.uid=${pod.metadata.uid}` })
    expect(items.map((e) => e.message)).toContain('Container c failed liveness probe, will be restarted')
  })

  test('resources change while a container runs, by a restart where its policy wants one, and not beyond the node', async () => {
    const resources = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } })
    const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }]
    await lab.create('sized', { containers: [{ ...busybox('c', 'sleep', '100000'), resources: resources('50m', '32Mi'), resizePolicy }] })
    const before = await lab.untilPod('sized', isReady)
    const cgroup = join(lab.cgroupRoot, 'kubepods', `pod${before.metadata.uid}`)
    const resize = (cpu: string, memory: string) =>
      lab.client.patch(
        'pods',
        { namespace: 'default', name: 'sized' },
        { spec: { containers: [{ name: 'c', resources: resources(cpu, memory) }] } },
        { subresource: 'resize' },
      )
    const has = (cpu: string, memory: string, restartCount: number) => (pod: Pod | undefined) =>
      isReady(pod) &&
      !pod?.status.conditions?.some((c) => c.type.startsWith('PodResize')) &&
      container(pod)?.restartCount === restartCount &&
      JSON.stringify(container(pod)?.resources?.limits) === JSON.stringify({ cpu, memory }) &&
      JSON.stringify(container(pod)?.allocatedResources) === JSON.stringify({ cpu, memory })

    await resize('100m', '32Mi')
    const larger = await lab.untilPod('sized', has('100m', '32Mi', 0))
    expect(cpuLimits(cgroup)).toEqual([10_000, 10_000])
    expect(container(larger)?.containerID).toBe(container(before)?.containerID)
    await resize('60m', '64Mi')
    await lab.untilPod('sized', has('60m', '64Mi', 1))
    expect(cpuLimits(cgroup)).toEqual([6000, 6000])

    await expect(resize('1000', '64Mi')).rejects.toThrow("Node didn't have enough allocatable resources: cpu")
    // What the node has, but another pod has taken a part of.
    await lab.create('taker', { containers: [{ ...busybox('c', 'sleep', '100000'), resources: { requests: { cpu: '100m' } } }] })
    await lab.untilPod('taker', isReady)
    await resize(String(availableParallelism()), '64Mi')
    const pending = await lab.untilPod('sized', (p) => p?.status.conditions?.some((c) => c.type === 'PodResizePending') === true)
    expect(pending.status.conditions?.find((c) => c.type === 'PodResizePending')).toMatchObject({ status: 'True', reason: 'Deferred' })
    expect(container(pending)?.resources?.limits).toEqual({ cpu: '60m', memory: '64Mi' })
    await resize('70m', '64Mi')
    await lab.untilPod('sized', has('70m', '64Mi', 1))
    const { items } = await lab.client.list('events', { namespace: 'default', fieldSelector: `involvedObject.uid=${before.metadata.uid}` })
    expect(items.map((e) => e.reason)).toEqual(expect.arrayContaining(['ResizeStarted', 'ResizeCompleted', 'ResizeDeferred']))
  })

  test('a manifest is a pod, and its mirror comes back', async () => {
    const file = join(lab.manifests, 'web.yaml')
    writeFileSync(
      file,
      'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  terminationGracePeriodSeconds: 1\n  containers:\n  - {name: c, image: busybox, imagePullPolicy: IfNotPresent, command: [sleep, "100000"]}\n',
    )
    const name = `web-${nodeName}`
    const first = await lab.untilPod(name, isReady)
    await lab.client.delete('pods', { namespace: 'default', name }, { gracePeriodSeconds: 0 })
    const second = await lab.untilPod(name, (p) => p !== undefined && p.metadata.uid !== first.metadata.uid && isReady(p))
    expect(container(second)?.containerID).toBe(container(first)?.containerID)
    rmSync(file)
    await lab.untilPod(name, (p) => p === undefined)
  })

  test('logs and commands through the kubelet’s server', async () => {
    await lab.create('talker', { containers: [busybox('c', 'sh', '-c', 'echo one; echo two; sleep 100000')] })
    await lab.untilPod('talker', isReady)
    expect(await lab.ask('/containerLogs/default/talker/c?tailLines=1')).toEqual({ status: 200, body: 'two\n' })
    expect(await lab.ask('/run/default/talker/c?cmd=hostname', { method: 'POST' })).toEqual({ status: 200, body: 'talker\n' })
    expect((await lab.ask('/containerLogs/default/nobody/c')).status).toBe(404)
    expect(JSON.parse((await lab.ask('/pods')).body).items.map((p: Pod) => p.metadata.name)).toContain('talker')
  })

  test('a sandbox that is removed by hand is made anew, with its containers', async () => {
    await lab.create('robbed')
    const before = await lab.untilPod('robbed', isReady)
    const filter = { labelSelector: { 'io.kubernetes.pod.uid': before.metadata.uid } }
    const { items = [] } = await lab.cri.runtime.ListPodSandbox({ filter })
    await lab.cri.runtime.StopPodSandbox({ podSandboxId: items[0]?.id as string })
    await lab.untilPod('robbed', (p) => isReady(p) && container(p)?.containerID !== container(before)?.containerID)
    const after = (await lab.cri.runtime.ListPodSandbox({ filter })).items ?? []
    const ready = after.filter((s) => (s.state ?? 0) === PodSandboxState.SANDBOX_READY)
    expect(ready.map((s) => s.metadata?.attempt)).toEqual([1])
    await lab.cri.runtime.RemovePodSandbox({ podSandboxId: ready[0]?.id as string })
    await lab.untilPod('robbed', (p) => isReady(p) && (container(p)?.restartCount ?? 0) > 0 && p?.status.podIP !== before.status.podIP)
  })

  test('a log that has grown is cut, and goes on in a new file', async () => {
    await lab.create('chatty', { containers: [busybox('c', 'sh', '-c', 'yes line of text | head -c 1200000; sleep 100000')] })
    const pod = await lab.untilPod('chatty', isReady)
    const folder = join(lab.folder, 'pod-logs', `default_chatty_${pod.metadata.uid}`, 'c')
    const cut = () => readdirSync(folder).filter((name) => /^0\.log\.\d{8}-\d{6}$/.test(name))
    const watcher = watch(folder)
    while (cut().length === 0 || !existsSync(join(folder, '0.log'))) await once(watcher, 'change')
    watcher.close()
    expect(statSync(join(folder, cut()[0] as string)).size).toBeGreaterThan(1 << 20)
    await lab.exec('chatty', ['sh', '-c', 'echo after >/proc/1/fd/1'])
    expect(await lab.ask('/containerLogs/default/chatty/c?tailLines=1')).toEqual({ status: 200, body: 'after\n' })
  })

  test('pods outlive the kubelet, and what ended meanwhile is seen', async () => {
    await lab.create('survivor')
    const before = await lab.untilPod('survivor', isReady)
    await lab.restartKubelet()
    await lab.create('after')
    await lab.untilPod('after', isReady)
    const now = await lab.untilPod('survivor', isReady)
    expect(container(now)).toMatchObject({ containerID: container(before)?.containerID, restartCount: 0 })
  })

  test('a container made by hand is removed', async () => {
    const { runtime } = lab.cri
    const config = {
      metadata: { name: 'byhand', uid: `byhand-${Date.now()}`, namespace: 'default', attempt: 0 },
      logDirectory: lab.folder,
      linux: {},
    }
    const { podSandboxId } = await runtime.RunPodSandbox({ config })
    const { containerId } = await runtime.CreateContainer({
      podSandboxId: podSandboxId as string,
      config: {
        metadata: { name: 'c', attempt: 0 },
        image: { image: 'busybox:latest' },
        command: ['sleep', '100000'],
        logPath: 'byhand.log',
        linux: {},
      },
      sandboxConfig: config,
    })
    // It may be gone before it has begun to run.
    await runtime.StartContainer({ containerId: containerId as string }).catch(() => {})
    const until = Date.now() + 10_000
    // The runtime tells of its end only by no longer listing it.
    while ((await runtime.ListPodSandbox({ filter: { id: podSandboxId as string } })).items?.length) {
      if (Date.now() > until) throw new Error('the sandbox is still there')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
})

describe.skipIf(cannotRunContainers)('services', () => {
  let lab: NodeLab
  beforeAll(async () => {
    lab = await startNodeLab({ runtime: 'kijabi', services: true })
    for (const name of ['web-1', 'web-2']) {
      await lab.create(name, {
        containers: [busybox('c', 'sh', '-c', `mkdir /www; echo ${name} > /www/index.html; httpd -f -p 8080 -h /www`)],
      })
    }
    await lab.create('client', { containers: [{ ...busybox('c', 'sleep', '100000'), image: 'resolver' }] })
    const pods = await Promise.all(['web-1', 'web-2'].map((name) => lab.untilPod(name, isReady)))
    await lab.untilPod('client', isReady)
    await lab.client.create('services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        type: 'NodePort',
        clusterIP: lab.clusterDNS.replace(/\d+$/, '50'),
        ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 31_080 }],
      },
    })
    await lab.client.create('endpointslices.discovery.k8s.io', {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: pods.map((p) => ({ addresses: [p.status.podIP as string], nodeName, conditions: { ready: true } })),
    })
  })
  afterAll(async () => {
    await lab?.stop()
  })
  const service = () => lab.client.get('services', { namespace: 'default', name: 'web' })
  /** The rules follow the API within milliseconds; a connection refused before that is tried again. */
  const fetchFromPod = (host: string) =>
    lab.exec('client', [
      'sh',
      '-c',
      `for i in 1 2 3 4 5 6 7 8 9; do ip=$(getent ahostsv4 ${host} | cut -d" " -f1 | head -n1); timeout 2 wget -qO- http://$ip:80/ && exit 0; usleep 50000; done; exit 1`,
    ])

  test('a virtual address leads to every pod behind it', async () => {
    const { clusterIP } = (await service()).spec
    const seen = new Set<string>()
    for (let i = 0; i < 30 && seen.size < 2; i++) seen.add((await fetchFromPod(clusterIP as string)).split('\n').at(-2) as string)
    expect([...seen].sort()).toEqual(['web-1', 'web-2'])
  })

  test.each(['web', 'web.default', 'web.default.svc.cluster.local'])('the name %s resolves and connects from a pod', async (name) => {
    expect(await fetchFromPod(name)).toMatch(/web-[12]\n$/)
  })

  test('a node port is reached from the host', async () => {
    const port = (await service()).spec.ports?.[0]?.nodePort
    const body = await new Promise<string>((resolve, reject) => {
      get(`http://${lab.nodeIP}:${port}/`, (answer) => {
        let text = ''
        answer.on('data', (chunk) => {
          text += chunk
        })
        answer.on('end', () => resolve(text))
      }).on('error', reject)
    })
    expect(body).toMatch(/^web-[12]\n$/)
  })

  test('a pod reaches itself through its service', async () => {
    const { clusterIP } = (await service()).spec
    for (let i = 0; i < 6; i++)
      expect(await lab.exec('web-1', ['timeout', '2', 'wget', '-qO-', `http://${clusterIP}:80/`])).toMatch(/web-[12]\n$/)
  })

  test('a service without endpoints refuses at once', async () => {
    const empty = await lab.client.create('services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'empty', namespace: 'default' },
      spec: { clusterIP: lab.clusterDNS.replace(/\d+$/, '51'), ports: [{ port: 80 }] },
    })
    const answer = await lab.exec('client', [
      'sh',
      '-c',
      `for i in 1 2 3 4 5 6 7 8 9; do timeout 2 wget -qO- http://${empty.spec.clusterIP}:80/ 2>&1 | grep refused && exit 0; done; exit 1`,
    ])
    expect(answer).toContain('Connection refused')
  })
})

describe.skipIf(cannotRunContainers)('a node that is short of processes', () => {
  let lab: NodeLab
  beforeAll(async () => {
    // More than any kernel counts.
    const configuration = { evictionHard: { 'pid.available': '100G' }, systemReserved: { memory: '1Gi' } }
    lab = await startNodeLab({ runtime: 'kijabi', configuration })
  })
  afterAll(async () => {
    await lab?.stop()
  })

  test('says so, and takes no pod that is not critical', async () => {
    const isShort = ({ status }: Partial<Node>) => status?.conditions?.some((c) => c.type === 'PIDPressure' && c.status === 'True')
    for await (const { object } of lab.client.watch('nodes', {
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: true,
    }))
      if (isShort(object)) break
    await lab.create('refused')
    const { status } = await lab.untilPod('refused', (p) => p?.status.phase === 'Failed')
    expect(status).toMatchObject({ reason: 'Evicted', message: 'The node had condition: [PIDPressure]. ' })
    await lab.create('critical', { priority: 2_000_001_000, priorityClassName: 'system-node-critical' })
    await lab.untilPod('critical', isReady)
  })

  test('holds all pods together to what is not reserved', () => {
    const v1 = existsSync('/sys/fs/cgroup/memory')
    const file = join('/sys/fs/cgroup', v1 ? 'memory' : '', lab.cgroupRoot, 'kubepods', v1 ? 'memory.limit_in_bytes' : 'memory.max')
    expect(Number(readFileSync(file, 'utf8'))).toBe(Math.floor(totalmem() / 4096) * 4096 - (1 << 30))
  })
})

test.skipIf(cannotRunContainers)('routes to other nodes’ pods follow the nodes', () => {
  const name = `kjroutes${process.pid}`
  execFileSync('ip', ['netns', 'add', name])
  const netlink = openNetlink(`/run/netns/${name}`)
  try {
    netlink.addBridge('segment')
    const { index } = netlink.link('segment') as { index: number }
    netlink.addAddress(index, '192.0.2.1', 24)
    netlink.setUp(index)
    const gateways = () => Object.fromEntries(netlink.routes().flatMap((r) => (r.gateway ? [[r.destination, r.gateway]] : [])))
    let mine = syncRoutes(
      netlink,
      new Map(),
      new Map([
        ['10.244.1.0/24', '192.0.2.2'],
        ['10.244.2.0/24', '192.0.2.3'],
      ]),
      noLog,
    )
    expect(gateways()).toEqual({ '10.244.1.0/24': '192.0.2.2', '10.244.2.0/24': '192.0.2.3' })
    mine = syncRoutes(
      netlink,
      mine,
      new Map([
        ['10.244.1.0/24', '192.0.2.9'],
        ['10.244.3.0/24', '198.51.100.1'],
      ]),
      noLog,
    )
    expect(gateways()).toEqual({ '10.244.1.0/24': '192.0.2.9' })
    expect([...mine.keys()]).toEqual(['10.244.1.0/24'])
  } finally {
    netlink.close()
    execFileSync('ip', ['netns', 'delete', name])
  }
})

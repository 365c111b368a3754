/** The kubelet's own API on its port: who may ask what, and the figures that it gives. */
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cannotRunContainers, isReady, type NodeLab, nodeName, startNodeLab } from './support/node-lab.ts'

const subresources = ['pods', 'healthz', 'configz', 'stats', 'metrics', 'log', 'checkpoint', 'proxy'] as const
type Subresource = (typeof subresources)[number]

describe.skipIf(cannotRunContainers)('the kubelet’s API', () => {
  let lab: NodeLab
  beforeAll(async () => {
    lab = await startNodeLab({ runtime: 'kijabi', users: [...subresources, 'nobody'] })
    const roles = lab.client
    for (const name of subresources) {
      await roles.create('clusterroles.rbac.authorization.k8s.io', {
        metadata: { name },
        rules: [{ apiGroups: [''], resources: [`nodes/${name}`], verbs: ['get', 'create'] }],
      })
      await roles.create('clusterrolebindings.rbac.authorization.k8s.io', {
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
      })
    }
    await lab.create('web', {
      containers: [
        {
          name: 'c',
          image: 'busybox',
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', 'mkdir /www; echo ok > /www/index.html; httpd -p 8080 -h /www; echo hello; sleep 100000'],
          readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
        },
      ],
    } as never)
    await lab.untilPod('web', isReady)
  })
  afterAll(async () => {
    await lab?.stop()
  })

  const ask = (user: string, path: string, method = 'GET') => lab.ask(path, { method, token: user })

  test.each<[string, string, Subresource[]]>([
    ['GET', '/pods', ['pods', 'proxy']],
    ['GET', '/runningpods/', ['pods', 'proxy']],
    ['GET', '/healthz', ['healthz', 'proxy']],
    ['GET', '/configz', ['configz', 'proxy']],
    ['GET', '/stats/summary', ['stats']],
    ['GET', '/metrics', ['metrics']],
    ['GET', '/metrics/cadvisor', ['metrics']],
    ['GET', '/metrics/resource', ['metrics']],
    ['GET', '/metrics/probes', ['metrics']],
    ['GET', '/logs/', ['log']],
    ['GET', '/containerLogs/default/web/c', ['proxy']],
    ['POST', '/run/default/web/c?cmd=true', ['proxy']],
  ])('%s %s is for those who may %j', async (method, path, allowed) => {
    const answers = await Promise.all(
      [...subresources, 'nobody'].map(async (user) => [user, (await ask(user, path, method)).status] as const),
    )
    expect(answers.filter(([, status]) => status === 200).map(([user]) => user)).toEqual(subresources.filter((s) => allowed.includes(s)))
    expect(new Set(answers.map(([, status]) => status))).toEqual(new Set([200, 403]))
  })

  test('a refusal says what was asked for', async () => {
    expect((await ask('nobody', '/pods')).body).toBe('Forbidden (user=nobody, verb=get, resource=nodes, subresource(s)=[pods proxy])\n')
    expect((await ask('stranger', '/pods')).status).toBe(401)
  })

  test.each<[string, string, number]>([
    ['GET', '/nothing', 404],
    ['POST', '/pods', 405],
    ['GET', '/run/default/web/c', 405],
    ['GET', '/exec/default/web/c', 400],
    ['GET', '/containerLogs/default/web/other', 404],
    ['GET', '/containerLogs/default/nobody/c', 404],
  ])('%s %s is %d', async (method, path, status) => expect((await ask('proxy', path, method)).status).toBe(status))

  test('files of /var/log, and nothing outside', async () => {
    expect((await ask('log', '/logs/')).body).toContain('<pre>')
    expect((await ask('log', '/logs/%2e%2e%2flib')).status).toBe(404)
    expect((await ask('log', '/logs/none')).status).toBe(404)
  })

  test('a checkpoint is made where criu and the OCI runtime can, and else the answer says who cannot', async () => {
    const { status, body } = await ask('checkpoint', '/checkpoint/default/web/c', 'POST')
    if (status === 200) expect(JSON.parse(body).items.filter((file: string) => existsSync(file))).toHaveLength(1)
    else
      expect([status, body]).toEqual([
        500,
        expect.stringMatching(/^checkpointing of default\/web\/c failed \(rpc error: .*checkpoint container/i),
      ])
  })

  test('the configuration in effect', async () => {
    const { kubeletconfig } = JSON.parse((await ask('configz', '/configz')).body)
    expect(kubeletconfig).toMatchObject({ kind: 'KubeletConfiguration', maxPods: 110, syncFrequency: '1m0s', containerLogMaxSize: '1Mi' })
  })

  test('what pods and the node use', async () => {
    const summary = JSON.parse((await ask('stats', '/stats/summary')).body)
    expect(summary.node).toMatchObject({ nodeName, fs: { capacityBytes: expect.any(Number) }, rlimit: { maxpid: expect.any(Number) } })
    const [pod] = summary.pods
    expect(pod).toMatchObject({ podRef: { name: 'web', namespace: 'default' }, network: { name: 'eth0' } })
    expect(pod.containers[0].memory.workingSetBytes).toBeGreaterThan(0)
    expect(pod.memory.workingSetBytes).toBe(pod.containers[0].memory.workingSetBytes)
  })

  test.each<[string, RegExp[]]>([
    ['/metrics', [/^kubelet_running_pods 1$/m, /^kubelet_running_containers\{container_state="running"\} 1$/m]],
    [
      '/metrics/resource',
      [
        /^container_memory_working_set_bytes\{container="c",pod="web",namespace="default"\} \d+$/m,
        /^pod_cpu_usage_seconds_total\{pod="web",namespace="default"\} /m,
        /^node_memory_working_set_bytes \d+$/m,
        /^resource_scrape_error 0$/m,
      ],
    ],
    [
      '/metrics/cadvisor',
      [/^container_memory_rss\{container="c",id="[^"]+",image="[^"]+",name="[^"]+",namespace="default",pod="web"\} \d+$/m],
    ],
    [
      '/metrics/probes',
      [
        /^prober_probe_total\{probe_type="Readiness",result="successful",container="c",pod="web",namespace="default",pod_uid="[^"]+"\} [1-9]/m,
      ],
    ],
  ])('%s', async (path, expected) => {
    const { body } = await ask('metrics', path)
    for (const line of expected) expect(body).toMatch(line)
  })
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { afterAll, expect, test } from 'vitest'
import { createClient } from '../client/client.ts'
import { createLoopMetrics } from '../client/loop-command.ts'
import { createMemoryTransport } from '../client/memory-transport.ts'
import type { Invocation } from '../flags/command.ts'
import { parseFlags } from '../flags/flags.ts'
import { noLog } from '../log/log.ts'
import { command, flags, startScheduler } from './command.ts'
import { validateConfiguration } from './configuration-validation.ts'
import { knownPlugins } from './default-plugins.ts'

const folder = mkdtempSync(join(tmpdir(), 'kijabi-scheduler-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const run = (...args: string[]) => command.run?.({ ...parseFlags(flags, args), stderr: { write() {} } } as unknown as Invocation)
const head = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n'

test.each<[string, string, (written: never) => unknown, unknown]>([
  [
    'upstream’s order of plugins',
    '',
    ({ profiles }: Body) => profiles[0].plugins.multiPoint.enabled.slice(0, 5),
    [
      { name: 'SchedulingGates', weight: 0 },
      { name: 'PrioritySort', weight: 0 },
      { name: 'NodeUnschedulable', weight: 0 },
      { name: 'NodeName', weight: 0 },
      { name: 'TaintToleration', weight: 3 },
    ],
  ],
  [
    'the times of leader election',
    'leaderElection: {leaseDuration: 30s}\n',
    ({ leaderElection }: Body) => leaderElection,
    {
      leaderElect: true,
      leaseDuration: '30s',
      renewDeadline: '10s',
      resourceLock: 'leases',
      resourceName: 'kube-scheduler',
      resourceNamespace: 'kube-system',
      retryPeriod: '2s',
    },
  ],
  [
    'the arguments given among the defaults',
    'profiles: [{pluginConfig: [{name: InterPodAffinity, args: {hardPodAffinityWeight: 5}}]}]\n',
    ({ profiles }: Body) => profiles[0].pluginConfig.find(({ name }: Body) => name === 'InterPodAffinity').args,
    {
      apiVersion: 'kubescheduler.config.k8s.io/v1',
      kind: 'InterPodAffinityArgs',
      hardPodAffinityWeight: 5,
      ignorePreferredTermsOfExistingPods: false,
    },
  ],
] as [string, string, (written: never) => unknown, unknown][])(
  '--write-config-to writes what counts: %s',
  async (_, given, part, expected) => {
    const written = join(folder, 'written.yaml')
    expect(await run(`--config=${file('given.yaml', head + given)}`, `--write-config-to=${written}`)).toBe(0)
    const configuration = load(readFileSync(written, 'utf8'))
    expect(part(configuration as never)).toEqual(expected)
    // What was written can be given.
    expect(validateConfiguration(configuration, knownPlugins)).toEqual([])
  },
)

test.each([
  ['another kind', 'apiVersion: v1\nkind: Pod\n', /must be a KubeSchedulerConfiguration of kubescheduler\.config\.k8s\.io\/v1$/],
  [
    'a mistake',
    `${head}parallelism: 0\n`,
    /is not valid:\n {2}parallelism: Invalid value: 0: should be an integer value greater than zero$/,
  ],
])('a file with %s ends the command', async (_, text, message) => {
  await expect(run(`--config=${file('bad.yaml', text)}`)).rejects.toThrow(message)
})

test('health, metrics and the configuration in use are served', async () => {
  const { port, close } = await freePort()
  await close()
  const open = ['/healthz', '/readyz', '/metrics*', '/configz'].join()
  const { values } = parseFlags(flags, [
    `--config=${file('served.yaml', `${head}podMaxBackoffSeconds: 7\nleaderElection: {leaderElect: false}\n`)}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    `--authorization-always-allow-paths=${open}`,
  ])
  const transport = createMemoryTransport()
  const requests = { cpu: '250m', memory: '64Mi', 'example.com/gpu': '2' }
  for (const [name, phase] of [
    ['p', 'Running'],
    ['done', 'Succeeded'],
  ] as const)
    await createClient(transport).create('pods', {
      metadata: { namespace: 'default', name },
      spec: {
        nodeName: 'n',
        priority: 7,
        schedulerName: 'default-scheduler',
        containers: [{ name: 'c', resources: { requests, limits: { cpu: '1' } } }],
      },
      status: { phase },
    } as never)
  const running = await startScheduler({ values }, { transport, log: noLog, metrics: createLoopMetrics() })
  const get = (path: string) =>
    new Promise<string>((resolve, reject) => {
      const request = https.get({ port, path, host: '127.0.0.1', rejectUnauthorized: false, agent: false }, (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve(text))
      })
      request.on('error', reject)
    })
  expect(await get('/readyz')).toBe('ok')
  const metrics = await get('/metrics')
  expect(metrics).toContain('\nscheduler_pending_pods{queue="active"} 0')
  expect(metrics).toContain('\nprocess_start_time_seconds ')
  expect(metrics).toContain('\nkubernetes_healthcheck{name="ping",type="readyz"} 1')
  expect(metrics).toContain('\nkubernetes_healthchecks_total{name="ping",type="readyz",status="success"} 1')
  const resources = await get('/metrics/resources')
  const of = 'namespace="default",pod="p",node="n",scheduler="default-scheduler",priority="7"'
  for (const line of [
    `kube_pod_resource_request{${of},resource="cpu",unit="cores"} 0.25`,
    `kube_pod_resource_request{${of},resource="memory",unit="bytes"} 67108864`,
    `kube_pod_resource_request{${of},resource="example.com/gpu",unit="integer"} 2`,
    `kube_pod_resource_limit{${of},resource="cpu",unit="cores"} 1`,
  ])
    expect(resources).toContain(`\n${line}`)
  expect(resources).not.toContain('pod="done"')
  expect(JSON.parse(await get('/configz')).componentconfig).toMatchObject({ podInitialBackoffSeconds: 1, podMaxBackoffSeconds: 7 })
  await running.stop()
})

function freePort(): Promise<{ port: number; close: () => Promise<void> }> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      resolve({ port, close: () => new Promise((done) => probe.close(() => done())) })
    })
  })
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the file holds
type Body = any

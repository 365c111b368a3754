/** Pods: pods, runp, stopp, rmp, inspectp, statsp, metricsp, port-forward. */
import { createServer } from 'node:net'
import { ExitError } from '../flags/run.ts'
import { PodSandboxState } from '../runtime/cri/api.ts'
import { ago, bytes, forwardOne, table } from '../runtime/cri/client.ts'
import type { PodSandboxConfig } from '../runtime/cri/types.ts'
import { camelCase, crictl, each, output, podId, podStates, print, readConfig, shortId, stateNumber } from './shared.ts'

const filters = {
  id: { type: 'string', doc: 'Only the pod with this ID' },
  name: { type: 'string', doc: 'Only pods whose name matches' },
  namespace: { type: 'string', doc: 'Only pods of this namespace' },
  label: { type: 'map', doc: 'Only pods with these labels' },
  state: { type: 'string', short: 's', doc: 'ready or notready' },
  quiet: { type: 'bool', short: 'q', doc: 'Only IDs' },
  latest: { type: 'bool', short: 'l', doc: 'Only the newest' },
  last: { type: 'int', short: 'n', doc: 'Only so many, the newest' },
  'no-trunc': { type: 'bool', doc: 'Whole IDs' },
} as const

export const pods = crictl({ summary: 'List pods', flags: { ...filters, ...output('table') } }, async ({ runtime }, invocation) => {
  const { values, stdout } = invocation
  const state = stateNumber(values['state'] as string, 'pod')
  const { items: all = [] } = await runtime.ListPodSandbox({
    filter: {
      id: values['id'] as string,
      labelSelector: values['label'] as Record<string, string>,
      ...(state === undefined ? {} : { state: { state } }),
    },
  })
  let items = all
    .filter((p) => !values['name'] || new RegExp(values['name'] as string).test(p.metadata?.name ?? ''))
    .filter((p) => !values['namespace'] || p.metadata?.namespace === values['namespace'])
    .sort((a, b) => Number(BigInt(b.createdAt ?? 0) - BigInt(a.createdAt ?? 0)))
  const most = values['latest'] ? 1 : (values['last'] as number)
  if (most > 0) items = items.slice(0, most)
  if (values['quiet']) for (const p of items) stdout.write(`${p.id}\n`)
  else if (values['output'] !== 'table')
    print(invocation, values['output'] as string, {
      items: items.map((p) => ({ ...p, state: Object.keys(PodSandboxState)[p.state ?? 0] })),
    })
  else
    stdout.write(
      table(
        [
          ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'],
          ...items.map((p) => [
            values['no-trunc'] ? (p.id as string) : shortId(p.id),
            ago(p.createdAt),
            podStates[p.state ?? 0] as string,
            p.metadata?.name ?? '',
            p.metadata?.namespace ?? '',
            String(p.metadata?.attempt ?? 0),
            p.runtimeHandler || '(default)',
          ]),
        ],
        13,
      ),
    )
  return 0
})

export const runp = crictl(
  {
    summary: 'Run a new pod',
    usage: 'crictl runp [--runtime HANDLER] POD-CONFIG',
    flags: { runtime: { type: 'string', doc: 'The runtime handler' } },
  },
  async ({ runtime }, { args, values, stdout }) => {
    const config = camelCase(readConfig(args[0])) as PodSandboxConfig
    const { podSandboxId } = await runtime.RunPodSandbox({ config, runtimeHandler: values['runtime'] as string })
    stdout.write(`${podSandboxId}\n`)
    return 0
  },
)
export const stopp = crictl({ summary: 'Stop pods', usage: 'crictl stopp POD-ID...' }, async (client, invocation) =>
  each(invocation.args, invocation, 'Stopped sandbox', async (typed) =>
    client.runtime.StopPodSandbox({ podSandboxId: await podId(client, typed) }),
  ),
)
export const rmp = crictl(
  {
    summary: 'Remove pods',
    usage: 'crictl rmp [-f] [-a] POD-ID...',
    flags: { all: { type: 'bool', short: 'a', doc: 'All pods' }, force: { type: 'bool', short: 'f', doc: 'Also pods that are ready' } },
  },
  async (client, invocation) => {
    const { items = [] } = await client.runtime.ListPodSandbox({})
    const ids = invocation.values['all'] ? items.map((p) => p.id as string) : invocation.args
    return each(ids, invocation, 'Removed sandbox', async (typed) => {
      const podSandboxId = await podId(client, typed)
      const ready = items.find((p) => p.id === podSandboxId)?.state === PodSandboxState.SANDBOX_READY
      if (ready && !invocation.values['force']) throw new ExitError('sandbox is running: stop it first, or use --force')
      await client.runtime.StopPodSandbox({ podSandboxId })
      await client.runtime.RemovePodSandbox({ podSandboxId })
    })
  },
)
export const inspectp = crictl({ summary: 'Show a pod', flags: output('json') }, async (client, invocation) => {
  for (const typed of invocation.args) {
    const { status, info = {} } = await client.runtime.PodSandboxStatus({ podSandboxId: await podId(client, typed), verbose: true })
    print(invocation, invocation.values['output'] as string, {
      status: { ...status, state: Object.keys(PodSandboxState)[status?.state ?? 0] },
      info: unpack(info),
    })
  }
  return 0
})
/** The runtime's own figures are JSON inside a string. */
export function unpack(info: Record<string, string>): unknown {
  return Object.fromEntries(Object.entries(info).map(([key, value]) => [key, JSON.parse(value) as unknown]))
}
export const statsp = crictl(
  { summary: 'Show what pods use', flags: { ...output('table'), id: filters.id, label: filters.label } },
  async ({ runtime }, invocation) => {
    const { values, stdout } = invocation
    const { stats = [] } = await runtime.ListPodSandboxStats({
      filter: { id: values['id'] as string, labelSelector: values['label'] as Record<string, string> },
    })
    if (values['output'] !== 'table') print(invocation, values['output'] as string, { stats })
    else
      stdout.write(
        table([
          ['POD', 'POD ID', 'CPU %', 'MEM'],
          ...stats.map((s) => [
            s.attributes?.metadata?.name ?? '',
            shortId(s.attributes?.id),
            (Number(s.linux?.cpu?.usageNanoCores?.value ?? 0) / 1e7).toFixed(2),
            bytes(s.linux?.memory?.workingSetBytes?.value),
          ]),
        ]),
      )
    return 0
  },
)
export const metricsp = crictl({ summary: 'Show the metrics of pods', flags: output('json') }, async ({ runtime }, invocation) => {
  print(invocation, invocation.values['output'] as string, await runtime.ListPodSandboxMetrics({}))
  return 0
})
export const portForward = crictl(
  { summary: 'Forward local ports to a pod', usage: 'crictl port-forward POD-ID [LOCAL:]REMOTE...' },
  async (client, { args, stdout, signal }) => {
    const [typed, ...ports] = args
    if (ports.length === 0) throw new ExitError('at least one port is needed')
    const podSandboxId = await podId(client, typed)
    const servers = ports.map((word) => {
      const [local, remote = local] = word.split(':') as [string, string?]
      const server = createServer((socket) => {
        socket.on('error', () => socket.destroy())
        client.runtime.PortForward({ podSandboxId, port: [Number(remote)] }).then(
          ({ url }) => {
            const far = forwardOne(
              url as string,
              (chunk) => socket.write(chunk),
              () => socket.end(),
            )
            socket.on('data', far.write)
            socket.on('close', far.end)
          },
          () => socket.destroy(),
        )
      })
      server.listen(Number(local || 0), '127.0.0.1', () =>
        stdout.write(`Forwarding from ${JSON.stringify(server.address())} -> ${remote}\n`),
      )
      return server
    })
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    for (const server of servers) server.close()
    return 0
  },
)

/** What the kubelet's server has, and which subresource of the node a caller needs for it (pkg/kubelet/server/server.go, auth.go). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Client } from '../../client/client.ts'
import type { Logger } from '../../log/log.ts'
import { metricsContentType } from '../../metrics/metrics.ts'
import { configurationObject, type KubeletConfiguration } from '../configuration.ts'
import type { Cri } from '../cri.ts'
import type { Kubelet } from '../kubelet.ts'
import { checkpoint } from './checkpoint.ts'
import { containerLogs } from './container-logs.ts'
import { findContainer } from './find.ts'
import { HttpError } from './http-error.ts'
import { cadvisorMetrics, kubeletMetrics, resourceMetrics } from './metrics.ts'
import { nodeLogs } from './node-logs.ts'
import { statsSummary } from './stats.ts'

export interface ServerDeps {
  readonly kubelet: Kubelet
  readonly cri: Cri
  readonly client: Client
  readonly log: Logger
  readonly configuration: KubeletConfiguration
}
export interface Call {
  readonly path: string
  /** The segments after the route's name. */
  readonly parts: readonly string[]
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  readonly response: ServerResponse
}
export type Handler = (deps: ServerDeps, call: Call) => Promise<void> | void

interface Route {
  /** With a slash at its end: everything below, too. */
  readonly path: string
  readonly methods?: readonly string[]
  /** Off without enableDebuggingHandlers. */
  readonly debugging?: true
  readonly handle: Handler
}

const routes: readonly Route[] = [
  { path: '/healthz', handle: (_, { response }) => text(response, 'ok') },
  { path: '/configz', handle: ({ configuration }, { response }) => json(response, { kubeletconfig: configurationObject(configuration) }) },
  { path: '/pods', handle: ({ kubelet }, { response }) => podList(response, kubelet.pods()) },
  { path: '/metrics', handle: ({ kubelet }, { response }) => metrics(response, kubeletMetrics(kubelet)) },
  { path: '/metrics/cadvisor', handle: async (deps, { response }) => metrics(response, await cadvisorMetrics(deps.cri, deps.kubelet)) },
  { path: '/metrics/resource', handle: async (deps, { response }) => metrics(response, await resourceMetrics(deps.cri, deps.kubelet)) },
  { path: '/metrics/probes', handle: ({ kubelet }, { response }) => metrics(response, kubelet.probeMetrics()) },
  { path: '/stats/summary', handle: async (deps, { response }) => json(response, await statsSummary(deps.cri, deps.kubelet)) },
  { path: '/checkpoint/', methods: ['POST'], handle: checkpoint },
  {
    path: '/runningpods/',
    debugging: true,
    handle: ({ kubelet }, { response }) =>
      podList(
        response,
        kubelet.pods().filter((p) => p.status?.phase === 'Running'),
      ),
  },
  { path: '/containerLogs/', debugging: true, handle: containerLogs },
  { path: '/logs/', debugging: true, handle: nodeLogs },
  { path: '/run/', methods: ['POST'], debugging: true, handle: runCommand },
  ...['/exec/', '/attach/', '/portForward/'].map(
    (path): Route => ({
      path,
      methods: ['GET', 'POST'],
      debugging: true,
      handle: () => {
        throw new HttpError(400, 'Upgrade request required')
      },
    }),
  ),
]

export const routeOf = (path: string): Route | undefined =>
  routes.find((route) => path === route.path || (route.path.endsWith('/') && (path.startsWith(route.path) || `${path}/` === route.path)))

/** The paths that need less than `nodes/proxy`. Some do with either: the finer one is asked first (KEP-2862). */
const subresources: readonly (readonly [path: string, ...subresources: string[]])[] = [
  ['/pods', 'pods', 'proxy'],
  ['/runningpods', 'pods', 'proxy'],
  ['/healthz', 'healthz', 'proxy'],
  ['/configz', 'configz', 'proxy'],
  ['/stats', 'stats'],
  ['/metrics', 'metrics'],
  ['/logs', 'log'],
  ['/checkpoint', 'checkpoint'],
]

export function subresourcesOf(path: string): readonly string[] {
  const [, ...found] = subresources.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`)) ?? ['', 'proxy']
  return found
}

function text(response: ServerResponse, body: string, type = 'text/plain; charset=utf-8'): void {
  response.setHeader('content-type', type)
  response.end(body)
}
const metrics = (response: ServerResponse, body: string) => text(response, body, metricsContentType)
const json = (response: ServerResponse, body: unknown) => text(response, JSON.stringify(body), 'application/json')
const podList = (response: ServerResponse, items: readonly unknown[]) =>
  json(response, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items })

async function runCommand({ kubelet, cri }: ServerDeps, { parts, query, response }: Call): Promise<void> {
  const { id: containerId } = findContainer(kubelet, parts)
  const cmd = query.get('cmd') ?? ''
  const { stdout, stderr, exitCode = 0 } = await cri.runtime.ExecSync({ containerId, cmd: cmd.split(' '), timeout: 0 })
  const output = Buffer.concat([Buffer.from(stdout ?? []), Buffer.from(stderr ?? [])])
  if (exitCode !== 0) throw new HttpError(500, `${output.toString('utf8')}command '${cmd}' exited with ${exitCode}`)
  response.end(output)
}

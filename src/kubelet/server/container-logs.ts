/** `/containerLogs/{namespace}/{pod}/{container}`: what a container wrote, also one that is no container but a process of the machine. */
import type { Pod } from '../../api/types/core-v1.ts'
import type { Kubelet } from '../kubelet.ts'
import { criLines, type LogFormat, type LogOptions, plainLines, streamLog } from '../logs.ts'
import { containersOf, findPod } from './find.ts'
import { HttpError } from './http-error.ts'
import type { Handler } from './routes.ts'

export const containerLogs: Handler = async ({ kubelet }, { parts, query, request, response }) => {
  const [namespace, name, container = ''] = parts
  const source = processLog(kubelet, namespace, name, container, query) ?? containerLog(kubelet, namespace, name, container, query)
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  request.on('aborted', () => gone.abort())
  response.writeHead(200, { 'content-type': 'text/plain' })
  response.flushHeaders()
  for await (const chunk of streamLog(source.path, source.format, optionsOf(query), source.isRunning, gone.signal)) {
    if (!response.write(chunk)) await new Promise<void>((resolve) => response.once('drain', resolve).once('close', resolve))
  }
  response.end()
}

interface Source {
  readonly path: string
  readonly format: LogFormat
  isRunning(): boolean
}

/** A component that runs as a process writes a log of its own; it goes on over the process's restarts. */
function processLog(
  kubelet: Kubelet,
  namespace: string | undefined,
  name: string | undefined,
  container: string,
  query: URLSearchParams,
): Source | undefined {
  const path = kubelet.processLog(namespace, name, container)
  if (path === undefined) return undefined
  if (isPrevious(query)) throw noPrevious(container, name)
  return { path, format: plainLines, isRunning: () => kubelet.processLog(namespace, name, container) !== undefined }
}

function containerLog(
  kubelet: Kubelet,
  namespace: string | undefined,
  name: string | undefined,
  container: string,
  query: URLSearchParams,
): Source {
  const pod = findPod(kubelet, namespace, name)
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec
  if (![...containers, ...initContainers, ...ephemeralContainers].some((c) => c.name === container))
    throw new HttpError(404, `container "${container}" not found in pod "${name}"`)
  const all = containersOf(kubelet, pod, container)
  const ended = all.filter((c) => c.state === 'exited')
  const found = isPrevious(query) ? ended[all[0]?.state === 'exited' ? 1 : 0] : all[0]
  if (!found) throw isPrevious(query) ? noPrevious(container, name) : waitsToStart(pod, container)
  const isRunning = () => containersOf(kubelet, pod, container).some((c) => c.id === found.id && c.state === 'running')
  return { path: found.logPath, format: criLines, isRunning }
}

const isPrevious = (query: URLSearchParams): boolean => query.get('previous') === 'true'
const noPrevious = (container: string, pod: string | undefined) =>
  new HttpError(400, `previous terminated container "${container}" in pod "${pod}" not found`)

function waitsToStart(pod: Pod, container: string): HttpError {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  const reason = [...containerStatuses, ...initContainerStatuses].find((s) => s.name === container)?.state.waiting?.reason
  const isPulling = reason === 'ErrImagePull' || reason === 'ImagePullBackOff'
  const why = isPulling ? 'trying and failing to pull image' : (reason ?? 'ContainerCreating')
  return new HttpError(400, `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${why}`)
}

function optionsOf(query: URLSearchParams): LogOptions {
  const number = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined)
  const [tailLines, limitBytes, seconds] = [number('tailLines'), number('limitBytes'), number('sinceSeconds')]
  const time = query.get('sinceTime')
  const sinceMs = time ? Date.parse(time) : seconds === undefined ? undefined : Date.now() - seconds * 1000
  const stream = query.get('stream')
  return {
    follow: query.get('follow') === 'true' && !isPrevious(query),
    timestamps: query.get('timestamps') === 'true',
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(stream === 'Stdout' || stream === 'Stderr' ? { stream: stream === 'Stdout' ? 'stdout' : 'stderr' } : {}),
  }
}

/** --profiling: what the process does and keeps, in V8's formats below upstream's paths (apiserver/pkg/server/routes/profiling.go). */
import { Session } from 'node:inspector/promises'
import { setTimeout } from 'node:timers/promises'
import type { Answer, IncomingRequest } from './call.ts'

type Page = (request: IncomingRequest) => Promise<Answer>

const bytes = (type: string, body: string, file?: string): Answer => ({
  kind: 'bytes',
  status: 200,
  type,
  bytes: Buffer.from(body),
  ...(file ? { headers: { 'content-disposition': `attachment; filename="${file}"` } } : {}),
})

const defaultSeconds = 30

/** Opens in the browser's developer tools, as a `.cpuprofile`. */
const profile: Page = async ({ target }) => {
  const seconds = Number(new URLSearchParams(target.split('?')[1]).get('seconds')) || defaultSeconds
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
    await setTimeout(seconds * 1000)
    const made = await session.post('Profiler.stop')
    return bytes('application/json', JSON.stringify(made.profile), 'kube-apiserver.cpuprofile')
  } finally {
    session.disconnect()
  }
}

/** Opens there, too, as a `.heapsnapshot`. The server stands still while it is taken. */
const heap: Page = async () => {
  const session = new Session()
  session.connect()
  const chunks: string[] = []
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ params }) => chunks.push(params.chunk))
  try {
    await session.post('HeapProfiler.takeHeapSnapshot')
    return bytes('application/json', chunks.join(''), 'kube-apiserver.heapsnapshot')
  } finally {
    session.disconnect()
  }
}

const index: Page = async () => bytes('text/plain; charset=utf-8', 'profile?seconds=30\nheap\n')

export const profilingPaths: Readonly<Record<string, Page>> = {
  '/debug/pprof': index,
  '/debug/pprof/': index,
  '/debug/pprof/profile': profile,
  '/debug/pprof/heap': heap,
}

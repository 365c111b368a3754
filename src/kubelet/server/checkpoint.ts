/** `/checkpoint/{namespace}/{pod}/{container}` (KEP-2008): the runtime writes the container's state into an archive below the kubelet's folder. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Code, GrpcError } from '../../grpc/status.ts'
import { criErrorText } from '../cri.ts'
import { findContainer } from './find.ts'
import { HttpError } from './http-error.ts'
import type { Handler } from './routes.ts'

export const checkpoint: Handler = async ({ kubelet, cri }, { parts, query, response }) => {
  const [namespace, pod, name] = parts
  const { id: containerId } = findContainer(kubelet, parts)
  const folder = join(kubelet.settings.podsFolder, '..', 'checkpoints')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const location = join(folder, `checkpoint-${pod}_${namespace}-${name}-${new Date().toISOString().replace(/\.\d+Z$/, 'Z')}.tar`)
  const timeout = Number(query.get('timeout') ?? 0)
  try {
    await cri.runtime.CheckpointContainer({ containerId, location, timeout })
  } catch (error) {
    const isMissing = error instanceof GrpcError && error.code === Code.UNIMPLEMENTED
    throw new HttpError(isMissing ? 404 : 500, `checkpointing of ${namespace}/${pod}/${name} failed (${criErrorText(error)})`)
  }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ items: [location] }))
}

/**
 * The kubelet's side of the container runtime interface: its calls as functions, over gRPC on a unix socket or given
 * by a runtime in the same process. Any CRI v1 runtime plugs in.
 */
import { type CallOptions, createChannel, createGrpcClient } from '../grpc/client.ts'
import { Code, GrpcError } from '../grpc/status.ts'
import { criTable } from '../runtime/cri/api.ts'
import type * as cri from '../runtime/cri/types.ts'

export interface Cri {
  readonly runtime: cri.RuntimeService
  readonly images: cri.ImageService
  close(): void
}

/** `unix:///run/containerd/containerd.sock`; images may have an endpoint of their own. */
export function connectCri(endpoint: string, imageEndpoint = endpoint): Cri {
  const channel = createChannel(endpoint)
  const imageChannel = imageEndpoint === endpoint ? channel : createChannel(imageEndpoint)
  return {
    runtime: createGrpcClient<cri.RuntimeService>(channel, criTable, 'RuntimeService'),
    images: createGrpcClient<cri.ImageService>(imageChannel, criTable, 'ImageService'),
    close() {
      channel.close()
      imageChannel.close()
    },
  }
}

/** The same service, every call of which ends with the signal: what a kubelet that stops does not wait for. */
export function abortable<Service extends object>(service: Service, signal: AbortSignal): Service {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new GrpcError(Code.CANCELLED, 'context canceled')), { once: true })
  })
  // Nobody may be waiting when it happens.
  aborted.catch(() => {})
  return new Proxy(service, {
    get(target, name) {
      const method = (target as Record<PropertyKey, unknown>)[name]
      if (typeof method !== 'function') return method
      return (request: unknown, options: CallOptions = {}) => {
        const both = options.signal ? AbortSignal.any([options.signal, signal]) : signal
        const answer = method.call(target, request, { ...options, signal: both }) as unknown
        return answer instanceof Promise ? Promise.race([answer, aborted]) : answer
      }
    },
  })
}

export const labels = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
} as const
export const annotations = {
  containerHash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  podTerminationGracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
} as const

/** The text of a failed CRI call as upstream shows it: `rpc error: code = NotFound desc = …`. */
export function criErrorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return error instanceof GrpcError ? `rpc error: code = ${codeNames[error.code] ?? error.code} desc = ${message}` : message
}
const codeNames = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
]

/**
 * The kubelet's side of the container runtime interface: its calls as functions, over gRPC on a unix socket or given
 * by a runtime in the same process. Any CRI v1 runtime plugs in.
 */
import { type CallOptions, createChannel, createGrpcClient, type ServerStream, type Unary } from '../grpc/client.ts'
import { Code, GrpcError } from '../grpc/status.ts'
import { criTable } from '../runtime/cri/api.ts'
import type * as cri from '../runtime/cri/types.ts'

export interface RuntimeService {
  Version: Unary<cri.VersionRequest, cri.VersionResponse>
  Status: Unary<cri.StatusRequest, cri.StatusResponse>
  UpdateRuntimeConfig: Unary<cri.UpdateRuntimeConfigRequest, cri.UpdateRuntimeConfigResponse>
  RunPodSandbox: Unary<cri.RunPodSandboxRequest, cri.RunPodSandboxResponse>
  StopPodSandbox: Unary<cri.StopPodSandboxRequest, cri.StopPodSandboxResponse>
  RemovePodSandbox: Unary<cri.RemovePodSandboxRequest, cri.RemovePodSandboxResponse>
  PodSandboxStatus: Unary<cri.PodSandboxStatusRequest, cri.PodSandboxStatusResponse>
  ListPodSandbox: Unary<cri.ListPodSandboxRequest, cri.ListPodSandboxResponse>
  CreateContainer: Unary<cri.CreateContainerRequest, cri.CreateContainerResponse>
  StartContainer: Unary<cri.StartContainerRequest, cri.StartContainerResponse>
  StopContainer: Unary<cri.StopContainerRequest, cri.StopContainerResponse>
  RemoveContainer: Unary<cri.RemoveContainerRequest, cri.RemoveContainerResponse>
  ListContainers: Unary<cri.ListContainersRequest, cri.ListContainersResponse>
  ContainerStatus: Unary<cri.ContainerStatusRequest, cri.ContainerStatusResponse>
  ReopenContainerLog: Unary<cri.ReopenContainerLogRequest, cri.ReopenContainerLogResponse>
  ExecSync: Unary<cri.ExecSyncRequest, cri.ExecSyncResponse>
  Exec: Unary<cri.ExecRequest, cri.ExecResponse>
  Attach: Unary<cri.AttachRequest, cri.AttachResponse>
  PortForward: Unary<cri.PortForwardRequest, cri.PortForwardResponse>
  ListContainerStats: Unary<cri.ListContainerStatsRequest, cri.ListContainerStatsResponse>
  ListPodSandboxStats: Unary<cri.ListPodSandboxStatsRequest, cri.ListPodSandboxStatsResponse>
  GetContainerEvents: ServerStream<cri.GetEventsRequest, cri.ContainerEventResponse>
}
export interface ImageService {
  ListImages: Unary<cri.ListImagesRequest, cri.ListImagesResponse>
  ImageStatus: Unary<cri.ImageStatusRequest, cri.ImageStatusResponse>
  PullImage: Unary<cri.PullImageRequest, cri.PullImageResponse>
  RemoveImage: Unary<cri.RemoveImageRequest, cri.RemoveImageResponse>
  ImageFsInfo: Unary<cri.ImageFsInfoRequest, cri.ImageFsInfoResponse>
}
export interface Cri {
  readonly runtime: RuntimeService
  readonly images: ImageService
  close(): void
}

/** `unix:///run/containerd/containerd.sock`; images may have an endpoint of their own. */
export function connectCri(endpoint: string, imageEndpoint = endpoint): Cri {
  const channel = createChannel(endpoint)
  const imageChannel = imageEndpoint === endpoint ? channel : createChannel(imageEndpoint)
  return {
    runtime: createGrpcClient<RuntimeService>(channel, criTable, 'RuntimeService'),
    images: createGrpcClient<ImageService>(imageChannel, criTable, 'ImageService'),
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
  const code = (error as Partial<GrpcError>).code
  const message = error instanceof Error ? error.message : String(error)
  return typeof code === 'number' ? `rpc error: code = ${codeNames[code] ?? code} desc = ${message}` : message
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

// Written by scripts/generate-types.ts from src/runtime/engine/api.ts: edit that, not this.
import type { CallOptions } from '../../grpc/client.ts'

export interface Empty {}

export interface NameRequest {
  name?: string
}

export interface NamesResponse {
  names?: string[]
}

export interface ImageRequest {
  name?: string
  username?: string
  password?: string
}

export interface Progress {
  ref?: string
  status?: string
  offset?: number | bigint
  total?: number | bigint
}

export interface TagRequest {
  source?: string
  target?: string
}

export interface SaveRequest {
  names?: string[]
}

export interface Chunk {
  data?: Uint8Array
}

export interface LoadResponse {
  names?: string[]
}

export interface CommitRequest {
  containerId?: string
  name?: string
  /** the image config's "config" as JSON */
  config?: string
  comment?: string
}

export interface CommitResponse {
  id?: string
}

export interface PruneResponse {
  blobs?: number | bigint
  layers?: number | bigint
  bytes?: number | bigint
}

export interface Blob {
  digest?: string
  size?: number | bigint
  createdAt?: string
}

export interface ContentResponse {
  blobs?: Blob[]
}

export interface Layer {
  id?: string
  parent?: string
  bytes?: number | bigint
  inodes?: number | bigint
}

export interface LayersResponse {
  layers?: Layer[]
}

export interface ContainerRequest {
  containerId?: string
}

export interface WaitResponse {
  exitCode?: number
}

export interface KillRequest {
  containerId?: string
  signal?: string
}

export interface ProcessesResponse {
  pids?: number[]
}

export interface RenameRequest {
  containerId?: string
  name?: string
}

export interface ExecRequest {
  containerId?: string
  cmd?: string[]
  tty?: boolean
  stdin?: boolean
  env?: string[]
  /** USER[:GROUP]; the container's own without it */
  user?: string
  workingDir?: string
  privileged?: boolean
}

export interface ExecResponse {
  url?: string
}

export interface Network {
  id?: string
  name?: string
  subnet?: string
  labels?: Record<string, string>
  createdAt?: string
  members?: NetworkMember[]
}

export interface NetworkMember {
  id?: string
  name?: string
  address?: string
}

export interface NetworksResponse {
  networks?: Network[]
}

/** What serves and what calls the service: a gRPC client, or the runtime itself in one process. */
export interface Engine {
  Pull(request: ImageRequest, options?: CallOptions): AsyncIterable<Progress>
  Push(request: ImageRequest, options?: CallOptions): AsyncIterable<Progress>
  Tag(request: TagRequest, options?: CallOptions): Promise<Empty>
  Untag(request: NameRequest, options?: CallOptions): Promise<Empty>
  Save(request: SaveRequest, options?: CallOptions): AsyncIterable<Chunk>
  Load(request: AsyncIterable<Chunk>, options?: CallOptions): Promise<LoadResponse>
  Commit(request: CommitRequest, options?: CallOptions): Promise<CommitResponse>
  Prune(request: Empty, options?: CallOptions): Promise<PruneResponse>
  Namespaces(request: Empty, options?: CallOptions): Promise<NamesResponse>
  Content(request: Empty, options?: CallOptions): Promise<ContentResponse>
  Layers(request: Empty, options?: CallOptions): Promise<LayersResponse>
  ReadContent(request: NameRequest, options?: CallOptions): AsyncIterable<Chunk>
  Wait(request: ContainerRequest, options?: CallOptions): Promise<WaitResponse>
  Kill(request: KillRequest, options?: CallOptions): Promise<Empty>
  Restart(request: ContainerRequest, options?: CallOptions): Promise<Empty>
  Pause(request: ContainerRequest, options?: CallOptions): Promise<Empty>
  Resume(request: ContainerRequest, options?: CallOptions): Promise<Empty>
  Processes(request: ContainerRequest, options?: CallOptions): Promise<ProcessesResponse>
  Rename(request: RenameRequest, options?: CallOptions): Promise<Empty>
  Exec(request: ExecRequest, options?: CallOptions): Promise<ExecResponse>
  CreateNetwork(request: Network, options?: CallOptions): Promise<Network>
  Networks(request: Empty, options?: CallOptions): Promise<NetworksResponse>
  RemoveNetwork(request: NameRequest, options?: CallOptions): Promise<Empty>
}

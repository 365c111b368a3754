/**
 * What nerdctl and ctr need beyond the CRI, as a small gRPC service of our own on the same socket: containers are run
 * through the CRI itself, with containerd's namespace as the call's metadata, so that there is one way a container is
 * made. containerd's own API is a dozen services that move the work into its clients; nothing here needs that.
 */
import { parseTable } from '../../schema/schema.ts'

export const engineTable = parseTable(
  'kijabi.engine.v1',
  `
package kijabi.engine.v1

service Engine
  Pull ImageRequest stream Progress
  Push ImageRequest stream Progress
  Tag TagRequest Empty
  Untag NameRequest Empty
  Save SaveRequest stream Chunk
  Load stream Chunk LoadResponse
  Commit CommitRequest CommitResponse
  Prune Empty PruneResponse
  Namespaces Empty NamesResponse
  Content Empty ContentResponse
  Layers Empty LayersResponse
  ReadContent NameRequest stream Chunk
  Wait ContainerRequest WaitResponse
  Kill KillRequest Empty
  Restart ContainerRequest Empty
  Pause ContainerRequest Empty
  Resume ContainerRequest Empty
  Processes ContainerRequest ProcessesResponse
  Rename RenameRequest Empty
  Exec ExecRequest ExecResponse
  CreateNetwork Network Network
  Networks Empty NetworksResponse
  RemoveNetwork NameRequest Empty

type Empty
type NameRequest
  1 name string
type NamesResponse
  1 names []string
type ImageRequest
  1 name     string
  2 username string
  3 password string
type Progress
  1 ref    string
  2 status string
  3 offset int64
  4 total  int64
type TagRequest
  1 source string
  2 target string
type SaveRequest
  1 names []string
type Chunk
  1 data bytes
type LoadResponse
  1 names []string
type CommitRequest
  1 containerId string
  2 name        string
  3 config      string | the image config's "config" as JSON
  4 comment     string
type CommitResponse
  1 id string
type PruneResponse
  1 blobs  int64
  2 layers int64
  3 bytes  int64
type Blob
  1 digest    string
  2 size      int64
  3 createdAt string
type ContentResponse
  1 blobs []Blob
type Layer
  1 id     string
  2 parent string
  3 bytes  int64
  4 inodes int64
type LayersResponse
  1 layers []Layer
type ContainerRequest
  1 containerId string
type WaitResponse
  1 exitCode int32
type KillRequest
  1 containerId string
  2 signal      string
type ProcessesResponse
  1 pids []int32
type RenameRequest
  1 containerId string
  2 name        string
type ExecRequest
  1 containerId string
  2 cmd         []string
  3 tty         bool
  4 stdin       bool
  5 env         []string
  6 user        string | USER[:GROUP]; the container's own without it
  7 workingDir  string
  8 privileged  bool
type ExecResponse
  1 url string
type Network
  1 id        string
  2 name      string
  3 subnet    string
  4 labels    map[string]string
  5 createdAt string
  6 members   []NetworkMember
type NetworkMember
  1 id      string
  2 name    string
  3 address string
type NetworksResponse
  1 networks []Network
`,
)

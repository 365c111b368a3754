/** A gRPC service read from its table: each method with its path and the codecs of its messages. */
import { type Codec, createCodecs } from '../schema/protobuf.ts'
import type { MessageType, Table } from '../schema/schema.ts'

export interface GrpcMethod {
  readonly name: string
  readonly path: string
  readonly requestStream: boolean
  readonly responseStream: boolean
  readonly request: Codec
  readonly response: Codec
}
export interface GrpcService {
  /** With its package: `runtime.v1.RuntimeService`. */
  readonly name: string
  readonly methods: ReadonlyMap<string, GrpcMethod>
}

/** The service `name` (`RuntimeService`) of a table whose name is the protobuf package. */
export function grpcService(table: Table, name: string): GrpcService {
  const methods = table.services.get(name)
  if (!methods) throw new Error(`table ${table.name} has no service ${name}`)
  const codec = createCodecs({ form: 'proto3', resolve: (id) => messageOf(table, id) })
  return {
    name: `${table.name}.${name}`,
    methods: new Map(
      methods.map((method) => [
        method.name,
        {
          name: method.name,
          path: `/${table.name}.${name}/${method.name}`,
          requestStream: method.requestStream,
          responseStream: method.responseStream,
          request: codec(method.request),
          response: codec(method.response),
        },
      ]),
    ),
  }
}

function messageOf(table: Table, id: string): MessageType {
  const type = id.startsWith(`${table.name}.`) ? table.types.get(id.slice(table.name.length + 1)) : undefined
  if (!type) throw new Error(`table ${table.name} has no type ${id}`)
  return type
}

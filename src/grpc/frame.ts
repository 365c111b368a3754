/** gRPC's length-prefixed messages: a flag byte, four bytes of length, the message. */
import { Code, GrpcError } from './status.ts'

/** grpc-go's own default for what it receives is 4 MiB; etcd and the kubelet raise it to 16 MiB, and lists need more. */
export const defaultMaxMessageBytes = 64 * 1024 * 1024

export function frame(message: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(message.length + 5)
  out[0] = 0
  out.writeUInt32BE(message.length, 1)
  out.set(message, 5)
  return out
}

export interface FrameReader {
  /** The messages that `chunk` completes. Throws GrpcError on one that is too large or compressed. */
  push(chunk: Buffer): Buffer[]
  /** True when nothing of a message is left over. */
  readonly empty: boolean
}

export function createFrameReader(maxMessageBytes: number): FrameReader {
  let chunks: Buffer[] = []
  let held = 0
  /** How many bytes must be there before anything can be read: a head, or a head and its message. */
  let wanted = 5
  const lengthAt = (buffer: Buffer, at: number): number => {
    if (buffer[at] !== 0) throw new GrpcError(Code.UNIMPLEMENTED, 'grpc: compressed messages are not supported')
    const length = buffer.readUInt32BE(at + 1)
    if (length > maxMessageBytes)
      throw new GrpcError(Code.RESOURCE_EXHAUSTED, `grpc: received message larger than max (${length} vs. ${maxMessageBytes})`)
    return length
  }
  return {
    push(chunk) {
      chunks.push(chunk)
      held += chunk.length
      const out: Buffer[] = []
      if (held < wanted) return out
      const buffer = chunks.length === 1 ? chunk : Buffer.concat(chunks)
      let at = 0
      wanted = 5
      while (buffer.length - at >= 5) {
        const length = lengthAt(buffer, at)
        if (buffer.length - at < 5 + length) {
          wanted = 5 + length
          break
        }
        out.push(buffer.subarray(at + 5, at + 5 + length))
        at += 5 + length
      }
      held = buffer.length - at
      chunks = held === 0 ? [] : [buffer.subarray(at)]
      return out
    },
    get empty() {
      return held === 0
    },
  }
}

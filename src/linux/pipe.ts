/**
 * A stream over an open descriptor of a kind that Node refuses to guess, such as a SOCK_SEQPACKET socket: libuv reads
 * and writes it like any other, a packet a read. The handle behind Node's own pipes is the only way to it.
 */
import { Socket } from 'node:net'

interface PipeHandle {
  open(fd: number): number
}
interface PipeBinding {
  readonly Pipe: new (type: number) => PipeHandle
  readonly constants: { readonly SOCKET: number }
}

export function openPipe(fd: number): Socket {
  const { Pipe, constants } = (process as unknown as { binding(name: 'pipe_wrap'): PipeBinding }).binding('pipe_wrap')
  const handle = new Pipe(constants.SOCKET)
  handle.open(fd)
  // The types do not know the option by which Node's own modules make sockets.
  return new Socket({ handle, readable: true, writable: true, allowHalfOpen: true } as object)
}

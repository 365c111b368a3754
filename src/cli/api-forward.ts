/**
 * Leads pods and further nodes to what listens on the machine's loopback, where they do not reach it: the API server, and
 * mirrors of registries. It listens on a bridge's address and passes the bytes on: TLS ends at the server.
 */
import { connect, createServer, type Server } from 'node:net'

/** More connections at once are refused: a pod that opens them without end must not use up the host's. */
const mostConnections = 2000

export function forwardToLoopback(address: string, port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (from) => {
    const to = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    from.pipe(to).pipe(from)
    // Either end may break off; the other then ends too.
    from.on('error', () => to.destroy()).on('close', () => to.destroy())
    to.on('error', () => from.destroy()).on('close', () => from.destroy())
  })
  server.maxConnections = mostConnections
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      // Who listens on every address is reached without us.
      if (error.code === 'EADDRINUSE') resolve(server)
      else reject(error)
    })
    server.listen(port, address, () => resolve(server))
  })
}

/**
 * Leads pods to the API server. It listens on loopback, where no pod reaches it, so the first node listens on its bridge
 * address too, which is what the `kubernetes` Service's endpoint says, and passes the bytes on: TLS ends at the server.
 */
import { connect, createServer, type Server } from 'node:net'

/** More connections at once are refused: a pod that opens them without end must not use up the host's. */
const mostConnections = 2000

export function forwardToApiServer(address: string, port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (from) => {
    const to = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    from.pipe(to).pipe(from)
    // Either end may break off; the other then ends too.
    from.on('error', () => to.destroy()).on('close', () => to.destroy())
    to.on('error', () => from.destroy()).on('close', () => from.destroy())
  })
  server.maxConnections = mostConnections
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => resolve(server))
  })
}

/** A worker that asks as fast as it is answered, on many connections, and counts the answers where its starter reads them. */
import { connect } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'

export interface Flood {
  readonly port: number
  readonly connections: number
  /** HTTP/1.1, as it goes out. */
  readonly request: string
  /** How many were answered, and how many of those not with 200. */
  readonly counts: SharedArrayBuffer
}

const { port, connections, request, counts } = workerData as Flood
const counted = new Int32Array(counts)
let open = 0
for (let i = 0; i < connections; i++) {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }, () => {
    socket.write(request)
    if (++open === connections) parentPort?.postMessage('flooding')
  })
  socket.on('data', (chunk: Buffer) => {
    const start = chunk.toString('latin1', 0, 12)
    if (!start.startsWith('HTTP/1.1')) return
    Atomics.add(counted, 0, 1)
    if (!start.endsWith('200')) Atomics.add(counted, 1, 1)
    socket.write(request)
  })
}

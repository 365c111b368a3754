/**
 * A server that does nothing but send: the bound of what one Node process can answer over TLS. `bare.ts PORT FOLDER`,
 * the folder holding the certificate. A GET of /SIZE answers so many bytes, `/watch` stays open, and each POST sends
 * its body as one line to all that watch, one write for each.
 */
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { join } from 'node:path'

const [port, folder] = process.argv.slice(2) as [string, string]
const watchers = new Set<ServerResponse>()
const bodies = new Map<string, Buffer>()

createServer({ key: readFileSync(join(folder, 'apiserver.key')), cert: readFileSync(join(folder, 'apiserver.crt')) }, (req, res) => {
  const path = req.url as string
  if (path === '/watch') {
    res.writeHead(200, { 'Content-Type': 'application/json' })
    res.flushHeaders()
    watchers.add(res)
    res.on('close', () => watchers.delete(res))
  } else if (req.method === 'POST') {
    req.on('data', (event: Buffer) => {
      const line = Buffer.concat([event, Buffer.from('\n')])
      for (const watcher of watchers) watcher.write(line)
    })
    req.on('end', () => res.end())
  } else {
    const body = bodies.get(path) ?? Buffer.alloc(Number(path.slice(1)) || 1, 'x')
    bodies.set(path, body)
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    res.end(body)
  }
}).listen(Number(port), '127.0.0.1')

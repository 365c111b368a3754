/** What the benchmarks of the API server share: the server as a process of its own, a client, and the CPU time it took. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const kijabi = fileURLToPath(new URL('../bin/kijabi', import.meta.url))
const token = 'bench'

export interface BenchServer {
  readonly url: string
  readonly pid: number
  /** From the start of the process to the first 200 of /readyz. */
  readonly readyMs: number
  call(method: string, path: string, body?: object, contentType?: string): Promise<Buffer>
  /** Calls `event` with each line of a watch, and resolves when the server has begun it; the result ends it. */
  watch(path: string, event: (line: string) => void): Promise<() => void>
  /** CPU seconds of the process so far. */
  cpu(): number
  residentMB(): number
  stop(): Promise<void>
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'kijabi-bench-'))

export async function startServer(folder: string): Promise<BenchServer> {
  const port = await freePort()
  const tokens = join(folder, 'tokens.csv')
  writeFileSync(tokens, `${token},admin,1,"system:masters"\nalice,alice,2\nbob,bob,3\n`)
  const flags = { 'secure-port': port, 'data-dir': join(folder, 'data'), 'cert-dir': join(folder, 'pki'), 'token-auth-file': tokens }
  return serverAt(port, kijabi, [
    'kube-apiserver',
    '--authorization-mode=Node,RBAC',
    ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
  ])
}

/** What Node's own HTTPS server costs for the same requests, with the certificate that a server made in `folder`: nothing here can cost less. */
export async function startBareServer(folder: string): Promise<BenchServer> {
  const port = await freePort()
  return serverAt(port, process.execPath, [fileURLToPath(new URL('bare.ts', import.meta.url)), String(port), join(folder, 'pki')])
}

async function serverAt(port: number, program: string, args: readonly string[]): Promise<BenchServer> {
  const started = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const pid = child.pid as number
  const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false })
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }
  const url = `https://127.0.0.1:${port}`

  const call: BenchServer['call'] = (method, path, body, contentType = 'application/json') =>
    new Promise((resolve, reject) => {
      const request = https.request(
        url + path,
        { method, agent, headers: { ...headers, ...(body ? { 'content-type': contentType } : {}) } },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => {
            const bytes = Buffer.concat(chunks)
            if ((response.statusCode as number) < 300) resolve(bytes)
            else reject(new Error(`${method} ${path}: ${response.statusCode} ${bytes.toString().slice(0, 200)}`))
          })
        },
      )
      request.on('error', reject)
      request.end(body && JSON.stringify(body))
    })
  await untilReady(call, child)
  const readyMs = performance.now() - started

  return {
    url,
    pid,
    readyMs,
    call,
    watch: (path, event) =>
      new Promise((resolve, reject) => {
        const request = https.get(url + path, { headers, rejectUnauthorized: false, agent: false }, (response) => {
          let rest = ''
          response.setEncoding('utf8').on('data', (text: string) => {
            const lines = (rest + text).split('\n')
            rest = lines.pop() as string
            for (const line of lines) event(line)
          })
          response.on('error', () => {})
          resolve(() => request.destroy())
        })
        request.on('error', reject)
      }),
    cpu: () => cpuSeconds(pid),
    residentMB: () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024),
    async stop() {
      agent.destroy()
      child.kill()
      await new Promise<void>((resolve) => (child.exitCode === null ? child.once('exit', () => resolve()) : resolve()))
    },
  }
}

/** Stops the server when `work` is done. */
export async function withServer(starting: Promise<BenchServer>, work: (server: BenchServer) => Promise<void>): Promise<void> {
  const server = await starting
  try {
    await work(server)
  } finally {
    await server.stop()
  }
}

export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true })

/** `count` calls of `one`, `width` at a time. */
export async function pool(count: number, width: number, one: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) await one(next++)
    }),
  )
}

export const pod = (namespace: string, name: string) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name, namespace, labels: { app: 'web' } },
  spec: {
    containers: [{ name: 'web', image: 'registry.example/web:1', resources: { requests: { cpu: '10m', memory: '16Mi' } } }],
  },
})

async function untilReady(call: BenchServer['call'], child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode}`)
    try {
      await call('GET', '/readyz')
      return
    } catch {
      // Nothing outside the server says when it begins to listen.
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

const ticksPerSecond = 100

export function cpuSeconds(pid: number): number {
  const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] as string).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** An API server of its own for end-to-end tests: `kijabi kube-apiserver` on a port and a folder of its own. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './shell.ts'

export interface TestFolder {
  readonly path: string
  /** Writes a file that only its owner reads, objects as JSON, and returns its path. */
  file(name: string, content: string | object): string
  remove(): void
}

export function createTestFolder(name: string): TestFolder {
  const path = mkdtempSync(join(tmpdir(), `kijabi-${name}-`))
  return {
    path,
    file(file, content) {
      writeFileSync(join(path, file), typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
      return join(path, file)
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })

export interface TestApiServer {
  readonly port: number
  readonly pid: number
  /** Resolves when the log holds the text: it comes by a pipe of its own, and may be later than the answer. */
  logged(text: string): Promise<void>
  stop(): Promise<void>
}

/** Ready by the time that this returns. */
export async function startTestApiServer(folder: TestFolder, flags: readonly string[]): Promise<TestApiServer> {
  const port = await freePort()
  const own = ['--bind-address=127.0.0.1', `--secure-port=${port}`, `--data-dir=${folder.path}/store`, `--cert-dir=${folder.path}/pki`]
  const server = spawn(join(root, 'scripts/node'), [join(root, 'src/cli/main.ts'), 'kube-apiserver', ...own, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  server.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const ended = new Promise<number | null>((done) => server.once('exit', done))
  const logged = async (text: string) => {
    while (!log.includes(text)) {
      const more = new Promise<void>((done) => server.stderr.once('data', () => done()))
      const over = await Promise.race([more, ended])
      if (typeof over === 'number') throw new Error(`the server ended with ${over}: ${log}`)
    }
  }
  await logged('"ready"')
  return {
    port,
    pid: server.pid as number,
    logged,
    async stop() {
      server.kill('SIGTERM')
      await ended
    },
  }
}

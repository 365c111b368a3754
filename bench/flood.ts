/**
 * What a flood of one user's requests does to another's: `scripts/node bench/flood.ts`. Alice asks for one object after
 * the other, first alone and then beside Bob, who keeps many requests under way. Bob's process has the lowest priority:
 * the server's turns are measured, and not how a kernel shares two cores among three processes.
 */
import { spawn } from 'node:child_process'
import https from 'node:https'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { pool, removeFolder, startServer, temporaryFolder, withServer } from './server.ts'

const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false })
const [flooded, width] = process.argv.slice(2)
if (flooded && width) await flood(flooded, Number(width))
else await compare()

function asks(url: string, user: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = https.get(url, { agent, headers: { authorization: `Bearer ${user}` } }, (response) => {
      response.resume()
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`${url}: ${response.statusCode}`))))
    })
    request.on('error', reject)
  })
}

async function flood(url: string, width: number): Promise<void> {
  setPriority(19)
  await pool(width, width, () => asks(url, 'bob'))
  process.stdout.write('begun\n')
  await pool(Number.POSITIVE_INFINITY, width, () => asks(url, 'bob').catch(() => {}))
}

async function compare(): Promise<void> {
  const folder = temporaryFolder()
  try {
    await withServer(startServer(folder), async (server) => {
      for (const name of ['alice', 'bob'])
        await server.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
          metadata: { name },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
        })
      const path = '/api/v1/namespaces/default/configmaps'
      for (let i = 0; i < 200; i++) await server.call('POST', path, { metadata: { name: `c${i}` }, data: { key: 'v'.repeat(500) } })
      const latency = async () => {
        const times: number[] = []
        for (let i = 0; i < 2000; i++) {
          const start = performance.now()
          await asks(`${server.url}${path}/c1`, 'alice')
          times.push(performance.now() - start)
        }
        return times.sort((a, b) => a - b)[times.length / 2] as number
      }
      await latency()
      for (const [what, target, width] of [
        ['64 gets at once', `${path}/c2`, '64'],
        ['16 lists of 200 at once', path, '16'],
      ] as const)
        for (let round = 0; round < 3; round++) {
          const alone = await latency()
          const bob = spawn(process.execPath, [fileURLToPath(import.meta.url), server.url + target, width], {
            stdio: ['ignore', 'pipe', 'inherit'],
          })
          await new Promise((begun) => bob.stdout.once('data', begun))
          const [cpu, start] = [server.cpu(), performance.now()]
          const beside = await latency()
          const busy = Math.round(((server.cpu() - cpu) / (performance.now() - start)) * 100_000)
          bob.kill()
          await new Promise((ended) => bob.once('exit', ended))
          const ratio = (beside / alone).toFixed(1)
          console.log(
            `${what.padEnd(24)} median ${alone.toFixed(2)} ms alone, ${beside.toFixed(2)} ms beside them: ${ratio} times, the server ${busy} % busy`,
          )
        }
    })
  } finally {
    removeFolder(folder)
  }
}

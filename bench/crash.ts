/**
 * Kills the embedded store with SIGKILL at random moments while 16 writers write, and looks after each restart whether
 * every acknowledged write is there, nothing happened twice, revisions never went back and a watcher that resumes misses
 * nothing: `scripts/node bench/crash.ts --rounds 500`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { crashRounds } from './crash-rounds.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } })
const rounds = Number(values.rounds)
const start = performance.now()
const dataDir = mkdtempSync(join(tmpdir(), 'kijabi-crash-'))
try {
  const { acknowledged, revision } = await crashRounds({ rounds, dataDir })
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  console.log(`${rounds} rounds, ${acknowledged} acknowledged writes, revision ${revision}, ${seconds} s: nothing lost, nothing twice`)
} finally {
  rmSync(dataDir, { recursive: true, force: true })
}

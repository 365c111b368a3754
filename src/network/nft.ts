/** Runs `nft -f -`: one transaction, all of it or nothing. There is no living binding to libnftables, and a run costs a few milliseconds. */
import { spawn } from 'node:child_process'

export type Nft = (script: string) => Promise<void>

export const nft: Nft = (script) => run(['-f', '-'], script).then(() => undefined)

/** The ruleset or a part of it as JSON, for reading back what an earlier process left. */
export const nftList = async (...words: string[]): Promise<string> => run(['-j', 'list', ...words], '')

function run(words: string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('nft', words, { stdio: ['pipe', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (errors.length < 4096) errors += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new Error(`nft: ${errors.trim() || `exit code ${code}`}`))
    })
    // An early death of nft shows in its exit code; the broken pipe says nothing more.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

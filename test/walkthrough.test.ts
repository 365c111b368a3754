/** docs/walkthrough.md, typed line by line into a cluster of its own: each line ends with 0 and shows what stands behind its `#`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cannotRunContainers, createTestCluster, type TestCluster } from './support/cluster.ts'
import { root, run } from './support/shell.ts'

const reason = cannotRunContainers()
if (reason) console.warn(`skipped: ${reason}`)
const port = 33_000 + Math.floor(Math.random() * 1000)

const sections = readFileSync(join(root, 'docs', 'walkthrough.md'), 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    title: text.split('\n')[0] as string,
    lines: [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((block) => (block[1] as string).trimEnd().split('\n')),
  }))

describe.skipIf(reason)('the walkthrough', () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await createTestCluster({ port })
    await cluster.up()
  })
  afterAll(() => cluster?.close())

  test.each(sections)('$title', async ({ lines }) => {
    expect(lines.length).toBeGreaterThan(0)
    const env = { ...cluster.env, NFT_TABLE: `kube-proxy-${port}`, PATH: `${join(root, 'bin')}:/usr/sbin:${process.env['PATH']}` }
    for (const line of lines) {
      const [command = '', shows = ''] = line.split(/ +# ?/)
      const { code, stdout, stderr } = await run('/bin/sh', ['-c', command], { env, cwd: root, timeoutMs: 90_000 })
      expect({ command, code, stderr: code === 0 ? '' : stderr }).toEqual({ command, code: 0, stderr: '' })
      expect(stdout, command).toContain(shows)
    }
  })
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { type NodeSettings, terminationFile } from '../container-config.ts'
import type { RuntimeContainer } from '../runtime-pods.ts'
import { terminationMessage } from './termination-message.ts'
import { container, podOf } from './testing.ts'

const logOf = (lines: number) => Array.from({ length: lines }, (_, i) => `2026-01-01T00:00:00Z stdout F line ${i}\n`).join('')
const fallback = 'FallbackToLogsOnError'

test.each<[string, string | undefined, string, string | undefined, number, string]>([
  ['its file', 'bye', 'out', undefined, 0, 'bye'],
  ['nothing without one', undefined, logOf(1), undefined, 1, ''],
  ['the log of one that failed, where it asked for that', '', logOf(2), fallback, 1, 'line 0\nline 1\n'],
  ['a line without an end', '', '2026-01-01T00:00:00Z stdout P DONE\n', fallback, 1, 'DONE'],
  ['not of one that succeeded', '', logOf(2), fallback, 0, ''],
  ['the file rather than the log', 'bye', logOf(2), fallback, 1, 'bye'],
  ['the last 4,096 bytes of the file', `x${'y'.repeat(4096)}`, '', undefined, 1, 'y'.repeat(4096)],
  ['the last 80 lines of the log', '', logOf(200), fallback, 1, Array.from({ length: 80 }, (_, i) => `line ${120 + i}\n`).join('')],
])('a container’s last words are %s', (_, file, log, policy, exitCode, expected) => {
  const folder = mkdtempSync(join(tmpdir(), 'kijabi-words-'))
  try {
    const settings = { podsFolder: folder } as NodeSettings
    const pod = podOf()
    const logPath = join(folder, '0.log')
    writeFileSync(logPath, log)
    if (file !== undefined) {
      const path = terminationFile(pod, 'main', 0, settings)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, file)
    }
    const found = { name: 'main', restartCount: 0, exitCode, logPath } as RuntimeContainer
    const asked = container('main', policy ? { terminationMessagePolicy: policy as 'FallbackToLogsOnError' } : {})
    expect(terminationMessage(pod, asked, found, settings)).toBe(expected)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFakeClock } from '../client/clock.ts'
import { noLog } from '../log/log.ts'
import type { Cri } from './cri.ts'
import { rotateOnce } from './log-rotation.ts'

let folder: string
let reopened: () => void
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kijabi-logs-'))
  reopened = () => writeFileSync(join(folder, '0.log'), '')
})
afterEach(() => rmSync(folder, { recursive: true }))

const clock = createFakeClock()
const rotateTimes = async (times: number, text: (time: number) => string) => {
  const runtime = {
    ListContainers: async () => ({ containers: [{ id: 'x' }] }),
    ContainerStatus: async () => ({ status: { logPath: join(folder, '0.log') } }),
    ReopenContainerLog: async () => reopened(),
  }
  for (let time = 0; time < times; time++) {
    writeFileSync(join(folder, '0.log'), text(time))
    await rotateOnce({ cri: { runtime } as unknown as Cri, clock, log: noLog }, { maxBytes: 10, maxFiles: 3 })
    clock.advance(10_000)
  }
}

test('a small log stays as it is', async () => {
  await rotateTimes(1, () => 'small')
  expect(readdirSync(folder)).toEqual(['0.log'])
})

test('the newest that was cut is kept as text, the one before it compressed, and older ones go', async () => {
  await rotateTimes(4, (time) => `the text of time ${time}`)
  const [current, older, newer, ...others] = readdirSync(folder).sort()
  expect([current, others]).toEqual(['0.log', []])
  expect(older).toMatch(/^0\.log\.\d{8}-\d{6}\.gz$/)
  expect(gunzipSync(readFileSync(join(folder, older as string))).toString()).toBe('the text of time 2')
  expect(readFileSync(join(folder, newer as string), 'utf8')).toBe('the text of time 3')
})

test('what a killed kubelet left half compressed is taken away', async () => {
  writeFileSync(join(folder, '0.log.20260101-000000.tmp'), 'half')
  await rotateTimes(1, () => 'large enough')
  expect(readdirSync(folder).some((name) => name.endsWith('.tmp'))).toBe(false)
})

test('where the runtime opens no new file, the old one keeps its name', async () => {
  reopened = () => {
    throw new Error('it ended')
  }
  await rotateTimes(1, () => 'large enough')
  expect(readdirSync(folder)).toEqual(['0.log'])
})

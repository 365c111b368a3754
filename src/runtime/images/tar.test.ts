import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTarReader, type TarEntry, TarError } from './tar.ts'
import { tarArchive, tarHeader } from './tar-writer.ts'

function readAll(archive: Buffer, chunkSize = 65_536): { entry: TarEntry; data: Buffer }[] {
  const out: { entry: TarEntry; data: Buffer }[] = []
  const reader = createTarReader({
    entry: (entry) => out.push({ entry, data: Buffer.alloc(Math.min(entry.size, 1 << 24)) }),
    data: (chunk, offset) => void chunk.copy(out.at(-1)!.data, offset),
    end() {},
  })
  for (let at = 0; at < archive.length; at += chunkSize) reader.push(archive.subarray(at, at + chunkSize))
  reader.finish()
  return out
}

test('what the writer writes, the reader reads, in chunks of any size', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          name: fc.stringMatching(/^[a-zé/]{1,150}[a-z]$/),
          mode: fc.integer({ min: 0, max: 0o7777 }),
          uid: fc.integer({ min: 0, max: 2 ** 31 }),
          mtime: fc.integer({ min: 0, max: 2 ** 32 }),
          data: fc.uint8Array({ maxLength: 1500 }),
        }),
        { maxLength: 6 },
      ),
      fc.integer({ min: 1, max: 3000 }),
      (entries, chunk) => {
        const read = readAll(tarArchive(entries), chunk)
        expect(read.map((r) => ({ name: r.entry.name, mode: r.entry.mode, uid: r.entry.uid, mtime: r.entry.mtime, data: r.data }))).toEqual(
          entries.map((e) => ({ ...e, data: Buffer.from(e.data) })),
        )
      },
    ),
    { numRuns: 60 },
  )
})

test.each([['gnu'], ['posix'], ['ustar']])('GNU tar in its %s form, with long names, links and sparse files', (format) => {
  const folder = mkdtempSync(join(tmpdir(), 'tar-'))
  try {
    const long = format === 'ustar' ? 'short' : `${'d'.repeat(90)}/${'e'.repeat(90)}`
    mkdirSync(join(folder, long), { recursive: true })
    writeFileSync(join(folder, long, 'file'), 'hello')
    symlinkSync('x'.repeat(format === 'ustar' ? 50 : 200), join(folder, 'link'))
    const fd = openSync(join(folder, 'sparse'), 'w')
    for (let i = 0; i < 12; i++) writeSync(fd, `run ${i}`, i * 200_000)
    closeSync(fd)
    for (const sparse of format === 'posix' ? ['0.0', '0.1', '1.0'] : [undefined]) {
      const version = sparse ? [`--sparse-version=${sparse}`] : []
      const flags = format === 'ustar' ? [] : ['--sparse', ...version]
      const archive = execFileSync('tar', ['-c', `--format=${format}`, ...flags, '.'], { cwd: folder, maxBuffer: 1 << 26 })
      const read = new Map(readAll(archive, 10_007).map((r) => [r.entry.name, r]))
      expect(read.get(`./${long}/file`)?.data.toString()).toBe('hello')
      expect(read.get('./link')?.entry.linkName).toBe('x'.repeat(format === 'ustar' ? 50 : 200))
      const data = read.get('./sparse')!.data
      expect(data.length).toBe(2_200_006)
      for (let i = 0; i < 12; i++) expect(data.toString('latin1', i * 200_000, i * 200_000 + 5)).toBe(`run ${i}`.slice(0, 5))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.each([
  ['a wrong checksum', Buffer.from(tarHeader({ name: 'a' })).fill(1, 0, 1), /checksum/],
  ['an end in the middle of a file', tarHeader({ name: 'a', size: 600 }), /too early/],
  ['a PAX header of a gigabyte', withFlag(tarHeader({ name: 'a', size: 1 << 30 }), 'x'), /larger/],
  ['an unknown type', withFlag(tarHeader({ name: 'a' }), 'Q'), /unknown type/],
])('%s is refused', (_what, archive, message) => {
  expect(() => readAll(archive)).toThrow(TarError)
  expect(() => readAll(archive)).toThrow(message)
})

function withFlag(block: Buffer, flag: string): Buffer {
  const changed = Buffer.from(block)
  changed.write(flag, 156)
  changed.write('        ', 148)
  let sum = 0
  for (const byte of changed) sum += byte
  changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return changed
}

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { detach, mount } from '../../linux/syscalls.ts'
import { launcherProgram, pauseProgram, writeProgram } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'programs-'))
afterAll(() => rmSync(folder, { recursive: true }))
const write = (name: string, program: Buffer) => {
  writeProgram(join(folder, name), program)
  return join(folder, name)
}
const root = process.getuid?.() === 0

test('pause sleeps, ignores what children tell, and ends by a signal', async () => {
  const child = spawn(write('pause', pauseProgram()), { stdio: 'ignore' })
  await once(child, 'spawn')
  child.kill('SIGCHLD')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
})

test('the launcher hands its words and environment on', () => {
  const launch = write('launch', launcherProgram('/bin/sh', undefined))
  const script = 'echo "$0 $1 $WORD"; exit 7'
  const { stdout, status } = spawnSync(launch, ['/bin/sh', '-c', script, 'a', 'b c'], { encoding: 'utf8', env: { WORD: 'x' } })
  expect([stdout, status]).toEqual(['a b c x\n', 7])
})

test('what the kernel refuses is said', () => {
  const launch = write('refused', launcherProgram('/bin/sh', '/tmp'))
  chmodSync(folder, 0o755)
  const { stderr, status } = spawnSync(launch, ['/bin/sh'], { encoding: 'utf8', ...(root ? { uid: 65534, gid: 65534 } : {}) })
  expect([stderr, status]).toEqual(['kijabi: the kernel refused a namespace\n', 1])
})

test.runIf(root)('what it starts can be written to by nobody, and does not see the mount that is hidden', () => {
  const program = write('sh', readFileSync('/bin/sh'))
  const hidden = join(folder, 'hidden')
  mkdirSync(hidden)
  mount('tmpfs', hidden, 'tmpfs', 0, '')
  try {
    const launch = write('hide', launcherProgram(program, hidden))
    // While it runs it is busy; CVE-2019-5736 waits with a descriptor of it until it has become another program.
    const script = `echo > ${hidden}/below; exec 9</proc/self/exe; exec sh -c 'echo > /proc/self/fd/9'`
    expect(spawnSync(launch, [program, '-c', script], { encoding: 'utf8' }).stderr).toMatch(/Read-only file system/)
    expect(readdirSync(hidden)).toEqual([])
  } finally {
    detach(hidden)
  }
  expect(readdirSync(hidden)).toEqual(['below'])
})

test('both machines have a program', () => {
  for (const arch of ['x64', 'arm64'])
    for (const program of [pauseProgram(arch), launcherProgram('/usr/bin/crun', '/sys/fs/cgroup/unified', arch)]) {
      expect(program.toString('latin1', 0, 4)).toBe('\x7fELF')
      expect(program.readUInt16LE(18)).toBe(arch === 'x64' ? 62 : 183)
    }
})

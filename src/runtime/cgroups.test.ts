import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { readUsage } from './cgroups.ts'
import { type CgroupMode, cgroupRoot } from './oci/host.ts'

const v1 = {
  'cpuacct.usage': '1500000000\n',
  'memory.usage_in_bytes': '1000\n',
  'memory.stat': 'total_inactive_file 300\ntotal_rss 500\ntotal_pgfault 7\ntotal_pgmajfault 2\n',
  'memory.limit_in_bytes': '4096\n',
  'memory.memsw.usage_in_bytes': '1100\n',
  'pids.current': '3\n',
}
const v2 = {
  'cpu.stat': 'usage_usec 1500000\nuser_usec 1\n',
  'memory.current': '1000\n',
  'memory.stat': 'inactive_file 300\nanon 500\npgfault 7\npgmajfault 2\n',
  'memory.max': '4096\n',
  'memory.swap.current': '100\n',
  'pids.current': '3\n',
}
const whole = {
  cpuNanoseconds: 1_500_000_000,
  memoryBytes: 1000,
  workingSetBytes: 700,
  rssBytes: 500,
  limitBytes: 4096,
  swapBytes: 100,
  pageFaults: 7,
  majorPageFaults: 2,
  processes: 3,
}

test.each<[string, CgroupMode, Record<string, string>, object | undefined]>([
  ['version 1', 'legacy', v1, whole],
  ['version 1 beside version 2', 'hybrid', v1, whole],
  ['version 2', 'unified', v2, whole],
  ['version 1 without a limit', 'legacy', { ...v1, 'memory.limit_in_bytes': '9223372036854771712' }, { ...whole, limitBytes: undefined }],
  ['version 2 without a limit', 'unified', { ...v2, 'memory.max': 'max' }, { ...whole, limitBytes: undefined }],
  ['a kernel that does not count swap', 'legacy', { ...v1, 'memory.memsw.usage_in_bytes': '' }, { ...whole, swapBytes: 0 }],
  ['a group that is gone', 'unified', {}, undefined],
])('what a group used: %s', async (_what, mode, files, expected) => {
  const folder = mkdtempSync(join(tmpdir(), 'cgroup-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    // The folder stands in for the group's in every hierarchy.
    const path = relative(join(cgroupRoot, mode === 'unified' ? '' : 'memory'), folder)
    expect(await readUsage(mode, path)).toEqual(expected)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

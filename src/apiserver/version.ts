/** What /version says. Clients compare major and minor; the suffix after `+` is not looked at by upstream's. */
import { arch, platform } from 'node:process'

const goArch: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

export const serverVersion = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2+kijabi',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: `node ${process.versions.node}`,
  compiler: 'v8',
  platform: `${platform}/${goArch[arch] ?? arch}`,
} as const

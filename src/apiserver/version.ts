/** What /version says. Clients compare major and minor; the suffix after `+` is not looked at by upstream's. */
import { arch, platform } from 'node:process'
import type { MetricsRegistry } from '../metrics/metrics.ts'

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

export function addBuildInfo(metrics: MetricsRegistry): void {
  const { major, minor, gitVersion, gitCommit, gitTreeState, buildDate, goVersion, compiler, platform: on } = serverVersion
  const info = metrics.gauge(
    'kubernetes_build_info',
    "[BETA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
    ['major', 'minor', 'git_version', 'git_commit', 'git_tree_state', 'build_date', 'go_version', 'compiler', 'platform'],
  )
  info.set(1, [major, minor, gitVersion, gitCommit, gitTreeState, buildDate, goVersion, compiler, on])
}

/** What Prometheus' clients tell of their process, under their names (client_golang's process collector), and upstream's build information. */
import { readdirSync, readFileSync } from 'node:fs'
import type { MetricsRegistry } from './metrics.ts'

export function addProcessMetrics(metrics: MetricsRegistry): void {
  const one = (name: string, help: string, value: () => number, type: 'gauge' | 'counter' = 'gauge') =>
    metrics.collect(name, help, [], () => [[[], value()] as const], type)
  const cpu = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
  const startedAt = Date.now() / 1000 - process.uptime()
  one('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.', cpu, 'counter')
  one('process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss())
  one('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', () => startedAt)
  if (process.platform !== 'linux') return
  one('process_virtual_memory_bytes', 'Virtual memory size in bytes.', () => kibibytes('VmSize'))
  one('process_open_fds', 'Number of open file descriptors.', () => readdirSync('/proc/self/fd').length)
  one('process_max_fds', 'Maximum number of open file descriptors.', () =>
    Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]),
  )
}

/** How many metrics there are, by what is promised of them (component-base/metrics). */
export function addRegistryMetrics(metrics: MetricsRegistry): void {
  metrics.collect(
    'registered_metrics_total',
    '[BETA] The count of registered metrics broken by stability level and deprecation version.',
    ['stability_level', 'deprecated_version'],
    function* () {
      const counts = new Map<string, number>()
      for (const help of metrics.helps()) {
        const [, level, deprecated = ''] = /^\[(\w+)\](?: \(Deprecated since ([^)]+)\))?/.exec(help) ?? []
        if (level) counts.set(`${level} ${deprecated}`, (counts.get(`${level} ${deprecated}`) ?? 0) + 1)
      }
      for (const [of, count] of counts) yield [of.split(' '), count]
    },
    'counter',
  )
}

const kibibytes = (field: string): number =>
  1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1])

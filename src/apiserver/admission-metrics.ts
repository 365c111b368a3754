/** How long admission takes, plugin by plugin and as a whole (apiserver/pkg/admission/metrics). */
import type { HistogramRow, MetricsRegistry } from '../metrics/metrics.ts'
import type { AdmissionPlugin } from './admission/admission.ts'
import type { WriteAttributes } from './request.ts'

type Operation = WriteAttributes['operation']
type Type = 'admit' | 'validate'
const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5]

/** Of all that admit, or all that validate. */
export type AdmissionStep = (type: Type, operation: Operation, rejected: boolean, seconds: number) => void

export function createAdmissionMetrics(metrics: MetricsRegistry) {
  const controllers = metrics.histogram(
    'apiserver_admission_controller_admission_duration_seconds',
    '[STABLE] Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
    ['name', 'type', 'operation', 'rejected'],
    buckets,
  )
  const steps = metrics.histogram(
    'apiserver_admission_step_admission_duration_seconds',
    '[STABLE] Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).',
    ['type', 'operation', 'rejected'],
    buckets,
  )
  /** Rows are kept, so that finding one costs less than what is measured. */
  const rows = (of: (type: Type, operation: Operation, rejected: boolean) => HistogramRow) => {
    const known = new Map<string, HistogramRow>()
    return (type: Type, operation: Operation, rejected: boolean): HistogramRow => {
      const key = `${type} ${operation} ${rejected}`
      const have = known.get(key)
      if (have) return have
      const made = of(type, operation, rejected)
      known.set(key, made)
      return made
    }
  }
  const stepRow = rows((type, operation, rejected) => steps.row([type, operation, String(rejected)]))

  return {
    step: ((type, operation, rejected, seconds) => stepRow(type, operation, rejected).observe(seconds)) satisfies AdmissionStep,
    measured(plugin: AdmissionPlugin): AdmissionPlugin {
      const row = rows((type, operation, rejected) => controllers.row([plugin.name, type, operation, String(rejected)]))
      const timed =
        <Arguments extends readonly [...unknown[], WriteAttributes], Result>(type: Type, call: (...args: Arguments) => Result) =>
        (...args: Arguments): Result => {
          const { operation } = args[args.length - 1] as WriteAttributes
          const startedAt = performance.now()
          const over = (rejected: boolean) => row(type, operation, rejected).observe((performance.now() - startedAt) / 1000)
          try {
            const result = call(...args)
            if (result instanceof Promise)
              result.then(
                () => over(false),
                () => over(true),
              )
            else over(false)
            return result
          } catch (error) {
            over(true)
            throw error
          }
        }
      const { admit, validate } = plugin
      return {
        name: plugin.name,
        handles: (...args) => plugin.handles(...args),
        ...(admit ? { admit: timed('admit', (...args: Parameters<typeof admit>) => plugin.admit?.(...args)) } : {}),
        ...(validate ? { validate: timed('validate', (...args: Parameters<typeof validate>) => plugin.validate?.(...args)) } : {}),
      }
    },
  }
}

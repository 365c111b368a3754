/**
 * Admission as a whole (apiserver/pkg/admission/chain.go): the plugins that look at a kind of write are found once for
 * each kind, run in their order, and measured one by one and together (admission/metrics).
 */
import type { HistogramRow, MetricsRegistry } from '../../metrics/metrics.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import type { AdmissionPlugin } from './admission.ts'

export interface AdmissionChain {
  admit(object: ApiObject | undefined, old: ApiObject | undefined, attributes: WriteAttributes): Promise<ApiObject | undefined>
  /** The result is called when the write then fails, so that what was taken (quota) is given back. */
  validate(object: ApiObject | undefined, old: ApiObject | undefined, attributes: WriteAttributes): Promise<() => void>
}

type Type = 'admit' | 'validate'

/** All that admit, or all that validate, a kind of write. Rows of metrics are kept: finding one would cost more than what is measured. */
interface Steps<Plugin> {
  readonly steps: readonly Step<Plugin>[]
  readonly accepted: HistogramRow
  readonly rejected: () => HistogramRow
}
interface Step<Plugin> {
  readonly plugin: Plugin
  readonly accepted: HistogramRow
  readonly rejected: () => HistogramRow
}

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5]

export function createAdmissionChain(plugins: readonly AdmissionPlugin[], metrics: MetricsRegistry): AdmissionChain {
  const controllers = metrics.histogram(
    'apiserver_admission_controller_admission_duration_seconds',
    '[STABLE] Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
    ['name', 'type', 'operation', 'rejected'],
    buckets,
  )
  const whole = metrics.histogram(
    'apiserver_admission_step_admission_duration_seconds',
    '[STABLE] Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).',
    ['type', 'operation', 'rejected'],
    buckets,
  )

  const stepsOf = <T extends Type>(type: T) => {
    const able = plugins.filter((plugin): plugin is AdmissionPlugin & Required<Pick<AdmissionPlugin, T>> => plugin[type] !== undefined)
    const known = new Map<string, Steps<(typeof able)[number]>>()
    return ({ resource: { resource }, subresource, operation }: WriteAttributes) => {
      const key = `${operation} ${resource} ${subresource?.name ?? ''}`
      const have = known.get(key)
      if (have) return have
      const made = {
        steps: able
          .filter((plugin) => plugin.handles(resource, subresource?.name ?? '', operation))
          .map((plugin) => ({
            plugin,
            accepted: controllers.row([plugin.name, type, operation, 'false']),
            rejected: () => controllers.row([plugin.name, type, operation, 'true']),
          })),
        accepted: whole.row([type, operation, 'false']),
        rejected: () => whole.row([type, operation, 'true']),
      }
      known.set(key, made)
      return made
    }
  }
  const admitting = stepsOf('admit')
  const validating = stepsOf('validate')

  return {
    async admit(object, old, attributes) {
      const { steps, accepted, rejected } = admitting(attributes)
      const { reinvocation } = attributes
      const watch = startStopwatch()
      let current = object
      let running: (typeof steps)[number] | undefined
      try {
        for (;;) {
          for (running of steps) {
            const { plugin } = running
            if (plugin.isIdle?.()) continue
            const admitted = plugin.admit(current, old, attributes)
            current = admitted instanceof Promise ? await admitted : admitted
            running.accepted.observe(watch.lap())
          }
          if (!reinvocation.wanted || reinvocation.round === 1) break
          reinvocation.round = 1
        }
      } catch (error) {
        running?.rejected().observe(watch.lap())
        rejected().observe(watch.total())
        throw error
      }
      accepted.observe(watch.total())
      return current
    },

    async validate(object, old, attributes) {
      const { steps, accepted, rejected } = validating(attributes)
      const undo: (() => void)[] = []
      const undoAll = () => {
        for (const back of undo.reverse()) back()
      }
      const watch = startStopwatch()
      let running: (typeof steps)[number] | undefined
      try {
        for (running of steps) {
          const { plugin } = running
          if (plugin.isIdle?.()) continue
          const result = plugin.validate(object, old, attributes)
          const back = result instanceof Promise ? await result : result
          if (back) undo.push(back)
          running.accepted.observe(watch.lap())
        }
      } catch (error) {
        undoAll()
        running?.rejected().observe(watch.lap())
        rejected().observe(watch.total())
        throw error
      }
      accepted.observe(watch.total())
      return undoAll
    },
  }
}

/** Seconds since the last look, and since the start. */
function startStopwatch(): { lap(): number; total(): number } {
  const startedAt = performance.now()
  let last = startedAt
  return {
    lap() {
      const now = performance.now()
      const seconds = (now - last) / 1000
      last = now
      return seconds
    },
    total: () => (performance.now() - startedAt) / 1000,
  }
}

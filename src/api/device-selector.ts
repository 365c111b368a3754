/**
 * CEL expressions that choose devices (k8s.io/dynamic-resource-allocation/cel): the one environment that the API server
 * compiles them in when they are written and the scheduler evaluates them in.
 */
import { createEnvironment, type Program } from '../cel/environment.ts'
import { CompileError, EvaluationError } from '../cel/errors.ts'
import { quantityValue } from '../cel/quantity.ts'
import { semverValue } from '../cel/semver.ts'
import { bool, type CelType, formatType, mapOf, objectType, opaque, string } from '../cel/types.ts'
import { JsonMap, type Value } from '../cel/values.ts'
import { parseQuantity } from './quantity.ts'
import type { Device, DeviceAttribute } from './types/resource-v1.ts'

export interface DeviceSelector {
  /** Throws EvaluationError, or BudgetError past a million units of work (CELSelectorExpressionMaxCost). */
  matches(driver: string, device: Device): boolean
}

/** Why an expression cannot select devices, in the words of the API's refusal. */
export class DeviceSelectorError extends Error {}

/** An object of its own: an attribute as a whole expression is allowed, `dyn(…)` is not. */
const attribute: CelType = { kind: 'dyn' }
const attributes = mapOf(string, mapOf(string, attribute))
const capacity = mapOf(string, mapOf(string, opaque('kubernetes.Quantity')))
const deviceType = objectType('kubernetes.DRADevice', () => deviceFields)
const deviceFields = new Map([
  ['driver', string],
  ['allowMultipleAllocations', bool],
  ['attributes', attributes],
  ['capacity', capacity],
])
const environment = createEnvironment({ variables: { device: deviceType } })

/** Programs that were asked for last; more expressions than this are compiled again. */
const mostPrograms = 500
const programs = new Map<string, DeviceSelector>()

/** Throws DeviceSelectorError. */
export function compileDeviceSelector(expression: string): DeviceSelector {
  const selector = programs.get(expression) ?? createSelector(compile(expression))
  programs.delete(expression)
  programs.set(expression, selector)
  if (programs.size > mostPrograms) programs.delete(programs.keys().next().value as string)
  return selector
}

function compile(expression: string): Program {
  let program: Program
  try {
    program = environment.compile(expression)
  } catch (error) {
    if (error instanceof CompileError) throw new DeviceSelectorError(`compilation failed: ${error.message}`)
    throw error
  }
  if (program.type.kind !== 'bool' && program.type !== attribute)
    throw new DeviceSelectorError(`must evaluate to bool or the unknown type, not ${formatType(program.type)}`)
  return program
}

const createSelector = (program: Program): DeviceSelector => ({
  matches(driver, device) {
    const { value } = program.evaluate({ device: deviceValue(driver, device) })
    if (typeof value !== 'boolean') throw new EvaluationError('CEL result could not be converted to bool')
    return value
  },
})

function deviceValue(driver: string, device: Device): Value {
  return new JsonMap(
    {
      driver,
      allowMultipleAllocations: device.allowMultipleAllocations ?? false,
      attributes: byDomain(driver, attributes, device.attributes, attributeValue),
      capacity: byDomain(driver, capacity, device.capacity, ({ value }) => quantityValue(parseQuantity(value))),
    },
    deviceType,
  )
}

function attributeValue({ int, bool, string, version, ints, bools, strings, versions }: DeviceAttribute, name: string): unknown {
  const value = int ?? bool ?? string ?? ints ?? bools ?? strings
  if (value !== undefined) return value
  try {
    if (version !== undefined) return semverValue(version)
    if (versions) return versions.map(semverValue)
  } catch (error) {
    if (error instanceof EvaluationError) throw new EvaluationError(`attribute ${name}: parse semantic version: ${error.message}`)
    throw error
  }
  throw new EvaluationError(`attribute ${name}: unsupported attribute value`)
}

/** `domain/id` as two levels; a name without a domain is in the driver's. Names come from outside: no prototypes. */
function byDomain<T>(
  driver: string,
  type: CelType,
  named: Readonly<Record<string, T>> = {},
  toValue: (from: T, name: string) => unknown,
): Value {
  const domains: Record<string, Record<string, unknown>> = Object.create(null)
  for (const [name, from] of Object.entries(named)) {
    const slash = name.indexOf('/')
    const domain = slash < 0 ? driver : name.slice(0, slash)
    domains[domain] ??= Object.create(null) as Record<string, unknown>
    domains[domain][name.slice(slash + 1)] = toValue(from, name)
  }
  return new DomainMap(domains, type)
}

/** A domain of which the device says nothing is an empty map, so that `"id" in device.attributes["domain"]` is no error. */
class DomainMap extends JsonMap {
  override get(key: Value): Value {
    return super.get(key) ?? nothing
  }
  override has(key: Value): boolean {
    return super.get(key) !== undefined
  }
}
const nothing = new JsonMap({}, undefined)

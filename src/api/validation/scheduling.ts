/** What a pod asks of the scheduler: affinity, tolerations, topology spread, gates (core/validation). */
import type {
  Affinity,
  PodAffinity,
  PodAffinityTerm,
  PodSchedulingGate,
  Taint,
  Toleration,
  TopologySpreadConstraint,
} from '../types/core-v1.ts'
import { check, optionalOneOf, semanticEqual, validateLabelSelector } from './checks.ts'
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from './field-error.ts'
import { internalValue } from './internal.ts'
import { isDNS1123Label, isQualifiedName, isValidLabelValue } from './names.ts'
import { validateNodeSelector, validatePreferredSchedulingTerms } from './node-selector.ts'
import { validateLabelName } from './object-meta.ts'

type Selector = PodAffinityTerm['labelSelector']

const selectorKeys = (selector: Selector): Set<string> =>
  new Set([...Object.keys(selector?.matchLabels ?? {}), ...(selector?.matchExpressions ?? []).map((e) => e.key)])

function validateMatchLabelKeys(term: PodAffinityTerm, path: string): FieldError[] {
  const { matchLabelKeys = [], mismatchLabelKeys = [] } = term
  const errors: FieldError[] = []
  if (matchLabelKeys.length + mismatchLabelKeys.length === 0) return errors
  if (!term.labelSelector)
    return [
      ...(matchLabelKeys.length > 0 ? [forbidden(`${path}.matchLabelKeys`, 'must not be specified when labelSelector is not set')] : []),
      ...(mismatchLabelKeys.length > 0
        ? [forbidden(`${path}.mismatchLabelKeys`, 'must not be specified when labelSelector is not set')]
        : []),
    ]
  // The keys are merged into the selector when a pod is created; only a key that is there in another way is a conflict.
  const merged = (key: string, operator: string) =>
    term.labelSelector?.matchExpressions?.some((e) => e.key === key && e.operator === operator && e.values?.length === 1) === true
  const keys = selectorKeys(term.labelSelector)
  matchLabelKeys.forEach((key, i) => {
    errors.push(...validateLabelName(key, `${path}.matchLabelKeys[${i}]`))
    if (keys.has(key) && !merged(key, 'In'))
      errors.push(invalid(`${path}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and labelSelector'))
  })
  mismatchLabelKeys.forEach((key, i) => {
    errors.push(...validateLabelName(key, `${path}.mismatchLabelKeys[${i}]`))
    if (matchLabelKeys.includes(key))
      errors.push(invalid(`${path}.mismatchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'))
    else if (keys.has(key) && !merged(key, 'NotIn'))
      errors.push(invalid(`${path}.mismatchLabelKeys[${i}]`, key, 'exists in both mismatchLabelKeys and labelSelector'))
  })
  return errors
}

function validateTerm(term: PodAffinityTerm, path: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(term.labelSelector, `${path}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`),
    ...(term.namespaces ?? []).flatMap((n) => check(n, `${path}.namespace`, isDNS1123Label)),
    ...validateMatchLabelKeys(term, path),
  ]
  if (!term.topologyKey) errors.push(required(`${path}.topologyKey`, 'can not be empty'))
  return [...errors, ...validateLabelName(term.topologyKey, `${path}.topologyKey`)]
}

function validatePodAffinity(affinity: PodAffinity | undefined, path: string): FieldError[] {
  return [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, i) =>
      validateTerm(term, `${path}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`),
    ),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((weighted, i) => {
      const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`
      const wrong = weighted.weight <= 0 || weighted.weight > 100
      return [
        ...(wrong ? [invalid(`${at}.weight`, weighted.weight, 'must be in the range 1-100')] : []),
        ...validateTerm(weighted.podAffinityTerm, `${at}.podAffinityTerm`),
      ]
    }),
  ]
}

export function validateAffinity(affinity: Affinity | undefined, path: string): FieldError[] {
  if (!affinity) return []
  const node = affinity.nodeAffinity
  const at = `${path}.nodeAffinity`
  return [
    ...(node?.requiredDuringSchedulingIgnoredDuringExecution
      ? validateNodeSelector(node.requiredDuringSchedulingIgnoredDuringExecution, `${at}.requiredDuringSchedulingIgnoredDuringExecution`)
      : []),
    ...validatePreferredSchedulingTerms(
      node?.preferredDuringSchedulingIgnoredDuringExecution,
      `${at}.preferredDuringSchedulingIgnoredDuringExecution`,
    ),
    ...validatePodAffinity(affinity.podAffinity, `${path}.podAffinity`),
    ...validatePodAffinity(affinity.podAntiAffinity, `${path}.podAntiAffinity`),
  ]
}

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
export function validateTolerations(tolerations: readonly Toleration[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  tolerations?.forEach((toleration, i) => {
    const at = `${path}[${i}]`
    const { key = '', operator = '', value = '', effect = '' } = toleration
    if (key) errors.push(...validateLabelName(key, `${at}.key`))
    if (!key && operator !== 'Exists')
      errors.push(
        invalid(`${at}.operator`, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'),
      )
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute')
      errors.push(invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    if (operator === '' || operator === 'Equal') {
      const wrong = isValidLabelValue(value)
      if (wrong.length > 0) errors.push(invalid(`${at}.operator`, value, wrong.join(';')))
    } else if (operator === 'Exists') {
      if (value) errors.push(invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"))
    } else errors.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']))
    if (effect) errors.push(...optionalOneOf(effect, `${at}.effect`, taintEffects))
  })
  return errors
}

/** Existing tolerations stay, but for their seconds; new ones may come. */
export function validateOnlyAddedTolerations(
  tolerations: readonly Toleration[] | undefined,
  old: readonly Toleration[] | undefined,
  path: string,
): FieldError[] {
  const same = (a: Toleration, b: Toleration) => semanticEqual({ ...a, tolerationSeconds: 0 }, { ...b, tolerationSeconds: 0 })
  if (old?.some((o) => !tolerations?.some((t) => same(o, t))))
    return [forbidden(path, 'existing toleration can not be modified except its tolerationSeconds')]
  return validateTolerations(tolerations, path)
}

export function validateTaints(taints: readonly Taint[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  taints?.forEach((taint, i) => {
    const at = `${path}[${i}]`
    errors.push(...validateLabelName(taint.key, `${at}.key`))
    errors.push(...check(taint.value ?? '', `${at}.value`, isValidLabelValue))
    errors.push(...(taint.effect ? optionalOneOf(taint.effect, `${at}.effect`, taintEffects) : [required(`${at}.effect`)]))
    const key = `${taint.key} ${taint.effect}`
    if (taint.effect && seen.has(key))
      errors.push(duplicate(at, internalValue('Taint', taint), 'taints must be unique by key and effect pair'))
    seen.add(key)
  })
  return errors
}

export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  constraints?.forEach((constraint, i) => {
    const at = `${path}[${i}]`
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains } = constraint
    if (maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, maxSkew, 'must be greater than zero'))
    if (!topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'))
    else errors.push(...validateLabelName(topologyKey, `${at}.topologyKey`))
    errors.push(...optionalOneOf(whenUnsatisfiable, `${at}.whenUnsatisfiable`, ['DoNotSchedule', 'ScheduleAnyway']))
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`
    if (seen.has(pair)) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair))
    seen.add(pair)
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalid(`${at}.minDomains`, minDomains, 'must be greater than zero'))
      if (whenUnsatisfiable !== 'DoNotSchedule')
        errors.push(
          invalid(`${at}.minDomains`, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`),
        )
    }
    errors.push(...optionalOneOf(constraint.nodeAffinityPolicy, `${at}.nodeAffinityPolicy`, ['Honor', 'Ignore']))
    errors.push(...optionalOneOf(constraint.nodeTaintsPolicy, `${at}.nodeTaintsPolicy`, ['Honor', 'Ignore']))
    const keys = constraint.matchLabelKeys ?? []
    if (keys.length > 0 && !constraint.labelSelector)
      errors.push(forbidden(`${at}.matchLabelKeys`, 'must not be specified when labelSelector is not set'))
    const inSelector = selectorKeys(constraint.labelSelector)
    keys.forEach((key, j) => {
      errors.push(...validateLabelName(key, `${at}.matchLabelKeys[${j}]`))
      const merged = constraint.labelSelector?.matchExpressions?.some((e) => e.key === key && e.operator === 'In' && e.values?.length === 1)
      if (inSelector.has(key) && !merged)
        errors.push(invalid(`${at}.matchLabelKeys[${j}]`, key, 'exists in both matchLabelKeys and labelSelector'))
    })
    errors.push(...validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`))
  })
  return errors
}

export function validateSchedulingGates(gates: readonly PodSchedulingGate[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  gates?.forEach((gate, i) => {
    errors.push(...check(gate.name, `${path}[${i}]`, isQualifiedName))
    if (seen.has(gate.name)) errors.push(duplicate(`${path}[${i}]`, gate.name))
    seen.add(gate.name)
  })
  return errors
}

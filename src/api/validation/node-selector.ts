/** Selectors over nodes: node affinity's terms and the topology terms of storage classes (core/validation). */
import type {
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PreferredSchedulingTerm,
  TopologySelectorTerm,
} from '../types/core-v1.ts'
import { duplicate, type FieldError, forbidden, invalid, required } from './field-error.ts'
import { isDNS1123Subdomain } from './names.ts'
import { validateLabelName } from './object-meta.ts'

export function validateNodeSelector(selector: NodeSelector, path: string): FieldError[] {
  const at = `${path}.nodeSelectorTerms`
  if (!selector.nodeSelectorTerms?.length) return [required(at, 'must have at least one node selector term')]
  return selector.nodeSelectorTerms.flatMap((term, i) => validateNodeSelectorTerm(term, `${at}[${i}]`))
}

export function validateNodeSelectorTerm(term: NodeSelectorTerm, path: string): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((r, i) => validateRequirement(r, `${path}.matchExpressions[${i}]`)),
    ...(term.matchFields ?? []).flatMap((r, i) => validateFieldRequirement(r, `${path}.matchFields[${i}]`)),
  ]
}

function validateRequirement(requirement: NodeSelectorRequirement, path: string): FieldError[] {
  const errors: FieldError[] = []
  const count = requirement.values?.length ?? 0
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (count === 0) errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
      break
    case 'Exists':
    case 'DoesNotExist':
      if (count > 0) errors.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
      break
    case 'Gt':
    case 'Lt':
      if (count !== 1) errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
      break
    default:
      errors.push(invalid(`${path}.operator`, requirement.operator, 'not a valid selector operator'))
  }
  return [...errors, ...validateLabelName(requirement.key, `${path}.key`)]
}

function validateFieldRequirement(requirement: NodeSelectorRequirement, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (requirement.operator !== 'In' && requirement.operator !== 'NotIn')
    errors.push(invalid(`${path}.operator`, requirement.operator, 'not a valid selector operator'))
  else if (requirement.values?.length !== 1)
    errors.push(required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"))
  if (requirement.key !== 'metadata.name') errors.push(invalid(`${path}.key`, requirement.key, 'not a valid field selector key'))
  else
    requirement.values?.forEach((value, i) => {
      for (const m of isDNS1123Subdomain(value)) errors.push(invalid(`${path}.values[${i}]`, value, m))
    })
  return errors
}

export function validatePreferredSchedulingTerms(terms: readonly PreferredSchedulingTerm[] | undefined, path: string): FieldError[] {
  return (terms ?? []).flatMap((term, i) => [
    ...(term.weight <= 0 || term.weight > 100 ? [invalid(`${path}[${i}].weight`, term.weight, 'must be in the range 1-100')] : []),
    ...validateNodeSelectorTerm(term.preference, `${path}[${i}].preference`),
  ])
}

export function validateTopologySelectorTerm(term: TopologySelectorTerm, path: string): FieldError[] {
  const errors: FieldError[] = []
  const keys = new Set<string>()
  term.matchLabelExpressions?.forEach((requirement, i) => {
    const at = `${path}.matchLabelExpressions[${i}]`
    const values = requirement.values ?? []
    if (values.length === 0) errors.push(required(`${at}.values`))
    values.forEach((value, j) => {
      if (values.indexOf(value) < j) errors.push(duplicate(`${at}.values[${j}]`, value))
    })
    errors.push(...validateLabelName(requirement.key, `${at}.key`))
    if (keys.has(requirement.key)) errors.push(duplicate(`${at}.key`, requirement.key))
    keys.add(requirement.key)
  })
  return errors
}

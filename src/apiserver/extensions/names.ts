/** Which of the names that a definition asks for it gets: none that another of its group has (upstream: apiextensions' status/naming_controller.go). */

import { equalJson } from '../../api/shape.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '../../api/types/apiextensions-v1.ts'
import type { Condition } from './conditions.ts'

export interface Accepted {
  readonly names: CustomResourceDefinitionNames
  readonly condition: Condition
}

/** `others` are the definitions of the same group, without this one. */
export function acceptNames(definition: CustomResourceDefinition, others: Iterable<CustomResourceDefinition>): Accepted {
  const resources = new Set<string>()
  const kinds = new Set<string>()
  for (const { status } of others) {
    const { plural, singular, shortNames, kind, listKind } = status?.acceptedNames ?? {}
    for (const name of [plural, singular, ...(shortNames ?? [])]) if (name) resources.add(name)
    for (const name of [kind, listKind]) if (name) kinds.add(name)
  }
  const wanted = definition.spec.names
  const accepted: CustomResourceDefinitionNames = { ...(definition.status?.acceptedNames ?? { plural: '', kind: '' }) }
  let condition: Condition = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
  const refuse = (reason: string, message: string) => {
    condition = { type: 'NamesAccepted', status: 'False', reason, message }
  }
  const inUse = (name: string) => `${JSON.stringify(name)} is already in use`

  const single = [
    ['plural', resources, 'PluralConflict'],
    ['singular', resources, 'SingularConflict'],
    ['shortNames', resources, 'ShortNamesConflict'],
    ['kind', kinds, 'KindConflict'],
    ['listKind', kinds, 'ListKindConflict'],
  ] as const
  for (const [field, taken, reason] of single) {
    if (field === 'shortNames') {
      const conflicts = (wanted.shortNames ?? []).filter((name) => taken.has(name) && !accepted.shortNames?.includes(name)).map(inUse)
      if (conflicts.length > 0) refuse(reason, conflicts.length === 1 ? (conflicts[0] as string) : `[${conflicts.join(', ')}]`)
      else if (wanted.shortNames) accepted.shortNames = wanted.shortNames
      else delete accepted.shortNames
      continue
    }
    const name = wanted[field]
    if (name !== undefined && name !== accepted[field] && taken.has(name)) refuse(reason, inUse(name))
    else if (name !== undefined) accepted[field] = name
  }
  if (wanted.categories) accepted.categories = wanted.categories
  else delete accepted.categories
  return {
    names: equalJson(accepted, definition.status?.acceptedNames) ? (definition.status?.acceptedNames as typeof accepted) : accepted,
    condition,
  }
}

/** Conditions of a definition (apiextensions/v1/helpers.go): at most one of each type; the time is that of the last change of the status. */
import { formatTime } from '../../api/meta.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '../../api/types/apiextensions-v1.ts'

export type Condition = Pick<CustomResourceDefinitionCondition, 'type' | 'status' | 'reason' | 'message'>
type Conditions = readonly CustomResourceDefinitionCondition[]

export const conditionOf = ({ status }: CustomResourceDefinition, type: string): CustomResourceDefinitionCondition | undefined =>
  status?.conditions?.find((c) => c.type === type)

export const isTrue = (definition: CustomResourceDefinition, type: string): boolean => conditionOf(definition, type)?.status === 'True'

/** The conditions with this one set; the same list when it says nothing new. */
export function withCondition(conditions: Conditions, wanted: Condition, now: Date): Conditions {
  const have = conditions.find((c) => c.type === wanted.type)
  if (have && have.status === wanted.status && have.reason === wanted.reason && have.message === wanted.message) return conditions
  const lastTransitionTime = have?.status === wanted.status ? have.lastTransitionTime : formatTime(now)
  const { type, status, ...words } = wanted
  const made = { type, status, lastTransitionTime, ...words } as CustomResourceDefinitionCondition
  return have ? conditions.map((c) => (c === have ? made : c)) : [...conditions, made]
}

export const withoutCondition = (conditions: Conditions, type: string): Conditions =>
  conditions.some((c) => c.type === type) ? conditions.filter((c) => c.type !== type) : conditions

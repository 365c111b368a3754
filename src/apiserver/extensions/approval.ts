/** Groups of the Kubernetes community need a word of approval in an annotation (upstream: apiextensions' apiapproval controller, KEP-1111). */
import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.ts'
import { type Approval, approvalOf, isProtectedGroup } from '../../api/validation/custom-resource-definitions.ts'
import type { Condition } from './conditions.ts'

const states: Readonly<Record<Approval['state'], readonly [status: string, reason: string]>> = {
  missing: ['False', 'MissingAnnotation'],
  invalid: ['False', 'InvalidAnnotation'],
  bypassed: ['False', 'UnapprovedAnnotation'],
  approved: ['True', 'ApprovedAnnotation'],
}

/** Undefined for a group that nobody need approve. */
export function approvalCondition(definition: CustomResourceDefinition): Condition | undefined {
  if (!isProtectedGroup(definition.spec.group)) return undefined
  const { state, reason: message } = approvalOf(definition)
  const [status, reason] = states[state]
  return { type: 'KubernetesAPIApprovalPolicyConformant', status, reason, message }
}

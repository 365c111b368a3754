/** Webhook configurations, admission policies and their bindings (registry/admissionregistration). */
import type { ValidatingAdmissionPolicy } from '../../api/types/admissionregistration-v1.ts'
import * as admission from '../../api/validation/admission.ts'
import { validateObjectMetaUpdate } from '../../api/validation/object-meta.ts'
import type { Strategy } from './strategy.ts'

export const webhookConfigurations = { generation: true, ...admission.webhookConfigurationRules }
export const validatingPolicyBindings = { generation: true, ...admission.validatingBindingRules }
export const mutatingPolicies = { generation: true, ...admission.mutatingPolicyRules }
export const mutatingPolicyBindings = { generation: true, ...admission.mutatingBindingRules }
export const validatingPolicies: Strategy<ValidatingAdmissionPolicy> = {
  ...admission.validatingPolicyRules,
  subresources: { status: { validateUpdate: (policy, old) => validateObjectMetaUpdate(policy.metadata, old.metadata) } },
}

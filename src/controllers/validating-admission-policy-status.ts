/** Says of each ValidatingAdmissionPolicy what the type checker finds in its expressions (pkg/controller/validatingadmissionpolicystatus). */
import type { Controller, ControllerDeps } from './controller.ts'

const resource = 'validatingadmissionpolicies.admissionregistration.k8s.io'

export function createValidatingAdmissionPolicyStatusController({ client, informers, options }: ControllerDeps): Controller {
  const policies = informers.of(resource)
  return {
    name: 'validatingadmissionpolicy-status-controller',
    workers: options.concurrent.validatingAdmissionPolicyStatus,
    wake(queue) {
      policies.addHandler({ added: (p) => queue.add(p.metadata.name), updated: (p) => queue.add(p.metadata.name) })
      return [policies]
    },
    async reconcile(key) {
      const policy = policies.get(undefined, key)
      const generation = policy?.metadata.generation ?? 1
      if (!policy || generation <= (policy.status?.observedGeneration ?? 0)) return
      // The compiler is loaded where there are policies only.
      const { typeCheckPolicy } = await import('../api/policy-type-check.ts')
      const expressionWarnings = typeCheckPolicy(policy.spec)
      const typeChecking = expressionWarnings.length > 0 ? { expressionWarnings } : {}
      await client.updateStatus(resource, { ...policy, status: { ...policy.status, observedGeneration: generation, typeChecking } })
    },
  }
}

import { expect, test } from 'vitest'
import type { Authorizer } from '../request.ts'
import { createParamAccessCheck } from './param-access.ts'
import { endpointsOf, objectsOf, review, type Write } from './testing.ts'

const group = 'admissionregistration.k8s.io'
const secrets = { apiVersion: 'v1', kind: 'Secret' }
const stored = {
  [`validatingadmissionpolicies.${group}`]: [{ metadata: { name: 'p' }, spec: { paramKind: secrets } }],
}
const policy = (paramKind?: object, kind = 'validating'): Write => ({
  resource: `${kind}admissionpolicies.${group}`,
  object: { metadata: { name: 'x' }, spec: paramKind ? { paramKind } : {} },
})
const binding = (paramRef?: object, policyName = 'p'): Write => ({
  resource: `validatingadmissionpolicybindings.${group}`,
  object: { metadata: { name: 'x' }, spec: { policyName, ...(paramRef ? { paramRef } : {}) } },
})
const one = { name: 's', namespace: 'ns' }
const joe = '&{joe  [system:authenticated] map[]}'
const all = (kind: string, what: string) =>
  `422 ${kind}.${group} "x" is invalid: spec.paramKind: Forbidden: user ${joe} must have "get" permission on all objects of the referenced paramKind (${what})`
const noObject = `422 ValidatingAdmissionPolicyBinding.${group} "x" is invalid: spec.paramRef: Forbidden: user ${joe} does not have "get" permission on the object referenced by paramRef`

test.each<[string, string, Write, string]>([
  ['a policy without parameters', '', policy(), 'allowed'],
  ['a policy over secrets', '', policy(secrets), all('ValidatingAdmissionPolicy', 'kind=Secret, apiVersion=v1')],
  ['a mutating policy over secrets', '', policy(secrets, 'mutating'), all('MutatingAdmissionPolicy', 'kind=Secret, apiVersion=v1')],
  ['a policy over secrets by who reads them all', '/v1/secrets */*', policy(secrets), 'allowed'],
  [
    'a policy over secrets by who reads one',
    '/v1/secrets ns/s',
    policy(secrets),
    all('ValidatingAdmissionPolicy', 'kind=Secret, apiVersion=v1'),
  ],
  ['a policy over what nobody knows', 'x.com/v1/* */*', policy({ apiVersion: 'x.com/v1', kind: 'X' }), 'allowed'],
  ['a policy whose parameters stay', '', { ...policy(secrets), old: policy(secrets).object as object }, 'allowed'],
  ['a binding without parameters', '', binding(), 'allowed'],
  ['a binding to a secret', '', binding(one), noObject],
  ['a binding to a secret that he reads', '/v1/secrets ns/s', binding(one), 'allowed'],
  ['a binding of a policy that is not there', '/v1/secrets ns/s', binding(one, 'none'), noObject],
  ['a binding that stays', '', { ...binding(one), old: binding(one).object as object }, 'allowed'],
  ['a binding to another policy', '', { ...binding(one), old: binding(one, 'none').object as object }, noObject],
  ['a master', '', { ...policy(secrets), groups: ['system:masters'] }, 'allowed'],
  ['a status', '', { ...policy(secrets), resource: `validatingadmissionpolicies.${group}/status` }, 'allowed'],
])('%s', async (_name, granted, write, answer) => {
  const authorizer: Authorizer = {
    authorize: ({ verb, apiGroup, apiVersion, resource, namespace, name }) => ({
      decision: `${verb} ${apiGroup}/${apiVersion}/${resource} ${namespace}/${name}` === `get ${granted}` ? 'allow' : 'no-opinion',
      reason: '',
    }),
  }
  const check = createParamAccessCheck({ objects: objectsOf(stored), endpoints: endpointsOf(stored), authorizer })
  expect((await review(check, write)).answer).toBe(answer)
})

/** What policies are told of their expressions. */
import { expect, test } from 'vitest'
// Loaded before the controller asks for it: a test cannot see that a file is being read.
import '../api/policy-type-check.ts'
import { testClusters } from './test-cluster.ts'

const setUp = testClusters({ kubelet: 'none' })
const resource = 'validatingadmissionpolicies.admissionregistration.k8s.io'
const at = { name: 'replicas' }
const spec = (expression: string) => ({
  matchConstraints: { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }] },
  validations: [{ expression }],
})

test('a policy is checked when it is made and when it changes, and not again', async () => {
  const { client, settle, transport } = await setUp(['validatingadmissionpolicy-status'])
  await client.create(resource, { metadata: at, spec: spec('object.spec.replica > 1') } as never)
  await settle()
  expect((await client.get(resource, at)).status).toMatchObject({
    observedGeneration: 1,
    typeChecking: {
      expressionWarnings: [
        {
          fieldRef: 'spec.validations[0].expression',
          warning: expect.stringMatching(/^apps\/v1, Kind=Deployment: ERROR: .*undefined field 'replica'/),
        },
      ],
    },
  })
  await client.patch(resource, at, { spec: spec('object.spec.replicas > 1') }, { type: 'merge' })
  await settle()
  expect((await client.get(resource, at)).status).toEqual({ observedGeneration: 2, typeChecking: {} })
  transport.writes.length = 0
  await client.patch(resource, at, { metadata: { labels: { a: 'b' } } })
  await settle()
  expect(transport.writes.filter((write) => write.endsWith('/status'))).toEqual([])
})

/** Disruption budgets. */

import { expect, test } from 'vitest'
import { readyStatus, testClusters } from './test-cluster.ts'

const setUp = testClusters({ kubelet: 'none' })
const at = (name: string) => ({ namespace: 'default', name })

test.each([
  [{ minAvailable: 2 }, 3, 3, { desiredHealthy: 2, disruptionsAllowed: 1 }],
  [{ minAvailable: '50%' }, 5, 5, { desiredHealthy: 3, disruptionsAllowed: 2 }],
  [{ maxUnavailable: 1 }, 3, 3, { desiredHealthy: 2, disruptionsAllowed: 1 }],
  [{ maxUnavailable: '30%' }, 10, 10, { desiredHealthy: 7, disruptionsAllowed: 3 }],
  [{ minAvailable: 3 }, 3, 2, { desiredHealthy: 3, disruptionsAllowed: 0 }],
  [{ maxUnavailable: 0 }, 3, 3, { desiredHealthy: 3, disruptionsAllowed: 0 }],
])('%j of %i pods, %i ready', async (spec, replicas, ready, expected) => {
  let count = 0
  const { client, settle } = await setUp(['disruption', 'replicaset'], {
    kubelet: () => (count++ < ready ? readyStatus(0) : { phase: 'Running' }),
  })
  const labels = { app: 'web' }
  await client.create('replicasets.apps', {
    metadata: at('web'),
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [] } } },
  } as never)
  await client.create('poddisruptionbudgets.policy', {
    metadata: at('web'),
    spec: { selector: { matchLabels: labels }, ...spec },
  } as never)
  await settle()
  const { status } = await client.get('poddisruptionbudgets.policy', at('web'))
  expect(status).toMatchObject({ currentHealthy: ready, expectedPods: replicas, observedGeneration: 1, ...expected })
  expect(status.conditions).toMatchObject([
    {
      type: 'DisruptionAllowed',
      status: expected.disruptionsAllowed > 0 ? 'True' : 'False',
      reason: expected.disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    },
  ])
})

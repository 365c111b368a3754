import { nodeDeclaredFeatures } from './node-declared-features.ts'
import { event, testFilter, testHints } from './testing.ts'

const restartsAll = {
  spec: {
    containers: [
      {
        name: 'c',
        image: 'x',
        restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator: 'In' as const, values: [1] } }],
      },
    ],
  },
}
const both = { spec: { ...restartsAll.spec, hostNetwork: true, hostUsers: false } }
const declaring = (...declaredFeatures: string[]) => ({ declaredFeatures })
const missing = (...features: string[]) => [`node declared features check failed - unsatisfied requirements: ${features.join(', ')}`]

testFilter(nodeDeclaredFeatures, [
  ['a pod of every day', {}, { a: {} }, {}, {}],
  [
    'a rule that restarts all containers',
    restartsAll,
    { a: {}, b: declaring('RestartAllContainersOnContainerExits') },
    {},
    { a: missing('RestartAllContainersOnContainerExits') },
  ],
  [
    'a user namespace in the host’s network too',
    both,
    { a: {}, b: declaring('RestartAllContainersOnContainerExits') },
    {},
    {
      a: missing('RestartAllContainersOnContainerExits', 'UserNamespacesHostNetworkSupport'),
      b: missing('UserNamespacesHostNetworkSupport'),
    },
  ],
])
testHints(nodeDeclaredFeatures, [
  ['a kubelet is updated', both, event.nodeUpdated('declaredFeatures'), true],
  ['a node comes', both, event.nodeAdded(), true],
  ['labels change', both, event.nodeUpdated('labels'), false],
])

import { expect, test } from 'vitest'
import { createPodResizeValidator } from './pod-resize.ts'
import { objectsOf, review } from './testing.ts'

const node = (os: string) => ({
  metadata: { name: 'n', labels: { 'kubernetes.io/os': os } },
  status: { allocatable: { cpu: '2', memory: '1Gi' } },
})
const pod = (generation: number, cpu: string, memory: string, nodeName = 'n') => ({
  metadata: { name: 'p', namespace: 'ns', generation },
  spec: { nodeName, containers: [{ name: 'a', resources: { requests: { cpu, memory } } }] },
})
const small = pod(1, '1', '1Mi')
const no = (why: string) => `403 pods "p" is forbidden: ${why}`

test.each<[string, string, object, string]>([
  ['what the node has', 'linux', pod(2, '2', '1Gi'), 'allowed'],
  [
    'more cores',
    'linux',
    pod(2, '2500m', '1Mi'),
    no("Node didn't have enough allocatable resources: cpu, requested: 2500, allocatable: 2000"),
  ],
  [
    'more of both',
    'linux',
    pod(2, '3', '2Gi'),
    no(
      "Node didn't have enough allocatable resources: cpu, requested: 3000, allocatable: 2000; memory, requested: 2147483648, allocatable: 1073741824",
    ),
  ],
  ['nothing new', 'linux', pod(1, '3', '1Mi'), 'allowed'],
  ['a pod without a node', 'linux', pod(2, '3', '1Mi', ''), 'allowed'],
  ['a node that is gone', 'linux', pod(2, '1', '1Mi', 'm'), no('node "m" not found')],
  ['another system', 'windows', pod(2, '1', '1Mi'), no('pod resize is only supported on linux nodes, node "n" is "windows"')],
])('a resize to %s', async (_name, os, object, answer) => {
  const plugin = createPodResizeValidator(objectsOf({ nodes: [node(os)] }))
  expect((await review(plugin, { resource: 'pods/resize', object, old: small })).answer).toBe(answer)
})

import { expect, test } from 'vitest'
import { createNamespaceLifecycle } from './namespace-lifecycle.ts'
import { objectsOf, review, type Write } from './testing.ts'

const metadata = { name: 'p', namespace: 'ns' }
const there = [{ metadata: { name: 'ns' } }]
const ending = [{ metadata: { name: 'ns' }, status: { phase: 'Terminating' } }]
const closed = 'is forbidden: unable to create new content in namespace ns because it is being terminated'
const stays = (name: string) => `403 namespaces "${name}" is forbidden: this namespace may not be deleted`
const ns = (name: string) => ({ metadata: { name } })

test.each<[string, readonly { metadata: object }[], Write, string]>([
  ['a pod', there, { resource: 'pods', object: { metadata } }, 'allowed'],
  ['a pod in a namespace that is missing', [], { resource: 'pods', object: { metadata } }, '404 namespaces "ns" not found'],
  ['a pod in one that goes', ending, { resource: 'pods', object: { metadata } }, `403 pods "p" ${closed}`],
  [
    'a pod whose name is not made yet',
    ending,
    { resource: 'pods', object: { metadata: { generateName: 'p-' } } },
    `403 pods "p-" ${closed}`,
  ],
  ['a pod with no name at all', ending, { resource: 'pods', object: { metadata: {} } }, `403 pods "Unknown" ${closed}`],
  ['an update in one that goes', ending, { resource: 'pods', object: { metadata }, old: { metadata } }, 'allowed'],
  ['a deletion in one that goes', ending, { resource: 'pods', operation: 'DELETE', old: { metadata } }, 'allowed'],
  ['a binding in one that goes', ending, { resource: 'pods/binding', object: { metadata } }, `403 pods "p" ${closed}`],
  ['a review in one that goes', ending, { resource: 'localsubjectaccessreviews.authorization.k8s.io', object: { metadata } }, 'allowed'],
  ['a node', [], { resource: 'nodes', object: ns('n') }, 'allowed'],
  ['a new namespace', [], { resource: 'namespaces', object: ns('ns') }, 'allowed'],
  ['the deletion of a namespace', there, { resource: 'namespaces', operation: 'DELETE', old: ns('ns') }, 'allowed'],
  ...['default', 'kube-system', 'kube-public'].map((name): [string, [], Write, string] => [
    `the deletion of ${name}`,
    [],
    { resource: 'namespaces', operation: 'DELETE', old: ns(name) },
    stays(name),
  ]),
  ['the deletion of kube-node-lease', [], { resource: 'namespaces', operation: 'DELETE', old: ns('kube-node-lease') }, 'allowed'],
])('%s', async (_name, namespaces, write, answer) => {
  expect((await review(createNamespaceLifecycle(objectsOf({ namespaces })), write)).answer).toBe(answer)
})

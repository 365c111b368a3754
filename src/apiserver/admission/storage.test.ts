import { describe, expect, test } from 'vitest'
import {
  createDefaultIngressClass,
  createDefaultStorageClass,
  createPersistentVolumeClaimResize,
  createStorageObjectInUseProtection,
} from './storage.ts'
import { objectsOf, review } from './testing.ts'

const marked = (name: string, annotation: string, creationTimestamp = '2024-01-01T00:00:00Z', value = 'true') => ({
  metadata: { name, creationTimestamp, annotations: { [annotation]: value } },
})
const storage = 'storageclass.kubernetes.io/is-default-class'

describe('DefaultStorageClass', () => {
  const old = marked('old', storage, '2023-01-01T00:00:00Z')
  test.each<[string, readonly { metadata: object }[], object, string | undefined]>([
    ['no default', [marked('a', storage, undefined, 'false')], {}, undefined],
    ['a default', [marked('a', storage)], {}, 'a'],
    ['a default marked in the old way', [marked('a', 'storageclass.beta.kubernetes.io/is-default-class')], {}, 'a'],
    ['the newest of two', [old, marked('a', storage)], {}, 'a'],
    ['the first name of two of an age', [marked('b', storage), marked('a', storage)], {}, 'a'],
    ['a class of its own', [marked('a', storage)], { spec: { storageClassName: 'mine' } }, 'mine'],
    ['no class on purpose', [marked('a', storage)], { spec: { storageClassName: '' } }, ''],
    [
      'a class in the annotation',
      [marked('a', storage)],
      { metadata: { name: 'c', annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } } },
      undefined,
    ],
  ])('%s', async (_name, classes, claim, expected) => {
    const plugin = createDefaultStorageClass(objectsOf({ 'storageclasses.storage.k8s.io': classes }))
    const object = { metadata: { name: 'c' }, spec: {}, ...claim }
    const made = (await review(plugin, { resource: 'persistentvolumeclaims', object })).object as unknown as {
      spec: { storageClassName?: string }
    }
    expect(made.spec.storageClassName).toBe(expected)
  })
})

describe('DefaultIngressClass', () => {
  const annotation = 'ingressclass.kubernetes.io/is-default-class'
  test.each<[string, readonly { metadata: object }[], object, string | undefined]>([
    ['no default', [], {}, undefined],
    ['a default', [marked('a', annotation)], {}, 'a'],
    ['the newest of two', [marked('z', annotation, '2025-01-01T00:00:00Z'), marked('a', annotation)], {}, 'z'],
    ['a class of its own', [marked('a', annotation)], { spec: { ingressClassName: 'mine' } }, 'mine'],
    [
      'the annotation of old',
      [marked('a', annotation)],
      { metadata: { name: 'i', annotations: { 'kubernetes.io/ingress.class': 'x' } } },
      undefined,
    ],
  ])('%s', async (_name, classes, ingress, expected) => {
    const plugin = createDefaultIngressClass(objectsOf({ 'ingressclasses.networking.k8s.io': classes }))
    const object = { metadata: { name: 'i' }, spec: {}, ...ingress }
    const made = (await review(plugin, { resource: 'ingresses.networking.k8s.io', object })).object as unknown as {
      spec: { ingressClassName?: string }
    }
    expect(made.spec.ingressClassName).toBe(expected)
  })
})

test.each<[string, readonly string[] | undefined, readonly string[] | undefined]>([
  ['persistentvolumeclaims', undefined, ['kubernetes.io/pvc-protection']],
  ['persistentvolumes', ['x/y'], ['x/y', 'kubernetes.io/pv-protection']],
  ['persistentvolumes', ['kubernetes.io/pv-protection'], ['kubernetes.io/pv-protection']],
  ['volumeattributesclasses.storage.k8s.io', undefined, ['kubernetes.io/vac-protection']],
  ['storageclasses.storage.k8s.io', undefined, undefined],
])('new %s with finalizers %s are protected', async (resource, finalizers, expected) => {
  const object = { metadata: { name: 'o', ...(finalizers ? { finalizers } : {}) } }
  expect((await review(createStorageObjectInUseProtection(), { resource, object })).object?.metadata.finalizers).toEqual(expected)
  expect((await review(createStorageObjectInUseProtection(), { resource, object, old: object })).object).toBe(object)
})

describe('PersistentVolumeClaimResize', () => {
  const claim = (size: string, storageClassName?: string, phase = 'Bound') => ({
    metadata: { name: 'c', namespace: 'ns' },
    spec: { resources: { requests: { storage: size } }, ...(storageClassName ? { storageClassName } : {}) },
    status: { phase },
  })
  const unbound = '403 persistentvolumeclaims "c" is forbidden: Only bound persistent volume claims can be expanded'
  const fixed =
    '403 persistentvolumeclaims "c" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'
  test.each<[string, object, object, string]>([
    ['no more', claim('1Gi', 'grows'), claim('1Gi', 'grows'), 'allowed'],
    ['the same in other words', claim('1024Mi', 'fixed'), claim('1Gi', 'fixed'), 'allowed'],
    ['less', claim('1Mi', 'fixed'), claim('1Gi', 'fixed'), 'allowed'],
    ['more of a class that grows', claim('2Gi', 'grows'), claim('1Gi', 'grows'), 'allowed'],
    ['more of a class that does not', claim('2Gi', 'fixed'), claim('1Gi', 'fixed'), fixed],
    ['more of a class that is gone', claim('2Gi', 'gone'), claim('1Gi', 'gone'), fixed],
    ['more without a class', claim('2Gi'), claim('1Gi'), fixed],
    ['more before it is bound', claim('2Gi', 'grows', 'Pending'), claim('1Gi', 'grows', 'Pending'), unbound],
  ])('%s', async (_name, object, old, answer) => {
    const classes = [{ metadata: { name: 'grows' }, allowVolumeExpansion: true }, { metadata: { name: 'fixed' } }]
    const plugin = createPersistentVolumeClaimResize(objectsOf({ 'storageclasses.storage.k8s.io': classes }))
    expect((await review(plugin, { resource: 'persistentvolumeclaims', object, old })).answer).toBe(answer)
  })
})

import { describe, expect, test } from 'vitest'
import { causeMessage } from './field-error.ts'
import { nameIsDNSSubdomain } from './names.ts'
import { validateCommonUpdate, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'

const texts = (errors: ReturnType<typeof validateObjectMeta>) => errors.map((e) => `${e.field}: ${causeMessage(e)}`)
const meta = { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: 't' }
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }

describe('object meta', () => {
  test.each([
    ['a good one', meta, []],
    ['no name', { ...meta, name: '' }, ['metadata.name: Required value: name or generateName is required']],
    ['no namespace', { ...meta, namespace: '' }, ['metadata.namespace: Required value']],
    [
      'an event as owner',
      { ...meta, ownerReferences: [{ ...owner, kind: 'Event' }] },
      [
        'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"p","uid":"u"}: /v1, Kind=Event is disallowed from being an owner',
      ],
    ],
    [
      'a finalizer of no domain',
      { ...meta, finalizers: ['mine'] },
      ['metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified'],
    ],
    [
      'too much in annotations',
      { ...meta, annotations: { a: 'x'.repeat(262144) } },
      ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    ],
  ])('%s', (_, given, want) => expect(texts(validateObjectMeta(given, true, nameIsDNSSubdomain))).toEqual(want))

  test.each([
    ['nothing changed', meta, meta, []],
    ['another uid', { ...meta, uid: 'v' }, meta, ['metadata.uid: Invalid value: "v": field is immutable']],
    [
      'a finalizer added to what goes away',
      { ...meta, finalizers: ['a/b'], deletionTimestamp: 't' },
      { ...meta, deletionTimestamp: 't' },
      [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a/b"}',
      ],
    ],
    [
      'a generation that goes back',
      { ...meta, generation: 1 },
      { ...meta, generation: 2 },
      ['metadata.generation: Invalid value: 1: must not be decremented'],
    ],
  ])('update: %s', (_, given, old, want) => expect(texts(validateObjectMetaUpdate(given, old))).toEqual(want))

  test('the server checks labels of an update twice, as upstream reports', () => {
    expect(validateCommonUpdate({ ...meta, labels: { 'a b': '' } }, meta, true)).toHaveLength(2)
  })
})

import { expect, test } from 'vitest'
import type { StatusError } from '../errors.ts'
import { typeById } from '../registry.ts'
import { applyPatch, patchTypes } from './apply-patch.ts'

const deployment = typeById('apps.v1.Deployment')
test.each([
  [patchTypes.json, { op: 'add' }, 400, 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp'],
  [patchTypes.json, [{ op: 'x', path: '/a' }], 422, 'the server rejected our request due to an error in our request'],
  [
    patchTypes.json,
    Array(10_001).fill({ op: 'test', path: '/a', value: null }),
    413,
    'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
  ],
  [patchTypes.merge, [], 400, 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'],
  [patchTypes.strategic, [], 400, 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
  [
    patchTypes.strategic,
    { spec: { replicas: 'three' } },
    422,
    ' "" is invalid: patch: Invalid value: "map[spec:map[replicas:three]]": unrecognized type: int32',
  ],
  [patchTypes.strategic, { spec: { $patch: 'x' } }, 500, 'unknown patch type: x in map: map[$patch:x]'],
])('%s with %j', (type, patch, code, message) => {
  try {
    applyPatch(type, { spec: { replicas: 1 } }, patch, deployment)
    expect.unreachable()
  } catch (error) {
    expect((error as StatusError).status).toMatchObject({ code, message })
  }
})
test('a patch that fits is applied', () => {
  for (const [type, patch] of [
    [patchTypes.json, [{ op: 'replace', path: '/spec/replicas', value: 2 }]],
    [patchTypes.merge, { spec: { replicas: 2 } }],
    [patchTypes.strategic, { spec: { replicas: 2 } }],
  ] as const)
    expect(applyPatch(type, { spec: { replicas: 1 } }, patch, deployment)).toEqual({ spec: { replicas: 2 } })
})

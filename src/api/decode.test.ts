import { describe, expect, test } from 'vitest'
import { decodeObject, normalize } from './decode.ts'
import { parseJson } from './json.ts'
import { typeById } from './registry.ts'

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const decode = (id: string, value: unknown) => decodeObject(bytes(value), typeById(id))

describe('canonical form', () => {
  test('fields come in the order of the table, kind and apiVersion first', () => {
    const { object } = decode('core.v1.ConfigMap', {
      immutable: true,
      data: { b: '1', a: '2' },
      metadata: { labels: {}, name: 'x' },
      apiVersion: 'v1',
      kind: 'ConfigMap',
    })
    expect(JSON.stringify(object)).toBe(
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"},"data":{"a":"2","b":"1"},"immutable":true}',
    )
  })
  test('nulls, empty lists and maps, and zeros of plain fields go; zeros of pointers stay', () => {
    const { object } = decode('core.v1.Pod', {
      metadata: { name: 'p', labels: null, finalizers: [], generation: 0 },
      spec: {
        containers: [{ name: 'c', stdin: false, command: [], securityContext: { runAsUser: 0, privileged: false } }],
        hostNetwork: false,
        activeDeadlineSeconds: 0,
        nodeName: '',
      },
    })
    expect(object).toMatchObject({ metadata: { name: 'p' } })
    expect(Object.keys(object.metadata as object)).toEqual(['name'])
    const spec = object.spec as { containers: Record<string, unknown>[] }
    expect(spec).not.toHaveProperty('hostNetwork')
    expect(spec).not.toHaveProperty('nodeName')
    expect(spec).toHaveProperty('activeDeadlineSeconds', 0)
    expect(spec.containers[0]).not.toHaveProperty('stdin')
    expect(spec.containers[0]).not.toHaveProperty('command')
    expect(spec.containers[0]).toHaveProperty('securityContext', { privileged: false, runAsUser: 0 })
  })
  test('resource amounts are canonical', () => {
    const { object } = decode('core.v1.Pod', {
      spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1000m', memory: 1024, x: '0.0001' } } }] },
    })
    expect(object).toMatchObject({ spec: { containers: [{ resources: { limits: { cpu: '1', memory: '1024', x: '1m' } } }] } })
  })
  test('times are seconds of UTC, micro times have six places', () => {
    const { object } = decode('coordination.v1.Lease', {
      metadata: { creationTimestamp: '2024-02-29T23:30:00.7+01:00' },
      spec: { renewTime: '2024-01-01T00:00:00.123456+02:00' },
    })
    expect(object).toEqual({ metadata: { creationTimestamp: '2024-02-29T22:30:00Z' }, spec: { renewTime: '2023-12-31T22:00:00.123456Z' } })
  })
  test('a key called __proto__ is data', () => {
    const { object } = decode('core.v1.ConfigMap', '{"data":{"z":"1","__proto__":"2"}}')
    expect(Object.entries(object.data as object)).toEqual([
      ['__proto__', '2'],
      ['z', '1'],
    ])
  })
  test('unions are the value of the field that is set, and JSON is as it was sent', () => {
    const schema = {
      $ref: '#/x',
      items: [{ type: 'string' }],
      additionalProperties: false,
      default: { a: [1] },
      enum: [null, 1],
      'x-kubernetes-int-or-string': true,
      dependencies: { a: ['b'], c: { type: 'object' } },
    }
    const { object, strict } = decode('apiextensions.v1.CustomResourceValidation', { openAPIV3Schema: schema })
    expect(object).toEqual({ openAPIV3Schema: schema })
    expect(strict).toEqual([])
  })
  test('half characters and broken UTF-8 become the replacement character', () => {
    expect(decode('core.v1.ConfigMap', '{"data":{"a":"\\ud800x"}}').object).toMatchObject({ data: { a: '\ufffdx' } })
    expect(decodeObject(Buffer.from('{"data":{"a":"\xff"}}', 'latin1'), typeById('core.v1.ConfigMap')).object).toMatchObject({
      data: { a: '\ufffd' },
    })
  })
  test('a canonical object stays as it is', () => {
    const pod = decode('core.v1.Pod', {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', ports: [{ containerPort: 1 }] }] },
    }).object
    expect(normalize(typeById('core.v1.Pod'), structuredClone(pod)).object).toEqual(pod)
  })
})

describe('strict decoding', () => {
  test.each([
    [
      'core.v1.Pod',
      '{"spec":{"containers":[{"name":"a","imagee":"x"}],"bogus":{"a":{"b":1}}}}',
      ['unknown field "spec.containers[0].imagee"', 'unknown field "spec.bogus"'],
    ],
    ['core.v1.ConfigMap', '{"data":{"k":"1","k":"2"}}', ['duplicate field "data.k"']],
    ['core.v1.ConfigMap', '{"data":{"k":"1"},"data":{"k":"2"}}', ['duplicate field "data"']],
    ['core.v1.Pod', '{"spec":{"containers":[{},{"name":"a","name":"b","name":"c"}]}}', ['duplicate field "spec.containers[1].name"']],
    ['core.v1.ConfigMap', '{"Data":{"a":"b"}}', ['unknown field "Data"']],
    ['apps.v1.ControllerRevision', '{"data":{"any":{"thing":[{"a":1}]}}}', []],
    ['resource.v1.CounterSet', '{"counters":{"a":{"value":"1","x":2}}}', ['unknown field "counters.a.x"']],
  ])('%s %s', (id, text, strict) => {
    expect(decode(id, text).strict).toEqual(strict)
  })
  test('without a type only duplicates are found', () => {
    expect(decodeObject(bytes('{"a":{"b":1,"b":2}}'), undefined)).toMatchObject({
      object: { a: { b: 2 } },
      strict: ['duplicate field "a.b"'],
    })
  })
})

describe("errors in the words of Go's decoder", () => {
  test.each([
    [
      'core.v1.ConfigMap',
      '{"metadata":{"name":5}}',
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string',
    ],
    ['core.v1.ConfigMap', '{"metadata":[]}', 'json: cannot unmarshal array into Go struct field ConfigMap.metadata of type v1.ObjectMeta'],
    ['core.v1.ConfigMap', '{"data":{"k":1}}', 'json: cannot unmarshal number into Go struct field ConfigMap.data of type string'],
    ['core.v1.ConfigMap', '{"data":["x"]}', 'json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string'],
    [
      'core.v1.Pod',
      '{"spec":{"containers":{}}}',
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      'core.v1.Pod',
      '{"spec":{"containers":["x"]}}',
      'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container',
    ],
    [
      'core.v1.Pod',
      '{"spec":{"containers":[{"ports":[{"containerPort":"http"}]}]}}',
      'json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
    ],
    [
      'apps.v1.Deployment',
      '{"spec":{"replicas":1.5}}',
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'apps.v1.Deployment',
      '{"spec":{"replicas":99999999999}}',
      'json: cannot unmarshal number 99999999999 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'core.v1.Service',
      '{"spec":{"ports":[{"targetPort":true}]}}',
      'json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32',
    ],
    ['core.v1.ConfigMap', '[]', 'json: cannot unmarshal array into Go value of type v1.ConfigMap'],
    ['core.v1.Secret', '{"data":{"k":"not base64!"}}', 'illegal base64 data at input byte 3'],
    ['core.v1.Secret', '{"data":{"k":"abc"}}', 'illegal base64 data at input byte 0'],
    [
      'core.v1.Pod',
      '{"metadata":{"creationTimestamp":"yesterday"}}',
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
    ['core.v1.Pod', '{"metadata":{"creationTimestamp":"2023-02-30T00:00:00Z"}}', 'parsing time "2023-02-30T00:00:00Z": day out of range'],
    [
      'core.v1.Pod',
      '{"spec":{"overhead":{"cpu":"lots"}}}',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ])('%s %s', (id, text, message) => {
    expect(() => decode(id, text)).toThrow(expect.objectContaining({ name: 'DecodeError', message }))
  })
})

describe("syntax errors in the words of Go's scanner", () => {
  test.each([
    ['{', 'unexpected end of JSON input'],
    ['', 'unexpected end of JSON input'],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 2}', "invalid character '2' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['nul!', "invalid character '!' in literal null (expecting 'l')"],
    ['01', "invalid character '1' after top-level value"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    [`${'['.repeat(20000)}`, 'exceeded max depth'],
  ])('%.20s', (text, message) => {
    expect(() => parseJson(Buffer.from(text))).toThrow(expect.objectContaining({ name: 'DecodeError', message }))
  })
})

/** Definitions that are refused, as an upstream server answered. */
import { describe, expect, test } from 'vitest'
import type { CustomResourceDefinition, JSONSchemaProps } from '../types/apiextensions-v1.ts'
import {
  customResourceDefinitionWarnings,
  validateCustomResourceDefinition,
  validateCustomResourceDefinitionUpdate,
} from './custom-resource-definitions.ts'
import { object, texts } from './testing.ts'

type Body = {
  spec?: Record<string, unknown>
  metadata?: object
  status?: object
  schema?: JSONSchemaProps
  version?: object
  names?: object
}
const definition = ({ spec, metadata, status, schema = { type: 'object' }, version, names }: Body) =>
  object<CustomResourceDefinition>('apiextensions.v1.CustomResourceDefinition', {
    metadata: { name: 'tests.example.com', namespace: undefined, ...metadata },
    spec: {
      group: 'example.com',
      names: { plural: 'tests', kind: 'Test', ...names },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }],
      ...spec,
    },
    status: { storedVersions: ['v1'], acceptedNames: { plural: 'tests', kind: 'Test' }, ...status },
  })
const refused = (body: Body) => texts(validateCustomResourceDefinition(definition(body)))
const version = (name: string, storage: boolean, schema?: JSONSchemaProps) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: schema ?? { type: 'object' } },
})

test.each<[string, Body, string[]]>([
  ['a plain one', {}, []],
  [
    'a foreign name',
    { metadata: { name: 'x.example.com' } },
    ['metadata.name: Invalid value: "x.example.com": must be spec.names.plural+"."+spec.group'],
  ],
  ['no schema', { version: { schema: undefined } }, ['spec.versions[0].schema.openAPIV3Schema: Required value']],
  [
    'a scope of its own',
    { spec: { scope: 'Global' } },
    ['spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced"'],
  ],
  [
    'no kind',
    { names: { kind: '' } },
    ['spec.names.singular: Required value', 'spec.names.kind: Required value', 'spec.names.listKind: Required value'],
  ],
  [
    'a kind that is its list',
    { names: { listKind: 'Test' } },
    ['spec.names.listKind: Invalid value: "Test": kind and listKind may not be the same'],
  ],
  [
    'two storage versions',
    { spec: { versions: [version('v1', true), version('v1', true)] } },
    [
      'spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null},{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must contain unique version names',
      'spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null},{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version',
    ],
  ],
  [
    'a stored version that is gone',
    { status: { storedVersions: ['v0', 'v1'] } },
    [
      'status.storedVersions[0]: Invalid value: "v0": missing from spec.versions; v0 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v0 and removes v0 from status.storedVersions',
    ],
  ],
  [
    'a warning without deprecation',
    { version: { deprecationWarning: 'x' } },
    ['spec.versions[0].deprecationWarning: Invalid value: "x": can only be set for deprecated versions'],
  ],
  [
    'scale paths elsewhere',
    { version: { subresources: { scale: { specReplicasPath: '.a', statusReplicasPath: 'x' } } } },
    [
      'spec.subresources.scale.specReplicasPath: Invalid value: ".a": should be a json path under .spec',
      'spec.subresources.scale.statusReplicasPath: Invalid value: "x": must be a simple json path starting with .',
    ],
  ],
  [
    'columns',
    { version: { additionalPrinterColumns: [{ name: 'a', type: 'float', jsonPath: '' }] } },
    [
      'spec.additionalPrinterColumns[0].type: Invalid value: "float": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].JSONPath: Required value',
    ],
  ],
  [
    'selectable fields',
    {
      version: { selectableFields: [{ jsonPath: '.spec.x' }, { jsonPath: '.spec' }] },
      schema: { type: 'object', properties: { spec: { type: 'object' } } },
    },
    [
      'spec.selectableFields[0].jsonPath: Invalid value: ".spec.x": is an invalid path: does not refer to a valid field',
      'spec.selectableFields[1]: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
    ],
  ],
  [
    'a webhook without versions',
    { spec: { conversion: { strategy: 'Webhook', webhook: { clientConfig: {}, conversionReviewVersions: ['v9'] } } } },
    [
      'spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required',
      'spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
    ],
  ],
  [
    'a group of the community',
    { metadata: { name: 'tests.x.k8s.io' }, spec: { group: 'x.k8s.io' } },
    [
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ],
  ],
  [
    'preserveUnknownFields',
    { spec: { preserveUnknownFields: true } },
    [
      'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    ],
  ],
])('%s', (_name, body, errors) => {
  expect(refused(body)).toEqual(errors)
})

describe('schemas', () => {
  const at = 'spec.validation.openAPIV3Schema'
  const of = (properties: Record<string, JSONSchemaProps>): JSONSchemaProps => ({ type: 'object', properties })
  test.each<[string, JSONSchemaProps, string[]]>([
    [
      'no types',
      { properties: { a: {} } },
      [
        `${at}.properties[a].type: Required value: must not be empty for specified object fields`,
        `${at}.type: Required value: must not be empty at the root`,
      ],
    ],
    [
      'an unknown type',
      of({ a: { type: 'strin' } }),
      [
        `${at}.properties[a].type: Unsupported value: "strin": supported values: "array", "boolean", "integer", "number", "object", "string"`,
      ],
    ],
    ['a list of nothing', of({ b: { type: 'array' } }), [`${at}.properties[b].items: Required value: must be specified`]],
    [
      'a wrong default',
      of({ b: { type: 'integer', default: 'x' } }),
      [`${at}.properties[b].default: Invalid value: "string":  in body must be of type integer: "string"`],
    ],
    [
      'a default with unknown fields',
      of({ b: { type: 'object', default: { x: 1 } } }),
      [`${at}.properties[b].default: Invalid value: {"x":1}: must not have unknown fields`],
    ],
    [
      'uniqueItems',
      of({ c: { type: 'array', uniqueItems: true, items: { type: 'string' } } }),
      [`${at}.properties[c].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`],
    ],
    [
      'types in alternatives',
      of({ a: { anyOf: [{ type: 'string' }, { type: 'integer' }] } }),
      [
        `${at}.properties[a].anyOf[0].type: Forbidden: must be empty to be structural`,
        `${at}.properties[a].anyOf[1].type: Forbidden: must be empty to be structural`,
        `${at}.properties[a].type: Required value: must not be empty for specified object fields`,
      ],
    ],
    [
      'int-or-string in alternatives',
      of({ a: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] } }),
      [],
    ],
    [
      'what alternatives alone name',
      { type: 'object', anyOf: [{ required: ['a'], properties: { a: {} } }] },
      [`${at}.properties[a]: Required value: because it is defined in ${at}.anyOf[0].properties[a]`],
    ],
    [
      'preserving nothing',
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': false },
      [`${at}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`],
    ],
    [
      'metadata',
      of({ metadata: of({ labels: { type: 'object' } }) }),
      [
        `${at}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
      ],
    ],
    ['names in metadata', of({ metadata: of({ name: { type: 'string', maxLength: 5 } }) }), []],
    [
      'a list map without keys',
      of({ a: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'map' } }),
      [
        `${at}.properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
        `${at}.properties[a].items.type: Invalid value: "string": must be object if parent array's x-kubernetes-list-type is map`,
      ],
    ],
    [
      'a key that may be absent',
      of({
        a: { type: 'array', items: of({ k: { type: 'string' } }), 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] },
      }),
      [
        `${at}.properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
      ],
    ],
    [
      'a pattern',
      of({ a: { type: 'string', pattern: '+' } }),
      [
        `${at}.properties[a].pattern: Invalid value: "+": must be a valid regular expression, but isn't: error parsing regexp: missing argument to repetition operator: \`+\``,
      ],
    ],
    ['$ref', of({ a: { type: 'object', $ref: '#/x' } }), [`${at}.properties[a].$ref: Forbidden: $ref is not supported`]],
  ])('%s', (_name, schema, errors) => {
    expect(refused({ schema })).toEqual(errors)
  })

  test('versions that differ are named', () => {
    const schema = of({ a: {} })
    expect(refused({ spec: { versions: [version('v1', true), version('v2', false, schema)] } })).toEqual([
      'spec.versions[1].schema.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields',
    ])
  })
})

describe('rules', () => {
  const path = 'spec.validation.openAPIV3Schema.properties[a].x-kubernetes-validations'
  const rule = (text: string) => `{"Rule":${text},"Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}`
  test.each<[string, JSONSchemaProps, string[]]>([
    [
      'an empty one hides what the others are',
      { type: 'string', 'x-kubernetes-validations': [{ rule: 'self +' }, { rule: '' }] },
      [`${path}[1].rule: Required value: rule is not specified`],
    ],
    [
      'types',
      {
        type: 'integer',
        'x-kubernetes-validations': [{ rule: 'self > 1', messageExpression: '1' }, { rule: 'self.b > 1' }, { rule: 'self' }],
      },
      [
        `${path}[0].messageExpression: Invalid value: ${rule('"self \\u003e 1"').replace('"MessageExpression":""', '"MessageExpression":"1"')}: messageExpression must evaluate to a string`,
        `${path}[1].rule: Invalid value: ${rule('"self.b \\u003e 1"')}: compilation failed: ERROR: <input>:1:5: type 'int' does not support field selection\n | self.b > 1\n | ....^`,
        `${path}[2].rule: Invalid value: ${rule('"self"')}: cel expression must evaluate to a bool`,
      ],
    ],
    [
      'texts',
      {
        type: 'string',
        'x-kubernetes-validations': [{ rule: 'self == "x"', reason: 'Odd' as never, fieldPath: '.nope', message: 'a\nb' }],
      },
      [
        `${path}[0].message: Invalid value: "a\\nb": must not contain line breaks`,
        `${path}[0].reason: Unsupported value: "Odd": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
        `${path}[0].fieldPath: Invalid value: ".nope": must be a valid path`,
      ],
    ],
    [
      'items of a list that are not told apart have no old self',
      { type: 'array', maxItems: 5, items: { type: 'string', maxLength: 5, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] } },
      [
        'spec.validation.openAPIV3Schema.properties[a].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[a]',
      ],
    ],
  ])('%s', (_name, a, errors) => {
    expect(refused({ schema: { type: 'object', properties: { a } } })).toEqual(errors)
  })

  const within = (a: JSONSchemaProps, rule: string) =>
    refused({ schema: { type: 'object', properties: { a: { ...a, 'x-kubernetes-validations': [{ rule }] } } } })
  const tip = '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)'
  const texts: JSONSchemaProps = { type: 'array', items: { type: 'string' } }

  test('a rule that no size bounds is refused for what it may cost', () => {
    expect(within(texts, 'self.all(x, self.all(y, self.all(z, x.contains(y) && y.contains(z))))')).toEqual([
      `${path}[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x ${tip}`,
      `${path}[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`,
      `spec.validation.openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x ${tip}`,
    ])
  })
  test.each<[JSONSchemaProps, string, boolean]>([
    [texts, "self.all(x, x.startsWith('a'))", true],
    [texts, 'self.all(x, self.exists_one(y, x == y))', false],
    [{ ...texts, maxItems: 100, items: { type: 'string', maxLength: 64 } }, 'self.all(x, self.exists_one(y, x == y))', true],
    [{ type: 'string' }, "self.matches('^[a-z]+$')", true],
    [{ type: 'object', properties: { b: { type: 'string' } } }, "!has(self.b) || self.b.lowerAscii().contains('x')", true],
    [{ type: 'object', additionalProperties: { type: 'string' } }, "self.all(k, self[k] != '' && k.size() < 5)", true],
    [{ type: 'object', properties: { b: { type: 'integer' } } }, '[1, 2, 3].all(i, cel.bind(x, self.b, x > i && x in [i, 5]))', true],
    [{ type: 'object', properties: { b: texts, c: texts } }, 'sets.contains(self.b, self.c)', false],
    [
      { type: 'object', properties: { b: { type: 'string' } } },
      "self.?b.orValue('').size() < 3 && optional.of(self).optMap(v, v.b == 'x').orValue(true)",
      true,
    ],
  ])('%j: %s', (a, rule, accepted) => {
    expect(within(a, rule).length === 0).toBe(accepted)
  })
  test('items of a list without bounds count as often as a request can hold them', () => {
    const item: JSONSchemaProps = {
      type: 'object',
      properties: { b: { type: 'integer' } },
      'x-kubernetes-validations': [{ rule: 'self.b + 1 + self.b + 2 + self.b > 3' }],
    }
    const all = (list: JSONSchemaProps) => refused({ schema: { type: 'object', properties: { a: list } } })
    expect(all({ type: 'array', items: item })[0]).toBe(
      `${path.replace('[a]', '[a].items')}[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 1.153434x ${tip}`,
    )
    expect(all({ type: 'array', maxItems: 1000, items: item })).toEqual([])
  })

  test('the root sees the names of the metadata', () => {
    const named = (rule: string) => refused({ schema: { type: 'object', 'x-kubernetes-validations': [{ rule }] } })
    expect(named("self.metadata.name.startsWith('a')")).toEqual([])
    expect(named('has(self.metadata.labels)')).toHaveLength(1)
  })
})

test('an established definition keeps its scope, kind, group and plural', () => {
  const old = definition({ status: { conditions: [{ type: 'Established', status: 'True' }] } })
  const changed = definition({ spec: { scope: 'Cluster' }, names: { kind: 'Other' } })
  expect(texts(validateCustomResourceDefinitionUpdate(changed, old))).toEqual([
    'spec.scope: Invalid value: "Cluster": field is immutable',
    'spec.names.kind: Invalid value: "Other": field is immutable',
  ])
})

test('formats that are not checked are warned of, once', () => {
  const number = (format: string): JSONSchemaProps => ({ type: 'integer', format })
  const schema: JSONSchemaProps = {
    type: 'object',
    properties: { a: number('int64'), b: number('int32'), c: number('int32'), d: { type: 'string', format: 'date-time' } },
  }
  expect(customResourceDefinitionWarnings(definition({ schema }))).toEqual(['unrecognized format "int32"', 'unrecognized format "int64"'])
})

test('a definition with very many mistakes is refused for some of them', () => {
  const many = Object.fromEntries(Array.from({ length: 130_000 }, (_, i) => [`a${i}`, {}]))
  expect(refused({ schema: { type: 'object', properties: many } })).toHaveLength(1000)
  const columns = Array.from({ length: 130_000 }, () => ({}))
  expect(refused({ version: { additionalPrinterColumns: columns } })).toHaveLength(1000)
})

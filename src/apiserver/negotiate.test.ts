import { expect, test } from 'vitest'
import { negotiate } from './negotiate.ts'

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'

test.each([
  [undefined, { media: 'json' }],
  ['*/*', { media: 'json' }],
  ['application/yaml', { media: 'yaml' }],
  ['text/html, application/json;q=0.5', { media: 'json' }],
  ['application/vnd.kubernetes.protobuf,application/json', { media: 'protobuf' }],
  [`${table},application/json`, { media: 'json', as: 'Table', asVersion: 'v1' }],
  ['application/json;as=Other;v=v1;g=meta.k8s.io, application/json', { media: 'json' }],
])('Accept: %s', (accept, form) => {
  expect(negotiate(accept, null, { forms: 'list' })).toMatchObject(form)
})

test.each([
  ['text/html', 'list', /^406: Not Acceptable/],
  ['application/json;as=Table;v=v2;g=meta.k8s.io', 'list', /^only the following media types are accepted/],
  [table, 'none', /^only the following media types are accepted/],
  ['application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'list', /is a list \(\*core.ConfigMapList\)$/],
] as const)('Accept: %s for %s is refused', (accept, forms, message) => {
  expect(() => negotiate(accept, null, { forms, type: 'core.ConfigMap' })).toThrow(message)
})

import { expect, test } from 'vitest'
import { identityHeaders } from './identity.ts'

test.each([
  ['a name alone', { name: 'jane', groups: [] }, { 'x-remote-user': 'jane' }],
  [
    'groups, a UID and more, several values each',
    { name: 'jane', uid: '7', groups: ['a', 'b'], extra: { scopes: ['read', 'write'] } },
    { 'x-remote-user': 'jane', 'x-remote-uid': '7', 'x-remote-group': ['a', 'b'], 'x-remote-extra-scopes': ['read', 'write'] },
  ],
  [
    'keys that are no name of a header',
    { name: 'jane', groups: [], extra: { 'example.com/a%b': ['x'] } },
    { 'x-remote-user': 'jane', 'x-remote-extra-example.com%2Fa%25b': ['x'] },
  ],
  ['names beyond ASCII as UTF-8', { name: '키', groups: [] }, { 'x-remote-user': Buffer.from('키').toString('latin1') }],
])('%s', (_name, user, headers) => {
  expect(identityHeaders(user)).toEqual(headers)
})

test.each(['a\nX-Remote-Group: system:masters', 'a\rb', 'a\0b'])('a name that would be more than one header is refused', (name) => {
  expect(() => identityHeaders({ name, groups: [] })).toThrow('invalid header field value for "X-Remote-User"')
  expect(() => identityHeaders({ name: 'jane', groups: [name] })).toThrow('invalid header field value for "X-Remote-Group"')
})

import { expect, test } from 'vitest'
import { parseJsonPath, relaxedJsonPath } from './jsonpath.ts'

const data = {
  kind: 'List',
  items: [
    { metadata: { name: 'a', labels: { 'example.com/x': '1' } }, status: { n: 1, ok: true }, list: ['p', 'q', 'r'] },
    { metadata: { name: 'b' }, status: { n: 2.5, ok: false } },
  ],
}
test.each([
  ['plain text', 'plain text'],
  ['{.kind}', 'List'],
  ['{kind}', 'List'],
  ['{$.kind}', 'List'],
  ['kind is {.kind}!', 'kind is List!'],
  ['{.items[*].metadata.name}', 'a b'],
  ['{.items[0].metadata.name}', 'a'],
  ['{.items[-1].metadata.name}', 'b'],
  ['{.items[0].list[0:2]}', 'p q'],
  ['{.items[0].list[::2]}', 'p r'],
  ['{.items[0].list[0,2]}', 'p r'],
  ["{.items[*]['metadata.name','status.n']}", ''],
  ["{.items[0]['kind','list']}", '["p","q","r"]'],
  ['{.items[0].metadata.labels.example\\.com/x}', '1'],
  ["{.items[0].metadata.labels['example.com/x']}", '1'],
  ['{range .items[*]}{.metadata.name}{"\\t"}{.status.n}{"\\n"}{end}', 'a\t1\nb\t2.5\n'],
  ['{range .items[*]}[{.metadata.name}]{end}', '[a][b]'],
  ['{.items[?(@.metadata.name=="b")].status.n}', '2.5'],
  ["{.items[?(@.metadata.name!='b')].status.n}", '1'],
  ['{.items[?(@.status.n>1)].metadata.name}', 'b'],
  ['{.items[?(@.status.ok==true)].metadata.name}', 'a'],
  ['{.items[?(@.list)].metadata.name}', 'a'],
  ['{..name}', 'a b'],
  ['{.items[0].status}', '{"n":1,"ok":true}'],
  ['{\'single\'}{"double"}', 'singledouble'],
  ['{ .kind }', 'List'],
])('%s', (template, expected) => expect(parseJsonPath(template, { allowMissingKeys: true }).print(data)).toBe(expected))

test.each([
  ['{.none}', 'none is not found'],
  ['{.items[7]}', 'array index out of bounds: index 7, length 2'],
])('%s finds nothing', (template, message) => {
  expect(() => parseJsonPath(template).print(data)).toThrow(message)
  expect(parseJsonPath(template, { allowMissingKeys: true }).print(data)).toBe('')
})
test.each([
  ['{.kind', 'unclosed action'],
  ['{range .items[*]}x', 'unclosed range'],
  ['{end}', 'not in range, nothing to end'],
  ['{.items[}', 'unterminated array'],
  ['{.items[x]}', 'invalid array index x'],
  ['{"open}', 'unterminated quoted string'],
  ['{.items[?(@.a}', 'unterminated filter'],
  ['{)}', 'unrecognized character in action'],
])('%s is refused', (template, message) => expect(() => parseJsonPath(template)).toThrow(message))

test.each([
  ['metadata.name', '{.metadata.name}'],
  ['.metadata.name', '{.metadata.name}'],
  ['{.metadata.name}', '{.metadata.name}'],
])('%s is meant as %s', (given, meant) => expect(relaxedJsonPath(given)).toBe(meant))
test('the values of each action', () => expect(parseJsonPath('{.kind}-{.items[*].status.n}').find(data)).toEqual([['List'], [1, 2.5]]))

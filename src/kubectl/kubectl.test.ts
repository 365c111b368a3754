/** The parts of kubectl that need no server: layout, templates, words on the command line, files. */
import { describe, expect, test } from 'vitest'
import { placeOf } from './commands/cp.ts'
import { readChanges } from './commands/label.ts'
import { parseTaints } from './commands/nodes.ts'
import { conditionOf } from './commands/wait.ts'
import { documentsOf } from './files.ts'
import { selectorObject } from './generators/policy.ts'
import { parsePort } from './generators/service.ts'
import { parseGoTemplate, TemplateError } from './print/go-template.ts'
import { sortBy } from './print/sort.ts'
import { createResourceMapper } from './resources.ts'
import { alignTabs, describeTabs, tableTabs } from './tab-writer.ts'

describe('tab stops', () => {
  test.each([
    ['a table', 'NAME\tAGE\nlonger-name\t1s\n', tableTabs, 'NAME          AGE\nlonger-name   1s\n'],
    ['a least width', 'A\tB\n', tableTabs, 'A     B\n'],
    ['a line without tabs ends a column', 'Name:\tx\nData\na-long-key:\ty\n', describeTabs, 'Name:  x\nData\na-long-key:  y\n'],
    ['an inner column of some lines', 'a:\n  bb:\tc\td\n  e:\tff\tg\nh:\ti\n', describeTabs, 'a:\n  bb:  c   d\n  e:   ff  g\nh:     i\n'],
  ])('%s', (_name, text, options, wanted) => {
    expect(alignTabs(text, options)).toBe(wanted)
  })

  test('a watch keeps the widths it had', () => {
    const remembered: number[] = []
    alignTabs('a-long-name\tx\n', { ...tableTabs, remembered })
    expect(alignTabs('b\ty\n', { ...tableTabs, remembered })).toBe('b             y\n')
  })
})

describe('go templates', () => {
  const data = { name: 'web', items: [{ n: 1, ok: true }, { n: 2 }], labels: { b: '2', a: '1' }, empty: [] }
  test.each([
    ['{{.name}}', 'web'],
    ['{{.nothing}}', '<no value>'],
    ['{{range .items}}{{.n}},{{end}}', '1,2,'],
    ['{{range.items}}{{.n}}{{end}}', '12'],
    ['{{range $i, $e := .items}}{{$i}}={{$e.n}};{{end}}', '0=1;1=2;'],
    ['{{range $k, $v := .labels}}{{$k}}{{$v}} {{end}}', 'a1 b2 '],
    ['{{range .empty}}x{{else}}none{{end}}', 'none'],
    ['{{if and .name (eq .name "web")}}yes{{else if .x}}maybe{{else}}no{{end}}', 'yes'],
    ['{{with .labels}}{{.a}}{{end}}', '1'],
    ['{{index .labels "b"}}{{(index .items 1).n}}', '22'],
    ['{{len .items}} {{printf "%-4s|%03d" .name 7}}', '2 web |007'],
    ['a {{- " b " -}} c', 'a b c'],
    ['{{/* note */}}{{.name | printf "%q"}}', '"web"'],
    ['{{define "t"}}<{{.}}>{{end}}{{template "t" .name}}', '<web>'],
    ['{{$x := 1}}{{range .items}}{{$x = .n}}{{end}}{{$x}}', '2'],
    ['{{.labels}}', 'map[a:1 b:2]'],
  ])('%s', (template, wanted) => {
    expect(parseGoTemplate(template)(data)).toBe(wanted)
  })
  test.each(['{{.a', '{{if}}', '{{nope .}}', '{{range .items}}', '{{end}}'])('%s is no template', (template) => {
    expect(() => parseGoTemplate(template)(data)).toThrow(TemplateError)
  })
  test('a template that never ends is stopped', () => {
    expect(() => parseGoTemplate('{{define "t"}}{{template "t"}}{{end}}{{template "t"}}')({})).toThrow('maximum template depth')
  })
})

describe('built-in resources are known without a server', () => {
  const mapper = createResourceMapper(() => Promise.reject(new Error('asked the server')))
  test.each([
    ['po', 'pods', ''],
    ['Deployment', 'deployments', 'apps'],
    ['deploy.apps', 'deployments', 'apps'],
    ['deployments.v1.apps', 'deployments', 'apps'],
    ['ev', 'events', ''],
    ['ing', 'ingresses', 'networking.k8s.io'],
    ['hpa', 'horizontalpodautoscalers', 'autoscaling'],
  ])('%s', async (word, resource, group) => {
    expect(await mapper.resource(word)).toMatchObject({ resource, group })
  })
  test('the newer of two versions is meant', async () => {
    expect((await mapper.resource('hpa')).version).toBe('v2')
    expect((await mapper.kind('autoscaling/v1', 'HorizontalPodAutoscaler'))?.version).toBe('v1')
  })
})

describe('files', () => {
  const values = (text: string) => [...documentsOf('f', text)].map((document) => document.value)
  test.each([
    ['documents', 'a: 1\n---\nb: 2\n', [{ a: 1 }, { b: 2 }]],
    ['empty ones and comments', '---\n# note\n---\na: 1\n---\n', [{ a: 1 }]],
    ['JSON in a row', '{"a":1}\n{"b":"}"}', [{ a: 1 }, { b: '}' }]],
    ['a line of dashes inside text', 'a: |\n  ---\n', [{ a: '---\n' }]],
  ])('%s', (_name, text, wanted) => {
    expect(values(text)).toEqual(wanted)
  })
  test('an error names the file and the line', () => {
    expect(() => values('a: 1\nb:\n\tc: 2\n')).toThrow(
      'error parsing f: error converting YAML to JSON: yaml: line 3: found character that cannot start any token',
    )
  })
})

test('words on the command line', () => {
  expect(readChanges(['pod', 'web', 'a=b', 'c-'], 'label')).toEqual({
    resources: ['pod', 'web'],
    set: new Map([['a', 'b']]),
    remove: ['c'],
  })
  expect(() => readChanges(['pod', 'web', 'a=b', 'a-'], 'label')).toThrow('cannot specify "a" more than once')
  expect(parseTaints(['k=v:NoSchedule', 'x:NoExecute-', 'y-'])).toEqual({
    set: [{ key: 'k', value: 'v', effect: 'NoSchedule' }],
    remove: [{ key: 'x', effect: 'NoExecute' }, { key: 'y' }],
  })
  expect(parsePort('80:http')).toEqual({ port: 80, targetPort: 'http' })
  expect(() => parsePort('99999')).toThrow('invalid port value')
  expect(selectorObject('a=b,c in (d,e),!f')).toMatchObject({ matchLabels: { a: 'b' } })
  expect(placeOf('ns/pod:/tmp/x')).toEqual({ namespace: 'ns', pod: 'pod', path: '/tmp/x' })
  expect(placeOf('./a:b')).toEqual({ path: './a:b' })
})

test.each([
  ['condition=Ready', true],
  ['condition=ready=true', true],
  ['condition=Ready=false', false],
  ["jsonpath='{.status.phase}'=Running", true],
  ['jsonpath={.status.phase}=Pending', false],
  ['jsonpath={.status.nothing}', false],
])('wait --for=%s', (text, wanted) => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }
  expect(conditionOf(text)(pod)).toBe(wanted)
})

test('sorting puts numbers in names in order and what is missing first', () => {
  const items = [{ n: 'pod10' }, { n: 'pod2' }, {}]
  expect(sortBy(items, '.n', (item) => item)).toEqual([{}, { n: 'pod2' }, { n: 'pod10' }])
  expect(() => sortBy(items, '.nope', (item) => item)).toThrow("couldn't find any field with path")
})

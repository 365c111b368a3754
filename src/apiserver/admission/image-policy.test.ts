import { describe, expect, test } from 'vitest'
import { type Webhook, WebhookError } from '../../http/webhook.ts'
import { createImagePolicyWebhook, parseImagePolicy } from './image-policy.ts'
import { review, type Write } from './testing.ts'

const pod = (annotations: object = {}) => ({
  metadata: { name: 'p', annotations },
  spec: { containers: [{ image: 'a' }], initContainers: [{ image: 'b' }], ephemeralContainers: [{ image: 'c' }] },
})
/** Answers, or fails, in turn; what it was asked stands in `asked`. */
function setup(defaultAllow: boolean, ...answers: (object | Error)[]) {
  const asked: { spec: object }[] = []
  const webhook: Webhook = {
    async post<T>(body: object) {
      asked.push(body as { spec: object })
      const answer = answers[Math.min(asked.length, answers.length) - 1]
      if (answer instanceof Error) throw answer
      return { ...body, status: answer } as T
    },
    close() {},
  }
  let now = 0
  const options = { webhook, allowMs: 1000, denyMs: 100, retryMs: 1, defaultAllow }
  return { asked, later: (ms: number) => (now += ms), plugin: createImagePolicyWebhook(options, () => new Date(now)) }
}
const make: Write = { resource: 'pods', object: pod({ 'x.image-policy.k8s.io/why': 'y', other: 'z' }) }
const no = (why: string) => `403 pods "p" is forbidden: ${why}`
const down = new WebhookError('nobody is there')

test.each<[string, boolean, object | Error, string, object]>([
  ['allowed', false, { allowed: true, auditAnnotations: { a: 'b' } }, 'allowed', { 'imagepolicywebhook.image-policy.k8s.io/a': 'b' }],
  ['refused', false, { allowed: false }, no('one or more images rejected by webhook backend'), {}],
  [
    'refused with a reason',
    false,
    { allowed: false, reason: 'old' },
    no('image policy webhook backend denied one or more images: old'),
    {},
  ],
  ['nobody answers', false, down, no('nobody is there'), {}],
  ['nobody answers, which is allowed', true, down, 'allowed', { 'imagepolicywebhook.image-policy.k8s.io/failed-open': 'true' }],
])('%s', async (_name, defaultAllow, answer, expected, audit) => {
  const outcome = await review(setup(defaultAllow, answer).plugin, make)
  expect(outcome.answer).toBe(expected)
  expect(outcome.audit).toEqual(audit)
})

test.each<[string, Write, object | undefined]>([
  ['a pod', make, { containers: [{ image: 'a' }, { image: 'b' }], annotations: { 'x.image-policy.k8s.io/why': 'y' }, namespace: 'ns' }],
  [
    'an update',
    { ...make, old: pod() },
    { containers: [{ image: 'a' }, { image: 'b' }], annotations: { 'x.image-policy.k8s.io/why': 'y' }, namespace: 'ns' },
  ],
  ['a debugger', { resource: 'pods/ephemeralcontainers', object: pod(), old: pod() }, { containers: [{ image: 'c' }], namespace: 'ns' }],
  ['a status', { resource: 'pods/status', object: pod(), old: pod() }, undefined],
])('%s is asked about by its images', async (_name, write, spec) => {
  const { plugin, asked } = setup(false, { allowed: true })
  await review(plugin, write)
  expect(asked.map((body) => body.spec)).toEqual(spec ? [spec] : [])
})

test('answers count for a while, refusals for another', async () => {
  const { plugin, asked, later } = setup(false, { allowed: false }, { allowed: true }, { allowed: false })
  const steps: string[] = []
  for (const ms of [0, 50, 60, 900, 200]) {
    later(ms)
    steps.push(`${(await review(plugin, make)).answer === 'allowed' ? 'yes' : 'no'} ${asked.length}`)
  }
  expect(steps).toEqual(['no 1', 'no 1', 'yes 2', 'yes 2', 'no 3'])
})

describe('a configuration', () => {
  test.each<[string, unknown, RegExp]>([
    ['that is none', undefined, /names no imagePolicy.kubeConfigFile/],
    [
      'whose answers count too long',
      { imagePolicy: { kubeConfigFile: 'x', allowTTL: 1801 } },
      /allowTTL: valid value is between 1 and 1800, got 1801/,
    ],
    [
      'whose pause is negative',
      { imagePolicy: { kubeConfigFile: 'x', retryBackoff: -2 } },
      /retryBackoff: valid value is between 1 and 300000, got -2/,
    ],
  ])('%s stops the start', (_name, configuration, message) => expect(() => parseImagePolicy(configuration)).toThrow(message))
})

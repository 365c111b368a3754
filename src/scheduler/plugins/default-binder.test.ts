import { expect, test } from 'vitest'
import type { NodeInfo } from '../node-info.ts'
import { createPodInfo } from '../pod-info.ts'
import { createDefaultBinder } from './default-binder.ts'
import { podOf, withObjects } from './testing.ts'

test('the binding names the pod by its uid, so that a namesake is not bound in its place', async () => {
  const { client, transport } = await withObjects({ pods: [podOf('p', {})] })
  let body: unknown
  transport.intercept = (request) => {
    body = request.body
  }
  expect(await createDefaultBinder({ client }).bind?.(createPodInfo(podOf('p', {})), { name: 'n' } as NodeInfo)).toBe(true)
  expect(body).toEqual({
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { namespace: 'default', name: 'p', uid: 'p' },
    target: { apiVersion: 'v1', kind: 'Node', name: 'n' },
  })
  expect((await client.get('pods', { namespace: 'default', name: 'p' })).spec.nodeName).toBe('n')
})

import { expect, test } from 'vitest'
import { parseRequestInfo } from './request-info.ts'

test.each([
  ['GET', '/api/v1/namespaces/default/pods', 'list', 'pods', '', '', 'default'],
  ['GET', '/api/v1/namespaces/default/pods?watch=1', 'watch', 'pods', '', '', 'default'],
  ['GET', '/api/v1/namespaces/default/pods?watch=false', 'list', 'pods', '', '', 'default'],
  ['GET', '/api/v1/watch/namespaces/default/pods/web', 'watch', 'pods', 'web', '', 'default'],
  ['GET', '/api/v1/pods', 'list', 'pods', '', '', ''],
  ['GET', '/api/v1/namespaces/default', 'get', 'namespaces', 'default', '', 'default'],
  ['PUT', '/api/v1/namespaces/default/finalize', 'update', 'namespaces', 'default', 'finalize', 'default'],
  ['PATCH', '/apis/apps/v1/namespaces/a/deployments/d/status', 'patch', 'deployments', 'd', 'status', 'a'],
  ['DELETE', '/api/v1/namespaces/a/configmaps', 'deletecollection', 'configmaps', '', '', 'a'],
  ['POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', 'create', 'clusterroles', '', '', ''],
  ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/a%3Ab', 'get', 'clusterroles', 'a:b', '', ''],
  ['GET', '/api/v1/namespaces/a/services/https:web:443/proxy/x/y', 'get', 'services', 'https:web:443', 'proxy', 'a'],
])('%s %s is %s of %s', (method, target, verb, resource, name, subresource, namespace) => {
  expect(parseRequestInfo(method, target)).toMatchObject({ isResourceRequest: true, verb, resource, name, subresource, namespace })
})

test.each([['/healthz'], ['/api'], ['/api/v1'], ['/apis/apps/v1'], ['//api/v1/pods'], ['/openapi/v3/apis/apps/v1']])(
  '%s is no resource',
  (target) => {
    expect(parseRequestInfo('GET', target)).toMatchObject({ isResourceRequest: false, verb: 'get' })
  },
)

test('a broken escape is the client’s mistake', () => {
  expect(() => parseRequestInfo('GET', '/api/v1/namespaces/%zz/pods')).toThrow(/invalid URL escape/)
})

import { expect, test } from 'vitest'
import type { Service } from '../../api/types/core-v1.ts'
import type { EndpointSlice } from '../../api/types/discovery-v1.ts'
import { conditionOfService } from './availability.ts'

const route = { service: { namespace: 'foo', name: 'bar', port: 1234 } }
const service = (spec: object) => ({ metadata: { name: 'bar', namespace: 'foo' }, spec }) as unknown as Service
const slice = (ports: object[], ...endpoints: object[]) => ({ metadata: {}, ports, endpoints }) as unknown as EndpointSlice
const named = { name: 'testPort', port: 1234 }
const clusterIP = service({ type: 'ClusterIP', ports: [named] })
const unnamed = service({ type: 'ClusterIP', ports: [{ port: 1234 }] })
const there = { addresses: ['192.0.2.1'] }
const missing = 'endpointslices for service/bar in "foo" have no addresses with port name "testPort"'

// As upstream's table of the remote availability controller.
test.each<[string, Service | undefined, EndpointSlice[], [string, string] | undefined]>([
  ['no service', undefined, [], ['ServiceNotFound', 'service/bar in "foo" is not present']],
  [
    'a service on another port',
    service({ type: 'ClusterIP', ports: [{ port: 6443 }] }),
    [slice([named], there)],
    ['ServicePortError', 'service/bar in "foo" is not listening on port 1234'],
  ],
  ['no slices', clusterIP, [], ['EndpointsNotFound', 'cannot find endpointslices for service/bar in "foo"']],
  ['slices without endpoints', clusterIP, [slice([named])], ['MissingEndpoints', missing]],
  ['a port of another name', clusterIP, [slice([{ ...named, name: 'wrong' }], there)], ['MissingEndpoints', missing]],
  ['no endpoint that is ready', clusterIP, [slice([named], { ...there, conditions: { ready: false } })], ['MissingEndpoints', missing]],
  ['one of several that is ready', clusterIP, [slice([named], { ...there, conditions: { ready: false } }, there)], undefined],
  ['one in another slice', clusterIP, [slice([named]), slice([named], { ...there, conditions: { ready: true } })], undefined],
  ['a port without a name', unnamed, [slice([{ port: 1234 }], there)], undefined],
  ['a service outside, whose endpoints nobody knows', service({ type: 'ExternalName', externalName: 'example.com' }), [], undefined],
  ['a service with node ports', service({ type: 'NodePort', ports: [] }), [], undefined],
])('%s', (_name, of, slices, expected) => {
  const [reason, message] = expected ?? []
  expect(conditionOfService(route, of, slices)).toEqual(expected && { status: 'False', reason, message })
})

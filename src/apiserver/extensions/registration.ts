/** The groups and versions of definitions as APIServices, made and removed with them (upstream: crdregistration and kube-aggregator's autoregister). */
import { customPriority } from '../../api/discovery.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../../api/errors.ts'
import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.ts'
import type { APIService } from '../../api/types/apiregistration-v1.ts'
import type { Transport } from '../../client/transport.ts'
import { automanaged } from '../bootstrap.ts'
import type { Kept } from '../kept.ts'
import type { Objects } from '../objects.ts'
import { deepEqual } from '../rest/equal.ts'
import { definitionsResource } from './controller.ts'

const apiServices = 'apiservices.apiregistration.k8s.io'
const path = '/apis/apiregistration.k8s.io/v1/apiservices'

export function createRegistration(api: Transport, objects: Objects): Kept {
  return {
    name: 'kube-apiserver-autoregistration',
    late: true,
    restsOn: [{ resource: definitionsResource }, { resource: apiServices }],
    async reconcile() {
      const definitions = await objects.list<CustomResourceDefinition>(definitionsResource)
      const wanted = new Map(definitions.flatMap(servicesOf).map((service) => [service.metadata.name, service]))
      const present = new Map((await objects.list<APIService>(apiServices)).map((service) => [service.metadata.name as string, service]))
      const writes: Promise<unknown>[] = []
      for (const [name, service] of wanted) {
        const have = present.get(name)
        if (!have) writes.push(api.request({ method: 'POST', path, body: service }))
        // What somebody else made, for a server of his own, is his.
        else if (have.metadata.labels?.[automanaged] === 'true' && !deepEqual(have.spec, service.spec))
          writes.push(api.request({ method: 'PUT', path: `${path}/${name}`, body: { ...have, spec: service.spec } }))
      }
      for (const [name, { metadata }] of present)
        if (metadata.labels?.[automanaged] === 'true' && !wanted.has(name))
          writes.push(api.request({ method: 'DELETE', path: `${path}/${name}` }))
      // Another server may have been first; then its event has this looked at again.
      await Promise.all(
        writes.map((write) =>
          write.catch((error: unknown) => {
            if (!isAlreadyExists(error) && !isConflict(error) && !isNotFound(error)) throw error
          }),
        ),
      )
    },
  }
}

const servicesOf = ({ spec: { group, versions } }: CustomResourceDefinition) =>
  versions
    .filter((version) => version.served)
    .map(({ name: version }) => ({
      metadata: { name: `${version}.${group}`, labels: { [automanaged]: 'true' } },
      spec: { group, version, ...customPriority },
    }))

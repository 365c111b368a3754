/** Where each resource is stored: /registry/RESOURCE/, but for those that upstream named before it named its API. */
const named: Readonly<Record<string, string>> = {
  nodes: 'minions',
  services: 'services/specs',
  endpoints: 'services/endpoints',
  replicationcontrollers: 'controllers',
  'ingresses.networking.k8s.io': 'ingress',
  'ingressclasses.networking.k8s.io': 'ingressclass',
  'customresourcedefinitions.apiextensions.k8s.io': 'apiextensions.k8s.io/customresourcedefinitions',
  'apiservices.apiregistration.k8s.io': 'apiregistration.k8s.io/apiservices',
  'events.events.k8s.io': 'events',
}

/** Custom resources lie below their group, as upstream's do. */
export function storagePrefix(group: string, resource: string, custom = false): string {
  const known = named[group ? `${resource}.${group}` : resource]
  return `/registry/${known ?? (custom ? `${group}/${resource}` : resource)}/`
}

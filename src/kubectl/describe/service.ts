/** `kubectl describe` of services and ingresses. */
import { formatLabels } from '../../api/labels.ts'
import type { Service, ServicePort } from '../../api/types/core-v1.ts'
import type { EndpointSlice } from '../../api/types/discovery-v1.ts'
import type { Ingress, IngressBackend } from '../../api/types/networking-v1.ts'
import { queryOf } from '../select.ts'
import type { DescribeContext } from './index.ts'
import { type DescribeWriter, writeAnnotations, writeEvents, writeLabels } from './writer.ts'

const slicesOf = (context: DescribeContext, namespace: string | undefined, service: string | undefined) =>
  context.list<EndpointSlice>(
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices${queryOf({ labelSelector: `kubernetes.io/service-name=${service}` })}`,
  )

/** The addresses behind a port; after three, how many more. */
function endpointsText(slices: readonly EndpointSlice[], port: ServicePort | undefined): string {
  const list: string[] = []
  let more = 0
  for (const slice of slices) {
    const numbers = (slice.ports ?? []).filter((p) => !port || (p.name ?? '') === (port.name ?? '')).map((p) => p.port)
    for (const number of slice.ports?.length ? numbers : [undefined]) {
      for (const endpoint of slice.endpoints ?? []) {
        if (endpoint.conditions?.ready === false) continue
        for (const address of endpoint.addresses ?? []) {
          if (list.length === 3) more++
          else list.push(number === undefined ? address : address.includes(':') ? `[${address}]:${number}` : `${address}:${number}`)
        }
      }
    }
  }
  return `${list.join(',')}${more ? ` + ${more} more...` : ''}`
}

export async function describeService(service: Service, w: DescribeWriter, context: DescribeContext): Promise<void> {
  const { metadata, spec, status } = service
  const slices = await slicesOf(context, metadata.namespace, metadata.name)
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  w.line(0, `Selector:\t${formatLabels(spec?.selector)}`)
  w.line(0, `Type:\t${spec?.type ?? ''}`)
  if (spec?.ipFamilyPolicy) w.line(0, `IP Family Policy:\t${spec.ipFamilyPolicy}`)
  w.line(0, `IP Families:\t${spec?.ipFamilies?.join(',') || '<none>'}`)
  w.line(0, `IP:\t${spec?.clusterIP ?? ''}`)
  w.line(0, `IPs:\t${spec?.clusterIPs?.join(',') || '<none>'}`)
  if (spec?.externalIPs?.length) w.line(0, `External IPs:\t${spec.externalIPs.join(',')}`)
  if (spec?.loadBalancerIP) w.line(0, `Desired LoadBalancer IP:\t${spec.loadBalancerIP}`)
  if (spec?.externalName) w.line(0, `External Name:\t${spec.externalName}`)
  const balancer = status?.loadBalancer?.ingress ?? []
  if (balancer.length)
    w.line(
      0,
      `LoadBalancer Ingress:\t${balancer.map((entry) => `${entry.ip ?? entry.hostname}${entry.ipMode ? ` (${entry.ipMode})` : ''}`).join(', ')}`,
    )
  for (const port of spec?.ports ?? []) {
    const name = port.name || '<unset>'
    w.line(0, `Port:\t${name}\t${port.port}/${port.protocol ?? 'TCP'}`)
    w.line(0, `TargetPort:\t${port.targetPort ?? 0}/${port.protocol ?? 'TCP'}`)
    if (port.nodePort) w.line(0, `NodePort:\t${name}\t${port.nodePort}/${port.protocol ?? 'TCP'}`)
    w.line(0, `Endpoints:\t${endpointsText(slices, port)}`)
  }
  w.line(0, `Session Affinity:\t${spec?.sessionAffinity ?? ''}`)
  if (spec?.externalTrafficPolicy) w.line(0, `External Traffic Policy:\t${spec.externalTrafficPolicy}`)
  if (spec?.internalTrafficPolicy) w.line(0, `Internal Traffic Policy:\t${spec.internalTrafficPolicy}`)
  if (spec?.trafficDistribution) w.line(0, `Traffic Distribution:\t${spec.trafficDistribution}`)
  if (spec?.healthCheckNodePort) w.line(0, `HealthCheck NodePort:\t${spec.healthCheckNodePort}`)
  if (spec?.loadBalancerSourceRanges?.length) w.line(0, `LoadBalancer Source Ranges:\t${spec.loadBalancerSourceRanges.join(',')}`)
  writeEvents(w, context.events)
}

export async function describeIngress(ingress: Ingress, w: DescribeWriter, context: DescribeContext): Promise<void> {
  const { metadata, spec, status } = ingress
  const backendText = async (backend: IngressBackend | undefined): Promise<string> => {
    if (backend?.resource)
      return `APIGroup: ${backend.resource.apiGroup ?? '<none>'}, Kind: ${backend.resource.kind}, Name: ${backend.resource.name}`
    const { name, port } = backend?.service ?? {}
    const shown = `${name}:${port?.name || port?.number}`
    const service = await context.get<Service>(`/api/v1/namespaces/${metadata.namespace}/services/${name}`)
    if (!service) return `${shown} (<error: services ${JSON.stringify(name)} not found>)`
    const target = service.spec?.ports?.find((p) => (port?.name ? p.name === port.name : p.port === port?.number))
    return `${shown} (${endpointsText(await slicesOf(context, metadata.namespace, name), target)})`
  }
  w.line(0, `Name:\t${metadata.name}`)
  writeLabels(w, metadata.labels)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  w.line(0, `Address:\t${(status?.loadBalancer?.ingress ?? []).map((entry) => entry.ip ?? entry.hostname).join(',')}`)
  w.line(0, `Ingress Class:\t${spec?.ingressClassName ?? '<none>'}`)
  w.line(0, `Default backend:\t${spec?.defaultBackend ? await backendText(spec.defaultBackend) : '<default>'}`)
  if (spec?.tls?.length) {
    w.line(0, 'TLS:')
    for (const tls of spec.tls)
      w.line(
        1,
        tls.secretName ? `${tls.secretName} terminates ${(tls.hosts ?? []).join(',')}` : `SNI routes ${(tls.hosts ?? []).join(',')}`,
      )
  }
  w.line(0, 'Rules:\n  Host\tPath\tBackends')
  w.line(1, '----\t----\t--------')
  for (const rule of spec?.rules ?? []) {
    if (!rule.http) continue
    w.line(1, `${rule.host || '*'}\t`)
    for (const path of rule.http.paths ?? []) w.line(2, `\t${path.path ?? ''} \t${await backendText(path.backend)}`)
  }
  if (!spec?.rules?.some((rule) => rule.http))
    w.line(1, `*\t*\t${spec?.defaultBackend ? await backendText(spec.defaultBackend) : '<default>'}`)
  writeAnnotations(w, metadata.annotations)
  writeEvents(w, context.events)
}

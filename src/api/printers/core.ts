/** Tables of the core group and of events. */
import { ageOf } from '../duration.ts'
import { formatLabels } from '../labels.ts'
import { formatQuantity } from '../quantity.ts'
import type {
  ComponentStatus,
  ConfigMap,
  Endpoints,
  Event,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
} from '../types/core-v1.ts'
import type { Event as NewEvent } from '../types/events-v1.ts'
import { pods } from './pods.ts'
import {
  age,
  type Cell,
  containerCells,
  joined,
  listWithMore,
  type Named,
  nameOf,
  none,
  orNone,
  type Printer,
  printer,
  unset,
} from './printer.ts'

const size = (map: object | undefined): number => Object.keys(map ?? {}).length

export const nameAndAge = printer<Named>('Name@name | Age', (o, now) => [nameOf(o), age(o, now)])

const eventColumns = 'Last Seen | Type | Reason | Object | Subobject+1 | Source+1 | Message | First Seen+1 | Count+1 | Name@name+1'

export const coreEvents = printer<Event>(eventColumns, (e, now) =>
  eventCells(
    {
      name: nameOf(e),
      first: e.firstTimestamp || e.eventTime,
      last: e.lastTimestamp,
      series: e.series,
      count: e.count,
      type: e.type,
      reason: e.reason,
      about: e.involvedObject,
      component: e.source?.component || e.reportingComponent,
      host: e.source?.host || e.reportingInstance,
      message: e.message,
    },
    now,
  ),
)
/** The same events in the words of events.k8s.io. */
export const newEvents = printer<NewEvent>(eventColumns, (e, now) =>
  eventCells(
    {
      name: nameOf(e),
      first: e.deprecatedFirstTimestamp || e.eventTime,
      last: e.deprecatedLastTimestamp,
      series: e.series,
      count: e.deprecatedCount,
      type: e.type,
      reason: e.reason,
      about: e.regarding,
      component: e.deprecatedSource?.component || e.reportingController,
      host: e.deprecatedSource?.host || e.reportingInstance,
      message: e.note,
    },
    now,
  ),
)
interface EventParts {
  readonly name: string
  readonly first?: string | null
  readonly last?: string | null
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string | null }
  readonly count?: number
  readonly type?: string
  readonly reason?: string
  readonly about?: { readonly kind?: string; readonly name?: string; readonly fieldPath?: string }
  readonly component?: string
  readonly host?: string
  readonly message?: string
}
function eventCells(e: EventParts, now: number): Cell[] {
  const first = ageOf(e.first, now)
  const last = e.series ? ageOf(e.series.lastObservedTime, now) : e.last ? ageOf(e.last, now) : first
  const kind = (e.about?.kind ?? '').toLowerCase()
  const source = e.host ? `${e.component ?? ''}, ${e.host}` : (e.component ?? '')
  const target = e.about?.name ? `${kind}/${e.about.name}` : kind
  const count = e.series ? (e.series.count ?? 0) : e.count || 1
  return [last, e.type ?? '', e.reason ?? '', target, e.about?.fieldPath ?? '', source, (e.message ?? '').trim(), first, count, e.name]
}

export const core: Readonly<Record<string, Printer>> = {
  pods,
  events: coreEvents,
  serviceaccounts: nameAndAge,
  componentstatuses: printer<ComponentStatus>('Name@name | Status | Message | Error', (c) => {
    const healthy = c.conditions?.find((x) => x.type === 'Healthy')
    const status = healthy?.status === 'True' ? 'Healthy' : healthy?.status === 'False' ? 'Unhealthy' : 'Unknown'
    return [nameOf(c), status, healthy?.message ?? '', healthy?.error ?? '']
  }),
  configmaps: printer<ConfigMap>('Name@name | Data | Age', (c, now) => [nameOf(c), size(c.data) + size(c.binaryData), age(c, now)]),
  secrets: printer<Secret>('Name@name | Type | Data | Age', (s, now) => [nameOf(s), s.type ?? '', size(s.data), age(s, now)]),
  namespaces: printer<Namespace>('Name@name | Status | Age', (n, now) => [nameOf(n), n.status?.phase ?? '', age(n, now)]),
  endpoints: printer<Endpoints>('Name@name | Endpoints | Age', (e, now) => [nameOf(e), endpointsText(e), age(e, now)]),
  nodes: printer<Node>(
    'Name@name | Status | Roles | Age | Version | Internal-IP+1 | External-IP+1 | OS-Image+1 | Kernel-Version+1 | Container-Runtime+1',
    (n, now) => {
      const { nodeInfo, addresses = [], conditions = [] } = n.status ?? {}
      const ready = conditions.find((c) => c.type === 'Ready')
      const status = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
      const address = (type: string) => orNone(addresses.find((a) => a.type === type)?.address)
      const kernel = nodeInfo?.kernelVersion || '<unknown>'
      return [
        nameOf(n),
        n.spec?.unschedulable ? `${status},SchedulingDisabled` : status,
        orNone(nodeRoles(n).join(',')),
        age(n, now),
        nodeInfo?.kubeletVersion ?? '',
        address('InternalIP'),
        address('ExternalIP'),
        nodeInfo?.osImage || '<unknown>',
        nodeInfo?.kernelVersion && nodeInfo.architecture ? `${kernel} (${nodeInfo.architecture})` : kernel,
        nodeInfo?.containerRuntimeVersion || '<unknown>',
      ]
    },
  ),
  services: printer<Service>('Name@name | Type | Cluster-IP | External-IP | Port(s) | Age | Selector+1', (s, now) => [
    nameOf(s),
    s.spec?.type ?? '',
    s.spec?.clusterIPs?.[0] ?? none,
    externalIp(s),
    orNone((s.spec?.ports ?? []).map((p) => `${p.port}${p.nodePort ? `:${p.nodePort}` : ''}/${p.protocol ?? ''}`).join(',')),
    age(s, now),
    formatLabels(s.spec?.selector),
  ]),
  replicationcontrollers: printer<ReplicationController>(
    'Name@name | Desired:integer | Current:integer | Ready:integer | Age | Containers+1 | Images+1 | Selector+1',
    (r, now) => [
      nameOf(r),
      r.spec?.replicas ?? 0,
      r.status?.replicas ?? 0,
      r.status?.readyReplicas ?? 0,
      age(r, now),
      ...containerCells(r.spec?.template),
      formatLabels(r.spec?.selector),
    ],
  ),
  podtemplates: printer<PodTemplate>('Name@name | Containers | Images | Pod Labels', (t) => [
    nameOf(t),
    ...containerCells(t.template),
    formatLabels(t.template?.metadata?.labels),
  ]),
  resourcequotas: printer<ResourceQuota>('Name@name | Request | Limit | Age', (q, now) => {
    const { hard = {}, used = {} } = q.status ?? {}
    const text = (limits: boolean) =>
      Object.keys(hard)
        .sort()
        .filter((name) => name.startsWith('limits') === limits)
        .map((name) => `${name}: ${formatQuantity(used[name] ?? '0')}/${formatQuantity(hard[name] as string)}`)
        .join(', ')
    return [nameOf(q), text(false), text(true), age(q, now)]
  }),
  persistentvolumes: printer<PersistentVolume>(
    'Name@name | Capacity | Access Modes | Reclaim Policy | Status | Claim | StorageClass | VolumeAttributesClass | Reason | Age | VolumeMode+1',
    (v, now) => {
      const claim = v.spec?.claimRef
      return [
        nameOf(v),
        formatQuantity(v.spec?.capacity?.['storage'] ?? '0'),
        accessModes(v.spec?.accessModes),
        v.spec?.persistentVolumeReclaimPolicy ?? '',
        v.metadata?.deletionTimestamp ? 'Terminating' : (v.status?.phase ?? ''),
        claim ? `${claim.namespace ?? ''}/${claim.name ?? ''}` : '',
        v.metadata?.annotations?.[oldClassAnnotation] ?? v.spec?.storageClassName ?? '',
        v.spec?.volumeAttributesClassName ?? unset,
        v.status?.reason ?? '',
        age(v, now),
        v.spec?.volumeMode ?? unset,
      ]
    },
  ),
  persistentvolumeclaims: printer<PersistentVolumeClaim>(
    'Name@name | Status | Volume | Capacity | Access Modes | StorageClass | VolumeAttributesClass | Age | VolumeMode+1',
    (c, now) => {
      const bound = !!c.spec?.volumeName
      return [
        nameOf(c),
        c.metadata?.deletionTimestamp ? 'Terminating' : (c.status?.phase ?? ''),
        c.spec?.volumeName ?? '',
        bound ? formatQuantity(c.status?.capacity?.['storage'] ?? '0') : '',
        bound ? accessModes(c.status?.accessModes) : '',
        c.metadata?.annotations?.[oldClassAnnotation] ?? c.spec?.storageClassName ?? '',
        c.spec?.volumeAttributesClassName ?? unset,
        age(c, now),
        c.spec?.volumeMode ?? unset,
      ]
    },
  ),
}
const oldClassAnnotation = 'volume.beta.kubernetes.io/storage-class'

const shortModes = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' } as const
export function accessModes(modes: readonly string[] | undefined): string {
  return Object.entries(shortModes)
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',')
}

const rolePrefix = 'node-role.kubernetes.io/'
export function nodeRoles(node: Node): string[] {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(node.metadata?.labels ?? {})) {
    const role = key.startsWith(rolePrefix) ? key.slice(rolePrefix.length) : key === 'kubernetes.io/role' ? value : ''
    if (role) roles.add(role)
  }
  return [...roles].sort()
}

function externalIp(service: Service): string {
  const { type, externalIPs = [], externalName = '' } = service.spec ?? {}
  switch (type) {
    case 'ClusterIP':
    case 'NodePort':
      return orNone(joined(externalIPs))
    case 'LoadBalancer': {
      const all = [...loadBalancerAddresses(service.status?.loadBalancer), ...externalIPs]
      return all.length > 0 ? all.join(',') : '<pending>'
    }
    case 'ExternalName':
      return externalName
    default:
      return '<unknown>'
  }
}
export function loadBalancerAddresses(balancer: { ingress?: { ip?: string; hostname?: string }[] } | undefined): string[] {
  return [...new Set((balancer?.ingress ?? []).map((i) => i.ip || i.hostname || '').filter(Boolean))].sort()
}

function endpointsText(endpoints: Endpoints): string {
  const subsets = endpoints.subsets ?? []
  const shown: string[] = []
  let total = 0
  for (const { addresses = [], ports = [] } of subsets) {
    const texts =
      ports.length === 0
        ? addresses.map((a) => a.ip)
        : ports.flatMap((p) => addresses.map((a) => `${a.ip.includes(':') ? `[${a.ip}]` : a.ip}:${p.port}`))
    total += texts.length
    shown.push(...texts.slice(0, Math.max(0, 3 - shown.length)))
  }
  return listWithMore(shown, total, subsets.length === 0 ? none : '')
}

/** Tables of the smaller groups: networking, storage, rbac, admission, certificates, scheduling, resource and the rest. */
import { humanDuration } from '../duration.ts'
import { formatLabelSelector } from '../labels.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../types/admissionregistration-v1.ts'
import type { APIService } from '../types/apiregistration-v1.ts'
import type { CertificateSigningRequest } from '../types/certificates-v1.ts'
import type { Lease } from '../types/coordination-v1.ts'
import type { EndpointSlice } from '../types/discovery-v1.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../types/flowcontrol-v1.ts'
import type { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from '../types/networking-v1.ts'
import type { RuntimeClass } from '../types/node-v1.ts'
import type { ClusterRoleBinding, RoleBinding } from '../types/rbac-v1.ts'
import type { ResourceClaim, ResourceSlice } from '../types/resource-v1.ts'
import type { PriorityClass } from '../types/scheduling-v1.ts'
import type { CSIDriver, CSINode, StorageClass, VolumeAttachment, VolumeAttributesClass } from '../types/storage-v1.ts'
import { loadBalancerAddresses, nameAndAge } from './core.ts'
import { age, joined, listWithMore, nameOf, none, orNone, type Printer, printer, unset } from './printer.ts'

type Printers = Readonly<Record<string, Printer>>

export const networking: Printers = {
  ingresses: printer<Ingress>('Name@name | Class | Hosts | Address | Ports | Age', (i, now) => [
    nameOf(i),
    i.spec?.ingressClassName ?? none,
    ingressHosts(i),
    loadBalancerAddresses(i.status?.loadBalancer).join(','),
    i.spec?.tls?.length ? '80, 443' : '80',
    age(i, now),
  ]),
  ingressclasses: printer<IngressClass>('Name@name | Controller | Parameters | Age', (c, now) => {
    const p = c.spec?.parameters
    return [nameOf(c), c.spec?.controller ?? '', p ? `${p.kind}${p.apiGroup ? `.${p.apiGroup}` : ''}/${p.name}` : none, age(c, now)]
  }),
  networkpolicies: printer<NetworkPolicy>('Name@name | Pod-Selector | Age', (n, now) => [
    nameOf(n),
    formatLabelSelector(n.spec?.podSelector ?? {}),
    age(n, now),
  ]),
  ipaddresses: printer<IPAddress>('Name@name | ParentRef', (a) => {
    const ref = a.spec?.parentRef
    if (!ref) return [nameOf(a), none]
    const place = ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name
    return [nameOf(a), `${ref.resource}${ref.group ? `.${ref.group}` : ''}/${place}`]
  }),
  servicecidrs: printer<ServiceCIDR>('Name@name | CIDRs | Age', (s, now) => [nameOf(s), joined(s.spec?.cidrs), age(s, now)]),
}
function ingressHosts(ingress: Ingress): string {
  const rules = ingress.spec?.rules ?? []
  const hosts = rules.map((r) => r.host ?? '').filter(Boolean)
  const shown = hosts.slice(0, 3)
  // Upstream counts every rule, those without a host too, once three hosts are shown.
  return listWithMore(shown, shown.length === 3 ? rules.length : shown.length, '*')
}

export const discovery: Printers = {
  endpointslices: printer<EndpointSlice>('Name@name | AddressType | Ports | Endpoints | Age', (s, now) => {
    const ports = (s.ports ?? []).map((p) => (p.port !== undefined ? String(p.port) : p.name || '*'))
    const addresses = (s.endpoints ?? []).flatMap((e) => e.addresses ?? [])
    return [
      nameOf(s),
      s.addressType ?? '',
      listWithMore(ports.slice(0, 3), ports.length, unset),
      listWithMore(addresses.slice(0, 3), addresses.length, unset),
      age(s, now),
    ]
  }),
}

const classAnnotations = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']
export const storage: Printers = {
  storageclasses: printer<StorageClass>(
    'Name@name | Provisioner | ReclaimPolicy | VolumeBindingMode | AllowVolumeExpansion | Age',
    (c, now) => [
      classAnnotations.some((a) => c.metadata?.annotations?.[a] === 'true') ? `${nameOf(c)} (default)` : nameOf(c),
      c.provisioner ?? '',
      c.reclaimPolicy ?? 'Delete',
      c.volumeBindingMode ?? 'Immediate',
      c.allowVolumeExpansion ?? false,
      age(c, now),
    ],
  ),
  volumeattributesclasses: printer<VolumeAttributesClass>('Name@name | DriverName | Age', (c, now) => [
    nameOf(c),
    c.driverName ?? '',
    age(c, now),
  ]),
  volumeattachments: printer<VolumeAttachment>('Name@name | Attacher@name | PV | Node | Attached:boolean | Age', (v, now) => [
    nameOf(v),
    v.spec?.attacher ?? '',
    v.spec?.source?.persistentVolumeName ?? '',
    v.spec?.nodeName ?? '',
    v.status?.attached ?? false,
    age(v, now),
  ]),
  csinodes: printer<CSINode>('Name@name | Drivers:integer | Age', (n, now) => [nameOf(n), n.spec?.drivers?.length ?? 0, age(n, now)]),
  csidrivers: printer<CSIDriver>(
    'Name@name | AttachRequired:boolean | PodInfoOnMount:boolean | StorageCapacity:boolean | TokenRequests | RequiresRepublish:boolean | Modes | Age',
    (d, now) => [
      nameOf(d),
      d.spec?.attachRequired ?? true,
      d.spec?.podInfoOnMount ?? false,
      d.spec?.storageCapacity ?? false,
      d.spec?.tokenRequests?.length ? d.spec.tokenRequests.map((t) => t.audience).join(',') : unset,
      d.spec?.requiresRepublish ?? false,
      joined(d.spec?.volumeLifecycleModes) || none,
      age(d, now),
    ],
  ),
}

const bindings = printer<RoleBinding | ClusterRoleBinding>('Name@name | Role | Age | Users+1 | Groups+1 | ServiceAccounts+1', (b, now) => {
  const named = (kind: string) => (b.subjects ?? []).filter((s) => s.kind === kind)
  return [
    nameOf(b),
    `${b.roleRef?.kind ?? ''}/${b.roleRef?.name ?? ''}`,
    age(b, now),
    named('User')
      .map((s) => s.name)
      .join(', '),
    named('Group')
      .map((s) => s.name)
      .join(', '),
    named('ServiceAccount')
      .map((s) => `${s.namespace ?? ''}/${s.name}`)
      .join(', '),
  ]
})
export const rbac: Printers = { rolebindings: bindings, clusterrolebindings: bindings }

const webhooks = printer<MutatingWebhookConfiguration | ValidatingWebhookConfiguration>('Name@name | Webhooks:integer | Age', (c, now) => [
  nameOf(c),
  c.webhooks?.length ?? 0,
  age(c, now),
])
const policyBindings = printer<ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding>(
  'Name@name | PolicyName | ParamRef | Age',
  (b, now) => {
    const ref = b.spec?.paramRef
    const param = !ref ? unset : ref.name ? (ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name) : formatLabelSelector(ref.selector)
    return [nameOf(b), b.spec?.policyName ?? '', param, age(b, now)]
  },
)
const paramKind = (p: ValidatingAdmissionPolicy | MutatingAdmissionPolicy): string => {
  const kind = p.spec?.paramKind
  return kind ? `${kind.apiVersion}/${kind.kind}` : unset
}
export const admission: Printers = {
  mutatingwebhookconfigurations: webhooks,
  validatingwebhookconfigurations: webhooks,
  validatingadmissionpolicybindings: policyBindings,
  mutatingadmissionpolicybindings: policyBindings,
  validatingadmissionpolicies: printer<ValidatingAdmissionPolicy>('Name@name | Validations:integer | ParamKind | Age', (p, now) => [
    nameOf(p),
    p.spec?.validations?.length ?? 0,
    paramKind(p),
    age(p, now),
  ]),
  mutatingadmissionpolicies: printer<MutatingAdmissionPolicy>('Name@name | Mutations:integer | ParamKind | Age', (p, now) => [
    nameOf(p),
    p.spec?.mutations?.length ?? 0,
    paramKind(p),
    age(p, now),
  ]),
}

export const certificates: Printers = {
  certificatesigningrequests: printer<CertificateSigningRequest>(
    'Name@name | Age | SignerName | Requestor | RequestedDuration | Condition',
    (c, now) => {
      const has = (type: string) => c.status?.conditions?.some((x) => x.type === type) === true
      const status = [has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending']
      if (has('Failed')) status.push('Failed')
      if (c.status?.certificate) status.push('Issued')
      return [
        nameOf(c),
        age(c, now),
        orNone(c.spec?.signerName),
        c.spec?.username ?? '',
        c.spec?.expirationSeconds === undefined ? none : humanDuration(c.spec.expirationSeconds * 1000),
        status.join(','),
      ]
    },
  ),
}

export const flowcontrol: Printers = {
  flowschemas: printer<FlowSchema>('Name@name | PriorityLevel | MatchingPrecedence | DistinguisherMethod | Age | MissingPL', (f, now) => [
    nameOf(f),
    f.spec?.priorityLevelConfiguration?.name ?? '',
    f.spec?.matchingPrecedence ?? 0,
    f.spec?.distinguisherMethod?.type ?? none,
    age(f, now),
    f.status?.conditions?.find((c) => c.type === 'Dangling')?.status ?? '?',
  ]),
  prioritylevelconfigurations: printer<PriorityLevelConfiguration>(
    'Name@name | Type | NominalConcurrencyShares | Queues | HandSize | QueueLengthLimit | Age',
    (p, now) => {
      const shares = (p.spec?.limited ?? p.spec?.exempt)?.nominalConcurrencyShares
      const queuing = p.spec?.limited?.limitResponse?.queuing
      const cell = (n: number | undefined) => n ?? none
      return [
        nameOf(p),
        p.spec?.type ?? '',
        cell(shares),
        cell(queuing?.queues),
        cell(queuing?.handSize),
        cell(queuing?.queueLengthLimit),
        age(p, now),
      ]
    },
  ),
}

export const resource: Printers = {
  deviceclasses: nameAndAge,
  resourceclaimtemplates: nameAndAge,
  resourceclaims: printer<ResourceClaim>('Name@name | State | Age', (c, now) => {
    const states: string[] = []
    if (c.metadata?.deletionTimestamp) states.push('deleted')
    if (c.status?.allocation) states.push('allocated')
    else if (!c.metadata?.deletionTimestamp) states.push('pending')
    if (c.status?.reservedFor?.length) states.push('reserved')
    return [nameOf(c), states.join(','), age(c, now)]
  }),
  resourceslices: printer<ResourceSlice>('Name@name | Node | Driver | Pool | Age', (s, now) => [
    nameOf(s),
    s.spec?.nodeName ?? (s.spec?.allNodes ? '<all>' : ''),
    s.spec?.driver ?? '',
    s.spec?.pool?.name ?? '',
    age(s, now),
  ]),
}

export const single: Readonly<Record<string, Printers>> = {
  'apiregistration.k8s.io': {
    apiservices: printer<APIService>('Name@name | Service | Available | Age', (s, now) => {
      const service = s.spec?.service
      const available = s.status?.conditions?.find((c) => c.type === 'Available')
      const text = !available
        ? 'Unknown'
        : available.status === 'True'
          ? 'True'
          : `${available.status}${available.reason ? ` (${available.reason})` : ''}`
      return [nameOf(s), service ? `${service.namespace}/${service.name}` : 'Local', text, age(s, now)]
    }),
  },
  'coordination.k8s.io': {
    leases: printer<Lease>('Name@name | Holder | Age', (l, now) => [nameOf(l), l.spec?.holderIdentity ?? '', age(l, now)]),
  },
  'node.k8s.io': {
    runtimeclasses: printer<RuntimeClass>('Name@name | Handler | Age', (r, now) => [nameOf(r), r.handler ?? '', age(r, now)]),
  },
  'scheduling.k8s.io': {
    priorityclasses: printer<PriorityClass>('Name@name | Value:integer | Global-Default:boolean | Age | PreemptionPolicy', (p, now) => [
      nameOf(p),
      p.value ?? 0,
      p.globalDefault ?? false,
      age(p, now),
      p.preemptionPolicy ?? '',
    ]),
  },
}

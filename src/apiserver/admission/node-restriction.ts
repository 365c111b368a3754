/** A kubelet writes only its own Node, Lease and CSINode, and only pods that run on it (plugin/pkg/admission/noderestriction). */
import { newNotFound } from '../../api/errors.ts'
import type { TokenRequest } from '../../api/types/authentication-v1.ts'
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types/core-v1.ts'
import type { ResourceSlice } from '../../api/types/resource-v1.ts'
import type { CSIDriver } from '../../api/types/storage-v1.ts'
import { parseCertificateRequest } from '../../pki/index.ts'
import { nodeOf } from '../authorization/node.ts'
import { podReferences } from '../authorization/node-graph.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject, Authorizer, WriteAttributes } from '../request.ts'
import { deepEqual } from '../rest/equal.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'

const mirror = 'kubernetes.io/config.mirror'
const q = (text: string): string => JSON.stringify(text)

/** Labels below the reserved domains that a kubelet may set on its Node. */
const kubeletLabels = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])
const kubeletDomains = ['kubelet.kubernetes.io', 'node.kubernetes.io']
const within = (domain: string, of: string): boolean => domain === of || domain.endsWith(`.${of}`)

function mayLabel(key: string): boolean {
  const slash = key.indexOf('/')
  if (slash < 0 || kubeletLabels.has(key)) return true
  const domain = key.slice(0, slash)
  if (within(domain, 'node-restriction.kubernetes.io')) return false
  if (kubeletDomains.some((d) => within(domain, d))) return true
  return !within(domain, 'kubernetes.io') && !within(domain, 'k8s.io')
}

export function createNodeRestriction(objects: Objects, authorizer: Authorizer): AdmissionPlugin {
  const handled = new Set([
    'pods',
    'nodes',
    'serviceaccounts',
    'leases',
    'csinodes',
    'persistentvolumeclaims',
    'resourceslices',
    'certificatesigningrequests',
  ])
  return {
    name: 'NodeRestriction',
    handles: (resource, subresource, operation) =>
      operation !== 'CONNECT' && handled.has(resource) && (resource !== 'serviceaccounts' || subresource === 'token'),
    async admit(object, old, attributes) {
      if (attributes.operation !== 'DELETE') await check(object, old, attributes)
      return object
    },
    async validate(object, old, attributes) {
      if (attributes.operation === 'DELETE') await check(object, old, attributes)
      return undefined
    },
  }

  async function check(object: ApiObject | undefined, old: ApiObject | undefined, attributes: WriteAttributes): Promise<void> {
    const node = nodeOf(attributes.user)
    if (node === undefined) return
    const { resource, subresource } = attributes
    const refuse = (why: string) => newRefusal(attributes, object, why)
    switch (resource.resource) {
      case 'pods':
        if (!subresource) return checkPod(node, object, old, attributes, refuse)
        if (subresource.name === 'status') return checkPodStatus(node, object, old, refuse)
        if (subresource.name === 'eviction') return checkEviction(node, attributes, refuse)
        throw refuse(`unexpected pod subresource ${q(subresource.name)}, only 'status' and 'eviction' are allowed`)
      case 'nodes':
        return checkNode(node, object, old, attributes, refuse)
      case 'serviceaccounts':
        return checkToken(node, object, attributes, refuse)
      case 'leases': {
        if (attributes.namespace !== 'kube-node-lease') throw refuse(`can only access leases in the "kube-node-lease" system namespace`)
        if (((attributes.operation === 'CREATE' ? object?.metadata.name : attributes.name) ?? '') !== node)
          throw refuse('can only access node lease with the same name as the requesting node')
        return
      }
      case 'csinodes':
        if (((attributes.operation === 'CREATE' ? object?.metadata.name : attributes.name) ?? '') !== node)
          throw refuse('can only access CSINode with the same name as the requesting node')
        return
      case 'persistentvolumeclaims':
        if (subresource?.name !== 'status') throw refuse(`may only update PVC status`)
        return checkClaimStatus(node, object, old, refuse)
      case 'resourceslices': {
        const { operation } = attributes
        const { spec } = (operation === 'CREATE' ? object : old) as unknown as ResourceSlice
        if ((operation === 'CREATE' || operation === 'DELETE') && spec.nodeName !== node)
          throw refuse(`can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`)
        return
      }
      case 'certificatesigningrequests':
        if (attributes.operation === 'CREATE') checkCertificateRequest(node, object as unknown as CertificateSigningRequest, refuse)
        return
    }
  }

  type Refuse = (why: string) => Error

  async function checkPod(
    node: string,
    object: ApiObject | undefined,
    old: ApiObject | undefined,
    { operation }: WriteAttributes,
    refuse: Refuse,
  ): Promise<void> {
    if (operation === 'DELETE') {
      if ((old as unknown as Pod).spec.nodeName !== node)
        throw refuse(`node ${q(node)} can only delete pods with spec.nodeName set to itself`)
      return
    }
    if (operation !== 'CREATE') throw refuse(`unexpected operation ${q(operation)}, node ${q(node)} can only create and delete mirror pods`)
    const pod = object as unknown as Pod
    const { spec, metadata } = pod
    if (metadata.annotations?.[mirror] === undefined)
      throw refuse(`pod does not have ${q(mirror)} annotation, node ${q(node)} can only create mirror pods`)
    if (spec.nodeName !== node) throw refuse(`node ${q(node)} can only create pods with spec.nodeName set to itself`)
    const owners = metadata.ownerReferences ?? []
    if (owners.length > 1) throw refuse(`node ${q(node)} can only create pods with a single owner reference set to itself`)
    const [owner] = owners
    if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
      throw refuse(`node ${q(node)} can only create pods with an owner reference set to itself`)
    if (!owner.controller) throw refuse(`node ${q(node)} can only create pods with a controller owner reference set to itself`)
    if (owner.blockOwnerDeletion) throw refuse(`node ${q(node)} must not set blockOwnerDeletion on an owner reference`)
    const self = await objects.get<Node>('nodes', node)
    if (!self) throw newNotFound({ group: '', resource: 'nodes' }, node)
    if (self.metadata.uid !== owner.uid) throw refuse(`node ${node} UID mismatch: expected ${owner.uid} got ${self.metadata.uid}`)
    if (spec.serviceAccountName) throw refuse(`node ${q(node)} can not create pods that reference a service account`)
    const references = [...podReferences(pod)].map((ref) => ref.split(' ')[0])
    if (spec.volumes?.some((v) => v.projected?.sources?.some((source) => source.clusterTrustBundle))) references.push('clustertrustbundles')
    for (const kind of ['secrets', 'configmaps', 'clustertrustbundles', 'persistentvolumeclaims'])
      if (references.includes(kind)) throw refuse(`node ${q(node)} can not create pods that reference ${kind}`)
  }

  function checkPodStatus(node: string, object: ApiObject | undefined, old: ApiObject | undefined, refuse: Refuse): void {
    if ((old as unknown as Pod | undefined)?.spec.nodeName !== node)
      throw refuse(`node ${q(node)} can only update pod status for pods with spec.nodeName set to itself`)
    if (!deepEqual(old?.metadata.labels, object?.metadata.labels)) throw refuse(`node ${q(node)} cannot update labels through pod status`)
    const claims = (pod: ApiObject | undefined) => (pod as unknown as Pod | undefined)?.status?.resourceClaimStatuses ?? []
    if (!deepEqual(claims(old), claims(object))) throw refuse(`node ${q(node)} cannot update resource claim statues`)
  }

  async function checkEviction(node: string, { namespace, name }: WriteAttributes, refuse: Refuse): Promise<void> {
    const pod = await objects.get<Pod>('pods', `${namespace}/${name}`)
    if (!pod) throw newNotFound({ group: '', resource: 'pods' }, name)
    if (pod.spec.nodeName !== node) throw refuse(`node ${node} can only evict pods with spec.nodeName set to itself`)
  }

  function checkNode(
    node: string,
    object: ApiObject | undefined,
    old: ApiObject | undefined,
    { operation, name }: WriteAttributes,
    refuse: Refuse,
  ): void {
    const requested = (operation === 'CREATE' ? object?.metadata.name : name) ?? ''
    if (requested !== node) throw refuse(`node ${q(node)} is not allowed to modify node ${q(requested)}`)
    if (operation === 'DELETE') return
    const wanted = object as unknown as Node
    const before = old as unknown as Node | undefined
    if (before && !deepEqual(wanted.spec?.taints ?? [], before.spec?.taints ?? []))
      throw refuse(`node ${q(node)} is not allowed to modify taints`)
    const now = wanted.metadata.labels ?? {}
    const then = before?.metadata.labels ?? {}
    const changed = [...new Set([...Object.keys(now), ...Object.keys(then)])].filter((key) => now[key] !== then[key])
    const forbidden = changed.filter((key) => !mayLabel(key)).sort()
    if (forbidden.length > 0)
      throw refuse(
        `${before ? 'is not allowed to modify labels' : `node ${q(node)} is not allowed to set the following labels`}: ${forbidden.join(', ')}`,
      )
    if (operation === 'CREATE' && wanted.spec?.configSource)
      throw refuse(`node ${q(node)} is not allowed to create pods with a non-nil configSource`)
    if (before && wanted.spec?.configSource && !deepEqual(wanted.spec.configSource, before.spec?.configSource))
      throw refuse(`node ${q(node)} is not allowed to update configSource to a new non-nil configSource`)
  }

  async function checkToken(node: string, object: ApiObject | undefined, attributes: WriteAttributes, refuse: Refuse): Promise<void> {
    const { namespace, name: account, user } = attributes
    const { boundObjectRef: ref, audiences } = (object as unknown as TokenRequest).spec
    if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) throw refuse('node requested token not bound to a pod')
    if (!ref.uid) throw refuse('node requested token with a pod binding without a uid')
    const pod = await objects.get<Pod>('pods', `${namespace}/${ref.name}`)
    if (!pod) throw newNotFound({ group: '', resource: 'pods' }, ref.name)
    if (pod.metadata.uid !== ref.uid)
      throw refuse(
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      )
    if (pod.spec.nodeName !== node) throw refuse('node requested token bound to a pod scheduled on a different node')
    const [audience = '', ...more] = audiences ?? []
    if (more.length > 0) throw refuse('node may only request 0 or 1 audiences')
    if (await usesAudience(pod, audience)) return
    const { decision } = await authorizer.authorize({
      user,
      verb: 'request-serviceaccounts-token-audience',
      isResourceRequest: true,
      path: '',
      apiGroup: '',
      apiVersion: 'v1',
      namespace,
      resource: audience,
      subresource: '',
      name: account,
    })
    if (decision !== 'allow')
      throw refuse(
        `audience ${q(audience)} not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`,
      )
  }

  /** Whether one of the pod's volumes needs a token for it: a projected one, or one of a CSI driver that asks for tokens. */
  async function usesAudience({ metadata, spec }: Pod, audience: string): Promise<boolean> {
    const find = async <T>(resource: string, key: string | undefined) => (key === undefined ? undefined : objects.get<T>(resource, key))
    for (const { name, projected, csi, persistentVolumeClaim, ephemeral } of spec.volumes ?? []) {
      if (projected?.sources?.some(({ serviceAccountToken: token }) => token && (token.audience ?? '') === audience)) return true
      const claimName = persistentVolumeClaim?.claimName ?? (ephemeral ? `${metadata.name}-${name}` : undefined)
      const claim = await find<PersistentVolumeClaim>('persistentvolumeclaims', claimName && `${metadata.namespace}/${claimName}`)
      const volume = await find<PersistentVolume>('persistentvolumes', claim?.spec.volumeName)
      const driver = await find<CSIDriver>('csidrivers.storage.k8s.io', csi?.driver ?? volume?.spec.csi?.driver)
      if (driver?.spec.tokenRequests?.some((request) => request.audience === audience)) return true
    }
    return false
  }

  /** Only what a volume that grows says of itself. */
  function checkClaimStatus(node: string, object: ApiObject | undefined, old: ApiObject | undefined, refuse: Refuse): void {
    const rest = (given: ApiObject | undefined): object => {
      const { metadata, status, ...others } = given as unknown as PersistentVolumeClaim
      const { resourceVersion: _v, managedFields: _m, ...meta } = metadata
      const { capacity: _c, conditions: _d, allocatedResources: _a, allocatedResourceStatuses: _s, ...kept } = status ?? {}
      return { ...others, metadata: meta, status: kept }
    }
    if (!deepEqual(rest(object), rest(old)))
      throw refuse(`node ${q(node)} is not allowed to update fields other than status.quantity and status.conditions`)
  }
}

const nodeSigners = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet']

function checkCertificateRequest(node: string, { spec }: CertificateSigningRequest, refuse: (why: string) => Error): void {
  if (!nodeSigners.includes(spec.signerName)) return
  let commonName: string
  try {
    commonName = parseCertificateRequest(Buffer.from(spec.request, 'base64').toString()).commonName
  } catch (error) {
    throw refuse(`unable to parse csr: ${(error as Error).message}`)
  }
  if (commonName !== `system:node:${node}`) throw refuse(`can only create a node CSR with CN=system:node:${node}`)
}

/** A kubelet writes only its own Node, Lease and CSINode, and only pods that run on it (plugin/pkg/admission/noderestriction). */
import { newBadRequest, newForbidden } from '../../api/errors.ts'
import type { TokenRequest } from '../../api/types/authentication-v1.ts'
import type { Node, Pod } from '../../api/types/core-v1.ts'
import { nodeOf } from '../authorization/node.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import { deepEqual } from '../rest/equal.ts'
import type { AdmissionPlugin } from './admission.ts'

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

export function createNodeRestriction(objects: Objects): AdmissionPlugin {
  const handled = new Set(['pods', 'nodes', 'serviceaccounts', 'leases', 'csinodes', 'persistentvolumeclaims'])
  return {
    name: 'NodeRestriction',
    handles: (resource, subresource) => handled.has(resource) && (resource !== 'serviceaccounts' || subresource === 'token'),
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
    const refuse = (why: string) => newForbidden(resource, attributes.name || (object?.metadata.name ?? ''), why)
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
    }
  }

  type Refuse = (why: string) => Error

  function checkPod(
    node: string,
    object: ApiObject | undefined,
    old: ApiObject | undefined,
    { operation }: WriteAttributes,
    refuse: Refuse,
  ): void {
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
    if (owner) {
      if (owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
        throw refuse(`node ${q(node)} can only create pods with an owner reference set to itself`)
      if (!owner.controller) throw refuse(`node ${q(node)} can only create pods with a controller owner reference set to itself`)
      if (owner.blockOwnerDeletion) throw refuse(`node ${q(node)} must not set blockOwnerDeletion on an owner reference`)
      const self = objects.peek<Node>('nodes', node)
      if (self && self.metadata.uid !== owner.uid)
        throw refuse(`node ${q(node)} UID mismatch: expected ${q(owner.uid)} got ${q(self.metadata.uid)}`)
    }
    if (spec.serviceAccountName) throw refuse(`node ${q(node)} can not create pods that reference a service account`)
    const text = JSON.stringify([spec.volumes ?? [], spec.containers, spec.initContainers ?? []])
    for (const [field, what] of [
      ['"secret":', 'secrets'],
      ['"secretKeyRef":', 'secrets'],
      ['"configMap":', 'configmaps'],
      ['"configMapKeyRef":', 'configmaps'],
      ['"persistentVolumeClaim":', 'persistentvolumeclaims'],
      ['"serviceAccountToken":', 'serviceaccounts'],
    ] as const)
      if (text.includes(field)) throw refuse(`node ${q(node)} can not create pods that reference ${what}`)
  }

  function checkPodStatus(node: string, object: ApiObject | undefined, old: ApiObject | undefined, refuse: Refuse): void {
    if ((old as unknown as Pod | undefined)?.spec.nodeName !== node)
      throw refuse(`node ${q(node)} can only update pod status for pods with spec.nodeName set to itself`)
    if (!deepEqual(old?.metadata.labels, object?.metadata.labels)) throw refuse(`node ${q(node)} cannot update labels through pod status`)
    const claims = (pod: ApiObject | undefined) => (pod as unknown as Pod | undefined)?.status?.resourceClaimStatuses ?? []
    if (!deepEqual(claims(old), claims(object))) throw refuse(`node ${q(node)} cannot update resource claim statuses`)
  }

  async function checkEviction(node: string, { namespace, name }: WriteAttributes, refuse: Refuse): Promise<void> {
    const pod = await objects.get<Pod>('pods', `${namespace}/${name}`)
    if (pod && pod.spec.nodeName !== node) throw refuse(`node ${q(node)} can only evict pods with spec.nodeName set to itself`)
  }

  function checkNode(
    node: string,
    object: ApiObject | undefined,
    old: ApiObject | undefined,
    { operation, name, subresource }: WriteAttributes,
    refuse: Refuse,
  ): void {
    const requested = (operation === 'CREATE' ? object?.metadata.name : name) ?? ''
    if (requested !== node) throw refuse(`node ${q(node)} is not allowed to modify node ${q(requested)}`)
    if (operation === 'DELETE' || subresource?.name === 'status') {
      if (operation !== 'UPDATE') return
    }
    const wanted = object as unknown as Node
    const before = old as unknown as Node | undefined
    if (before && !subresource && !deepEqual(wanted.spec?.taints ?? [], before.spec?.taints ?? []))
      throw refuse(`node ${q(node)} is not allowed to modify taints`)
    const now = wanted.metadata.labels ?? {}
    const then = before?.metadata.labels ?? {}
    const changed = [...new Set([...Object.keys(now), ...Object.keys(then)])].filter((key) => now[key] !== then[key])
    const forbidden = changed.filter((key) => !mayLabel(key)).sort()
    if (forbidden.length > 0)
      throw refuse(`is not allowed to ${before ? 'modify labels' : 'set the following labels'}: ${forbidden.join(', ')}`)
    if (before && !deepEqual(wanted.metadata.ownerReferences, before.metadata.ownerReferences))
      throw refuse(`node ${q(node)} is not allowed to modify owner references`)
  }

  async function checkToken(node: string, object: ApiObject | undefined, { namespace }: WriteAttributes, refuse: Refuse): Promise<void> {
    const ref = (object as unknown as TokenRequest).spec.boundObjectRef
    if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) throw refuse('node requested token not bound to a pod')
    if (!ref.uid) throw refuse('node requested token with a pod binding without a uid')
    const pod = await objects.get<Pod>('pods', `${namespace}/${ref.name}`)
    if (!pod) throw newBadRequest(`pods ${q(ref.name)} not found`)
    if (pod.metadata.uid !== ref.uid)
      throw refuse(
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      )
    if (pod.spec.nodeName !== node) throw refuse('node requested token bound to a pod scheduled on a different node')
  }

  function checkClaimStatus(node: string, object: ApiObject | undefined, old: ApiObject | undefined, refuse: Refuse): void {
    const rest = ({ metadata: _m, status: _s, ...spec }: Record<string, unknown>) => spec
    if (!deepEqual(rest(object as unknown as Record<string, unknown>), rest(old as unknown as Record<string, unknown>)))
      throw refuse(`node ${q(node)} is not allowed to update fields other than status`)
  }
}

/**
 * The Node authorizer (upstream: plugin/pkg/auth/authorizer/node): a kubelet reads what its own pods refer to, its own
 * Node, Lease and CSINode, and nothing of other nodes; the rest of what it may do are the rules of system:node.
 */
import type { VolumeAttachment } from '../../api/types/storage-v1.ts'
import type { Objects } from '../objects.ts'
import type { AuthorizationAttributes, Authorizer, Decision, User } from '../request.ts'
import { clusterRoles } from './bootstrap-policy.ts'
import type { NodeGraph } from './node-graph.ts'
import { coversPath, coversResource } from './rules.ts'

const prefix = 'system:node:'

/** The node that the user is the kubelet of. */
export const nodeOf = ({ name, groups }: User): string | undefined =>
  name.startsWith(prefix) && groups.includes('system:nodes') ? name.slice(prefix.length) : undefined

const allow: Decision = { decision: 'allow', reason: '' }
const none: Decision = { decision: 'no-opinion', reason: '' }
const no = (reason: string): Decision => ({ decision: 'no-opinion', reason })

export function createNodeAuthorizer(objects: Objects, graph: NodeGraph): Authorizer {
  const rules = clusterRoles().find((r) => r.metadata.name === 'system:node')?.rules ?? []
  const byRules = (a: AuthorizationAttributes): Decision => {
    const resource = a.subresource ? `${a.resource}/${a.subresource}` : a.resource
    const covered = a.isResourceRequest
      ? rules.some((rule) => coversResource(rule, a.verb, a.apiGroup, resource, a.subresource) && !rule.resourceNames?.length)
      : rules.some((rule) => coversPath(rule, a.verb, a.path))
    return covered ? allow : none
  }
  const unrelated = (node: string) => no(`no relationship found between node '${node}' and this object`)
  const key = (a: AuthorizationAttributes) => (a.namespace ? `${a.namespace}/${a.name}` : a.name)

  /** get, and list or watch of the one name, of what a pod of the node refers to. */
  const readOwn = (node: string, a: AuthorizationAttributes): Decision => {
    if (!['get', 'list', 'watch'].includes(a.verb)) return no('can only read resources of this type')
    return referred(node, a)
  }
  const referred = (node: string, a: AuthorizationAttributes): Decision => {
    if (a.subresource) return no('cannot get subresource')
    if (a.name === '') return no('No Object name found')
    return graph.reaches(node, a.resource, key(a)) ? allow : unrelated(node)
  }
  const getOwn = (node: string, a: AuthorizationAttributes): Decision =>
    a.verb === 'get' ? referred(node, a) : no('can only get individual resources of this type')

  /** Its claims' status it may also write. */
  const claim = (node: string, a: AuthorizationAttributes): Decision => {
    if (a.subresource === 'status' && (a.verb === 'update' || a.verb === 'patch')) {
      if (a.name === '') return no('No Object name found')
      return graph.reaches(node, a.resource, key(a)) ? allow : unrelated(node)
    }
    return getOwn(node, a)
  }
  const attachment = (node: string, a: AuthorizationAttributes): Decision => {
    if (a.verb !== 'get') return no('can only get individual resources of this type')
    if (a.subresource) return no('cannot get subresource')
    const found = objects.peek<VolumeAttachment>('volumeattachments.storage.k8s.io', a.name)
    return found?.spec.nodeName === node ? allow : unrelated(node)
  }
  const token = (node: string, a: AuthorizationAttributes): Decision => {
    if (a.subresource !== 'token') return readServiceAccount(node, a)
    if (a.verb !== 'create') return no('can only create tokens for individual service accounts')
    if (a.name === '') return no('No Object name found')
    return graph.reaches(node, 'serviceaccounts', key(a)) ? allow : unrelated(node)
  }
  const readServiceAccount = (node: string, a: AuthorizationAttributes): Decision =>
    a.verb === 'get' && a.name !== '' && graph.reaches(node, 'serviceaccounts', key(a))
      ? allow
      : no('can only create tokens for individual service accounts')
  const lease = (node: string, a: AuthorizationAttributes): Decision => {
    if (!['get', 'create', 'update', 'patch', 'delete'].includes(a.verb))
      return no('can only get, create, update, patch, or delete a node lease')
    if (a.namespace !== 'kube-node-lease') return no('can only access leases in the "kube-node-lease" system namespace')
    if (a.verb !== 'create' && a.name !== node) return no('can only access node lease with the same name as the requesting node')
    return allow
  }
  const csiNode = (node: string, a: AuthorizationAttributes): Decision => {
    if (!['get', 'create', 'update', 'patch', 'delete'].includes(a.verb))
      return no('can only get, create, update, patch, or delete a CSINode')
    if (a.subresource) return no('cannot authorize CSINode subresources')
    if (a.verb !== 'create' && a.name !== node) return no('can only access CSINode with the same name as the requesting node')
    return allow
  }
  const slice = (node: string, a: AuthorizationAttributes): Decision => {
    if (a.subresource) return no('cannot authorize ResourceSlice subresources')
    if (a.verb === 'create') return allow
    if (a.verb === 'list' || a.verb === 'watch' || a.verb === 'deletecollection')
      return selects(a, 'spec.nodeName', node)
        ? allow
        : no('can only list/watch/deletecollection resourceslices with spec.nodeName field selector')
    const found = objects.peek<{ spec?: { nodeName?: string } }>('resourceslices.resource.k8s.io', a.name)
    return !found || found.spec?.nodeName === node ? allow : unrelated(node)
  }
  const ownNode = (node: string, a: AuthorizationAttributes): Decision => {
    if (a.subresource && a.subresource !== 'status') return byRules(a)
    switch (a.verb) {
      case 'create':
        return allow
      case 'update':
      case 'patch':
        return byRules(a)
      case 'get':
      case 'list':
      case 'watch':
        if (a.name === node || selects(a, 'metadata.name', node)) return allow
        return no(`node ${JSON.stringify(node)} cannot read ${a.name ? JSON.stringify(a.name) : 'all nodes'}, only its own Node object`)
      default:
        return byRules(a)
    }
  }
  const ownPods = (node: string, a: AuthorizationAttributes): Decision => {
    switch (a.verb) {
      case 'get':
        if (a.subresource) return no('cannot get subresource of pods')
        return graph.runs(node, key(a)) ? allow : unrelated(node)
      case 'list':
      case 'watch':
        return selects(a, 'spec.nodeName', node) ? allow : no('can only list/watch pods with spec.nodeName field selector')
      default:
        return byRules(a)
    }
  }

  const resources: Readonly<Record<string, (node: string, a: AuthorizationAttributes) => Decision>> = {
    '/secrets': readOwn,
    '/configmaps': readOwn,
    '/persistentvolumeclaims': (node, a) =>
      a.subresource === 'status' && (a.verb === 'update' || a.verb === 'patch')
        ? graph.reaches(node, a.resource, key(a))
          ? allow
          : unrelated(node)
        : getOwn(node, a),
    '/persistentvolumes': getOwn,
    '/serviceaccounts': token,
    '/nodes': ownNode,
    '/pods': ownPods,
    'resource.k8s.io/resourceclaims': claim,
    'resource.k8s.io/resourceslices': slice,
    'storage.k8s.io/volumeattachments': attachment,
    'storage.k8s.io/csinodes': csiNode,
    'coordination.k8s.io/leases': lease,
  }
  const decide = (node: string, a: AuthorizationAttributes): Decision => {
    const special = a.isResourceRequest ? resources[`${a.apiGroup}/${a.resource}`] : undefined
    return special ? special(node, a) : byRules(a)
  }

  return {
    authorize(a) {
      const node = nodeOf(a.user)
      if (node === undefined) return none
      const waiting = graph.ready()
      return waiting ? waiting.then(() => decide(node, a)) : decide(node, a)
    },
  }
}

const selects = ({ fieldSelector }: AuthorizationAttributes, field: string, value: string): boolean =>
  fieldSelector?.split(',').some((part) => part === `${field}=${value}` || part === `${field}==${value}`) === true

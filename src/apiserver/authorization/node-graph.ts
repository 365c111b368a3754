/**
 * What the pods of each node refer to (upstream: plugin/pkg/auth/authorizer/node/graph.go), counted per object and
 * node, so that a question is one look and a pod's change costs what the pod refers to.
 */
import type { PersistentVolume, Pod } from '../../api/types/core-v1.ts'
import type { Objects } from '../objects.ts'

export interface NodeGraph {
  /** Whether a pod of the node refers to `resource` `namespace/name`, itself or by its volumes. */
  reaches(node: string, resource: string, key: string): boolean
  runs(node: string, pod: string): boolean
  ready(): Promise<void> | undefined
}

type Counts = Map<string, Map<string, number>>

export function createNodeGraph(objects: Objects): NodeGraph {
  /** By `resource namespace/name`: how many pods of each node refer to it. */
  const references: Counts = new Map()
  const pods = new Map<string, { readonly node: string; readonly refs: readonly string[] }>()
  /** Secrets that volumes name, by secret: the volumes. */
  const volumeSecrets = new Map<string, Set<string>>()
  const secretsOfVolume = new Map<string, readonly string[]>()

  const count = (ref: string, node: string, by: 1 | -1) => {
    let nodes = references.get(ref)
    if (!nodes) {
      nodes = new Map()
      references.set(ref, nodes)
    }
    const now = (nodes.get(node) ?? 0) + by
    if (now > 0) nodes.set(node, now)
    else nodes.delete(node)
    if (nodes.size === 0) references.delete(ref)
  }
  const removePod = (key: string) => {
    const known = pods.get(key)
    if (!known) return
    pods.delete(key)
    for (const ref of known.refs) count(ref, known.node, -1)
  }
  const removeVolume = (name: string) => {
    for (const secret of secretsOfVolume.get(name) ?? []) {
      const volumes = volumeSecrets.get(secret)
      volumes?.delete(name)
      if (volumes?.size === 0) volumeSecrets.delete(secret)
    }
    secretsOfVolume.delete(name)
  }
  const podMirror = objects.mirror<Pod>('pods', {
    set(key, pod) {
      removePod(key)
      const node = pod.spec?.nodeName
      const phase = pod.status?.phase
      // A pod that is over needs nothing any more.
      if (!node || phase === 'Succeeded' || phase === 'Failed') return
      // A mirror pod is the node's own and reaches nothing.
      const refs = pod.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined ? [...podReferences(pod)] : []
      pods.set(key, { node, refs })
      for (const ref of refs) count(ref, node, 1)
    },
    delete: removePod,
    clear() {
      pods.clear()
      references.clear()
    },
  })
  const volumeMirror = objects.mirror<PersistentVolume>('persistentvolumes', {
    set(name, volume) {
      removeVolume(name)
      const secrets = secretsOf(volume)
      if (secrets.length === 0) return
      secretsOfVolume.set(name, secrets)
      for (const secret of secrets) {
        const volumes = volumeSecrets.get(secret) ?? new Set()
        volumes.add(name)
        volumeSecrets.set(secret, volumes)
      }
    },
    delete: removeVolume,
    clear() {
      volumeSecrets.clear()
      secretsOfVolume.clear()
    },
  })

  const refers = (node: string, resource: string, key: string) => references.get(`${resource} ${key}`)?.has(node) === true
  const volumeReaches = (node: string, name: string): boolean => {
    const claim = objects.peek<PersistentVolume>('persistentvolumes', name)?.spec?.claimRef
    return claim !== undefined && claim !== null && refers(node, 'persistentvolumeclaims', `${claim.namespace}/${claim.name}`)
  }
  return {
    reaches(node, resource, key) {
      podMirror.sync()
      if (resource === 'persistentvolumes') return volumeReaches(node, key)
      if (refers(node, resource, key)) return true
      if (resource !== 'secrets') return false
      volumeMirror.sync()
      for (const volume of volumeSecrets.get(key) ?? []) if (volumeReaches(node, volume)) return true
      return false
    },
    runs(node, pod) {
      podMirror.sync()
      return pods.get(pod)?.node === node || objects.peek<Pod>('pods', pod)?.spec?.nodeName === node
    },
    ready: () => podMirror.ready() ?? volumeMirror.ready(),
  }
}

/** `resource namespace/name` of all that the pod needs. */
export function* podReferences(pod: Pod): Iterable<string> {
  const { namespace } = pod.metadata
  const spec = pod.spec
  if (!spec) return
  const secret = (name: string | undefined) => `secrets ${namespace}/${name}`
  const configMap = (name: string | undefined) => `configmaps ${namespace}/${name}`
  if (spec.serviceAccountName) yield `serviceaccounts ${namespace}/${spec.serviceAccountName}`
  for (const { name } of spec.imagePullSecrets ?? []) yield secret(name)
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]) {
    for (const { valueFrom } of container.env ?? []) {
      if (valueFrom?.secretKeyRef) yield secret(valueFrom.secretKeyRef.name)
      if (valueFrom?.configMapKeyRef) yield configMap(valueFrom.configMapKeyRef.name)
    }
    for (const { secretRef, configMapRef } of container.envFrom ?? []) {
      if (secretRef) yield secret(secretRef.name)
      if (configMapRef) yield configMap(configMapRef.name)
    }
  }
  for (const volume of spec.volumes ?? []) {
    const { name, configMap: map, projected, persistentVolumeClaim, ephemeral } = volume
    if (volume.secret) yield secret(volume.secret.secretName)
    if (map) yield configMap(map.name)
    if (persistentVolumeClaim) yield `persistentvolumeclaims ${namespace}/${persistentVolumeClaim.claimName}`
    if (ephemeral) yield `persistentvolumeclaims ${namespace}/${pod.metadata.name}-${name}`
    for (const source of projected?.sources ?? []) {
      if (source.secret) yield secret(source.secret.name)
      if (source.configMap) yield configMap(source.configMap.name)
    }
    for (const name of secretNames(volume)) yield secret(name)
  }
  for (const claim of spec.resourceClaims ?? []) if (claim.resourceClaimName) yield `resourceclaims ${namespace}/${claim.resourceClaimName}`
  for (const status of pod.status?.resourceClaimStatuses ?? [])
    if (status.resourceClaimName) yield `resourceclaims ${namespace}/${status.resourceClaimName}`
}

/** The secrets in the sources of a pod's volume that name one by `secretRef` (and CSI's own name for it). */
function* secretNames(volume: object): Iterable<string> {
  for (const source of Object.values(volume) as Record<string, { name?: string } | undefined>[]) {
    if (typeof source !== 'object' || source === null) continue
    const name = source['secretRef']?.name ?? source['nodePublishSecretRef']?.name
    if (name) yield name
    const azure = (source as { secretName?: unknown; shareName?: unknown }).shareName !== undefined
    if (azure) yield (source as unknown as { secretName: string }).secretName
  }
}

/** `namespace/name` of the secrets that a volume's source names. */
function secretsOf({ spec }: PersistentVolume): string[] {
  const found: string[] = []
  const fallback = spec?.claimRef?.namespace ?? ''
  for (const source of Object.values(spec ?? {})) {
    if (typeof source !== 'object' || source === null || Array.isArray(source)) continue
    for (const [field, ref] of Object.entries(source as Record<string, unknown>)) {
      if (!/secretRef$/i.test(field) || typeof ref !== 'object' || ref === null) continue
      const { name, namespace } = ref as { name?: string; namespace?: string }
      if (name) found.push(`${namespace || fallback}/${name}`)
    }
  }
  return found
}

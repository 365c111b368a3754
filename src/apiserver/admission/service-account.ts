/** Every pod runs as a service account and gets its token in a projected volume (plugin/pkg/admission/serviceaccount). */
import { newInternalError, newNotFound, StatusError } from '../../api/errors.ts'
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from '../../api/types/core-v1.ts'
import { podReferences } from '../authorization/node-graph.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject } from '../request.ts'
import { generateNameFrom } from '../rest/create.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'

export const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const volumePrefix = 'kube-api-access-'
/** Upstream's WarnOnlyBoundTokenExpirationPeriod: tokens asked for with it may live on while clients learn to reread them. */
const expirationSeconds = 3607
const mirrorAnnotation = 'kubernetes.io/config.mirror'

export function createServiceAccountPlugin(objects: Objects): AdmissionPlugin {
  const accountOf = async (name: string, namespace: string, refuse: Refuse): Promise<ServiceAccount> => {
    const account = await objects.get<ServiceAccount>('serviceaccounts', `${namespace}/${name}`)
    if (account) return account
    const { message } = newNotFound({ group: '', resource: 'serviceaccount' }, name)
    throw refuse(`error looking up service account ${namespace}/${name}: ${message}`)
  }
  return {
    name: 'ServiceAccount',
    handles: (resource, subresource, operation) =>
      resource === 'pods' &&
      ((subresource === '' && operation === 'CREATE') || (subresource === 'ephemeralcontainers' && operation === 'UPDATE')),
    async admit(object, _old, attributes) {
      if (attributes.subresource) return object
      const pod = object as unknown as Pod
      const refuse = (why: string) => newRefusal(attributes, object, why)
      if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) {
        checkMirror(pod, refuse)
        return object
      }
      const spec = pod.spec as PodSpec
      const accountName = spec.serviceAccountName || 'default'
      const account = await accountOf(accountName, attributes.namespace, refuse)
      const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
      let admitted: PodSpec = { ...spec, serviceAccountName: accountName, serviceAccount: accountName }
      if (holdsToItsSecrets(account)) checkSecrets(account, spec, refuse)
      if (automount) admitted = withToken(admitted)
      if (!admitted.imagePullSecrets?.length && account.imagePullSecrets?.length)
        admitted = { ...admitted, imagePullSecrets: [...account.imagePullSecrets] }
      return { ...pod, spec: admitted } as unknown as ApiObject
    },
    async validate(object, _old, attributes) {
      const { namespace, subresource } = attributes
      const { metadata, spec } = object as unknown as Pod
      if (metadata.annotations?.[mirrorAnnotation] !== undefined) return undefined
      const refuse = (why: string) => newRefusal(attributes, object, why)
      if (!spec.serviceAccountName) throw refuse(`no service account specified for pod ${namespace}/${metadata.name}`)
      const account = await accountOf(spec.serviceAccountName, namespace, refuse)
      if (!holdsToItsSecrets(account)) return undefined
      if (!subresource) checkSecrets(account, spec, refuse)
      // Upstream answers this one as a fault of its own.
      else checkContainers(account, 'ephemeral container', spec.ephemeralContainers, (message) => new StatusError({ code: 500, message }))
      return undefined
    },
  }
}

type Refuse = (why: string) => StatusError

function checkMirror(pod: Pod, refuse: Refuse): void {
  const { spec } = pod
  if (spec.serviceAccountName) throw refuse('a mirror pod may not reference service accounts')
  if ([...podReferences(pod)].some((ref) => ref.startsWith('secrets '))) throw refuse('a mirror pod may not reference secrets')
  for (const volume of spec.volumes ?? [])
    if (volume.projected?.sources?.some((source) => source.serviceAccountToken))
      throw refuse('a mirror pod may not use ServiceAccountToken volume projections')
}

/** Go's strconv.ParseBool. */
const holdsToItsSecrets = ({ metadata }: ServiceAccount): boolean =>
  ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(metadata.annotations?.['kubernetes.io/enforce-mountable-secrets'] ?? '')

function checkSecrets(account: ServiceAccount, spec: PodSpec, refuse: Refuse): void {
  for (const { secret } of spec.volumes ?? []) if (secret) checkSecret(account, 'volume with', secret.secretName, refuse)
  checkContainers(account, 'init container', spec.initContainers, refuse)
  checkContainers(account, 'container', spec.containers, refuse)
  const pullable = new Set((account.imagePullSecrets ?? []).map((s) => s.name))
  for (const [i, { name }] of (spec.imagePullSecrets ?? []).entries())
    if (!pullable.has(name))
      throw refuse(
        `imagePullSecrets[${i}].name=${JSON.stringify(name)} is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`,
      )
}

type WithEnvironment = Pick<Container, 'name' | 'env' | 'envFrom'>

function checkContainers(account: ServiceAccount, kind: string, containers: readonly WithEnvironment[] | undefined, refuse: Refuse): void {
  for (const { name, env, envFrom } of containers ?? []) {
    for (const { name: variable, valueFrom } of env ?? [])
      if (valueFrom?.secretKeyRef)
        checkSecret(account, `${kind} ${name} with envVar ${variable} referencing`, valueFrom.secretKeyRef.name, refuse)
    for (const { secretRef } of envFrom ?? [])
      if (secretRef) checkSecret(account, `${kind} ${name} with envFrom referencing`, secretRef.name, refuse)
  }
}

function checkSecret(account: ServiceAccount, what: string, name: string | undefined, refuse: Refuse): void {
  if (account.secrets?.some((s) => s.name === name)) return
  throw refuse(
    `${what} secret.secretName=${JSON.stringify(name)} is not allowed because service account ${account.metadata.name} does not reference that secret`,
  )
}

/** The token's volume is mounted where a container has nothing mounted there itself. */
function withToken(spec: PodSpec): PodSpec {
  const volumes = spec.volumes ?? []
  let volume = volumes.find((v) => v.name.startsWith(volumePrefix) && v.projected)
  let used = false
  const mount = <T extends Pick<Container, 'volumeMounts'>>(containers: readonly T[] | undefined | null): T[] | undefined =>
    containers?.map((container) => {
      if (container.volumeMounts?.some((m) => m.mountPath === tokenMountPath)) return container
      volume ??= tokenVolume(volumes)
      used = true
      return {
        ...container,
        volumeMounts: [...(container.volumeMounts ?? []), { name: volume.name, readOnly: true, mountPath: tokenMountPath }],
      }
    })
  const initContainers = mount(spec.initContainers)
  const containers = mount(spec.containers) as Container[]
  if (!used || !volume) return spec
  const known = volumes.includes(volume)
  return {
    ...spec,
    volumes: known ? volumes : [...volumes, volume],
    ...(initContainers ? { initContainers } : {}),
    containers,
  }
}

function tokenVolume(volumes: readonly Volume[]): Volume {
  const names = new Set(volumes.map((v) => v.name))
  for (let attempt = 0; attempt < 100; attempt++) {
    const name = generateNameFrom(volumePrefix)
    if (names.has(name)) continue
    return {
      name,
      projected: {
        sources: [
          { serviceAccountToken: { expirationSeconds, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          {
            downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] },
          },
        ],
        defaultMode: 0o644,
      },
    }
  }
  throw newInternalError(new Error('no free name for the token volume'))
}

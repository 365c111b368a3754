/** Every pod runs as a service account and gets its token in a projected volume (plugin/pkg/admission/serviceaccount). */
import { newForbidden, newInternalError, newNotFound, type StatusError } from '../../api/errors.ts'
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from '../../api/types/core-v1.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject } from '../request.ts'
import { generateNameFrom } from '../rest/create.ts'
import type { AdmissionPlugin } from './admission.ts'

export const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const volumePrefix = 'kube-api-access-'
/** Upstream's WarnOnlyBoundTokenExpirationPeriod: tokens asked for with it may live on while clients learn to reread them. */
const expirationSeconds = 3607
const mirrorAnnotation = 'kubernetes.io/config.mirror'

export function createServiceAccountPlugin(objects: Objects): AdmissionPlugin {
  const pods = { group: '', resource: 'pods' }
  return {
    name: 'ServiceAccount',
    handles: (resource, subresource, operation) => resource === 'pods' && subresource === '' && operation === 'CREATE',
    async admit(object, _old, { namespace, name }) {
      const pod = object as unknown as Pod
      const refuse = (why: string) => newForbidden(pods, pod.metadata.name ?? name, why)
      if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) {
        checkMirror(pod, refuse)
        return object
      }
      const spec = pod.spec as PodSpec
      const accountName = spec.serviceAccountName || 'default'
      const account = await objects.get<ServiceAccount>('serviceaccounts', `${namespace}/${accountName}`)
      if (!account) {
        const { message } = newNotFound({ group: '', resource: 'serviceaccount' }, accountName)
        throw refuse(`error looking up service account ${namespace}/${accountName}: ${message}`)
      }
      const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
      let admitted: PodSpec = { ...spec, serviceAccountName: accountName, serviceAccount: accountName }
      if (account.metadata.annotations?.['kubernetes.io/enforce-mountable-secrets'] === 'true') checkSecrets(account, spec, refuse)
      if (automount) admitted = withToken(admitted)
      if (!admitted.imagePullSecrets?.length && account.imagePullSecrets?.length)
        admitted = { ...admitted, imagePullSecrets: [...account.imagePullSecrets] }
      return { ...pod, spec: admitted } as unknown as ApiObject
    },
    validate(object, _old, { namespace }) {
      const pod = object as unknown as Pod
      if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) return undefined
      if (!pod.spec?.serviceAccountName)
        throw newForbidden(pods, pod.metadata.name ?? '', `no service account specified for pod ${namespace}/${pod.metadata.name}`)
      return undefined
    },
  }
}

type Refuse = (why: string) => StatusError

function checkMirror({ spec }: Pod, refuse: Refuse): void {
  if (spec?.serviceAccountName) throw refuse('a mirror pod may not reference service accounts')
  for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
    for (const { valueFrom } of container.env ?? []) if (valueFrom?.secretKeyRef) throw refuse('a mirror pod may not reference secrets')
  }
  for (const volume of spec?.volumes ?? []) {
    if (volume.secret) throw refuse('a mirror pod may not reference secrets')
    if (volume.persistentVolumeClaim) throw refuse('a mirror pod may not reference persistentvolumeclaims')
    for (const { serviceAccountToken } of volume.projected?.sources ?? [])
      if (serviceAccountToken) throw refuse('a mirror pod may not use ServiceAccountToken volume projections')
  }
}

function checkSecrets(account: ServiceAccount, spec: PodSpec, refuse: Refuse): void {
  const mountable = new Set((account.secrets ?? []).map((s) => s.name))
  const who = account.metadata.name
  for (const { name, secret } of spec.volumes ?? []) {
    if (secret && !mountable.has(secret.secretName))
      throw refuse(
        `volume with secret.secretName=${JSON.stringify(secret.secretName)} is not allowed because service account ${who} does not reference that secret`
          .replace(/^volume/, `volume ${name}`)
          .replace(`volume ${name} with`, 'volume with'),
      )
  }
  const kinds = [
    ['initContainer', spec.initContainers],
    ['container', spec.containers],
    ['ephemeralContainer', spec.ephemeralContainers],
  ] as const
  for (const [kind, containers] of kinds) {
    for (const { name, env, envFrom } of (containers ?? []) as readonly Container[]) {
      for (const variable of env ?? []) {
        const ref = variable.valueFrom?.secretKeyRef
        if (ref && !mountable.has(ref.name))
          throw refuse(
            `${kind} ${name} with envVar ${variable.name} referencing secret.secretName=${JSON.stringify(ref.name)} is not allowed because service account ${who} does not reference that secret`,
          )
      }
      for (const { secretRef } of envFrom ?? []) {
        if (secretRef && !mountable.has(secretRef.name))
          throw refuse(
            `${kind} ${name} with envFrom referencing secret.secretName=${JSON.stringify(secretRef.name)} is not allowed because service account ${who} does not reference that secret`,
          )
      }
    }
  }
  const pullable = new Set((account.imagePullSecrets ?? []).map((s) => s.name))
  for (const [i, { name }] of (spec.imagePullSecrets ?? []).entries()) {
    if (!pullable.has(name))
      throw refuse(
        `imagePullSecrets[${i}].name=${JSON.stringify(name)} is not allowed because service account ${who} does not reference that imagePullSecret`,
      )
  }
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

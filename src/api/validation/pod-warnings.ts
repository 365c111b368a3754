/** Texts for Warning headers about pods and their templates: what is deprecated, ignored or surprising (api/pod/warnings.go). */
import { quantityMilliValue } from '../quantity.ts'
import type { PodSpec, PodTemplateSpec, Volume } from '../types/core-v1.ts'
import { isAppArmorAnnotation } from './pod-spec.ts'
import { visitContainers } from './visit.ts'

const deprecatedNodeLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}

const deprecatedVolumes = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const

type Annotations = Readonly<Record<string, string>> | undefined

export function podWarnings(spec: PodSpec, annotations: Annotations, path = 'spec', metaPath = 'metadata'): string[] {
  const warnings: string[] = []
  for (const key in spec.nodeSelector)
    if (deprecatedNodeLabels[key]) warnings.push(`${path}.nodeSelector[${key}]: ${deprecatedNodeLabels[key]}`)
  affinityWarnings(spec, path, warnings)
  spec.topologySpreadConstraints?.forEach((constraint, i) => {
    const at = `${path}.topologySpreadConstraints[${i}]`
    const old = deprecatedNodeLabels[constraint.topologyKey]
    if (old) warnings.push(`${at}.topologyKey: ${constraint.topologyKey} is ${old}`)
    if (!constraint.labelSelector) warnings.push(`${at}.labelSelector: a null labelSelector results in matching no pod`)
  })
  for (const key of Object.keys(annotations ?? {}).sort()) {
    const at = `${metaPath}.annotations[${key}]`
    if (isAppArmorAnnotation(key)) warnings.push(`${at}: deprecated since v1.30; use the "appArmorProfile" field instead`)
    else if (key === 'seccomp.security.alpha.kubernetes.io/pod' || key.startsWith('container.seccomp.security.alpha.kubernetes.io/'))
      warnings.push(`${at}: non-functional in v1.27+; use the "seccompProfile" field instead`)
    else if (key === 'security.alpha.kubernetes.io/sysctls' || key === 'security.alpha.kubernetes.io/unsafe-sysctls')
      warnings.push(`${at}: non-functional in v1.11+; use the "sysctls" field instead`)
  }
  spec.imagePullSecrets?.forEach((secret, i) => {
    if (!secret.name) warnings.push(`${path}.imagePullSecrets[${i}].name: invalid empty name ""`)
  })
  spec.volumes?.forEach((volume, i) => {
    volumeWarnings(volume, `${path}.volumes[${i}]`, warnings)
  })
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0)
    warnings.push(`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`)
  containerWarnings(spec, path, warnings)
  return warnings
}

export const podTemplateWarnings = (template: PodTemplateSpec | undefined, path: string): string[] =>
  template ? podWarnings(template.spec, template.metadata?.annotations, `${path}.spec`, `${path}.metadata`) : []

function affinityWarnings({ affinity }: PodSpec, path: string, warnings: string[]): void {
  const at = `${path}.affinity.nodeAffinity`
  const expression = (key: string, where: string) => {
    if (deprecatedNodeLabels[key]) warnings.push(`${where}.key: ${key} is ${deprecatedNodeLabels[key]}`)
  }
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.forEach((term, i) => {
    term.matchExpressions?.forEach((e, j) => {
      expression(e.key, `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}].matchExpressions[${j}]`)
    })
  })
  affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach((term, i) => {
    term.preference.matchExpressions?.forEach((e, j) => {
      expression(e.key, `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference.matchExpressions[${j}]`)
    })
  })
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const pods = affinity?.[kind]
    pods?.requiredDuringSchedulingIgnoredDuringExecution?.forEach((term, i) => {
      if (!term.labelSelector)
        warnings.push(
          `${path}.affinity.${kind}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: a null labelSelector results in matching no pod`,
        )
    })
    pods?.preferredDuringSchedulingIgnoredDuringExecution?.forEach((term, i) => {
      if (!term.podAffinityTerm.labelSelector)
        warnings.push(
          `${path}.affinity.${kind}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod`,
        )
    })
  }
}

function volumeWarnings(volume: Volume, path: string, warnings: string[]): void {
  for (const [field, text] of Object.entries(deprecatedVolumes))
    if (volume[field as keyof Volume] !== undefined) warnings.push(`${path}.${field}: ${text}`)
  const annotations = volume.ephemeral?.volumeClaimTemplate?.metadata?.annotations
  if (annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined)
    warnings.push(
      `${path}.ephemeral.volumeClaimTemplate.metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead`,
    )
  if (volume.projected && !volume.projected.sources?.some((source) => Object.keys(source).length > 0))
    warnings.push(`volume ${JSON.stringify(volume.name)} (Projected) has no sources provided`)
}

function containerWarnings(spec: PodSpec, path: string, warnings: string[]): void {
  const named = new Map<string, string>()
  const whole = new Map<string, string>()
  visitContainers(spec, path, (container, at) => {
    for (const list of ['limits', 'requests'] as const)
      for (const name of ['memory', 'ephemeral-storage']) {
        const quantity = container.resources?.[list]?.[name]
        if (quantity !== undefined && quantityMilliValue(quantity) % 1000 !== 0)
          warnings.push(
            `${at}.resources.${list}[${name}]: fractional byte value ${JSON.stringify(quantity)} is invalid, must be an integer`,
          )
      }
    const names = new Map<string, string>()
    container.env?.forEach((variable, i) => {
      // Repeating a name to refer to its earlier value is a known way of appending.
      const before = names.get(variable.name)
      const refers = variable.value?.includes(`$(${variable.name})`) ?? false
      if (before !== undefined && !refers)
        warnings.push(
          `${at}.env[${i}]: hides previous definition of ${JSON.stringify(variable.name)}, which may be dropped when using apply`,
        )
      names.set(variable.name, variable.value ?? '')
    })
    const own = new Map<string, string>()
    container.ports?.forEach((port, i) => {
      const here = `${at}.ports[${i}]`
      if (port.hostIP && !port.hostPort)
        warnings.push(
          `${here}: hostIP set without hostPort: {Name:${port.name ?? ''} HostPort:0 ContainerPort:${port.containerPort} Protocol:${port.protocol} HostIP:${port.hostIP}}`,
        )
      const key = `${port.containerPort}/${port.protocol}/${port.hostPort ?? 0}/${port.hostIP ?? ''}`
      const twin = own.get(key)
      if (twin) warnings.push(`${here}: duplicate port definition with ${twin}`)
      else {
        own.set(key, here)
        const other = whole.get(key)
        if (!other) whole.set(key, here)
      }
      if (!port.name) return
      const first = named.get(port.name)
      if (first && !first.startsWith(`${at}.`))
        warnings.push(
          `${here}: duplicate port name ${JSON.stringify(port.name)} with ${first}, services and probes that select ports by name will use ${first}`,
        )
      else if (!first) named.set(port.name, here)
    })
  })
}

/** The spec of a pod, alone or in a template (core/validation.ValidatePodSpec). */
import { addQuantity, compareQuantity, formatQuantity, maxQuantity, type Quantity, zeroQuantity } from '../quantity.ts'
import type { PodDNSConfig, PodResourceClaim, PodSpec, PodTemplateSpec } from '../types/core-v1.ts'
import { check, optionalOneOf, validIP } from './checks.ts'
import { type PodContext, validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts'
import { duplicate, type FieldError, forbidden, invalid, required } from './field-error.ts'
import { internalValue } from './internal.ts'
import { inclusiveRange, isDNS1123Label, isDNS1123Subdomain, isDNS1123SubdomainWithUnderscore, isQualifiedName } from './names.ts'
import { validateAnnotations, validateLabels } from './object-meta.ts'
import { isHugePageResource, validateResourceRequirements } from './resources.ts'
import { validateAffinity, validateSchedulingGates, validateTolerations, validateTopologySpread } from './scheduling.ts'
import { validateOS, validatePodSecurityContext, validateWindowsHostProcess } from './security-context.ts'
import { visitContainers } from './visit.ts'
import { localDescendingPath, validateVolumes } from './volumes.ts'

export interface PodSpecOptions {
  /** The name of the pod; undefined in a template. Claims of ephemeral volumes are named after it. */
  readonly podName?: string
  /** A pod itself, not a template: host ports must already be equal to container ports on the host's network. */
  readonly isPod?: boolean
}

export function validatePodSpec(spec: PodSpec, path: string, options: PodSpecOptions = {}): FieldError[] {
  const errors: FieldError[] = []
  if (spec.terminationGracePeriodSeconds === undefined) errors.push(required(`${path}.terminationGracePeriodSeconds`))
  const volumes = validateVolumes(spec.volumes, options.podName, `${path}.volumes`)
  errors.push(...volumes.errors)
  const pod: PodContext = {
    spec,
    volumes: volumes.sources,
    claims: new Set(spec.resourceClaims?.map((c) => c.name).filter((n) => n !== '')),
    hostUsers: spec.hostUsers ?? true,
  }
  errors.push(...validateResourceClaims(spec.resourceClaims, `${path}.resourceClaims`))
  errors.push(...validateContainers(pod, `${path}.containers`))
  errors.push(...validateInitContainers(pod, `${path}.initContainers`))
  errors.push(...validateEphemeralContainers(pod, `${path}.ephemeralContainers`))
  errors.push(...validatePodResources(pod, `${path}.resources`))
  if (spec.hostNetwork)
    spec.containers?.forEach((container, i) => {
      container.ports?.forEach((port, j) => {
        const host = port.hostPort ?? 0
        if ((options.isPod || host !== 0) && host !== port.containerPort)
          errors.push(
            invalid(`${path}.containers[${i}].ports[${j}].hostPort`, host, 'must match `containerPort` when `hostNetwork` is true'),
          )
      })
    })
  errors.push(...needOneOf(spec.restartPolicy, `${path}.restartPolicy`, ['Always', 'OnFailure', 'Never']))
  errors.push(...needOneOf(spec.dnsPolicy, `${path}.dnsPolicy`, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']))
  errors.push(...validateLabels(spec.nodeSelector, `${path}.nodeSelector`))
  errors.push(...validatePodSecurityContext(spec, `${path}.securityContext`))
  errors.push(...validateAffinity(spec.affinity, `${path}.affinity`))
  errors.push(...validateDNSConfig(spec.dnsConfig, spec.dnsPolicy, `${path}.dnsConfig`))
  spec.readinessGates?.forEach((gate, i) => {
    errors.push(...check(gate.conditionType, `${path}.readinessGates[${i}].conditionType`, isQualifiedName))
  })
  errors.push(...validateSchedulingGates(spec.schedulingGates, `${path}.schedulingGates`))
  errors.push(...validateTopologySpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`))
  errors.push(...validateWindowsHostProcess(spec, path))
  if (spec.hostUsers === false) {
    const message = 'when `hostUsers` is false'
    for (const [field, name] of [
      ['hostNetwork', 'hostNetwork'],
      ['hostPID', 'HostPID'],
      ['hostIPC', 'HostIPC'],
    ] as const)
      if (spec[field]) errors.push(forbidden(`${path}.${name}`, message))
    visitContainers(spec, path, (container, at) => {
      if (container.volumeDevices?.length) errors.push(forbidden(`${at}.volumeDevices`, message))
    })
  }
  if (spec.serviceAccountName) errors.push(...check(spec.serviceAccountName, `${path}.serviceAccountName`, isDNS1123Subdomain))
  if (spec.nodeName) errors.push(...check(spec.nodeName, `${path}.nodeName`, isDNS1123Subdomain))
  const deadline = spec.activeDeadlineSeconds
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647))
    errors.push(invalid(`${path}.activeDeadlineSeconds`, deadline, inclusiveRange(1, 2147483647)))
  if (spec.hostname) errors.push(...check(spec.hostname, `${path}.hostname`, isDNS1123Label))
  if (spec.subdomain) errors.push(...check(spec.subdomain, `${path}.subdomain`, isDNS1123Label))
  errors.push(...validateTolerations(spec.tolerations, `${path}.tolerations`))
  spec.hostAliases?.forEach((alias, i) => {
    errors.push(...validIP(alias.ip, `${path}.hostAliases[${i}].ip`))
    alias.hostnames?.forEach((name, j) => {
      errors.push(...check(name, `${path}.hostAliases[${i}].hostnames[${j}]`, isDNS1123Subdomain))
    })
  })
  if (spec.priorityClassName) errors.push(...check(spec.priorityClassName, `${path}.priorityClassName`, isDNS1123Subdomain))
  if (spec.runtimeClassName !== undefined) errors.push(...check(spec.runtimeClassName, `${path}.runtimeClassName`, isDNS1123Subdomain))
  if (spec.preemptionPolicy !== undefined)
    errors.push(...needOneOf(spec.preemptionPolicy, `${path}.preemptionPolicy`, ['PreemptLowerPriority', 'Never']))
  if (spec.overhead) errors.push(...validateResourceRequirements({ limits: spec.overhead }, undefined, `${path}.overhead`))
  errors.push(...validateOS(spec, path))
  errors.push(...validateHostnameOverride(spec, `${path}.hostnameOverride`))
  return errors
}

const needOneOf = (value: string | undefined, path: string, supported: readonly string[]) =>
  value ? optionalOneOf(value, path, supported) : [required(path)]

function validateHostnameOverride(spec: PodSpec, path: string): FieldError[] {
  if (spec.hostnameOverride === undefined) return []
  const errors: FieldError[] = []
  if (spec.setHostnameAsFQDN) errors.push(forbidden(path, 'may not be specified when setHostnameAsFQDN is true'))
  if (spec.hostNetwork) errors.push(forbidden(path, 'may not be specified when hostNetwork is true'))
  errors.push(...check(spec.hostnameOverride, path, isDNS1123Subdomain))
  if (spec.hostnameOverride.length > 64) errors.push(invalid(path, spec.hostnameOverride, 'must be no more than 64 characters'))
  return errors
}

function validateResourceClaims(claims: readonly PodResourceClaim[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  claims?.forEach((claim, i) => {
    const at = `${path}[${i}]`
    if (!claim.name) errors.push(required(`${at}.name`))
    else if (names.has(claim.name)) errors.push(duplicate(`${at}.name`, claim.name))
    else {
      errors.push(...check(claim.name, `${at}.name`, isDNS1123Label))
      names.add(claim.name)
    }
    const { resourceClaimName: name, resourceClaimTemplateName: template } = claim
    const shown = () => internalValue('PodResourceClaim', claim)
    if (name !== undefined && template !== undefined)
      errors.push(invalid(at, shown(), 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'))
    if (name === undefined && template === undefined)
      errors.push(invalid(at, shown(), 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'))
    if (name !== undefined) errors.push(...check(name, `${at}.resourceClaimName`, isDNS1123Subdomain))
    if (template !== undefined) errors.push(...check(template, `${at}.resourceClaimTemplateName`, isDNS1123Subdomain))
  })
  return errors
}

/** Pod level resources: at least what the containers ask together, and no container's limit above the pod's. */
function validatePodResources(pod: PodContext, path: string): FieldError[] {
  const resources = pod.spec.resources
  if (!resources) return []
  const errors: FieldError[] = []
  if (resources.claims?.length) errors.push(forbidden(`${path}.claims`, 'claims may not be set for Resources at pod-level'))
  errors.push(...validateResourceRequirements(resources, pod.claims, path, true))
  const sums = aggregateRequests(pod.spec)
  for (const [name, request] of Object.entries(resources.requests ?? {})) {
    const sum = sums.get(name)
    if (sum && isPodLevelResource(name) && compareQuantity(sum, request) > 0)
      errors.push(
        invalid(
          `${path}.requests[${name}]`,
          formatQuantity(request),
          `must be greater than or equal to aggregate container requests of ${formatQuantity(sum)}`,
        ),
      )
  }
  pod.spec.containers?.forEach((container, i) => {
    for (const [name, limit] of Object.entries(container.resources.limits ?? {})) {
      const most = resources.limits?.[name]
      if (most !== undefined && compareQuantity(limit, most) > 0)
        errors.push(
          invalid(
            `${path}.containers[${i}][${name}].limits`,
            formatQuantity(limit),
            `must be less than or equal to pod limits of ${formatQuantity(most)}`,
          ),
        )
    }
  })
  return errors
}
const isPodLevelResource = (name: string) => name === 'cpu' || name === 'memory' || isHugePageResource(name)

/** What the containers ask at once: all regular and restartable init ones, or the largest init container with those before it. */
function aggregateRequests(spec: PodSpec): Map<string, Quantity> {
  const total = new Map<string, Quantity>()
  const add = (to: Map<string, Quantity>, list: Readonly<Record<string, string>> | undefined) => {
    for (const [name, quantity] of Object.entries(list ?? {})) to.set(name, addQuantity(to.get(name) ?? zeroQuantity, quantity))
  }
  for (const container of spec.containers ?? []) add(total, container.resources.requests)
  const restartable = new Map<string, Quantity>()
  const peak = new Map<string, Quantity>()
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      add(total, container.resources.requests)
      add(restartable, container.resources.requests)
    }
    const now = new Map(restartable)
    if (container.restartPolicy !== 'Always') add(now, container.resources.requests)
    for (const [name, quantity] of now) peak.set(name, maxQuantity(peak.get(name) ?? zeroQuantity, quantity))
  }
  for (const [name, quantity] of peak) total.set(name, maxQuantity(total.get(name) ?? zeroQuantity, quantity))
  return total
}

function validateDNSConfig(config: PodDNSConfig | undefined, policy: string | undefined, path: string): FieldError[] {
  if (policy === 'None') {
    if (!config) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')]
    if (!config.nameservers?.length)
      return [required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
  }
  if (!config) return []
  const { nameservers = [], searches = [], options = [] } = config
  const errors: FieldError[] = []
  if (nameservers.length > 3) errors.push(invalid(`${path}.nameservers`, nameservers, 'must not have more than 3 nameservers'))
  nameservers.forEach((server, i) => {
    errors.push(...validIP(server, `${path}.nameservers[${i}]`))
  })
  if (searches.length > 32) errors.push(invalid(`${path}.searches`, searches, 'must not have more than 32 search paths'))
  if (searches.join(' ').length > 2048)
    errors.push(invalid(`${path}.searches`, searches, 'must not have more than 2048 characters (including spaces) in the search list'))
  searches.forEach((search, i) => {
    // A lone dot stands for the root, and a dot at the end is fine.
    if (search !== '.') errors.push(...check(search.replace(/\.$/, ''), `${path}.searches[${i}]`, isDNS1123SubdomainWithUnderscore))
  })
  options.forEach((option, i) => {
    if (!option.name) errors.push(required(`${path}.options[${i}]`, 'must not be empty'))
  })
  return errors
}

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'
const seccompContainerPrefix = 'container.seccomp.security.alpha.kubernetes.io/'
export const mirrorAnnotation = 'kubernetes.io/config.mirror'
export const isAppArmorAnnotation = (key: string): boolean => key.startsWith(appArmorPrefix)

/** Annotations that have a meaning on pods (ValidatePodSpecificAnnotations). */
export function validatePodAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  spec: PodSpec,
  path: string,
): FieldError[] {
  if (!annotations) return []
  const errors: FieldError[] = []
  const mirror = annotations[mirrorAnnotation]
  if (mirror !== undefined && !spec.nodeName)
    errors.push(invalid(`${path}[${mirrorAnnotation}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set'))
  const cost = annotations['controller.kubernetes.io/pod-deletion-cost']
  if (cost !== undefined && !/^(-?0|-?[1-9]\d{0,9})$/.test(cost))
    errors.push(invalid(`${path}[controller.kubernetes.io/pod-deletion-cost]`, cost, 'must be a 32bit integer'))
  else if (cost !== undefined && Number(cost) !== (Number(cost) | 0))
    errors.push(invalid(`${path}[controller.kubernetes.io/pod-deletion-cost]`, cost, 'must be a 32bit integer'))
  for (const [key, value] of Object.entries(annotations)) {
    if (key === 'seccomp.security.alpha.kubernetes.io/pod' || key.startsWith(seccompContainerPrefix))
      errors.push(...seccompAnnotation(value, `${path}.${key}`))
    if (!isAppArmorAnnotation(key)) continue
    const container = key.slice(appArmorPrefix.length)
    let found = false
    visitContainers(spec, '', (c) => {
      found ||= c.name === container
    })
    if (!found) errors.push(invalid(`${path}[${key}]`, container, 'container not found'))
    if (!/^(|runtime\/default|unconfined|localhost\/.*)$/s.test(value))
      errors.push(invalid(`${path}[${key}]`, value, `invalid AppArmor profile name: ${JSON.stringify(value)}`))
  }
  return errors
}
function seccompAnnotation(value: string, path: string): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(value)) return []
  if (value.startsWith('localhost/')) return localDescendingPath(value.slice('localhost/'.length), path)
  return [invalid(path, value, 'must be a valid seccomp profile')]
}

export function validatePodTemplateSpec(template: PodTemplateSpec, path: string): FieldError[] {
  const { metadata: meta, spec } = template
  const errors = [
    ...validateLabels(meta?.labels, `${path}.labels`),
    ...validateAnnotations(meta?.annotations, `${path}.annotations`),
    ...validatePodAnnotations(meta?.annotations, spec, `${path}.annotations`),
    ...validatePodSpec(spec, `${path}.spec`),
  ]
  if (spec.ephemeralContainers?.length)
    errors.push(forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'))
  return errors
}

/** Security contexts of pods and containers (core/validation). */
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  WindowsSecurityContextOptions,
} from '../types/core-v1.ts'
import { check, optionalOneOf } from './checks.ts'
import { duplicate, type FieldError, forbidden, invalid, notSupported, required, tooLong } from './field-error.ts'
import { internalValue } from './internal.ts'
import { isDNS1123Subdomain, isValidID } from './names.ts'
import { visitContainers } from './visit.ts'
import { localDescendingPath } from './volumes.ts'

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

function seccomp(profile: SeccompProfile | undefined, path: string): FieldError[] {
  if (!profile) return []
  const errors: FieldError[] = []
  if (!profile.type) errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'))
  else errors.push(...optionalOneOf(profile.type, `${path}.type`, profileTypes))
  const at = `${path}.localhostProfile`
  if (profile.type === 'Localhost') {
    if (profile.localhostProfile === undefined) errors.push(required(at, 'must be set when seccomp type is Localhost'))
    else errors.push(...localDescendingPath(profile.localhostProfile, at))
  } else if (profile.localhostProfile !== undefined)
    errors.push(invalid(at, internalValue('SeccompProfile', profile), 'can only be set when seccomp type is Localhost'))
  return errors
}

function appArmor(profile: AppArmorProfile | undefined, path: string): FieldError[] {
  if (!profile) return []
  const at = `${path}.localhostProfile`
  const local = profile.localhostProfile
  switch (profile.type) {
    case 'Localhost': {
      if (!local) return [required(at, 'must be set when AppArmor type is Localhost')]
      const errors: FieldError[] = []
      if (local.trim() === '') errors.push(invalid(at, local, 'must not be padded with whitespace'))
      else if (local.trim() !== local) errors.push(invalid(at, local, 'must not be padded with whitespace'))
      if (local.length > 4095) errors.push(tooLong(at, 4095))
      return errors
    }
    case 'RuntimeDefault':
    case 'Unconfined':
      return local === undefined ? [] : [invalid(at, local, 'can only be set when AppArmor type is Localhost')]
    default:
      return profile.type
        ? [notSupported(`${path}.type`, profile.type, profileTypes)]
        : [required(`${path}.type`, 'type is required when appArmorProfile is set')]
  }
}

const netBios = /^[a-zA-Z0-9][a-zA-Z0-9.-]{0,14}$/
const windowsDomain = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
function windows(options: WindowsSecurityContextOptions | undefined, path: string): FieldError[] {
  if (!options) return []
  const errors: FieldError[] = []
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options
  if (gmsaCredentialSpecName !== undefined)
    errors.push(...check(gmsaCredentialSpecName, `${path}.gmsaCredentialSpecName`, isDNS1123Subdomain))
  if (gmsaCredentialSpec !== undefined) {
    const at = `${path}.gmsaCredentialSpec`
    if (gmsaCredentialSpec === '') errors.push(invalid(at, '', 'gmsaCredentialSpec cannot be an empty string'))
    else if (gmsaCredentialSpec.length > 64 * 1024)
      errors.push(invalid(at, gmsaCredentialSpec, 'gmsaCredentialSpec size must be under 64 KiB'))
  }
  if (runAsUserName !== undefined) errors.push(...check(runAsUserName, `${path}.runAsUserName`, windowsUserName))
  return errors
}
function windowsUserName(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  if (/[\u0000-\u001f\u007f]/.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const errors: string[] = []
  const user = parts.at(-1) as string
  if (parts.length === 2) {
    const domain = parts[0] as string
    if (domain.length >= 256) errors.push("runAsUserName's Domain length must be under 256 characters")
    if (!netBios.test(domain) && !windowsDomain.test(domain))
      errors.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
  }
  if (user === '') errors.push("runAsUserName's User cannot be empty")
  else if (user.length > 104) errors.push("runAsUserName's User length must not be longer than 104 characters")
  if (/^[. ]+$/.test(user)) errors.push("runAsUserName's User cannot contain only periods or spaces")
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) errors.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]')
  return errors
}

export function validateSecurityContext(context: SecurityContext | undefined, path: string, hostUsers: boolean): FieldError[] {
  if (!context) return []
  const errors: FieldError[] = []
  const { runAsUser, runAsGroup, procMount } = context
  if (runAsUser !== undefined) errors.push(...check(runAsUser, `${path}.runAsUser`, isValidID))
  if (runAsGroup !== undefined) errors.push(...check(runAsGroup, `${path}.runAsGroup`, isValidID))
  if (procMount !== undefined) {
    errors.push(...optionalOneOf(procMount, `${path}.procMount`, ['Default', 'Unmasked']))
    if (hostUsers && procMount === 'Unmasked')
      errors.push(invalid(`${path}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'))
  }
  errors.push(...seccomp(context.seccompProfile, `${path}.seccompProfile`))
  if (context.allowPrivilegeEscalation === false) {
    const shown = () => internalValue('SecurityContext', context)
    if (context.privileged) errors.push(invalid(path, shown(), 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'))
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN'))
      errors.push(invalid(path, shown(), 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'))
  }
  errors.push(...windows(context.windowsOptions, `${path}.windowsOptions`))
  errors.push(...appArmor(context.appArmorProfile, `${path}.appArmorProfile`))
  return errors
}

const sysctlName = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'
const sysctlRegexp = new RegExp(sysctlName)
const ipcSysctls = /^(kernel\.shm|kernel\.msg|fs\.mqueue\.)|^kernel\.sem$/
function sysctls(spec: PodSpec, context: PodSecurityContext, path: string): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  context.sysctls?.forEach(({ name }, i) => {
    const at = `${path}[${i}].name`
    if (!name) errors.push(required(at))
    else if (name.length > 253 || !sysctlRegexp.test(name))
      errors.push(invalid(at, name, `must have at most 253 characters and match regex ${sysctlName}`))
    else if (seen.has(name)) errors.push(duplicate(at, name))
    const dotted = name.replaceAll('/', '.')
    if (spec.hostNetwork && dotted.startsWith('net.')) errors.push(invalid(at, name, "may not be specified when 'hostNetwork' is true"))
    else if (spec.hostIPC && ipcSysctls.test(dotted)) errors.push(invalid(at, name, "may not be specified when 'hostIPC' is true"))
    seen.add(name)
  })
  return errors
}

export function validatePodSecurityContext(spec: PodSpec, path: string): FieldError[] {
  const context = spec.securityContext
  const errors: FieldError[] = []
  for (const field of ['fsGroup', 'runAsUser', 'runAsGroup'] as const) {
    const id = context?.[field]
    if (id !== undefined) errors.push(...check(id, `${path}.${field}`, isValidID))
  }
  context?.supplementalGroups?.forEach((group, i) => {
    errors.push(...check(group, `${path}.supplementalGroups[${i}]`, isValidID))
  })
  if (spec.shareProcessNamespace && spec.hostPID)
    errors.push(invalid(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'))
  if (!context) return errors
  errors.push(...sysctls(spec, context, `${path}.sysctls`))
  errors.push(...optionalOneOf(context.fsGroupChangePolicy, `${path}.fsGroupChangePolicy`, ['Always', 'OnRootMismatch']))
  errors.push(...seccomp(context.seccompProfile, `${path}.seccompProfile`))
  errors.push(...windows(context.windowsOptions, `${path}.windowsOptions`))
  errors.push(...appArmor(context.appArmorProfile, `${path}.appArmorProfile`))
  errors.push(...optionalOneOf(context.supplementalGroupsPolicy, `${path}.supplementalGroupsPolicy`, ['Merge', 'Strict']))
  errors.push(...optionalOneOf(context.seLinuxChangePolicy, `${path}.seLinuxChangePolicy`, ['MountOption', 'Recursive']))
  return errors
}

/** A Windows pod has host process containers only, or none. */
export function validateWindowsHostProcess(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  const pod = spec.securityContext?.windowsOptions?.hostProcess
  let all = 0
  let host = 0
  visitContainers(spec, path, (container, at) => {
    all++
    const own = container.securityContext?.windowsOptions?.hostProcess
    if (pod !== undefined && own !== undefined && pod !== own)
      errors.push(
        invalid(
          `${at}.securityContext.windowsOptions.hostProcess`,
          own,
          `pod hostProcess value must be identical if both are specified, was ${pod}`,
        ),
      )
    if (own ?? pod) host++
  })
  if (host === 0) return errors
  if (host !== all)
    errors.push(invalid(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'))
  if (!spec.hostNetwork)
    errors.push(invalid(`${path}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers'))
  return errors
}

const windowsPodFields = [
  ['securityContext', 'appArmorProfile'],
  ['securityContext', 'seLinuxOptions'],
  ['hostUsers'],
  ['hostPID'],
  ['hostIPC'],
  ['securityContext', 'seccompProfile'],
  ['securityContext', 'fsGroup'],
  ['securityContext', 'fsGroupChangePolicy'],
  ['securityContext', 'sysctls'],
  ['shareProcessNamespace'],
  ['securityContext', 'runAsUser'],
  ['securityContext', 'runAsGroup'],
  ['securityContext', 'supplementalGroups'],
  ['securityContext', 'supplementalGroupsPolicy'],
]
const windowsContainerFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const

/** Fields that the pod's operating system has no meaning for. */
export function validateOS(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  const name = spec.os?.name
  if (name === undefined) return errors
  if (name === '') return [required(`${path}.os.name`, 'cannot be empty')]
  if (name !== 'linux' && name !== 'windows') return [notSupported(`${path}.os`, name, ['linux', 'windows'])]
  if (name === 'linux') {
    const message = 'windows options cannot be set for a linux pod'
    if (spec.securityContext?.windowsOptions) errors.push(forbidden(`${path}.securityContext.windowsOptions`, message))
    visitContainers(spec, path, (container, at) => {
      if (container.securityContext?.windowsOptions) errors.push(forbidden(`${at}.securityContext.windowsOptions`, message))
    })
    return errors
  }
  const message = 'cannot be set for a windows pod'
  for (const fields of windowsPodFields) {
    let value: unknown = spec
    for (const field of fields) value = (value as Record<string, unknown> | undefined)?.[field]
    const off = value === undefined || ((fields[0] === 'hostPID' || fields[0] === 'hostIPC') && value === false)
    if (!off && !(Array.isArray(value) && value.length === 0)) errors.push(forbidden(`${path}.${fields.join('.')}`, message))
  }
  visitContainers(spec, path, (container, at) => {
    for (const field of windowsContainerFields)
      if (container.securityContext?.[field] !== undefined) errors.push(forbidden(`${at}.securityContext.${field}`, message))
  })
  return errors
}

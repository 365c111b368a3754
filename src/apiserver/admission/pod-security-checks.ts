/** The checks of the Pod Security Standards (k8s.io/pod-security-admission/policy), in the order that their findings are told. */
import type { Container, Pod, PodSpec, SecurityContext } from '../../api/types/core-v1.ts'

import { type LevelVersion, minorOf } from './pod-security-policy.ts'

export interface Finding {
  readonly reason: string
  readonly detail: string
}
interface Check {
  readonly level: 'baseline' | 'restricted'
  /** The minor version of Kubernetes that has it first. */
  readonly since?: number
  /** From this version on a restricted check says all that this one would. */
  readonly overriddenSince?: number
  run(pod: Pod, containers: readonly Container[], minor: number): Finding | undefined
}

const q = (text: string): string => JSON.stringify(text)
const list = (names: readonly string[]): string => names.map(q).join(', ')
const containersText = (names: readonly string[]): string => `${names.length === 1 ? 'container' : 'containers'} ${list(names)}`
const named = (containers: readonly Container[], test: (c: Container, s: SecurityContext) => boolean): string[] =>
  containers.filter((c) => test(c, c.securityContext ?? {})).map((c) => c.name)
const finding = (reason: string, ...details: (string | false | undefined)[]): Finding | undefined => {
  const said = details.filter(Boolean)
  return said.length > 0 ? { reason, detail: said.join('; ') } : undefined
}
const unique = (values: readonly string[]): string[] => [...new Set(values)].sort()

const defaultCapabilities = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])
/** By the minor version that allows them first. */
const safeSysctls: ReadonlyMap<string, number> = new Map([
  ['kernel.shm_rmid_forced', 0],
  ['net.ipv4.ip_local_port_range', 0],
  ['net.ipv4.ip_unprivileged_port_start', 0],
  ['net.ipv4.tcp_syncookies', 0],
  ['net.ipv4.ping_group_range', 0],
  ['net.ipv4.ip_local_reserved_ports', 27],
  ['net.ipv4.tcp_keepalive_time', 29],
  ['net.ipv4.tcp_fin_timeout', 29],
  ['net.ipv4.tcp_keepalive_intvl', 29],
  ['net.ipv4.tcp_keepalive_probes', 29],
  ['net.ipv4.tcp_rmem', 32],
  ['net.ipv4.tcp_wmem', 32],
])
const seLinuxTypes: ReadonlyMap<string, number> = new Map([
  ['', 0],
  ['container_t', 0],
  ['container_init_t', 0],
  ['container_kvm_t', 0],
  ['container_engine_t', 31],
])
/** Whether the version has no such value yet, or none has. */
const isUnknown = (values: ReadonlyMap<string, number>, value: string, minor: number): boolean =>
  (values.get(value) ?? Number.POSITIVE_INFINITY) > minor
const freeVolumes = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
  'image',
])
const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'

/** Pods of Windows need not set what only Linux knows. */
const isWindows = ({ os }: PodSpec, minor: number): boolean => minor >= 25 && os?.name === 'windows'

/** Fields that the pod sets for all its containers and each may set for itself. */
function setters(pod: Pod, containers: readonly Container[], bad: (s: SecurityContext) => boolean) {
  return { pod: bad((pod.spec.securityContext ?? {}) as SecurityContext), names: named(containers, (_c, s) => bad(s)) }
}
const subject = (pod: boolean, names: readonly string[]): string =>
  [pod && 'pod', names.length > 0 && containersText(names)].filter(Boolean).join(' and ')

const checks: readonly Check[] = [
  {
    level: 'baseline',
    run(pod, containers) {
      const type = (s: { appArmorProfile?: { type: string } | null }) => s.appArmorProfile?.type
      const bad = (t: string | undefined) => t !== undefined && t !== 'RuntimeDefault' && t !== 'Localhost'
      const { pod: podSets, names } = setters(pod, containers, (s) => bad(type(s as never)))
      const values = unique(
        [pod.spec.securityContext ?? {}, ...containers.map((c) => c.securityContext ?? {})]
          .map((s) => type(s as never))
          .filter(bad) as string[],
      )
      const annotations = Object.entries(pod.metadata.annotations ?? {})
        .filter(([k, v]) => k.startsWith(appArmorPrefix) && v !== '' && v !== 'runtime/default' && !v.startsWith('localhost/'))
        .map(([k, v]) => `${k}=${q(v)}`)
        .sort()
      const said = podSets || names.length > 0
      return finding(
        values.length + annotations.length > 1 ? 'forbidden AppArmor profiles' : 'forbidden AppArmor profile',
        annotations.length > 0 && `${annotations.length === 1 ? 'annotation' : 'annotations'} ${annotations.join(', ')}`,
        said && `${subject(podSets, names)} must not set AppArmor profile type to ${list(values)}`,
      )
    },
  },
  {
    level: 'baseline',
    overriddenSince: 22,
    run(_pod, containers) {
      const bad = (s: SecurityContext) => (s.capabilities?.add ?? []).filter((c) => !defaultCapabilities.has(c))
      const names = named(containers, (_c, s) => bad(s).length > 0)
      const values = unique(containers.flatMap((c) => bad(c.securityContext ?? {})))
      return finding(
        'non-default capabilities',
        names.length > 0 && `${containersText(names)} must not include ${list(values)} in securityContext.capabilities.add`,
      )
    },
  },
  {
    level: 'baseline',
    run({ spec }) {
      const set = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((f) => spec[f]).map((f) => `${f}=true`)
      return set.length > 0 ? { reason: 'host namespaces', detail: set.join(', ') } : undefined
    },
  },
  {
    level: 'baseline',
    run({ spec }) {
      const names = (spec.volumes ?? []).filter((v) => v.hostPath).map((v) => v.name)
      return finding('hostPath volumes', names.length > 0 && `${names.length === 1 ? 'volume' : 'volumes'} ${list(names)}`)
    },
  },
  {
    level: 'baseline',
    run(_pod, containers) {
      const names = named(containers, (c) => (c.ports ?? []).some((p) => p.hostPort))
      const ports = unique(containers.flatMap((c) => (c.ports ?? []).filter((p) => p.hostPort).map((p) => String(p.hostPort))))
      return finding(
        'hostPort',
        names.length > 0 &&
          `${containersText(names)} ${names.length === 1 ? 'uses' : 'use'} ${ports.length === 1 ? 'hostPort' : 'hostPorts'} ${ports.join(', ')}`,
      )
    },
  },
  {
    level: 'baseline',
    since: 34,
    run(_pod, containers) {
      const hosts = (c: Container) =>
        [c.livenessProbe, c.readinessProbe, c.startupProbe, c.lifecycle?.postStart, c.lifecycle?.preStop]
          .flatMap((h) => [h?.httpGet?.host, h?.tcpSocket?.host])
          .filter((h): h is string => Boolean(h))
      const names = named(containers, (c) => hosts(c).length > 0)
      return finding(
        'probe or lifecycle host',
        names.length > 0 &&
          `${containersText(names)} ${names.length === 1 ? 'uses' : 'use'} probe or lifecycle ${list(unique(containers.flatMap(hosts)))}`,
      )
    },
  },
  {
    level: 'baseline',
    run(_pod, containers) {
      const names = named(containers, (_c, s) => s.privileged === true)
      return finding('privileged', names.length > 0 && `${containersText(names)} must not set securityContext.privileged=true`)
    },
  },
  {
    level: 'baseline',
    run(pod, containers) {
      if (pod.spec.hostUsers === false) return undefined
      const bad = (s: SecurityContext) => s.procMount !== undefined && s.procMount !== 'Default'
      const names = named(containers, (_c, s) => bad(s))
      const values = unique(
        containers
          .map((c) => c.securityContext ?? {})
          .filter(bad)
          .map((s) => s.procMount as string),
      )
      return finding('procMount', names.length > 0 && `${containersText(names)} must not set securityContext.procMount to ${list(values)}`)
    },
  },
  {
    level: 'baseline',
    run(pod, containers, minor) {
      const options = [pod.spec.securityContext?.seLinuxOptions, ...containers.map((c) => c.securityContext?.seLinuxOptions)]
      const bad = (s: SecurityContext) =>
        s.seLinuxOptions !== undefined &&
        s.seLinuxOptions !== null &&
        (isUnknown(seLinuxTypes, s.seLinuxOptions.type ?? '', minor) || Boolean(s.seLinuxOptions.user) || Boolean(s.seLinuxOptions.role))
      const { pod: podSets, names } = setters(pod, containers, bad)
      if (!podSets && names.length === 0) return undefined
      const types = unique(options.map((o) => o?.type ?? '').filter((t) => isUnknown(seLinuxTypes, t, minor)))
      const what = [
        types.length > 0 && `${types.length === 1 ? 'type' : 'types'} ${list(types)}`,
        options.some((o) => o?.user) && 'user may not be set',
        options.some((o) => o?.role) && 'role may not be set',
      ].filter(Boolean)
      return {
        reason: 'seLinuxOptions',
        detail: `${subject(podSets, names)} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}`,
      }
    },
  },
  {
    level: 'baseline',
    since: 19,
    overriddenSince: 19,
    run(pod, containers) {
      const { pod: podSets, names } = setters(pod, containers, (s) => s.seccompProfile?.type === 'Unconfined')
      return finding(
        'seccompProfile',
        (podSets || names.length > 0) && `${subject(podSets, names)} must not set securityContext.seccompProfile.type to "Unconfined"`,
      )
    },
  },
  {
    level: 'baseline',
    run({ spec }, _containers, minor) {
      const names = (spec.securityContext?.sysctls ?? []).map((s) => s.name).filter((n) => isUnknown(safeSysctls, n, minor))
      return finding('forbidden sysctls', names.length > 0 && names.join(', '))
    },
  },
  {
    level: 'baseline',
    run(pod, containers) {
      const { pod: podSets, names } = setters(pod, containers, (s) => s.windowsOptions?.hostProcess === true)
      return finding(
        'hostProcess',
        (podSets || names.length > 0) && `${subject(podSets, names)} must not set securityContext.windowsOptions.hostProcess=true`,
      )
    },
  },
  {
    level: 'restricted',
    since: 8,
    run(pod, containers, minor) {
      if (isWindows(pod.spec, minor)) return undefined
      const names = named(containers, (_c, s) => s.allowPrivilegeEscalation !== false)
      return finding(
        'allowPrivilegeEscalation != false',
        names.length > 0 && `${containersText(names)} must set securityContext.allowPrivilegeEscalation=false`,
      )
    },
  },
  {
    level: 'restricted',
    since: 22,
    run(pod, containers, minor) {
      if (isWindows(pod.spec, minor)) return undefined
      const keeps = named(containers, (_c, s) => !s.capabilities?.drop?.includes('ALL'))
      const added = (s: SecurityContext) => (s.capabilities?.add ?? []).filter((c) => c !== 'NET_BIND_SERVICE')
      const adds = named(containers, (_c, s) => added(s).length > 0)
      return finding(
        'unrestricted capabilities',
        keeps.length > 0 && `${containersText(keeps)} must set securityContext.capabilities.drop=["ALL"]`,
        adds.length > 0 &&
          `${containersText(adds)} must not include ${list(unique(containers.flatMap((c) => added(c.securityContext ?? {}))))} in securityContext.capabilities.add`,
      )
    },
  },
  {
    level: 'restricted',
    run({ spec }) {
      const bad = (spec.volumes ?? []).flatMap(({ name, ...source }) => {
        const type = Object.keys(source).find((k) => (source as Record<string, unknown>)[k])
        return type && !freeVolumes.has(type) ? [{ name, type }] : []
      })
      const types = unique(bad.map((b) => b.type))
      return finding(
        'restricted volume types',
        bad.length > 0 &&
          `${bad.length === 1 ? 'volume' : 'volumes'} ${list(bad.map((b) => b.name))} ${bad.length === 1 ? 'uses' : 'use'} restricted volume ${types.length === 1 ? 'type' : 'types'} ${list(types)}`,
      )
    },
  },
  {
    level: 'restricted',
    run(pod, containers) {
      const podValue = pod.spec.securityContext?.runAsNonRoot
      const explicit = named(containers, (_c, s) => s.runAsNonRoot === false)
      const implicit = podValue ? [] : named(containers, (_c, s) => s.runAsNonRoot === undefined)
      // What a container leaves out is the pod's fault where that says no.
      const podBad = podValue === false
      if (podBad || explicit.length > 0)
        return finding('runAsNonRoot != true', `${subject(podBad, explicit)} must not set securityContext.runAsNonRoot=false`)
      return finding(
        'runAsNonRoot != true',
        implicit.length > 0 && `pod or ${containersText(implicit)} must set securityContext.runAsNonRoot=true`,
      )
    },
  },
  {
    level: 'restricted',
    since: 23,
    run(pod, containers) {
      const { pod: podSets, names } = setters(pod, containers, (s) => s.runAsUser === 0)
      return finding('runAsUser=0', (podSets || names.length > 0) && `${subject(podSets, names)} must not set runAsUser=0`)
    },
  },
  {
    level: 'restricted',
    since: 19,
    run(pod, containers, minor) {
      if (isWindows(pod.spec, minor)) return undefined
      const bad = (type: string | undefined) => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost'
      const podType = pod.spec.securityContext?.seccompProfile?.type
      const { pod: podSets, names } = setters(pod, containers, (s) => bad(s.seccompProfile?.type))
      const values = unique([podType, ...containers.map((c) => c.securityContext?.seccompProfile?.type)].filter(bad) as string[])
      const implicit = podType === undefined ? named(containers, (_c, s) => s.seccompProfile === undefined) : []
      return finding(
        'seccompProfile',
        (podSets || names.length > 0) && `${subject(podSets, names)} must not set securityContext.seccompProfile.type to ${list(values)}`,
        !podSets &&
          names.length === 0 &&
          implicit.length > 0 &&
          `pod or ${containersText(implicit)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      )
    },
  },
]

/** What keeps the pod from the level. */
export function findings(pod: Pod, { level, version }: LevelVersion): Finding[] {
  if (level === 'privileged') return []
  const minor = minorOf(version)
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...((pod.spec.ephemeralContainers ?? []) as Container[])]
  const applies = (check: Check): boolean => {
    if ((check.since ?? 0) > minor) return false
    if (level === 'restricted') return check.overriddenSince === undefined || check.overriddenSince > minor
    return check.level === 'baseline'
  }
  return checks.filter(applies).flatMap((check) => check.run(pod, containers, minor) ?? [])
}

export const reasonsOf = (found: readonly Finding[]): string => found.map(({ reason }) => reason).join(', ')
export const detailsOf = (found: readonly Finding[]): string =>
  found.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ')

import { describe, expect, test } from 'vitest'
import type { Container, Pod } from '../../api/types/core-v1.ts'
import { detailsOf, findings } from './pod-security-checks.ts'
import type { Level } from './pod-security-policy.ts'

const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }
/** A pod that `restricted` lets by, changed in the pod and in its only container. */
const pod = (spec: object = {}, container: object = {}, metadata: object = {}): Pod =>
  ({
    metadata: { name: 'p', ...metadata },
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ name: 'a', image: 'a:1', securityContext: restricted, ...container } as Container],
      ...spec,
    },
  }) as unknown as Pod
const told = (given: Pod, level: Level, version = 'latest') => detailsOf(findings(given, { level, version }))
const context = (more: object) => ({ securityContext: { ...restricted, ...more } })
const podContext = (more: object) => ({ securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' }, ...more } })

test.each(['privileged', 'baseline', 'restricted'] as const)('a careful pod passes %s', (level) => {
  expect(told(pod(), level)).toBe('')
})

describe('baseline and restricted refuse', () => {
  test.each<[string, Pod, string]>([
    ['host network', pod({ hostNetwork: true }), 'host namespaces (hostNetwork=true)'],
    ['host PID and IPC', pod({ hostPID: true, hostIPC: true }), 'host namespaces (hostPID=true, hostIPC=true)'],
    [
      'a privileged container',
      pod({}, context({ privileged: true })),
      'privileged (container "a" must not set securityContext.privileged=true)',
    ],
    ['a host port', pod({}, { ports: [{ containerPort: 80, hostPort: 80 }] }), 'hostPort (container "a" uses hostPort 80)'],
    [
      'a probe of another host',
      pod({}, { livenessProbe: { httpGet: { host: '192.0.2.1', port: 80 } } }),
      'probe or lifecycle host (container "a" uses probe or lifecycle "192.0.2.1")',
    ],
    [
      'an AppArmor profile',
      pod(podContext({ appArmorProfile: { type: 'Unconfined' } })),
      'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    ],
    [
      'an AppArmor annotation',
      pod({}, {}, { annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined' } }),
      'forbidden AppArmor profile (annotation container.apparmor.security.beta.kubernetes.io/a="unconfined")',
    ],
    [
      'an SELinux type, user and role',
      pod(podContext({ seLinuxOptions: { type: 'bad_t', user: 'u', role: 'r' } })),
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "bad_t"; user may not be set; role may not be set)',
    ],
    [
      'a proc mount',
      pod({}, context({ procMount: 'Unmasked' })),
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ],
    ['a sysctl', pod(podContext({ sysctls: [{ name: 'kernel.msgmax', value: '1' }] })), 'forbidden sysctls (kernel.msgmax)'],
    [
      'a host process of Windows',
      pod(podContext({ windowsOptions: { hostProcess: true } })),
      'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    ],
  ])('%s', (_name, given, text) => {
    expect(told(given, 'baseline')).toBe(text)
    expect(told(given, 'restricted')).toBe(text)
    expect(told(given, 'privileged')).toBe('')
  })
})

describe('each level says in its own words', () => {
  test.each<[string, Pod, string, string]>([
    [
      'a host path',
      pod({ volumes: [{ name: 'h', hostPath: { path: '/' } }] }),
      'hostPath volumes (volume "h")',
      'hostPath volumes (volume "h"), restricted volume types (volume "h" uses restricted volume type "hostPath")',
    ],
    [
      'capabilities',
      pod({}, { securityContext: { allowPrivilegeEscalation: false, capabilities: { add: ['SYS_ADMIN', 'NET_RAW'] } } }),
      'non-default capabilities (container "a" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
      'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      'seccomp turned off',
      pod({ securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Unconfined' } } }),
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
  ])('%s', (_name, given, baseline, restrictedText) => {
    expect(told(given, 'baseline')).toBe(baseline)
    expect(told(given, 'restricted')).toBe(restrictedText)
  })
})

describe('only restricted refuses', () => {
  test.each<[string, Pod, string]>([
    [
      'privilege escalation',
      pod({}, { securityContext: { capabilities: { drop: ['ALL'] } } }),
      'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)',
    ],
    [
      'a volume of the network',
      pod({ volumes: [{ name: 'n', nfs: { server: 's', path: '/' } }] }),
      'restricted volume types (volume "n" uses restricted volume type "nfs")',
    ],
    [
      'root by omission',
      pod({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }),
      'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
    ],
    [
      'root by will',
      pod({}, context({ runAsNonRoot: false })),
      'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)',
    ],
    ['user 0', pod(podContext({ runAsUser: 0 })), 'runAsUser=0 (pod must not set runAsUser=0)'],
    [
      'no seccomp profile',
      pod({ securityContext: { runAsNonRoot: true } }),
      'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
  ])('%s', (_name, given, text) => {
    expect(told(given, 'baseline')).toBe('')
    expect(told(given, 'restricted')).toBe(text)
  })
})

describe('a version has the checks that it began with', () => {
  const sysctl = (name: string) => pod(podContext({ sysctls: [{ name, value: '1' }] }))
  const bare = pod({}, { securityContext: {} })
  test.each<[string, Pod, Level, string, string, string]>([
    [
      'a keepalive sysctl',
      sysctl('net.ipv4.tcp_keepalive_time'),
      'baseline',
      'v1.28',
      'v1.29',
      'forbidden sysctls (net.ipv4.tcp_keepalive_time)',
    ],
    ['a buffer sysctl', sysctl('net.ipv4.tcp_rmem'), 'baseline', 'v1.31', 'v1.32', 'forbidden sysctls (net.ipv4.tcp_rmem)'],
    [
      'the container engine’s type',
      pod(podContext({ seLinuxOptions: { type: 'container_engine_t' } })),
      'baseline',
      'v1.30',
      'v1.31',
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "container_engine_t")',
    ],
  ])('%s is allowed later', (_name, given, level, before, since, text) => {
    expect(told(given, level, before)).toBe(text)
    expect(told(given, level, since)).toBe('')
  })
  test.each<[string, Pod, Level, string, string]>([
    ['a probe’s host', pod({}, { livenessProbe: { tcpSocket: { host: 'h', port: 1 } } }), 'baseline', 'v1.33', 'v1.34'],
    ['user 0', pod(podContext({ runAsUser: 0 })), 'restricted', 'v1.22', 'v1.23'],
    ['capabilities that are kept', pod({}, { securityContext: { allowPrivilegeEscalation: false } }), 'restricted', 'v1.21', 'v1.22'],
  ])('%s is refused later', (_name, given, level, before, since) => {
    expect(told(given, level, before)).toBe('')
    expect(told(given, level, since)).not.toBe('')
  })
  test('Windows is let off from 1.25 on', () => {
    const windows = { ...bare, spec: { ...bare.spec, os: { name: 'windows' }, securityContext: { runAsNonRoot: true } } } as Pod
    expect(told(windows, 'restricted', 'v1.24')).toMatch(/^allowPrivilegeEscalation.*unrestricted capabilities.*seccompProfile/)
    expect(told(windows, 'restricted', 'v1.25')).toBe('')
  })
  test('a version that is still to come has the newest', () => expect(told(bare, 'restricted', 'v1.99')).toBe(told(bare, 'restricted')))
})

test('init and ephemeral containers are held to the same', () => {
  const given = pod({
    initContainers: [{ name: 'i', securityContext: { ...restricted, privileged: true } }],
    ephemeralContainers: [{ name: 'e', securityContext: { ...restricted, privileged: true } }],
  })
  expect(told(given, 'baseline')).toBe('privileged (containers "i", "e" must not set securityContext.privileged=true)')
})

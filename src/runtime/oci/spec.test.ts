import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { MountPropagation, ProfileType } from '../cri/api.ts'
import type { ContainerConfig, LinuxContainerSecurityContext, Mount } from '../cri/types.ts'
import type { ImageConfig } from '../images/store.ts'
import { allCapabilities, type Host } from './host.ts'
import { buildSpec, type OciSpec, resourcesOf, type SpecInput } from './spec.ts'

const folder = mkdtempSync(join(tmpdir(), 'spec-'))
afterAll(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'etc'))
writeFileSync(join(folder, 'etc', 'passwd'), 'root:x:0:0::/root:/bin/sh\nweb:x:33:34::/srv:/bin/sh\n')
writeFileSync(join(folder, 'etc', 'group'), 'root:x:0:\nextra:x:77:web\n')

const host: Host = {
  cgroups: 'unified',
  capabilities: allCapabilities,
  lowestOomScore: -1000,
  apparmor: true,
  swapAccounting: true,
  hugetlb: true,
}
const spec = (config: ContainerConfig = {}, image: ImageConfig = {}, more: Partial<SpecInput> = {}): OciSpec =>
  buildSpec({
    config: { command: ['sh'], ...config },
    image,
    rootfs: folder,
    cgroupsPath: '/pod/c',
    hostname: 'pod',
    privileged: true,
    namespaces: { network: '/n', ipc: '/i', uts: '/u' },
    sandboxFiles: { '/etc/hosts': join(folder, 'etc', 'passwd'), '/dev/shm': folder },
    volumes: {},
    prepared: new Map(),
    host,
    ...more,
  })
const secured = (securityContext: LinuxContainerSecurityContext, more: Partial<SpecInput> = {}) =>
  spec({ linux: { securityContext } }, {}, more)
const mountAt = (built: OciSpec, place: string) => built.mounts.find((m) => m.destination === place)

test.each<[string, ContainerConfig, ImageConfig, string[]]>([
  ['the image’s own', { command: [] }, { Entrypoint: ['/entry'], Cmd: ['a'] }, ['/entry', 'a']],
  ['other arguments', { command: [], args: ['b'] }, { Entrypoint: ['/entry'], Cmd: ['a'] }, ['/entry', 'b']],
  ['another command, which drops the image’s arguments', { command: ['/own'] }, { Entrypoint: ['/entry'], Cmd: ['a'] }, ['/own']],
])('the process is %s', (_what, config, image, expected) => {
  expect(spec(config, image).process.args).toEqual(expected)
})
test('no command at all is refused', () => {
  expect(() => spec({ command: [] })).toThrow('no command specified')
})

test('the environment is the image’s under the container’s, with PATH, HOSTNAME and HOME', () => {
  const { env } = spec({ envs: [{ key: 'A', value: 'own' }], tty: true }, { Env: ['A=image', 'B=image'], User: 'web' }).process
  expect(Object.fromEntries(env.map((e) => e.split('=')))).toEqual({
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOSTNAME: 'pod',
    TERM: 'xterm',
    A: 'own',
    B: 'image',
    HOME: '/srv',
  })
})

test.each<[string, LinuxContainerSecurityContext, (list: readonly string[]) => boolean]>([
  ['the default 14', {}, (list) => list.length === 14 && list.includes('CAP_CHOWN') && !list.includes('CAP_SYS_ADMIN')],
  [
    'one alone, after all were dropped',
    { capabilities: { dropCapabilities: ['ALL'], addCapabilities: ['NET_ADMIN'] } },
    (list) => list.join() === 'CAP_NET_ADMIN',
  ],
  [
    'all but one',
    { capabilities: { addCapabilities: ['ALL'], dropCapabilities: ['cap_sys_boot'] } },
    (list) => list.length === allCapabilities.length - 1,
  ],
  ['all, for a privileged one', { privileged: true }, (list) => list.length === allCapabilities.length],
])('capabilities: %s', (_what, security, holds) => {
  expect(secured(security).process.capabilities['bounding']).toSatisfy(holds)
})
test('no capability is given that the host does not have', () => {
  const few = { ...host, capabilities: ['CAP_CHOWN'] }
  expect(secured({ privileged: true }, { host: few }).process.capabilities['bounding']).toEqual(['CAP_CHOWN'])
})

test.each<[string, LinuxContainerSecurityContext, Partial<SpecInput>, RegExp]>([
  ['privileged in a sandbox that is not', { privileged: true }, { privileged: false }, /no privileged container allowed/],
  ['a capability that is none', { capabilities: { addCapabilities: ['FLY'] } }, {}, /unknown capability "FLY"/],
  ['a group without a user', { runAsGroup: { value: 5 } }, {}, /runAsGroup is specified without runAsUser/],
  ['a user that the image does not name', { runAsUsername: 'nobody-here' }, {}, /nobody-here/],
  [
    'a seccomp profile by a relative path',
    { seccomp: { profileType: ProfileType.Localhost, localhostRef: 'x.json' } },
    {},
    /no absolute path/,
  ],
  [
    'a seccomp profile that is not there',
    { seccomp: { profileType: ProfileType.Localhost, localhostRef: '/none.json' } },
    {},
    /cannot load seccomp profile/,
  ],
  [
    'an AppArmor profile where there is none',
    { apparmor: { profileType: ProfileType.Localhost, localhostRef: 'mine' } },
    { host: { ...host, apparmor: false } },
    /apparmor is not supported/,
  ],
])('refused: %s', (_what, security, more, message) => {
  expect(() => secured(security, more)).toThrow(message)
})

test.each<[string, LinuxContainerSecurityContext, Partial<SpecInput>, string | undefined]>([
  ['by name', { apparmor: { profileType: ProfileType.Localhost, localhostRef: 'mine' } }, {}, 'mine'],
  ['by its old annotation', { apparmorProfile: 'localhost/old' }, {}, 'old'],
  ['not where it is the runtime’s', { apparmor: { profileType: ProfileType.RuntimeDefault } }, {}, undefined],
  ['not for a privileged container', { privileged: true, apparmorProfile: 'localhost/old' }, {}, undefined],
])('an AppArmor profile is set %s', (_what, security, more, expected) => {
  expect(secured(security, more).process.apparmorProfile).toBe(expected)
})

test('the oom score is never below what this host lets us set', () => {
  const score = (lowestOomScore: number) =>
    spec({ linux: { resources: { oomScoreAdj: -997 } } }, {}, { host: { ...host, lowestOomScore } }).process.oomScoreAdj
  expect([score(-1000), score(0)]).toEqual([-997, 0])
})

test.each<[Host['cgroups'], boolean]>([
  ['unified', true],
  ['hybrid', false],
  ['legacy', false],
])('on %s cgroups a container has a cgroup namespace: %s', (cgroups, own) => {
  const { namespaces } = spec({}, {}, { host: { ...host, cgroups } }).linux as unknown as { namespaces: { type: string }[] }
  expect(namespaces.some((n) => n.type === 'cgroup')).toBe(own)
})

test('a user namespace is joined with its map, and hides the host’s /sys where the network is the host’s', () => {
  const ids = [{ containerID: 0, hostID: 65_536, size: 65_536 }]
  const user = { path: '/user', uids: ids, gids: ids }
  const built = spec({}, {}, { namespaces: { user, pid: 'host' } })
  expect(built.linux).toMatchObject({ namespaces: expect.arrayContaining([{ type: 'user', path: '/user' }]), uidMappings: ids })
  expect(mountAt(built, '/sys')?.type).toBe('bind')
  expect(mountAt(spec({}, {}, { namespaces: { user, network: '/n' } }), '/sys')?.type).toBe('sysfs')
})

test.each<[string, Mount, string[]]>([
  ['writable and private', {}, ['rbind', 'rprivate', 'rw']],
  ['read-only', { readonly: true }, ['rbind', 'rprivate', 'ro']],
  ['read-only to the last mount', { readonly: true, recursiveReadOnly: true }, ['rbind', 'rprivate', 'rro']],
  ['open to the host’s mounts', { propagation: MountPropagation.PROPAGATION_HOST_TO_CONTAINER }, ['rbind', 'rslave', 'rw']],
  ['open both ways', { propagation: MountPropagation.PROPAGATION_BIDIRECTIONAL }, ['rbind', 'rshared', 'rw']],
])('a mount is %s', (_what, mount, options) => {
  const built = spec({ mounts: [{ containerPath: '/data/', hostPath: folder, ...mount }] })
  expect(mountAt(built, '/data')).toMatchObject({ type: 'bind', options })
})
test('mounts come after those they stand inside, and take the place of the sandbox’s files', () => {
  const mounts = ['/a/b/c', '/a', '/etc/hosts'].map((containerPath) => ({ containerPath, hostPath: folder }))
  const built = spec({ mounts })
  const places = built.mounts.map((m) => m.destination)
  expect(places.indexOf('/a')).toBeLessThan(places.indexOf('/a/b/c'))
  expect(places.filter((place) => place === '/etc/hosts')).toHaveLength(1)
  expect(mountAt(built, '/etc/hosts')?.source).toBe(folder)
})
test.each<[string, Mount, RegExp]>([
  ['without an absolute place', { containerPath: 'data', hostPath: folder }, /no absolute path/],
  ['of nothing', { containerPath: '/data', hostPath: '/nowhere/at/all' }, /no such file or directory/],
  ['recursively read-only, yet writable', { containerPath: '/data', hostPath: folder, recursiveReadOnly: true }, /recursive_read_only/],
])('a mount %s is refused', (_what, mount, message) => {
  expect(() => spec({ mounts: [mount] })).toThrow(message)
})

test.each<[string, Parameters<typeof resourcesOf>[0], Host['cgroups'], object]>([
  ['nothing', {}, 'unified', {}],
  [
    'a share and a quota',
    { cpuShares: 512, cpuQuota: 50_000, cpuPeriod: 100_000 },
    'unified',
    { cpu: { shares: 512, quota: 50_000, period: 100_000 } },
  ],
  ['processors', { cpusetCpus: '0-1' }, 'legacy', { cpu: { cpus: '0-1' } }],
  ['memory, and on version 1 no swap beyond it', { memoryLimitInBytes: 1 << 20 }, 'hybrid', { memory: { limit: 1 << 20, swap: 1 << 20 } }],
  ['memory on version 2', { memoryLimitInBytes: 1 << 20 }, 'unified', { memory: { limit: 1 << 20 } }],
  [
    'huge pages',
    { hugepageLimits: [{ pageSize: '2MB', limit: 4 << 20 }] },
    'unified',
    { hugepageLimits: [{ pageSize: '2MB', limit: 4 << 20 }] },
  ],
  ['version 2 by its own names', { unified: { 'memory.high': '100' } }, 'unified', { unified: { 'memory.high': '100' } }],
])('resources: %s', (_what, resources, cgroups, expected) => {
  expect(JSON.parse(JSON.stringify(resourcesOf(resources, { ...host, cgroups })))).toEqual(expected)
})

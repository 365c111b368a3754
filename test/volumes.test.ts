/** Volumes as containers see them, after upstream's conformance tests of storage: contents, modes, owners and updates, many pods at once. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Container, Pod, Volume, VolumeProjection } from '../src/api/types/core-v1.ts'
import type { Draft } from '../src/client/client.ts'
import { cannotRunContainers, isReady, type NodeLab, startNodeLab } from './support/node-lab.ts'

type Spec = Draft<Pod['spec']>
const busybox = { name: 'c', image: 'busybox', imagePullPolicy: 'IfNotPresent' as const }
const at = (mountPath: string, more: object = {}) => ({ volumeMounts: [{ name: 'v', mountPath, ...more }] })
const base64 = (text: string) => Buffer.from(text).toString('base64')
const hasEnded = (pod: Pod | undefined) => pod?.status.phase === 'Succeeded' || pod?.status.phase === 'Failed'

describe.skipIf(cannotRunContainers).concurrent('volumes', () => {
  let lab: NodeLab
  let names = 0
  beforeAll(async () => {
    lab = await startNodeLab({ runtime: 'kijabi' })
    const { client } = lab
    const data = { 'data-1': 'value-1', 'data-2': 'value-2' }
    await client.create('configmaps', {
      metadata: { name: 'map', namespace: 'default' },
      data,
      binaryData: { dump: Buffer.from([0, 255, 10]).toString('base64') },
    })
    await client.create('secrets', { metadata: { name: 'keys', namespace: 'default' }, data: { 'data-1': base64('value-1') } })
    await client.create('namespaces', { metadata: { name: 'other' } })
    await client.create('secrets', { metadata: { name: 'keys', namespace: 'other' }, data: { 'data-1': base64('not this one') } })
  })
  afterAll(async () => {
    await lab?.stop()
  })

  const until = (name: string, holds: (pod: Pod | undefined) => boolean) => lab.untilPod(name, holds, 90_000)
  async function create(spec: Spec, metadata: Draft<Pod['metadata']> = {}): Promise<string> {
    const name = `volumes-${names++}`
    await lab.create(name, spec, metadata)
    return name
  }
  async function output(
    volumes: Draft<Volume>[],
    script: string,
    container: Partial<Container> = at('/v'),
    spec: Spec = {},
  ): Promise<string> {
    const containers = [{ ...busybox, command: ['sh', '-c', script], ...container }]
    const name = await create({ restartPolicy: 'Never', ...spec, volumes, containers } as Spec, {
      labels: { color: 'blue' },
      annotations: { note: 'one' },
    })
    await until(name, hasEnded)
    return lab.logs(name)
  }
  const show = (path: string) => `stat -Lc '%a %u:%g' ${path}; cat ${path}`
  const asUser = (user: number, fsGroup?: number): Spec => ({
    securityContext: { runAsUser: user, ...(fsGroup === undefined ? {} : { fsGroup }) },
  })

  /** The same object as a volume of its own and as a projected one: what containers see is the same. */
  type Form = 'plain' | 'projected'
  const forms: readonly Form[] = ['plain', 'projected']
  interface Modes {
    readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[]
    readonly defaultMode?: number
    readonly optional?: boolean
  }
  function volumeOf(form: Form, kind: 'configMap' | 'secret', name: string, { defaultMode, ...more }: Modes = {}): Draft<Volume> {
    const mode = defaultMode === undefined ? {} : { defaultMode }
    if (form === 'projected') return { name: 'v', projected: { sources: [{ [kind]: { name, ...more } }] as VolumeProjection[], ...mode } }
    return kind === 'configMap'
      ? { name: 'v', configMap: { name, ...more, ...mode } }
      : { name: 'v', secret: { secretName: name, ...more, ...mode } }
  }

  const mapped = [{ key: 'data-1', path: 'path/to/one' }]
  const cases: readonly (readonly [string, 'configMap' | 'secret', Modes, string, Spec, string])[] = [
    ['readable by all', 'configMap', {}, 'data-1', {}, '644 0:0\nvalue-1'],
    ['readable by another user', 'configMap', {}, 'data-1', asUser(1000), '644 0:0\nvalue-1'],
    ['with a mode for all', 'configMap', { defaultMode: 0o400 }, 'data-1', {}, '400 0:0\nvalue-1'],
    ['where it is mapped to', 'configMap', { items: mapped }, 'path/to/one', {}, '644 0:0\nvalue-1'],
    ['where it is mapped to, by another user', 'configMap', { items: mapped }, 'path/to/one', asUser(1000), '644 0:0\nvalue-1'],
    ['with a mode of its own', 'configMap', { items: mapped.map((i) => ({ ...i, mode: 0o400 })) }, 'path/to/one', {}, '400 0:0\nvalue-1'],
    ['readable by all', 'secret', {}, 'data-1', {}, '644 0:0\nvalue-1'],
    ['with a mode for all', 'secret', { defaultMode: 0o400 }, 'data-1', {}, '400 0:0\nvalue-1'],
    ['of the pod’s group', 'secret', { defaultMode: 0o440 }, 'data-1', asUser(1000, 1001), '440 0:1001\nvalue-1'],
    ['where it is mapped to', 'secret', { items: mapped }, 'path/to/one', {}, '644 0:0\nvalue-1'],
    ['with a mode of its own', 'secret', { items: mapped.map((i) => ({ ...i, mode: 0o400 })) }, 'path/to/one', {}, '400 0:0\nvalue-1'],
  ]
  test.each(forms.flatMap((form) => cases.map((c) => [form, ...c] as const)))(
    'a %s volume of a file %s (%s %j)',
    async (form, _, kind, modes, path, spec, expected) => {
      const name = kind === 'configMap' ? 'map' : 'keys'
      expect(await output([volumeOf(form, kind, name, modes)], show(`/v/${path}`), at('/v'), spec)).toBe(expected)
    },
  )

  test('bytes that are no text', async () => {
    expect(await output([volumeOf('plain', 'configMap', 'map')], 'od -An -tx1 /v/dump')).toBe(' 00 ff 0a\n')
  })

  test.each([
    ['configMap', 'map'],
    ['secret', 'keys'],
  ] as const)('one %s in two volumes, and volumes beside each other', async (kind, name) => {
    const volumes = forms.map((form) => ({ ...volumeOf(form, kind, name), name: form }))
    const volumeMounts = forms.map((form) => ({ name: form, mountPath: `/${form}`, readOnly: true }))
    expect(await output(volumes, 'cat /plain/data-1 /projected/data-1', { volumeMounts } as Partial<Container>)).toBe('value-1value-1')
  })

  test('everything that can be projected, in one volume', async () => {
    const sources = [
      { configMap: { name: 'map', items: [{ key: 'data-1', path: 'map' }] } },
      { secret: { name: 'keys', items: [{ key: 'data-1', path: 'secret' }] } },
      {
        downwardAPI: {
          items: [
            { path: 'name', fieldRef: { fieldPath: 'metadata.name' } },
            { path: 'cpu', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu', divisor: '1m' } },
          ],
        },
      },
      { serviceAccountToken: { path: 'token', audience: 'somebody', expirationSeconds: 7200 } },
    ]
    const script = 'cat /v/map /v/secret /v/name /v/cpu; echo; stat -Lc %a /v/token; cut -d. -f2 /v/token'
    const text = await output([{ name: 'v', projected: { sources: sources as never } }], script, {
      ...at('/v'),
      resources: { limits: { cpu: '125m' } },
    } as Partial<Container>)
    const [line, mode, claims = ''] = text.split('\n')
    expect(line).toMatch(/^value-1value-1volumes-\d+125$/)
    expect(mode).toBe('644')
    const token = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'))
    expect(token).toMatchObject({ aud: ['somebody'], sub: 'system:serviceaccount:default:default' })
    expect(token.exp - token.iat).toBe(7200)
  })

  test.each<[string, Spec, string]>([
    ['of one user is that user’s', asUser(1000), '600 1000'],
    ['of one user with a group is both’s', asUser(1000, 2000), '640 1000'],
    ['of users unknown is the group’s', { securityContext: { fsGroup: 2000 } }, '640 0'],
  ])('a token in a pod %s', async (_, spec, expected) => {
    const volume = { name: 'v', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }
    expect(await output([volume as never], "stat -Lc '%a %u' /v/token", at('/v'), spec)).toBe(`${expected}\n`)
  })

  // --- the downward API

  const resources = { requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '1250m', memory: '64Mi' } }
  const field = (fieldPath: string, more: object = {}) => ({ path: 'file', fieldRef: { fieldPath }, ...more })
  const resource = (name: string, divisor: string) => ({ path: 'file', resourceFieldRef: { containerName: 'c', resource: name, divisor } })
  const downward = (form: Form, item: object, defaultMode?: number): Draft<Volume> => {
    const source = { items: [item] as never }
    const mode = defaultMode === undefined ? {} : { defaultMode }
    return form === 'plain'
      ? { name: 'v', downwardAPI: { ...source, ...mode } }
      : { name: 'v', projected: { sources: [{ downwardAPI: source }], ...mode } }
  }
  test.each(
    forms.flatMap((form) =>
      (
        [
          ['the name', field('metadata.name'), undefined, /^644 volumes-\d+$/],
          ['a mode for all', field('metadata.name'), 0o400, /^400 volumes-\d+$/],
          ['a mode of its own', field('metadata.name', { mode: 0o400 }), undefined, /^400 volumes-\d+$/],
          ['a label', field("metadata.labels['color']"), undefined, /^644 blue$/],
          ['the CPU limit', resource('limits.cpu', '1m'), undefined, /^644 1250$/],
          ['the memory limit', resource('limits.memory', '1'), undefined, /^644 67108864$/],
          ['the CPU request', resource('requests.cpu', '1m'), undefined, /^644 250$/],
          ['the memory request', resource('requests.memory', '1Mi'), undefined, /^644 32$/],
        ] as const
      ).map((c) => [form, ...c] as const),
    ),
  )('a %s downward volume tells %s', async (form, _, item, defaultMode, expected) => {
    const container = { ...at('/v'), resources } as Partial<Container>
    expect(await output([downward(form, item, defaultMode)], 'stat -Lc %a /v/file | tr "\\n" " "; cat /v/file', container)).toMatch(
      expected,
    )
  })

  test.each(forms)('a %s downward volume tells the node’s resources where a container has no limit', async (form) => {
    const { allocatable = {} } = (await lab.client.list('nodes')).items[0]?.status ?? {}
    expect(await output([downward(form, resource('limits.cpu', '1'))], 'cat /v/file')).toBe(allocatable['cpu'])
    expect(await output([downward(form, resource('limits.memory', '1Ki'))], 'cat /v/file')).toBe(
      String(Number.parseInt(allocatable['memory'] as string, 10)),
    )
  })

  // --- updates

  const follow = { ...busybox, command: ['sleep', '100000'] }
  /** Looks until it sees it: a container hears of no change of its files. */
  const seen = (name: string, look: string, expected: string) =>
    lab.exec(name, ['sh', '-c', `until [ "$(${look})" = '${expected}' ]; do usleep 20000; done`])

  test.each(forms)('labels and annotations that change reach a %s volume', async (form) => {
    const items = [
      { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
      { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } },
    ]
    const volume =
      form === 'plain' ? { name: 'v', downwardAPI: { items } } : { name: 'v', projected: { sources: [{ downwardAPI: { items } }] } }
    const name = await create(
      { volumes: [volume as never], containers: [{ ...follow, ...at('/v') }] },
      { labels: { a: '1' }, annotations: { b: '1' } },
    )
    await until(name, isReady)
    expect(await lab.exec(name, ['sh', '-c', 'cat /v/labels; cat /v/annotations'])).toBe('a="1"b="1"')
    await lab.client.patch('pods', { namespace: 'default', name }, { metadata: { labels: { a: '2' }, annotations: { b: '2' } } })
    await seen(name, 'cat /v/labels; cat /v/annotations', 'a="2"b="2"')
  })

  test.each(forms.flatMap((form) => [[form, 'configMap', 'configmaps'] as const, [form, 'secret', 'secrets'] as const]))(
    'in %s volumes a %s is made, changed and deleted while the pod runs',
    async (form, kind, collection) => {
      const encode = (text: string) => (kind === 'secret' ? base64(text) : text)
      const object = (what: string) => ({ namespace: 'default', name: `${what}-${form}-${kind.toLowerCase()}` })
      const make = (what: string) => lab.client.create(collection, { metadata: object(what), data: { 'data-1': encode('value-1') } })
      await make('update')
      await make('delete')
      const all = ['create', 'update', 'delete']
      const name = await create({
        volumes: all.map((what) => ({ ...volumeOf(form, kind, object(what).name, { optional: true }), name: what })),
        containers: [{ ...follow, volumeMounts: all.map((what) => ({ name: what, mountPath: `/${what}` })) }],
      })
      await until(name, isReady)
      const look = 'for what in create update delete; do echo $what $(cat /$what/data-1 2>/dev/null) $(cat /$what/data-3 2>/dev/null); done'
      expect(await lab.exec(name, ['sh', '-c', look])).toBe('create\nupdate value-1\ndelete value-1\n')
      await make('create')
      await lab.client.patch(collection, object('update'), { data: { 'data-1': null, 'data-3': encode('value-3') } })
      await lab.client.delete(collection, object('delete'))
      await seen(name, look, 'create value-1\nupdate value-3\ndelete')
    },
  )

  test.each(['configmaps', 'secrets'] as const)('%s that are immutable stay as they are', async (collection) => {
    const key = { namespace: 'default', name: 'fixed' }
    await lab.client.create(collection, { metadata: key, data: { a: base64('1') } })
    await lab.client.patch(collection, key, { data: { a: base64('2') } })
    await lab.client.patch(collection, key, { immutable: true })
    for (const patch of [{ data: { a: base64('3') } }, { immutable: false }])
      await expect(lab.client.patch(collection, key, patch)).rejects.toThrow(/field is immutable when `immutable` is set/)
    await lab.client.patch(collection, key, { metadata: { labels: { still: 'here' } } })
    await lab.client.delete(collection, key)
  })

  test('a secret of the pod’s own namespace, not one of the same name elsewhere', async () => {
    expect(await output([volumeOf('plain', 'secret', 'keys')], 'cat /v/data-1')).toBe('value-1')
  })

  // --- emptyDir

  const media = [
    ['disk', {}],
    ['memory', { medium: 'Memory' }],
  ] as const
  test.each(
    media.flatMap(([medium, emptyDir]) =>
      [0o644, 0o666, 0o777].flatMap((mode) => [0, 1001].map((user) => [medium, mode.toString(8), user, emptyDir] as const)),
    ),
  )('an emptyDir on %s holds a file of mode %s by user %d', async (medium, mode, user, emptyDir) => {
    const script = `echo mount-tester > /v/file; chmod ${mode} /v/file; stat -c '%a %u' /v/file; cat /v/file; grep -c ' /v tmpfs ' /proc/mounts`
    expect(await output([{ name: 'v', emptyDir }], script, at('/v'), asUser(user))).toBe(
      `${mode} ${user}\nmount-tester\n${medium === 'memory' ? 1 : 0}\n`,
    )
  })
  test.each(media)('an emptyDir on %s is open to all, and of the pod’s group where it has one', async (_, emptyDir) => {
    expect(await output([{ name: 'v', emptyDir }], "stat -c '%a %g' /v")).toBe('777 0\n')
    expect(
      await output([{ name: 'v', emptyDir }], "touch /v/new; stat -c '%a %g' /v; stat -c %g /v/new", at('/v'), asUser(1001, 123)),
    ).toBe('2777 123\n123\n')
  })
  test('a tmpfs is no larger than its limit', async () => {
    const limited = { name: 'v', emptyDir: { medium: 'Memory', sizeLimit: '10Mi' } }
    expect(await output([limited], "df -k /v | tail -n1 | awk '{print $2}'")).toBe('10240\n')
  })
  test('containers of a pod share an emptyDir', async () => {
    const containers = [
      { ...busybox, command: ['sh', '-c', 'until [ -f /v/file ]; do usleep 10000; done; cat /v/file'], ...at('/v') },
      { ...busybox, name: 'writer', command: ['sh', '-c', 'echo shared > /v/.file; mv /v/.file /v/file'], ...at('/v') },
    ]
    const name = await create({ restartPolicy: 'Never', volumes: [{ name: 'v', emptyDir: {} }], containers })
    await until(name, hasEnded)
    expect(await lab.logs(name)).toBe('shared\n')
  })

  test('fifty config maps in each of five pods', async () => {
    const maps = Array.from({ length: 50 }, (_, i) => `racey-${i}`)
    await Promise.all(
      maps.map((name) => lab.client.create('configmaps', { metadata: { name, namespace: 'default' }, data: { 'data-1': 'value-1' } })),
    )
    const volumes = maps.map((name) => ({ name, configMap: { name } }))
    const volumeMounts = maps.map((name) => ({ name, mountPath: `/etc/${name}` }))
    const pods = await Promise.all(Array.from({ length: 5 }, () => create({ volumes, containers: [{ ...follow, volumeMounts }] })))
    await Promise.all(pods.map((name) => until(name, isReady)))
    expect(await lab.exec(pods[4] as string, ['sh', '-c', 'cat /etc/racey-*/data-1 | wc -c'])).toBe('350\n')
  })

  // --- parts of volumes

  test.each<[string, Draft<Volume>, string, string]>([
    ['a config map', volumeOf('plain', 'configMap', 'map'), 'data-1', 'value-1'],
    ['a secret', volumeOf('plain', 'secret', 'keys'), 'data-1', 'value-1'],
    ['a projected volume', volumeOf('projected', 'configMap', 'map', { items: mapped }), 'path/to/one', 'value-1'],
    ['a downward volume', downward('plain', field("metadata.labels['color']")), 'file', 'blue'],
  ])('a part of %s', async (_, volume, subPath, expected) => {
    expect(await output([volume], 'cat /part', at('/part', { subPath }))).toBe(expected)
  })
  test('a part of a config map over a file of the image', async () => {
    expect(await output([volumeOf('plain', 'configMap', 'map')], 'cat /etc/passwd', at('/etc/passwd', { subPath: 'data-1' }))).toBe(
      'value-1',
    )
  })

  const env = [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }]
  test('a part by a variable', async () => {
    const volumeMounts = [
      { name: 'v', mountPath: '/part', subPathExpr: '$(POD_NAME)' },
      { name: 'v', mountPath: '/whole' },
    ]
    const text = await output([{ name: 'v', emptyDir: {} }], 'echo here > /part/file; cat /whole/$POD_NAME/file; ls /whole', {
      env,
      volumeMounts,
    } as Partial<Container>)
    expect(text).toMatch(/^here\nvolumes-\d+\n$/)
  })
  test.each([
    ['an absolute path', '/tmp'],
    ['backticks', '..'],
    ['a variable that is not there', '$(NONE)'],
  ])('a part by a variable is refused for %s', async (_, value) => {
    const bad = { name: 'BAD', value }
    const name = await create({
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [{ ...follow, env: [bad], ...at('/part', { subPathExpr: value.startsWith('$') ? value : '$(BAD)' }) }],
    })
    const pod = await until(name, (p) => p?.status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError')
    expect(pod.status.containerStatuses?.[0]?.state.waiting?.message).toMatch(/subPath/)
  })
  test('a part by an annotation that comes later lets the container start', async () => {
    const later = [{ name: 'PART', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['part']" } } }]
    const name = await create(
      { volumes: [{ name: 'v', emptyDir: {} }], containers: [{ ...follow, env: later, ...at('/part', { subPathExpr: '$(PART)' }) }] },
      { annotations: { part: '/absolute' } },
    )
    await until(name, (p) => p?.status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError')
    await lab.client.patch('pods', { namespace: 'default', name }, { metadata: { annotations: { part: 'mine' } } })
    await until(name, isReady)
  })

  // --- the host

  test('folders and files of the host, made where that is asked for, and refused where they are not of that kind', async () => {
    const folder = join(lab.folder, 'host')
    mkdirSync(folder)
    writeFileSync(join(folder, 'file'), 'of the host\n')
    const host = (path: string, type?: string) =>
      ({ name: 'v', hostPath: { path: join(folder, path), ...(type ? { type } : {}) } }) as Draft<Volume>
    expect(await output([host('file', 'File')], 'cat /v')).toBe('of the host\n')
    await output([host('new/deep', 'DirectoryOrCreate')], 'echo made > /v/file')
    expect(readFileSync(join(folder, 'new/deep/file'), 'utf8')).toBe('made\n')
    expect(await output([host('')], 'echo x > /v/file2 || echo refused', at('/v', { readOnly: true }))).toContain('refused')
    const name = await create({ volumes: [host('file', 'Directory')], containers: [{ ...follow, ...at('/v') }] })
    await lab.untilEvent(await lab.client.get('pods', { namespace: 'default', name }), /hostPath type check failed/)
  })
})

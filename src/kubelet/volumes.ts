/**
 * A pod's volumes on disk (pkg/volume): made before its containers, kept up to date while it runs, gone with it. Each
 * kind of volume is one entry of `plugins`: from the pod and the volume to the path that containers mount.
 */
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { quantityValue } from '../api/quantity.ts'
import type { DownwardAPIVolumeFile, ImageVolumeSource, KeyToPath, PersistentVolume, Pod, Volume } from '../api/types/core-v1.ts'
import { detach, MountFlag, mount } from '../linux/syscalls.ts'
import { type EnvSources, fieldValue, type PodFacts, resourceValue } from './env.ts'
import type { Reference } from './objects.ts'
import { type PayloadFile, writePayload } from './payload.ts'

export interface VolumeDeps {
  readonly sources: Pick<EnvSources, 'configMap' | 'secret'>
  /** A token of the pod's service account, renewed before it ends. */
  token(pod: Pod, request: { audience?: string; expirationSeconds: number }): Promise<{ token: string; renewAt: number }>
  facts(pod: Pod): PodFacts
  /** What the pod's claim, or its ephemeral volume's, is bound to. */
  volumeOf(pod: Pod, volume: Volume): Promise<PersistentVolume>
}
export interface MountedVolume {
  readonly path: string
  /** An image in place of a path: the runtime mounts it. */
  readonly image?: ImageVolumeSource
  /** What the kubelet writes, containers only read. */
  readonly readOnly?: boolean
}
export interface MountedVolumes {
  readonly volumes: ReadonlyMap<string, MountedVolume>
  /** When the volumes should be written again although nothing changed: a token runs out. */
  readonly renewAt?: number
}

/** A volume that cannot be set up now; tried again with back-off and shown as FailedMount. */
export class VolumeError extends Error {}

const folderOf = (podFolder: string, plugin: string, name: string) => join(podFolder, 'volumes', `kubernetes.io~${plugin}`, name)

/** Sets up, or brings up to date, all volumes of a pod. Safe to repeat. */
export async function mountVolumes(pod: Pod, podFolder: string, deps: VolumeDeps): Promise<MountedVolumes> {
  const volumes = new Map<string, MountedVolume>()
  let renewAt: number | undefined
  await Promise.all(
    (pod.spec.volumes ?? []).map(async (volume) => {
      try {
        const mounted = await mountVolume(pod, volume, podFolder, deps)
        volumes.set(volume.name, mounted)
        if (mounted.renewAt !== undefined) renewAt = Math.min(renewAt ?? Number.POSITIVE_INFINITY, mounted.renewAt)
      } catch (error) {
        throw new VolumeError(
          `MountVolume.SetUp failed for volume "${volume.name}" : ${error instanceof Error ? error.message : String(error)}`,
        )
      }
    }),
  )
  return { volumes, ...(renewAt === undefined ? {} : { renewAt }) }
}

async function mountVolume(pod: Pod, volume: Volume, podFolder: string, deps: VolumeDeps): Promise<MountedVolume & { renewAt?: number }> {
  const { namespace } = pod.metadata
  const fsGroup = pod.spec.securityContext?.fsGroup
  if (volume.emptyDir) return { path: emptyDir(folderOf(podFolder, 'empty-dir', volume.name), volume.emptyDir, fsGroup) }
  if (volume.hostPath) return { path: hostPath(volume.hostPath.path, volume.hostPath.type ?? '') }
  if (volume.configMap) {
    const { name = '', items, optional, defaultMode } = volume.configMap
    const files = await configMapFiles(namespace, name, items, optional, defaultMode, deps)
    const path = folderOf(podFolder, 'configmap', volume.name)
    writePayload(path, files, fsGroup)
    return { path, readOnly: true }
  }
  if (volume.secret) {
    const { secretName = '', items, optional, defaultMode } = volume.secret
    const files = await secretFiles(namespace, secretName, items, optional, defaultMode, deps)
    const path = folderOf(podFolder, 'secret', volume.name)
    memoryFolder(path)
    writePayload(path, files, fsGroup)
    return { path, readOnly: true }
  }
  if (volume.downwardAPI) {
    const path = folderOf(podFolder, 'downward-api', volume.name)
    writePayload(path, downwardFiles(pod, volume.downwardAPI.items ?? [], volume.downwardAPI.defaultMode, deps), fsGroup)
    return { path, readOnly: true }
  }
  if (volume.projected) {
    const { sources = [], defaultMode } = volume.projected
    const files: PayloadFile[] = []
    let renewAt: number | undefined
    for (const source of sources) {
      if (source.configMap) {
        const { name = '', items, optional } = source.configMap
        files.push(...(await configMapFiles(namespace, name, items, optional, defaultMode, deps)))
      } else if (source.secret) {
        const { name = '', items, optional } = source.secret
        files.push(...(await secretFiles(namespace, name, items, optional, defaultMode, deps)))
      } else if (source.downwardAPI) files.push(...downwardFiles(pod, source.downwardAPI.items ?? [], defaultMode, deps))
      else if (source.serviceAccountToken) {
        const { path, audience, expirationSeconds = 3600 } = source.serviceAccountToken
        const issued = await deps.token(pod, { ...(audience ? { audience } : {}), expirationSeconds })
        renewAt = Math.min(renewAt ?? Number.POSITIVE_INFINITY, issued.renewAt)
        const owner = tokenOwner(pod)
        // Readable by the one user the pod runs as, or else by its group, or by all (upstream's choice for unknown users).
        const mode = owner !== undefined ? 0o600 : fsGroup !== undefined ? 0o640 : (defaultMode ?? 0o644)
        files.push({ path, content: issued.token, mode, ...(owner === undefined ? {} : { owner }) })
      } else throw new Error('a projected source of this kind is not supported by this kubelet')
    }
    const path = folderOf(podFolder, 'projected', volume.name)
    memoryFolder(path)
    writePayload(path, files, fsGroup)
    return { path, readOnly: true, ...(renewAt === undefined ? {} : { renewAt }) }
  }
  if (volume.image) return { path: '', image: volume.image, readOnly: true }
  if (volume.persistentVolumeClaim || volume.ephemeral) {
    const path = persistentPath(await deps.volumeOf(pod, volume), fsGroup)
    return { path, readOnly: volume.persistentVolumeClaim?.readOnly === true }
  }
  const kind = Object.keys(volume).find((key) => key !== 'name')
  throw new Error(`no volume plugin matched: ${kind} is not supported by this kubelet`)
}

/** The user all containers of the pod run as, when it is one and the same. */
function tokenOwner(pod: Pod): number | undefined {
  const users = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])].map(
    (c) => c.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser,
  )
  return users.every((user) => user === users[0]) ? users[0] : undefined
}

function emptyDir(path: string, { medium, sizeLimit }: { medium?: string; sizeLimit?: string }, fsGroup: number | undefined): string {
  if (existsSync(join(path, '..', `${lastPart(path)}.ready`))) return path
  mkdirSync(path, { recursive: true })
  if (medium === 'Memory') mountTmpfs(path, sizeLimit ? `size=${quantityValue(sizeLimit)}` : '')
  else if (medium?.startsWith('HugePages')) throw new Error(`medium ${medium} is not supported by this kubelet`)
  chmodSync(path, 0o777)
  if (fsGroup !== undefined) {
    chownSync(path, 0, fsGroup)
    chmodSync(path, 0o2777)
  }
  // What the containers put there must survive the kubelet's next look.
  writeFileSync(join(path, '..', `${lastPart(path)}.ready`), '')
  return path
}
const lastPart = (path: string) => path.slice(path.lastIndexOf('/') + 1)

/** Secrets never touch the disk. */
function memoryFolder(path: string): void {
  mkdirSync(path, { recursive: true })
  if (statSync(path).dev === statSync(dirname(path)).dev) mountTmpfs(path, 'mode=0755')
}

function mountTmpfs(path: string, data: string): void {
  mount('tmpfs', path, 'tmpfs', MountFlag.NOSUID | MountFlag.NODEV, data)
}

function hostPath(path: string, type: string): string {
  const kind = () => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (!found) return ''
    if (found.isDirectory()) return 'Directory'
    if (found.isFile()) return 'File'
    if (found.isSocket()) return 'Socket'
    if (found.isCharacterDevice()) return 'CharDevice'
    if (found.isBlockDevice()) return 'BlockDevice'
    return 'other'
  }
  const now = kind()
  if (type === 'DirectoryOrCreate' && now === '') mkdirSync(path, { recursive: true, mode: 0o755 })
  else if (type === 'FileOrCreate' && now === '') writeFileSync(path, '', { mode: 0o644 })
  else if (type !== '') {
    const wanted = type.replace('OrCreate', '')
    const words: Record<string, string> = {
      Directory: 'a directory',
      File: 'a file',
      Socket: 'a socket file',
      CharDevice: 'a character device',
      BlockDevice: 'a block device',
    }
    if (now !== wanted) throw new Error(`hostPath type check failed: ${path} is not ${words[wanted] ?? wanted}`)
  }
  return path
}

/** Volumes that are folders of this node: what a `hostPath` or a `local` one names. */
function persistentPath({ metadata, spec }: PersistentVolume, fsGroup: number | undefined): string {
  if (spec?.volumeMode === 'Block') throw new Error(`volume ${metadata.name} has volumeMode Block, which is not supported by this kubelet`)
  if (spec?.hostPath) return hostPath(spec.hostPath.path ?? '', spec.hostPath.type ?? '')
  const path = spec?.local?.path
  if (path === undefined) {
    const kind = Object.keys(spec ?? {}).find(
      (key) =>
        typeof spec?.[key as 'csi'] === 'object' && !['capacity', 'claimRef', 'accessModes', 'nodeAffinity', 'mountOptions'].includes(key),
    )
    throw new Error(`no volume plugin matched: ${kind ?? 'nothing'} of volume ${metadata.name} is not supported by this kubelet`)
  }
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw new Error(`path "${path}" of local volume ${metadata.name} does not exist`)
  // As upstream: a local volume is the group's, and what is made in it is too. What is there already stays.
  if (fsGroup !== undefined && found.gid !== fsGroup) {
    chownSync(path, found.uid, fsGroup)
    chmodSync(path, (found.mode & 0o7777) | 0o2070)
  }
  return path
}

async function configMapFiles(
  namespace: string,
  name: string,
  items: readonly KeyToPath[] | undefined,
  optional: boolean | undefined,
  defaultMode: number | undefined,
  deps: VolumeDeps,
): Promise<PayloadFile[]> {
  const object = await deps.sources.configMap(namespace, name)
  if (!object && !optional) throw new Error(`configmap "${name}" not found`)
  const data = new Map<string, string | Buffer>(Object.entries(object?.data ?? {}))
  for (const [key, value] of Object.entries(object?.binaryData ?? {})) data.set(key, Buffer.from(value, 'base64'))
  return chosen(data, items, optional, defaultMode, `configmap references non-existent config key`)
}

async function secretFiles(
  namespace: string,
  name: string,
  items: readonly KeyToPath[] | undefined,
  optional: boolean | undefined,
  defaultMode: number | undefined,
  deps: VolumeDeps,
): Promise<PayloadFile[]> {
  const object = await deps.sources.secret(namespace, name)
  if (!object && !optional) throw new Error(`secret "${name}" not found`)
  const data = new Map(Object.entries(object?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]))
  return chosen(data, items, optional, defaultMode, `references non-existent secret key`)
}

function chosen(
  data: ReadonlyMap<string, string | Buffer>,
  items: readonly KeyToPath[] | undefined,
  optional: boolean | undefined,
  defaultMode = 0o644,
  missing: string,
): PayloadFile[] {
  if (!items?.length) return [...data].map(([path, content]) => ({ path, content, mode: defaultMode }))
  return items.flatMap(({ key, path, mode }) => {
    const content = data.get(key)
    if (content === undefined) {
      if (optional) return []
      throw new Error(`${missing}: ${key}`)
    }
    return [{ path, content, mode: mode ?? defaultMode }]
  })
}

function downwardFiles(
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number | undefined,
  deps: VolumeDeps,
): PayloadFile[] {
  const facts = deps.facts(pod)
  return items.map(({ path, fieldRef, resourceFieldRef, mode }) => {
    let content = ''
    if (fieldRef) content = fieldValue(pod, fieldRef.fieldPath, facts)
    else if (resourceFieldRef) {
      const container = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])].find(
        (c) => c.name === resourceFieldRef.containerName,
      )
      if (!container) throw new Error(`container ${resourceFieldRef.containerName} not found`)
      content = resourceValue(container, resourceFieldRef.resource, resourceFieldRef.divisor, facts.allocatable)
    }
    return { path, content, mode: mode ?? defaultMode ?? 0o644 }
  })
}

/** Takes a pod's folder away with everything mounted in it. Host paths are not in it and stay. */
export async function removePodFolder(podFolder: string): Promise<void> {
  for (const plugin of list(join(podFolder, 'volumes'))) {
    for (const name of list(join(podFolder, 'volumes', plugin))) {
      const path = join(podFolder, 'volumes', plugin, name)
      if (statSync(path).dev !== statSync(dirname(path)).dev) detach(path)
    }
  }
  await rm(podFolder, { recursive: true, force: true })
}
const list = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** The config maps and secrets a pod names anywhere. */
export function referencesOf(pod: Pod): Reference[] {
  const found = new Map<string, Reference>()
  const { namespace } = pod.metadata
  const add = (resource: Reference['resource'], name: string | undefined) => {
    if (name) found.set(`${resource}/${name}`, { resource, namespace, name })
  }
  for (const volume of pod.spec.volumes ?? []) {
    add('configmaps', volume.configMap?.name)
    add('secrets', volume.secret?.secretName)
    for (const source of volume.projected?.sources ?? []) {
      add('configmaps', source.configMap?.name)
      add('secrets', source.secret?.name)
    }
  }
  for (const container of [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? []), ...(pod.spec.ephemeralContainers ?? [])]) {
    for (const from of container.envFrom ?? []) {
      add('configmaps', from.configMapRef?.name)
      add('secrets', from.secretRef?.name)
    }
    for (const variable of container.env ?? []) {
      add('configmaps', variable.valueFrom?.configMapKeyRef?.name)
      add('secrets', variable.valueFrom?.secretKeyRef?.name)
    }
  }
  for (const secret of pod.spec.imagePullSecrets ?? []) add('secrets', secret.name)
  return [...found.values()]
}

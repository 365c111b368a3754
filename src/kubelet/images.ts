/** Images for containers (pkg/kubelet/images): pulled by policy, with the pod's pull secrets, and with a back-off that grows while pulls fail. */
import type { Container, Pod, Secret } from '../api/types/core-v1.ts'
import type { AuthConfig, ImageSpec, PodSandboxConfig } from '../runtime/cri/types.ts'
import { createBackoff } from './backoff.ts'
import { type Cri, criErrorText } from './cri.ts'

/** Why a container waits, as its status shows. */
export class WaitError extends Error {
  readonly reason: string
  /** When it is worth another try, where that is known. */
  readonly retryAt: number | undefined
  constructor(reason: string, message: string, retryAt?: number) {
    super(message)
    this.reason = reason
    this.retryAt = retryAt
  }
}

export interface ImageManager {
  /** Resolves to what the container is created from; throws WaitError. */
  ensure(pod: Pod, container: Container, context: PullContext): Promise<{ spec: ImageSpec; id: string }>
}
export interface PullContext {
  readonly event: (container: Container, type: 'Normal' | 'Warning', reason: string, message: string) => void
  readonly secrets: readonly Secret[]
  readonly sandboxConfig: PodSandboxConfig
  readonly signal: AbortSignal
}

export function createImageManager(
  cri: Cri,
  options: { now: () => number /** Pulls at once; any number by default. */; parallel?: number },
): ImageManager {
  const backoff = createBackoff({ now: options.now })
  const lastErrors = new Map<string, string>()
  const pulls = new Map<string, Promise<void>>()
  const turn = createTurns(options.parallel ?? Number.POSITIVE_INFINITY)

  return {
    async ensure(pod, container, context) {
      const image = withTag(container.image ?? '')
      const policy = container.imagePullPolicy ?? (image.endsWith(':latest') ? 'Always' : 'IfNotPresent')
      if (!isReference(container.image ?? '')) {
        context.event(
          container,
          'Warning',
          'InspectFailed',
          `Failed to apply default image tag "${container.image}": couldn't parse image name "${container.image}": invalid reference format`,
        )
        throw new WaitError(
          'InvalidImageName',
          `Failed to apply default image tag "${container.image}": couldn't parse image name "${container.image}": invalid reference format`,
        )
      }
      const spec: ImageSpec = { image, userSpecifiedImage: image }
      const present = await imageId(spec, context)
      if (present && policy !== 'Always') {
        context.event(
          container,
          'Normal',
          'Pulled',
          `Container image "${container.image}" already present on machine and can be accessed by the pod`,
        )
        return { spec: { ...spec, image: present }, id: present }
      }
      if (policy === 'Never') {
        const message = `Container image "${container.image}" is not present with pull policy of Never`
        context.event(container, 'Warning', 'ErrImageNeverPull', message)
        throw new WaitError('ErrImageNeverPull', message)
      }
      const key = `${pod.metadata.uid}/${image}`
      if (backoff.isWaiting(key)) {
        context.event(container, 'Normal', 'BackOff', `Back-off pulling image "${container.image}"`)
        throw new WaitError(
          'ImagePullBackOff',
          `Back-off pulling image "${container.image}": ${lastErrors.get(key) ?? ''}`.replace(/: $/, ''),
          backoff.until(key),
        )
      }
      context.event(container, 'Normal', 'Pulling', `Pulling image "${container.image}"`)
      const began = performance.now()
      try {
        const waited = await pull(spec, context)
        lastErrors.delete(key)
        const id = await imageId(spec, context)
        if (!id) throw new Error('the image is gone right after it was pulled')
        const size = (await cri.images.ImageStatus({ image: spec })).image?.size ?? 0
        const took = performance.now() - began
        context.event(
          container,
          'Normal',
          'Pulled',
          `Successfully pulled image "${container.image}" in ${formatMs(took - waited)} (${formatMs(took)} including waiting). Image size: ${size} bytes.`,
        )
        return { spec: { ...spec, image: id }, id }
      } catch (error) {
        if (context.signal.aborted) throw error
        const text = criErrorText(error)
        const shown = `failed to pull and unpack image "${image}": ${text}`
        const message = text.includes('failed to pull') ? text : shown
        backoff.next(key)
        lastErrors.set(key, `ErrImagePull: ${message}`)
        context.event(container, 'Warning', 'Failed', `Failed to pull image "${container.image}": ${message}`)
        throw new WaitError('ErrImagePull', message)
      }
    },
  }

  async function imageId(spec: ImageSpec, { signal }: PullContext): Promise<string | undefined> {
    try {
      return (await cri.images.ImageStatus({ image: spec }, { signal })).image?.id || undefined
    } catch (error) {
      if (signal.aborted) throw error
      throw new WaitError('ImageInspectError', `Failed to inspect image "${spec.image}": ${criErrorText(error)}`)
    }
  }

  /** One pull of an image at a time: a second asker waits for the first. Resolves to the ms spent waiting. */
  async function pull(spec: ImageSpec, { secrets, sandboxConfig, signal }: PullContext): Promise<number> {
    const key = `${spec.image} ${secrets.map((s) => s.metadata.uid).join(' ')}`
    const began = performance.now()
    const other = pulls.get(key)
    if (other) {
      await other
      return performance.now() - began
    }
    let waited = 0
    const credentials = credentialsFor(spec.image as string, secrets)
    const run = turn(async () => {
      waited = performance.now() - began
      let failure: unknown
      for (const auth of credentials.length > 0 ? credentials : [undefined]) {
        try {
          await cri.images.PullImage({ image: spec, sandboxConfig, ...(auth ? { auth } : {}) }, { signal })
          return
        } catch (error) {
          failure = error
        }
      }
      throw failure
    })
    pulls.set(key, run)
    try {
      await run
    } finally {
      pulls.delete(key)
    }
    return waited
  }
}

/** Lets so many run at once, the others in their order. */
function createTurns(most: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (run) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    running++
    try {
      return await run()
    } finally {
      running--
      waiting.shift()?.()
    }
  }
}

/** A name without tag or digest means `latest` (the kubelet adds it; the runtime adds registry and namespace). */
export function withTag(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1)
  return image.includes('@') || last.includes(':') || image === '' ? image : `${image}:latest`
}

const isReference = (image: string): boolean =>
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+|\/)[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9+._-]+:[0-9a-fA-F]{32,})?$/.test(
    image,
  ) || /^sha256:[0-9a-f]{64}$/.test(image)

/** The registry credentials in pull secrets that fit an image, the most specific first (kubernetes.io/dockerconfigjson and dockercfg). */
export function credentialsFor(image: string, secrets: readonly Secret[]): AuthConfig[] {
  const found: { key: string; auth: AuthConfig }[] = []
  const repository = repositoryOf(image)
  for (const secret of secrets) {
    const text = secret.data?.['.dockerconfigjson'] ?? secret.data?.['.dockercfg']
    if (!text) continue
    let parsed: unknown
    try {
      parsed = JSON.parse(Buffer.from(text, 'base64').toString('utf8'))
    } catch {
      continue // upstream skips a secret it cannot read and goes on with the others
    }
    const entries = ((parsed as { auths?: object }).auths ?? parsed) as Record<
      string,
      { username?: string; password?: string; auth?: string }
    >
    for (const [server, entry] of Object.entries(entries)) {
      const key = server.replace(/^https?:\/\//, '').replace(/\/(v1|v2)?\/?$/, '')
      const host = key === 'index.docker.io' ? 'docker.io' : key
      if (
        repository !== host &&
        !repository.startsWith(`${host}/`) &&
        !(host.startsWith('*.') && repository.split('/')[0]!.endsWith(host.slice(1)))
      )
        continue
      const [username, ...password] = entry.auth
        ? Buffer.from(entry.auth, 'base64').toString('utf8').split(':')
        : [entry.username, entry.password]
      found.push({ key: host, auth: { username: username ?? '', password: password.join(':'), serverAddress: host } })
    }
  }
  return found.sort((a, b) => b.key.length - a.key.length).map(({ auth }) => auth)
}

function repositoryOf(image: string): string {
  const name = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
  const [first = '', ...rest] = name.split('/')
  if (rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost')) return name
  return rest.length > 0 ? `docker.io/${name}` : `docker.io/library/${name}`
}

const formatMs = (ms: number): string =>
  ms < 1000 ? `${Math.max(0, Math.round(ms))}ms` : `${(ms / 1000).toFixed(3).replace(/\.?0+$/, '')}s`

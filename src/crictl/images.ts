/** Images and the runtime itself: images, pull, rmi, inspecti, imagefsinfo, version, info, runtime-config, config. */
import { existsSync, readFileSync } from 'node:fs'
import { ExitError } from '../flags/run.ts'
import { CgroupDriver } from '../runtime/cri/api.ts'
import { bytes, table } from '../runtime/cri/client.ts'
import { unpack } from './pods.ts'
import { crictl, output, print, shortId } from './shared.ts'

export const images = crictl(
  {
    summary: 'List images',
    flags: {
      ...output('table'),
      quiet: { type: 'bool', short: 'q', doc: 'Only IDs' },
      digests: { type: 'bool', doc: 'With digests' },
      verbose: { type: 'bool', short: 'v', doc: 'All that is known' },
      'no-trunc': { type: 'bool', doc: 'Whole IDs' },
    },
  },
  async ({ images: service }, invocation) => {
    const { values, stdout, args } = invocation
    const { images: list = [] } = await service.ListImages(args[0] ? { filter: { image: { image: args[0] } } } : {})
    if (values['quiet']) for (const i of list) stdout.write(`${i.id}\n`)
    else if (values['verbose'] || values['output'] !== 'table')
      print(invocation, values['output'] === 'table' ? 'yaml' : (values['output'] as string), { images: list })
    else {
      const rows = list.flatMap((i) => {
        const id = values['no-trunc'] ? (i.id as string) : shortId(i.id)
        const digest = i.repoDigests?.[0]?.split('@')[1]
        const names = i.repoTags?.length ? i.repoTags : [`${i.repoDigests?.[0]?.split('@')[0] ?? '<none>'}:<none>`]
        return names.map((name) => {
          const colon = name.lastIndexOf(':')
          return [
            name.slice(0, colon),
            name.slice(colon + 1),
            ...(values['digests'] ? [digest ? shortId(digest) : '<none>'] : []),
            id,
            bytes(i.size),
          ]
        })
      })
      stdout.write(
        table(
          [
            ['IMAGE', 'TAG', ...(values['digests'] ? ['DIGEST'] : []), 'IMAGE ID', 'SIZE'],
            ...rows.sort((a, b) => ((a[0] as string) < (b[0] as string) ? -1 : 1)),
          ],
          13,
        ),
      )
    }
    return 0
  },
)
export const pull = crictl(
  {
    summary: 'Pull an image',
    usage: 'crictl pull [--creds USER[:PASSWORD]] NAME',
    flags: { creds: { type: 'string', doc: 'USERNAME[:PASSWORD]' }, auth: { type: 'string', doc: 'base64 of user and password' } },
  },
  async ({ images: service }, { args, values, stdout }) => {
    if (!args[0]) throw new ExitError('an image name is needed')
    const [username = '', password = ''] = (values['creds'] as string).split(/:(.*)/s)
    const auth = values['creds'] ? { username, password } : values['auth'] ? { auth: values['auth'] as string } : undefined
    const { imageRef } = await service.PullImage({ image: { image: args[0] }, ...(auth ? { auth } : {}) })
    stdout.write(`Image is up to date for ${imageRef}\n`)
    return 0
  },
)
export const rmi = crictl(
  {
    summary: 'Remove images',
    flags: {
      all: { type: 'bool', short: 'a', doc: 'All images' },
      prune: { type: 'bool', short: 'q', doc: 'All images that no container uses' },
    },
  },
  async ({ images: service, runtime }, { args, values, stdout, stderr }) => {
    let names = [...args]
    if (values['all'] || values['prune']) {
      const { images: list = [] } = await service.ListImages({})
      const { containers = [] } = await runtime.ListContainers({})
      const used = new Set(containers.map((c) => c.imageId))
      names = list.filter((i) => values['all'] || !used.has(i.id)).map((i) => i.id as string)
    } else if (names.length === 0) throw new ExitError('an image name is needed')
    let failed = 0
    for (const name of names) {
      const { image } = await service.ImageStatus({ image: { image: name } })
      if (!image) {
        stderr.write(`no such image ${name}\n`)
        failed = 1
        continue
      }
      await service.RemoveImage({ image: { image: name } })
      for (const tag of image.repoTags?.length ? image.repoTags : [name]) stdout.write(`Deleted: ${tag}\n`)
    }
    return failed
  },
)
export const inspecti = crictl({ summary: 'Show an image', flags: output('json') }, async ({ images: service }, invocation) => {
  for (const name of invocation.args) {
    const { image, info = {} } = await service.ImageStatus({ image: { image: name }, verbose: true })
    if (!image) throw new ExitError(`no such image ${JSON.stringify(name)} present`)
    print(invocation, invocation.values['output'] as string, { status: image, info: unpack(info) })
  }
  return 0
})
export const imagefsinfo = crictl(
  { summary: 'Show what images take on disk', flags: output('json') },
  async ({ images: service }, invocation) => {
    print(invocation, invocation.values['output'] as string, { status: await service.ImageFsInfo({}) })
    return 0
  },
)
export const version = crictl({ summary: 'Print the runtime’s version' }, async ({ runtime }, { stdout }) => {
  const v = await runtime.Version({ version: 'v1' })
  stdout.write(
    `Version:  ${v.version}\nRuntimeName:  ${v.runtimeName}\nRuntimeVersion:  ${v.runtimeVersion}\nRuntimeApiVersion:  ${v.runtimeApiVersion}\n`,
  )
  return 0
})
export const info = crictl({ summary: 'Show the runtime’s state', flags: output('json') }, async ({ runtime }, invocation) => {
  const { info: more = {}, ...status } = await runtime.Status({ verbose: true })
  print(invocation, invocation.values['output'] as string, { ...status, ...(unpack(more) as object) })
  return 0
})
export const runtimeConfig = crictl(
  { summary: 'Show how the runtime is configured', flags: output('json') },
  async ({ runtime }, invocation) => {
    const { linux } = await runtime.RuntimeConfig({})
    print(invocation, invocation.values['output'] as string, {
      linux: { cgroupDriver: Object.keys(CgroupDriver)[linux?.cgroupDriver ?? 0] },
    })
    return 0
  },
)
export const updateRuntimeConfig = crictl(
  { summary: 'Tell the runtime the pods’ addresses', flags: { 'pod-cidr': { type: 'string', doc: 'The range of the node’s pods' } } },
  async ({ runtime }, { values }) => {
    await runtime.UpdateRuntimeConfig({ runtimeConfig: { networkConfig: { podCidr: values['pod-cidr'] as string } } })
    return 0
  },
)
export const config = crictl({ summary: 'Print crictl’s configuration file' }, async (_client, { values, env, stdout }) => {
  const file = env['CRI_CONFIG_FILE'] ?? (values['config'] as string)
  stdout.write(existsSync(file) ? readFileSync(file, 'utf8') : `# ${file} is not there\n`)
  return 0
})

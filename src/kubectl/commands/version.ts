/** `kubectl version`. */
import { kubernetesVersion } from '../../version.ts'
import { kubectlCommand } from '../factory.ts'

interface Info {
  readonly major: string
  readonly minor: string
  readonly gitVersion: string
}

export const command = kubectlCommand({
  summary: "Print the client's version and the server's.",
  usage: 'kubectl version [flags] [options]',
  flags: {
    client: { type: 'bool', doc: "Only the client's version, without asking the server." },
    output: { type: 'string', short: 'o', doc: 'yaml or json.' },
  },
  async run(factory) {
    const output = factory.text('output')
    if (output !== '' && output !== 'json' && output !== 'yaml') throw new Error("--output must be 'yaml' or 'json'")
    const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? []
    const arch = process.arch === 'x64' ? 'amd64' : process.arch
    const client = {
      major,
      minor,
      gitVersion: kubernetesVersion,
      compiler: 'node',
      goVersion: `node ${process.versions.node}`,
      platform: `${process.platform}/${arch}`,
    }
    let server: Info | undefined
    let failure: unknown
    try {
      if (!factory.on('client')) server = await factory.request<Info>({ method: 'GET', path: '/version' })
    } catch (error) {
      failure = error
    }
    if (output === '') {
      factory.out(`Client Version: ${kubernetesVersion}\n`)
      if (server) factory.out(`Server Version: ${server.gitVersion}\n`)
    } else {
      const value = { clientVersion: client, ...(server ? { serverVersion: server } : {}) }
      if (output === 'json') factory.out(`${JSON.stringify(value, null, 2)}\n`)
      else factory.out((await import('../../api/yaml.ts')).writeYaml(value))
    }
    if (failure) throw failure
    if (server && Math.abs(Number.parseInt(server.minor, 10) - Number(minor)) > 1)
      factory.warn(
        `version difference between client (${major}.${minor}) and server (${server.major}.${Number.parseInt(server.minor, 10)}) exceeds the supported minor version skew of +/-1`,
      )
  },
})

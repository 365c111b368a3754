/** `kijabi version`. */
import type { Command } from '../flags/command.ts'
import { kubernetesVersion, version } from '../version.ts'

export const command: Command = {
  summary: 'Print the version of Kijabi, and of the Kubernetes that it speaks.',
  async run({ stdout }) {
    stdout.write(`kijabi ${version}\nkubernetes ${kubernetesVersion}\nnode ${process.version}\n`)
    return 0
  },
}

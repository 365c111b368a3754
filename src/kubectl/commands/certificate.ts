/** `kubectl certificate approve` and `deny`: decides about certificate signing requests. */
import { isConflict } from '../../api/errors.ts'
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.ts'
import type { Command } from '../../flags/command.ts'
import { throwAll } from '../errors.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { doneText, objectPrinter, outputFlags } from '../print/object.ts'
import { pathOf } from '../resources.ts'
import { fileFlags, type Info, select } from '../select.ts'
import { replace } from '../write.ts'

const decisions = {
  approve: { type: 'Approved', opposite: 'Denied', reason: 'KubectlApprove', done: 'approved' },
  deny: { type: 'Denied', opposite: 'Approved', reason: 'KubectlDeny', done: 'denied' },
} as const
/** How often a decision is written anew when the request was changed in between (upstream's). */
const mostAttempts = 10

function decisionCommand(name: keyof typeof decisions): Command {
  const { done } = decisions[name]
  return kubectlCommand({
    summary: name === 'approve' ? 'Approve a certificate signing request.' : 'Deny a certificate signing request.',
    usage: `kubectl certificate ${name} (-f FILENAME | NAME) [options]`,
    flags: { ...fileFlags, ...outputFlags, force: { type: 'bool', doc: 'Decide again about a request that was decided already.' } },
    async run(factory) {
      if (factory.args.length === 0 && factory.list('filename').length === 0)
        throw new Error('one or more CSRs must be specified as <name> or -f <filename>')
      const printer = await objectPrinter(factory)
      const errors: unknown[] = []
      const args = factory.args.length > 0 ? ['certificatesigningrequests', ...factory.args] : []
      for (const info of await select(factory, { args, fresh: true, onError: (error) => errors.push(error) })) {
        try {
          const decided = await decide(factory, info, name)
          factory.out(printer ? await printer(decided) : doneText(decided, done, 'none'))
        } catch (error) {
          errors.push(error)
        }
      }
      throwAll(errors)
    },
  })
}

async function decide(factory: Factory, info: Info, name: keyof typeof decisions): Promise<KubeObject> {
  const { type, opposite, reason, done } = decisions[name]
  let object = info.object
  for (let attempt = 1; ; attempt++) {
    const request = object as unknown as CertificateSigningRequest
    const conditions = request.status?.conditions ?? []
    if (conditions.some((c) => c.type === opposite))
      throw new Error(`certificate signing request ${JSON.stringify(info.name)} is already ${opposite}`)
    const made = conditions.some((c) => c.type === type)
    if (made && !factory.on('force')) return object
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
    const condition = {
      type,
      status: 'True',
      reason,
      message: `This CSR was ${done} by kubectl certificate ${name}.`,
      lastUpdateTime: now,
    }
    const status = { ...request.status, conditions: [...conditions.filter((c) => c.type !== type), condition] }
    try {
      return await replace(factory, info.type, '', info.name, { ...object, status }, { subresource: 'approval' })
    } catch (error) {
      if (!isConflict(error) || attempt === mostAttempts) throw error
      object = await factory.request<KubeObject>({ method: 'GET', path: pathOf(info.type, '', info.name) })
    }
  }
}

export const command: Command = {
  summary: 'Decide about certificate signing requests.',
  usage: 'kubectl certificate SUBCOMMAND [options]',
  commands: {
    approve: async () => ({ command: decisionCommand('approve') }),
    deny: async () => ({ command: decisionCommand('deny') }),
  },
}

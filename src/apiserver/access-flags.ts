/** The flags that say who may do what, under upstream's names, and what they mean together. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseYaml } from '../api/yaml.ts'
import type { FlagTable, FlagValues } from '../flags/flags.ts'
import type { Logger } from '../log/log.ts'
import type { AccessOptions } from './access.ts'
import { pluginNames } from './admission/plugins.ts'
import { auditFlags, auditorOf } from './audit/flags.ts'
import { authenticationFlags, authenticationOf } from './authentication/flags.ts'
import { authorizationFlags, authorizersOf } from './authorization/flags.ts'

export const accessFlags = {
  ...authenticationFlags,
  ...authorizationFlags,
  'encryption-provider-config': {
    type: 'string',
    doc: 'The file that says which resources are encrypted in the store, and with which keys.',
  },
  'encryption-provider-config-automatic-reload': {
    type: 'bool',
    doc: 'Whether that file counts anew when it changes.',
  },
  'enable-priority-and-fairness': {
    type: 'bool',
    default: true,
    doc: 'Whether requests wait for room by their priority level; without it, what is beyond the two limits is refused.',
  },
  'max-requests-inflight': {
    type: 'int',
    default: 400,
    doc: 'Part of the seats that priority levels share; without them, how many reads run at a time (0: any number).',
  },
  'max-mutating-requests-inflight': {
    type: 'int',
    default: 200,
    doc: 'The other part of the seats that priority levels share; without them, how many writes run at a time (0: any number).',
  },
  ...auditFlags,
  'admission-control-config-file': { type: 'string', doc: 'The configuration of admission plugins (AdmissionConfiguration).' },
  'enable-admission-plugins': {
    type: 'list',
    doc: `Admission plugins to turn on beside those that are on by default. Known: ${pluginNames.join(', ')}.`,
  },
  'default-not-ready-toleration-seconds': {
    type: 'int',
    default: 300,
    doc: 'How long pods stay on a node that is not ready, when they say nothing.',
  },
  'default-unreachable-toleration-seconds': {
    type: 'int',
    default: 300,
    doc: 'How long pods stay on a node that is not reached, when they say nothing.',
  },
  'disable-admission-plugins': { type: 'list', doc: 'Admission plugins to turn off although they are on by default.' },
} as const satisfies FlagTable

export type AccessValues = FlagValues<typeof accessFlags> & { readonly 'cert-dir': string; readonly 'client-ca-file': string }

/** A quarter of the minute that a request may take, as upstream has it. */
const longestWaitMs = 15_000

export async function accessOptions(
  values: AccessValues,
  address: { readonly host: string; readonly port: number },
  log: Logger,
): Promise<AccessOptions> {
  const audit = auditorOf(values, log)
  return {
    ...(await authenticationOf(values, address, log)),
    authorizers: await authorizersOf(values, log),
    admission: {
      enable: values['enable-admission-plugins'],
      disable: values['disable-admission-plugins'],
      tolerationSeconds: {
        notReady: values['default-not-ready-toleration-seconds'],
        unreachable: values['default-unreachable-toleration-seconds'],
      },
      configuration: admissionConfiguration(values['admission-control-config-file']),
    },
    ...(audit ? { audit } : {}),
    ...flowControlOptions(values),
  }
}

function flowControlOptions(values: AccessValues): Pick<AccessOptions, 'flowControl' | 'maxInFlight'> {
  const readOnly = values['max-requests-inflight']
  const mutating = values['max-mutating-requests-inflight']
  if (readOnly < 0) throw new Error('--max-requests-inflight can not be negative value')
  if (mutating < 0) throw new Error('--max-mutating-requests-inflight can not be negative value')
  if (!values['enable-priority-and-fairness']) return { maxInFlight: { readOnly, mutating } }
  if (readOnly + mutating === 0)
    throw new Error('--max-requests-inflight and --max-mutating-requests-inflight together must be positive with priority and fairness')
  return { flowControl: { seats: readOnly + mutating, maxWaitMs: longestWaitMs } }
}

/** The plugins' configurations by name; a plugin's own file is read where it names one. */
function admissionConfiguration(path: string): Record<string, unknown> {
  if (!path) return {}
  const config = parseYaml(readFileSync(path, 'utf8')).value as {
    plugins?: { name: string; path?: string; configuration?: unknown }[]
  } | null
  return Object.fromEntries(
    (config?.plugins ?? []).map((plugin) => [
      plugin.name,
      plugin.path ? parseYaml(readFileSync(join(dirname(path), plugin.path), 'utf8')).value : plugin.configuration,
    ]),
  )
}

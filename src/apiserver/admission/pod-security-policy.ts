/** Which level of the Pod Security Standards a namespace asks for, and the configuration that its labels fall back to (pod-security-admission/api, admission/api). */
import { causeMessage, duplicate, type FieldError, invalid } from '../../api/validation/field-error.ts'
import { isDNS1123Label, isDNS1123Subdomain } from '../../api/validation/names.ts'

export type Level = 'privileged' | 'baseline' | 'restricted'
export const modes = ['enforce', 'audit', 'warn'] as const
export type Mode = (typeof modes)[number]

/** `version` is `latest` or `v1.x`. */
export interface LevelVersion {
  readonly level: Level
  readonly version: string
}
export type Policy = Readonly<Record<Mode, LevelVersion>>

export interface PodSecurityConfiguration {
  readonly defaults: Policy
  readonly exemptions: {
    readonly usernames: ReadonlySet<string>
    readonly namespaces: ReadonlySet<string>
    readonly runtimeClasses: ReadonlySet<string>
  }
}

export const labelPrefix = 'pod-security.kubernetes.io/'
/** From the least strict on. */
const levels: readonly string[] = ['privileged', 'baseline', 'restricted'] satisfies Level[]
const isLevel = (text: string): text is Level => levels.includes(text)
const isVersion = (text: string): boolean => text === 'latest' || /^v1\.([0-9]|[1-9][0-9]*)$/.test(text)
const levelWanted = `must be one of ${levels.join(', ')}`
const versionWanted = 'must be "latest" or "v1.x"'

export const print = ({ level, version }: LevelVersion): string => `${level}:${version}`
export const isStricter = (a: Level, b: Level): boolean => levels.indexOf(a) > levels.indexOf(b)
/** The minor version whose checks apply: those of the newest one for `latest`. */
export const minorOf = (version: string): number => (version === 'latest' ? Number.MAX_SAFE_INTEGER : Number(version.slice('v1.'.length)))

/** The policy of a namespace with these labels. What cannot be read enforces the strictest level, and neither audits nor warns. */
export function policyOf(
  labels: Readonly<Record<string, string>>,
  defaults: Policy,
): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = []
  const read = <T extends string>(key: string, fallback: T, good: (v: string) => boolean, wanted: string, bad: T): T => {
    const value = labels[key]
    if (value === undefined) return fallback
    if (good(value)) return value as T
    errors.push(invalid(`metadata.labels[${key}]`, value, wanted))
    return bad
  }
  const of = (mode: Mode): LevelVersion => ({
    level: read<Level>(labelPrefix + mode, defaults[mode].level, isLevel, levelWanted, mode === 'enforce' ? 'restricted' : 'privileged'),
    version: read(`${labelPrefix}${mode}-version`, defaults[mode].version, isVersion, versionWanted, 'latest'),
  })
  return { policy: { enforce: of('enforce'), audit: of('audit'), warn: of('warn') }, errors }
}

const group = 'pod-security.admission.config.k8s.io'
const served = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `${group}/${version}`)

/** Reads a PodSecurityConfiguration; throws with all that is wrong with it. */
export function parsePodSecurityConfiguration(given: unknown): PodSecurityConfiguration {
  const { apiVersion, kind, defaults, exemptions } = known('', given, ['apiVersion', 'kind', 'defaults', 'exemptions'])
  if (given !== undefined && (kind !== 'PodSecurityConfiguration' || !served.includes(String(apiVersion))))
    throw new Error(`PodSecurity: no kind ${JSON.stringify(kind ?? '')} is registered for version ${JSON.stringify(apiVersion ?? '')}`)
  const errors: FieldError[] = []
  const byDefault = known(
    'defaults.',
    defaults,
    modes.flatMap((mode) => [mode, `${mode}-version`]),
  )
  const read = (key: string, fallback: string, good: (v: string) => boolean, wanted: string): string => {
    const value = byDefault[key] || fallback
    if (typeof value === 'string' && good(value)) return value
    errors.push(invalid(`defaults.${key}`, value, wanted))
    return fallback
  }
  const of = (mode: Mode): LevelVersion => ({
    level: read(mode, 'privileged', isLevel, levelWanted) as Level,
    version: read(`${mode}-version`, 'latest', isVersion, versionWanted),
  })
  const exempt = known('exemptions.', exemptions, ['usernames', 'namespaces', 'runtimeClasses'])
  const names = (key: string, wrong: (name: string) => string | undefined): Set<string> => {
    const result = new Set<string>()
    const list = exempt[key] ?? []
    if (!Array.isArray(list)) throw new Error(`PodSecurity: exemptions.${key} is no list`)
    for (const [i, name] of list.entries()) {
      const why = typeof name === 'string' ? wrong(name) : 'must be a string'
      if (why !== undefined) errors.push(invalid(`exemptions.${key}[${i}]`, name, why))
      else if (result.has(name)) errors.push(duplicate(`exemptions.${key}[${i}]`, name))
      result.add(name)
    }
    return result
  }
  const configuration: PodSecurityConfiguration = {
    defaults: { enforce: of('enforce'), audit: of('audit'), warn: of('warn') },
    exemptions: {
      namespaces: names('namespaces', (name) => isDNS1123Label(name)[0]),
      runtimeClasses: names('runtimeClasses', (name) => isDNS1123Subdomain(name)[0]),
      usernames: names('usernames', (name) => (name === '' ? 'username must not be empty' : undefined)),
    },
  }
  if (errors.length > 0) throw new Error(`PodSecurity: ${errors.map((e) => `${e.field}: ${causeMessage(e)}`).join(', ')}`)
  return configuration
}

/** An object of the file, with no field that is not `fields`: a misspelt exemption would else exempt nobody. */
function known(path: string, given: unknown, fields: readonly string[]): Record<string, unknown> {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object' || Array.isArray(given)) throw new Error(`PodSecurity: ${path || 'the configuration'} is no object`)
  for (const field of Object.keys(given)) if (!fields.includes(field)) throw new Error(`PodSecurity: unknown field "${path}${field}"`)
  return given as Record<string, unknown>
}

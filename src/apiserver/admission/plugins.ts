/** The admission plugins in upstream's order (kubeapiserver/options/plugins.go), and which of them are on. */
import type { Objects } from '../objects.ts'
import type { AdmissionPlugin } from './admission.ts'
import { createNamespaceLifecycle } from './namespace-lifecycle.ts'
import { createServiceAccountPlugin } from './service-account.ts'

export interface AdmissionOptions {
  readonly enable: readonly string[]
  readonly disable: readonly string[]
}

interface Entry {
  readonly name: string
  readonly onByDefault: boolean
  create(objects: Objects): AdmissionPlugin
}

const plugins: readonly Entry[] = [
  { name: 'NamespaceLifecycle', onByDefault: true, create: createNamespaceLifecycle },
  { name: 'ServiceAccount', onByDefault: true, create: createServiceAccountPlugin },
]

export const pluginNames = plugins.map((p) => p.name)

export function createAdmission(objects: Objects, { enable, disable }: AdmissionOptions): AdmissionPlugin[] {
  for (const name of [...enable, ...disable])
    if (!pluginNames.includes(name)) throw new Error(`admission plugin ${JSON.stringify(name)} is not known: ${pluginNames.join(', ')}`)
  for (const name of enable)
    if (disable.includes(name)) throw new Error(`${name} in enable-admission-plugins and disable-admission-plugins overlapped`)
  return plugins.filter((p) => enable.includes(p.name) || (p.onByDefault && !disable.includes(p.name))).map((p) => p.create(objects))
}

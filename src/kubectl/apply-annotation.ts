/** The annotation that `kubectl apply` keeps what was applied last in (k8s.io/kubectl/pkg/util/apply.go). */
import type { KubeObject } from './factory.ts'
import { sortedKeys } from './print/object.ts'

export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** The object with the annotation that holds its own configuration: JSON with sorted keys and a newline. */
export function withLastApplied(object: KubeObject): KubeObject {
  const { [lastApplied]: _, ...annotations } = object.metadata.annotations ?? {}
  const bare = { ...object, metadata: { ...object.metadata, annotations } }
  const text = `${JSON.stringify(sortedKeys(bare)).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [lastApplied]: text } } }
}

/** Updates the annotation of an object that has one, after a change by another command with --save-config or not (CreateOrUpdateAnnotation). */
export const keepLastApplied = (object: KubeObject, save: boolean): KubeObject =>
  save || object.metadata.annotations?.[lastApplied] !== undefined ? withLastApplied(object) : object

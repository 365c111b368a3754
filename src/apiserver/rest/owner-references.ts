/** The same owner named twice is named once, with a warning (handlers/helpers.go, dedupOwnerReferencesAndAddWarning). */
import type { ApiObject } from '../request.ts'
import { deepEqual } from './equal.ts'

export function dedupOwnerReferences(object: ApiObject, warn: (text: string) => void): ApiObject {
  const references = object.metadata.ownerReferences
  if (!references || references.length < 2) return object
  const unique = references.filter((r, i) => !references.slice(0, i).some((earlier) => deepEqual(earlier, r)))
  if (unique.length === references.length) return object
  const uids = new Set(references.filter((r, i) => references.slice(0, i).some((earlier) => deepEqual(earlier, r))).map((r) => r.uid))
  warn(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...uids].join(', ')}`,
  )
  return { ...object, metadata: { ...object.metadata, ownerReferences: unique } }
}

/** Defaults of custom resource definitions. */
import type { CustomResourceDefinition } from '../types/apiextensions-v1.ts'
import type { Defaults } from './index.ts'

export const extensionDefaults = {
  'apiextensions.v1.CustomResourceDefinition': ({ spec }: CustomResourceDefinition) => {
    spec.names.singular ??= spec.names.kind.toLowerCase()
    if (spec.names.kind) spec.names.listKind ??= `${spec.names.kind}List`
  },
} satisfies Defaults

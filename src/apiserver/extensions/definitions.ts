/** What is special about the definitions themselves (upstream: apiextensions' registry/customresourcedefinition). */
import { formatTime } from '../../api/meta.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '../../api/types/apiextensions-v1.ts'
import {
  customResourceDefinitionWarnings,
  validateCustomResourceDefinition,
  validateCustomResourceDefinitionStatusUpdate,
  validateCustomResourceDefinitionUpdate,
} from '../../api/validation/custom-resource-definitions.ts'
import type { Strategy } from '../registry/strategy.ts'
import { withCondition } from './conditions.ts'

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

/** Of what was sent, which is looked at before it is validated. */
const storageVersion = ({ spec }: CustomResourceDefinition): string | undefined => spec?.versions?.find((version) => version?.storage)?.name

export const customResourceDefinitions: Strategy<CustomResourceDefinition> = {
  prepareForCreate(definition) {
    const stored = storageVersion(definition)
    const status: CustomResourceDefinitionStatus = {
      conditions: null as never,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: stored === undefined ? [] : [stored],
    }
    return { ...definition, status }
  },
  /** A version that objects may be stored in from now on is remembered until somebody says that none are left. */
  prepareForUpdate(definition, old) {
    const stored = storageVersion(definition)
    const { storedVersions } = old.status
    const known = stored === undefined || storedVersions?.includes(stored)
    return { ...definition, status: known ? old.status : { ...old.status, storedVersions: [...(storedVersions ?? []), stored] } }
  },
  validate: validateCustomResourceDefinition,
  validateUpdate: validateCustomResourceDefinitionUpdate,
  warnings: customResourceDefinitionWarnings,
  subresources: { status: { validateUpdate: validateCustomResourceDefinitionStatusUpdate } },
  beforeDeletion(definition, now) {
    const { metadata, status } = definition
    if (metadata.deletionTimestamp) return undefined
    const finalizers = metadata.finalizers ?? []
    return {
      ...definition,
      metadata: {
        ...metadata,
        deletionTimestamp: formatTime(now),
        finalizers: finalizers.includes(cleanupFinalizer) ? finalizers : [...finalizers, cleanupFinalizer],
      },
      status: {
        ...status,
        conditions: [
          ...withCondition(
            status.conditions ?? [],
            {
              type: 'Terminating',
              status: 'True',
              reason: 'InstanceDeletionPending',
              message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
            },
            now,
          ),
        ],
      },
    }
  },
}

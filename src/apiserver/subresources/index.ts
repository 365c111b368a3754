/** The subresources that are more than another way to write the object. */
import type { Subresources } from '../dispatch.ts'

export const subresources: Subresources = {}

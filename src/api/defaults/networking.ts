/** Defaults of networking. */
import type { NetworkPolicy } from '../types/networking-v1.ts'

import type { Defaults } from './index.ts'

export const networkingDefaults = {
  'networking.v1.NetworkPolicy': ({ spec }: NetworkPolicy) => {
    spec.policyTypes ??= spec.egress ? ['Ingress', 'Egress'] : ['Ingress']
  },
} satisfies Defaults

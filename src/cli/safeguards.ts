/** What keeps a cluster's secrets sealed on disk and its writes told of: made once, the user's to change afterwards. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type Cluster, writeAtomically } from './cluster.ts'

export const encryptionFile = (cluster: Cluster): string => cluster.path('pki', 'encryption-provider.yaml')
export const auditPolicyFile = (cluster: Cluster): string => cluster.path('audit-policy.yaml')

export function ensureSafeguards(cluster: Cluster): void {
  const encryption = encryptionFile(cluster)
  if (!existsSync(encryption)) writeAtomically(encryption, encryptionConfiguration(randomBytes(32).toString('base64')))
  const policy = auditPolicyFile(cluster)
  if (!existsSync(policy)) writeAtomically(policy, auditPolicy)
}

/** Identity last: what a cluster stored before it had a key stays readable. */
const encryptionConfiguration = (secret: string) => `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - aescbc:
      keys:
      - name: key1
        secret: ${secret}
  - identity: {}
`

/** Who read a secret, and who changed what; never with what. What the system itself writes all the time is left out. */
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: None
  resources:
  - group: ""
    resources: [events]
  - group: events.k8s.io
    resources: [events]
  - group: coordination.k8s.io
    resources: [leases]
- level: None
  userGroups: ["system:nodes"]
  verbs: [update, patch]
  resources:
  - group: ""
    resources: [nodes/status, pods/status]
- level: None
  users: ["system:kube-controller-manager", "system:kube-scheduler"]
- level: Metadata
  resources:
  - group: ""
    resources: [secrets, configmaps, serviceaccounts/token]
  - group: authentication.k8s.io
    resources: [tokenreviews]
- level: None
  verbs: [get, list, watch]
  resources:
  - group: ""
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
`

/**
 * Volume sources of pods and of persistent volumes (core/validation). Both are tables in the order upstream looks at
 * them: the first source found is validated, each further one is refused.
 */
import { quantitySign } from '../quantity.ts'
import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  ObjectFieldSelector,
  PersistentVolumeClaimTemplate,
  ProjectedVolumeSource,
  ResourceFieldSelector,
  SecretReference,
  Volume,
  VolumeSource,
} from '../types/core-v1.ts'
import { check, optionalOneOf, validateLabelSelector } from './checks.ts'
import { duplicate, type FieldError, forbidden, invalid, notSupported, required, tooLong } from './field-error.ts'
import { inclusiveRange, isDNS1123Label, isDNS1123Subdomain, isQualifiedName } from './names.ts'
import { validateAnnotations, validateLabels } from './object-meta.ts'
import { validateClaimSpec } from './persistent-volume-claim-spec.ts'

type Source = Readonly<Record<string, unknown>>
/** What a source's own validation needs besides the source. */
interface Context {
  readonly volumeName: string
  readonly podName: string | undefined
}
type SourceRule = readonly [field: string, rule: (source: never, path: string, context: Context) => FieldError[], names?: Names]
/** Two of upstream's field paths are spelled otherwise than the field. */
interface Names {
  readonly path?: string
  readonly forbidden?: string
}

const need = (source: object, path: string, ...fields: string[]): FieldError[] =>
  fields.flatMap((f) => {
    const value = (source as Source)[f]
    return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
      ? [required(`${path}.${f}`)]
      : []
  })
const needs =
  (...fields: string[]) =>
  (source: object, path: string): FieldError[] =>
    need(source, path, ...fields)
const secretName = (source: object, path: string): FieldError[] => {
  const secret = (source as { secretRef?: SecretReference }).secretRef
  return secret && !secret.name ? [required(`${path}.secretRef.name`)] : []
}
const secretNamespace = (source: object, path: string): FieldError[] => {
  const secret = (source as { secretRef?: SecretReference }).secretRef
  return secret && !secret.namespace ? [required(`${path}.secretRef.namespace`)] : []
}

const fileModeMessage = 'must be a number between 0 and 0777 (octal), both inclusive'
const fileMode = (mode: number | undefined, path: string): FieldError[] =>
  mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(path, mode, fileModeMessage)] : []

export const noBacksteps = (value: string, path: string): FieldError[] =>
  value.split('/').includes('..') ? [invalid(path, value, "must not contain '..'")] : []
export const localDescendingPath = (value: string, path: string): FieldError[] => [
  ...(value.startsWith('/') ? [invalid(path, value, 'must be a relative path')] : []),
  ...noBacksteps(value, path),
]
export const localNonReservedPath = (value: string, path: string): FieldError[] => [
  ...localDescendingPath(value, path),
  ...(value.startsWith('..') && !value.startsWith('../') ? [invalid(path, value, "must not start with '..'")] : []),
]

function keyToPath(item: KeyToPath, path: string): FieldError[] {
  return [...need(item, path, 'key', 'path'), ...localNonReservedPath(item.path, `${path}.path`), ...fileMode(item.mode, `${path}.mode`)]
}
const keyFile =
  (nameField: string) =>
  (source: { items?: KeyToPath[]; defaultMode?: number }, path: string): FieldError[] => [
    ...need(source, path, nameField),
    ...fileMode(source.defaultMode, `${path}.defaultMode`),
    ...(source.items ?? []).flatMap((item, i) => keyToPath(item, `${path}.items[${i}]`)),
  ]

const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket']
export function validateHostPath(source: { path: string; type?: string }, path: string): FieldError[] {
  if (!source.path) return [required(`${path}.path`)]
  return [...noBacksteps(source.path, `${path}.path`), ...optionalOneOf(source.type, `${path}.type`, hostPathTypes)]
}

const partition = (name: string) => (source: { partition?: number }, path: string) => [
  ...need(source, path, name),
  ...((source.partition ?? 0) < 0 || (source.partition ?? 0) > 255
    ? [invalid(`${path}.partition`, source.partition, inclusiveRange(1, 255))]
    : []),
]

const nfs = (source: { server: string; path: string }, path: string) => [
  ...need(source, path, 'server', 'path'),
  ...(source.path.startsWith('/') ? [] : [invalid(`${path}.path`, source.path, 'must be an absolute path')]),
]

const iscsiForms: Record<string, RegExp> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
}
interface ISCSI {
  targetPortal: string
  iqn: string
  lun: number
  chapAuthDiscovery?: boolean
  chapAuthSession?: boolean
  secretRef?: SecretReference
  initiatorName?: string
}
const iscsiName = (value: string, path: string, wrongStart: string): FieldError[] => {
  const form = iscsiForms[value.slice(0, 3)]
  if (!form) return [invalid(path, value, wrongStart)]
  return form.test(value) ? [] : [invalid(path, value, 'must be valid format')]
}
const portalTooLong = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
const iscsi =
  (persistent: boolean) =>
  (source: ISCSI, path: string, { volumeName }: Context): FieldError[] => {
    const wrongStart = persistent ? 'must be valid format' : 'must be valid format starting with iqn, eui, or naa'
    const long = source.initiatorName !== undefined && `${volumeName}:${source.targetPortal}`.length > 64
    return [
      ...need(source, path, 'targetPortal'),
      ...(persistent && long ? [invalid(`${path}.targetportal`, source.targetPortal, portalTooLong)] : []),
      ...(source.iqn ? iscsiName(source.iqn, `${path}.iqn`, wrongStart) : [required(`${path}.iqn`)]),
      ...(source.lun < 0 || source.lun > 255 ? [invalid(`${path}.lun`, source.lun, inclusiveRange(0, 255))] : []),
      ...((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef ? [required(`${path}.secretRef`)] : []),
      ...(persistent ? secretName(source, path) : []),
      ...(source.initiatorName !== undefined ? iscsiName(source.initiatorName, `${path}.initiatorname`, wrongStart) : []),
      ...(!persistent && long ? [invalid(`${path.slice(0, path.lastIndexOf('.'))}.name`, volumeName, portalTooLong)] : []),
    ]
  }

function fc(source: { targetWWNs?: string[]; wwids?: string[]; lun?: number }, path: string): FieldError[] {
  const { targetWWNs = [], wwids = [], lun } = source
  const errors: FieldError[] = []
  if (targetWWNs.length === 0 && wwids.length === 0)
    errors.push(required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'))
  if (targetWWNs.length > 0 && wwids.length > 0)
    errors.push(invalid(`${path}.targetWWNs`, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'))
  if (targetWWNs.length > 0) {
    if (lun === undefined) errors.push(required(`${path}.lun`, 'lun is required if targetWWNs is specified'))
    else if (lun < 0 || lun > 255) errors.push(invalid(`${path}.lun`, lun, inclusiveRange(0, 255)))
  }
  return errors
}

function quobyte(source: { registry: string; tenant?: string; volume: string }, path: string): FieldError[] {
  const pairs = 'must be a host:port pair or multiple pairs separated by commas'
  const errors: FieldError[] = []
  if (!source.registry) errors.push(required(`${path}.registry`, pairs))
  else if ((source.tenant ?? '').length >= 65)
    errors.push(required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'))
  else
    for (const pair of source.registry.split(','))
      if (!/^(\[[^\]]*\]|[^:[\]]*):[^:]*$/.test(pair)) errors.push(invalid(`${path}.registry`, source.registry, pairs))
  return [...errors, ...need(source, path, 'volume')]
}

function flocker(source: { datasetName?: string; datasetUUID?: string }, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!source.datasetName && !source.datasetUUID) errors.push(required(path, 'one of datasetName and datasetUUID is required'))
  if (source.datasetName && source.datasetUUID)
    errors.push(invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'))
  if (source.datasetName?.includes('/')) errors.push(invalid(`${path}.datasetName`, source.datasetName, "must not contain '/'"))
  return errors
}

function flexVolume(source: { driver: string; options?: Record<string, string> }, path: string): FieldError[] {
  return [
    ...need(source, path, 'driver'),
    ...Object.keys(source.options ?? {}).flatMap((key) => {
      const domain = `.${(key.split('/')[0] as string).toLowerCase()}`
      return domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io')
        ? [invalid(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved')]
        : []
    }),
  ]
}

function azureDisk(source: { diskName: string; diskURI: string; cachingMode?: string; kind?: string }, path: string): FieldError[] {
  const managed = source.kind === 'Managed'
  const errors = [
    ...need(source, path, 'diskName', 'diskURI'),
    ...optionalOneOf(source.cachingMode, `${path}.cachingMode`, ['None', 'ReadOnly', 'ReadWrite']),
    ...optionalOneOf(source.kind, `${path}.kind`, ['Dedicated', 'Managed', 'Shared']),
  ]
  if (source.kind !== undefined && !source.diskURI.startsWith(managed ? '/subscriptions/' : 'https://'))
    errors.push(
      notSupported(`${path}.diskURI`, source.diskURI, [
        managed
          ? '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
          : 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd',
      ]),
    )
  return errors
}

function storageOS(source: { volumeName?: string; volumeNamespace?: string }, path: string): FieldError[] {
  return [
    ...(source.volumeName ? check(source.volumeName, `${path}.volumeName`, isDNS1123Label) : [required(`${path}.volumeName`)]),
    ...(source.volumeNamespace ? check(source.volumeNamespace, `${path}.volumeNamespace`, isDNS1123Label) : []),
    ...secretName(source, path),
  ]
}

export function validateCSIDriverName(name: string, path: string): FieldError[] {
  return [
    ...(name ? [] : [required(path)]),
    ...(name.length > 63 ? [tooLong(path, 63)] : []),
    ...check(name, path, (n) => isDNS1123Subdomain(n.toLowerCase())),
  ]
}
function csi(source: { driver: string; nodePublishSecretRef?: { name?: string } }, path: string): FieldError[] {
  const secret = source.nodePublishSecretRef
  return [
    ...validateCSIDriverName(source.driver, `${path}.driver`),
    ...(!secret
      ? []
      : secret.name
        ? check(secret.name, `${path}.name`, isDNS1123Subdomain)
        : [required(`${path}.nodePublishSecretRef.name`)]),
  ]
}
function csiPersistent(source: Source & { driver: string }, path: string): FieldError[] {
  const errors = [...validateCSIDriverName(source.driver, `${path}.driver`), ...need(source, path, 'volumeHandle')]
  for (const f of ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef']) {
    const secret = source[f] as SecretReference | undefined
    if (!secret) continue
    errors.push(
      ...(secret.name ? check(secret.name, `${path}.${f}.name`, isDNS1123Subdomain) : [required(`${path}.${f}.name`)]),
      ...(secret.namespace ? check(secret.namespace, `${path}.${f}.namespace`, isDNS1123Label) : [required(`${path}.${f}.namespace`)]),
    )
  }
  return errors
}

function ephemeral(source: { volumeClaimTemplate?: PersistentVolumeClaimTemplate }, path: string, context: Context): FieldError[] {
  const template = source.volumeClaimTemplate
  const errors: FieldError[] = []
  if (!template) errors.push(required(`${path}.volumeClaimTemplate`))
  else {
    const at = `${path}.volumeClaimTemplate`
    errors.push(...validateTemplateMeta(template.metadata, `${at}.metadata`), ...validateClaimSpec(template.spec, `${at}.spec`))
  }
  if (context.podName && context.volumeName) {
    const claim = `${context.podName}-${context.volumeName}`
    for (const m of isDNS1123Subdomain(claim))
      errors.push(invalid(`${path.slice(0, path.lastIndexOf('.'))}.name`, context.volumeName, `PVC name ${JSON.stringify(claim)}: ${m}`))
  }
  return errors
}
/** Only labels and annotations may stand in the metadata of a claim template. */
export function validateTemplateMeta(meta: PersistentVolumeClaimTemplate['metadata'] | undefined, path: string): FieldError[] {
  if (!meta) return []
  const extra = Object.entries(meta).filter(
    ([key, value]) => key !== 'labels' && key !== 'annotations' && value !== '' && value !== undefined,
  )
  return [
    ...validateAnnotations(meta.annotations, `${path}.annotations`),
    ...validateLabels(meta.labels, `${path}.labels`),
    ...extra.map(([key]) => forbidden(`${path}.${key}`, 'cannot be set')),
  ]
}

export const volumeFieldPaths = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid']
/** Field paths of v1 pods that the downward API knows (core/pods.ConvertDownwardAPIFieldLabel). */
const downwardFields = [
  ...volumeFieldPaths,
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
  'spec.host',
]
export function validateFieldRef(ref: ObjectFieldSelector, supported: readonly string[], path: string): FieldError[] {
  if (!ref.apiVersion) return [required(`${path}.apiVersion`)]
  if (!ref.fieldPath) return [required(`${path}.fieldPath`)]
  const subscripted = /^(.+?)\['(.*)'\]$/s.exec(ref.fieldPath)
  const field = subscripted ? (subscripted[1] as string) : ref.fieldPath
  const unconvertible = (why: string) => [invalid(`${path}.fieldPath`, ref.fieldPath, `error converting fieldPath: ${why}`)]
  if (ref.apiVersion !== 'v1') return unconvertible(`unsupported pod version: ${ref.apiVersion}`)
  if (subscripted) {
    const key = subscripted[2] as string
    if (field === 'metadata.annotations') return check(key.toLowerCase(), path, isQualifiedName)
    if (field === 'metadata.labels') return check(key, path, isQualifiedName)
    return unconvertible(`field label does not support subscript: ${ref.fieldPath}`)
  }
  if (!downwardFields.includes(field)) return unconvertible(`field label not supported: ${field}`)
  const internal = field === 'spec.host' ? 'spec.nodeName' : field
  return supported.includes(internal) ? [] : [notSupported(`${path}.fieldPath`, internal, supported)]
}

const resourceFields = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]
const sizes = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']
export function validateResourceFieldRef(ref: ResourceFieldSelector, path: string, volume: boolean): FieldError[] {
  const errors: FieldError[] = []
  const hugePages = /^(requests|limits)\.hugepages-/.test(ref.resource)
  if (volume && !ref.containerName) errors.push(required(`${path}.containerName`))
  else if (!ref.resource) errors.push(required(`${path}.resource`))
  else if (!resourceFields.includes(ref.resource) && !hugePages) errors.push(notSupported(`${path}.resource`, ref.resource, resourceFields))
  if (!ref.divisor || quantitySign(ref.divisor) === 0) return errors
  const kind = ref.resource.endsWith('.cpu')
    ? 'cpu'
    : ref.resource.endsWith('.memory')
      ? 'memory'
      : ref.resource.endsWith('.ephemeral-storage')
        ? 'local ephemeral storage'
        : hugePages
          ? 'hugepages'
          : undefined
  const allowed = kind === 'cpu' ? ['1m', '1'] : sizes
  if (kind && !allowed.includes(ref.divisor))
    errors.push(
      invalid(
        `${path}.divisor`,
        ref.resource,
        `only divisor's values ${kind === 'cpu' ? '1m and 1' : sizes.join(', ')} are supported with the ${kind} resource`,
      ),
    )
  return errors
}

function downwardFile(file: DownwardAPIVolumeFile, path: string): FieldError[] {
  const errors = [...need(file, path, 'path'), ...localNonReservedPath(file.path, `${path}.path`)]
  if (file.fieldRef) {
    errors.push(...validateFieldRef(file.fieldRef, volumeFieldPaths, `${path}.fieldRef`))
    if (file.resourceFieldRef) errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
  } else if (file.resourceFieldRef) errors.push(...validateResourceFieldRef(file.resourceFieldRef, `${path}.resourceFieldRef`, true))
  else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'))
  return [...errors, ...fileMode(file.mode, `${path}.mode`)]
}
const downwardAPI = (source: { items?: DownwardAPIVolumeFile[]; defaultMode?: number }, path: string): FieldError[] => [
  ...fileMode(source.defaultMode, `${path}.defaultMode`),
  ...(source.items ?? []).flatMap((file) => downwardFile(file, path)),
]

const keyTypes = ['ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519', 'RSA3072', 'RSA4096']
function projected(source: ProjectedVolumeSource, path: string): FieldError[] {
  const errors = [...fileMode(source.defaultMode, `${path}.defaultMode`)]
  const paths = new Set<string>()
  const claimPath = (value: string, blame: string) => {
    if (!value) return
    if (paths.has(value)) errors.push(invalid(path, blame, 'conflicting duplicate paths'))
    else paths.add(value)
  }
  source.sources?.forEach((projection, i) => {
    const at = `${path}.sources[${i}]`
    for (const kind of ['secret', 'configMap'] as const) {
      const from = projection[kind]
      if (!from) continue
      errors.push(...need(from, `${at}.${kind}`, 'name'))
      from.items?.forEach((item, j) => {
        errors.push(...keyToPath(item, `${at}.${kind}.items[${j}]`))
        claimPath(item.path, from.name ?? '')
      })
    }
    for (const file of projection.downwardAPI?.items ?? []) {
      errors.push(...downwardFile(file, `${at}.downwardAPI`))
      claimPath(file.path, file.path)
    }
    const token = projection.serviceAccountToken
    if (token) {
      const seconds = token.expirationSeconds ?? 3600
      const field = `${at}.serviceAccountToken.expirationSeconds`
      if (seconds < 600) errors.push(invalid(field, seconds, 'may not specify a duration less than 10 minutes'))
      if (seconds > 2 ** 32) errors.push(invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds'))
      if (!token.path) errors.push(required(`${path}.path`))
      else errors.push(...localNonReservedPath(token.path, `${path}.path`))
    }
    const bundle = projection.clusterTrustBundle
    if (bundle) {
      const field = `${at}.clusterTrustBundlePEM`
      if (bundle.name !== undefined && bundle.signerName !== undefined)
        errors.push(invalid(field, bundle, 'only one of name and signerName may be used'))
      else if (bundle.name !== undefined) {
        if (!bundle.name) errors.push(required(`${field}.name`, 'must be a valid object name'))
        if (bundle.labelSelector)
          errors.push(invalid(`${field}.labelSelector`, bundle.labelSelector, 'labelSelector must be unset if name is specified'))
      } else if (bundle.signerName !== undefined) {
        if (!bundle.signerName) errors.push(required(`${field}.signerName`, 'must be a valid signer name'))
        errors.push(...validateLabelSelector(bundle.labelSelector, `${field}.labelSelector`))
      } else errors.push(required(field, 'either name or signerName must be specified'))
      if (!bundle.path) errors.push(required(`${field}.path`))
      errors.push(...localNonReservedPath(bundle.path, `${field}.path`))
      claimPath(bundle.path, bundle.path)
    }
    const certificate = projection.podCertificate
    if (certificate) {
      const field = `${at}.podCertificate`
      errors.push(...optionalOneOf(certificate.keyType, `${field}.keyType`, keyTypes))
      for (const key of ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const) {
        const value = certificate[key]
        if (!value) continue
        errors.push(...localNonReservedPath(value, `${field}.${key}`))
        claimPath(value, value)
      }
      if (!certificate.credentialBundlePath && !certificate.keyPath && !certificate.certificateChainPath)
        errors.push(required(field, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'))
    }
    if (Object.values(projection).filter((v) => v !== undefined).length > 1)
      errors.push(forbidden(at, 'may not specify more than 1 volume type'))
  })
  return errors
}

const pullPolicies = ['Always', 'IfNotPresent', 'Never']
const volumeRules: readonly SourceRule[] = [
  [
    'emptyDir',
    (s: { sizeLimit?: string }, path) =>
      s.sizeLimit !== undefined && quantitySign(s.sizeLimit) < 0
        ? [forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
        : [],
  ],
  ['hostPath', validateHostPath],
  [
    'gitRepo',
    (s: { repository: string; directory?: string }, path) => [
      ...need(s, path, 'repository'),
      ...localDescendingPath(s.directory ?? '', `${path}.directory`),
    ],
  ],
  ['gcePersistentDisk', partition('pdName'), { path: 'persistentDisk' }],
  ['awsElasticBlockStore', partition('volumeID')],
  ['secret', keyFile('secretName')],
  ['nfs', nfs],
  ['iscsi', iscsi(false)],
  ['glusterfs', needs('endpoints', 'path')],
  ['flocker', flocker],
  ['persistentVolumeClaim', needs('claimName')],
  ['rbd', needs('monitors', 'image')],
  ['cinder', (s: object, path) => [...need(s, path, 'volumeID'), ...secretName(s, path)]],
  ['cephfs', needs('monitors'), { forbidden: 'cephFS' }],
  ['quobyte', quobyte],
  ['downwardAPI', downwardAPI, { forbidden: 'downwarAPI' }],
  ['fc', fc],
  ['flexVolume', flexVolume],
  ['configMap', keyFile('name')],
  ['azureFile', needs('secretName', 'shareName')],
  ['vsphereVolume', needs('volumePath')],
  ['photonPersistentDisk', needs('pdID')],
  ['portworxVolume', needs('volumeID')],
  ['azureDisk', azureDisk],
  ['storageos', storageOS],
  ['projected', projected],
  ['scaleIO', needs('gateway', 'system', 'volumeName')],
  ['csi', csi],
  ['ephemeral', ephemeral],
  [
    'image',
    (s: { reference?: string; pullPolicy?: string }, path) => [
      ...need(s, path, 'reference'),
      ...optionalOneOf(s.pullPolicy, `${path}.pullPolicy`, pullPolicies),
    ],
  ],
]

const persistentRules: readonly SourceRule[] = [
  ['hostPath', validateHostPath],
  ['gcePersistentDisk', partition('pdName'), { path: 'persistentDisk' }],
  ['awsElasticBlockStore', partition('volumeID')],
  [
    'glusterfs',
    (s: { endpointsNamespace?: string }, path) => [
      ...need(s, path, 'endpoints', 'path'),
      ...(s.endpointsNamespace === ''
        ? [invalid(`${path}.endpointsNamespace`, '', 'if the endpointnamespace is set, it must be a valid namespace name')]
        : s.endpointsNamespace
          ? check(s.endpointsNamespace, `${path}.endpointsNamespace`, isDNS1123Label)
          : []),
    ],
  ],
  ['flocker', flocker],
  ['nfs', nfs],
  ['rbd', needs('monitors', 'image')],
  ['quobyte', quobyte],
  ['cephfs', needs('monitors'), { forbidden: 'cephFS' }],
  ['iscsi', iscsi(true)],
  ['cinder', (s: object, path) => [...need(s, path, 'volumeID'), ...secretName(s, path), ...secretNamespace(s, path)]],
  ['fc', fc],
  ['flexVolume', flexVolume],
  [
    'azureFile',
    (s: { secretNamespace?: string }, path) => [
      ...need(s, path, 'secretName', 'shareName'),
      ...(s.secretNamespace === '' ? [required(`${path}.secretNamespace`)] : []),
    ],
  ],
  ['vsphereVolume', needs('volumePath')],
  ['photonPersistentDisk', needs('pdID')],
  ['portworxVolume', needs('volumeID')],
  ['azureDisk', azureDisk],
  ['scaleIO', needs('gateway', 'system', 'volumeName')],
  ['local', (s: { path: string }, path) => (s.path ? noBacksteps(s.path, `${path}.path`) : [required(`${path}.path`)])],
  ['storageos', (s: object, path) => [...storageOS(s, path), ...secretNamespace(s, path)]],
  ['csi', csiPersistent],
]

function validateSources(rules: readonly SourceRule[], source: object, path: string, context: Context): FieldError[] {
  const errors: FieldError[] = []
  let found = false
  for (const [field, rule, names] of rules) {
    const value = (source as Source)[field]
    if (value === undefined || value === null) continue
    if (found) errors.push(forbidden(`${path}.${names?.forbidden ?? field}`, 'may not specify more than 1 volume type'))
    else errors.push(...rule(value as never, `${path}.${names?.path ?? field}`, context))
    found = true
  }
  if (!found) errors.push(required(path, 'must specify a volume type'))
  return errors
}

/** The source of a persistent volume; `name` is the volume's. */
export const validatePersistentVolumeSource = (spec: object, name: string, path: string): FieldError[] =>
  validateSources(persistentRules, spec, path, { volumeName: name, podName: undefined })
export const persistentVolumeSources = persistentRules.map(([field]) => field)

/** The volumes of a pod. `sources` are the valid ones by name, which mounts may refer to. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  podName: string | undefined,
  path: string,
): { errors: FieldError[]; sources: Map<string, VolumeSource> } {
  const errors: FieldError[] = []
  const sources = new Map<string, VolumeSource>()
  const created = new Set(podName ? volumes?.filter((v) => v.ephemeral).map((v) => `${podName}-${v.name}`) : [])
  volumes?.forEach((volume, i) => {
    const at = `${path}[${i}]`
    const found = validateSources(volumeRules, volume, at, { volumeName: volume.name, podName })
    found.push(...(volume.name ? check(volume.name, `${at}.name`, isDNS1123Label) : [required(`${at}.name`)]))
    if (sources.has(volume.name)) found.push(duplicate(`${at}.name`, volume.name))
    if (found.length === 0) sources.set(volume.name, volume)
    errors.push(...found)
    const claim = volume.persistentVolumeClaim?.claimName
    if (claim && created.has(claim))
      errors.push(
        invalid(`${at}.persistentVolumeClaim.claimName`, claim, 'must not reference a PVC that gets created for an ephemeral volume'),
      )
  })
  return { errors, sources }
}

/**
 * Schemas of OpenAPI v3 and v2 from the tables, with upstream's names and x-kubernetes extensions
 * (kube-openapi/pkg/builder). v2 has no defaults and no wrapping allOf; the rest is the same.
 */
import type { Field, FieldType, MessageType, Scalar } from '../../schema/schema.ts'
import { fieldsOf, isObject, type Json, messageOf } from '../shape.ts'

export type OpenApiVersion = 'v2' | 'v3'
export const refPrefix = { v2: '#/definitions/', v3: '#/components/schemas/' } as const

const packages: Readonly<Record<string, string>> = {
  'meta.v1': 'io.k8s.apimachinery.pkg.apis.meta.v1',
  'apiextensions.v1': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
  'apiregistration.v1': 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
}
/** `io.k8s.api.apps.v1.Deployment`: what upstream calls a type. */
export const schemaName = (type: MessageType): string => `${packages[type.table.name] ?? `io.k8s.api.${type.table.name}`}.${type.name}`

/** Values that marshal themselves and have names of their own. */
const named: Readonly<Partial<Record<Scalar, { name: string; schema: (v: OpenApiVersion) => Json }>>> = {
  Time: { name: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time', schema: () => ({ type: 'string', format: 'date-time' }) },
  MicroTime: { name: 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime', schema: () => ({ type: 'string', format: 'date-time' }) },
  Duration: { name: 'io.k8s.apimachinery.pkg.apis.meta.v1.Duration', schema: () => ({ type: 'string' }) },
  FieldsV1: { name: 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1', schema: () => ({ type: 'object' }) },
  RawExtension: { name: 'io.k8s.apimachinery.pkg.runtime.RawExtension', schema: () => ({ type: 'object' }) },
  Quantity: {
    name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
    schema: (v) => (v === 'v2' ? { type: 'string' } : { oneOf: [{ type: 'string' }, { type: 'number' }] }),
  },
  IntOrString: {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    schema: (v) =>
      v === 'v2'
        ? { type: 'string', format: 'int-or-string' }
        : { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  },
  JSON: { name: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON', schema: () => ({}) },
}
const plain: Readonly<Partial<Record<Scalar, Json>>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  uint32: { type: 'integer', format: 'int64' },
  uint64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  float: { type: 'number', format: 'float' },
  bytes: { type: 'string', format: 'byte' },
}

/** Collects schemas by name: of a type, and of everything it is made of. */
export function createSchemas(version: OpenApiVersion) {
  const schemas: Record<string, Json> = {}
  const ref = (name: string): Json => ({ $ref: refPrefix[version] + name })

  function add(type: MessageType): string {
    const name = schemaName(type)
    if (name in schemas) return name
    schemas[name] = {} // before its fields: types refer to themselves
    schemas[name] = type.union ? describe({}, type.doc) : structSchema(type)
    return name
  }

  function structSchema(type: MessageType): Json {
    const fields = [...fieldsOf(type).values()]
    const properties: Record<string, Json> = {}
    if (type.object) {
      properties['apiVersion'] = describe({ type: 'string' }, 'Version of the schema that this object is written in.')
      properties['kind'] = describe({ type: 'string' }, 'The kind of object that this is.')
    }
    for (const field of fields) properties[field.name] = fieldSchema(type, field)
    const required = fields.filter((f) => f.required).map((f) => f.name)
    return {
      ...describe({ type: 'object' }, type.doc),
      ...(required.length > 0 ? { required } : {}),
      ...(Object.keys(properties).length > 0 ? { properties: sorted(properties) } : {}),
      ...(type.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      ...(type.object ? { 'x-kubernetes-group-version-kind': kindsOf(type) } : {}),
    }
  }

  function fieldSchema(type: MessageType, field: Field): Json {
    const base = valueSchema(field.type)
    const extensions: Json = {}
    if (field.listMapKeys) extensions['x-kubernetes-list-map-keys'] = field.listMapKeys
    if (field.listType) extensions['x-kubernetes-list-type'] = field.listType
    if (field.mapType) extensions['x-kubernetes-map-type'] = field.mapType
    if (field.patchMergeKey) extensions['x-kubernetes-patch-merge-key'] = field.patchMergeKey
    if (field.patchStrategy) extensions['x-kubernetes-patch-strategy'] = field.patchStrategy.join(',')
    const enumeration = field.enum && [...field.enum].sort()
    if (enumeration && field.type.kind !== 'list' && field.type.kind !== 'map') base['enum'] = enumeration
    else if (enumeration) {
      const inside = (base['items'] ?? base['additionalProperties']) as Json
      inside['enum'] = enumeration
    }
    const value = version === 'v3' ? publishedDefault(type, field) : undefined
    if (version === 'v2' || base['$ref'] === undefined)
      return { ...describe(base, field.doc), ...(value === undefined ? {} : { default: value }), ...extensions }
    if (!field.doc && value === undefined && Object.keys(extensions).length === 0) return base
    return { ...describe({ allOf: [base] }, field.doc), ...(value === undefined ? {} : { default: value }), ...extensions }
  }

  function valueSchema(type: FieldType): Json {
    switch (type.kind) {
      case 'list':
        return { type: 'array', items: valueSchema(type.of) }
      case 'map':
        return { type: 'object', additionalProperties: valueSchema(type.of) }
      case 'message': {
        const message = messageOf(type) as MessageType
        const only = message.union && message.fields.length === 1 ? message.fields[0] : undefined
        return only ? valueSchema(only.type) : ref(add(message))
      }
      case 'scalar': {
        const own = named[type.name]
        if (!own) return { ...plain[type.name] }
        schemas[own.name] ??= own.schema(version)
        return ref(own.name)
      }
    }
  }

  return { add, ref, all: () => sorted(schemas) }
}

/**
 * Upstream publishes the zero that a plain field has, and of other defaults those that stand at the type as a marker;
 * what its code fills in it keeps to itself.
 */
function publishedDefault(type: MessageType, field: Field): unknown {
  const marked = markers[type.name]?.[field.name]
  const { default: value } = field
  if (marked !== undefined) return marked
  if (field.pointer || (field.type.kind === 'scalar' && field.type.name === 'IntOrString')) return undefined
  if (value === '' || value === 0 || value === false) return value
  return isObject(value) && Object.keys(value).length === 0 ? value : undefined
}
const name = { name: '' }
const rbd = { keyring: '/etc/ceph/keyring', pool: 'rbd', user: 'admin' }
const scaleIo = { fsType: 'xfs', storageMode: 'ThinProvisioned' }
const markers: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  AzureDiskVolumeSource: { cachingMode: 'ReadWrite', fsType: 'ext4', kind: 'Shared', readOnly: false },
  ConfigMapEnvSource: name,
  ConfigMapKeySelector: name,
  ConfigMapProjection: name,
  ConfigMapVolumeSource: name,
  ContainerPort: { protocol: 'TCP' },
  DeviceToleration: { operator: 'Equal' },
  FileKeySelector: { optional: false },
  FlowSchemaSpec: { matchingPrecedence: 0 },
  GRPCAction: { service: '' },
  ISCSIPersistentVolumeSource: { iscsiInterface: 'default' },
  ISCSIVolumeSource: { iscsiInterface: 'default' },
  LocalObjectReference: name,
  PodFailurePolicyOnPodConditionsPattern: { status: '' },
  QueuingConfiguration: { handSize: 0, queueLengthLimit: 0, queues: 0 },
  RBDPersistentVolumeSource: rbd,
  RBDVolumeSource: rbd,
  ReplicationControllerSpec: { replicas: 1, minReadySeconds: 0 },
  RoleRef: { apiGroup: '' },
  ScaleIOPersistentVolumeSource: scaleIo,
  ScaleIOVolumeSource: scaleIo,
  ScaleSpec: { replicas: 0 },
  SecretEnvSource: name,
  SecretKeySelector: name,
  SecretProjection: name,
  ServicePort: { protocol: 'TCP' },
}

/** Types of meta/v1 are served under the core version. */
function kindsOf(type: MessageType): Json[] {
  const { group, version } = type.table
  return [{ group: group === 'meta.k8s.io' ? '' : group, kind: type.name, version }]
}

const describe = (schema: Json, doc: string): Json => (doc ? { description: doc, ...schema } : schema)
export function sorted<T>(map: Record<string, T>): Record<string, T> {
  return Object.fromEntries(
    Object.keys(map)
      .sort()
      .map((key) => [key, map[key] as T]),
  )
}

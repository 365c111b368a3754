// Written by scripts/generate-types.ts from src/api/tables/apiextensions-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

export interface CustomResourceColumnDefinition {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Which of the known sorts this is. */
  type: string
  format?: string
  /** Text for people that explains it. */
  description?: string
  /** Number by which what is more important is told. */
  priority?: number
  jsonPath: string
}

export interface CustomResourceConversion {
  /** How the old is replaced by the new. */
  strategy: string
  webhook?: WebhookConversion
}

/** Adds a kind of object to the API. */
export interface CustomResourceDefinition {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: CustomResourceDefinitionSpec
  /** What was last observed of the object; written by the system. */
  status: CustomResourceDefinitionStatus
}

/** One observation of the state of a CustomResourceDefinition. */
export interface CustomResourceDefinitionCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
}

/** A page of CustomResourceDefinition objects, with the revision it was read at. */
export interface CustomResourceDefinitionList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: CustomResourceDefinition[]
}

export interface CustomResourceDefinitionNames {
  plural: string
  singular?: string
  shortNames?: string[]
  /** Kind of the object that is referred to. */
  kind: string
  listKind?: string
  categories?: string[]
}

/** What is wanted of a CustomResourceDefinition. */
export interface CustomResourceDefinitionSpec {
  /** API group, or group of users, that is meant. */
  group: string
  names: CustomResourceDefinitionNames
  /** Whether cluster-wide or namespaced things are meant. */
  scope: string
  /** Versions that are served or known. */
  versions: CustomResourceDefinitionVersion[]
  conversion: CustomResourceConversion
  preserveUnknownFields?: boolean
}

/** What was last observed of a CustomResourceDefinition. */
export interface CustomResourceDefinitionStatus {
  /** Observations of the current state, at most one of each type. */
  conditions?: CustomResourceDefinitionCondition[] | null
  acceptedNames: CustomResourceDefinitionNames
  storedVersions?: string[] | null
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
}

export interface CustomResourceDefinitionVersion {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  served: boolean
  storage: boolean
  schema?: CustomResourceValidation
  subresources?: CustomResourceSubresources
  additionalPrinterColumns?: CustomResourceColumnDefinition[]
  deprecated?: boolean
  deprecationWarning?: string
  selectableFields?: SelectableField[]
}

export interface CustomResourceSubresourceScale {
  specReplicasPath: string
  statusReplicasPath: string
  labelSelectorPath?: string
}

/** What was last observed of a CustomResourceSubresource. */
export interface CustomResourceSubresourceStatus {

}

export interface CustomResourceSubresources {
  /** What was last observed of the object; written by the system. */
  status?: CustomResourceSubresourceStatus
  scale?: CustomResourceSubresourceScale
}

export interface CustomResourceValidation {
  openAPIV3Schema?: JSONSchemaProps
}

export interface ExternalDocumentation {
  /** Text for people that explains it. */
  description?: string
  /** Full URL to call. */
  url?: string
}

/** A JSON schema as OpenAPI v3 has it. */
export interface JSONSchemaProps {
  id?: string
  $schema?: string
  $ref?: string
  /** Text for people that explains it. */
  description?: string
  /** Which of the known sorts this is. */
  type?: string
  format?: string
  title?: string
  default?: unknown
  maximum?: number
  exclusiveMaximum?: boolean
  minimum?: number
  exclusiveMinimum?: boolean
  maxLength?: number
  minLength?: number
  pattern?: string
  maxItems?: number
  minItems?: number
  uniqueItems?: boolean
  multipleOf?: number
  enum?: unknown[]
  maxProperties?: number
  minProperties?: number
  required?: string[]
  /** Keys to take and the file names to give them; all when empty. */
  items?: JSONSchemaPropsOrArray
  allOf?: JSONSchemaProps[]
  oneOf?: JSONSchemaProps[]
  anyOf?: JSONSchemaProps[]
  not?: JSONSchemaProps
  properties?: Record<string, JSONSchemaProps>
  additionalProperties?: JSONSchemaPropsOrBool
  patternProperties?: Record<string, JSONSchemaProps>
  dependencies?: Record<string, JSONSchemaPropsOrStringArray>
  additionalItems?: JSONSchemaPropsOrBool
  definitions?: Record<string, JSONSchemaProps>
  externalDocs?: ExternalDocumentation
  example?: unknown
  nullable?: boolean
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-embedded-resource'?: boolean
  'x-kubernetes-int-or-string'?: boolean
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-list-type'?: string
  'x-kubernetes-map-type'?: string
  'x-kubernetes-validations'?: ValidationRule[]
}

export type JSONSchemaPropsOrArray = JSONSchemaProps | JSONSchemaProps[]

export type JSONSchemaPropsOrBool = boolean | JSONSchemaProps

export type JSONSchemaPropsOrStringArray = JSONSchemaProps | string[]

export interface SelectableField {
  jsonPath: string
}

/** Points to a service that is called. */
export interface ServiceReference {
  /** Namespace that the object meant lives in. */
  namespace: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Path of the file, folder or request meant. */
  path?: string
  /** Number of the port, or its name where text is allowed. */
  port: number
}

export interface ValidationRule {
  /** The rule itself. */
  rule: string
  /** A sentence for people that explains the state. */
  message?: string
  /** CEL expression that makes the message. */
  messageExpression?: string
  /** One word in CamelCase that says why, for programs to read. */
  reason?: 'FieldValueDuplicate' | 'FieldValueForbidden' | 'FieldValueInvalid' | 'FieldValueRequired'
  /** Path of the field inside the object. */
  fieldPath?: string
  optionalOldSelf?: boolean
}

/** How a webhook is reached. */
export interface WebhookClientConfig {
  /** Service inside the cluster to call or send to. */
  service?: ServiceReference
  /** Certificates in PEM that the server's certificate is checked against. */
  caBundle?: string
  /** Full URL to call. */
  url?: string
}

export interface WebhookConversion {
  /** How the webhook is reached. */
  clientConfig?: WebhookClientConfig
  conversionReviewVersions: string[]
}

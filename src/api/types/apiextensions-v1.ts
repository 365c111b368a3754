// Written by scripts/generate-types.ts from src/api/tables/apiextensions-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** a column that tables of the resource show */
export interface CustomResourceColumnDefinition {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Which of the known sorts this is. */
  type: string
  /** Format of the value. */
  format?: string
  /** Text for people that explains it. */
  description?: string
  /** Number by which what is more important is told. */
  priority?: number
  /** Path to the value. */
  jsonPath: string
}

/** how objects are turned from one version into another */
export interface CustomResourceConversion {
  /** How the old is replaced by the new. */
  strategy: string
  /** The webhook that does it. */
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

/** what the resource is called in paths, kinds and on the command line */
export interface CustomResourceDefinitionNames {
  /** Name in paths, in the plural. */
  plural: string
  /** Name of a single object. */
  singular?: string
  /** Abbreviations that clients accept. */
  shortNames?: string[]
  /** Kind of the object that is referred to. */
  kind: string
  /** Kind of a list of these objects. */
  listKind?: string
  /** Groups of resources such as all. */
  categories?: string[]
}

/** What is wanted of a CustomResourceDefinition. */
export interface CustomResourceDefinitionSpec {
  /** API group, or group of users, that is meant. */
  group: string
  /** the names of the resource; those accepted are in the status */
  names: CustomResourceDefinitionNames
  /** Whether cluster-wide or namespaced things are meant. */
  scope: string
  /** Versions that are served or known. */
  versions: CustomResourceDefinitionVersion[]
  /** How objects are brought from one version to another. */
  conversion: CustomResourceConversion
  /** Whether fields outside the schema are kept. */
  preserveUnknownFields?: boolean
}

/** What was last observed of a CustomResourceDefinition. */
export interface CustomResourceDefinitionStatus {
  /** Observations of the current state, at most one of each type. */
  conditions?: CustomResourceDefinitionCondition[] | null
  /** Names that are in use now. */
  acceptedNames: CustomResourceDefinitionNames
  /** Versions that objects were ever stored in. */
  storedVersions?: string[] | null
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
}

/** one version of the resource: its schema and whether it is served and stored */
export interface CustomResourceDefinitionVersion {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Whether the version can be asked for. */
  served: boolean
  /** Whether objects are stored in this version. */
  storage: boolean
  /** The schema that the object or value must follow. */
  schema?: CustomResourceValidation
  /** Which subresources there are. */
  subresources?: CustomResourceSubresources
  /** Further columns of tables. */
  additionalPrinterColumns?: CustomResourceColumnDefinition[]
  /** Whether clients are warned of this version. */
  deprecated?: boolean
  /** The warning that clients get. */
  deprecationWarning?: string
  /** Fields that field selectors may use. */
  selectableFields?: SelectableField[]
}

/** where the scale subresource finds its numbers in the object */
export interface CustomResourceSubresourceScale {
  /** the JSON path of the wanted replicas, below .spec */
  specReplicasPath: string
  /** the JSON path of the replicas there are, below .status */
  statusReplicasPath: string
  /** the JSON path of the serialized selector, for autoscalers */
  labelSelectorPath?: string
}

/** What was last observed of a CustomResourceSubresource. */
export interface CustomResourceSubresourceStatus {

}

/** the subresources that the resource has */
export interface CustomResourceSubresources {
  /** What was last observed of the object; written by the system. */
  status?: CustomResourceSubresourceStatus
  /** there when replicas can be set through /scale */
  scale?: CustomResourceSubresourceScale
}

/** how objects of a version are checked and pruned */
export interface CustomResourceValidation {
  /** The schema as OpenAPI v3 has it. */
  openAPIV3Schema?: JSONSchemaProps
}

/** a page elsewhere that says more */
export interface ExternalDocumentation {
  /** Text for people that explains it. */
  description?: string
  /** Full URL to call. */
  url?: string
}

/** A JSON schema as OpenAPI v3 has it. */
export interface JSONSchemaProps {
  /** Identifier of the schema. */
  id?: string
  /** Which dialect the schema is written in. */
  $schema?: string
  /** Reference to another schema; not allowed here. */
  $ref?: string
  /** Text for people that explains it. */
  description?: string
  /** Which of the known sorts this is. */
  type?: string
  /** Format of the value. */
  format?: string
  /** Short name for people. */
  title?: string
  /** Value that an absent one gets. */
  default?: unknown
  /** The largest number that is allowed. */
  maximum?: number
  /** Whether the maximum itself is not allowed. */
  exclusiveMaximum?: boolean
  /** The smallest number that is allowed. */
  minimum?: number
  /** Whether the minimum itself is not allowed. */
  exclusiveMinimum?: boolean
  /** The most characters that are allowed. */
  maxLength?: number
  /** The fewest characters that are allowed. */
  minLength?: number
  /** Regular expression that the text must match. */
  pattern?: string
  /** The most items that are allowed. */
  maxItems?: number
  /** The fewest items that are allowed. */
  minItems?: number
  /** Whether items must differ; only false is allowed. */
  uniqueItems?: boolean
  /** Number that the value must be a multiple of. */
  multipleOf?: number
  /** The values that are allowed. */
  enum?: unknown[]
  /** The most properties that are allowed. */
  maxProperties?: number
  /** The fewest properties that are allowed. */
  minProperties?: number
  /** What must be there. */
  required?: string[]
  /** Schema of the list's items. */
  items?: JSONSchemaPropsOrArray
  /** Schemas that must all hold. */
  allOf?: JSONSchemaProps[]
  /** Schemas of which exactly one must hold. */
  oneOf?: JSONSchemaProps[]
  /** Schemas of which at least one must hold. */
  anyOf?: JSONSchemaProps[]
  /** Schema that must not hold. */
  not?: JSONSchemaProps
  /** Schemas of the properties by name. */
  properties?: Record<string, JSONSchemaProps>
  /** Schema of properties that are not named. */
  additionalProperties?: JSONSchemaPropsOrBool
  /** Schemas by pattern of the name; not allowed here. */
  patternProperties?: Record<string, JSONSchemaProps>
  /** keys or schemas that a property brings with it; refused in structural schemas */
  dependencies?: Record<string, JSONSchemaPropsOrStringArray>
  /** the schema of items beyond those listed; refused in structural schemas */
  additionalItems?: JSONSchemaPropsOrBool
  /** schemas for reuse; refused in structural schemas */
  definitions?: Record<string, JSONSchemaProps>
  /** Where more is written. */
  externalDocs?: ExternalDocumentation
  /** A value to show. */
  example?: unknown
  /** Whether null is a value. */
  nullable?: boolean
  /** Whether fields outside the schema are kept from here on. */
  'x-kubernetes-preserve-unknown-fields'?: boolean
  /** Whether the value is an object with kind and metadata. */
  'x-kubernetes-embedded-resource'?: boolean
  /** Whether the value is a number or a text. */
  'x-kubernetes-int-or-string'?: boolean
  /** Fields by which items of the list are told apart. */
  'x-kubernetes-list-map-keys'?: string[]
  /** How lists are merged: atomic, set or map. */
  'x-kubernetes-list-type'?: string
  /** Whether the map is merged key by key or as one. */
  'x-kubernetes-map-type'?: string
  /** Rules in CEL that must hold. */
  'x-kubernetes-validations'?: ValidationRule[]
}

/** one schema, or a list of them */
export type JSONSchemaPropsOrArray = JSONSchemaProps | JSONSchemaProps[]

/** a schema, or a plain yes or no */
export type JSONSchemaPropsOrBool = boolean | JSONSchemaProps

/** a schema, or a list of property names */
export type JSONSchemaPropsOrStringArray = JSONSchemaProps | string[]

/** a field by which lists and watches may select */
export interface SelectableField {
  /** Path to the value. */
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

/** a CEL rule that values must obey */
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
  /** evaluate the rule on creation too, with oldSelf as an optional */
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

/** a service that converts objects between versions */
export interface WebhookConversion {
  /** How the webhook is reached. */
  clientConfig?: WebhookClientConfig
  /** the review versions that the service understands, best first */
  conversionReviewVersions: string[]
}

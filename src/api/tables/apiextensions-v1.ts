export default `
group "apiextensions.k8s.io" version v1

resource customresourcedefinitions customresourcedefinition CustomResourceDefinition cluster short=crd,crds in=api-extensions: *
  /status CustomResourceDefinition: get patch update

type CustomResourceColumnDefinition | a column that tables of the resource show
   1 name        string! ="" | Name of the thing meant, as its owner knows it.
   2 type        string! ="" | Which of the known sorts this is.
   3 format      string | Format of the value.
   4 description string | Text for people that explains it.
   5 priority    int32 | Number by which what is more important is told.
   6 jsonPath    string! ="" | Path to the value.

type CustomResourceConversion | how objects are turned from one version into another
   1 strategy string!           ="" | How the old is replaced by the new.
   2 webhook  WebhookConversion | The webhook that does it.

object CustomResourceDefinition | Adds a kind of object to the API.
   1 metadata meta.v1.ObjectMeta             ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     CustomResourceDefinitionSpec!  ={} | What is wanted of the object.
   3 status   CustomResourceDefinitionStatus ={} | What was last observed of the object; written by the system.

type CustomResourceDefinitionCondition | One observation of the state of a CustomResourceDefinition.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   4 reason             string | One word in CamelCase that says why, for programs to read.
   5 message            string | A sentence for people that explains the state.
   6 observedGeneration int64 | The generation of the spec that this status was made from.

object CustomResourceDefinitionList | A page of CustomResourceDefinition objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta            ={} | Revision of the page and how to ask for the next.
   2 items    []CustomResourceDefinition! =[] | The objects of this page.

type CustomResourceDefinitionNames | what the resource is called in paths, kinds and on the command line
   1 plural     string!  ="" | Name in paths, in the plural.
   2 singular   string | Name of a single object.
   3 shortNames []string atomic | Abbreviations that clients accept.
   4 kind       string!  ="" | Kind of the object that is referred to.
   5 listKind   string | Kind of a list of these objects.
   6 categories []string atomic | Groups of resources such as all.

type CustomResourceDefinitionSpec | What is wanted of a CustomResourceDefinition.
   1 group                 string!                            ="" | API group, or group of users, that is meant.
   3 names                 CustomResourceDefinitionNames!     ={} | the names of the resource; those accepted are in the status
   4 scope                 string!                            ="" | Whether cluster-wide or namespaced things are meant.
   7 versions              []CustomResourceDefinitionVersion! =null atomic | Versions that are served or known.
   9 conversion            CustomResourceConversion           ={"strategy":"None"} | How objects are brought from one version to another.
  10 preserveUnknownFields bool | Whether fields outside the schema are kept.

type CustomResourceDefinitionStatus | What was last observed of a CustomResourceDefinition.
   1 conditions         []CustomResourceDefinitionCondition =null map(type) | Observations of the current state, at most one of each type.
   2 acceptedNames      CustomResourceDefinitionNames       ={} | Names that are in use now.
   3 storedVersions     []string                            =null atomic | Versions that objects were ever stored in.
   4 observedGeneration int64 | The generation of the spec that this status was made from.

type CustomResourceDefinitionVersion | one version of the resource: its schema and whether it is served and stored
   1 name                     string!                          ="" | Name of the thing meant, as its owner knows it.
   2 served                   bool!                            =false | Whether the version can be asked for.
   3 storage                  bool!                            =false | Whether objects are stored in this version.
   4 schema                   CustomResourceValidation | The schema that the object or value must follow.
   5 subresources             CustomResourceSubresources | Which subresources there are.
   6 additionalPrinterColumns []CustomResourceColumnDefinition atomic | Further columns of tables.
   7 deprecated               bool | Whether clients are warned of this version.
   8 deprecationWarning       string? | The warning that clients get.
   9 selectableFields         []SelectableField                atomic | Fields that field selectors may use.

type CustomResourceSubresourceScale | where the scale subresource finds its numbers in the object
   1 specReplicasPath   string! ="" | the JSON path of the wanted replicas, below .spec
   2 statusReplicasPath string! ="" | the JSON path of the replicas there are, below .status
   3 labelSelectorPath  string? | the JSON path of the serialized selector, for autoscalers

type CustomResourceSubresourceStatus | What was last observed of a CustomResourceSubresource.

type CustomResourceSubresources | the subresources that the resource has
   1 status CustomResourceSubresourceStatus | What was last observed of the object; written by the system.
   2 scale  CustomResourceSubresourceScale | there when replicas can be set through /scale

type CustomResourceValidation | how objects of a version are checked and pruned
   1 openAPIV3Schema JSONSchemaProps | The schema as OpenAPI v3 has it.

type ExternalDocumentation | a page elsewhere that says more
   1 description string | Text for people that explains it.
   2 url         string | Full URL to call.

type JSONSchemaProps | A JSON schema as OpenAPI v3 has it.
   1 id                                   string | Identifier of the schema.
   2 $schema                              string | Which dialect the schema is written in.
   3 $ref                                 string? | Reference to another schema; not allowed here.
   4 description                          string | Text for people that explains it.
   5 type                                 string | Which of the known sorts this is.
   6 format                               string | Format of the value.
   7 title                                string | Short name for people.
   8 default                              JSON | Value that an absent one gets.
   9 maximum                              double? | The largest number that is allowed.
  10 exclusiveMaximum                     bool | Whether the maximum itself is not allowed.
  11 minimum                              double? | The smallest number that is allowed.
  12 exclusiveMinimum                     bool | Whether the minimum itself is not allowed.
  13 maxLength                            int64? | The most characters that are allowed.
  14 minLength                            int64? | The fewest characters that are allowed.
  15 pattern                              string | Regular expression that the text must match.
  16 maxItems                             int64? | The most items that are allowed.
  17 minItems                             int64? | The fewest items that are allowed.
  18 uniqueItems                          bool | Whether items must differ; only false is allowed.
  19 multipleOf                           double? | Number that the value must be a multiple of.
  20 enum                                 []JSON                                  atomic | The values that are allowed.
  21 maxProperties                        int64? | The most properties that are allowed.
  22 minProperties                        int64? | The fewest properties that are allowed.
  23 required                             []string                                atomic | What must be there.
  24 items                                JSONSchemaPropsOrArray | Schema of the list's items.
  25 allOf                                []JSONSchemaProps                       atomic | Schemas that must all hold.
  26 oneOf                                []JSONSchemaProps                       atomic | Schemas of which exactly one must hold.
  27 anyOf                                []JSONSchemaProps                       atomic | Schemas of which at least one must hold.
  28 not                                  JSONSchemaProps | Schema that must not hold.
  29 properties                           map[string]JSONSchemaProps | Schemas of the properties by name.
  30 additionalProperties                 JSONSchemaPropsOrBool | Schema of properties that are not named.
  31 patternProperties                    map[string]JSONSchemaProps | Schemas by pattern of the name; not allowed here.
  32 dependencies                         map[string]JSONSchemaPropsOrStringArray | keys or schemas that a property brings with it; refused in structural schemas
  33 additionalItems                      JSONSchemaPropsOrBool | the schema of items beyond those listed; refused in structural schemas
  34 definitions                          map[string]JSONSchemaProps | schemas for reuse; refused in structural schemas
  35 externalDocs                         ExternalDocumentation | Where more is written.
  36 example                              JSON | A value to show.
  37 nullable                             bool | Whether null is a value.
  38 x-kubernetes-preserve-unknown-fields bool? | Whether fields outside the schema are kept from here on.
  39 x-kubernetes-embedded-resource       bool | Whether the value is an object with kind and metadata.
  40 x-kubernetes-int-or-string           bool | Whether the value is a number or a text.
  41 x-kubernetes-list-map-keys           []string                                atomic | Fields by which items of the list are told apart.
  42 x-kubernetes-list-type               string? | How lists are merged: atomic, set or map.
  43 x-kubernetes-map-type                string? | Whether the map is merged key by key or as one.
  44 x-kubernetes-validations             []ValidationRule                        map(rule) merge(rule) | Rules in CEL that must hold.

type JSONSchemaPropsOrArray union | one schema, or a list of them
   1 schema      JSONSchemaProps | The schema that the object or value must follow.
   2 jSONSchemas []JSONSchemaProps | the schemas, when it is a list

type JSONSchemaPropsOrBool union | a schema, or a plain yes or no
   1 allows bool? | the yes or no
   2 schema JSONSchemaProps | The schema that the object or value must follow.

type JSONSchemaPropsOrStringArray union | a schema, or a list of property names
   1 schema   JSONSchemaProps | The schema that the object or value must follow.
   2 property []string | the property names

type SelectableField | a field by which lists and watches may select
   1 jsonPath string! ="" | Path to the value.

type ServiceReference | Points to a service that is called.
   1 namespace string! ="" | Namespace that the object meant lives in.
   2 name      string! ="" | Name of the thing meant, as its owner knows it.
   3 path      string? | Path of the file, folder or request meant.
   4 port      int32?  =443 | Number of the port, or its name where text is allowed.

type ValidationRule | a CEL rule that values must obey
   1 rule              string! ="" | The rule itself.
   2 message           string | A sentence for people that explains the state.
   3 messageExpression string | CEL expression that makes the message.
   4 reason            string(FieldValueDuplicate|FieldValueForbidden|FieldValueInvalid|FieldValueRequired)? | One word in CamelCase that says why, for programs to read.
   5 fieldPath         string | Path of the field inside the object.
   6 optionalOldSelf   bool? | evaluate the rule on creation too, with oldSelf as an optional

type WebhookClientConfig | How a webhook is reached.
   1 service  ServiceReference | Service inside the cluster to call or send to.
   2 caBundle bytes | Certificates in PEM that the server's certificate is checked against.
   3 url      string? | Full URL to call.

type WebhookConversion | a service that converts objects between versions
   2 clientConfig             WebhookClientConfig | How the webhook is reached.
   3 conversionReviewVersions []string!           =null atomic | the review versions that the service understands, best first
`

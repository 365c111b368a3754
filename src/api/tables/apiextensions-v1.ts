export default `
group "apiextensions.k8s.io" version v1

resource customresourcedefinitions customresourcedefinition CustomResourceDefinition cluster short=crd,crds in=api-extensions: *
  /status CustomResourceDefinition: get patch update

type CustomResourceColumnDefinition
   1 name        string! ="" | Name of the thing meant, as its owner knows it.
   2 type        string! ="" | Which of the known sorts this is.
   3 format      string
   4 description string | Text for people that explains it.
   5 priority    int32 | Number by which what is more important is told.
   6 jsonPath    string! =""

type CustomResourceConversion
   1 strategy string!           ="" | How the old is replaced by the new.
   2 webhook  WebhookConversion

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

type CustomResourceDefinitionNames
   1 plural     string!  =""
   2 singular   string
   3 shortNames []string atomic
   4 kind       string!  ="" | Kind of the object that is referred to.
   5 listKind   string
   6 categories []string atomic

type CustomResourceDefinitionSpec | What is wanted of a CustomResourceDefinition.
   1 group                 string!                            ="" | API group, or group of users, that is meant.
   3 names                 CustomResourceDefinitionNames!     ={}
   4 scope                 string!                            ="" | Whether cluster-wide or namespaced things are meant.
   7 versions              []CustomResourceDefinitionVersion! =null atomic | Versions that are served or known.
   9 conversion            CustomResourceConversion           ={"strategy":"None"}
  10 preserveUnknownFields bool

type CustomResourceDefinitionStatus | What was last observed of a CustomResourceDefinition.
   1 conditions         []CustomResourceDefinitionCondition =null map(type) | Observations of the current state, at most one of each type.
   2 acceptedNames      CustomResourceDefinitionNames       ={}
   3 storedVersions     []string                            =null atomic
   4 observedGeneration int64 | The generation of the spec that this status was made from.

type CustomResourceDefinitionVersion
   1 name                     string!                          ="" | Name of the thing meant, as its owner knows it.
   2 served                   bool!                            =false
   3 storage                  bool!                            =false
   4 schema                   CustomResourceValidation
   5 subresources             CustomResourceSubresources
   6 additionalPrinterColumns []CustomResourceColumnDefinition atomic
   7 deprecated               bool
   8 deprecationWarning       string?
   9 selectableFields         []SelectableField                atomic

type CustomResourceSubresourceScale
   1 specReplicasPath   string! =""
   2 statusReplicasPath string! =""
   3 labelSelectorPath  string?

type CustomResourceSubresourceStatus | What was last observed of a CustomResourceSubresource.

type CustomResourceSubresources
   1 status CustomResourceSubresourceStatus | What was last observed of the object; written by the system.
   2 scale  CustomResourceSubresourceScale

type CustomResourceValidation
   1 openAPIV3Schema JSONSchemaProps

type ExternalDocumentation
   1 description string | Text for people that explains it.
   2 url         string | Full URL to call.

type JSONSchemaProps | A JSON schema as OpenAPI v3 has it.
   1 id                                   string
   2 $schema                              string
   3 $ref                                 string?
   4 description                          string | Text for people that explains it.
   5 type                                 string | Which of the known sorts this is.
   6 format                               string
   7 title                                string
   8 default                              JSON
   9 maximum                              double?
  10 exclusiveMaximum                     bool
  11 minimum                              double?
  12 exclusiveMinimum                     bool
  13 maxLength                            int64?
  14 minLength                            int64?
  15 pattern                              string
  16 maxItems                             int64?
  17 minItems                             int64?
  18 uniqueItems                          bool
  19 multipleOf                           double?
  20 enum                                 []JSON                                  atomic
  21 maxProperties                        int64?
  22 minProperties                        int64?
  23 required                             []string                                atomic
  24 items                                JSONSchemaPropsOrArray | Keys to take and the file names to give them; all when empty.
  25 allOf                                []JSONSchemaProps                       atomic
  26 oneOf                                []JSONSchemaProps                       atomic
  27 anyOf                                []JSONSchemaProps                       atomic
  28 not                                  JSONSchemaProps
  29 properties                           map[string]JSONSchemaProps
  30 additionalProperties                 JSONSchemaPropsOrBool
  31 patternProperties                    map[string]JSONSchemaProps
  32 dependencies                         map[string]JSONSchemaPropsOrStringArray
  33 additionalItems                      JSONSchemaPropsOrBool
  34 definitions                          map[string]JSONSchemaProps
  35 externalDocs                         ExternalDocumentation
  36 example                              JSON
  37 nullable                             bool
  38 x-kubernetes-preserve-unknown-fields bool?
  39 x-kubernetes-embedded-resource       bool
  40 x-kubernetes-int-or-string           bool
  41 x-kubernetes-list-map-keys           []string
  42 x-kubernetes-list-type               string?
  43 x-kubernetes-map-type                string?
  44 x-kubernetes-validations             []ValidationRule

type JSONSchemaPropsOrArray union
   1 schema      JSONSchemaProps
   2 jSONSchemas []JSONSchemaProps

type JSONSchemaPropsOrBool union
   1 allows bool?
   2 schema JSONSchemaProps

type JSONSchemaPropsOrStringArray union
   1 schema   JSONSchemaProps
   2 property []string

type SelectableField
   1 jsonPath string! =""

type ServiceReference | Points to a service that is called.
   1 namespace string! ="" | Namespace that the object meant lives in.
   2 name      string! ="" | Name of the thing meant, as its owner knows it.
   3 path      string? | Path of the file, folder or request meant.
   4 port      int32?  =443 | Number of the port, or its name where text is allowed.

type ValidationRule
   1 rule              string! ="" | The rule itself.
   2 message           string | A sentence for people that explains the state.
   3 messageExpression string | CEL expression that makes the message.
   4 reason            string(FieldValueDuplicate|FieldValueForbidden|FieldValueInvalid|FieldValueRequired)? | One word in CamelCase that says why, for programs to read.
   5 fieldPath         string | Path of the field inside the object.
   6 optionalOldSelf   bool?

type WebhookClientConfig | How a webhook is reached.
   1 service  ServiceReference | Service inside the cluster to call or send to.
   2 caBundle bytes | Certificates in PEM that the server's certificate is checked against.
   3 url      string? | Full URL to call.

type WebhookConversion
   2 clientConfig             WebhookClientConfig | How the webhook is reached.
   3 conversionReviewVersions []string!           =null atomic
`

export default `
group "apiextensions.k8s.io" version v1

resource customresourcedefinitions customresourcedefinition CustomResourceDefinition cluster short=crd,crds in=api-extensions: *
  /status CustomResourceDefinition: get patch update

type CustomResourceColumnDefinition
   1 name        string! =""
   2 type        string! =""
   3 format      string
   4 description string
   5 priority    int32
   6 jsonPath    string! =""

type CustomResourceConversion
   1 strategy string!           =""
   2 webhook  WebhookConversion

object CustomResourceDefinition
   1 metadata meta.v1.ObjectMeta             ={}
   2 spec     CustomResourceDefinitionSpec!  ={}
   3 status   CustomResourceDefinitionStatus ={}

type CustomResourceDefinitionCondition
   1 type               string! =""
   2 status             string! =""
   3 lastTransitionTime Time    =null
   4 reason             string
   5 message            string
   6 observedGeneration int64

object CustomResourceDefinitionList
   1 metadata meta.v1.ListMeta            ={}
   2 items    []CustomResourceDefinition! =[]

type CustomResourceDefinitionNames
   1 plural     string!  =""
   2 singular   string
   3 shortNames []string atomic
   4 kind       string!  =""
   5 listKind   string
   6 categories []string atomic

type CustomResourceDefinitionSpec
   1 group                 string!                            =""
   3 names                 CustomResourceDefinitionNames!     ={}
   4 scope                 string!                            =""
   7 versions              []CustomResourceDefinitionVersion! =null atomic
   9 conversion            CustomResourceConversion           ={"strategy":"None"}
  10 preserveUnknownFields bool

type CustomResourceDefinitionStatus
   1 conditions         []CustomResourceDefinitionCondition =null map(type)
   2 acceptedNames      CustomResourceDefinitionNames       ={}
   3 storedVersions     []string                            =null atomic
   4 observedGeneration int64

type CustomResourceDefinitionVersion
   1 name                     string!                          =""
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

type CustomResourceSubresourceStatus

type CustomResourceSubresources
   1 status CustomResourceSubresourceStatus
   2 scale  CustomResourceSubresourceScale

type CustomResourceValidation
   1 openAPIV3Schema JSONSchemaProps

type ExternalDocumentation
   1 description string
   2 url         string

type JSONSchemaProps
   1 id                                   string
   2 $schema                              string
   3 $ref                                 string?
   4 description                          string
   5 type                                 string
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
  24 items                                JSONSchemaPropsOrArray
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

type ServiceReference
   1 namespace string! =""
   2 name      string! =""
   3 path      string?
   4 port      int32?  =443

type ValidationRule
   1 rule              string! =""
   2 message           string
   3 messageExpression string
   4 reason            string(FieldValueDuplicate|FieldValueForbidden|FieldValueInvalid|FieldValueRequired)?
   5 fieldPath         string
   6 optionalOldSelf   bool?

type WebhookClientConfig
   1 service  ServiceReference
   2 caBundle bytes
   3 url      string?

type WebhookConversion
   2 clientConfig             WebhookClientConfig
   3 conversionReviewVersions []string!           =null atomic
`

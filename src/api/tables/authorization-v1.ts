export default `
group "authorization.k8s.io" version v1

resource localsubjectaccessreviews localsubjectaccessreview LocalSubjectAccessReview namespaced: create
resource selfsubjectaccessreviews selfsubjectaccessreview SelfSubjectAccessReview cluster: create
resource selfsubjectrulesreviews selfsubjectrulesreview SelfSubjectRulesReview cluster: create
resource subjectaccessreviews subjectaccessreview SubjectAccessReview cluster: create

type ExtraValue union
   1 items []string

type FieldSelectorAttributes
   1 rawSelector  string
   2 requirements []meta.v1.FieldSelectorRequirement atomic

type LabelSelectorAttributes
   1 rawSelector  string
   2 requirements []meta.v1.LabelSelectorRequirement atomic

object LocalSubjectAccessReview
   1 metadata meta.v1.ObjectMeta        ={}
   2 spec     SubjectAccessReviewSpec!  ={}
   3 status   SubjectAccessReviewStatus ={}

type NonResourceAttributes
   1 path string
   2 verb string

type NonResourceRule
   1 verbs           []string! =null atomic
   2 nonResourceURLs []string  atomic

type ResourceAttributes
   1 namespace     string
   2 verb          string
   3 group         string
   4 version       string
   5 resource      string
   6 subresource   string
   7 name          string
   8 fieldSelector FieldSelectorAttributes
   9 labelSelector LabelSelectorAttributes

type ResourceRule
   1 verbs         []string! =null atomic
   2 apiGroups     []string  atomic
   3 resources     []string  atomic
   4 resourceNames []string  atomic

object SelfSubjectAccessReview
   1 metadata meta.v1.ObjectMeta           ={}
   2 spec     SelfSubjectAccessReviewSpec! ={}
   3 status   SubjectAccessReviewStatus    ={}

type SelfSubjectAccessReviewSpec
   1 resourceAttributes    ResourceAttributes
   2 nonResourceAttributes NonResourceAttributes

object SelfSubjectRulesReview
   1 metadata meta.v1.ObjectMeta          ={}
   2 spec     SelfSubjectRulesReviewSpec! ={}
   3 status   SubjectRulesReviewStatus    ={}

type SelfSubjectRulesReviewSpec
   1 namespace string

object SubjectAccessReview
   1 metadata meta.v1.ObjectMeta        ={}
   2 spec     SubjectAccessReviewSpec!  ={}
   3 status   SubjectAccessReviewStatus ={}

type SubjectAccessReviewSpec
   1 resourceAttributes    ResourceAttributes
   2 nonResourceAttributes NonResourceAttributes
   3 user                  string
   4 groups                []string              atomic
   5 extra                 map[string]ExtraValue
   6 uid                   string

type SubjectAccessReviewStatus
   1 allowed         bool!  =false
   2 reason          string
   3 evaluationError string
   4 denied          bool

type SubjectRulesReviewStatus
   1 resourceRules    []ResourceRule!    =null atomic
   2 nonResourceRules []NonResourceRule! =null atomic
   3 incomplete       bool!              =false
   4 evaluationError  string
`

export default `
group "authorization.k8s.io" version v1

resource localsubjectaccessreviews localsubjectaccessreview LocalSubjectAccessReview namespaced: create
resource selfsubjectaccessreviews selfsubjectaccessreview SelfSubjectAccessReview cluster: create
resource selfsubjectrulesreviews selfsubjectrulesreview SelfSubjectRulesReview cluster: create
resource subjectaccessreviews subjectaccessreview SubjectAccessReview cluster: create

type ExtraValue union | The values of one extra fact.
   1 items []string | Keys to take and the file names to give them; all when empty.

type FieldSelectorAttributes | the field selector of the request that is asked about
   1 rawSelector  string | the selector as it stood in the query
   2 requirements []meta.v1.FieldSelectorRequirement atomic | the selector in its parts; all must hold

type LabelSelectorAttributes | the label selector of the request that is asked about
   1 rawSelector  string | the selector as it stood in the query
   2 requirements []meta.v1.LabelSelectorRequirement atomic | the selector in its parts; all must hold

object LocalSubjectAccessReview | Asks whether someone may do something in a namespace.
   1 metadata meta.v1.ObjectMeta        ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     SubjectAccessReviewSpec!  ={} | What is wanted of the object.
   3 status   SubjectAccessReviewStatus ={} | What was last observed of the object; written by the system.

type NonResourceAttributes | a path that is no resource, and what is done to it
   1 path string | Path of the file, folder or request meant.
   2 verb string | the HTTP method in lower case

type NonResourceRule | verbs allowed on paths that are no resource
   1 verbs           []string! =null atomic | Verbs that are matched or allowed; * is every one.
   2 nonResourceURLs []string  atomic | Paths outside the resources that are matched.

type ResourceAttributes | a resource request: verb, group, resource, namespace and name
   1 namespace     string | Namespace that the object meant lives in.
   2 verb          string | get, list, watch, create, update, patch, delete, deletecollection, or * for all
   3 group         string | API group, or group of users, that is meant.
   4 version       string | Version that is meant.
   5 resource      string | Resource that is meant, in the plural.
   6 subresource   string | status, scale, log and the like; empty for the object itself
   7 name          string | Name of the thing meant, as its owner knows it.
   8 fieldSelector FieldSelectorAttributes | narrows lists, watches and collections to fields
   9 labelSelector LabelSelectorAttributes | Which objects are meant, by their labels.

type ResourceRule | verbs allowed on resources
   1 verbs         []string! =null atomic | Verbs that are matched or allowed; * is every one.
   2 apiGroups     []string  atomic | API groups that are matched; * is every one.
   3 resources     []string  atomic | Compute resources that are asked for and limited.
   4 resourceNames []string  atomic | Names that are matched; all when empty.

object SelfSubjectAccessReview | Asks whether the caller may do something.
   1 metadata meta.v1.ObjectMeta           ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     SelfSubjectAccessReviewSpec! ={} | What is wanted of the object.
   3 status   SubjectAccessReviewStatus    ={} | What was last observed of the object; written by the system.

type SelfSubjectAccessReviewSpec | What is wanted of a SelfSubjectAccessReview.
   1 resourceAttributes    ResourceAttributes | asks about a resource request
   2 nonResourceAttributes NonResourceAttributes | asks about another path

object SelfSubjectRulesReview | Asks for what the caller may do in a namespace.
   1 metadata meta.v1.ObjectMeta          ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     SelfSubjectRulesReviewSpec! ={} | What is wanted of the object.
   3 status   SubjectRulesReviewStatus    ={} | What was last observed of the object; written by the system.

type SelfSubjectRulesReviewSpec | What is wanted of a SelfSubjectRulesReview.
   1 namespace string | Namespace that the object meant lives in.

object SubjectAccessReview | Asks whether someone may do something.
   1 metadata meta.v1.ObjectMeta        ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     SubjectAccessReviewSpec!  ={} | What is wanted of the object.
   3 status   SubjectAccessReviewStatus ={} | What was last observed of the object; written by the system.

type SubjectAccessReviewSpec | What is wanted of a SubjectAccessReview.
   1 resourceAttributes    ResourceAttributes | asks about a resource request
   2 nonResourceAttributes NonResourceAttributes | asks about another path
   3 user                  string | User to act as.
   4 groups                []string              atomic | Groups that the user belongs to.
   5 extra                 map[string]ExtraValue | Further facts about the user from the authenticator.
   6 uid                   string | Unique identifier of the object, never used for another one.

type SubjectAccessReviewStatus | What was last observed of a SubjectAccessReview.
   1 allowed         bool!  =false | true when the request would be let through
   2 reason          string | One word in CamelCase that says why, for programs to read.
   3 evaluationError string | what went wrong while deciding; a decision may stand all the same
   4 denied          bool | true when an authorizer said no outright

type SubjectRulesReviewStatus | What was last observed of a SubjectRulesReview.
   1 resourceRules    []ResourceRule!    =null atomic | Resources that are matched or allowed.
   2 nonResourceRules []NonResourceRule! =null atomic | Paths that are matched or allowed.
   3 incomplete       bool!              =false | true when some authorizer cannot list its rules
   4 evaluationError  string | what went wrong while the rules were gathered
`

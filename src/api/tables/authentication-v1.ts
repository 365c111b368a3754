export default `
group "authentication.k8s.io" version v1

resource selfsubjectreviews selfsubjectreview SelfSubjectReview cluster: create
resource tokenreviews tokenreview TokenReview cluster: create

type BoundObjectReference
   1 kind       string
   2 apiVersion string
   3 name       string
   4 uid        string

type ExtraValue union
   1 items []string

object SelfSubjectReview
   1 metadata meta.v1.ObjectMeta      ={}
   2 status   SelfSubjectReviewStatus ={}

type SelfSubjectReviewStatus
   1 userInfo UserInfo ={}

object TokenRequest
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     TokenRequestSpec   ={}
   3 status   TokenRequestStatus ={}

type TokenRequestSpec
   1 audiences         []string             =null atomic
   3 boundObjectRef    BoundObjectReference =null
   4 expirationSeconds int64?               =3600

type TokenRequestStatus
   1 token               string =""
   2 expirationTimestamp Time   =null

object TokenReview
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     TokenReviewSpec!   ={}
   3 status   TokenReviewStatus  ={}

type TokenReviewSpec
   1 token     string!
   2 audiences []string atomic

type TokenReviewStatus
   1 authenticated bool
   2 user          UserInfo ={}
   3 error         string
   4 audiences     []string atomic

type UserInfo
   1 username string
   2 uid      string
   3 groups   []string              atomic
   4 extra    map[string]ExtraValue
`

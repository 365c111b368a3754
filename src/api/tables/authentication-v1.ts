export default `
group "authentication.k8s.io" version v1

resource selfsubjectreviews selfsubjectreview SelfSubjectReview cluster: create
resource tokenreviews tokenreview TokenReview cluster: create

type BoundObjectReference | the object with which a token loses its worth
   1 kind       string | Kind of the object that is referred to.
   2 apiVersion string | API group and version of the object that is referred to.
   3 name       string | Name of the thing meant, as its owner knows it.
   4 uid        string | Unique identifier of the object, never used for another one.

type ExtraValue union | The values of one extra fact.
   1 items []string | Keys to take and the file names to give them; all when empty.

object SelfSubjectReview | Asks who the caller is.
   1 metadata meta.v1.ObjectMeta      ={} | Name, labels, annotations and bookkeeping of the object.
   2 status   SelfSubjectReviewStatus ={} | What was last observed of the object; written by the system.

type SelfSubjectReviewStatus | What was last observed of a SelfSubjectReview.
   1 userInfo UserInfo ={} | who the server takes the caller for

object TokenRequest | Asks for a token of a service account.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     TokenRequestSpec   ={} | What is wanted of the object.
   3 status   TokenRequestStatus ={} | What was last observed of the object; written by the system.

type TokenRequestSpec | What is wanted of a TokenRequest.
   1 audiences         []string             =null atomic | Who the token is meant for.
   3 boundObjectRef    BoundObjectReference =null | the pod, secret or node that the token is tied to
   4 expirationSeconds int64?               =3600 | Seconds that the token or certificate should last.

type TokenRequestStatus | What was last observed of a TokenRequest.
   1 token               string ="" | The bearer token.
   2 expirationTimestamp Time   =null | when the token ends

object TokenReview | Asks who a token belongs to.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     TokenReviewSpec!   ={} | What is wanted of the object.
   3 status   TokenReviewStatus  ={} | What was last observed of the object; written by the system.

type TokenReviewSpec | What is wanted of a TokenReview.
   1 token     string! | The bearer token.
   2 audiences []string atomic | Who the token is meant for.

type TokenReviewStatus | What was last observed of a TokenReview.
   1 authenticated bool | whether the token is somebody's
   2 user          UserInfo ={} | User to act as.
   3 error         string | What went wrong, where something did.
   4 audiences     []string atomic | Who the token is meant for.

type UserInfo | Who a user is.
   1 username string | Name that identifies the user.
   2 uid      string | Unique identifier of the object, never used for another one.
   3 groups   []string              atomic | Groups that the user belongs to.
   4 extra    map[string]ExtraValue | Further facts about the user from the authenticator.
`

export default `
group "apiregistration.k8s.io" version v1

resource apiservices apiservice APIService cluster in=api-extensions: *
  /status APIService: get patch update

object APIService
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     APIServiceSpec     ={}
   3 status   APIServiceStatus   ={}

type APIServiceCondition
   1 type               string! =""
   2 status             string! =""
   3 lastTransitionTime Time    =null
   4 reason             string
   5 message            string

object APIServiceList
   1 metadata meta.v1.ListMeta ={}
   2 items    []APIService!    =[]

type APIServiceSpec
   1 service               ServiceReference
   2 group                 string
   3 version               string
   4 insecureSkipTLSVerify bool
   5 caBundle              bytes            atomic
   7 groupPriorityMinimum  int32!           =0
   8 versionPriority       int32!           =0

type APIServiceStatus
   1 conditions []APIServiceCondition map(type) merge(type)

type ServiceReference
   1 namespace string
   2 name      string
   3 port      int32? =443
`

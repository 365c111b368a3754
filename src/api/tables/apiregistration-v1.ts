export default `
group "apiregistration.k8s.io" version v1

resource apiservices apiservice APIService cluster in=api-extensions: *
  /status APIService: get patch update

object APIService | A group and version, served here or by another server.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     APIServiceSpec     ={} | What is wanted of the object.
   3 status   APIServiceStatus   ={} | What was last observed of the object; written by the system.

type APIServiceCondition | One observation of the state of a APIService.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   4 reason             string | One word in CamelCase that says why, for programs to read.
   5 message            string | A sentence for people that explains the state.

object APIServiceList | A page of APIService objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []APIService!    =[] | The objects of this page.

type APIServiceSpec | What is wanted of a APIService.
   1 service               ServiceReference | Service inside the cluster to call or send to.
   2 group                 string | API group, or group of users, that is meant.
   3 version               string | Version that is meant.
   4 insecureSkipTLSVerify bool | trust any certificate of the service; not for production
   5 caBundle              bytes            atomic | Certificates in PEM that the server's certificate is checked against.
   7 groupPriorityMinimum  int32!           =0 | the group's place in discovery: higher comes first
   8 versionPriority       int32!           =0 | the version's place within its group: higher comes first

type APIServiceStatus | What was last observed of a APIService.
   1 conditions []APIServiceCondition map(type) merge(type) | Observations of the current state, at most one of each type.

type ServiceReference | Points to a service that is called.
   1 namespace string | Namespace that the object meant lives in.
   2 name      string | Name of the thing meant, as its owner knows it.
   3 port      int32? =443 | Number of the port, or its name where text is allowed.
`

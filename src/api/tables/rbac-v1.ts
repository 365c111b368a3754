export default `
group "rbac.authorization.k8s.io" version v1

resource clusterrolebindings clusterrolebinding ClusterRoleBinding cluster: *
resource clusterroles clusterrole ClusterRole cluster: *
resource rolebindings rolebinding RoleBinding namespaced: *
resource roles role Role namespaced: *

type AggregationRule
   1 clusterRoleSelectors []meta.v1.LabelSelector atomic

object ClusterRole
   1 metadata        meta.v1.ObjectMeta ={}
   2 rules           []PolicyRule       =null atomic
   3 aggregationRule AggregationRule

object ClusterRoleBinding
   1 metadata meta.v1.ObjectMeta ={}
   2 subjects []Subject          atomic
   3 roleRef  RoleRef!           ={}

object ClusterRoleBindingList
   1 metadata meta.v1.ListMeta      ={}
   2 items    []ClusterRoleBinding! =[]

object ClusterRoleList
   1 metadata meta.v1.ListMeta ={}
   2 items    []ClusterRole!   =[]

type PolicyRule
   1 verbs           []string! =null atomic
   2 apiGroups       []string  atomic
   3 resources       []string  atomic
   4 resourceNames   []string  atomic
   5 nonResourceURLs []string  atomic

object Role
   1 metadata meta.v1.ObjectMeta ={}
   2 rules    []PolicyRule       =null atomic

object RoleBinding
   1 metadata meta.v1.ObjectMeta ={}
   2 subjects []Subject          atomic
   3 roleRef  RoleRef!           ={}

object RoleBindingList
   1 metadata meta.v1.ListMeta ={}
   2 items    []RoleBinding!   =[]

object RoleList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Role!          =[]

type RoleRef atomic
   1 apiGroup string  ="rbac.authorization.k8s.io"
   2 kind     string! =""
   3 name     string! =""

type Subject atomic
   1 kind      string! =""
   2 apiGroup  string
   3 name      string! =""
   4 namespace string
`

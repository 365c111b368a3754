export default `
group "rbac.authorization.k8s.io" version v1

resource clusterrolebindings clusterrolebinding ClusterRoleBinding cluster: *
resource clusterroles clusterrole ClusterRole cluster: *
resource rolebindings rolebinding RoleBinding namespaced: *
resource roles role Role namespaced: *

type AggregationRule | Selects cluster roles whose rules are added.
   1 clusterRoleSelectors []meta.v1.LabelSelector atomic | roles that match any of these give their rules

object ClusterRole | Permissions in the whole cluster, or to grant in namespaces.
   1 metadata        meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 rules           []PolicyRule       =null atomic | Rules of which any may match.
   3 aggregationRule AggregationRule | Which roles' rules are added.

object ClusterRoleBinding | Grants a cluster role in the whole cluster.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 subjects []Subject          atomic | Who is meant.
   3 roleRef  RoleRef!           ={} | The role that is granted.

object ClusterRoleBindingList | A page of ClusterRoleBinding objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta      ={} | Revision of the page and how to ask for the next.
   2 items    []ClusterRoleBinding! =[] | The objects of this page.

object ClusterRoleList | A page of ClusterRole objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []ClusterRole!   =[] | The objects of this page.

type PolicyRule | Verbs that are allowed on resources or paths.
   1 verbs           []string! =null atomic | Verbs that are matched or allowed; * is every one.
   2 apiGroups       []string  atomic | API groups that are matched; * is every one.
   3 resources       []string  atomic | Compute resources that are asked for and limited.
   4 resourceNames   []string  atomic | Names that are matched; all when empty.
   5 nonResourceURLs []string  atomic | Paths outside the resources that are matched.

object Role | Permissions within a namespace.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 rules    []PolicyRule       =null atomic | Rules of which any may match.

object RoleBinding | Grants a role to subjects within a namespace.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 subjects []Subject          atomic | Who is meant.
   3 roleRef  RoleRef!           ={} | The role that is granted.

object RoleBindingList | A page of RoleBinding objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []RoleBinding!   =[] | The objects of this page.

object RoleList | A page of Role objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Role!          =[] | The objects of this page.

type RoleRef atomic | The role that is granted.
   1 apiGroup string  ="rbac.authorization.k8s.io" | API group of the object that is referred to; empty means core.
   2 kind     string! ="" | Kind of the object that is referred to.
   3 name     string! ="" | Name of the thing meant, as its owner knows it.

type Subject atomic | Who is meant: a user, a group or a service account.
   1 kind      string! ="" | Kind of the object that is referred to.
   2 apiGroup  string | API group of the object that is referred to; empty means core.
   3 name      string! ="" | Name of the thing meant, as its owner knows it.
   4 namespace string | Namespace that the object meant lives in.
`

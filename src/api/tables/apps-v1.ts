export default `
group "apps" version v1

resource controllerrevisions controllerrevision ControllerRevision namespaced: *
resource daemonsets daemonset DaemonSet namespaced short=ds in=all: *
  /status DaemonSet: get patch update
resource deployments deployment Deployment namespaced short=deploy in=all: *
  /scale autoscaling/v1/Scale: get patch update
  /status Deployment: get patch update
resource replicasets replicaset ReplicaSet namespaced short=rs in=all: *
  /scale autoscaling/v1/Scale: get patch update
  /status ReplicaSet: get patch update
resource statefulsets statefulset StatefulSet namespaced short=sts in=all: *
  /scale autoscaling/v1/Scale: get patch update
  /status StatefulSet: get patch update

object ControllerRevision | A snapshot of a template, to roll back to.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 data     RawExtension       =null | The content, by key or as raw document.
   3 revision int64!             =0 | Number of the revision.

object ControllerRevisionList | A page of ControllerRevision objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta      ={} | Revision of the page and how to ask for the next.
   2 items    []ControllerRevision! =[] | The objects of this page.

object DaemonSet | Runs one pod on each node that suits.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     DaemonSetSpec      ={} | What is wanted of the object.
   3 status   DaemonSetStatus    ={} | What was last observed of the object; written by the system.

type DaemonSetCondition | One observation of the state of a DaemonSet.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   4 reason             string | One word in CamelCase that says why, for programs to read.
   5 message            string | A sentence for people that explains the state.

object DaemonSetList | A page of DaemonSet objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []DaemonSet!     =[] | The objects of this page.

type DaemonSetSpec | What is wanted of a DaemonSet.
   1 selector             meta.v1.LabelSelector! | Which objects are meant, by their labels.
   2 template             core.v1.PodTemplateSpec! ={} | What the pods made from this object look like.
   3 updateStrategy       DaemonSetUpdateStrategy  ={} | How running pods are replaced when the template changes.
   4 minReadySeconds      int32 | Seconds a new pod must stay ready before it counts as available.
   6 revisionHistoryLimit int32?                   =10 | How many old revisions are kept to roll back to.

type DaemonSetStatus | What was last observed of a DaemonSet.
   1 currentNumberScheduled int32!               =0 | Nodes that run the pod and should.
   2 numberMisscheduled     int32!               =0 | Nodes that run the pod and should not.
   3 desiredNumberScheduled int32!               =0 | Nodes that should run the pod.
   4 numberReady            int32!               =0 | Nodes where the pod is ready.
   5 observedGeneration     int64 | The generation of the spec that this status was made from.
   6 updatedNumberScheduled int32 | Nodes whose pod follows the newest template.
   7 numberAvailable        int32 | Nodes where the pod has been ready long enough.
   8 numberUnavailable      int32 | Nodes where the pod should be available and is not.
   9 collisionCount         int32? | Counts clashes of name hashes, so that a new name can be made.
  10 conditions             []DaemonSetCondition map(type) merge(type) | Observations of the current state, at most one of each type.

type DaemonSetUpdateStrategy | how a daemon set moves its pods to a new template
   1 type          string(OnDelete|RollingUpdate) ="RollingUpdate" | Which of the known sorts this is.
   2 rollingUpdate RollingUpdateDaemonSet | How far a rolling update may go at a time.

object Deployment | Rolls out replica sets, so that pods are replaced step by step.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     DeploymentSpec     ={} | What is wanted of the object.
   3 status   DeploymentStatus   ={} | What was last observed of the object; written by the system.

type DeploymentCondition | One observation of the state of a Deployment.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   4 reason             string | One word in CamelCase that says why, for programs to read.
   5 message            string | A sentence for people that explains the state.
   6 lastUpdateTime     Time    =null | When the condition was last written.
   7 lastTransitionTime Time    =null | When the condition last changed from one status to another.

object DeploymentList | A page of Deployment objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Deployment!    =[] | The objects of this page.

type DeploymentSpec | What is wanted of a Deployment.
   1 replicas                int32?                   =1 | How many pods are wanted, or were counted in a status.
   2 selector                meta.v1.LabelSelector! | Which objects are meant, by their labels.
   3 template                core.v1.PodTemplateSpec! ={} | What the pods made from this object look like.
   4 strategy                DeploymentStrategy       ={} retainKeys | How the old is replaced by the new.
   5 minReadySeconds         int32 | Seconds a new pod must stay ready before it counts as available.
   6 revisionHistoryLimit    int32?                   =10 | How many old revisions are kept to roll back to.
   7 paused                  bool | Whether rolling out is halted.
   9 progressDeadlineSeconds int32?                   =600 | Seconds without progress after which the rollout counts as failed.

type DeploymentStatus | What was last observed of a Deployment.
   1 observedGeneration  int64 | The generation of the spec that this status was made from.
   2 replicas            int32 | How many pods are wanted, or were counted in a status.
   3 updatedReplicas     int32 | How many pods already follow the newest template.
   4 availableReplicas   int32 | How many pods have been ready for at least minReadySeconds.
   5 unavailableReplicas int32 | How many pods are missing until the wanted number is available.
   6 conditions          []DeploymentCondition map(type) merge(type) | Observations of the current state, at most one of each type.
   7 readyReplicas       int32 | How many of the pods are ready.
   8 collisionCount      int32? | Counts clashes of name hashes, so that a new name can be made.
   9 terminatingReplicas int32? | How many pods are being deleted and not gone yet.

type DeploymentStrategy | How old pods are replaced by new ones.
   1 type          string(Recreate|RollingUpdate) ="RollingUpdate" | Which of the known sorts this is.
   2 rollingUpdate RollingUpdateDeployment | How far a rolling update may go at a time.

object ReplicaSet | Keeps a number of equal pods running.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     ReplicaSetSpec     ={} | What is wanted of the object.
   3 status   ReplicaSetStatus   ={} | What was last observed of the object; written by the system.

type ReplicaSetCondition | One observation of the state of a ReplicaSet.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   4 reason             string | One word in CamelCase that says why, for programs to read.
   5 message            string | A sentence for people that explains the state.

object ReplicaSetList | A page of ReplicaSet objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []ReplicaSet!    =[] | The objects of this page.

type ReplicaSetSpec | What is wanted of a ReplicaSet.
   1 replicas        int32?                  =1 | How many pods are wanted, or were counted in a status.
   2 selector        meta.v1.LabelSelector! | Which objects are meant, by their labels.
   3 template        core.v1.PodTemplateSpec ={} | What the pods made from this object look like.
   4 minReadySeconds int32 | Seconds a new pod must stay ready before it counts as available.

type ReplicaSetStatus | What was last observed of a ReplicaSet.
   1 replicas             int32!                =0 | How many pods are wanted, or were counted in a status.
   2 fullyLabeledReplicas int32 | How many pods carry all labels of the template.
   3 observedGeneration   int64 | The generation of the spec that this status was made from.
   4 readyReplicas        int32 | How many of the pods are ready.
   5 availableReplicas    int32 | How many pods have been ready for at least minReadySeconds.
   6 conditions           []ReplicaSetCondition map(type) merge(type) | Observations of the current state, at most one of each type.
   7 terminatingReplicas  int32? | How many pods are being deleted and not gone yet.

type RollingUpdateDaemonSet | how many nodes may be without their daemon, or have two, during an update
   1 maxUnavailable IntOrString =1 | How many may be unavailable during an update, as number or percentage.
   2 maxSurge       IntOrString =0 | How many may exist above the wanted number during an update.

type RollingUpdateDeployment | how far a rolling update may go below and above the wanted number
   1 maxUnavailable IntOrString ="25%" | How many may be unavailable during an update, as number or percentage.
   2 maxSurge       IntOrString ="25%" | How many may exist above the wanted number during an update.

type RollingUpdateStatefulSetStrategy | which ordinals a rolling update reaches, and how many at once
   1 partition      int32? | Number where the part begins, or the disk's partition.
   2 maxUnavailable IntOrString | How many may be unavailable during an update, as number or percentage.

object StatefulSet | Runs pods with stable names, order and storage.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     StatefulSetSpec    ={} | What is wanted of the object.
   3 status   StatefulSetStatus  ={} | What was last observed of the object; written by the system.

type StatefulSetCondition | One observation of the state of a StatefulSet.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   4 reason             string | One word in CamelCase that says why, for programs to read.
   5 message            string | A sentence for people that explains the state.

object StatefulSetList | A page of StatefulSet objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []StatefulSet!   =[] | The objects of this page.

type StatefulSetOrdinals | where the numbers of the pods begin
   1 start int32 =0 | The first number.

type StatefulSetPersistentVolumeClaimRetentionPolicy | what becomes of claims when the set is deleted or scaled down
   1 whenDeleted string ="Retain" | What becomes of claims when the set is deleted.
   2 whenScaled  string ="Retain" | What becomes of claims when the set shrinks.

type StatefulSetSpec | What is wanted of a StatefulSet.
   1 replicas                             int32?                                           =1 | How many pods are wanted, or were counted in a status.
   2 selector                             meta.v1.LabelSelector! | Which objects are meant, by their labels.
   3 template                             core.v1.PodTemplateSpec!                         ={} | What the pods made from this object look like.
   4 volumeClaimTemplates                 []core.v1.PersistentVolumeClaim                  atomic | Claims that each pod gets for itself.
   5 serviceName                          string                                           ="" | Service that gives the pods their names.
   6 podManagementPolicy                  string(OrderedReady|Parallel)                    ="OrderedReady" | Whether pods are made in order or all at once.
   7 updateStrategy                       StatefulSetUpdateStrategy                        ={} | How running pods are replaced when the template changes.
   8 revisionHistoryLimit                 int32?                                           =10 | How many old revisions are kept to roll back to.
   9 minReadySeconds                      int32 | Seconds a new pod must stay ready before it counts as available.
  10 persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy? ={} | What becomes of the claims when pods go.
  11 ordinals                             StatefulSetOrdinals | Where the numbers of the pods begin.

type StatefulSetStatus | What was last observed of a StatefulSet.
   1 observedGeneration int64 | The generation of the spec that this status was made from.
   2 replicas           int32!                 =0 | How many pods are wanted, or were counted in a status.
   3 readyReplicas      int32 | How many of the pods are ready.
   4 currentReplicas    int32 | How many pods there are now, or are of the current revision.
   5 updatedReplicas    int32 | How many pods already follow the newest template.
   6 currentRevision    string | Revision that pods had before the update.
   7 updateRevision     string | Revision that pods get by the update.
   9 collisionCount     int32? | Counts clashes of name hashes, so that a new name can be made.
  10 conditions         []StatefulSetCondition map(type) merge(type) | Observations of the current state, at most one of each type.
  11 availableReplicas  int32                  =0 | How many pods have been ready for at least minReadySeconds.

type StatefulSetUpdateStrategy | how a stateful set moves its pods to a new template
   1 type          string(OnDelete|RollingUpdate)   ="RollingUpdate" | Which of the known sorts this is.
   2 rollingUpdate RollingUpdateStatefulSetStrategy | How far a rolling update may go at a time.
`

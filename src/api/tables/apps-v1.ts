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

object ControllerRevision
   1 metadata meta.v1.ObjectMeta ={}
   2 data     RawExtension       =null
   3 revision int64!             =0

object ControllerRevisionList
   1 metadata meta.v1.ListMeta      ={}
   2 items    []ControllerRevision! =[]

object DaemonSet
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     DaemonSetSpec      ={}
   3 status   DaemonSetStatus    ={}

type DaemonSetCondition
   1 type               string! =""
   2 status             string! =""
   3 lastTransitionTime Time    =null
   4 reason             string
   5 message            string

object DaemonSetList
   1 metadata meta.v1.ListMeta ={}
   2 items    []DaemonSet!     =[]

type DaemonSetSpec
   1 selector             meta.v1.LabelSelector!
   2 template             core.v1.PodTemplateSpec! ={}
   3 updateStrategy       DaemonSetUpdateStrategy  ={}
   4 minReadySeconds      int32
   6 revisionHistoryLimit int32?                   =10

type DaemonSetStatus
   1 currentNumberScheduled int32!               =0
   2 numberMisscheduled     int32!               =0
   3 desiredNumberScheduled int32!               =0
   4 numberReady            int32!               =0
   5 observedGeneration     int64
   6 updatedNumberScheduled int32
   7 numberAvailable        int32
   8 numberUnavailable      int32
   9 collisionCount         int32?
  10 conditions             []DaemonSetCondition map(type) merge(type)

type DaemonSetUpdateStrategy
   1 type          string(OnDelete|RollingUpdate) ="RollingUpdate"
   2 rollingUpdate RollingUpdateDaemonSet

object Deployment
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     DeploymentSpec     ={}
   3 status   DeploymentStatus   ={}

type DeploymentCondition
   1 type               string! =""
   2 status             string! =""
   4 reason             string
   5 message            string
   6 lastUpdateTime     Time    =null
   7 lastTransitionTime Time    =null

object DeploymentList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Deployment!    =[]

type DeploymentSpec
   1 replicas                int32?                   =1
   2 selector                meta.v1.LabelSelector!
   3 template                core.v1.PodTemplateSpec! ={}
   4 strategy                DeploymentStrategy       ={} retainKeys
   5 minReadySeconds         int32
   6 revisionHistoryLimit    int32?                   =10
   7 paused                  bool
   9 progressDeadlineSeconds int32?                   =600

type DeploymentStatus
   1 observedGeneration  int64
   2 replicas            int32
   3 updatedReplicas     int32
   4 availableReplicas   int32
   5 unavailableReplicas int32
   6 conditions          []DeploymentCondition map(type) merge(type)
   7 readyReplicas       int32
   8 collisionCount      int32?
   9 terminatingReplicas int32?

type DeploymentStrategy
   1 type          string(Recreate|RollingUpdate) ="RollingUpdate"
   2 rollingUpdate RollingUpdateDeployment

object ReplicaSet
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     ReplicaSetSpec     ={}
   3 status   ReplicaSetStatus   ={}

type ReplicaSetCondition
   1 type               string! =""
   2 status             string! =""
   3 lastTransitionTime Time    =null
   4 reason             string
   5 message            string

object ReplicaSetList
   1 metadata meta.v1.ListMeta ={}
   2 items    []ReplicaSet!    =[]

type ReplicaSetSpec
   1 replicas        int32?                  =1
   2 selector        meta.v1.LabelSelector!
   3 template        core.v1.PodTemplateSpec ={}
   4 minReadySeconds int32

type ReplicaSetStatus
   1 replicas             int32!                =0
   2 fullyLabeledReplicas int32
   3 observedGeneration   int64
   4 readyReplicas        int32
   5 availableReplicas    int32
   6 conditions           []ReplicaSetCondition map(type) merge(type)
   7 terminatingReplicas  int32?

type RollingUpdateDaemonSet
   1 maxUnavailable IntOrString =1
   2 maxSurge       IntOrString =0

type RollingUpdateDeployment
   1 maxUnavailable IntOrString ="25%"
   2 maxSurge       IntOrString ="25%"

type RollingUpdateStatefulSetStrategy
   1 partition      int32?
   2 maxUnavailable IntOrString

object StatefulSet
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     StatefulSetSpec    ={}
   3 status   StatefulSetStatus  ={}

type StatefulSetCondition
   1 type               string! =""
   2 status             string! =""
   3 lastTransitionTime Time    =null
   4 reason             string
   5 message            string

object StatefulSetList
   1 metadata meta.v1.ListMeta ={}
   2 items    []StatefulSet!   =[]

type StatefulSetOrdinals
   1 start int32 =0

type StatefulSetPersistentVolumeClaimRetentionPolicy
   1 whenDeleted string ="Retain"
   2 whenScaled  string ="Retain"

type StatefulSetSpec
   1 replicas                             int32?                                          =1
   2 selector                             meta.v1.LabelSelector!
   3 template                             core.v1.PodTemplateSpec!                        ={}
   4 volumeClaimTemplates                 []core.v1.PersistentVolumeClaim                 atomic
   5 serviceName                          string                                          =""
   6 podManagementPolicy                  string(OrderedReady|Parallel)                   ="OrderedReady"
   7 updateStrategy                       StatefulSetUpdateStrategy                       ={}
   8 revisionHistoryLimit                 int32?                                          =10
   9 minReadySeconds                      int32
  10 persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy? ={}
  11 ordinals                             StatefulSetOrdinals

type StatefulSetStatus
   1 observedGeneration int64
   2 replicas           int32!                 =0
   3 readyReplicas      int32
   4 currentReplicas    int32
   5 updatedReplicas    int32
   6 currentRevision    string
   7 updateRevision     string
   9 collisionCount     int32?
  10 conditions         []StatefulSetCondition map(type) merge(type)
  11 availableReplicas  int32                  =0

type StatefulSetUpdateStrategy
   1 type          string(OnDelete|RollingUpdate)   ="RollingUpdate"
   2 rollingUpdate RollingUpdateStatefulSetStrategy
`

export default `
group "batch" version v1

resource cronjobs cronjob CronJob namespaced short=cj in=all: *
  /status CronJob: get patch update
resource jobs job Job namespaced in=all: *
  /status Job: get patch update

object CronJob
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     CronJobSpec!       ={}
   3 status   CronJobStatus      ={}

object CronJobList
   1 metadata meta.v1.ListMeta ={}
   2 items    []CronJob!       =[]

type CronJobSpec
   1 schedule                   string!                      =""
   2 startingDeadlineSeconds    int64?
   3 concurrencyPolicy          string(Allow|Forbid|Replace) ="Allow"
   4 suspend                    bool?                        =false
   5 jobTemplate                JobTemplateSpec!             ={}
   6 successfulJobsHistoryLimit int32?                       =3
   7 failedJobsHistoryLimit     int32?                       =1
   8 timeZone                   string?

type CronJobStatus
   1 active             []core.v1.ObjectReference atomic
   4 lastScheduleTime   Time
   5 lastSuccessfulTime Time

object Job
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     JobSpec            ={}
   3 status   JobStatus          ={}

type JobCondition
   1 type               string! =""
   2 status             string! =""
   3 lastProbeTime      Time    =null
   4 lastTransitionTime Time    =null
   5 reason             string
   6 message            string

object JobList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Job!           =[]

type JobSpec
   1 parallelism             int32?
   2 completions             int32?
   3 activeDeadlineSeconds   int64?
   4 selector                meta.v1.LabelSelector
   5 manualSelector          bool?
   6 template                core.v1.PodTemplateSpec!            ={}
   7 backoffLimit            int32?
   8 ttlSecondsAfterFinished int32?
   9 completionMode          string(Indexed|NonIndexed)?
  10 suspend                 bool?
  11 podFailurePolicy        PodFailurePolicy
  12 backoffLimitPerIndex    int32?
  13 maxFailedIndexes        int32?
  14 podReplacementPolicy    string(Failed|TerminatingOrFailed)?
  15 managedBy               string?
  16 successPolicy           SuccessPolicy

type JobStatus
   1 conditions              []JobCondition          atomic merge(type)
   2 startTime               Time
   3 completionTime          Time
   4 active                  int32
   5 succeeded               int32
   6 failed                  int32
   7 completedIndexes        string
   8 uncountedTerminatedPods UncountedTerminatedPods
   9 ready                   int32?
  10 failedIndexes           string?
  11 terminating             int32?

type JobTemplateSpec
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     JobSpec            ={}

type PodFailurePolicy
   1 rules []PodFailurePolicyRule! =null atomic

type PodFailurePolicyOnExitCodesRequirement
   1 containerName string?
   2 operator      string(In|NotIn)! =""
   3 values        []int32!          =null set

type PodFailurePolicyOnPodConditionsPattern
   1 type   string! =""
   2 status string  ="True"

type PodFailurePolicyRule
   1 action          string(Count|FailIndex|FailJob|Ignore)!  =""
   2 onExitCodes     PodFailurePolicyOnExitCodesRequirement
   3 onPodConditions []PodFailurePolicyOnPodConditionsPattern atomic

type SuccessPolicy
   1 rules []SuccessPolicyRule! =null atomic

type SuccessPolicyRule
   1 succeededIndexes string?
   2 succeededCount   int32?

type UncountedTerminatedPods
   1 succeeded []string set
   2 failed    []string set
`

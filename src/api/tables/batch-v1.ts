export default `
group "batch" version v1

resource cronjobs cronjob CronJob namespaced short=cj in=all: *
  /status CronJob: get patch update
resource jobs job Job namespaced in=all: *
  /status Job: get patch update

object CronJob | Makes jobs on a schedule.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     CronJobSpec!       ={} | What is wanted of the object.
   3 status   CronJobStatus      ={} | What was last observed of the object; written by the system.

object CronJobList | A page of CronJob objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []CronJob!       =[] | The objects of this page.

type CronJobSpec | What is wanted of a CronJob.
   1 schedule                   string!                      ="" | When jobs are made, in cron's form.
   2 startingDeadlineSeconds    int64? | Seconds that a missed start may be late.
   3 concurrencyPolicy          string(Allow|Forbid|Replace) ="Allow" | What happens when the last job still runs.
   4 suspend                    bool?                        =false | Whether new work is held back.
   5 jobTemplate                JobTemplateSpec!             ={} | What the jobs look like.
   6 successfulJobsHistoryLimit int32?                       =3 | How many finished jobs are kept.
   7 failedJobsHistoryLimit     int32?                       =1 | How many failed jobs are kept.
   8 timeZone                   string? | Time zone of the schedule.

type CronJobStatus | What was last observed of a CronJob.
   1 active             []core.v1.ObjectReference atomic | What is running at this time.
   4 lastScheduleTime   Time | when a job was last due and made
   5 lastSuccessfulTime Time | when a job last ended well

object Job | Runs pods until enough of them have succeeded.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     JobSpec            ={} | What is wanted of the object.
   3 status   JobStatus          ={} | What was last observed of the object; written by the system.

type JobCondition | One observation of the state of a Job.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 lastProbeTime      Time    =null | When the condition was last looked at.
   4 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   5 reason             string | One word in CamelCase that says why, for programs to read.
   6 message            string | A sentence for people that explains the state.

object JobList | A page of Job objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Job!           =[] | The objects of this page.

type JobSpec | What is wanted of a Job.
   1 parallelism             int32? | How many pods may run at a time.
   2 completions             int32? | How many pods must succeed.
   3 activeDeadlineSeconds   int64? | Seconds that it may run in all before it is stopped.
   4 selector                meta.v1.LabelSelector | Which objects are meant, by their labels.
   5 manualSelector          bool? | Whether the user chose the selector.
   6 template                core.v1.PodTemplateSpec!            ={} | What the pods made from this object look like.
   7 backoffLimit            int32? | How many failures are retried.
   8 ttlSecondsAfterFinished int32? | Seconds after which the finished job is deleted.
   9 completionMode          string(Indexed|NonIndexed)? | Whether pods are alike or each has an index.
  10 suspend                 bool? | Whether new work is held back.
  11 podFailurePolicy        PodFailurePolicy | What failed pods mean for the job.
  12 backoffLimitPerIndex    int32? | How many failures of one index are retried.
  13 maxFailedIndexes        int32? | How many indexes may fail before the job does.
  14 podReplacementPolicy    string(Failed|TerminatingOrFailed)? | When a replacement for a pod is made.
  15 managedBy               string? | Controller that runs the job.
  16 successPolicy           SuccessPolicy | When the job counts as done early.

type JobStatus | What was last observed of a Job.
   1 conditions              []JobCondition          atomic merge(type) | Observations of the current state, at most one of each type.
   2 startTime               Time | When it began.
   3 completionTime          Time | When it was done.
   4 active                  int32 | What is running at this time.
   5 succeeded               int32 | What has succeeded.
   6 failed                  int32 | What has failed.
   7 completedIndexes        string | indexes that are done, as 1,3-5
   8 uncountedTerminatedPods UncountedTerminatedPods | ended pods that are not in the counts yet
   9 ready                   int32? | Whether it can serve.
  10 failedIndexes           string? | indexes that are given up, as 1,3-5
  11 terminating             int32? | pods that are on their way out

type JobTemplateSpec | What jobs made on the schedule look like.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     JobSpec            ={} | What is wanted of the object.

type PodFailurePolicy | Decides what a failed pod means for its job.
   1 rules []PodFailurePolicyRule! =null atomic | Rules of which any may match.

type PodFailurePolicyOnExitCodesRequirement | exit codes of a container that the rule is about
   1 containerName string? | Name of the container meant.
   2 operator      string(In|NotIn)! ="" | How the key relates to the values.
   3 values        []int32!          =null set | Values that the operator compares with.

type PodFailurePolicyOnPodConditionsPattern | a pod condition that the rule is about
   1 type   string! ="" | Which of the known sorts this is.
   2 status string  ="True" | What was last observed of the object; written by the system.

type PodFailurePolicyRule | What to do when a failed pod matches.
   1 action          string(Count|FailIndex|FailJob|Ignore)!  ="" | What is done when it matches, or was done.
   2 onExitCodes     PodFailurePolicyOnExitCodesRequirement | the rule holds for these exit codes
   3 onPodConditions []PodFailurePolicyOnPodConditionsPattern atomic | the rule holds for one of these conditions

type SuccessPolicy | When a job counts as done early.
   1 rules []SuccessPolicyRule! =null atomic | Rules of which any may match.

type SuccessPolicyRule | Which indexes must succeed for the job to be done.
   1 succeededIndexes string? | indexes that must have succeeded
   2 succeededCount   int32? | how many indexes must have succeeded

type UncountedTerminatedPods | Ended pods whose finalizer is not removed yet.
   1 succeeded []string set | What has succeeded.
   2 failed    []string set | What has failed.
`

/** Starts Jobs by the clock (pkg/controller/cronjob, version 2): one timer for each cron job, in its own time zone. */
import { isAlreadyExists, isNotFound } from '../api/errors.ts'
import { formatTime, isBeingDeleted, isControlledBy, objectKey, splitKey } from '../api/meta.ts'
import type { CronJob, CronJobStatus, Job } from '../api/types/batch-v1.ts'
import type { ObjectReference } from '../api/types/core-v1.ts'
import { referenceTo } from '../client/events.ts'
import { exponentialBuckets } from '../metrics/metrics.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'
import { type CronSchedule, formatInZone, scheduleOf } from './cron-schedule.ts'
import { semanticEqual } from './equal.ts'
import { finishedCondition } from './job.ts'
import { indexByOwner, ownerIndex, ownerReference, resolveOwner } from './ownership.ts'
import { isNamespaceTerminating } from './pods.ts'

const resource = 'cronjobs.batch'
/** Looked at a moment after the instant, so that the instant has surely passed. */
const slackMs = 100
/** With more missed starts only the last is looked for. */
const manyMissed = 100

export function createCronJobController(deps: ControllerDeps): Controller {
  const { client, clock, informers, log } = deps
  const cronJobs = informers.of(resource)
  const jobs = indexByOwner(informers.of('jobs.batch'))
  const recorder = deps.recorder('cronjob-controller')
  const skew = deps.metrics.histogram(
    'cronjob_controller_job_creation_skew_duration_seconds',
    'Time from when a job was due until it was made.',
    [],
    exponentialBuckets(1, 2, 10),
  )

  function wake(queue: Queue) {
    const enqueue = (cronJob: CronJob | undefined) => cronJob && queue.add(objectKey(cronJob))
    cronJobs.addHandler({ added: enqueue, updated: (now, before) => now.spec !== before.spec && enqueue(now) })
    const wakeOwner = (job: Job) => enqueue(resolveOwner(cronJobs, 'CronJob', job))
    jobs.addHandler({ added: wakeOwner, updated: wakeOwner, deleted: wakeOwner })
    return [cronJobs, jobs]
  }

  async function reconcile(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key)
    const cached = cronJobs.get(namespace, name)
    if (!cached) return undefined
    const owned = jobs.byIndex(ownerIndex, cached.metadata.uid)
    const cronJob = await current(cached, owned)
    const about = referenceTo(resource, cronJob)
    const status: CronJobStatus = { ...cronJob.status, active: [...(cronJob.status.active ?? [])] }
    await followActive(owned, status)
    await cleanUp(cronJob, owned, status)
    let wait: number | undefined
    try {
      wait = await start(cronJob, owned, status)
    } finally {
      if (!semanticEqual(cronJob.status, status)) await client.updateStatus(resource, { ...cronJob, status })
    }
    return wait

    /** A job that runs and is not on the list may be one whose listing the cache does not show yet: only a live answer counts. */
    async function current(cached: CronJob, owned: readonly Job[]): Promise<CronJob> {
      const isListed = (job: Job) => cached.status.active?.some((a) => a.uid === job.metadata.uid)
      return owned.every((job) => finishedCondition(job) || isListed(job)) ? cached : client.get(resource, { namespace, name })
    }

    /** Takes finished and vanished jobs off the list of active ones, and says so. */
    async function followActive(owned: readonly Job[], status: CronJobStatus): Promise<void> {
      for (const job of owned) {
        const listed = status.active?.some((a) => a.uid === job.metadata.uid)
        const finished = finishedCondition(job)
        if (!listed && !finished) {
          // Somebody's own, or made by this controller's former self just before it died: that start is not made twice, and is listed then.
          recorder.event(about, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job.metadata.name}`)
        } else if (listed && finished) {
          status.active = status.active?.filter((a) => a.uid !== job.metadata.uid)
          recorder.event(about, 'Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${finished.type}`)
        }
        const { completionTime } = job.status
        if (finished?.type === 'Complete' && completionTime && completionTime > (status.lastSuccessfulTime ?? ''))
          status.lastSuccessfulTime = completionTime
      }
      for (const active of status.active ?? []) {
        if (owned.some((job) => job.metadata.uid === active.uid)) continue
        // The cache may be late: only a live answer counts.
        const there = await client.get('jobs.batch', { namespace, name: active.name as string }).catch((error: unknown) => {
          if (isNotFound(error)) return undefined
          throw error
        })
        if (there?.metadata.uid === active.uid) continue
        recorder.event(about, 'Normal', 'MissingJob', `Active job went missing: ${active.name}`)
        status.active = status.active?.filter((a: ObjectReference) => a.uid !== active.uid)
      }
    }

    async function cleanUp(cronJob: CronJob, owned: readonly Job[], status: CronJobStatus): Promise<void> {
      const limits = { Complete: cronJob.spec.successfulJobsHistoryLimit, Failed: cronJob.spec.failedJobsHistoryLimit }
      for (const [type, limit] of Object.entries(limits)) {
        if (limit === undefined) continue
        const finished = owned.filter((job) => finishedCondition(job)?.type === type && !isBeingDeleted(job))
        finished.sort((a, b) => ((a.status.startTime ?? '') < (b.status.startTime ?? '') ? -1 : 1))
        for (const job of finished.slice(0, Math.max(0, finished.length - limit))) await deleteJob(job, status)
      }
    }

    async function deleteJob(job: Job, status: CronJobStatus): Promise<void> {
      try {
        await client.delete('jobs.batch', { namespace, name: job.metadata.name }, { propagationPolicy: 'Background' })
      } catch (error) {
        if (!isNotFound(error)) {
          recorder.event(about, 'Warning', 'FailedDelete', `Deleted job: ${(error as Error).message}`)
          throw error
        }
      }
      status.active = status.active?.filter((a) => a.uid !== job.metadata.uid)
      recorder.event(about, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`)
    }

    /** Starts what is due; the delay until the next start. */
    async function start(cronJob: CronJob, owned: readonly Job[], status: CronJobStatus): Promise<number | undefined> {
      const { spec } = cronJob
      if (isBeingDeleted(cronJob) || spec.suspend) return undefined
      const schedule = readSchedule(cronJob)
      if (!schedule) return undefined
      const now = clock.now()
      const untilNext = () => {
        const next = schedule.next(now)
        return next === undefined ? undefined : next - now + slackMs
      }
      const due = mostRecent(cronJob, status, schedule, now)
      if (due === undefined) return untilNext()
      if (spec.startingDeadlineSeconds !== undefined && due + spec.startingDeadlineSeconds * 1000 < now) {
        recorder.event(
          about,
          'Warning',
          'MissSchedule',
          `Missed scheduled time to start a job: ${new Date(due).toUTCString().replace('GMT', '+0000')}`,
        )
        return untilNext()
      }
      const name = `${cronJob.metadata.name}-${Math.floor(due / 60_000)}`
      if (status.lastScheduleTime && Date.parse(status.lastScheduleTime) >= due) return untilNext()
      if (status.active?.some((a) => a.name === name)) return untilNext()
      if (spec.concurrencyPolicy === 'Forbid' && (status.active?.length ?? 0) > 0) {
        recorder.event(
          about,
          'Normal',
          'JobAlreadyActive',
          'Not starting job because prior execution is running and concurrency policy is Forbid',
        )
        return untilNext()
      }
      if (spec.concurrencyPolicy === 'Replace')
        for (const active of [...(status.active ?? [])]) {
          // One that was just made may not be in the cache.
          const job =
            owned.find((j) => j.metadata.uid === active.uid) ??
            (await client.get('jobs.batch', { namespace, name: active.name as string }).catch((error: Error) => {
              recorder.event(about, 'Warning', 'FailedGet', `Get job: ${error.message}`)
              throw error
            }))
          await deleteJob(job, status)
        }
      await createJob(cronJob, name, due, status)
      return untilNext()
    }

    async function createJob(cronJob: CronJob, name: string, due: number, status: CronJobStatus): Promise<void> {
      const { metadata, spec } = cronJob.spec.jobTemplate
      let job: Job
      try {
        job = await client.create('jobs.batch', {
          metadata: {
            name,
            namespace,
            ...(metadata?.labels ? { labels: metadata.labels } : {}),
            annotations: { ...metadata?.annotations, [scheduledAnnotation]: formatInZone(due, cronJob.spec.timeZone) },
            ownerReferences: [ownerReference(resource, cronJob)],
          },
          spec,
        })
        skew.observe((clock.now() - due) / 1000)
        recorder.event(about, 'Normal', 'SuccessfulCreate', `Created job ${name}`)
      } catch (error) {
        if (isNamespaceTerminating(error)) return
        if (!isAlreadyExists(error)) {
          recorder.event(about, 'Warning', 'FailedCreate', `Error creating job: ${(error as Error).message}`)
          throw error
        }
        // Made a moment ago, before a restart or a late cache; somebody else's stays in the way of this start.
        job = await client.get('jobs.batch', { namespace, name })
        if (!isControlledBy(job, cronJob)) return
      }
      if (!finishedCondition(job)) status.active?.push(referenceTo('jobs.batch', job))
      status.lastScheduleTime = formatTime(due)
    }

    function readSchedule(cronJob: CronJob): CronSchedule | undefined {
      const { schedule, timeZone } = cronJob.spec
      if (timeZone !== undefined)
        try {
          new Intl.DateTimeFormat('en-US', { timeZone })
        } catch (error) {
          recorder.event(about, 'Warning', 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(timeZone)}: ${(error as Error).message}`)
          return undefined
        }
      try {
        return scheduleOf(schedule, timeZone)
      } catch (error) {
        recorder.event(
          about,
          'Warning',
          'UnparseableSchedule',
          `unparseable schedule: ${JSON.stringify(schedule)} : ${(error as Error).message}`,
        )
        return undefined
      }
    }

    /** The last start that was due and has not been seen to; earlier ones are not made up for. */
    function mostRecent(cronJob: CronJob, status: CronJobStatus, schedule: CronSchedule, now: number): number | undefined {
      const { startingDeadlineSeconds } = cronJob.spec
      let from = Date.parse(status.lastScheduleTime ?? cronJob.metadata.creationTimestamp)
      if (startingDeadlineSeconds !== undefined) from = Math.max(from, now - startingDeadlineSeconds * 1000)
      let last: number | undefined
      let missed = 0
      for (let at = schedule.next(from); at !== undefined && at <= now; at = schedule.next(at)) {
        last = at
        if (missed++ === manyMissed) {
          recorder.event(
            about,
            'Warning',
            'TooManyMissedTimes',
            'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
          )
          log.warn('too many missed start times', { cronJob: key })
          // Go on from close before now, twice as far back each time until a start is found.
          for (let back = 60_000; ; back *= 2) {
            const near = schedule.next(Math.max(at, now - back))
            if (near !== undefined && near <= now) {
              at = near
              last = near
              break
            }
            if (now - back <= at) break
          }
        }
      }
      return last
    }
  }

  return { name: 'cronjob-controller', workers: deps.options.concurrent.cronJob, wake, reconcile }
}

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

/** `kubectl autoscale`: a HorizontalPodAutoscaler for an object that can be scaled. */
import { kubectlCommand } from '../factory.ts'
import { dryRunFlag, dryRunOf, outputFlags, resultPrinter } from '../print/object.ts'
import { apiVersionOf } from '../resources.ts'
import { fileFlags, select } from '../select.ts'
import { create } from '../write.ts'

export const command = kubectlCommand({
  summary: 'Scale a deployment, replica set, stateful set or replication controller by its load.',
  usage: 'kubectl autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY] [options]',
  flags: {
    ...outputFlags,
    ...fileFlags,
    ...dryRunFlag,
    cpu: { type: 'string', doc: 'Target CPU: a percentage of the request, or an amount.' },
    'cpu-percent': { type: 'int', default: -1, doc: 'Target CPU in percent of the request.', deprecated: 'use --cpu' },
    memory: { type: 'string', doc: 'Target memory: a percentage of the request, or an amount.' },
    'field-manager': { type: 'string', default: 'kubectl-autoscale', doc: 'Name of the manager of the fields.' },
    max: { type: 'int', default: -1, doc: 'At most so many pods.' },
    min: { type: 'int', default: -1, doc: 'At least so many pods.' },
    name: { type: 'string', doc: 'The name of the autoscaler.' },
  },
  async run(factory) {
    if (!factory.given('max')) throw new Error('required flag(s) "max" not set')
    const max = factory.number('max')
    const min = factory.number('min')
    if (max < 1) throw new Error('--max=MAXPODS is required and must be at least 1, max: ' + max)
    if (max < min) throw new Error(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`)
    const metric = (name: string, text: string) => ({
      type: 'Resource',
      resource: {
        name,
        target: text.endsWith('%')
          ? { type: 'Utilization', averageUtilization: Number(text.slice(0, -1)) }
          : { type: 'AverageValue', averageValue: text },
      },
    })
    const percent = factory.number('cpu-percent')
    const cpu = factory.text('cpu') || (percent >= 0 ? `${percent}%` : '')
    const metrics = [...(cpu ? [metric('cpu', cpu)] : []), ...(factory.text('memory') ? [metric('memory', factory.text('memory'))] : [])]
    const dryRun = dryRunOf(factory)
    const print = await resultPrinter(factory, dryRun, false)
    const autoscalers = await (await factory.mapper()).resource('horizontalpodautoscalers.v2.autoscaling')
    for (const { type, name, namespace } of await select(factory, { fresh: true })) {
      if (!['deployments', 'replicasets', 'statefulsets', 'replicationcontrollers'].includes(type.resource))
        throw new Error(`cannot autoscale a ${type.kind}: it has no scale`)
      const object = {
        kind: 'HorizontalPodAutoscaler',
        apiVersion: 'autoscaling/v2',
        metadata: { name: factory.text('name') || name, ...(factory.namespaceGiven ? { namespace } : {}) },
        spec: {
          scaleTargetRef: { kind: type.kind, name, apiVersion: apiVersionOf(type) },
          ...(min > 0 ? { minReplicas: min } : {}),
          maxReplicas: max,
          ...(metrics.length > 0 ? { metrics } : {}),
        },
        status: { desiredReplicas: 0, currentMetrics: null },
      }
      const made =
        dryRun === 'client'
          ? object
          : await create(factory, autoscalers, namespace, object, { dryRun, fieldManager: factory.text('field-manager') })
      await print(made, 'autoscaled')
    }
  },
})

/** The commands below `kubectl create`. */

import type { Command } from '../../flags/command.ts'
import { clusterrole, clusterrolebinding, role, rolebinding, serviceaccount, tokenCommand } from './access.ts'
import { configmap, secretCommand } from './config.ts'
import { generatorCommand } from './generator.ts'
import { ingress, namespace, poddisruptionbudget, priorityclass, quota } from './policy.ts'
import { serviceCommand } from './service.ts'
import { cronjob, deployment, job } from './workloads.ts'

const simple = {
  clusterrole,
  clusterrolebinding,
  configmap,
  cronjob,
  deployment,
  ingress,
  job,
  namespace,
  poddisruptionbudget,
  priorityclass,
  quota,
  role,
  rolebinding,
  serviceaccount,
}

export const generators: Readonly<Record<string, Command>> = {
  ...Object.fromEntries(Object.entries(simple).map(([name, generator]) => [name, generatorCommand(generator)])),
  secret: secretCommand,
  service: serviceCommand,
  token: tokenCommand,
}

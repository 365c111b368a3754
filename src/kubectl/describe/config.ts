/** `kubectl describe` of config maps and secrets; of a secret only how long its values are. */
import type { ConfigMap, Secret } from '../../api/types/core-v1.ts'
import type { DescribeContext } from './index.ts'
import { type DescribeWriter, writeAnnotations, writeEvents, writeLabels } from './writer.ts'

const sorted = (map: Readonly<Record<string, string>> | undefined) => Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
const sizeOf = (base64: string): number => Buffer.from(base64, 'base64').length

function writeHead(w: DescribeWriter, { metadata }: ConfigMap | Secret): void {
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
}

export function describeConfigMap(map: ConfigMap, w: DescribeWriter, { events }: DescribeContext): void {
  writeHead(w, map)
  w.raw('\nData\n====\n')
  for (const [key, value] of sorted(map.data)) w.raw(`${key}:\n----\n${value}\n\n`)
  w.raw('\nBinaryData\n====\n')
  for (const [key, value] of sorted(map.binaryData)) w.raw(`${key}: ${sizeOf(value)} bytes\n`)
  w.raw('\n')
  writeEvents(w, events)
}

export function describeSecret(secret: Secret, w: DescribeWriter): void {
  writeHead(w, secret)
  w.raw(`\nType:\t${secret.type ?? ''}\n`)
  w.raw('\nData\n====\n')
  for (const [key, value] of sorted(secret.data)) {
    if (secret.type === 'kubernetes.io/service-account-token' && key === 'token')
      w.raw(`${key}:\t${Buffer.from(value, 'base64').toString('utf8')}\n`)
    else w.raw(`${key}:\t${sizeOf(value)} bytes\n`)
  }
}

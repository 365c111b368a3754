import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseFlags } from '../flags/flags.ts'
import { type Logger, noLog } from '../log/log.ts'
import {
  configurationFlags,
  configurationObject,
  configurationOf,
  formatDuration,
  type KubeletConfiguration,
  loadConfiguration,
} from './configuration.ts'

const folder = mkdtempSync(join(tmpdir(), 'kijabi-configuration-'))
afterAll(() => rmSync(folder, { recursive: true }))
const header = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n'

function load(text: string | undefined, flags: readonly string[] = [], log: Logger = noLog): KubeletConfiguration {
  const path = join(folder, 'config.yaml')
  if (text !== undefined) writeFileSync(path, header + text)
  return loadConfiguration(text === undefined ? undefined : path, parseFlags(configurationFlags, flags), log)
}

test.each<[string, string | undefined, string[], Partial<KubeletConfiguration>]>([
  ['without a file everybody is let in', undefined, [], { 'authentication.anonymous.enabled': true, 'authorization.mode': 'AlwaysAllow' }],
  ['with one nobody unknown is', '', [], { 'authentication.anonymous.enabled': false, 'authorization.mode': 'Webhook' }],
  ['a file counts', 'maxPods: 20\nclusterDNS: [10.0.0.10]\n', [], { maxPods: 20, clusterDNS: ['10.0.0.10'] }],
  ['a flag counts more', 'maxPods: 20\n', ['--max-pods=30'], { maxPods: 30 }],
  ['durations are Go’s', 'imageMinimumGCAge: 1m30s\n', [], { imageMinimumGCAge: 90_000 }],
  [
    'zero durations, as kubeadm writes them, are none',
    'syncFrequency: 0s\nnodeStatusUpdateFrequency: 0s\n',
    [],
    { nodeStatusUpdateFrequency: 10_000 },
  ],
  [
    'nested settings',
    'authentication: {anonymous: {enabled: true}, webhook: {cacheTTL: 1s}}\n',
    [],
    { 'authentication.anonymous.enabled': true, 'authentication.webhook.cacheTTL': 1000 },
  ],
  ['maps are whole', 'evictionHard: {memory.available: 200Mi}\n', [], { evictionHard: { 'memory.available': '200Mi' } }],
  [
    'a flag of thresholds',
    undefined,
    ['--eviction-hard=memory.available<1Gi,nodefs.available<5%'],
    { evictionHard: { 'memory.available': '1Gi', 'nodefs.available': '5%' } },
  ],
  ['empty objects are nothing', 'memorySwap: {}\ncontainerRuntimeEndpoint: ""\n', [], { 'memorySwap.swapBehavior': '' }],
])('%s', (_, file, flags, expected) => expect(load(file, flags)).toMatchObject(expected))

test.each<[string, string]>([
  ['maxPod: 20\n', 'strict decoding error: unknown field "maxPod"'],
  ['authentication: {x508: {}}\nmemorySwap: {size: 1}\n', 'strict decoding error: unknown field "memorySwap.size"'],
  ['maxPods: many\n', 'maxPods: "many" is no int'],
  ['syncFrequency: 10\n', 'syncFrequency: 10 is no duration'],
  ['cpuManagerPolicy: static\n', 'cpuManagerPolicy: "static" is not supported by this kubelet, only "none"'],
  ['featureGates: {Some: true}\n', 'featureGates: {"Some":"true"} is not supported by this kubelet, only {}'],
  ['readOnlyPort: 10255\n', 'readOnlyPort: 10255 is not supported by this kubelet, only 0'],
  ['imageGCLowThresholdPercent: 90\n', 'imageGCLowThresholdPercent (--image-gc-low-threshold) 90 must be less than'],
  ['containerLogMaxFiles: 1\n', 'containerLogMaxFiles (--container-log-max-files) 1 must be greater than 1'],
  ['serializeImagePulls: true\nmaxParallelImagePulls: 2\n', 'maxParallelImagePulls 2 cannot be larger than 1'],
  [
    'shutdownGracePeriod: 1s\nshutdownGracePeriodCriticalPods: 2s\n',
    'shutdownGracePeriodCriticalPods 2s must be <= shutdownGracePeriod 1s',
  ],
  ['evictionSoft: {memory.available: 1Gi}\n', 'grace period must be specified for the soft eviction threshold memory.available'],
])('%j is refused: %s', (file, message) => expect(() => load(file)).toThrow(message))

test('what has no effect is said', () => {
  const said: unknown[] = []
  load('registryPullQPS: 1\nmaxPods: 1\n', [], { ...noLog, warn: (_, fields) => said.push(fields?.['setting']) })
  expect(said).toEqual(['registryPullQPS'])
})

test('the object of a configuration loads as the same configuration', () => {
  const path = join(folder, 'again.json')
  writeFileSync(path, JSON.stringify(configurationObject(configurationOf({ maxPods: 7, imageMinimumGCAge: 5000 }))))
  const again = loadConfiguration(path, parseFlags(configurationFlags, []), noLog)
  expect(again).toEqual(configurationOf({ maxPods: 7, imageMinimumGCAge: 5000 }))
})

test.each([
  [0, '0s'],
  [100, '100ms'],
  [10_000, '10s'],
  [90_000, '1m30s'],
  [14_400_000, '4h0m0s'],
])('%d ms are %s', (ms, expected) => expect(formatDuration(ms)).toBe(expected))

/** The specs that flow control cannot do without, and that nobody changes therefore (apis/flowcontrol/internalbootstrap). */

export const group = (name: string) => ({ kind: 'Group', group: { name } })
export const everyone = [group('system:unauthenticated'), group('system:authenticated')]
export const everyRequestOf = (...subjects: object[]) => ({
  subjects,
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
})

export const mandatoryFlowSchemas: ReadonlyMap<string, object> = new Map([
  ['exempt', { priorityLevelConfiguration: { name: 'exempt' }, matchingPrecedence: 1, rules: [everyRequestOf(group('system:masters'))] }],
  [
    'catch-all',
    {
      priorityLevelConfiguration: { name: 'catch-all' },
      matchingPrecedence: 10000,
      distinguisherMethod: { type: 'ByUser' },
      rules: [everyRequestOf(...everyone)],
    },
  ],
])

export const mandatoryPriorityLevels: ReadonlyMap<string, object> = new Map([
  ['exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }],
  ['catch-all', { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' }, lendablePercent: 0 } }],
])

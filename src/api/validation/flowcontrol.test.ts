import { describe, expect, test } from 'vitest'
import type { FieldError } from './field-error.ts'
import {
  validateFlowSchema,
  validateFlowSchemaStatusUpdate,
  validatePriorityLevel,
  validatePriorityLevelStatusUpdate,
} from './flowcontrol.ts'
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from './flowcontrol-mandatory.ts'
import { check } from './testing.ts'

const cluster = { namespace: '' }
const subjects = [{ kind: 'User', user: { name: 'u' } }]
const resourceRules = [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['a'] }]
const rule = { subjects, resourceRules }

describe('flow schemas', () => {
  const schema = (spec: object, name = 's') =>
    check(
      'flowcontrol.v1.FlowSchema',
      validateFlowSchema,
    )({
      metadata: { ...cluster, name },
      spec: { priorityLevelConfiguration: { name: 'l' }, ...spec },
    })
  const rules = (more: object) => schema({ rules: [{ ...rule, ...more }] })
  const resource = (more: object) => rules({ resourceRules: [{ ...resourceRules[0], ...more }] })
  const url = (...nonResourceURLs: string[]) => rules({ resourceRules: [], nonResourceRules: [{ verbs: ['get'], nonResourceURLs }] })
  const at = 'spec.rules[0]'
  test.each<[what: string, errors: string[], want: unknown[]]>([
    ['a rule', schema({ rules: [rule] }), []],
    ['no rules', schema({}), []],
    [
      'precedence of the exempt one',
      schema({ matchingPrecedence: 1 }),
      ["spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"],
    ],
    ['a precedence too low', schema({ matchingPrecedence: -1 }), ['spec.matchingPrecedence: Invalid value: -1: must be a positive value']],
    [
      'a precedence too high',
      schema({ matchingPrecedence: 10001 }),
      ['spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000'],
    ],
    [
      'no level',
      schema({ priorityLevelConfiguration: { name: '' } }),
      ['spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
    ],
    ['no subjects', rules({ subjects: [] }), [`${at}.subjects: Required value: subjects must contain at least one value`]],
    [
      'nothing to match',
      rules({ resourceRules: [] }),
      [`${at}: Required value: at least one of resourceRules and nonResourceRules has to be non-empty`],
    ],
    [
      'a subject of another kind',
      rules({ subjects: [{ kind: 'Robot' }] }),
      [`${at}.subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"`],
    ],
    [
      'a subject of two kinds',
      rules({ subjects: [{ kind: 'User', user: { name: 'u' }, group: { name: 'g' } }] }),
      [`${at}.subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'`],
    ],
    [
      'a group that is missing',
      rules({ subjects: [{ kind: 'Group' }] }),
      [`${at}.subjects[0].group: Required value: group is required when subject kind is 'Group'`],
    ],
    [
      'a service account of no namespace',
      rules({ subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: '' } }] }),
      [`${at}.subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account`],
    ],
    ['no verbs', resource({ verbs: [] }), [`${at}.resourceRules[0].verbs: Required value: verbs must contain at least one value`]],
    [
      'all verbs and one more',
      resource({ verbs: ['*', 'get'] }),
      [`${at}.resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`],
    ],
    [
      'neither a namespace nor the cluster',
      resource({ namespaces: [] }),
      [`${at}.resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`],
    ],
    ['the cluster alone', resource({ namespaces: [], clusterScope: true }), []],
    ['paths', url('/', '/healthz', '/apis/*'), []],
    [
      'a path of no root',
      url('healthz'),
      [`${at}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "healthz": must start with slash`],
    ],
    ['two slashes', url('/a//b'), [`${at}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a//b": must not contain double slash`]],
    [
      'a namespace of no name',
      resource({ namespaces: ['A'] }),
      [
        expect.stringContaining(
          `${at}.resourceRules[0].namespaces[0]: Invalid value: "A": each member of this list must be '*' or a DNS-1123`,
        ),
      ],
    ],
    [
      'a verb that there is not, of paths',
      rules({ resourceRules: [], nonResourceRules: [{ verbs: ['get', 'post'], nonResourceURLs: ['*'] }] }),
      [
        `${at}.nonResourceRules[0].verbs: Unsupported value: ["get","post"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"`,
      ],
    ],
    ['no path', url(), [`${at}.nonResourceRules[0].nonResourceURLs: Required value: nonResourceURLs must contain at least one value`]],
    ['an empty path', url(''), [`${at}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "": must not be empty`]],
    [
      'two stars',
      url('/a/*/*'),
      [`${at}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a/*/*": wildcard can only do suffix matching`],
    ],
    [
      'a star in the middle',
      url('/a/*/b'),
      [`${at}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a/*/b": wildcard can only do suffix matching`],
    ],
  ])('%s', (_what, errors, want) => expect(errors).toEqual(want))
})

describe('priority levels', () => {
  const level = (spec: object, name = 'l') =>
    check('flowcontrol.v1.PriorityLevelConfiguration', validatePriorityLevel)({ metadata: { ...cluster, name }, spec })
  const limited = (more: object) => level({ type: 'Limited', limited: { limitResponse: { type: 'Reject' }, ...more } })
  const queuing = (more: object) =>
    limited({ limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 8, queueLengthLimit: 50, ...more } } })
  const at = 'spec.limited.limitResponse.queuing'
  const onlyExempt = (type: string) => `spec.type: Invalid value: "${type}": type must be 'Exempt' if and only if name is 'exempt'`
  test.each<[what: string, errors: string[], want: unknown[]]>([
    ['that rejects', limited({}), []],
    ['that queues', queuing({}), []],
    ['exempt', level({ type: 'Exempt' }, 'exempt'), []],
    ['exempt by another name', level({ type: 'Exempt' }), [onlyExempt('Exempt')]],
    [
      'limited by the name of the exempt',
      level({ type: 'Limited', limited: { limitResponse: { type: 'Reject' } } }, 'exempt'),
      [onlyExempt('Limited'), expect.stringMatching(/^spec: Invalid value: /)],
    ],
    [
      'exempt and limited',
      level({ type: 'Exempt', limited: { limitResponse: { type: 'Reject' } } }, 'exempt'),
      [
        'spec.limited: Forbidden: must be nil if the type is not Limited',
        `spec: Invalid value: {"Type":"Exempt","Limited":{"NominalConcurrencyShares":30,"LimitResponse":{"Type":"Reject","Queuing":null},"LendablePercent":0,"BorrowingLimitPercent":null},"Exempt":null}: spec of 'exempt' except the 'spec.exempt' field must equal the fixed value`,
      ],
    ],
    [
      'exempt shares below nothing',
      level({ type: 'Exempt', exempt: { nominalConcurrencyShares: -1, lendablePercent: 101 } }, 'exempt'),
      [
        'spec.exempt.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
        'spec.exempt.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
      ],
    ],
    ['limited by nothing', level({ type: 'Limited' }), ['spec.limited: Required value: must not be empty when type is Limited']],
    ['of another type', level({ type: 'Free' }), ['spec.type: Unsupported value: "Free": supported values: "Exempt", "Limited"']],
    [
      'shares below nothing',
      limited({ nominalConcurrencyShares: -1, lendablePercent: -1, borrowingLimitPercent: -1 }),
      [
        'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
        'spec.limited.lendablePercent: Invalid value: -1: must be between 0 and 100, inclusive',
        'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
      ],
    ],
    [
      'a hand larger than the deck',
      queuing({ queues: 4, handSize: 5 }),
      [`${at}.handSize: Invalid value: 5: should not be greater than queues (4)`],
    ],
    [
      'more hands than a hash tells apart',
      queuing({ queues: 512, handSize: 8 }),
      [`${at}.handSize: Invalid value: 8: required entropy bits of deckSize 512 and handSize 8 should not be greater than 60`],
    ],
    ['as many as it tells apart', queuing({ queues: 1024, handSize: 6 }), []],
    [
      'too many queues',
      queuing({ queues: 10_000_001, handSize: 1 }),
      [`${at}.queues: Invalid value: 10000001: must not be greater than 10000000`],
    ],
    ['queues of no length', queuing({ queueLengthLimit: -1 }), [`${at}.queueLengthLimit: Invalid value: -1: must be positive`]],
    [
      'queues that reject',
      limited({ limitResponse: { type: 'Reject', queuing: { queues: 1 } } }),
      [`${at}: Forbidden: must be nil if limited.limitResponse.type is not Limited`],
    ],
  ])('%s', (_what, errors, want) => expect(errors).toEqual(want))
})

describe('what is mandatory', () => {
  const fixed = (name: string) =>
    expect.stringMatching(new RegExp(`^spec: Invalid value: [{].*[}]: spec of '${name}' must equal the fixed value$`))
  const schema = (name: string, more: object = {}) =>
    check(
      'flowcontrol.v1.FlowSchema',
      validateFlowSchema,
    )({ metadata: { ...cluster, name }, spec: { ...mandatoryFlowSchemas.get(name), ...more } })
  const level = (name: string, spec = mandatoryPriorityLevels.get(name) as object) =>
    check('flowcontrol.v1.PriorityLevelConfiguration', validatePriorityLevel)({ metadata: { ...cluster, name }, spec })
  const shares = (nominalConcurrencyShares: number, more: object = {}) => ({
    type: 'Limited',
    limited: { nominalConcurrencyShares, limitResponse: { type: 'Reject' }, ...more },
  })
  test.each<[what: string, errors: string[], want: unknown[]]>([
    ['the schema of the exempt', schema('exempt'), []],
    ['of another precedence', schema('exempt', { matchingPrecedence: 2 }), [fixed('exempt')]],
    ['of another level', schema('exempt', { priorityLevelConfiguration: { name: 'system' } }), [fixed('exempt')]],
    ['of flows', schema('exempt', { distinguisherMethod: { type: 'ByUser' } }), [fixed('exempt')]],
    [
      'of no rules, with what it says then',
      schema('exempt', { rules: undefined }),
      [
        `spec: Invalid value: {"PriorityLevelConfiguration":{"Name":"exempt"},"MatchingPrecedence":1,"DistinguisherMethod":null,"Rules":null}: spec of 'exempt' must equal the fixed value`,
      ],
    ],
    ['of a rule more', schema('exempt', { rules: [rule] }), [fixed('exempt')]],
    ['the schema that catches all', schema('catch-all'), []],
    ['of one flow', schema('catch-all', { distinguisherMethod: undefined }), [fixed('catch-all')]],
    ['the level of the exempt', level('exempt'), []],
    ['with seats of its own', level('exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 7, lendablePercent: 50 } }), []],
    ['without its share', level('exempt', { type: 'Exempt' }), []],
    ['the level that catches all', level('catch-all'), []],
    ['by its defaults', level('catch-all', shares(5)), []],
    ['of more shares', level('catch-all', shares(6)), [fixed('catch-all')]],
    ['that lends', level('catch-all', shares(5, { lendablePercent: 1 })), [fixed('catch-all')]],
    ['that borrows no more than it has', level('catch-all', shares(5, { borrowingLimitPercent: 0 })), [fixed('catch-all')]],
    ['that queues', level('catch-all', shares(5, { limitResponse: { type: 'Queue', queuing: {} } })), [fixed('catch-all')]],
  ])('%s', (_what, errors, want) => expect(errors).toEqual(want))
})

describe('conditions', () => {
  test.each([
    ['flowcontrol.v1.FlowSchema', validateFlowSchemaStatusUpdate],
    ['flowcontrol.v1.PriorityLevelConfiguration', validatePriorityLevelStatusUpdate],
  ] as const)('of a %s have a type each of its own', (type, validate) => {
    const conditions = [{ type: 'A' }, { type: 'A' }, { status: 'True' }]
    expect(check(type, validate as (object: unknown) => FieldError[])({ metadata: cluster, status: { conditions } })).toEqual([
      'status.conditions[1].type: Duplicate value: "A"',
      'status.conditions[2].type: Required value: must not be empty',
    ])
  })
})

import { nodePorts } from './node-ports.ts'
import { event, type PodCase, testFilter, testHints } from './testing.ts'

type Port = { hostPort?: number; hostIP?: string; protocol?: 'TCP' | 'UDP' }
const using = (...ports: Port[]): PodCase => ({
  spec: { containers: [{ name: 'c', image: 'x', ports: ports.map((port) => ({ containerPort: 80, ...port })) }] },
})
const beside = (port: Port) => ({ other: { on: 'n', ...using(port) } })
const taken = { n: ["node(s) didn't have free ports for the requested pod ports"] }

testFilter(nodePorts, [
  ['the same port', using({ hostPort: 80 }), { n: {} }, beside({ hostPort: 80 }), taken],
  ['another port', using({ hostPort: 81 }), { n: {} }, beside({ hostPort: 80 }), {}],
  ['one of two', using({ hostPort: 81 }, { hostPort: 80 }), { n: {} }, beside({ hostPort: 80 }), taken],
  ['another protocol', using({ hostPort: 80, protocol: 'UDP' }), { n: {} }, beside({ hostPort: 80 }), {}],
  ['another address', using({ hostPort: 80, hostIP: '10.0.0.1' }), { n: {} }, beside({ hostPort: 80, hostIP: '10.0.0.2' }), {}],
  ['an address beside all', using({ hostPort: 80, hostIP: '10.0.0.1' }), { n: {} }, beside({ hostPort: 80 }), taken],
  ['all beside an address', using({ hostPort: 80 }), { n: {} }, beside({ hostPort: 80, hostIP: '10.0.0.1' }), taken],
  ['a port of the container only', using({}), { n: {} }, beside({ hostPort: 80 }), {}],
  [
    'a sidecar’s',
    { spec: { initContainers: [{ name: 's', restartPolicy: 'Always', ports: [{ containerPort: 1, hostPort: 80 }] }] } },
    { n: {} },
    beside({ hostPort: 80 }),
    taken,
  ],
])
testHints(nodePorts, [
  ['a pod with the port goes', using({ hostPort: 80 }), event.podDeleted(using({ hostPort: 80 })), true],
  ['a pod with another goes', using({ hostPort: 80 }), event.podDeleted(using({ hostPort: 81 })), false],
  ['a node comes', using({ hostPort: 80 }), event.nodeAdded(), true],
])

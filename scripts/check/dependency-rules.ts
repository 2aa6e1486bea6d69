import type { IFlattenedRuleSet } from 'dependency-cruiser';

type ForbiddenRule = NonNullable<IFlattenedRuleSet['forbidden']>[number];

/** Code that never ships: it may reach over the layers to set up and look at what it tests. */
const TEST_CODE = '(\\.test\\.ts$|/test/|^packages/testing/)';

/** What each package may import of the others: `events` ← {`contracts`, `telemetry`} ← `messaging` ← adapters ← `service`. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  events: [],
  contracts: ['events'],
  telemetry: ['events'],
  messaging: ['events', 'contracts', 'telemetry'],
  kafka: ['events', 'contracts', 'telemetry', 'messaging'],
  postgres: ['events', 'contracts', 'telemetry', 'messaging'],
  redis: ['events', 'contracts', 'telemetry', 'messaging'],
  http: ['events', 'contracts', 'telemetry', 'messaging'],
  kubernetes: ['events'],
  cli: ['kubernetes'],
  service: ['events', 'contracts', 'telemetry', 'messaging', 'kafka', 'postgres', 'redis', 'http'],
};

/** The clients of the stack, and where they may be known besides tests. */
const CLIENTS: Readonly<Record<string, string>> = {
  kafkajs: '^(packages/(kafka|testing)/|scripts/bench/)',
  pg: '^(packages/(postgres|testing)/|scripts/)',
  ioredis: '^packages/(redis|testing)/',
  '@kubernetes/client-node': '^packages/kubernetes/',
};

function layerRule([name, allowed]: [string, readonly string[]]): ForbiddenRule {
  const known = [name, ...allowed].join('|');
  return {
    name: `layer-of-${name}`,
    comment: `packages/${name} may import only: ${allowed.join(', ') || 'nothing of ours'}`,
    severity: 'error',
    from: { path: `^packages/${name}/`, pathNot: TEST_CODE },
    to: { path: '^(packages|services|scripts)/', pathNot: `^packages/(${known})/` },
  };
}

function clientRule([client, allowed]: [string, string]): ForbiddenRule {
  return {
    name: `client-${client}`,
    comment: `${client} is known in its adapter alone`,
    severity: 'error',
    from: { pathNot: [allowed, ...(client === 'kafkajs' ? [] : ['\\.test\\.ts$'])] },
    to: { path: `(^|node_modules/)(@types/)?${client}(/|$)` },
  };
}

const SERVICE = '^services/(edge|console|[^/]+/[^/]+)/';

const serviceRules: readonly ForbiddenRule[] = [
  {
    name: 'service-imports-no-service',
    comment: 'services share contracts, not code',
    severity: 'error',
    from: { path: SERVICE },
    to: { path: '^services/', pathNot: '^services/$1/' },
  },
  {
    name: 'domain-is-pure',
    comment: 'domain/ imports its own files and types of @throughline/events, nothing else',
    severity: 'error',
    from: { path: '^(services/.+)/domain/', pathNot: TEST_CODE },
    to: { pathNot: ['^$1/domain/', '^packages/events/'] },
  },
  {
    name: 'domain-takes-types-of-events',
    comment: 'of @throughline/events domain/ imports types only',
    severity: 'error',
    from: { path: '^services/.+/domain/', pathNot: TEST_CODE },
    to: { path: '^packages/events/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'main-constructs',
    comment: 'connections are made in main.ts and handed over; handlers and routes know their types at most',
    severity: 'error',
    from: { path: '^services/.+/(handlers|routes)/', pathNot: TEST_CODE },
    to: { path: '^packages/(kafka|postgres|redis)/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'nothing-imports-main',
    comment: 'main.ts is where a process begins, not a module',
    severity: 'error',
    from: {},
    to: { path: '^services/.+/src/main\\.ts$' },
  },
];

/** The dependency directions of the architecture, as rules of dependency-cruiser. */
export const dependencyRules: IFlattenedRuleSet = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-found', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'testing-in-tests-only',
      severity: 'error',
      from: { path: '^(packages|services|scripts)/', pathNot: TEST_CODE },
      to: { path: '^packages/testing/' },
    },
    { name: 'packages-import-no-service', severity: 'error', from: { path: '^packages/' }, to: { path: '^(services|scripts)/' } },
    ...Object.entries(LAYERS).map(layerRule),
    ...Object.entries(CLIENTS).map(clientRule),
    ...serviceRules,
  ],
};

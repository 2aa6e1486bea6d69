import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, testPrefix } from '@throughline/testing';
import { checkLedger, type Violation } from '../check-ledger.ts';
import { type LedgerGroup, type LedgerService, openLedgerService } from '../ledger-service.ts';
import type { FaultStage } from '../random/fault-stage.ts';
import { createLedgerCrew } from '../random/ledger-crew.ts';
import { prepareLedger, waitUntilAtWork } from '../random/prepare-ledger.ts';
import { saveTables } from '../random/save-tables.ts';
import { waitUntilDrained } from '../wait-until-drained.ts';
import { beginOutage, createMemberRole, type OutageKind, type OutageTargets } from './outage-kinds.ts';
import { type OutageWatch, watchOutage } from './outage-watch.ts';

export interface OutageOptions {
  readonly stage: FaultStage;
  /** One after the other, in one run. */
  readonly kinds: readonly OutageKind[];
  /** Of each outage, milliseconds. */
  readonly outageMs: number;
  /** Load before each; as long as the breaker looks back (10 s) what went well hides longest that nothing does any more. Milliseconds. */
  readonly warmUpMs: number;
  readonly eventsPerSecond: number;
  /** Of each group. */
  readonly members: number;
  /** Where the processes' logs go. */
  readonly logDir: string;
  /** How long it may take after an outage, milliseconds. */
  readonly drainDeadlineMs: number;
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface OutageReport {
  readonly violations: readonly Violation[];
  readonly events: number;
  readonly legs: readonly OutageLeg[];
}

/** One outage. */
export interface OutageLeg {
  readonly kind: OutageKind;
  /** Committed while it lasted. */
  readonly published: number;
  /** From its end until all that was published by then was handled by both groups, the load going on; milliseconds. */
  readonly caughtUpAfterMs: number;
  /** Records that went to retry topics. */
  readonly retried: number;
  /** Events parked when nothing was handled any more. */
  readonly parked: number;
}

const PUBLISHERS = 2;
const ACCOUNTS = 300;
const SEED = 60;
const logger = createLogger({ name: 'fault-suite', level: 'fatal' });

/** Load without any poison, and outages that are no event's fault: no dead letter, each effect once, in order, and all drained at the end. */
export async function runOutages(options: OutageOptions): Promise<OutageReport> {
  const { stage, logDir, kinds } = options;
  mkdirSync(logDir, { recursive: true });
  const outageFile = join(logDir, 'outage');
  await rm(outageFile, { force: true });
  const home = await createTestDatabase(stage.adminUrl);
  const name = testPrefix('ledger');
  const config = { name, topic: `${name}.v1`, kafkaBrokers: stage.kafkaBrokers, redisUrl: stage.redisUrl };
  const groups: readonly LedgerGroup[] = [
    { group: `${name}.keyed`, order: 'key' },
    { group: `${name}.free`, order: 'none' },
  ];
  const memberRole = `${home.name}_members`;
  const member = await createMemberRole(stage.adminUrl, stage.behindProxy(home.url), memberRole);
  const service = await openLedgerService({ ...config, databaseUrl: home.url }, logger);
  const violations: Violation[] = [];
  const crew = createLedgerCrew({
    config: { ...config, databaseUrl: stage.behindProxy(home.url), outageFile },
    memberDatabaseUrl: member.url,
    groups,
    members: options.members,
    publishers: PUBLISHERS,
    load: { accounts: ACCOUNTS, transient: 0, poison: 0, seed: SEED, eventsPerSecond: options.eventsPerSecond },
    logDir,
    onViolation: (violation) => violations.push(violation),
  });
  try {
    await prepareLedger(service, config.topic, groups);
    crew.start();
    await waitUntilAtWork(service, groups);
    const watch = watchOutage(service, groups);
    const targets = { adminUrl: stage.adminUrl, databaseName: home.name, memberRole, outageFile };
    const legs: OutageLeg[] = [];
    for (const kind of kinds) legs.push(await runLeg(options, { kind, targets, watch, violations }));
    await crew.stopLoad();
    violations.push(...(await drainAndCheck(options, { service, groups, topic: config.topic })));
    const events = await watch.publishedEvents();
    if (violations.length > 0) await saveTables(service.database, logDir);
    return { violations, events, legs };
  } finally {
    await crew.kill();
    await service.close();
    await home.drop();
    await member.drop();
  }
}

interface LegSetting {
  readonly kind: OutageKind;
  readonly targets: OutageTargets;
  readonly watch: OutageWatch;
  readonly violations: Violation[];
}

async function runLeg(options: OutageOptions, { kind, targets, watch, violations }: LegSetting): Promise<OutageLeg> {
  const { outageMs, report, signal, drainDeadlineMs } = options;
  await delay(options.warmUpMs, undefined, signal && { signal });
  const [publishedBefore, retriedBefore] = [await watch.publishedEvents(), await watch.retried()];
  const startedAtMs = performance.now();
  const end = await beginOutage(kind, targets);
  let parked = 0;
  try {
    report(`${kind}: away`);
    // Of a database that refuses nothing can be asked.
    const standing = kind === 'database' ? undefined : await watch.untilNothingIsHandled(outageMs);
    parked = standing === undefined ? 0 : await watch.parkedEvents();
    await delay(outageMs - (performance.now() - startedAtMs), undefined, signal && { signal });
    if (standing !== undefined && (await watch.effects()) !== standing)
      violations.push(`${kind}: something was handled meanwhile`);
  } finally {
    await end();
  }
  const published = kind === 'database' ? 0 : (await watch.publishedEvents()) - publishedBefore;
  const caughtUpAfterMs = await watch.untilCaughtUp(drainDeadlineMs).catch((error: Error) => {
    violations.push(`${kind}: ${error.message}`);
    return Number.POSITIVE_INFINITY;
  });
  report(`${kind}: caught up ${(caughtUpAfterMs / 1_000).toFixed(1)} s after its end`);
  return { kind, published, caughtUpAfterMs, retried: (await watch.retried()) - retriedBefore, parked };
}

interface CheckSetting {
  readonly service: LedgerService;
  readonly groups: readonly LedgerGroup[];
  readonly topic: string;
}

async function drainAndCheck({ drainDeadlineMs }: OutageOptions, { service, groups, topic }: CheckSetting): Promise<Violation[]> {
  const check = { database: service.database, driver: service.driver, topic, groups };
  await service.relay.start();
  const late = await waitUntilDrained(check, drainDeadlineMs).then(
    () => [],
    (error: Error) => [error.message],
  );
  return [...late, ...(await checkLedger(check))];
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Database, migrate } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, stackAddresses, testPrefix } from '@throughline/testing';
import { type CheckOptions, checkLedger, type Violation } from '../check-ledger.ts';
import { forgetClaims } from '../forget-claims.ts';
import { addEntries, createLedgerTables, type NewEntry } from '../ledger.ts';
import { groupTopics, type LedgerGroup, type LedgerService, openLedgerService } from '../ledger-service.ts';
import { waitUntilDrained } from '../wait-until-drained.ts';
import type { CrashTask } from './crash-task.ts';

const FIXTURE = fileURLToPath(new URL('./ledger-process.fixture.ts', import.meta.url));
const PARTITIONS = 2;
const CRASH_DEADLINE_MS = 45_000;
const DRAIN_DEADLINE_MS = 45_000;
/** A dozen stages open at the same moment. */
const CONNECT_TIMEOUT_MS = 20_000;
const logger = createLogger({ name: 'test', level: 'fatal' });

/** A ledger of one test's own: database, topic, group. */
export interface CrashStage {
  readonly group: LedgerGroup;
  readonly database: Database;
  readonly service: LedgerService;
  readonly check: CheckOptions;
  /** Commits one transaction for each list of entries. */
  publish(...transactions: readonly (readonly NewEntry[])[]): Promise<void>;
  /** Runs a process until it has ended itself. @throws {Error} when it ends in another way, or not in time */
  runUntilCrash(task: Partial<CrashTask>): Promise<void>;
  forgetClaims(): Promise<void>;
  /** Starts the service anew, in this process. */
  restart(): Promise<void>;
  drained(): Promise<void>;
  violations(): Promise<Violation[]>;
  close(): Promise<void>;
}

export async function createCrashStage(groupOptions: Omit<LedgerGroup, 'group'>): Promise<CrashStage> {
  const name = testPrefix('ledger');
  const group: LedgerGroup = { group: `${name}.group`, ...groupOptions };
  const topic = `${name}.v1`;
  const home = await createTestDatabase();
  const { kafkaBrokers, redisUrl } = stackAddresses();
  const config = { name, databaseUrl: home.url, redisUrl, kafkaBrokers, topic, connectTimeoutMs: CONNECT_TIMEOUT_MS };
  // This process must live on to fail the test.
  const service = await openLedgerService(config, logger, { die: refuseToDie });
  const { database, driver } = service;
  await migrate({ database, logger });
  await createLedgerTables(database);
  const own = groupTopics(group, PARTITIONS);
  await driver.ensureTopics([{ topic, partitions: PARTITIONS }, ...own], { create: true });
  const check = { database, driver, topic, groups: [group] };
  return {
    group,
    database,
    service,
    check,
    publish: async (...transactions) => {
      for (const entries of transactions) await database.transaction((tx) => addEntries(tx, service.publisher, entries));
    },
    runUntilCrash: (task) => runUntilCrash({ config, groups: [group], ...task }),
    forgetClaims: () => forgetClaims({ database, redisUrl }),
    restart: async () => {
      await service.relay.start();
      await service.join(group);
    },
    drained: () => waitUntilDrained(check, DRAIN_DEADLINE_MS),
    violations: () => checkLedger(check),
    close: async () => {
      await service.close();
      await home.drop();
    },
  };
}

function refuseToDie(): never {
  throw new Error('a deadly entry was handled once too often');
}

async function runUntilCrash(task: CrashTask): Promise<void> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', FIXTURE, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const output = collectOutput(child);
  const timer = setTimeout(() => child.kill('SIGTERM'), CRASH_DEADLINE_MS);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  if (signal !== 'SIGKILL')
    throw new Error(`the process did not crash where it should have (${signal ?? `exit code ${code}`}):\n${output()}`);
}

function collectOutput({ stdout, stderr }: ChildProcess): () => string {
  const chunks: string[] = [];
  for (const stream of [stdout, stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return () => chunks.join('').slice(-8_000);
}

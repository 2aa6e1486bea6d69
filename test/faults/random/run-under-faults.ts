import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { migrate } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, testPrefix, waitFor } from '@throughline/testing';
import { checkLedger, type Violation } from '../check-ledger.ts';
import { forgetClaims } from '../forget-claims.ts';
import { createLedgerTables } from '../ledger.ts';
import { groupTopics, type LedgerConfig, type LedgerGroup, type LedgerService, openLedgerService } from '../ledger-service.ts';
import { waitUntilDrained } from '../wait-until-drained.ts';
import { type DecisionCounts, decideAboutSome, decideInBetween } from './decide-in-between.ts';
import type { FaultStage } from './fault-stage.ts';
import { injectFaults } from './inject-faults.ts';
import { createLedgerWorker, type LedgerWorker } from './ledger-worker.ts';
import { saveTables } from './save-tables.ts';
import { createSeededRandom } from './seeded-random.ts';
import type { WorkerTask } from './worker-task.ts';

export interface RunOptions {
  readonly stage: FaultStage;
  readonly seed: number;
  /** How long faults are injected, milliseconds. */
  readonly durationMs: number;
  /** Both publishers together. */
  readonly eventsPerSecond: number;
  /** Members of each of the two groups. */
  readonly members: number;
  /** Where the processes' logs go. */
  readonly logDir: string;
  /** How long it may take, after the last fault, until nothing is on its way, milliseconds. */
  readonly drainDeadlineMs: number;
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** What was seen; the promises hold when there is no violation. */
export interface RunReport {
  readonly violations: readonly Violation[];
  readonly events: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly decisions: DecisionCounts;
  /** From the last fault until nothing was on its way, milliseconds. */
  readonly drainedAfterMs: number | undefined;
}

const START_DEADLINE_MS = 60_000;
const PARTITIONS = 6;
const ACCOUNTS = 300;
const TRANSIENT = 0.01;
const POISON = 0.001;
const PUBLISHERS = 2;
const logger = createLogger({ name: 'fault-suite', level: 'fatal' });

/** Two publishers with their relays and two groups under load, with faults; then everything is healed, drained and checked. */
export async function runUnderFaults(options: RunOptions): Promise<RunReport> {
  const { stage, logDir } = options;
  mkdirSync(logDir, { recursive: true });
  const home = await createTestDatabase(stage.adminUrl);
  const name = testPrefix('ledger');
  const config = { name, topic: `${name}.v1`, kafkaBrokers: stage.kafkaBrokers, redisUrl: stage.redisUrl };
  const service = await openLedgerService({ ...config, databaseUrl: home.url }, logger);
  try {
    const groups: readonly LedgerGroup[] = [
      { group: `${name}.keyed`, order: 'key' },
      { group: `${name}.free`, order: 'none' },
    ];
    await prepare(service, config.topic, groups);
    const run = new Run({ ...options, service, groups, config: { ...config, databaseUrl: stage.behindProxy(home.url) } });
    return await run.finish();
  } finally {
    await service.close();
    await home.drop();
  }
}

async function prepare({ database, driver }: LedgerService, topic: string, groups: readonly LedgerGroup[]): Promise<void> {
  await migrate({ database, logger });
  await createLedgerTables(database);
  const own = groups.flatMap((group) => groupTopics(group, PARTITIONS));
  await driver.ensureTopics([{ topic, partitions: PARTITIONS }, ...own], { create: true });
}

interface RunSetting extends RunOptions {
  readonly service: LedgerService;
  readonly groups: readonly LedgerGroup[];
  /** As the workers see the stores: through the proxies. */
  readonly config: LedgerConfig;
}

/** The processes of one run. */
class Run {
  readonly #setting: RunSetting;
  readonly #publishers: readonly LedgerWorker[];
  readonly #members: readonly LedgerWorker[];
  readonly #violations: Violation[] = [];
  #isOver = false;

  constructor(setting: RunSetting) {
    this.#setting = setting;
    this.#publishers = Array.from({ length: PUBLISHERS }, (_, index) => this.#publisher(index));
    this.#members = setting.groups.flatMap((group) =>
      Array.from({ length: setting.members }, (_, index) => this.#member(group, index)),
    );
  }

  async finish(): Promise<RunReport> {
    const { seed, durationMs, report, service, groups, config } = this.#setting;
    const workers = [...this.#publishers, ...this.#members];
    for (const worker of workers) worker.start();
    try {
      await this.#atWork();
      const ending = AbortSignal.any([AbortSignal.timeout(durationMs), ...(this.#setting.signal ? [this.#setting.signal] : [])]);
      const [faults, decisions] = await Promise.all([
        injectFaults({
          targets: this.#targets(),
          seed,
          signal: ending,
          onFault: report,
          onFailure: (line) => this.#violate(`a fault went wrong: ${line}`),
        }),
        decideInBetween(service, { seed, signal: ending }),
      ]);
      this.#setting.signal?.throwIfAborted();
      const check = { database: service.database, driver: service.driver, topic: config.topic, groups };
      const drainedAfterMs = await this.#drain(decisions);
      const violations = [...this.#violations, ...(await checkLedger(check))];
      if (violations.length > 0) await saveTables(service.database, this.#setting.logDir);
      const [published] = await service.database.query<{ events: number }>('SELECT count(*)::int AS events FROM published');
      return { violations, events: published?.events ?? 0, faults, decisions, drainedAfterMs };
    } finally {
      this.#isOver = true;
      await Promise.all(workers.map((worker) => worker.kill()));
    }
  }

  /** Faults before anything has begun would only test the start. */
  async #atWork(): Promise<void> {
    const { service, groups } = this.#setting;
    const isAtWork = async () => {
      const [row] = await service.database.query<{ groups: number }>(
        'SELECT count(DISTINCT consumer_group)::int AS groups FROM effects',
      );
      return row?.groups === groups.length;
    };
    await waitFor(isAtWork, { description: 'both groups to handle', timeoutMs: START_DEADLINE_MS, intervalMs: 100 });
  }

  /** The load ends, the relays stay until all is sent; what is dead is decided until nothing is. */
  async #drain(decisions: DecisionCounts): Promise<number | undefined> {
    const { service, groups, config, drainDeadlineMs, report, seed } = this.#setting;
    const startedAtMs = performance.now();
    await this.#stopLoad();
    const check = { database: service.database, driver: service.driver, topic: config.topic, groups };
    const random = createSeededRandom(seed);
    try {
      do {
        await waitUntilDrained(check, drainDeadlineMs - (performance.now() - startedAtMs));
      } while ((await decideAboutSome(service, random, decisions)) > 0);
      return performance.now() - startedAtMs;
    } catch (error) {
      this.#violate((error as Error).message);
      report(`not drained: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** The publishers stop in order; what they left in the outbox is relayed from here. */
  async #stopLoad(): Promise<void> {
    const stopped = await Promise.all(this.#publishers.map((publisher) => publisher.stop()));
    stopped.forEach((isInOrder, index) => {
      if (!isInOrder) this.#violate(`${this.#publishers[index]?.name} did not stop in order`);
    });
    await this.#setting.service.relay.start();
  }

  #targets() {
    const { stage, service, config } = this.#setting;
    // Where others use the same Redis only what is this run's is forgotten.
    const flush =
      stage.restart === undefined
        ? () => forgetClaims({ database: service.database, redisUrl: config.redisUrl })
        : async () => void (await service.redis.client.flushall());
    return { stage, publishers: this.#publishers, members: this.#members, forgetClaims: flush };
  }

  #publisher(index: number): LedgerWorker {
    const { eventsPerSecond, seed } = this.#setting;
    const load = { accounts: ACCOUNTS, transient: TRANSIENT, poison: POISON, seed: seed + index };
    return this.#worker(`publisher-${index}`, { publishes: { ...load, eventsPerSecond: eventsPerSecond / PUBLISHERS } });
  }

  #member(group: LedgerGroup, index: number): LedgerWorker {
    return this.#worker(`${group.order === 'key' ? 'keyed' : 'free'}-${index}`, { group });
  }

  #worker(name: string, task: Omit<WorkerTask, 'config'>): LedgerWorker {
    const { config, logDir } = this.#setting;
    const worker = createLedgerWorker({
      task: { ...task, config: { ...config, name } },
      logDir,
      onDied: (_, how) => {
        this.#violate(`${name} ended by itself: ${how}`);
        void delay(1_000).then(() => {
          if (!this.#isOver) worker.start();
        });
      },
    });
    return worker;
  }

  #violate(violation: Violation): void {
    this.#violations.push(violation);
    this.#setting.report(`VIOLATION ${violation}`);
  }
}

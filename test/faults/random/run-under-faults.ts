import { mkdirSync } from 'node:fs';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, testPrefix } from '@throughline/testing';
import { checkLedger, type Violation } from '../check-ledger.ts';
import { forgetClaims } from '../forget-claims.ts';
import { type LedgerConfig, type LedgerGroup, type LedgerService, openLedgerService } from '../ledger-service.ts';
import { waitUntilDrained } from '../wait-until-drained.ts';
import { type DecisionCounts, decideAboutSome, decideInBetween } from './decide-in-between.ts';
import type { FaultStage } from './fault-stage.ts';
import { injectFaults } from './inject-faults.ts';
import { createLedgerCrew, type LedgerCrew } from './ledger-crew.ts';
import { prepareLedger, waitUntilAtWork } from './prepare-ledger.ts';
import { saveTables } from './save-tables.ts';
import { createSeededRandom } from './seeded-random.ts';

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
    await prepareLedger(service, config.topic, groups);
    const run = new Run({ ...options, service, groups, config: { ...config, databaseUrl: stage.behindProxy(home.url) } });
    return await run.finish();
  } finally {
    await service.close();
    await home.drop();
  }
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
  readonly #crew: LedgerCrew;
  readonly #violations: Violation[] = [];

  constructor(setting: RunSetting) {
    this.#setting = setting;
    const { config, groups, members, eventsPerSecond, seed, logDir } = setting;
    this.#crew = createLedgerCrew({
      config,
      groups,
      members,
      publishers: PUBLISHERS,
      load: { accounts: ACCOUNTS, transient: TRANSIENT, poison: POISON, seed, eventsPerSecond },
      logDir,
      onViolation: (violation) => this.#violate(violation),
    });
  }

  async finish(): Promise<RunReport> {
    const { seed, durationMs, report, service, groups, config } = this.#setting;
    this.#crew.start();
    try {
      await waitUntilAtWork(service, groups);
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
      await this.#crew.kill();
    }
  }

  /** The load ends, the relays stay until all is sent; what is dead is decided until nothing is. */
  async #drain(decisions: DecisionCounts): Promise<number | undefined> {
    const { service, groups, config, drainDeadlineMs, report, seed } = this.#setting;
    const startedAtMs = performance.now();
    await this.#crew.stopLoad();
    await service.relay.start();
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

  #targets() {
    const { stage, service, config } = this.#setting;
    // Where others use the same Redis only what is this run's is forgotten.
    const flush =
      stage.restart === undefined
        ? () => forgetClaims({ database: service.database, redisUrl: config.redisUrl })
        : async () => void (await service.redis.client.flushall());
    return { stage, publishers: this.#crew.publishers, members: this.#crew.members, forgetClaims: flush };
  }

  #violate(violation: Violation): void {
    this.#violations.push(violation);
    this.#setting.report(`VIOLATION ${violation}`);
  }
}

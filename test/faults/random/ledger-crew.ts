import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerConfig, LedgerGroup } from '../ledger-service.ts';
import { createLedgerWorker, type LedgerWorker } from './ledger-worker.ts';
import type { LoadOptions, WorkerTask } from './worker-task.ts';

export interface CrewOptions {
  /** As the workers see the stores; each gets a name of its own. */
  readonly config: LedgerConfig;
  /** As members connect. (Default: as publishers do) */
  readonly memberDatabaseUrl?: string;
  readonly groups: readonly LedgerGroup[];
  /** Of each group. */
  readonly members: number;
  readonly publishers: number;
  /** Of all publishers together. */
  readonly load: LoadOptions;
  readonly logDir: string;
  /** Told what should not have happened: a worker that ended by itself, or not in order. */
  readonly onViolation: (violation: string) => void;
}

/** The processes of a run: publishers with their relays, and members of the groups. */
export interface LedgerCrew {
  readonly publishers: readonly LedgerWorker[];
  readonly members: readonly LedgerWorker[];
  /** From now on a worker that ends by itself is started again. */
  start(): void;
  /** The publishers stop in order; what they leave in the outbox is for others to relay. */
  stopLoad(): Promise<void>;
  kill(): Promise<void>;
}

const RESTART_AFTER_MS = 1_000;

/** Not started yet. */
export function createLedgerCrew(options: CrewOptions): LedgerCrew {
  const { config, groups, load, logDir, onViolation } = options;
  const { memberDatabaseUrl = config.databaseUrl } = options;
  let isOver = false;
  const open = (name: string, task: Omit<WorkerTask, 'config'>): LedgerWorker => {
    const worker = createLedgerWorker({
      task: { ...task, config: { ...config, name, ...(task.group && { databaseUrl: memberDatabaseUrl }) } },
      logDir,
      onDied: (_, how) => {
        onViolation(`${name} ended by itself: ${how}`);
        void delay(RESTART_AFTER_MS).then(() => {
          if (!isOver) worker.start();
        });
      },
    });
    return worker;
  };
  const eventsPerSecond = load.eventsPerSecond / options.publishers;
  const publishers = Array.from({ length: options.publishers }, (_, index) =>
    open(`publisher-${index}`, { publishes: { ...load, seed: load.seed + index, eventsPerSecond } }),
  );
  const members = groups.flatMap((group) =>
    Array.from({ length: options.members }, (_, index) =>
      open(`${group.order === 'key' ? 'keyed' : 'free'}-${index}`, { group }),
    ),
  );
  return {
    publishers,
    members,
    start: () => {
      for (const worker of [...publishers, ...members]) worker.start();
    },
    stopLoad: async () => {
      const stopped = await Promise.all(publishers.map((publisher) => publisher.stop()));
      stopped.forEach((isInOrder, index) => {
        if (!isInOrder) onViolation(`${publishers[index]?.name} did not stop in order`);
      });
    },
    kill: async () => {
      isOver = true;
      await Promise.all([...publishers, ...members].map((worker) => worker.kill()));
    },
  };
}

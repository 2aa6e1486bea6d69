import type { Logger } from '@throughline/telemetry';
import type { Database } from '../database/database.ts';
import { createLease } from '../lease.ts';
import { createAlarm } from '../relay/alarm.ts';
import { listExhausted } from './dead-letter-rows.ts';
import type { Decisions } from './decisions.ts';

export interface RedriveOptions {
  readonly database: Database;
  readonly decisions: Decisions;
  readonly group: string;
  /** Pause between two rounds, and how long a dead letter waits at least, milliseconds. */
  readonly intervalMs: number;
  /** Replays of an event, also by people, above which it waits for a person. */
  readonly limit: number;
  /** Dead letters a round. */
  readonly batchSize: number;
  readonly logger: Logger;
}

/** Sends dead letters back by itself. */
export interface Redrive {
  start(): void;
  /** Ends after the round in hand. */
  stop(): Promise<void>;
}

/** Who decides, in the audit log. */
const OPERATOR = 'redrive';
/** A round is one transaction of at most 15 s a statement. */
const MIN_LEASE_MS = 60_000;

/**
 * Replays a group's waiting dead letters whose tries were used up, oldest first, as a person would: through the decisions, with a line in the audit log. What cannot be
 * helped by trying (a broken contract, bytes that are no event) is left alone. Of all replicas one does it at a time.
 */
export function createRedrive(options: RedriveOptions): Redrive {
  const { database, group, intervalMs, logger } = options;
  const lease = createLease({ database, name: `redrive:${group}`, leaseMs: Math.max(MIN_LEASE_MS, 2 * intervalMs) });
  const alarm = createAlarm();
  let isRunning = false;
  let work = Promise.resolve();
  const round = async (): Promise<void> => {
    if (!(await lease.hold())) return;
    const replayed = await replayExhausted(options);
    if (replayed > 0) logger.info({ group, replayed }, `Sent ${replayed} dead letters of ${group} back`);
  };
  const run = async (): Promise<void> => {
    while (isRunning) {
      await round().catch((error: unknown) =>
        logger.warn({ err: error, group }, 'Dead letters could not be sent back; it is tried again.'),
      );
      if (isRunning) await alarm.pause(intervalMs);
    }
  };
  return {
    start: () => {
      if (isRunning) return;
      isRunning = true;
      work = run();
    },
    stop: async () => {
      if (!isRunning) return;
      isRunning = false;
      alarm.ring();
      await work;
      await lease.release();
    },
  };
}

/** @returns how many were sent back */
function replayExhausted({ database, decisions, group, intervalMs, limit, batchSize }: RedriveOptions): Promise<number> {
  return database.transaction(async (tx) => {
    const letters = await listExhausted(tx, { group, maxReplays: limit, minAgeMs: intervalMs, limit: batchSize });
    let replayed = 0;
    for (const { dlqId } of letters) {
      // The cap is the redrive's own, not the one that people have.
      const { outcome } = await decisions.replayIn(tx, dlqId, { operator: OPERATOR, isCapIgnored: true });
      if (outcome === 'decided') replayed += 1;
    }
    return replayed;
  });
}

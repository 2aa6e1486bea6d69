import { createDecisions, createRedrive, type RedriveOptions } from '@throughline/postgres';
import type { ServiceRuntime } from './run-service.ts';
import type { Backbone } from './start-backbone.ts';

export interface StartRedriveOptions extends Pick<RedriveOptions, 'group' | 'limit' | 'batchSize'> {
  readonly runtime: ServiceRuntime;
  readonly backbone: Pick<Backbone, 'upkeep' | 'outcomes' | 'relay'>;
  /** Pause between two rounds, and how long a dead letter waits at least, milliseconds; 0 = dead letters wait for a person. */
  readonly intervalMs: number;
}

/** A round that is under way ends. */
const STOP_MS = 3_000;

/**
 * Sends a group's dead letters back by itself when their tries were used up, each at most `limit` times; one replica does it at a time. Stops with the service.
 *
 * @example
 * startRedrive({ runtime, backbone, group: 'intake.worker', intervalMs: 60_000, limit: 3, batchSize: 100 });
 */
export function startRedrive({ runtime, backbone, ...redrive }: StartRedriveOptions): void {
  if (redrive.intervalMs === 0) return;
  const { upkeep: database, outcomes, relay } = backbone;
  const decisions = createDecisions({ database, outcomes, wake: () => relay.wake() });
  const running = createRedrive({ ...redrive, database, decisions, logger: runtime.logger });
  running.start();
  runtime.onStop(`redrive of ${redrive.group}`, () => running.stop(), { atMostMs: STOP_MS, beginsAtOnce: true });
}

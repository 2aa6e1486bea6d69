import type { LedgerConfig, LedgerGroup } from '../ledger-service.ts';

/** What a process of a run does: publish and relay, or handle. */
export interface WorkerTask {
  readonly config: LedgerConfig;
  readonly publishes?: LoadOptions;
  readonly group?: LedgerGroup;
}

export interface LoadOptions {
  readonly eventsPerSecond: number;
  readonly accounts: number;
  /** Part of the events that fail twice, 0 to 1. */
  readonly transient: number;
  /** Part of the events that fail until somebody decides, 0 to 1. */
  readonly poison: number;
  readonly seed: number;
}

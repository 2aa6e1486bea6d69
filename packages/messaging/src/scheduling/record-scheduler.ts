import type { Clock } from '../clock.ts';
import type { ConsumeOptions } from '../messaging-driver.ts';
import type { IncomingRecord } from '../record.ts';
import type { OffsetWindow, WindowEntry } from './offset-window.ts';

export interface RejectionFacts {
  /** After which the record is tried again. */
  readonly delayMs: number;
  readonly rejections: number;
}

export interface RecordSchedulerOptions {
  readonly handle: ConsumeOptions['handle'];
  readonly dueAtMs?: ConsumeOptions['dueAtMs'] | undefined;
  /** Records a chunk at most, asked before each. (Default: 1) */
  readonly maxChunkRecords?: ConsumeOptions['maxChunkRecords'] | undefined;
  /** Chunks in work at once. */
  readonly concurrency: number;
  /** Called after a partition changed (records done, held, released), for pausing and resuming it. */
  readonly onChange?: (partition: AssignedPartition) => void;
  /**
   * Called with a record that keeps its place because a store or the broker is away, before its back-off: the first, then at most one a second; `rejections` counts the chunks since the last
   * call, this one included.
   */
  readonly onRejected?: (record: IncomingRecord, error: unknown, facts: RejectionFacts) => void;
  readonly clock?: Clock | undefined;
  /** In [0, 1). */
  readonly random?: (() => number) | undefined;
}

/** One partition for as long as it is assigned to this member; after `revoke` its records are not begun and its completions dropped. */
export interface AssignedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly window: OffsetWindow<WindowEntry>;
  /** True while the next record of the partition is not due. */
  readonly isHeld: boolean;
  /** Takes records in offset order; those below `window.next` are already here and are ignored. */
  add(records: readonly IncomingRecord[]): void;
  revoke(): void;
}

/**
 * Runs records in chunks: those of one (topic, key) one after the other, others side by side up to a bound, partitions in turn. When a chunk says that a store is away nothing begins for a while,
 * then one record as a probe, then gradually more. Shared by all drivers, so that they order alike.
 */
export interface RecordScheduler {
  assign(topic: string, partition: number): AssignedPartition;
  /** Begins nothing new until `resume`. */
  hold(): void;
  resume(): void;
  /** Begins nothing new, waits for work in flight until the deadline, then aborts it. Resolves to false when the deadline came first. */
  drain(deadlineMs: number): Promise<boolean>;
  /** Records in work. */
  readonly inFlight: number;
  /** Fetched and not begun. */
  readonly queued: number;
  readonly lastProgressAtMs: number;
}

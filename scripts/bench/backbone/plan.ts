/** What one process of a variant gets. */
export interface VariantPlan {
  readonly brokers: string;
  /** A database of this run's own. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly topic: string;
  /** Consumer group, of this run's own. */
  readonly group: string;
  /** Done before the window opens. */
  readonly warmUpEvents: number;
  /** With the warm-up; the window closes when so many are done. */
  readonly totalEvents: number;
  /** Partitions in work at once in the hand-written loop. (Default: 1) */
  readonly concurrency?: number;
  /** The handler takes batches. (Default: false) */
  readonly isBatched?: boolean;
  /** Text in an event, instead of an ordinary event of object storage. */
  readonly fillerBytes?: number;
  /** Events a second that are put into the outbox, and for how long, of the workload that has a rate. */
  readonly load?: { readonly eventsPerSecond: number; readonly warmUpMs: number; readonly durationMs: number };
  /** Tells how far it is instead of measuring by itself: one of several that share the work. (Default: false) */
  readonly isOneOfMany?: boolean;
}

/** What the process says at the end of its window. */
export interface VariantReport {
  readonly kind: 'report';
  /** Events in the window. */
  readonly events: number;
  readonly durationMs: number;
  /** Processor time of the process in the window, user and system. */
  readonly cpuUs: number;
  /** A rebalance of the consumer group fell into the window. */
  readonly hasRebalanced: boolean;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Events that waited when the window closed, and when its first half was over. */
  readonly backlog?: { readonly half: number; readonly end: number };
}

/** How far one of many is, every 100 ms. */
export interface VariantProgress {
  readonly kind: 'progress';
  readonly isJoined: boolean;
  /** Events done so far. */
  readonly events: number;
  readonly cpuUs: number;
}

export type VariantMessage = VariantReport | VariantProgress;

/** What services answer under /operations; the names are those on the wire. Times are RFC 3339. */
export interface ServiceInfo {
  readonly service: string;
  readonly groups: readonly string[];
  readonly hasOutbox: boolean;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export interface OutboxRow {
  readonly eventId: string;
  readonly type: string;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly topic: string;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly createdAt: string;
  readonly state: string;
  /** Later rows of its key. */
  readonly waitingRows: number;
}

export interface OutboxCounts {
  readonly unsent: number;
  readonly waiting: number;
  readonly failed: number;
}

export interface DeadLetterSummary {
  readonly dlqId: string;
  readonly group: string;
  readonly eventId: string;
  readonly source: string;
  readonly type: string | null;
  readonly reason: string;
  readonly attempts: number;
  readonly errorClass: string;
  readonly errorMessage: string;
  readonly original: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: string | number;
    readonly timestamp: string;
  };
  readonly key: string | null;
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
  readonly replayCount: number;
  readonly state: string;
  readonly isKeyBlocked: boolean;
}

export interface Decision {
  readonly at: string;
  readonly operator: string;
  readonly action: string;
  readonly detail: unknown;
}

export interface DeadLetter extends DeadLetterSummary {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly value: { readonly encoding: 'utf8' | 'base64'; readonly text: string } | null;
  readonly errorStack: string;
  readonly decisions: readonly Decision[];
}

export interface DecisionResult {
  readonly dlqId: string;
  readonly state: string;
  readonly eventId: string;
  readonly replayCount: number;
}

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

export interface Job {
  readonly jobId: string;
  readonly kind: 'dead-letters' | 'side' | 'rewind';
  readonly group: string;
  readonly state: JobState;
  readonly from: string | null;
  /** `total` is not known before the job has begun. */
  readonly progress: { readonly done: number; readonly total: number | null; readonly skipped: number; readonly failed: number };
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: string | null;
  readonly operator: string;
  /** The first events that could not be handled, of a side replay with force. */
  readonly failures?: readonly { readonly eventId: string; readonly error: string }[];
}

/** A group in the words of SQS; null where nobody can tell. */
export interface QueueInfo {
  readonly group: string;
  readonly topics: readonly string[];
  readonly approximateNumberOfMessages: number;
  readonly approximateNumberOfMessagesNotVisible: number | null;
  readonly approximateNumberOfMessagesDelayed: number;
  readonly approximateAgeOfOldestMessageSeconds: number;
  readonly deadLetters: number | null;
  readonly members: number;
  readonly readAt: string;
}

export interface GroupInfo {
  readonly group: string;
  readonly order: 'key' | 'none';
  readonly state: string;
  readonly members: number;
  readonly lag: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly committed: string | number | null;
    readonly low: string | number;
    readonly high: string | number;
    readonly lag: number;
  }[];
  readonly blockedKeys: number;
  readonly deadKeys: number;
  readonly parkedRecords: number;
  readonly waitingDeadLetters: number;
}

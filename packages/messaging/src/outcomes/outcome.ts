/** What a consumer group did with an event. */
export type EventOutcomeName =
  | 'handled'
  | 'duplicate'
  | 'retried'
  | 'parked'
  | 'released'
  | 'dead-lettered'
  | 'replayed'
  | 'edited'
  | 'discarded';

/** One event in an outcome record. */
export interface EventOutcome {
  readonly eventId: string;
  readonly source: string;
  readonly outcome: EventOutcomeName;
  /** 1 = first try. */
  readonly attempt: number;
  /** The retry topic's delay, the class and message of the failure, the dead letter's id, who decided: for people, without credentials. */
  readonly detail?: string;
}

/** What happened to a handled batch: one record of the topic `throughline.outcomes`. */
export interface OutcomeBatch {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** When it ended, milliseconds since the epoch. */
  readonly atMs: number;
  /** From the claim to the commit, milliseconds. */
  readonly durationMs: number;
  readonly events: readonly EventOutcome[];
}

/** Where outcomes are told. Never blocks, never throws: outcomes are for people, and what cannot be told is counted. */
export interface OutcomeSink {
  tell(batch: OutcomeBatch): void;
}

export const OUTCOMES_TOPIC = 'throughline.outcomes';

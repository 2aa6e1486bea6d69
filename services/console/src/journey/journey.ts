/** What happened to one event. Times are RFC 3339. */
export interface Journey {
  readonly eventId: string;
  readonly asOf: string;
  readonly type: string | null;
  readonly source: string | null;
  readonly traceId: string | null;
  readonly correlationId: string | null;
  readonly publications: readonly Publication[];
  /** The event that caused it, as far as it is known. */
  readonly parent: RelatedEvent | null;
  /** Events that it caused, each followed by those that it caused itself. */
  readonly children: readonly RelatedEvent[];
  readonly hasMoreChildren: boolean;
  readonly outbox: readonly OutboxState[];
  readonly groups: readonly GroupJourney[];
  /** The services that were asked. */
  readonly services: readonly { readonly service: string; readonly asOf: string }[];
  readonly silent: readonly { readonly service: string; readonly reason: string }[];
  /** Records that are not indexed yet, and may be what is missing; null while nobody can say. */
  readonly index: { readonly asOf: string; readonly lag: number | null };
}

export interface Publication {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly at: string;
  readonly source: string | null;
  readonly type: string | null;
  readonly key: string | null;
  readonly traceId: string | null;
  readonly correlationId: string | null;
  readonly causationId: string | null;
}

export interface RelatedEvent {
  readonly eventId: string;
  readonly causationId: string | null;
  readonly type: string | null;
  readonly source: string | null;
  readonly topic: string | null;
  readonly at: string | null;
  /** 0 = the parent, 1 = caused by the event itself. */
  readonly depth: number;
}

export interface OutboxState {
  readonly service: string;
  readonly state: string;
  readonly topic: string;
  readonly createdAt: string;
  readonly sentAt: string | null;
  readonly traceId: string | null;
  readonly causationId: string | null;
  readonly correlationId: string | null;
}

/** One thing a group said of the event. */
export interface JourneyStep {
  readonly group: string;
  readonly service: string;
  readonly source: string;
  readonly at: string;
  readonly outcome: string;
  readonly attempt: number;
  readonly durationMs: number;
  readonly detail: string | null;
  /** Where the group read it. */
  readonly topic: string;
}

export interface JourneyDeadLetter {
  readonly dlqId: string;
  readonly group: string;
  readonly type: string | null;
  readonly source: string;
  readonly state: string;
  readonly reason: string;
  readonly replayCount: number;
  readonly decisions: readonly {
    readonly at: string;
    readonly operator: string;
    readonly action: string;
    readonly detail: unknown;
  }[];
}

export interface ParkedRecord {
  readonly group: string;
  readonly topic: string;
  readonly key: string;
  readonly position: number | string;
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
}

export interface GroupJourney {
  readonly group: string;
  readonly state: string;
  readonly steps: readonly JourneyStep[];
  /** When the group's own database recorded it: handled, or taken over by the parking lot. */
  readonly processedAt: string | null;
  readonly deadLetters: readonly JourneyDeadLetter[];
  readonly parked: readonly ParkedRecord[];
}

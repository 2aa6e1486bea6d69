/** What the console answers to `GET /journeys/{eventId}`. Times are RFC 3339. */
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
  /** Events that it caused, theirs behind them, depth first. */
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

interface Publication {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly at: string;
  readonly source: string | null;
  readonly type: string | null;
  readonly key: string | null;
  readonly traceId: string | null;
}

export interface RelatedEvent {
  readonly eventId: string;
  readonly causationId: string | null;
  readonly type: string | null;
  readonly source: string | null;
  readonly topic: string | null;
  readonly at: string | null;
  /** 1 = caused by the event itself. */
  readonly depth: number;
}

interface OutboxState {
  readonly service: string;
  readonly state: string;
  readonly topic: string;
  readonly createdAt: string;
  readonly sentAt: string | null;
}

export interface JourneyStep {
  readonly at: string;
  readonly outcome: string;
  readonly attempt: number;
  readonly durationMs: number;
  readonly detail: string | null;
}

export interface GroupJourney {
  readonly group: string;
  /** What it comes to: handled, dead-lettered, parked, … */
  readonly state: string;
  readonly steps: readonly JourneyStep[];
  /** When the group's own database recorded it as handled. */
  readonly processedAt: string | null;
  readonly deadLetters: readonly {
    readonly dlqId: string;
    readonly state: string;
    readonly reason: string;
    readonly replayCount: number;
    readonly decisions: readonly { readonly at: string; readonly operator: string; readonly action: string }[];
  }[];
  readonly parked: readonly {
    readonly topic: string;
    readonly key: string;
    readonly position: number | string;
    readonly nextAttemptAt: string | null;
  }[];
}

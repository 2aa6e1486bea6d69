/** A fact that happened, in the one form that all code between the codecs works with. */
export interface Event<Data = unknown> {
  /** Identity of the event, `eventId` everywhere; unique together with `source`. */
  readonly id: string;
  /** Who produced it, e.g. `OBJECT_SERVICE`. */
  readonly source: string;
  /** What happened, e.g. `OBJECT_CREATED`. */
  readonly type: string;
  /** When it happened, RFC 3339 in UTC with up to microseconds, e.g. `2026-01-06T10:14:52.643695Z`. */
  readonly time: string;
  /** The aggregate it is about, where the envelope names one. */
  readonly subject?: string;
  /** Name and version of the contract it follows, e.g. `OBJECT_CREATED.v1`. */
  readonly dataSchema?: string;
  /** The record key: order holds among events of the same key. */
  readonly partitionKey?: string;
  /** The business transaction that it belongs to; the first event's id when nothing else was given. */
  readonly correlationId?: string;
  /** The id of the event that caused this one. */
  readonly causationId?: string;
  /** On whose behalf it happened, where the envelope carries an owner. */
  readonly ownerId?: string;
  /** What the envelope calls payload, exactly as on the wire. */
  readonly data: Data;
}

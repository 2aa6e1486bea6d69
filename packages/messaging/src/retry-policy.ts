/** How often and when a failed event is tried again, before it becomes a dead letter. */
export interface RetryPolicy {
  /** Tries in place, before the event leaves its partition. (Default: 3) */
  readonly inlineTries: number;
  /** Base of the exponential inline delay with full jitter, milliseconds. (Default: 100) */
  readonly inlineDelayMs: number;
  /** One topic `<group>.retry.<delay>` each, e.g. `['5s', '1m', '10m']`; a unit of ms, s, m or h. (Default: ['5s', '1m', '10m']) */
  readonly delays: readonly string[];
}

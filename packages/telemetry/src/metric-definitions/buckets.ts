/** Seconds; the boundaries that OpenTelemetry's conventions advise for durations of requests and messages. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;
/** Seconds; an event may wait in an outbox, a retry topic or behind a stopped consumer for hours. */
export const AGE_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600] as const;

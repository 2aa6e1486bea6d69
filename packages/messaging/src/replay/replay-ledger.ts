/**
 * Told when a dead letter that was sent back got handled. Called after the commit and before the record counts as finished: a process that dies in
 * between gets the record again, as a duplicate, and tells it then.
 */
export interface ReplayLedger {
  /** Replayed dead letters of the group that are handled now, by `dlq-id`. Others and unknown ones are left as they are. @throws retryable errors of the store; the record must then keep its place */
  resolve(group: string, dlqIds: readonly string[]): Promise<void>;
}

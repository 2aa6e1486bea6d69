/** A queue at one moment, in the meanings that users of SQS know. Everything is approximate: its parts are read one after the other while records come and go. */
export interface QueueCounts {
  /** Records that could be handled now and are not in work (`ApproximateNumberOfMessages`). Where `inFlight` is null those in work are among them. */
  readonly visible: number;
  /** Records in work (`ApproximateNumberOfMessagesNotVisible`); null while nobody can tell (Redis away). */
  readonly inFlight: number | null;
  /** Failed records whose next try is not due (`ApproximateNumberOfMessagesDelayed`). */
  readonly delayed: number;
  /** Since the oldest record that is not finished was written; of one that waits for another try since its last failure. 0 when there is none. Within 5 % and 100 ms. */
  readonly oldestAgeSeconds: number;
  /** Dead letters that wait for a decision; null while nobody has told (Redis away, or no member ever ran). */
  readonly deadLetters: number | null;
  /** Members of the group, as the broker knows them. */
  readonly members: number;
}

/** Numbers in `outbox.status`; the partial indexes of the first migration name them too. */
export const OUTBOX_STATUS = {
  new: 0,
  sent: 1,
  /** Behind a head of its key that could not be sent, or that head while it is tried again. */
  waiting: 2,
  failed: 3,
  discarded: 4,
} as const;

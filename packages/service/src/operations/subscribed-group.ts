import type { RunningSubscription, Subscription } from '@throughline/messaging';
import type { Transaction } from '@throughline/postgres';

/** A group of this service, with its member in this process. */
export interface SubscribedGroup {
  readonly subscription: Subscription<Transaction>;
  readonly running: RunningSubscription;
}

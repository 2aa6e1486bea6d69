import type { HandleOptions, Inbox, InboxOutcome } from '../inbox.ts';
import type { Delivery } from './delivery.ts';
import type { RunHandlers, Suspects } from './run-handlers.ts';

export interface RunTransactionOptions<Tx> {
  readonly inbox: Pick<Inbox<Tx>, 'handleOnce'>;
  readonly runHandlers: RunHandlers<Tx>;
  /** What handlers publish is dropped. (Default: false) */
  readonly isPublishingSuppressed?: boolean | undefined;
}

export type TransactionResult =
  | { readonly outcomes: readonly InboxOutcome[]; readonly error?: undefined }
  /** Of which deliveries one or more made it fail, or, where `isSlow`, one kept the others waiting. */
  | {
      readonly outcomes?: undefined;
      readonly error: { readonly cause: unknown };
      readonly suspects: readonly Delivery[];
      readonly isSlow: boolean;
    };

/** The heart: handlers in the transaction that records their events as processed. Does not throw: who is to blame belongs to the result. */
export async function runTransaction<Tx>(
  { inbox, runHandlers, isPublishingSuppressed }: RunTransactionOptions<Tx>,
  deliveries: readonly Delivery[],
  signal: AbortSignal,
): Promise<TransactionResult> {
  const suspects: Suspects = { from: 0, to: 0 };
  let called: readonly Delivery[] = [];
  const handleOptions: HandleOptions = isPublishingSuppressed === true ? { isPublishingSuppressed } : {};
  try {
    const outcomes = await inbox.handleOnce(
      deliveries,
      async (tx, fresh) => {
        // The inbox hands back entries that it was given.
        called = fresh as readonly Delivery[];
        await runHandlers(tx, called, { signal, suspects });
      },
      handleOptions,
    );
    return { outcomes };
  } catch (cause) {
    const inHand = called.slice(suspects.from, suspects.to);
    return { error: { cause }, suspects: inHand.length > 0 ? inHand : deliveries, isSlow: suspects.isSlow === true };
  }
}

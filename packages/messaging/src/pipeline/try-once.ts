import { EventError } from '@throughline/events';
import type { AttemptFate } from '../claim-store.ts';
import type { Inbox } from '../inbox.ts';
import { classify } from '../retries/classify.ts';
import type { Chunk } from './chunk.ts';
import type { Delivery, Kept, Settled } from './delivery.ts';
import { wasNeverEnded } from './held-claims.ts';
import { PARKING_FULL_RETRY_MS } from './park-failure.ts';
import { type RunTransactionOptions, runTransaction } from './run-transaction.ts';

export interface TryOnceOptions<Tx> extends RunTransactionOptions<Tx> {
  readonly inbox: Pick<Inbox<Tx>, 'handleOnce' | 'areHandled'>;
  /** Decodes and checks the delivery's event, if that was not done. Throws. */
  readonly prepare: (delivery: Delivery) => void;
  /** Tries of one event, after which it is not handled any more. */
  readonly maxAttempts: number;
  /** The breaker is told of a try that went well. */
  readonly onHandled: () => void;
  /** Told of a dead letter that was sent back and is handled now. Throws when it cannot be. */
  readonly onReplayed: (delivery: Delivery) => Promise<void>;
}

/** A try that failed. */
export interface TryFailed {
  readonly outcome: 'failed';
  readonly error: unknown;
}

/** Not tried: found to be what may kill the process, so nothing else may be in work beside it. */
export interface FoundSuspect {
  readonly outcome: 'suspect';
}

/**
 * One try of one delivery: contract ▸ claim ▸ transaction with the handler ▸ confirm. After `maxAttempts` the event is not begun again, unless it was handled
 * before and only its claim was forgotten.
 */
export async function tryOnce<Tx>(
  options: TryOnceOptions<Tx>,
  chunk: Chunk,
  delivery: Delivery,
): Promise<Settled | Kept | TryFailed | FoundSuspect> {
  const stopped = whyStopped(chunk);
  if (stopped !== undefined) return stopped;
  try {
    options.prepare(delivery);
  } catch (error) {
    return { outcome: 'failed', error };
  }
  const [taken] = await chunk.claims.take([delivery]);
  if (typeof taken === 'object') return { outcome: 'kept', error: inWork(delivery), retryAfterMs: taken.retryAfterMs };
  if (taken === 'done') return toldOfReplay(options, delivery, { outcome: 'duplicate', noticedBy: 'claim' });
  if (!delivery.isSuspect && wasNeverEnded(delivery)) {
    delivery.isSuspect = true;
    await chunk.claims.giveBack([delivery], 'taken-back');
    delivery.attempt -= 1;
    return { outcome: 'suspect' };
  }
  const result = await runClaimed(options, delivery, chunk.signal);
  if (result.outcome === 'failed') await chunk.claims.giveBack([delivery], fateOf(result.error, chunk.signal));
  else if (result.outcome === 'kept') await chunk.claims.giveBack([delivery], 'taken-back');
  else {
    await chunk.claims.confirm([delivery]);
    return toldOfReplay(options, delivery, result);
  }
  return result;
}

async function runClaimed<Tx>(
  options: TryOnceOptions<Tx>,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<Settled | Kept | TryFailed> {
  if (delivery.attempt > options.maxAttempts) return whetherForgotten(options, delivery);
  const { outcomes, error } = await runTransaction(options, [delivery], signal);
  if (error !== undefined) return { outcome: 'failed', error: error.cause };
  switch (outcomes[0]) {
    case 'parking-full':
      return { outcome: 'kept', error: noRoom(delivery), retryAfterMs: PARKING_FULL_RETRY_MS };
    case 'duplicate':
      return { outcome: 'duplicate', noticedBy: 'inbox' };
    case 'parked':
      return { outcome: 'parked' };
    default:
      options.onHandled();
      return { outcome: 'handled' };
  }
}

/** Of an event with no tries left: whether it was handled all the same. */
async function whetherForgotten<Tx>({ inbox, maxAttempts }: TryOnceOptions<Tx>, { key }: Delivery): Promise<Settled | TryFailed> {
  try {
    const [isHandled] = await inbox.areHandled([key]);
    if (isHandled === true) return { outcome: 'duplicate', noticedBy: 'inbox' };
  } catch (error) {
    return { outcome: 'failed', error };
  }
  const error = new EventError('ATTEMPTS_EXHAUSTED', `${key.type} ${key.id} was begun ${maxAttempts} times and never finished`);
  return { outcome: 'failed', error };
}

async function toldOfReplay<Tx>(options: TryOnceOptions<Tx>, delivery: Delivery, settled: Settled): Promise<Settled> {
  if (delivery.replayOf !== undefined && settled.outcome !== 'parked') await options.onReplayed(delivery);
  return settled;
}

/** A store that is away, or a shutdown, is not the event's fault; and where tries are used up, none was begun. */
function fateOf(error: unknown, signal: AbortSignal): AttemptFate {
  const { fate, reason } = classify(error);
  return signal.aborted || fate === 'systemic' || reason === 'attempts' ? 'taken-back' : 'counted';
}

function whyStopped({ stopped, signal }: Chunk): Kept | undefined {
  if (stopped !== undefined) return { outcome: 'kept', error: stopped.error };
  if (!signal.aborted) return undefined;
  return { outcome: 'kept', error: new EventError('SHUTTING_DOWN', 'Stopped before the event was claimed', { retryable: true }) };
}

function inWork({ key }: Delivery): EventError {
  return new EventError('LEASE_LOST', `${key.type} ${key.id} is in work elsewhere`, { retryable: true });
}

function noRoom({ key }: Delivery): EventError {
  return new EventError('QUEUE_FULL', `${key.type} ${key.id}: its key is blocked and no more events may wait behind it`, {
    retryable: true,
  });
}

import { EventError } from '@throughline/events';
import type { ClaimStore } from '../src/claim-store.ts';
import type { Inbox } from '../src/inbox.ts';
import type { MessagingDriver } from '../src/messaging-driver.ts';
import type { ParkingLot } from '../src/parking-lot.ts';

/**
 * What goes wrong with the next call of a store or broker. `before`: it is away, nothing happened. `middle`: rolled back when the work was done. `after`: it happened, and nobody hears of it.
 * `conflict`: as `middle`, with another transaction to blame.
 */
export type Fault = 'none' | 'before' | 'middle' | 'after' | 'conflict';

/** More would use up the tries of events that have done nothing. */
const MAX_CONFLICTS = 2;
const MAX_LOST_CLAIMS = 3;

/** Faults in the order in which they befall calls; none once they are used up, so that everything comes to an end. */
export class FaultPlan {
  readonly #faults: Fault[];
  #conflicts = 0;
  lostClaims = 0;
  isOver = false;

  constructor(faults: readonly Fault[]) {
    this.#faults = [...faults];
  }

  next(): Fault {
    const fault = (this.isOver ? undefined : this.#faults.shift()) ?? 'none';
    if (fault !== 'conflict') return fault;
    this.#conflicts += 1;
    return this.#conflicts > MAX_CONFLICTS ? 'none' : fault;
  }

  /** Whether the claim store does not hear what it is told, or nobody hears what the inbox has counted. */
  losesClaim(): boolean {
    if (this.lostClaims >= MAX_LOST_CLAIMS || this.next() !== 'before') return false;
    this.lostClaims += 1;
    return true;
  }

  async around<Result>(work: () => Promise<Result>): Promise<Result> {
    const fault = this.next();
    if (fault === 'before') throw away();
    const result = await work();
    if (fault === 'after') throw away();
    return result;
  }
}

function away(): EventError {
  return new EventError('STORE_UNAVAILABLE', 'injected', { retryable: true });
}

function failure(fault: Fault): EventError | undefined {
  if (fault === 'middle') return away();
  return fault === 'conflict' ? new EventError('TRANSACTION_CONFLICT', 'injected', { retryable: true }) : undefined;
}

/** Runs the work of a transaction that may fail before, within or after. */
async function inFaultyTransaction<Result>(plan: FaultPlan, run: (end: () => void) => Promise<Result>): Promise<Result> {
  const fault = plan.next();
  if (fault === 'before') throw away();
  const result = await run(() => {
    const error = failure(fault);
    if (error !== undefined) throw error;
  });
  if (fault === 'after') throw away();
  return result;
}

export function faultyInbox<Tx>(inner: Inbox<Tx>, plan: FaultPlan): Inbox<Tx> {
  return {
    handleOnce: (entries, work, options) =>
      inFaultyTransaction(plan, (end) => inner.handleOnce(entries, async (tx, fresh) => work(tx, fresh).then(end), options)),
    countAttempts: async (keys) => {
      const attempts = await inner.countAttempts(keys);
      if (plan.losesClaim()) throw away();
      return attempts;
    },
    uncountAttempts: (keys) => inner.uncountAttempts(keys),
    areHandled: (keys) => plan.around(() => inner.areHandled(keys)),
    deadLetter: (letter) => plan.around(() => inner.deadLetter(letter)),
  };
}

export function faultyParkingLot<Tx>(inner: ParkingLot<Tx>, plan: FaultPlan): ParkingLot<Tx> {
  return {
    park: (entry, failed) => plan.around(() => inner.park(entry, failed)),
    takeDue: async (group, options) => {
      if (plan.next() === 'before') throw away();
      return inner.takeDue(group, options);
    },
    release: (head, work, options) =>
      inFaultyTransaction(plan, (end) => inner.release(head, async (tx) => work(tx).then(end), options)),
    postpone: (head, failed) => plan.around(() => inner.postpone(head, failed)),
    giveBack: (head, atMs) => inner.giveBack(head, atMs),
    nextDueAtMs: (group) => plan.around(() => inner.nextDueAtMs(group)),
    counts: (group) => inner.counts(group),
  };
}

export function faultyClaims(inner: ClaimStore, plan: FaultPlan): ClaimStore {
  const orLost = async (tell: () => Promise<void>) => {
    if (!plan.losesClaim()) await tell();
  };
  return {
    leaseMs: inner.leaseMs,
    claim: async (keys) => {
      const fault = plan.next();
      if (fault === 'before') return keys.map(() => ({ outcome: 'unavailable', cause: away() }));
      return inner.claim(keys);
    },
    renew: (claims) => inner.renew(claims),
    confirm: (claims) => orLost(() => inner.confirm(claims)),
    release: (claims, fate) => orLost(() => inner.release(claims, fate)),
    forgetAttempts: (keys) => inner.forgetAttempts(keys),
  };
}

/** Only what it sends fails. */
export function faultyDriver(inner: MessagingDriver, plan: FaultPlan): MessagingDriver {
  return {
    ...inner,
    createProducer: async (options) => {
      if (plan.next() === 'before') throw away();
      const producer = await inner.createProducer(options);
      return { ...producer, send: (records, sending) => plan.around(() => producer.send(records, sending)) };
    },
  };
}

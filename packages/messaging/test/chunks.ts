import { EventError } from '@throughline/events';
import { createInMemoryInbox, type InMemoryTransaction } from '../src/in-memory/in-memory-inbox.ts';
import type { Inbox } from '../src/inbox.ts';
import type { IncomingRecord } from '../src/record.ts';
import type { BatchHandler, EventHandler } from '../src/subscribing/subscription.ts';
import { recordOf, thing } from './fixtures.ts';
import { GROUP, type OpenPipelineOptions, openPipeline } from './open-pipeline.ts';

type Tx = InMemoryTransaction;

/** `a b@2`: events by id; `@` names the key, which is the id otherwise. */
export function chunkOf(text: string): IncomingRecord[] {
  return text.split(' ').map((word, index) => {
    const [id, key = id] = word.split('@') as [string, string?];
    return recordOf(thing({ id, data: { name: id } }), { offset: BigInt(index), key: Buffer.from(key ?? '') });
  });
}

export const keyOf = (id: string) => ({ group: GROUP, source: 'THING_SERVICE', id });
export const systemic = () => new EventError('STORE_UNAVAILABLE', 'gone', { retryable: true });
export const conflict = () => new EventError('TRANSACTION_CONFLICT', 'deadlock', { retryable: true });

/** Handlers that note whom they were called with, and whose effect was committed. */
export function recording(failing: Record<string, () => unknown> = {}) {
  const calls: string[] = [];
  const effects: string[] = [];
  const attempts: Record<string, number> = {};
  const one: EventHandler<Tx> = async (event, { tx, attempt }) => {
    calls.push(event.id);
    attempts[event.id] = attempt;
    const error = failing[event.id]?.();
    if (error !== undefined) throw error;
    tx.onCommit(() => effects.push(event.id));
  };
  const many: BatchHandler<Tx> = async (batch, { tx }) => {
    calls.push(batch.map(({ event }) => event.id).join('+'));
    for (const { event } of batch) {
      const error = failing[event.id]?.();
      if (error !== undefined) throw error;
      tx.onCommit(() => effects.push(event.id));
    }
  };
  return { calls, effects, attempts, one: { THING_HAPPENED: one }, many: { THING_HAPPENED: many } };
}

/** How many transactions there were, with a fault that may be put into them. */
export function countingInbox(fault: (ids: readonly string[], call: number) => unknown = () => undefined) {
  const inner = createInMemoryInbox();
  const transactions: string[] = [];
  const inbox: Inbox<Tx> = {
    ...inner,
    handleOnce: (entries, work, options) => {
      const ids = entries.map(({ key }) => key.id);
      transactions.push(ids.join('+'));
      const call = transactions.length;
      return inner.handleOnce(
        entries,
        async (tx, fresh) => {
          await work(tx, fresh);
          const error = fault(ids, call);
          if (error !== undefined) throw error;
        },
        options,
      );
    },
  };
  return { inbox, transactions };
}

const outcomesOf = (told: readonly { eventId: string; outcome: string }[]) =>
  Object.fromEntries(told.map(({ eventId, outcome }) => [eventId, outcome]));

/** A pipeline where an event has two tries, the second after 5 s. */
export async function openForChunks(options: OpenPipelineOptions) {
  const opened = await openPipeline({ retry: { inlineTries: 1, delays: ['5s'] }, ...options });
  return { ...opened, outcomes: () => outcomesOf(opened.told) };
}

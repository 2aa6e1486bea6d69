import { EventError } from '@throughline/events';
import type { DedupKey } from '../claim-store.ts';
import type { DeadLetter, Inbox } from '../inbox.ts';

/** What a handler's transaction is in memory: effects that happen at the commit, in order, or not at all. */
export interface InMemoryTransaction {
  onCommit(effect: () => void): void;
}

/** An inbox for tests, with what it holds and a switch. */
export interface InMemoryInbox extends Inbox<InMemoryTransaction> {
  readonly deadLetters: readonly DeadLetter[];
  hasHandled(key: DedupKey): boolean;
  /** While false every method rejects with `STORE_UNAVAILABLE`. */
  isAvailable: boolean;
}

/** Same semantics as the one in Postgres, in this process: a duplicate of an event in work waits for its end. */
export function createInMemoryInbox(): InMemoryInbox {
  const handled = new Set<string>();
  const inWork = new Map<string, Promise<unknown>>();
  const attempts = new Map<string, number>();
  const letters = new Map<string, DeadLetter>();
  const requireAvailable = () => {
    if (!inbox.isAvailable) throw new EventError('STORE_UNAVAILABLE', 'inbox switched off', { retryable: true });
  };
  const inbox: InMemoryInbox = {
    isAvailable: true,
    get deadLetters() {
      return [...letters.values()];
    },
    hasHandled: (key) => handled.has(nameOf(key)),
    handleOnce: async (key, work) => {
      requireAvailable();
      const name = nameOf(key);
      while (inWork.has(name)) await inWork.get(name);
      if (handled.has(name)) return 'duplicate';
      const effects: (() => void)[] = [];
      const running = (async () => work({ onCommit: (effect) => effects.push(effect) }))();
      inWork.set(
        name,
        running.catch(() => undefined),
      );
      try {
        await running;
        requireAvailable();
        handled.add(name);
        for (const effect of effects) effect();
        return 'handled';
      } finally {
        inWork.delete(name);
      }
    },
    countAttempt: async (key) => {
      requireAvailable();
      const count = (attempts.get(nameOf(key)) ?? 0) + 1;
      attempts.set(nameOf(key), count);
      return count;
    },
    uncountAttempt: async (key) => {
      requireAvailable();
      attempts.set(nameOf(key), Math.max(0, (attempts.get(nameOf(key)) ?? 0) - 1));
    },
    isHandled: async (key) => {
      requireAvailable();
      return handled.has(nameOf(key));
    },
    deadLetter: async (letter) => {
      requireAvailable();
      attempts.delete(nameOf({ group: letter.group, source: letter.source, id: letter.eventId }));
      const { topic, partition, offset } = letter.original;
      const position = `${letter.group}/${topic}/${partition}/${offset}`;
      if (!letters.has(position)) letters.set(position, letter);
    },
  };
  return inbox;
}

function nameOf({ group, source, id }: DedupKey): string {
  return JSON.stringify([group, source, id]);
}

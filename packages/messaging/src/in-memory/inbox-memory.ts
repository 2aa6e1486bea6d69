import { EventError } from '@throughline/events';
import type { DedupKey } from '../claim-store.ts';
import type { DeadLetter, HandleOptions, InboxEntry } from '../inbox.ts';

/** What a handler's transaction is in memory: effects that happen at the commit, in order, or not at all. */
export interface InMemoryTransaction {
  onCommit(effect: () => void): void;
  /** Outboxes drop what they are given. */
  readonly isPublishingSuppressed: boolean;
}

/** An event in the parking lot; what is known of failures is the head's. */
export interface ParkedRow {
  readonly entry: InboxEntry;
  readonly position: string;
  attempts: number;
  firstFailedAtMs: number | undefined;
  lastError: string | undefined;
  /** undefined: waits for a decision. */
  nextAttemptAtMs: number | undefined;
}

/** A key that waits behind its first row. */
export interface ParkedKey {
  readonly group: string;
  readonly rows: ParkedRow[];
}

/** What an inbox and a parking lot share: the group's database. */
export class InboxMemory {
  readonly handled = new Set<string>();
  readonly attempts = new Map<string, number>();
  readonly letters = new Map<string, DeadLetter>();
  readonly parked = new Map<string, ParkedKey>();
  isAvailable = true;
  positions = 0;
  readonly #locks = new Map<string, Promise<void>>();

  requireAvailable(): void {
    if (!this.isAvailable) throw new EventError('STORE_UNAVAILABLE', 'inbox switched off', { retryable: true });
  }

  storeLetter(letter: DeadLetter): void {
    this.attempts.delete(nameOf({ group: letter.group, source: letter.source, id: letter.eventId }));
    const { topic, partition, offset } = letter.original;
    const position = `${letter.group}/${topic}/${partition}/${offset}`;
    const present = this.letters.get(position);
    if (present === undefined || present.replayCount < letter.replayCount) this.letters.set(position, letter);
  }

  /** Runs work while nobody else has one of the names; they are taken in one order, so nobody waits in a circle. */
  async withLocks<Result>(names: readonly string[], work: () => Promise<Result>): Promise<Result> {
    const releases: (() => void)[] = [];
    for (const name of [...new Set(names)].sort()) releases.push(await this.#lock(name));
    try {
      return await work();
    } finally {
      for (const release of releases) release();
    }
  }

  /** Work whose effects happen when it and the commit went well. */
  async commit(
    work: (tx: InMemoryTransaction) => Promise<void>,
    { isPublishingSuppressed = false }: HandleOptions = {},
  ): Promise<void> {
    const effects: (() => void)[] = [];
    await work({ onCommit: (effect) => effects.push(effect), isPublishingSuppressed });
    this.requireAvailable();
    for (const effect of effects) effect();
  }

  async #lock(name: string): Promise<() => void> {
    while (this.#locks.has(name)) await this.#locks.get(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#locks.set(name, promise);
    return () => {
      this.#locks.delete(name);
      resolve();
    };
  }
}

export function nameOf({ group, source, id }: DedupKey): string {
  return JSON.stringify([group, source, id]);
}

/** Of the key that an entry waits behind. */
export function lockOf({ key: { group }, parksBehind }: InboxEntry): string | undefined {
  return parksBehind === undefined ? undefined : JSON.stringify([group, parksBehind.topic, parksBehind.key.toString('latin1')]);
}

import type { DeadLetter, DedupKey, Inbox } from '@throughline/messaging';
import { testPrefix } from './test-prefix.ts';

/** What the suite needs of an implementation. */
export interface InboxSuite<Tx> {
  readonly createInbox: () => Inbox<Tx> | Promise<Inbox<Tx>>;
  /** Writes a mark in the transaction. */
  readonly writeMark: (tx: Tx, mark: string) => Promise<void>;
  /** Marks that were committed, in any order. */
  readonly readMarks: () => Promise<readonly string[]>;
  /** Topics and `dlq-id`s of the outbox rows that dead letters have made. */
  readonly readDeadLetterRows: () => Promise<readonly { readonly topic: string; readonly dlqId: string }[]>;
}

/** What every Inbox promises. Call it inside a `describe`; it makes the tests. */
export function inboxSuite<Tx>({ createInbox, writeMark, readMarks, readDeadLetterRows }: InboxSuite<Tx>): void {
  const newKey = (): DedupKey => ({ group: 'a.group', source: 'A_SOURCE', id: testPrefix('event') });

  it('does the work of an event once', async () => {
    const inbox = await createInbox();
    const key = newKey();
    const work = (tx: Tx) => writeMark(tx, key.id);
    expect(await inbox.handleOnce(key, work)).toBe('handled');
    expect(await inbox.handleOnce(key, work)).toBe('duplicate');
    expect((await readMarks()).filter((mark) => mark === key.id)).toHaveLength(1);
  });

  it('does it once when it is delivered many times at once', async () => {
    const inbox = await createInbox();
    const key = newKey();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => inbox.handleOnce(key, (tx) => writeMark(tx, key.id))));
    expect(outcomes.filter((outcome) => outcome === 'handled')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'duplicate')).toHaveLength(7);
    expect((await readMarks()).filter((mark) => mark === key.id)).toHaveLength(1);
  });

  it('records nothing of work that throws, passes the error, and lets it be tried again', async () => {
    const inbox = await createInbox();
    const key = newKey();
    const error = new Error('the handler’s');
    const attempt = inbox.handleOnce(key, async (tx) => {
      await writeMark(tx, key.id);
      throw error;
    });
    await expect(attempt).rejects.toBe(error);
    expect(await readMarks()).not.toContain(key.id);
    expect(await inbox.handleOnce(key, (tx) => writeMark(tx, key.id))).toBe('handled');
    expect(await readMarks()).toContain(key.id);
  });

  it('keeps groups, sources and ids apart', async () => {
    const inbox = await createInbox();
    const key = newKey();
    for (const other of [key, { ...key, group: 'another.group' }, { ...key, source: 'ANOTHER' }, { ...key, id: `${key.id}x` }]) {
      expect(await inbox.handleOnce(other, async () => {})).toBe('handled');
    }
  });

  it('counts attempts, each for itself', async () => {
    const inbox = await createInbox();
    const key = newKey();
    expect([await inbox.countAttempt(key), await inbox.countAttempt(key), await inbox.countAttempt(newKey())]).toEqual([1, 2, 1]);
  });

  it('takes an attempt back, and never more than there were', async () => {
    const inbox = await createInbox();
    const key = newKey();
    await inbox.uncountAttempt(key);
    expect(await inbox.countAttempt(key)).toBe(1);
    expect(await inbox.countAttempt(key)).toBe(2);
    await inbox.uncountAttempt(key);
    expect(await inbox.countAttempt(key)).toBe(2);
  });

  it('knows what was handled', async () => {
    const inbox = await createInbox();
    const key = newKey();
    expect(await inbox.isHandled(key)).toBe(false);
    await inbox.handleOnce(key, async () => {});
    expect([await inbox.isHandled(key), await inbox.isHandled({ ...key, group: 'another.group' })]).toEqual([true, false]);
  });

  it('starts a replay of a dead letter with a count of none', async () => {
    const inbox = await createInbox();
    const letter = deadLetterOf(testPrefix('group'), 9n);
    const key = { group: letter.group, source: letter.source, id: letter.eventId };
    await inbox.countAttempt(key);
    await inbox.deadLetter(letter);
    expect(await inbox.countAttempt(key)).toBe(1);
  });

  it('makes one dead letter of one position, with one row to the group’s topic', async () => {
    const inbox = await createInbox();
    const group = testPrefix('group');
    const first = deadLetterOf(group, 7n);
    await inbox.deadLetter(first);
    await inbox.deadLetter({ ...first, attempts: first.attempts + 1 });
    await inbox.deadLetter(deadLetterOf(group, 8n));
    const rows = (await readDeadLetterRows()).filter(({ topic }) => topic === `${group}.dlq`);
    expect(rows).toHaveLength(2);
    expect(new Set(rows.map(({ dlqId }) => dlqId)).size).toBe(2);
  });
}

function deadLetterOf(group: string, offset: bigint): DeadLetter {
  const position = { topic: 'orders.v1', partition: 1, offset, timestampMs: 1_767_694_492_643 };
  return {
    group,
    record: { ...position, key: Buffer.from('k'), value: Buffer.from('not json'), headers: {} },
    original: position,
    eventId: `orders.v1/1/${offset}`,
    source: 'orders.v1',
    eventType: undefined,
    reason: 'decoding',
    attempts: 1,
    firstFailedAtMs: 1,
    lastFailedAtMs: 1,
    error: { class: 'EventError', message: 'not JSON', stack: 'at …' },
    replayCount: 0,
  };
}

import type { DedupKey, Inbox, InboxEntry } from '@throughline/messaging';
import { deadLetterFor, inboxEntry } from './inbox-entries.ts';
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
export function inboxSuite<Tx>(suite: InboxSuite<Tx>): void {
  describe('one event', () => testOneEvent(suite));
  describe('many events', () => testManyEvents(suite));
  describe('attempts', () => testAttempts(suite));
  describe('dead letters', () => testDeadLetters(suite));
}

const newKey = (): DedupKey => inboxEntry().key;

function testOneEvent<Tx>({ createInbox, writeMark, readMarks }: InboxSuite<Tx>): void {
  it('has its work done once', async () => {
    const inbox = await createInbox();
    const entry = inboxEntry();
    const work = (tx: Tx) => writeMark(tx, entry.key.id);
    expect(await inbox.handleOnce([entry], work)).toEqual(['handled']);
    expect(await inbox.handleOnce([entry], work)).toEqual(['duplicate']);
    expect((await readMarks()).filter((mark) => mark === entry.key.id)).toHaveLength(1);
  });

  it('has it done once when it is delivered many times at once', async () => {
    const inbox = await createInbox();
    const entry = inboxEntry();
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => inbox.handleOnce([entry], (tx) => writeMark(tx, entry.key.id))),
    );
    expect(outcomes.flat().filter((outcome) => outcome === 'handled')).toHaveLength(1);
    expect(outcomes.flat().filter((outcome) => outcome === 'duplicate')).toHaveLength(7);
    expect((await readMarks()).filter((mark) => mark === entry.key.id)).toHaveLength(1);
  });

  it('is kept apart from those of another group, source or id', async () => {
    const inbox = await createInbox();
    const entry = inboxEntry();
    const { key } = entry;
    const others = [
      { ...key, group: 'another.group' },
      { ...key, source: 'ANOTHER' },
      { ...key, id: `${key.id}x` },
    ];
    for (const other of [key, ...others]) {
      expect(await inbox.handleOnce([{ ...entry, key: other }], async () => {})).toEqual(['handled']);
    }
    const mixed = [key, { ...key, source: 'A_THIRD' }, ...others].map((each) => ({ ...entry, key: each }));
    expect(await inbox.handleOnce(mixed, async () => {})).toEqual([
      'duplicate',
      'handled',
      'duplicate',
      'duplicate',
      'duplicate',
    ]);
  });

  it('is known as handled then', async () => {
    const inbox = await createInbox();
    const entry = inboxEntry();
    const other = { ...entry.key, group: 'another.group' };
    expect(await inbox.areHandled([entry.key])).toEqual([false]);
    await inbox.handleOnce([entry], async () => {});
    expect(await inbox.areHandled([other, entry.key, newKey()])).toEqual([false, true, false]);
    expect(await inbox.areHandled([])).toEqual([]);
  });
}

function testManyEvents<Tx>({ createInbox, writeMark, readMarks }: InboxSuite<Tx>): void {
  it('go to the work in their order, without those that were handled before', async () => {
    const inbox = await createInbox();
    const entries = Array.from({ length: 20 }, () => inboxEntry()).toSorted((a, b) => (a.key.id < b.key.id ? 1 : -1));
    const isBefore = (index: number) => index % 3 === 0;
    const before = entries.filter((_, index) => isBefore(index));
    await inbox.handleOnce(before, async () => {});
    const given: InboxEntry[] = [];
    const outcomes = await inbox.handleOnce(entries, async (_tx, fresh) => void given.push(...fresh));
    expect(outcomes).toEqual(entries.map((_, index) => (isBefore(index) ? 'duplicate' : 'handled')));
    expect(given).toEqual(entries.filter((_, index) => !isBefore(index)));
  });

  it('need no work when all were handled before, or there are none', async () => {
    const inbox = await createInbox();
    const entries = [inboxEntry(), inboxEntry()];
    await inbox.handleOnce(entries, async () => {});
    const work = () => Promise.reject(new Error('called'));
    expect(await inbox.handleOnce(entries, work)).toEqual(['duplicate', 'duplicate']);
    expect(await inbox.handleOnce([], work)).toEqual([]);
  });

  it('are all unknown when the work throws, which passes, and can be tried again', async () => {
    const inbox = await createInbox();
    const entries = [inboxEntry(), inboxEntry()];
    const [first] = entries as [InboxEntry, InboxEntry];
    const error = new Error('the handler’s');
    const attempt = inbox.handleOnce(entries, async (tx) => {
      await writeMark(tx, first.key.id);
      throw error;
    });
    await expect(attempt).rejects.toBe(error);
    expect(await readMarks()).not.toContain(first.key.id);
    expect(await inbox.handleOnce(entries, (tx) => writeMark(tx, first.key.id))).toEqual(['handled', 'handled']);
    expect(await readMarks()).toContain(first.key.id);
  });

  it('take effect once each where eight members handle overlapping ones in any order', async () => {
    const inbox = await createInbox();
    const entries = Array.from({ length: 40 }, () => inboxEntry());
    const work = async (tx: Tx, fresh: readonly InboxEntry[]) => {
      for (const { key } of fresh) await writeMark(tx, key.id);
    };
    const member = async () => {
      for (let round = 0; round < 8; round += 1) {
        const chunk = shuffled(entries).slice(0, 1 + Math.floor(Math.random() * entries.length));
        await inbox.handleOnce(chunk, work);
      }
      await inbox.handleOnce(shuffled(entries), work);
    };
    await Promise.all(Array.from({ length: 8 }, member));
    const ids = new Set(entries.map(({ key }) => key.id));
    expect((await readMarks()).filter((mark) => ids.has(mark)).toSorted()).toEqual([...ids].toSorted());
  });
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

function testAttempts<Tx>({ createInbox }: InboxSuite<Tx>): void {
  it('are counted, each for itself, in the order of the keys', async () => {
    const inbox = await createInbox();
    const [often, once] = [newKey(), newKey()];
    expect(await inbox.countAttempts([often])).toEqual([1]);
    expect(await inbox.countAttempts([once, often])).toEqual([1, 2]);
    expect(await inbox.countAttempts([often, newKey(), once])).toEqual([3, 1, 2]);
    expect(await inbox.countAttempts([])).toEqual([]);
  });

  it('are taken back, and never more than there were', async () => {
    const inbox = await createInbox();
    const [key, other] = [newKey(), newKey()];
    await inbox.uncountAttempts([]);
    await inbox.uncountAttempts([key, other]);
    expect(await inbox.countAttempts([other, key])).toEqual([1, 1]);
    expect(await inbox.countAttempts([key])).toEqual([2]);
    await inbox.uncountAttempts([key]);
    expect(await inbox.countAttempts([other, key])).toEqual([2, 2]);
  });

  it('are counted exactly by many at once', async () => {
    const inbox = await createInbox();
    const keys = Array.from({ length: 10 }, newKey);
    await Promise.all(Array.from({ length: 12 }, () => inbox.countAttempts(shuffled(keys))));
    await Promise.all(Array.from({ length: 6 }, () => inbox.uncountAttempts(shuffled(keys))));
    expect(await inbox.countAttempts(keys)).toEqual(keys.map(() => 7));
  });

  it('are none again after a dead letter', async () => {
    const inbox = await createInbox();
    const entry = inboxEntry({ group: testPrefix('group') });
    await inbox.countAttempts([entry.key]);
    await inbox.deadLetter(deadLetterFor(entry));
    expect(await inbox.countAttempts([entry.key])).toEqual([1]);
  });
}

function testDeadLetters<Tx>({ createInbox, readDeadLetterRows }: InboxSuite<Tx>): void {
  it('are one for one position, with one row to the group’s topic', async () => {
    const inbox = await createInbox();
    const group = testPrefix('group');
    const first = deadLetterFor(inboxEntry({ group, offset: 7 }));
    await inbox.deadLetter(first);
    await inbox.deadLetter({ ...first, attempts: first.attempts + 1 });
    await inbox.deadLetter(deadLetterFor(inboxEntry({ group, offset: 8 })));
    const rows = (await readDeadLetterRows()).filter(({ topic }) => topic === `${group}.dlq`);
    expect(rows).toHaveLength(2);
    expect(new Set(rows.map(({ dlqId }) => dlqId)).size).toBe(2);
  });
}

import type { ParkedHead } from '@throughline/messaging';
import { deadLetterFor } from './inbox-entries.ts';
import { entriesOfGroup, parkedFailure, takeOne } from './parked-entries.ts';
import type { ParkingLotSuite } from './parking-stores.ts';
import { waitFor } from './wait-for.ts';

/** How the first record of a blocked key is tried. */
export function testHead<Tx>({ createStores, writeMark, readMarks }: ParkingLotSuite<Tx>): void {
  it('is due at its time, with everything that it came with', async () => {
    const { lot } = createStores();
    const { group, entry } = entriesOfGroup();
    const given = entry({ offset: 41 });
    const nextAttemptAtMs = Date.now() + 150;
    expect(await lot.nextDueAtMs(group)).toBeUndefined();
    await lot.park(given, parkedFailure({ attempts: 3, firstFailedAtMs: 7_000, lastError: 'Error: full', nextAttemptAtMs }));
    expect(await lot.nextDueAtMs(group)).toBeCloseTo(nextAttemptAtMs, -2);
    const [head] = await waitFor(
      async () => {
        const heads = await lot.takeDue(group, { limit: 10, leaseMs: 10_000 });
        return heads.length > 0 && heads;
      },
      { description: 'the head to be due', intervalMs: 10 },
    );
    // Another clock may be the one that counts.
    expect(Date.now()).toBeGreaterThan(nextAttemptAtMs - 50);
    expect(head).toMatchObject({ attempts: 4, firstFailedAtMs: 7_000, lastError: 'Error: full', waiting: 0 });
    expect(head?.entry).toEqual(given);
  });

  it('is left to who took it for the time of the lease, and counts each taking', async () => {
    const { lot } = createStores();
    const { group, entry } = entriesOfGroup();
    await lot.park(entry(), parkedFailure({ attempts: 1 }));
    expect(await lot.takeDue(group, { limit: 10, leaseMs: 1_000 })).toMatchObject([{ attempts: 2 }]);
    expect(await lot.takeDue(group, { limit: 10, leaseMs: 10_000 })).toEqual([]);
    const again = await waitFor(async () => (await lot.takeDue(group, { limit: 10, leaseMs: 10_000 }))[0], {
      description: 'the end of the lease',
      intervalMs: 10,
    });
    expect(again).toMatchObject({ attempts: 3 });
  });

  it('goes to one of many, the longest due first, and no more than asked for', async () => {
    const { lot } = createStores();
    const { group, entry } = entriesOfGroup();
    const now = Date.now();
    for (const key of ['c', 'a', 'b']) {
      await lot.park(entry({ key }), parkedFailure({ nextAttemptAtMs: now - 10_000 + 50 * key.charCodeAt(0) }));
    }
    const [first] = await lot.takeDue(group, { limit: 1, leaseMs: 10_000 });
    expect(first?.entry.record.key?.toString()).toBe('a');
    const taken = await Promise.all(Array.from({ length: 4 }, () => lot.takeDue(group, { limit: 10, leaseMs: 10_000 })));
    expect(taken.flat().map((head) => head.entry.record.key?.toString())).toEqual(expect.arrayContaining(['b', 'c']));
    expect(taken.flat()).toHaveLength(2);
  });

  it('stays as it is when its work throws, which passes', async () => {
    const { inbox, lot } = createStores();
    const { group, entry } = entriesOfGroup();
    const given = entry();
    await lot.park(given, parkedFailure());
    const head = await takeOne(lot, group);
    const error = new Error('the handler’s');
    const attempt = lot.release(head, async (tx) => {
      await writeMark(tx, given.key.id);
      throw error;
    });
    await expect(attempt).rejects.toBe(error);
    expect(await readMarks()).not.toContain(given.key.id);
    expect(await inbox.handleOnce([entry()], async () => {})).toEqual(['parked']);
    expect((await lot.release(head, (tx) => writeMark(tx, given.key.id))).outcome).toBe('released');
    expect(await readMarks()).toContain(given.key.id);
  });

  it('is released once', async () => {
    const { lot } = createStores();
    const { group, entry } = entriesOfGroup();
    const given = entry();
    await lot.park(given, parkedFailure());
    const head = await takeOne(lot, group);
    const outcomes = await Promise.all([1, 2, 3].map(() => lot.release(head, (tx) => writeMark(tx, given.key.id))));
    expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(['gone', 'gone', 'released']);
    expect((await readMarks()).filter((mark) => mark === given.key.id)).toHaveLength(1);
  });

  it('can be postponed, with its story', async () => {
    const { lot } = createStores();
    const { group, entry } = entriesOfGroup();
    await lot.park(entry(), parkedFailure());
    const head = await takeOne(lot, group);
    const nextAttemptAtMs = Date.now() + 60_000;
    await lot.postpone(head, parkedFailure({ attempts: head.attempts, nextAttemptAtMs, lastError: 'Error: again' }));
    expect(await lot.nextDueAtMs(group)).toBeCloseTo(nextAttemptAtMs, -2);
    expect(await lot.takeDue(group, { limit: 10, leaseMs: 10_000 })).toEqual([]);
  });

  it('can be given back, without the try', async () => {
    const { lot } = createStores();
    const { group, entry } = entriesOfGroup();
    await lot.park(entry(), parkedFailure({ attempts: 1 }));
    const head = await takeOne(lot, group);
    expect(head.attempts).toBe(2);
    await lot.giveBack(head, Date.now() - 1);
    expect(await takeOne(lot, group)).toMatchObject({ attempts: 2, lastError: 'Error: no good' });
  });

  it('is not changed by who lost it', async () => {
    const { lot } = createStores();
    const { group, entry } = entriesOfGroup();
    await lot.park(entry(), parkedFailure({ attempts: 1 }));
    const [former] = await lot.takeDue(group, { limit: 1, leaseMs: 1 });
    const present = await waitFor(async () => (await lot.takeDue(group, { limit: 1, leaseMs: 10_000 }))[0], {
      description: 'the end of the lease',
      intervalMs: 5,
    });
    const dueAtMs = await lot.nextDueAtMs(group);
    await lot.postpone(former as ParkedHead, parkedFailure({ nextAttemptAtMs: Date.now() - 1 }));
    await lot.giveBack(former as ParkedHead, Date.now() - 1);
    expect(await lot.nextDueAtMs(group)).toBeCloseTo(dueAtMs ?? 0, -2);
    await lot.release(present, async () => {});
    await lot.postpone(present, parkedFailure());
    expect(await lot.counts(group)).toMatchObject({ blockedKeys: 0 });
  });
}

/** When it has no tries left. */
export function testDeadHead<Tx>({ createStores, readDeadLetterRows }: ParkingLotSuite<Tx>): void {
  const rowsOf = async (group: string) => (await readDeadLetterRows()).filter(({ topic }) => topic === `${group}.dlq`);

  it.each(['at once', 'when its tries are used up'])('waits for a person: %s', async (when) => {
    const { inbox, lot } = createStores();
    const { group, entry } = entriesOfGroup();
    const given = entry();
    const failure = parkedFailure({ nextAttemptAtMs: undefined, letter: deadLetterFor(given) });
    let taken: ParkedHead | undefined;
    if (when === 'at once') await lot.park(given, failure);
    else {
      await lot.park(given, parkedFailure());
      taken = await takeOne(lot, group);
      await lot.postpone(taken, failure);
    }
    expect(await rowsOf(group)).toHaveLength(1);
    expect([await lot.nextDueAtMs(group), await lot.takeDue(group, { limit: 10, leaseMs: 10_000 })]).toEqual([undefined, []]);
    expect(await inbox.handleOnce([given, entry()], async () => {})).toEqual(['duplicate', 'parked']);
    expect(await lot.counts(group)).toEqual({ blockedKeys: 1, deadKeys: 1, parkedRecords: 2 });
    if (taken === undefined) return;
    expect((await lot.release(taken, () => Promise.reject(new Error('called')))).outcome).toBe('gone');
    await lot.postpone(taken, failure);
    expect(await rowsOf(group)).toHaveLength(1);
  });

  it('makes no dead letter while it waits behind another', async () => {
    const { lot } = createStores();
    const { group, entry } = entriesOfGroup();
    await lot.park(entry(), parkedFailure());
    const behind = entry({ offset: 1 });
    await lot.park(behind, parkedFailure({ nextAttemptAtMs: undefined, letter: deadLetterFor(behind) }));
    expect(await rowsOf(group)).toEqual([]);
    expect(await lot.counts(group)).toEqual({ blockedKeys: 1, deadKeys: 0, parkedRecords: 2 });
  });
}

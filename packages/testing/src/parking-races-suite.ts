import type { InboxEntry, ParkedHead } from '@throughline/messaging';
import { entriesOfGroup, parkedFailure, takeOne } from './parked-entries.ts';
import type { ParkingLotSuite, ParkingStores } from './parking-stores.ts';
import { waitFor } from './wait-for.ts';

/** Nobody overtakes: not the new owner of a partition the former one, nor a delivery a release. */
export function testParkingRaces<Tx>(suite: ParkingLotSuite<Tx>): void {
  const { createStores, writeMark, readMarks } = suite;
  const markOf = (entry: InboxEntry) => (tx: Tx) => writeMark(tx, entry.key.id);
  const marksOf = async (entries: readonly InboxEntry[]) => {
    const ids = entries.map(({ key }) => key.id);
    return (await readMarks()).filter((mark) => ids.includes(mark));
  };
  const markAll = async (tx: Tx, fresh: readonly InboxEntry[]) => {
    for (const { key } of fresh) await writeMark(tx, key.id);
  };

  it('lets the former owner park nothing that the new one is handling', async () => {
    const { inbox, lot } = createStores();
    const { group, entry } = entriesOfGroup();
    const [first, second] = [entry(), entry()];
    let parking: Promise<string> | undefined;
    const outcomes = await inbox.handleOnce([first, second], async (tx, fresh) => {
      parking = lot.park(first, parkedFailure());
      await markAll(tx, fresh);
    });
    expect([outcomes, await parking]).toEqual([['handled', 'handled'], 'duplicate']);
    expect(await lot.counts(group)).toMatchObject({ blockedKeys: 0 });
    expect(await marksOf([first, second])).toEqual([first.key.id, second.key.id]);
  });

  it('has the former owner park and the new one wait, or the new one handle, whoever is first', async () => {
    const { inbox, lot } = createStores();
    for (let round = 0; round < 30; round += 1) {
      const { group, entry } = entriesOfGroup();
      const [first, second] = [entry(), entry()];
      const park = () => lot.park(first, parkedFailure());
      const handle = () => inbox.handleOnce([first, second], markAll);
      const [parked, handled] =
        round % 2 === 0
          ? await Promise.all([park(), handle()])
          : await Promise.all([handle(), park()]).then(([a, b]) => [b, a] as const);
      const isParked = parked === 'parked';
      expect([parked, ...handled]).toEqual(isParked ? ['parked', 'duplicate', 'parked'] : ['duplicate', 'handled', 'handled']);
      expect(await lot.counts(group)).toMatchObject({ parkedRecords: isParked ? 2 : 0 });
      expect(await marksOf([first, second])).toHaveLength(isParked ? 0 : 2);
    }
  });

  it('lets a head be taken, and its next try be set, while others are put behind it', async () => {
    const { inbox, lot } = createStores();
    const { group, entry } = entriesOfGroup();
    await lot.park(entry(), parkedFailure());
    const outcomes = await inbox.handleOnce([entry(), entry({ key: 'other' })], async () => {
      await lot.postpone(await takeOne(lot, group), parkedFailure({ attempts: 2 }));
      expect(await takeOne(lot, group)).toMatchObject({ attempts: 3 });
    });
    expect(outcomes).toEqual(['parked', 'handled']);
    expect(await lot.counts(group)).toMatchObject({ parkedRecords: 2 });
  });

  it('lets what arrives during a release go after it', async () => {
    const { inbox, lot } = createStores();
    const { group, entry } = entriesOfGroup();
    const [first, second] = [entry(), entry()];
    await lot.park(first, parkedFailure());
    let arriving: Promise<readonly string[]> | undefined;
    const released = await lot.release(await takeOne(lot, group), async (tx) => {
      arriving = inbox.handleOnce([second], markOf(second));
      await markOf(first)(tx);
    });
    expect(released).toEqual({ outcome: 'released', next: undefined });
    expect(await arriving).toEqual(['handled']);
    expect(await marksOf([first, second])).toEqual([first.key.id, second.key.id]);
  });

  it('runs the work of a head once where two members have it', async () => {
    const { lot } = createStores();
    const { group, entry } = entriesOfGroup();
    const [first, second] = [entry(), entry()];
    await lot.park(first, parkedFailure());
    await lot.park(second, parkedFailure());
    const [former] = await lot.takeDue(group, { limit: 1, leaseMs: 1 });
    const present = await waitFor(async () => (await lot.takeDue(group, { limit: 1, leaseMs: 10_000 }))[0], {
      description: 'the end of the lease',
      intervalMs: 5,
    });
    const releases = [former as ParkedHead, present].map((head) => lot.release(head, markOf(first)));
    const outcomes = (await Promise.all(releases)).map(({ outcome, next }) => [outcome, next?.entry.key.id]);
    expect(outcomes.toSorted()).toEqual([
      ['gone', undefined],
      ['released', second.key.id],
    ]);
    expect(await marksOf([first, second])).toEqual([first.key.id]);
  });

  it('keeps every key’s order, each event once, with two members that deliver everything, failures and releases', async () => {
    const stores = [createStores(), createStores()] as const;
    const { group, entry } = entriesOfGroup();
    const keys = ['a', 'b', 'c', 'd'];
    const entriesOf = new Map(keys.map((key) => [key, Array.from({ length: 25 }, () => entry({ key }))]));
    const failing = new Map<string, number>(
      [...entriesOf.values()].flat().flatMap(({ key }, index) => (index % 5 === 0 ? [[key.id, 2] as const] : [])),
    );
    const handle = async (tx: Tx, fresh: readonly InboxEntry[]) => {
      for (const each of fresh) {
        // The first two tries of some fail, whoever has them.
        const failures = failing.get(each.key.id) ?? 0;
        failing.set(each.key.id, failures - 1);
        if (failures > 0) throw new Failed(each);
        await writeMark(tx, each.key.id);
      }
    };
    const members = stores.flatMap((each) => [...entriesOf.values()].map((entries) => deliverAll(each, entries, handle)));
    let isDelivered = false;
    const releasing = releaseUntil(stores[0], { group, handle, isOver: () => isDelivered });
    await Promise.all(members);
    isDelivered = true;
    await releasing;
    for (const entries of entriesOf.values()) expect(await marksOf(entries)).toEqual(entries.map(({ key }) => key.id));
    expect(await stores[0].lot.counts(group)).toEqual({ blockedKeys: 0, deadKeys: 0, parkedRecords: 0 });
  });
}

class Failed extends Error {
  readonly entry: InboxEntry;
  constructor(entry: InboxEntry) {
    super(`failed: ${entry.key.id}`);
    this.entry = entry;
  }
}

type Handle<Tx> = (tx: Tx, fresh: readonly InboxEntry[]) => Promise<void>;

/** A member that has read all entries of a key: chunks in order, a culprit is parked, what was before it is handled. */
async function deliverAll<Tx>(
  { inbox, lot }: ParkingStores<Tx>,
  entries: readonly InboxEntry[],
  handle: Handle<Tx>,
): Promise<void> {
  let position = 0;
  let isSingle = false;
  while (position < entries.length) {
    const chunk = entries.slice(position, position + (isSingle ? 1 : 1 + Math.floor(Math.random() * 6)));
    try {
      await inbox.handleOnce(chunk, handle);
      position += chunk.length;
      isSingle = false;
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      if (error.entry === chunk[0]) {
        await lot.park(error.entry, parkedFailure());
        position += 1;
      } else isSingle = true;
    }
  }
}

async function releaseUntil<Tx>(
  { lot }: ParkingStores<Tx>,
  { group, handle, isOver }: { group: string; handle: Handle<Tx>; isOver: () => boolean },
): Promise<void> {
  const follow = async (first: ParkedHead): Promise<void> => {
    let head: ParkedHead | undefined = first;
    while (head !== undefined) {
      const tried: ParkedHead = head;
      try {
        ({ next: head } = await lot.release(tried, (tx) => handle(tx, [tried.entry])));
      } catch (error) {
        if (!(error instanceof Failed)) throw error;
        await lot.postpone(tried, parkedFailure({ attempts: tried.attempts }));
        return;
      }
    }
  };
  await waitFor(
    async () => {
      const wasOver = isOver();
      const heads = await lot.takeDue(group, { limit: 10, leaseMs: 10_000 });
      await Promise.all(heads.map(follow));
      return wasOver && (await lot.counts(group)).parkedRecords === 0;
    },
    { description: 'everything to be released', intervalMs: 5, timeoutMs: 30_000 },
  );
}

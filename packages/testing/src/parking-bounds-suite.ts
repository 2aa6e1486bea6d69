import type { ParkedHead } from '@throughline/messaging';
import { entriesOfGroup, parkedFailure, takeOne } from './parked-entries.ts';
import type { ParkingLotSuite } from './parking-stores.ts';
import { waitFor } from './wait-for.ts';

/** What happens where no more may wait. */
export function testParkingBounds<Tx>({ createStores, writeMark, readMarks }: ParkingLotSuite<Tx>): void {
  it('hold behind one key: what finds no room keeps its place and is not known, and nothing of its key gets past it', async () => {
    const { inbox, lot } = createStores({ maxPerKey: 2 });
    const { group, entry } = entriesOfGroup();
    await lot.park(entry(), parkedFailure());
    const chunk = [entry(), entry(), entry(), entry(), entry({ key: 'other' })];
    const outcomes = await inbox.handleOnce(chunk, async () => {});
    expect(outcomes).toEqual(['parked', 'parked', 'parking-full', 'parking-full', 'handled']);
    expect(await inbox.areHandled(chunk.map(({ key }) => key))).toEqual([true, true, false, false, true]);
    const late = entry();
    expect([await lot.park(late, parkedFailure()), await inbox.areHandled([late.key])]).toEqual(['parking-full', [false]]);
    expect(await lot.counts(group)).toEqual({ blockedKeys: 1, deadKeys: 0, parkedRecords: 3 });
  });

  it('hold in a group: no other key may begin to wait, and other groups may', async () => {
    const { inbox, lot } = createStores({ maxPerGroup: 2 });
    const { group, entry } = entriesOfGroup();
    await lot.park(entry(), parkedFailure());
    expect(await inbox.handleOnce([entry(), entry()], async () => {})).toEqual(['parked', 'parking-full']);
    const other = entry({ key: 'other' });
    expect([await lot.park(other, parkedFailure()), await inbox.areHandled([other.key])]).toEqual(['parking-full', [false]]);
    expect(await lot.counts(group)).toEqual({ blockedKeys: 1, deadKeys: 0, parkedRecords: 2 });
    expect(await inbox.handleOnce([other], async () => {})).toEqual(['handled']);
    expect(await lot.park(entriesOfGroup().entry(), parkedFailure())).toBe('parked');
  });

  it('give room when the head is released', async () => {
    const { inbox, lot } = createStores({ maxPerKey: 1 });
    const { group, entry } = entriesOfGroup();
    const [head, second, third] = [entry(), entry(), entry()];
    await lot.park(head, parkedFailure());
    expect(await inbox.handleOnce([second, third], async () => {})).toEqual(['parked', 'parking-full']);
    await lot.release(await takeOne(lot, group), async () => {});
    expect(await inbox.handleOnce([third], async () => {})).toEqual(['parked']);
  });

  it('lose nothing and keep the order where heads are released at the bound', async () => {
    const { inbox, lot } = createStores({ maxPerKey: 1 });
    const { group, entry } = entriesOfGroup();
    const entries = Array.from({ length: 12 }, () => entry());
    const ids = entries.map(({ key }) => key.id);
    const [first, ...others] = entries as [(typeof entries)[0], ...typeof entries];
    await lot.park(first, parkedFailure());
    const deliver = async () => {
      for (const each of others) {
        let outcome: string | undefined = 'parking-full';
        while (outcome === 'parking-full') [outcome] = await inbox.handleOnce([each], (tx) => writeMark(tx, each.key.id));
      }
    };
    const release = async () => {
      let head: ParkedHead | undefined = await waitFor(async () => (await lot.takeDue(group, { limit: 1, leaseMs: 10_000 }))[0], {
        description: 'the head, which may just be appended to',
        intervalMs: 1,
      });
      while (head !== undefined) {
        const { id } = head.entry.key;
        ({ next: head } = await lot.release(head, (tx) => writeMark(tx, id)));
      }
    };
    await Promise.all([deliver(), release()]);
    expect((await readMarks()).filter((mark) => ids.includes(mark))).toEqual(ids);
    expect(await lot.counts(group)).toMatchObject({ parkedRecords: 0 });
  });
}

import type { InboxEntry, ParkedHead } from '@throughline/messaging';
import { inboxEntry } from './inbox-entries.ts';
import { entriesOfGroup, parkedFailure, takeOne } from './parked-entries.ts';
import { testDeadHead, testHead } from './parked-head-suite.ts';
import { testParkingBounds } from './parking-bounds-suite.ts';
import { testParkingRaces } from './parking-races-suite.ts';
import type { ParkingLotSuite } from './parking-stores.ts';
import { testPrefix } from './test-prefix.ts';

/** What every ParkingLot promises, together with the inbox beside it. Call it inside a `describe`; it makes the tests. */
export function parkingLotSuite<Tx>(suite: ParkingLotSuite<Tx>): void {
  describe('a key', () => testKey(suite));
  describe('a head', () => testHead(suite));
  describe('a dead head', () => testDeadHead(suite));
  describe('bounds', () => testParkingBounds(suite));
  describe('races', () => testParkingRaces(suite));
}

function testKey<Tx>({ createStores, writeMark, readMarks }: ParkingLotSuite<Tx>): void {
  it('is blocked for later ones, while other keys, topics, groups and those without a key flow', async () => {
    const { inbox, lot } = createStores();
    const { group, entry } = entriesOfGroup();
    expect(await lot.park(entry(), parkedFailure())).toBe('parked');
    const others = [
      entry({ key: 'another' }),
      entry({ topic: 'another.v1' }),
      inboxEntry({ group, topic: 'orders.v1' }),
      inboxEntry({ group: testPrefix('group'), key: 'k' }),
    ];
    const given: InboxEntry[] = [];
    const chunk = [entry(), ...others, entry()];
    const outcomes = await inbox.handleOnce(chunk, async (_tx, fresh) => void given.push(...fresh));
    expect(outcomes).toEqual(['parked', 'handled', 'handled', 'handled', 'handled', 'parked']);
    expect(given).toEqual(others);
    expect(await lot.counts(group)).toEqual({ blockedKeys: 1, deadKeys: 0, parkedRecords: 3 });
  });

  it('is released in order and then free', async () => {
    const { inbox, lot } = createStores();
    const { group, entry } = entriesOfGroup();
    const [head, second, third, fourth] = [entry(), entry(), entry(), entry()];
    await lot.park(head, parkedFailure());
    await inbox.handleOnce([second, third], () => Promise.reject(new Error('called')));
    let current: ParkedHead | undefined = await takeOne(lot, group);
    while (current !== undefined) {
      const { id } = current.entry.key;
      const { outcome, next }: Awaited<ReturnType<typeof lot.release>> = await lot.release(current, (tx) => writeMark(tx, id));
      expect(outcome).toBe('released');
      current = next;
    }
    expect(await lot.counts(group)).toEqual({ blockedKeys: 0, deadKeys: 0, parkedRecords: 0 });
    expect(await inbox.handleOnce([fourth], (tx) => writeMark(tx, fourth.key.id))).toEqual(['handled']);
    const ids = [head, second, third, fourth].map(({ key }) => key.id);
    expect((await readMarks()).filter((mark) => ids.includes(mark))).toEqual(ids);
  });

  it('takes a record that is parked later behind what is parked already', async () => {
    const { lot } = createStores();
    const { group, entry } = entriesOfGroup();
    const [first, second] = [entry(), entry()];
    await lot.park(first, parkedFailure());
    expect(await lot.park(second, parkedFailure({ attempts: 4 }))).toBe('parked');
    const head = await takeOne(lot, group);
    expect([head.entry.key, head.waiting]).toEqual([first.key, 1]);
    const { next } = await lot.release(head, async () => {});
    expect([next?.entry.key, next?.attempts]).toEqual([second.key, 1]);
  });

  it('knows again what is parked or was released', async () => {
    const { inbox, lot } = createStores();
    const { group, entry } = entriesOfGroup();
    const [head, behind] = [entry(), entry()];
    await lot.park(head, parkedFailure());
    await inbox.handleOnce([behind], async () => {});
    const again = async () => [
      ...(await inbox.handleOnce([behind, head], () => Promise.reject(new Error('called')))),
      await lot.park(head, parkedFailure()),
      await lot.park(behind, parkedFailure()),
    ];
    expect(await again()).toEqual(['duplicate', 'duplicate', 'duplicate', 'duplicate']);
    expect(await lot.counts(group)).toMatchObject({ parkedRecords: 2 });
    const { next } = await lot.release(await takeOne(lot, group), async () => {});
    await lot.release(next as ParkedHead, async () => {});
    expect(await again()).toEqual(['duplicate', 'duplicate', 'duplicate', 'duplicate']);
    expect(await inbox.areHandled([head.key, behind.key])).toEqual([true, true]);
  });
}

import type { Stage } from './driver-consumer-suite.ts';
import { collecting, numbered, textOf } from './numbered-records.ts';
import { testPrefix } from './test-prefix.ts';
import { waitFor } from './wait-for.ts';

/** What a driver promises about groups seen from outside; a part of the driver's suite. */
export function driverGroupsSuite(setUp: (partitions?: number) => Promise<Stage>): void {
  describe('groups', () => {
    it('says where a group stands, and how many members it has', async () => {
      const { driver, topic, group, send, consume } = await setUp(2);
      await send(numbered(topic, 40));
      expect(await driver.groups.memberCount(group)).toBe(0);
      const before = await driver.groups.offsets(group, [topic]);
      expect(before.map(({ partition, committed, low }) => [partition, committed, low])).toEqual([
        [0, undefined, 0n],
        [1, undefined, 0n],
      ]);
      expect(before.reduce((sum, { high }) => sum + high, 0n)).toBe(40n);
      const consumer = await consume({ handle: async () => [] });
      await waitFor(() => consumer.state().lag === 0n, { description: 'no lag' });
      expect(await driver.groups.memberCount(group)).toBe(1);
      await consumer.stop();
      const after = await driver.groups.offsets(group, [topic]);
      expect(after.map(({ committed }) => committed)).toEqual(after.map(({ high }) => high));
      expect(await driver.groups.memberCount(group)).toBe(0);
    });

    it('finds the first offset of a time, and the end where nothing is as late', async () => {
      const { driver, topic, send } = await setUp(2);
      await send(numbered(topic, 10));
      const betweenMs = Date.now() + 1;
      await waitFor(() => Date.now() > betweenMs + 1, { description: 'the clock to go on' });
      const ends = await driver.groups.endOffsets([topic]);
      await send(numbered(topic, 10));
      expect(await driver.groups.offsetsAt([topic], betweenMs)).toEqual(ends);
      expect((await driver.groups.offsetsAt([topic], 0)).map(({ offset }) => offset)).toEqual([0n, 0n]);
      const later = await driver.groups.offsetsAt([topic], Date.now() + 60_000);
      expect(later).toEqual(await driver.groups.endOffsets([topic]));
      expect(later.reduce((sum, { offset }) => sum + offset, 0n)).toBe(20n);
    });

    it('sets the offsets of a group without members: it goes on there', async () => {
      const { driver, topic, group, send, consume } = await setUp(1);
      await send(numbered(topic, 10));
      await driver.groups.setOffsets(group, [{ topic, partition: 0, offset: 7n }]);
      const { seen, handle } = collecting();
      const consumer = await consume({ handle });
      await waitFor(() => seen.length === 3, { description: 'the rest' });
      expect(seen.map(textOf)).toEqual(['7', '8', '9']);
      const setWhile = driver.groups.setOffsets(group, [{ topic, partition: 0, offset: 0n }]);
      await expect(setWhile).rejects.toMatchObject({ code: 'CONFIGURATION_REFUSED' });
      await consumer.stop();
      await driver.groups.setOffsets(group, [{ topic, partition: 0, offset: 2n }]);
      expect((await driver.groups.offsets(group, [topic]))[0]?.committed).toBe(2n);
    });

    it('forgets a group without members, also one that never was', async () => {
      const { driver, topic, group, send, consume } = await setUp(1);
      await driver.groups.delete(testPrefix('nobody'));
      await send(numbered(topic, 5));
      const consumer = await consume({ handle: async () => [] });
      await waitFor(() => consumer.state().lag === 0n, { description: 'no lag' });
      await expect(driver.groups.delete(group)).rejects.toMatchObject({ code: 'CONFIGURATION_REFUSED' });
      await consumer.stop();
      await driver.groups.delete(group);
      expect((await driver.groups.offsets(group, [topic]))[0]?.committed).toBeUndefined();
    });
  });
}

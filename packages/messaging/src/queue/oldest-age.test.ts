import type { PartitionOffset } from '../messaging-driver.ts';
import { oldestAgeMs } from './oldest-age.ts';

const NOW_MS = Date.parse('2026-03-01T12:00:00Z');

/** Logs by name of their partition, as the times at which records were written. */
function logsOf(logs: Readonly<Record<string, readonly number[]>>) {
  const asked: (readonly string[])[] = [];
  return {
    asked,
    offsetsAt: async (topics: readonly string[], timestampMs: number): Promise<readonly PartitionOffset[]> => {
      asked.push(topics);
      return topics.map((topic) => {
        const times = logs[topic] ?? [];
        const first = times.findIndex((time) => time >= timestampMs);
        return { topic, partition: 0, offset: BigInt(first === -1 ? times.length : first) };
      });
    },
  };
}

const at = (topic: string, offset: number): PartitionOffset => ({ topic, partition: 0, offset: BigInt(offset) });

describe('the age of the oldest record', () => {
  it('is 0 where none waits, and nobody is asked', async () => {
    const groups = logsOf({ a: [NOW_MS - 5_000] });
    expect(await oldestAgeMs({ groups, unfinished: [], nowMs: NOW_MS })).toBe(0);
    expect(groups.asked).toEqual([]);
  });

  it.each([0, 30, 99, 100, 101, 250, 1_000, 1_599, 1_601, 61_000, 3_600_000, 26 * 3_600_000, 7 * 86_400_000, 30 * 86_400_000])(
    'is found within 5 % and 100 ms: %i ms',
    async (ageMs) => {
      const groups = logsOf({ a: [NOW_MS - 2 * ageMs - 9_000, NOW_MS - ageMs, NOW_MS] });
      const found = await oldestAgeMs({ groups, unfinished: [at('a', 1)], nowMs: NOW_MS });
      expect(Math.abs(found - ageMs)).toBeLessThanOrEqual(0.05 * ageMs + 100);
      expect(groups.asked.length).toBeLessThanOrEqual(20);
    },
  );

  it('is that of the oldest of many, and those that are younger are not asked for to the end', async () => {
    const groups = logsOf({ young: [NOW_MS - 2_000], old: [NOW_MS - 90_000], middle: [NOW_MS - 30_000] });
    const found = await oldestAgeMs({ groups, unfinished: [at('young', 0), at('old', 0), at('middle', 0)], nowMs: NOW_MS });
    expect(Math.abs(found - 90_000)).toBeLessThanOrEqual(4_600);
    expect(groups.asked[0]).toEqual(['young', 'old', 'middle']);
    expect(groups.asked.at(-1)).toEqual(['old']);
  });

  it('is told as one of now for a record that a faster clock wrote', async () => {
    const groups = logsOf({ a: [NOW_MS + 60_000] });
    expect(await oldestAgeMs({ groups, unfinished: [at('a', 0)], nowMs: NOW_MS })).toBeLessThanOrEqual(100);
  });

  it('ends where no time of a record is known', async () => {
    const groups = { offsetsAt: async () => [{ topic: 'a', partition: 0, offset: 9n }] };
    expect(await oldestAgeMs({ groups, unfinished: [at('a', 0)], nowMs: NOW_MS })).toBeGreaterThan(0);
  });
});

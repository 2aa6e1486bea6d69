import type { GroupAdmin, PartitionOffset } from '../messaging-driver.ts';

export interface OldestAgeOptions {
  readonly groups: Pick<GroupAdmin, 'offsetsAt'>;
  /** The first record of each partition that is not finished. */
  readonly unfinished: readonly PartitionOffset[];
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** Ages below are told as half of it. */
const FINEST_MS = 100;
/** From one guess to the next: two of them reach from 100 ms to 1.6 s, eleven to a week. */
const GALLOP = 4;
const PRECISION = 0.05;

/**
 * How long ago the oldest of the records was written, milliseconds, within 5 % and 100 ms; 0 when there is none. Reads no record: it asks the broker which offset a time has, for times further and
 * further back, then between the last two. Partitions whose record is younger than a guess are not asked for again.
 */
export async function oldestAgeMs({ groups, unfinished, nowMs }: OldestAgeOptions): Promise<number> {
  if (unfinished.length === 0) return 0;
  let pending = unfinished;
  let least = 0;
  let most = FINEST_MS;
  const isOlderThan = async (ageMs: number): Promise<boolean> => {
    const older = await writtenBefore(groups, pending, Math.max(0, nowMs - ageMs));
    if (older.length > 0) pending = older;
    return older.length > 0;
  };
  while (most < nowMs && (await isOlderThan(most))) {
    least = most;
    most *= GALLOP;
  }
  while (most - least > Math.max(FINEST_MS, least * PRECISION)) {
    const middle = Math.round((least + most) / 2);
    if (await isOlderThan(middle)) least = middle;
    else most = middle;
  }
  return Math.round((least + most) / 2);
}

/** Those of the records that were written before the time: the first offset from then on lies behind them. */
async function writtenBefore(
  groups: Pick<GroupAdmin, 'offsetsAt'>,
  records: readonly PartitionOffset[],
  timestampMs: number,
): Promise<readonly PartitionOffset[]> {
  const topics = [...new Set(records.map(({ topic }) => topic))];
  const firsts = new Map<string, bigint>();
  for (const { topic, partition, offset } of await groups.offsetsAt(topics, timestampMs))
    firsts.set(`${topic}/${partition}`, offset);
  return records.filter(({ topic, partition, offset }) => (firsts.get(`${topic}/${partition}`) ?? 0n) > offset);
}

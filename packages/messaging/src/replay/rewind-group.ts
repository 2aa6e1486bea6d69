import type { GroupAdmin, PartitionOffset } from '../messaging-driver.ts';
import { type UntilEmptyOptions, untilEmpty } from './until-empty.ts';

export interface RewindGroupOptions extends UntilEmptyOptions {
  readonly groups: GroupAdmin;
  /** What the group reads, without its own topics. */
  readonly topics: readonly string[];
  /** Milliseconds since the epoch. */
  readonly fromMs: number;
}

/**
 * Sets the offsets of a group whose members were told to leave to those of the first record at or after the time. Never forward: what the group has not handled is not skipped.
 * Resolves with the number of records it goes back.
 *
 * @throws {EventError} `CONFIGURATION_REFUSED` when members stay
 */
export async function rewindGroup(options: RewindGroupOptions): Promise<number> {
  const { groups, group, topics, fromMs } = options;
  await untilEmpty(options);
  const [starts, places] = await Promise.all([groups.offsetsAt(topics, fromMs), groups.offsets(group, topics)]);
  const committed = new Map(places.map((place) => [`${place.topic}/${place.partition}`, place.committed]));
  const back = starts.flatMap(({ topic, partition, offset }): { place: PartitionOffset; records: number }[] => {
    const present = committed.get(`${topic}/${partition}`);
    // Where nothing was committed the group begins at the beginning anyway.
    if (present === undefined || present <= offset) return [];
    return [{ place: { topic, partition, offset }, records: Number(present - offset) }];
  });
  if (back.length > 0)
    await groups.setOffsets(
      group,
      back.map(({ place }) => place),
    );
  return back.reduce((sum, { records }) => sum + records, 0);
}

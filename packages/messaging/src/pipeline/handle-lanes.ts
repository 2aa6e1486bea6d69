import type { UnfinishedRecord } from '../messaging-driver.ts';
import type { IncomingRecord } from '../record.ts';
import type { Chunk } from './chunk.ts';
import type { Delivery, Kept, Leaver } from './delivery.ts';
import { type HandleAloneOptions, handleAlone } from './handle-alone.ts';
import { createTurns } from './turns.ts';

/**
 * What has left the chunk, each alone: keys beside each other, each key in order. One that keeps its place holds the later ones of its key.
 * @returns the records that are not done
 */
export async function handleLanes<Tx>(
  options: HandleAloneOptions<Tx>,
  chunk: Chunk,
  records: readonly IncomingRecord[],
): Promise<readonly UnfinishedRecord[]> {
  if (chunk.leavers.isEmpty) return [];
  const lanes = chunk.leavers.lanes();
  const turns = createTurns();
  chunk.report.tell();
  const leaving = new Set(lanes.flat().map(({ delivery }) => delivery.record));
  if (leaving.size < records.length) chunk.finish(records.filter((record) => !leaving.has(record)));
  const unfinished = await Promise.all(lanes.map((lane) => handleLane(lane)));
  return unfinished.flat();

  async function handleLane(lane: readonly Leaver[]): Promise<UnfinishedRecord[]> {
    for (const [index, leaver] of lane.entries()) {
      const result = await handleAlone(options, chunk, { leaver, turns });
      if (result.outcome === 'kept') {
        // A store is away for all of them.
        if (result.retryAfterMs === undefined) chunk.stopped ??= { error: result.error };
        return lane.slice(index).map(({ delivery }) => keep(chunk, delivery, result));
      }
      chunk.report.settled(leaver.delivery, result);
      chunk.finish([leaver.delivery.record]);
    }
    return [];
  }
}

function keep(chunk: Chunk, delivery: Delivery, { error, retryAfterMs }: Kept): UnfinishedRecord {
  chunk.report.kept(delivery, error);
  return { record: delivery.record, error, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

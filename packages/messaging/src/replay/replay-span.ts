import type { GroupAdmin } from '../messaging-driver.ts';

/** Records of one partition that are read again: from the first offset, up to the second, which is never lower, without it. */
export interface ReplaySpan {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly until: bigint;
}

export interface ReplaySpanOptions {
  readonly groups: GroupAdmin;
  readonly topics: readonly string[];
  /** Milliseconds since the epoch. */
  readonly fromMs: number;
  /** Milliseconds since the epoch. (Default: the present end of the log) */
  readonly untilMs?: number;
  /** What this group has not committed yet is left to it. (Default: nothing is) */
  readonly behind?: string;
}

/** The spans of the topics' partitions, bounded: what is written from now on is in none. */
export async function replaySpans(options: ReplaySpanOptions): Promise<readonly ReplaySpan[]> {
  const { groups, topics, fromMs, untilMs, behind } = options;
  const [starts, ends, live] = await Promise.all([
    groups.offsetsAt(topics, fromMs),
    untilMs === undefined ? groups.endOffsets(topics) : groups.offsetsAt(topics, untilMs),
    behind === undefined ? [] : groups.offsets(behind, topics),
  ]);
  const bounds = new Map(ends.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
  for (const { topic, partition, committed, low } of live) {
    const place = `${topic}/${partition}`;
    const bound = bounds.get(place) ?? 0n;
    const own = committed ?? low;
    if (own < bound) bounds.set(place, own);
  }
  return starts.map(({ topic, partition, offset: from }) => {
    const until = bounds.get(`${topic}/${partition}`);
    return { topic, partition, from, until: until !== undefined && until > from ? until : from };
  });
}

/** Records in all spans, as far as offsets tell. */
export function sizeOfSpans(spans: readonly ReplaySpan[]): number {
  return spans.reduce((sum, { from, until }) => sum + Number(until - from), 0);
}

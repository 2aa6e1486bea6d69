import { EventError } from '@throughline/events';
import { type Clock, systemClock, waitFor } from '../clock.ts';
import type { ConsumeOptions, GroupOffset, MessagingDriver, RecordConsumer } from '../messaging-driver.ts';
import { type ReplaySpan, sizeOfSpans } from './replay-span.ts';
import { untilEmpty } from './until-empty.ts';

export interface SideReplayOptions {
  readonly driver: Pick<MessagingDriver, 'consume' | 'groups'>;
  /** The replay's own group, `<group>.replay.<job>`. */
  readonly group: string;
  readonly spans: readonly ReplaySpan[];
  /** What happens to the records of the spans, and of them alone. */
  readonly handle: ConsumeOptions['handle'];
  readonly maxChunkRecords?: () => number;
  readonly concurrency?: number;
  readonly drainDeadlineMs?: number;
  /** Records of the spans that are done, now and then. */
  readonly onProgress: (done: number) => Promise<void>;
  /** Ends the replay before its end; its offsets stay, so another can go on. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** How often progress is looked at, milliseconds. (Default: 1 000) */
  readonly pollMs?: number;
  /** How long a member of a replay that died may still be in the group, milliseconds. (Default: 60 000) */
  readonly emptyDeadlineMs?: number;
}

/**
 * Reads spans of topics again, in a group of its own beside the live one, and forgets the group when every span is done. It may be interrupted anywhere and gone on with by
 * another process.
 *
 * @throws {EventError} `CONFIGURATION_REFUSED` when the log lost records of a span before they were read; what the driver throws
 */
export async function runSideReplay(options: SideReplayOptions): Promise<void> {
  const { driver, group, spans, signal } = options;
  const topics = [...new Set(spans.map(({ topic }) => topic))];
  if (sizeOfSpans(spans) === 0) return;
  await begin(options, topics);
  const consumer = await driver.consume({ ...consumerSettings(options), group, topics, handle: withinSpans(options) });
  try {
    await untilDone(options, topics, consumer);
  } finally {
    await consumer.stop();
  }
  signal.throwIfAborted();
  await options.onProgress(sizeOfSpans(spans));
  await driver.groups.delete(group);
}

/** A group without offsets has not begun, or was over when the process died that was to say so: reading it again costs time, no more. */
async function begin(options: SideReplayOptions, topics: readonly string[]): Promise<void> {
  const { driver, group, spans } = options;
  const places = await driver.groups.offsets(group, topics);
  if (places.some(({ committed }) => committed !== undefined)) return;
  await untilEmpty({ ...options, groups: driver.groups });
  const starts = spans.map(({ topic, partition, from }) => ({ topic, partition, offset: from }));
  await driver.groups.setOffsets(group, starts);
}

function consumerSettings({ maxChunkRecords, concurrency, drainDeadlineMs }: SideReplayOptions): Partial<ConsumeOptions> {
  return {
    ...(maxChunkRecords !== undefined && { maxChunkRecords }),
    ...(concurrency !== undefined && { concurrency }),
    ...(drainDeadlineMs !== undefined && { drainDeadlineMs }),
    sessionTimeoutMs: 10_000,
  };
}

/** What lies beyond the end of a span is the live group's alone. */
function withinSpans({ spans, handle }: SideReplayOptions): ConsumeOptions['handle'] {
  const byPlace = new Map(spans.map((span) => [`${span.topic}/${span.partition}`, span]));
  return async (records, context) => {
    const own = records.filter(({ topic, partition, offset }) => {
      const span = byPlace.get(`${topic}/${partition}`);
      return span !== undefined && offset >= span.from && offset < span.until;
    });
    return own.length === 0 ? [] : handle(own, context);
  };
}

async function untilDone(options: SideReplayOptions, topics: readonly string[], consumer: RecordConsumer): Promise<void> {
  const { driver, group, spans, signal, clock = systemClock, pollMs = 1_000 } = options;
  while (!signal.aborted) {
    const offsets = await driver.groups.offsets(group, topics);
    const places = new Map(offsets.map((offset) => [`${offset.topic}/${offset.partition}`, offset]));
    const dones = spans.map((span) => doneOf(span, places.get(`${span.topic}/${span.partition}`)));
    await options.onProgress(dones.reduce((sum, { records }) => sum + records, 0));
    if (dones.every(({ isDone }) => isDone)) return;
    if (consumer.state().haltedPartitions > 0) throw recordsLost(group);
    await waitFor(clock, pollMs, signal);
  }
}

function doneOf({ from, until }: ReplaySpan, place: GroupOffset | undefined): { records: number; isDone: boolean } {
  const committed = place?.committed ?? from;
  const at = committed > until ? until : committed < from ? from : committed;
  return { records: Number(at - from), isDone: at >= until };
}

function recordsLost(group: string): EventError {
  return new EventError('CONFIGURATION_REFUSED', `The log lost records of a span before ${group} had read them; begin later.`);
}

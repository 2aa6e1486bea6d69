import { waitFor } from '@throughline/testing';
import { createManualClock } from '../../test/manual-clock.ts';
import { createInMemoryDriver, type InMemoryDriver } from '../in-memory/in-memory-driver.ts';
import type { ConsumeOptions } from '../messaging-driver.ts';
import type { IncomingRecord } from '../record.ts';
import { replaySpans } from './replay-span.ts';
import { rewindGroup } from './rewind-group.ts';
import { runSideReplay, type SideReplayOptions } from './side-replay.ts';

const START_MS = 1_000_000;
let clock: ReturnType<typeof createManualClock>;
let driver: InMemoryDriver;
let handled: IncomingRecord[];

/** Ten records a second apart in one partition. */
beforeEach(async () => {
  clock = createManualClock(START_MS);
  driver = createInMemoryDriver({ clock });
  handled = [];
  await driver.ensureTopics([{ topic: 't', partitions: 1 }], { create: true });
  for (let second = 0; second < 10; second += 1) await send();
});
afterEach(() => driver.close());

async function send(): Promise<void> {
  const producer = await driver.createProducer({ name: 'test' });
  await producer.send([{ topic: 't', key: 'k', value: null, headers: {} }], { timeoutMs: 1_000 });
  await clock.advance(1_000);
}

const offsetsHandled = () => handled.map(({ offset }) => Number(offset));
const handle: ConsumeOptions['handle'] = async (records) => {
  handled.push(...records);
  return [];
};

describe('replaySpans', () => {
  it.each([
    ['from a time to the end', { fromMs: START_MS + 3_000 }, 3n, 10n],
    ['between two times', { fromMs: START_MS + 3_000, untilMs: START_MS + 5_000 }, 3n, 5n],
    ['behind what a group has committed', { fromMs: START_MS, behind: 'live' }, 0n, 4n],
    ['nothing where a group never committed', { fromMs: START_MS, behind: 'new' }, 0n, 0n],
  ])('reads %s', async (_, bounds, from, until) => {
    await driver.groups.setOffsets('live', [{ topic: 't', partition: 0, offset: 4n }]);
    expect(await replaySpans({ groups: driver.groups, topics: ['t'], ...bounds })).toEqual([
      { topic: 't', partition: 0, from, until },
    ]);
  });
});

describe('runSideReplay', () => {
  const run = (changes: Partial<SideReplayOptions> = {}) =>
    runSideReplay({
      driver,
      group: 'g.replay.1',
      spans: [{ topic: 't', partition: 0, from: 2n, until: 5n }],
      onProgress: async () => {},
      handle,
      signal: new AbortController().signal,
      pollMs: 5,
      ...changes,
    });

  it('hands out the records of its spans alone, tells how many, and forgets its group', async () => {
    const progress: number[] = [];
    await run({ onProgress: async (done) => void progress.push(done) });
    expect(offsetsHandled()).toEqual([2, 3, 4]);
    expect(progress.at(-1)).toBe(3);
    expect(driver.committed('g.replay.1', 't', 0)).toBe(0n);
  });

  it('is over at once when there is nothing to read', async () => {
    await run({ spans: [{ topic: 't', partition: 0, from: 10n, until: 10n }] });
    expect(handled).toEqual([]);
  });

  it('reads nothing from before its spans where its group lost some offsets', async () => {
    await driver.ensureTopics([{ topic: 'u', partitions: 1 }], { create: true });
    await driver.groups.setOffsets('g.replay.1', [{ topic: 'u', partition: 0, offset: 0n }]);
    const span = { topic: 't', partition: 0, from: 2n, until: 5n };
    await run({ spans: [span, { topic: 'u', partition: 0, from: 0n, until: 0n }] });
    expect(offsetsHandled()).toEqual([2, 3, 4]);
  });

  it('keeps its place when it is interrupted, and goes on there', async () => {
    const abort = new AbortController();
    const interrupted = run({
      signal: abort.signal,
      handle: async (records) => {
        handled.push(...records);
        abort.abort(new Error('interrupted'));
        return [];
      },
      maxChunkRecords: () => 1,
      concurrency: 1,
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    const before = handled.length;
    await run();
    expect(offsetsHandled()).toEqual([2, 3, 4]);
    expect(before).toBeLessThanOrEqual(3);
    await waitFor(async () => (await driver.groups.memberCount('g.replay.1')) === 0, { description: 'the group to be empty' });
  });
});

describe('rewindGroup', () => {
  const signal = new AbortController().signal;
  const rewind = (fromMs: number, changes = {}) =>
    rewindGroup({ groups: driver.groups, group: 'g', topics: ['t'], fromMs, signal, clock, ...changes });

  it('goes back to the first record of the time and says how far that is', async () => {
    await driver.groups.setOffsets('g', [{ topic: 't', partition: 0, offset: 8n }]);
    expect(await rewind(START_MS + 3_000)).toBe(5);
    expect(driver.committed('g', 't', 0)).toBe(3n);
  });

  it('never goes forward', async () => {
    await driver.groups.setOffsets('g', [{ topic: 't', partition: 0, offset: 2n }]);
    expect(await rewind(START_MS + 5_000)).toBe(0);
    expect(driver.committed('g', 't', 0)).toBe(2n);
  });

  it('gives up when a member does not leave, and touches nothing', async () => {
    const member = await driver.consume({ group: 'g', topics: ['t'], handle: async () => [] });
    const rewinding = rewind(START_MS, { emptyDeadlineMs: 1_000 });
    const refused = expect(rewinding).rejects.toMatchObject({
      code: 'CONFIGURATION_REFUSED',
      message: expect.stringContaining('1 member(s) of g did not leave within 1000 ms'),
    });
    for (let tries = 0; tries < 6; tries += 1) await clock.advance(250);
    await refused;
    await member.stop();
  });
});

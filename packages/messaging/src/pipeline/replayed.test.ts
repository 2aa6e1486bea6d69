import { EventError } from '@throughline/events';
import { bytes, recordOf, thing } from '../../test/fixtures.ts';
import { GROUP, openPipeline } from '../../test/open-pipeline.ts';
import type { IncomingRecord } from '../record.ts';
import { REPLAY_HEADERS } from '../replay/replay-headers.ts';

const HEADERS = bytes({
  [REPLAY_HEADERS.dlqId]: 'dlq-1',
  [REPLAY_HEADERS.originalTopic]: 'things.v1',
  [REPLAY_HEADERS.originalPartition]: '2',
  [REPLAY_HEADERS.originalOffset]: '42',
  [REPLAY_HEADERS.originalTimestamp]: '2026-01-06T10:14:52.643Z',
  [REPLAY_HEADERS.replayCount]: '1',
});

function replayed(overrides: Partial<IncomingRecord> = {}): IncomingRecord {
  const own = recordOf(thing()).headers;
  return recordOf(thing(), { topic: `${GROUP}.replay`, offset: 7n, headers: { ...own, ...HEADERS }, ...overrides });
}

describe('a dead letter that was sent back', () => {
  async function setUp(handler: () => Promise<void> = async () => {}) {
    const resolved: string[][] = [];
    let isAway = false;
    const replays = {
      resolve: async (group: string, dlqIds: readonly string[]) => {
        if (isAway) throw new EventError('STORE_UNAVAILABLE', 'gone', { retryable: true });
        resolved.push([group, ...dlqIds]);
      },
    };
    const opened = await openPipeline({
      handlers: { THING_HAPPENED: handler },
      retry: { inlineTries: 1, delays: ['5s'] },
      overrides: { replays },
    });
    const setAway = (value: boolean) => {
      isAway = value;
    };
    return { ...opened, resolved, setAway };
  }

  it('is told of when it is handled, and when it had been', async () => {
    const { deliver, resolved } = await setUp();
    expect([await deliver(replayed()), await deliver(replayed())]).toEqual(['handled', 'duplicate']);
    expect(resolved).toEqual([
      [GROUP, 'dlq-1'],
      [GROUP, 'dlq-1'],
    ]);
  });

  it('keeps its place until that is told', async () => {
    const { deliver, resolved, setAway } = await setUp();
    setAway(true);
    await expect(deliver(replayed())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    setAway(false);
    expect(await deliver(replayed())).toBe('duplicate');
    expect(resolved).toEqual([[GROUP, 'dlq-1']]);
  });

  it('that fails again goes the way of its group, with its first position and how often it came', async () => {
    const { deliver, inbox, driver, resolved } = await setUp(() => Promise.reject(new Error('boom')));
    expect(await deliver(replayed())).toBe('retried');
    const [retry] = driver.records(`${GROUP}.retry.5s`);
    expect(await deliver(retry as IncomingRecord)).toBe('dead-lettered');
    expect(resolved).toEqual([]);
    const timestampMs = Date.parse('2026-01-06T10:14:52.643Z');
    expect(inbox.deadLetters).toMatchObject([
      { eventId: 'event-1', replayCount: 1, original: { topic: 'things.v1', partition: 2, offset: 42n, timestampMs } },
    ]);
    expect(inbox.deadLetters[0]?.record.headers).toEqual(recordOf(thing()).headers);
  });

  it('that was edited is its own original', async () => {
    const { deliver, inbox, resolved } = await setUp(() => Promise.reject(new TypeError('poison')));
    const edited = replayed({ headers: recordOf(thing()).headers });
    expect(await deliver(edited)).toBe('dead-lettered');
    expect(resolved).toEqual([]);
    expect(inbox.deadLetters).toMatchObject([{ replayCount: 0, original: { topic: `${GROUP}.replay`, offset: 7n } }]);
  });

  it('is not believed elsewhere', async () => {
    const { deliver, resolved } = await setUp();
    await deliver(replayed({ topic: 'things.v1' }));
    expect(resolved).toEqual([]);
  });
});

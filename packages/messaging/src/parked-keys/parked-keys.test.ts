import { EventError } from '@throughline/events';
import { recordOf, thing } from '../../test/fixtures.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import { GROUP, type OpenPipelineOptions, openPipeline } from '../../test/open-pipeline.ts';
import type { InMemoryTransaction } from '../in-memory/in-memory-inbox.ts';
import type { IncomingRecord } from '../record.ts';
import type { EventHandler } from '../subscribing/subscription.ts';
import type { ParkedKeysRunner } from './run-parked-keys.ts';

const transient = () => new EventError('SEND_FAILED', 'away', { retryable: true });
const RETRY = { inlineTries: 2, inlineDelayMs: 1, delays: ['5s', '1m'] };

let offset = 0n;
/** `a@k`: the event a of the key k; `b@`: one without key. */
function record(word: string): IncomingRecord {
  const [id = '', key] = word.split('@');
  offset += 1n;
  return recordOf(thing({ id }), { offset, key: key === '' || key === undefined ? null : Buffer.from(key) });
}
const chunkOf = (text: string) => text.split(' ').map(record);

describe('where the order of keys is kept', () => {
  const runners: ParkedKeysRunner[] = [];
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.stop(0)));
  });

  async function setUp(failing: Record<string, () => unknown>, options: Partial<OpenPipelineOptions> = {}) {
    const clock = createManualClock(Date.now());
    const calls: string[] = [];
    const effects: string[] = [];
    const handler: EventHandler<InMemoryTransaction> = async (event, { tx, attempt }) => {
      calls.push(`${event.id}${attempt}`);
      const error = failing[event.id]?.();
      if (error !== undefined) throw error;
      tx.onCommit(() => effects.push(event.id));
    };
    const opened = await openPipeline({ handlers: { THING_HAPPENED: handler }, order: 'key', retry: RETRY, clock, ...options });
    const startRunner = () => {
      const runner = opened.startParked();
      runners.push(runner);
      return runner;
    };
    const outcomes = () => opened.told.map(({ eventId, outcome }) => `${eventId} ${outcome}`);
    /** Lets the time pass that it waits between tries. */
    const handle = async (records: readonly IncomingRecord[]) => {
      let isHandled = false;
      const handling = opened.handle(records).finally(() => {
        isHandled = true;
      });
      while (!isHandled) await clock.advance(1);
      return handling;
    };
    /** Lets time pass by steps, so that what falls due meanwhile can begin its next wait. */
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 100) await clock.advance(100);
    };
    return { ...opened, handle, pass, clock, calls, effects, startRunner, outcomes };
  }

  it('a failed event waits after its tries in place, those of its key behind it, and other keys flow', async () => {
    const { handle, effects, outcomes, parking, driver } = await setUp({ a: transient });
    expect(await handle(chunkOf('a@k b@k c@other'))).toEqual([]);
    expect(await handle(chunkOf('d@k e@other'))).toEqual([]);
    expect(effects).toEqual(['c', 'e']);
    expect(outcomes().sort()).toEqual(['a parked', 'b parked', 'c handled', 'd parked', 'e handled']);
    expect(await parking.counts(GROUP)).toEqual({ blockedKeys: 1, deadKeys: 0, parkedRecords: 3 });
    expect(driver.records(`${GROUP}.retry.5s`)).toEqual([]);
  });

  it('the key follows in order once its head is handled, and is free then', async () => {
    let isFailing = true;
    const { handle, effects, calls, pass, startRunner, outcomes, parking } = await setUp({
      a: () => (isFailing ? transient() : undefined),
    });
    await handle(chunkOf('a@k b@k c@k'));
    isFailing = false;
    startRunner();
    await pass(4_900);
    expect(effects).toEqual([]);
    await pass(1_200);
    expect(effects).toEqual(['a', 'b', 'c']);
    expect(calls).toEqual(['a1', 'a2', 'a3', 'b1', 'c1']);
    expect(outcomes().slice(-3)).toEqual(['a released', 'b released', 'c released']);
    expect(await parking.counts(GROUP)).toMatchObject({ blockedKeys: 0 });
    await handle(chunkOf('d@k'));
    expect(effects).toEqual(['a', 'b', 'c', 'd']);
  });

  it('a head without tries left is a dead letter, and its key waits for a person', async () => {
    const { handle, inbox, pass, startRunner, calls, parking, outcomes } = await setUp({ a: transient });
    await handle(chunkOf('a@k b@k'));
    startRunner();
    await pass(80_000);
    expect(calls).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(inbox.deadLetters).toMatchObject([{ eventId: 'a', reason: 'attempts', attempts: 4, group: GROUP }]);
    expect(outcomes().at(-1)).toBe('a dead-lettered');
    expect(await parking.counts(GROUP)).toEqual({ blockedKeys: 1, deadKeys: 1, parkedRecords: 2 });
    expect(await handle(chunkOf('c@k'))).toEqual([]);
    expect(await parking.counts(GROUP)).toMatchObject({ parkedRecords: 3 });
  });

  it.each([
    ['breaks its contract', () => recordOf(thing({ id: 'a', data: {} }), { key: Buffer.from('k') }), 'contract'],
    ['cannot be read', () => recordOf(thing({ id: 'a' }), { key: Buffer.from('k'), value: Buffer.from('{') }), 'decoding'],
  ])('a record that %s is a dead letter at once and blocks its key', async (_, make, reason) => {
    const { handle, inbox, parking } = await setUp({});
    expect(await handle([make(), ...chunkOf('b@k')])).toEqual([]);
    expect(inbox.deadLetters).toMatchObject([{ eventId: 'a', reason }]);
    expect(await parking.counts(GROUP)).toEqual({ blockedKeys: 1, deadKeys: 1, parkedRecords: 2 });
  });

  it('a record without key waits for itself alone', async () => {
    let isFailing = true;
    const { handle, effects, pass, startRunner } = await setUp({ a: () => (isFailing ? transient() : undefined) });
    expect(await handle(chunkOf('a@ b@'))).toEqual([]);
    expect(effects).toEqual(['b']);
    isFailing = false;
    startRunner();
    await pass(6_000);
    expect(effects).toEqual(['b', 'a']);
  });

  it('a full parking lot keeps records in their places, and nothing of the key gets past', async () => {
    const { handle, effects } = await setUp({ a: transient }, { maxPerKey: 1 });
    await handle(chunkOf('a@k'));
    const records = chunkOf('b@k c@k x@other d@k');
    const unfinished = await handle(records);
    expect(unfinished.map(({ record: each, retryAfterMs }) => [each, retryAfterMs])).toEqual([
      [records[1], 1000],
      [records[3], 1000],
    ]);
    expect(effects).toEqual(['x']);
    expect((await handle([records[1], records[3]] as IncomingRecord[])).length).toBe(2);
  });

  it('a store that is away takes no tries from a head', async () => {
    let isAway = true;
    const away = () => (isAway ? new EventError('STORE_UNAVAILABLE', 'gone', { retryable: true }) : undefined);
    let isFailing = true;
    const { handle, pass, startRunner, calls, effects } = await setUp({ a: () => (isFailing ? transient() : away()) });
    await handle(chunkOf('a@k'));
    isFailing = false;
    startRunner();
    await pass(60_000);
    expect(new Set(calls.slice(2))).toEqual(new Set(['a3']));
    isAway = false;
    await pass(20_000);
    expect(effects).toEqual(['a']);
    expect(calls.at(-1)).toBe('a3');
  });

  it('a head that killed the process as often as it has tries is a dead letter without being begun again', async () => {
    const { handle, pass, startRunner, calls, parking, inbox } = await setUp({ a: transient });
    await handle(chunkOf('a@k'));
    for (let kill = 0; kill < 2; kill += 1) {
      await pass(60_000);
      expect(await parking.takeDue(GROUP, { limit: 1, leaseMs: 1000 })).toHaveLength(1);
    }
    await pass(60_000);
    startRunner();
    await pass(1_000);
    expect(calls).toEqual(['a1', 'a2']);
    expect(inbox.deadLetters[0]?.error.message).toContain('the last failure was EventError:SEND_FAILED: away');
  });

  it('stops in the middle of a key, and goes on there', async () => {
    let runner: ParkedKeysRunner | undefined;
    let isFailing = true;
    const { handle, effects, pass, startRunner } = await setUp({
      a: () => (isFailing ? transient() : undefined),
      b: () => void runner?.stop(1000),
    });
    await handle(chunkOf('a@k b@k c@k d@k'));
    isFailing = false;
    runner = startRunner();
    await pass(6_000);
    await runner.stop(1000);
    expect(effects).toEqual(['a', 'b']);
    startRunner();
    await pass(1_000);
    expect(effects).toEqual(['a', 'b', 'c', 'd']);
  });
});

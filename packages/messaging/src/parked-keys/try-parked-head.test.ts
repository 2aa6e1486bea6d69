import { EventError } from '@throughline/events';
import { recordOf, thing } from '../../test/fixtures.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import { openWith } from '../../test/one-event.ts';
import { GROUP } from '../../test/open-pipeline.ts';
import type { Quarantine } from '../pipeline/quarantine.ts';

const RETRY = { inlineTries: 1, delays: ['5s', '1m'] };

describe('a parked head', () => {
  async function setUp() {
    const clock = createManualClock();
    const kinds: string[] = [];
    const noting = (kind: 'together' | 'alone'): Quarantine['alone'] => {
      return (work) => {
        kinds.push(kind);
        return work();
      };
    };
    let isFailing = true;
    const handler = async () => {
      if (isFailing) throw new EventError('SEND_FAILED', 'away', { retryable: true });
    };
    const opened = await openWith(handler, {
      clock,
      order: 'key',
      retry: RETRY,
      overrides: { quarantine: { together: noting('together'), alone: noting('alone'), isAwaited: false } },
    });
    const parked = ['a', 'b'].map((id, index) => recordOf(thing({ id }), { offset: BigInt(index) }));
    await opened.handle(parked);
    kinds.length = 0;
    isFailing = false;
    await clock.advance(5_000);
    const runFor = async (ms: number) => {
      const runner = opened.startParked();
      await clock.advance(ms);
      await runner.stop(0);
    };
    return { ...opened, clock, kinds, runFor };
  }

  it('that has failed holds nobody up when it is tried again', async () => {
    const { kinds, runFor, parking } = await setUp();
    await runFor(1);
    expect(kinds).toEqual(['together', 'together']);
    expect(await parking.counts(GROUP)).toMatchObject({ parkedRecords: 0 });
  });

  it('that was begun and never ended, as far as is known, is tried while nothing else is in work', async () => {
    const { kinds, runFor, parking, clock } = await setUp();
    const [head] = await parking.takeDue(GROUP, { limit: 1, leaseMs: 1_000 });
    if (head === undefined) throw new Error('not due');
    expect((await parking.release(head, async () => {}, { leaseMs: 1_000 })).next?.attempts).toBe(1);
    await clock.advance(1_000);
    await runFor(1);
    expect(kinds).toEqual(['alone']);
    expect(await parking.counts(GROUP)).toMatchObject({ parkedRecords: 0 });
  });
});

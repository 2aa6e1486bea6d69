import { waitFor } from '@throughline/testing';
import { createWatermark } from '../src/relay/create-watermark.ts';
import { createRelayTestBed, message, outbox, type RelayTestBed } from './relay-test-bed.ts';

let bed: RelayTestBed;

beforeAll(async () => {
  bed = await createRelayTestBed();
});
beforeEach(() => bed.reset());
afterEach(() => bed.stopRelays());
afterAll(() => bed.close());

describe('createWatermark', () => {
  const createSteps = () => {
    let nowMs = 0;
    const watermark = createWatermark({ database: bed.database, now: () => nowMs });
    const step = async () => {
      nowMs += 1_000;
      await watermark.refresh();
      return watermark.seq;
    };
    return { step };
  };

  it('follows the numbers given out, one look behind, past a transaction that does not write to the outbox', async () => {
    const { step } = createSteps();
    await bed.database.transaction(async (held) => {
      await held.query('SELECT pg_current_xact_id()');
      await bed.insert(message('a'), message('b'));
      const [last] = await bed.database.query<{ seq: string }>('SELECT max(seq) AS seq FROM outbox');
      expect(await step()).toBe(0n);
      expect(await step()).toBe(BigInt(last?.seq ?? -1));
    });
  });

  it('waits below a writer for as long as it is open, not for later ones', async () => {
    const { step } = createSteps();
    await bed.insert(message('a'));
    const [before] = await bed.database.query<{ seq: string }>('SELECT max(seq) AS seq FROM outbox');
    await step();
    await bed.database.transaction(async (late) => {
      await outbox.insert(late, [message('b')]);
      expect(await step()).toBe(BigInt(before?.seq ?? -1));
      await bed.insert(message('c'));
      expect([await step(), await step()]).toEqual([BigInt(before?.seq ?? -1), BigInt(before?.seq ?? -1)]);
    });
    await step();
    const [last] = await bed.database.query<{ seq: string }>('SELECT max(seq) AS seq FROM outbox');
    expect(await step()).toBe(BigInt(last?.seq ?? -1));
  });
});

it('sends a row that appears late before those of its key that came after it, however long others were sent meanwhile', async () => {
  const late = message('late');
  let others = 0;
  await bed.startRelay();
  await bed.database.transaction(async (tx) => {
    await outbox.insert(tx, [late]);
    const startedAtMs = performance.now();
    const goOn = async () => {
      others += 20;
      await bed.insert(...Array.from({ length: 20 }, (_, n) => message(`key-${n}`)));
      // The relay has looked for its watermark several times.
      return performance.now() - startedAtMs > 3_000;
    };
    await waitFor(goOn, { description: 'traffic for a while' });
  });
  const next = message('late');
  await bed.insert(next);
  await bed.untilSent(others + 2);
  expect(bed.broker.firstOccurrences('late')).toEqual([late.id, next.id]);
}, 60_000);

it('does not step over what was sent before, while an open transaction keeps it in the index', async () => {
  await bed.startRelay();
  await bed.database.transaction(async (held) => {
    await held.query('SELECT pg_current_xact_id()');
    const rows = 3_000;
    for (let start = 0; start < rows; start += 1_000) {
      await bed.insert(...Array.from({ length: 1_000 }, (_, n) => message(`key-${n % 100}`)));
    }
    await bed.untilSent(rows);
    const readsOf = async () => {
      await bed.database.query('SELECT pg_stat_clear_snapshot()');
      const [row] = await bed.database.query<{ reads: string }>(
        `SELECT idx_tup_read AS reads FROM pg_stat_user_indexes WHERE indexrelname = 'outbox_new'`,
      );
      return Number(row?.reads);
    };
    // Looks that find nothing soon read nothing: each from the start would read the 3,000.
    const readsNothing = async () => {
      const before = await readsOf();
      const startedAtMs = performance.now();
      await waitFor(() => performance.now() - startedAtMs > 1_500, { description: 'several looks', intervalMs: 100 });
      return (await readsOf()) - before < 3_000;
    };
    await waitFor(readsNothing, { description: 'looks that begin behind what was sent', timeoutMs: 30_000 });
  });
}, 60_000);

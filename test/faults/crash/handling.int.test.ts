import type { Behaviour, NewEntry } from '../ledger.ts';
import type { CrashPoint } from './crash-points.ts';
import { type CrashStage, createCrashStage } from './crash-stage.ts';

const TIMEOUT_MS = 150_000;
const accounts = ['a', 'b', 'c', 'd'];

function round(type: NewEntry['type'], odd: Partial<Record<string, Behaviour>> = {}): NewEntry[] {
  return accounts.map((account) => ({ type, account, behaviour: odd[account] ?? 'good' }));
}

interface Row {
  readonly row: string;
  readonly point: CrashPoint;
  readonly order: 'none' | 'key';
  readonly entries: readonly (readonly NewEntry[])[];
  /** What is to be seen in the database when the process is dead. */
  readonly atCrash: (stage: CrashStage) => Promise<void>;
  /** Dead letters at the end. */
  readonly deadLetters: number;
}

const countOf = async ({ database }: CrashStage, table: 'effects' | 'tries' | 'dead_letters' | 'parked_keys') =>
  (await database.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${table}`))[0]?.rows ?? 0;
const effectsAre = (isThere: boolean) => async (stage: CrashStage) => expect((await countOf(stage, 'effects')) > 0).toBe(isThere);
const keysParked = (count: number) => async (stage: CrashStage) => expect(await countOf(stage, 'parked_keys')).toBe(count);
const deadLetters = (count: number) => async (stage: CrashStage) => expect(await countOf(stage, 'dead_letters')).toBe(count);

const tries = (count: number) => async (stage: CrashStage) => expect(await countOf(stage, 'tries')).toBe(count);

const good = [round('ENTRY_ADDED'), round('BULK_ENTRY_ADDED'), round('ENTRY_ADDED')];
const withPoison = [round('ENTRY_ADDED'), round('ENTRY_ADDED', { b: 'poison' }), round('BULK_ENTRY_ADDED')];
const withTransient = [round('ENTRY_ADDED', { b: 'transient' }), round('ENTRY_ADDED'), round('BULK_ENTRY_ADDED')];
const bulkPoison = [round('BULK_ENTRY_ADDED', { c: 'poison' }), round('BULK_ENTRY_ADDED'), round('ENTRY_ADDED')];

const rows: readonly Row[] = [
  {
    row: "handler's commit, before Redis says done: redelivered, skipped by Postgres",
    point: 'handled:before-confirm',
    order: 'none',
    entries: good,
    atCrash: effectsAre(true),
    deadLetters: 0,
  },
  {
    row: "handler's commit, before the offset commit: redelivered, skipped",
    point: 'confirmed:before-offset',
    order: 'key',
    entries: good,
    atCrash: effectsAre(true),
    deadLetters: 0,
  },
  {
    row: 'write to the retry topic, before the offset commit: written twice, handled once',
    point: 'retry:after-send',
    order: 'none',
    entries: withTransient,
    atCrash: tries(2),
    deadLetters: 0,
  },
  {
    row: 'dead-letter write, before the offset commit: written twice, one dlq-id, shown once',
    point: 'dead-letter:after-commit',
    order: 'none',
    entries: withPoison,
    atCrash: deadLetters(1),
    deadLetters: 1,
  },
  {
    row: 'park, before its commit: failed again, order kept',
    point: 'park:before-commit',
    order: 'key',
    entries: withTransient,
    atCrash: keysParked(0),
    deadLetters: 0,
  },
  {
    row: 'park, before the offset commit: parked once, order kept',
    point: 'park:after-commit',
    order: 'key',
    entries: withTransient,
    atCrash: keysParked(1),
    deadLetters: 0,
  },
  {
    row: 'release, before its commit: handled again, effect once',
    point: 'release:before-commit',
    order: 'key',
    entries: withTransient,
    atCrash: keysParked(1),
    deadLetters: 0,
  },
  {
    row: 'release, after its commit: what waits behind follows',
    point: 'release:after-commit',
    order: 'key',
    entries: withTransient,
    atCrash: effectsAre(true),
    deadLetters: 0,
  },
  {
    row: 'dead letter of a parked head: one dlq-id, its key stays blocked',
    point: 'postpone:after-commit',
    order: 'key',
    entries: bulkPoison,
    atCrash: deadLetters(1),
    deadLetters: 1,
  },
];

// One block: jest runs only what stands in one at the same time.
describe('crash table: handling; killed after', () => {
  it.concurrent.each(rows.flatMap((row) => [false, true].map((isFlushed) => ({ ...row, isFlushed }))))(
    '$row (Redis flushed: $isFlushed)',
    async ({ point, order, entries, atCrash, deadLetters: expected, isFlushed }) => {
      const stage = await createCrashStage({ order });
      try {
        await stage.publish(...entries);
        await stage.runUntilCrash({ crashPoint: point });
        await atCrash(stage);
        if (isFlushed) await stage.forgetClaims();
        await stage.restart();
        await stage.drained();
        expect(await countOf(stage, 'dead_letters')).toBe(expected);
        expect(await countOf(stage, 'parked_keys')).toBe(order === 'key' ? expected : 0);
        expect(await stage.violations()).toEqual([]);
      } finally {
        await stage.close();
      }
    },
    TIMEOUT_MS,
  );

  it.concurrent.each([{ order: 'none' }, { order: 'key' }] as const)(
    'a handler that kills the process: a dead letter after its attempts, its neighbours in the chunk are handled (order: $order)',
    async ({ order }) => {
      const retry = { inlineTries: 2, inlineDelayMs: 20, delays: [] };
      const stage = await createCrashStage({ order, retry });
      try {
        await stage.publish(round('ENTRY_ADDED'), round('ENTRY_ADDED', { c: 'deadly' }), round('ENTRY_ADDED'));
        for (let crashes = 0; crashes < retry.inlineTries; crashes += 1) {
          await stage.runUntilCrash({});
          expect(await countOf(stage, 'dead_letters')).toBe(0);
        }
        await stage.restart();
        await stage.drained();
        const letters = await stage.database.query('SELECT reason, attempts FROM dead_letters');
        expect(letters).toEqual([{ reason: 'attempts', attempts: expect.any(Number) }]);
        expect(await stage.violations()).toEqual([]);
      } finally {
        await stage.close();
      }
    },
    TIMEOUT_MS,
  );
});

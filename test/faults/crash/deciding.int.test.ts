import { waitFor } from '@throughline/testing';
import { decide } from '../decide.ts';
import { giveMedicine, type NewEntry } from '../ledger.ts';
import { type CrashStage, createCrashStage } from './crash-stage.ts';

const TIMEOUT_MS = 150_000;

const entries = (odd: NewEntry['behaviour']): NewEntry[] => [
  { type: 'ENTRY_ADDED', account: 'a', behaviour: odd },
  { type: 'BULK_ENTRY_ADDED', account: 'b', behaviour: 'good' },
];

async function makeDeadLetter(stage: CrashStage): Promise<{ readonly dlqId: string; readonly eventId: string }> {
  await stage.publish(entries('poison'), entries('good'));
  await stage.restart();
  const letter = await waitFor(
    async () =>
      (
        await stage.database.query<{ dlqId: string; eventId: string }>(
          'SELECT dlq_id AS "dlqId", event_id AS "eventId" FROM dead_letters',
        )
      )[0],
    { description: 'the dead letter', timeoutMs: 30_000 },
  );
  await stage.drained();
  return letter;
}

const statusOf = async ({ database }: CrashStage, dlqId: string) =>
  (await database.query<{ status: string }>('SELECT status FROM dead_letters WHERE dlq_id = $1', [dlqId]))[0]?.status;

const cases = (['none', 'key'] as const).flatMap((order) => [
  { order, kind: 'replay', after: 'resolved' } as const,
  { order, kind: 'edit', after: 'edited' } as const,
]);

describe('crash table: deciding', () => {
  it.concurrent.each(cases)(
    '$kind, killed before its commit: it still waits, and is decided later; order: $order',
    async ({ order, kind, after }) => {
      const stage = await createCrashStage({ order });
      try {
        const { dlqId, eventId } = await makeDeadLetter(stage);
        if (kind === 'replay') await giveMedicine(stage.database, [eventId]);
        await stage.runUntilCrash({ decision: { kind, dlqId }, crashPoint: 'decision:before-commit' });
        expect(await statusOf(stage, dlqId)).toBe('waiting');
        await decide(stage.service, { kind, dlqId });
        await stage.drained();
        expect(await statusOf(stage, dlqId)).toBe(after);
        expect(await stage.violations()).toEqual([]);
      } finally {
        await stage.close();
      }
    },
    TIMEOUT_MS,
  );

  it.concurrent.each(
    cases.flatMap((each) => [
      { ...each, isFlushed: false },
      { ...each, isFlushed: true },
    ]),
  )(
    '$kind, killed after its commit, before anything is sent: the effect comes once; order: $order, Redis flushed: $isFlushed',
    async ({ order, kind, after, isFlushed }) => {
      const stage = await createCrashStage({ order });
      try {
        const { dlqId, eventId } = await makeDeadLetter(stage);
        if (kind === 'replay') await giveMedicine(stage.database, [eventId]);
        if (isFlushed) await stage.forgetClaims();
        await stage.runUntilCrash({ decision: { kind, dlqId } });
        await stage.drained();
        expect(await statusOf(stage, dlqId)).toBe(after);
        const effects = await stage.database.query<{ number: number }>(
          "SELECT number FROM effects WHERE account = 'a' ORDER BY position",
        );
        const inOrder = order === 'key' ? effects : effects.toSorted((left, right) => left.number - right.number);
        expect(inOrder).toEqual([{ number: 1 }, { number: 2 }]);
        expect(await stage.violations()).toEqual([]);
      } finally {
        await stage.close();
      }
    },
    TIMEOUT_MS,
  );
});

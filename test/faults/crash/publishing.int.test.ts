import { readTopic } from '../check-ledger.ts';
import type { NewEntry } from '../ledger.ts';
import { createCrashStage } from './crash-stage.ts';

const accounts = ['a', 'b', 'c'];
const round: readonly NewEntry[] = accounts.map((account) => ({ type: 'ENTRY_ADDED', account, behaviour: 'good' }));
const TIMEOUT_MS = 100_000;

describe('crash table: publishing; killed after', () => {
  it.concurrent(
    'state change, before commit: nothing happened',
    async () => {
      const stage = await createCrashStage({ order: 'none' });
      try {
        await stage.runUntilCrash({ entriesBeforeCommit: round, groups: [] });
        await stage.restart();
        await stage.drained();
        const tables = ['accounts', 'outbox', 'effects'];
        const rows = await Promise.all(tables.map((table) => stage.database.query(`SELECT * FROM ${table}`)));
        expect(rows).toEqual([[], [], []]);
        expect(await readTopic(stage.service.driver, stage.check.topic)).toEqual([]);
        expect(await stage.violations()).toEqual([]);
      } finally {
        await stage.close();
      }
    },
    TIMEOUT_MS,
  );

  it.concurrent.each([
    { point: 'send:before', row: "commit, before the relay's send: event sent after restart", records: 9 },
    { point: 'send:after', row: 'send, before it is marked: sent twice, handled once per group', records: undefined },
  ] as const)(
    '$row',
    async ({ point, records }) => {
      const stage = await createCrashStage({ order: 'none' });
      try {
        await stage.publish(round, round, round);
        await stage.runUntilCrash({ crashPoint: point, groups: [] });
        const sentBefore = (await readTopic(stage.service.driver, stage.check.topic)).length;
        expect(sentBefore > 0).toBe(point === 'send:after');
        await stage.restart();
        await stage.drained();
        const sent = (await readTopic(stage.service.driver, stage.check.topic)).length;
        expect(sent).toBe(records ?? 9 + sentBefore);
        expect(await stage.violations()).toEqual([]);
      } finally {
        await stage.close();
      }
    },
    TIMEOUT_MS,
  );
});

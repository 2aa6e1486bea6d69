import type { Database, Transaction } from '@throughline/postgres';
import { die, type Interventions } from '../ledger-service.ts';

/** Where a process ends itself, each at a call of one of its ports. */
const CRASH_POINTS = [
  'send:before',
  'send:after',
  'handled:before-confirm',
  'confirmed:before-offset',
  'retry:after-send',
  'dead-letter:after-commit',
  'park:before-commit',
  'park:after-commit',
  'release:before-commit',
  'release:after-commit',
  'postpone:after-commit',
  'decision:before-commit',
  'decision:after-commit',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Kills the process at the first call that comes to this point. */
export function crashAt(point: CrashPoint): Interventions {
  const dieAt = (here: CrashPoint) => {
    if (point === here) die();
  };
  const commits = new CommitWatch();
  if (point === 'decision:before-commit') commits.isDying = true;
  return {
    database: (database) => commits.watch(database),
    driver: (driver) => ({
      ...driver,
      createProducer: async (options) => {
        const producer = await driver.createProducer(options);
        return {
          close: () => producer.close(),
          send: async (records, sendOptions) => {
            // The other producers of a service are its relay's.
            const isRetry = options.name.endsWith('.retry');
            if (!isRetry) dieAt('send:before');
            const positions = await producer.send(records, sendOptions);
            dieAt(isRetry ? 'retry:after-send' : 'send:after');
            return positions;
          },
        };
      },
    }),
    inbox: (inbox) => ({
      ...inbox,
      handleOnce: async (entries, work, options) => {
        const outcomes = await inbox.handleOnce(entries, work, options);
        if (outcomes.includes('handled')) dieAt('handled:before-confirm');
        return outcomes;
      },
      deadLetter: async (letter) => {
        await inbox.deadLetter(letter);
        dieAt('dead-letter:after-commit');
      },
    }),
    claims: (claims) => ({
      ...claims,
      confirm: async (confirmed) => {
        await claims.confirm(confirmed);
        if (confirmed.length > 0) dieAt('confirmed:before-offset');
      },
    }),
    parkingLot: (lot) => ({
      ...lot,
      park: async (entry, failure) => {
        const outcome = await commits.whileDying(point === 'park:before-commit', () => lot.park(entry, failure));
        dieAt('park:after-commit');
        return outcome;
      },
      release: async (head, work, options) => {
        const outcome = await commits.whileDying(point === 'release:before-commit', () => lot.release(head, work, options));
        dieAt('release:after-commit');
        return outcome;
      },
      postpone: async (head, failure) => {
        await lot.postpone(head, failure);
        if (failure.letter !== undefined) dieAt('postpone:after-commit');
      },
    }),
  };
}

/** Ends the process when the work of a transaction is done and its commit is not. */
class CommitWatch {
  isDying = false;

  watch(database: Database): Database {
    return {
      ...database,
      transaction: (work) =>
        database.transaction(async (tx: Transaction) => {
          const result = await work(tx);
          if (this.isDying) die();
          return result;
        }),
    };
  }

  async whileDying<Result>(isDying: boolean, run: () => Promise<Result>): Promise<Result> {
    const before = this.isDying;
    this.isDying ||= isDying;
    try {
      return await run();
    } finally {
      this.isDying = before;
    }
  }
}

import { retryTopic } from '@throughline/messaging';
import { waitFor } from '@throughline/testing';
import { groupTopics, type LedgerGroup, type LedgerService } from '../ledger-service.ts';

/** What the tables and topics say of an outage. */
export interface OutageWatch {
  publishedEvents(): Promise<number>;
  effects(): Promise<number>;
  /** Records ever written to retry topics. */
  retried(): Promise<number>;
  parkedEvents(): Promise<number>;
  /** Resolves when no handler gets on any more, with the effects there are. */
  untilNothingIsHandled(timeoutMs: number): Promise<number>;
  /** Resolves when all that was published until now was handled by every group, while others follow. @returns milliseconds */
  untilCaughtUp(timeoutMs: number): Promise<number>;
}

const LOOK_MS = 500;
/** Looks in a row that see no effect. */
const QUIET_LOOKS = 3;

export function watchOutage({ database, driver }: LedgerService, groups: readonly LedgerGroup[]): OutageWatch {
  const count = async (sql: string, ...parameters: unknown[]): Promise<number> =>
    (await database.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${sql}`, parameters))[0]?.rows ?? 0;
  const effects = () => count('effects');
  const isRetryTopic = (topic: string) => groups.some(({ group }) => topic.startsWith(retryTopic(group, '')));
  return {
    publishedEvents: () => count('published'),
    effects,
    retried: async () => {
      const topics = groups.flatMap((group) => groupTopics(group).map(({ topic }) => topic)).filter(isRetryTopic);
      const offsets = await driver.groups.offsets(`${groups[0]?.group}.watch`, topics);
      return offsets.reduce((sum, { low, high }) => sum + Number(high - low), 0);
    },
    parkedEvents: () => count('parked_events'),
    untilNothingIsHandled: async (timeoutMs) => {
      let seen = -1;
      let quietLooks = 0;
      const isQuiet = async () => {
        const now = await effects();
        quietLooks = now === seen ? quietLooks + 1 : 0;
        seen = now;
        return quietLooks >= QUIET_LOOKS;
      };
      await waitFor(isQuiet, { description: 'the handlers to stand still', timeoutMs, intervalMs: LOOK_MS });
      return seen;
    },
    untilCaughtUp: async (timeoutMs) => {
      const startedAtMs = performance.now();
      const [row] = await waitFor(() => database.query<{ now: Date }>('SELECT clock_timestamp() AS now'), {
        description: 'the database to answer',
        timeoutMs,
      });
      const names = groups.map(({ group }) => group);
      const left = () =>
        count(
          'published p, unnest($1::text[]) g WHERE p.at < $2 AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.consumer_group = g AND e.event_id = p.event_id)',
          names,
          row?.now,
        );
      await waitFor(async () => (await left()) === 0, { description: 'the groups to catch up', timeoutMs, intervalMs: LOOK_MS });
      return performance.now() - startedAtMs;
    },
  };
}

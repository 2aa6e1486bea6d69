import { isEventError } from '@throughline/events';
import { METRICS, type Metrics } from '@throughline/telemetry';
import type { Queryable } from '../database/database.ts';

export type RelayInstruments = ReturnType<typeof createRelayInstruments>;

export function createRelayInstruments(metrics: Metrics) {
  const unsentRows = metrics.gauge(METRICS.outboxUnsentRows);
  const oldestUnsent = metrics.gauge(METRICS.outboxOldestUnsentSeconds);
  const failedKeys = metrics.gauge(METRICS.outboxFailedKeys);
  const failures = metrics.counter(METRICS.outboxSendFailuresTotal);
  return {
    sendDuration: metrics.histogram(METRICS.outboxSendDurationSeconds),
    sentRows: metrics.counter(METRICS.outboxSentTotal),
    shardsOwned: metrics.gauge(METRICS.outboxShardsOwned),
    countFailure: (error: unknown) => failures.inc({ error_type: isEventError(error) ? error.code : 'unknown' }),
    /** Of the whole outbox, whoever owns its shards: every replica says the same. */
    observeBacklog: async (database: Queryable): Promise<void> => {
      const [row] = await database.query<{ rows: number; seconds: number; keys: number }>(BACKLOG, [], {
        timeoutMs: BACKLOG_TIMEOUT_MS,
      });
      unsentRows.set(row?.rows ?? 0);
      oldestUnsent.set(row?.seconds ?? 0);
      failedKeys.set(row?.keys ?? 0);
    },
  };
}

/** A stop waits for a count under way. */
const BACKLOG_TIMEOUT_MS = 5_000;

/** Oldest by `seq` of each shard, and of the blocked heads: a probe each instead of a look at every row. */
const BACKLOG = `
  SELECT
    (SELECT count(*) FROM outbox WHERE status = 0)::float8 + (SELECT count(*) FROM outbox WHERE status = 2)::float8
      + (SELECT count(*) FROM outbox WHERE status = 3)::float8 AS rows,
    coalesce(extract(epoch FROM clock_timestamp() - least(
      (SELECT min(r.created_at) FROM generate_series(0, 63) AS s(shard)
        CROSS JOIN LATERAL (SELECT created_at FROM outbox WHERE shard = s.shard::smallint AND status = 0 ORDER BY seq LIMIT 1) AS r),
      (SELECT min(o.created_at) FROM outbox_blocked_keys AS b JOIN outbox AS o ON o.seq = b.head_seq WHERE o.status IN (2, 3))
    )), 0)::float8 AS seconds,
    (SELECT count(*) FROM outbox_blocked_keys WHERE state = 'failed')::int AS keys`;

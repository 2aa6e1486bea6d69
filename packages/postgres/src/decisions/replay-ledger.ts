import type { ReplayLedger } from '@throughline/messaging';
import type { Queryable } from '../database/database.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Marks replayed dead letters as resolved. An id that somebody made up changes nothing. */
export function createReplayLedger({ database }: { readonly database: Queryable }): ReplayLedger {
  return {
    resolve: async (group, dlqIds) => {
      const ids = dlqIds.filter((id) => UUID.test(id));
      if (ids.length === 0) return;
      await database.execute(
        `UPDATE dead_letters SET status = 'resolved', resolved_at = now()
         WHERE dlq_id = ANY($2::uuid[]) AND consumer_group = $1 AND status = 'replayed'`,
        [group, ids],
      );
    },
  };
}

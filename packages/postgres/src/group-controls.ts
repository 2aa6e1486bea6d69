import { writeAudit } from './audit/audit-log.ts';
import type { Database, Queryable, Transaction } from './database/database.ts';

/** `rewinding`: stopped while a job sets its offsets. */
export type GroupState = 'running' | 'paused' | 'rewinding';

/** What the members of a service's groups are to do; each replica follows what it reads here. */
export interface GroupControls {
  /** Groups that are not simply running. */
  read(): Promise<ReadonlyMap<string, GroupState>>;
  /** `rewinding`: refused, a job is at it; nothing was changed. Wanting what is already so is no change. */
  set(group: string, wanted: 'running' | 'paused', operator: string): Promise<GroupState>;
}

export function createGroupControls({ database }: { readonly database: Database }): GroupControls {
  return {
    read: () => readControls(database),
    set: (group, wanted, operator) =>
      database.transaction(async (tx) => {
        const changed = await tx.execute(SET, [group, wanted, operator]);
        if (changed === 1)
          await writeAudit(tx, { operator, action: wanted === 'paused' ? 'group.pause' : 'group.resume', subject: group, group });
        const [row] = await tx.query<{ state: GroupState }>('SELECT state FROM group_controls WHERE consumer_group = $1', [
          group,
        ]);
        return row?.state ?? 'running';
      }),
  };
}

const SET = `
  INSERT INTO group_controls (consumer_group, state, operator)
  SELECT $1, $2, $3 WHERE $2 = 'paused' OR EXISTS (SELECT 1 FROM group_controls WHERE consumer_group = $1)
  ON CONFLICT (consumer_group) DO UPDATE SET state = EXCLUDED.state, operator = EXCLUDED.operator, changed_at = clock_timestamp()
  WHERE group_controls.state <> 'rewinding' AND group_controls.state <> EXCLUDED.state`;

async function readControls(database: Queryable): Promise<ReadonlyMap<string, GroupState>> {
  const rows = await database.query<{ group: string; state: GroupState }>(
    `SELECT consumer_group AS "group", state FROM group_controls WHERE state <> 'running'`,
  );
  return new Map(rows.map(({ group, state }) => [group, state]));
}

/** Stops the group for a job; what it was before comes back with `endRewinding`. Twice by the same job is once. */
export async function beginRewinding(tx: Transaction, rewind: { group: string; jobId: string; operator: string }): Promise<void> {
  await tx.execute(
    `INSERT INTO group_controls (consumer_group, state, state_after, job_id, operator) VALUES ($1, 'rewinding', 'running', $2, $3)
     ON CONFLICT (consumer_group) DO UPDATE SET state = 'rewinding', job_id = EXCLUDED.job_id, operator = EXCLUDED.operator,
       state_after = coalesce(group_controls.state_after, group_controls.state), changed_at = clock_timestamp()`,
    [rewind.group, rewind.jobId, rewind.operator],
  );
}

/** Belongs into the transaction that ends the job, so that no group is left stopped by a job that is over. */
export async function endRewinding(tx: Transaction, jobId: string): Promise<void> {
  await tx.execute(
    `UPDATE group_controls SET state = state_after, state_after = NULL, job_id = NULL, changed_at = clock_timestamp() WHERE job_id = $1`,
    [jobId],
  );
}

import type { Queryable } from '../database/database.ts';
import { storableText } from '../inbox/storable.ts';

/** What can be decided. */
export type AuditAction =
  | 'outbox.replay'
  | 'outbox.discard'
  | 'dead-letter.replay'
  | 'dead-letter.edit'
  | 'dead-letter.discard'
  | 'job.start'
  | 'job.cancel'
  | 'group.pause'
  | 'group.resume';

/** A decision as it is written down. */
export interface AuditEntry {
  /** Who decided, as the caller said. */
  readonly operator: string;
  readonly action: AuditAction;
  /** The id of the event, dead letter or job, or the name of the group. */
  readonly subject: string;
  readonly group?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** A decision as it is read. */
export interface AuditRow {
  /** Its place in the log, for pages. */
  readonly seq: string;
  readonly at: Date;
  readonly operator: string;
  readonly action: AuditAction;
  readonly subject: string;
  readonly group: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

const MAX_TEXT_BYTES = 1_024;

/** Writes the decision down in its own transaction: what was not decided is not in the log, and what was is. */
export async function writeAudit(tx: Queryable, entry: AuditEntry): Promise<void> {
  await tx.execute('INSERT INTO audit_log (operator, action, subject, consumer_group, detail) VALUES ($1, $2, $3, $4, $5)', [
    storableText(entry.operator, MAX_TEXT_BYTES),
    entry.action,
    storableText(entry.subject, MAX_TEXT_BYTES),
    entry.group ?? null,
    // jsonb refuses the escape of NUL.
    JSON.stringify(entry.detail ?? {}).replaceAll('\\u0000', '\\ufffd'),
  ]);
}

export interface AuditQuery {
  readonly limit: number;
  /** `seq` of the last row of the page before. */
  readonly after?: string;
  /** (Default: any) */
  readonly subject?: string;
}

/** Newest first. */
export function listAudit(database: Queryable, { limit, after, subject }: AuditQuery): Promise<readonly AuditRow[]> {
  return database.query<AuditRow>(
    `SELECT seq, at, operator, action, subject, consumer_group AS "group", detail FROM audit_log
     WHERE ($2::bigint IS NULL OR seq < $2) AND ($3::text IS NULL OR subject = $3) ORDER BY seq DESC LIMIT $1`,
    [limit, after ?? null, subject ?? null],
  );
}
